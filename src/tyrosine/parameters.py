"""The parameters of a run, each declared, documented and checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
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


Words = Annotated[tuple[str, ...], BeforeValidator(split_words)]
Subjects = Annotated[Literal["all"] | tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_all_or_words)]
Distance = Literal["correlation", "cosine", "euclidean"]
Method = Literal["pearson", "spearman", "cosine", "kendall_tau_a", "pearson_whitened", "cosine_whitened"]


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StudyParameters(_Parameters):
    """Which stimuli and brain data a run is about."""

    name: str
    """Name of the study; also the name of its folders under `data/`."""
    title: str
    """How figures and the report call the study."""
    source: Literal["auto", "simulated", "algonauts_shared", "images78"] = "auto"
    """Layout of the raw folder; `simulated` writes the folder first when it is missing."""
    path: Path
    """The raw folder; a relative path starts at the project's root."""
    subjects: Subjects = "all"
    regions: dict[str, Words]
    """ROIs by selectivity, in the order in which tables and figures show them."""
    hemispheres: Literal["both", "lh", "rh"] = "both"
    """`both` puts the voxels of the two hemispheres side by side."""

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
    lacking: dict[int, Words] = {}
    """ROIs that a subject lacks."""


class MiniatureParameters(_Parameters):
    """The miniature models of the simulated study."""

    folder: Path
    """Where the miniatures lie, a Hugging Face folder each; they are written when missing."""
    seed: int = Field(default=0, ge=0)


class RDMParameters(_Parameters):
    """How dissimilarity is measured."""

    distance: Distance = "correlation"


class ClusteringParameters(_Parameters):
    """How the stimuli are clustered by a brain RDM."""

    linkage: Literal["average", "complete", "single"] = "average"
    distance_threshold: float = Field(default=0.9, ge=0)
    """Dissimilarity above which clusters are not merged, in units of the RDM."""
    subjects: Subjects = (1,)


class ComparisonParameters(_Parameters):
    """How brain RDMs and model RDMs are compared."""

    methods: Annotated[tuple[Method, ...], BeforeValidator(split_words), Field(min_length=1)] = ("pearson",)


class FigureParameters(_Parameters):
    """How the figures look."""

    cmap: str = "inferno"
    """Matplotlib colour map of RDMs."""

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


def parse(model: type[_Parameters], values: Any, where: str) -> Any:
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
