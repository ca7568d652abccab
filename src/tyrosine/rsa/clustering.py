"""Clusters of stimuli by their representational dissimilarity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from tyrosine.errors import ParameterError
from tyrosine.tables.columns import ALL_APART, ONE_CLUSTER


def cluster_stimuli(
    rdm: NDArray[np.float64],
    linkage: str = "average",
    distance_threshold: float = 0.9,
    n_clusters: int | None = None,
) -> NDArray[np.int64]:
    """Cluster label of each stimulus, by agglomerative clustering of an RDM.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM; negative estimates of dissimilarities count as zero.
    linkage : {"average", "complete", "single"}
        Distance between two clusters: mean, largest or smallest dissimilarity of their members.
    distance_threshold : float
        Dissimilarity at or above which clusters are not merged, in units of the RDM.
    n_clusters : int, optional
        Number of clusters; given, it decides in place of the threshold.

    Returns
    -------
    labels : ndarray of shape (n_stimuli,), int64
        As scikit-learn numbers them.

    Raises
    ------
    ParameterError
        If there are fewer stimuli than clusters.
    """
    square = squareform(np.maximum(rdm, 0.0))
    if n_clusters is not None and n_clusters > len(square):
        raise ParameterError(
            f"clustering.n_clusters is {n_clusters}, but there are {len(square)} stimuli; choose a number up "
            "to that, or null to cluster by clustering.distance_threshold."
        )
    # scikit-learn is imported where it is used, because listing the pipelines must be quick.
    from sklearn.cluster import AgglomerativeClustering

    clustering = AgglomerativeClustering(
        n_clusters=n_clusters,
        metric="precomputed",
        linkage=linkage,
        distance_threshold=distance_threshold if n_clusters is None else None,
    )
    return clustering.fit_predict(square).astype(np.int64)


def order_by_cluster(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Stimuli sorted by cluster label; within a cluster they keep their order.

    Parameters
    ----------
    labels : ndarray of shape (n_stimuli,), int

    Returns
    -------
    order : ndarray of shape (n_stimuli,), int64
        Index of the stimulus at each position.
    """
    return np.argsort(labels, kind="stable").astype(np.int64)


def linkage_tree(rdm: NDArray[np.float64], linkage: str = "average") -> NDArray[np.float64]:
    """Merges of the agglomerative clustering of an RDM, of which `cluster_stimuli` is a cut.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM.
    linkage : {"average", "complete", "single"}

    Returns
    -------
    tree : ndarray of shape (n_stimuli - 1, 4), float64
        As `scipy.cluster.hierarchy.linkage` gives it. Negative estimates of dissimilarities count as zero,
        since a tree has no height below that.
    """
    from scipy.cluster import hierarchy

    return hierarchy.linkage(np.maximum(rdm, 0.0), linkage)


def cut_tree(tree: NDArray[np.float64], n_clusters: int) -> NDArray[np.int64]:
    """Cluster label of each stimulus after all but the last merges of a tree.

    Parameters
    ----------
    tree : ndarray of shape (n_stimuli - 1, 4), float64
        From `linkage_tree`.
    n_clusters : int

    Returns
    -------
    labels : ndarray of shape (n_stimuli,), int64
    """
    from scipy.cluster import hierarchy

    return hierarchy.cut_tree(tree, n_clusters)[:, 0].astype(np.int64)


def cut_height(tree: NDArray[np.float64], n_clusters: int) -> float:
    """Dissimilarity at which a tree is cut into a number of clusters.

    Parameters
    ----------
    tree : ndarray of shape (n_stimuli - 1, 4), float64
        From `linkage_tree`.
    n_clusters : int

    Returns
    -------
    float
        The middle between the last merge that is made and the first that is not (equal to both where they
        tie), or 5 % above the last of all for one cluster.
    """
    heights = np.concatenate([[0.0], tree[:, 2], [1.05 * tree[-1, 2]]])
    n_merges = len(tree) + 1 - n_clusters
    if n_clusters == 1:
        return float(heights[-1])
    return float(heights[n_merges : n_merges + 2].mean())


def cophenetic_correlation(tree: NDArray[np.float64], rdm: NDArray[np.float64]) -> float:
    """Pearson correlation of an RDM with the dissimilarities at which its tree joins two stimuli.

    Parameters
    ----------
    tree : ndarray of shape (n_stimuli - 1, 4), float64
        From `linkage_tree`.
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM.

    Returns
    -------
    float
        NaN, undefined, if all dissimilarities of either are equal.

    References
    ----------
    Sokal & Rohlf (1962), Taxon 11(2): 33-40.
    """
    from scipy.cluster import hierarchy

    joined = hierarchy.cophenet(tree)
    if np.ptp(joined) == 0 or np.ptp(rdm) == 0:
        return float("nan")
    return float(np.corrcoef(joined, rdm)[0, 1])


