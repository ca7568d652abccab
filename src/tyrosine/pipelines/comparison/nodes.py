"""Nodes of the pipeline `comparison`: how similar brain RDMs and model RDMs are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.pipelines.comparison.tables import BRAIN, MODEL
from tyrosine.rsa import bootstrap
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import RDMs, align, label_rdms, stimulus_ids
from tyrosine.rsa.similarity import compare, noise_ceiling


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
    return pd.concat(parts, ignore_index=True)


def compute_noise_ceilings(brain_rdms: RDMs, comparison: ComparisonParameters) -> pd.DataFrame:
    """Bound the similarity that any model can reach, for every ROI and method.

    Returns
    -------
    DataFrame
        A region that only one subject has gets a row without bounds.
    """
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    rows = []
    for (selectivity, roi), members in labels.groupby(["selectivity", "roi"], sort=False):
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
    return pd.DataFrame(rows)


def resample_stimuli(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Compare every brain RDM with every model RDM in each bootstrap resample of the stimuli.

    Returns
    -------
    dict of str to ndarray of shape (n_resamples, n_brain_rdms, n_model_rdms)
        By method, without those that have no stimulus bootstrap. All methods see the same resamples.

    Raises
    ------
    ParameterError
        If the result would take more memory than `inference.memory_limit`.
    """
    n_stimuli = brain_rdms.n_cond
    methods = [method for method in comparison.methods if method in bootstrap.METHODS]
    each = 8 * (len(methods) * brain_rdms.n_rdm * model_rdms.n_rdm + n_stimuli)
    refuse_beyond_memory(inference, "n_bootstraps", each)
    counts = bootstrap.draw_stimulus_counts(
        n_stimuli, inference.n_bootstraps, random_stream(seed, "bootstrap", "stimuli")
    )
    models = align_models(model_rdms, brain_rdms)
    return {
        method: bootstrap.bootstrap_stimuli(
            entries(brain_rdms, method), entries(models, method), counts, method
        )
        for method in methods
    }


def refuse_beyond_memory(inference: InferenceParameters, parameter: str, bytes_each: int) -> None:
    """Raise a `ParameterError` if as many draws as a parameter says take more than the memory limit."""
    asked, limit = getattr(inference, parameter), inference.memory_limit
    if bytes_each * asked > limit:
        raise ParameterError(
            f"inference.{parameter} is {asked}, and so many take {bytes_each * asked:.2g} bytes, more than "
            f"inference.memory_limit ({limit}); ask for {limit // bytes_each} at most."
        )


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


def _refuse_flat(rdms: RDMs, keys: list[str], remedy: str) -> None:
    flat = np.flatnonzero(np.ptp(rdms.dissimilarities, axis=1) == 0)
    if len(flat):
        name = ", ".join(f"{key} {rdms.rdm_descriptors[key][flat[0]]}" for key in keys)
        raise RDMError(
            f"The RDM of {name} has the same dissimilarity for every pair of stimuli, so it is similar to "
            f"nothing; {remedy}."
        )
