"""Mean RDMs of subjects, and noise ceilings, from the similarities of subjects to each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import RDMError
from tyrosine.rsa.without_rdms.comparison import observe
from tyrosine.rsa.without_rdms.patterns import Patterns

FloatArray = NDArray[np.float64]


def similarities_and_lengths(
    patterns: Sequence[Patterns], method: str, device: str = "cpu"
) -> tuple[FloatArray, FloatArray]:
    """Similarity of RDMs to each other, and the length that each has in a mean RDM.

    RDMs are scaled before their mean is taken, as `pool` of the method says. `pearson`, `cosine` and `cka`
    scale them to length one as their similarity measures it. The whitened methods scale them to length one
    without whitening, so that a whitened RDM has another length.

    Parameters
    ----------
    patterns : sequence of Patterns
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `of_sums`.
    device : str

    Returns
    -------
    similarities : ndarray of shape (k, k), float64
    lengths : ndarray of shape (k,), float64
    """
    sums, similarities = observe(patterns, patterns, method, device)
    if method not in ("pearson_whitened", "cosine_whitened"):
        return similarities, np.ones(len(patterns))
    n = sums.n_stimuli
    plain, whitened = sums.squares_a, sums.squares_a - 2.0 / n * sums.rows_a
    if method == "cosine_whitened":
        plain = plain + sums.n_pairs * sums.means_a**2
        whitened = whitened + (n - 1) * sums.means_a**2
    return similarities, np.sqrt(whitened / plain)


def similarities_of_means(similarities: FloatArray, lengths: FloatArray, weights: FloatArray) -> FloatArray:
    """Similarity of weighted means of RDMs to each other.

    Parameters
    ----------
    similarities : ndarray of shape (k, k), float64
        Of the RDMs to each other.
    lengths : ndarray of shape (k,), float64
        What each counts, from `similarities_and_lengths`.
    weights : ndarray of shape (m, k), float64
        Of the RDMs in each of m means.

    Returns
    -------
    ndarray of shape (m, m), float64
    """
    parts = weights * lengths
    products = parts @ similarities @ parts.T
    norms = np.sqrt(np.diag(products))
    return np.clip(products / np.outer(norms, norms), -1.0, 1.0)


def ceiling_of_similarities(
    similarities: ArrayLike, lengths: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Similarity of each subject to the mean RDM of the others, and to the mean RDM of all.

    RDMs scaled to length one have a mean whose inner products with them, and with itself, are means of
    similarities.

    Parameters
    ----------
    similarities : array_like of shape (n_subjects, n_subjects)
        Of the RDMs of one region to each other, from `compare_patterns`.
    lengths : array_like of shape (n_subjects,), optional
        What each counts in a mean, from `similarities_and_lengths`; one if not given, as for `pearson`,
        `cosine` and `cka`.

    Returns
    -------
    lower, upper : ndarray of shape (n_subjects,), float64
        Their means are the noise ceiling of `tyrosine.rsa.similarity.noise_ceiling`.

    Raises
    ------
    RDMError
        With fewer than two subjects.

    References
    ----------
    Nili et al. (2014), PLoS Comput Biol 10(4): e1003553.
    """
    array = np.asarray(similarities, dtype=np.float64)
    if len(array) < 2:
        raise RDMError(
            f"A noise ceiling needs at least two subjects, got {len(array)}; name more in study.subjects."
        )
    counts = np.ones(len(array)) if lengths is None else np.asarray(lengths, dtype=np.float64)
    own, to_all = counts * np.diag(array), array @ counts
    with_all = counts @ to_all
    without = with_all - 2.0 * counts * to_all + counts * own
    return (to_all - own) / np.sqrt(without), to_all / np.sqrt(with_all)
