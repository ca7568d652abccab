"""Bootstrap of the similarity of RDMs over stimuli, subjects and both, without resampling an RDM."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import METHODS, methods_that, resolve
from tyrosine.rsa.rank_bootstrap import correlate_ranks, correlate_ranks_on_gpu
from tyrosine.rsa.similarity import check_rdms, number_of_stimuli
from tyrosine.rsa.weighted_sums import sum_over_groups, sum_over_pairs, sum_over_pairs_on_gpu
from tyrosine.rsa.workers import choose_device, slices

FloatArray = NDArray[np.float64]

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
    rdms_a: ArrayLike,
    rdms_b: ArrayLike,
    counts: ArrayLike,
    method: str = "pearson",
    *,
    groups: ArrayLike | None = None,
    device: str = "auto",
) -> FloatArray:
    """Similarity of each RDM of one set to each of another in each resample of the stimuli.

    Parameters
    ----------
    rdms_a : array_like of shape (k, n_pairs)
        Condensed RDMs.
    rdms_b : array_like of shape (m, n_pairs)
        Condensed RDMs over the same stimuli in the same order.
    counts : array_like of shape (n_resamples, n_stimuli)
        How often each stimulus was drawn. Pairs of a stimulus with itself never enter. Where whole groups
        are drawn, each stimulus counts as often as its group.
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `bootstrap`.
    groups : array_like of shape (n_stimuli,), int, optional
        Number of the group of each stimulus, from zero. A group that was drawn c times brings the pairs of
        its own stimuli c times, and no pairs of one copy of itself with another.
    device : {"auto", "cpu", "cuda"}
        `auto` takes a GPU where torch sees one and the work is large.

    Returns
    -------
    similarity : ndarray of shape (n_resamples, k, m), float64
        NaN where an RDM has no variance in a resample.

    Raises
    ------
    ParameterError
        If the method has no stimulus bootstrap, the counts are no counts of these stimuli or differ within
        a group, or the device is not there.
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
    own = METHODS[method].bootstrap if method in METHODS else None
    if own is None:
        known = ", ".join(methods_that("bootstrap"))
        raise ParameterError(f"Method {method!r} has no stimulus bootstrap; choose one of {known}.")
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
    device = choose_device(device, float(a.size) * len(b) * len(weights))
    if groups is None:
        return resolve(own)(a, b, weights, device)
    members = np.asarray(groups)
    if members.shape != (n_stimuli,) or (weights != weights[:, _first_members(members)[members]]).any():
        raise ParameterError(
            f"Groups of shape {members.shape} do not fit counts of {n_stimuli} stimuli; expected the number "
            "of the group of each stimulus, and as many draws of each stimulus as of its group."
        )
    return resolve(own)(a, b, weights, device, members)


def _first_members(groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first stimulus of each group."""
    return np.unique(groups, return_index=True)[1]


def bootstrap_pearson(
    a: FloatArray, b: FloatArray, counts: FloatArray, device: str, groups: NDArray[np.intp] | None = None
) -> FloatArray:
    """Pearson's correlation in each resample, for `bootstrap_stimuli`."""
    return _moments(a, b, counts, centred=True, device=device, groups=groups)


def bootstrap_cosine(
    a: FloatArray, b: FloatArray, counts: FloatArray, device: str, groups: NDArray[np.intp] | None = None
) -> FloatArray:
    """The cosine in each resample, for `bootstrap_stimuli`."""
    return _moments(a, b, counts, centred=False, device=device, groups=groups)


def bootstrap_spearman(
    a: FloatArray, b: FloatArray, counts: FloatArray, device: str, groups: NDArray[np.intp] | None = None
) -> FloatArray:
    """Spearman's rank correlation in each resample, for `bootstrap_stimuli`."""
    return (correlate_ranks if device == "cpu" else correlate_ranks_on_gpu)(a, b, counts, groups=groups)


def _moments(
    a: FloatArray,
    b: FloatArray,
    counts: FloatArray,
    *,
    centred: bool,
    device: str = "cpu",
    groups: NDArray[np.intp] | None = None,
) -> FloatArray:
    """Pearson's correlation or the cosine from weighted sums of all products."""
    if centred:
        # Correlations do not change with the mean; without it the differences of moments keep more digits.
        a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    weighted_sums = sum_over_pairs if device == "cpu" else sum_over_pairs_on_gpu
    total = (counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)) / 2.0
    if groups is not None:
        sizes, drawn = np.bincount(groups), counts[:, _first_members(groups)]
        total = (counts.sum(axis=1) ** 2 - drawn**2 @ sizes**2) / 2.0 + drawn @ (sizes * (sizes - 1) / 2.0)
    result = np.empty((len(counts), len(a), len(b)))
    # Blocks of b, so that the sums of products stay small for any number of models.
    n_models = max(1, min(len(b), 2048 // len(a)))
    for start in range(0, len(b), n_models):
        block = b[start : start + n_models]
        for resamples in slices(len(counts), 1024):
            if groups is None:
                sums = weighted_sums(a, block, counts[resamples])
            else:
                sums = sum_over_groups(a, block, drawn[resamples], groups)
            result[resamples, :, start : start + n_models] = _correlate(
                sums, len(a), len(block), total[resamples], centred
            )
    return result


def _correlate(sums: FloatArray, k: int, m: int, total: FloatArray, centred: bool) -> FloatArray:
    """Similarities from sums and the total weight of all pairs, of shape (n_resamples,)."""
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
        # Not a product of BLAS, whose last bits depend on the number of its threads.
        "subjects": np.einsum("bs,sm->bm", shares, plain),
        "stimuli": by_stimuli.mean(axis=1),
    }


def two_factor_variance(
    both: ArrayLike, subjects: ArrayLike, stimuli: ArrayLike, n_subjects: int, n_stimuli: int
) -> FloatArray:
    """Variance of a mean similarity over new subjects and new stimuli, from three bootstrap variances.

    The plain bootstrap over both factors counts the noise of single measurements more than once. This
    correction takes the surplus out, and keeps the variance between the larger of its two parts and the
    variance of the plain bootstrap.

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
