"""How well held-out responses are predicted, channel by channel, and how much that hangs on single images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError

FloatArray = NDArray[np.float64]

# Share of the sum of squares about zero below which the sum about the mean is rounding.
_ROUNDING = {"float32": 1e-12, "float64": 1e-28}
# Values of a block of channels that are in memory at once.
_BLOCK_VALUES = 2_000_000


class ChannelScores(NamedTuple):
    """Scores of channels on images that the weights were not fitted to.

    Attributes
    ----------
    r, r2 : ndarray of shape (n_channels,), float64
        Pearson's correlation, which is zero in a fold whose predictions are all the same, and the share of
        the variance about the mean of the images fitted to that is predicted, which is negative where that
        mean predicts better. NaN for a channel that does not vary in a fold.
    """

    r: FloatArray
    r2: FloatArray


def score_channels(
    measured: ArrayLike, predicted: ArrayLike, folds: ArrayLike, means: ArrayLike
) -> ChannelScores:
    """Score predictions of held-out responses.

    Parameters
    ----------
    measured, predicted : array_like of shape (n_images, n_channels)
    folds : array_like of shape (n_images,), int
        The fold that each image was held out in, from zero.
    means : array_like of shape (n_folds, n_channels)
        Mean responses to the images that the weights of each fold were fitted to.

    Returns
    -------
    ChannelScores
        The correlation is the mean over folds, each with the weight of its number of images; the share of
        variance is over all images. The mean of the few images of a fold would be no fair rival: nobody
        knows it beforehand, and it is nearer to them than any other number.

    Raises
    ------
    ParameterError
        If the arrays do not fit each other.

    Notes
    -----
    A correlation over the images of all folds at once is below zero for a channel that has nothing to do
    with the features, even about the means of folds: a penalty is small, and predictions are large, where
    the folds agree by chance, so that a sum of products that is positive by chance is divided by more than a
    negative one. In one fold the size of the predictions does not depend on the responses that are held out.
    """
    y, p, labels = _check(measured, predicted, folds)
    rivals = np.asarray(means)
    r, errors, squares = (np.zeros(y.shape[1]) for _ in range(3))
    flat = np.zeros(y.shape[1], dtype=bool)
    for fold in np.unique(labels):
        here = labels == fold
        a, b = _about_mean(y[here]), _about_mean(p[here])
        products = (a * a).sum(axis=0), (b * b).sum(axis=0), (a * b).sum(axis=0)
        r += here.mean() * _correlate(*products, _negligible(p[here]))
        flat |= products[0] <= _negligible(y[here])
        squares += ((y[here].astype(np.float64) - rivals[fold]) ** 2).sum(axis=0)
        errors += ((y[here].astype(np.float64) - p[here]) ** 2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = 1.0 - errors / squares
    return ChannelScores(np.where(flat, np.nan, r), np.where(flat, np.nan, explained))


def mean_without_each(
    measured: ArrayLike,
    predicted: ArrayLike,
    folds: ArrayLike,
    units: ArrayLike,
    weights: ArrayLike,
) -> FloatArray:
    """Weighted sums of the correlations of channels without each image, or without each group of images.

    Predictions stay as they are: nothing is fitted anew.

    Parameters
    ----------
    measured, predicted : array_like of shape (n_images, n_channels)
    folds : array_like of shape (n_images,), int
        The fold that each image was held out in.
    units : array_like of shape (n_images,), int
        The unit that each image is left out with, from zero.
    weights : array_like of shape (n_channels, m)
        Of the channels in each of m sums, such as the mean over a region; a channel that does not vary must
        have the weight zero.

    Returns
    -------
    ndarray of shape (n_units, m), float64

    Raises
    ------
    ParameterError
        If the arrays do not fit each other.
    """
    y, p, labels = _check(measured, predicted, folds)
    owner, chosen = np.asarray(units, dtype=np.intp), np.asarray(weights, dtype=np.float64)
    n_units = int(owner.max()) + 1
    n_left_out = np.bincount(owner, minlength=n_units)
    result = np.zeros((n_units, chosen.shape[1]))
    step = max(1, _BLOCK_VALUES // len(y))
    for fold in np.unique(labels):
        here = np.flatnonzero(labels == fold)
        n_here = np.bincount(owner[here], minlength=n_units)
        members = np.flatnonzero(n_here)
        left = len(here) - n_here[members]
        # What sums lose beyond the products of the images left out, because the mean of the fold moves.
        moved = np.divide(1.0, left, out=np.zeros(len(left)), where=left > 0)[:, None]
        membership = (owner[here] == members[:, None]).astype(np.float64)
        for start in range(0, y.shape[1], step):
            some = slice(start, start + step)
            a, b = _about_mean(y[here, some]), _about_mean(p[here, some])
            sum_a, sum_b = membership @ a, membership @ b
            negligible, among = _negligible(p[here, some]), chosen[some]
            whole = (a * a).sum(axis=0), (b * b).sum(axis=0), (a * b).sum(axis=0)
            without = _correlate(
                whole[0] - membership @ (a * a) - moved * sum_a**2,
                whole[1] - membership @ (b * b) - moved * sum_b**2,
                whole[2] - membership @ (a * b) - moved * sum_a * sum_b,
                negligible,
            )
            result[members] += left[:, None] * (without @ among)
            result[n_here == 0] += len(here) * (_correlate(*whole, negligible) @ among)
    return result / (len(y) - n_left_out)[:, None]


def _check(
    measured: ArrayLike, predicted: ArrayLike, folds: ArrayLike
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.intp]]:
    y, p, labels = np.asarray(measured), np.asarray(predicted), np.asarray(folds)
    if y.ndim != 2 or y.shape != p.shape or labels.shape != y.shape[:1]:
        raise ParameterError(
            f"Responses of shape {y.shape}, predictions of shape {p.shape} and folds of shape {labels.shape} "
            "do not fit each other; give one row for each image and one column for each channel."
        )
    return y, p, labels


def _about_mean(values: NDArray[np.floating]) -> FloatArray:
    """Deviations from the mean of each column, in double precision."""
    wide = np.array(values, dtype=np.float64)
    wide -= wide.mean(axis=0)
    return wide


def _correlate(
    squares_a: FloatArray, squares_b: FloatArray, products: FloatArray, negligible: FloatArray
) -> FloatArray:
    """Correlations from sums of squares and products; zero where the second squares are negligible."""
    scale = np.sqrt(np.maximum(squares_a, 0.0) * np.maximum(squares_b, 0.0))
    defined = (scale > 0) & (squares_b > negligible)
    return np.clip(np.divide(products, scale, out=np.zeros_like(scale), where=defined), -1.0, 1.0)


def _negligible(values: NDArray[np.floating]) -> FloatArray:
    """Sum of squares about the mean, of each column, that rounding alone may leave."""
    return _ROUNDING[str(values.dtype)] * np.einsum("ij,ij->j", values, values, dtype=np.float64)
