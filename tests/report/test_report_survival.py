"""Sentences on how many analyses an answer stands in."""

import pandas as pd

from tyrosine.parameters import SensitivityParameters
from tyrosine.report.survival import render_survival, tell_survival

LABELS = {"vit": "ViT", "clip": "CLIP"}


def analyses(verdicts, **columns):
    """One contrast in as many analyses as there are verdicts, the first of which is that of the run."""
    table = pd.DataFrame(
        {
            "question": "multimodal",
            "contrast": "c",
            "kind": "named",
            "label_a": "multimodal models",
            "label_b": "unimodal models",
            "brain_distance": "correlation",
            "method": "pearson",
            "stimulus_groups": "category",
            "captions": "as in the run",
            "layer": "reported",
            "left_out": "none",
            "verdict": verdicts,
            "undefined": ["fewer than four stimuli" if one == "undefined" else "" for one in verdicts],
        }
    ).assign(**columns)
    return table.assign(stands=table["verdict"] == verdicts[0])


def test_an_answer_that_always_stands():
    told = tell_survival(analyses(["higher"] * 4), LABELS)
    assert told == "Multimodal models against unimodal models: “better” stands in all 4 analyses."


def test_the_choice_with_which_every_analysis_fails_is_named():
    methods = ["pearson", "pearson", "spearman", "spearman"]
    told = tell_survival(analyses(["higher", "higher", "lower", "no evidence"], method=methods), LABELS)
    assert told == (
        "Multimodal models against unimodal models: “better” stands in 2 of 4 analyses. It fails in 2, in 1 "
        "of them the other way round, in every analysis with Spearman ρ as the similarity."
    )


def test_else_the_choices_with_which_most_fail():
    told = tell_survival(
        analyses(
            ["higher", "higher", "no evidence", "higher", "higher"],
            left_out=["none", "vit", "vit", "clip", "clip"],
        ),
        LABELS,
    )
    assert told.endswith("It fails in 1, most often with ViT left out (1 of 2).")


def test_analyses_without_an_answer_are_counted_apart():
    told = tell_survival(analyses(["no evidence", "no evidence", "undefined"]), LABELS)
    assert told.endswith("“no evidence of a difference” stands in all 2 analyses; 1 more gave no answer.")


def test_a_run_without_an_answer_says_why():
    told = tell_survival(analyses(["undefined", "higher"]), LABELS)
    assert told.endswith("the run has no answer (fewer than four stimuli).")


def render(table, asked):
    return render_survival(table, asked, SensitivityParameters(), LABELS, title="A study", simulated=True)


def test_the_page_has_every_question():
    asked = {"multimodal": {"ask": "Are they better?"}, "task": {"ask": "Does the task matter?"}}
    page = render(analyses(["higher"] * 2), asked)
    assert page.startswith("# Do the answers survive? A study\n\n> **SIMULATED**")
    assert "## Are they better?\n\n- Multimodal models against" in page
    assert "## Does the task matter?\n\n- The run has no answer to this question." in page


def test_the_page_says_which_alternatives_were_left_out_and_why():
    page = render(analyses(["higher"] * 2), {})

    assert "- the brain distance crossnobis: the study has no responses" in page
    assert "- the brain distance correlation" not in page
    assert "- reweighted Pearson r: no model has several layers to weight; `comparison.reweighting" in page
    assert "- the layer “best”: no model has several layers\n" in page


def test_an_alternative_that_was_tried_is_not_told_as_left_out():
    tried = analyses(
        ["higher"] * 3, layer=["reported", "profile", "reported"], method=["pearson", "pearson", "reweighted"]
    )

    page = render(tried, {})

    assert "the layer “profile”:" not in page and "- reweighted" not in page
    assert "- the layer “best”: models with several layers count by it in the run already" in page
