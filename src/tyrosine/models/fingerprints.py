"""What a set of features was made from, as one hash: stale features are recognised by it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tyrosine.models.stimuli import captions_of_each, captions_read, categories_of_each, stimulus_ids
from tyrosine.parameters.models import STIMULUS, ModelSpec

if TYPE_CHECKING:
    import pandas as pd

# The label, the task, the batch size and the device change no number; nor does what is refused or allowed:
# captions that were not refused were not cut, and which weights a pickle held is known by the revision.
NUMBER_DETERMINING = (
    "backend",
    "factory",
    "checkpoint",
    "revision",
    "modality",
    "pooling",
    "captions",
    "precision",
)


def fingerprint(
    spec: ModelSpec,
    stimuli: pd.DataFrame,
    revision: str | None = None,
    layers: Sequence[str] | None = None,
    precision: str | None = None,
) -> str:
    """Hash of all that determines a model's features.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    stimuli : DataFrame of n_stimuli rows
        ``stimulus_id`` with ``image_sha256`` for vision, with ``captions`` for language, with these and
        ``categories`` for features of stimuli.
    revision : str, optional
        The revision as it was resolved: a commit, or the hash of a folder's weights, which then counts in
        place of where the folder lies. What the specification says if not given.
    layers : sequence of str, optional
        The names that the layers were found under, lowest first, so that `all` and the names of all blocks
        are the same. What the specification says if not given.
    precision : str, optional
        What ``auto`` has become. What the specification says if not given.

    Returns
    -------
    str
        64 hexadecimal digits (SHA-256). The order of the stimuli counts; label, column, task, batch size and
        device do not, nor where an image lies, nor captions that are not read (all but the first with
        ``captions: first``, all for a vision model).

    Raises
    ------
    ModelError
        If `stimuli` lacks a column, or a stimulus has no caption for a language model.
    """
    content: list[list[Any]]
    ids = stimulus_ids(spec, stimuli)
    fields: dict[str, Any] = {name: getattr(spec, name) for name in NUMBER_DETERMINING}
    if spec.weights_seed is not None:
        fields["weights_seed"] = spec.weights_seed
    fields["layers"] = list(spec.layers if layers is None else layers)
    if precision is not None:
        fields["precision"] = precision
    if revision is not None:
        fields["revision"] = revision
        if Path(spec.checkpoint).is_absolute():
            del fields["checkpoint"]
    if spec.modality == "vision":
        del fields["captions"]
        content = [[name, str(digest)] for name, digest in zip(ids, stimuli["image_sha256"])]
    elif spec.modality == STIMULUS:
        del fields["checkpoint"]
        captions, categories = captions_of_each(spec, stimuli), categories_of_each(stimuli)
        content = [
            [name, str(digest), *rest]
            for name, digest, *rest in zip(ids, stimuli["image_sha256"], captions, categories)
        ]
    else:
        content = [[name, texts] for name, texts in zip(ids, captions_read(spec, stimuli))]
    canonical = json.dumps(
        {"model": fields, "stimuli": content}, sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def asked_of(spec: ModelSpec) -> dict[str, Any]:
    """The options of a specification that the description of its checkpoint depends on.

    A stored description is current if it was made for the same options.
    """
    return {"layers": list(spec.layers), "precision": spec.precision}
