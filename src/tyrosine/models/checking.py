"""Checking checkpoints: all that would stop an extraction, without a forward pass."""

from __future__ import annotations

from typing import Any

from tyrosine.models.backends import find_backend
from tyrosine.models.fingerprints import asked_of
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
        Whatever would stop the extraction stops this, as far as its back end can tell.
    """
    description = find_backend(spec.backend).describe(spec)
    return {"checkpoint": spec.checkpoint, **vars(description), "asked": asked_of(spec)}
