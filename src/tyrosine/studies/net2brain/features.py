"""Features of Net2Brain's `FeatureExtractor`, read and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.studies.files import read_array
from tyrosine.studies.net2brain.names import (
    finite_numbers,
    keys_of,
    natural_key,
    refuse_names,
    wanted_names,
)

_CONSOLIDATED = "consolidated_"


class NamedFeatures(NamedTuple):
    """Features of one layer, with the names of their rows."""

    stimuli: list[str]
    values: NDArray[np.floating]
    """(n_stimuli, n_features); an activation of more axes is laid out as one row."""


def layers(folder: Path) -> list[str]:
    """Names of the layers that a folder of features holds.

    Raises
    ------
    StudyError
        If it holds no features.
    """
    files = _feature_files(folder)
    consolidated = [file for file in files if file.name.startswith(_CONSOLIDATED)]
    if consolidated:
        return [file.stem.removeprefix(_CONSOLIDATED) for file in consolidated]
    return keys_of(files[0])


def read_features(folder: str | Path, layer: str, stimuli: Sequence[str] | None = None) -> NamedFeatures:
    """Features of one layer that Net2Brain's `FeatureExtractor` wrote, in either of its two forms.

    Parameters
    ----------
    folder : path
        Of one model: a file a stimulus, or a file a layer (``consolidate_per_layer=True``).
    layer : str
        Its name in Net2Brain.
    stimuli : sequence of str, optional
        Names of the stimuli wanted, in the order wanted; all, in Net2Brain's order, if not given.

    Returns
    -------
    NamedFeatures

    Raises
    ------
    StudyError
        If the folder has no such layer or lacks a stimulus, a file is broken or needs pickle, or the
        activations of two stimuli differ in shape.
    """
    folder = Path(folder)
    files = _feature_files(folder)
    consolidated = folder / f"{_CONSOLIDATED}{layer}.npz"
    what = f"Layer {layer}"
    if any(file.name.startswith(_CONSOLIDATED) for file in files):
        if not consolidated.is_file():
            raise _no_such_layer(folder, layer)
        have = {name: (consolidated, name) for name in keys_of(consolidated)}
    else:
        if layer not in keys_of(files[0]):
            raise _no_such_layer(folder, layer)
        have = {file.stem: (file, layer) for file in files}
    names = wanted_names(list(have), stimuli, folder)
    rows = []
    for name in names:
        path, key = have[name]
        rows.append(finite_numbers(read_array(path, what, key), path, key).ravel())
    for name, row in zip(names, rows):
        if row.size != rows[0].size:
            raise StudyError(
                f"{what} in {folder} has {rows[0].size} values for stimulus {names[0]} but {row.size} for "
                f"{name}; it must be pooled to one size before it can be compared."
            )
    return NamedFeatures(names, np.stack(rows))


def write_features(folder: Path, stimuli: Sequence[str], activations: Mapping[str, NDArray]) -> None:
    """Write features as `FeatureExtractor` does with ``consolidate_per_layer=False``: a file a stimulus.

    Parameters
    ----------
    folder : Path
        Is made; must hold nothing else, as Net2Brain takes every file in it for features.
    stimuli : sequence of n_stimuli str
    activations : mapping of str to ndarray of shape (n_stimuli, …)
        By layer.

    Raises
    ------
    StudyError
        If a stimulus has a name that a file of Net2Brain's cannot have.
    """
    refuse_names(stimuli)
    folder.mkdir(parents=True)
    for row, name in enumerate(stimuli):
        # Net2Brain writes the batch of one stimulus that its network saw.
        np.savez(
            folder / f"{name}.npz", **{layer: values[row][None] for layer, values in activations.items()}
        )


def _feature_files(folder: Path) -> list[Path]:
    files = list(folder.glob("*.npz")) if folder.is_dir() else []
    if not files:
        raise StudyError(
            f"{folder} holds no features of Net2Brain; expected <stimulus>.npz or consolidated_<layer>.npz."
        )
    return sorted(files, key=lambda file: natural_key(file.stem))


def _no_such_layer(folder: Path, layer: str) -> StudyError:
    have = layers(folder)
    shown = ", ".join(have[:20]) + (", …" if len(have) > 20 else "")
    return StudyError(f"{folder} has no features of layer '{layer}'; it has {shown}.")
