"""Nodes of the pipeline `comparison`: how sure similarities and their differences are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.models import ModelSpec, parse_roster
from tyrosine.parameters import InferenceParameters, QuestionParameters
from tyrosine.pipelines.comparison.nodes import align_models, entries, refuse_beyond_memory
from tyrosine.pipelines.comparison.tables import MODEL, Similarities, join_rows, undefined_rows
from tyrosine.rsa import permutation
from tyrosine.rsa.bootstrap import draw_counts
from tyrosine.rsa.contrasts import Contrast, contrast_weights, mean_over_regions
from tyrosine.rsa.generalisation import OVER, PairCovariance, PairTerms, generalise
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import RDMs
from tyrosine.rsa.significance import TOO_FEW_SUBJECTS, Alternative, t_test, wilcoxon_test
from tyrosine.rsa.similarity import jackknifed_ceiling
from tyrosine.rsa.variance_partition import (
    LEAST_STIMULI_OF_A_FOLD,
    component_names,
    draw_folds,
    partition_variance,
)
from tyrosine.selection import select_contrasts

Resamples = dict[str, NDArray[np.float64]]

MODEL_TESTS = [
    "subject", "selectivity", "roi", *MODEL, "method", "question", "test", "n", "n_resamples", "estimate",
    "lower", "upper", "statistic", "p", "q", "family", "undefined",
]  # fmt: skip
BOOTSTRAP = [
    "selectivity", "roi", *MODEL, "method", "over", "test", "n_subjects", "n_stimuli", "n_resamples",
    "estimate", "standard_error", "lower", "upper", "p", "q", "family", "undefined",
]  # fmt: skip
CONTRASTS = [
    "contrast", "kind", "question", "models_a", "models_b", "label_a", "label_b", "selectivity", "roi",
    "method", "test", "n", "n_resamples", "estimate", "lower", "upper", "effect_size", "statistic", "p", "q",
    "family", "undefined",
]  # fmt: skip
VARIANCE_PARTITION = [
    "selectivity", "roi", "component", "kind", "method", "test", "n", "n_folds", "estimate", "lower", "upper",
    "statistic", "p", "q", "family", "undefined",
]  # fmt: skip

GROUPS = ("vision", "language", "multimodal")
"""Groups of models among which variance is partitioned: unimodal vision, unimodal language, multimodal."""

EVERY_REGION = "all"
"""What `selectivity` and `roi` of a contrast of each subject's mean over regions are."""

_ACROSS_SUBJECTS = {"t-test": t_test, "Wilcoxon": wilcoxon_test}
# With two subjects the others are one, which says nothing of how the noise ceiling varies.
_NO_CEILING = {1: TOO_FEW_SUBJECTS, 2: "fewer than three subjects"}


