"""Nodes of the pipeline `reporting` that answer the questions of the study."""

from __future__ import annotations

import pandas as pd

from tyrosine.figures.view import StudyView
from tyrosine.models import ModelSpec
from tyrosine.parameters import QuestionParameters
from tyrosine.report.first_screen import ShortAnswer, shorten
from tyrosine.report.ground_truth import (
    OF_THE_POPULATION,
    OF_THE_STUDY,
    population_contrasts,
    true_contrasts,
)
from tyrosine.report.questions import answer_questions, render_html, render_markdown
from tyrosine.rsa.inference.selection import select_contrasts


def contrast_truth(
    models: dict[str, ModelSpec],
    questions: QuestionParameters,
    true_similarities: pd.DataFrame,
    population_similarities: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compute the groups and contrasts of the questions without noise.

    Returns
    -------
    DataFrame
        As `tyrosine.report.ground_truth.population_contrasts` gives it, with a further column `scenes`: those
        of the study, which the truth is exact for, or of the population.
    """
    known = {name: models[name] for name in true_similarities["model"].unique()}
    selected = select_contrasts(questions, known)
    contrasts = [one.contrast for one in selected if one.contrast is not None]
    exact = true_contrasts(true_similarities, contrasts).assign(standard_error=0.0, scenes=OF_THE_STUDY)
    if population_similarities is None:
        return exact
    estimated = population_contrasts(population_similarities, contrasts).assign(scenes=OF_THE_POPULATION)
    return pd.concat([exact, estimated], ignore_index=True)


def write_research_questions(
    study_view: StudyView,
    contrasts: pd.DataFrame,
    contrast_robustness: pd.DataFrame,
    model_tests: pd.DataFrame,
    bootstrap_similarities: pd.DataFrame,
    ceiling_shares: pd.DataFrame,
    questions: QuestionParameters,
    true_contrasts: pd.DataFrame | None = None,
) -> tuple[str, str, list[ShortAnswer]]:
    """Answer the questions in sentences; in the simulated study, say whether the answers are true.

    Returns
    -------
    page : str
        Markdown.
    section : str
        The same as HTML, for the report.
    short : list of ShortAnswer
        One short sentence for each question, with its numbers.
    """
    findings = answer_questions(
        questions.model_dump(),
        contrasts=contrasts,
        model_tests=model_tests,
        bootstrap_similarities=bootstrap_similarities,
        ceiling_shares=ceiling_shares,
        contrast_robustness=contrast_robustness,
        twins=study_view.twins,
        true_contrasts=true_contrasts,
        confidence_level=study_view.confidence_level,
        max_q=study_view.max_q,
    )
    page = render_markdown(findings, title=study_view.title, simulated=study_view.simulated)
    return page, render_html(findings), shorten(findings)
