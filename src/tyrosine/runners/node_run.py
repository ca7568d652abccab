"""One node of a pipeline on a Dask worker: what travels to the worker, and what the worker does with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from kedro.framework.hooks.manager import (
    _create_hook_manager,
    _register_hooks,
    _register_hooks_entry_points,
)
from kedro.framework.project import configure_project, settings
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline.node import Node
from kedro.runner.task import Task

from tyrosine.executors import offering
from tyrosine.runners.block_executor import BlockExecutor, sendable
from tyrosine.runners.surroundings import Surroundings


@dataclass(frozen=True)
class NodeRun:
    """A node with everything that a worker needs to run it.

    Attributes
    ----------
    node : Node
    datasets : dict of str to AbstractDataset
        Parameters, and those of the node's datasets that have files; a dataset says where its file lies and
        holds no data.
    validators : dict
        Declarations of the validators of these datasets, by the dataset's name.
    validated : bool
        Whether the catalog of the run validates.
    in_memory : tuple of str
        Outputs of the node that have no file.
    surroundings : Surroundings
    is_async : bool
        Whether datasets are loaded and saved by threads.
    run_id : str, optional
    """

    node: Node
    datasets: dict[str, AbstractDataset]
    validators: dict[str, Any]
    validated: bool
    in_memory: tuple[str, ...]
    surroundings: Surroundings
    is_async: bool = False
    run_id: str | None = None


def run_node(run: NodeRun, held: list[dict[str, Any]]) -> dict[str, Any]:
    """Run a node on the worker that this is called on.

    Parameters
    ----------
    run : NodeRun
    held : list of dict
        What nodes before this one have returned: their outputs that have no file.

    Returns
    -------
    dict of str to object
        Outputs of this node that have no file; they stay on the worker until another worker asks for them.

    Raises
    ------
    TyrosineError
        On expected trouble, without the chain of errors around it, which may not survive the way back.
    """
    run.surroundings.refuse_others()
    catalog = _catalog(run, held)
    with sendable(), offering(BlockExecutor(run.surroundings), cores=1):
        Task(run.node, catalog, run.is_async, _hooks(), run.run_id).execute()
    return {name: catalog[name].load() for name in run.in_memory}


def _catalog(run: NodeRun, held: list[dict[str, Any]]) -> DataCatalog:
    of_others = {name: MemoryDataset(data) for outputs in held for name, data in outputs.items()}
    own = {name: MemoryDataset() for name in run.in_memory}
    catalog = DataCatalog({**of_others, **run.datasets, **own}, validation_enabled=run.validated)
    # A catalog takes declarations of validators from its configuration alone.
    catalog._validator_specs = dict(run.validators)
    return catalog


@cache
def _hooks() -> Any:
    """The hooks of the project and of Kedro's plugins, as a process of Kedro's ParallelRunner has them."""
    configure_project("tyrosine")
    hooks = _create_hook_manager()
    _register_hooks(hooks, settings.HOOKS)
    _register_hooks_entry_points(hooks, settings.DISABLE_HOOKS_FOR_PLUGINS)
    return hooks
