"""Nodes of the pipeline `rdm_construction`."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tyrosine.errors import StorageError
from tyrosine.models import Dataset, ModelSpec, fingerprint
from tyrosine.parameters import RDMParameters
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import STIMULUS_ID, RDMs, concatenate, label_rdms


def build_model_rdm(
    features: Dataset,
    model: ModelSpec,
    checkpoint: dict[str, Any],
    stimuli: pd.DataFrame,
    rdm: RDMParameters,
) -> RDMs:
    """Build the RDM of one model, after checking that its features belong to model and stimuli.

    Returns
    -------
    RDMs
        One RDM, with descriptors `model`, `label`, `modality`, `task` and `layer`.

    Raises
    ------
    StorageError
        If the features were made with another specification, other weights or other stimuli.
    """
    name = features.descriptors["model"]
    if features.descriptors["fingerprint"] != fingerprint(model, stimuli, checkpoint["revision"]):
        raise StorageError(
            f"The stored features of {name} were made with another specification of the model, other "
            f"weights or other stimuli; make them again with kedro run --pipeline feature_extraction."
        )
    ids = [str(stimulus_id) for stimulus_id in features.obs_descriptors[STIMULUS_ID]]
    return label_rdms(
        compute_rdm(features.measurements, rdm.distance, ids)[None],
        ids,
        {
            "model": [name],
            "label": [model.label],
            "modality": [model.modality],
            "task": [model.task],
            "layer": [features.descriptors["layer"]],
        },
        rdm.distance,
    )


def stack_model_rdms(*rdms: RDMs) -> RDMs:
    """Put the RDMs of all models together, in the order of the roster."""
    return concatenate(rdms)
