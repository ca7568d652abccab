"""Nodes of the pipeline `comparison`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tyrosine.parameters import ComparisonParameters
from tyrosine.rsa.rdms import RDMs, align, stimulus_ids
from tyrosine.rsa.similarity import compare, noise_ceiling

_BRAIN = ["subject", "selectivity", "roi"]
_MODEL = ["model", "label", "modality", "task", "layer"]


def compare_rdms(brain_rdms: RDMs, model_rdms: RDMs, comparison: ComparisonParameters) -> pd.DataFrame:
    """Compare every brain RDM with every model RDM by every method.

    Returns
    -------
    DataFrame
        One row for each subject, ROI, model, layer and method.
    """
    models = align(model_rdms, stimulus_ids(brain_rdms))
    brain_labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in _BRAIN})
    model_labels = pd.DataFrame({key: model_rdms.rdm_descriptors[key] for key in _MODEL})
    parts = []
    for method in comparison.methods:
        table = brain_labels.merge(model_labels, how="cross")
        table["method"] = method
        table["similarity"] = compare(brain_rdms.dissimilarities, models, method).ravel()
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def compute_noise_ceilings(brain_rdms: RDMs, comparison: ComparisonParameters) -> pd.DataFrame:
    """Bound the similarity that any model can reach, for every ROI and method.

    Returns
    -------
    DataFrame
        A region that only one subject has gets a row without bounds.
    """
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in _BRAIN})
    rows = []
    for (selectivity, roi), members in labels.groupby(["selectivity", "roi"], sort=False):
        rdms = brain_rdms.dissimilarities[members.index]
        for method in comparison.methods:
            lower, upper = noise_ceiling(rdms, method) if len(rdms) > 1 else (np.nan, np.nan)
            rows.append(
                {
                    "selectivity": selectivity,
                    "roi": roi,
                    "method": method,
                    "lower": lower,
                    "upper": upper,
                    "n_subjects": len(rdms),
                }
            )
    return pd.DataFrame(rows)
