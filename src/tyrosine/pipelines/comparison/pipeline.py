"""Comparison: brain RDMs and model RDMs in, similarities and noise ceilings out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.comparison import nodes
from tyrosine.pipelines.comparison.ground_truth import compare_with_ground_truth


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
            Node(
                compare_with_ground_truth,
                inputs=[
                    "raw_study",
                    "stimuli",
                    "region_coverage",
                    "model_rdms",
                    "params:study",
                    "params:rdm",
                    "params:comparison",
                ],
                outputs="true_similarities",
                name="compare_with_ground_truth",
            ),
        ],
        tags="comparison",
    )
