"""Similarities in bootstrap resamples of the stimuli, within a limit of memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.parameters.measures import METHODS
from tyrosine.rsa import bootstrap
from tyrosine.rsa.comparison import align_models, entries
from tyrosine.rsa.generalisation import PairTerms
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import RDMs

Resamples = dict[str, NDArray[np.float64]]
"""Similarities by method, each of shape (n_resamples, n_brain_rdms, n_model_rdms)."""


def resample_stimuli(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
) -> Resamples:
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
    methods = [method for method in comparison.methods if METHODS[method].bootstrap is not None]
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


def pair_terms(brain_rdms: RDMs, model_rdms: RDMs, method: str) -> PairTerms:
    return PairTerms(
        entries(brain_rdms, method), entries(align_models(model_rdms, brain_rdms), method), method
    )


def draw_subjects(subjects: list[int], inference: InferenceParameters, seed: int) -> NDArray[np.int64]:
    """The same draws wherever the subjects are the same."""
    names = " ".join(str(subject) for subject in subjects)
    stream = random_stream(seed, "bootstrap", "subjects", names)
    return bootstrap.draw_counts(len(subjects), inference.n_bootstraps, stream)
