"""Distances over repetitions: against rsatoolbox, by hand, and without bias where the truth is known."""

import numpy as np
import pytest
from rsatoolbox.data import Dataset
from rsatoolbox.data.noise import cov_from_unbalanced, prec_from_unbalanced
from rsatoolbox.rdm import calc_rdm, calc_rdm_unbalanced
from scipy.spatial.distance import pdist

from tyrosine.errors import ParameterError, RDMError
from tyrosine.rsa.crossvalidation import Trials, compute_rdm_of_trials, noise_covariance
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.responses import is_repeated, label_responses, trials_of_region

N_STIMULI, N_CHANNELS = 9, 14


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def trials(rng, n_folds=3, noise=1.0, patterns=None):
    """Every stimulus once in each fold, in a random order, with noise that channels have in common."""
    patterns = rng.normal(size=(N_STIMULI, N_CHANNELS)) if patterns is None else patterns
    stimulus = np.concatenate([rng.permutation(len(patterns)) for _ in range(n_folds)])
    fold = np.repeat(np.arange(n_folds), len(patterns))
    mixing = np.eye(N_CHANNELS) + 0.3 * rng.normal(size=(N_CHANNELS, N_CHANNELS))
    values = patterns[stimulus] + noise * rng.normal(size=(len(stimulus), N_CHANNELS)) @ mixing
    return Trials(values, stimulus, fold, [f"s{number}" for number in range(len(patterns))])


def as_dataset(given):
    return Dataset(
        np.asarray(given.responses, dtype=np.float64),
        obs_descriptors={"stimulus": given.stimulus, "fold": given.fold},
    )


def test_the_noise_covariance_is_that_of_rsatoolbox(rng):
    given = trials(rng)
    expected = cov_from_unbalanced(as_dataset(given), "stimulus", method="shrinkage_diag")
    np.testing.assert_allclose(noise_covariance(given.responses, given.stimulus), expected, rtol=1e-10)


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_crossnobis_is_that_of_rsatoolbox(rng, n_folds):
    given = trials(rng, n_folds)
    data = as_dataset(given)
    precision = prec_from_unbalanced(data, "stimulus", method="shrinkage_diag")
    expected = calc_rdm(data, "crossnobis", "stimulus", noise=precision, cv_descriptor="fold")

    found = compute_rdm_of_trials(given, "crossnobis")

    np.testing.assert_allclose(found, expected.dissimilarities[0], atol=1e-10)
    assert (compute_rdm_of_trials(trials(rng, noise=9.0), "crossnobis") < 0).any()


def test_unbalanced_trials_are_compared_as_rsatoolbox_does(rng):
    given = trials(rng, 4)
    # Centred, because with unbalanced trials the estimate depends on where the origin is.
    kept = rng.random(len(given.stimulus)) < 0.8
    kept[given.fold < 2] = True
    responses = given.responses[kept] - given.responses[kept].mean(axis=0)
    given = Trials(responses, given.stimulus[kept], given.fold[kept], given.names)
    data = as_dataset(given)
    precision = prec_from_unbalanced(data, "stimulus", method="shrinkage_diag")
    expected = calc_rdm_unbalanced(data, "crossnobis", "stimulus", noise=precision, cv_descriptor="fold")
    expected.sort_by(stimulus="alpha")

    found = compute_rdm_of_trials(given, "crossnobis")

    assert len(np.unique(np.bincount(given.stimulus))) > 1
    np.testing.assert_allclose(found, expected.dissimilarities[0], atol=1e-10)


@pytest.mark.parametrize("kind", ["correlation", "cosine"])
def test_angles_are_made_of_products_of_different_folds(rng, kind):
    given = trials(rng, 3, noise=0.3)
    values = given.responses
    if kind == "correlation":
        values = values - values.mean(axis=1, keepdims=True)
    by_hand = np.zeros((N_STIMULI, N_STIMULI))
    for i in range(N_STIMULI):
        for j in range(N_STIMULI):
            products = [
                values[a] @ values[b]
                for a in np.flatnonzero(given.stimulus == i)
                for b in np.flatnonzero(given.stimulus == j)
                if given.fold[a] != given.fold[b]
            ]
            by_hand[i, j] = np.mean(products)
    lengths = np.sqrt(np.diag(by_hand))
    expected = (1 - by_hand / np.outer(lengths, lengths))[np.triu_indices(N_STIMULI, 1)]

    found = compute_rdm_of_trials(given, f"{kind}_crossvalidated")

    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("distance", ["crossnobis", "correlation_crossvalidated", "cosine_crossvalidated"])
