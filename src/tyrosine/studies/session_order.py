"""Whether the files of sessions are those of the sessions that their names say, as the responses show it.

An image that was shown in two sessions evokes alike responses in both. Where the files of two sessions are
swapped, the responses of neither resemble those to the same images in other sessions, and do so again when
the two are exchanged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.wording import first_three

logger = logging.getLogger(__name__)

DISTINCT, LOST = 8.0, 3.0
"""In standard errors: by how much a session resembles the others that is put into its place, at least, and
by how much one that is not in its place, at most."""
N_CHANNELS = 1_000
"""Channels that are looked at, at most."""


def check_session_order(
    responses: NDArray[np.floating],
    stimulus: Sequence[str] | NDArray,
    session: NDArray[np.integer],
    subject: int,
    where: str,
) -> None:
    """Refuse sessions whose files are swapped, and sessions that are all counted from another number.

    Only what an exchange puts right beyond doubt is refused, so that nothing is where there are few trials
    or much noise. A session that resembles no other, and that no exchange puts right, is told in the log.

    Parameters
    ----------
    responses : ndarray of shape (n_trials, n_channels)
        Single trials; every value is finite.
    stimulus, session : sequence of length n_trials
        What was shown, and when.
    subject : int
        For messages.
    where : str
        Where the files lie, for messages.

    Raises
    ------
    StudyError
    """
    rows = {int(number): np.flatnonzero(session == number) for number in np.unique(session)}
    pairs = _pairs(np.unique(np.asarray(stimulus), return_inverse=True)[1], session)
    if len(rows) < 3 or responses.shape[1] < 2 or len({len(one) for one in rows.values()}) > 1:
        return
    units = _unit_patterns(responses, rows)
    as_named = _resemblance(units, rows, pairs)
    lost = [number for number, strength in as_named.items() if strength < LOST]
    if 2 * len(lost) > len(as_named):
        _refuse_shifted(units, rows, pairs, subject, where)
        return
    for first, second in combinations(lost, 2):
        exchanged = _with_data_of(units, rows, {first: second, second: first})
        found = _resemblance(exchanged, {number: rows[number] for number in (first, second)}, pairs)
        if min(found.values()) >= DISTINCT:
            raise StudyError(
                f"The betas of sessions {first} and {second} of subject {subject} in {where} are swapped: "
                "responses to images that were shown again resemble those of other sessions only when the "
                "two are exchanged. Get both files anew."
            )
    if lost and np.median([as_named[number] for number in as_named if number not in lost]) >= DISTINCT:
        logger.warning(
            "Subject %d: the responses of sessions %s do not resemble those to the same images in other "
            "sessions.",
            subject,
            first_three(lost),
        )


def _refuse_shifted(
    units: NDArray[np.float32],
    rows: Mapping[int, NDArray[np.intp]],
    pairs: NDArray[np.intp],
    subject: int,
    where: str,
) -> None:
    numbers = list(rows)
    for step, word in ((1, "previous"), (-1, "next")):
        rolled = _with_data_of(units, rows, dict(zip(numbers, np.roll(numbers, -step).tolist())))
        found = list(_resemblance(rolled, rows, pairs).values())
        if found and np.median(found) >= DISTINCT:
            raise StudyError(
                f"The betas of subject {subject} in {where} are each those of the {word} session, as the "
                "responses to images that were shown again tell; sessions are counted from 1. Get the folder "
                "anew."
            )


def _unit_patterns(
    responses: NDArray[np.floating], rows: Mapping[int, NDArray[np.intp]]
) -> NDArray[np.float32]:
    """Patterns of some channels, standardised in each session and of length one."""
    chosen = np.unique(np.linspace(0, responses.shape[1] - 1, N_CHANNELS).astype(int))
    units = np.empty((len(responses), len(chosen)), dtype=np.float32)
    for of_session in rows.values():
        trials = responses[np.ix_(of_session, chosen)].astype(np.float32)
        trials -= trials.mean(axis=0)
        trials /= np.maximum(trials.std(axis=0), np.finfo(np.float32).tiny)
        trials -= trials.mean(axis=1, keepdims=True)
        units[of_session] = trials / np.maximum(np.linalg.norm(trials, axis=1, keepdims=True), 1e-12)
    return units


def _pairs(stimulus: NDArray[np.intp], session: NDArray[np.integer]) -> NDArray[np.intp]:
    """All pairs of trials of one image in two sessions, each in both orders, of shape (n_pairs, 2)."""
    pairs = []
    order = np.argsort(stimulus, kind="stable")
    for trials in np.split(order, np.flatnonzero(np.diff(stimulus[order])) + 1):
        pairs += [(one, other) for one in trials for other in trials if session[one] != session[other]]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _resemblance(
    units: NDArray[np.float32], rows: Mapping[int, NDArray[np.intp]], pairs: NDArray[np.intp]
) -> dict[int, float]:
    """How much more trials of a session correlate with those of the same images than with those of others.

    In standard errors of the mean difference; sessions with fewer than three such pairs are left out.
    """
    found = {}
    for number, of_session in rows.items():
        trials, others = pairs[np.isin(pairs[:, 0], of_session)].T
        if len(trials) < 3:
            continue
        partners = units[others]
        same = np.einsum("tc,tc->t", units[trials], partners)
        other = np.einsum("tc,tc->t", units[trials], np.roll(partners, 3, axis=0))
        apart = same.astype(np.float64) - other
        found[number] = float(apart.mean() / max(apart.std(ddof=1) / np.sqrt(len(apart)), 1e-12))
    return found


def _with_data_of(
    units: NDArray[np.float32], rows: Mapping[int, NDArray[np.intp]], source: Mapping[int, int]
) -> NDArray[np.float32]:
    """The patterns with those of some sessions in place of others."""
    moved = units.copy()
    for number, other in source.items():
        moved[rows[number]] = units[rows[other]]
    return moved
