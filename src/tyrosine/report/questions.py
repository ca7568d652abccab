"""Answers to the questions of a study as a page of Markdown and as a section of the report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tyrosine.figures.claims import explain_drawn
from tyrosine.parameters.measures import DUAL_BOOTSTRAP, STIMULUS_PERMUTATION, T_TEST, method_label
from tyrosine.report.answers import ABSENT, Answer, answer
from tyrosine.report.ground_truth import tell_false_positives, truth_by_row
from tyrosine.report.page import lay_out, template
from tyrosine.report.robustness import Twins, robustness_by_row
from tyrosine.report.sentences import Row, Terms
from tyrosine.tables.columns import ABOVE_CHANCE, BELOW_CEILING


@dataclass(frozen=True)
class Question:
    """A question and its answers, one for each of its groups and contrasts."""

    ask: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Findings:
    """All questions with their answers, and the tests of each model against chance and the noise ceiling.

    Attributes
    ----------
    questions : tuple of Question
    models : DataFrame of str, optional
        A row a model.
    notes : tuple of str
        How to read the answers.
    """

    questions: tuple[Question, ...]
    models: pd.DataFrame | None
    notes: tuple[str, ...]


_HOW_TO_READ = (
    "A direction is told where q < {:g}, and where it holds for every pair of models of the two sides, for "
    "the best against the best, and without each model in turn; where it does not, the models are named on "
    "which it depends. q is p adjusted for the number of tests in a family, which the table of contrasts "
    "names. No evidence of a difference is not evidence that there is none. Intervals are of each comparison "
    "alone."
)
_GROUND_TRUTH = (
    "The ground truth is the similarity of the same models to the same regions without noise: over further "
    "scenes, which stand for all, where the test holds for new stimuli, and over the scenes of the study "
    "elsewhere. Noise makes similarities smaller, so signs and the order of regions can be compared, values "
    "cannot."
)
_NO_ANSWER = Answer(
    "No answer: the table of contrasts has none for this question; run the comparison again "
    "(kedro run --pipelines comparison)."
)


def answer_questions(
    questions: Mapping[str, Mapping[str, Any]],
    *,
    contrasts: pd.DataFrame,
    model_tests: pd.DataFrame,
    bootstrap_similarities: pd.DataFrame,
    ceiling_shares: pd.DataFrame,
    contrast_robustness: pd.DataFrame | None = None,
    twins: Mapping[str, str] | None = None,
    true_contrasts: pd.DataFrame | None = None,
    confidence_level: float = 0.95,
    max_q: float = 0.05,
) -> Findings:
    """Answer the questions from the tables of inference.

    Parameters
    ----------
    questions : mapping of str to mapping
        By their key in the column `question` of `contrasts`: `ask`, and by name `groups` and `contrasts`.
    contrasts, model_tests, bootstrap_similarities, ceiling_shares : DataFrame
        As the catalog has them. The first method of `contrasts` makes the headlines; others are told where
        they say something else.
    contrast_robustness : DataFrame, optional
        As the catalog has it. A direction that depends on some models is told with their names.
    twins : mapping of str to str, optional
        The trained model of each untrained twin.
    true_contrasts : DataFrame, optional
        What `true_contrasts` gives for a simulated study; empty or absent for a real one.
    confidence_level : float
        Of the intervals in the tables.
    max_q : float
        A q below it is evidence.

    Returns
    -------
    Findings
        Each question has an answer for each of its groups and contrasts, in their order.
    """
    methods = list(contrasts["method"].unique())
    stimuli = bootstrap_similarities.groupby("method")["n_stimuli"].max().to_dict()
    terms = {
        method: Terms(
            method_label(method),
            int(stimuli[method]) if method in stimuli else None,
            confidence_level,
            max_q,
        )
        for method in methods
    }
    labels = dict(
        pd.concat([model_tests[["model", "label"]], bootstrap_similarities[["model", "label"]]])
        .drop_duplicates("model")
        .itertuples(index=False)
    )
    shares = ceiling_shares[ceiling_shares["method"].isin(methods[:1])]
    ceilings: dict[str, dict[str, Row]] = {}
    for row in shares.to_dict("records"):
        ceilings.setdefault(row["contrast"], {})[row["roi"]] = row
    truth = truth_by_row(true_contrasts)
    robustness = robustness_by_row(contrast_robustness, labels)
    against_twins = Twins(contrasts, twins or {}, labels)
    answered = []
    for key, question in questions.items():
        rows_of = dict(list(contrasts[contrasts["question"] == key].groupby("contrast")))
        answers = [
            answer(rows_of[name], labels, terms, ceilings.get(name, {}), truth, robustness, against_twins)
            for name in (*question.get("groups", ()), *question.get("contrasts", ()))
            if name in rows_of
        ]
        answered.append(Question(question["ask"], tuple(answers) or (_NO_ANSWER,)))
    notes_on_truth = []
    if truth:
        counted = tell_false_positives(contrasts, model_tests, bootstrap_similarities, methods[0])
        notes_on_truth = [note for note in (_GROUND_TRUTH, counted) if note]
    return Findings(
        tuple(answered),
        tabulate_models(model_tests, bootstrap_similarities, methods[0], max_q) if methods else None,
        (_HOW_TO_READ.format(max_q), *_notes_on_drawn(contrasts), *notes_on_truth),
    )


def _notes_on_drawn(contrasts: pd.DataFrame) -> list[str]:
    """What the bootstrap over both drew, unless there is none."""
    if "stimulus_groups" not in contrasts:
        return []
    made = contrasts[(contrasts["test"] == DUAL_BOOTSTRAP) & (contrasts["undefined"] == "")]
    return [explain_drawn(groups) for groups in made["stimulus_groups"].unique()]


def tabulate_models(
    model_tests: pd.DataFrame, bootstrap_similarities: pd.DataFrame, method: str, max_q: float = 0.05
) -> pd.DataFrame:
    """Count the regions in which each model is above chance, and those where it is below the noise ceiling.

    Parameters
    ----------
    model_tests, bootstrap_similarities : DataFrame
        As the catalog has them. A model with several layers counts by its reported layer.
    method : str
        Rows of other methods are ignored.
    max_q : float
        A row counts if its q is below.

    Returns
    -------
    DataFrame of str
        Cells such as `7 of 9`; tests that are undefined are not among the 9.
    """
    tests = model_tests[model_tests["method"] == method]
    both = bootstrap_similarities[
        (bootstrap_similarities["method"] == method) & (bootstrap_similarities["over"] == "both")
    ]
    above = tests["question"] == ABOVE_CHANCE
    columns = {
        "above chance in regions (t-test across subjects)": tests[above & (tests["test"] == T_TEST)],
        "above chance in regions (bootstrap over subjects and stimuli)": both,
        "above chance in regions of subjects (permutation of stimuli)": tests[
            above & (tests["test"] == STIMULUS_PERMUTATION)
        ],
        "below the lower noise ceiling in regions (t-test across subjects)": tests[
            (tests["question"] == BELOW_CEILING) & (tests["test"] == T_TEST)
        ],
    }
    models = pd.concat([tests, both]).query("reported")
    models = models[["model", "label", "layer"]].drop_duplicates()
    table = pd.DataFrame({"model": models["label"]})
    for title, rows in columns.items():
        table[title] = [
            _share(rows[(rows["model"] == model) & (rows["layer"] == layer)], max_q)
            for model, layer in zip(models["model"], models["layer"])
        ]
    return table.reset_index(drop=True)


def _share(rows: pd.DataFrame, max_q: float) -> str:
    defined = rows[rows["undefined"] == ""]
    if defined.empty:
        reasons = list(rows["undefined"].unique())
        return f"undefined: {reasons[0].rstrip('.')}" if reasons else ABSENT
    return f"{(defined['q'] < max_q).sum()} of {len(defined)}"


def render_markdown(findings: Findings, *, title: str, simulated: bool) -> str:
    """The findings as a page of Markdown; `title` is the study's."""
    return (
        template("questions.md.j2")
        .render(findings=findings, title=title, simulated=simulated, md=_escape_markdown)
        .rstrip()
        + "\n"
    )


def render_html(findings: Findings) -> str:
    """The findings as the content of a section of the report; tables are folded."""
    return template("questions.html.j2").render(findings=findings, lay_out=lay_out)


def _escape_markdown(text: str) -> str:
    return re.sub(r"([\\`*_|]|<(?=\S))", r"\\\1", str(text))
