"""RDM construction: each model's features in, its RDM and the RDMs of all models out."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.rdm_construction import nodes


def create_pipeline(models: Iterable[str]) -> Pipeline:
    """The pipeline `rdm_construction` for the models of that name."""
    names = list(models)
    one_model = Pipeline(
        [
            Node(
                nodes.build_model_rdm,
                inputs=["features", "params:model", "checkpoint", "stimuli", "params:rdm", "rdm_stimuli"],
                outputs="rdm",
                name="build_model_rdm",
            )
        ],
        tags="rdm_construction",
    )
    each_model = sum(
        (
            Pipeline(
                one_model,
                namespace=name,
                inputs={"stimuli", "rdm_stimuli"},
                parameters={"params:model": f"params:models.{name}", "params:rdm": "params:rdm"},
            )
            for name in names
        ),
        Pipeline([]),
    )
    return each_model + Pipeline(
        [
            Node(
                nodes.stack_model_rdms,
                inputs=[f"{name}.rdm" for name in names],
                outputs="model_rdms",
                name="stack_model_rdms",
            )
        ],
        tags="rdm_construction",
    )
