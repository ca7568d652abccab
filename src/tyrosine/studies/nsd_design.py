"""NSD's experimental design: which image each subject saw in which trial, checked against a table of NSD.

nsddata/experiments/nsd/nsd_expdesign.mat          masterordering, subjectim, sharedix, stimpattern; from 1
nsddata/experiments/nsd/nsd_stim_info_merged.csv   nsdId, from 0; shared1000; subject1_rep0 …, trials from 1
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd
import scipy.io
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.studies.files import inside
from tyrosine.studies.nsd_stimuli import STIM_INFO
from tyrosine.studies.nsd_tables import N_NSD, read_table, whole_numbers
from tyrosine.wording import first_line, first_three

EXPERIMENT = "nsddata/experiments/nsd"
DESIGN_FILE = f"{EXPERIMENT}/nsd_expdesign.mat"
N_SESSIONS = 40
"""Sessions of the design, where the file does not say it."""
SESSIONS = {1: 40, 2: 40, 3: 32, 4: 30, 5: 40, 6: 32, 7: 40, 8: 30}
"""Sessions that each subject of NSD completed."""
REPETITIONS = (0, 1, 2)
"""Numbers of the columns of the table that have the trials of an image."""


class Design(NamedTuple):
    """Who was to see which image when.

    Attributes
    ----------
    nsd_ids : ndarray of shape (n_subjects, n_trials), int
        NSD id of each trial, counted from 0.
    session : ndarray of shape (n_trials,), int
        Counted from 1; all subjects had the same number of trials in a session.
    shared : ndarray of int, or None
        NSD ids of the images that were to be shown to all subjects, counted from 0.
    path : Path
        The file that it comes from.
    """

    nsd_ids: NDArray[np.int64]
    session: NDArray[np.int64]
    shared: NDArray[np.int64] | None
    path: Path

    def sessions(self, subject: int) -> int:
        """How many sessions the subject completed."""
        return min(int(self.session.max()), SESSIONS.get(subject, N_SESSIONS))

    def trials_a_session(self) -> int:
        """How many trials a session has."""
        return int((self.session == 1).sum())

    def trials(self, subject: int) -> pd.DataFrame:
        """The trials of a subject in their order: `nsd_id`, `session`, and `repetition`, counted from 1.

        Repetitions are counted over the whole experiment, whichever sessions are there.
        """
        table = pd.DataFrame({"nsd_id": self.nsd_ids[subject - 1], "session": self.session})
        return table.assign(repetition=table.groupby("nsd_id").cumcount() + 1)


def _read_variables(path: Path) -> dict[str, NDArray]:
    names = ("masterordering", "subjectim", "sharedix", "stimpattern")
    try:
        try:
            return {
                name: np.asarray(value)
                for name, value in scipy.io.loadmat(path, variable_names=names).items()
                if name in names
            }
        except NotImplementedError:
            # MATLAB's version 7.3 is HDF5, whose axes come in the reverse order.
            with h5py.File(path, "r") as file:
                return {name: np.asarray(file[name]).T for name in names if name in file}
    except FileNotFoundError:
        raise StudyError(f"NSD's experimental design is missing: expected the file {path}.") from None
    except Exception as error:
        raise StudyError(
            f"NSD's experimental design cannot be read from {path} ({first_line(error)}); get an intact copy."
        ) from None


def read_design(root: Path) -> Design:
    """The experimental design in a raw folder.

    Raises
    ------
    StudyError
        If the file is missing, broken, or does not say which image each trial shows.
    """
    path = inside(root, DESIGN_FILE)
    found = _read_variables(path)
    lacking = [name for name in ("masterordering", "subjectim") if name not in found]
    if lacking:
        raise StudyError(f"{path} lacks {' and '.join(lacking)}; get an intact copy.")
    ordering = _whole(found["masterordering"].ravel(), "masterordering", path)
    images = _whole(found["subjectim"], "subjectim", path)
    if images.ndim != 2 or not len(ordering) or ordering.min() < 1 or ordering.max() > images.shape[1]:
        raise StudyError(
            f"In {path} masterordering reaches from {ordering.min(initial=0)} to {ordering.max(initial=0)}, "
            f"and subjectim has shape {images.shape}; expected the places of images in the rows of "
            "subjectim, counted from 1."
        )
    if images.min() < 1 or images.max() > N_NSD:
        raise StudyError(
            f"In {path} subjectim reaches from {images.min()} to {images.max()}; expected NSD ids counted "
            f"from 1, to {N_NSD}."
        )
    session = _sessions(found.get("stimpattern"), len(ordering), path)
    shared = found.get("sharedix")
    return Design(
        images[:, ordering - 1] - 1,
        session,
        None if shared is None else _whole(shared.ravel(), "sharedix", path) - 1,
        path,
    )


def _whole(values: NDArray, name: str, path: Path) -> NDArray[np.int64]:
    if values.dtype.kind not in "iuf" or not np.array_equal(values, np.round(values)):
        raise StudyError(f"{name} in {path} holds {values.dtype} that are no whole numbers; get a copy.")
    return values.astype(np.int64)


def _sessions(pattern: NDArray | None, n_trials: int, path: Path) -> NDArray[np.int64]:
    """Session of each trial: as many trials in each as its pattern of stimuli has, or the same in all."""
    if pattern is None:
        counts = np.full(N_SESSIONS, n_trials // N_SESSIONS)
    else:
        counts = (np.asarray(pattern) > 0).reshape(len(pattern), -1).sum(axis=1)
    if counts.sum() != n_trials or len(set(counts.tolist())) > 1:
        raise StudyError(
            f"{path} has {n_trials} trials in masterordering, which are not the trials of {len(counts)} "
            "sessions of one length; get an intact copy."
        )
    return np.repeat(np.arange(1, len(counts) + 1), counts)


def check_design(root: Path, design: Design, subject: int) -> None:
    """Hold the trials of a subject against NSD's table of images.

    Only trials of sessions that the subject completed are looked at.

    Raises
    ------
    StudyError
        If the table is missing or broken, a trial shows another image there, or images that all subjects were
        to see are others there. The sentence names the first three.
    """
    path = inside(root, f"{EXPERIMENT}/{STIM_INFO}")
    trial_columns = [f"subject{subject}_rep{repetition}" for repetition in REPETITIONS]
    if not path.is_file():
        raise StudyError(f"NSD's table of images is missing: expected the file {path}.")
    table = read_table(path, ("nsd_id", *trial_columns), "the columns of NSD, nsdId, subject1_rep0 and so on")
    ids = np.array(whole_numbers(table["nsd_id"], "nsd_id", path))
    trials = design.trials(subject)
    trials = trials[trials["session"] <= design.sessions(subject)]
    there = np.zeros(len(trials) + 1, dtype=np.int64) - 1
    for column in trial_columns:
        numbers = np.array(whole_numbers(table[column], column, path))
        shown = (numbers > 0) & (numbers <= len(trials))
        there[numbers[shown]] = ids[shown]
    ours = trials["nsd_id"].to_numpy()
    wrong = np.flatnonzero(there[1:] != ours)
    if len(wrong):
        told = first_three(
            f"trial {trial + 1} shows {ours[trial]} in the design and "
            f"{there[trial + 1] if there[trial + 1] >= 0 else 'nothing'} in the table"
            for trial in wrong
        )
        raise StudyError(
            f"{design.path} and {path} disagree on what subject {subject} saw, by NSD id from 0: {told}. The "
            "design counts images from 1 and the table from 0, so that a shift by one shows in every trial; "
            "get both files of one copy of NSD."
        )
    if design.shared is not None and "shared1000" in table:
        flagged = {
            int(i) for i, cell in zip(ids, table["shared1000"]) if cell.strip().lower() in ("true", "1")
        }
        apart = sorted(flagged ^ set(design.shared.tolist()))
        if apart:
            raise StudyError(
                f"{design.path} and {path} disagree on which images all subjects were to see, NSD ids "
                f"{first_three(apart)}; sharedix counts from 1 and the table from 0. Get both of one copy."
            )
