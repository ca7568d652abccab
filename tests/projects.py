"""A project of its own for each test that runs pipelines, and finished small runs to look at."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

PROJECT = Path(__file__).parents[1]
KEDRO = Path(sys.executable).with_name("kedro")
PIPELINES = [
    "ingestion",
    "brain_rdm_construction",
    "feature_extraction",
    "rdm_construction",
    "rdm_clustering",
    "comparison",
    "encoding",
    "reporting",
]
MODELS = ["vit", "bert", "clip_vision", "clip_language"]
# Small enough to run in seconds, large enough for clusters.
SMALL = {
    "simulation": {"n_stimuli": 24, "n_subjects": 3, "n_voxels": 20, "population": 80},
    "roster": " ".join(MODELS),
    # So few stimuli give no evidence of clusters, and few categories that characterise one.
    "clustering": {"n_clusters": 5, "false_discovery_rate": 0.9},
}
# A region of each selectivity: most of a run's time goes into the figures of regions.
FEW_REGIONS = {"study": {"regions": {"bodies": ["EBA"], "faces": ["FFA-2"], "places": ["PPA"]}}}


def merged(*parts):
    """One dictionary of several nested ones; where two have a value, the later one counts."""
    result = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


class Project:
    """A project's configuration and data.

    Parameters
    ----------
    root : Path
        Folder of the project.
    params : dict
        Parameters of every run of the simulated study.
    """

    def __init__(self, root, params):
        self.params = params
        self.root = root
        self._catalogs = {}

    @classmethod
    def create(cls, root, params):
        """A new project in an empty folder: a copy of this project's configuration, and no data."""
        shutil.copytree(PROJECT / "conf", root / "conf", ignore=shutil.ignore_patterns("local"))
        (root / "conf" / "local").mkdir()
        (root / "src").mkdir()
        (root / "data" / "01_raw").mkdir(parents=True)
        shutil.copy(PROJECT / "pyproject.toml", root)
        return cls(root, params)

    def session(self, env=None, **params):
        bootstrap_project(self.root)
        # What makes the simulated study small is not for the others.
        small = self.params if env is None else {}
        return KedroSession.create(self.root, env=env, runtime_params=merged(small, params))

    def run(self, pipeline=None, *, env=None, runner=None, params=None, **options):
        with self.session(env, **(params or {})) as session:
            return session.run(pipeline_names=[pipeline] if pipeline else None, runner=runner, **options)

    def load(self, dataset, env=None, **params):
        # A catalog reads a file anew each time, and making a catalog takes longer than reading most files.
        key = repr((env, params))
        if key not in self._catalogs:
            with self.session(env, **params) as session:
                self._catalogs[key] = session.load_context().catalog
        return self._catalogs[key].load(dataset)

    def tables(self):
        """Bytes of every table that the run wrote."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for pattern in ("*.parquet", "*.csv")
            for path in sorted((self.root / "data").rglob(pattern))
        }


def kedro(project, *arguments):
    """Run a command of Kedro in the project's folder, and return how it ended."""
    return subprocess.run(
        [KEDRO, *arguments],
        cwd=project.root,
        env={**os.environ, "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def roster(project, env=None, **params):
    """The names that take part in a run, the models that are declared, and the pipelines."""
    with project.session(env, **params) as session:
        context = session.load_context()
        return context.params["roster"], dict(context.params["models"]), dict(pipelines)


def made_once(tmp_path_factory, name, make):
    """A folder that is made by the first worker of pytest-xdist that asks for it, and read by all.

    Parameters
    ----------
    tmp_path_factory : pytest.TempPathFactory
    name : str
        Name of the folder; the same name always comes with the same `make`.
    make : callable
        Is given the folder, empty, and fills it.

    Returns
    -------
    Path
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = tmp_path_factory.mktemp(name)
        make(folder)
        return folder
    folder = tmp_path_factory.getbasetemp().parent / name
    complete = folder.with_name(f"{name}.complete")
    with FileLock(folder.with_name(f"{name}.lock")):
        if not complete.exists():
            # A worker that failed may have left a part of it.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            complete.touch()
    return folder


@pytest.fixture
def project(tmp_path):
    """A project without data."""
    return Project.create(tmp_path, merged(SMALL, FEW_REGIONS))


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project after `kedro run` with all nine regions; tests only read it."""
    return Project(made_once(tmp_path_factory, "nine_regions", lambda root: _run(root, SMALL)), SMALL)


@pytest.fixture(scope="session")
def finished_few(tmp_path_factory):
    """A project after `kedro run` with three regions; tests only read it."""
    params = merged(SMALL, FEW_REGIONS)
    return Project(made_once(tmp_path_factory, "three_regions", lambda root: _run(root, params)), params)


def _run(root, params):
    Project.create(root, params).run()


@pytest.fixture
def copy(finished_few, tmp_path):
    """A copy of the finished project, to break or to run again."""
    return Project(shutil.copytree(finished_few.root, tmp_path / "copy"), finished_few.params)
