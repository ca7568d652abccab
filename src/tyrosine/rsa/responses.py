"""Responses of one subject that carry their labels: how they are made, and read region by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import RDMError
from tyrosine.labelled import Dataset
from tyrosine.rsa.crossvalidation import Trials
from tyrosine.rsa.rdms import STIMULUS_ID
from tyrosine.tables.columns import BOTH_HEMISPHERES

CHANNEL = ("selectivity", "roi", "hemisphere", "channel")
"""Descriptors of each channel: its region, its hemisphere, and its column in the file that it comes from."""
OBSERVATION = (STIMULUS_ID, "repetition", "session")
"""Descriptors of each observation."""
NO_NUMBER = 0
"""Repetition of averaged data, and session where it is unknown or the data are an average of several."""


def label_responses(
    values: NDArray[np.floating],
    subject: int,
    stimulus_ids: Sequence[str],
    channels: Mapping[str, Sequence | NDArray],
    repetitions: Sequence[int] | None = None,
    sessions: Sequence[int] | None = None,
) -> Dataset:
    """Responses of one subject with the names of their stimuli and of their channels.

    Parameters
    ----------
    values : ndarray of shape (n_observations, n_channels)
        Stored in single precision.
    subject : int
    stimulus_ids : sequence of str of length n_observations
    channels : mapping of str to sequence of length n_channels
        `CHANNEL`, and `ncsnr` (noise ceiling signal-to-noise ratio) where the source has it.
    repetitions, sessions : sequence of int of length n_observations, optional
        Counted from 1; `NO_NUMBER` if not given.

    Returns
    -------
    rsatoolbox.data.Dataset
    """
    import rsatoolbox

    n_observations = len(values)
    unknown = [NO_NUMBER] * n_observations
    return rsatoolbox.data.Dataset(
        np.asarray(values, dtype=np.float32),
        descriptors={"subject": int(subject)},
        obs_descriptors={
            STIMULUS_ID: [str(stimulus_id) for stimulus_id in stimulus_ids],
            "repetition": unknown if repetitions is None else list(repetitions),
            "session": unknown if sessions is None else list(sessions),
        },
        channel_descriptors={key: list(values) for key, values in channels.items()},
    )


def z_score_in_sessions(
    values: NDArray[np.floating], sessions: Sequence[int] | NDArray[np.integer], subject: int
) -> NDArray[np.floating]:
    """Bring each channel to mean 0 and standard deviation 1 over the trials of each session.

    Parameters
    ----------
    values : ndarray of shape (n_trials, n_channels)
        Changed in place, since it may be large.
    sessions : sequence of int of length n_trials
    subject : int
        For the message.

    Returns
    -------
    ndarray of shape (n_trials, n_channels)
        The same array. The standard deviation is that of the trials themselves (divided by their number).

    Raises
    ------
    RDMError
        If a channel has one value in all trials of a session.
    """
    numbers = np.asarray(sessions)
    for session in np.unique(numbers):
        rows = np.flatnonzero(numbers == session)
        trials = values[rows].astype(np.float64)
        trials -= trials.mean(axis=0)
        spread = trials.std(axis=0)
        constant = np.flatnonzero(spread == 0)
        if len(constant):
            raise RDMError(
                f"Channel {constant[0]} of subject {subject} has one value in all {len(rows)} trials of "
                f"session {session}, so that it cannot be z-scored there; set study.normalise to none, or "
                "remove the channel."
            )
        values[rows] = trials / spread
    return values


def regions_of(responses: Dataset) -> list[tuple[str, str]]:
    """Selectivity and ROI of each region that the responses have channels of, in their order."""
    labels = responses.channel_descriptors
    return list(dict.fromkeys(zip(labels["selectivity"], labels["roi"])))


def responses_of_region(
    responses: Dataset, roi: str, ids: Sequence[str], hemisphere: str = BOTH_HEMISPHERES
) -> tuple[NDArray[np.float32], list[str]]:
    """Mean responses of the channels of one region to each stimulus, over its repetitions.

    Parameters
    ----------
    responses : rsatoolbox.data.Dataset
        Of one subject.
    roi : str
    ids : sequence of str
        Stimuli in the wanted order; those without a response are left out.
    hemisphere : {"both", "lh", "rh"}

    Returns
    -------
    values : ndarray of shape (n_stimuli, n_channels), float32
    names : list of str of length n_stimuli
    """
    rows = _rows_of_stimuli(responses)
    names = [str(name) for name in ids if str(name) in rows]
    values = responses.measurements[:, _channels_of(responses, roi, hemisphere)]
    if len(rows) == len(values):
        return values[[rows[name][0] for name in names]], names
    return np.stack([values[rows[name]].mean(axis=0) for name in names]), names


def is_repeated(responses: Dataset) -> bool:
    """Whether there are two responses at least to each stimulus."""
    return all(len(rows) > 1 for rows in _rows_of_stimuli(responses).values())


def trials_of_region(responses: Dataset, roi: str, ids: Sequence[str], *, even_folds: bool = False) -> Trials:
    """Single responses of the channels of one region.

    Parameters
    ----------
    responses : rsatoolbox.data.Dataset
        Of one subject.
    roi : str
    ids : sequence of str
        Stimuli in the wanted order; those without a response are left out.
    even_folds : bool
        Whether each fold must have all stimuli, and each as often.

    Returns
    -------
    Trials
        Folds are sessions if every stimulus was shown in two of them at least, because trials of one session
        may have noise in common, and repetitions otherwise, or where `even_folds` asks for them.
    """
    rows = _rows_of_stimuli(responses)
    names = [str(name) for name in ids if str(name) in rows]
    sessions = np.asarray(responses.obs_descriptors["session"])
    by_session = all(len(set(sessions[rows[name]])) > 1 for name in names)
    if even_folds and by_session:
        by_session = len({tuple(sorted(sessions[rows[name]])) for name in names}) == 1
    folds = sessions if by_session else np.asarray(responses.obs_descriptors["repetition"])
    chosen = np.array([row for name in names for row in rows[name]])
    stimulus = np.repeat(np.arange(len(names)), [len(rows[name]) for name in names])
    values = responses.measurements[np.ix_(chosen, np.flatnonzero(_channels_of(responses, roi)))]
    return Trials(values, stimulus, folds[chosen], names)


def halves_of_region(
    responses: Dataset, roi: str, ids: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean responses of one region to each stimulus, over its odd trials and over its even trials.

    Parameters
    ----------
    responses : rsatoolbox.data.Dataset
        Of one subject, with two responses at least to each stimulus.
    roi : str
    ids : sequence of str
        Stimuli in the wanted order, all of which have responses.

    Returns
    -------
    first, second : ndarray of shape (n_stimuli, n_channels), float64
    """
    rows = _rows_of_stimuli(responses)
    values = responses.measurements[:, _channels_of(responses, roi)].astype(np.float64)
    first, second = (
        np.stack([values[rows[name][start::2]].mean(axis=0) for name in ids]) for start in (0, 1)
    )
    return first, second


def _rows_of_stimuli(responses: Dataset) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(responses.obs_descriptors[STIMULUS_ID]):
        rows.setdefault(str(name), []).append(row)
    return rows


def _channels_of(responses: Dataset, roi: str, hemisphere: str = BOTH_HEMISPHERES) -> NDArray[np.bool_]:
    labels = responses.channel_descriptors
    chosen = np.asarray(labels["roi"]) == roi
    if hemisphere != BOTH_HEMISPHERES:
        chosen &= np.asarray(labels["hemisphere"]) == hemisphere
    return chosen