def test_without_noise_it_is_the_distance_that_it_estimates(rng, distance):
    patterns = rng.normal(size=(N_STIMULI, N_CHANNELS))
    given = trials(rng, 3, patterns=patterns, noise=1e-7)
    found = compute_rdm_of_trials(given, distance)
    if distance == "crossnobis":
        precision = np.linalg.inv(noise_covariance(given.responses, given.stimulus))
        expected = pdist(patterns, "mahalanobis", VI=precision) ** 2 / N_CHANNELS
    else:
        expected = pdist(patterns, distance.removesuffix("_crossvalidated"))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_noise_does_not_add_on_average(rng):
    patterns = rng.normal(size=(30, N_CHANNELS))
    patterns[1] = patterns[0]
    names = [f"s{number}" for number in range(30)]
    stimulus, fold = np.tile(np.arange(30), 3), np.repeat(np.arange(3), 30)
    plain, unbiased = np.zeros(435), np.zeros(435)
    for _ in range(300):
        values = patterns[stimulus] + 2.0 * rng.normal(size=(90, N_CHANNELS))
        found = compute_rdm_of_trials(Trials(values, stimulus, fold, names), "crossnobis")
        unbiased += found / 300
        averages = values.reshape(3, 30, N_CHANNELS).mean(axis=0)
        plain += compute_rdm(averages, "squared_euclidean") / 300
    truth = pdist(patterns) ** 2 / N_CHANNELS
    # The unit is the variance of the noise, 4; two noises of variance 4 / 3 add to distances of averages.
    assert np.polyfit(truth / 4, unbiased, 1) == pytest.approx([1, 0], abs=0.06)
    assert np.polyfit(truth, plain, 1) == pytest.approx([1, 8 / 3], abs=0.06)
    # What has no distance is estimated as none.
    assert truth[0] == 0
    assert unbiased[0] == pytest.approx(0, abs=0.05)


def test_squared_euclidean_is_that_of_rsatoolbox(rng):
    values = rng.normal(size=(7, 5))
    expected = calc_rdm(Dataset(values), "euclidean").dissimilarities[0]
    np.testing.assert_allclose(compute_rdm(values, "squared_euclidean"), expected, atol=1e-10)
    np.testing.assert_allclose(compute_rdm(values, "squared_euclidean"), pdist(values) ** 2 / 5, rtol=1e-12)


def test_a_stimulus_without_repetition_is_named(rng):
    given = trials(rng, 3)
    kept = (given.stimulus != 4) | (given.fold == 0)
    broken = Trials(given.responses[kept], given.stimulus[kept], given.fold[kept], given.names)
    with pytest.raises(RDMError, match="The stimulus s4 has no two trials in different folds"):
        compute_rdm_of_trials(broken, "crossnobis")


def test_an_angle_of_noise_is_refused(rng):
    with pytest.raises(RDMError, match=r"of 9 stimuli \(s.*not positive.*choose crossnobis"):
        compute_rdm_of_trials(trials(rng, 2, noise=30.0), "correlation_crossvalidated")


def test_what_is_no_distance_of_trials_is_refused(rng):
    with pytest.raises(ParameterError, match="'euclidean' is none of repeated responses; choose one of c"):
        compute_rdm_of_trials(trials(rng), "euclidean")
    with pytest.raises(ParameterError, match="'crossnobis' needs repeated responses; choose one of corr"):
        compute_rdm(rng.normal(size=(5, 4)), "crossnobis")


def test_channels_without_noise_are_refused(rng):
    given = trials(rng)
    given.responses[:, 3] = 1.0
    with pytest.raises(RDMError, match="1 of 14 channels respond alike in all repetitions"):
        compute_rdm_of_trials(given, "crossnobis")


def responses(rng, sessions):
    given = trials(rng, 3)
    channels = {
        "selectivity": ["bodies"] * N_CHANNELS,
        "roi": ["EBA"] * 8 + ["FBA-1"] * 6,
        "hemisphere": ["lh"] * N_CHANNELS,
        "channel": list(range(N_CHANNELS)),
    }
    names = [given.names[one] for one in given.stimulus]
    return given, label_responses(given.responses, 1, names, channels, given.fold + 1, sessions(given))


def test_trials_of_a_region_are_compared_across_sessions(rng):
    # The third session has a part of the second repetitions and all of the third.
    def sessions(given):
        return np.where((given.fold == 1) & (given.stimulus < 4), 3, given.fold + 1)

    given, labelled = responses(rng, sessions)
    ids = given.names[::-1]
    found = trials_of_region(labelled, "EBA", [*ids, "unseen"])

    assert found.names == ids
    for number, name in enumerate(ids):
        rows = np.flatnonzero(given.stimulus == given.names.index(name))
        mine = found.stimulus == number
        np.testing.assert_array_equal(found.responses[mine], given.responses[rows, :8].astype(np.float32))
        np.testing.assert_array_equal(found.fold[mine], sessions(given)[rows])
    assert is_repeated(labelled)


@pytest.mark.parametrize("session", [0, 2])
def test_trials_of_one_session_are_compared_across_repetitions(rng, session):
    given, labelled = responses(rng, lambda given: np.full(len(given.fold), session))
    assert sorted(set(trials_of_region(labelled, "FBA-1", given.names).fold)) == [1, 2, 3]
