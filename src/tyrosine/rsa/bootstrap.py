"""Bootstrap of the similarity of RDMs over stimuli, subjects and both, without resampling an RDM."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.correlation import sort
from tyrosine.rsa.similarity import check_rdms, number_of_stimuli

FloatArray = NDArray[np.float64]

METHODS = ("pearson", "spearman", "cosine")
"""Methods of similarity that have a stimulus bootstrap."""

# Values that a temporary array may hold: 64 MB in float64.
_CHUNK_VALUES = 8_000_000
# Fewer stimuli leave no more than one pair of distinct ones, and no similarity.
_LEAST_STIMULI = 3
# Share of the second moment below which a weighted variance is rounding.
_ROUNDING = 1e-12


def draw_counts(
    n_items: int, n_resamples: int, rng: np.random.Generator, least: int = 1
) -> NDArray[np.int64]:
    """How often each item is drawn in each bootstrap resample.

    Parameters
    ----------
    n_items : int
        Number of stimuli or of subjects.
    n_resamples : int
    rng : numpy.random.Generator
    least : int
        Number of distinct items below which a resample is drawn again.

    Returns
    -------
    counts : ndarray of shape (n_resamples, n_items), int64
        Each row sums to n_items.

    Raises
    ------
    ParameterError
        If there is no resample to draw, or there are fewer items than `least`.
    """
    if n_resamples < 1:
        raise ParameterError(f"A bootstrap needs at least one resample, got {n_resamples}.")
    if n_items < max(1, least):
        raise ParameterError(f"A bootstrap needs at least {max(1, least)} items to draw from, got {n_items}.")
    uniform = np.full(n_items, 1.0 / n_items)
    counts = rng.multinomial(n_items, uniform, size=n_resamples)
    while (poor := np.count_nonzero(counts, axis=1) < least).any():
        counts[poor] = rng.multinomial(n_items, uniform, size=int(poor.sum()))
    return counts


def draw_stimulus_counts(n_stimuli: int, n_resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw counts of stimuli, at least three distinct ones in each resample, as rsatoolbox wants.

    Parameters
    ----------
    n_stimuli, n_resamples : int
    rng : numpy.random.Generator

    Returns
    -------
    counts : ndarray of shape (n_resamples, n_stimuli), int64
    """
    return draw_counts(n_stimuli, n_resamples, rng, least=_LEAST_STIMULI)


def bootstrap_stimuli(
    rdms_a: ArrayLike, rdms_b: ArrayLike, counts: ArrayLike, method: str = "pearson"
) -> FloatArray:
    """Similarity of each RDM of one set to each of another in each resample of the stimuli.

    Parameters
    ----------
    rdms_a : array_like of shape (k, n_pairs)
        Condensed RDMs.
    rdms_b : array_like of shape (m, n_pairs)
        Condensed RDMs over the same stimuli in the same order.
    counts : array_like of shape (n_resamples, n_stimuli)
        How often each stimulus was drawn. Pairs of a stimulus with itself never enter.
    method : {"pearson", "spearman", "cosine"}

    Returns
    -------
    similarity : ndarray of shape (n_resamples, k, m), float64
        NaN where an RDM has no variance in a resample.

    Raises
    ------
    ParameterError
        If the method has no stimulus bootstrap, or the counts are no counts of these stimuli.
    RDMError
        If the RDMs differ in length or are not finite.

    Notes
    -----
    A pair of distinct stimuli i, j enters a resample c_i c_j times, so each moment of the resampled RDMs is
    an inner product of the condensed RDMs (or their squares and products) with the weights c_i c_j, and all
    resamples together are one matrix product. The mid-rank of an entry is the weight of all smaller ones,
    plus half that of its equals, plus one half: cumulative sums of the weights in sorted order. Memory
    beyond the result is bounded by chunks.

    References
    ----------
    Nili et al. (2014), PLoS Comput Biol 10(4): e1003553 (bootstrap of stimuli, without the zeros of a
    stimulus with itself).
    """
    if method not in METHODS:
        raise ParameterError(
            f"Method {method!r} has no stimulus bootstrap; choose one of {', '.join(METHODS)}."
        )
    a, b = check_rdms(rdms_a, "first"), check_rdms(rdms_b, "second")
    if a.shape[1] != b.shape[1]:
        raise RDMError(
            f"RDMs of {a.shape[1]} and of {b.shape[1]} pairs cannot be compared; align them first."
        )
    n_stimuli = number_of_stimuli(a.shape[1])
    weights = np.asarray(counts, dtype=np.float64)
    if weights.ndim != 2 or weights.shape[1] != n_stimuli or not len(weights) or (weights < 0).any():
        raise ParameterError(
            f"Counts of shape {weights.shape} do not fit RDMs over {n_stimuli} stimuli; expected "
            "(n_resamples, n_stimuli), zero or larger, with at least one resample."
        )
    if method == "spearman":
        return _spearman(a, b, weights)
    return _moments(a, b, weights, centred=method == "pearson")


