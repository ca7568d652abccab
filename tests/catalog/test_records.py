"""Records of what a result was made with: in the files themselves, readable without the rest."""

import json

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from rsatoolbox.data import Dataset

from tyrosine.catalog.datasets import FeaturesFile, JSONRecord, ParquetTable, RDMsFile
from tyrosine.catalog.records import Recipe, hash_table, hash_values, read_record, write_folder_record
from tyrosine.errors import StorageError
from tyrosine.rsa.rdms import label_rdms


def rdms(value=1.0, roi="EBA", measure="correlation"):
    return label_rdms(np.array([[value, 2.0, 3.0]]), ["a", "b", "c"], {"roi": [roi]}, measure)


def features(value=1.0):
    return Dataset(
        np.array([[value, 2.0]], dtype=np.float32), {"model": "vit"}, obs_descriptors={"stimulus_id": ["a"]}
    )


SAVED = {
    "h5 of RDMs": (RDMsFile, "x.h5", rdms()),
    "h5 of features": (FeaturesFile, "x.h5", features()),
    "table": (ParquetTable, "x.parquet", pd.DataFrame({"a": [1, 2], "b": ["x", None]})),
    "JSON": (JSONRecord, "x.json", {"a": 1}),
}


@pytest.fixture(params=SAVED)
def saved(request, tmp_path):
    kind, name, data = SAVED[request.param]
    dataset = kind(filepath=str(tmp_path / name))
    dataset.recipe = Recipe({"rdm.brain_distance": "cosine", "rdm.weights": [1, None]})
    dataset.save(data)
    return dataset, tmp_path / name, data


def test_a_file_says_what_it_was_made_with(saved):
    _, path, _ = saved

    record = read_record(path)

    assert record.parameters == {"rdm.brain_distance": "cosine", "rdm.weights": [1, None]}
    assert record.inputs == {}
    assert len(record.content) == 32


def test_what_is_saved_by_hand_has_content_and_no_parameters(saved):
    dataset, path, data = saved
    content = read_record(path).content
    dataset.recipe = None

    dataset.save(data)

    assert read_record(path).parameters is None
    assert read_record(path).content == content


def test_a_dataset_records_the_content_of_what_it_was_made_from(saved, tmp_path):
    _, path, _ = saved
    made = ParquetTable(filepath=str(tmp_path / "made.parquet"))
    made.recipe = Recipe({}, {"first": path, "gone": tmp_path / "gone.h5"})

    made.save(pd.DataFrame({"a": [1]}))

    assert read_record(tmp_path / "made.parquet").inputs == {"first": read_record(path).content}


def test_a_table_loads_as_it_was_with_its_record_beside(tmp_path):
    table = pd.DataFrame({"a": [1, 2], "lists": [["x"], []]})
    dataset = ParquetTable(filepath=str(tmp_path / "x.parquet"))

    dataset.save(table)

    assert table.attrs == {}
    loaded = dataset.load()
    assert [list(entry) for entry in loaded.pop("lists")] == [["x"], []]
    pd.testing.assert_frame_equal(loaded, table[["a"]], check_flags=False)
    metadata = pyarrow.parquet.read_metadata(tmp_path / "x.parquet").metadata
    assert json.loads(metadata[b"PANDAS_ATTRS"])["tyrosine_record"]["content"] == hash_table(table)


def test_a_saved_record_is_an_attribute_of_hdf5(tmp_path):
    RDMsFile(filepath=str(tmp_path / "x.h5")).save(rdms())

    with h5py.File(tmp_path / "x.h5") as file:
        assert json.loads(file.attrs["tyrosine_record"])["parameters"] is None


@pytest.mark.parametrize("other", [rdms(1.5), rdms(roi="PPA"), rdms(measure="cosine")])
def test_values_labels_and_measure_of_rdms_are_their_content(tmp_path, other):
    for name, data in (("same", rdms()), ("again", rdms()), ("other", other)):
        RDMsFile(filepath=str(tmp_path / f"{name}.h5")).save(data)

    content = {name: read_record(tmp_path / f"{name}.h5").content for name in ("same", "again", "other")}
    assert content["same"] == content["again"] != content["other"]


