"""Feature-reweighted RSA: similarity of brain RDMs to a weighted sum of RDMs, cross-validated over stimuli.

The RDMs that are weighted are those of a model's layers, or of its single features. Weights are fitted to
pairs of stimuli, and the weighted sum is compared with the brain RDM on pairs of other stimuli: no stimulus
of a tested pair is in any pair that the weights were fitted to.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.nonnegative import nonnegative_weights
from tyrosine.rsa.similarity import check_rdms, compare, noise_ceiling, number_of_stimuli
from tyrosine.rsa.workers import map_in_blocks

FloatArray = NDArray[np.float64]
Entries = Callable[[NDArray[np.intp], NDArray[np.intp]], FloatArray]
"""From the first and the second stimulus of each pair to an array of shape (n_pairs, n_predictors)."""

PENALTIES = np.logspace(-4, 3, 15)
"""Of ridge, as multiples of the mean eigenvalue of the correlation matrix of the predictors."""
LEAST_FOLDS = 3
"""Folds that ridge needs at least: one to test on, one to choose the penalty with, one to fit to."""
# Entries that are made at once.
_CHUNK_VALUES = 20_000_000
# Share of its mean square below which a variance is rounding.
_ROUNDING = 1e-12


def layer_entries(rdms: ArrayLike) -> Entries:
    """Entries of RDMs that are weighted as they are, such as those of layers.

    Parameters
    ----------
    rdms : array_like of shape (n_predictors, n_pairs)
        Condensed RDMs.
    """
    condensed = check_rdms(rdms, "model")
    n = number_of_stimuli(condensed.shape[1])

    def entries(first: NDArray[np.intp], second: NDArray[np.intp]) -> FloatArray:
        low, high = np.minimum(first, second), np.maximum(first, second)
        return np.ascontiguousarray(condensed[:, low * (2 * n - low - 1) // 2 + (high - low - 1)].T)

    return entries


def feature_entries(features: ArrayLike, distance: str = "euclidean") -> Entries:
    """Squared differences of each feature, whose sum is the squared distance.

    Parameters
    ----------
    features : array_like of shape (n_stimuli, n_features)
    distance : str
        For `correlation` the features of each stimulus are standardised first and for `cosine` scaled to
        length one, so that the sum with equal weights is proportional to that distance; for all others they
        are taken as they are.

    References
    ----------
    Kaniuth & Hebart (2022), NeuroImage 257: 119294.
    """
    rows = np.asarray(features, dtype=np.float64)
    if distance == "correlation":
        rows = rows - rows.mean(axis=1, keepdims=True)
    if distance in ("correlation", "cosine"):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def entries(first: NDArray[np.intp], second: NDArray[np.intp]) -> FloatArray:
        return (rows[first] - rows[second]) ** 2

    return entries


def reweighted_similarity(
    entries: Entries, brain_rdms: ArrayLike, folds: ArrayLike, weights: str = "ridge"
) -> FloatArray:
    """Pearson's correlation of each brain RDM with a weighted sum of entries, on pairs of held-out stimuli.

    Parameters
    ----------
    entries : Entries
        From `layer_entries` or `feature_entries`.
    brain_rdms : array_like of shape (k, n_pairs)
        Condensed RDMs. Each has weights of its own.
    folds : array_like of shape (n_draws, n_stimuli) or (n_stimuli,), int
        For each draw of the folds, the fold that each stimulus belongs to.
    weights : {"ridge", "non-negative"}
        `ridge`: standardised entries, weights of either sign, and the penalty of `PENALTIES` that predicts
        best, fold by fold, among the pairs that are fitted to. `non-negative`: least squares with weights
        of at least zero.

    Returns
    -------
    similarity : ndarray of shape (k,), float64
        Mean over folds and draws. A fold in which all weights are zero counts as zero.

    Raises
    ------
    ParameterError
        If the weights are unknown, the folds do not fit the RDMs, or ridge has fewer than three folds.
    RDMError
        If the RDMs are not finite.

    Notes
    -----
    Entries of a pair that is split by the folds belong to no test. Fits and correlations follow from sums,
    squares and products over the pairs within each fold and between each two, so that each pair is looked at
    once whatever the number of folds and penalties.

    References
    ----------
    Kaniuth & Hebart (2022), NeuroImage 257: 119294; Khaligh-Razavi & Kriegeskorte (2014), PLoS Comput Biol
    10(11): e1003915 (non-negative weights).
    """
    if weights not in ("ridge", "non-negative"):
        raise ParameterError(f"Weights {weights!r} are unknown; choose ridge or non-negative.")
    brain, draws = _check(brain_rdms, folds)
    if weights == "ridge" and any(len(np.unique(labels)) < LEAST_FOLDS for labels in draws):
        raise ParameterError(
            f"Ridge weights need at least {LEAST_FOLDS} folds: one to test on, one to choose the penalty "
            "with, and one to fit to; set inference.n_folds."
        )
    fit = _ridge if weights == "ridge" else _nonnegative

    def of_draw(labels: NDArray[np.int64]) -> FloatArray:
        blocks = _blocks(entries, brain, labels)
        names = list(dict.fromkeys(a for a, _ in blocks))
        return np.mean([_score(blocks[f, f], fit(blocks, names, f)) for f in names], axis=0)

    return np.mean(map_in_blocks(of_draw, list(draws)), axis=0)


def held_out_similarity(rdm: ArrayLike, brain_rdms: ArrayLike, folds: ArrayLike) -> FloatArray:
    """Pearson's correlation of each brain RDM with one RDM as it is, on the same pairs as reweighted ones.

    Parameters
    ----------
    rdm : array_like of shape (n_pairs,)
    brain_rdms, folds
        As for `reweighted_similarity`.

    Returns
    -------
    similarity : ndarray of shape (k,), float64
    """
    brain, draws = _check(brain_rdms, folds)
    one = check_rdms(np.asarray(rdm)[None], "model")
    return np.mean([compare(brain[:, pairs], one[:, pairs])[:, 0] for pairs in _held_out(draws)], axis=0)


def held_out_ceiling(brain_rdms: ArrayLike, folds: ArrayLike) -> tuple[float, float]:
    """Noise ceiling on the same pairs as reweighted similarities.

    Parameters
    ----------
    brain_rdms : array_like of shape (n_subjects, n_pairs)
        Condensed RDMs of one region, of at least two subjects.
    folds
        As for `reweighted_similarity`.

    Returns
    -------
    lower, upper : float
    """
    brain, draws = _check(brain_rdms, folds)
    lower, upper = np.mean([noise_ceiling(brain[:, pairs]) for pairs in _held_out(draws)], axis=0)
    return float(lower), float(upper)


def _check(brain_rdms: ArrayLike, folds: ArrayLike) -> tuple[FloatArray, NDArray[np.int64]]:
    brain, draws = check_rdms(brain_rdms, "brain"), np.atleast_2d(np.asarray(folds, dtype=np.int64))
    if draws.ndim != 2 or not draws.size or draws.shape[1] != number_of_stimuli(brain.shape[1]):
        raise ParameterError(f"Folds of shape {draws.shape} do not fit RDMs of {brain.shape[1]} pairs.")
    return brain, draws


def _held_out(draws: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Pairs of stimuli that are of one fold, for every fold of every draw."""
    rows, columns = np.triu_indices(draws.shape[1], k=1)
    return [
        np.flatnonzero((labels[rows] == fold) & (labels[columns] == fold))
        for labels in draws
        for fold in np.unique(labels)
    ]


