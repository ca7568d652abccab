"""Clusters against scikit-learn called by hand and SciPy's linkage."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from tyrosine.rsa.clustering import cluster_stimuli, order_by_cluster


@pytest.fixture
def rdm():
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(4, 60))
    return pdist(np.repeat(centres, 10, axis=0) + rng.normal(size=(40, 60)), "correlation")


@pytest.mark.parametrize("linkage", ["average", "complete", "single"])
def test_labels_are_those_of_scikit_learn(rdm, linkage):
    by_hand = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage=linkage, distance_threshold=0.8
    ).fit(squareform(rdm))

    np.testing.assert_array_equal(cluster_stimuli(rdm, linkage, 0.8), by_hand.labels_)


def test_partition_is_that_of_scipy(rdm):
    expected = fcluster(scipy_linkage(rdm, "average"), 0.9, criterion="distance")

    assert adjusted_rand_score(cluster_stimuli(rdm), expected) == 1.0


def test_planted_clusters_are_found(rdm):
    assert adjusted_rand_score(cluster_stimuli(rdm, "average", 0.75), np.repeat(range(4), 10)) == 1.0


def test_order_keeps_stimuli_of_a_cluster_in_their_order():
    np.testing.assert_array_equal(order_by_cluster(np.array([1, 0, 2, 0, 1])), [1, 3, 0, 4, 2])
