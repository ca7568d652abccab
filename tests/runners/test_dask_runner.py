"""Runs on a Dask cluster: what they write, how they fail, and what becomes of a worker that dies."""

import os
import time

import h5py
import pytest
from distributed import Client, LocalCluster
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner
from kedro_datasets.json import JSONDataset

from tests.projects import kedro
from tyrosine.errors import ClusterError, ParameterError, StudyError
from tyrosine.rsa.workers import map_in_blocks
from tyrosine.runners import DaskRunner
from tyrosine.runners.cluster import ClusterOptions, connected
from tyrosine.runners.surroundings import Surroundings, versions


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster


@pytest.fixture
def runner(cluster):
    return DaskRunner(scheduler=cluster.scheduler_address)


def arrays(project):
    """Bytes of every array in every HDF5 file; features also record the path of the project's checkpoint."""
    found = {}
    for path in sorted((project.root / "data").rglob("*.h5")):
        with h5py.File(path, "r") as file:
            name = path.relative_to(project.root).as_posix()
            file.visititems(
                lambda key, item, name=name: (
                    found.update({f"{name}/{key}": item[()].tobytes()})
                    if isinstance(item, h5py.Dataset) and item.dtype.kind == "f"
                    else None
                )
            )
    return found


def test_a_run_on_workers_writes_what_a_sequential_run_writes(finished_few, project):
    project.run(runner=DaskRunner(n_workers=2, dashboard_address=":0"))

    assert project.tables() == finished_few.tables()
    assert any("/04_feature/" in name for name in arrays(project))
    assert arrays(project) == arrays(finished_few)
    assert not list((project.root / "data").rglob(".dask-run-*"))


def test_missing_outputs_and_namespaces_are_kedros_own(copy, runner):
    features = copy.root / "data/04_feature/simulated"
    before = {path.name: path.stat().st_mtime_ns for path in features.glob("*.h5")}
    (features / "bert.h5").unlink()

    copy.run(only_missing_outputs=True, runner=runner)
    after = {path.name: path.stat().st_mtime_ns for path in features.glob("*.h5")}
    assert {name for name in after if after[name] != before[name]} == {"bert.h5"}

    copy.run(namespaces=["vit"], runner=runner)
    last = {path.name: path.stat().st_mtime_ns for path in features.glob("*.h5")}
    assert {name for name in last if last[name] != after[name]} == {"vit.h5"}


def test_what_has_no_file_is_returned_to_whoever_asks_for_it(finished_few, runner):
    asked = {"node_names": ["represent_brains", "represent_models", "resample_stimuli"]}

    expected = finished_few.run("comparison", **asked)["stimulus_resamples"].load()
    found = finished_few.run("comparison", runner=runner, **asked)["stimulus_resamples"].load()

    assert repr(found) == repr(expected)


def test_trouble_on_a_worker_is_the_same_sentence(copy, cluster):
    stimuli = next((copy.root / "data").rglob("stimuli.parquet"))
    stimuli.write_bytes(stimuli.read_bytes()[:-100])
    small = [f"{name}={value}" for name, value in (("roster", copy.params["roster"]),)]
    asked = ["run", "--pipeline", "reporting", "--params", ",".join(small)]

    plain = kedro(copy, *asked)
    on_workers = kedro(
        copy,
        *asked,
        "--runner=tyrosine.runners.DaskRunner",
        f"--runner-params=scheduler={cluster.scheduler_address}",
    )

    sentence = plain.stderr.strip().splitlines()[-1]
    assert sentence.startswith("Error: ")
    assert on_workers.returncode == plain.returncode == 1
    assert on_workers.stderr.strip().splitlines()[-1] == sentence


