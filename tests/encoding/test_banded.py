"""Banded ridge, against himalaya called by hand and scikit-learn, and the variance that groups predict."""

import numpy as np
import pytest
from himalaya.kernel_ridge import MultipleKernelRidgeCV
from himalaya.ridge import GroupRidgeCV
from sklearn.linear_model import Ridge
from sklearn.model_selection import PredefinedSplit, cross_val_score
from sklearn.preprocessing import StandardScaler

from tests.encoding.made_up import ENCODING, features_of, linear_study, loading, names_of, respond, spec
from tyrosine.encoding.banded import predict_banded, share_lattice
from tyrosine.encoding.design import FOLDS, Design, split_images
from tyrosine.encoding.models import NO_SIGNAL
from tyrosine.encoding.partition import partition_responses
from tyrosine.errors import ParameterError
from tyrosine.parameters import InferenceParameters
from tyrosine.rsa.stimulus_groups import NO_GROUPS
from tyrosine.tables import schemas

PENALTIES = (0.01, 1.0, 100.0)
INFERENCE = InferenceParameters()


def made_up(n_train, widths, n_channels=7):
    rng = np.random.default_rng(0)
    train, test = ([rng.standard_normal((n, width)) for width in widths] for n in (n_train, 9))
    responses = sum(
        one @ rng.standard_normal((one.shape[1], n_channels)) * rng.random(n_channels) for one in train
    )
    return train, test, responses + rng.standard_normal(responses.shape), np.arange(n_train) % 4


def scaled(train, test):
    """Spaces as scikit-learn standardises them, over the square root of their number of features."""
    scalers = [StandardScaler().fit(one) for one in train]
    return [
        [scaler.transform(one) / np.sqrt(one.shape[1]) for scaler, one in zip(scalers, side)]
        for side in (train, test)
    ]


def test_shares_are_a_lattice_with_each_space_alone():
    assert share_lattice(1, 3).tolist() == [[1.0]]
    assert sorted(share_lattice(2, 2).tolist()) == [[0, 1], [0.5, 0.5], [1, 0]]
    lattice = share_lattice(3, 3)
    assert len(lattice) == 10
    np.testing.assert_allclose(lattice.sum(axis=1), 1.0)
    np.testing.assert_allclose(lattice[0], 1 / 3)
    assert {tuple(row) for row in np.eye(3)} <= {tuple(row) for row in lattice}


def test_few_images_are_predicted_as_by_himalayas_multiple_kernel_ridge():
    train, test, responses, folds = made_up(24, (20, 30))
    shares = share_lattice(2, 4)

    found = predict_banded(train, test, responses, PENALTIES, shares, folds)

    x, z = scaled(train, test)
    model = MultipleKernelRidgeCV(
        kernels="precomputed", solver="random_search", cv=PredefinedSplit(folds), fit_intercept=True,
        solver_params={"n_iter": shares, "alphas": np.array(PENALTIES), "progress_bar": False},
    )  # fmt: skip
    model.fit(np.stack([one @ one.T for one in x]), responses)
    expected = model.predict(np.stack([one @ other.T for one, other in zip(z, x)]))
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_many_images_are_predicted_as_by_himalayas_group_ridge():
    train, test, responses, folds = made_up(60, (8, 12))
    shares = share_lattice(2, 4)

    found = predict_banded(train, test, responses, PENALTIES, shares, folds)

    x, z = scaled(train, test)
    options = {"alphas": np.array(PENALTIES), "progress_bar": False, "warn": False}
    model = GroupRidgeCV(
        groups="input",
        cv=PredefinedSplit(folds),
        fit_intercept=True,
        # A share of zero is one of which its group ridge makes no number.
        solver_params={"n_iter": np.maximum(shares, 1e-10), **options},
    )
    np.testing.assert_allclose(found, model.fit(x, responses).predict(z), atol=1e-8)


@pytest.mark.parametrize(("n_train", "widths"), [(24, (20, 30)), (60, (8, 12))])
def test_shares_and_penalty_are_those_that_predict_best_in_the_inner_folds(n_train, widths):
    train, test, responses, folds = made_up(n_train, widths)
    shares = share_lattice(2, 2)

    found = predict_banded(train, test, responses, PENALTIES, shares, folds)

    x, z = scaled(train, test)
    for channel, column in zip(responses.T, found.T):
        best = (-np.inf, None)
        for share in shares:
            joined, others = (
                np.concatenate([np.sqrt(weight) * one for weight, one in zip(share, side)], axis=1)
                for side in (x, z)
            )
            for penalty in PENALTIES:
                score = cross_val_score(
                    Ridge(penalty),
                    joined,
                    channel,
                    cv=PredefinedSplit(folds),
                    scoring="neg_mean_squared_error",
                ).mean()
                if score > best[0]:
                    best = (score, Ridge(penalty).fit(joined, channel).predict(others))
        np.testing.assert_allclose(column, best[1], atol=1e-6)


