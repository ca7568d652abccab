"""The tables and recordings that every layout gives, whatever its files look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.tables.columns import FILE_NAMES, ORDERS, PRESENTATIONS, STIMULI


class Recording(NamedTuple):
    """Voxel responses of one region of one subject."""

    subject: int
    selectivity: str
    roi: str
    responses: NDArray[np.floating]
    """(n_rows, n_voxels), a row for each stimulus that the subject saw, in the order of its rows."""
    hemispheres: NDArray[np.str_]
    """(n_voxels,): `lh` or `rh`."""
    channels: NDArray[np.int64]
    """(n_voxels,): the column of each voxel in the file that it comes from."""
    source: str
    """File or files it comes from, for messages."""
    ncsnr: NDArray[np.float64] | None = None
    """(n_voxels,): noise ceiling signal-to-noise ratio that the study distributes (Allen et al. 2022)."""

    @classmethod
    def of_hemispheres(
        cls, subject: int, selectivity: str, roi: str, parts: Sequence[tuple[str, NDArray[np.floating], str]]
    ) -> Recording:
        """The voxels of the hemispheres side by side; each part is its hemisphere, responses and source."""
        sizes = [responses.shape[1] for _, responses, _ in parts]
        return cls(
            subject,
            selectivity,
            roi,
            np.concatenate([responses for _, responses, _ in parts], axis=1),
            np.repeat([side for side, _, _ in parts], sizes),
            np.concatenate([np.arange(size, dtype=np.int64) for size in sizes]),
            " and ".join(source for _, _, source in parts),
        )


class DistributedRDM(NamedTuple):
    """An RDM of one region of one subject that the study distributes."""

    subject: int
    selectivity: str
    roi: str
    hemisphere: str
    """`lh`, `rh`, or `both` for one RDM of the two side by side."""
    rdm: NDArray[np.floating]
    """(n_rows, n_rows), or condensed."""
    source: str
    """The file it comes from, for messages."""


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
    row_source: str = FILE_NAMES


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
    for column in ("main_category", "main_supercategory"):
        table[column] = pd.array([None] * len(table), dtype="string")
    for column in ORDERS:
        table[column] = pd.array([None] * len(table), dtype="Int64")
    return table[list(STIMULI)]


def presentations_table(shown: pd.DataFrame) -> pd.DataFrame:
    """The `presentations` table with its types; columns that `shown` does not have are missing throughout."""
    numbers = dict.fromkeys(("repetition", "session", "n_presentations"), "Int64")
    table = shown.reindex(columns=list(PRESENTATIONS))
    return table.astype({"subject": "int64", "stimulus_id": "str", **numbers})
