"""Feature extraction: stimuli and one model in, the model's features out."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.feature_extraction import nodes


def create_pipeline(models: Iterable[str], make_checkpoint: Node | None = None) -> Pipeline:
    """The pipeline `feature_extraction` for the models of that name.

    Parameters
    ----------
    models : iterable of str
    make_checkpoint : Node, optional
        What makes `checkpoint` from `params:model`, `params:miniatures` or both, in place of finding it.
    """
    find_checkpoint = Node(
        nodes.prepare_checkpoint, inputs="params:model", outputs="checkpoint", name="prepare_checkpoint"
    )
    one_model = Pipeline(
        [
            make_checkpoint or find_checkpoint,
            Node(
                nodes.extract_features,
                inputs=["params:model", "checkpoint", "stimuli", "raw_study", "shards"],
                outputs="features",
                name="extract_features",
            ),
        ],
        tags="feature_extraction",
    )
    return sum(
        (
            Pipeline(
                one_model,
                namespace=name,
                inputs={"stimuli", "raw_study"},
                parameters={"params:model": f"params:models.{name}"}
                | ({"params:miniatures": "params:miniatures"} if make_checkpoint else {}),
            )
            for name in models
        ),
        Pipeline([]),
    )
