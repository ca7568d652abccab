"""Datasets of the catalog: tables, text, folders, RDMs and features; every write is atomic."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import h5py
import numpy as np
import pandas as pd
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview, TablePreview
from kedro_datasets.pandas import CSVDataset, ParquetDataset
from kedro_datasets.text import TextDataset

from tyrosine.catalog import checksums
from tyrosine.catalog.atomic import AtomicSave, replacing
from tyrosine.catalog.readable import readable
from tyrosine.catalog.records import KEY, Record, Recorded, hash_table, hash_values
from tyrosine.errors import StorageError
from tyrosine.rsa.rdms import STIMULUS_ID

if TYPE_CHECKING:
    # rsatoolbox takes a second to import, and a run looks at the catalog before its first node.
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import RDMs

_FORMAT_VERSION = 1


# Rows that Kedro-Viz shows of a table.
PREVIEW_ROWS = 20


class _Table(AtomicSave):
    """Mixin for the table datasets of kedro-datasets."""

    def load(self) -> pd.DataFrame:
        """The table."""
        with readable(Path(self._get_load_path()), "a table"):  # type: ignore[attr-defined]
            return super().load()  # type: ignore[misc]


class _CheckedParquet(ParquetDataset):
    """A Parquet file with a checksum of each page, and one of the whole file in its metadata."""

    DEFAULT_LOAD_ARGS: ClassVar[dict[str, Any]] = {"page_checksum_verification": True}
    DEFAULT_SAVE_ARGS: ClassVar[dict[str, Any]] = {"write_page_checksum": True}

    def load(self) -> pd.DataFrame:
        """The table, if its file is as it was written."""
        checksums.verify_checksum(Path(self._get_load_path()))
        table = super().load()
        table.attrs.pop(checksums.KEY, None)
        return table

    def save(self, data: pd.DataFrame) -> None:
        """Write the table, then its checksum."""
        data = data.copy(deep=False)
        data.attrs = {**data.attrs, checksums.KEY: checksums.BLANK}
        super().save(data)
        checksums.write_checksum(Path(self._get_save_path()))


class ParquetTable(Recorded, _Table, _CheckedParquet):
    """A table in a Parquet file."""

    def save(self, data: pd.DataFrame) -> None:
        """Write the table with its record."""
        table = data.copy(deep=False)
        table.attrs = {KEY: Record.of(hash_table(data), self.recipe).as_dict()}
        super().save(table)

    def preview(self, nrows: int = PREVIEW_ROWS) -> TablePreview:
        """The first rows, for Kedro-Viz; lists and missing values become plain ones that JSON can hold."""
        rows = self.load().head(nrows)
        return TablePreview(json.loads(rows.to_json(orient="split")))


class CSVTable(_Table, CSVDataset):
    """A table in a file of comma-separated values."""


class TextFile(AtomicSave, TextDataset):
    """Text, such as the HTML report."""


class LocalFile(AbstractDataset):
    """A file on this machine that a subclass knows how to read and write."""

    def __init__(self, *, filepath: str | os.PathLike, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath.as_posix()}

    def _exists(self) -> bool:
        return self._filepath.exists()


class JSONRecord(Recorded, LocalFile):
    """A dict in a JSON file; paths under a key that ends in `_folder` are kept relative to the file.

    Keys in `incidental` are saved, but do not count as content: a record that differs in them alone is the
    same to what was made from it.
    """

    def __init__(self, *, incidental: Sequence[str] = (), **where: Any) -> None:
        super().__init__(**where)
        self._incidental = frozenset(incidental)

    def load(self) -> dict[str, Any]:
        """The record, with folders as absolute `Path`."""
        with readable(self._filepath, "a JSON record"):
            checksums.verify_checksum(self._filepath)
            record = json.loads(self._filepath.read_text(encoding="utf-8"))
            return {
                key: (self._filepath.parent / value).resolve() if key.endswith("_folder") and value else value
                for key, value in record.items()
                if key not in (KEY, checksums.KEY)
            }

    def save(self, data: dict[str, Any]) -> None:
        """Write the record; folders become relative, so that a moved project still finds them."""
        relative = {
            key: Path(os.path.relpath(value, self._filepath.parent)).as_posix()
            if key.endswith("_folder") and value
            else value
            for key, value in data.items()
        }
        content = {key: value for key, value in relative.items() if key not in self._incidental}
        relative[KEY] = Record.of(hash_values(content), self.recipe).as_dict()
        relative[checksums.KEY] = checksums.BLANK
        with replacing(self._filepath) as written:
            written.write_text(json.dumps(relative, indent=2) + "\n", encoding="utf-8")
            checksums.write_checksum(written)

    def preview(self) -> JSONPreview:
        """The record, for Kedro-Viz."""
        return json_preview(**self.load())


class RDMsFile(Recorded, LocalFile):
    """`rsatoolbox.rdm.RDMs` in HDF5, in the layout that rsatoolbox's `load_rdm` reads."""

    def load(self) -> RDMs:
        """The RDMs with all their descriptors."""
        from rsatoolbox.rdm import RDMs

        with _reading(self._filepath, "rdms") as file:
            return RDMs(
                file["dissimilarities"][()],
                dissimilarity_measure=_text(file.attrs["dissimilarity_measure"]),
                descriptors=_read_attributes(file["descriptors"]),
                rdm_descriptors=_read_columns(file["rdm_descriptors"]),
                pattern_descriptors=_read_columns(file["pattern_descriptors"]),
            )

    def save(self, data: RDMs) -> None:
        """Write the RDMs."""
        values = np.asarray(data.dissimilarities, dtype=np.float64)
        labels = (data.descriptors, data.rdm_descriptors, data.pattern_descriptors)
        record = Record.of(hash_values(values, data.dissimilarity_measure, *labels), self.recipe)
        with _writing(self._filepath, "rdms", record) as file:
            checksums.write_array(file, "dissimilarities", values)
            file.attrs["dissimilarity_measure"] = str(data.dissimilarity_measure)
            file.create_group("descriptors").attrs.update(data.descriptors)
            _write_columns(file.create_group("rdm_descriptors"), data.rdm_descriptors)
            _write_columns(file.create_group("pattern_descriptors"), data.pattern_descriptors)

    def preview(self) -> JSONPreview:
        """Number of RDMs and stimuli, and the labels of the first RDMs, for Kedro-Viz."""
        rdms = self.load()
        keys = [key for key in rdms.rdm_descriptors if key != "index"]
        return json_preview(
            n_rdms=int(rdms.n_rdm),
            n_stimuli=int(rdms.n_cond),
            distance=rdms.dissimilarity_measure,
            first=[
                {key: str(rdms.rdm_descriptors[key][i]) for key in keys} for i in range(min(5, rdms.n_rdm))
            ],
        )


