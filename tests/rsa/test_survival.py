"""Answers in other analyses: against the run's own table, and against SciPy by hand."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from rsatoolbox.data import Dataset
from scipy import stats
from scipy.spatial.distance import pdist

from tyrosine.parameters import (
    ComparisonParameters,
    InferenceParameters,
    QuestionParameters,
    SensitivityParameters,
)
from tyrosine.parameters.models import ModelSpec
from tyrosine.pipelines.sensitivity.nodes import gather_features
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.inference.grid import GridRDMs
from tyrosine.rsa.inference.model_contrasts import contrast_models
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.inference.reweighted_comparison import reweight_models
from tyrosine.rsa.inference.survival import answer_in_other_analyses
from tyrosine.rsa.layer_choice import choose_layers
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import concatenate, label_rdms
from tyrosine.rsa.reweighting import feature_entries, layer_entries, reweighted_similarity
from tyrosine.rsa.variance_partition import draw_folds
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


def model_rdms(names, seed, layers=(1, 2, 3), best=()):
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
            "reported": [layer == max(layers) and name not in best for name, layer in rows],
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


def asked_of(contrast, rows, **choices):
    """Rows of one contrast with these choices, and those of the run where none is given."""
    wanted = {"left_out": "none", "captions": "mean", "layer": "reported", "contrast": contrast} | choices
    return rows[(rows[list(wanted)] == pd.Series(wanted)).all(axis=1)]


def own_contrasts(brain, models):
    """The table of the run whose models these are."""
    choices = choose_layers(brain, models, STIMULI, COMPARISON, INFERENCE, 0)
    similarities = compare_rdms(brain, models, COMPARISON, choices)
    resamples = resample_stimuli(brain, models, STIMULI, COMPARISON, INFERENCE, 0, choices)
    table = contrast_models(brain, models, similarities, resamples, MODELS, QUESTIONS, INFERENCE, 0)
    return table[table["roi"] == "all"].set_index(["contrast", "test"])


NUMBERS = ["estimate", "lower", "upper", "p"]


def ask(by_captions, grid, brain=BRAIN, comparison=COMPARISON, features=None):
    rdms = GridRDMs(brain, by_captions, features or {})
    return answer_in_other_analyses(rdms, STIMULI, MODELS, QUESTIONS, comparison, INFERENCE, grid, 0)


def test_by_their_best_layers_models_have_the_contrasts_of_a_run_that_chooses_all_layers():
    everyone = model_rdms(MODELS, 0, best=MODELS)
    grid = SensitivityParameters(methods=["pearson", "cka"], layers=["best", "last"])

    table = ask({"mean": OF_RUN, "first": FIRST}, grid)

    schemas.answer_survival.validate(table)
    # The run reports the last layer of each model.
    assert set(table["layer"]) == {"reported", "best"}
    own = own_contrasts(BRAIN["correlation"], everyone)
    for contrast in ("vision_language", "vision"):
        found = asked_of(contrast, table, layer="best", brain_distance="correlation", method="pearson")
        found = found[found["stimulus_groups"] == "category"]
        assert list(found["test"]) == ["dual bootstrap"]
        expected = own.loc[(contrast, "dual bootstrap"), NUMBERS].astype(float)
        np.testing.assert_allclose(found[NUMBERS].iloc[0].astype(float), expected, rtol=1e-9)
    # Other captions have choices of their own.
    reading = asked_of("vision_language", table, layer="best", method="pearson")
    assert reading["estimate"].nunique() == len(BRAIN)
    other = asked_of("vision_language", table, layer="best", method="pearson", captions="first")
    assert not set(other["estimate"]) & set(reading["estimate"])
    # Debiased CKA has no bootstrap over stimuli.
    assert set(table.loc[table["method"] == "cka", "test"]) == {"t-test"}


def test_a_run_that_chooses_layers_has_its_place_in_the_grid_and_an_alternative_with_the_last_ones():
    chooses = model_rdms(MODELS, 0, best=("vit", "bert"))
    grid = SensitivityParameters(methods=[], layers=["best", "last", "profile"], leave_out_models=False)

    table = ask({"mean": chooses}, grid)

    main = table[table["main"]].set_index("contrast")
    own = own_contrasts(BRAIN["correlation"], chooses)
    for contrast in ("vision_language", "vision"):
        expected = own.loc[(contrast, "dual bootstrap"), NUMBERS].astype(float)
        np.testing.assert_allclose(main.loc[contrast, NUMBERS].astype(float), expected, rtol=1e-9)
    last = asked_of("vision_language", table, layer="last", brain_distance="correlation")
    expected = by_hand("correlation", stats.pearsonr, [2, 5, 8]) - by_hand(
        "correlation", stats.pearsonr, [11]
    )
    np.testing.assert_allclose(last["estimate"], expected, atol=1e-12)
    assert set(table["layer"]) == {"reported", "best", "last", "profile"}


def test_where_every_layer_is_chosen_in_the_run_the_best_is_no_alternative():
    grid = SensitivityParameters(methods=[], layers=["best"], leave_out_models=False)

    table = ask({"mean": model_rdms(MODELS, 0, best=MODELS)}, grid)

    assert set(table["layer"]) == {"reported"}


def reweighted(brain, models, *features):
    """Each subject's mean over regions, in folds that are drawn as those of the run."""
    stream = random_stream(0, "folds", "stimuli")
    folds = np.stack([draw_folds(N_STIMULI, 3, stream) for _ in range(SMALL_FOLDS.n_fold_draws)])
    found = {}
    for name in dict.fromkeys(models.rdm_descriptors["model"]):
        weighted, weights = layer_entries(models.subset("model", name).dissimilarities), "non-negative"
        for one in features:
            if one.descriptors["model"] == name:
                weighted, weights = feature_entries(one.measurements[:, 4:], "correlation"), "ridge"
        values = reweighted_similarity(weighted, brain.dissimilarities, folds, weights)
        found[name] = pd.Series(values).groupby(brain.rdm_descriptors["subject"]).mean()
    return pd.DataFrame(found)


