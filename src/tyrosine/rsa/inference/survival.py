"""Whether the answers to the questions survive other analyses than the one that the run chose."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.labelled import RDMs
from tyrosine.parameters import (
    ComparisonParameters,
    InferenceParameters,
    QuestionParameters,
    SensitivityParameters,
)
from tyrosine.parameters.measures import DUAL_BOOTSTRAP, METHODS, T_TEST, resolve, tests_across_subjects
from tyrosine.parameters.models import ModelSpec
from tyrosine.parameters.sensitivity import PROFILE, REPORTED
from tyrosine.rsa import bootstrap
from tyrosine.rsa.comparison import align_models, entries
from tyrosine.rsa.contrasts import Contrast, contrast_weights, in_common_regions, mean_over_regions
from tyrosine.rsa.generalisation import PairTerms, generalise
from tyrosine.rsa.inference.resampling import draw_subjects, refuse_beyond_memory, too_few
from tyrosine.rsa.inference.selection import NamedContrast, select_contrasts
from tyrosine.rsa.inference.tabulation import undefined_rows
from tyrosine.rsa.multiple_comparisons import benjamini_hochberg
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import concatenate
from tyrosine.rsa.significance import Alternative
from tyrosine.rsa.similarity import compare
from tyrosine.rsa.stimulus_groups import StimulusGroups, choose_groups
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets
from tyrosine.tables.columns import (
    ANSWER_SURVIVAL,
    GROUP,
    HIGHER,
    LOWER,
    NO_EVIDENCE,
    NOBODY,
    SINGLE_STIMULI,
    UNDEFINED,
)

logger = logging.getLogger(__name__)


class GridRDMs(NamedTuple):
    """The RDMs of all analyses of a grid.

    Attributes
    ----------
    by_distance : mapping of str to RDMs
        Brain RDMs by distance, those of the run first.
    by_captions : mapping of str to RDMs
        Model RDMs by what language models read of several captions, those of the run first; the others hold
        the models that differ alone.
    """

    by_distance: Mapping[str, RDMs]
    by_captions: Mapping[str, RDMs]


class Variant(NamedTuple):
    """One way to count each model: by which of its rows, and in which contrast."""

    place: int
    """Which of the named contrasts it is of."""
    contrast: Contrast
    captions: str
    layer: str
    left_out: str
    differs: bool
    """Whether the choices make a difference to the contrast; if not, it is there for q alone."""


def answer_in_other_analyses(
    rdms_of_grid: GridRDMs,
    stimuli: pd.DataFrame,
    models: dict[str, ModelSpec],
    questions: QuestionParameters,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    sensitivity: SensitivityParameters,
    seed: int,
) -> pd.DataFrame:
    """Ask every group and contrast of the questions over all regions in each analysis of the grid.

    Brain distance, method and groups of stimuli have one bootstrap for each of their combinations, whose
    resamples all other choices share: they differ in how much each model RDM counts.

    Parameters
    ----------
    rdms_of_grid : GridRDMs
    stimuli : DataFrame
        As the catalog has it.
    models : dict of str to ModelSpec
        All that are declared; those that are reported by one layer take part.
    questions, comparison, inference, sensitivity : parameters
    seed : int

    Returns
    -------
    DataFrame
        A row for each contrast and analysis. The first row of a contrast is that of the run. The test is the
        bootstrap over subjects and stimuli, or the t-test across subjects where the method of similarity has
        no such bootstrap. q is p adjusted over the contrasts, or groups, of the same analysis. A row stands
        if its verdict is that of the run by the same test (by the t-test, if the method of the run has no
        bootstrap).
    """
    rdms_by_distance, rdms_by_captions = rdms_of_grid
    every, rows = _stack(rdms_by_captions)
    chosen_in_folds = sorted(set(rows["model"]) - set(rows.loc[rows["reported"], "model"]))
    if chosen_in_folds:
        logger.warning(
            "%s count by layers that are chosen in folds, which this grid does not know; they are left out.",
            ", ".join(chosen_in_folds),
        )
    taking_part = {name: models[name] for name in dict.fromkeys(rows.loc[rows["reported"], "model"])}
    named = [one for one in select_contrasts(questions, taking_part) if one.contrast is not None]
    variants = list(_variants(named, rows, list(rdms_by_captions), sensitivity))
    weights = np.stack([_weights(variant, rows) for variant in variants]) if variants else np.empty((0, 0))
    methods = list(dict.fromkeys([comparison.methods[0], *sensitivity.methods]))
    refuse_beyond_memory(
        inference, "n_bootstraps", 8 * next(iter(rdms_by_distance.values())).n_rdm * every.n_rdm
    )
    parts: list[pd.DataFrame] = []
    by_t_test: dict[str, str] = {}
    for (distance, brain), method in product(rdms_by_distance.items() if variants else (), methods):
        everywhere = _Everywhere.of(brain, every, method)
        groupings = [inference.stimulus_groups, *sensitivity.stimulus_groups]
        grouped = [choose_groups(stimuli, asked, everywhere.ids) for asked in groupings]
        if not everywhere.resampled_by(method):
            # What is drawn makes no difference to a test across subjects.
            grouped = grouped[:1]
        if not parts:
            across = _test(everywhere, None, weights, variants, named, method, inference, seed)
            across = across[
                (across["captions"] == next(iter(rdms_by_captions))) & (across["left_out"] == NOBODY)
            ]
            across = _judge(across[across["layer"] == REPORTED], inference.false_discovery_rate)
            by_t_test = dict(zip(across["contrast"], across["verdict"]))
        for groups in {groups.name: groups for groups in grouped}.values():
            drawn_from = groups if everywhere.resampled_by(method) else None
            results = _test(everywhere, drawn_from, weights, variants, named, method, inference, seed)
            drawn = groups.name or SINGLE_STIMULI
            parts.append(results.assign(brain_distance=distance, method=method, stimulus_groups=drawn))
    if not parts:
        return pd.DataFrame(columns=list(ANSWER_SURVIVAL))
    table = _judge(pd.concat(parts, ignore_index=True), inference.false_discovery_rate)
    # A test across subjects finds more than one that also takes stimuli as drawn, in any analysis.
    of_run = dict(zip(table.loc[table["main"], "contrast"], table.loc[table["main"], "verdict"]))
    reference = table["contrast"].map(of_run)
    reference = reference.where(table["test"] == table["test"].iloc[0], table["contrast"].map(by_t_test))
    return table.assign(stands=table["verdict"] == reference)[list(ANSWER_SURVIVAL)]


def _stack(model_rdms: Mapping[str, RDMs]) -> tuple[RDMs, pd.DataFrame]:
    """The RDMs of all kinds of captions under each other, and what each row is."""
    keys = ("model", "layer", "depth", "reported")
    tables = [
        pd.DataFrame({key: rdms.rdm_descriptors[key] for key in keys}).assign(captions=captions)
        for captions, rdms in model_rdms.items()
    ]
    return concatenate(list(model_rdms.values())), pd.concat(tables, ignore_index=True)


def _variants(
    named: Sequence[NamedContrast],
    rows: pd.DataFrame,
    captions: Sequence[str],
    sensitivity: SensitivityParameters,
) -> Iterator[Variant]:
    """Every contrast with each choice of captions, layers and a model that is left out, the run's first."""
    n_layers = rows[rows["captions"] == captions[0]].groupby("model").size()
    layers = list(dict.fromkeys([REPORTED, *sensitivity.layers])) if n_layers.max() > 1 else [REPORTED]
    reading = {read: set(rows.loc[rows["captions"] == read, "model"]) for read in captions[1:]}
    asked = list(dict.fromkeys(model for one in named for model in _members(one)))
    without = [NOBODY, *(asked if sensitivity.leave_out_models else ())]
    for read, layer, left_out in product(captions, layers, without):
        for place, one in enumerate(named):
            assert one.contrast is not None
            members = set(_members(one))
            contrast = _leave_out(one.contrast, left_out)
            differs = (
                (read == captions[0] or bool(reading[read] & members))
                and (layer == REPORTED or n_layers[list(members)].max() > 1)
                and (left_out == NOBODY or left_out in members)
            )
            if contrast is not None:
                yield Variant(place, contrast, read, layer, left_out, differs)


