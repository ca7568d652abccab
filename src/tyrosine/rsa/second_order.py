"""How brain regions and models relate to each other: the RDM of their RDMs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.rsa.similarity import check_rdms, compare, pool


def average_rdm(rdms: ArrayLike, method: str = "pearson") -> NDArray[np.float64]:
    """The RDM of a region over subjects, averaged as the noise ceiling does it.

    Parameters
    ----------
    rdms : array_like of shape (n_subjects, n_pairs)
        Condensed RDMs of one region.
    method : str
        A key of `tyrosine.parameters.measures.METHODS`; it says what is averaged, for instance ranks.

    Returns
    -------
    ndarray of shape (n_pairs,), float64
        In units of its own: only its similarity to other RDMs has a meaning.

    References
    ----------
    Nili et al. (2014), PLoS Comput Biol 10(4): e1003553.
    """
    return pool(check_rdms(rdms, "given"), method).mean(axis=0)


def second_order_similarity(
    regions: ArrayLike, models: ArrayLike, method: str = "pearson"
) -> NDArray[np.float64]:
    """Similarity of every RDM to every other, regions first.

    Parameters
    ----------
    regions : array_like of shape (k, n_pairs)
        Condensed RDM of each region.
    models : array_like of shape (m, n_pairs)
        Condensed RDM of each model, over the same stimuli.
    method : str
        A key of `tyrosine.parameters.measures.METHODS`.

    Returns
    -------
    ndarray of shape (k + m, k + m), float64
        Symmetric, with ones on the diagonal for all methods but Kendall's tau a with ties.

    Raises
    ------
    ParameterError, RDMError
        As `compare` does.

    References
    ----------
    Kriegeskorte et al. (2008), Front Syst Neurosci 2: 4 (second-order RDMs of regions and models).
    """
    between = compare(regions, models, method)
    similarity = np.block(
        [[compare(regions, regions, method), between], [between.T, compare(models, models, method)]]
    )
    # Rounding may differ above and below the diagonal.
    return (similarity + similarity.T) / 2


def arrange_in_plane(dissimilarities: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """Points in a plane whose distances are near the dissimilarities: metric multidimensional scaling.

    It starts from the solution of classical scaling, so nothing in it is random.

    Parameters
    ----------
    dissimilarities : array_like of shape (n, n)
        Square and symmetric, zero on the diagonal, at least two rows.

    Returns
    -------
    points : ndarray of shape (n, 2), float64
        Centred and turned to their principal axes; the point farthest out on an axis lies on its positive
        side.
    stress : float
        Kruskal's stress 1: the root of the squared misfit of distances over the squared distances. 0 is
        perfect, 0.1 fair, 0.2 poor.

    References
    ----------
    Borg & Groenen (2005), Modern Multidimensional Scaling, by `sklearn.manifold.smacof`; Torgerson (1952),
    Psychometrika 17: 401-419 (classical scaling); Kruskal (1964), Psychometrika 29: 1-27 (stress).
    """
    from sklearn.manifold import smacof

    given = np.asarray(dissimilarities, dtype=np.float64)
    if not given.any():
        return np.zeros((len(given), 2)), 0.0
    points, _ = smacof(
        given, n_components=2, init=_classical_scaling(given), n_init=1, normalized_stress=False
    )
    points = points - points.mean(axis=0)
    points = points @ np.linalg.svd(points, full_matrices=False)[2].T
    farthest = points[np.abs(points).argmax(axis=0), [0, 1]]
    points = points * np.where(farthest < 0, -1.0, 1.0)
    return points, _stress(given, points)


def _classical_scaling(dissimilarities: NDArray[np.float64]) -> NDArray[np.float64]:
    n = len(dissimilarities)
    centring = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centring @ dissimilarities**2 @ centring)
    return vectors[:, :-3:-1] * np.sqrt(np.maximum(values[:-3:-1], 0))


def _stress(dissimilarities: NDArray[np.float64], points: NDArray[np.float64]) -> float:
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return float(np.sqrt(((dissimilarities - distances) ** 2).sum() / (distances**2).sum()))
