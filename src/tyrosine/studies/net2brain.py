"""Net2Brain's files: features and RDMs of its `FeatureExtractor`, `RDMCreator` and `RSA`, read and written.

    features/<model>/<stimulus>.npz          an array a layer, each (1, …): a batch of one stimulus
    features/<model>/consolidated_<layer>.npz   the other form: an array a stimulus
    rdms/<model>/RDM_<layer>.npz             `rdm` (condensed), `stimuli_name`, `layer_name`, `meta`
    brain_rdms/<ROI>.npz                     first array: (n_subjects, n_stimuli, n_stimuli)

Nothing is pickled here and nothing unpickled. Net2Brain's own files hold one pickled object, the dict `meta`,
beside plain arrays; it is never read, and written as JSON text.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from tyrosine.errors import StudyError
from tyrosine.parameters import measures
from tyrosine.studies.files import read_array
from tyrosine.wording import first_three

# Net2Brain's word for a distance of ours.
DISTANCES = {name: distance.net2brain for name, distance in measures.DISTANCES.items() if distance.net2brain}

_CONSOLIDATED = "consolidated_"
_RDM = "RDM_"
# An RDM computed in single precision is symmetric, and zero on its diagonal, to about this much of its scale.
_ROUNDING = 1e-5


class NamedFeatures(NamedTuple):
    """Features of one layer, with the names of their rows."""

    stimuli: list[str]
    values: NDArray[np.floating]
    """(n_stimuli, n_features); an activation of more axes is laid out as one row."""


class LayerRDM(NamedTuple):
    """One RDM of a model, with the names of its rows."""

    stimuli: list[str]
    rdm: NDArray[np.float64]
    """(n_pairs,), condensed."""
    layer: str


class RegionRDMs(NamedTuple):
    """The RDMs of one region, a subject each."""

    subjects: list[int]
    rdms: NDArray[np.float64]
    """(n_subjects, n_pairs), condensed."""
    stimuli: list[str] | None
    """Names of the rows, where the file has them; files that Net2Brain distributes do not."""
    selectivity: str
    """Empty where the file does not say."""


def natural_order(stimuli: Sequence[str]) -> list[int]:
    """Where Net2Brain's `RDMCreator` puts each stimulus: numbers in a name count as numbers.

    Its `RSA` compares rows by position, so whatever it is given must be in the order that it uses itself.

    Parameters
    ----------
    stimuli : sequence of str

    Returns
    -------
    list of n_stimuli int
        Indices into `stimuli`, first to last.

    Raises
    ------
    StudyError
        If two names differ in leading zeros only: their order there is that of the folder's listing.
    """
    keys = [_natural_key(name) for name in stimuli]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    for one, other in itertools.pairwise(order):
        if keys[one] == keys[other]:
            raise StudyError(
                f"Net2Brain cannot tell the order of the stimuli {stimuli[one]} and {stimuli[other]}, which "
                "differ in leading zeros only; give one of them another name."
            )
    return order


def _natural_key(name: str) -> list[tuple[str, int]]:
    # Pairs of what is not a number and the number after it.
    pieces = re.findall(r"(\D*)(\d*)", name)
    return [(text, int(digits) if digits else -1) for text, digits in pieces]


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
    return _keys(files[0])


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
        have = {name: (consolidated, name) for name in _keys(consolidated)}
    else:
        if layer not in _keys(files[0]):
            raise _no_such_layer(folder, layer)
        have = {file.stem: (file, layer) for file in files}
    names = _wanted(list(have), stimuli, folder)
    rows = [_numbers(read_array(have[name][0], what, have[name][1]), *have[name]).ravel() for name in names]
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
    _refuse_names(stimuli)
    folder.mkdir(parents=True)
    for row, name in enumerate(stimuli):
        # Net2Brain writes the batch of one stimulus that its network saw.
        np.savez(
            folder / f"{name}.npz", **{layer: values[row][None] for layer, values in activations.items()}
        )


def read_rdm(path: str | Path, stimuli: Sequence[str] | None = None) -> LayerRDM:
    """An RDM that Net2Brain's `RDMCreator` wrote, as `RDM_<layer>.npz`.

    Parameters
    ----------
    path : path
    stimuli : sequence of str, optional
        Names of the stimuli wanted, in the order wanted; as in the file if not given.

    Returns
    -------
    LayerRDM

    Raises
    ------
    StudyError
        If the file is broken, is no RDM over named stimuli, or lacks a stimulus.
    """
    path = Path(path)
    if path.suffix == ".pt":
        raise StudyError(
            f"{path} is a pickle of PyTorch, and reading one can run code; save the RDM with "
            "save_format='npz' in Net2Brain."
        )
    rdm = _condensed(_numbers(read_array(path, "The RDM", "rdm"), path, "rdm"), path)
    named = _names(path)
    if named is None:
        raise StudyError(
            f"{path} does not name its stimuli in an array stimuli_name, so its rows are unknown; "
            "have Net2Brain's RDMCreator make the RDM from named features."
        )
    if len(named) * (len(named) - 1) // 2 != rdm.size:
        raise StudyError(f"{path} names {len(named)} stimuli for an RDM of {rdm.size} pairs.")
    layer = path.stem.removeprefix(_RDM)
    if "layer_name" in _keys(path):
        layer = str(read_array(path, "The layer's name", "layer_name"))
    names = _wanted(named, stimuli, path)
    return LayerRDM(names, _rearranged(rdm, named, names), layer)


def write_rdm(
    folder: Path, rdm: NDArray[np.floating], stimuli: Sequence[str], layer: str, meta: Mapping[str, Any]
) -> Path:
    """Write an RDM as Net2Brain's `LayerRDM.save` does, but `meta` as JSON text.

    Net2Brain's `RSA` and `LayerRDM.from_file` read it; its `plot` and `save` want the dict:
    ``rdm.meta = json.loads(rdm.meta)``.

    Parameters
    ----------
    folder : Path
        Of one model; `RSA` takes every file in it for an RDM.
    rdm : ndarray of shape (n_pairs,)
    stimuli : sequence of n_stimuli str
        In the order of the rows; `RSA` compares by position, so use `natural_order`.
    layer : str
    meta : mapping
        What JSON can hold; Net2Brain's own has ``distance`` and ``multi_timepoint_rdms``.

    Returns
    -------
    Path
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_RDM}{layer.replace('.', '_')}.npz"
    # Exactly these four: `LayerRDM.from_file` refuses any other array.
    np.savez(
        path,
        rdm=rdm,
        stimuli_name=np.array(list(stimuli), dtype=np.str_),
        layer_name=np.array(layer),
        meta=np.array(json.dumps(dict(meta))),
    )
    return path