def run_model_tests(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    similarities: pd.DataFrame,
    stimulus_resamples: Resamples,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Test each model against chance, across subjects and within each, and against the noise ceiling.

    Returns
    -------
    DataFrame
        A row for each region, layer of a model, method, question and test; for the permutation test one
        for each subject too, with the interval of the bootstrap over stimuli.

    Raises
    ------
    ParameterError
        If the permutations would take more memory than `inference.memory_limit`.
    """
    # A permutation is a number of 4 bytes for each stimulus, and one of 8 for its place in the inverse.
    refuse_beyond_memory(inference, "n_permutations", 12 * brain_rdms.n_cond)
    found = Similarities.of(similarities)
    labels = found.models
    parts = []
    for method, values in found.values.items():
        for region in found.regions():
            here = values[region.rows]
            brain = entries(brain_rdms, method)[region.rows]
            missing = _NO_CEILING.get(len(here))
            distance = here if missing else here - jackknifed_ceiling(brain, method)[:, None]
            questions: list[tuple[str, NDArray[np.float64], Alternative, str | None]] = [
                ("above chance", here, "greater", None),
                ("below ceiling", distance, "less", missing),
            ]
            for question, tested, alternative, reason in questions:
                for test, run in _ACROSS_SUBJECTS.items():
                    if reason:
                        rows = undefined_rows(len(labels), reason).assign(n=len(here))
                    else:
                        rows = run(tested, alternative, inference.confidence_level)
                    parts.append(
                        labels.join(rows).assign(
                            selectivity=region.selectivity,
                            roi=region.roi,
                            method=method,
                            question=question,
                            test=test,
                            family=_layer_families(
                                f"{question}, {test}, {method}: ", found, "models × regions"
                            ),
                        )
                    )
        parts += _permutation_tests(
            brain_rdms, model_rdms, found, method, stimulus_resamples.get(method), inference, seed
        )
    return join_rows(parts, MODEL_TESTS)


def _layer_families(start: str, found: Similarities, end: str) -> NDArray[np.object_]:
    """Families of tests of each row of models: those of reported layers do not depend on the others."""
    return np.where(found.reported, start + end, start + end.replace("models", "further layers")).astype(
        object
    )


def _permutation_tests(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    found: Similarities,
    method: str,
    resampled: NDArray[np.float64] | None,
    inference: InferenceParameters,
    seed: int,
) -> list[pd.DataFrame]:
    test, n_stimuli = "stimulus permutation", brain_rdms.n_cond
    grid = found.brain.merge(found.models, how="cross").assign(
        method=method, question="above chance", test=test, n=n_stimuli
    )
    start = f"above chance, {test}, {method}: "
    families = _layer_families(start, found, "subjects × models × regions")
    grid["family"] = np.tile(families, len(found.brain))
    if method not in permutation.METHODS:
        return [grid.join(undefined_rows(len(grid), "no permutation test for this method"))]
    brain, aligned = entries(brain_rdms, method), entries(align_models(model_rdms, brain_rdms), method)
    observed, p = permutation.permute_stimuli(
        brain,
        aligned,
        inference.n_permutations,
        random_stream(seed, "permutation", "stimuli"),
        method,
    )
    grid["n_resamples"] = inference.n_permutations
    grid["estimate"], grid["statistic"], grid["p"] = observed.ravel(), observed.ravel(), p.ravel()
    grid["undefined"] = ""
    if resampled is not None:
        terms = PairTerms(brain, aligned, method)
        for row, own in enumerate(observed):
            table = generalise(
                own[None],
                resampled[:, [row]],
                np.ones((len(resampled), 1)),
                terms.variances([[row]]),
                n_stimuli,
                confidence_level=inference.confidence_level,
            )["stimuli"]
            first = row * len(own)
            grid.loc[first : first + len(own) - 1, ["lower", "upper"]] = table[["lower", "upper"]].to_numpy()
    return [grid]


def bootstrap_models(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    similarities: pd.DataFrame,
    stimulus_resamples: Resamples,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Bootstrap each model's mean similarity over subjects, over stimuli, and over both.

    Returns
    -------
    DataFrame
        A row for each region, layer of a model, method, and what is resampled.
    """
    found = Similarities.of(similarities)
    parts = []
    for method, values in found.values.items():
        resampled = stimulus_resamples.get(method)
        terms = None if resampled is None else _pair_terms(brain_rdms, model_rdms, method)
        for region in found.regions():
            tables = generalise(
                values[region.rows],
                None if resampled is None else resampled[:, region.rows],
                _draw_subjects(region.subjects, inference, seed),
                None if terms is None else terms.variances(region.rows[:, None].tolist()),
                brain_rdms.n_cond,
                "greater",
                inference.confidence_level,
            )
            for over in OVER:
                test = f"bootstrap over {over}"
                parts.append(
                    found.models.join(tables[over]).assign(
                        selectivity=region.selectivity,
                        roi=region.roi,
                        method=method,
                        over=over,
                        test=test,
                        n_subjects=len(region.subjects),
                        n_stimuli=brain_rdms.n_cond,
                        family=_layer_families(
                            f"above chance, {test}, {method}: ", found, "models × regions"
                        ),
                    )
                )
    return join_rows(parts, BOOTSTRAP)


def _pair_terms(brain_rdms: RDMs, model_rdms: RDMs, method: str) -> PairTerms:
    return PairTerms(
        entries(brain_rdms, method), entries(align_models(model_rdms, brain_rdms), method), method
    )


def _draw_subjects(subjects: list[int], inference: InferenceParameters, seed: int) -> NDArray[np.int64]:
    """The same draws wherever the subjects are the same."""
    names = " ".join(str(subject) for subject in subjects)
    stream = random_stream(seed, "bootstrap", "subjects", names)
    return draw_counts(len(subjects), inference.n_bootstraps, stream)


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
        terms = None if resampled is None else _pair_terms(brain_rdms, model_rdms, method)
        for place in [*_regions(found, method, resampled, terms), _mean(found, method, resampled, terms)]:
            counts = _draw_subjects(place.subjects, inference, seed)
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
        ("named", "model against model", "named contrasts", "two-sided"),
        ("group", "above chance", "groups", "greater"),
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
            "kind": "pair",
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
    results = {test: run(values, alternative, level) for test, run in _ACROSS_SUBJECTS.items()}
    results["dual bootstrap"] = generalise(
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


def partition_by_groups(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    models: dict[str, Any],
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Partition the variance of each region's RDMs among vision, language and multimodal models.

    Returns
    -------
    DataFrame
        A row for each region and component. Trained models count, by their reported layer. Components of a
        group that the roster has no model of are undefined.
    """
    roster = parse_roster(models)
    aligned = align_models(model_rdms, brain_rdms)
    names = [str(name) for name in model_rdms.rdm_descriptors["model"]]
    last = {name: row for row, name in enumerate(names)}
    groups: dict[str, list[int]] = {}
    for group in GROUPS:
        rows = [row for name, row in last.items() if _group(roster[name]) == group]
        if rows:
            groups[group] = rows
    n_stimuli, n_folds = brain_rdms.n_cond, inference.n_folds
    reason = ""
    if not groups:
        reason = "no trained model in the roster"
    elif n_stimuli < n_folds * LEAST_STIMULI_OF_A_FOLD:
        reason = f"{n_stimuli} stimuli are too few for {n_folds} folds"
    found = pd.DataFrame()
    if not reason:
        folds = draw_folds(n_stimuli, n_folds, random_stream(seed, "folds", "stimuli"))
        found = partition_variance(brain_rdms.dissimilarities, aligned.dissimilarities, groups, folds)
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in ("selectivity", "roi")})
    parts = []
    for (selectivity, roi), members in labels.groupby(["selectivity", "roi"], sort=False):
        for kind, component in component_names(GROUPS):
            lacking = [group for group in component.split(" & ") if group in GROUPS and group not in groups]
            if reason or lacking:
                row = undefined_rows(1, reason or f"no {lacking[0]} model in the roster").assign(
                    n=len(members)
                )
            else:
                # A shared part may be negative, so that both directions speak against zero.
                row = t_test(
                    found.loc[members.index, [(kind, component)]].to_numpy(),
                    "two-sided" if kind == "shared" else "greater",
                    inference.confidence_level,
                )
            method = "partial rank correlation" if kind == "partial correlation" else "rank regression"
            parts.append(
                row.assign(
                    selectivity=selectivity,
                    roi=roi,
                    component=component,
                    kind=kind,
                    method=method,
                    test="t-test",
                    n_folds=n_folds,
                    family=f"variance partition, {kind}, t-test, {method}: components × regions",
                )
            )
    return join_rows(parts, VARIANCE_PARTITION)


def _group(spec: ModelSpec) -> str | None:
    if spec.twin_of is not None:
        return None
    return "multimodal" if spec.multimodal else spec.modality
