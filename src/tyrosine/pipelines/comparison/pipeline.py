"""Comparison: brain RDMs and model RDMs in, similarities, noise ceilings and the tables of inference out."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline

from tyrosine.pipelines.comparison.nodes import represent_brains, represent_models
from tyrosine.rsa.comparison import compare_rdms, compute_noise_ceilings
from tyrosine.rsa.inference.ceiling_shares import measure_ceiling_shares
from tyrosine.rsa.inference.group_variance import partition_by_groups
from tyrosine.rsa.inference.model_contrasts import contrast_models
from tyrosine.rsa.inference.model_tests import bootstrap_models, run_model_tests
from tyrosine.rsa.inference.partial_comparison import compare_partially
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.inference.reweighted_comparison import reweight_models
from tyrosine.rsa.inference.robustness import assess_contrasts
from tyrosine.rsa.layer_choice import choose_layers
from tyrosine.rsa.representations import compare_representations


def create_pipeline(
    compare_truth: Iterable[Node] = (), features_of: Iterable[str] = (), models: Iterable[str] = ()
) -> Pipeline:
    """The pipeline `comparison`.

    Parameters
    ----------
    compare_truth : iterable of Node
        What compares models with the ground truth, in a study that has one.
    features_of : iterable of str
        Models whose features are reweighted; none where RDMs are all that is compared.
    models : iterable of str
        Models that may be compared by their features; none where RDMs shall be all that is compared.
    """
    return Pipeline(
        [
            Node(
                represent_brains,
                inputs=[
                    "brain_rdms",
                    "responses",
                    "stimuli",
                    "params:study",
                    "params:comparison",
                    "params:seed",
                ],
                outputs="brain_representations",
                name="represent_brains",
            ),
            Node(
                represent_models,
                inputs=["model_rdms", "brain_representations", *(f"{name}.features" for name in models)],
                outputs="model_representations",
                name="represent_models",
            ),
            Node(
                choose_layers,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "stimuli",
                    "params:comparison",
                    "params:inference",
                    "params:seed",
                ],
                outputs="layer_choices",
                name="choose_layers",
            ),
            Node(
                compare_rdms,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "params:comparison",
                    "layer_choices",
                ],
                outputs="similarities",
                name="compare_rdms",
            ),
            Node(
                compute_noise_ceilings,
                inputs=["brain_representations", "params:comparison"],
                outputs="noise_ceilings",
                name="compute_noise_ceilings",
            ),
            Node(
                resample_stimuli,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "stimuli",
                    "params:comparison",
                    "params:inference",
                    "params:seed",
                    "layer_choices",
                ],
                outputs="stimulus_resamples",
                name="resample_stimuli",
            ),
            Node(
                run_model_tests,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "similarities",
                    "stimulus_resamples",
                    "params:models",
                    "params:inference",
                    "params:seed",
                ],
                outputs="model_tests",
                name="run_model_tests",
            ),
            Node(
                bootstrap_models,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "similarities",
                    "stimulus_resamples",
                    "params:models",
                    "params:inference",
                    "params:seed",
                ],
                outputs="bootstrap_similarities",
                name="bootstrap_models",
            ),
            Node(
                contrast_models,
                inputs=[
                    "brain_representations",
                    "model_representations",
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
                measure_ceiling_shares,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "similarities",
                    "contrasts",
                    "params:inference",
                ],
                outputs="ceiling_shares",
                name="measure_ceiling_shares",
            ),
            Node(
                assess_contrasts,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "similarities",
                    "stimuli",
                    "params:models",
                    "params:questions",
                    "params:inference",
                    "params:seed",
                ],
                outputs="contrast_robustness",
                name="assess_contrasts",
            ),
            Node(
                partition_by_groups,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "params:models",
                    "params:comparison",
                    "params:inference",
                    "params:seed",
                ],
                outputs="variance_partition",
                name="partition_by_groups",
            ),
            Node(
                compare_partially,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "params:comparison",
                    "params:inference",
                ],
                outputs="partial_similarities",
                name="compare_partially",
            ),
            Node(
                reweight_models,
                inputs=[
                    "brain_representations",
                    "model_representations",
                    "params:comparison",
                    "params:inference",
                    "params:seed",
                    *(f"{name}.features" for name in features_of),
                ],
                outputs="reweighted_similarities",
                name="reweight_models",
            ),
            Node(
                compare_representations,
                inputs=["brain_representations", "model_representations", "params:comparison"],
                outputs="second_order_rdm",
                name="compare_representations",
            ),
            *compare_truth,
        ],
        tags="comparison",
    )