def read_brain_rdms(path: str | Path, stimuli: Sequence[str] | None = None) -> RegionRDMs:
    """RDMs of one region, as Net2Brain's `RSA` reads them: the first array of the file.

    Parameters
    ----------
    path : path
        Holds an array of shape (n_subjects, n_stimuli, n_stimuli), or of (n_stimuli, n_stimuli) for one.
    stimuli : sequence of str, optional
        Names of the stimuli wanted, in the order wanted. As in the file if not given.

    Returns
    -------
    RegionRDMs
        Subjects are counted from 1 where the file does not number them.

    Raises
    ------
    StudyError
        If the file is broken, holds no RDMs, or lacks a stimulus; if `stimuli` are given, but the file does
        not name its rows.
    """
    path = Path(path)
    keys = _keys(path)
    squares = _numbers(read_array(path, "The brain RDMs", keys[0]), path, keys[0])
    squares = squares[None] if squares.ndim == 2 else squares
    if squares.ndim != 3 or squares.shape[1] != squares.shape[2]:
        raise StudyError(
            f"{path} holds an array {keys[0]} of shape {squares.shape}; expected "
            "(n_subjects, n_stimuli, n_stimuli)."
        )
    rdms = np.stack([_condensed(square, path) for square in squares])
    subjects = list(range(1, len(rdms) + 1))
    if "subjects" in keys:
        subjects = [int(number) for number in read_array(path, "The subjects", "subjects")]
    if len(subjects) != len(rdms):
        raise StudyError(f"{path} lists {len(subjects)} subjects for {len(rdms)} RDMs.")
    selectivity = str(read_array(path, "The selectivity", "selectivity")) if "selectivity" in keys else ""
    named = _names(path)
    if named is not None and len(named) != squares.shape[1]:
        raise StudyError(f"{path} names {len(named)} stimuli for RDMs over {squares.shape[1]}.")
    if stimuli is None:
        return RegionRDMs(subjects, rdms, named, selectivity)
    if named is None:
        raise StudyError(
            f"{path} does not name its stimuli, so its rows cannot be put in the order of others; "
            "read it without naming any, and give them the order that its source states."
        )
    names = _wanted(named, stimuli, path)
    return RegionRDMs(
        subjects, np.stack([_rearranged(rdm, named, names) for rdm in rdms]), names, selectivity
    )


