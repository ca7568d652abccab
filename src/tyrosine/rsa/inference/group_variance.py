"""How much of the variance of brain RDMs groups of models explain, alone and together, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.parameters.measures import T_TEST
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.engine import TOO_MANY_STIMULI, dissimilarities_over, is_beyond_rdms
from tyrosine.rsa.inference.tabulation import join_rows, undefined_rows
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.significance import t_test
from tyrosine.rsa.stimulus_sets import StimulusSets, rows_by_stimuli
from tyrosine.rsa.variance_partition import (
    LEAST_STIMULI_OF_A_FOLD,
    component_names,
    draw_folds,
    partition_variance,
)
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import (
    RANK_REGRESSION,
    REGION,
    SHARED,
    VARIANCE_PARTITION,
)

GROUPS = ("vision", "language", "multimodal")
"""Groups of models among which variance is partitioned: unimodal vision, unimodal language, multimodal."""


def partition_by_groups(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    models: dict[str, ModelSpec],
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Partition the variance of each region's RDMs among vision, language and multimodal models.

    Returns
    -------
    DataFrame
        A row for each region and component, averaged over `inference.n_fold_draws` draws of the folds.
        Trained models count, by their reported layer. Components of a group that the roster has no model of
        are undefined. What is in `comparison.partial_out` is in no group, and every component is of the
        variance that it leaves. Stimuli are those that the subjects who have the region share.
    """
    aligned = align_models(model_rdms, brain_rdms)
    labels = model_rdms.rdm_descriptors
    reported = {str(name): row for row, name in enumerate(labels["model"]) if labels["reported"][row]}
    in_folds = [name for name in dict.fromkeys(labels["model"]) if name not in reported]
    chosen = {group_of(models[str(name)]): models[str(name)].label for name in reversed(in_folds)}
    taken = [reported[name] for name in comparison.partial_out]
    groups: dict[str, list[int]] = {}
    for group in GROUPS:
        rows = [row for name, row in reported.items() if group_of(models[name]) == group and row not in taken]
        if rows:
            groups[group] = rows
    n_folds = inference.n_folds
    shared = StimulusSets.of(brain_rdms).by_region
    found: dict[tuple[str, ...], tuple[str, pd.DataFrame]] = {}
    for ids, rows in rows_by_stimuli(shared):
        reason = "" if groups else "no trained model in the roster"
        if groups and len(ids) < n_folds * LEAST_STIMULI_OF_A_FOLD:
            reason = f"{len(ids)} stimuli are too few for {n_folds} folds"
        if groups and is_beyond_rdms(brain_rdms, ids):
            reason = TOO_MANY_STIMULI
        explained = pd.DataFrame()
        if not reason:
            stream = random_stream(seed, "folds", "stimuli")
            folds = np.stack([draw_folds(len(ids), n_folds, stream) for _ in range(inference.n_fold_draws)])
            explained = partition_variance(
                dissimilarities_over(brain_rdms, ids, rows),
                dissimilarities_over(aligned, ids),
                groups,
                folds,
                taken,
            )
            explained.index = pd.Index(rows)
        found[ids] = reason, explained
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in REGION})
    parts = []
    for (selectivity, roi), members in labels.groupby(list(REGION), sort=False):
        ids = shared[members.index[0]]
        reason, explained = found[ids]
        for kind, component in component_names(GROUPS):
            lacking = [group for group in component.split(" & ") if group in GROUPS and group not in groups]
            in_folds = [chosen[group] for group in GROUPS if group in chosen]
            if in_folds:
                reason = f"the layer of {in_folds[0]} is chosen in folds"
            if reason or lacking:
                row = undefined_rows(1, reason or f"no {lacking[0]} model in the roster").assign(
                    n=len(members)
                )
            else:
                # A shared part may be negative, so that both directions speak against zero.
                row = t_test(
                    explained.loc[members.index, [(kind, component)]].to_numpy(),
                    "two-sided" if kind == SHARED else "greater",
                    inference.confidence_level,
                )
            parts.append(
                row.assign(
                    selectivity=selectivity,
                    roi=roi,
                    component=component,
                    kind=kind,
                    method=RANK_REGRESSION,
                    test=T_TEST,
                    n_stimuli=len(ids),
                    n_folds=n_folds,
                    n_fold_draws=inference.n_fold_draws,
                    partial_out=" ".join(comparison.partial_out),
                    family=f"variance partition, {kind}, {T_TEST}, {RANK_REGRESSION}: components × regions",
                )
            )
    return join_rows(parts, VARIANCE_PARTITION)


def group_of(spec: ModelSpec) -> str | None:
    """The group of `GROUPS` that a model belongs to; None for an untrained twin."""
    if spec.twin_of is not None:
        return None
    return "multimodal" if spec.multimodal else spec.modality
