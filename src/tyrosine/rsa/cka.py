"""Centred kernel alignment: how alike two sets of features are, without RDMs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import RDMError

FloatArray = NDArray[np.float64]


def cka(features_a: ArrayLike, features_b: ArrayLike) -> float:
    """Debiased linear centred kernel alignment of two sets of features.

    Parameters
    ----------
    features_a : array_like of shape (n_stimuli, d_a)
        One row a stimulus; accumulated in float64.
    features_b : array_like of shape (n_stimuli, d_b)
        The same stimuli in the same order; the number of features may differ.

    Returns
    -------
    similarity : float
        1 for features that are the same up to rotation, scale and offset; 0 in expectation for unrelated
        ones, however many features there are, so it may be negative.

    Raises
    ------
    RDMError
        If the stimuli differ in number, are fewer than four, or if the features are not finite or do not
        vary over stimuli.

    References
    ----------
    Kornblith et al. (2019), ICML; Song et al. (2012), JMLR 13: 1393-1434 (the unbiased estimator, here by
    the U-centring of Székely & Rizzo (2014), Ann Stat 42: 2382-2412).
    """
    a, b = _u_centred_kernel(features_a, "first"), _u_centred_kernel(features_b, "second")
    if a.shape != b.shape:
        raise RDMError(
            f"Features of {len(a)} and of {len(b)} stimuli cannot be compared; take the same stimuli."
        )
    own = np.vdot(a, a) * np.vdot(b, b)
    return float(np.vdot(a, b) / np.sqrt(own))


def _u_centred_kernel(features: ArrayLike, which: str) -> FloatArray:
    array = np.asarray(features, dtype=np.float64)
    if array.ndim != 2 or len(array) < 4:
        raise RDMError(
            f"The {which} features have shape {array.shape}; debiased CKA needs (n_stimuli, n_features) "
            "with at least four stimuli."
        )
    if not np.isfinite(array).all():
        raise RDMError(f"The {which} features have NaN or infinite values; extract them again.")
    n = len(array)
    centred = array - array.mean(axis=0)
    kernel = centred @ centred.T
    scale = np.abs(kernel).max()
    np.fill_diagonal(kernel, 0.0)
    sums = kernel.sum(axis=0) / (n - 2)
    kernel += sums.sum() / (n - 1) - sums[:, None] - sums[None, :]
    np.fill_diagonal(kernel, 0.0)
    if not np.abs(kernel).max() > 1e-12 * scale:
        raise RDMError(f"The {which} features do not vary over stimuli, so their CKA is undefined.")
    return kernel
