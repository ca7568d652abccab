"""Comparison: brain RDMs and model RDMs in, similarities, noise ceilings and the tables of inference out."""

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.comparison import inference, nodes, second_order
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
                nodes.resample_stimuli,
                inputs=["brain_rdms", "model_rdms", "params:comparison", "params:inference", "params:seed"],
                outputs="stimulus_resamples",
                name="resample_stimuli",
            ),
            Node(
                inference.run_model_tests,
                inputs=[
                    "brain_rdms",
                    "model_rdms",
                    "similarities",
                    "stimulus_resamples",
                    "params:inference",
                    "params:seed",
                ],
                outputs="model_tests",
                name="run_model_tests",
            ),
            Node(
                inference.bootstrap_models,
                inputs=[
                    "brain_rdms",
                    "model_rdms",
                    "similarities",
                    "stimulus_resamples",
                    "params:inference",
                    "params:seed",
                ],
                outputs="bootstrap_similarities",
                name="bootstrap_models",
            ),
            Node(
                inference.contrast_models,
                inputs=[
                    "brain_rdms",
                    "model_rdms",
                    "similarities",
                    "stimulus_resamples",
                    "params:models",
                    "params:questions",
                    "params:inference",
                    "params:seed",
                ],
                outputs="contrasts",
                name="contrast_models",
            ),
            Node(
                inference.partition_by_groups,
                inputs=["brain_rdms", "model_rdms", "params:models", "params:inference", "params:seed"],
                outputs="variance_partition",
                name="partition_by_groups",
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
            Node(
                second_order.compare_representations,
                inputs=["brain_rdms", "model_rdms", "params:comparison"],
                outputs="second_order_rdm",
                name="compare_representations",
            ),
        ],
        tags="comparison",
    )
