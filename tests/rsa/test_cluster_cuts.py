"""The number of clusters: how often it is right where clusters were planted, and where there are none."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster
from scipy.spatial.distance import pdist, squareform
from scipy.stats import binom
from sklearn.metrics import adjusted_rand_score, silhouette_score

from tyrosine.errors import RDMError
from tyrosine.rsa.cluster_cuts import (
    number_by_null,
    number_by_silhouette,
    rotated_averages,
    rotated_trials,
    split_half_agreement,
)
from tyrosine.rsa.clustering import cluster_stimuli, linkage_tree
from tyrosine.rsa.crossvalidation import Trials, compute_rdm_of_trials
from tyrosine.rsa.dissimilarity import compute_rdm

N = 40


def trials(seed, n_channels, n_clusters=0, signal=1.0, mixed=False):
    rng = np.random.default_rng(seed)
    labels = np.arange(N) % max(n_clusters, 1)
    centres = np.sqrt(signal) * rng.normal(size=(n_clusters, n_channels)) if n_clusters else np.zeros((1, 1))
    noise = rng.normal(size=(3 * N, n_channels))
    if mixed:
        noise = noise @ (np.eye(n_channels) + rng.normal(size=(n_channels, n_channels)) / np.sqrt(n_channels))
    stimulus = np.tile(np.arange(N), 3)
    patterns = centres[labels] if n_clusters else np.zeros((N, n_channels))
    names = [str(number) for number in range(N)]
    return Trials(patterns[stimulus] + noise, stimulus, np.repeat(np.arange(3), N), names), labels


def number(given, seed, n_draws=40):
    return number_by_null(*rotated_trials(given), n_draws, "average", seed)


@pytest.mark.parametrize("n_channels", [8, 60])
@pytest.mark.parametrize("mixed", [False, True])
def test_noise_has_no_clusters_whatever_the_number_of_channels(n_channels, mixed):
    found = [number(trials(seed, n_channels, mixed=mixed)[0], seed) for seed in range(40)]
    assert sum(n > 1 for n in found) <= binom.ppf(0.999, 40, 0.05)


@pytest.mark.parametrize("n_clusters", [3, 5, 8])
def test_planted_clusters_are_found(n_clusters):
    for seed in range(4):
        given, labels = trials(seed, 60, n_clusters)
        found = number(given, seed)
        clusters = cluster_stimuli(compute_rdm_of_trials(given, "crossnobis"), n_clusters=found)
        assert adjusted_rand_score(labels, clusters) > 0.9


def test_averages_are_held_against_rotated_averages():
    for seed in range(3):
        given, labels = trials(seed, 60, 4)
        averages = given.responses.reshape(3, N, 60).mean(axis=0)

        def distances(values):
            return compute_rdm(values, "correlation")

        found = number_by_null(
            distances(averages), rotated_averages(averages, distances), 40, "average", seed
        )
        assert adjusted_rand_score(labels, cluster_stimuli(distances(averages), n_clusters=found)) > 0.9


def test_a_rotation_keeps_the_mean_and_the_covariance_of_channels():
    values = np.random.default_rng(0).normal(1.0, 2.0, size=(12, 5))
    kept = []
    draw = rotated_averages(values, lambda rotated: kept.append(rotated))
    draw(np.random.default_rng(1))
    np.testing.assert_allclose(kept[0].mean(axis=0), values.mean(axis=0))
    np.testing.assert_allclose(np.cov(kept[0].T), np.cov(values.T))
    assert np.abs(kept[0] - values).max() > 0.1


def test_stimuli_with_different_numbers_of_trials_are_refused():
    given, _ = trials(0, 8)
    kept = np.arange(len(given.stimulus)) != 5
    uneven = Trials(given.responses[kept], given.stimulus[kept], given.fold[kept], given.names)
    with pytest.raises(
        RDMError, match="Stimulus 5 has 2 trials and another 3, and the null of clustering.cut"
    ):
        rotated_trials(uneven)


def test_the_largest_mean_silhouette_decides():
    rdm = pdist(np.random.default_rng(0).normal(size=(15, 3)))
    scores = {
        n: silhouette_score(squareform(rdm), fcluster(linkage_tree(rdm), n, "maxclust"), metric="precomputed")
        for n in range(2, 15)
    }
    assert number_by_silhouette(rdm, "average") == max(scores, key=scores.get)


def test_halves_agree_on_planted_clusters_and_not_on_noise():
    for n_clusters, least, most in ((4, 0.9, 1.0), (0, -0.2, 0.3)):
        given, _ = trials(1, 60, n_clusters)
        halves = [pdist(given.responses[given.fold == fold]) for fold in (0, 1)]
        assert least <= split_half_agreement(*halves, "average", 4) <= most
