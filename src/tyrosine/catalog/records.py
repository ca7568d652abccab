"""What a result was made with, written into the result's own file.

A record has the parameters that had a part in the result, the content of the datasets that it was made from,
and its own content, each content as a hash. Tables have it in the metadata of Parquet, RDMs and features in
an attribute of HDF5, JSON records under a key of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from tyrosine.catalog.readable import readable

KEY = "tyrosine_record"
FOLDER_RECORD = "record.json"
# Where pandas keeps the `attrs` of a table in Parquet.
_PANDAS_ATTRS = b"PANDAS_ATTRS"


@dataclass(frozen=True)
class Recipe:
    """What a run makes a dataset with.

    Attributes
    ----------
    parameters : dict of str to object
        Values that JSON can hold, by dotted name, such as `rdm.brain_distance`.
    inputs : dict of str to Path
        Files of the datasets that the dataset is made from, by name.
    """

    parameters: dict[str, Any]
    inputs: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """What a dataset was made with.

    Attributes
    ----------
    content : str
        Hash of the dataset's values and labels.
    parameters : dict of str to object or None
        As in `Recipe`; None for a dataset that no pipeline made, such as RDMs from elsewhere that somebody
        saved through the catalog.
    inputs : dict of str to str
        Hash of each dataset that it was made from, by name.
    """

    content: str
    parameters: dict[str, Any] | None = None
    inputs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, content: str, recipe: Recipe | None) -> Record:
        """The record of a dataset of this content, made by the recipe; by hand without one."""
        if recipe is None:
            return cls(content)
        found = {name: read_record(path) for name, path in recipe.inputs.items()}
        return cls(
            content,
            recipe.parameters,
            {name: record.content for name, record in found.items() if record is not None},
        )

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values, for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """The record as JSON."""
        return json.dumps(self.as_dict())


class Recorded:
    """Mixin of datasets that write a record into their file.

    Attributes
    ----------
    recipe : Recipe or None
        What the present run makes the dataset with; set before the run, and None when somebody saves by hand.
    """

    recipe: Recipe | None = None


def read_record(path: Path) -> Record | None:
    """The record in a file of the catalog, without reading the rest of the file.

    Parameters
    ----------
    path : Path
        A file, or a folder that `write_folder_record` gave a record.

    Returns
    -------
    Record or None
        None if there is no such file, or it has no record.

    Raises
    ------
    StorageError
        If the file is truncated or not of the kind that its name says.
    """
    if path.is_dir():
        path = path / FOLDER_RECORD
    if not path.is_file():
        return None
    with readable(path, f"a file of the kind {path.suffix}"):
        found = _READERS[path.suffix](path)
        return None if found is None else Record(**found)


def write_folder_record(folder: Path, recipe: Recipe | None) -> None:
    """Write the record of a dataset that is a folder; its content is that of all files in it, by name.

    Parameters
    ----------
    folder : Path
        With files that have records of their own, and no record yet.
    recipe : Recipe or None
        What the dataset was made with.
    """
    parts = {part.name: read_record(part) for part in sorted(folder.iterdir())}
    content = hash_values({name: record.content for name, record in parts.items() if record is not None})
    record = {KEY: Record.of(content, recipe).as_dict()}
    (folder / FOLDER_RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _from_parquet(path: Path) -> dict[str, Any] | None:
    import pyarrow.parquet

    metadata = pyarrow.parquet.read_schema(path).metadata or {}
    return json.loads(metadata.get(_PANDAS_ATTRS, b"{}")).get(KEY)


def _from_hdf5(path: Path) -> dict[str, Any] | None:
    with h5py.File(path, "r") as file:
        text = file.attrs.get(KEY)
    return None if text is None else json.loads(text)


def _from_json(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")).get(KEY)


_READERS = {".parquet": _from_parquet, ".h5": _from_hdf5, ".json": _from_json}


def recorded_parameters(table: pd.DataFrame) -> dict[str, Any]:
    """The parameters that a table of the catalog was made with, by dotted name; none without a record."""
    return table.attrs.get(KEY, {}).get("parameters") or {}


def hash_table(table: pd.DataFrame) -> str:
    """Hash of a table's columns, types and values, in their order."""
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    # Metadata of pandas and the index are not content.
    content = pyarrow.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    with pyarrow.ipc.new_stream(sink, content.schema) as stream:
        stream.write_table(content)
    return hashlib.blake2b(sink.getvalue(), digest_size=16).hexdigest()


def hash_values(*values: Any) -> str:
    """Hash of arrays, mappings and plain values, one after the other.

    Arrays count by type, shape and bytes; anything else by its JSON, arrays in it as lists.
    """
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            digest.update(f"{value.dtype.str}{value.shape}".encode())
            digest.update(np.ascontiguousarray(value).data)
        else:
            digest.update(json.dumps(value, sort_keys=True, default=_plain).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
