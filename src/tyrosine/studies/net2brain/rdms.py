"""RDMs of Net2Brain's `RDMCreator`, and brain RDMs as its `RSA` reads them: read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from tyrosine.errors import StudyError
from tyrosine.parameters import measures
from tyrosine.studies.files import read_array
from tyrosine.studies.net2brain.names import finite_numbers, keys_of, refuse_names, wanted_names

# Net2Brain's word for a distance of ours.
DISTANCES = {name: distance.net2brain for name, distance in measures.DISTANCES.items() if distance.net2brain}

_RDM = "RDM_"
# An RDM computed in single precision is symmetric, and zero on its diagonal, to about this much of its scale.
_ROUNDING = 1e-5


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
    rdm = _condensed(finite_numbers(read_array(path, "The RDM", "rdm"), path, "rdm"), path)
    named = _names(path)
    if named is None:
        raise StudyError(
            f"{path} does not name its stimuli in an array stimuli_name, so its rows are unknown; "
            "have Net2Brain's RDMCreator make the RDM from named features."
        )
    if len(named) * (len(named) - 1) // 2 != rdm.size:
        raise StudyError(f"{path} names {len(named)} stimuli for an RDM of {rdm.size} pairs.")
    layer = path.stem.removeprefix(_RDM)
    if "layer_name" in keys_of(path):
        layer = str(read_array(path, "The layer's name", "layer_name"))
    names = wanted_names(named, stimuli, path)
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
    keys = keys_of(path)
    squares = finite_numbers(read_array(path, "The brain RDMs", keys[0]), path, keys[0])
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
    names = wanted_names(named, stimuli, path)
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
    refuse_names([roi], "region")
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
    if "stimuli_name" not in keys_of(path):
        return None
    names = read_array(path, "The names of the stimuli", "stimuli_name")
    if names.dtype.kind != "U" or names.ndim != 1:
        raise StudyError(f"stimuli_name in {path} is no list of names; have Net2Brain make the file again.")
    listed = [str(name) for name in names]
    if len(set(listed)) < len(listed):
        raise StudyError(f"{path} names a stimulus twice in stimuli_name; each stimulus has one row.")
    return listed


def _rearranged(rdm: NDArray[np.float64], have: list[str], wanted: list[str]) -> NDArray[np.float64]:
    if have == wanted:
        return rdm
    row = {name: index for index, name in enumerate(have)}
    order = [row[name] for name in wanted]
    return squareform(squareform(rdm)[np.ix_(order, order)], force="tovector", checks=False)
