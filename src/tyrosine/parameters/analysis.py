"""How RDMs are made, clustered and compared, how sure the results are, and how figures look."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tyrosine.parameters.fields import Group, Subjects, Words, split_words
from tyrosine.parameters.measures import (
    AUTO,
    DUAL_BOOTSTRAP,
    BrainDistanceName,
    FeatureDistanceName,
    MethodName,
    TestName,
)

BY_SIZE, FROM_RDMS, FROM_PATTERNS = "auto", "rdms", "patterns"
"""What `comparison.engine` may be."""
NO_REWEIGHTING, BY_LAYERS, BY_FEATURES = "none", "layers", "features"
"""What `comparison.reweighting` may be."""


class RDMParameters(Group):
    """How dissimilarity is measured."""

    brain_distance: BrainDistanceName = AUTO
    """The dissimilarity of two stimuli by the responses to them; `auto` is `crossnobis`, which noise does not
    bias, where every subject has at least two responses to each stimulus, and `correlation`, the published
    one, elsewhere."""
    model_distance: FeatureDistanceName = "correlation"
    """The dissimilarity of two stimuli by a model's features."""

    @model_validator(mode="before")
    @classmethod
    def _two_distances(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and "distance" in given:
            raise ValueError(
                "distance is two parameters: brain_distance, of responses, and model_distance, of features; "
                "set one or both"
            )
        return given


class ClusteringParameters(Group):
    """How the stimuli are clustered by a brain RDM."""

    linkage: Literal["average", "complete", "single"] = "average"
    """The distance of two clusters: mean, largest or smallest dissimilarity of their stimuli."""
    cut: Literal["auto", "threshold", "n_clusters", "null", "silhouette"] = "auto"
    """What decides on the number of clusters: the published `threshold`; `n_clusters`; `null`, where the tree
    lies farthest below trees of data without clusters; or `silhouette`, the largest mean silhouette. `auto`
    is `n_clusters` where that is given, else `null` where every subject saw each stimulus repeatedly, and
    `threshold` elsewhere."""
    distance_threshold: float = Field(default=0.9, ge=0)
    """Dissimilarity at or above which clusters are not merged, in units of the RDM."""
    n_clusters: int | None = Field(default=None, ge=1)
    """Number of clusters, where it decides."""
    n_null_trees: int = Field(default=100, ge=20)
    """Trees of data without clusters, where these decide."""
    false_discovery_rate: float = Field(default=0.05, gt=0, lt=1)
    """Categories with a q below it are said to characterise a cluster."""
    subjects: Subjects = (1,)
    """Numbers of the subjects whose RDMs are clustered."""

    @field_validator("cut", mode="before")
    @classmethod
    def _as_yaml_reads_it(cls, given: Any) -> Any:
        # YAML reads the word null as nothing.
        return "null" if given is None else given

    @model_validator(mode="after")
    def _a_number_to_cut_by(self) -> ClusteringParameters:
        if self.cut == "n_clusters" and self.n_clusters is None:
            raise ValueError("cut is n_clusters, but n_clusters is not given; give it a number")
        return self


class ComparisonParameters(Group):
    """How brain RDMs and model RDMs are compared."""

    methods: Annotated[tuple[MethodName, ...], BeforeValidator(split_words), Field(min_length=1)] = (
        "pearson",
    )
    """Figures show the first, tables all."""
    engine: Literal["auto", "rdms", "patterns"] = "auto"
    """What is compared: `rdms`, or the `patterns` that they would be made of, with the same results and
    without an array of all pairs of stimuli. `auto` is `patterns` where the study has more stimuli than
    `max_stimuli`, and responses to compute RDMs from; `rdms` elsewhere."""
    max_stimuli: int = Field(default=2000, ge=4)
    """Stimuli that RDMs are made of at most where patterns are compared: RDMs for figures and clusters are
    then of so many random ones, and rank correlations are estimated from random subsets of so many."""
    stimulus_samples: int = Field(default=0, ge=0)
    """Random subsets of the stimuli from which similarities by a method that needs RDMs are estimated, with
    their standard error, where more than `max_stimuli` stimuli are compared by patterns; 0 refuses such a
    method."""
    choice_folds: int = Field(default=2, ge=2)
    """Folds of the stimuli in which the layer of a model with `layer: best` is chosen on the stimuli outside
    a fold and compared on those inside it."""
    choice_draws: int = Field(default=10, ge=1)
    """How often the stimuli are dealt to these folds anew; similarities are means over all of them."""
    reweighting: Literal["none", "layers", "features"] = "none"
    """What of a model is weighted for each brain RDM, in `reweighted_similarities`: nothing, its layers
    (non-negative weights), or the features of its reported layer (ridge). Weights are fitted to other stimuli
    than those that they are tested on, in the folds and draws of `inference`."""
    partial_out: Words = ()
    """Members of the roster, such as `pixels word_count`, whose RDMs are taken out of brain and model RDMs in
    `partial_similarities` and in the variance partition."""

    @field_validator("stimulus_samples")
    @classmethod
    def _with_a_standard_error(cls, number: int) -> int:
        if number == 1:
            raise ValueError("a standard error needs two subsets at least; give 0, which makes none, or more")
        return number


class InferenceParameters(Group):
    """How sure similarities and their differences are."""

    n_permutations: int = Field(default=10_000, ge=1)
    """Permutations of the stimuli, for the test within a subject."""
    n_bootstraps: int = Field(default=1_000, ge=2)
    """Resamples of the subjects, of the stimuli, and of both."""
    stimulus_groups: str = "auto"
    """What the bootstrap over stimuli draws: single stimuli (`none`), or whole groups of stimuli by their
    main category (`category`), by its supercategory (`supercategory`), or by any other column of the table
    `stimuli`. `auto` is `category` where the stimuli that all subjects saw have at least eight main
    categories, else `none`."""
    permutation: Literal["free", "within_groups"] = "free"
    """Which stimuli the permutation test may exchange: all, or those of the same group."""
    confidence_level: float = Field(default=0.95, gt=0, lt=1)
    """Of all intervals."""
    false_discovery_rate: float = Field(default=0.05, gt=0, lt=1)
    """A q below it counts as evidence."""
    n_folds: int = Field(default=5, ge=2)
    """Folds of the stimuli in which variance is partitioned among groups of models, and the best models of
    the sides of a contrast are chosen and tested."""
    n_fold_draws: int = Field(default=50, ge=1)
    """How often the stimuli are dealt to folds anew; parts of the variance are means over these draws. One
    draw can give a part p = 0.01 where another gives it 0.8 on the same data, so choose 20 at least."""
    models: Literal["fixed", "random"] = "fixed"
    """Whether contrasts and groups of models speak of these models alone or, in a test of its own, also of
    others of their kinds, of which these are taken as a sample."""
    memory_limit: int = Field(default=4 * 10**9, ge=1)
    """Bytes that the similarities of all resamples may take."""


Formats = Annotated[tuple[Literal["png", "pdf", "svg"], ...], BeforeValidator(split_words)]


class FigureParameters(Group):
    """How the figures look."""

    cmap: str = "inferno"
    """Matplotlib colour map of RDMs."""
    test: TestName = DUAL_BOOTSTRAP
    """Test that stars, corners and brackets show. The dual bootstrap speaks of new subjects and new stimuli,
    a test across subjects of new subjects and the same stimuli."""
    main_models: Words = ()
    """Models that the similarity plot shows; if none are named, every trained network. A second plot has all
    models, each with its untrained twin beside it."""
    question: str | None = None
    """Key of the question in `questions` whose contrasts have brackets in these plots; all if not given."""
    formats: Formats = ("png", "pdf")
    """File formats that each figure is saved in, among `png`, `pdf` and `svg`; PNG is one of them."""
    series_formats: Formats = ("png",)
    """The same for figures of which there is one for each subject, or for each subject and region; the first
    of them, which the report shows, is saved in `formats` too. Vector files of all of them take about as long
    as everything else that a run of the simulated study draws."""

    @field_validator("formats", "series_formats")
    @classmethod
    def _with_png(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        if "png" not in formats:
            raise ValueError("the report and Kedro-Viz show the PNG of each figure; list png too")
        return tuple(dict.fromkeys(formats))

    @field_validator("cmap")
    @classmethod
    def _known_to_matplotlib(cls, name: str) -> str:
        from matplotlib import colormaps

        if name not in colormaps:
            close = ", ".join(get_close_matches(name, list(colormaps), n=3)) or "inferno, viridis"
            raise ValueError(f"matplotlib has no colour map of that name; it has for instance {close}")
        return name


class ReportParameters(Group):
    """What the report shows of the stimuli."""

    images: bool = True
    """Whether the report holds small images of the stimuli. Set it to false where a licence forbids passing
    the images on: captions and names take their place, and contact sheets stay out of the page."""
    max_stimuli: int = Field(default=200, ge=10)
    """Stimuli that the explorer of RDMs shows at most. Of more, it shows that many, evenly spaced in the
    order of the first clusters."""
