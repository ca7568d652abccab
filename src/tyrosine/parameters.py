"""The parameters of a run, each declared, documented and checked in one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    ValidationError,
    field_validator,
    model_validator,
)

from tyrosine.errors import ParameterError


def split_words(value: Any) -> Any:
    """Turn `"a b c"` into `["a", "b", "c"]` and one number into a list; leave anything else alone.

    Kedro splits `--params` at commas, so a list given there has to come as words.
    """
    if isinstance(value, str):
        return value.split()
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    return value


def _all_or_words(value: Any) -> Any:
    return value if value == "all" else split_words(value)


def _none_or_words(value: Any) -> Any:
    return () if value is None else split_words(value)


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError("it is no address of the web; one begins with https:// or http://")
    return value


def _digest(value: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise ValueError("it is no SHA-256; one has 64 hexadecimal digits, as sha256sum prints it")
    return value.lower()


Words = Annotated[tuple[str, ...], BeforeValidator(split_words)]
Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_web_address)], ...], BeforeValidator(_none_or_words)
]
Digests = Annotated[tuple[Annotated[str, AfterValidator(_digest)], ...], BeforeValidator(_none_or_words)]
Subjects = Annotated[Literal["all"] | tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_all_or_words)]
Distance = Literal["correlation", "cosine", "euclidean"]
Method = Literal[
    "pearson", "spearman", "cosine", "kendall_tau_a", "pearson_whitened", "cosine_whitened", "cka"
]


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StudyParameters(_Parameters):
    """Which stimuli and brain data a run is about."""

    name: str
    """Name of the study; also the name of its folders under `data/`."""
    title: str
    """How figures and the report call the study."""
    source: Literal["auto", "simulated", "algonauts_shared", "nsd_872", "images78"] = "auto"
    """Layout of the raw folder; `simulated` writes the folder first when it is missing."""
    path: Path
    """The raw folder; a relative path starts at the project's root."""
    subjects: Subjects = "all"
    regions: dict[str, Words]
    """ROIs by selectivity, in the order in which tables and figures show them; or names of `region_sets`."""
    region_sets: dict[str, dict[str, Words]] = {}
    """ROIs by selectivity that `regions` can name by one word."""
    hemispheres: Literal["both", "lh", "rh"] = "both"
    """`both` puts the voxels of the two hemispheres side by side."""
    url: Addresses = ()
    """Where a zip archive of the raw folder can be had when the folder is missing; more than one address is
    that of its parts, which make up the archive when joined."""
    sha256: Digests = ()
    """SHA-256 to insist on: one of the whole archive, or one for each part. Without any, the first download
    is trusted."""
    terms: str | None = None
    """Where the terms of use of the data are."""
    unpacked_limit: int = Field(default=50 * 10**9, ge=1)
    """Bytes that the archive may unpack to."""

    @model_validator(mode="after")
    def _a_digest_each(self) -> StudyParameters:
        if len(self.sha256) not in {0, 1, len(self.url)}:
            raise ValueError(
                f"sha256 has {len(self.sha256)} values for {len(self.url)} addresses in url; give one of the "
                "whole archive, or one for each address"
            )
        return self

    brain_rdms: Literal["computed", "distributed"] = "computed"
    """Whether brain RDMs come from the responses, where there are some, or are those that the study has."""
    on_mismatch: Literal["refuse", "warn"] = "refuse"
    """What happens when a distributed RDM is not the one that its responses give."""
    coco_path: Path | None = None
    """Folder of COCO's annotation files, if it is not the study's own."""
    crop_share: float = Field(default=0.5, ge=0, le=1)
    """Share of an object's area that must be left in NSD's cropped picture for its category to count."""

    @model_validator(mode="before")
    @classmethod
    def _regions_by_name(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or not isinstance(values.get("regions"), str):
            return values
        sets = values.get("region_sets") or {}
        chosen: dict[str, Any] = {}
        for name in values["regions"].split():
            if name not in sets:
                known = ", ".join(sets) or "none are declared"
                raise ValueError(f"{name!r} in regions is not one of region_sets: {known}")
            for selectivity, rois in sets[name].items():
                chosen[selectivity] = [*chosen.get(selectivity, ()), *split_words(rois)]
        return {**values, "regions": chosen}

    @model_validator(mode="after")
    def _each_region_once(self) -> StudyParameters:
        rois = [roi for rois in self.regions.values() for roi in rois]
        if not rois:
            raise ValueError("regions is empty; name at least one ROI")
        twice = sorted({roi for roi in rois if rois.count(roi) > 1})
        if twice:
            raise ValueError(f"regions names {', '.join(twice)} more than once; name each ROI once")
        return self


class SimulationParameters(_Parameters):
    """The simulated study: its size, its noise and its seed."""

    n_stimuli: int = Field(default=120, ge=8, le=73_000)
    n_subjects: int = Field(default=8, ge=1, le=8)
    n_voxels: int = Field(default=60, ge=2)
    """Voxels of a region in one hemisphere, on average over subjects."""
    signal_to_noise: float = Field(default=0.2, gt=0)
    """Variance of a voxel's signal over stimuli, divided by the variance of its noise."""
    seed: int = Field(default=0, ge=0)
    layout: Literal["algonauts_shared", "nsd_872"] = "algonauts_shared"
    """The layout in which the files are written; results do not depend on it."""
    lacking: dict[int, Words] = {}
    """ROIs that a subject lacks."""


class MiniatureParameters(_Parameters):
    """The miniature models of the simulated study."""

    folder: Path
    """Where the miniatures lie, a Hugging Face folder each; they are written when missing."""
    seed: int = Field(default=0, ge=0)
    """Of the weights of the untrained twins."""
    trained: Path | None = None
    """Folder that `miniature_training` wrote to; the trained miniatures of the package if none."""


class MiniatureTrainingParameters(_Parameters):
    """How the miniatures are trained; the recipe of each is in `tyrosine.models.miniatures.training`."""

    folder: Path
    """Where the trained miniatures go."""
    n_scenes: int = Field(default=8000, ge=200)
    """Scenes to learn from."""
    n_held_out: int = Field(default=500, ge=100)
    """Scenes to score on."""
    scene_seed: int = Field(default=1000, ge=0)
    """Of the scenes to learn from; those to score on have the next seed. Neither may be the seed of the
    study, whose stimuli no miniature shall have seen."""
    seed: int = Field(default=0, ge=0)
    """Of the weights that training starts from, the order of the scenes and their augmentation."""
    max_steps: int | None = Field(default=None, ge=1)
    """Stop each training after so many steps; for a trial."""


class RDMParameters(_Parameters):
    """How dissimilarity is measured."""

    distance: Distance = "correlation"


class ClusteringParameters(_Parameters):
    """How the stimuli are clustered by a brain RDM."""

    linkage: Literal["average", "complete", "single"] = "average"
    distance_threshold: float = Field(default=0.9, ge=0)
    """Dissimilarity at or above which clusters are not merged, in units of the RDM."""
    n_clusters: int | None = Field(default=None, ge=1)
    """Number of clusters; given, it decides in place of the threshold."""
    false_discovery_rate: float = Field(default=0.05, gt=0, lt=1)
    """Categories with a q below it are said to characterise a cluster."""
    subjects: Subjects = (1,)


class ComparisonParameters(_Parameters):
    """How brain RDMs and model RDMs are compared."""

    methods: Annotated[tuple[Method, ...], BeforeValidator(split_words), Field(min_length=1)] = ("pearson",)


class RandomParameters(_Parameters):
    """Where every random step starts."""

    seed: int = Field(default=0, ge=0)
    """Each random step takes its own stream from it."""


class InferenceParameters(_Parameters):
    """How sure similarities and their differences are."""

    n_permutations: int = Field(default=10_000, ge=1)
    """Permutations of the stimuli, for the test within a subject."""
    n_bootstraps: int = Field(default=1_000, ge=2)
    """Resamples of the subjects, of the stimuli, and of both."""
    confidence_level: float = Field(default=0.95, gt=0, lt=1)
    """Of all intervals."""
    false_discovery_rate: float = Field(default=0.05, gt=0, lt=1)
    """A q below it counts as evidence."""
    n_folds: int = Field(default=5, ge=2)
    """Folds of the stimuli in which variance is partitioned among groups of models."""
    memory_limit: int = Field(default=4 * 10**9, ge=1)
    """Bytes that the similarities of all resamples may take."""


class Selection(_Parameters):
    """Which models of the roster: those that have every attribute that is given."""

    modality: Literal["vision", "language"] | None = None
    multimodal: bool | None = None
    task: str | None = None
    architecture: str | None = None
    experiment: Literal["modality", "task"] | None = None
    trained: bool = True
    """False selects untrained twins, which are left out otherwise."""


class SelectedGroup(_Parameters):
    """Models whose mean similarity is asked for."""

    label: str = Field(min_length=1)
    select: Selection


class SelectedContrast(_Parameters):
    """Two groups of models whose mean similarities are compared."""

    a: Selection
    b: Selection
    labels: tuple[str, str]
    """How sentences and figures call the two."""
    within: Literal["architecture", "modality", "task"] | None = None
    """Attribute that models on both sides share: each of its values has its own difference, and the
    contrast is their mean."""


class Question(_Parameters):
    """A question, and what in the tables answers it."""

    ask: str = Field(min_length=1)
    groups: dict[str, SelectedGroup] = {}
    contrasts: dict[str, SelectedContrast] = {}

    @model_validator(mode="after")
    def _something_to_answer_it(self) -> Question:
        if not self.groups and not self.contrasts:
            raise ValueError("it has neither groups nor contrasts; give it at least one")
        return self


class QuestionParameters(RootModel[dict[str, Question]]):
    """The questions of the study, by name."""

    @model_validator(mode="after")
    def _each_name_once(self) -> QuestionParameters:
        names = [name for asked in self.root.values() for name in (*asked.groups, *asked.contrasts)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"groups and contrasts share the name {twice[0]}; give each a name of its own")
        return self


class FigureParameters(_Parameters):
    """How the figures look."""

    cmap: str = "inferno"
    """Matplotlib colour map of RDMs."""
    test: Literal["t-test", "Wilcoxon"] = "t-test"
    """Test across subjects that stars and brackets show."""

    @field_validator("cmap")
    @classmethod
    def _known_to_matplotlib(cls, name: str) -> str:
        from matplotlib import colormaps

        if name not in colormaps:
            close = ", ".join(get_close_matches(name, list(colormaps), n=3)) or "inferno, viridis"
            raise ValueError(f"matplotlib has no colour map of that name; it has for instance {close}")
        return name


def first_sentence(error: ValidationError, where: str) -> str:
    """Say in one sentence what is wrong first with the parameters under `where`."""
    detail = error.errors()[0]
    location = ".".join(str(part) for part in (where, *detail["loc"]) if str(part))
    given = detail["input"]
    if detail["type"] == "missing":
        return f"Parameter {location} is missing; give it in conf/ or with --params {location}=…"
    if detail["type"] == "extra_forbidden":
        return f"Parameter {location} is unknown; check its spelling in conf/ and in --params."
    shown = "" if isinstance(given, Mapping) else f" is {given!r}"
    message = detail["msg"].removeprefix("Value error, ")
    return f"Parameter {location}{shown}: {message[0].lower()}{message[1:]}."


def parse(model: type[BaseModel], values: Any, where: str) -> Any:
    """Build the parameters `model` from `values`, or say in one sentence why not.

    Parameters
    ----------
    model : type
        One of the classes of this module.
    values : Mapping
        As read from configuration.
    where : str
        Name of the group, for the message.

    Raises
    ------
    ParameterError
        If a value is missing, unknown or out of range.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ParameterError(first_sentence(error, where)) from None
