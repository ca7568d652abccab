"""Clusters of stimuli by their representational dissimilarity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform


def cluster_stimuli(
    rdm: NDArray[np.float64], linkage: str = "average", distance_threshold: float = 0.9
) -> NDArray[np.int64]:
    """Cluster label of each stimulus, by agglomerative clustering of an RDM.

    Parameters
    ----------
    rdm : ndarray of shape (n_pairs,), float64
        Condensed RDM.
    linkage : {"average", "complete", "single"}
        Distance between two clusters: mean, largest or smallest dissimilarity of their members.
    distance_threshold : float
        Dissimilarity above which clusters are not merged, in units of the RDM.

    Returns
    -------
    labels : ndarray of shape (n_stimuli,), int64
        As scikit-learn numbers them.
    """
    # scikit-learn is imported where it is used, because listing the pipelines must be quick.
    from sklearn.cluster import AgglomerativeClustering

    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage=linkage, distance_threshold=distance_threshold
    )
    return clustering.fit_predict(squareform(rdm)).astype(np.int64)


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
