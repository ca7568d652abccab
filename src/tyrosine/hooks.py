"""What happens before a run: every model is checked, and no result of other parameters is read."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline


class RosterCheck:
    """Prepares the checkpoints of all models that a run extracts from before it runs its first node.

    Each model's own node `prepare_checkpoint` does the same again, but which nodes come first is up to the
    runner, and a run that takes up an interrupted one has none.
    """

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        """Refuse a model that cannot be loaded or read as its entry says.

        Raises
        ------
        ModelError
            With what is wrong with the first of them.
        """
        names = [
            node.namespace
            for node in pipeline.nodes
            if node.namespace and f"{node.namespace}.features" in node.outputs
        ]
        if run_params.get("only_missing_outputs"):
            names = [name for name in names if not catalog.exists(f"{name}.features")]
        if not names:
            return
        # Imported here, because settings reach this module and `kedro --help` must be quick.
        from tyrosine.pipelines.feature_extraction.nodes import prepare_checkpoint

        prepare = prepare_checkpoint
        if catalog.load("params:study").source == "simulated":
            from tyrosine.pipelines.simulation.nodes import prepare_miniature_checkpoint

            prepare = partial(prepare_miniature_checkpoint, miniatures=catalog.load("params:miniatures"))
        for name in names:
            prepare(catalog.load(f"params:models.{name}"))


class ResultCheck:
    """Refuses results of other parameters before a run reads them; new ones say what they were made with."""

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        """Look at every result that the run reads, or leaves as it is, and does not make itself.

        Raises
        ------
        StaleResultError
            If one was made with other parameters or from other data.
        """
        from tyrosine import pipeline_registry
        from tyrosine.catalog.records import Recorded
        from tyrosine.lineage import Lineage

        lineage = Lineage(
            pipeline_registry.register_pipelines(),
            catalog,
            catalog.load("params:roster"),
            Path(run_params["project_path"]),
        )
        kept = set(pipeline.inputs())
        if run_params.get("only_missing_outputs"):
            kept |= {name for name in pipeline.all_outputs() if name in catalog and catalog.exists(name)}
        lineage.refuse_stale(sorted(kept))
        for name in pipeline.all_outputs():
            dataset = catalog.get(name, fallback_to_runtime_pattern=True)
            if isinstance(dataset, Recorded):
                dataset.recipe = lineage.recipe(name)