class _Moments:
    """Number of pairs, sums, and inner products of predictors and brain RDMs over some pairs.

    Columns are the predictors, then the brain RDMs; `offsets` has been subtracted from each.
    """

    def __init__(self, n: float, sums: FloatArray, products: FloatArray, n_predictors: int) -> None:
        self.n, self.sums, self.products, self.n_predictors = n, sums, products, n_predictors

    def __add__(self, other: _Moments) -> _Moments:
        return _Moments(
            self.n + other.n, self.sums + other.sums, self.products + other.products, self.n_predictors
        )

    def covariance(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of predictors (m, m), of predictors with brain RDMs (m, k), and variances of brain RDMs (k,)."""
        whole = self.products / self.n - np.outer(self.sums, self.sums) / self.n**2
        m = self.n_predictors
        return whole[:m, :m], whole[:m, m:], np.diag(whole)[m:].copy()


Blocks = dict[tuple[int, int], _Moments]


def _blocks(entries: Entries, brain: FloatArray, labels: NDArray[np.int64]) -> Blocks:
    """Moments of the pairs within each fold and between each two folds."""
    rows, columns = np.triu_indices(len(labels), k=1)
    low, high = np.minimum(labels[rows], labels[columns]), np.maximum(labels[rows], labels[columns])
    # Any constant near the means will do: sums of what is left keep their digits.
    sample = slice(None, None, max(1, len(rows) // 1000))
    offsets = np.hstack([entries(rows[sample], columns[sample]), brain[:, sample].T]).mean(axis=0)
    n_predictors = len(offsets) - len(brain)
    found: Blocks = {}
    names = [int(fold) for fold in np.unique(labels)]
    for place, first in enumerate(names):
        for second in names[place:]:
            pairs = np.flatnonzero((low == first) & (high == second))
            total = _Moments(0.0, np.zeros(len(offsets)), np.zeros((len(offsets),) * 2), n_predictors)
            step = max(1, _CHUNK_VALUES // len(offsets))
            for start in range(0, len(pairs), step):
                some = pairs[start : start + step]
                values = np.hstack([entries(rows[some], columns[some]), brain[:, some].T]) - offsets
                total += _Moments(len(some), values.sum(axis=0), values.T @ values, n_predictors)
            found[first, second] = total
    return found


def _without(blocks: Blocks, names: list[int], left_out: set[int]) -> _Moments:
    """Moments of all pairs of which no stimulus is in the folds that are left out."""
    parts = [moments for pair, moments in blocks.items() if not set(pair) & left_out]
    return sum(parts[1:], parts[0])


def _nonnegative(blocks: Blocks, names: list[int], fold: int) -> FloatArray:
    among, with_brain, _ = _without(blocks, names, {fold}).covariance()
    return nonnegative_weights(among, with_brain.T).T


def _ridge(blocks: Blocks, names: list[int], fold: int) -> FloatArray:
    """Weights (m, k), each brain RDM with the penalty that predicts best among the other folds."""
    inner = np.zeros((len(PENALTIES), blocks[fold, fold].products.shape[0] - blocks[fold, fold].n_predictors))
    for other in names:
        if other != fold:
            for number, weights in enumerate(_ridge_path(_without(blocks, names, {fold, other}))):
                inner[number] += _score(blocks[other, other], weights)
    best = inner.argmax(axis=0)
    path = np.stack(_ridge_path(_without(blocks, names, {fold})))
    return path[best, :, np.arange(path.shape[2])].T


def _ridge_path(moments: _Moments) -> list[FloatArray]:
    """Weights (m, k) of the predictors as they are, for every penalty."""
    among, with_brain, _ = moments.covariance()
    variances = np.diag(among)
    mean_squares = np.diag(moments.products)[: len(among)] / moments.n
    scales = np.sqrt(np.where(variances > _ROUNDING * mean_squares, variances, np.inf))
    values, vectors = np.linalg.eigh(among / np.outer(scales, scales))
    rotated = vectors.T @ (with_brain / scales[:, None])
    mean = max(values.mean(), np.finfo(np.float64).tiny)
    return [
        (vectors @ (rotated / (np.maximum(values, 0.0) + penalty * mean)[:, None])) / scales[:, None]
        for penalty in PENALTIES
    ]


def _score(moments: _Moments, weights: FloatArray) -> FloatArray:
    """Correlation of each brain RDM with its prediction over the pairs of these moments."""
    among, with_brain, variances = moments.covariance()
    shared = (weights * with_brain).sum(axis=0)
    predicted = (weights * (among @ weights)).sum(axis=0)
    if (variances <= 0).any():
        raise RDMError(
            f"RDM {int(np.flatnonzero(variances <= 0)[0])} of the brain set has no variance in a fold; leave "
            "it out, or choose fewer folds."
        )
    scale = np.sqrt(np.maximum(predicted, 0.0) * variances)
    there = predicted > _ROUNDING * np.maximum((weights**2 * np.diag(among)[:, None]).sum(axis=0), 1e-300)
    return np.where(there, shared / np.where(there, scale, 1.0), 0.0)
