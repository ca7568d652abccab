"""A flipped bit in a file of the catalog is refused in a sentence, or changes nothing."""

import hashlib
import json

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from kedro.io import DatasetError
from rsatoolbox.data import Dataset

from tyrosine.catalog.datasets import FeaturesFile, JSONRecord, ParquetTable, RDMsFile
from tyrosine.errors import StorageError
from tyrosine.rsa.rdms import label_rdms

_random = np.random.default_rng(0)
NAMES = [f"scene{number}" for number in range(20)]
SAVED = {
    "rdms.h5": (
        RDMsFile,
        label_rdms(_random.random((3, 190)), NAMES, {"roi": ["EBA", "PPA", "RSC"]}, "cosine"),
    ),
    "features.h5": (
        FeaturesFile,
        Dataset(
            _random.random((20, 30), dtype=np.float32),
            {"model": "vit"},
            obs_descriptors={"stimulus_id": NAMES},
        ),
    ),
    "table.parquet": (ParquetTable, pd.DataFrame({"name": NAMES, "value": _random.random(20)})),
    "record.json": (JSONRecord, {"title": "A study", "values": _random.random(20).tolist()}),
}


def content(data):
    """What a loaded dataset holds, as text that is the same for the same values only."""
    if isinstance(data, pd.DataFrame):
        return data.to_json(double_precision=15)
    if isinstance(data, dict):
        return repr(data)
    values = data.to_dict()
    return repr(
        {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in values.items()}
    )


@pytest.mark.parametrize("name", SAVED)
def test_a_flipped_bit_is_refused_or_changes_nothing(tmp_path, name):
    kind, data = SAVED[name]
    dataset = kind(filepath=str(tmp_path / name))
    dataset.save(data)
    whole, right = (tmp_path / name).read_bytes(), content(dataset.load())
    random = np.random.default_rng(1)
    refused = 0

    for place, bit in zip(random.integers(len(whole), size=60), random.integers(8, size=60)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        (tmp_path / name).write_bytes(flipped)
        try:
            found = content(dataset.load())
        except DatasetError as error:
            assert isinstance(error.__cause__, StorageError)
            assert "\n" not in str(error.__cause__)
            refused += 1
        else:
            assert found == right

    assert refused > 5


@pytest.mark.parametrize(("name", "array"), [("rdms.h5", "dissimilarities"), ("features.h5", "measurements")])
def test_arrays_of_hdf5_have_fletcher_32(tmp_path, name, array):
    kind, data = SAVED[name]
    kind(filepath=str(tmp_path / name)).save(data)

    with h5py.File(tmp_path / name) as file:
        assert file[array].fletcher32


def test_a_table_holds_the_blake2b_hash_of_its_bytes(tmp_path):
    kind, data = SAVED["table.parquet"]
    path = tmp_path / "table.parquet"
    kind(filepath=str(path)).save(data)

    attributes = json.loads(pyarrow.parquet.read_metadata(path).metadata[b"PANDAS_ATTRS"])
    written = attributes["tyrosine_checksum"].encode()
    blank = path.read_bytes().replace(written, written[:-32] + b"0" * 32)

    assert written[-32:].decode() == hashlib.blake2b(blank, digest_size=16).hexdigest()
