"""How a row of inference is told: one sentence for each of what it can say."""

import pytest

from tests.figures.inference import BETTER, GROUP, NO_EVIDENCE, WORSE, contrast, undefined
from tyrosine.report.sentences import Sides, Terms, number, probability, tell

TERMS = Terms("Pearson r", 120)
BOTH = Sides("image-text vision models (CLIP vision)", "unimodal vision models (ViT, ViT-MAE)")
ONE = Sides("unimodal vision models (ViT, ViT-MAE)")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            contrast(BETTER),
            "Alignment with the regions is better for image-text vision models (CLIP vision) than for "
            "unimodal vision models (ViT, ViT-MAE): difference in Pearson r 0.031, 95 % CI [0.012, 0.050], q "
            "= 0.004 (bootstrap over subjects and stimuli, 8 subjects, 120 stimuli).",
        ),
        (
            contrast(WORSE, test="t-test", q=0.00002),
            "Alignment with the regions is worse for image-text vision models (CLIP vision) than for "
            "unimodal vision models (ViT, ViT-MAE): difference in Pearson r -0.031, 95 % CI [-0.050, "
            "-0.012], q < 0.001 (t-test across subjects, 8 subjects).",
        ),
        (
            contrast(NO_EVIDENCE, test="Wilcoxon"),
            "No evidence of a difference between image-text vision models (CLIP vision) and unimodal vision "
            "models (ViT, ViT-MAE) in the alignment with the regions: difference in Pearson r 0.004, "
            "95 % CI [-0.010, 0.018], q = 0.410 (Wilcoxon signed-rank test across subjects, 8 subjects).",
        ),
        (
            contrast(BETTER, p=0.03, q=0.081),
            "No evidence of a difference between image-text vision models (CLIP vision) and unimodal vision "
            "models (ViT, ViT-MAE) in the alignment with the regions: difference in Pearson r 0.031, "
            "95 % CI [0.012, 0.050], p = 0.030, q = 0.081 (bootstrap over subjects and stimuli, 8 subjects, "
            "120 stimuli).",
        ),
        (
            contrast(undefined("one subject.")),
            "No answer to whether the alignment with the regions differs between image-text vision models "
            "(CLIP vision) and unimodal vision models (ViT, ViT-MAE): one subject.",
        ),
    ],
)
def test_a_contrast_is_told_with_its_direction_numbers_and_test(row, sentence):
    assert tell(row, BOTH, "the regions", TERMS) == sentence


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            contrast(GROUP, BETTER),
            "Alignment with EBA is above chance for unimodal vision models (ViT, ViT-MAE): mean Pearson r "
            "0.031, 95 % CI [0.012, 0.050], q = 0.004 (one-sided bootstrap over subjects and stimuli, 8 "
            "subjects, 120 stimuli).",
        ),
        (
            contrast(GROUP, WORSE),
            "No evidence that the alignment with EBA is above chance for unimodal vision models (ViT, "
            "ViT-MAE): mean Pearson r -0.031, 95 % CI [-0.050, -0.012], q = 0.004 (one-sided bootstrap over "
            "subjects and stimuli, 8 subjects, 120 stimuli).",
        ),
        (
            contrast(GROUP, undefined("one subject")),
            "No answer to whether the alignment with EBA is above chance for unimodal vision models "
            "(ViT, ViT-MAE): one subject.",
        ),
    ],
)
def test_a_group_is_told_against_chance(row, sentence):
    assert tell(row, ONE, "EBA", TERMS) == sentence


def test_a_q_at_the_threshold_is_no_evidence():
    assert tell(contrast(q=0.05), BOTH, "EBA", TERMS).startswith("No evidence of a difference")
    assert "is better" in tell(contrast(q=0.05), BOTH, "EBA", Terms("Pearson r", 120, max_q=0.1))


def test_a_single_subject_and_another_confidence_are_said_so():
    told = tell(contrast(n=1), BOTH, "EBA", Terms("Pearson r", confidence_level=0.9))

    assert "90 % CI [0.012, 0.050]" in told
    assert told.endswith("(bootstrap over subjects and stimuli, 1 subject).")


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
