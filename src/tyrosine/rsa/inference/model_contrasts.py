"""How sure differences between models are, and between groups of models that the questions name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.parameters import InferenceParameters, QuestionParameters
from tyrosine.parameters.measures import DUAL_BOOTSTRAP, TRIPLE_BOOTSTRAP, resolve, tests_across_subjects
from tyrosine.parameters.models import STIMULUS, ModelSpec
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.contrasts import Contrast, contrast_weights, in_common_regions, mean_over_regions
from tyrosine.rsa.generalisation import PairCovariance, generalise
from tyrosine.rsa.inference.chosen_layers import NO_CHOICE, OTHER_STIMULI, defined_columns, run_on_defined
from tyrosine.rsa.inference.random_models import Sampled, run_over_models
from tyrosine.rsa.inference.resampling import Resamples, TermsOverStimuli, draw_subjects, too_few
from tyrosine.rsa.inference.selection import select_contrasts
from tyrosine.rsa.inference.tabulation import (
    NOT_DRAWN,
    Similarities,
    join_rows,
    similarity_over,
    undefined_rows,
)
from tyrosine.rsa.significance import Alternative
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import (
    ABOVE_CHANCE,
    CONTRASTS,
    EVERY_REGION,
    GROUP,
    NAMED,
    PAIR,
)


def contrast_models(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
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
        A row for each contrast, region (and the mean over the regions that all subjects have,
        `EVERY_REGION`), method and test. Models count by their reported layer. Tests across subjects rest on
        all stimuli of each subject, the dual bootstrap on the stimuli that the subjects share. With
        `inference.models: random` the groups and contrasts of the questions have the triple bootstrap too.
    """
    found = Similarities.of(similarities)
    names = [str(name) for name in found.models.loc[found.reported, "model"]]
    # Layers that were chosen stand behind all others, and pairs are in the order of the roster.
    in_order = [name for name in found.models["model"].drop_duplicates() if name in names]
    listed = list_contrasts(questions, {name: models[name] for name in in_order})
    parts = []
    for method in found.values:
        for place in _places(brain_rdms, model_rdms, found, stimulus_resamples, method):
            counts = draw_subjects(place.subjects, inference, seed)
            for contrasts in listed:
                parts += run_contrasts(contrasts, place, counts, method, names, inference)
    return join_rows(parts, CONTRASTS)


class ListedContrasts(NamedTuple):
    """Contrasts of one family, and their labels (a row each)."""

    contrasts: list[Contrast]
    labels: pd.DataFrame
    question: str
    members: str
    alternative: Alternative


class Place(NamedTuple):
    """What is known of one region, or of the mean over the regions that all subjects have.

    Attributes
    ----------
    selectivity, roi : str
    regions : str
        Names of the ROIs that it is the mean over.
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
    no_choice : str
        Why a layer that was chosen in folds has no similarity over the stimuli that the subjects share.
    drawn : mapping of str to object
        The columns `DRAWN` of the dual bootstrap.
    n_drawn : int
        Number of stimuli, or of groups, that the bootstrap over stimuli draws from.
    too_few : str
        Why there is no bootstrap over stimuli for any method; empty if there is.
    """

    selectivity: str
    roi: str
    regions: str
    subjects: list[int]
    own: NDArray[np.float64]
    n_own: int
    shared: NDArray[np.float64]
    n_shared: int
    resampled: NDArray[np.float64] | None
    pairs: PairCovariance | None
    no_choice: str
    drawn: Mapping[str, object]
    n_drawn: int
    too_few: str


def list_contrasts(questions: QuestionParameters, models: dict[str, ModelSpec]) -> list[ListedContrasts]:
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
            listed.append(ListedContrasts(contrasts, labels, question, members, alternative))
    return [contrasts for contrasts in listed if len(contrasts.labels)]


def _pairs(pairs: list[tuple[str, str]], models: dict[str, ModelSpec], members: str) -> ListedContrasts:
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
    return ListedContrasts(contrasts, labels, "model against model", members, "two-sided")


