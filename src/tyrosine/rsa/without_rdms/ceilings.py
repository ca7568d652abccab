"""Noise ceilings from the similarities of subjects to each other, without RDMs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import RDMError

FloatArray = NDArray[np.float64]


def ceiling_of_similarities(similarities: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Similarity of each subject to the mean RDM of the others, and to the mean RDM of all.

    RDMs scaled to length one have a mean whose inner products with them, and with itself, are means of
    similarities. That holds for the methods whose `pool` in `tyrosine.parameters.measures.METHODS` is what
    their inner product takes: `pearson`, `cosine` and `cka`.

    Parameters
    ----------
    similarities : array_like of shape (n_subjects, n_subjects)
        Of the RDMs of one region to each other, from `compare_patterns`.

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
    own, to_all = np.diag(array), array.sum(axis=1)
    with_all = array.sum()
    without = with_all - 2.0 * to_all + own
    return (to_all - own) / np.sqrt(without), to_all / np.sqrt(with_all)
