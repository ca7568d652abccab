"""Banded ridge: several spaces of features at once, each with a weight of its own for each channel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.encoding.ridge import solver_options, standardise
from tyrosine.errors import ParameterError

Array = NDArray[np.floating]

# himalaya's group ridge scales the features by the root of their share and back, which zero does not allow.
_LEAST_SHARE = 1e-10


def share_lattice(n_spaces: int, steps: int) -> NDArray[np.float64]:
    """Shares of spaces of features that are multiples of 1 / steps and add up to one.

    Parameters
    ----------
    n_spaces, steps : int

    Returns
    -------
    ndarray of shape (n_candidates, n_spaces), float64
        The first one is as equal as can be; each space alone is among them.
    """
    bars = combinations(range(steps + n_spaces - 1), n_spaces - 1)
    counts = np.array([np.diff([-1, *bar, steps + n_spaces - 1]) - 1 for bar in bars])
    order = np.argsort(counts.var(axis=1), kind="stable")
    return counts[order] / steps


def predict_banded(
    train: Sequence[ArrayLike],
    test: Sequence[ArrayLike],
    responses: ArrayLike,
    penalties: Sequence[float],
    shares: ArrayLike,
    inner_folds: ArrayLike,
) -> Array:
    """Fit ridge from several spaces of features, with shares and penalty of each channel from inner folds.

    Parameters
    ----------
    train, test : sequence of array_like of shape (n_train, n_features) and (n_test, n_features)
        Features of each space. Each is standardised by the images of `train`, and its kernel has a mean
        eigenvalue of about one however many features it has.
    responses : array_like of shape (n_train, n_channels)
        Their type, float32 or float64, is that of the arithmetic.
    penalties : sequence of float
        As for `tyrosine.encoding.ridge.predict_responses`.
    shares : array_like of shape (n_candidates, n_spaces)
        How much each space counts: the kernel that is fitted is the sum of the kernels with these weights.
    inner_folds : array_like of shape (n_train,), int

    Returns
    -------
    ndarray of shape (n_test, n_channels)

    Raises
    ------
    ParameterError
        If there is no space of features.

    Notes
    -----
    himalaya's search over candidates, as multiple-kernel ridge where images are fewer than features, and as
    group ridge elsewhere.

    References
    ----------
    Dupré la Tour et al. (2022), NeuroImage 264: 119728; Nunez-Elizalde et al. (2019), NeuroImage 197:
    482-492.
    """
    if not len(train):
        raise ParameterError("Banded ridge needs a space of features at least; give the features of a model.")
    values = np.asarray(responses)
    dtype = "float64" if values.dtype == np.float64 else "float32"
    y = np.ascontiguousarray(values, dtype=dtype)
    spaces = [standardise(x, z, dtype) for x, z in zip(train, test, strict=True)]
    candidates = np.asarray(shares, dtype=dtype)
    options = solver_options(len(penalties), np.asarray(inner_folds), y)
    grid = np.asarray(sorted(penalties), dtype=dtype)
    # The logarithm of a share of zero is minus infinity, which himalaya handles.
    with np.errstate(divide="ignore"):
        if len(y) <= sum(x.shape[1] for x, _ in spaces):
            return _by_kernels(spaces, y, grid, candidates, options)
        return _by_features(spaces, y, grid, candidates, options)


def _by_kernels(
    spaces: list[tuple[Array, Array]], y: Array, penalties: Array, shares: Array, options: dict[str, object]
) -> Array:
    from himalaya.kernel_ridge import (
        predict_weighted_kernel_ridge,
        solve_multiple_kernel_ridge_random_search,
    )

    kernels = np.stack([x @ x.T for x, _ in spaces])
    deltas, dual, _, intercept = solve_multiple_kernel_ridge_random_search(
        kernels, y, n_iter=shares, alphas=penalties, return_weights="dual", progress_bar=False, **options
    )
    between = np.stack([z @ x.T for x, z in spaces])
    return predict_weighted_kernel_ridge(between, dual, deltas, intercept=intercept)


def _by_features(
    spaces: list[tuple[Array, Array]], y: Array, penalties: Array, shares: Array, options: dict[str, object]
) -> Array:
    from himalaya.ridge import solve_group_ridge_random_search

    _, weights, _, intercept = solve_group_ridge_random_search(
        [x for x, _ in spaces],
        y,
        n_iter=np.maximum(shares, _LEAST_SHARE),
        alphas=penalties,
        return_weights=True,
        progress_bar=False,
        warn=False,
        **options,
    )
    return np.concatenate([z for _, z in spaces], axis=1) @ weights + intercept
