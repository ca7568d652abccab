"""Searchlight RSA against rsatoolbox's searchlight, and against SciPy."""

import numpy as np
import pytest
import rsatoolbox
from rsatoolbox.util.searchlight import evaluate_models_searchlight, get_searchlight_RDMs
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import DISTANCES, methods_that
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.searchlight import searchlight
from tyrosine.rsa.similarity import compare
from tyrosine.rsa.without_rdms.patterns import patterns_of_features

DISTANCES_OF_FEATURES = [name for name, one in DISTANCES.items() if one.points and not one.needs_repetitions]
# Stimuli, channels of a patch and dimensions of a model: either way to the sums is the cheaper one of some.
SIZES = [(14, 12, 40), (90, 5, 6)]


def study(n, p, d, n_patches=9, seed=0):
    """Responses with a signal of the first model, patches that overlap, and features of two models."""
    drawn = np.random.default_rng(seed)
    models = [drawn.normal(size=(n, d)), drawn.normal(size=(n, d + 3)) + 2]
    responses = drawn.normal(size=(n, 3 * p)) + 5
    responses[:, :p] += models[0] @ drawn.normal(size=(d, p)) / np.sqrt(d)
    patches = [np.sort(drawn.choice(3 * p, p, replace=False)) for _ in range(n_patches)]
    patches[0] = np.arange(p)
    return responses, patches, models


@pytest.mark.parametrize(("n", "p", "d"), SIZES)
@pytest.mark.parametrize("distance", ["correlation", "squared_euclidean"])
def test_similarities_are_those_of_the_searchlight_of_rsatoolbox(n, p, d, distance):
    responses, patches, models = study(n, p, d)
    of_rsatoolbox = {"correlation": "correlation", "squared_euclidean": "euclidean"}[distance]
    rdms = get_searchlight_RDMs(
        responses, np.arange(len(patches)), patches, np.arange(n), method=of_rsatoolbox
    )
    fixed = [rsatoolbox.model.ModelFixed(f"model {i}", compute_rdm(one)) for i, one in enumerate(models)]
    evaluated = evaluate_models_searchlight(rdms, fixed, rsatoolbox.inference.eval_fixed, method="corr")
    expected = np.stack([one.evaluations.reshape(len(fixed)) for one in evaluated])

    found = searchlight(responses, patches, [patterns_of_features(one) for one in models], distance)

    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("n", "p", "d"), SIZES)
def test_similarities_are_those_of_scipy(n, p, d):
    responses, patches, models = study(n, p, d, seed=1)
    expected = [
        [pearsonr(pdist(responses[:, patch], "correlation"), pdist(one, "correlation"))[0] for one in models]
        for patch in patches
    ]

    found = searchlight(responses, patches, [patterns_of_features(one) for one in models])

    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert found[0, 0] > 0.1


@pytest.mark.parametrize("method", methods_that("of_sums"))
@pytest.mark.parametrize("distance", DISTANCES_OF_FEATURES)
@pytest.mark.parametrize(("n", "p", "d"), SIZES)
def test_similarities_by_every_method_are_those_of_the_rdms(n, p, d, distance, method):
    responses, patches, models = study(n, p, d, seed=2)
    rdms = np.stack([compute_rdm(responses[:, patch], distance) for patch in patches])
    expected = compare(rdms, np.stack([compute_rdm(one, distance) for one in models]), method)
    patterns = [patterns_of_features(one, distance) for one in models]

    found = searchlight(responses, patches, patterns, distance, method)

    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n", "p", "d"), SIZES)
def test_masked_channels_count_in_no_patch(n, p, d):
    responses, patches, models = study(n, p, d)
    patterns = [patterns_of_features(one) for one in models]
    clean = searchlight(responses, [patches[0], patches[0][2:], patches[0][:2]], patterns)
    responses[3, 0], responses[:, 1] = np.nan, 7.1

    found = searchlight(responses, [patches[0], patches[0][2:], patches[0][:2]], patterns)

    np.testing.assert_allclose(found[:2], clean[[1, 1]], rtol=0, atol=1e-12)
    assert np.isnan(found[2]).all() and not np.isnan(clean[2]).any()


def test_a_patch_in_which_a_stimulus_has_a_constant_pattern_has_no_similarity():
    responses, patches, models = study(14, 12, 40)
    responses[5, patches[0]] = 2.0

    found = searchlight(responses, patches[:1], [patterns_of_features(one) for one in models])

    assert np.isnan(found).all()


def test_a_patch_whose_rdm_has_no_variance_has_no_similarity():
    # The corners of a tetrahedron are as far from each other as any two.
    responses = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    model = patterns_of_features(np.random.default_rng(0).normal(size=(4, 3)))

    found = searchlight(responses, [np.arange(3)], [model], "squared_euclidean")

    assert np.isnan(found).all()


def test_what_does_not_fit_is_refused():
    responses, patches, models = study(14, 12, 40)
    patterns = [patterns_of_features(one) for one in models]
    with pytest.raises(RDMError, match="Patch 1 names channels"):
        searchlight(responses, [patches[0], np.array([0, 36])], patterns)
    with pytest.raises(RDMError, match="expected \\(14, n_channels\\)"):
        searchlight(responses[1:], patches, patterns)
    with pytest.raises(ParameterError, match="'euclidean' has no searchlight"):
        searchlight(responses, patches, patterns, "euclidean")
    with pytest.raises(ParameterError, match="'spearman' needs RDMs"):
        searchlight(responses, patches, patterns, method="spearman")
    with pytest.raises(ParameterError, match="at least one channel"):
        searchlight(responses, patches, patterns, least_channels=0)
