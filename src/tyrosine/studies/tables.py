"""The tables and recordings that every layout gives, whatever its files look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Recording(NamedTuple):
    """What one region of one subject did: voxel responses, or an RDM where only that is distributed."""

    subject: int
    selectivity: str
    roi: str
    responses: NDArray[np.floating] | None
    """(n_stimuli, n_voxels), rows in the order of the stimuli."""
    rdm: NDArray[np.floating] | None
    """(n_stimuli, n_stimuli)."""
    source: str
    """File or files it comes from, for messages."""


class Stimulus(NamedTuple):
    """One stimulus, as a layout reads it."""

    stimulus_id: str
    image: str
    image_sha256: str
    captions: list[str]
    nsd_id: int | None = None
    coco_id: int | None = None
    category_ids: Sequence[int] = ()


def stimuli_table(stimuli: Sequence[Stimulus]) -> pd.DataFrame:
    """The `stimuli` table, one row a stimulus, in the order of the RDM rows.

    Returns
    -------
    DataFrame
        With the columns of `Stimulus`; `nsd_id` and `coco_id` are nullable integers.
    """
    table = pd.DataFrame(
        {
            "stimulus_id": pd.array([s.stimulus_id for s in stimuli], dtype="str"),
            "image": pd.array([s.image for s in stimuli], dtype="str"),
            "image_sha256": pd.array([s.image_sha256 for s in stimuli], dtype="str"),
            "nsd_id": pd.array([s.nsd_id for s in stimuli], dtype="Int64"),
            "coco_id": pd.array([s.coco_id for s in stimuli], dtype="Int64"),
        }
    )
    table["captions"] = pd.Series([list(s.captions) for s in stimuli], dtype=object)
    table["category_ids"] = pd.Series([[int(c) for c in s.category_ids] for s in stimuli], dtype=object)
    return table
