"""Export: the features and RDM of each model, and the brain RDMs, in; Net2Brain's files out."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.export import nodes


def create_pipeline(models: Iterable[str]) -> Pipeline:
    """The pipeline `export` for the models of that name."""
    one_model = Pipeline(
        [
            Node(
                nodes.order_features,
                inputs="features",
                outputs="net2brain_features",
                name="export_features",
            ),
            Node(nodes.order_rdms, inputs="rdm", outputs="net2brain_rdm", name="export_rdm"),
        ],
        tags="export",
    )
    each_model = sum((Pipeline(one_model, namespace=name) for name in models), Pipeline([]))
    return each_model + Pipeline(
        [
            Node(
                nodes.order_rdms,
                inputs="brain_rdms",
                outputs="net2brain_brain_rdms",
                name="export_brain_rdms",
            )
        ],
        tags="export",
    )
