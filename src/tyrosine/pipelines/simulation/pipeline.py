"""Nodes of the simulated study: data and miniatures made rather than found, and the ground truth."""

from collections.abc import Iterable

from kedro.pipeline import Node

from tyrosine.pipelines.simulation import nodes


def make_study() -> Node:
    """The node of `ingestion` that simulates the raw folder."""
    return Node(
        nodes.simulate_study,
        inputs=["params:study", "params:simulation"],
        outputs="raw_study",
        name="simulate_study",
    )


def make_checkpoint() -> Node:
    """The node of `feature_extraction` that writes a miniature."""
    return Node(
        nodes.prepare_miniature_checkpoint,
        inputs=["params:model", "params:miniatures"],
        outputs="checkpoint",
        name="prepare_checkpoint",
    )


def represent_population(models: Iterable[str]) -> Node:
    """The node of `rdm_construction` that shows the models further scenes."""
    return Node(
        nodes.represent_population,
        inputs=[
            "raw_study",
            "params:rdm",
            "params:models",
            "params:roster",
            *(f"{name}.checkpoint" for name in models),
        ],
        outputs="population_model_rdms",
        name="represent_population",
        tags="rdm_construction",
    )


def compare_population() -> Node:
    """The node of `comparison` that compares models with the noise-free brain over further scenes."""
    return Node(
        nodes.compare_with_population,
        inputs=[
            "raw_study",
            "population_model_rdms",
            "brain_rdms",
            "params:study",
            "params:simulation",
            "params:comparison",
        ],
        outputs="population_similarities",
        name="compare_with_population",
    )


def compare_truth() -> Node:
    """The node of `comparison` that compares models with the noise-free brain."""
    return Node(
        nodes.compare_with_ground_truth,
        inputs=[
            "raw_study",
            "rdm_stimuli",
            "presentations",
            "brain_rdms",
            "model_rdms",
            "params:study",
            "params:comparison",
        ],
        outputs="true_similarities",
        name="compare_with_ground_truth",
    )
