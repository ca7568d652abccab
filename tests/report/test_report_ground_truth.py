"""True contrasts against sums by hand, and what counts as a right answer."""

import numpy as np
import pandas as pd
import pytest

from tests.figures.inference import BETTER, NO_EVIDENCE, WORSE, contrast, contrasts, undefined
from tyrosine.report.ground_truth import (
    TrueValue,
    compare_with_truth,
    judge,
    population_contrasts,
    tell_false_positives,
    true_contrasts,
)
from tyrosine.report.sentences import Sides, Terms
from tyrosine.rsa.contrasts import Contrast

TERMS = Terms("Pearson r", 120)
BOTH = Sides("A", "B")


def true_similarities(values):
    """A row a (subject, ROI, model, layer) and its similarity; layer x of ViT is not the reported one."""
    return pd.DataFrame(
        [(subject, "bodies", roi, model, layer, (model, layer) != ("vit", "x"), "pearson", value)
         for (subject, roi, model, layer), value in values.items()],
        columns=["subject", "selectivity", "roi", "model", "layer", "reported", "method", "similarity"],
    ).astype({"reported": bool})  # fmt: skip


@pytest.fixture
def similarities():
    """Two subjects, of whom the second lacks PPA, and three models; ViT has two layers."""
    rng = np.random.default_rng(0)
    keys = [
        (subject, roi, model, layer)
        for subject, roi in ((1, "EBA"), (2, "EBA"), (1, "PPA"))
        for model, layer in (("clip_vision", "x"), ("vit", "x"), ("vit", "y"), ("vit_mae", "x"))
    ]
    return dict(zip(keys, rng.uniform(size=len(keys))))


CONTRAST = Contrast("multimodal_vision", ((("clip_vision",), ("vit", "vit_mae")),))


def test_a_true_contrast_is_the_difference_of_means_by_the_reported_layer(similarities):
    table = true_contrasts(true_similarities(similarities), [CONTRAST])

    def difference(subject, roi):
        a, vit, mae = (
            similarities[subject, roi, *model]
            for model in (("clip_vision", "x"), ("vit", "y"), ("vit_mae", "x"))
        )
        return a - (vit + mae) / 2

    eba, ppa = [difference(1, "EBA"), difference(2, "EBA")], difference(1, "PPA")
    expected = {"EBA": np.mean(eba), "PPA": ppa, "all": np.mean(eba)}
    assert dict(zip(table["roi"], table["estimate"])) == pytest.approx(expected)
    assert set(table["contrast"]) == {"multimodal_vision"}


def test_a_true_group_is_the_mean_of_its_models(similarities):
    groups = [CONTRAST, Contrast("unimodal_vision", ((("vit", "vit_mae"), ()),))]

    table = true_contrasts(true_similarities(similarities), groups)

    expected = (similarities[1, "PPA", "vit", "y"] + similarities[1, "PPA", "vit_mae", "x"]) / 2
    assert table.set_index(["contrast", "roi"])["estimate"]["unimodal_vision", "PPA"] == pytest.approx(
        expected
    )


def test_within_an_attribute_each_of_its_values_counts_the_same():
    values = {"a1": 0.9, "a2": 0.5, "a3": 0.1, "b1": 0.2, "b2": 0.3}
    strata = ((("a1", "a2"), ("b1",)), (("a3",), ("b2",)))

    table = true_contrasts(
        true_similarities({(1, "EBA", model, "x"): value for model, value in values.items()}),
        [Contrast("within", strata)],
    )

    expected = (((0.9 + 0.5) / 2 - 0.2) + (0.1 - 0.3)) / 2
    assert table["estimate"].tolist() == pytest.approx([expected, expected])


def test_without_true_similarities_or_contrasts_there_are_no_true_contrasts(similarities):
    assert true_contrasts(true_similarities({}), [CONTRAST]).empty
    assert true_contrasts(true_similarities(similarities), []).empty


@pytest.mark.parametrize(
    ("found", "true", "judged"),
    [
        ("higher", 0.1, "right"),
        ("lower", -0.1, "right"),
        ("higher", -0.1, "wrong"),
        ("lower", 0.1, "wrong"),
        ("higher", 0.0, "wrong"),
        ("no evidence", 0.1, "inconclusive"),
        ("no evidence", -0.1, "inconclusive"),
        ("no evidence", 0.000001, "right"),
    ],
)
def test_an_answer_is_right_if_its_claim_is_true(found, true, judged):
    assert judge(found, TrueValue(true), BOTH) == judged


def test_a_group_below_chance_is_rightly_not_found_above_it():
    assert judge("no evidence", TrueValue(-0.1), Sides("A")) == "right"
    assert judge("higher", TrueValue(-0.1), Sides("A")) == "wrong"


@pytest.mark.parametrize(
    ("row", "true", "words"),
    [
        (BETTER, 0.061, "the difference is 0.061, of the same sign; the answer is right."),
        (WORSE, 0.061, "the difference is 0.061; the answer is wrong."),
        (NO_EVIDENCE, 0.02, "is 0.020, which went undetected; the answer is inconclusive, not wrong."),
        (NO_EVIDENCE, 0.0, "is 0.000; there was nothing to detect, and the answer is right."),
        (undefined("one subject"), 0.02, "is 0.020; there is no answer to compare it with."),
    ],
)
def test_the_ground_truth_is_told_with_its_size(row, true, words):
    truth = {("multimodal_vision", "all", "pearson", "study"): TrueValue(true)}

    (told, *_) = compare_with_truth(contrast(row), {}, BOTH, TERMS, truth)

    assert told.startswith("Ground truth: without noise ")
    assert told.endswith(words)


