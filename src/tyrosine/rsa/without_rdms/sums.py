"""Similarities from sums over pairs of stimuli."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import RDMError

FloatArray = NDArray[np.float64]

ROUNDING = 1e-12
"""Share of the second moment below which a variance is rounding."""


@dataclass(frozen=True)
class Sums:
    """Sums over all ordered pairs of different stimuli, of dissimilarities less the mean of their RDM.

    In resamples `products`, the squares, the totals and `n_pairs` have a first axis of resamples, and sums of
    rows are NaN.

    Attributes
    ----------
    products : ndarray of shape (k, m), float64
        Of each RDM of one set with each of another.
    squares_a, squares_b : ndarray of shape (k,) and (m,), float64
    totals_a, totals_b : ndarray of shape (k,) and (m,), float64
        Zero but in resamples.
    n_pairs : float or ndarray of shape (n_resamples,)
        Number of the pairs, or the sum of their weights.
    means_a, means_b : ndarray of shape (k,) and (m,), float64
        The means that were taken away.
    rows : ndarray of shape (k, m), float64
        Products of the sums over the rows of two RDMs, summed over rows.
    rows_a, rows_b : ndarray of shape (k,) and (m,), float64
        The same of each RDM with itself.
    n_stimuli : int
    """

    products: FloatArray
    squares_a: FloatArray
    squares_b: FloatArray
    totals_a: FloatArray
    totals_b: FloatArray
    n_pairs: float | FloatArray
    means_a: FloatArray
    means_b: FloatArray
    rows: FloatArray
    rows_a: FloatArray
    rows_b: FloatArray
    n_stimuli: int


def pearson(sums: Sums) -> FloatArray:
    """Pearson's correlation."""
    n_pairs = np.asarray(sums.n_pairs)[..., None]
    mean_a, mean_b = sums.totals_a / n_pairs, sums.totals_b / n_pairs
    squares_a, squares_b = sums.squares_a / n_pairs, sums.squares_b / n_pairs
    products = sums.products / n_pairs[..., None] - mean_a[..., None] * mean_b[..., None, :]
    return _scaled(
        products,
        _beyond_rounding(squares_a - mean_a**2, squares_a),
        _beyond_rounding(squares_b - mean_b**2, squares_b),
    )


def cosine(sums: Sums) -> FloatArray:
    """The cosine of the angle of two RDMs, means and all."""
    n_pairs = np.asarray(sums.n_pairs)[..., None]
    a, b = sums.means_a, sums.means_b
    products = (
        sums.products
        + a[:, None] * sums.totals_b[..., None, :]
        + b * sums.totals_a[..., None]
        + np.outer(a, b) * n_pairs[..., None]
    )
    return _scaled(
        products,
        sums.squares_a + 2.0 * a * sums.totals_a + a**2 * n_pairs,
        sums.squares_b + 2.0 * b * sums.totals_b + b**2 * n_pairs,
    )


def pearson_whitened(sums: Sums) -> FloatArray:
    """Pearson's correlation of whitened RDMs: the cosine after double centring of centred RDMs."""
    n = sums.n_stimuli
    return _scaled(
        sums.products - 2.0 / n * sums.rows,
        sums.squares_a - 2.0 / n * sums.rows_a,
        sums.squares_b - 2.0 / n * sums.rows_b,
    )


def cosine_whitened(sums: Sums) -> FloatArray:
    """The cosine of whitened RDMs, which is linear CKA of the points without a correction of its bias."""
    n, a, b = sums.n_stimuli, sums.means_a, sums.means_b
    return _scaled(
        sums.products - 2.0 / n * sums.rows + (n - 1) * np.outer(a, b),
        sums.squares_a - 2.0 / n * sums.rows_a + (n - 1) * a**2,
        sums.squares_b - 2.0 / n * sums.rows_b + (n - 1) * b**2,
    )


def debiased_cka(sums: Sums) -> FloatArray:
    """Debiased linear CKA of the points."""
    n = sums.n_stimuli
    if n < 4:
        raise RDMError(f"Debiased CKA needs at least four stimuli, got {n}; compare by another method.")
    return _scaled(
        sums.products - 2.0 / (n - 2) * sums.rows,
        _beyond_rounding(sums.squares_a - 2.0 / (n - 2) * sums.rows_a, sums.squares_a),
        _beyond_rounding(sums.squares_b - 2.0 / (n - 2) * sums.rows_b, sums.squares_b),
    )


def _beyond_rounding(variance: FloatArray, squares: FloatArray) -> FloatArray:
    """The variances, NaN where one is rounding."""
    return np.where(variance > ROUNDING * squares, variance, np.nan)


def _scaled(products: FloatArray, squares_a: FloatArray, squares_b: FloatArray) -> FloatArray:
    """Products by the roots of two squares, NaN where one of these is not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (np.where(squares > 0, squares, np.nan) for squares in (squares_a, squares_b))
        return np.clip(products / np.sqrt(a[..., None] * b[..., None, :]), -1.0, 1.0)
