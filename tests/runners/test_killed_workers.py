"""What a worker that is killed was working on is done by another, to the same bits."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from distributed import Client, LocalCluster

from tyrosine.errors import ClusterError
from tyrosine.runners import DaskRunner

# What the workers are told before the run; a worker that takes the place of a killed one works at full speed.
SLOW_BATCHES = """
import time
from tyrosine.models.reading import LayerReader
read = LayerReader.__call__
def slowly(self, batch, read=read, time=time):
    time.sleep(0.3)
    return read(self, batch)
LayerReader.__call__ = slowly
"""
SLOW_NODES = """
import time
from kedro.runner.task import Task
execute = Task.execute
def slowly(self, execute=execute, time=time):
    time.sleep(1)
    return execute(self)
Task.execute = slowly
"""


class Killer(threading.Thread):
    """Kills the first worker that `chosen` names, given the beginnings of the tasks of each worker."""

    def __init__(self, client, chosen):
        super().__init__(daemon=True)
        self._client, self._chosen = client, chosen
        self._ids = client.run(os.getpid)
        self.killed = None
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            working = {
                worker: {str(key).rpartition("-")[0].removesuffix("-") for key in keys}
                for worker, keys in self._client.processing().items()
            }
            for worker, tasks in working.items():
                others = set().union(*(keys for other, keys in working.items() if other != worker))
                if worker in self._ids and self._chosen(tasks, others):
                    os.kill(self._ids[worker], signal.SIGKILL)
                    self.killed = worker
                    return
            time.sleep(0.05)


@pytest.fixture
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def run_with_a_killer(project, client, chosen, pipeline, **options):
    killer = Killer(client, chosen)
    killer.start()
    try:
        project.run(pipeline, runner=DaskRunner(scheduler=client.scheduler.address), **options)
    finally:
        killer.ended.set()
        killer.join()
    assert killer.killed is not None


def has(tasks, name):
    return any(task.startswith(name) for task in tasks)


@pytest.mark.parametrize(
    "chosen",
    [
        lambda tasks, others: has(tasks, "_compute") and has(others, "vit.extract_features"),
        lambda tasks, others: has(tasks, "vit.extract_features") and has(others, "_compute"),
    ],
    ids=["worker of a part", "worker of the node"],
)
def test_extraction_survives_a_killed_worker(copy, client, chosen):
    options = {"params": {"roster": "vit", "models": {"vit": {"batch_size": 1}}}}
    copy.run("feature_extraction", **options)
    expected = copy.load("vit.features").measurements
    (copy.root / "data/04_feature/simulated/vit.h5").unlink()
    client.run(exec, SLOW_BATCHES)

    run_with_a_killer(copy, client, chosen, "feature_extraction", **options)

    np.testing.assert_array_equal(copy.load("vit.features").measurements, expected)
    assert not (copy.root / "data/04_feature/simulated/vit.shards").exists()


def test_comparison_survives_a_killed_worker(copy, client):
    before = copy.tables()
    for path in (copy.root / "data/07_model_output").rglob("*.parquet"):
        path.write_bytes(b"")
    client.run(exec, SLOW_NODES)

    run_with_a_killer(copy, client, lambda tasks, others: has(tasks, "run_model_tests"), "comparison")

    after = copy.tables()
    made = {name for name in after if after[name]}
    assert any("model_tests" in name for name in made)
    assert {name: after[name] for name in made} == {name: before[name] for name in made}


def test_a_node_that_kills_every_worker_is_named(copy, client):
    client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 0))
    client.run(exec, SLOW_NODES)

    # Other nodes that the killed worker was given count as well.
    with pytest.raises(ClusterError, match="died 1 times while it had the node [a-z_]+, the last at tcp://"):
        run_with_a_killer(copy, client, lambda tasks, others: has(tasks, "run_model_tests"), "comparison")