class ShardsFolder(LocalFile):
    """The folder that features are written to as they come; loads as its path, whether it is there or not."""

    def load(self) -> Path:
        """The path."""
        return self._filepath

    def save(self, data: Any) -> None:
        """Refused: what writes there is the extraction."""
        raise DatasetError("A folder of shards is written by the extraction of features alone.")


class MeasurementsFile(Recorded, LocalFile):
    """`rsatoolbox.data.Dataset` in HDF5, as rsatoolbox reads it; a subclass says of what kind."""

    kind: ClassVar[str]
    incidental: ClassVar[tuple[str, ...]] = ()
    """Descriptors of the whole that say where something lies, and so are no part of the content."""

    def load(self) -> Dataset:
        """The measurements with all their descriptors."""
        from rsatoolbox.data import Dataset

        with _reading(self._filepath, self.kind) as file:
            return Dataset(
                file["measurements"][()],
                descriptors=_read_attributes(file["descriptors"]),
                obs_descriptors=_read_columns(file["obs_descriptors"]),
                channel_descriptors=_read_columns(file["channel_descriptors"]),
            )

    def save(self, data: Dataset) -> None:
        """Write the measurements in single precision."""
        values = np.asarray(data.measurements, dtype=np.float32)
        of_the_whole = {key: value for key, value in data.descriptors.items() if key not in self.incidental}
        labels = (of_the_whole, data.obs_descriptors, data.channel_descriptors)
        record = Record.of(hash_values(values, *labels), self.recipe)
        with _writing(self._filepath, self.kind, record) as file:
            checksums.write_array(file, "measurements", values)
            file.attrs["type"] = "Dataset"
            file.create_group("descriptors").attrs.update(data.descriptors)
            _write_columns(file.create_group("obs_descriptors"), data.obs_descriptors)
            _write_columns(file.create_group("channel_descriptors"), data.channel_descriptors)


class FeaturesFile(MeasurementsFile):
    """Features of one model, a row a stimulus; where the checkpoint lies is no part of their content."""

    kind = "features"
    # Weights are known by the descriptors `revision` and `fingerprint`.
    incidental = ("checkpoint",)

    def save(self, data: Dataset) -> None:
        """Write the features; then their shards, in the folder beside that ends in .shards, are deleted."""
        super().save(data)
        shutil.rmtree(self._filepath.with_suffix(".shards"), ignore_errors=True)

    def preview(self) -> JSONPreview:
        """Shape and origin of the features, for Kedro-Viz."""
        features = self.load()
        return json_preview(
            n_stimuli=int(features.n_obs),
            n_features=int(features.n_channel),
            first_stimuli=[str(name) for name in features.obs_descriptors[STIMULUS_ID][:5]],
            **{key: str(value) for key, value in features.descriptors.items()},
        )


def json_preview(**content: Any) -> JSONPreview:
    """The content as Kedro-Viz shows it."""
    return JSONPreview(json.dumps(content, default=str))


@contextmanager
def _writing(path: Path, kind: str, record: Record) -> Iterator[h5py.File]:
    with replacing(path) as written, h5py.File(written, "w", libver=checksums.HDF5_VERSIONS) as file:
        file.attrs["tyrosine_kind"] = kind
        file.attrs["tyrosine_format"] = _FORMAT_VERSION
        file.attrs[KEY] = record.as_text()
        yield file
        checksums.write_label_hash(file)


@contextmanager
def _reading(path: Path, kind: str) -> Iterator[h5py.File]:
    with readable(path, f"a file of {kind}"), h5py.File(path, "r") as file:
        found = (file.attrs.get("tyrosine_kind"), file.attrs.get("tyrosine_format"))
        if found != (kind, _FORMAT_VERSION):
            raise StorageError(
                f"{path} holds {found[0]} in format {found[1]}, expected {kind} in format "
                f"{_FORMAT_VERSION}; delete it and run its pipeline again."
            )
        checksums.verify_label_hash(file)
        yield file


def _text(value: Any) -> Any:
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _read_attributes(group: h5py.Group) -> dict[str, Any]:
    return {key: _text(value) for key, value in group.attrs.items()}


def _write_columns(group: h5py.Group, columns: dict[str, Any]) -> None:
    for key, values in columns.items():
        column = np.asarray(values)
        # Fixed-width bytes are what rsatoolbox reads back as text.
        stored = np.char.encode(column, "utf-8") if column.dtype.kind == "U" else column
        checksums.write_array(group, key, stored)


def _read_columns(group: h5py.Group) -> dict[str, Any]:
    columns = {key: values[()] for key, values in group.items()}
    return {
        key: (np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values).tolist()
        for key, values in columns.items()
    }
