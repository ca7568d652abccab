"""Whether the answers to the questions survive other analyses than the one that the run chose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.parameters import (
    ComparisonParameters,
    InferenceParameters,
    QuestionParameters,
    SensitivityParameters,
)
from tyrosine.parameters.analysis import BY_FEATURES
from tyrosine.parameters.measures import (
    DUAL_BOOTSTRAP,
    REWEIGHTED,
    T_TEST,
    resolve,
    tests_across_subjects,
)
from tyrosine.parameters.models import ModelSpec
from tyrosine.parameters.sensitivity import BEST, REPORTED
from tyrosine.rsa.generalisation import generalise
from tyrosine.rsa.inference.chosen_layers import defined_columns, run_on_defined
from tyrosine.rsa.inference.grid import GridRDMs, Variant, list_variants, weigh
from tyrosine.rsa.inference.grid_similarities import (
    CommonRegions,
    GridSimilarities,
    compare_layers,
    compare_reweighted,
    reweighted_in_grid,
)
from tyrosine.rsa.inference.resampling import draw_subjects, refuse_beyond_memory, too_few
from tyrosine.rsa.inference.selection import NamedContrast, select_contrasts
from tyrosine.rsa.inference.tabulation import undefined_rows
from tyrosine.rsa.multiple_comparisons import benjamini_hochberg
from tyrosine.rsa.significance import Alternative
from tyrosine.rsa.stimulus_groups import StimulusGroups, choose_groups
from tyrosine.tables.columns import (
    ANSWER_SURVIVAL,
    BEST_LAYER,
    GROUP,
    HIGHER,
    LOWER,
    NO_EVIDENCE,
    SINGLE_STIMULI,
    UNDEFINED,
)

FloatArray = NDArray[np.float64]


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
        All that are declared.
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
    columns = rdms_of_grid.columns()
    taking_part = {name: models[name] for name in dict.fromkeys(columns["model"])}
    named = [one for one in select_contrasts(questions, taking_part) if one.contrast is not None]
    if not named:
        return pd.DataFrame(columns=list(ANSWER_SURVIVAL))
    columns = _needed(columns, sensitivity)
    variants = list(list_variants(named, columns, sensitivity))
    weights = np.stack([weigh(variant, columns) for variant in variants])
    every = rdms_of_grid.stacked()
    regions = {name: CommonRegions.of(brain) for name, brain in rdms_of_grid.by_distance.items()}
    methods = list(dict.fromkeys([comparison.methods[0], *sensitivity.methods]))
    brains = max(brain.n_rdm for brain in rdms_of_grid.by_distance.values())
    refuse_beyond_memory(inference, "n_bootstraps", 8 * brains * len(columns))
    parts: list[pd.DataFrame] = []
    for (distance, here), method in product(regions.items(), methods):
        if method == REWEIGHTED:
            continue
        given = (stimuli, method, comparison, inference, seed)
        similarities = compare_layers(here, every, columns, *given)
        groupings = [inference.stimulus_groups, *sensitivity.stimulus_groups]
        grouped = [choose_groups(stimuli, asked, here.ids) for asked in groupings]
        if similarities.source is None:
            # What is drawn makes no difference to a test across subjects.
            grouped = grouped[:1]
        if not parts:
            by_t_test = _verdicts_of_run(similarities, variants, weights, named, inference, seed)
        for groups in {groups.name: groups for groups in grouped}.values():
            drawn_from = None if similarities.source is None else groups
            results = _test(similarities, drawn_from, variants, weights, named, inference, seed)
            drawn = groups.name or SINGLE_STIMULI
            parts.append(results.assign(brain_distance=distance, method=method, stimulus_groups=drawn))
    if REWEIGHTED in methods:
        as_reported = [row for row, variant in enumerate(variants) if variant.layer == REPORTED]
        own_layer = [variants[row] for row in as_reported]
        weighted = _that_differ_by_weights(own_layer, columns, reweighted_in_grid(comparison))
        if any(variant.differs for variant in weighted):
            drawn = parts[0]["stimulus_groups"].iloc[0]
            found = compare_reweighted(regions, rdms_of_grid, columns, comparison, inference, seed)
            for distance, similarities in found.items():
                results = _test(similarities, None, weighted, weights[as_reported], named, inference, seed)
                parts.append(
                    results.assign(brain_distance=distance, method=REWEIGHTED, stimulus_groups=drawn)
                )
    table = _judge(pd.concat(parts, ignore_index=True), inference.false_discovery_rate)
    # A test across subjects finds more than one that also takes stimuli as drawn, in any analysis.
    of_run = dict(zip(table.loc[table["main"], "contrast"], table.loc[table["main"], "verdict"]))
    reference = table["contrast"].map(of_run)
    reference = reference.where(table["test"] == table["test"].iloc[0], table["contrast"].map(by_t_test))
    return table.assign(stands=table["verdict"] == reference)[list(ANSWER_SURVIVAL)]


def _needed(columns: pd.DataFrame, sensitivity: SensitivityParameters) -> pd.DataFrame:
    """Without the best layers of models that no analysis counts by them."""
    best = columns["layer"] == BEST_LAYER
    return (
        columns if BEST in sensitivity.layers else columns[~best | columns["reported"]].reset_index(drop=True)
    )


def _that_differ_by_weights(variants: Sequence[Variant], columns: pd.DataFrame, what: str) -> list[Variant]:
    """The variants, which differ from others by weights if there is anything to weight in their models."""
    n_layers = columns[columns["layer"] != BEST_LAYER].groupby(["captions", "model"]).size()
    several = set(n_layers.index.get_level_values("model")[n_layers > 1])
    return [
        variant._replace(
            differs=variant.differs and (what == BY_FEATURES or bool(several & _models_of(variant)))
        )
        for variant in variants
    ]


def _models_of(variant: Variant) -> set[str]:
    return {*variant.contrast.a, *variant.contrast.b}


def _verdicts_of_run(
    similarities: GridSimilarities,
    variants: Sequence[Variant],
    weights: FloatArray,
    named: Sequence[NamedContrast],
    inference: InferenceParameters,
    seed: int,
) -> dict[str, str]:
    """By contrast, the verdict of the run by the t-test across subjects."""
    choices = [(one.captions, one.layer, one.left_out) for one in variants]
    rows = [row for row, chosen in enumerate(choices) if chosen == choices[0]]
    own = [variants[row] for row in rows]
    table = _test(similarities, None, own, weights[rows], named, inference, seed)
    table = _judge(table, inference.false_discovery_rate)
    return dict(zip(table["contrast"], table["verdict"]))


def _test(
    similarities: GridSimilarities,
    groups: StimulusGroups | None,
    variants: Sequence[Variant],
    weights: FloatArray,
    named: Sequence[NamedContrast],
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Every variant by one brain distance and one method, across subjects if no stimuli are to be drawn."""
    ids, subjects, values = similarities.ids, similarities.subjects, similarities.values
    undefined, level = similarities.undefined, inference.confidence_level
    resampled, pairs, n_drawn = None, None, 0
    if groups is not None and similarities.source is not None:
        undefined, n_drawn = undefined or too_few(ids, groups), groups.count(ids)
        if not undefined:
            resampled = similarities.source.draw(ids, groups, inference, seed)
            pairs = similarities.source.pairs(ids, groups)
    there = defined_columns(values)

    def run(chosen: FloatArray, alternative: Alternative, rows: NDArray[np.bool_]) -> pd.DataFrame:
        asked = chosen[rows]
        contrasts = values[:, there] @ asked[:, there].T
        if resampled is None or pairs is None:
            return resolve(tests_across_subjects()[T_TEST].function)(contrasts, alternative, level)
        return generalise(
            contrasts,
            resampled[:, :, there] @ asked[:, there].T,
            draw_subjects(subjects, inference, seed),
            pairs.combine(asked),
            n_drawn,
            alternative,
            level,
        )["both"]

    alternatives: dict[Alternative, list[int]] = {"two-sided": [], "greater": []}
    for row, variant in enumerate(variants):
        alternatives["greater" if named[variant.place].kind == GROUP else "two-sided"].append(row)
    tables = []
    for alternative, places in alternatives.items():
        chosen = weights[places]
        whole = np.asarray(~chosen[:, ~there].any(axis=1))
        if undefined:
            results = undefined_rows(len(places), undefined)
        else:
            results = run_on_defined(partial(run, chosen, alternative), whole, similarities.missing)
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
