"""What single models have to do with a contrast, against differences that are computed one by one."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import squareform
from scipy.stats import pearsonr

from tests.rsa.test_own_stimuli import (
    INFERENCE,
    NO_CATEGORIES,
    OF_REGION,
    REGIONS,
    ROSTER,
    SEEN,
    SHARED,
    brain_vector,
    correlation,
    make,
    model_vector,
)
from tyrosine.parameters import ComparisonParameters, QuestionParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.contrasts import Contrast
from tyrosine.rsa.inference import robustness
from tyrosine.rsa.inference.chosen_layers import OTHER_STIMULI
from tyrosine.rsa.inference.covariates import describe_differences
from tyrosine.rsa.inference.robustness import assess_contrasts
from tyrosine.rsa.layer_choice import choose_layers
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import concatenate
from tyrosine.rsa.robustness import best_against_best, fewest_models, leave_out_models, pair_differences
from tyrosine.rsa.variance_partition import draw_folds
from tyrosine.tables import schemas

MODELS = ["vit", "mae", "dpt", "clip", "siglip"]
SIMILARITY = np.array([0.16, 0.08, 0.05, 0.13, 0.2])
KINDS = Contrast("kinds", ((("clip", "siglip"), ("vit", "mae", "dpt")),))


def test_each_model_is_left_out_in_turn():
    s = dict(zip(MODELS, SIMILARITY))

    found = leave_out_models(KINDS, MODELS, SIMILARITY)

    unimodal = np.mean([s["vit"], s["mae"], s["dpt"]])
    assert found == pytest.approx(
        {
            "clip": s["siglip"] - unimodal,
            "siglip": s["clip"] - unimodal,
            "vit": (s["clip"] + s["siglip"]) / 2 - (s["mae"] + s["dpt"]) / 2,
            "mae": (s["clip"] + s["siglip"]) / 2 - (s["vit"] + s["dpt"]) / 2,
            "dpt": (s["clip"] + s["siglip"]) / 2 - (s["vit"] + s["mae"]) / 2,
        }
    )


def test_the_only_model_of_a_side_cannot_be_left_out_and_takes_its_stratum_along():
    two_strata = Contrast("task", ((("mae",), ("vit",)), (("siglip", "dpt"), ("clip",))))
    s = dict(zip(MODELS, SIMILARITY))

    found = leave_out_models(two_strata, MODELS, SIMILARITY)

    second = (s["siglip"] + s["dpt"]) / 2 - s["clip"]
    assert found["mae"] == found["vit"] == pytest.approx(second)
    assert found["clip"] == pytest.approx(s["mae"] - s["vit"])
    assert leave_out_models(Contrast("pair", ((("mae",), ("vit",)),)), MODELS, SIMILARITY) == {}


def test_pairs_are_of_one_stratum_and_a_group_is_held_against_zero():
    s = dict(zip(MODELS, SIMILARITY))

    found = pair_differences(KINDS, MODELS, SIMILARITY)

    assert found == pytest.approx(
        {(a, b): s[a] - s[b] for a, b in product(["clip", "siglip"], ["vit", "mae", "dpt"])}
    )
    strata = Contrast("task", ((("mae",), ("vit",)), (("siglip",), ("clip",))))
    assert set(pair_differences(strata, MODELS, SIMILARITY)) == {("mae", "vit"), ("siglip", "clip")}
    group = Contrast("group", ((("vit", "mae"), ()),))
    found = pair_differences(group, MODELS, SIMILARITY)
    assert found == pytest.approx({("vit", ""): s["vit"], ("mae", ""): s["mae"]})


@pytest.mark.parametrize(
    ("pairs", "spared", "expected"),
    [
        ([], [], []),
        ([("clip", "vit"), ("siglip", "vit")], [], ["vit"]),
        ([("clip", "vit")], ["clip"], ["vit"]),
        ([("clip", "vit")], ["clip", "vit"], ["clip"]),
        ([("a", "x"), ("a", "y"), ("b", "z")], [], ["a", "b"]),
    ],
)
def test_the_models_that_pairs_depend_on(pairs, spared, expected):
    assert fewest_models(pairs, spared) == expected


def test_the_best_models_are_chosen_by_other_subjects_and_other_stimuli():
    rng = np.random.default_rng(0)
    outside, inside = rng.random((3, 4, 5)), rng.random((3, 4, 5))

    found = best_against_best(KINDS, MODELS, outside, inside)

    expected, chosen = np.zeros(4), []
    for fold, subject in product(range(3), range(4)):
        others = [one for one in range(4) if one != subject]
        means = dict(zip(MODELS, outside[fold][others].mean(axis=0)))
        a = max(KINDS.a, key=means.__getitem__)
        b = max(KINDS.b, key=means.__getitem__)
        here = dict(zip(MODELS, inside[fold, subject]))
        expected[subject] += (here[a] - here[b]) / 3
        chosen.append((a, b))
    np.testing.assert_allclose(found.values, expected)
    counts = pd.DataFrame(chosen, columns=["a", "b"])
    assert found.a[0] == counts["a"].mode()[0]
    assert set(found.b) == set(counts["b"])


def test_choice_and_test_on_the_same_noise_would_favour_the_larger_side():
    """With all models equal, the best of many is not better than the best of few on stimuli of its own."""
    rng = np.random.default_rng(1)
    sides = Contrast("many", ((("vit", "mae", "dpt", "clip"), ("siglip",)),))
    honest, naive = [], []
    for _ in range(400):
        outside, inside = rng.normal(size=(5, 8, 5)), rng.normal(size=(5, 8, 5))
        honest.append(best_against_best(sides, MODELS, outside, inside).values.mean())
        naive.append(best_against_best(sides, MODELS, inside[:, :1], inside[:, :1]).values.mean())

    error = np.std(honest, ddof=1) / np.sqrt(len(honest))
    assert abs(np.mean(honest)) < 3 * error
    # The expected maximum of four normal variables is 1.029.
    assert np.mean(naive) == pytest.approx(1.029, abs=0.15)


def spec(name, **fields):
    return ModelSpec.model_validate(
        {
            "name": name, "label": name, "modality": "vision", "task": "classification", "checkpoint": name,
            "layer": "last", "pooling": "cls", **fields,
        }
    )  # fmt: skip


def test_what_else_differs_between_the_sides():
    models = {
        "clip": spec("clip", task="contrastive", multimodal=True, n_training_samples=400_000_000),
        "vit": spec("vit", n_training_samples=14_000_000, resolution=224, architecture="ViT-L"),
        "mae": spec("mae", pooling="mean", n_training_samples=1_280_000, architecture="ViT-L"),
    }

    told = describe_differences(
        [["clip"], ["vit", "mae"]], ["multimodal"], models, {"clip": 1.0, "vit": 1.0, "mae": float("nan")}
    )

    assert told == (
        "training task (contrastive against classification); architecture (not stated against ViT-L); "
        "number of training samples (400 000 000 against 1 280 000, 14 000 000); "
        "resolution in pixels (not stated against 224, not stated); "
        "relative depth of the layer (1 against 1, not stated); pooling (cls against cls, mean)"
    )
    # A language model has no resolution that could differ.
    models["bert"] = spec("bert", modality="language")
    assert "resolution" not in describe_differences([["vit"], ["bert"]], [], models, {})
    # What is the same on both sides, and what nobody states, is not told.
    assert describe_differences([["vit"], ["vit"]], [], models, {}) == ""
    assert describe_differences([["vit"], []], [], models, {}) == ""


QUESTIONS = QuestionParameters.model_validate(
    {
        "one": {
            "ask": "Which?",
            "groups": {"all": {"label": "all", "select": {}}},
            "contrasts": {
                "kinds": {"labels": ["v", "l"], "a": {"modality": "vision"}, "b": {"modality": "language"}},
                "two": {"labels": ["m", "l"], "a": {"multimodal": True}, "b": {"modality": "language"}},
                "none": {"labels": ["x", "y"], "a": {"task": "unheard of"}, "b": {"modality": "language"}},
            },
        }
    }
)


def assessed(seen=SEEN, stimuli=NO_CATEGORIES, **options):
    brain, models = make(seen)
    models.rdm_descriptors["depth"] = [1.0, 1.0, float("nan")]
    similarities = compare_rdms(brain, models, ComparisonParameters(methods=("pearson",)))
    inference = INFERENCE.model_copy(update=options)
    table = assess_contrasts(brain, models, similarities, stimuli, ROSTER, QUESTIONS, inference, 0)
    schemas.contrast_robustness.validate(table)
    return table.set_index(["contrast", "roi"])


def over(roi, names):
    """Similarities (subjects, models) over some stimuli, by SciPy."""
    return np.array(
        [
            [correlation("pearson", brain_vector(place, names), model_vector(m, names)) for m in range(3)]
            for place, (_, _, region) in enumerate(REGIONS)
            if region == roi
        ]
    )


@pytest.mark.parametrize("roi", ["EBA", "PPA"])
def test_a_region_has_what_scipy_finds_over_its_shared_stimuli(roi):
    row, names = assessed().loc["kinds", roi], sorted(OF_REGION[roi])
    vit, bert, clip = over(roi, names).mean(axis=0)

    assert row["n_stimuli"] == len(names)
    assert row["estimate"] == pytest.approx((vit + clip) / 2 - bert, abs=1e-12)
    without = {"vit": clip - bert, "clip": vit - bert}
    assert (row["lowest_without"], row["highest_without"]) == tuple(sorted(without, key=without.get))
    assert (row["lowest"], row["highest"]) == pytest.approx(sorted(without.values()), abs=1e-12)
    assert (row["n_pairs"], row["n_pairs_agree"]) == (
        2, sum(np.sign(vit + clip - 2 * bert) == np.sign([vit - bert, clip - bert])),
    )  # fmt: skip

    folds = draw_folds(len(names), 2, random_stream(0, "folds", "best against best"))
    subjects = [0.0] * len(over(roi, names))
    for fold in range(2):
        inside = over(roi, [name for name, number in zip(names, folds) if number == fold])
        outside = over(roi, [name for name, number in zip(names, folds) if number != fold])
        for subject in range(len(inside)):
            others = np.delete(outside, subject, axis=0).mean(axis=0)
            best = 0 if others[0] > others[2] else 2
            subjects[subject] += (inside[subject, best] - inside[subject, 1]) / 2
    assert row["best"] == pytest.approx(np.mean(subjects), abs=1e-12)
    assert row["best_lower"] < row["best"] < row["best_upper"]


def test_a_direction_holds_or_names_the_models_that_it_depends_on():
    table = assessed()

    for row in table[table["undefined"] == ""].itertuples():
        signs = [row.estimate, *(one for one in (row.lowest, row.highest, row.best) if not np.isnan(one))]
        agree = len({np.sign(one) for one in signs}) == 1 and row.n_pairs == row.n_pairs_agree
        assert row.holds == agree == (row.depends_on == "")
    # Two models are one pair: there is nothing to choose, and no model to leave out.
    two = table.loc["two"]
    assert (two["n_pairs"] == 1).all() and two[["lowest", "best"]].isna().all(axis=None)
    assert set(two["best_undefined"]) == {"no side has two models to choose from"}
    assert set(table.loc["none", "undefined"]) == {"no model of the roster has task unheard of"}
    # What the sides are selected by is not told among what else differs.
    assert set(two["also_differs"]) == {"relative depth of the layer (not stated against 1)"}
    assert set(table.loc["all", "also_differs"]) == {""}


def test_too_few_stimuli_for_folds_leave_the_best_models_open():
    few = {subject: [name for name in names if name != "s0"] for subject, names in SEEN.items()}

    table = assessed(few)

    assert table.loc[("kinds", "EBA"), "best_undefined"] == "7 stimuli are too few for 2 folds"
    assert np.isfinite(table.loc[("kinds", "EBA"), "estimate"])
    assert table.loc[("kinds", "PPA"), "best_undefined"] == ""


def test_no_group_of_stimuli_is_both_where_models_are_chosen_and_where_they_are_tested(monkeypatch):
    """Neither of the sets of stimuli that are compared: those outside a fold first, then those inside."""
    of_pair = {name: f"scene {place // 2}" for place, name in enumerate(sorted(NO_CATEGORIES["stimulus_id"]))}
    stimuli = NO_CATEGORIES.assign(scene=NO_CATEGORIES["stimulus_id"].map(of_pair))
    compared = []
    compare_over = robustness.compare_over
    monkeypatch.setattr(
        robustness, "compare_over", lambda *given: compared.append(given[2]) or compare_over(*given)
    )

    table = assessed(stimuli=stimuli, stimulus_groups="scene")

    assert (table.loc["kinds", "best_undefined"] == "").all()
    assert len(compared) == 2 * 2 * 2  # sets of stimuli (by region, overall), folds, and outside and inside
    for outside, inside in zip(compared[::2], compared[1::2]):
        for chosen, tested in zip(outside, inside):
            assert chosen and tested
            assert not {of_pair[name] for name in chosen} & {of_pair[name] for name in tested}


def test_too_few_groups_of_stimuli_for_folds_leave_the_best_models_open():
    stimuli = NO_CATEGORIES.assign(scene="one")

    table = assessed(stimuli=stimuli, stimulus_groups="scene")

    reason = table.loc[("kinds", "PPA"), "best_undefined"]
    assert reason == f"{len(OF_REGION['PPA'])} stimuli in 1 groups are too few for 2 folds"


def test_a_model_whose_layer_is_chosen_takes_part_by_the_layer_that_others_chose_on_other_stimuli():
    """Best against best by a loop over folds and subjects, of one model with two layers and two with one."""
    everyone = dict.fromkeys(SEEN, SHARED)
    brain, models = make(everyone)
    layers = concatenate([models.subset("model", "vit"), models])
    names = ["vit", *models.rdm_descriptors["model"]]
    other = np.random.default_rng(3).random(layers.dissimilarities.shape[1])
    layers.dissimilarities[0] = other
    layers.rdm_descriptors |= {
        "layer": ["low", "high", "last", "last"], "reported": [False, False, True, True],
        "depth": [0.5, 1.0, 1.0, 1.0], "model": names,
    }  # fmt: skip
    comparison = ComparisonParameters(methods=("pearson",))
    inference = INFERENCE.model_copy(update={"stimulus_groups": "none"})
    choices = choose_layers(brain, layers, NO_CATEGORIES, comparison, inference, 0)
    similarities = compare_rdms(brain, layers, comparison, choices)

    table = assess_contrasts(brain, layers, similarities, NO_CATEGORIES, ROSTER, QUESTIONS, inference, 0)

    schemas.contrast_robustness.validate(table)
    row = table.set_index(["contrast", "roi"]).loc["kinds", "EBA"]
    chosen = similarities[(similarities["layer"] == "best") & (similarities["roi"] == "EBA")]
    plain = similarities[(similarities["layer"] == "last") & (similarities["roi"] == "EBA")]
    means = plain.groupby("model")["similarity"].mean()
    expected = (chosen["similarity"].mean() + means["clip"]) / 2 - means["bert"]
    assert row["estimate"] == pytest.approx(expected)

    ids = sorted(SHARED)
    folds = draw_folds(len(ids), 2, random_stream(0, "folds", "best against best"))
    eba = [number for number, (_, _, region) in enumerate(REGIONS) if region == "EBA"]
    first, second = np.triu_indices(len(ids), 1)

    def within(rdms, row, inside):
        order = [list(rdms.pattern_descriptors["stimulus_id"]).index(one) for one in ids]
        square = squareform(rdms.dissimilarities[row])[np.ix_(order, order)]
        return square[first, second][inside[first] & inside[second]]

    values = []
    for number in range(2):
        r = {
            part: np.array([
                [pearsonr(within(brain, one, inside), within(layers, layer, inside)).statistic
                 for layer in range(4)]
                for one in eba
            ])
            for part, inside in (("inside", folds == number), ("outside", folds != number))
        }  # fmt: skip
        for subject in range(len(eba)):
            others = np.delete(r["outside"], subject, axis=0).mean(axis=0)
            # Columns: two layers of ViT, BERT, CLIP.
            best = max((0, 1, 3), key=lambda column: others[column])
            values.append(r["inside"][subject, best] - r["inside"][subject, 2])
    assert row["best"] == pytest.approx(np.mean(values), abs=1e-12)


def test_a_chosen_layer_without_a_choice_over_shared_stimuli_says_so():
    brain, models = make(SEEN)
    layers = concatenate([models.subset("model", "vit"), models])
    layers.rdm_descriptors |= {
        "layer": ["low", "high", "last", "last"], "reported": [False, False, True, True],
        "depth": [0.5, 1.0, 1.0, 1.0],
    }  # fmt: skip
    layers.dissimilarities[0] = np.random.default_rng(3).random(layers.dissimilarities.shape[1])
    comparison = ComparisonParameters(methods=("pearson",))
    choices = choose_layers(brain, layers, NO_CATEGORIES, comparison, INFERENCE, 0)
    similarities = compare_rdms(brain, layers, comparison, choices)

    table = assess_contrasts(brain, layers, similarities, NO_CATEGORIES, ROSTER, QUESTIONS, INFERENCE, 0)

    schemas.contrast_robustness.validate(table)
    reasons = table.set_index(["contrast", "roi"])["undefined"]
    assert reasons["kinds", "EBA"] == OTHER_STIMULI and reasons["two", "EBA"] == ""