def test_what_is_incidental_is_no_content(tmp_path):
    dataset = JSONRecord(filepath=tmp_path / "x.json", incidental=["title"])
    dataset.save({"title": "One", "layout": "nsd"})
    first = read_record(tmp_path / "x.json").content

    dataset.save({"title": "Two", "layout": "nsd"})

    assert read_record(tmp_path / "x.json").content == first
    assert dataset.load() == {"title": "Two", "layout": "nsd"}
    dataset.save({"title": "Two", "layout": "other"})
    assert read_record(tmp_path / "x.json").content != first


def test_where_a_checkpoint_lies_is_no_content_of_its_features(tmp_path):
    contents = []
    for place, revision in (("here", "1"), ("there", "1"), ("there", "2")):
        given = features()
        given.descriptors |= {"checkpoint": place, "revision": revision}
        FeaturesFile(filepath=str(tmp_path / "x.h5")).save(given)
        contents.append(read_record(tmp_path / "x.h5").content)

    assert contents[0] == contents[1] != contents[2]


def test_the_content_of_a_folder_is_that_of_its_parts(tmp_path):
    contents = []
    for values in ((1.0, 2.0), (1.0, 2.0), (1.0, 3.0), (1.0,), ()):
        folder = tmp_path / f"folder{len(contents)}"
        folder.mkdir()
        for subject, value in enumerate(values):
            FeaturesFile(filepath=folder / f"{subject}.h5").save(features(value))
        write_folder_record(folder, Recipe({"study.subjects": "all"}))
        contents.append(read_record(folder).content)

    assert read_record(folder).parameters == {"study.subjects": "all"}
    assert contents[0] == contents[1]
    assert len(set(contents)) == 4


def test_there_is_no_record_of_what_is_not_there_or_has_none(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "plain.parquet")
    (tmp_path / "plain.json").write_text("{}", encoding="utf-8")
    h5py.File(tmp_path / "plain.h5", "w").close()

    assert read_record(tmp_path / "absent.parquet") is None
    assert [read_record(tmp_path / f"plain.{kind}") for kind in ("parquet", "json", "h5")] == [None] * 3


@pytest.mark.parametrize("kind", ["parquet", "json", "h5"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\x89HDF\r\n\x1a\nPAR1"])
def test_a_broken_file_is_told_in_one_sentence(tmp_path, kind, content):
    path = tmp_path / f"broken.{kind}"
    path.write_bytes(content)

    with pytest.raises(StorageError, match=f"broken.{kind} is truncated or not .*; delete it") as told:
        read_record(path)
    assert "\n" not in str(told.value)


def test_a_truncated_table_is_told_in_one_sentence(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": range(1000)}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(StorageError, match="is truncated or not"):
        read_record(path)


def test_tables_that_differ_in_a_value_a_type_or_a_name_differ_in_content():
    table = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"]})

    assert hash_table(table) == hash_table(table.copy())
    assert hash_table(table) == hash_table(table.set_index(pd.Index([5, 6])))
    for other in (
        table.assign(a=[1.0, 2.0]),
        table.rename(columns={"a": "c"}),
        table.iloc[::-1],
        table.astype({"a": "float32"}),
    ):
        assert hash_table(other) != hash_table(table)


def test_arrays_that_differ_in_type_or_shape_differ_in_content():
    zeros = np.zeros(4)

    assert hash_values(zeros) == hash_values(zeros[::2].repeat(2))
    assert len({hash_values(a) for a in (zeros, zeros.astype("f4"), zeros.reshape(2, 2), zeros[:3])}) == 4


def test_features_are_the_same_wherever_their_checkpoint_lies(tmp_path):
    values = np.ones((2, 3), dtype=np.float32)
    contents = []
    for place, revision in (("/one", "a"), ("/other", "a"), ("/one", "b")):
        path = tmp_path / f"{len(contents)}.h5"
        FeaturesFile(filepath=path).save(
            Dataset(values, {"checkpoint": place, "revision": revision}, {"stimulus_id": ["x", "y"]})
        )
        contents.append(read_record(path).content)

    assert contents[0] == contents[1] != contents[2]
