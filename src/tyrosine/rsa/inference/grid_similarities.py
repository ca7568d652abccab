"""Similarities over all regions in one analysis of a grid: to layers, chosen layers and weighted ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.labelled import RDMs
from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.parameters.analysis import BY_LAYERS, NO_REWEIGHTING
from tyrosine.parameters.measures import METHODS
from tyrosine.rsa import bootstrap
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.contrasts import in_common_regions, mean_over_regions
from tyrosine.rsa.engine import entries
from tyrosine.rsa.generalisation import PairCovariance, PairTerms
from tyrosine.rsa.inference.chosen_layers import NO_CHOICE, ChosenLayers
from tyrosine.rsa.inference.grid import GridRDMs
from tyrosine.rsa.inference.reweighted_comparison import (
    WEIGHTS,
    number_of_weights,
    too_few_for_folds,
    unsuitable,
    weighted_entries,
)
from tyrosine.rsa.layer_choice import choose_layers
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import label_rdms, over, stimulus_ids
from tyrosine.rsa.reweighting import held_out_similarity, reweighted_similarity
from tyrosine.rsa.similarity import compare
from tyrosine.rsa.stimulus_groups import StimulusGroups, choose_groups
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets
from tyrosine.rsa.variance_partition import draw_folds
from tyrosine.tables.columns import BEST_LAYER, BRAIN, MODEL

FloatArray = NDArray[np.float64]


class CommonRegions(NamedTuple):
    """Brain RDMs of the regions that all subjects have, over the stimuli that all saw.

    Attributes
    ----------
    brain : RDMs
        All of them where too few stimuli are left.
    ids : tuple of str
    owners : list of int
        The subject of each.
    """

    brain: RDMs
    ids: tuple[str, ...]
    owners: list[int]

    @classmethod
    def of(cls, brain_rdms: RDMs) -> CommonRegions:
        """Choose them among all brain RDMs."""
        labels = brain_rdms.rdm_descriptors
        place = (labels[name] for name in ("roi", "subject", "selectivity"))
        rows = np.flatnonzero(in_common_regions(*place))
        ids = StimulusSets.of(brain_rdms).overall[0]
        owners = [int(labels["subject"][row]) for row in rows]
        if len(ids) < LEAST_STIMULI:
            return cls(brain_rdms, ids, owners)
        chosen = label_rdms(
            over(brain_rdms, ids, rows.tolist()),
            ids,
            {key: [labels[key][row] for row in rows] for key in BRAIN},
            brain_rdms.dissimilarity_measure,
        )
        return cls(chosen, ids, owners)


class GridSimilarities(NamedTuple):
    """The similarities of all subjects by one brain distance and one method.

    Attributes
    ----------
    ids : tuple of str
        The stimuli.
    subjects : list of int
    values : ndarray of shape (n_subjects, n_columns), float64
        Each subject's mean over its regions, in the columns of `GridRDMs.columns`; NaN where there is none.
    missing : str
        Why a similarity is NaN.
    undefined : str
        Why there are none at all, or else empty.
    source : Resampled or None
        From which a bootstrap over stimuli draws; None for a method without one, and for one subject.
    """

    ids: tuple[str, ...]
    subjects: list[int]
    values: FloatArray
    missing: str = NO_CHOICE
    undefined: str = ""
    source: Resampled | None = None


class Resampled(NamedTuple):
    """What is resampled: RDMs over the same stimuli, and how often each layer was chosen in folds."""

    brain: FloatArray
    models: FloatArray
    owners: list[int]
    method: str
    chosen: ChosenLayers

    def draw(
        self, ids: Sequence[str], groups: StimulusGroups, inference: InferenceParameters, seed: int
    ) -> FloatArray:
        """Similarities in each resample of the stimuli, of shape (n_resamples, n_subjects, n_columns)."""
        codes = groups.codes(ids)
        stream = random_stream(seed, "bootstrap", "stimuli")
        counts = bootstrap.draw_stimulus_counts(groups.count(ids), inference.n_bootstraps, stream)
        counts = counts if codes is None else counts[:, codes]
        drawn = bootstrap.bootstrap_stimuli(self.brain, self.models, counts, self.method, groups=codes)
        if self.chosen.models:
            observed = compare(self.brain, self.models, self.method)
            drawn = self.chosen.resampled(drawn, observed, self.method)
        return mean_over_regions(drawn, self.owners)[0]

    def pairs(self, ids: Sequence[str], groups: StimulusGroups) -> PairCovariance:
        """What single pairs of stimuli contribute to the similarities."""
        shares = self.chosen.shares.get(self.method)
        terms = PairTerms(self.brain, self.models, self.method, shares, groups.codes(ids))
        owners = np.asarray(self.owners)
        return terms.covariance(
            [np.flatnonzero(owners == one).tolist() for one in dict.fromkeys(self.owners)]
        )


def compare_layers(
    regions: CommonRegions,
    models: RDMs,
    columns: pd.DataFrame,
    stimuli: pd.DataFrame,
    method: str,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
) -> GridSimilarities:
    """Similarities to every layer, and held-out ones to the layers that are chosen in folds.

    Parameters
    ----------
    regions : CommonRegions
    models : RDMs
        Those of `GridRDMs.stacked`.
    columns : DataFrame
        Those of `GridRDMs.columns`; without rows of the layer `best`, no layer is chosen.
    stimuli : DataFrame
    method : str
        A key of `tyrosine.parameters.measures.METHODS`.
    comparison, inference : parameters
    seed : int
    """
    brain, ids, owners = regions
    subjects = list(dict.fromkeys(owners))
    if len(ids) < LEAST_STIMULI:
        return GridSimilarities(
            ids, subjects, np.full((len(subjects), len(columns)), np.nan), undefined=TOO_FEW_STIMULI
        )
    chosen = _choose(brain, models, columns, stimuli, method, comparison, inference, seed)
    of_brain, of_models = entries(brain, method, ids), entries(align_models(models, brain), method, ids)
    values = compare(of_brain, of_models, method)
    if chosen.models:
        values = np.hstack([values, chosen.jackknifed[method]])
    source = None
    if METHODS[method].bootstrap is not None and len(subjects) > 1:
        source = Resampled(of_brain, of_models, owners, method, chosen)
    return GridSimilarities(ids, subjects, mean_over_regions(values, owners)[0], source=source)


def _choose(
    brain: RDMs,
    models: RDMs,
    columns: pd.DataFrame,
    stimuli: pd.DataFrame,
    method: str,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
) -> ChosenLayers:
    """Choose a layer for each row of `columns` that asks for the best one."""
    best = columns[columns["layer"] == BEST_LAYER]
    if best.empty:
        return ChosenLayers()
    # A model that reads other captions is another one here, and no layer of it is reported.
    names = (columns["captions"] + "\n" + columns["model"]).iloc[: models.n_rdm]
    asks = names.isin(best["captions"] + "\n" + best["model"])
    labels = {key: list(models.rdm_descriptors[key]) for key in MODEL}
    labels |= {"model": names.tolist(), "reported": (~asks).tolist()}
    anew = label_rdms(models.dissimilarities, stimulus_ids(models), labels, models.dissimilarity_measure)
    by_method = comparison.model_copy(update={"methods": (method,)})
    choices = choose_layers(brain, anew, stimuli, by_method, inference, seed)
    groups = choose_groups(stimuli, inference.stimulus_groups, stimulus_ids(brain))
    return ChosenLayers.of(choices, brain, anew, by_method, seed, groups)


def compare_reweighted(
    by_distance: Mapping[str, CommonRegions],
    rdms: GridRDMs,
    columns: pd.DataFrame,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
) -> dict[str, GridSimilarities]:
    """Similarities to models whose layers or features have weights that are fitted to other stimuli.

    Parameters
    ----------
    by_distance : mapping of str to CommonRegions
    rdms : GridRDMs
    columns : DataFrame
        Those of `rdms.columns`.
    comparison, inference : parameters
    seed : int

    Returns
    -------
    dict of str to GridSimilarities
        By brain distance. All columns of a model that reads the same captions have the same similarity. A
        model with one layer, where layers are weighted, has that of its layer on the same held-out pairs.
    """
    what = reweighted_in_grid(comparison)
    models = rdms.stacked()
    labels = pd.DataFrame({key: models.rdm_descriptors[key] for key in MODEL})
    keys = ["captions", "model"]
    of_model = columns.iloc[: models.n_rdm].groupby(keys, sort=False).groups
    found = {}
    for ids in dict.fromkeys(regions.ids for regions in by_distance.values()):
        here = {name: regions for name, regions in by_distance.items() if regions.ids == ids}
        values = np.full((sum(len(regions.owners) for regions in here.values()), len(columns)), np.nan)
        undefined, missing = too_few_for_folds(len(ids), what, inference), NO_CHOICE
        if not undefined:
            brains = np.concatenate([over(regions.brain, ids) for regions in here.values()])
            # The folds are those of `reweighted_similarities`.
            stream = random_stream(seed, "folds", "stimuli")
            folds = np.array(
                [draw_folds(len(ids), inference.n_folds, stream) for _ in range(inference.n_fold_draws)]
            )
            aligned = align_models(models, next(iter(here.values())).brain)
            for (captions, model), rows in of_model.items():
                features = rdms.features.get(captions, {}).get(model)
                layers = labels.loc[rows]
                reason = unsuitable(number_of_weights(layers, features, what), what)
                if reason and what == BY_LAYERS:
                    similarity = held_out_similarity(over(aligned, ids, list(rows))[0], brains, folds)
                elif reason:
                    missing = f"{model}: {reason}"
                    continue
                else:
                    predictors = weighted_entries(layers, aligned, features, ids, what)
                    similarity = reweighted_similarity(predictors, brains, folds, WEIGHTS[what])
                same = (columns["captions"] == captions) & (columns["model"] == model)
                values[:, same] = similarity[:, None]
        first = 0
        for name, regions in here.items():
            own = values[first : first + len(regions.owners)]
            first += len(regions.owners)
            means, subjects = mean_over_regions(own, regions.owners)
            found[name] = GridSimilarities(ids, subjects, means, missing, undefined)
    return found


def reweighted_in_grid(comparison: ComparisonParameters) -> str:
    """What the method `reweighted` weights: as in the run, and layers where the run weights nothing."""
    return BY_LAYERS if comparison.reweighting == NO_REWEIGHTING else comparison.reweighting
