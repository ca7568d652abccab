"""A project of its own for each test that runs pipelines, and one finished small run to look at."""

import shutil
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

PROJECT = Path(__file__).parents[2]
# Small enough to run in seconds, large enough for clusters.
SMALL = {
    "simulation": {"n_stimuli": 24, "n_subjects": 3, "n_voxels": 20},
    "roster": "vit bert clip_vision clip_language",
}
# A region of each selectivity: most of a run's time goes into the figures of regions.
FEW_REGIONS = {"study": {"regions": {"bodies": ["EBA"], "faces": ["FFA-2"], "places": ["PPA"]}}}


def merged(*parts):
    result = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


class Project:
    """A copy of the project's configuration, with data of its own."""

    def __init__(self, root, params):
        self.params = params
        self.root = root
        shutil.copytree(PROJECT / "conf", root / "conf", ignore=shutil.ignore_patterns("local"))
        (root / "conf" / "local").mkdir()
        (root / "src").mkdir()
        (root / "data" / "01_raw").mkdir(parents=True)
        shutil.copy(PROJECT / "pyproject.toml", root)

    def session(self, env=None, **params):
        bootstrap_project(self.root)
        # What makes the simulated study small is not for the others.
        small = self.params if env is None else {}
        return KedroSession.create(self.root, env=env, runtime_params=merged(small, params))

    def run(self, pipeline=None, *, env=None, runner=None, params=None, **options):
        with self.session(env, **(params or {})) as session:
            return session.run(pipeline_names=[pipeline] if pipeline else None, runner=runner, **options)

    def load(self, dataset, env=None, **params):
        with self.session(env, **params) as session:
            return session.load_context().catalog.load(dataset)

    def tables(self):
        """Bytes of every table that the run wrote."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for pattern in ("*.parquet", "*.csv")
            for path in sorted((self.root / "data").rglob(pattern))
        }


@pytest.fixture
def project(tmp_path):
    """A project without data."""
    return Project(tmp_path, merged(SMALL, FEW_REGIONS))


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project after `kedro run` with all nine regions; tests only read it."""
    project = Project(tmp_path_factory.mktemp("finished"), SMALL)
    project.run()
    return project


@pytest.fixture(scope="session")
def finished_few(tmp_path_factory):
    """A project after `kedro run` with three regions; tests only read it."""
    project = Project(tmp_path_factory.mktemp("few"), merged(SMALL, FEW_REGIONS))
    project.run()
    return project


@pytest.fixture
def copy(finished_few, tmp_path):
    """A copy of the finished project, to break or to run again."""
    root = tmp_path / "copy"
    shutil.copytree(finished_few.root, root)
    again = Project.__new__(Project)
    again.root, again.params = root, finished_few.params
    return again
