"""Which other analyses the pipeline `sensitivity` asks the questions in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from tyrosine.parameters.fields import Group, Words, split_words
from tyrosine.parameters.measures import DistanceName, MethodName

LayerChoice = Literal["reported", "profile"]
REPORTED: LayerChoice = "reported"
PROFILE: LayerChoice = "profile"


class SensitivityParameters(Group):
    """Other analyses in which the pipeline `sensitivity` asks the questions of the study again.

    The analysis of the run itself always takes part. Each list names alternatives to one of its choices, and
    the grid has every combination. An alternative that the study does not allow is left out, and the page
    says so.
    """

    brain_distances: Annotated[tuple[DistanceName, ...], BeforeValidator(split_words)] = (
        "crossnobis",
        "correlation",
        "squared_euclidean",
    )
    """Distances of brain RDMs, where the study has responses, and repetitions if the distance needs them."""
    methods: Annotated[tuple[MethodName, ...], BeforeValidator(split_words)] = (
        "pearson",
        "spearman",
        "pearson_whitened",
        "cka",
    )
    """Similarities of brain RDMs and model RDMs."""
    captions: Annotated[tuple[Literal["mean", "first"], ...], BeforeValidator(split_words)] = (
        "mean",
        "first",
    )
    """What language models read of a stimulus that has several captions."""
    layers: Annotated[tuple[LayerChoice, ...], BeforeValidator(split_words)] = (REPORTED, PROFILE)
    """By which layer a model with several counts: the one that it is reported by, or `profile`, the mean of
    its similarities over all layers that are blocks."""
    stimulus_groups: Words = ("none",)
    """What the bootstrap draws whole, as `inference.stimulus_groups` says it."""
    leave_out_models: bool = True
    """Whether each contrast and group is also asked without each of its models in turn."""
