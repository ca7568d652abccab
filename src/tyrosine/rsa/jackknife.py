"""Similarities without each stimulus, or without each group of stimuli, and the variance that they tell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Share of the sum of squares below which what is left of an RDM has no variance but rounding.
_ROUNDING = 1e-12
# Size of the sum of a prepared RDM of norm one below which its mean is zero.
_CENTRED = 1e-9


def leave_out(
    brain: FloatArray, models: FloatArray, first: NDArray[np.intp], second: NDArray[np.intp]
) -> FloatArray:
    """Similarity of prepared RDMs without each stimulus, or without each group of stimuli.

    Parameters
    ----------
    brain : ndarray of shape (k, n_pairs), float64
        Condensed RDMs as `tyrosine.rsa.similarity.prepare` scales them.
    models : ndarray of shape (m, n_pairs), float64
        The same.
    first, second : ndarray of shape (n_pairs,), int
        The stimulus, or the group of the stimulus, of either end of each pair, from zero.

    Returns
    -------
    ndarray of shape (n_left_out, k, m), float64
        RDMs are centred, if they were, and scaled anew without the pairs that are left out; ranks stay those
        among all pairs. NaN where an RDM has no variance left.

    Notes
    -----
    Sums over the pairs that are left are those over all pairs less those that a stimulus takes part in, so
    that all similarities take n_stimuli matrix products of (k × n_stimuli) by (n_stimuli × m).
    """
    n_pairs = len(first)
    centred = bool(max(abs(brain.sum(axis=1)).max(), abs(models.sum(axis=1)).max()) < _CENTRED * n_pairs**0.5)
    apart = np.flatnonzero(first != second)
    units, pairs = np.concatenate([first, second[apart]]), np.concatenate([np.arange(n_pairs), apart])
    order = np.argsort(units, kind="stable")
    starts = np.cumsum(np.bincount(units))[:-1]
    whole = brain @ models.T
    result = np.empty((len(starts) + 1, len(brain), len(models)))
    for unit, out in enumerate(np.split(pairs[order], starts)):
        x, y = brain[:, out], models[:, out]
        products = whole - x @ y.T
        squares_x, squares_y = 1.0 - (x**2).sum(axis=1), 1.0 - (y**2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            if centred:
                left = n_pairs - len(out)
                sums_x, sums_y = x.sum(axis=1), y.sum(axis=1)
                products -= np.outer(sums_x, sums_y) / left
                squares_x, squares_y = squares_x - sums_x**2 / left, squares_y - sums_y**2 / left
            scale_x, scale_y = (
                np.sqrt(np.where(squares > _ROUNDING, squares, np.nan)) for squares in (squares_x, squares_y)
            )
            result[unit] = products / np.outer(scale_x, scale_y)
    return result


def leave_out_of_sums(
    xy: FloatArray,
    xx: FloatArray,
    yy: FloatArray,
    x: FloatArray,
    y: FloatArray,
    whole: FloatArray,
    left: NDArray[np.intp],
    *,
    centred: bool,
) -> FloatArray:
    """The same as `leave_out`, from sums over the pairs that each stimulus or group takes part in.

    Parameters
    ----------
    xy : ndarray of shape (n_left_out, k, m), float64
        Of the products of prepared RDMs.
    xx, x : ndarray of shape (n_left_out, k), float64
        Of the squares and the entries of one.
    yy, y : ndarray of shape (n_left_out, m), float64
        The same of the other.
    whole : ndarray of shape (k, m), float64
        Similarities over all pairs.
    left : ndarray of shape (n_left_out,), int
        Number of the pairs without these.
    centred : bool
        Whether prepared RDMs have a mean of zero.

    Returns
    -------
    ndarray of shape (n_left_out, k, m), float64
    """
    products, squares_x, squares_y = whole - xy, 1.0 - xx, 1.0 - yy
    with np.errstate(divide="ignore", invalid="ignore"):
        if centred:
            n_left = left[:, None]
            products = products - x[:, :, None] * y[:, None, :] / n_left[:, :, None]
            squares_x, squares_y = squares_x - x**2 / n_left, squares_y - y**2 / n_left
        scale_x, scale_y = (
            np.sqrt(np.where(squares > _ROUNDING, squares, np.nan)) for squares in (squares_x, squares_y)
        )
        return products / (scale_x[:, :, None] * scale_y[:, None, :])


class JackknifeVariance(NamedTuple):
    """Variances of estimates over new stimuli, and how well they are known.

    Attributes
    ----------
    variance, degrees_of_freedom : ndarray of shape (m,), float64
        NaN where an estimate is undefined without one of the stimuli.
    """

    variance: FloatArray
    degrees_of_freedom: FloatArray


def jackknife_variance(left_out: FloatArray) -> JackknifeVariance:
    """Variance of estimates from their values without each of n stimuli, or groups of stimuli.

    Parameters
    ----------
    left_out : ndarray of shape (n, m)

    Returns
    -------
    JackknifeVariance
        The degrees of freedom are n - 1, or 2 n / (κ - 1) where that is smaller, with the kurtosis κ of the
        values: those of the scaled χ² distribution that varies as much as the mean of n such squares does.
        Where a few stimuli decide, they are few.

    References
    ----------
    Efron & Stein (1981), Ann Stat 9(3): 586-596 (the jackknife errs upwards); Satterthwaite (1946),
    Biometrics Bull 2(6): 110-114 (degrees of freedom by matching two moments).
    """
    n = len(left_out)
    squares = (left_out - left_out.mean(axis=0)) ** 2
    total = squares.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        kurtosis = n * (squares**2).sum(axis=0) / total**2
        # Two values, or values of two kinds, have a kurtosis of one.
        freedom = np.minimum(2.0 * n / np.maximum(kurtosis - 1.0, 1e-12), n - 1.0)
    return JackknifeVariance(total * (n - 1) / n, freedom)