def silhouettes(rdm: NDArray[np.float64], labels: NDArray[np.integer]) -> tuple[NDArray[np.float64], str]:
    """How much nearer each stimulus is to its own cluster than to the nearest other.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM.
    labels : ndarray of shape (n_stimuli,), int

    Returns
    -------
    silhouettes : ndarray of shape (n_stimuli,), float64
        In [-1, 1], zero for the only stimulus of a cluster; all NaN if undefined.
    undefined : str
        Why they are undefined: `ONE_CLUSTER` or `ALL_APART`; empty if they are defined.

    References
    ----------
    Rousseeuw (1987), J Comput Appl Math 20: 53-65.
    """
    n_clusters = len(np.unique(labels))
    if not 2 <= n_clusters < len(labels):
        return np.full(len(labels), np.nan), ONE_CLUSTER if n_clusters < 2 else ALL_APART
    from sklearn.metrics import silhouette_samples

    return silhouette_samples(squareform(np.maximum(rdm, 0.0)), labels, metric="precomputed"), ""


def within_cluster_dissimilarity(
    rdm: NDArray[np.float64], labels: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Mean dissimilarity of each stimulus to the others of its cluster: small for a central one.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM.
    labels : ndarray of shape (n_stimuli,), int

    Returns
    -------
    ndarray of shape (n_stimuli,), float64
        NaN, undefined, for the only stimulus of a cluster.
    """
    together = labels[:, None] == labels
    n_others = together.sum(axis=1) - 1
    sums = np.where(together, squareform(rdm), 0.0).sum(axis=1)
    return np.divide(sums, n_others, out=np.full(len(labels), np.nan), where=n_others > 0)


def describe_partition(
    rdm: NDArray[np.float64],
    labels: NDArray[np.integer],
    linkage: str = "average",
    distance_threshold: float | None = None,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Measures of a clustering of an RDM, of the whole and of each stimulus.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM.
    labels : ndarray of shape (n_stimuli,), int
        From `cluster_stimuli` with the same linkage.
    linkage : {"average", "complete", "single"}
    distance_threshold : float, optional
        Where the tree was cut; between the merges that were made and those that were not if not given.

    Returns
    -------
    summary : dict
        `linkage`, `cut`, `n_stimuli`, `n_clusters`, `n_singletons`, `silhouette`, `silhouette_undefined`
        and `cophenetic_correlation`.
    members : DataFrame
        One row a stimulus: `cluster`, `silhouette` and `mean_dissimilarity` to the others of its cluster.
    """
    tree = linkage_tree(rdm, linkage)
    sizes = np.unique(labels, return_counts=True)[1]
    of_stimuli, undefined = silhouettes(rdm, labels)
    summary = {
        "linkage": linkage,
        "cut": cut_height(tree, len(sizes)) if distance_threshold is None else distance_threshold,
        "n_stimuli": len(labels),
        "n_clusters": len(sizes),
        "n_singletons": int((sizes == 1).sum()),
        "silhouette": float(of_stimuli.mean()),
        "silhouette_undefined": undefined,
        "cophenetic_correlation": cophenetic_correlation(tree, rdm),
    }
    members = pd.DataFrame(
        {
            "cluster": labels,
            "silhouette": of_stimuli,
            "mean_dissimilarity": within_cluster_dissimilarity(rdm, labels),
        }
    )
    return summary, members


def summarise_clusters(members: pd.DataFrame) -> pd.DataFrame:
    """Size, mean silhouette and mean dissimilarity of each cluster.

    Parameters
    ----------
    members : DataFrame
        From `describe_partition`.

    Returns
    -------
    DataFrame
        Columns `cluster, size, silhouette, mean_dissimilarity`, the largest cluster first, of equal ones
        the one with the smallest number.
    """
    grouped = members.groupby("cluster")
    table = grouped[["silhouette", "mean_dissimilarity"]].mean()
    table.insert(0, "size", grouped.size().astype("int64"))
    return table.reset_index().sort_values(["size", "cluster"], ascending=[False, True], ignore_index=True)


def find_central(members: pd.DataFrame, at_most: int) -> pd.DataFrame:
    """Choose the stimuli of each cluster that are least dissimilar to its others.

    Parameters
    ----------
    members : DataFrame
        From `describe_partition`, with the column `stimulus_id`.
    at_most : int
        How many to choose for a cluster.

    Returns
    -------
    DataFrame
        Columns `cluster, rank, stimulus_id, mean_dissimilarity`; rank 1 is the most central, and equal
        ones keep their order.
    """
    ordered = members.sort_values(["cluster", "mean_dissimilarity"], kind="stable")
    ordered.insert(1, "rank", ordered.groupby("cluster").cumcount() + 1)
    chosen = ordered.loc[ordered["rank"] <= at_most, ["cluster", "rank", "stimulus_id", "mean_dissimilarity"]]
    return chosen.reset_index(drop=True)
