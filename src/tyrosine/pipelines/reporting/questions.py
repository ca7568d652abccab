"""Nodes of the pipeline `reporting` that answer the questions of the study."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tyrosine.models import ModelSpec
from tyrosine.parameters import InferenceParameters, QuestionParameters
from tyrosine.report.ground_truth import true_contrasts
from tyrosine.report.questions import answer_questions, render_html, render_markdown
from tyrosine.rsa.inference.selection import select_contrasts


def write_research_questions(
    raw_study: dict[str, Any],
    contrasts: pd.DataFrame,
    model_tests: pd.DataFrame,
    bootstrap_similarities: pd.DataFrame,
    noise_ceilings: pd.DataFrame,
    models: dict[str, ModelSpec],
    questions: QuestionParameters,
    inference: InferenceParameters,
    true_similarities: pd.DataFrame | None = None,
) -> tuple[str, str]:
    """Answer the questions in sentences; in the simulated study, say whether the answers are true.

    Returns
    -------
    page : str
        Markdown.
    section : str
        The same as HTML, for the report.
    """
    truth = None
    if true_similarities is not None:
        selected = select_contrasts(
            questions, {name: models[name] for name in true_similarities["model"].unique()}
        )
        truth = true_contrasts(
            true_similarities, [one.contrast for one in selected if one.contrast is not None]
        )
    findings = answer_questions(
        questions.model_dump(),
        contrasts=contrasts,
        model_tests=model_tests,
        bootstrap_similarities=bootstrap_similarities,
        noise_ceilings=noise_ceilings,
        true_contrasts=truth,
        confidence_level=inference.confidence_level,
        max_q=inference.false_discovery_rate,
    )
    page = render_markdown(findings, title=raw_study["title"], simulated=raw_study["simulated"])
    return page, render_html(findings)
