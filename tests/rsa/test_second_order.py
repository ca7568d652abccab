"""The RDM of RDMs, and its map in the plane."""

import numpy as np
import pytest
from rsatoolbox.rdm import RDMs, compare
from scipy.spatial.distance import pdist, squareform
from scipy.stats import rankdata, zscore

from tyrosine.errors import RDMError
from tyrosine.rsa.second_order import arrange_in_plane, average_rdm, second_order_similarity

N_PAIRS = 15 * 14 // 2
METHODS = {"pearson": "corr", "spearman": "spearman", "cosine": "cosine", "kendall_tau_a": "tau-a"}


@pytest.fixture
def rdms():
    rng = np.random.default_rng(0)
    return rng.random((3, N_PAIRS)), rng.random((4, N_PAIRS))


@pytest.mark.parametrize("method", METHODS)
def test_every_rdm_is_compared_with_every_other_as_rsatoolbox_does(rdms, method):
    regions, models = rdms
    both = RDMs(np.concatenate(rdms))

    similarity = second_order_similarity(regions, models, method)

    np.testing.assert_allclose(similarity, compare(both, both, METHODS[method]), atol=1e-12)
    np.testing.assert_array_equal(similarity, similarity.T)


def test_rdms_over_different_stimuli_are_refused(rdms):
    with pytest.raises(RDMError, match="105 and of 104 pairs"):
        second_order_similarity(rdms[0], rdms[1][:, 1:])


@pytest.mark.parametrize(
    ("method", "standardise"),
    [
        ("pearson", lambda rdm: zscore(rdm)),
        ("spearman", rankdata),
        ("cosine", lambda r: r / np.linalg.norm(r)),
    ],
)
def test_subjects_are_averaged_in_the_units_of_the_method(rdms, method, standardise):
    average = average_rdm(rdms[0], method)

    expected = np.mean([standardise(rdm) for rdm in rdms[0]], axis=0)
    assert np.corrcoef(average, expected)[0, 1] == pytest.approx(1, abs=1e-12)


def test_distances_of_points_in_a_plane_are_found_again():
    points = np.random.default_rng(1).normal(size=(20, 2))

    found, stress = arrange_in_plane(squareform(pdist(points)))

    np.testing.assert_allclose(pdist(found), pdist(points), atol=1e-6)
    assert stress < 1e-6


def test_stress_is_that_of_kruskal():
    square = squareform(pdist(np.random.default_rng(2).normal(size=(12, 6))))

    points, stress = arrange_in_plane(square)

    distances = pdist(points)
    misfit = np.sqrt(np.sum((squareform(square) - distances) ** 2) / np.sum(distances**2))
    assert stress == pytest.approx(misfit)
    assert 0.05 < stress < 0.5


def test_the_plane_is_no_worse_than_random_starts():
    from sklearn.manifold import smacof

    square = squareform(pdist(np.random.default_rng(3).normal(size=(14, 4))))

    points, _ = arrange_in_plane(square)

    ours = np.sum((squareform(square) - pdist(points)) ** 2)
    _, theirs = smacof(square, n_init=8, random_state=0, normalized_stress=False)
    assert ours <= 1.05 * theirs


def test_the_map_does_not_depend_on_the_order_of_its_points():
    square = squareform(pdist(np.random.default_rng(4).normal(size=(10, 3))))
    order = np.random.default_rng(5).permutation(10)

    points, _ = arrange_in_plane(square)
    shuffled, _ = arrange_in_plane(square[np.ix_(order, order)])

    np.testing.assert_allclose(shuffled, points[order], atol=1e-6)


def test_the_axes_are_principal_and_the_farthest_points_positive():
    points, _ = arrange_in_plane(squareform(pdist(np.random.default_rng(6).normal(size=(10, 3)))))

    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)
    covariance = points.T @ points
    assert covariance[0, 0] >= covariance[1, 1]
    assert abs(covariance[0, 1]) < 1e-9
    assert (points.max(axis=0) >= -points.min(axis=0)).all()


@pytest.mark.parametrize("square", [np.zeros((3, 3)), np.array([[0, 1.0], [1.0, 0]])])
def test_equal_or_few_representations_have_a_map(square):
    points, stress = arrange_in_plane(square)

    assert np.isfinite(points).all()
    assert stress == pytest.approx(0, abs=1e-9)
