"""How sure differences between models are, and between groups of models that the questions name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.labelled import RDMs
from tyrosine.parameters import InferenceParameters, QuestionParameters
from tyrosine.parameters.measures import DUAL_BOOTSTRAP, resolve, tests_across_subjects
from tyrosine.parameters.models import STIMULUS, ModelSpec
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.contrasts import Contrast, contrast_weights, mean_over_regions
from tyrosine.rsa.generalisation import PairCovariance, generalise
from tyrosine.rsa.inference.resampling import Resamples, TermsOverStimuli, draw_subjects
from tyrosine.rsa.inference.selection import select_contrasts
from tyrosine.rsa.inference.tabulation import (
    Similarities,
    join_rows,
    similarity_over,
    undefined_rows,
)
from tyrosine.rsa.significance import Alternative
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets
from tyrosine.tables.columns import (
    ABOVE_CHANCE,
    CONTRASTS,
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
    models: dict[str, ModelSpec],
    questions: QuestionParameters,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Compare every pair of models, and the groups and contrasts of the questions.

    Returns
    -------
    DataFrame
        A row for each contrast, region (and the mean over each subject's regions, `EVERY_REGION`), method and
        test. Models count by their reported layer. Tests across subjects rest on all stimuli of each subject,
        the dual bootstrap on the stimuli that the subjects share.
    """
    found = Similarities.of(similarities)
    names = [str(name) for name in found.models.loc[found.reported, "model"]]
    listed = _list_contrasts(questions, {name: models[name] for name in names})
    parts = []
    for method in found.values:
        for place in _places(brain_rdms, model_rdms, found, stimulus_resamples, method):
            counts = draw_subjects(place.subjects, inference, seed)
            for contrasts in listed:
                parts += _test_contrasts(contrasts, place, counts, method, names, inference)
    return join_rows(parts, CONTRASTS)


class _Contrasts(NamedTuple):
    """Contrasts of one family, and their labels (a row each)."""

    contrasts: list[Contrast]
    labels: pd.DataFrame
    question: str
    members: str
    alternative: Alternative


class _Place(NamedTuple):
    """What is known of one region, or of the mean over the regions that each subject has.

    Attributes
    ----------
    selectivity, roi : str
    subjects : list of int
        Those who saw enough stimuli.
    own : ndarray of shape (n_subjects, n_models)
        Similarities over all stimuli of each subject.
    n_own : int
        The smallest number of these stimuli.
    shared : ndarray of shape (n_subjects, n_models)
        Similarities over the stimuli that the subjects share.
    n_shared : int
    resampled : ndarray of shape (n_resamples, n_subjects, n_models) or None
        The latter in each resample of these stimuli; None where the method has no stimulus bootstrap.
    pairs : PairCovariance or None
    """

    selectivity: str
    roi: str
    subjects: list[int]
    own: NDArray[np.float64]
    n_own: int
    shared: NDArray[np.float64]
    n_shared: int
    resampled: NDArray[np.float64] | None
    pairs: PairCovariance | None


def _list_contrasts(questions: QuestionParameters, models: dict[str, ModelSpec]) -> list[_Contrasts]:
    """Pairs of trained models and with their twins, then contrasts and groups, those without models last."""
    trained = [name for name, spec in models.items() if spec.twin_of is None and spec.modality != STIMULUS]
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


def _places(
    brain_rdms: RDMs, model_rdms: RDMs, found: Similarities, resamples: Resamples, method: str
) -> Iterator[_Place]:
    """Every region, and then the mean over regions."""
    sets, models = StimulusSets.of(brain_rdms), align_models(model_rdms, brain_rdms)
    values, reported = found.values[method], np.flatnonzero(found.reported)
    terms = None
    if method in resamples.own:
        terms = TermsOverStimuli(brain_rdms, model_rdms, method)
    kept = np.array([len(ids) >= LEAST_STIMULI for ids in sets.own])
    own = (sets.own, values)
    by_region = similarity_over(brain_rdms, models, sets.by_region, *own, method)
    overall = similarity_over(brain_rdms, models, sets.overall, *own, method)
    regions = [
        (region.selectivity, region.roi, region.rows, sets.by_region, by_region, resamples.by_region)
        for region in found.regions()
    ]
    everywhere = np.arange(len(values))
    for selectivity, roi, all_rows, chosen, shared, resampled in [
        *regions,
        (EVERY_REGION, EVERY_REGION, everywhere, sets.overall, overall, resamples.overall),
    ]:
        ids, rows = chosen[all_rows[0]], all_rows[kept[all_rows]]
        owners = found.brain.loc[rows, "subject"].tolist()
        subjects = list(dict.fromkeys(owners))
        members = [[row for row, owner in zip(rows.tolist(), owners) if owner == one] for one in subjects]
        enough = terms is not None and len(ids) >= LEAST_STIMULI
        yield _Place(
            selectivity,
            roi,
            subjects,
            _mean_of_subjects(values[np.ix_(rows, reported)], owners),
            min((len(sets.own[row]) for row in rows), default=0),
            _mean_of_subjects(shared[np.ix_(rows, reported)], owners),
            len(ids),
            _mean_of_subjects(resampled[method][:, rows][:, :, reported], owners) if enough else None,
            terms.covariance(ids, members, reported.tolist()) if terms is not None and enough else None,
        )


def _mean_of_subjects(values: NDArray[np.float64], owners: list[int]) -> NDArray[np.float64]:
    """Mean over each subject's rows; the rows themselves where each subject has one."""
    return values if len(set(owners)) == len(owners) else mean_over_regions(values, owners)[0]


def _test_contrasts(
    listed: _Contrasts,
    place: _Place,
    subject_counts: NDArray[np.int64],
    method: str,
    models: list[str],
    inference: InferenceParameters,
) -> list[pd.DataFrame]:
    level, alternative = inference.confidence_level, listed.alternative
    weights = contrast_weights(listed.contrasts, models)
    undefined = undefined_rows(len(weights), TOO_FEW_STIMULI)
    results = {
        test: resolve(entry.function)(place.own @ weights.T, alternative, level)
        if place.subjects
        else undefined
        for test, entry in tests_across_subjects().items()
    }
    results[DUAL_BOOTSTRAP] = undefined
    if place.n_shared >= LEAST_STIMULI:
        results[DUAL_BOOTSTRAP] = generalise(
            place.shared @ weights.T,
            None if place.resampled is None else place.resampled @ weights.T,
            subject_counts,
            None if place.pairs is None else place.pairs.combine(weights),
            place.n_shared,
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
                n_stimuli=place.n_shared if test == DUAL_BOOTSTRAP else place.n_own,
                family=f"{listed.question}, {test}, {method}: {listed.members} {over}",
            )
        )
    return parts
