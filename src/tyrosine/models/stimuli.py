"""What a model reads of the table of stimuli."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tyrosine.errors import ModelError
from tyrosine.parameters.models import STIMULUS, ModelSpec
from tyrosine.wording import first_three

if TYPE_CHECKING:
    import pandas as pd

COLUMNS_OF_MODALITY = {
    "vision": ("stimulus_id", "image", "image_sha256"),
    "language": ("stimulus_id", "captions"),
    STIMULUS: ("stimulus_id", "image", "image_sha256", "captions", "categories"),
}


def stimulus_ids(spec: ModelSpec, stimuli: pd.DataFrame) -> list[str]:
    """Identifiers of the stimuli, in row order.

    Raises
    ------
    ModelError
        If there is no stimulus, one is listed twice, or `stimuli` lacks a column that the modality needs.
    """
    missing = [name for name in COLUMNS_OF_MODALITY[spec.modality] if name not in stimuli.columns]
    if missing:
        raise ModelError(
            f"The stimuli have no column {', '.join(missing)}, which {_which(spec)} needs; "
            f"they have {', '.join(map(str, stimuli.columns))}."
        )
    ids = [str(name) for name in stimuli["stimulus_id"]]
    if not ids:
        raise ModelError(f"There is no stimulus to show to {spec.label}.")
    if len(set(ids)) < len(ids):
        twice = [name for name, count in Counter(ids).items() if count > 1]
        raise ModelError(f"Stimuli are listed twice: {first_three(twice)}; each needs an id of its own.")
    return ids


def _which(spec: ModelSpec) -> str:
    return f"the backend {spec.backend}" if spec.modality == STIMULUS else f"a {spec.modality} model"


def captions_of_each(spec: ModelSpec, stimuli: pd.DataFrame) -> list[list[str]]:
    """The captions that a function of the stimuli is given: all, the first, or none where there are none."""
    texts = [[] if given is None else [str(text) for text in given] for given in stimuli["captions"]]
    return [one[:1] for one in texts] if spec.captions == "first" else texts


def categories_of_each(stimuli: pd.DataFrame) -> list[list[str]]:
    """The names of the categories that each stimulus is annotated with; empty lists where there are none."""
    return [[] if given is None else [str(name) for name in given] for given in stimuli["categories"]]


def captions_read(spec: ModelSpec, stimuli: pd.DataFrame) -> list[list[str]]:
    """The captions that a language model reads, a list a stimulus.

    Parameters
    ----------
    spec : ModelSpec
        A language model; its ``captions`` says whether all are read or the first.
    stimuli : DataFrame of n_stimuli rows
        ``stimulus_id`` and ``captions``, a list or array of strings a row.

    Returns
    -------
    list of n_stimuli lists of str

    Raises
    ------
    ModelError
        If a stimulus has no caption, or one that is empty or no text.
    """
    read = []
    for name, given in zip(stimuli["stimulus_id"], stimuli["captions"]):
        texts = [given] if isinstance(given, str) else list(given) if given is not None else []
        if not texts:
            raise ModelError(
                f"Stimulus {name} has no caption for {spec.label} to read; name vision models alone in "
                "roster, or give every stimulus of the study a caption."
            )
        if spec.captions == "first":
            texts = texts[:1]
        for number, text in enumerate(texts, start=1):
            if not isinstance(text, str) or not text.strip():
                raise ModelError(
                    f"Caption {number} of stimulus {name} is empty; {spec.label} needs text there: "
                    "write one or take the caption out."
                )
        read.append([str(text) for text in texts])
    return read
