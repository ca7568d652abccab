"""Which stimuli and brain data a run is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tyrosine.parameters.fields import Addresses, Digests, Group, ProjectPath, Subjects, Words, split_words
from tyrosine.parameters.layouts import LAYOUTS, SIMULATED
from tyrosine.parameters.measures import OneOf


class StudyParameters(Group):
    """Which stimuli and brain data a run is about."""

    name: str
    """Name of the study; also the name of its folders under `data/`."""
    title: str
    """How figures and the report call the study."""
    source: Annotated[str, OneOf(lambda: ["auto", SIMULATED, *LAYOUTS])] = "auto"
    """Layout of the raw folder; `simulated` writes the folder first when it is missing."""
    path: ProjectPath
    """The raw folder; a relative path starts at the project's root."""
    subjects: Subjects = "all"
    """Numbers of the subjects that take part."""
    regions: dict[str, Words]
    """ROIs by selectivity, in the order in which tables and figures show them; or names of `region_sets`.
    Those of the selectivity `control` take part in no mean over regions."""
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
    min_ncsnr: float | None = Field(default=None, ge=0)
    """Least noise ceiling signal-to-noise ratio (Allen et al. 2022) of the channels that are kept; needs
    repetitions. It is computed on stimuli that a subject alone saw, which are not tested across subjects, or
    on all where there are none."""
    coco_path: ProjectPath | None = None
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