def _members(one: NamedContrast) -> tuple[str, ...]:
    return () if one.contrast is None else (*one.contrast.a, *one.contrast.b)


def _leave_out(contrast: Contrast, model: str) -> Contrast | None:
    """The contrast without a model, and without the strata in which a side then has none.

    None if it has no stratum then. A contrast that does not have the model is left as it is.
    """
    strata = []
    for a, b in contrast.strata:
        left = tuple(name for name in a if name != model), tuple(name for name in b if name != model)
        if left[0] and bool(left[1]) == bool(b):
            strata.append(left)
    return replace(contrast, strata=tuple(strata)) if strata else None


def _weights(variant: Variant, rows: pd.DataFrame) -> NDArray[np.float64]:
    """How much each row of the model RDMs counts."""
    names = list(dict.fromkeys(rows["model"]))
    of_models = contrast_weights([variant.contrast], names)[0]
    weights = np.zeros(len(rows))
    own = rows["captions"].iloc[0]
    for name, weight in zip(names, of_models):
        if weight:
            of_model = rows["model"] == name
            chosen = of_model & (rows["captions"] == variant.captions)
            chosen = chosen if chosen.any() else of_model & (rows["captions"] == own)
            blocks = chosen & rows["depth"].notna()
            if variant.layer == PROFILE and blocks.any():
                weights[blocks] = weight / blocks.sum()
            else:
                weights[chosen & rows["reported"]] = weight
    return weights


