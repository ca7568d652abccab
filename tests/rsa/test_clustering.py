"""Clusters and their measures against scikit-learn called by hand, SciPy's linkage, and points on a line."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, fcluster
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score

from tyrosine.errors import ParameterError
from tyrosine.rsa.clustering import (
    cluster_stimuli,
    cophenetic_correlation,
    cut_height,
    cut_tree,
    describe_partition,
    find_central,
    linkage_tree,
    order_by_cluster,
    silhouettes,
    summarise_clusters,
)


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


@pytest.mark.parametrize("linkage", ["average", "complete", "single"])
@pytest.mark.parametrize("n_clusters", [1, 2, 5, 40])
def test_a_number_of_clusters_replaces_the_threshold(rdm, linkage, n_clusters):
    by_hand = AgglomerativeClustering(n_clusters=n_clusters, metric="precomputed", linkage=linkage).fit(
        squareform(rdm)
    )

    labels = cluster_stimuli(rdm, linkage, 0.8, n_clusters)

    np.testing.assert_array_equal(labels, by_hand.labels_)
    assert len(np.unique(labels)) == n_clusters


def test_more_clusters_than_stimuli_are_refused(rdm):
    with pytest.raises(ParameterError, match="n_clusters is 41, but there are 40 stimuli"):
        cluster_stimuli(rdm, n_clusters=41)


@pytest.mark.parametrize("linkage", ["average", "complete", "single"])
@pytest.mark.parametrize("n_clusters", [1, 6, 17])
def test_the_cut_tree_gives_the_same_clusters(rdm, linkage, n_clusters):
    tree = linkage_tree(rdm, linkage)
    expected = cluster_stimuli(rdm, linkage, n_clusters=n_clusters)

    by_height = fcluster(tree, cut_height(tree, n_clusters), criterion="distance")

    assert adjusted_rand_score(expected, by_height) == 1.0
    assert adjusted_rand_score(expected, cut_tree(tree, n_clusters)) == 1.0


def test_negative_estimates_count_as_zero(rdm):
    shifted = rdm - 0.6
    clipped = np.maximum(shifted, 0.0)
    assert (shifted < 0).any()
    np.testing.assert_array_equal(linkage_tree(shifted), linkage_tree(clipped))
    np.testing.assert_array_equal(
        cluster_stimuli(shifted, "average", 0.2), cluster_stimuli(clipped, "average", 0.2)
    )


def test_a_cut_into_as_many_clusters_as_stimuli_lies_below_the_first_merge(rdm):
    tree = linkage_tree(rdm)

    assert 0 < cut_height(tree, n_clusters=40) < tree[0, 2]


def test_cophenetic_correlation_is_that_of_scipy(rdm):
    tree = linkage_tree(rdm)

    assert cophenetic_correlation(tree, rdm) == pytest.approx(cophenet(tree, rdm)[0])


def test_a_constant_rdm_has_no_cophenetic_correlation():
    constant = np.full(10, 0.5)

    assert np.isnan(cophenetic_correlation(linkage_tree(constant), constant))


def test_silhouettes_are_those_of_scikit_learn(rdm):
    labels = cluster_stimuli(rdm, "average", 0.75)

    of_stimuli, undefined = silhouettes(rdm, labels)

    assert undefined == ""
    assert of_stimuli.mean() == pytest.approx(silhouette_score(squareform(rdm), labels, metric="precomputed"))


def test_silhouettes_by_hand():
    # On a line at 0, 1 and 5: within 1, to the other cluster 5 and 4.
    of_stimuli, _ = silhouettes(np.array([1.0, 5.0, 4.0]), np.array([0, 0, 1]))

    assert of_stimuli.tolist() == pytest.approx([1 - 1 / 5, 1 - 1 / 4, 0.0])


@pytest.mark.parametrize(
    ("labels", "reason"), [([0, 0, 0], "one cluster"), ([2, 0, 1], "every stimulus is a cluster of its own")]
)
def test_an_undefined_silhouette_has_a_reason(labels, reason):
    of_stimuli, undefined = silhouettes(np.array([1.0, 5.0, 4.0]), np.array(labels))

    assert np.isnan(of_stimuli).all()
    assert undefined == reason


def test_central_stimuli_by_hand():
    # Points on a line; the first four are a cluster, the last is one by itself.
    points = np.array([0.0, 1.0, 2.0, 6.0, 50.0])
    rdm = pdist(points[:, None], "euclidean")
    labels = np.array([1, 1, 1, 1, 0])
    summary, members = describe_partition(rdm, labels)
    members["stimulus_id"] = list("abcde")

    # To the others: a 1+2+6, b 1+1+5, c 2+1+4, d 6+5+4, each over three; b and c tie.
    assert members["mean_dissimilarity"].tolist()[:4] == pytest.approx([3, 7 / 3, 7 / 3, 5])
    assert np.isnan(members["mean_dissimilarity"][4])
    central = find_central(members, 3)
    assert central[["cluster", "rank", "stimulus_id"]].values.tolist() == [
        [0, 1, "e"],
        [1, 1, "b"],
        [1, 2, "c"],
        [1, 3, "a"],
    ]
    assert (summary["n_stimuli"], summary["n_clusters"], summary["n_singletons"]) == (5, 2, 1)
    sizes = summarise_clusters(members)
    assert sizes[["cluster", "size"]].values.tolist() == [[1, 4], [0, 1]]
    # The mean over its six pairs: 1, 2, 6, 1, 5, 4.
    assert sizes["mean_dissimilarity"][0] == pytest.approx(19 / 6)
    assert np.isnan(sizes["mean_dissimilarity"][1])
