"""A Dask cluster to run on: one of this machine's own cores, or one that is there already."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import dask
from distributed import Client, LocalCluster, WorkerPlugin
from distributed.worker import Worker

from tyrosine.errors import ClusterError, ParameterError
from tyrosine.rsa.workers import number_of_workers
from tyrosine.runners.surroundings import Surroundings

logger = logging.getLogger(__name__)

# Seconds in which a scheduler answers, wherever it is.
PATIENCE = 10
# Whose messages the user is shown.
TOLD = ("kedro", "tyrosine")
# Levels of Dask's own loggers: each worker that starts and ends is of no interest to a user.
QUIET = {"distributed": "warning", "distributed.nanny": "error", "tornado": "critical"}
# Dask has the C library of its workers give memory back to the system after nearly every array that is freed,
# and fresh pages cost more than what they hold. Six batches of eight images through a network of ViT-B's size
# cost 1 580 000 page faults and 20.5 to 21.8 s of a core so, and 140 000 and 17.4 to 18.4 s without, which is
# what they cost in a process of its own.
KEPT_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}


@dataclass(frozen=True)
class ClusterOptions:
    """Which cluster a run uses.

    Attributes
    ----------
    scheduler : str, optional
        Address of a scheduler, such as ``tcp://10.0.0.1:8786``; without one a cluster of this machine's cores
        is started for the run.
    n_workers : int, optional
        Processes of the cluster that is started; as many as there are cores for them if not given.
    threads_per_worker : int
        Nodes that one such process works on at a time. PyTorch and BLAS have one thread in each.
    memory_limit : str or float, optional
        Memory above which such a process is ended and its work given to another; no limit if not given.
    dashboard_address : str
        Where the dashboard of such a cluster is shown, if bokeh is installed.
    """

    scheduler: str | None = None
    n_workers: int | None = None
    threads_per_worker: int = 1
    memory_limit: str | float | None = None
    dashboard_address: str = "127.0.0.1:8787"

    def __post_init__(self) -> None:
        for name in ("n_workers", "threads_per_worker"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ParameterError(f"--runner-params {name} is {value!r}; expected a whole number from 1.")
        if self.scheduler is not None and self.n_workers is not None:
            raise ParameterError(
                f"--runner-params has both scheduler={self.scheduler} and n_workers={self.n_workers}; a "
                "scheduler that is there already has workers of its own, so leave n_workers out."
            )


@contextmanager
def connected(options: ClusterOptions) -> Iterator[Client]:
    """A client of the cluster; a cluster that was started for it ends with the context.

    Raises
    ------
    ClusterError
        If there is no scheduler at the address, or no cluster can be started.
    """
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level.upper())
    if options.scheduler is not None:
        try:
            client = Client(options.scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(
                f"No Dask scheduler answers at {options.scheduler} within {PATIENCE} seconds ({error}); give "
                "the address that `dask scheduler` prints, or leave scheduler out to use this machine alone."
            ) from error
        with client:
            yield client
        return
    threads = options.threads_per_worker
    with (
        dask.config.set({"distributed.logging": QUIET, **KEPT_MEMORY}),
        LocalCluster(
            n_workers=options.n_workers or max(1, number_of_workers() // threads),
            threads_per_worker=threads,
            memory_limit=options.memory_limit,
            dashboard_address=options.dashboard_address,
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def prepared(client: Client, surroundings: Surroundings) -> Iterator[None]:
    """Check the workers that there are, and let them and those to come tell the user what they do.

    A cluster that was there before is left as it was.

    Raises
    ------
    ClusterError
        If a worker lacks the package, has other versions, or does not see the project's files.
    """
    without = [
        address for address, spec in client.run(importlib.util.find_spec, "tyrosine").items() if not spec
    ]
    if without:
        raise ClusterError(
            f"The Dask worker {without[0]} cannot import tyrosine; start workers in the Python environment "
            "of this run."
        )
    client.run(surroundings.refuse_others)
    levels = {
        name: one.level
        for name, one in logging.root.manager.loggerDict.items()
        if isinstance(one, logging.Logger) and one.level and name.partition(".")[0] in TOLD
    }
    client.register_plugin(QuietWorker(levels), name=QuietWorker.__name__)
    for name in TOLD:
        client.forward_logging(name)
    if not client.nthreads():
        logger.warning("The Dask scheduler has no workers yet; nodes wait until one joins.")
    try:
        yield
    finally:
        # The scheduler may be gone by now, which must not hide why.
        with suppress(OSError, TimeoutError, KeyError, ValueError):
            for name in TOLD:
                client.unforward_logging(name)
            client.unregister_worker_plugin(QuietWorker.__name__)


class QuietWorker(WorkerPlugin):
    """Lets a worker send its messages to the process of the run instead of writing them itself.

    Parameters
    ----------
    levels : mapping of str to int
        Level of each logger in the process of the run.
    """

    def __init__(self, levels: Mapping[str, int]) -> None:
        self._levels = dict(levels)

    def setup(self, worker: Worker) -> None:
        """Set the levels, and take away the handler that Kedro gives the root logger when it is imported."""
        for handler in list(logging.getLogger().handlers):
            if type(handler).__module__.startswith("kedro."):
                logging.getLogger().removeHandler(handler)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