SMALL_FOLDS = INFERENCE.model_copy(update={"n_folds": 3, "n_fold_draws": 2})


@pytest.mark.parametrize("what", ["none", "layers", "features"])
def test_reweighted_similarities_are_those_of_the_run_and_are_tested_across_subjects(what):
    comparison = COMPARISON.model_copy(update={"reweighting": what})
    by_weights = COMPARISON.model_copy(update={"reweighting": "features" if what == "features" else "layers"})
    of_run, of_first = ([], []) if what != "features" else (features_of(MODELS, 5), features_of(["bert"], 6))
    rdms = GridRDMs(
        BRAIN,
        {"mean": OF_RUN, "first": FIRST},
        {"mean": gather_features(*of_run), "first": gather_features(*of_first)},
    )
    grid = SensitivityParameters(methods=["reweighted"], layers=["profile", "best"])

    table = answer_in_other_analyses(rdms, STIMULI, MODELS, QUESTIONS, comparison, SMALL_FOLDS, grid, 0)

    schemas.answer_survival.validate(table)
    weighted = table[table["method"] == "reweighted"]
    # Whatever layer counts elsewhere, weights are of all layers, or of the features of the reported one.
    assert set(weighted["layer"]) == {"reported"} and set(weighted["test"]) == {"t-test"}
    for distance, captions in product(BRAIN, ("mean", "first")):
        values = reweighted(BRAIN[distance], OF_RUN, *of_run)
        if captions == "first":
            values["bert"] = reweighted(BRAIN[distance], FIRST, *of_first)["bert"]
        difference = values[["vit", "mae", "clip"]].mean(axis=1) - values["bert"]
        row = asked_of("vision_language", weighted, brain_distance=distance, captions=captions).iloc[0]
        assert row["estimate"] == pytest.approx(difference.mean(), abs=1e-12)
        assert row["p"] == pytest.approx(stats.ttest_1samp(difference, 0).pvalue)
    # They are also those that the run has in a table, a region at a time.
    own = reweight_models(BRAIN["correlation"], OF_RUN, by_weights, SMALL_FOLDS, 0, *of_run)
    group = asked_of("vision", weighted, brain_distance="correlation").iloc[0]
    vision = own[own["modality"] == "vision"]["estimate"].mean()
    assert group["estimate"] == pytest.approx(vision, abs=1e-12)


def features_of(names, seed):
    """Features of the layer that each model is reported by, and others."""
    rng = np.random.default_rng(seed)
    return [
        Dataset(
            rng.normal(size=(N_STIMULI, 8)).astype(np.float32),
            descriptors={"model": name},
            obs_descriptors={"stimulus_id": IDS},
            channel_descriptors={"layer": ["1"] * 4 + ["3"] * 4},
        )
        for name in names
    ]


def test_models_of_one_layer_have_nothing_to_weight():
    grid = SensitivityParameters(methods=["reweighted"], leave_out_models=False)

    table = ask({"mean": model_rdms(MODELS, 0, layers=(3,))}, grid)

    assert set(table["method"]) == {"pearson"} and set(table["layer"]) == {"reported"}


def test_a_model_of_one_layer_counts_by_it_on_the_same_pairs_as_others_by_their_weights():
    few = [OF_RUN.subset("model", ["vit", "mae", "clip"]), OF_RUN.subset("index", [11])]
    grid = SensitivityParameters(methods=["reweighted"], leave_out_models=False)

    table = answer_in_other_analyses(
        GridRDMs(BRAIN, {"mean": concatenate(few)}),
        STIMULI,
        MODELS,
        QUESTIONS,
        COMPARISON,
        SMALL_FOLDS,
        grid,
        0,
    )

    values = reweighted(BRAIN["correlation"], OF_RUN)
    brain = BRAIN["correlation"].dissimilarities
    stream = random_stream(0, "folds", "stimuli")
    first, second = np.triu_indices(N_STIMULI, 1)
    plain = []
    for _ in range(SMALL_FOLDS.n_fold_draws):
        folds = draw_folds(N_STIMULI, 3, stream)
        for fold in range(3):
            inside = (folds[first] == fold) & (folds[second] == fold)
            alone = OF_RUN.dissimilarities[11, inside]
            plain += [stats.pearsonr(one[inside], alone).statistic for one in brain]
    row = asked_of("vision_language", table, method="reweighted", brain_distance="correlation").iloc[0]
    vision = values[["vit", "mae", "clip"]].mean(axis=1).mean()
    assert row["estimate"] == pytest.approx(vision - np.mean(plain), abs=1e-12)
