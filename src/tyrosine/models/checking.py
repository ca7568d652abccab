"""Checking checkpoints: all that would stop an extraction, without a forward pass."""

from __future__ import annotations

from typing import Any

from tyrosine.models.fingerprints import asked_of
from tyrosine.models.layers import relative_depths
from tyrosine.models.loading import load_tower
from tyrosine.models.net2brain import load_model
from tyrosine.parameters.models import ModelSpec


def describe_checkpoint(spec: ModelSpec) -> dict[str, Any]:
    """Check that what a specification names can be loaded and read, and say what it is.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    dict
        ``checkpoint``, ``revision``, ``architecture`` (the class of the tower), ``layers`` (the names that
        `layer` stands for, lowest first), ``depths`` (theirs, none for a layer that is not a block),
        ``precision`` (what `auto` has become) and ``asked`` (what the last three answer).

    Raises
    ------
    ModelError
        As `load_tower`: whatever would stop the extraction stops this.
    """
    if spec.backend == "net2brain":
        model = load_model(spec)
        network, layers = model.extractor.model, model.layers
        revision, precision = model.revision, model.precision
    else:
        tower = load_tower(spec, hollow=True)
        network, layers = tower.network, list(tower.layers)
        revision, precision = tower.revision, tower.precision
    return {
        "checkpoint": spec.checkpoint,
        "revision": revision,
        "architecture": type(network).__name__,
        "layers": layers,
        "depths": relative_depths(network, layers),
        "precision": precision,
        "asked": asked_of(spec),
    }
