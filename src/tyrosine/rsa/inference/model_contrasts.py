"""How sure differences between models are, and between groups of models that the questions name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.parameters import InferenceParameters, QuestionParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.parameters.roster import parse_roster
from tyrosine.rsa.contrasts import Contrast, contrast_weights, mean_over_regions
from tyrosine.rsa.generalisation import PairCovariance, PairTerms, generalise
from tyrosine.rsa.inference.resampling import Resamples, draw_subjects, pair_terms
from tyrosine.rsa.inference.selection import select_contrasts
from tyrosine.rsa.inference.tabulation import Similarities, join_rows
from tyrosine.rsa.rdms import RDMs
from tyrosine.rsa.significance import ACROSS_SUBJECTS, Alternative
from tyrosine.tables.columns import (
    ABOVE_CHANCE,
    CONTRASTS,
    DUAL_BOOTSTRAP,
    EVERY_REGION,
    GROUP,
    NAMED,
    PAIR,
)


def contrast_models(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    similarities: pd.DataFrame,
    stimulus_resamples: Resamples,
    models: dict[str, Any],
    questions: QuestionParameters,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Compare every pair of models, and the groups and contrasts of the questions.

    Returns
    -------
    DataFrame
        A row for each contrast, region (and the mean over each subject's regions, `EVERY_REGION`), method and
        test. Models count by their reported layer.
    """
    found = Similarities.of(similarities)
    names = [str(name) for name in found.models.loc[found.reported, "model"]]
    roster = parse_roster(models)
    listed = _list_contrasts(questions, {name: roster[name] for name in names})
    parts = []
    for method in found.values:
        resampled = stimulus_resamples.get(method)
        terms = None if resampled is None else pair_terms(brain_rdms, model_rdms, method)
        for place in [*_regions(found, method, resampled, terms), _mean(found, method, resampled, terms)]:
            counts = draw_subjects(place.subjects, inference, seed)
            for contrasts in listed:
                parts += _test_contrasts(
                    contrasts, place, counts, method, names, brain_rdms.n_cond, inference
                )
    return join_rows(parts, CONTRASTS)


class _Contrasts(NamedTuple):
    """Contrasts of one family, and their labels (a row each)."""

    contrasts: list[Contrast]
    labels: pd.DataFrame
    question: str
    members: str
    alternative: Alternative


class _Place(NamedTuple):
    """Similarities of one region, or of each subject's mean over regions."""

    selectivity: str
    roi: str
    subjects: list[int]
    values: NDArray[np.float64]
    resampled: NDArray[np.float64] | None
    pairs: PairCovariance | None


def _list_contrasts(questions: QuestionParameters, models: dict[str, ModelSpec]) -> list[_Contrasts]:
    """Pairs of trained models and with their twins, then contrasts and groups, those without models last."""
    trained = [name for name, spec in models.items() if spec.twin_of is None]
    twins = [(spec.twin_of, name) for name, spec in models.items() if spec.twin_of in models]
    named = select_contrasts(questions, models)
    listed = [
        _pairs(list(combinations(trained, 2)), models, "pairs"),
        _pairs([(str(model), twin) for model, twin in twins], models, "untrained twins"),
    ]
    kinds: list[tuple[str, str, str, Alternative]] = [
        (NAMED, "model against model", "named contrasts", "two-sided"),
        (GROUP, ABOVE_CHANCE, "groups", "greater"),
    ]
    for kind, question, members, alternative in kinds:
        for defined in (True, False):
            chosen = [one for one in named if one.kind == kind and (one.contrast is not None) == defined]
            contrasts = [one.contrast for one in chosen if one.contrast is not None]
            labels = pd.DataFrame(
                {
                    "contrast": [one.name for one in chosen],
                    "kind": kind,
                    "question": [one.question for one in chosen],
                    "models_a": [" ".join(one.contrast.a) if one.contrast else "" for one in chosen],
                    "models_b": [" ".join(one.contrast.b) if one.contrast else "" for one in chosen],
                    "label_a": [one.label_a for one in chosen],
                    "label_b": [one.label_b for one in chosen],
                }
            )
            if not defined:
                labels["undefined"] = [one.undefined for one in chosen]
            listed.append(_Contrasts(contrasts, labels, question, members, alternative))
    return [contrasts for contrasts in listed if len(contrasts.labels)]


def _pairs(pairs: list[tuple[str, str]], models: dict[str, ModelSpec], members: str) -> _Contrasts:
    contrasts = [Contrast(f"{a} - {b}", (((a,), (b,)),)) for a, b in pairs]
    labels = pd.DataFrame(
        {
            "contrast": [contrast.name for contrast in contrasts],
            "kind": PAIR,
            "question": "",
            "models_a": [a for a, _ in pairs],
            "models_b": [b for _, b in pairs],
            "label_a": [models[a].label for a, _ in pairs],
            "label_b": [models[b].label for _, b in pairs],
        }
    )
    return _Contrasts(contrasts, labels, "model against model", members, "two-sided")


def _regions(
    found: Similarities, method: str, resampled: NDArray[np.float64] | None, terms: PairTerms | None
) -> Iterator[_Place]:
    reported = np.flatnonzero(found.reported)
    for region in found.regions():
        yield _Place(
            region.selectivity,
            region.roi,
            region.subjects,
            found.values[method][np.ix_(region.rows, reported)],
            None if resampled is None else resampled[:, region.rows][:, :, reported],
            None if terms is None else terms.covariance(region.rows[:, None].tolist(), reported.tolist()),
        )


def _mean(
    found: Similarities, method: str, resampled: NDArray[np.float64] | None, terms: PairTerms | None
) -> _Place:
    reported, owners = np.flatnonzero(found.reported), found.brain["subject"].tolist()
    values, subjects = mean_over_regions(found.values[method][:, reported], owners)
    members = [[row for row, owner in enumerate(owners) if owner == subject] for subject in subjects]
    return _Place(
        EVERY_REGION,
        EVERY_REGION,
        subjects,
        values,
        None if resampled is None else mean_over_regions(resampled[:, :, reported], owners)[0],
        None if terms is None else terms.covariance(members, reported.tolist()),
    )


def _test_contrasts(
    listed: _Contrasts,
    place: _Place,
    subject_counts: NDArray[np.int64],
    method: str,
    models: list[str],
    n_stimuli: int,
    inference: InferenceParameters,
) -> list[pd.DataFrame]:
    level, alternative = inference.confidence_level, listed.alternative
    weights = contrast_weights(listed.contrasts, models)
    values = place.values @ weights.T
    results = {test: run(values, alternative, level) for test, run in ACROSS_SUBJECTS.items()}
    results[DUAL_BOOTSTRAP] = generalise(
        values,
        None if place.resampled is None else place.resampled @ weights.T,
        subject_counts,
        None if place.pairs is None else place.pairs.combine(weights),
        n_stimuli,
        alternative,
        level,
    )["both"]
    over = "over all regions" if place.roi == EVERY_REGION else "× regions"
    parts = []
    for test, rows in results.items():
        # Contrasts without models have the reason among their labels, and no numbers.
        rows = listed.labels if "undefined" in listed.labels else listed.labels.join(rows)
        parts.append(
            rows.assign(
                selectivity=place.selectivity,
                roi=place.roi,
                method=method,
                test=test,
                n=len(place.subjects),
                family=f"{listed.question}, {test}, {method}: {listed.members} {over}",
            )
        )
    return parts
