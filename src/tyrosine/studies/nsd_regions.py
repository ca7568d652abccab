"""Regions of NSD: which number in a mask is which ROI, and which channels a mask gives a region.

Each class of regions has a mask with a whole number a channel; zero, and less in volumes, is no region.
Source: the colour tables `<class>.mgz.ctab` of NSD (Allen et al. 2022, Nat Neurosci 25: 116-126), which the
Algonauts 2023 challenge repeats in its pickled files `mapping_<class>.npy`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.wording import first_three

CLASSES: dict[str, tuple[str, ...]] = {
    "prf-visualrois": ("V1v", "V1d", "V2v", "V2d", "V3v", "V3d", "hV4"),
    "floc-bodies": ("EBA", "FBA-1", "FBA-2", "mTL-bodies"),
    "floc-faces": ("OFA", "FFA-1", "FFA-2", "mTL-faces", "aTL-faces"),
    "floc-places": ("OPA", "PPA", "RSC"),
    "floc-words": ("OWFA", "VWFA-1", "VWFA-2", "mfs-words", "mTL-words"),
    "streams": ("early", "midventral", "midlateral", "midparietal", "ventral", "lateral", "parietal"),
}
"""ROIs of each class of regions, in the order of their numbers in the mask, which are counted from 1."""
SIMULATED_CLASSES: dict[str, tuple[str, ...]] = {"simulated-control": ("CTRL",)}
"""Likewise, regions that NSD does not have and a simulated study has, in a mask of their own."""
ALL_CLASSES = CLASSES | SIMULATED_CLASSES
N_FSAVERAGE = 163_842
"""Vertices of a hemisphere of the surface fsaverage."""


def class_of(roi: str) -> str:
    """The class of regions that an ROI belongs to.

    Raises
    ------
    StudyError
        If NSD has no such ROI.
    """
    for name, rois in ALL_CLASSES.items():
        if roi in rois:
            return name
    known = "; ".join(f"{name}: {', '.join(rois)}" for name, rois in CLASSES.items())
    raise StudyError(f"NSD has no region {roi}; name in study.regions only those of its masks ({known}).")


def all_rois(regions: Mapping[str, Sequence[str]]) -> list[str]:
    """The ROIs of all selectivities, in their order."""
    return [roi for rois in regions.values() for roi in rois]


def names_of(class_name: str) -> dict[int, str]:
    """ROI of each number in the mask of a class of regions."""
    return dict(enumerate(ALL_CLASSES[class_name], start=1))


def read_colour_table(path: Path) -> dict[int, str]:
    """ROI of each number in a mask, as a colour table (`.ctab`) of the data set says.

    Raises
    ------
    StudyError
        If a line is not a number and a name.
    """
    names: dict[int, str] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"The colour table {path} cannot be read ({error}); get an intact copy.") from None
    for line in filter(str.strip, lines):
        found = re.match(r"\s*(\d+)\s+(\S+)", line)
        if not found:
            raise StudyError(
                f"The colour table {path} has the line {line!r}; expected a number and the name of a region."
            )
        names[int(found.group(1))] = found.group(2)
    return {number: name for number, name in names.items() if number}


def check_mask(mask: NDArray, names: Mapping[int, str], what: str, path: Path) -> NDArray[np.int64]:
    """A mask of whole numbers, each of them that of a region or of none.

    Parameters
    ----------
    mask : ndarray
        Any shape.
    names : mapping of int to str
        ROI by number.
    what, path : str and Path
        For messages.

    Returns
    -------
    ndarray of int64, of the same shape
        What is no region is 0.

    Raises
    ------
    StudyError
        If there is another value in it.
    """
    values = np.unique(mask)
    strange = [f"{value:g}" for value in values.tolist() if not (value <= 0 or value in names)]
    if mask.dtype.kind not in "iufb" or strange:
        known = ", ".join(f"{number} for {roi}" for number, roi in names.items())
        raise StudyError(
            f"{what}, {path}, holds {first_three(strange) or mask.dtype}, which is the number of no region; "
            f"expected {known}, and 0 for none."
        )
    return np.maximum(mask, 0).astype(np.int64)


def channels_of(mask: NDArray[np.int64], names: Mapping[int, str], roi: str) -> NDArray[np.int64]:
    """Places in a flat mask of the channels of an ROI."""
    numbers = [number for number, name in names.items() if name == roi]
    return np.flatnonzero(np.isin(mask, numbers))
