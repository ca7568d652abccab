"""How a row of inference is told: one sentence for each of what it can say."""

import numpy as np
import pytest
from scipy.stats import wilcoxon

from tests.figures.inference import BETTER, GROUP, NO_EVIDENCE, WORSE, contrast, undefined
from tests.report.told import Told, told
from tyrosine.report.sentences import Sides, Terms, number, probability, tell

TERMS = Terms("Pearson r", 120)
BOTH = Sides("image-text vision models (CLIP vision)", "unimodal vision models (ViT, ViT-MAE)")
ONE = Sides("unimodal vision models (ViT, ViT-MAE)")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            contrast(BETTER),
            Told(
                "better", "Pearson r", 0.031, (0.012, 0.05), "95 %", q="0.004",
                test="bootstrap", n_subjects=8, n_stimuli=120,
            ),
        ),
        (
            contrast(WORSE, test="t-test", q=0.00002),
            Told(
                "worse", "Pearson r", -0.031, (-0.05, -0.012), "95 %", q="< 0.001",
                test="t-test", n_subjects=8,
            ),
        ),
        (
            contrast(NO_EVIDENCE, test="Wilcoxon"),
            Told(
                "no evidence", "Pearson r", 0.004, (-0.01, 0.018), "95 %", q="0.410",
                test="Wilcoxon", n_subjects=8,
            ),
        ),
        # A p that alone would be taken for evidence is told beside q.
        (
            contrast(BETTER, p=0.03, q=0.081),
            Told(
                "no evidence", "Pearson r", 0.031, (0.012, 0.05), "95 %", p="0.030", q="0.081",
                test="bootstrap", n_subjects=8, n_stimuli=120,
            ),
        ),
        (contrast(undefined("one subject.")), Told("undefined")),
    ],
)  # fmt: skip
def test_a_contrast_is_told_with_its_direction_numbers_and_test(row, expected):
    sentence = tell(row, BOTH, "the regions", TERMS)

    assert told(sentence) == expected
    # The first side is the one that is better or worse.
    assert sentence.index(BOTH.a) < sentence.index(BOTH.b)
    assert "the regions" in sentence


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            contrast(GROUP, BETTER),
            Told(
                "above chance", "Pearson r", 0.031, (0.012, 0.05), "95 %", q="0.004",
                test="bootstrap", one_sided=True, n_subjects=8, n_stimuli=120,
            ),
        ),
        # Below chance is no evidence in a one-sided test, whatever q is.
        (
            contrast(GROUP, WORSE),
            Told(
                "no evidence", "Pearson r", -0.031, (-0.05, -0.012), "95 %", q="0.004",
                test="bootstrap", one_sided=True, n_subjects=8, n_stimuli=120,
            ),
        ),
        (contrast(GROUP, undefined("one subject")), Told("undefined")),
    ],
)  # fmt: skip
def test_a_group_is_told_against_chance(row, expected):
    sentence = tell(row, ONE, "EBA", TERMS)

    assert told(sentence) == expected
    assert ONE.a in sentence and "EBA" in sentence and "chance" in sentence


@pytest.mark.parametrize("sides", [BOTH, ONE])
@pytest.mark.parametrize("reason", ["one subject", "one subject."])
def test_an_undefined_row_is_told_with_its_reason_as_the_end_of_the_sentence(sides, reason):
    sentence = tell(contrast(undefined(reason)), sides, "EBA", TERMS)
    assert sentence.endswith(": one subject.")


def test_a_q_at_the_threshold_is_no_evidence():
    assert tell(contrast(q=0.05), BOTH, "EBA", TERMS).startswith("No evidence of a difference")
    assert "is better" in tell(contrast(q=0.05), BOTH, "EBA", Terms("Pearson r", 120, max_q=0.1))


def test_a_single_subject_and_another_confidence_are_said_so():
    sentence = tell(contrast(n=1), BOTH, "EBA", Terms("Pearson r", confidence_level=0.9))

    assert told(sentence).level == "90 %"
    assert (told(sentence).n_subjects, told(sentence).n_stimuli) == (1, None)
    assert "1 subject;" in sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0314, "0.031"), (-0.0005, "-0.001"), (0.00031, "0.0003"), (0.0004999, "0.0005"),
        (-0.00004, "-0.00004"), (0.0, "0.000"), (1e-9, "0.000"), (-1e-9, "0.000"), (1.0, "1.000"),
    ],
)  # fmt: skip
def test_a_number_that_is_not_zero_never_reads_as_zero(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0004, "q < 0.001"),
        (0.001, "q = 0.001"),
        (0.0496, "q = 0.0496"),
        (0.04999, "q = 0.04999"),
        (0.05, "q = 0.050"),
        (0.0501, "q = 0.050"),
        (1.0, "q = 1.000"),
    ],
)
def test_a_q_never_rounds_across_the_threshold(value, text):
    assert probability("q", value, 0.05) == text


@pytest.mark.parametrize(
    ("n", "sides", "least"),
    [(4, BOTH, "0.125"), (5, BOTH, "0.0625"), (6, BOTH, ""), (4, ONE, "0.0625"), (5, ONE, "")],
)
def test_a_signed_rank_test_of_too_few_subjects_is_told_to_be_unable_to_reach_the_threshold(n, sides, least):
    values = np.arange(1.0, n + 1)
    alternative = "two-sided" if sides.b else "greater"
    smallest = wilcoxon(values, alternative=alternative, method="exact").pvalue
    row = contrast(test="Wilcoxon", n=n, p=smallest, q=max(smallest, 0.2), lower=-np.inf, upper=np.inf)

    sentence = tell(row, sides, "EBA", TERMS)

    assert "95 % CI unbounded" in sentence
    assert "inf" not in sentence
    assert (f"cannot give a p below {least}, whatever the data are" in sentence) == bool(least)
    assert (smallest >= 0.05) == bool(least)
    if least:
        assert smallest == pytest.approx(float(least))


def test_a_t_test_of_few_subjects_can_reach_any_p():
    assert "cannot give" not in tell(contrast(NO_EVIDENCE, test="t-test", n=3), BOTH, "EBA", TERMS)