def test_no_space_is_refused():
    with pytest.raises(ParameterError, match="space of features"):
        predict_banded([], [], np.ones((3, 1)), PENALTIES, np.ones((1, 1)), np.arange(3))


MODELS = {
    "seeing": spec("seeing"),
    "reading": spec("reading").model_copy(update={"modality": "language"}),
    "both": spec("both").model_copy(update={"multimodal": True}),
}


def study(names=tuple(MODELS), n_images=60):
    """Responses in EBA that what is seen tells, and in PPA what is seen and read does, which `both` has."""
    rng = np.random.default_rng(1)
    seen, read = (rng.standard_normal((n_images, 5)) for _ in range(2))
    known = {"seeing": seen, "reading": read, "both": np.concatenate([seen, read], axis=1)}
    responses = []
    for subject in range(1, 5):
        draw = np.random.default_rng([2, subject])
        weights = draw.standard_normal((10, 20))
        weights[5:, :10] = 0.0
        responses.append(respond(known["both"] @ weights, 3, subject))
    features = [features_of([known[name]], name) for name in names]
    design = split_images({one: names_of(n_images) for one in range(1, 5)}, NO_GROUPS, ENCODING, 0)
    return partition_responses(loading(*responses), design, MODELS, ENCODING, INFERENCE, *features)


def test_groups_explain_what_they_know():
    table = schemas.encoding_variance_partition.validate(study())

    found = table[table["method"] == "banded ridge"].set_index(["roi", "kind", "component"])["estimate"]
    total = found.xs("total", level="kind").droplevel("component")
    # Only what is seen drives EBA, which unimodal vision and multimodal models know.
    assert found["EBA", "alone", "vision"] > 0.8 * total["EBA"] and found["EBA", "alone", "language"] < 0.05
    assert found["EBA", "shared", "vision & multimodal"] > 0.7 * total["EBA"]
    # What is seen, and what is read, each explain a part of PPA, and multimodal models all of it.
    assert found["PPA", "alone", "multimodal"] > 0.8 * total["PPA"]
    for name in ("vision & multimodal", "language & multimodal"):
        assert found["PPA", "shared", name] > 0.2 * total["PPA"]
    parts = found[found.index.get_level_values("kind").isin(["unique", "shared"])].groupby("roi").sum()
    np.testing.assert_allclose(parts, total[parts.index])


def test_normalised_shares_stand_beside_raw_ones():
    table = study()
    raw, normalised = (table[table["method"] == method] for method in table["method"].unique())
    assert len(raw) == len(normalised) == 2 * 11
    total = [one.set_index(["roi", "kind"]).loc[("EBA", "total"), "estimate"] for one in (raw, normalised)]
    assert total[0] < total[1] < 1.1


def test_a_group_without_models_is_undefined():
    table = study(("seeing", "reading"))
    lacking = table["component"].str.contains("multimodal")
    assert (table.loc[lacking, "undefined"] == "no multimodal model in the roster").all()
    assert (table.loc[~lacking, "undefined"] == "").all()


def test_layers_that_are_chosen_have_no_partition():
    features, responses = linear_study()
    best = {"good": spec("good").model_copy(update={"layer": "best"})}
    design = split_images({1: names_of(30), 2: names_of(30)}, NO_GROUPS, ENCODING, 0)

    table = partition_responses(
        loading(*responses), design, best, ENCODING, INFERENCE, features_of([features])
    )

    assert (table["undefined"] == "the layer of GOOD is chosen in folds").all()
    schemas.encoding_variance_partition.validate(table)


def test_a_region_without_signal_is_undefined():
    features, responses = linear_study()
    for one in responses:
        one.channel_descriptors["ncsnr"] = [0.5] * 6 + [0.0] * 6
    design = split_images({1: names_of(30), 2: names_of(30)}, NO_GROUPS, ENCODING, 0)

    table = partition_responses(
        loading(*responses), design, {"good": spec("good")}, ENCODING, INFERENCE, features_of([features])
    )

    vision = table[table["component"] == "vision"]
    assert (vision.loc[vision["roi"] == "PPA", "undefined"] == NO_SIGNAL).all()
    assert (vision.loc[vision["roi"] == "EBA", "undefined"] == "").all()


def test_a_study_without_responses_or_models_has_no_partition():
    features, responses = linear_study()
    nobody = Design({}, FOLDS, NO_GROUPS, ())
    design = split_images({1: names_of(30), 2: names_of(30)}, NO_GROUPS, ENCODING, 0)
    models = {"good": spec("good")}
    for given in (
        ({}, nobody, models, ENCODING, INFERENCE, features_of([features])),
        (loading(*responses), design, models, ENCODING, INFERENCE),
    ):
        assert schemas.encoding_variance_partition.validate(partition_responses(*given)).empty
