"""Checksums in the files of the catalog, so that a changed byte is refused and never read as another value.

Tables and JSON records hold the checksum of all their bytes, in which the checksum itself counts as zeros.
HDF5 files have Fletcher-32 on their arrays, checksums of the library on their structure (its format since
version 1.10), and a hash of all labels, which no checksum of the library covers.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tyrosine.catalog.records import hash_values
from tyrosine.errors import StorageError

KEY = "tyrosine_checksum"
HDF5_VERSIONS = ("v110", "v110")
"""Format of HDF5 files, as the option `libver` of h5py: the first one with checksums of the structure."""

_DIGITS = 32
_OPENING = b"blake2b-of-this-file:"
_WRITTEN = re.compile(_OPENING + rb"[0-9a-f]{%d}" % _DIGITS)
BLANK = (_OPENING + b"0" * _DIGITS).decode()
"""Text that a file holds for `write_checksum` to fill in, wherever it stands: pandas writes it twice."""

# Arrays of at least this many bytes are checked by Fletcher-32 as they are read, all other labels by hash.
_LARGE = 2**16
_CHUNK = 2**20


def write_checksum(path: Path) -> None:
    """Replace `BLANK` in a file by the checksum of the file's bytes.

    Raises
    ------
    ValueError
        If the file does not hold `BLANK`.
    """
    content = path.read_bytes()
    if BLANK.encode() not in content:
        raise ValueError(f"{path} has no place for its checksum.")
    path.write_bytes(content.replace(BLANK.encode(), _OPENING + _digest(content)))


def verify_checksum(path: Path) -> None:
    """Refuse a file whose bytes are not those that `write_checksum` saw; a file without checksum passes.

    Raises
    ------
    StorageError
        If the bytes have changed since the file was written.
    """
    content = path.read_bytes()
    found = _WRITTEN.findall(content)
    if not found:
        return
    if set(found) != {_OPENING + _digest(_WRITTEN.sub(BLANK.encode(), content))}:
        raise _changed(path)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGITS // 2).hexdigest().encode()


def write_array(group: h5py.Group, name: str, values: np.ndarray) -> None:
    """Write an array with Fletcher-32 in chunks of about 1 MB, whole rows where these are shorter than that.

    Small arrays are one chunk.
    """
    if values.size == 0 or values.ndim == 0:
        group[name] = values
        return
    chunk, room = [], max(1, _CHUNK // values.itemsize)
    for length in reversed(values.shape):
        chunk.append(min(length, room))
        room = max(1, room // chunk[-1])
    group.create_dataset(name, data=values, chunks=tuple(reversed(chunk)), fletcher32=True)


def write_label_hash(file: h5py.File) -> None:
    """Write the hash of all attributes and short arrays of an HDF5 file as an attribute of the file."""
    file.attrs[KEY] = _label_hash(file)


def verify_label_hash(file: h5py.File) -> None:
    """Refuse an HDF5 file whose labels have changed since it was written; one without hash passes.

    Raises
    ------
    StorageError
        If an attribute or a short array is not as it was written, is missing, or is new.
    """
    if KEY in file.attrs and file.attrs[KEY] != _label_hash(file):
        raise _changed(Path(file.filename))


def _label_hash(file: h5py.File) -> str:
    found: dict[str, Any] = {}

    def add(name: str, entry: h5py.Group | h5py.Dataset) -> None:
        attributes = {key: value for key, value in entry.attrs.items() if key != KEY}
        content: Any = None
        if isinstance(entry, h5py.Dataset):
            content = [str(entry.dtype), list(entry.shape)]
            if entry.size and entry.nbytes < _LARGE:
                content.append(repr(entry[()].tolist()))
        found[name] = [
            sorted((key, repr(np.asarray(value).tolist())) for key, value in attributes.items()),
            content,
        ]

    add("", file)
    file.visititems(add)
    return hash_values(found)


def _changed(path: Path) -> StorageError:
    return StorageError(
        f"{path} is corrupt: its content is not what was written, as its checksum shows; delete it and run "
        "its pipeline again."
    )
