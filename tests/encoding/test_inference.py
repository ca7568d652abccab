"""Tests and contrasts of scores, against SciPy, resamples made one by one, and the truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.encoding.made_up import (
    ENCODING,
    N_FEATURES,
    brain_rdms_of,
    features_of,
    linear_study,
    loading,
    names_of,
    spec,
)
from tyrosine.encoding.design import FOLDS, NO_SHARED_IMAGES, Design, split_images
from tyrosine.encoding.inference import LeftOut, bootstrap_scores, contrast_encoding, stack_encoded
from tyrosine.encoding.models import encode_model
from tyrosine.parameters import InferenceParameters, QuestionParameters
from tyrosine.rsa.stimulus_groups import NO_GROUPS
from tyrosine.tables import schemas

INFERENCE = InferenceParameters(n_bootstraps=4000)
MODELS = {"good": spec("good"), "bad": spec("bad"), "worse": spec("worse", twin_of="bad")}
QUESTIONS = QuestionParameters(
    {
        "which": {
            "ask": "Which is better?",
            "groups": {"trained": {"label": "trained models", "select": {"modality": "vision"}}},
            "contrasts": {
                "training": {
                    "labels": ["trained", "untrained"],
                    "a": {"modality": "vision"},
                    "b": {"modality": "vision", "trained": False},
                }
            },
        }
    }
)


def study(n_images=48, n_subjects=4, noise=2.0, seed=0, signal=1.0, **more):
    """Scores of three models, of which one generates the responses."""
    features, responses = linear_study(n_images, 16, n_subjects, noise, seed, **more)
    rng = np.random.default_rng([seed, 1])
    others = [rng.standard_normal((n_images, N_FEATURES)) for _ in range(2)]
    seen = {one.descriptors["subject"]: names_of(n_images) for one in responses}
    design = split_images(seen, NO_GROUPS, ENCODING, seed=seed)
    encoded = [
        encode_model(
            features_of([values], name), MODELS[name], loading(*responses), design,
            brain_rdms_of(*responses), ENCODING,
        )
        for name, values in zip(MODELS, (features, *others))
    ]  # fmt: skip
    return stack_encoded(design, *encoded)


@pytest.fixture(scope="module")
def stacked():
    return study()


def test_the_tables_are_as_their_schemas_say(stacked):
    scores, channels, left_out = stacked
    assert len(schemas.encoding_scores.validate(scores)) == 3 * 4 * 2
    assert len(schemas.encoding_channels.validate(channels)) == 3 * 4 * 16
    # Region by region, as the brain RDMs are.
    assert scores["roi"][:8].tolist() == ["EBA"] * 4 + ["PPA"] * 4
    assert left_out.values.shape == (48, 8, 3, 2)
    schemas.encoding_tests.validate(bootstrap_scores(scores, left_out, MODELS, INFERENCE, 0))
    schemas.encoding_contrasts.validate(contrast_encoding(scores, left_out, MODELS, QUESTIONS, INFERENCE, 0))


def test_scores_without_an_image_stand_in_the_order_of_the_scores(stacked):
    scores, _, left_out = stacked
    wide = scores["r"].to_numpy().reshape(3, 8)
    np.testing.assert_allclose(left_out.values[..., 0].mean(axis=0).T, wide, atol=0.02)


def test_tests_across_subjects_are_those_of_scipy(stacked):
    scores, _, left_out = stacked

    found = contrast_encoding(scores, left_out, MODELS, QUESTIONS, INFERENCE, 0)

    wide = scores.set_index(["roi", "subject", "model"])["r_normalised"].unstack("model")
    rows = found[(found["method"] == "encoding_normalised") & (found["test"] == "t-test")].set_index(
        ["contrast", "roi"]
    )
    pair = stats.ttest_rel(wide.loc["EBA", "good"], wide.loc["EBA", "bad"])
    assert rows.loc[("good - bad", "EBA"), "p"] == pytest.approx(pair.pvalue)
    over_all = wide.groupby("subject").mean()
    training = (over_all["good"] + over_all["bad"]) / 2 - over_all["worse"]
    assert rows.loc[("training", "all"), "estimate"] == pytest.approx(training.mean())
    assert rows.loc[("training", "all"), "p"] == pytest.approx(stats.ttest_1samp(training, 0).pvalue)
    group = (over_all["good"] + over_all["bad"]) / 2
    expected = stats.ttest_1samp(group, 0, alternative="greater").pvalue
    assert rows.loc[("trained", "all"), "p"] == pytest.approx(expected)


def test_standard_errors_over_images_are_those_of_resampled_images():
    rng = np.random.default_rng(6)
    # Of a mean, whose jackknife is exact: a value of each image, subject and model.
    values = rng.standard_normal((30, 2, 3)) + 0.3
    left_out = (values.sum(axis=0) - values) / 29
    scores = pd.DataFrame(
        {
            "subject": [1, 2] * 3,
            "selectivity": "bodies",
            "roi": "EBA",
            "model": np.repeat(list(MODELS), 2),
            "label": np.repeat([one.label for one in MODELS.values()], 2),
            "modality": "vision",
            "task": "classification",
            "layer": "a",
            "n_stimuli": 30,
            "r": values.mean(axis=0).T.ravel(),
            "r_normalised": np.nan,
        }
    )
    split = split_images({1: names_of(30), 2: names_of(30)}, NO_GROUPS, ENCODING, 0)
    stacked = LeftOut(np.repeat(left_out[..., None], 2, axis=-1), split)

    found = bootstrap_scores(scores, stacked, MODELS, INFERENCE, 0)

    rows = found[found["over"] == "stimuli"].set_index("model")
    drawn = rng.integers(0, 30, (4000, 30))
    for model, name in enumerate(MODELS):
        means = values.mean(axis=1)[drawn, model].mean(axis=1)
        # Fits vary too, by as much as tested images are more than those fitted to.
        expected = means.std(ddof=1) * np.sqrt(30 / 29 * (1 + 30 / 20))
        assert rows.loc[name, "standard_error"] == pytest.approx(expected, rel=0.05)
    assert (found["method"] == "encoding").all()


def test_the_generating_model_is_above_chance_and_better(stacked):
    scores, _, left_out = stacked

    tests = bootstrap_scores(scores, left_out, MODELS, INFERENCE, 0)
    contrasts = contrast_encoding(scores, left_out, MODELS, QUESTIONS, INFERENCE, 0)

    both = tests[(tests["over"] == "both") & (tests["method"] == "encoding")].set_index(["model", "roi"])
    assert (both.loc["good", "q"] < 0.05).all()
    assert (both.loc["bad", "lower"] < 0).all() and (both.loc["bad", "upper"] > 0).all()
    pairs = contrasts[(contrasts["test"] == "dual bootstrap") & (contrasts["roi"] == "all")]
    assert (pairs[pairs["contrast"] == "good - bad"]["q"] < 0.05).all()
    assert (pairs[pairs["contrast"] == "good - bad"]["estimate"] > 0.2).all()


def test_untrained_twins_are_a_family_of_their_own(stacked):
    scores, _, left_out = stacked
    tests = bootstrap_scores(scores, left_out, MODELS, INFERENCE, 0)
    assert tests.groupby("model")["family"].first().str.contains("untrained").to_dict() == {
        "good": False,
        "bad": False,
        "worse": True,
    }


def test_averages_have_no_normalised_tests():
    scores, _, left_out = study(n_repetitions=1)
    found = contrast_encoding(scores, left_out, MODELS, QUESTIONS, INFERENCE, 0)
    assert found["method"].unique().tolist() == ["encoding"]


def test_subjects_without_shared_images_are_tested_across_subjects_alone(stacked):
    scores, _, left_out = stacked
    apart = LeftOut(left_out.values[:0], left_out.design._replace(shared=()))

    found = contrast_encoding(scores, apart, MODELS, QUESTIONS, INFERENCE, 0)

    dual = found["test"] == "dual bootstrap"
    assert (found.loc[dual, "undefined"] == NO_SHARED_IMAGES).all()
    assert (found.loc[~dual, "undefined"] == "").all()
    schemas.encoding_contrasts.validate(found)


def test_a_region_in_which_nobody_has_signal_has_no_rows_and_no_part_in_the_mean(stacked):
    scores, _, left_out = stacked
    lacking = scores.copy()
    lacking.loc[lacking["roi"] == "PPA", ["r", "r_normalised"]] = np.nan

    found = contrast_encoding(lacking, left_out, MODELS, QUESTIONS, INFERENCE, 0)

    assert set(found["roi"]) == {"EBA", "all"}
    assert (found.loc[found["roi"] == "all", "regions"] == "EBA").all()


def test_a_study_without_responses_has_tables_without_rows():
    nobody = Design({}, FOLDS, NO_GROUPS, ())
    features, responses = linear_study()
    encoded = encode_model(
        features_of([features]), MODELS["good"], {}, nobody, brain_rdms_of(*responses), ENCODING
    )
    scores, channels, left_out = stack_encoded(nobody, encoded)

    schemas.encoding_scores.validate(scores)
    schemas.encoding_channels.validate(channels)
    tests = bootstrap_scores(scores, left_out, MODELS, INFERENCE, 0)
    contrasts = contrast_encoding(scores, left_out, MODELS, QUESTIONS, INFERENCE, 0)
    assert schemas.encoding_tests.validate(tests).empty
    assert schemas.encoding_contrasts.validate(contrasts).empty
