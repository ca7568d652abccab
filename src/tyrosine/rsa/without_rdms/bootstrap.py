"""Bootstrap of similarities over stimuli without RDMs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.parameters.measures import METHODS, resolve
from tyrosine.rsa.without_rdms import weighted_dimensions, weighted_stimuli
from tyrosine.rsa.without_rdms.comparison import check_method, check_patterns
from tyrosine.rsa.without_rdms.draws import Draws
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.without_rdms.sums import Sums
from tyrosine.rsa.workers import choose_device, slices

FloatArray = NDArray[np.float64]

# Resamples whose sums are computed together.
_CHUNK_RESAMPLES = 1024


def bootstrap_patterns(
    a: Sequence[Patterns],
    b: Sequence[Patterns],
    counts: ArrayLike,
    method: str = "pearson",
    *,
    groups: ArrayLike | None = None,
    device: str = "auto",
) -> FloatArray:
    """Similarity of each pattern set of one list to each of another in each resample of the stimuli.

    Parameters
    ----------
    a : sequence of Patterns
        Of k regions, say.
    b : sequence of Patterns
        Of m models, over the same stimuli in the same order.
    counts : array_like of shape (n_resamples, n_stimuli)
        How often each stimulus was drawn. Pairs of a stimulus with itself never enter. Where whole groups are
        drawn, each stimulus counts as often as its group.
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `of_sums` and `bootstrap`.
    groups : array_like of shape (n_stimuli,), int, optional
        Number of the group of each stimulus, from zero. A group that was drawn c times brings the pairs of
        its own stimuli c times, and no pairs of one copy of itself with another.
    device : {"auto", "cpu", "cuda"}
        `auto` takes a GPU where torch sees one and the work is large.

    Returns
    -------
    similarity : ndarray of shape (n_resamples, k, m), float64
        Equal to `tyrosine.rsa.bootstrap.bootstrap_stimuli` of the RDMs within 1e-9; NaN where an RDM has no
        variance in a resample.

    Raises
    ------
    ParameterError
        If the method has no stimulus bootstrap without RDMs, the counts are no counts of these stimuli or
        differ within a group, or the device is not there.
    RDMError
        If the patterns are over different numbers of stimuli.

    Notes
    -----
    With M the entries of one RDM times those of another, and weights w of the stimuli, the sum over pairs is
    wᵀMw: for all resamples one product of M and all weights. Blocks of M are made of the points and gone at
    once. This costs n² / 2 multiplications a resample and pair of RDMs, for any number of dimensions. The
    products of dimensions cost n p d for points of p and d dimensions, and are taken where that is less.

    References
    ----------
    Nili et al. (2014), PLoS Comput Biol 10(4): e1003553 (bootstrap of stimuli, without the zeros of a
    stimulus with itself).
    """
    check_method(method, "bootstrap")
    n_stimuli = check_patterns(a, b)
    draws = Draws.of(counts, groups, n_stimuli)
    of_dimensions = weighted_dimensions.multiplications(a, b, draws)
    of_stimuli = weighted_stimuli.multiplications(a, b, draws)
    device = choose_device(device, min(of_dimensions, of_stimuli))
    way = weighted_dimensions if of_dimensions < of_stimuli else weighted_stimuli
    similarity = np.empty((draws.n_resamples, len(a), len(b)))
    for resamples in slices(draws.n_resamples, _CHUNK_RESAMPLES):
        chunk = draws.part(resamples)
        if device == "cpu":
            products, squares_a, squares_b = way.sum_products(a, b, chunk)
        else:
            products, squares_a, squares_b = way.sum_products_on_gpu(a, b, chunk, device)
        similarity[resamples] = _similarities(a, b, chunk, products, squares_a, squares_b, method)
    return similarity


def _similarities(
    a: Sequence[Patterns],
    b: Sequence[Patterns],
    draws: Draws,
    products: FloatArray,
    squares_a: FloatArray,
    squares_b: FloatArray,
    method: str,
) -> FloatArray:
    """Similarities from the sums of products, of shape (n_resamples, ...)."""
    sums = Sums(
        products=products,
        squares_a=squares_a,
        squares_b=squares_b,
        totals_a=np.stack([draws.totals(one) for one in a], axis=1),
        totals_b=np.stack([draws.totals(one) for one in b], axis=1),
        n_pairs=draws.n_pairs,
        means_a=np.array([one.mean_dissimilarity for one in a]),
        means_b=np.array([one.mean_dissimilarity for one in b]),
        rows=np.full((len(a), len(b)), np.nan),
        rows_a=np.full(len(a), np.nan),
        rows_b=np.full(len(b), np.nan),
        n_stimuli=a[0].n_stimuli,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return resolve(METHODS[method].of_sums)(sums)
