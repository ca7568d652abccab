"""Which categories of stimuli are over-represented in which cluster."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import ParameterError


def measure_enrichment(labels: NDArray[np.integer], members: NDArray[np.bool_]) -> pd.DataFrame:
    """Count the stimuli of each category in each cluster, and compare with chance.

    Chance is that a cluster draws its stimuli from all stimuli without replacement. A stimulus without
    any category is one of those that can be drawn.

    Parameters
    ----------
    labels : ndarray of shape (n_stimuli,), int
        Cluster of each stimulus.
    members : ndarray of shape (n_stimuli, n_categories), bool
        Which stimuli have which categories.

    Returns
    -------
    DataFrame
        One row for each cluster and category that share a stimulus, by cluster and then by category:

        `cluster` : int64, label of the cluster.
        `column` : int64, column of `members`.
        `count` : int64, stimuli of the cluster with the category.
        `n_cluster`, `n_total`, `n_stimuli` : int64, stimuli of the cluster, with the category, and all.
        `odds_ratio` : float64, odds of the category in the cluster over its odds in the other stimuli.
        Infinite if all stimuli with the category are in the cluster, or all of the cluster have it.
        NaN, undefined, only if the cluster holds all stimuli or all stimuli have the category.
        `p` : float64, hypergeometric probability of at least `count`, one-sided.
        `q` : float64, `p` adjusted by Benjamini and Hochberg over all pairs of a cluster and a category
        that any stimulus has, those that share no stimulus included (their `p` is 1).

    Raises
    ------
    ParameterError
        If labels and members are not of the same stimuli.

    References
    ----------
    Rivals et al. (2007), Bioinformatics 23(4): 401-407; Benjamini & Hochberg (1995), J R Stat Soc B 57(1).
    """
    if members.ndim != 2 or len(members) != len(labels):
        raise ParameterError(
            f"{len(labels)} cluster labels and members of shape {members.shape} do not belong together; "
            "give one row of members a stimulus."
        )
    # SciPy's statistics take a second to import, and listing the pipelines must be quick.
    from scipy.stats import false_discovery_control, hypergeom

    clusters, place = np.unique(labels, return_inverse=True)
    used = np.flatnonzero(members.any(axis=0))
    in_cluster = place[:, None] == np.arange(len(clusters))
    count = in_cluster.T.astype(np.int64) @ members[:, used].astype(np.int64)
    n_stimuli = len(labels)
    n_cluster = np.broadcast_to(in_cluster.sum(axis=0)[:, None], count.shape)
    n_total = np.broadcast_to(members[:, used].sum(axis=0), count.shape)
    row, column = np.nonzero(count)
    p, q = np.ones(count.shape), np.ones(count.shape)
    shared = count > 0
    # Rounding may bring a sum of all probabilities above one.
    p[shared] = np.minimum(
        hypergeom.sf(count[shared] - 1, n_stimuli, n_total[shared], n_cluster[shared]), 1.0
    )
    if p.size:
        q = false_discovery_control(p.ravel(), method="bh").reshape(p.shape)
    return pd.DataFrame(
        {
            "cluster": clusters[row].astype(np.int64),
            "column": used[column].astype(np.int64),
            "count": count[shared],
            "n_cluster": n_cluster[shared].astype(np.int64),
            "n_total": n_total[shared].astype(np.int64),
            "n_stimuli": np.full(len(row), n_stimuli, dtype=np.int64),
            "odds_ratio": odds_ratio(count[shared], n_cluster[shared], n_total[shared], n_stimuli),
            "p": p[shared],
            "q": q[shared],
        }
    )


def odds_ratio(
    count: NDArray[np.integer],
    n_cluster: NDArray[np.integer],
    n_total: NDArray[np.integer],
    n_stimuli: int,
) -> NDArray[np.float64]:
    """Sample odds ratio of being in a cluster and having a category, as `scipy.stats.fisher_exact` has it.

    Parameters
    ----------
    count, n_cluster, n_total : ndarray of shape (n_pairs,), int
        Stimuli in both, in the cluster, and with the category.
    n_stimuli : int

    Returns
    -------
    ndarray of shape (n_pairs,), float64
        Infinite or NaN as `measure_enrichment` says.
    """
    inside, outside = n_cluster - count, n_total - count
    neither = n_stimuli - n_cluster - outside
    against = (inside * outside).astype(np.float64)
    undefined = (n_cluster == n_stimuli) | (n_total == n_stimuli)
    ratio = np.where(undefined, np.nan, np.inf)
    return np.divide(count * neither, against, out=ratio, where=against > 0)


def characterising(table: pd.DataFrame, max_q: float = 0.05, at_most: int = 3) -> pd.DataFrame:
    """Choose the categories that characterise each cluster.

    Parameters
    ----------
    table : DataFrame
        With the columns `subject`, `roi`, `cluster`, `odds_ratio`, `p` and `q`, one row a category.
    max_q : float
        Categories with a `q` below it are over-represented.
    at_most : int
        How many to choose for a cluster.

    Returns
    -------
    DataFrame
        The chosen rows; a cluster's are together, the largest odds ratio first and, of equal ones, the
        smallest p. A cluster without over-represented categories has none.
    """
    clusters = ["subject", "roi", "cluster"]
    chosen = table[table["q"] < max_q].sort_values(
        ["odds_ratio", "p"], ascending=[False, True], kind="stable"
    )
    chosen = chosen.groupby(clusters, sort=False).head(at_most)
    order = table.groupby(clusters, sort=False).ngroup()
    return chosen.loc[order.loc[chosen.index].sort_values(kind="stable").index]
