"""How much is not noise: by hand, and against what the simulation put in."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr

from tyrosine.rsa.crossvalidation import Trials
from tyrosine.rsa.reliability import noise_ceiling_snr, predict_reliability, split_half, trial_noise_ceiling

NAMES = [f"s{number}" for number in range(12)]


def repeated(rng, n_trials=3, n_channels=6, noise=1.0):
    patterns = rng.normal(size=(len(NAMES), n_channels))
    stimulus = np.concatenate([rng.permutation(len(NAMES)) for _ in range(n_trials)])
    values = patterns[stimulus] + noise * rng.normal(size=(len(stimulus), n_channels))
    return Trials(values, stimulus, np.repeat(np.arange(n_trials), len(NAMES)), NAMES)


def test_ncsnr_by_hand():
    given = repeated(np.random.default_rng(0))
    expected = []
    for channel in given.responses.T:
        within = [channel[given.stimulus == one].var(ddof=1) for one in range(len(NAMES))]
        signal = max(channel.var(ddof=1) - np.mean(within), 0)
        expected.append(np.sqrt(signal / np.mean(within)))
    np.testing.assert_allclose(noise_ceiling_snr(given.responses, given.stimulus), expected)


def test_ncsnr_is_what_was_put_in():
    rng = np.random.default_rng(1)
    n_stimuli, deviation = 4000, np.array([0.0, 0.3, 1.0])
    stimulus = np.tile(np.arange(n_stimuli), 3)
    values = (deviation * rng.normal(size=(n_stimuli, 3)))[stimulus] + rng.normal(size=(len(stimulus), 3))
    found = noise_ceiling_snr(values, stimulus)
    np.testing.assert_allclose(found[1:], deviation[1:], rtol=0.06)
    assert found[0] < 0.12
    # The share of the variance of the mean of three trials that the signal has.
    np.testing.assert_allclose(trial_noise_ceiling(deviation, 3), deviation**2 / (deviation**2 + 1 / 3))
    assert noise_ceiling_snr(np.ones((6, 1)), np.arange(6) % 3).tolist() == [0.0]


@pytest.mark.parametrize("n_trials", [2, 3, 4])
def test_halves_are_all_splits_of_the_trials(n_trials):
    given = repeated(np.random.default_rng(2), n_trials)

    def rdm(numbers):
        means = []
        for one in range(len(NAMES)):
            rows = np.flatnonzero(given.stimulus == one)
            means.append(given.responses[rows[list(numbers)]].mean(axis=0))
        return pdist(np.array(means), "correlation")

    splits = {
        2: [((0,), (1,))],
        3: [((0,), (1, 2)), ((1,), (0, 2)), ((2,), (0, 1))],
        4: [((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))],
    }[n_trials]
    expected = [pearsonr(rdm(first), rdm(second)).statistic for first, second in splits]

    found = split_half(given, "correlation")

    assert found.n_splits == len(splits)
    assert found.correlation == pytest.approx(np.mean(expected))
    if n_trials != 3:
        assert found.reliability == pytest.approx(np.mean([2 * r / (1 + r) for r in expected]))


def test_the_prediction_holds_for_halves_of_different_size():
    # Scores of a true value of variance 1 and noise of variance 2 in each of three trials.
    variance = {n: 1 + 2 / n for n in (1, 2, 3)}
    correlation = 1 / np.sqrt(variance[1] * variance[2])
    assert predict_reliability(correlation, 1 / 3) == pytest.approx(1 / variance[3])
    assert predict_reliability(0.4) == pytest.approx(2 * 0.4 / 1.4)
    assert predict_reliability(1.0) == 1
    assert predict_reliability(-0.1) == -0.1


def test_halves_without_variance_have_no_reliability():
    rng = np.random.default_rng(0)
    same = Trials(
        np.tile(rng.normal(size=6), (24, 1)), np.tile(np.arange(12), 2), np.repeat([0, 1], 12), NAMES
    )
    found = split_half(same, "squared_euclidean")
    assert np.isnan(found.correlation) and np.isnan(found.reliability) and found.n_splits == 0
