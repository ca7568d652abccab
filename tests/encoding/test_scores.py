"""Scores of predictions, against SciPy, scikit-learn and images that are left out one by one."""

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_squared_error, r2_score

from tyrosine.encoding.ridge import predict_responses
from tyrosine.encoding.scores import mean_without_each, score_channels
from tyrosine.errors import ParameterError

NO_MEANS = np.zeros((3, 5))


def made_up(n_images=20, n_channels=5, n_folds=3):
    rng = np.random.default_rng(1)
    measured = 100.0 + rng.standard_normal((n_images, n_channels))
    predicted = 0.5 * measured + rng.standard_normal((n_images, n_channels))
    return measured, predicted, np.arange(n_images) % n_folds


def test_one_fold_is_scored_as_scipy_and_scikit_learn_do():
    measured, predicted, _ = made_up()

    found = score_channels(measured, predicted, np.zeros(20, int), measured.mean(axis=0)[None])

    np.testing.assert_allclose(found.r, stats.pearsonr(measured, predicted, axis=0).statistic)
    np.testing.assert_allclose(found.r2, r2_score(measured, predicted, multioutput="raw_values"))


def test_the_correlation_is_the_mean_over_folds_by_their_numbers_of_images():
    measured, predicted, folds = made_up()

    found = score_channels(measured, predicted, folds, NO_MEANS)

    expected = sum(
        (folds == fold).mean() * stats.pearsonr(measured[folds == fold], predicted[folds == fold]).statistic
        for fold in range(3)
    )
    np.testing.assert_allclose(found.r, expected)


def test_the_share_of_variance_is_that_of_the_errors_of_the_mean_of_what_was_fitted_to():
    measured, predicted, folds = made_up()
    means = np.stack([measured[folds != fold].mean(axis=0) for fold in range(3)])

    found = score_channels(measured, predicted, folds, means)

    rival = np.empty_like(measured)
    for fold in range(3):
        fitted = DummyRegressor().fit(folds[folds != fold, None], measured[folds != fold])
        rival[folds == fold] = fitted.predict(folds[folds == fold, None])
    errors = [mean_squared_error(measured, one, multioutput="raw_values") for one in (predicted, rival)]
    np.testing.assert_allclose(found.r2, 1.0 - errors[0] / errors[1])


def test_noise_scores_zero_though_penalties_are_chosen_and_not_by_one_correlation_over_all_folds():
    rng = np.random.default_rng(4)
    folds, inner = np.arange(60) % 5, np.arange(48) % 4
    features, noise = rng.standard_normal((60, 40)), rng.standard_normal((60, 3000))
    predicted = np.empty_like(noise)
    for fold in range(5):
        train = folds != fold
        predicted[~train] = predict_responses(
            features[train], features[~train], noise[train], np.logspace(-1, 4, 6), inner
        ).predicted

    r = score_channels(noise, predicted, folds, np.zeros((5, 3000))).r

    assert stats.ttest_1samp(r, 0.0).pvalue > 0.05
    centred = [
        np.concatenate([part[folds == fold] - part[folds == fold].mean(axis=0) for fold in range(5)])
        for part in (noise, predicted)
    ]
    at_once = stats.pearsonr(*centred, axis=0).statistic
    assert stats.ttest_1samp(at_once, 0.0).pvalue < 1e-6
    assert at_once.mean() < -0.03


def test_means_of_what_was_fitted_to_do_not_correlate_with_what_was_held_out():
    rng = np.random.default_rng(2)
    measured, folds = rng.standard_normal((40, 300)), np.arange(40) % 8
    by_means = np.stack([measured[folds != fold].mean(axis=0) for fold in folds])

    assert np.corrcoef(measured[:, 0], by_means[:, 0])[0, 1] < -0.1
    assert not score_channels(measured, by_means, folds, np.zeros((8, 300))).r.any()
    single = (values.astype(np.float32) for values in (measured, by_means))
    assert not score_channels(*single, folds, np.zeros((8, 300))).r.any()


def test_a_channel_that_does_not_vary_has_no_score():
    measured, predicted, folds = made_up()
    measured[:, 1] = 12.3

    found = score_channels(measured.astype(np.float32), predicted.astype(np.float32), folds, NO_MEANS)

    assert np.isnan(found.r[1]) and np.isnan(found.r2[1])
    assert np.isfinite(np.delete(found.r, 1)).all()


@pytest.mark.parametrize("grouped", [False, True])
def test_scores_without_each_unit_are_those_of_the_other_images(grouped, monkeypatch):
    measured, predicted, folds = made_up()
    # Images 0 and 4 are of two folds, 1 and 7 of one; the fold 2 is one group.
    units = np.arange(20)
    if grouped:
        units[[0, 4]], units[[1, 7]], units[folds == 2] = 0, 1, 2
        units = np.unique(units, return_inverse=True)[1]
    weights = np.random.default_rng(3).random((5, 2))
    monkeypatch.setattr("tyrosine.encoding.scores._BLOCK_VALUES", 50)

    found = mean_without_each(measured, predicted, folds, units, weights)

    for unit in range(units.max() + 1):
        kept = units != unit
        expected = score_channels(measured[kept], predicted[kept], folds[kept], NO_MEANS).r @ weights
        np.testing.assert_allclose(found[unit], expected, rtol=1e-9)


def test_arrays_that_do_not_fit_each_other_are_refused():
    measured, predicted, folds = made_up()
    with pytest.raises(ParameterError, match="do not fit"):
        score_channels(measured[1:], predicted, folds, NO_MEANS)
