"""Comparison: brain RDMs and model RDMs in, similarities and noise ceilings out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.comparison import nodes


def create_pipeline() -> Pipeline:
    """The pipeline `comparison`."""
    return Pipeline(
        [
            Node(
                nodes.compare_rdms,
                inputs=["brain_rdms", "model_rdms", "params:comparison"],
                outputs="similarities",
                name="compare_rdms",
            ),
            Node(
                nodes.compute_noise_ceilings,
                inputs=["brain_rdms", "params:comparison"],
                outputs="noise_ceilings",
                name="compute_noise_ceilings",
            ),
        ],
        tags="comparison",
    )
