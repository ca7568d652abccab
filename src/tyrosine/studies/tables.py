"""The tables and recordings that every layout gives, whatever its files look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Distributed(NamedTuple):
    """An RDM that the study distributes, and the voxels that it is of."""

    hemisphere: str
    """`lh`, `rh`, or `both` for one RDM of the two side by side."""
    voxels: slice
    """Columns of the recording's responses."""
    rdm: NDArray[np.floating]
    """(n_stimuli, n_stimuli), or condensed."""
    source: str
    """The file it comes from, for messages."""


class Recording(NamedTuple):
    """What one region of one subject did: voxel responses, an RDM as distributed, or both."""

    subject: int
    selectivity: str
    roi: str
    responses: NDArray[np.floating] | None
    """(n_stimuli, n_voxels), rows in the order of the stimuli."""
    rdm: NDArray[np.floating] | None
    """(n_stimuli, n_stimuli), or condensed."""
    source: str
    """File or files it comes from, for messages."""
    distributed: tuple[Distributed, ...] = ()
    """Where there are responses too: the distributed RDMs that those can be checked against."""


class Stimulus(NamedTuple):
    """One stimulus, as a layout reads it."""

    stimulus_id: str
    image: str
    image_sha256: str
    captions: list[str]
    nsd_id: int | None = None
    coco_id: int | None = None
    category_ids: Sequence[int] = ()
    coco_split: str | None = None
    crop_box: tuple[float, float, float, float] | None = None
    row_source: str = "sorted file names"


ROW_SOURCES = ("sorted file names", "metadata row order", "metadata row column")
"""How it is known which RDM row is which stimulus; sorted file names are an assumption."""
N_SUBJECTS = 8
"""Subjects of NSD, whose orders of presentation `stimuli` has a column for each."""
ORDER_COLUMNS = tuple(f"subj{subject:02d}_order" for subject in range(1, N_SUBJECTS + 1))


def stimuli_table(stimuli: Sequence[Stimulus]) -> pd.DataFrame:
    """The `stimuli` table, one row a stimulus, in the order of the RDM rows.

    Returns
    -------
    DataFrame
        With the columns of `Stimulus`; `nsd_id` and `coco_id` are nullable integers. What COCO's annotations
        add is there, but empty: see `annotations.add_annotations`.
    """
    table = pd.DataFrame(
        {
            "stimulus_id": pd.array([s.stimulus_id for s in stimuli], dtype="str"),
            "image": pd.array([s.image for s in stimuli], dtype="str"),
            "image_sha256": pd.array([s.image_sha256 for s in stimuli], dtype="str"),
            "nsd_id": pd.array([s.nsd_id for s in stimuli], dtype="Int64"),
            "coco_id": pd.array([s.coco_id for s in stimuli], dtype="Int64"),
            "coco_split": pd.array([s.coco_split for s in stimuli], dtype="string"),
            "row_source": pd.array([s.row_source for s in stimuli], dtype="str"),
        }
    )
    table["crop_box"] = pd.Series([list(s.crop_box) if s.crop_box else [] for s in stimuli], dtype=object)
    table["captions"] = pd.Series([list(s.captions) for s in stimuli], dtype=object)
    table["category_ids"] = pd.Series([[int(c) for c in s.category_ids] for s in stimuli], dtype=object)
    for column in ("uncropped_category_ids", "categories", "supercategories"):
        table[column] = pd.Series([[] for _ in stimuli], dtype=object)
    for column in ORDER_COLUMNS:
        table[column] = pd.array([None] * len(table), dtype="Int64")
    return table