class _Everywhere(NamedTuple):
    """Brain RDMs of the regions that all subjects have, and model RDMs, over the stimuli that all saw."""

    ids: tuple[str, ...]
    brain: NDArray[np.float64]
    models: NDArray[np.float64]
    owners: list[int]
    similarity: NDArray[np.float64]
    """Each subject's mean over its regions, of shape (n_subjects, n_model_rdms)."""

    @classmethod
    def of(cls, brain_rdms: RDMs, model_rdms: RDMs, method: str) -> _Everywhere:
        labels = brain_rdms.rdm_descriptors
        rows = np.flatnonzero(
            in_common_regions(*(labels[name] for name in ("roi", "subject", "selectivity")))
        )
        owners = [int(labels["subject"][row]) for row in rows]
        ids = StimulusSets.of(brain_rdms).overall[0]
        brain = entries(brain_rdms, method, ids, rows.tolist())
        models = entries(align_models(model_rdms, brain_rdms), method, ids)
        enough = len(ids) >= LEAST_STIMULI
        values = compare(brain, models, method) if enough else np.full((len(brain), len(models)), np.nan)
        return cls(ids, brain, models, owners, mean_over_regions(values, owners)[0])

    def resampled_by(self, method: str) -> bool:
        """Whether there is a bootstrap over subjects and stimuli."""
        return METHODS[method].bootstrap is not None and len(set(self.owners)) > 1


def _test(
    everywhere: _Everywhere,
    groups: StimulusGroups | None,
    weights: NDArray[np.float64],
    variants: Sequence[Variant],
    named: Sequence[NamedContrast],
    method: str,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Every variant by one brain distance and one method, across subjects if no stimuli are to be drawn."""
    ids, brain, models, owners, values = everywhere
    subjects = list(dict.fromkeys(owners))
    undefined = TOO_FEW_STIMULI if len(ids) < LEAST_STIMULI else ""
    resampled, pairs = None, None
    if groups is not None:
        undefined = too_few(ids, groups)
    if groups is not None and not undefined:
        codes = groups.codes(ids)
        stream = random_stream(seed, "bootstrap", "stimuli")
        counts = bootstrap.draw_stimulus_counts(groups.count(ids), inference.n_bootstraps, stream)
        counts = counts if codes is None else counts[:, codes]
        similarity = bootstrap.bootstrap_stimuli(brain, models, counts, method, groups=codes)
        resampled = mean_over_regions(similarity, owners)[0]
        members = [[row for row, owner in enumerate(owners) if owner == one] for one in subjects]
        pairs = PairTerms(brain, models, method, groups=codes).covariance(members)
    alternatives: dict[Alternative, list[int]] = {"two-sided": [], "greater": []}
    for row, variant in enumerate(variants):
        alternatives["greater" if named[variant.place].kind == GROUP else "two-sided"].append(row)
    tables = []
    for alternative, places in alternatives.items():
        chosen = weights[places]
        if undefined:
            results = undefined_rows(len(places), undefined)
        elif groups is None or resampled is None or pairs is None:
            results = resolve(tests_across_subjects()[T_TEST].function)(
                values @ chosen.T, alternative, inference.confidence_level
            )
        else:
            results = generalise(
                values @ chosen.T,
                resampled @ chosen.T,
                draw_subjects(subjects, inference, seed),
                pairs.combine(chosen),
                groups.count(ids),
                alternative,
                inference.confidence_level,
            )["both"]
        labels = pd.DataFrame([_labels(variants[place], named) for place in places])
        tables.append(labels.join(results))
    table = pd.concat(tables, ignore_index=True)
    test = T_TEST if groups is None else DUAL_BOOTSTRAP
    return table.assign(test=test, n=len(subjects), n_stimuli=len(ids))


def _labels(variant: Variant, named: Sequence[NamedContrast]) -> dict[str, str | bool]:
    one = named[variant.place]
    return {
        "question": one.question,
        "contrast": one.name,
        "kind": one.kind,
        "label_a": one.label_a,
        "label_b": one.label_b,
        "models_a": " ".join(variant.contrast.a),
        "models_b": " ".join(variant.contrast.b),
        "captions": variant.captions,
        "layer": variant.layer,
        "left_out": variant.left_out,
        "differs": variant.differs,
    }


def _judge(table: pd.DataFrame, false_discovery_rate: float) -> pd.DataFrame:
    """Add q and the verdict of each row, and which is that of the run; drop rows that repeat others."""
    analysis = ["brain_distance", "method", "stimulus_groups", "captions", "layer", "left_out", "kind"]
    family = table[[name for name in analysis if name in table]].agg(" ".join, axis=1)
    table = table.reset_index(drop=True)
    table["q"] = benjamini_hochberg(table["p"].astype("float64"), family)
    evidence = table["q"] < false_discovery_rate
    two_sided = table["kind"] != GROUP
    table["verdict"] = np.select(
        [table["undefined"] != "", evidence & (table["estimate"] > 0), evidence & two_sided],
        [UNDEFINED, HIGHER, LOWER],
        NO_EVIDENCE,
    )
    table = table[table["differs"]].reset_index(drop=True)
    table["main"] = ~table.duplicated("contrast")
    return table
