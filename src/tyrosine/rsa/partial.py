"""How similar RDMs are once other RDMs are taken out of both: partial correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.correlation import rank
from tyrosine.rsa.similarity import check_rdms

FloatArray = NDArray[np.float64]

PARTIAL_METHODS = ("pearson", "spearman")
"""Methods that have a partial similarity: of dissimilarities, and of their ranks."""
# Share of its variance below which what is left of an RDM is rounding.
_ROUNDING = 1e-9


def partial_similarity(
    rdms_a: ArrayLike, rdms_b: ArrayLike, given: ArrayLike, method: str = "pearson"
) -> FloatArray:
    """Correlation of each RDM of one set with each of another, after other RDMs are regressed out of both.

    Parameters
    ----------
    rdms_a : array_like of shape (k, n_pairs)
        Condensed RDMs.
    rdms_b : array_like of shape (m, n_pairs)
        Condensed RDMs over the same stimuli in the same order.
    given : array_like of shape (c, n_pairs)
        Condensed RDMs that are taken out by least squares, all together and with an intercept.
    method : str
        One of `PARTIAL_METHODS`; for `spearman` all RDMs are ranked first.

    Returns
    -------
    similarity : ndarray of shape (k, m), float64
        In [-1, 1]; NaN where nothing of an RDM is left.

    Raises
    ------
    ParameterError
        If the method has no partial similarity.
    RDMError
        If the RDMs differ in length or are not finite.

    Notes
    -----
    What is taken out is a linear function of the given RDMs. If these are noisy measures of what they stand
    for, a part of it stays behind, in both sides alike, and shows as partial similarity.

    References
    ----------
    Fisher (1924), Metron 3: 329-332 (partial correlation).
    """
    if method not in PARTIAL_METHODS:
        raise ParameterError(
            f"The method {method} has no partial similarity; choose one of {', '.join(PARTIAL_METHODS)}."
        )
    a, b, out = (
        check_rdms(rdms, name) for rdms, name in ((rdms_a, "first"), (rdms_b, "second"), (given, "given"))
    )
    if not a.shape[1] == b.shape[1] == out.shape[1]:
        raise RDMError(
            f"RDMs of {a.shape[1]}, {b.shape[1]} and {out.shape[1]} pairs cannot be compared; bring all to "
            "the same stimuli first (tyrosine.rsa.rdms.align)."
        )
    if method == "spearman":
        a, b, out = rank(a), rank(b), rank(out)
    basis = _basis(out)
    left_a, left_b = _residuals(a, basis), _residuals(b, basis)
    return np.clip(left_a @ left_b.T, -1.0, 1.0)


def _basis(given: FloatArray) -> FloatArray:
    """Orthonormal rows that span the given RDMs without their means."""
    centred = given - given.mean(axis=1, keepdims=True)
    scales = np.linalg.norm(centred, axis=1, keepdims=True)
    scaled = centred / np.where(scales > 0, scales, 1.0)
    _, values, rows = np.linalg.svd(scaled, full_matrices=False)
    return rows[values > _ROUNDING * max(values.max(initial=0.0), np.finfo(np.float64).tiny)]


def _residuals(rdms: FloatArray, basis: FloatArray) -> FloatArray:
    """What the basis leaves of each RDM, of length one; NaN where it leaves nothing."""
    centred = rdms - rdms.mean(axis=1, keepdims=True)
    left = centred - (centred @ basis.T) @ basis
    before, after = np.linalg.norm(centred, axis=1), np.linalg.norm(left, axis=1)
    there = after > np.sqrt(_ROUNDING) * before
    return np.where(there[:, None], left, np.nan) / np.where(there, after, 1.0)[:, None]
