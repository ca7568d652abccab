"""What answers say of the models that they depend on, of twins, and of models as a sample."""

import pandas as pd

from tests.figures.inference import BETTER, GROUP, NO_EVIDENCE, WORSE, contrast, undefined
from tests.report.test_report_questions import T_TEST, the_answer
from tests.report.told import told


def robust(**values):
    """A row of `contrast_robustness`."""
    return {
        "contrast": "multimodal_vision", "roi": "all", "method": "pearson", "n_pairs": 2, "n_pairs_agree": 2,
        "lowest": 0.01, "lowest_without": "vit_mae", "highest": 0.05, "highest_without": "vit",
        "best": 0.02, "best_lower": -0.01, "best_upper": 0.05, "best_a": "clip_vision", "best_b": "vit",
        "best_undefined": "", "pairs_otherwise": "", "depends_on": "", "also_differs": "", "undefined": "",
        **values,
    }  # fmt: skip


def test_a_direction_that_holds_for_all_models_is_told_with_what_it_was_held_against():
    table = pd.DataFrame([robust(also_differs="pooling (cls against mean)")])

    answer = the_answer(contrast(BETTER), contrast_robustness=table)

    assert told(answer.headline).direction == "better"
    assert answer.remarks == (
        "2 of 2 pairs of models of the two sides agree in direction with the mean difference.",
        "If one model at a time is left out, the difference in Pearson r is 0.010 (without ViT-MAE) to 0.050 "
        "(without ViT).",
        "Best against best, chosen on other stimuli and subjects (CLIP vision against ViT): difference in "
        "Pearson r 0.020, 95 % CI [-0.010, 0.050] over subjects.",
        "Between the sides also differ: pooling (cls against mean).",
    )


def test_a_direction_that_depends_on_a_model_is_not_told_but_the_model_is():
    depends = {"depends_on": "vit", "n_pairs_agree": 1, "pairs_otherwise": "clip_vision - vit"}
    table = pd.DataFrame([robust(**depends), robust(roi="EBA"), robust(roi="PPA", **depends)])

    answer = the_answer(
        contrast(BETTER), contrast(BETTER, roi="EBA"), contrast(BETTER, roi="PPA"), contrast_robustness=table
    )

    headline = told(answer.headline)
    assert (headline.direction, headline.estimate) == ("depends on ViT", 0.031)
    assert answer.remarks[:2] == (
        "By region: better in 1 of 2 (EBA); depends on the models in 1 of 2 (PPA).",
        "1 of 2 pairs of models of the two sides agree in direction with the mean difference; otherwise: "
        "CLIP vision against ViT.",
    )
    assert answer.regions["answer"].tolist() == ["better", "depends on the models"]
    truth = pd.DataFrame(
        [("multimodal_vision", "x", roi, "pearson", 0.06, 0.0, "study") for roi in ("all", "EBA", "PPA")],
        columns=["contrast", "selectivity", "roi", "method", "estimate", "standard_error", "scenes"],
    )
    judged = the_answer(
        contrast(BETTER), contrast(BETTER, roi="EBA"), contrast(BETTER, roi="PPA"),
        contrast_robustness=table, true_contrasts=truth,
    )  # fmt: skip
    assert judged.remarks[-2:] == (
        "Ground truth: without noise the difference is 0.060; the answer tells no direction, and is "
        "inconclusive, not wrong.",
        "Ground truth by region: 1 right, 1 inconclusive, 0 wrong.",
    )
    assert judged.regions["answer against the ground truth"].tolist() == ["right", "inconclusive"]
    # Without evidence there is no direction that could depend on a model.
    assert told(the_answer(contrast(NO_EVIDENCE), contrast_robustness=table).headline).direction == (
        "no evidence"
    )


def test_one_model_against_one_is_told_of_two_models():
    one = {"models_b": "vit"}
    table = pd.DataFrame([robust(n_pairs=1, n_pairs_agree=1)])

    answer = the_answer(contrast(BETTER, one), contrast_robustness=table)

    assert answer.headline.startswith("CLIP vision aligns better with the regions than ViT: difference in")
    assert told(answer.headline).direction == "better"
    assert answer.title == "CLIP vision against ViT, by region"
    assert answer.remarks == (
        "Two models are compared, one for image-text vision models and one for unimodal vision models; two "
        "models say nothing of two kinds of models.",
    )
    worse = the_answer(contrast(WORSE, one)).headline
    assert worse.startswith("CLIP vision aligns worse with the regions than ViT: ")
    assert "kinds of models" not in worse and "vision models" not in worse


def test_a_group_is_held_against_its_untrained_twins_by_the_test_of_its_headline():
    def pair(model, roi, row, **values):
        names = {"models_a": model, "models_b": f"{model}_untrained", "contrast": f"{model} - twin"}
        return contrast(row, names, {"kind": "pair", "question": "", "roi": roi}, values)

    answer = the_answer(
        contrast(GROUP),
        *(pair("vit", roi, BETTER) for roi in ("all", "EBA", "PPA")),
        pair("vit_mae", "all", WORSE),
        pair("vit_mae", "all", BETTER, test="t-test"),
        pair("vit_mae", "EBA", BETTER),
        pair("vit_mae", "PPA", NO_EVIDENCE),
        # A pair of trained models is none with a twin.
        pair("vit", "all", WORSE, models_b="clip_vision"),
        asks={"unimodal": "How well?"},
        twins={"vit_untrained": "vit", "vit_mae_untrained": "vit_mae"},
    )

    assert told(answer.headline).direction == "above chance"
    assert answer.headline.endswith("; 1 of 2 are above their untrained twins (not ViT-MAE).")
    assert answer.remarks == ("Above its untrained twin, by region: ViT in 2 of 2, ViT-MAE in 1 of 2.",)


def test_a_sample_of_models_makes_the_headline_where_there_is_one():
    triple = contrast(NO_EVIDENCE, test="triple bootstrap")

    answer = the_answer(triple, contrast(BETTER), contrast(BETTER, T_TEST))

    assert told(answer.headline).direction == "no evidence"
    assert (
        "(bootstrap over subjects, stimuli and models, 8 subjects, 120 stimuli; holds for new models and new "
        in answer.headline
    )
    assert [told(remark).direction for remark in answer.remarks] == ["better", "better"]
    # Where it is undefined, the answer is of these models.
    alone = the_answer(triple | undefined("no side has two models"), contrast(BETTER))
    assert told(alone.headline).direction == "better"
    assert alone.remarks == (
        "The bootstrap over subjects, stimuli and models has no answer (no side has two models), so this "
        "speaks of these models and not of others of their kinds.",
    )
