"""Dissimilarities from repeated responses, to which noise does not add.

The inner product of two patterns that were measured apart has no contribution of their noise on average,
because the noise of one is independent of that of the other. All distances here are made of such products,
so that a pair of stimuli to which a region responds alike has a distance of zero on average, and a negative
one as often as a positive one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import DISTANCES, resolve
from tyrosine.rsa.dissimilarity import condense
from tyrosine.wording import first_three

FloatArray = NDArray[np.float64]


class Trials(NamedTuple):
    """Single responses of one region of one subject.

    Attributes
    ----------
    responses : ndarray of shape (n_trials, n_channels)
    stimulus : ndarray of shape (n_trials,), int
        Which of `names` was shown.
    fold : ndarray of shape (n_trials,), int
        Trials of one fold may have noise in common, those of different folds must not.
    names : list of str
        The stimuli.
    """

    responses: NDArray
    stimulus: NDArray[np.intp]
    fold: NDArray[np.intp]
    names: list[str]


def compute_rdm_of_trials(trials: Trials, distance: str) -> FloatArray:
    """Dissimilarity of every pair of stimuli, from repeated responses.

    Parameters
    ----------
    trials : Trials
        Each stimulus in two folds at least.
    distance : str
        A key of `tyrosine.parameters.measures.DISTANCES` that needs repetitions.

    Returns
    -------
    rdm : ndarray of shape (n_stimuli * (n_stimuli - 1) / 2,), float64
        Condensed RDM, ordered as `scipy.spatial.distance.squareform` does; it may have negative values.

    Raises
    ------
    ParameterError
        If the distance is unknown or needs no repetitions.
    RDMError
        If responses are not finite, there are fewer than two stimuli, or a stimulus or pair of stimuli has no
        two trials in different folds.
    """
    if distance not in DISTANCES or not DISTANCES[distance].needs_repetitions:
        known = ", ".join(name for name, entry in DISTANCES.items() if entry.needs_repetitions)
        raise ParameterError(f"Distance {distance!r} is none of repeated responses; choose one of {known}.")
    check_trials(trials)
    return resolve(DISTANCES[distance].function)(trials, trials.names)


def check_trials(trials: Trials) -> None:
    """Refuse responses to fewer than two stimuli, or that are not finite.

    Raises
    ------
    RDMError
    """
    if len(trials.names) < 2 or trials.responses.ndim != 2 or not trials.responses.shape[1]:
        raise RDMError(
            "An RDM needs responses of shape (n_trials, n_channels) to at least two stimuli, got "
            f"{trials.responses.shape} of {len(trials.names)}; check which stimuli and channels were chosen."
        )
    if not np.isfinite(trials.responses).all():
        row = int(np.flatnonzero(~np.isfinite(trials.responses).all(axis=1))[0])
        raise RDMError(
            f"A response to {trials.names[trials.stimulus[row]]} is not finite (NaN or infinity); an RDM is "
            "not defined for it, so look at the study's files."
        )


def crossnobis(trials: Trials, names: Sequence[str]) -> FloatArray:
    """Cross-validated squared Mahalanobis distance of every two stimuli per channel, condensed.

    The covariance of the noise is `noise_covariance`. With as many trials of each stimulus in each fold this
    is the leave-one-fold-out distance of Walther et al. (2016).

    References
    ----------
    Walther et al. (2016), NeuroImage 137: 188-200.
    """
    return distances_of_whitened(_whitened(trials))


def _whitened(trials: Trials) -> Trials:
    """Responses in which the noise of channels is uncorrelated and has a variance of one."""
    values = np.asarray(trials.responses, dtype=np.float64)
    covariance = noise_covariance(values, trials.stimulus)
    centred = values - values.mean(axis=0)
    try:
        factor = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        raise RDMError(
            f"The covariance of the noise of {values.shape[1]} channels has no inverse, as where a channel "
            "responds alike in all repetitions; leave such channels out, or choose another distance."
        ) from None
    whitened = solve_triangular(factor, centred.T, lower=True).T
    return trials._replace(responses=whitened)


def distances_of_whitened(trials: Trials) -> FloatArray:
    """Cross-validated squared Euclidean distance of every two stimuli per channel, condensed."""
    products = _products(trials)
    own = np.diag(products)
    return condense(own[:, None] + own[None, :] - 2.0 * products) / trials.responses.shape[1]


def cosine_crossvalidated(trials: Trials, names: Sequence[str]) -> FloatArray:
    """One minus the cosine of every two stimuli from cross-validated products and norms, condensed.

    Raises
    ------
    RDMError
        If the cross-validated squared norm of a stimulus is not positive.
    """
    products = _products(trials)
    squared = np.diag(products)
    _refuse_noisy(squared, names)
    lengths = np.sqrt(squared)
    return condense(1.0 - products / np.outer(lengths, lengths))


def _refuse_noisy(squared: FloatArray, names: Sequence[str]) -> None:
    """Refuse stimuli whose cross-validated squared length is not positive."""
    if (squared <= 0).any():
        lost = [name for name, value in zip(names, squared) if value <= 0]
        raise RDMError(
            f"The responses to {len(lost)} of {len(names)} stimuli ({first_three(lost)}) are so noisy that "
            "the estimate of their squared length is not positive, and an angle is not defined; choose "
            "crossnobis."
        )


def correlation_crossvalidated(trials: Trials, names: Sequence[str]) -> FloatArray:
    """One minus Pearson's r from cross-validated covariances and variances over channels, condensed.

    Raises
    ------
    RDMError
        If the cross-validated variance of a stimulus is not positive.
    """
    return cosine_crossvalidated(_centred_over_channels(trials), names)


def _centred_over_channels(trials: Trials) -> Trials:
    values = np.asarray(trials.responses, dtype=np.float64)
    return trials._replace(responses=values - values.mean(axis=1, keepdims=True))


def crossnobis_points(trials: Trials) -> tuple[FloatArray, FloatArray]:
    """Points, and how their dimensions count, whose half squared distances are those of `crossnobis`."""
    points, signs = _points(_whitened(trials))
    return points * np.sqrt(2.0 / trials.responses.shape[1]), signs


def cosine_points(trials: Trials) -> tuple[FloatArray, FloatArray]:
    """The same for `cosine_crossvalidated`."""
    points, signs = _points(trials)
    squared = points**2 @ signs
    _refuse_noisy(squared, trials.names)
    return points / np.sqrt(squared)[:, None], signs


def correlation_points(trials: Trials) -> tuple[FloatArray, FloatArray]:
    """The same for `correlation_crossvalidated`."""
    return cosine_points(_centred_over_channels(trials))


def _points(trials: Trials) -> tuple[FloatArray, FloatArray]:
    """Points of shape (n_stimuli, n_folds * n_channels) whose inner products are those of `_products`.

    The products of different folds are those of all folds less those within each. Rotated over folds, the
    mean of the folds counts positively, and every contrast of them negatively.

    Raises
    ------
    RDMError
        If stimuli differ in how often they were shown in a fold, so that each pair of stimuli has another
        number of products, or if all lie in one fold.
    """
    n_stimuli = len(trials.names)
    values = np.asarray(trials.responses, dtype=np.float64)
    folds, fold = np.unique(trials.fold, return_inverse=True)
    counts = np.zeros((len(folds), n_stimuli))
    np.add.at(counts, (fold, trials.stimulus), 1.0)
    uneven = np.flatnonzero((counts != counts[:, :1]).any(axis=0))
    if uneven.size or len(folds) < 2:
        which = first_three(trials.names[place] for place in uneven) or "all stimuli"
        raise RDMError(
            f"Without RDMs a cross-validated distance needs each stimulus as often in each of two or more "
            f"folds as any other, which does not hold for {which}; leave out stimuli that were shown less "
            "often, take repetitions for folds, or keep RDMs (comparison.engine: rdms)."
        )
    of_folds = np.stack(
        [_sums(values[fold == one], trials.stimulus[fold == one], n_stimuli) for one in range(len(folds))]
    )
    weights, rotation = np.linalg.eigh(1.0 - np.eye(len(folds)))
    n_products = counts[:, 0].sum() ** 2 - (counts[:, 0] ** 2).sum()
    scales = np.sqrt(np.abs(weights) / n_products)
    points = np.einsum("fe,fij->iej", rotation * scales, of_folds, optimize=True)
    return points.reshape(n_stimuli, -1), np.repeat(np.sign(weights), values.shape[1])


def noise_covariance(responses: NDArray, stimulus: NDArray[np.intp]) -> FloatArray:
    """Covariance of channels over repetitions of the same stimulus, shrunk towards its diagonal.

    Parameters
    ----------
    responses : ndarray of shape (n_trials, n_channels)
    stimulus : ndarray of shape (n_trials,), int
        Which stimulus was shown.

    Returns
    -------
    ndarray of shape (n_channels, n_channels), float64
        Off the diagonal the covariance of the residuals is multiplied by one minus the intensity of shrinkage
        that has the least expected error. The diagonal has the variances, which are estimated well; shrinking
        towards one common variance would let noisy channels count more.

    Raises
    ------
    RDMError
        If no stimulus was repeated, or a channel has no noise.

    References
    ----------
    Schäfer & Strimmer (2005), Stat Appl Genet Mol Biol 4: 32.
    """
    values = np.asarray(responses, dtype=np.float64)
    kinds, which = np.unique(stimulus, return_inverse=True)
    n_trials, freedom = len(values), len(values) - len(kinds)
    if freedom < 1:
        raise RDMError("No stimulus was repeated, so the noise is unknown; choose a distance of averages.")
    residuals = values - _sums(values, which, len(kinds))[which] / np.bincount(which)[which, None]
    products = residuals.T @ residuals
    variances = np.diag(products) / freedom
    if (variances <= 0).any():
        raise RDMError(
            f"{(variances <= 0).sum()} of {len(variances)} channels respond alike in all repetitions, so "
            "their noise is unknown; leave them out, or choose another distance."
        )
    scale = np.outer(variances, variances)
    mean = products / np.sqrt(scale) / (n_trials - 1)
    square = (residuals**2).T @ (residuals**2) / scale / (n_trials - 1)
    off = ~np.eye(len(variances), dtype=bool)
    spread = n_trials / freedom**2 * (square - mean**2)
    below = (mean[off] ** 2).sum()
    intensity = float(np.clip(spread[off].sum() / below, 0.0, 1.0)) if below > 0 else 1.0
    return products / freedom * np.where(off, 1.0 - intensity, 1.0)


def _products(trials: Trials) -> FloatArray:
    """Mean inner product over all pairs of trials of two stimuli, or of one, that lie in different folds."""
    n_stimuli = len(trials.names)
    values = np.asarray(trials.responses, dtype=np.float64)
    every = _sums(values, trials.stimulus, n_stimuli)
    counts = np.bincount(trials.stimulus, minlength=n_stimuli).astype(np.float64)
    products, pairs = every @ every.T, np.outer(counts, counts)
    for fold in np.unique(trials.fold):
        here = trials.fold == fold
        shown, which = np.unique(trials.stimulus[here], return_inverse=True)
        sums, n = _sums(values[here], which, len(shown)), np.bincount(which)
        products[np.ix_(shown, shown)] -= sums @ sums.T
        pairs[np.ix_(shown, shown)] -= np.outer(n, n)
    if (pairs <= 0).any():
        first, second = (trials.names[place[0]] for place in np.nonzero(pairs <= 0))
        told = f"{first} has" if first == second else f"{first} and {second} have"
        raise RDMError(
            f"The stimulus {told} no two trials in different folds, which a cross-validated distance takes; "
            "leave out stimuli that were not repeated, or choose a distance of averages."
        )
    return products / pairs


def _sums(values: FloatArray, which: NDArray[np.intp], n: int) -> FloatArray:
    sums = np.zeros((n, values.shape[1]))
    np.add.at(sums, which, values)
    return sums