def _moments(a: FloatArray, b: FloatArray, counts: FloatArray, *, centred: bool) -> FloatArray:
    """Pearson's correlation or the cosine from weighted sums of all products."""
    if centred:
        # Correlations do not see it, and the differences of moments below lose fewer digits.
        a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    result = np.empty((len(counts), len(a), len(b)))
    # Blocks of b, so that the sums of products stay small for any number of models.
    n_models = max(1, min(len(b), 2048 // len(a)))
    for start in range(0, len(b), n_models):
        block = b[start : start + n_models]
        for resamples in _slices(len(counts), 2048):
            sums = _weighted_sums(a, block, counts[resamples])
            result[resamples, :, start : start + n_models] = _correlate(
                sums, len(a), len(block), counts[resamples], centred
            )
    return result


def _weighted_sums(a: FloatArray, b: FloatArray, counts: FloatArray) -> FloatArray:
    """Sums over pairs of a, b, a², b² and all products a·b, weighted by c_i c_j.

    Returns an array of shape (2k + 2m + k·m, n_resamples).
    """
    k, m, n_stimuli = len(a), len(b), counts.shape[1]
    n_terms = 2 * (k + m) + k * m
    by_stimulus = np.ascontiguousarray(counts.T)
    size = min(max(n_stimuli, _CHUNK_VALUES // max(n_terms, len(counts))), a.shape[1])
    weights, terms = np.empty((size, len(counts))), np.empty((n_terms, size))
    sums, product = np.zeros((n_terms, len(counts))), np.empty((n_terms, len(counts)))
    row = pair = 0
    while row < n_stimuli - 1:
        filled = 0
        while row < n_stimuli - 1 and filled + n_stimuli - 1 - row <= size:
            length = n_stimuli - 1 - row
            np.multiply(by_stimulus[row], by_stimulus[row + 1 :], out=weights[filled : filled + length])
            filled, row = filled + length, row + 1
        x, y = a[:, pair : pair + filled], b[:, pair : pair + filled]
        used = terms[:, :filled]
        used[:k], used[k : k + m] = x, y
        np.square(x, out=used[k + m : 2 * k + m])
        np.square(y, out=used[2 * k + m : 2 * (k + m)])
        np.multiply(x[:, None], y[None], out=terms[2 * (k + m) :].reshape(k, m, size)[:, :, :filled])
        np.matmul(used, weights[:filled], out=product)
        sums += product
        pair += filled
    return sums


def _correlate(sums: FloatArray, k: int, m: int, counts: FloatArray, centred: bool) -> FloatArray:
    total = (counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        means = sums / total
        first_a, first_b, second_a, second_b = np.split(means[: 2 * (k + m)], [k, k + m, 2 * k + m])
        products = means[2 * (k + m) :].reshape(k, m, -1)
        if centred:
            variance_a, variance_b = second_a - first_a**2, second_b - first_b**2
            products = products - first_a[:, None] * first_b[None]
        else:
            variance_a, variance_b = second_a, second_b
        variance_a = np.where(variance_a > _ROUNDING * second_a, variance_a, np.nan)
        variance_b = np.where(variance_b > _ROUNDING * second_b, variance_b, np.nan)
        products = products / np.sqrt(variance_a[:, None] * variance_b[None])
    return np.clip(products, -1.0, 1.0).transpose(2, 0, 1)


class _Order:
    """An RDM sorted once: where each entry lies, and which entries are equal."""

    def __init__(self, rdm: FloatArray) -> None:
        self.order, ordered = sort(rdm)
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.starts = None if len(starts) == len(rdm) else starts
        self.lengths = np.diff(np.r_[starts, len(rdm)])

    def centred_ranks(self, weights: FloatArray, out: FloatArray) -> None:
        """Twice the weighted mid-ranks minus twice their mean, in the order of the pairs."""
        ordered = weights[self.order]
        if self.starts is None:
            ends = np.cumsum(ordered)
            total = ends[-1]
            ends *= 2.0
            ends -= ordered
        else:
            tied = np.add.reduceat(ordered, self.starts)
            ends = np.cumsum(tied)
            total = ends[-1]
            ends = np.repeat(2.0 * ends - tied, self.lengths)
        # A mid-rank is end - weight / 2 + 1 / 2, and the mean of all is (total + 1) / 2.
        ends -= total
        out[self.order] = ends


def _spearman(a: FloatArray, b: FloatArray, counts: FloatArray) -> FloatArray:
    rows, columns = np.triu_indices(counts.shape[1], k=1)
    orders_a, orders_b = [_Order(rdm) for rdm in a], [_Order(rdm) for rdm in b]
    ranks_a, ranks_b = np.empty_like(a), np.empty_like(b)
    result = np.empty((len(counts), len(a), len(b)))
    for resample, drawn in enumerate(counts):
        weights = drawn[rows] * drawn[columns]
        roots = np.sqrt(weights)
        for orders, ranks in ((orders_a, ranks_a), (orders_b, ranks_b)):
            for order, row in zip(orders, ranks):
                order.centred_ranks(weights, row)
            ranks *= roots
        squares_a = np.einsum("ip,ip->i", ranks_a, ranks_a)
        squares_b = np.einsum("ip,ip->i", ranks_b, ranks_b)
        norms = np.sqrt(np.outer(squares_a, squares_b))
        # Sums of products of whole numbers: without variance they are zero and not merely small.
        norms[norms == 0.0] = np.nan
        result[resample] = ranks_a @ ranks_b.T / norms
    return np.clip(result, -1.0, 1.0)


def bootstrap_means(
    similarity: ArrayLike,
    resampled: ArrayLike,
    subject_counts: ArrayLike,
) -> dict[str, FloatArray]:
    """Mean similarity over subjects in each resample of subjects, of stimuli and of both.

    Parameters
    ----------
    similarity : array_like of shape (n_subjects, m)
        Of each subject to each model, for all stimuli.
    resampled : array_like of shape (n_resamples, n_subjects, m)
        The same in each resample of the stimuli, from `bootstrap_stimuli`.
    subject_counts : array_like of shape (n_resamples, n_subjects)
        How often each subject was drawn.

    Returns
    -------
    dict of str to ndarray of shape (n_resamples, m)
        `both`, `subjects` and `stimuli`; `both` has the same draws as the other two.
    """
    plain, by_stimuli = np.asarray(similarity, dtype=np.float64), np.asarray(resampled, dtype=np.float64)
    shares = np.asarray(subject_counts, dtype=np.float64)
    shares = shares / shares.sum(axis=1, keepdims=True)
    return {
        "both": np.einsum("bs,bsm->bm", shares, by_stimuli),
        "subjects": shares @ plain,
        "stimuli": by_stimuli.mean(axis=1),
    }


def two_factor_variance(
    both: ArrayLike, subjects: ArrayLike, stimuli: ArrayLike, n_subjects: int, n_stimuli: int
) -> FloatArray:
    """Variance of a mean similarity over new subjects and new stimuli, from three bootstrap variances.

    The plain bootstrap over both factors counts the noise of single measurements more than once; this
    correction takes it out and keeps within the bounds that the parts set.

    Parameters
    ----------
    both, subjects, stimuli : array_like of shape (...)
        Variances over resamples of both factors, of subjects alone, of stimuli alone.
    n_subjects, n_stimuli : int
        At least two each.

    Returns
    -------
    variance : ndarray of shape (...), float64

    Raises
    ------
    ParameterError
        With fewer than two subjects or stimuli.

    References
    ----------
    Schütt et al. (2023), eLife 12: e82566, equation for small samples; rsatoolbox's dual bootstrap.
    """
    if min(n_subjects, n_stimuli) < 2:
        raise ParameterError(
            f"A bootstrap over subjects and stimuli needs at least two of each, got {n_subjects} subjects "
            f"and {n_stimuli} stimuli."
        )
    v_both, v_subjects, v_stimuli = (
        np.asarray(variance, dtype=np.float64) for variance in (both, subjects, stimuli)
    )
    by_subjects, by_stimuli = n_subjects / (n_subjects - 1), n_stimuli / (n_stimuli - 1)
    corrected = (
        by_subjects * v_subjects
        + by_stimuli * v_stimuli
        - by_subjects * by_stimuli * (v_both - v_subjects - v_stimuli)
    )
    least = np.maximum(by_subjects * v_subjects, by_stimuli * v_stimuli)
    return np.minimum(np.maximum(corrected, least), v_both)


def bootstrap_variances(
    means: dict[str, FloatArray], n_subjects: int, n_stimuli: int
) -> dict[str, FloatArray]:
    """Sampling variance of each column of `bootstrap_means`, corrected for small samples.

    Parameters
    ----------
    means : dict of str to ndarray of shape (n_resamples, m)
        `both`, `subjects` and `stimuli`; resamples with NaN are left out.
    n_subjects, n_stimuli : int

    Returns
    -------
    dict of str to ndarray of shape (m,)
        Under the same keys; NaN for a factor with one member, or with fewer than two resamples.

    References
    ----------
    Schütt et al. (2023), eLife 12: e82566.
    """
    plain = {}
    for name, values in means.items():
        good = np.isfinite(values).all(axis=1)
        plain[name] = values[good].var(axis=0, ddof=1) if good.sum() > 1 else np.full(values.shape[1], np.nan)
    nowhere = np.full_like(plain["both"], np.nan)
    enough = {"subjects": n_subjects > 1, "stimuli": n_stimuli > 1}
    sizes = {"subjects": n_subjects, "stimuli": n_stimuli}
    variances = {
        name: plain[name] * sizes[name] / (sizes[name] - 1) if enough[name] else nowhere for name in sizes
    }
    variances["both"] = (
        two_factor_variance(plain["both"], plain["subjects"], plain["stimuli"], n_subjects, n_stimuli)
        if all(enough.values())
        else nowhere
    )
    return variances


def _slices(total: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, total)) for start in range(0, total, step)]
