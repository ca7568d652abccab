"""Datasets of the catalog: what is saved is what loads, whole or not at all."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError
from rsatoolbox.data import Dataset
from rsatoolbox.data import load_dataset as rsatoolbox_load_dataset
from rsatoolbox.rdm import load_rdm as rsatoolbox_load_rdm

from tyrosine.catalog.atomic import replacing
from tyrosine.catalog.datasets import (
    CSVTable,
    FeaturesFile,
    JSONRecord,
    ParquetTable,
    RDMsFile,
    ShardsFolder,
)
from tyrosine.catalog.validators import ValidFeatures
from tyrosine.errors import StorageError
from tyrosine.rsa.rdms import label_rdms


@pytest.fixture
def rdms():
    values = np.random.default_rng(0).random((2, 6))
    return label_rdms(values, ["a", "b", "ç", "d"], {"subject": [1, 2], "roi": ["EBA", "PPA"]}, "correlation")


@pytest.fixture
def features():
    return Dataset(
        np.random.default_rng(0).random((3, 4), dtype=np.float32),
        descriptors={"model": "vit", "fingerprint": "0" * 64},
        obs_descriptors={"stimulus_id": ["a", "b", "c"]},
    )


def test_rdms_come_back_with_their_labels(tmp_path, rdms):
    file = RDMsFile(filepath=tmp_path / "deep" / "rdms.h5")

    file.save(rdms)
    loaded = file.load()

    np.testing.assert_array_equal(loaded.dissimilarities, rdms.dissimilarities)
    assert loaded.rdm_descriptors["subject"] == [1, 2]
    assert loaded.rdm_descriptors["roi"] == ["EBA", "PPA"]
    assert loaded.pattern_descriptors["stimulus_id"] == ["a", "b", "ç", "d"]
    assert loaded.dissimilarity_measure == "correlation"


def test_rsatoolbox_reads_our_rdms(tmp_path):
    rdms = label_rdms(np.random.default_rng(0).random((2, 3)), ["a", "b", "c"], {"roi": ["x", "y"]}, "cosine")
    RDMsFile(filepath=tmp_path / "rdms.h5").save(rdms)

    loaded = rsatoolbox_load_rdm(str(tmp_path / "rdms.h5"))

    np.testing.assert_array_equal(loaded.dissimilarities, rdms.dissimilarities)
    assert list(loaded.rdm_descriptors["roi"]) == ["x", "y"]
    assert list(loaded.pattern_descriptors["stimulus_id"]) == ["a", "b", "c"]


def test_features_come_back_with_their_labels(tmp_path, features):
    file = FeaturesFile(filepath=tmp_path / "features.h5")

    file.save(features)
    loaded = file.load()

    np.testing.assert_array_equal(loaded.measurements, features.measurements)
    assert loaded.measurements.dtype == np.float32
    assert loaded.descriptors == features.descriptors
    assert loaded.obs_descriptors["stimulus_id"] == ["a", "b", "c"]


def test_features_of_several_layers_come_back_with_the_layer_of_each(tmp_path, features):
    layers = ["layers.1", "layers.1", "layers.3", "layers.3"]
    file = FeaturesFile(filepath=tmp_path / "features.h5")

    file.save(Dataset(features.measurements, channel_descriptors={"layer": layers}))

    assert file.load().channel_descriptors["layer"] == layers
    assert rsatoolbox_load_dataset(str(tmp_path / "features.h5")).n_channel == 4


def test_features_that_know_no_layers_load_as_before(tmp_path, features):
    FeaturesFile(filepath=tmp_path / "features.h5").save(features)

    assert "layer" not in FeaturesFile(filepath=tmp_path / "features.h5").load().channel_descriptors


def test_saved_features_need_their_shards_no_more(tmp_path, features):
    shards = ShardsFolder(filepath=tmp_path / "vit.shards")
    for name in ("vit.shards", "bert.shards"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "00000000-00000001.safetensors").write_bytes(b"rows")
    assert shards.load() == tmp_path / "vit.shards"

    FeaturesFile(filepath=tmp_path / "vit.h5").save(features)

    assert not shards.load().exists()
    assert (tmp_path / "bert.shards").is_dir()


def test_rsatoolbox_reads_our_features(tmp_path, features):
    FeaturesFile(filepath=tmp_path / "features.h5").save(features)

    loaded = rsatoolbox_load_dataset(str(tmp_path / "features.h5"))

    np.testing.assert_array_equal(loaded.measurements, features.measurements)


def test_previews_tell_what_is_inside(tmp_path, rdms, features):
    RDMsFile(filepath=tmp_path / "rdms.h5").save(rdms)
    FeaturesFile(filepath=tmp_path / "features.h5").save(features)

    rdms_preview = json.loads(RDMsFile(filepath=tmp_path / "rdms.h5").preview())
    features_preview = json.loads(FeaturesFile(filepath=tmp_path / "features.h5").preview())

    assert (rdms_preview["n_rdms"], rdms_preview["n_stimuli"]) == (2, 4)
    assert rdms_preview["first"][1] == {"subject": "2", "roi": "PPA"}
    assert (features_preview["n_stimuli"], features_preview["n_features"]) == (3, 4)
    assert features_preview["model"] == "vit"


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.95])
def test_a_truncated_file_is_refused_by_name(tmp_path, rdms, keep):
    path = tmp_path / "rdms.h5"
    RDMsFile(filepath=path).save(rdms)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep if keep > 1 else keep * len(content))])

    with pytest.raises(DatasetError, match=r"rdms.h5 is truncated or not a file of rdms"):
        RDMsFile(filepath=path).load()


def test_a_file_of_another_kind_is_refused(tmp_path, features):
    FeaturesFile(filepath=tmp_path / "x.h5").save(features)

    with pytest.raises(DatasetError, match="holds features in format 1, expected rdms"):
        RDMsFile(filepath=tmp_path / "x.h5").load()


def test_a_file_that_lacks_a_part_is_refused(tmp_path, rdms):
    RDMsFile(filepath=tmp_path / "x.h5").save(rdms)
    with h5py.File(tmp_path / "x.h5", "a") as file:
        del file["dissimilarities"]

    with pytest.raises(DatasetError, match="delete it and run its pipeline again"):
        RDMsFile(filepath=tmp_path / "x.h5").load()


def test_a_missing_file_says_what_to_run(tmp_path):
    with pytest.raises(DatasetError, match="does not exist; run the pipeline"):
        RDMsFile(filepath=tmp_path / "x.h5").load()


def test_a_failed_write_keeps_the_old_file(tmp_path, rdms):
    file = RDMsFile(filepath=tmp_path / "rdms.h5")
    file.save(rdms)
    broken = label_rdms(np.zeros((1, 1)), ["a", "b"], {}, "correlation")
    broken.pattern_descriptors["stimulus_id"] = [object(), object()]

    with pytest.raises(DatasetError):
        file.save(broken)

    assert file.load().n_rdm == 2
    assert [path.name for path in tmp_path.iterdir()] == ["rdms.h5"]


@pytest.mark.parametrize("dataset", [ParquetTable, CSVTable])
def test_tables_are_written_whole(tmp_path, dataset, monkeypatch):
    path = tmp_path / "table"
    options = {"save_args": {"index": False}}
    dataset(filepath=str(path), **options).save(pd.DataFrame({"a": [1, 2]}))
    interrupted = dataset(filepath=str(path), **options)

    def half(self, target=None, *args, **kwargs):
        (target or kwargs["path_or_buf"]).write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_parquet", half)
    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    with pytest.raises((KeyboardInterrupt, DatasetError)):
        interrupted.save(pd.DataFrame({"a": [3]}))

    assert list(dataset(filepath=str(path)).load()["a"]) == [1, 2]
    assert [entry.name for entry in tmp_path.iterdir()] == ["table"]


@pytest.mark.parametrize("dataset", [ParquetTable, CSVTable])
def test_a_missing_table_says_what_to_run(tmp_path, dataset):
    with pytest.raises(DatasetError, match="table does not exist; run the pipeline"):
        dataset(filepath=str(tmp_path / "table")).load()


def test_a_truncated_table_is_refused_by_name(tmp_path):
    file = ParquetTable(filepath=str(tmp_path / "clusters.parquet"))
    file.save(pd.DataFrame({"a": range(1000)}))
    content = (tmp_path / "clusters.parquet").read_bytes()
    (tmp_path / "clusters.parquet").write_bytes(content[: len(content) // 2])

    with pytest.raises(DatasetError, match="clusters.parquet is truncated or not a table .*; delete it"):
        file.load()


def test_a_table_with_lists_has_a_preview_that_json_can_hold(tmp_path):
    file = ParquetTable(filepath=str(tmp_path / "stimuli.parquet"))
    file.save(
        pd.DataFrame(
            {"id": ["a", "b"], "captions": [["x", "y"], []], "n": pd.array([1, None], dtype="Int64")}
        )
    )

    assert json.loads(json.dumps(file.preview(nrows=2)))["data"] == [["a", ["x", "y"], 1], ["b", [], None]]


def test_folders_in_a_record_survive_a_move(tmp_path):
    project = tmp_path / "project"
    (project / "raw").mkdir(parents=True)
    JSONRecord(filepath=project / "data" / "study.json").save({"root_folder": project / "raw", "n": 1})
    moved = project.rename(tmp_path / "elsewhere")

    assert JSONRecord(filepath=moved / "data" / "study.json").load() == {"root_folder": moved / "raw", "n": 1}


def test_a_broken_record_is_refused(tmp_path):
    (tmp_path / "study.json").write_text("{")

    with pytest.raises(DatasetError, match="study.json is truncated or not a JSON record"):
        JSONRecord(filepath=tmp_path / "study.json").load()


def test_replacing_a_folder_by_a_folder(tmp_path):
    target = tmp_path / "folder"
    for content in ("old", "new"):
        with replacing(target) as scratch:
            scratch.mkdir()
            (scratch / content).touch()

    assert [entry.name for entry in target.iterdir()] == ["new"]


def test_replacing_keeps_the_old_on_an_error(tmp_path):
    target = tmp_path / "file"
    target.write_text("old")

    def write_half():
        with replacing(target) as scratch:
            scratch.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_stimulus_without_any_category_has_features_all_the_same():
    labels = {"model": "x", "checkpoint": "x", "layer": "x", "pooling": "none", "fingerprint": "0"}
    rows = np.array([[1.0, 0.0], [0.0, 0.0]], dtype=np.float32)

    def features(modality):
        return Dataset(rows, labels | {"modality": modality}, {"stimulus_id": ["a", "b"]})

    ValidFeatures().validate(features("stimulus"))
    with pytest.raises(StorageError, match="constant for stimulus b"):
        ValidFeatures().validate(features("vision"))
