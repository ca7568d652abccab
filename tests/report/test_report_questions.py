"""What is answered, from which rows, and that both pages say the same."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from tests.figures.inference import (
    BETTER,
    GROUP,
    LABELS,
    NO_EVIDENCE,
    WORSE,
    bootstrap_similarities,
    ceiling_shares,
    contrast,
    contrasts,
    model_tests,
    undefined,
)
from tests.report.told import told
from tyrosine.report.questions import answer_questions, render_html, render_markdown, tabulate_models

ASKS = {"multimodal": "Do image-text models explain the regions better?"}
NAMED = {"groups": {"unimodal_vision": {}}, "contrasts": {"multimodal_vision": {}, "another": {}}}
T_TEST = {"test": "t-test", "effect_size": 1.4}


def find(*rows, asks=ASKS, **tables):
    tests = model_tests([(model, "last", "EBA", "above chance", "t-test", 0.2, "") for model in LABELS])
    given = {
        "contrasts": contrasts(*rows),
        "model_tests": tests,
        "bootstrap_similarities": bootstrap_similarities(),
        "ceiling_shares": ceiling_shares(),
    }
    questions = {key: {"ask": ask, **NAMED} for key, ask in asks.items()}
    return answer_questions(questions, **{**given, **tables})


def the_answer(*rows, **tables):
    """The only answer to the only question."""
    (question,) = find(*rows, **tables).questions
    (answer,) = question.answers
    return answer


def test_the_headline_is_the_bootstrap_over_subjects_and_stimuli():
    answer = the_answer(contrast(NO_EVIDENCE, T_TEST), contrast(BETTER), contrast(BETTER, test="Wilcoxon"))

    headline = told(answer.headline)
    assert (headline.direction, headline.estimate, headline.interval) == ("better", 0.031, (0.012, 0.05))
    assert (headline.q, headline.test, headline.n_stimuli) == ("0.004", "bootstrap", 120)
    # Both sides are named with the labels of their models, the better one first; one model is no kind.
    sides = [
        "CLIP vision (the only one for image-text vision models)",
        "unimodal vision models (ViT, ViT-MAE)",
    ]
    assert re.findall("|".join(map(re.escape, sides)), answer.headline) == sides
    # The Wilcoxon test agrees with the bootstrap, and is not told.
    (remark,) = map(told, answer.remarks)
    assert (remark.direction, remark.estimate, remark.q, remark.test) == (
        "no evidence",
        0.004,
        "0.410",
        "t-test",
    )
    assert answer.remarks[0].startswith("For new subjects and the same stimuli")


def test_where_the_bootstrap_is_undefined_the_t_test_answers_and_says_for_whom():
    answer = the_answer(contrast(undefined("no bootstrap for cosine")), contrast(WORSE, T_TEST))

    headline = told(answer.headline)
    assert (headline.direction, headline.test, headline.n_subjects) == ("worse", "t-test", 8)
    (remark,) = answer.remarks
    assert "(no bootstrap for cosine)" in remark
    assert "not of new stimuli" in remark


def test_a_study_of_one_subject_has_no_answer_and_says_why():
    reason = "fewer than two subjects"
    rows = [
        contrast(undefined(reason), roi=roi, test=test, n=1)
        for roi in ("all", "EBA")
        for test in ("dual bootstrap", "t-test", "Wilcoxon")
    ]

    answer = the_answer(*rows)

    assert told(answer.headline).direction == "undefined"
    assert answer.headline.endswith(": fewer than two subjects.")
    assert answer.remarks == ()
    assert answer.regions.empty


def test_a_wilcoxon_test_that_disagrees_with_the_t_test_is_told():
    answer = the_answer(contrast(WORSE, T_TEST), contrast(NO_EVIDENCE, test="Wilcoxon"))

    without_bootstrap, otherwise = answer.remarks
    assert "not of new stimuli" in without_bootstrap
    remark = told(otherwise)
    assert (remark.direction, remark.estimate, remark.test, remark.n_subjects) == (
        "no evidence",
        0.004,
        "Wilcoxon",
        8,
    )


def test_regions_that_agree_are_told_in_one():
    answer = the_answer(contrast(), contrast(roi="EBA"), contrast(roi="PPA"))

    assert answer.remarks == ("By region: better in all 2.",)


def test_a_selection_without_models_is_told_with_its_reason():
    answer = the_answer(
        contrast(undefined("no model of the roster has task autoencoding"), models_a="", models_b="")
    )

    assert told(answer.headline).direction == "undefined"
    assert answer.headline.endswith(": no model of the roster has task autoencoding.")
    # A side without models has no parentheses after its label.
    assert "(" not in answer.headline


def test_the_first_method_answers_and_others_are_told_where_they_disagree():
    answer = the_answer(
        contrast(BETTER),
        contrast(BETTER, method="spearman"),
        contrast(WORSE, method="kendall_tau_a"),
        contrast(undefined("no bootstrap"), method="cosine"),
        contrast(NO_EVIDENCE, T_TEST, method="cosine"),
    )

    assert told(answer.headline).measure == "Pearson r"
    # Spearman's rho agrees; the others are told by their most general test that has an answer.
    remarks = [told(remark) for remark in answer.remarks]
    assert [(one.direction, one.measure, one.estimate, one.q, one.test) for one in remarks] == [
        ("worse", "Kendall τ-a", -0.031, "0.004", "bootstrap"),
        ("no evidence", "cosine", 0.004, "0.410", "t-test"),
    ]


def test_an_interval_that_excludes_zero_without_evidence_is_explained():
    answer = the_answer(contrast(BETTER, p=0.03, q=0.2))

    (remark,) = answer.remarks
    assert "excludes zero" in remark
    assert "“contrasts, pearson”" in remark


def test_evidence_of_a_one_sided_test_beside_a_two_sided_interval_is_explained():
    unimodal = {"unimodal": "How well?"}

    (remark,) = the_answer(contrast(GROUP, lower=-0.002), asks=unimodal).remarks
    assert "includes zero" in remark and "one-sided" in remark
    assert the_answer(contrast(GROUP), asks=unimodal).remarks == ()


def test_every_region_has_a_line_and_the_regions_are_summed_up():
    answer = the_answer(
        contrast(BETTER),
        contrast(BETTER, roi="EBA"),
        contrast(BETTER, T_TEST, roi="EBA"),
        contrast(WORSE, roi="PPA", n=7),
        contrast(NO_EVIDENCE, roi="OFA"),
        contrast(undefined("one subject"), roi="RSC"),
        contrast(undefined("no bootstrap"), roi="OPA"),
        contrast(BETTER, T_TEST, roi="OPA"),
    )

    assert answer.title == "CLIP vision against unimodal vision models, by region"
    assert answer.remarks == (
        "By region: better in 2 of 5 (EBA, OPA); worse in 1 of 5 (PPA); no evidence in 1 of 5 (OFA); "
        "undefined in 1 of 5 (RSC).",
    )
    expected = pd.DataFrame(
        [
            ("EBA", "better", "0.031", "0.012 to 0.050", "0.002", "0.004", "1.40", "8"),
            ("PPA", "worse", "-0.031", "-0.050 to -0.012", "0.002", "0.004", "–", "7"),
            ("OFA", "no evidence", "0.004", "-0.010 to 0.018", "0.300", "0.410", "–", "8"),
            ("RSC", "undefined: one subject", "–", "–", "–", "–", "–", "8"),
            (
                "OPA",
                "better (t-test across subjects)",
                "0.031",
                "0.012 to 0.050",
                "0.002",
                "0.004",
                "1.40",
                "8",
            ),
        ],
        columns=["region", "answer", "difference in Pearson r", "95 % CI", "p", "q", "Cohen's d", "subjects"],
    )
    pd.testing.assert_frame_equal(answer.regions, expected)


def test_a_group_is_put_beside_the_noise_ceiling():
    answer = the_answer(
        contrast(GROUP),
        *(
            contrast(GROUP, roi=roi, estimate=value)
            for roi, value in (("EBA", 0.05), ("PPA", 0.1), ("RSC", 0.2))
        ),
        asks={"unimodal": "How well?"},
    )

    assert (
        "Share of the lower noise ceiling that the mean reaches, with its 95 % CI: 10 % [5 %, 16 %] (EBA) to "
        "25 % [20 %, 31 %] (PPA)." in answer.remarks
    )
    ceiling = "0.500 [0.400, 0.600]"
    assert answer.regions["lower noise ceiling [95 % CI]"].tolist() == [ceiling, ceiling, "–"]
    assert answer.regions["share of it [95 % CI]"].tolist() == ["10 % [5 %, 16 %]", "25 % [20 %, 31 %]", "–"]


def test_a_region_whose_ceiling_may_be_zero_has_no_share_and_says_why():
    answer = the_answer(
        contrast(GROUP),
        *(contrast(GROUP, roi=roi) for roi in ("EBA", "PPA")),
        asks={"unimodal": "How well?"},
        ceiling_shares=ceiling_shares({"EBA": (float("nan"),) * 3, "PPA": (0.25, 0.2, 0.31)}),
    )

    (remark,) = [remark for remark in answer.remarks if "Share" in remark]
    assert "25 % [20 %, 31 %] (PPA)." in remark
    assert "No share of the noise ceiling in EBA: the interval of the noise ceiling reaches" in remark
    assert answer.regions["share of it [95 % CI]"].tolist() == ["–", "25 % [20 %, 31 %]"]


def test_a_group_without_any_noise_ceiling_is_silent_on_it():
    answer = the_answer(
        contrast(GROUP), contrast(GROUP, roi="EBA"), asks={"unimodal": "How well?"},
        ceiling_shares=ceiling_shares({}),
    )  # fmt: skip

    assert answer.remarks == ()


def test_questions_and_answers_are_in_the_order_of_the_questions():
    findings = find(
        contrast(contrast="another", label_a="others"),
        contrast(),
        contrast(GROUP),
        contrast(contrast="vit - bert", kind="pair", question=""),
        asks={"multimodal": "First?", "unimodal": "Second?", "task": "Third?"},
    )

    assert [(q.ask, len(q.answers)) for q in findings.questions] == [
        ("First?", 2),
        ("Second?", 1),
        ("Third?", 1),
    ]
    first, second = findings.questions[0].answers
    assert "image-text" in first.headline and "others" in second.headline
    assert findings.questions[2].answers[0].headline == (
        "No answer: the table of contrasts has none for this question; run the comparison again "
        "(kedro run --pipelines comparison)."
    )


def test_empty_tables_leave_every_question_open():
    findings = find(model_tests=model_tests(), bootstrap_similarities=bootstrap_similarities().iloc[:0])

    assert findings.questions[0].answers[0].headline.startswith("No answer")
    assert findings.models is None
    assert render_markdown(findings, title="A study", simulated=False).startswith("# Answers: A study\n")


def test_the_ground_truth_is_told_in_the_simulated_study_alone():
    rows = [contrast(BETTER), contrast(BETTER, roi="EBA"), contrast(NO_EVIDENCE, roi="PPA")]
    truth = pd.DataFrame(
        [("multimodal_vision", "x", roi, "pearson", value, 0.0, "study") for roi, value in
         (("all", 0.06), ("EBA", 0.07), ("PPA", 0.05))],
        columns=["contrast", "selectivity", "roi", "method", "estimate", "standard_error", "scenes"],
    )  # fmt: skip

    answer = the_answer(*rows, true_contrasts=truth)

    assert answer.remarks[-2:] == (
        "Ground truth: without noise the difference is 0.060, of the same sign; the answer is right.",
        "Ground truth by region: 1 right, 1 inconclusive, 0 wrong.",
    )
    assert answer.regions["without noise"].tolist() == ["0.070", "0.050"]
    assert answer.regions["answer against the ground truth"].tolist() == ["right", "inconclusive"]
    assert len(find(*rows, true_contrasts=truth).notes) == 3
    real = the_answer(*rows, true_contrasts=truth.iloc[:0])
    assert not any("round truth" in text for text in (real.headline, *real.remarks, *real.regions.columns))
    assert len(find(*rows).notes) == 2


def test_models_are_counted_by_test_and_by_their_reported_layer():
    tests = model_tests(
        [
            (model, layer, roi, *rest)
            for model, layer in (("vit", "one"), ("vit", "two"), ("clip_vision", "last"))
            for roi, *rest in (
                ("EBA", "above chance", "t-test", 0.01 if layer == "two" else 0.2, ""),
                ("PPA", "above chance", "t-test", 0.2, ""),
                ("EBA", "above chance", "Wilcoxon", 0.01, ""),
                ("EBA", "above chance", "stimulus permutation", 0.01, ""),
                ("EBA", "above chance", "stimulus permutation", 0.01, ""),
                ("PPA", "above chance", "stimulus permutation", 0.3, ""),
                ("EBA", "below ceiling", "t-test", float("nan"), "one subject"),
            )
        ]
    )
    bootstraps = bootstrap_similarities([("vit", "one", "EBA", 0.01), ("vit", "two", "EBA", 0.3)])

    table = tabulate_models(tests, bootstraps, "pearson")

    assert table.values.tolist() == [
        ["ViT", "1 of 2", "0 of 1", "2 of 3", "undefined: one subject"],
        ["CLIP vision", "0 of 2", "–", "2 of 3", "undefined: one subject"],
    ]


def simulated_findings():
    truth = pd.DataFrame(
        [("multimodal_vision", "x", roi, "pearson", value, 0.0, "study") for roi, value in
         (("all", 0.06), ("EBA", 0.07), ("PPA", 0.05))],
        columns=["contrast", "selectivity", "roi", "method", "estimate", "standard_error", "scenes"],
    )  # fmt: skip
    rows = [contrast(BETTER), contrast(BETTER, roi="EBA"), contrast(NO_EVIDENCE, roi="PPA")]
    return find(*rows, true_contrasts=truth)


def test_the_page_of_a_small_study():
    golden = Path(__file__).with_name("answers.md").read_text(encoding="utf-8")

    assert render_markdown(simulated_findings(), title="A study", simulated=True) == golden


class Cells(HTMLParser):
    """Texts of headings, paragraphs, points and cells, in their order, and what was left open."""

    TAGS = ("h3", "p", "li", "th", "td", "summary")

    def __init__(self, html):
        super().__init__()
        self.texts, self.open = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in self.TAGS:
            self.texts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if set(self.open) & set(self.TAGS):
            self.texts[-1] += data


def test_the_report_says_what_the_page_says_with_its_tables_folded():
    findings = simulated_findings()
    html = render_html(findings)
    in_report = Cells(html)
    page = MarkdownIt().enable("table").render(render_markdown(findings, title="A study", simulated=False))

    assert in_report.open == []
    ours = [text.strip() for text in in_report.texts]
    theirs = [re.sub(r"^1\. |:$", "", text.strip()) for text in Cells(page.replace("h2>", "h3>")).texts]
    # A folded table has a title of its own where the page has none.
    ours.remove("Against chance and the noise ceiling")
    assert ours == theirs
    assert html.count("<details>") == html.count("<table") == 2


def test_names_that_look_like_markup_stay_what_they_are():
    odd = "a|b *c* _d_ <script>"
    findings = find(contrast(label_a=odd), contrast(roi=odd), asks={"multimodal": odd})

    html = render_html(findings)
    markdown = MarkdownIt().enable("table").render(render_markdown(findings, title=odd, simulated=False))

    for page in (html, markdown):
        assert "<script" not in page and "<em>" not in page
        cells = Cells(page.replace("h2>", "h3>")).texts
        assert odd in cells


def test_the_headline_says_which_regions_it_is_the_mean_over_where_some_are_left_out():
    rows = [contrast(roi=roi) for roi in ("EBA", "PPA", "RSC")]

    told = the_answer(contrast(regions="EBA PPA"), *rows, asks=ASKS)
    complete = the_answer(contrast(regions="EBA PPA RSC"), *rows, asks=ASKS)

    assert told.remarks[0] == "“The regions” are those that every subject has: EBA, PPA. Left out: RSC."
    assert not any("Left out" in remark for remark in complete.remarks)


@pytest.mark.parametrize(
    ("groups", "n_groups", "claim", "note"),
    [
        ("", pd.NA, "120 stimuli; holds for new subjects and new stimuli of these kinds)", "single stimuli"),
        ("category", 27,
         "120 stimuli in 27 categories; holds for new subjects and new categories of stimuli)",
         "whole categories of stimuli; a picture with several goes by the one with the largest visible"),
        ("run", 6, "120 stimuli in 6 groups by run; holds for new subjects and new groups by run)",
         "new groups by run."),
    ],
)  # fmt: skip
def test_the_answer_says_what_it_generalises_to(groups, n_groups, claim, note):
    drawn = {"stimulus_groups": groups, "n_groups": n_groups}

    findings = find(contrast(BETTER, drawn), contrast(BETTER, T_TEST))

    assert claim in findings.questions[0].answers[0].headline
    assert note in findings.notes[1]


def test_an_answer_of_a_test_across_subjects_is_about_these_stimuli():
    answer = the_answer(contrast(undefined("no bootstrap for cosine")), contrast(BETTER, T_TEST))

    assert "8 subjects; holds for new subjects and these very stimuli)" in answer.headline
