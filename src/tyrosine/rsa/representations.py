"""Regions and models compared with each other, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tyrosine.parameters import ComparisonParameters
from tyrosine.rsa.comparison import align_models, refuse_flat
from tyrosine.rsa.engine import represent
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import A_MODEL, A_REGION, SECOND_ORDER_RDM


def compare_representations(
    brain_rdms: RDMsOrPatterns, model_rdms: RDMsOrPatterns, comparison: ComparisonParameters
) -> pd.DataFrame:
    """Compare regions, averaged over subjects, and models with each other by the first method.

    Returns
    -------
    DataFrame
        A row for each ordered pair of regions and models, the latter by their reported layer, with their
        dissimilarity (one less the similarity) over the stimuli that all subjects share. What is compared
        with itself has dissimilarity zero. With too few stimuli there are none, but the reason.

    Raises
    ------
    RDMError
        If the RDM of a region or of a model has no variance.
    """
    refuse_flat(brain_rdms, model_rdms)
    method = comparison.methods[0]
    ids = StimulusSets.of(brain_rdms).overall[0]
    names = pd.Series(model_rdms.rdm_descriptors["model"])
    reported = np.asarray(model_rdms.rdm_descriptors["reported"], dtype=bool)
    rois = pd.Series(brain_rdms.rdm_descriptors["roi"])
    members = {roi: rows.index for roi, rows in rois.groupby(rois, sort=False)}
    n_rdms = len(members) + int(reported.sum())
    dissimilarities = np.full((n_rdms, n_rdms), np.nan)
    if len(ids) >= LEAST_STIMULI:
        brains = represent(brain_rdms, method, ids)
        aligned = align_models(model_rdms, brain_rdms)
        models = represent(aligned, method, ids, np.flatnonzero(reported).tolist())
        dissimilarities = 1 - brains.second_order(models, [rows.to_numpy() for rows in members.values()])
        np.fill_diagonal(dissimilarities, 0)
    labels = pd.DataFrame(
        [(A_REGION, roi) for roi in members] + [(A_MODEL, name) for name in names[reported]],
        columns=["kind", "name"],
    )
    first = labels.rename(columns={"kind": "kind_a", "name": "a"})
    table = first.merge(labels.rename(columns={"kind": "kind_b", "name": "b"}), how="cross")
    table = table.assign(
        method=method,
        n_stimuli=len(ids),
        dissimilarity=dissimilarities.ravel(),
        undefined="" if len(ids) >= LEAST_STIMULI else TOO_FEW_STIMULI,
    )
    return table[list(SECOND_ORDER_RDM)]