def _places(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    found: Similarities,
    resamples: Resamples,
    method: str,
) -> Iterator[Place]:
    """Every region, and then the mean over regions."""
    sets, models = StimulusSets.of(brain_rdms), align_models(model_rdms, brain_rdms)
    values = resamples.chosen.tested(found.values[method], method)
    reported = np.flatnonzero(found.reported)
    terms = None
    if any(method in one for one in (resamples.own, resamples.by_region, resamples.overall)):
        terms = TermsOverStimuli(brain_rdms, model_rdms, method, resamples.chosen, resamples.groups)
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
        if roi == EVERY_REGION:
            here = found.brain.loc[rows]
            rows = rows[in_common_regions(here["roi"], here["subject"], here["selectivity"])]
        owners = found.brain.loc[rows, "subject"].tolist()
        subjects = list(dict.fromkeys(owners))
        members = [[row for row, owner in zip(rows.tolist(), owners) if owner == one] for one in subjects]
        reason = too_few(ids, resamples.groups)
        enough = terms is not None and method in resampled and not reason
        yield Place(
            selectivity,
            roi,
            " ".join(found.brain.loc[rows, "roi"].unique()),
            subjects,
            mean_of_subjects(values[np.ix_(rows, reported)], owners),
            min((len(sets.own[row]) for row in rows), default=0),
            mean_of_subjects(shared[np.ix_(rows, reported)], owners),
            len(ids),
            mean_of_subjects(resampled[method][:, rows][:, :, reported], owners) if enough else None,
            terms.covariance(ids, members, reported.tolist()) if terms is not None and enough else None,
            NO_CHOICE if chosen == sets.own else OTHER_STIMULI,
            resamples.groups.labels(ids),
            resamples.groups.count(ids),
            reason,
        )


def mean_of_subjects(values: NDArray[np.float64], owners: list[int]) -> NDArray[np.float64]:
    """Mean over each subject's rows; the rows themselves where each subject has one."""
    return values if len(set(owners)) == len(owners) else mean_over_regions(values, owners)[0]


def _across_subjects(
    run: Callable[..., pd.DataFrame],
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    alternative: Alternative,
    level: float,
) -> pd.DataFrame:
    models, defined = _defined(values, weights)
    contrasts = values[:, models] @ weights[:, models].T
    return run_on_defined(lambda rows: run(contrasts[:, rows], alternative, level), defined, NO_CHOICE)


def _dual_bootstrap(
    place: Place,
    weights: NDArray[np.float64],
    subject_counts: NDArray[np.int64],
    alternative: Alternative,
    level: float,
) -> pd.DataFrame:
    models, defined = _defined(place.shared, weights)

    def run(rows: NDArray[np.bool_]) -> pd.DataFrame:
        chosen = weights[rows]
        return generalise(
            place.shared[:, models] @ chosen[:, models].T,
            None if place.resampled is None else place.resampled[:, :, models] @ chosen[:, models].T,
            subject_counts,
            None if place.pairs is None else place.pairs.combine(chosen),
            place.n_drawn,
            alternative,
            level,
        )["both"]

    return run_on_defined(run, defined, place.no_choice)


def _defined(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[slice | NDArray[np.bool_], NDArray[np.bool_]]:
    """Models that all subjects have a similarity to, and contrasts of none but these."""
    models = defined_columns(values)
    # Indexing with a slice copies nothing.
    return slice(None) if models.all() else models, np.asarray(~weights[:, ~models].any(axis=1))


def run_contrasts(
    listed: ListedContrasts,
    place: Place,
    subject_counts: NDArray[np.int64],
    method: str,
    models: list[str],
    inference: InferenceParameters,
) -> list[pd.DataFrame]:
    level, alternative = inference.confidence_level, listed.alternative
    weights = contrast_weights(listed.contrasts, models)
    undefined = undefined_rows(len(weights), TOO_FEW_STIMULI)
    results = {
        test: _across_subjects(resolve(entry.function), place.own, weights, alternative, level)
        if place.subjects
        else undefined
        for test, entry in tests_across_subjects().items()
    }
    results[DUAL_BOOTSTRAP] = undefined_rows(len(weights), place.too_few)
    if not place.too_few:
        results[DUAL_BOOTSTRAP] = _dual_bootstrap(place, weights, subject_counts, alternative, level)
    if inference.models == "random" and listed.labels["kind"].iloc[0] != PAIR:
        results[TRIPLE_BOOTSTRAP] = undefined_rows(len(weights), place.too_few)
        if not place.too_few:
            sampled = Sampled(place.shared, place.resampled, subject_counts, place.pairs, place.n_drawn)
            results[TRIPLE_BOOTSTRAP] = run_over_models(listed.contrasts, models, sampled, alternative, level)
    drawn = (DUAL_BOOTSTRAP, TRIPLE_BOOTSTRAP)
    over = "over all regions" if place.roi == EVERY_REGION else "× regions"
    parts = []
    for test, rows in results.items():
        # Contrasts without models have the reason among their labels, and no numbers.
        rows = listed.labels if "undefined" in listed.labels else listed.labels.join(rows)
        parts.append(
            rows.assign(
                selectivity=place.selectivity,
                roi=place.roi,
                regions=place.regions,
                method=method,
                test=test,
                n=len(place.subjects),
                n_stimuli=place.n_shared if test in drawn else place.n_own,
                **(place.drawn if test in drawn else NOT_DRAWN),
                family=f"{listed.question}, {test}, {method}: {listed.members} {over}",
            )
        )
    return parts
