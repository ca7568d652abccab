"""Least squares with weights of at least zero, from inner products alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Share of the largest below which a variance is rounding.
_ROUNDING = 1e-10


def nonnegative_weights(among: FloatArray, with_targets: FloatArray) -> FloatArray:
    """Non-negative weights of predictors, for each of several targets.

    Parameters
    ----------
    among : ndarray of shape (m, m)
        Inner products of the predictors with each other.
    with_targets : ndarray of shape (k, m)
        Inner products of each target with the predictors.

    Returns
    -------
    ndarray of shape (k, m), float64

    References
    ----------
    Lawson & Hanson (1974), Solving Least Squares Problems, ch. 23; `scipy.optimize.nnls`.
    """
    from scipy.optimize import nnls

    # Least squares depend on the predictors by their products alone: a root of these has few rows.
    values, vectors = np.linalg.eigh(among)
    kept = values > _ROUNDING * max(values.max(), np.finfo(np.float64).tiny)
    if not kept.any():
        return np.zeros_like(with_targets)
    roots = np.sqrt(values[kept])
    design = np.ascontiguousarray(roots[:, None] * vectors[:, kept].T)
    targets = with_targets @ vectors[:, kept] / roots
    return np.stack([nnls(design, target)[0] for target in targets])
