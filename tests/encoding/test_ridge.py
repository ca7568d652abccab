"""Ridge with a penalty for each channel, against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tyrosine.encoding.ridge import predict_responses, standardise
from tyrosine.errors import ParameterError

PENALTIES = np.logspace(-3, 3, 7)


def made_up(n_train, n_features, dtype="float64", n_channels=6):
    rng = np.random.default_rng(0)
    scales = np.logspace(-1, 2, n_features)
    train, test = (3.0 + rng.standard_normal((n, n_features)) * scales for n in (n_train, 11))
    weights = rng.standard_normal((n_features, n_channels)) / scales[:, None] / np.sqrt(n_features)
    noise = np.logspace(-2, 1, n_channels)
    responses = 5.0 + train @ weights + noise * rng.standard_normal((n_train, n_channels))
    return train, test, responses.astype(dtype), rng.permutation(np.arange(n_train) % 4)


def by_scikit_learn(train, test, responses, folds):
    """A search of the grid for each channel, behind the scaler; penalties as scikit-learn counts them."""
    n_features = train.shape[1]
    predicted, chosen = [], []
    for channel in responses.T.astype(np.float64):
        search = GridSearchCV(
            Ridge(solver="svd"),
            {"alpha": PENALTIES * n_features},
            scoring="neg_mean_squared_error",
            cv=PredefinedSplit(folds),
        )
        fitted = make_pipeline(StandardScaler(), search).fit(train, channel)
        predicted.append(fitted.predict(test))
        chosen.append(fitted[-1].best_params_["alpha"] / n_features)
    return np.stack(predicted, axis=1), np.array(chosen)


@pytest.mark.parametrize(("dtype", "exact"), [("float64", 1e-6), ("float32", 1e-4)])
@pytest.mark.parametrize(("n_train", "n_features"), [(40, 12), (24, 60), (30, 30)])
def test_predictions_are_those_of_a_grid_search_of_scikit_learn(n_train, n_features, dtype, exact):
    train, test, responses, folds = made_up(n_train, n_features, dtype)

    found = predict_responses(train, test, responses, PENALTIES, folds)

    expected, chosen = by_scikit_learn(train, test, responses, folds)
    assert found.predicted.dtype == dtype
    np.testing.assert_allclose(found.penalties, chosen, rtol=1e-5)
    assert len(np.unique(chosen)) > 1
    np.testing.assert_allclose(found.predicted, expected, rtol=0, atol=exact * np.abs(expected).max())


def test_many_channels_in_batches_are_predicted_as_one_by_one(monkeypatch):
    train, test, responses, folds = made_up(24, 60, n_channels=9)
    whole = predict_responses(train, test, responses, PENALTIES, folds)
    monkeypatch.setattr("tyrosine.encoding.ridge._MOST_CHANNELS_OF_A_BATCH", 4)
    monkeypatch.setattr("tyrosine.encoding.ridge._MATRIX_VALUES", 1)

    parts = predict_responses(train, test, responses, PENALTIES, folds)

    for one, other in zip(parts, whole):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_features_are_standardised_by_the_images_that_are_fitted_to():
    train, test, *_ = made_up(20, 5)
    train[:, 2] = 7.3

    first, second = standardise(train, test, "float64")

    scaler = StandardScaler().fit(train)
    expected = scaler.transform(test) / np.sqrt(5)
    expected[:, 2] = 0.0
    np.testing.assert_allclose(second, expected, rtol=1e-10, atol=1e-12)
    assert not first[:, 2].any()
    # The mean eigenvalue of the kernel, over as many features as vary.
    assert (first**2).sum() / 20 == pytest.approx(4 / 5)


@pytest.mark.parametrize("n_features", [3, 40])
def test_features_that_do_not_vary_predict_the_mean(n_features):
    _, _, responses, folds = made_up(20, n_features)

    found = predict_responses(
        np.ones((20, n_features)), np.ones((4, n_features)), responses, PENALTIES, folds
    )

    np.testing.assert_allclose(found.predicted, np.tile(responses.mean(axis=0), (4, 1)))
    assert (found.penalties == PENALTIES.max()).all()


def test_one_inner_fold_is_refused():
    train, test, responses, folds = made_up(20, 5)
    with pytest.raises(ParameterError, match="inner folds"):
        predict_responses(train, test, responses, PENALTIES, np.zeros_like(folds))


def test_arrays_that_do_not_fit_each_other_are_refused():
    train, test, responses, folds = made_up(20, 5)
    with pytest.raises(ParameterError, match="do not fit"):
        predict_responses(train, test, responses[1:], PENALTIES, folds)
