"""Who saw which stimuli, in any layout of NSD.

    presentations.csv                   optional: subject, nsd_id, and where known repetition, session,
                                        n_presentations; a row for each row of a subject's responses, in order

With `repetition` (counted from 1) the rows of responses are single trials, and RDMs have a row for each
stimulus in the order of its first trial. Otherwise each row is the average of all trials of a stimulus.
Without this file every subject saw all stimuli, and has a row for each in the order of the stimuli.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies.files import inside
from tyrosine.studies.nsd_tables import read_table, whole_numbers
from tyrosine.studies.tables import presentations_table
from tyrosine.wording import first_three

FILE = "presentations.csv"
_EXPECTED = "subject, nsd_id, and perhaps repetition, session, n_presentations"


def read_presentations(root: Path, stimuli: pd.DataFrame, subjects: Sequence[int]) -> pd.DataFrame:
    """The `presentations` table of some subjects.

    Parameters
    ----------
    root : Path
        Raw folder.
    stimuli : DataFrame
        The `stimuli` table of the folder.
    subjects : sequence of int

    Returns
    -------
    DataFrame
        Columns `subject`, `stimulus_id`, `repetition` (missing where responses are averages), `session` and
        `n_presentations` (how often the subject saw the stimulus in what the row stands for); the latter two
        are missing where the folder does not say. One row for each row of a subject's responses, in their
        order.

    Raises
    ------
    StudyError
        If the file is broken, lacks a subject, or names a stimulus twice or one that is not there.
    """
    if not inside(root, FILE).is_file():
        shown = pd.DataFrame(
            [(subject, name) for subject in subjects for name in stimuli["stimulus_id"]],
            columns=["subject", "stimulus_id"],
        )
    else:
        shown = _read(root / FILE, stimuli, subjects)
    return presentations_table(shown)


def _read(path: Path, stimuli: pd.DataFrame, subjects: Sequence[int]) -> pd.DataFrame:
    table = read_table(path, ("subject", "nsd_id"), _EXPECTED)
    shown = pd.DataFrame(
        {
            column: whole_numbers(table[column], column, path)
            for column in ("subject", "nsd_id", "repetition", "session", "n_presentations")
            if column in table
        }
    )
    names = dict(zip(stimuli["nsd_id"], stimuli["stimulus_id"]))
    unknown = [f"{nsd_id:05d}" for nsd_id in shown["nsd_id"] if nsd_id not in names]
    if unknown:
        raise StudyError(
            f"{path} names {len(unknown)} stimuli that the study does not have ({first_three(unknown)}); "
            "images and presentations must be of one study."
        )
    lacking = [subject for subject in subjects if subject not in set(shown["subject"])]
    if lacking:
        raise StudyError(
            f"{path} has no row of subject {lacking[0]}; list the stimuli of every subject there, or leave "
            "the subject out of study.subjects."
        )
    shown["stimulus_id"] = [names[nsd_id] for nsd_id in shown["nsd_id"]]
    trials = "repetition" in shown
    twice = shown[shown.duplicated(["subject", "stimulus_id", *(["repetition"] if trials else [])])]
    if len(twice):
        row = twice.iloc[0]
        name, remedy = (
            f"stimulus {row['stimulus_id']}",
            "responses have one row a stimulus, so give each one line",
        )
        if trials:
            name += f" with repetition {row['repetition']}"
            remedy = "number the trials of a stimulus from 1"
        raise StudyError(f"{path} lists {name} twice for subject {row['subject']}; {remedy}.")
    return pd.concat([shown[shown["subject"] == subject] for subject in subjects], ignore_index=True)