class CannotBeSent(Exception):
    """An error such as libraries have, whose pickle cannot be read."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


def fail_expectedly():
    try:
        raise CannotBeSent(1, 2)
    except CannotBeSent as cause:
        try:
            raise StudyError("Subject 3 has no RDM.") from cause
        except StudyError as error:
            raise RuntimeError("Kedro's own words") from error


def test_an_expected_error_loses_what_cannot_be_sent(runner, tmp_path):
    catalog = DataCatalog({"b": JSONDataset(filepath=str(tmp_path / "b.json"))})

    with pytest.raises(StudyError, match="^Subject 3 has no RDM.$"):
        runner.run(Pipeline([Node(fail_expectedly, None, "b")]), catalog)


def note(*inputs):
    return {"made": True}


def wait_for(path):
    def wait():
        until = time.monotonic() + 60
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.05)
        return {"found": path.exists()}

    return wait


def test_a_node_does_not_wait_for_others_of_its_layer(runner, tmp_path):
    catalog = DataCatalog({name: JSONDataset(filepath=str(tmp_path / f"{name}.json")) for name in "abc"})
    # The first node waits for what the second makes possible.
    pipeline = Pipeline(
        [
            Node(wait_for(tmp_path / "c.json"), None, "a", name="wait"),
            Node(note, None, "b"),
            Node(note, "b", "c"),
        ]
    )

    runner.run(pipeline, catalog)

    assert catalog.load("a") == {"found": True}


def note_processes():
    def work(number):
        time.sleep(0.5)
        return os.getpid()

    return {"node": os.getpid(), "blocks": map_in_blocks(work, range(20))}


def test_blocks_of_one_node_are_computed_by_several_workers(cluster, runner, tmp_path):
    catalog = DataCatalog({"found": JSONDataset(filepath=str(tmp_path / "found.json"))})

    runner.run(Pipeline([Node(note_processes, None, "found")]), catalog)

    found = catalog.load("found")
    workers = {nanny.pid for nanny in cluster.workers.values()}
    assert found["node"] in workers
    assert len(found["blocks"]) == 20
    assert set(found["blocks"]) == workers


def fail_in_a_block():
    def work(number):
        time.sleep(0.5)
        if number == 13:
            raise StudyError(f"Subject {number} has no RDM.")

    return map_in_blocks(work, range(20))


def test_trouble_in_a_block_is_the_same_sentence(runner, tmp_path):
    catalog = DataCatalog({"found": JSONDataset(filepath=str(tmp_path / "found.json"))})

    with pytest.raises(StudyError, match="^Subject 13 has no RDM.$"):
        runner.run(Pipeline([Node(fail_in_a_block, None, "found")]), catalog)


def make_list():
    return [1]


def append(given):
    return [*given, len(given) + 1]


def spoil(given):
    given.append(99)
    return given


def test_what_has_no_file_passes_between_workers_unspoilt(runner, tmp_path):
    catalog = DataCatalog({name: JSONDataset(filepath=str(tmp_path / f"{name}.json")) for name in ("x", "y")})
    pipeline = Pipeline(
        [Node(make_list, None, "a"), Node(append, "a", "b"), Node(spoil, "b", "x"), Node(append, "b", "y")]
    )

    runner.run(pipeline, catalog)

    assert catalog.load("y") == [1, 2, 3]
    assert catalog.load("x") == [1, 2, 99]


def test_an_input_that_only_this_process_has_is_refused(runner, tmp_path):
    catalog = DataCatalog({"given": MemoryDataset([1]), "x": JSONDataset(filepath=str(tmp_path / "x.json"))})
    pipeline = Pipeline([Node(append, "given", "x")])

    SequentialRunner().run(pipeline, catalog)
    with pytest.raises(ClusterError, match="The dataset given lives in the process that starts the run"):
        runner.run(pipeline, catalog)


HIDE_PACKAGE = "import sys; sys.modules['tyrosine'] = None"
HIDE_FILES = "import pathlib; pathlib.Path.is_file = lambda path: False"
OTHER_NUMPY = (
    "import importlib.metadata as m; "
    "m.version = lambda name, of=m.version: '1' if name == 'numpy' else of(name)"
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (HIDE_PACKAGE, "cannot import tyrosine; start workers in the Python environment of this run"),
        (HIDE_FILES, "does not see .*, which this run has written; .* on a shared file system"),
        (OTHER_NUMPY, "has numpy 1, and this run was started with numpy [0-9]"),
    ],
    ids=["no package", "other files", "other versions"],
)
def test_workers_that_would_compute_something_else_are_refused(project, change, words):
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        with Client(cluster, set_as_default=False) as client:
            client.run(exec, change)

        with pytest.raises(ClusterError, match=words) as caught:
            project.run("ingestion", runner=DaskRunner(scheduler=cluster.scheduler_address))

    assert "\n" not in str(caught.value)
    assert not list((project.root / "data").rglob("*.parquet"))


def raise_nothing_known():
    raise ZeroDivisionError("unexpected")


def test_a_cluster_that_was_there_is_left_as_it_was(cluster, runner, tmp_path):
    catalog = DataCatalog({"b": JSONDataset(filepath=str(tmp_path / "b.json"))})

    with pytest.raises(ZeroDivisionError, match="unexpected"):
        runner.run(Pipeline([Node(raise_nothing_known, None, "b")]), catalog)

    with Client(cluster, set_as_default=False) as client:
        plugins = client.run(lambda dask_worker: [type(one).__name__ for one in dask_worker.plugins.values()])
    assert len(plugins) == 2
    assert not {name for names in plugins.values() for name in names} & {
        "QuietWorker",
        "ForwardLoggingPlugin",
    }
    assert list(tmp_path.iterdir()) == []


def test_workers_keep_memory_for_the_next_array_as_other_processes_do(monkeypatch):
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    with connected(ClusterOptions(n_workers=1, dashboard_address=":0")) as client:
        (environment,) = client.run(lambda: dict(os.environ)).values()
    assert not [name for name in environment if name.startswith("MALLOC_")]
    # What else Dask sets for its workers stays.
    assert environment["OMP_NUM_THREADS"] == "1"


def test_a_worker_that_joins_late_is_checked_too(tmp_path):
    with pytest.raises(ClusterError, match="does not see"):
        Surroundings(versions(), tmp_path / "absent").refuse_others()
    with pytest.raises(ClusterError, match="has torch .*, and this run was started with torch 0.1"):
        Surroundings({**versions(), "torch": "0.1"}, tmp_path_file(tmp_path)).refuse_others()
    Surroundings(versions(), tmp_path_file(tmp_path)).refuse_others()


def tmp_path_file(folder):
    path = folder / "proof"
    path.touch()
    return path


def test_a_scheduler_that_does_not_answer_is_named(project, monkeypatch):
    monkeypatch.setattr("tyrosine.runners.cluster.PATIENCE", 1)

    with pytest.raises(ClusterError, match="No Dask scheduler answers at tcp://127.0.0.1:9 "):
        project.run("ingestion", runner=DaskRunner(scheduler="tcp://127.0.0.1:9"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_workers": 0}, "n_workers is 0; expected a whole number from 1"),
        ({"threads_per_worker": "two"}, "threads_per_worker is 'two'"),
        ({"scheduler": "tcp://a:1", "n_workers": 2}, "has both scheduler=tcp://a:1 and n_workers=2"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, words):
    with pytest.raises(ParameterError, match=words):
        DaskRunner(**options)
