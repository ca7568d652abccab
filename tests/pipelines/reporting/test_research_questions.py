"""The answers of a whole run, against the tables that it wrote."""

import re

import pytest

from tyrosine.figures.view import StudyView
from tyrosine.pipelines.reporting.questions import write_research_questions


def test_the_page_has_an_answer_for_each_group_and_contrast(finished_few):
    page, contrasts = finished_few.load("research_questions"), finished_few.load("contrasts")

    asked = contrasts[contrasts["question"] != ""]
    assert "Simulated study" in page.splitlines()[0]
    assert page.index("SIMULATED") < page.index("\n## 1. ")
    assert len(re.findall(r"^## \d\. ", page, re.MULTILINE)) == 4
    assert len(re.findall(r"^\*\*.*\.\*\*$", page, re.MULTILINE)) == asked["contrast"].nunique()


def test_a_headline_has_the_numbers_of_its_row(finished_few):
    page, contrasts = finished_few.load("research_questions"), finished_few.load("contrasts")

    row = contrasts[
        (contrasts["contrast"] == "multimodal_vision")
        & (contrasts["roi"] == "all")
        & (contrasts["test"] == "dual bootstrap")
    ].iloc[0]
    numbers = [f"{row[column]:.3f}" for column in ("estimate", "lower", "upper")]
    numbers += ["3 subjects", "24 stimuli"]
    paragraphs = page.split("\n\n")
    assert [text for text in paragraphs if all(number in text for number in numbers)]


def test_the_ground_truth_is_that_of_the_models_on_both_sides(finished_few):
    page, true = finished_few.load("research_questions"), finished_few.load("population_similarities")

    # Three regions, of which subject 3 lacks FFA-2, and a control.
    common = true[~true["roi"].isin(["FFA-2", "CTRL"]) & (true["part"] == 0)]
    means = common.groupby(["model", "subject"])["similarity"].mean().groupby("model").mean()
    difference = means["clip_vision"] - means["vit"]
    # The contrast is the first answer to the second question.
    told = re.search(r"^## 2\. .*?without noise the difference is (\S+?) ± ", page, re.S | re.MULTILINE)[1]
    assert float(told) == pytest.approx(difference, abs=0.0006)


def test_the_report_shows_the_answers_first(finished_few):
    report, page = finished_few.load("report"), finished_few.load("research_questions")

    headline = re.search(r"^\*\*(.*unimodal vision models.*)\*\*$", page, re.MULTILINE)[1]
    assert (
        f'<p class="answer">{headline.replace("&", "&amp;").replace("<", "&lt;")}</p>'.replace("\\", "")
        in report
    )
    assert report.index('id="answers"') < report.index('id="results"')


def test_a_real_study_says_nothing_of_a_ground_truth(finished_few):
    with finished_few.session() as session:
        params = session.load_context().params
    tables = ("contrasts", "contrast_robustness", "model_tests", "bootstrap_similarities", "ceiling_shares")

    page, section, _ = write_research_questions(
        StudyView(title="A real study"),
        *(finished_few.load(table) for table in tables),
        params["questions"],
    )

    for text in (page, section):
        assert "round truth" not in text and "SIMULATED" not in text
        assert "without noise" not in text
    assert "multimodal vision models" in page


def test_one_multimodal_model_makes_no_claim_on_multimodal_models(finished_few):
    page, robustness = finished_few.load("research_questions"), finished_few.load("contrast_robustness")

    (row,) = robustness[
        (robustness["contrast"] == "multimodal_vision") & (robustness["roi"] == "all")
    ].to_dict("records")
    assert (row["models_a"], row["models_b"]) == ("clip_vision", "vit")
    headlines = re.findall(r"^\*\*(.*)\*\*$", page, re.MULTILINE)
    assert [text for text in headlines if "CLIP vision" in text and "ViT" in text]
    assert not [text for text in headlines if "multimodal vision models" in text]
