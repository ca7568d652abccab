"""A Kedro runner whose nodes are tasks of a Dask cluster."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from distributed import Client, Future, KilledWorker, as_completed
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro.runner import AbstractRunner

from tyrosine.errors import ClusterError
from tyrosine.runners.cluster import ClusterOptions, connected, prepared
from tyrosine.runners.node_run import NodeRun, run_node
from tyrosine.runners.surroundings import Surroundings, shown_to_workers

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from pluggy import PluginManager


class DaskRunner(AbstractRunner):
    """Runs every node as a Dask task as soon as its own inputs are there.

    Datasets pass from node to node through the files of the catalog. Those without a file stay in the memory
    of the worker that made them, which hands them to a worker that needs them; the scheduler sees the names
    of tasks and the parameters of nodes. What a worker that died was working on is done by another.

    Parameters
    ----------
    scheduler : str, optional
        Address of a scheduler; without one, a cluster of this machine's cores is started for the run.
    n_workers, threads_per_worker, memory_limit, dashboard_address
        As in `ClusterOptions`, for the cluster that is started.
    is_async : bool
        Whether a node's datasets are loaded and saved by threads.

    Raises
    ------
    ParameterError
        If a number is not positive, or both a scheduler and a number of workers are given.
    """

    def __init__(
        self,
        scheduler: str | None = None,
        n_workers: int | None = None,
        threads_per_worker: int = 1,
        memory_limit: str | float | None = None,
        dashboard_address: str = ClusterOptions.dashboard_address,
        is_async: bool = False,
    ) -> None:
        super().__init__(is_async=is_async)
        self._options = ClusterOptions(
            scheduler, n_workers, threads_per_worker, memory_limit, dashboard_address
        )

    def _get_executor(self, max_workers: int) -> Executor | None:
        # Only the loop of Kedro's own runners asks for one.
        return None

    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol,
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        """Run a pipeline whose inputs Kedro has checked.

        Raises
        ------
        ClusterError
            If the cluster cannot run it, or workers died again and again while they ran a node.
        Exception
            Whatever the first node that failed has raised.
        """
        if not pipeline.nodes:
            return
        _refuse_what_only_this_process_has(pipeline, catalog)
        folder = _folder_of_files(pipeline, catalog)
        with (
            shown_to_workers(folder) as surroundings,
            connected(self._options) as client,
            prepared(client, surroundings),
        ):
            self._logger.info("Nodes run on the Dask cluster at %s", client.scheduler.address)
            runs = {
                node: self._node_run(node, pipeline, catalog, surroundings, run_id) for node in pipeline.nodes
            }
            results: dict[Node, Future] = {}
            try:
                self._run_nodes(client, pipeline, runs, results)
            except Exception:
                client.cancel(list(results.values()))
                done = [node for node, result in results.items() if result.status == "finished"]
                self._suggest_resume_scenario(pipeline, done, catalog)
                raise
            for node, run in runs.items():
                # What no node takes and has no file is for whoever has started the run.
                if asked := set(run.in_memory) & pipeline.outputs():
                    outputs = results[node].result()
                    for name in asked:
                        catalog.save(name, outputs[name])

    def _node_run(
        self,
        node: Node,
        pipeline: Pipeline,
        catalog: CatalogProtocol,
        surroundings: Surroundings,
        run_id: str | None,
    ) -> NodeRun:
        names = [*node.inputs, *node.outputs, *node.confirms]
        in_memory = {
            name for name in names if name in pipeline.all_outputs() and _is_in_memory(catalog, name)
        }
        validators = getattr(catalog, "validator_specs", {})
        return NodeRun(
            node,
            datasets={name: catalog[name] for name in names if name not in in_memory},
            validators={name: validators[name] for name in names if name in validators},
            validated=getattr(catalog, "validation_enabled", True),
            in_memory=tuple(name for name in node.outputs if name in in_memory),
            surroundings=surroundings,
            is_async=self._is_async,
            run_id=run_id,
        )

    def _run_nodes(
        self, client: Client, pipeline: Pipeline, runs: Mapping[Node, NodeRun], results: dict[Node, Future]
    ) -> None:
        """Submit each node when those before it are done; `results` has the futures of those submitted."""
        before = pipeline.node_dependencies
        node_of: dict[str, Node] = {}
        done: set[Node] = set()
        coming = as_completed(loop=client.loop)

        def submit_ready() -> None:
            for node in pipeline.nodes:
                if node in results or not before[node] <= done:
                    continue
                holding = [one for one in before[node] if set(runs[one].in_memory) & set(node.inputs)]
                results[node] = client.submit(
                    run_node,
                    runs[node],
                    [results[one] for one in holding],
                    key=f"{node.name}-{uuid.uuid4().hex}",
                    pure=False,
                )
                node_of[results[node].key] = node
                coming.add(results[node])

        submit_ready()
        for result in coming:
            node = node_of[result.key]
            _raise_error_of(node, result)
            done.add(node)
            self._logger.info("Completed node: %s", node.name)
            self._logger.info("Completed %d out of %d tasks", len(done), len(runs))
            submit_ready()


def _raise_error_of(node: Node, result: Future) -> None:
    """Raise what a task has raised, if it has."""
    if result.status == "finished":
        return
    if result.status == "cancelled":
        raise ClusterError(
            f"The Dask scheduler has dropped the node {node.name}; it was restarted, or its connection was "
            "lost, so run again with --only-missing-outputs."
        )
    error = result.exception()
    if isinstance(error, KilledWorker):
        raise ClusterError(
            f"The Dask worker died {error.allowed_failures + 1} times while it had the node {node.name}, the "
            f"last at {error.last_worker.address}; see the logs of the workers, and if memory ran out, start "
            "fewer workers with more memory each."
        ) from error
    if isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] == "tyrosine":
        raise ClusterError(
            f"A Dask worker that was given the node {node.name} cannot import {error.name}; start workers in "
            "the Python environment of this run."
        ) from error
    raise error


def _is_in_memory(catalog: CatalogProtocol, name: str) -> bool:
    return bool(getattr(catalog.get(name), "_EPHEMERAL", False))


def _is_parameter(name: str) -> bool:
    return name == "parameters" or name.startswith("params:")


def _refuse_what_only_this_process_has(pipeline: Pipeline, catalog: CatalogProtocol) -> None:
    """Refuse datasets that a worker cannot load.

    Raises
    ------
    ClusterError
        If an input of the pipeline that is no parameter is held in memory, or a dataset says that it serves a
        single process.
    """
    for name in sorted(pipeline.datasets()):
        is_input = name in pipeline.inputs() and not _is_parameter(name)
        alone = getattr(catalog.get(name), "_SINGLE_PROCESS", False)
        if alone or (is_input and _is_in_memory(catalog, name)):
            raise ClusterError(
                f"The dataset {name} lives in the process that starts the run, which Dask workers do not "
                "see; give it an entry with a file in the catalog, or run without --runner."
            )


def _folder_of_files(pipeline: Pipeline, catalog: CatalogProtocol) -> Path:
    """The lowest folder that is there and has all files of a pipeline."""
    datasets = [catalog.get(name) for name in pipeline.datasets() if not _is_parameter(name)]
    paths = [getattr(one, "_filepath", None) or getattr(one, "_path", None) for one in datasets]
    files = [str(path) for path in paths if path is not None]
    folder = Path(os.path.commonpath(files)) if files else Path.cwd()
    while not folder.is_dir():
        folder = folder.parent
    return folder