def test_regions_are_counted_and_their_order_is_compared():
    name, estimates = "multimodal_vision", {"EBA": 0.03, "PPA": 0.01, "OFA": 0.02, "RSC": -0.02}
    rows = {roi: contrast(roi=roi, estimate=value) for roi, value in estimates.items()}
    rows["PPA"] |= {"q": 0.5}
    rows["FFA-1"] = contrast(undefined("one subject"), roi="FFA-1")
    true = {"all": 0.1, "EBA": 0.3, "PPA": 0.2, "OFA": 0.1, "RSC": 0.05, "FFA-1": 0.1}
    truth = {(name, roi, "pearson", "study"): TrueValue(value) for roi, value in true.items()}

    told = compare_with_truth(contrast(), rows, BOTH, TERMS, truth)[1]

    # By hand: ranks 4, 2, 3, 1 and 4, 3, 2, 1, so 1 - 6 * 2 / (4 * 15).
    assert told == (
        "Ground truth by region: 2 right, 1 inconclusive, 1 wrong; the rank correlation of measured and true "
        "values over regions is 0.80."
    )


def test_without_ground_truth_nothing_is_told():
    assert compare_with_truth(contrast(), {}, BOTH, TERMS, {}) == []


def test_in_a_control_region_the_truth_is_zero_and_no_part_of_the_mean_over_regions(similarities):
    table = true_similarities(similarities)
    control = table[table["roi"] == "EBA"].assign(roi="CTRL", selectivity="control", similarity=0.3)

    estimates = true_contrasts(pd.concat([table, control]), [CONTRAST]).set_index("roi")["estimate"]

    assert estimates["CTRL"] == 0
    expected = true_contrasts(table, [CONTRAST]).set_index("roi")["estimate"]
    assert estimates.drop("CTRL").to_dict() == expected.to_dict()


def test_a_test_for_new_stimuli_is_held_against_the_truth_of_the_population():
    key = "multimodal_vision", "all", "pearson"
    truth = {(*key, "study"): TrueValue(-0.02), (*key, "population"): TrueValue(0.03, 0.004)}

    (new_stimuli, *_) = compare_with_truth(contrast(), {}, BOTH, TERMS, truth)
    (same_stimuli, *_) = compare_with_truth(contrast(test="t-test"), {}, BOTH, TERMS, truth)

    assert new_stimuli.endswith(
        "0.030 ± 0.004 (standard error over scenes), of the same sign; the answer is right."
    )
    assert same_stimuli.endswith("the difference is -0.020; the answer is wrong.")


@pytest.mark.parametrize("found", ["higher", "lower", "no evidence"])
def test_a_truth_too_near_to_zero_judges_no_answer(found):
    assert judge(found, TrueValue(0.007, 0.004), BOTH) == "inconclusive"
    assert judge("higher", TrueValue(0.009, 0.004), BOTH) == "right"


def test_the_population_is_known_as_exactly_as_its_parts_agree(similarities):
    parts = {0: 0.0, 1: 0.1, 2: -0.1, 3: 0.04}
    tables = [
        true_similarities(
            {key: value + (shift if key[2] == "vit" else 0) for key, value in similarities.items()}
        ).assign(part=part)
        for part, shift in parts.items()
    ]

    row = population_contrasts(pd.concat(tables), [CONTRAST]).set_index("roi").loc["EBA"]

    whole = true_contrasts(tables[0], [CONTRAST]).set_index("roi").loc["EBA"]
    assert row["estimate"] == whole["estimate"]
    # ViT is one of two models on the second side.
    assert row["standard_error"] == pytest.approx(np.std([-0.05, 0.05, -0.02], ddof=1) / np.sqrt(3))


def test_false_positives_are_counted_where_there_is_nothing_to_find():
    names = ["selectivity", "roi", "method", "reported", "p", "undefined"]
    place = ("control", "CTRL", "pearson", True)
    tests = pd.DataFrame(
        [(*place, 0.01, ""), (*place, 0.2, ""), (*place, np.nan, "one subject")], columns=names
    )
    elsewhere = tests.assign(selectivity="faces", roi="OFA")
    pairs = [
        contrast(kind="pair", selectivity="control", roi="CTRL", test=test, p=p)
        for test, p in (
            ("t-test", 0.04),
            ("dual bootstrap", 0.3),
            ("dual bootstrap", 0.6),
            ("Wilcoxon", 0.01),
        )
    ]

    told = tell_false_positives(
        contrasts(*pairs, contrast(kind="pair", p=0.001)),
        pd.concat([tests, elsewhere]).assign(question="above chance", test="t-test"),
        pd.concat([tests.assign(p=0.3), elsewhere]).assign(over="both", test="bootstrap"),
        "pearson",
    )

    assert told == (
        "In CTRL there is nothing to find. There 0 of 2 models are above chance and 0 of 2 pairs of models "
        "are told apart by the bootstrap over subjects and stimuli, and 1 of 2 models are above chance and 1 "
        "of 1 pairs of models are told apart by the t-test across subjects (p < 0.05 before it is adjusted, "
        "of which 5 % are expected; the tests depend on each other)."
    )
    assert (
        tell_false_positives(
            contrasts(),
            elsewhere.assign(question="above chance", test="t-test"),
            elsewhere.assign(over="both", test="bootstrap"),
            "pearson",
        )
        == ""
    )
