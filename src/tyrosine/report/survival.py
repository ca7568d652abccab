"""In how many analyses the answers to the questions stand, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tyrosine.parameters import SensitivityParameters
from tyrosine.parameters.measures import REWEIGHTED, method_label
from tyrosine.parameters.sensitivity import BEST, PROFILE
from tyrosine.report.page import template
from tyrosine.report.sentences import capitalised
from tyrosine.tables.columns import GROUP, HIGHER, LOWER, NO_EVIDENCE, NOBODY, UNDEFINED

_CHOICES = {
    "brain_distance": "the brain distance {}",
    "method": "{} as the similarity",
    "stimulus_groups": "the stimulus groups “{}”",
    "captions": "the captions “{}”",
    "layer": "the layer “{}”",
    "left_out": "{} left out",
}
_ANSWERS = {
    NO_EVIDENCE: "no evidence of a difference",
    HIGHER: "better",
    LOWER: "worse",
}


def tell_survival(rows: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """Say in how many analyses the answer of one contrast or group stands, and with which choices it fails.

    Parameters
    ----------
    rows : DataFrame
        Those of `answer_survival` for the contrast, that of the run first.
    labels : mapping of str to str
        What the models are called.

    Returns
    -------
    str
    """
    own = rows.iloc[0]
    asked = f"{own['label_a']} against {own['label_b'] or 'chance'}"
    if own["verdict"] == UNDEFINED:
        return f"{capitalised(asked)}: the run has no answer ({own['undefined'].rstrip('.')})."
    defined = rows[rows["verdict"] != UNDEFINED]
    stands = defined["stands"]
    answer = _answer(own)
    missing = len(rows) - len(defined)
    apart = f"; {missing} more gave no answer" if missing else ""
    if stands.all():
        return f"{capitalised(asked)}: “{answer}” stands in all {len(defined)} analyses{apart}."
    sentence = f"{capitalised(asked)}: “{answer}” stands in {stands.sum()} of {len(defined)} analyses{apart}"
    opposite = {HIGHER: LOWER, LOWER: HIGHER}.get(own["verdict"])
    against = int((defined["verdict"] == opposite).sum()) if opposite else 0
    turned = f", in {against} of them the other way round" if against else ""
    return f"{sentence}. It fails in {(~stands).sum()}{turned}, {_where_it_fails(defined, labels)}."


def _answer(row: Mapping[str, Any] | pd.Series) -> str:
    if row["kind"] == GROUP:
        return "above chance" if row["verdict"] == HIGHER else "no evidence that it is above chance"
    return _ANSWERS[row["verdict"]]


def _where_it_fails(defined: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """The choices with which every analysis fails, or else those with which most do."""
    shares = []
    for column, wording in _CHOICES.items():
        if defined[column].nunique() < 2:
            continue
        for level, of_level in defined.groupby(column, sort=False):
            if level == NOBODY:
                continue
            named = method_label(level) if column == "method" else labels.get(level, level)
            fails = int((~of_level["stands"]).sum())
            shares.append((fails / len(of_level), fails, len(of_level), wording.format(named)))
    always = [wording for share, _, _, wording in shares if share == 1]
    if always:
        return f"in every analysis with {' or '.join(always)}"
    worst = sorted((one for one in shares if one[1]), key=lambda one: -one[0])[:3]
    return "most often with " + ", ".join(f"{wording} ({fails} of {n})" for _, fails, n, wording in worst)


def render_survival(
    answer_survival: pd.DataFrame,
    questions: Mapping[str, Mapping[str, Any]],
    sensitivity: SensitivityParameters,
    labels: Mapping[str, str],
    *,
    title: str,
    simulated: bool,
) -> str:
    """A page of Markdown: a sentence for each group and contrast of every question.

    Parameters
    ----------
    answer_survival : DataFrame
        As the catalog has it.
    questions : mapping of str to mapping
        With `ask`, by their key in the column `question`.
    sensitivity : SensitivityParameters
        What was asked for.
    labels : mapping of str to str
        What the models are called.
    title : str
        Of the study.
    simulated : bool
    """
    told = {
        asked["ask"]: [
            tell_survival(rows, labels)
            for _, rows in answer_survival[answer_survival["question"] == key].groupby("contrast", sort=False)
        ]
        for key, asked in questions.items()
    }
    grid = {
        words: [str(level) for level in answer_survival[column].unique()]
        for column, words in (
            ("brain_distance", "Brain distances"),
            ("method", "Methods of similarity"),
            ("stimulus_groups", "Groups of stimuli that the bootstrap draws"),
            ("captions", "Captions"),
            ("layer", "Layers"),
        )
    }
    page = template("survival.md.j2").render(
        told=told,
        grid=grid,
        missing=_missing(answer_survival, sensitivity),
        title=title,
        simulated=simulated,
    )
    return page.rstrip() + "\n"


def _missing(answer_survival: pd.DataFrame, asked: SensitivityParameters) -> list[str]:
    """Which alternatives the study has no analyses with, and why."""
    there = {name: set(answer_survival[name]) for name in ("brain_distance", "method", "captions", "layer")}
    one_layer = "no model has several layers"
    told = [
        f"the brain distance {name}: the study has no responses, or not the repetitions that it needs"
        for name in asked.brain_distances
        if name not in there["brain_distance"]
    ]
    if REWEIGHTED in asked.methods and REWEIGHTED not in there["method"]:
        told.append(
            f"{method_label(REWEIGHTED)}: {one_layer} to weight; `comparison.reweighting: features` weights "
            "features"
        )
    if len(asked.captions) > 1 and len(there["captions"]) < 2:
        told.append("other captions: no model reads captions of which a stimulus has several")
    if PROFILE in asked.layers and PROFILE not in there["layer"]:
        told.append(f"the layer “{PROFILE}”: {one_layer}")
    if BEST in asked.layers and BEST not in there["layer"]:
        in_the_run = PROFILE in there["layer"]
        reason = "models with several layers count by it in the run already" if in_the_run else one_layer
        told.append(f"the layer “{BEST}”: {reason}")
    return told
