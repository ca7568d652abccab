"""Similarities of brain RDMs to models whose layers or features are weighted for each region, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.parameters.analysis import BY_FEATURES, BY_LAYERS, NO_REWEIGHTING
from tyrosine.parameters.measures import T_TEST
from tyrosine.parameters.models import STIMULUS
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.inference.tabulation import join_rows, no_rows, undefined_rows
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import STIMULUS_ID, over
from tyrosine.rsa.reweighting import (
    LEAST_FOLDS,
    Entries,
    feature_entries,
    held_out_ceiling,
    held_out_similarity,
    layer_entries,
    reweighted_similarity,
)
from tyrosine.rsa.significance import t_test
from tyrosine.rsa.stimulus_sets import StimulusSets, rows_by_stimuli
from tyrosine.rsa.variance_partition import LEAST_STIMULI_OF_A_FOLD, draw_folds
from tyrosine.tables.columns import MODEL, REGION, REWEIGHTED_SIMILARITIES

METHOD = "pearson"
"""Method that reweighted similarities are of."""
WEIGHTS = {BY_LAYERS: "non-negative", BY_FEATURES: "ridge"}
MOST_FEATURES = 2048
"""Features that are weighted at most: memory and time grow with their square and cube."""


def reweight_models(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
    *features: Dataset,
) -> pd.DataFrame:
    """Weight the layers or the features of each model for each brain RDM, and compare on held-out stimuli.

    Parameters
    ----------
    brain_rdms, model_rdms : RDMs
    comparison : ComparisonParameters
        Whose `reweighting` says what is weighted.
    inference : InferenceParameters
    seed : int
    *features : Dataset
        Of each model whose features are weighted; none for layers.

    Returns
    -------
    DataFrame
        A row for each region and model that is no feature of stimuli: a one-sided t-test across subjects of
        the reweighted similarity (`estimate`) against zero, over the stimuli that the subjects who have the
        region share. `similarity` is that of the reported layer as it is, and `ceiling_lower` and
        `ceiling_upper` are the noise ceiling, all over the same pairs of held-out stimuli. No rows where
        nothing is reweighted.
    """
    if comparison.reweighting == NO_REWEIGHTING:
        return no_rows(REWEIGHTED_SIMILARITIES)
    aligned = align_models(model_rdms, brain_rdms)
    labels = pd.DataFrame({key: model_rdms.rdm_descriptors[key] for key in MODEL})
    layers = labels[labels["modality"] != STIMULUS]
    datasets = {str(one.descriptors["model"]): one for one in features}
    brain = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in REGION})
    shared = StimulusSets.of(brain_rdms).by_region
    parts = []
    for ids, rows in rows_by_stimuli(shared):
        reason = _too_few(len(ids), comparison, inference)
        stream = random_stream(seed, "folds", "stimuli")
        draws = range(0 if reason else inference.n_fold_draws)
        folds = [draw_folds(len(ids), inference.n_folds, stream) for _ in draws]
        brains = over(brain_rdms, ids, rows)
        regions = [
            (region, members.index) for region, members in brain.loc[rows].groupby(list(REGION), sort=False)
        ]
        places = {row: place for place, row in enumerate(rows)}
        ceilings = {
            region: held_out_ceiling(brains[[places[row] for row in members]], np.stack(folds))
            if not reason and len(members) > 1
            else (np.nan, np.nan)
            for region, members in regions
        }
        for model, of_model in layers.groupby("model", sort=False):
            reported = int(of_model.index[of_model["reported"].to_numpy(bool)][0])
            n_weights = _number_of_weights(of_model, datasets.get(str(model)), comparison)
            why = reason or _unsuitable(n_weights, comparison)
            found = plain = np.empty(0)
            if not why:
                entries = _entries(of_model, aligned, datasets.get(str(model)), ids, comparison)
                found = reweighted_similarity(
                    entries, brains, np.stack(folds), WEIGHTS[comparison.reweighting]
                )
                plain = held_out_similarity(over(aligned, ids, [reported])[0], brains, np.stack(folds))
            for (selectivity, roi), members in regions:
                chosen = [places[row] for row in members]
                row = undefined_rows(1, why).assign(n=len(chosen))
                if not why:
                    row = t_test(found[chosen][:, None], "greater", inference.confidence_level)
                lower, upper = ceilings[selectivity, roi]
                parts.append(
                    row.assign(
                        **{key: labels.loc[reported, key] for key in ("model", "label", "modality", "task")},
                        selectivity=selectivity,
                        roi=roi,
                        reweighting=comparison.reweighting,
                        weights=WEIGHTS[comparison.reweighting],
                        n_weights=n_weights,
                        method=METHOD,
                        test=T_TEST,
                        n_stimuli=len(ids),
                        n_folds=inference.n_folds,
                        n_fold_draws=inference.n_fold_draws,
                        similarity=np.nan if why else plain[chosen].mean(),
                        ceiling_lower=lower,
                        ceiling_upper=upper,
                        family=f"reweighted similarity, {T_TEST}, {METHOD}: models × regions",
                    )
                )
    return join_rows(parts, REWEIGHTED_SIMILARITIES)


def _too_few(n_stimuli: int, comparison: ComparisonParameters, inference: InferenceParameters) -> str:
    """Why these stimuli or folds do not do, or else empty."""
    if n_stimuli < inference.n_folds * LEAST_STIMULI_OF_A_FOLD:
        return f"{n_stimuli} stimuli are too few for {inference.n_folds} folds"
    if comparison.reweighting == BY_FEATURES and inference.n_folds < LEAST_FOLDS:
        return f"fewer than {LEAST_FOLDS} folds"
    return ""


def _number_of_weights(
    layers: pd.DataFrame, features: Dataset | None, comparison: ComparisonParameters
) -> int:
    if comparison.reweighting == BY_LAYERS or features is None:
        return len(layers)
    reported = layers["layer"][layers["reported"].to_numpy(bool)].iloc[0]
    return int(np.sum(np.asarray(features.channel_descriptors["layer"]) == reported))


def _unsuitable(n_weights: int, comparison: ComparisonParameters) -> str:
    """Why a model has nothing to weight, or else empty."""
    if comparison.reweighting == BY_LAYERS and n_weights < 2:
        return "the model has one layer"
    if n_weights > MOST_FEATURES:
        return f"more than {MOST_FEATURES} features"
    return ""


def _entries(
    layers: pd.DataFrame,
    model_rdms: RDMs,
    features: Dataset | None,
    ids: Sequence[str],
    comparison: ComparisonParameters,
) -> Entries:
    """What is weighted: RDMs of all layers of a model, or single features of its reported layer."""
    if comparison.reweighting == BY_LAYERS or features is None:
        return layer_entries(over(model_rdms, ids, list(layers.index)))
    reported = layers["layer"][layers["reported"].to_numpy(bool)].iloc[0]
    row_of = {str(name): row for row, name in enumerate(features.obs_descriptors[STIMULUS_ID])}
    columns = np.flatnonzero(np.asarray(features.channel_descriptors["layer"]) == reported)
    chosen = features.measurements[[row_of[name] for name in ids]][:, columns]
    return feature_entries(chosen, str(model_rdms.dissimilarity_measure))
