"""Ridge regression from features of images to many channels, with a penalty for each channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError

Array = NDArray[np.floating]

# Predictions of one inner fold, over all penalties, that are made at once; many channels at once are slower,
# because their predictions leave the cache of the processor.
_BATCH_VALUES = 16_000_000
_MOST_CHANNELS_OF_A_BATCH = 1000
# Values of the matrices that turn responses into predictions, over the penalties that are held at once.
_MATRIX_VALUES = 50_000_000


class Prediction(NamedTuple):
    """Responses to images that the weights were not fitted to.

    Attributes
    ----------
    predicted : ndarray of shape (n_test, n_channels)
    penalties : ndarray of shape (n_channels,)
        The penalty of each channel, in units of the mean eigenvalue of the kernel of the images.
    inner_scores : ndarray of shape (n_channels,)
        Mean squared error in the inner folds, with the sign turned, at that penalty.
    """

    predicted: Array
    penalties: Array
    inner_scores: Array


def standardise(train: ArrayLike, test: ArrayLike, dtype: str = "float32") -> tuple[Array, Array]:
    """Standardise features by their mean and standard deviation over the images that weights are fitted to.

    Parameters
    ----------
    train : array_like of shape (n_train, n_features)
    test : array_like of shape (n_test, n_features)
    dtype : str
        Of the result; means and standard deviations are computed in double precision.

    Returns
    -------
    train, test : ndarray
        A feature that is the same for all of `train` is zero in both. Features are divided by the square root
        of their number too, so that the kernel of `train` has a mean eigenvalue of about one however many
        features there are.
    """
    fitted, held_out = (np.asarray(part, dtype=np.float64) for part in (train, test))
    mean, deviation = fitted.mean(axis=0), fitted.std(axis=0)
    varies = deviation > 10 * np.finfo(np.float64).eps * np.abs(mean)
    scale = np.where(varies, deviation, np.inf) * np.sqrt(mean.size)
    return ((fitted - mean) / scale).astype(dtype), ((held_out - mean) / scale).astype(dtype)


def predict_responses(
    train: ArrayLike,
    test: ArrayLike,
    responses: ArrayLike,
    penalties: Sequence[float],
    inner_folds: ArrayLike,
) -> Prediction:
    """Fit ridge from features to each channel, with the penalty that predicts best in inner folds.

    Parameters
    ----------
    train : array_like of shape (n_train, n_features)
        Features of the images that weights are fitted to.
    test : array_like of shape (n_test, n_features)
        Features of the images that responses are predicted to.
    responses : array_like of shape (n_train, n_channels)
        Mean responses to the images of `train`; their type, float32 or float64, is that of the arithmetic.
    penalties : sequence of float
        Among which the penalty of each channel is chosen, in units of the mean eigenvalue of the kernel:
        those of ridge on standardised features, divided by the number of features.
    inner_folds : array_like of shape (n_train,), int
        The inner fold of each image of `train`.

    Returns
    -------
    Prediction

    Raises
    ------
    ParameterError
        If there are fewer than two inner folds, or the arrays do not fit each other.

    Notes
    -----
    Features are standardised over all images of `train`; the inner folds, which choose nothing but the
    penalty, have their own means and share this scale. The same is `GridSearchCV` of scikit-learn behind its
    `StandardScaler`. The kernel form is taken where images are fewer than features. In both forms all
    channels share the decompositions, one for each inner fold and one for all images.

    References
    ----------
    Dupré la Tour et al. (2022), NeuroImage 264: 119728 (himalaya).
    """
    values = np.asarray(responses)
    dtype = "float64" if values.dtype == np.float64 else "float32"
    values = np.ascontiguousarray(values, dtype=dtype)
    folds = np.asarray(inner_folds)
    x, z = standardise(train, test, dtype)
    if len(x) != len(values) or folds.shape != (len(x),) or x.shape[1] != z.shape[1]:
        raise ParameterError(
            f"Features of shapes {x.shape} and {z.shape}, responses of shape {values.shape} and inner folds "
            f"of shape {folds.shape} do not fit each other; give a row for each image, and the same features."
        )
    if len(np.unique(folds)) < 2:
        raise ParameterError(
            "The penalty of ridge is chosen in at least two inner folds, and all images are in one; set "
            "encoding.n_inner_folds, or give more images or groups of images."
        )
    if not np.any(x):
        nothing = np.repeat(values.mean(axis=0, keepdims=True), len(z), axis=0)
        worst = np.full(values.shape[1], max(penalties), dtype=dtype)
        return Prediction(nothing, worst, -values.var(axis=0))
    solve = _by_kernel if x.shape[0] <= x.shape[1] else _by_features
    return solve(x, z, values, np.asarray(sorted(penalties), dtype=dtype), folds)


def _by_kernel(x: Array, z: Array, y: Array, penalties: Array, folds: NDArray[np.intp]) -> Prediction:
    from himalaya.kernel_ridge import solve_kernel_ridge_cv_eigenvalues

    found, dual, scores, intercept = solve_kernel_ridge_cv_eigenvalues(
        x @ x.T, y, penalties, **solver_options(len(penalties), folds, y)
    )
    return Prediction((z @ x.T) @ dual + intercept, found, scores[0])


def _by_features(x: Array, z: Array, y: Array, penalties: Array, folds: NDArray[np.intp]) -> Prediction:
    from himalaya.ridge import solve_ridge_cv_svd

    found, weights, scores, intercept = solve_ridge_cv_svd(
        x, y, penalties, **solver_options(len(penalties), folds, y), warn=False
    )
    return Prediction(z @ weights + intercept, found, scores[0])


def solver_options(n_penalties: int, folds: NDArray[np.intp], y: Array) -> dict[str, object]:
    """Arguments of himalaya's solvers: an intercept, the error that is minimised, and how much at once.

    Parameters
    ----------
    n_penalties : int
    folds : ndarray of shape (n_train,), int
        The inner fold of each image.
    y : ndarray of shape (n_train, n_channels)

    Returns
    -------
    dict
    """
    from himalaya.scoring import l2_neg_loss
    from sklearn.model_selection import PredefinedSplit

    largest = int(np.bincount(folds).max())
    batch = min(max(_BATCH_VALUES // (n_penalties * largest), 1), _MOST_CHANNELS_OF_A_BATCH)
    return {
        "score_func": l2_neg_loss,
        "cv": PredefinedSplit(folds),
        "fit_intercept": True,
        "n_targets_batch": batch,
        "n_targets_batch_refit": batch,
        "n_alphas_batch": min(max(_MATRIX_VALUES // len(y) ** 2, 1), n_penalties),
    }
