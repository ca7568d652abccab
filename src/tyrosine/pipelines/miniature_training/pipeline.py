"""Miniature training: simulated scenes in, trained miniatures and a table of their scores out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.miniature_training import nodes

MINIATURES = ("vit", "vit_mae", "dpt_segmentation", "dpt_depth", "bert", "gpt2", "mpnet", "clip")


def create_pipeline() -> Pipeline:
    """The pipeline `miniature_training`, a node a miniature."""
    return Pipeline(
        [
            Node(
                nodes.draw_scenes,
                inputs=["params:miniature_training", "params:simulation"],
                outputs=["training_scenes", "held_out_scenes"],
                name="draw_training_scenes",
            ),
            *(
                Node(
                    nodes.trainer(name),
                    inputs=["training_scenes", "held_out_scenes", "params:miniature_training"],
                    outputs=f"{name}_score",
                    name=f"train_{name}",
                )
                for name in MINIATURES
            ),
            Node(
                nodes.tabulate_metrics,
                inputs=[f"{name}_score" for name in MINIATURES],
                outputs="miniature_metrics",
                name="tabulate_miniature_metrics",
            ),
        ],
        tags="miniature_training",
    )
