"""Scores of one model, against scikit-learn and SciPy, and what must not leak into them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import pdist
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.encoding.made_up import (
    ENCODING,
    brain_rdms_of,
    features_of,
    linear_study,
    loading,
    names_of,
    respond,
    spec,
)
from tyrosine.encoding.design import FOLDS, Design, split_images
from tyrosine.encoding.models import NO_SIGNAL, encode_model
from tyrosine.rsa.stimulus_groups import NO_GROUPS, StimulusGroups


def design_of(*responses, groups=NO_GROUPS, encoding=ENCODING):
    seen = {one.descriptors["subject"]: sorted(set(one.obs_descriptors["stimulus_id"])) for one in responses}
    return split_images(seen, groups, encoding, seed=0)


def encode(features, responses, design=None, model=None, encoding=ENCODING, brain_rdms=None):
    return encode_model(
        features,
        model or spec("good"),
        loading(*responses),
        design or design_of(*responses),
        brain_rdms or brain_rdms_of(*responses),
        encoding,
    )


def by_hand(features, response, split, column):
    """Predictions of one channel by scikit-learn, image by image, with its mean response."""
    owner = np.array(response.obs_descriptors["stimulus_id"])
    measured = np.array([response.measurements[owner == name, column].mean() for name in split.ids])
    predicted = np.full(len(measured), np.nan)
    for fold in split.folds:
        search = GridSearchCV(
            Ridge(),
            {"alpha": np.array(ENCODING.penalties) * features.shape[1]},
            scoring="neg_mean_squared_error",
            cv=PredefinedSplit(fold.inner),
        )
        fitted = make_pipeline(StandardScaler(), search).fit(features[fold.train], measured[fold.train])
        predicted[fold.test] = fitted.predict(features[fold.test])
    return measured, predicted


def test_scores_are_those_of_scikit_learn_and_scipy():
    features, responses = linear_study()
    design = design_of(*responses)

    found = encode(features_of([features]), responses, design)

    channels = found.channels.set_index(["subject", "channel"])
    for response in responses:
        subject, split = response.descriptors["subject"], design.splits[response.descriptors["subject"]]
        predicted = {}
        for column in range(12):
            measured, predicted[column] = by_hand(features, response, split, column)
            row = channels.loc[(subject, column)]
            r = sum(
                len(fold.test)
                / len(measured)
                * stats.pearsonr(measured[fold.test], predicted[column][fold.test]).statistic
                for fold in split.folds
            )
            assert row["r"] == pytest.approx(r, abs=1e-4)
            ncsnr = response.channel_descriptors["ncsnr"][column]
            ceiling = ncsnr**2 / (ncsnr**2 + 1 / 2)
            assert row["ceiling"] == pytest.approx(ceiling)
            if not row["masked"]:
                assert row["r_normalised"] == pytest.approx(row["r"] / np.sqrt(ceiling))
                assert row["r2_normalised"] == pytest.approx(row["r2"] / ceiling)
        kept = channels.loc[subject].query("not masked and roi == 'PPA'")
        row = found.scores.query("subject == @subject and roi == 'PPA'").iloc[0]
        for name in ("r", "r2", "r_normalised", "r2_normalised"):
            assert row[name] == pytest.approx(kept[name].mean())
        # The RDM of predictions against the measured one, over pairs of one fold.
        patterns = np.stack([predicted[column] for column in kept.index], axis=1)
        all_measured = np.stack([by_hand(features, response, split, c)[0] for c in range(6, 12)], axis=1)
        rdms = [
            stats.pearsonr(
                pdist(all_measured[fold.test], "correlation"), pdist(patterns[fold.test], "correlation")
            ).statistic
            for fold in split.folds
        ]
        assert row["predicted_rdm_similarity"] == pytest.approx(np.mean(rdms), abs=1e-3)


def test_repetitions_of_an_image_are_on_one_side_of_every_split():
    rng = np.random.default_rng(1)
    features = rng.standard_normal((30, 40))
    # Responses that differ from image to image, as features do, and have nothing else to do with them.
    response = respond(3.0 * rng.standard_normal((30, 60)), 1, n_repetitions=3)

    found = encode(features_of([features]), [response]).channels["r"]

    # If each trial counted as an image, the image would be found again.
    trials = np.array([names_of(30).index(name) for name in response.obs_descriptors["stimulus_id"]])
    apart = respond(np.zeros((90, 60)), 1, n_repetitions=1)
    apart.measurements = response.measurements
    apart.obs_descriptors["stimulus_id"] = names_of(90)
    leaking = encode(features_of([features[trials]]), [apart]).channels["r"]
    assert leaking.mean() > 0.6
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(len(found)) + 0.02


def test_a_model_that_generates_responses_predicts_them_and_another_one_does_not():
    features, responses = linear_study(n_images=60, n_channels=40)
    other = np.random.default_rng(2).standard_normal(features.shape)

    good, bad = (encode(features_of([one]), responses).scores for one in (features, other))

    assert (good["r_normalised"] > 0.7).all() and (good["predicted_rdm_similarity"] > 0.4).all()
    assert bad["r"].abs().max() < 0.15 and (bad["r2"] < 0.05).all()


def test_channels_without_signal_count_in_no_region():
    features, (response,) = linear_study(n_subjects=1)
    response.measurements[:, 0] = 2.0
    response.channel_descriptors["ncsnr"] = [0.0, 0.1, *[0.5] * 4, *[0.1] * 6]

    found = encode(features_of([features]), [response])

    assert found.channels["masked"].tolist() == [True] * 2 + [False] * 4 + [True] * 6
    assert np.isnan(found.channels["r"][0])
    eba, ppa = (found.scores.query("roi == @roi").iloc[0] for roi in ("EBA", "PPA"))
    assert eba["r"] == pytest.approx(found.channels["r"][2:6].mean())
    assert (eba["n_channels"], eba["n_masked"], eba["undefined"]) == (6, 2, "")
    assert ppa["undefined"] == NO_SIGNAL and np.isnan(ppa["r"]) and np.isnan(ppa["median_penalty"])


def test_averages_have_raw_scores_alone():
    features, responses = linear_study(n_repetitions=1)

    found = encode(features_of([features]), responses).scores

    assert found["r"].notna().all() and found["r_normalised"].isna().all()
    assert (found["n_masked"] == 0).all() and (found["n_repetitions"] == 1).all()


def test_the_layer_is_chosen_for_each_region_on_images_that_are_fitted_to():
    rng = np.random.default_rng(3)
    first, second = (rng.standard_normal((60, 6)) for _ in range(2))
    signal = np.concatenate([one @ rng.standard_normal((6, 10)) for one in (first, second)], axis=1)
    responses = [respond(signal, 3, noise=0.5)]
    best = spec("good").model_copy(update={"layer": "best"})

    chosen = encode(features_of([first, second], layers=["a", "b"]), responses, model=best).scores

    apart = [encode(features_of([one]), responses).scores for one in (first, second)]
    assert chosen["layer"].unique().tolist() == ["best"]
    assert chosen["r"].tolist() == pytest.approx([apart[0]["r"][0], apart[1]["r"][1]])


def test_the_deepest_layer_counts_where_none_is_chosen():
    features, responses = linear_study()
    other = np.random.default_rng(4).standard_normal(features.shape)

    both = encode(features_of([other, features], layers=["a", "b"]), responses).scores

    pd.testing.assert_frame_equal(
        both.drop(columns="layer"), encode(features_of([features]), responses).scores.drop(columns="layer")
    )
    assert (both["layer"] == "b").all()


def test_a_limit_of_memory_changes_nothing_but_what_is_fitted_at_once():
    features, responses = linear_study()
    whole = encode(features_of([features]), responses)

    parts = encode(
        features_of([features]), responses, encoding=ENCODING.model_copy(update={"memory_limit": 1})
    )

    pd.testing.assert_frame_equal(parts.scores, whole.scores, rtol=1e-4, atol=1e-6)
    pd.testing.assert_frame_equal(parts.channels, whole.channels, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(parts.left_out, whole.left_out, atol=1e-5)


def test_means_without_each_group_of_images_are_those_of_the_other_images():
    features, responses = linear_study()
    groups = StimulusGroups("kind", {name: str(number % 6) for number, name in enumerate(names_of(30))})
    design = design_of(*responses)._replace(groups=groups)

    found = encode(features_of([features]), responses, design)

    assert found.left_out.shape == (6, 4, 2)
    # Leaving out a sixth of the images changes a mean a little, and no two alike.
    change = found.left_out - found.scores[["r", "r_normalised"]].to_numpy()
    assert (np.abs(change).max(axis=0) < 0.2).all() and (change.std(axis=0) > 1e-4).all()


def test_a_study_without_responses_has_no_scores():
    features, responses = linear_study()
    nobody = Design({}, FOLDS, NO_GROUPS, ())

    found = encode(features_of([features]), [], nobody, brain_rdms=brain_rdms_of(*responses))

    assert found.scores.empty and found.channels.empty and found.left_out.size == 0


def test_subjects_with_too_few_images_have_the_reason():
    features, responses = linear_study(n_images=11)

    found = encode(features_of([features]), responses)

    assert found.scores["undefined"].str.contains("fewer than four images").all()
    assert found.scores["r"].isna().all() and found.channels["r"].isna().all()


def test_images_of_one_subject_alone_help_to_predict_those_that_are_shared():
    features, _ = linear_study(n_images=70)
    rng = np.random.default_rng(5)
    signal = features @ rng.standard_normal((8, 20)) / np.sqrt(8)
    shared = list(range(30))
    responses = [
        respond(signal, 5, 1, seen=[*shared, *range(30, 50)]),
        respond(signal, 5, 2, seen=[*shared, *range(50, 70)]),
    ]
    rdms = brain_rdms_of(*(respond(signal, 5, subject, seen=shared) for subject in (1, 2)))

    more = encode(features_of([features]), responses, brain_rdms=rdms).scores
    fewer = [respond(signal, 5, subject, seen=shared) for subject in (1, 2)]
    less = encode(features_of([features]), fewer, brain_rdms=rdms).scores

    assert (more["n_stimuli"] == 30).all() and (more["n_training"] == 40).all()
    assert (less["n_training"] == 20).all()
    assert more["r"].mean() > less["r"].mean()
    assert more["predicted_rdm_similarity"].notna().all()
