"""Similarities of brain RDMs to models whose layers or features are weighted for each region, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tyrosine.labelled import Dataset
from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.parameters.analysis import BY_FEATURES, BY_LAYERS, NO_REWEIGHTING
from tyrosine.parameters.measures import T_TEST
from tyrosine.parameters.models import STIMULUS
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.engine import TOO_MANY_STIMULI, dissimilarities_over, is_beyond_rdms
from tyrosine.rsa.inference.tabulation import join_rows, no_rows, undefined_rows
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import STIMULUS_ID
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
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import MODEL, REGION, REWEIGHTED_SIMILARITIES

METHOD = "pearson"
"""Method that reweighted similarities are of."""
WEIGHTS = {BY_LAYERS: "non-negative", BY_FEATURES: "ridge"}
MOST_FEATURES = 2048
"""Features that are weighted at most: memory and time grow with their square and cube."""


def reweight_models(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
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
    what = comparison.reweighting
    if what == NO_REWEIGHTING:
        return no_rows(REWEIGHTED_SIMILARITIES)
    aligned = align_models(model_rdms, brain_rdms)
    labels = pd.DataFrame({key: model_rdms.rdm_descriptors[key] for key in MODEL})
    layers = labels[labels["modality"] != STIMULUS]
    datasets = {str(one.descriptors["model"]): one for one in features}
    brain = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in REGION})
    parts = []
    for ids, rows in rows_by_stimuli(StimulusSets.of(brain_rdms).by_region):
        too_few = too_few_for_folds(len(ids), what, inference)
        if is_beyond_rdms(brain_rdms, ids):
            too_few = TOO_MANY_STIMULI
        stream = random_stream(seed, "folds", "stimuli")
        n_draws = 0 if too_few else inference.n_fold_draws
        folds = np.array([draw_folds(len(ids), inference.n_folds, stream) for _ in range(n_draws)])
        brains = np.empty((len(rows), 0)) if too_few else dissimilarities_over(brain_rdms, ids, rows)
        # Places of each region's subjects among these brain RDMs.
        regions = brain.loc[rows].reset_index(drop=True).groupby(list(REGION), sort=False).groups
        ceilings = {
            region: held_out_ceiling(brains[places], folds)
            for region, places in regions.items()
            if not too_few and len(places) > 1
        }
        for model, of_model in layers.groupby("model", sort=False):
            reported = of_model.loc[reported_row(of_model)]
            n_weights = number_of_weights(of_model, datasets.get(str(model)), what)
            reason = too_few or unsuitable(n_weights, what)
            found, plain = (np.full(len(rows), np.nan) for _ in range(2))
            if not reason:
                entries = weighted_entries(of_model, aligned, datasets.get(str(model)), ids, what)
                found = reweighted_similarity(entries, brains, folds, WEIGHTS[what])
                own = dissimilarities_over(aligned, ids, [int(reported.name)])[0]
                plain = held_out_similarity(own, brains, folds)
            for region, places in regions.items():
                row = undefined_rows(1, reason).assign(n=len(places))
                if not reason:
                    row = t_test(found[places][:, None], "greater", inference.confidence_level)
                lower, upper = ceilings.get(region, (np.nan, np.nan))
                parts.append(
                    row.assign(
                        **reported[["model", "label", "modality", "task"]],
                        **dict(zip(REGION, region)),
                        n_weights=n_weights,
                        n_stimuli=len(ids),
                        similarity=plain[places].mean(),
                        ceiling_lower=lower,
                        ceiling_upper=upper,
                    )
                )
    return join_rows(
        [
            pd.concat(parts, ignore_index=True).assign(
                reweighting=what,
                weights=WEIGHTS[what],
                method=METHOD,
                test=T_TEST,
                n_folds=inference.n_folds,
                n_fold_draws=inference.n_fold_draws,
                family=f"reweighted similarity, {T_TEST}, {METHOD}: models × regions",
            )
        ],
        REWEIGHTED_SIMILARITIES,
    )


def too_few_for_folds(n_stimuli: int, what: str, inference: InferenceParameters) -> str:
    """Why these stimuli or folds do not do for weights of layers or features, or else empty."""
    if n_stimuli < inference.n_folds * LEAST_STIMULI_OF_A_FOLD:
        return f"{n_stimuli} stimuli are too few for {inference.n_folds} folds"
    if what == BY_FEATURES and inference.n_folds < LEAST_FOLDS:
        return f"fewer than {LEAST_FOLDS} folds"
    return ""


def number_of_weights(layers: pd.DataFrame, features: Dataset | None, what: str) -> int:
    """How many weights a model has: those of its layers, or of the features of one of them."""
    if what == BY_LAYERS or features is None:
        return len(layers)
    reported = layers["layer"][reported_row(layers)]
    return int(np.sum(np.asarray(features.channel_descriptors["layer"]) == reported))


def reported_row(layers: pd.DataFrame) -> int:
    """The row of the layer that a model is reported by, or of its last one where it is chosen in folds."""
    return int([*layers.index[layers["reported"].to_numpy(bool)], layers.index[-1]][0])


def unsuitable(n_weights: int, what: str) -> str:
    """Why a model has nothing to weight, or else empty."""
    if what == BY_LAYERS and n_weights < 2:
        return "the model has one layer"
    if n_weights > MOST_FEATURES:
        return f"more than {MOST_FEATURES} features"
    return ""


def weighted_entries(
    layers: pd.DataFrame, model_rdms: RDMsOrPatterns, features: Dataset | None, ids: Sequence[str], what: str
) -> Entries:
    """What is weighted: RDMs of all layers of a model, or single features of its reported layer."""
    if what == BY_LAYERS or features is None:
        return layer_entries(dissimilarities_over(model_rdms, ids, list(layers.index)))
    reported = layers["layer"][reported_row(layers)]
    row_of = {str(name): row for row, name in enumerate(features.obs_descriptors[STIMULUS_ID])}
    columns = np.flatnonzero(np.asarray(features.channel_descriptors["layer"]) == reported)
    chosen = features.measurements[[row_of[name] for name in ids]][:, columns]
    return feature_entries(chosen, str(model_rdms.dissimilarity_measure))
