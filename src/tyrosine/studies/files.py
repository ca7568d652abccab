"""Files of a raw folder, read with suspicion: images, arrays and captions."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tyrosine.errors import StudyError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")


def inside(root: Path, relative: str) -> Path:
    """Path of a file in the raw folder.

    Raises
    ------
    StudyError
        If the path leads out of the folder, directly or through a link.
    """
    path = root / relative
    if not path.resolve().is_relative_to(root.resolve()):
        raise StudyError(f"{relative} leads out of the study's folder {root}; only files inside it are read.")
    return path


def check_subjects(subjects: Sequence[int] | str, have: Sequence[int], where: Path) -> list[int]:
    """The chosen subjects, all of those that there are for `all`.

    Raises
    ------
    StudyError
        If one of them is not there.
    """
    chosen = list(have) if isinstance(subjects, str) else list(subjects)
    absent = [subject for subject in chosen if subject not in have]
    if absent:
        raise StudyError(
            f"Subject {absent[0]} is not in {where}, which has subjects {', '.join(map(str, have))}; "
            "list others in study.subjects."
        )
    return chosen


def image_sha256(path: Path, stimulus_id: str) -> str:
    """SHA-256 of an image file that can be opened, as a hexadecimal string.

    Raises
    ------
    StudyError
        If it is missing or cannot be decoded.
    """
    try:
        with warnings.catch_warnings():
            # A picture large enough to be a decompression bomb is no stimulus.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                image.load()
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombWarning) as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else f"does not open ({error})"
        raise StudyError(
            f"The image of stimulus {stimulus_id}, {path}, {reason}; get an intact copy of the file."
        ) from error


def read_array(path: Path, what: str, key: str | None = None, memory_mapped: bool = False) -> NDArray:
    """Array of a `.npy` file, or array `key` of a `.npz` file; nothing is ever unpickled.

    A `.npy` file that is `memory_mapped` is read where the array is looked at, and only there.

    Raises
    ------
    StudyError
        If the file is missing, truncated, needs pickle, or lacks the array.
    """
    try:
        loaded = np.load(path, mmap_mode="r" if memory_mapped else None, allow_pickle=False)
        if key is None:
            return loaded
        with loaded:
            if key not in loaded.files:
                raise StudyError(
                    f"{what} in {path} has no array {key!r} but {', '.join(loaded.files)}; get a copy."
                )
            return loaded[key]
    except StudyError:
        raise
    except FileNotFoundError:
        raise StudyError(f"{what} is missing: expected the file {path}.") from None
    except Exception as error:
        raise StudyError(f"{what} cannot be read from {path} ({error}); get an intact copy.") from error


BLOCK_BYTES = 64 << 20
"""How much of a large file is in memory at a time."""


def read_columns(
    path: Path,
    columns: NDArray[np.integer],
    what: str,
    check: Callable[[tuple[int, ...], np.dtype], None],
) -> NDArray[np.float32]:
    """Some columns of the matrix in a `.npy` file, which is read block by block and never whole.

    Parameters
    ----------
    path : Path
    columns : ndarray of int
    what : str
        For messages.
    check : function
        Given the shape and the type of the matrix, raises a `StudyError` if they are not the expected ones.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), float32

    Raises
    ------
    StudyError
        If the file is missing, truncated, needs pickle, or is not what `check` expects.
    """
    matrix = read_array(path, what, memory_mapped=True)
    check(matrix.shape, matrix.dtype)
    n_rows = max(1, BLOCK_BYTES // max(1, matrix[:1].nbytes))
    chosen = np.empty((len(matrix), len(columns)), dtype=np.float32)
    for start in range(0, len(matrix), n_rows):
        # Mapped anew for each block: pages of a mapped file stay in memory as long as it is mapped.
        block = read_array(path, what, memory_mapped=True)[start : start + n_rows]
        chosen[start : start + n_rows] = block[:, columns]
    return chosen


def read_names(path: Path, key: str) -> list[str] | None:
    """Names in array `key` of a `.npz` file; none where it is not there or would have to be unpickled."""
    with np.load(path, allow_pickle=False) as loaded:
        try:
            names = loaded[key] if key in loaded.files else None
        except ValueError:
            return None
    return None if names is None or names.ndim != 1 or names.dtype.kind != "U" else [str(n) for n in names]


def check_rdm(array: NDArray, n_stimuli: int, what: str, path: Path) -> NDArray:
    """A distributed RDM, square or condensed, of the right size and type.

    Raises
    ------
    StudyError
        If the shape is another, or it does not hold floating-point dissimilarities.
    """
    n_pairs = n_stimuli * (n_stimuli - 1) // 2
    if array.shape not in ((n_stimuli, n_stimuli), (n_pairs,)):
        raise StudyError(
            f"{what} in {path} has shape {array.shape}; expected ({n_stimuli}, {n_stimuli}), or {n_pairs} "
            f"values when condensed, for {n_stimuli} stimuli."
        )
    if array.dtype.kind != "f":
        raise StudyError(f"{what} in {path} holds {array.dtype}; expected floating-point dissimilarities.")
    return array


def check_rows(array: NDArray, n_stimuli: int, what: str, path: Path) -> NDArray:
    """Responses of shape (n_stimuli, n_voxels), as they must be.

    Raises
    ------
    StudyError
        If the shape or type is another, or a value is not finite.
    """
    if array.ndim != 2 or array.shape[0] != n_stimuli or array.shape[1] < 1:
        raise StudyError(
            f"{what} in {path} has shape {array.shape}; expected ({n_stimuli}, n_voxels), one row a stimulus."
        )
    if array.dtype.kind != "f":
        raise StudyError(f"{what} in {path} holds {array.dtype}; expected floating-point responses.")
    if not np.isfinite(array).all():
        row, voxel = (int(i[0]) for i in np.nonzero(~np.isfinite(array)))
        raise StudyError(
            f"{what} in {path} is not finite, first at row {row}, voxel {voxel}; "
            "remove that voxel or get an intact copy."
        )
    constant = np.flatnonzero((array == array[0]).all(axis=0))
    if len(constant) and n_stimuli > 1:
        raise StudyError(
            f"{what} in {path} has {len(constant)} voxels with one value for every stimulus, first voxel "
            f"{constant[0]}; remove them or get an intact copy."
        )
    return array


def read_caption_file(path: Path, stimulus_id: str) -> list[str]:
    """Captions of a stimulus, one a line; a byte order mark and Windows line ends do no harm.

    Raises
    ------
    StudyError
        If the file is missing, is not UTF-8, or has no caption.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise StudyError(
            f"Stimulus {stimulus_id} has no captions file; expected {path}, one caption a line."
        ) from None
    except UnicodeDecodeError as error:
        raise StudyError(
            f"The captions of stimulus {stimulus_id}, {path}, are not UTF-8 ({error.reason})."
        ) from None
    return check_captions([line for line in lines if line.strip()], stimulus_id, path)


def check_captions(captions: list[str], stimulus_id: str, where: Path) -> list[str]:
    """Captions without surrounding space, none of them empty.

    Raises
    ------
    StudyError
        If there is no caption, or one is empty.
    """
    stripped = [caption.strip() for caption in captions]
    if not stripped or not all(stripped):
        raise StudyError(
            f"Stimulus {stimulus_id} has an empty caption in {where}; write one or drop the stimulus."
        )
    return stripped


def refuse_duplicates(stimulus_ids: list[str], where: Path) -> None:
    """Raise a `StudyError` if a stimulus is listed twice."""
    seen: set[str] = set()
    for stimulus_id in stimulus_ids:
        if stimulus_id in seen:
            raise StudyError(f"Stimulus {stimulus_id} is listed twice in {where}; each stimulus has one row.")
        seen.add(stimulus_id)