def write_brain_rdms(
    folder: Path,
    roi: str,
    subjects: Sequence[int],
    rdms: NDArray[np.floating],
    stimuli: Sequence[str],
    selectivity: str = "",
) -> Path:
    """Write the RDMs of one region as Net2Brain's `RSA` reads them.

    Parameters
    ----------
    folder : Path
        Of all regions; `RSA` takes every file in it for a region.
    roi : str
    subjects : sequence of n_subjects int
        Those that have the region.
    rdms : ndarray of shape (n_subjects, n_pairs)
    stimuli : sequence of n_stimuli str
        In the order of the rows; `RSA` compares by position, so use `natural_order`.
    selectivity : str

    Returns
    -------
    Path
        The file.
    """
    _refuse_names([roi], "region")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{roi}.npz"
    # `RSA` takes the first array, whatever its name, and its noise ceiling loads the others too, unpickled.
    np.savez(
        path,
        rdm=np.stack([squareform(rdm) for rdm in rdms]),
        stimuli_name=np.array(list(stimuli), dtype=np.str_),
        subjects=np.array(list(subjects), dtype=np.int64),
        selectivity=np.array(selectivity),
    )
    return path


def _feature_files(folder: Path) -> list[Path]:
    files = list(folder.glob("*.npz")) if folder.is_dir() else []
    if not files:
        raise StudyError(
            f"{folder} holds no features of Net2Brain; expected <stimulus>.npz or consolidated_<layer>.npz."
        )
    return sorted(files, key=lambda file: _natural_key(file.stem))


def _keys(path: Path) -> list[str]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            keys = list(arrays.files)
    except FileNotFoundError:
        raise StudyError(f"There is no file {path}.") from None
    except Exception as error:
        raise StudyError(f"{path} is no .npz file ({error}); get an intact copy.") from error
    if not keys:
        raise StudyError(f"{path} holds no array; get an intact copy.")
    return keys


def _no_such_layer(folder: Path, layer: str) -> StudyError:
    have = layers(folder)
    shown = ", ".join(have[:20]) + (", …" if len(have) > 20 else "")
    return StudyError(f"{folder} has no features of layer '{layer}'; it has {shown}.")


def _numbers(array: NDArray, path: Path, key: str) -> NDArray:
    if array.dtype.kind not in "fiu":
        raise StudyError(f"The array {key} in {path} holds {array.dtype}; expected numbers.")
    if not np.isfinite(array).all():
        raise StudyError(f"The array {key} in {path} is not finite; have Net2Brain make it again.")
    return array


def _condensed(rdm: NDArray, path: Path) -> NDArray[np.float64]:
    rdm = rdm.astype(np.float64)
    if rdm.ndim == 1:
        return rdm
    if rdm.ndim != 2 or rdm.shape[0] != rdm.shape[1]:
        raise StudyError(
            f"{path} holds an RDM of shape {rdm.shape}; expected (n_pairs,) or (n_stimuli, n_stimuli) "
            "(RDMs over time are not read)."
        )
    scale = max(float(np.abs(rdm).max()), np.finfo(np.float64).tiny)
    if np.abs(np.diag(rdm)).max() > _ROUNDING * scale or np.abs(rdm - rdm.T).max() > _ROUNDING * scale:
        raise StudyError(
            f"{path} holds a matrix that is not symmetric with zero diagonal, so it is no RDM; "
            "get an intact copy."
        )
    return squareform(rdm, force="tovector", checks=False)


def _names(path: Path) -> list[str] | None:
    if "stimuli_name" not in _keys(path):
        return None
    names = read_array(path, "The names of the stimuli", "stimuli_name")
    if names.dtype.kind != "U" or names.ndim != 1:
        raise StudyError(f"stimuli_name in {path} is no list of names; have Net2Brain make the file again.")
    listed = [str(name) for name in names]
    if len(set(listed)) < len(listed):
        raise StudyError(f"{path} names a stimulus twice in stimuli_name; each stimulus has one row.")
    return listed


def _wanted(have: list[str], stimuli: Sequence[str] | None, where: Path) -> list[str]:
    if stimuli is None:
        return have
    wanted = [str(name) for name in stimuli]
    lacking = [name for name in wanted if name not in set(have)]
    if lacking:
        raise StudyError(
            f"{where} lacks {first_three(lacking)} of the {len(wanted)} stimuli; "
            f"it has {len(have)}, such as {', '.join(have[:3])}."
        )
    return wanted


def _rearranged(rdm: NDArray[np.float64], have: list[str], wanted: list[str]) -> NDArray[np.float64]:
    if have == wanted:
        return rdm
    row = {name: index for index, name in enumerate(have)}
    order = [row[name] for name in wanted]
    return squareform(squareform(rdm)[np.ix_(order, order)], force="tovector", checks=False)


def _refuse_names(names: Iterable[str], what: str = "stimulus") -> None:
    for name in names:
        if not name or "/" in name or "\\" in name or name.startswith(".") or "consolidated" in name:
            raise StudyError(
                f"The {what} {name!r} cannot name a file of Net2Brain's, which takes any name without "
                "slashes that does not begin with a dot or hold the word 'consolidated'."
            )
