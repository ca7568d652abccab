"""Stimuli in the layouts of all of NSD: their table, and who saw which where responses are averages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies.files import inside
from tyrosine.studies.nsd_tables import N_NSD, read_coco_table
from tyrosine.studies.tables import Stimulus, presentations_table, stimuli_table
from tyrosine.wording import first_three

STIM_INFO = "nsd_stim_info_merged.csv"
FOLDERS = ("nsddata/experiments/nsd", ".")
"""Where the table may lie, seen from the raw folder."""


class Seen(NamedTuple):
    """The picture of a stimulus."""

    file: str
    sha256: str


def find_stim_info(root: Path) -> Path | None:
    """The table of NSD that says which image of COCO each of its images is; none where it is not there."""
    for folder in FOLDERS:
        path = inside(root, f"{folder}/{STIM_INFO}")
        if path.is_file():
            return path
    return None


def tabulate(root: Path, seen: Mapping[int, Seen], captions_elsewhere: bool, row_source: str) -> pd.DataFrame:
    """The `stimuli` table of pictures, by NSD id.

    Parameters
    ----------
    root : Path
        The raw folder.
    seen : mapping of int to Seen
        By NSD id, counted from 0.
    captions_elsewhere : bool
        Whether COCO's captions are at hand, for which the COCO ids must be known.
    row_source : str
        How it is known which row is which stimulus.

    Raises
    ------
    StudyError
        If an id is beyond those of NSD, or the table of COCO ids is missing, broken, or lacks a stimulus.
    """
    beyond = [nsd_id for nsd_id in seen if nsd_id >= N_NSD]
    if beyond:
        raise StudyError(
            f"{root} has NSD ids beyond {N_NSD - 1} ({first_three(beyond)}); ids are counted from 0 there, "
            "so these are counted from 1, or are not NSD's."
        )
    path = find_stim_info(root)
    if path is None and captions_elsewhere:
        raise StudyError(
            f"COCO's captions are there, but not {STIM_INFO}, which says which image of COCO each of NSD's "
            f"is; put it into {root}. It is nsddata/experiments/nsd/{STIM_INFO} in NSD's bucket."
        )
    ids = sorted(seen)
    coco = {} if path is None else read_coco_table(path, ids)
    return stimuli_table(
        [
            Stimulus(
                stimulus_id=f"{nsd_id:05d}",
                image=seen[nsd_id].file,
                image_sha256=seen[nsd_id].sha256,
                captions=[],
                nsd_id=nsd_id,
                coco_id=coco[nsd_id].coco_id if coco else None,
                coco_split=coco[nsd_id].coco_split if coco else None,
                crop_box=coco[nsd_id].crop_box if coco else None,
                row_source=row_source,
            )
            for nsd_id in ids
        ]
    )


def averages_shown(root: Path, shown: Mapping[int, Sequence[int]]) -> pd.DataFrame:
    """The `presentations` table of subjects whose responses are averages over trials.

    Parameters
    ----------
    root : Path
    shown : mapping of int to sequence of int
        NSD ids of the rows of each subject's responses, in their order.

    Raises
    ------
    StudyError
        If a subject has an image twice.
    """
    rows = [(subject, f"{nsd_id:05d}") for subject, ids in shown.items() for nsd_id in ids]
    table = presentations_table(pd.DataFrame(rows, columns=["subject", "stimulus_id"]))
    twice = table[table.duplicated(["subject", "stimulus_id"])]
    if len(twice):
        row = twice.iloc[0]
        raise StudyError(
            f"Subject {row['subject']} has stimulus {row['stimulus_id']} twice in {root}; responses are "
            "averages over its trials there, so that one row is expected. Get the folder anew."
        )
    return table
