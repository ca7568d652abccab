"""Similarities of brain and models after other RDMs are taken out of both, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.parameters.measures import T_TEST
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.engine import TOO_MANY_STIMULI, dissimilarities_over, is_beyond_rdms
from tyrosine.rsa.inference.tabulation import join_rows, no_rows, undefined_rows
from tyrosine.rsa.partial import PARTIAL_METHODS, partial_similarity
from tyrosine.rsa.significance import t_test
from tyrosine.rsa.similarity import compare
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets, rows_by_stimuli
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import BRAIN, MODEL, PARTIAL_SIMILARITIES, REGION

NOTHING_LEFT = "nothing is left of its RDM"
"""Why a model has no partial similarity: its RDM is a linear function of those that are taken out."""


def compare_partially(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
) -> pd.DataFrame:
    """Compare brain RDMs with model RDMs after the RDMs of `comparison.partial_out` are taken out of both.

    Returns
    -------
    DataFrame
        A row for each region, layer of a model and method: a one-sided t-test across subjects, each over all
        stimuli that it saw, of the partial similarity (`estimate`) against zero, and `similarity`, the mean
        before anything is taken out. There are no rows where nothing is to be taken out. What is taken out
        has no rows itself.
    """
    names = np.asarray(model_rdms.rdm_descriptors["model"])
    reported = np.asarray(model_rdms.rdm_descriptors["reported"], dtype=bool)
    taken = np.flatnonzero(np.isin(names, comparison.partial_out) & reported)
    kept = np.flatnonzero(~np.isin(names, comparison.partial_out))
    if not len(taken):
        return no_rows(PARTIAL_SIMILARITIES)
    aligned = align_models(model_rdms, brain_rdms)
    brain = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    models = pd.DataFrame({key: np.asarray(model_rdms.rdm_descriptors[key])[kept] for key in MODEL})
    own = StimulusSets.of(brain_rdms).own
    parts = []
    for method in comparison.methods:
        partial = np.full((len(brain), len(kept)), np.nan)
        plain, too_many = partial.copy(), set[int]()
        for ids, rows in rows_by_stimuli(own):
            if is_beyond_rdms(brain_rdms, ids):
                too_many.update(rows)
            elif len(ids) >= LEAST_STIMULI and method in PARTIAL_METHODS:
                brains = dissimilarities_over(brain_rdms, ids, rows)
                entries = dissimilarities_over(aligned, ids)
                partial[rows] = partial_similarity(brains, entries[kept], entries[taken], method)
                plain[rows] = compare(brains, entries[kept], method)
        for (selectivity, roi), members in brain.groupby(list(REGION), sort=False):
            enough = [row for row in members.index if len(own[row]) >= LEAST_STIMULI]
            table = _test(partial[enough], method, inference)
            if too_many.intersection(enough):
                table = undefined_rows(len(kept), TOO_MANY_STIMULI)
            parts.append(
                table.assign(
                    **models,
                    selectivity=selectivity,
                    roi=roi,
                    method=method,
                    partial_out=" ".join(comparison.partial_out),
                    test=T_TEST,
                    n=max(len(enough), 1),
                    n_stimuli=min((len(own[row]) for row in enough or members.index), default=0),
                    similarity=plain[enough].mean(axis=0) if enough else np.nan,
                    family=[
                        f"partial similarity, {T_TEST}, {method}: "
                        + ("models × regions" if one else "other layers × regions")
                        for one in models["reported"]
                    ],
                )
            )
    return join_rows(parts, PARTIAL_SIMILARITIES)


def _test(partial: np.ndarray, method: str, inference: InferenceParameters) -> pd.DataFrame:
    """A row for each column of partial similarities, one row of which is a subject."""
    if method not in PARTIAL_METHODS:
        return undefined_rows(partial.shape[1], "no partial similarity by this method")
    if not len(partial):
        return undefined_rows(partial.shape[1], TOO_FEW_STIMULI)
    there = np.isfinite(partial).all(axis=0)
    table = undefined_rows(partial.shape[1], NOTHING_LEFT)
    tested = t_test(partial[:, there], "greater", inference.confidence_level)
    return tested.set_axis(np.flatnonzero(there)).reindex(table.index).fillna({"undefined": NOTHING_LEFT})
