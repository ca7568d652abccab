"""When the simulated subjects saw which stimulus."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Schedule(NamedTuple):
    """The trials of one subject, in their order.

    Attributes
    ----------
    stimulus : ndarray of shape (n_trials,), int
        Row of the stimulus among those of the subject.
    repetition, session : ndarray of shape (n_trials,), int
        Counted from 1.
    """

    stimulus: NDArray[np.intp]
    repetition: NDArray[np.intp]
    session: NDArray[np.intp]

    @classmethod
    def draw(cls, n_stimuli: int, repetitions: int, sessions: int, rng: np.random.Generator) -> Schedule:
        """Show each stimulus in as many sessions as it has repetitions, drawn at random, in their order.

        Trials come one repetition of all stimuli after the other.

        Parameters
        ----------
        n_stimuli, repetitions : int
        sessions : int
            At least as many as repetitions.
        rng : numpy.random.Generator
        """
        drawn = np.argsort(rng.random((n_stimuli, sessions)), axis=1)[:, :repetitions]
        return cls(
            np.tile(np.arange(n_stimuli), repetitions),
            np.repeat(np.arange(1, repetitions + 1), n_stimuli),
            np.sort(drawn, axis=1).T.ravel() + 1,
        )

    @classmethod
    def as_in_nsd(cls, n_stimuli: int, repetitions: int, sessions: int, rng: np.random.Generator) -> Schedule:
        """Show each stimulus in as many sessions as it has repetitions, with as many trials in each session.

        Trials come session by session, in random order within each. NSD had such a schedule for all subjects,
        each of whom saw images of its own in its places.

        Parameters
        ----------
        n_stimuli, repetitions : int
        sessions : int
            At least as many as repetitions; `n_stimuli * repetitions` is a multiple of it.
        rng : numpy.random.Generator
        """
        # Repetitions of a stimulus stand side by side here, so that they fall into sessions one after the
        # other.
        stimulus = np.repeat(rng.permutation(n_stimuli), repetitions)
        session = np.arange(len(stimulus)) % sessions + 1
        order = np.lexsort((rng.random(len(stimulus)), session))
        stimulus = stimulus[order]
        repetition = pd.Series(stimulus).groupby(stimulus).cumcount().to_numpy() + 1
        return cls(stimulus, repetition, session[order])

    def noise(self, n_voxels: int, session_share: float, rng: np.random.Generator) -> FloatArray:
        """Noise of variance 1, of which trials of a session have a share in common and all else is their own.

        Returns
        -------
        ndarray of shape (n_trials, n_voxels), float64
        """
        own = rng.standard_normal((len(self.stimulus), n_voxels))
        of_session = rng.standard_normal((int(self.session.max()), n_voxels))[self.session - 1]
        return np.sqrt(1 - session_share) * own + np.sqrt(session_share) * of_session

    def in_order_of_first_trials(self) -> NDArray[np.intp]:
        """Rows of the stimuli, each where it was shown first."""
        return np.asarray(pd.unique(self.stimulus))

    def average(self, responses: NDArray[np.floating]) -> NDArray[np.floating]:
        """Mean over the repetitions of each stimulus, in the order of the stimuli."""
        by_repetition = responses[np.lexsort((self.stimulus, self.repetition))]
        return by_repetition.reshape(self.repetition.max(), -1, responses.shape[1]).mean(axis=0)
