"""Feature-reweighted RSA against scikit-learn and SciPy on whole design matrices, and on pure noise."""

import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, ttest_1samp
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from tyrosine.errors import ParameterError
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.reweighting import (
    PENALTIES,
    feature_entries,
    held_out_ceiling,
    held_out_similarity,
    layer_entries,
    reweighted_similarity,
)
from tyrosine.rsa.similarity import noise_ceiling
from tyrosine.rsa.variance_partition import draw_folds

N = 24


def folds(n_draws=1, n_folds=4, n=N, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([draw_folds(n, n_folds, rng) for _ in range(n_draws)])


def pairs_among(chosen):
    """Places of the pairs of which both stimuli are chosen, in the condensed order."""
    rows, columns = np.triu_indices(len(chosen), k=1)
    return np.flatnonzero(chosen[rows] & chosen[columns])


def by_ridge(design, target, labels):
    """Kaniuth & Hebart's procedure with scikit-learn: standardise, choose a penalty inside, test outside."""

    def predict(train, test, penalty):
        scaler = StandardScaler().fit(design[train])
        # The penalty of `PENALTIES` is one of the mean square, that of scikit-learn one of the sum.
        model = Ridge(alpha=penalty * len(train)).fit(scaler.transform(design[train]), target[train])
        return pearsonr(model.predict(scaler.transform(design[test])), target[test]).statistic

    found = []
    for outer in np.unique(labels):
        scores = [
            np.mean(
                [
                    predict(
                        pairs_among((labels != outer) & (labels != inner)), pairs_among(labels == inner), one
                    )
                    for inner in np.unique(labels)
                    if inner != outer
                ]
            )
            for one in PENALTIES
        ]
        best = PENALTIES[int(np.argmax(scores))]
        found.append(predict(pairs_among(labels != outer), pairs_among(labels == outer), best))
    return np.mean(found)


def by_nnls(design, target, labels):
    found = []
    for fold in np.unique(labels):
        train, test = pairs_among(labels != fold), pairs_among(labels == fold)
        x, y = design[train] - design[train].mean(axis=0), target[train] - target[train].mean()
        found.append(pearsonr(design[test] @ nnls(x, y)[0], target[test]).statistic)
    return np.mean(found)


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(N, 6))
    scaled = features * np.array([3.0, 2.0, 1.0, 0.5, 0.0, 0.0])
    brain = np.stack([pdist(scaled + rng.normal(size=(N, 6)), "sqeuclidean") for _ in range(3)])
    return features, brain


def squared_differences(features):
    rows, columns = np.triu_indices(len(features), k=1)
    return (features[rows] - features[columns]) ** 2


def test_ridge_over_features_equals_scikit_learn_on_whole_matrices(case):
    features, brain = case
    labels = folds()[0]

    found = reweighted_similarity(feature_entries(features), brain, labels, "ridge")

    expected = [by_ridge(squared_differences(features), target, labels) for target in brain]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_non_negative_weights_of_layers_equal_scipy_on_whole_matrices(case):
    _, brain = case
    layers = np.stack([pdist(np.random.default_rng(seed).normal(size=(N, 3))) for seed in range(4)])
    layers[0] += 0.1 * brain[0]
    labels = folds()[0]

    found = reweighted_similarity(layer_entries(layers), brain, labels, "non-negative")

    np.testing.assert_allclose(found, [by_nnls(layers.T, target, labels) for target in brain], atol=1e-9)


@pytest.mark.parametrize("distance", ["correlation", "cosine", "euclidean"])
def test_equal_weights_give_the_distance(case, distance):
    features, _ = case
    rows, columns = np.triu_indices(N, k=1)

    summed = feature_entries(features, distance)(rows, columns).sum(axis=1)

    expected = compute_rdm(features, distance)
    expected = expected**2 if distance == "euclidean" else expected
    np.testing.assert_allclose(summed / summed.mean(), expected / expected.mean(), atol=1e-10)


def test_several_draws_are_averaged(case):
    features, brain = case
    draws = folds(3)

    found = reweighted_similarity(feature_entries(features), brain, draws)

    single = [reweighted_similarity(feature_entries(features), brain, labels) for labels in draws]
    np.testing.assert_allclose(found, np.mean(single, axis=0), atol=1e-12)


def test_reweighting_finds_the_features_that_a_region_weights(case):
    features, brain = case

    reweighted = reweighted_similarity(feature_entries(features), brain, folds(5))

    plain = held_out_similarity(pdist(features, "sqeuclidean"), brain, folds(5))
    assert (reweighted > plain + 0.05).all()


@pytest.mark.parametrize("weights", ["ridge", "non-negative"])
def test_features_of_noise_predict_nothing_of_held_out_stimuli(weights):
    values = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        brain = pdist(rng.normal(size=(N, 8)), "sqeuclidean")[None]
        # More features than stimuli fit the pairs that they are fitted to nearly perfectly.
        entries = feature_entries(rng.normal(size=(N, 40)))
        values.append(reweighted_similarity(entries, brain, folds(n_folds=4, seed=seed), weights)[0])

    assert ttest_1samp(values, 0).pvalue > 0.01
    assert np.std(values) < 0.2


def test_plain_similarity_and_ceiling_are_of_the_same_pairs(case):
    features, brain = case
    rdm, draws = pdist(features), folds(2)
    tested = [pairs_among(labels == fold) for labels in draws for fold in range(4)]

    plain = held_out_similarity(rdm, brain, draws)
    ceiling = held_out_ceiling(brain, draws)

    expected = [np.mean([pearsonr(one[pairs], rdm[pairs]).statistic for pairs in tested]) for one in brain]
    np.testing.assert_allclose(plain, expected, atol=1e-12)
    np.testing.assert_allclose(
        ceiling, np.mean([noise_ceiling(brain[:, pairs]) for pairs in tested], axis=0), atol=1e-12
    )


def test_bad_input_is_refused(case):
    features, brain = case

    with pytest.raises(ParameterError, match="Weights 'lasso' are unknown; choose ridge or non-negative"):
        reweighted_similarity(feature_entries(features), brain, folds(), "lasso")
    with pytest.raises(ParameterError, match="Ridge weights need at least 3 folds"):
        reweighted_similarity(feature_entries(features), brain, folds(n_folds=2))
    with pytest.raises(ParameterError, match="do not fit RDMs of 276 pairs"):
        reweighted_similarity(feature_entries(features), brain, np.zeros(23))
