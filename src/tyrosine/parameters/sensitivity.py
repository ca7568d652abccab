"""Which other analyses the pipeline `sensitivity` asks the questions in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from tyrosine.parameters.fields import Group, Words, split_words
from tyrosine.parameters.measures import REWEIGHTED, DistanceName, GridMethodName

LayerChoice = Literal["reported", "last", "best", "profile"]
REPORTED: LayerChoice = "reported"
LAST: LayerChoice = "last"
BEST: LayerChoice = "best"
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
    methods: Annotated[tuple[GridMethodName, ...], BeforeValidator(split_words)] = (
        "pearson",
        "spearman",
        "pearson_whitened",
        "cka",
        REWEIGHTED,
    )
    """Similarities of brain RDMs and model RDMs. `reweighted` is Pearson's correlation with weights that are
    fitted to other stimuli, as `comparison.reweighting` says: of the layers, or of the features of the
    reported layer. Where the run reweights nothing, it is of the layers, and a model with one layer counts
    by that."""
    captions: Annotated[tuple[Literal["mean", "first"], ...], BeforeValidator(split_words)] = (
        "mean",
        "first",
    )
    """What language models read of a stimulus that has several captions."""
    layers: Annotated[tuple[LayerChoice, ...], BeforeValidator(split_words)] = (
        REPORTED,
        LAST,
        BEST,
        PROFILE,
    )
    """By which layer a model with several counts: the one that it is reported by; the `last`, where that is
    one chosen in folds; the `best`, chosen in folds as with `layer: best`; or `profile`, the mean of its
    similarities over all layers that are blocks."""
    stimulus_groups: Words = ("none",)
    """What the bootstrap draws whole, as `inference.stimulus_groups` says it."""
    leave_out_models: bool = True
    """Whether each contrast and group is also asked without each of its models in turn."""
