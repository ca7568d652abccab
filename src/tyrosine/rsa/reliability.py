"""How much of repeated responses, and of the RDMs made of them, is not noise."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tyrosine.rsa.correlation import is_flat
from tyrosine.rsa.crossvalidation import Trials
from tyrosine.rsa.dissimilarity import compute_rdm

FloatArray = NDArray[np.float64]


class SplitHalf(NamedTuple):
    """Agreement of an RDM with itself.

    Attributes
    ----------
    correlation : float
        Mean Pearson correlation of the RDMs of two parts of the trials, over all splits.
    reliability : float
        That of the RDM of all trials, as the correlation predicts.
    n_splits : int
    """

    correlation: float
    reliability: float
    n_splits: int


def noise_ceiling_snr(responses: NDArray, stimulus: NDArray[np.intp]) -> FloatArray:
    """Noise ceiling signal-to-noise ratio of each channel (ncsnr).

    The noise is the variance of a stimulus' trials about their mean, pooled over stimuli; the signal is what
    the variance of all trials has beyond it, or zero.

    Parameters
    ----------
    responses : ndarray of shape (n_trials, n_channels)
    stimulus : ndarray of shape (n_trials,), int
        Which stimulus was shown; some more than once.

    Returns
    -------
    ndarray of shape (n_channels,), float64
        Standard deviation of the signal by that of the noise of one trial; zero for a channel that does not
        vary.

    References
    ----------
    Allen et al. (2022), Nat Neurosci 25: 116-126.
    """
    values = np.asarray(responses, dtype=np.float64)
    kinds, which = np.unique(stimulus, return_inverse=True)
    sums = np.zeros((len(kinds), values.shape[1]))
    np.add.at(sums, which, values)
    residuals = values - (sums / np.bincount(which)[:, None])[which]
    noise = (residuals**2).sum(axis=0) / (len(values) - len(kinds))
    signal = np.maximum(values.var(axis=0, ddof=1) - noise, 0.0)
    return np.sqrt(np.divide(signal, noise, out=np.zeros_like(signal), where=noise > 0))


def trial_noise_ceiling(ncsnr: NDArray, n_trials: float) -> FloatArray:
    """Share of the variance of the mean over trials that is signal, from zero to one.

    Parameters
    ----------
    ncsnr : ndarray
        From `noise_ceiling_snr`.
    n_trials : float
        Trials that are averaged; where stimuli differ in it, the harmonic mean over stimuli.

    References
    ----------
    Allen et al. (2022), Nat Neurosci 25: 116-126.
    """
    squared = np.asarray(ncsnr, dtype=np.float64) ** 2
    return squared / (squared + 1.0 / n_trials)


def split_half(trials: Trials, distance: str) -> SplitHalf:
    """Correlate the RDMs of two parts of the trials, over all splits into halves.

    Parameters
    ----------
    trials : Trials
    distance : str
        A key of `tyrosine.parameters.measures.DISTANCES` that needs no repetitions, since a half may have one
        trial of a stimulus.

    Returns
    -------
    SplitHalf
        Each stimulus' trials are numbered in their order, and these numbers are split, as equally as they can
        be. The reliability of the whole is that of Spearman and Brown, by Horst's formula where the halves
        differ in size. NaN where an RDM of a half has no variance.

    References
    ----------
    Spearman (1910), Br J Psychol 3: 271-295; Brown (1910), Br J Psychol 3: 296-322; Horst (1951),
    Psychometrika 16: 189-202.
    """
    values = np.asarray(trials.responses, dtype=np.float64)
    number = np.empty(len(trials.stimulus), dtype=np.intp)
    for stimulus in range(len(trials.names)):
        rows = np.flatnonzero(trials.stimulus == stimulus)
        number[rows] = np.arange(len(rows))
    n = int(np.bincount(trials.stimulus).min())
    correlations, predicted = [], []
    for first in combinations(range(n), n // 2):
        # Of two equal halves each split comes twice.
        if 2 * (n // 2) == n and 0 not in first:
            continue
        parts = [np.isin(number, first), ~np.isin(number, first) & (number < n)]
        halves = [compute_rdm(_means(values[part], trials.stimulus[part]), distance) for part in parts]
        if is_flat(np.stack(halves)).any():
            return SplitHalf(np.nan, np.nan, 0)
        r = float(np.corrcoef(halves[0], halves[1])[0, 1])
        correlations.append(r)
        predicted.append(predict_reliability(r, (n // 2) / n))
    return SplitHalf(float(np.mean(correlations)), float(np.mean(predicted)), len(correlations))


def predict_reliability(correlation: float, share: float = 0.5) -> float:
    """Reliability of a whole from the correlation of its two parts.

    Parameters
    ----------
    correlation : float
    share : float
        Size of one part, as a share of the whole.

    Returns
    -------
    float
        2 r / (1 + r) for two halves.
    """
    r, pq = correlation, share * (1.0 - share)
    if r >= 1.0:
        return 1.0
    if r <= 0.0:
        # Parts that do not agree predict no reliability; the formula is for parts that do.
        return r
    return float(r * (np.sqrt(r**2 + 4 * pq * (1 - r**2)) - r) / (2 * pq * (1 - r**2)))


def _means(values: FloatArray, stimulus: NDArray[np.intp]) -> FloatArray:
    sums = np.zeros((int(stimulus.max()) + 1, values.shape[1]))
    np.add.at(sums, stimulus, values)
    return sums / np.bincount(stimulus)[:, None]
