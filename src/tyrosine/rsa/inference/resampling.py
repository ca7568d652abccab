"""Similarities in bootstrap resamples of the stimuli, within a limit of memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.parameters.measures import METHODS
from tyrosine.rsa import bootstrap
from tyrosine.rsa.comparison import align_models, compare_over
from tyrosine.rsa.engine import needs_samples, represent
from tyrosine.rsa.generalisation import PairCovariance, PairTerms, PairVariances
from tyrosine.rsa.inference.chosen_layers import ChosenLayers
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import seen_stimuli, stimulus_ids
from tyrosine.rsa.stimulus_groups import NO_GROUPS, TOO_FEW_GROUPS, StimulusGroups, choose_groups
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets, rows_by_stimuli
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns

Similarities = dict[str, NDArray[np.float64]]
"""Similarities by method, each of shape (n_resamples, n_brain_rdms, n_model_rdms)."""


class Resamples(NamedTuple):
    """Similarities in each resample of the stimuli, of the three `StimulusSets`.

    A resample of one set of stimuli is the same for all brain RDMs over it. Where all subjects saw the same
    stimuli the three are one. Rows of brain RDMs over too few stimuli, or groups of stimuli, are NaN.
    `groups` are those that were drawn whole.
    """

    own: Similarities
    by_region: Similarities
    overall: Similarities
    chosen: ChosenLayers = ChosenLayers()
    """Models whose layer was chosen in folds; their similarities stand behind those of all layers."""
    groups: StimulusGroups = NO_GROUPS


def resample_stimuli(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    stimuli: pd.DataFrame,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
    layer_choices: pd.DataFrame | None = None,
) -> Resamples:
    """Compare every brain RDM with every model RDM in each bootstrap resample of the stimuli.

    Single stimuli are drawn, or whole groups of them, as `inference.stimulus_groups` says.

    Returns
    -------
    Resamples
        By method, without those that have no stimulus bootstrap, or that are estimated from subsets of the
        stimuli. All methods see the same resamples. Layers
        that were chosen in folds stay as they were chosen; over other stimuli than each subject's own they
        have no similarities.

    Raises
    ------
    ParameterError
        If the result would take more memory than `inference.memory_limit`, or the stimuli cannot be grouped
        as asked.
    """
    methods = [method for method in comparison.methods if METHODS[method].bootstrap is not None]
    sets = StimulusSets.of(brain_rdms)
    different = [one for place, one in enumerate(sets) if one not in sets[:place]]
    groups = choose_groups(stimuli, inference.stimulus_groups, sets.overall[0])
    chosen = ChosenLayers.of(layer_choices, brain_rdms, model_rdms, comparison, seed, groups)
    n_columns = model_rdms.n_rdm + len(chosen.models)
    each = 8 * (len(different) * len(methods) * brain_rdms.n_rdm * n_columns + brain_rdms.n_cond)
    refuse_beyond_memory(inference, "n_bootstraps", each)
    models = align_models(model_rdms, brain_rdms)
    resampled = [
        {
            method: _resample(brain_rdms, models, one, groups, method, inference, seed)
            for method in methods
            if not any(needs_samples(brain_rdms, method, ids) for ids in one)
        }
        for one in different
    ]
    for one, found in zip(different, resampled):
        for method in found if chosen.models else []:
            observed = compare_over(brain_rdms, models, one, method)
            found[method] = chosen.resampled(found[method], observed, method)
            if one != sets.own:
                found[method][:, :, model_rdms.n_rdm :] = np.nan
    own, by_region, overall = (resampled[different.index(one)] for one in sets)
    return Resamples(own, by_region, overall, chosen, groups)


def _resample(
    brain_rdms: RDMsOrPatterns,
    models: RDMsOrPatterns,
    sets: Sequence[tuple[str, ...]],
    groups: StimulusGroups,
    method: str,
    inference: InferenceParameters,
    seed: int,
) -> NDArray[np.float64]:
    """Similarities in each resample, each brain RDM over its set of stimuli."""
    parts = []
    for ids, rows in rows_by_stimuli(sets):
        if too_few(ids, groups):
            continue
        codes = groups.codes(ids)
        stream = random_stream(seed, "bootstrap", "stimuli")
        counts = bootstrap.draw_stimulus_counts(groups.count(ids), inference.n_bootstraps, stream)
        if codes is not None:
            counts = counts[:, codes]
        brain, aligned = represent(brain_rdms, method, ids, rows), represent(models, method, ids)
        parts.append((rows, brain.bootstrap(aligned, counts, codes)))
        if len(rows) == len(sets):
            return parts[0][1]
    resampled = np.full((inference.n_bootstraps, brain_rdms.n_rdm, models.n_rdm), np.nan)
    for rows, values in parts:
        resampled[:, rows] = values
    return resampled


def too_few(ids: Sequence[str], groups: StimulusGroups) -> str:
    """Why no bootstrap over these stimuli can be made; empty if one can."""
    if len(ids) < LEAST_STIMULI:
        return TOO_FEW_STIMULI
    return TOO_FEW_GROUPS if groups.count(ids) < LEAST_STIMULI else ""


def refuse_beyond_memory(inference: InferenceParameters, parameter: str, bytes_each: int) -> None:
    """Raise a `ParameterError` if as many draws as a parameter says take more than the memory limit."""
    asked, limit = getattr(inference, parameter), inference.memory_limit
    if bytes_each * asked > limit:
        raise ParameterError(
            f"inference.{parameter} is {asked}, and so many take {bytes_each * asked:.2g} bytes, more than "
            f"inference.memory_limit ({limit}); ask for {limit // bytes_each} at most."
        )


class TermsOverStimuli:
    """What single pairs of stimuli contribute to similarities by one method, over any set of stimuli.

    RDMs over a set are prepared once, for all brain RDMs whose subjects saw it.

    Parameters
    ----------
    brain_rdms, model_rdms : rsatoolbox.rdm.RDMs
    method : str
        One that has a stimulus bootstrap.
    chosen : ChosenLayers
    groups : StimulusGroups
        Those that the bootstrap draws whole.
    """

    def __init__(
        self,
        brain_rdms: RDMsOrPatterns,
        model_rdms: RDMsOrPatterns,
        method: str,
        chosen: ChosenLayers,
        groups: StimulusGroups = NO_GROUPS,
    ) -> None:
        self._shares = chosen.shares.get(method)
        self._brain, self._models = brain_rdms, align_models(model_rdms, brain_rdms)
        self._method, self._groups = method, groups
        self._seen = seen_stimuli(brain_rdms)
        self._prepared: dict[tuple[str, ...], tuple[PairTerms, dict[int, int]]] = {}

    def variances(self, ids: tuple[str, ...], members: Sequence[Sequence[int]]) -> PairVariances:
        """As `PairTerms.variances`; members are rows of the brain RDMs."""
        terms, place = self._over(ids)
        return terms.variances([[place[row] for row in rows] for rows in members])

    def covariance(
        self, ids: tuple[str, ...], members: Sequence[Sequence[int]], models: Sequence[int]
    ) -> PairCovariance:
        """As `PairTerms.covariance`; members are rows of the brain RDMs."""
        terms, place = self._over(ids)
        return terms.covariance([[place[row] for row in rows] for rows in members], models)

    def _over(self, ids: tuple[str, ...]) -> tuple[PairTerms, dict[int, int]]:
        if ids not in self._prepared:
            wanted = set(ids)
            chosen = [stimulus_id in wanted for stimulus_id in stimulus_ids(self._brain)]
            rows = np.flatnonzero(self._seen[:, chosen].all(axis=1)).tolist()
            terms = represent(self._brain, self._method, ids, rows).pair_terms(
                represent(self._models, self._method, ids),
                None if self._shares is None else self._shares[:, rows],
                self._groups.codes(ids),
            )
            self._prepared[ids] = terms, {row: place for place, row in enumerate(rows)}
        return self._prepared[ids]


def draw_subjects(subjects: list[int], inference: InferenceParameters, seed: int) -> NDArray[np.int64]:
    """The same draws wherever the subjects are the same."""
    names = " ".join(str(subject) for subject in subjects)
    stream = random_stream(seed, "bootstrap", "subjects", names)
    return bootstrap.draw_counts(len(subjects), inference.n_bootstraps, stream)
