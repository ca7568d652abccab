"""Nodes of the pipeline `feature_extraction`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from tyrosine import models
from tyrosine.errors import ModelError
from tyrosine.executors import offered
from tyrosine.labelled import Dataset
from tyrosine.models import ModelSpec


def prepare_checkpoint(model: ModelSpec) -> dict[str, Any]:
    """Find the model's checkpoint, and say what it is.

    This node needs no stimuli, so a run checks every model before it extracts from the first.

    Returns
    -------
    dict
        `checkpoint`, `revision` (a commit, or a hash of the weights), `architecture`, `layers`, `depths`,
        `precision`, and `asked`: what of the specification these answer.

    Raises
    ------
    ModelError
        If the checkpoint is not there or incomplete, or has no such layer.
    """
    return models.describe_checkpoint(model)


def extract_features(
    model: ModelSpec,
    checkpoint: dict[str, Any],
    stimuli: pd.DataFrame,
    raw_study: dict[str, Any],
    shards: Path,
) -> Dataset:
    """Extract the features of all stimuli from the layers of one model.

    Raises
    ------
    ModelError
        If the weights have changed since the checkpoint was prepared, or see `tyrosine.models`.
    """
    features = models.extract_features(
        model,
        stimuli,
        raw_study["root_folder"],
        name=model.name,
        shards=shards,
        executor=offered().executor,
    )
    if features.descriptors["revision"] != checkpoint["revision"]:
        raise ModelError(
            f"The weights of {model.checkpoint} are not those that were prepared for {model.name}; "
            "run the whole pipeline feature_extraction again."
        )
    return features
