"""How similar two sets of RDMs are, and how similar a model's RDM could be to the brain's."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import METHODS, Method, methods_that, resolve
from tyrosine.rsa.correlation import correlate, is_flat, rank, refuse_flat

FloatArray = NDArray[np.float64]


def compare(rdms_a: ArrayLike, rdms_b: ArrayLike, method: str = "pearson") -> FloatArray:
    """Similarity of each RDM of one set to each of another.

    Parameters
    ----------
    rdms_a : array_like of shape (k, n_pairs)
        Condensed RDMs.
    rdms_b : array_like of shape (m, n_pairs)
        Condensed RDMs over the same stimuli in the same order.
    method : str
        A key of `tyrosine.parameters.measures.METHODS`. `cka` takes the entries as squared distances of
        features, and is the debiased linear CKA of those features, as `tyrosine.rsa.cka.cka` has it.

    Returns
    -------
    similarity : ndarray of shape (k, m), float64
        In [-1, 1].

    Raises
    ------
    ParameterError
        If the method is unknown.
    RDMError
        If the RDMs differ in length, are not finite, or one of them has no variance; for the whitened
        methods and `cka` also if their length is not that of an RDM, for `cka` of one of four stimuli.

    References
    ----------
    Nili et al. (2014), PLoS Comput Biol 10(4): e1003553 (Kendall's tau a); Diedrichsen et al. (2021),
    Neurons, Behavior, Data Analysis, and Theory 5(3) (whitening); Székely & Rizzo (2014), Ann Stat 42:
    2382-2412 (U-centring, in which what distances and inner products differ by vanishes).
    """
    own = _method(method).compare
    a, b = _as_rdms(rdms_a, "first"), _as_rdms(rdms_b, "second")
    if a.shape[1] != b.shape[1]:
        raise RDMError(
            f"RDMs of {a.shape[1]} and of {b.shape[1]} pairs cannot be compared; "
            "bring both to the same stimuli first (tyrosine.rsa.rdms.align)."
        )
    with np.errstate(invalid="ignore", over="ignore"):
        similarity = resolve(own)(a, b) if own else prepare(a, method) @ prepare(b, method).T
    if not np.isfinite(similarity).all():
        # Looking through large RDMs beforehand takes as long as a quarter of their comparison.
        check_rdms(a, "first"), check_rdms(b, "second")
        raise RDMError("Sums over the RDMs overflow; scale the features that they are made of.")
    return np.clip(similarity, -1.0, 1.0)


def noise_ceiling(rdms: ArrayLike, method: str = "pearson") -> tuple[float, float]:
    """Lower and upper bound of the similarity that any model can reach.

    Parameters
    ----------
    rdms : array_like of shape (n_subjects, n_pairs)
        Condensed RDMs of one region, one row a subject.
    method : str
        A key of `tyrosine.parameters.measures.METHODS`.

    Returns
    -------
    lower, upper : float
        Mean similarity of each subject to the mean RDM of the others, and to the mean RDM of all; equal where
        rounding alone would put the lower bound above the upper one, as with equal RDMs.

    Raises
    ------
    ParameterError
        If the method is unknown.
    RDMError
        With fewer than two subjects: the lower bound is undefined.

    References
    ----------
    Nili et al. (2014), PLoS Comput Biol 10(4): e1003553.
    """
    lower = leave_one_out_similarity(rdms, method).mean()
    subjects = check_rdms(rdms, "given")
    upper = compare(subjects, pool(subjects, method).sum(axis=0)[None], method).mean()
    return float(min(lower, upper)), float(upper)


def leave_one_out_similarity(rdms: ArrayLike, method: str = "pearson") -> FloatArray:
    """Similarity of each subject's RDM to the mean RDM of the other subjects.

    Parameters
    ----------
    rdms : array_like of shape (n_subjects, n_pairs)
        Condensed RDMs of one region, one row a subject.
    method : str
        A key of `tyrosine.parameters.measures.METHODS`.

    Returns
    -------
    similarity : ndarray of shape (n_subjects,), float64
        Its mean is the lower noise ceiling.

    Raises
    ------
    ParameterError
        If the method is unknown.
    RDMError
        With fewer than two subjects.
    """
    subjects = check_rdms(rdms, "given")
    if len(subjects) < 2:
        raise RDMError(
            f"A noise ceiling needs at least two subjects, got {len(subjects)}; name more in study.subjects."
        )
    poolable = pool(subjects, method)
    total = poolable.sum(axis=0)
    return np.array(
        [
            compare(subject[None], (total - own)[None], method)[0, 0]
            for subject, own in zip(subjects, poolable)
        ]
    )


def jackknifed_ceiling(rdms: ArrayLike, method: str = "pearson") -> FloatArray:
    """The lower noise ceiling of each subject as a jackknife has it, for a test across subjects.

    Leave-one-out similarities of subjects depend on each other, each subject being among the others of all
    the rest, so that they spread too little. Those of the jackknife (Tukey 1958, Ann Math Stat 29: 614)
    spread as the ceiling itself varies when a subject is left out; they are centred on the ceiling of all.

    Parameters
    ----------
    rdms : array_like of shape (n_subjects, n_pairs)
        Condensed RDMs of one region, one row a subject.
    method : str
        A key of `tyrosine.parameters.measures.METHODS`.

    Returns
    -------
    ceiling : ndarray of shape (n_subjects,), float64
        Its mean is the lower noise ceiling.

    Raises
    ------
    ParameterError
        If the method is unknown.
    RDMError
        With fewer than three subjects.
    """
    subjects = check_rdms(rdms, "given")
    n = len(subjects)
    if n < 3:
        raise RDMError(
            f"A jackknife of the noise ceiling needs at least three subjects, got {n}; name more in "
            "study.subjects."
        )
    without = np.array(
        [leave_one_out_similarity(np.delete(subjects, s, axis=0), method).mean() for s in range(n)]
    )
    return leave_one_out_similarity(subjects, method).mean() + (n - 1) * (without.mean() - without)


def _method(name: str) -> Method:
    if name not in METHODS:
        raise ParameterError(f"Method {name!r} is unknown; choose one of {', '.join(METHODS)}.")
    return METHODS[name]


def prepare(rdms: FloatArray, method: str) -> FloatArray:
    """Condensed RDMs, scaled each by itself so that their inner products are similarities.

    Parameters
    ----------
    rdms : ndarray of shape (k, n_pairs)
        Finite.
    method : str
        A method whose entry has `prepare`.

    Raises
    ------
    ParameterError
        If the method is unknown, or its similarity is no inner product.
    RDMError
        If an RDM has no variance.
    """
    own = _method(method).prepare
    if own is None:
        raise ParameterError(
            f"Method {method!r} is no inner product; choose one of {', '.join(methods_that('prepare'))}."
        )
    return resolve(own)(rdms)


def pool(rdms: FloatArray, method: str) -> FloatArray:
    """Condensed RDMs, scaled each by itself so that their mean over subjects is most similar to all."""
    own = _method(method).pool
    return rdms if own is None else resolve(own)(rdms)


def check_rdms(rdms: ArrayLike, which: str) -> FloatArray:
    """Condensed RDMs as finite float64 of shape (n_rdms, n_pairs), or an `RDMError` naming the set."""
    array = _as_rdms(rdms, which)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise RDMError(f"RDM {row} of the {which} set has NaN or infinite values; compute it again.")
    return array


def _as_rdms(rdms: ArrayLike, which: str) -> FloatArray:
    array = np.asarray(rdms, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] < 2:
        raise RDMError(
            f"The {which} RDMs have shape {array.shape}; expected (n_rdms, n_pairs) with at least two pairs."
        )
    return array


def unit(rdms: FloatArray) -> FloatArray:
    """RDMs of length one, whose inner products are cosines."""
    norms = np.linalg.norm(rdms, axis=1, keepdims=True)
    refuse_flat(norms[:, 0] == 0)
    return rdms / norms


def centred_unit(rdms: FloatArray) -> FloatArray:
    """Centred RDMs of length one, whose inner products are Pearson's correlations."""
    # Rounding may leave a constant RDM a little off its mean.
    refuse_flat(is_flat(rdms))
    return unit(rdms - rdms.mean(axis=1, keepdims=True))


def ranked_unit(rdms: FloatArray) -> FloatArray:
    """Centred ranks of length one, whose inner products are Spearman's rank correlations."""
    return centred_unit(_ranks(rdms))


def _ranks(rdms: FloatArray) -> FloatArray:
    """Ranks of the entries of each RDM, whose order is not that of rounding."""
    refuse_flat(is_flat(rdms))
    return rank(rdms)


def number_of_stimuli(n_pairs: int) -> int:
    """Number of stimuli of a condensed RDM, or an `RDMError` if `n_pairs` is not of one."""
    n_stimuli = round((1 + np.sqrt(1 + 8 * n_pairs)) / 2)
    if n_stimuli * (n_stimuli - 1) // 2 != n_pairs:
        raise RDMError(
            f"{n_pairs} pairs are not the upper triangle of an RDM; all pairs of the stimuli are needed here."
        )
    return n_stimuli


def whitened_unit(rdms: FloatArray) -> FloatArray:
    """Double-centred RDMs with diagonal, scaled so that inner products are whitened cosines.

    The covariance of the entries of an RDM over independent conditions makes their whitened cosine that of
    the kernels -J D J / 2 (J subtracts the mean), so the matrix of n_pairs x n_pairs is never needed.
    """
    n_stimuli = number_of_stimuli(rdms.shape[1])
    rows, columns = np.triu_indices(n_stimuli, k=1)
    kernels = np.empty((len(rdms), rdms.shape[1] + n_stimuli))
    for kernel, rdm in zip(kernels, rdms):
        means = (np.bincount(rows, rdm, n_stimuli) + np.bincount(columns, rdm, n_stimuli)) / n_stimuli
        kernel[: len(rdm)] = np.sqrt(2.0) * (means[rows] + means[columns] - rdm - means.mean())
        kernel[len(rdm) :] = 2.0 * means - means.mean()
    return unit(kernels)


def centred_whitened_unit(rdms: FloatArray) -> FloatArray:
    """The RDMs of `whitened_unit` after centring, whose inner products are whitened correlations."""
    return whitened_unit(centred_unit(rdms))


def _u_centred_unit(rdms: FloatArray) -> FloatArray:
    """U-centred inner products of the features that the squared distances belong to, scaled to length one.

    |x - y|² = |x|² + |y|² - 2 x·y, and U-centring takes out whatever belongs to one stimulus alone.
    """
    n_stimuli = number_of_stimuli(rdms.shape[1])
    if n_stimuli < 4:
        raise RDMError(
            f"Debiased CKA needs at least four stimuli, got {n_stimuli}; compare by another method."
        )
    rows, columns = np.triu_indices(n_stimuli, k=1)
    centred = np.empty_like(rdms)
    for row, rdm in zip(centred, rdms):
        sums = (np.bincount(rows, rdm, n_stimuli) + np.bincount(columns, rdm, n_stimuli)) / (n_stimuli - 2)
        row[:] = sums[rows] + sums[columns] - rdm - sums.sum() / (n_stimuli - 1)
    # Rounding leaves something of features that are all equally far from each other.
    centred[np.abs(centred).max(axis=1) <= 1e-12 * np.abs(rdms).max(axis=1)] = 0.0
    return unit(centred)


def kendall_tau_a(a: FloatArray, b: FloatArray) -> FloatArray:
    """Kendall's tau a of every RDM of one set with every one of another.

    It is tau b, which SciPy has, with the number of all pairs in place of the pairs without ties.
    """
    from scipy.stats import kendalltau

    a, b = _with_variance(a), _with_variance(b)
    result = np.empty((len(a), len(b)))
    untied_a, untied_b = _untied_share(a), _untied_share(b)
    for i, row in enumerate(a):
        for j, column in enumerate(b):
            tau_b = kendalltau(row, column, method="asymptotic").statistic
            result[i, j] = tau_b * np.sqrt(untied_a[i] * untied_b[j])
    return result


def _untied_share(rdms: FloatArray) -> FloatArray:
    """Share of the pairs of entries of each RDM that differ."""
    n = rdms.shape[1]
    shares = np.empty(len(rdms))
    for row, rdm in enumerate(rdms):
        counts = np.unique(rdm, return_counts=True)[1].astype(np.float64)
        shares[row] = 1.0 - (counts * (counts - 1)).sum() / (n * (n - 1))
    return shares


def pearson(a: FloatArray, b: FloatArray) -> FloatArray:
    """Pearson's correlation of every RDM of one set with every one of another."""
    return correlate(a, b, centred=True)


def spearman(a: FloatArray, b: FloatArray) -> FloatArray:
    """Spearman's rank correlation of every RDM of one set with every one of another."""
    return correlate(_ranks(a), _ranks(b), centred=True)


def cosine(a: FloatArray, b: FloatArray) -> FloatArray:
    """Cosine of the angle of every RDM of one set with every one of another."""
    return correlate(a, b, centred=False)


def debiased_cka(a: FloatArray, b: FloatArray) -> FloatArray:
    """Debiased linear CKA of the features that every two RDMs of squared distances belong to."""
    return _u_centred_unit(a) @ _u_centred_unit(b).T


def u_centred_products(rdms: FloatArray) -> FloatArray:
    """U-centred squared distances: the negative of U-centred inner products, of length one."""
    return -_u_centred_unit(rdms)


def _with_variance(rdms: FloatArray) -> FloatArray:
    centred_unit(rdms)
    # An infinite value has a rank, and so would go unnoticed.
    return np.where(np.isfinite(rdms).all(axis=1, keepdims=True), rdms, np.nan)
