"""What happens around a run: every model is checked before the first is extracted from."""

from __future__ import annotations

from functools import partial
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
