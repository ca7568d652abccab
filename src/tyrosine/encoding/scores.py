"""How well held-out responses are predicted, channel by channel, and how much that hangs on single images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError

FloatArray = NDArray[np.float64]

# Share of the sum of squares about zero below which the sum about the mean is rounding.
_ROUNDING = {"float32": 1e-12, "float64": 1e-28}
# Channels whose scores without each unit are in memory at once, by the number of units.
_BLOCK_VALUES = 2_000_000


class Sums(NamedTuple):
    """Sums of squares and products about the means of folds.

    Attributes
    ----------
    measured, predicted : ndarray of shape (..., n_channels), float64
        Sums of squares of responses and of predictions.
    products : ndarray of shape (..., n_channels), float64
    """

    measured: FloatArray
    predicted: FloatArray
    products: FloatArray

    def correlation(self, negligible: FloatArray) -> FloatArray:
        """Pearson's correlation; zero where the squares of predictions are at most `negligible`."""
        scale = np.sqrt(self.measured * self.predicted)
        defined = (scale > 0) & (self.predicted > negligible)
        return np.divide(self.products, scale, out=np.zeros_like(scale), where=defined)


class ChannelScores(NamedTuple):
    """Scores of channels on images that the weights were not fitted to.

    Attributes
    ----------
    r, r2 : ndarray of shape (n_channels,), float64
        Pearson's correlation, which is zero where all predictions of each fold are the same, and the share of
        the variance that is predicted, which is negative where the mean of the fold would predict better.
        NaN for a channel that does not vary.
    """

    r: FloatArray
    r2: FloatArray


def score_channels(measured: ArrayLike, predicted: ArrayLike, folds: ArrayLike) -> ChannelScores:
    """Score predictions of held-out responses.

    Parameters
    ----------
    measured, predicted : array_like of shape (n_images, n_channels)
    folds : array_like of shape (n_images,), int
        The fold that each image was held out in.

    Returns
    -------
    ChannelScores

    Raises
    ------
    ParameterError
        If the arrays do not fit each other.

    Notes
    -----
    Deviations are those from the mean of each fold, and their products are summed over folds. Over all images
    at once, the mean of a fold and the mean of what was fitted to lie on opposite sides of the mean of all,
    so that predictions of nothing would correlate negatively with the responses.
    """
    y, p, labels = _check(measured, predicted, folds)
    sums = _sums(y, p, labels)
    errors = np.zeros_like(sums.measured)
    for fold in np.unique(labels):
        errors += ((y[labels == fold] - p[labels == fold]) ** 2).sum(axis=0)
    flat = sums.measured <= _negligible(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = 1.0 - errors / sums.measured
    return ChannelScores(
        np.where(flat, np.nan, sums.correlation(_negligible(p))),
        np.where(flat, np.nan, explained),
    )


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
        The unit that each image is left out with, from zero. All images of a unit are in one fold.
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
    fold_of = np.zeros(n_units, dtype=labels.dtype)
    fold_of[owner] = labels
    if (fold_of[owner] != labels).any():
        raise ParameterError("A group of images lies in several folds; deal whole groups of images to folds.")
    sizes = np.bincount(owner, minlength=n_units)
    left = np.array([(labels == fold).sum() for fold in fold_of]) - sizes
    # What the sums of a fold lose beyond the products of the images left out, because its mean moves.
    moved = np.divide(1.0, left, out=np.zeros(n_units), where=left > 0)[:, None]
    membership = (owner == np.arange(n_units)[:, None]).astype(np.float64)
    result = np.zeros((n_units, chosen.shape[1]))
    step = max(1, _BLOCK_VALUES // max(len(y), n_units))
    for start in range(0, y.shape[1], step):
        some = slice(start, start + step)
        a, b = _about_folds(y[:, some], labels), _about_folds(p[:, some], labels)
        sum_a, sum_b = membership @ a, membership @ b
        without = [
            (one * other).sum(axis=0) - membership @ (one * other) - moved * sum_one * sum_other
            for one, other, sum_one, sum_other in (
                (a, a, sum_a, sum_a),
                (b, b, sum_b, sum_b),
                (a, b, sum_a, sum_b),
            )
        ]
        sums = Sums(np.maximum(without[0], 0.0), np.maximum(without[1], 0.0), without[2])
        result += np.clip(sums.correlation(_negligible(p[:, some])), -1.0, 1.0) @ chosen[some]
    return result


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


def _about_folds(values: NDArray[np.floating], folds: NDArray[np.intp]) -> FloatArray:
    """Deviations from the mean of each fold, in double precision."""
    result = np.array(values, dtype=np.float64)
    for fold in np.unique(folds):
        result[folds == fold] -= result[folds == fold].mean(axis=0)
    return result


def _sums(y: NDArray[np.floating], p: NDArray[np.floating], folds: NDArray[np.intp]) -> Sums:
    parts = []
    for fold in np.unique(folds):
        a, b = (np.array(values[folds == fold], dtype=np.float64) for values in (y, p))
        a -= a.mean(axis=0)
        b -= b.mean(axis=0)
        parts.append([(a * a).sum(axis=0), (b * b).sum(axis=0), (a * b).sum(axis=0)])
    return Sums(*np.sum(parts, axis=0))


def _negligible(values: NDArray[np.floating]) -> FloatArray:
    """Sum of squares about the means of folds, of each channel, that rounding alone may leave."""
    return _ROUNDING[str(values.dtype)] * np.einsum("ij,ij->j", values, values, dtype=np.float64)
