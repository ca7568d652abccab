"""Brain RDMs and model RDMs in, tables of their similarities and of noise ceilings out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import RDMError
from tyrosine.parameters import ComparisonParameters
from tyrosine.rsa.rdms import RDMs, align, label_rdms, stimulus_ids
from tyrosine.rsa.similarity import compare, noise_ceiling
from tyrosine.tables.columns import BRAIN, MODEL, NOISE_CEILINGS, REGION, SIMILARITIES


def compare_rdms(brain_rdms: RDMs, model_rdms: RDMs, comparison: ComparisonParameters) -> pd.DataFrame:
    """Compare every brain RDM with every model RDM by every method.

    Returns
    -------
    DataFrame
        One row for each subject, ROI, model, layer and method.

    Raises
    ------
    RDMError
        If the RDM of a region or of a model has no variance.
    """
    _refuse_flat(brain_rdms, BRAIN, "leave the region out of study.regions")
    _refuse_flat(model_rdms, ["model", "layer"], "choose another layer, or leave it out of the roster")
    models = align_models(model_rdms, brain_rdms)
    brain_labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    model_labels = pd.DataFrame({key: model_rdms.rdm_descriptors[key] for key in MODEL})
    parts = []
    for method in comparison.methods:
        table = brain_labels.merge(model_labels, how="cross")
        table["method"] = method
        table["similarity"] = compare(entries(brain_rdms, method), entries(models, method), method).ravel()
        parts.append(table)
    return pd.concat(parts, ignore_index=True)[list(SIMILARITIES)]


def compute_noise_ceilings(brain_rdms: RDMs, comparison: ComparisonParameters) -> pd.DataFrame:
    """Bound the similarity that any model can reach, for every ROI and method.

    Returns
    -------
    DataFrame
        A region that only one subject has gets a row without bounds.
    """
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    rows = []
    for (selectivity, roi), members in labels.groupby(list(REGION), sort=False):
        for method in comparison.methods:
            rdms = entries(brain_rdms, method)[members.index]
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
    return pd.DataFrame(rows, columns=list(NOISE_CEILINGS))


def align_models(model_rdms: RDMs, brain_rdms: RDMs) -> RDMs:
    """The model RDMs over the stimuli of the brain RDMs, in their order."""
    ids = stimulus_ids(brain_rdms)
    return label_rdms(
        align(model_rdms, ids),
        ids,
        {key: model_rdms.rdm_descriptors[key] for key in MODEL},
        model_rdms.dissimilarity_measure,
    )


def entries(rdms: RDMs, method: str) -> NDArray[np.float64]:
    """What a method compares: the dissimilarities, or their squares where they are not squared distances.

    A correlation or cosine distance is half the squared distance of patterns of length one, and `cka` wants
    squared distances.
    """
    squared = method == "cka" and rdms.dissimilarity_measure == "euclidean"
    return rdms.dissimilarities**2 if squared else rdms.dissimilarities


def _refuse_flat(rdms: RDMs, keys: Sequence[str], remedy: str) -> None:
    flat = np.flatnonzero(np.ptp(rdms.dissimilarities, axis=1) == 0)
    if len(flat):
        name = ", ".join(f"{key} {rdms.rdm_descriptors[key][flat[0]]}" for key in keys)
        raise RDMError(
            f"The RDM of {name} has the same dissimilarity for every pair of stimuli, so it is similar to "
            f"nothing; {remedy}."
        )
