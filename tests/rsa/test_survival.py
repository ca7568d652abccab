"""Answers in other analyses: against the run's own table, and against SciPy by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import pdist

from tyrosine.parameters import (
    ComparisonParameters,
    InferenceParameters,
    QuestionParameters,
    SensitivityParameters,
)
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.inference.model_contrasts import contrast_models
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.inference.survival import GridRDMs, answer_in_other_analyses
from tyrosine.rsa.rdms import label_rdms
from tyrosine.tables import schemas

N_STIMULI, SUBJECTS, ROIS = 14, (1, 2, 3, 4), ("EBA", "PPA")
IDS = [f"s{number:02d}" for number in range(N_STIMULI)]
QUESTIONS = QuestionParameters(
    {
        "modality": {
            "ask": "Which is better?",
            "groups": {"vision": {"label": "vision models", "select": {"modality": "vision"}}},
            "contrasts": {
                "vision_language": {
                    "labels": ["vision models", "language models"],
                    "a": {"modality": "vision"},
                    "b": {"modality": "language"},
                }
            },
        }
    }
)
COMPARISON = ComparisonParameters()
INFERENCE = InferenceParameters(n_bootstraps=200, stimulus_groups="category")
CATEGORIES = [f"c{number // 2}" for number in range(N_STIMULI)]
STIMULI = pd.DataFrame(
    {"stimulus_id": IDS, "main_category": CATEGORIES, "categories": [[one] for one in CATEGORIES]}
)
GRID = SensitivityParameters(methods=["pearson", "spearman"], layers=["profile"])


def spec(name, modality):
    return ModelSpec(
        name=name, label=name.upper(), modality=modality, task="t", checkpoint=name, layer="1", pooling="cls"
    )


MODELS = {name: spec(name, "vision") for name in ("vit", "mae", "clip")} | {"bert": spec("bert", "language")}


def model_rdms(names, seed, layers=(1, 2, 3)):
    rng = np.random.default_rng(seed)
    rows = [(name, layer) for name in names for layer in layers]
    return label_rdms(
        np.stack([pdist(rng.normal(size=(N_STIMULI, 6))) for _ in rows]),
        IDS,
        {
            "model": [name for name, _ in rows],
            "label": [name.upper() for name, _ in rows],
            "modality": [MODELS[name].modality for name, _ in rows],
            "task": ["t"] * len(rows),
            "layer": [f"{layer}" for _, layer in rows],
            "depth": [np.nan if layer == 1 else layer / 3 for _, layer in rows],
            "reported": [layer == max(layers) for _, layer in rows],
        },
        "correlation",
    )


def brain_rdms(models, seed, distance):
    rng = np.random.default_rng(seed)
    pairs = [(subject, roi) for roi in ROIS for subject in SUBJECTS]
    return label_rdms(
        np.stack([pdist(rng.normal(size=(N_STIMULI, 6))) + models.dissimilarities[2] for _ in pairs]),
        IDS,
        {
            "subject": [subject for subject, _ in pairs],
            "selectivity": ["x"] * len(pairs),
            "roi": [roi for _, roi in pairs],
        },
        distance,
    )


OF_RUN, FIRST = model_rdms(MODELS, 0), model_rdms(["bert"], 1)
BRAIN = {
    "correlation": brain_rdms(OF_RUN, 2, "correlation"),
    "euclidean": brain_rdms(OF_RUN, 3, "euclidean"),
}


@pytest.fixture(scope="module")
def table():
    return answer_in_other_analyses(
        GridRDMs(BRAIN, {"mean": OF_RUN, "first": FIRST}),
        STIMULI,
        MODELS,
        QUESTIONS,
        COMPARISON,
        INFERENCE,
        GRID,
        0,
    )


def test_the_first_row_of_each_contrast_is_that_of_the_run(table):
    similarities = compare_rdms(BRAIN["correlation"], OF_RUN, COMPARISON)
    resamples = resample_stimuli(BRAIN["correlation"], OF_RUN, STIMULI, COMPARISON, INFERENCE, 0)
    contrasts = contrast_models(
        BRAIN["correlation"], OF_RUN, similarities, resamples, MODELS, QUESTIONS, INFERENCE, 0
    )
    own = contrasts[(contrasts["roi"] == "all") & (contrasts["test"] == "dual bootstrap")]
    main = table[table["main"]]
    assert list(main["contrast"]) == ["vision_language", "vision"]
    numbers = ["estimate", "lower", "upper", "p", "q"]
    np.testing.assert_allclose(
        main[numbers], own.set_index("contrast").loc[main["contrast"], numbers], rtol=1e-9
    )
    schemas.answer_survival.validate(table)


def by_hand(distance, correlate, rows, models=OF_RUN):
    """Mean similarity of brain RDMs to some rows of model RDMs."""
    return np.mean(
        [
            correlate(one, models.dissimilarities[row]).statistic
            for one in BRAIN[distance].dissimilarities
            for row in rows
        ]
    )


@pytest.mark.parametrize(
    ("choices", "vision", "language"),
    [
        # Rows of the models: vit 0 to 2, mae 3 to 5, clip 6 to 8, bert 9 to 11; the third is reported.
        ({}, [2, 5, 8], (OF_RUN, [11])),
        ({"left_out": "vit"}, [5, 8], (OF_RUN, [11])),
        ({"captions": "first"}, [2, 5, 8], (FIRST, [2])),
        # The first layer is no block.
        ({"layer": "profile"}, [1, 2, 4, 5, 7, 8], (OF_RUN, [10, 11])),
        ({"layer": "profile", "captions": "first", "left_out": "clip"}, [1, 2, 4, 5], (FIRST, [1, 2])),
    ],
)
@pytest.mark.parametrize("distance", ["correlation", "euclidean"])
@pytest.mark.parametrize(
    ("method", "correlate"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)]
)
def test_estimates_are_differences_of_mean_similarities(
    table, choices, vision, language, distance, method, correlate
):
    wanted = {"left_out": "none", "captions": "mean", "layer": "reported"} | choices
    wanted |= {"brain_distance": distance, "method": method, "contrast": "vision_language"}
    rows = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    expected = by_hand(distance, correlate, vision) - by_hand(distance, correlate, language[1], language[0])
    # What the bootstrap draws together changes the interval and not the estimate.
    assert list(rows["stimulus_groups"]) == ["category", "none"]
    np.testing.assert_allclose(rows["estimate"], expected, atol=1e-12)
    assert rows["lower"].nunique() == 2


def test_only_analyses_that_differ_are_there(table):
    # Leaving out the one language model leaves no contrast; the vision models read no captions.
    counts = table.groupby("contrast").size()
    assert counts["vision_language"] == 2 * 2 * 2 * 2 * 2 * (1 + 3)
    assert counts["vision"] == 2 * 2 * 2 * 1 * 2 * (1 + 3)
    assert not table.duplicated(
        ["contrast", "brain_distance", "method", "stimulus_groups", "captions", "layer", "left_out"]
    ).any()


def test_an_answer_stands_where_the_verdict_is_that_of_the_run(table):
    alone = table[table["contrast"] == "vision_language"]
    evidence = np.where(alone["q"] < 0.05, np.sign(alone["estimate"]), 0)
    assert set(alone["test"]) == {"dual bootstrap"}
    np.testing.assert_array_equal(alone["stands"], evidence == evidence[0])
    # One contrast and one group, each in a family of its own kind.
    np.testing.assert_allclose(table["q"], table["p"])


def test_a_method_without_bootstrap_is_tested_across_subjects():
    grid = SensitivityParameters(methods=["cka"], leave_out_models=False)
    table = answer_in_other_analyses(
        GridRDMs(BRAIN, {"mean": OF_RUN}), STIMULI, MODELS, QUESTIONS, COMPARISON, INFERENCE, grid, 0
    )
    assert dict(zip(table["method"], table["test"])) == {"pearson": "dual bootstrap", "cka": "t-test"}
    # Like is held against like: the verdict of the run by the t-test, here from the run's own table.
    similarities = compare_rdms(BRAIN["correlation"], OF_RUN, COMPARISON)
    resamples = resample_stimuli(BRAIN["correlation"], OF_RUN, STIMULI, COMPARISON, INFERENCE, 0)
    contrasts = contrast_models(
        BRAIN["correlation"], OF_RUN, similarities, resamples, MODELS, QUESTIONS, INFERENCE, 0
    )
    own = contrasts[(contrasts["roi"] == "all") & (contrasts["test"] == "t-test")].set_index("contrast")
    for row in table[table["test"] == "t-test"].itertuples():
        signs = [0 if one.q >= 0.05 else np.sign(one.estimate) for one in (own.loc[row.contrast], row)]
        assert row.stands == (signs[0] == signs[1])
