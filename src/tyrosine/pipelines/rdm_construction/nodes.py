"""Nodes of the pipeline `rdm_construction`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StorageError
from tyrosine.labelled import Dataset, RDMs
from tyrosine.models import ModelSpec, asked_of, fingerprint
from tyrosine.parameters import RDMParameters
from tyrosine.parameters.measures import DISTANCES
from tyrosine.parameters.models import STIMULUS
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import STIMULUS_ID, concatenate, label_rdms


def build_model_rdm(
    features: Dataset,
    model: ModelSpec,
    checkpoint: dict[str, Any],
    stimuli: pd.DataFrame,
    rdm: RDMParameters,
    rdm_stimuli: pd.DataFrame | None = None,
) -> RDMs:
    """Build the RDMs of one model, after checking that its features belong to model and stimuli.

    They are over the stimuli of `rdm_stimuli`, or all if these are not given.

    Returns
    -------
    RDMs
        One for each layer, and for each of its poolings where there are several, lowest first, with
        descriptors `model`, `label`, `modality`, `task`, `layer`, `depth` (1 for the last block, NaN for a
        layer that is not a block) and `reported`, which is true of the deepest layer: the one by which the
        model is compared with others. It is true of none where the layer of each region is chosen in folds
        (`layer: best`).

    Raises
    ------
    StorageError
        If the features were made with another specification, other weights or other stimuli.
    """
    name = features.descriptors["model"]
    layers = checkpoint["layers"]
    expected = fingerprint(model, stimuli, checkpoint["revision"], layers, checkpoint["precision"])
    if checkpoint["asked"] != asked_of(model) or features.descriptors["fingerprint"] != expected:
        raise StorageError(
            f"The stored features of {name} were made with another specification of the model, other "
            f"weights or other stimuli; make them again with kedro run --pipelines feature_extraction."
        )
    ids = [str(stimulus_id) for stimulus_id in features.obs_descriptors[STIMULUS_ID]]
    measurements = features.measurements
    if rdm_stimuli is not None and len(rdm_stimuli) < len(ids):
        places = np.flatnonzero(np.isin(ids, rdm_stimuli["stimulus_id"]))
        ids, measurements = [ids[place] for place in places], measurements[places]
    readouts = model.readouts(layers)
    depths = np.repeat(
        [np.nan if depth is None else depth for depth in checkpoint["depths"]], len(model.poolings)
    )
    layer_of_feature = np.asarray(features.channel_descriptors["layer"])
    return label_rdms(
        np.stack(
            [
                _dissimilarities(measurements[:, layer_of_feature == layer], model, rdm, ids)
                for layer in readouts
            ]
        ),
        ids,
        {
            "model": [name] * len(readouts),
            "label": [model.label] * len(readouts),
            "modality": [model.modality] * len(readouts),
            "task": [model.task] * len(readouts),
            "layer": readouts,
            "depth": depths.tolist(),
            "reported": [layer == readouts[-1] and not model.chooses_layer for layer in readouts],
        },
        rdm.model_distance,
    )


def _dissimilarities(
    features: NDArray[np.float32], model: ModelSpec, rdm: RDMParameters, ids: list[str]
) -> NDArray[np.float64]:
    """Dissimilarities by the distance of the run, or by Euclidean distance for features of stimuli.

    A single feature, such as a word count, has no correlation distance. Correlation and cosine distances are
    squared distances of normalised features, so that Euclidean ones are squared beside them.
    """
    if model.modality != STIMULUS:
        return compute_rdm(features, rdm.model_distance, ids)
    lengths = compute_rdm(features, "euclidean", ids)
    return lengths if DISTANCES[rdm.model_distance].is_a_length else lengths**2


def stack_model_rdms(*rdms: RDMs) -> RDMs:
    """Put the RDMs of all models together, in the order of the roster, each model's lowest layer first."""
    return concatenate(rdms)
