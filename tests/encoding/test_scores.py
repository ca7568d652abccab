"""Scores of predictions, against SciPy, scikit-learn and images that are left out one by one."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import r2_score

from tyrosine.encoding.scores import mean_without_each, score_channels
from tyrosine.errors import ParameterError


def made_up(n_images=20, n_channels=5, n_folds=3):
    rng = np.random.default_rng(1)
    measured = 100.0 + rng.standard_normal((n_images, n_channels))
    predicted = 0.5 * measured + rng.standard_normal((n_images, n_channels))
    return measured, predicted, np.arange(n_images) % n_folds


def test_one_fold_is_scored_as_scipy_and_scikit_learn_do():
    measured, predicted, _ = made_up()

    found = score_channels(measured, predicted, np.zeros(20, int))

    np.testing.assert_allclose(found.r, stats.pearsonr(measured, predicted, axis=0).statistic)
    np.testing.assert_allclose(found.r2, r2_score(measured, predicted, multioutput="raw_values"))


def test_folds_are_centred_apart():
    measured, predicted, folds = made_up()
    shift = np.array([0.0, 50.0, -20.0])[folds][:, None]

    found = score_channels(measured + shift, predicted + 3 * shift, folds)

    centred = [
        np.concatenate([part[folds == fold] - part[folds == fold].mean(axis=0) for fold in range(3)])
        for part in (measured, predicted)
    ]
    np.testing.assert_allclose(found.r, stats.pearsonr(*centred, axis=0).statistic)


def test_means_of_what_was_fitted_to_do_not_correlate_with_what_was_held_out():
    rng = np.random.default_rng(2)
    measured, folds = rng.standard_normal((40, 300)), np.arange(40) % 8
    by_means = np.stack([measured[folds != fold].mean(axis=0) for fold in folds])

    assert np.corrcoef(measured[:, 0], by_means[:, 0])[0, 1] < -0.1
    assert not score_channels(measured, by_means, folds).r.any()
    assert not score_channels(*(x.astype(np.float32) for x in (measured, by_means)), folds).r.any()


def test_a_channel_that_does_not_vary_has_no_score():
    measured, predicted, folds = made_up()
    measured[:, 1] = 12.3

    found = score_channels(measured.astype(np.float32), predicted.astype(np.float32), folds)

    assert np.isnan(found.r[1]) and np.isnan(found.r2[1])
    assert np.isfinite(np.delete(found.r, 1)).all()


@pytest.mark.parametrize("grouped", [False, True])
def test_scores_without_each_unit_are_those_of_the_other_images(grouped, monkeypatch):
    measured, predicted, folds = made_up()
    # Images 0 and 3 are of one fold, and so are 1, 4 and 7; the fold 2 is one group.
    units = np.arange(20)
    if grouped:
        units[[0, 3]], units[[1, 4, 7]], units[folds == 2] = 0, 1, 2
        units = np.unique(units, return_inverse=True)[1]
    weights = np.random.default_rng(3).random((5, 2))
    monkeypatch.setattr("tyrosine.encoding.scores._BLOCK_VALUES", 50)

    found = mean_without_each(measured, predicted, folds, units, weights)

    for unit in range(units.max() + 1):
        kept = units != unit
        expected = score_channels(measured[kept], predicted[kept], folds[kept]).r @ weights
        np.testing.assert_allclose(found[unit], expected, rtol=1e-9)


def test_a_group_that_folds_split_is_refused():
    measured, predicted, folds = made_up()
    with pytest.raises(ParameterError, match="several folds"):
        mean_without_each(measured, predicted, folds, np.zeros(20, int), np.ones((5, 1)))


def test_arrays_that_do_not_fit_each_other_are_refused():
    measured, predicted, folds = made_up()
    with pytest.raises(ParameterError, match="do not fit"):
        score_channels(measured[1:], predicted, folds)
