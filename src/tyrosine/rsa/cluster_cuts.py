"""Into how many clusters a tree is cut, where no threshold says so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import helmert, solve_triangular
from scipy.stats import special_ortho_group

from tyrosine.errors import RDMError
from tyrosine.rsa.clustering import cut_tree, linkage_tree, silhouettes
from tyrosine.rsa.crossvalidation import Trials, distances_of_whitened, noise_covariance
from tyrosine.rsa.workers import map_in_blocks

FloatArray = NDArray[np.float64]
BAND_LEVEL = 0.05
"""Share of trees of rotated data that have a merge below the band that merges are held against."""


def number_by_silhouette(rdm: FloatArray, linkage: str) -> int:
    """Number of clusters, from two on, whose mean silhouette is largest; the smallest of equal ones.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM.
    linkage : {"average", "complete", "single"}

    References
    ----------
    Rousseeuw (1987), J Comput Appl Math 20: 53-65.
    """
    tree = linkage_tree(rdm, linkage)
    n_stimuli = len(tree) + 1
    scores = [silhouettes(rdm, cut_tree(tree, n))[0].mean() for n in range(2, n_stimuli)]
    return 2 + int(np.argmax(scores)) if scores else 1


def number_by_null(
    rdm: FloatArray, draw: Callable[[np.random.Generator], FloatArray], n_draws: int, linkage: str, seed: int
) -> int:
    """Number of clusters at which a tree lies farthest below trees of data that have no clusters.

    The k-th merge of the tree is held against the k-th merges of trees of rotated data. All merges are
    judged together: of trees of data without clusters, a share of `BAND_LEVEL` at most has any merge so far
    below the mean of such merges, in standard deviations. If the tree has such merges, it is cut after the
    one of them that is farthest below the mean in units of the RDM, as the gap statistic does.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM.
    draw : callable
        Makes the condensed RDM of rotated data.
    n_draws : int
    linkage : {"average", "complete", "single"}
    seed : int

    Returns
    -------
    int
        One if no merge is so low: there is no evidence that stimuli fall into clusters.

    References
    ----------
    Tibshirani, Walther & Hastie (2001), J R Stat Soc B 63(2): 411-423.
    """
    heights = linkage_tree(rdm, linkage)[:, 2]
    streams = np.random.default_rng(seed).spawn(n_draws)
    null = np.stack(map_in_blocks(lambda rng: linkage_tree(draw(rng), linkage)[:, 2], streams))
    # The tree itself is among those that say how merges spread, so that all are treated alike.
    every = np.vstack([heights, null])
    spread = every.std(axis=0)
    # Merges that are the same in all trees, as of equal stimuli, judge nothing.
    scores = np.divide(every - every.mean(axis=0), spread, out=np.zeros_like(every), where=spread > 0)
    rank = int(BAND_LEVEL * (n_draws + 1))
    bound = np.sort(scores[1:].min(axis=1))[rank - 1] if rank else -np.inf
    below = scores[0] < bound
    if not below.any():
        return 1
    gaps = np.where(below, null.mean(axis=0) - heights, -np.inf)
    return len(heights) - int(gaps.argmax())


def rotated_averages(
    responses: NDArray, distances: Callable[[NDArray], FloatArray]
) -> Callable[[np.random.Generator], FloatArray]:
    """What makes RDMs of responses whose patterns are rotated over stimuli.

    A rotation leaves the mean and the covariance of channels as they are, so that the null has the noise and
    the dimensions of the data, and none of their clusters: it is exact where patterns are Gaussian.

    Parameters
    ----------
    responses : ndarray of shape (n_stimuli, n_channels)
    distances : callable
        Makes a condensed RDM of responses.

    References
    ----------
    Langsrud (2005), Stat Comput 15: 53-60 (rotation tests).
    """
    values = np.asarray(responses, dtype=np.float64)
    return lambda rng: distances(_rotate(values, _rotation(len(values), rng)))


def rotated_trials(trials: Trials) -> tuple[FloatArray, Callable[[np.random.Generator], FloatArray]]:
    """The crossnobis RDM of trials, and what makes such RDMs of trials that are rotated over stimuli.

    Patterns are rotated alike in each repetition, so that noise stays independent between repetitions, and
    its covariance over channels is that of the data. The mean of each fold is taken out and repetitions are
    the folds, since rotated trials belong to no session; the first RDM is made in the same way, to be held
    against the others.

    Parameters
    ----------
    trials : Trials
        As many of each stimulus.

    Returns
    -------
    rdm : ndarray of shape (n_pairs,), float64
    draw : callable
        Makes a condensed RDM of rotated trials.

    Raises
    ------
    RDMError
        If stimuli differ in their number of trials.
    """
    counts = np.bincount(trials.stimulus)
    if len(set(counts.tolist())) > 1:
        fewest = trials.names[int(counts.argmin())]
        raise RDMError(
            f"Stimulus {fewest} has {counts.min()} trials and another {counts.max()}, and the null of "
            "clustering.cut takes as many of each; choose threshold, n_clusters or silhouette."
        )
    values = np.asarray(trials.responses, dtype=np.float64)
    factor = np.linalg.cholesky(noise_covariance(values, trials.stimulus))
    whitened = solve_triangular(factor, (values - values.mean(axis=0)).T, lower=True).T
    for fold in np.unique(trials.fold):
        whitened[trials.fold == fold] -= whitened[trials.fold == fold].mean(axis=0)
    # By repetition, and in each by stimulus.
    order = np.argsort(trials.stimulus, kind="stable").reshape(len(counts), -1).T
    rotated = Trials(
        whitened,
        np.tile(np.arange(len(counts)), len(order)),
        np.repeat(np.arange(len(order)), len(counts)),
        trials.names,
    )

    def rotate(rotation: FloatArray) -> FloatArray:
        parts = [_rotate(whitened[rows], rotation) for rows in order]
        return distances_of_whitened(rotated._replace(responses=np.concatenate(parts)))

    return rotate(np.eye(len(counts))), lambda rng: rotate(_rotation(len(counts), rng))


def _rotation(n: int, rng: np.random.Generator) -> FloatArray:
    """A random rotation of `n` rows that leaves their mean as it is."""
    orthogonal = special_ortho_group.rvs(n - 1, random_state=rng) if n > 2 else np.ones((1, 1))
    basis = helmert(n)
    return basis.T @ orthogonal @ basis


def _rotate(values: FloatArray, rotation: FloatArray) -> FloatArray:
    mean = values.mean(axis=0)
    return rotation @ (values - mean) + mean


def split_half_agreement(first: FloatArray, second: FloatArray, linkage: str, n_clusters: int) -> float:
    """Adjusted Rand index of the clusters by two RDMs of the same stimuli.

    Parameters
    ----------
    first, second : ndarray of shape (n_pairs,), float64
        Condensed RDMs, of one half of the repetitions each.
    linkage : {"average", "complete", "single"}
    n_clusters : int
        Into how many clusters both trees are cut.

    Returns
    -------
    float
        1 for the same clusters, 0 on average for clusters that have nothing to do with each other.

    References
    ----------
    Hubert & Arabie (1985), J Classif 2: 193-218.
    """
    from sklearn.metrics import adjusted_rand_score

    labels = [cut_tree(linkage_tree(rdm, linkage), n_clusters) for rdm in (first, second)]
    return float(adjusted_rand_score(*labels))
