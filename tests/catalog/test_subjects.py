"""A file a subject: loaded and saved one at a time, replaced as a whole, checked on every load and save."""

import json

import numpy as np
import pytest
from kedro.io import DatasetError
from rsatoolbox.data import load_dataset as rsatoolbox_load_dataset

from tyrosine.catalog.subjects import DistributedRDMsFile, ResponsesFile, SubjectFolder
from tyrosine.errors import StorageError
from tyrosine.rsa.rdms import label_rdms
from tyrosine.rsa.responses import label_responses

CHANNELS = {
    "selectivity": ["bodies", "bodies", "places"],
    "roi": ["EBA", "EBA", "PPA"],
    "hemisphere": ["lh", "rh", "lh"],
    "channel": [0, 0, 5],
}


def made(subject, change=lambda responses: None, **channels):
    values = np.random.default_rng(subject).normal(size=(4, 3))
    responses = label_responses(values, subject, ["a", "b", "c", "d"], CHANNELS | channels)
    change(responses)
    return responses


def folder(root):
    return SubjectFolder(path=str(root / "responses"), dataset=ResponsesFile, filename_suffix=".h5")


def test_responses_load_as_they_were_saved(tmp_path):
    folder(tmp_path).save({"subj01": made(1)})

    loaded = folder(tmp_path).load()["subj01"]()

    np.testing.assert_array_equal(loaded.measurements, made(1).measurements)
    assert loaded.measurements.dtype == np.float32
    assert loaded.descriptors["subject"] == 1
    assert loaded.obs_descriptors["stimulus_id"] == ["a", "b", "c", "d"]
    # Neither the repetition of an average nor an unknown session has a number.
    assert loaded.obs_descriptors["repetition"] == loaded.obs_descriptors["session"] == [0, 0, 0, 0]
    assert {key: loaded.channel_descriptors[key] for key in CHANNELS} == CHANNELS


@pytest.mark.filterwarnings("ignore")
def test_rsatoolbox_reads_a_subjects_file(tmp_path):
    folder(tmp_path).save({"subj02": made(2)})

    theirs = rsatoolbox_load_dataset(tmp_path / "responses/subj02.h5", file_type="hdf5")

    np.testing.assert_array_equal(theirs.measurements, made(2).measurements)


def test_one_subject_is_in_memory_at_a_time(tmp_path):
    told = []

    def promise(subject):
        def make():
            told.append((subject, sorted(path.name for path in tmp_path.rglob("*.h5"))))
            return made(subject)

        return make

    folder(tmp_path).save({"subj02": promise(2), "subj01": promise(1)})

    # The file of the first is written before the second is made.
    assert told == [(1, []), (2, ["subj01.h5"])]
    assert list(folder(tmp_path).load()) == ["subj01", "subj02"]


def test_a_rerun_leaves_no_subject_that_is_no_longer_there(tmp_path):
    folder(tmp_path).save({"subj01": made(1), "subj02": made(2)})
    folder(tmp_path).save({"subj02": made(2), "subj03": lambda: None})

    assert list(folder(tmp_path).load()) == ["subj02"]
    assert [path.name for path in tmp_path.iterdir()] == ["responses"]


def test_a_failed_write_keeps_what_was_there(tmp_path):
    folder(tmp_path).save({"subj01": made(1)})

    def fails():
        raise StorageError("The disk is full.")

    with pytest.raises(DatasetError, match="The disk is full"):
        folder(tmp_path).save({"subj01": made(2), "subj02": fails})

    assert folder(tmp_path).load()["subj01"]().descriptors["subject"] == 1
    assert {path.name for path in tmp_path.rglob("*")} == {"responses", "subj01.h5", "record.json"}


def test_a_study_may_have_none(tmp_path):
    assert not folder(tmp_path).exists()
    folder(tmp_path).save({})

    assert folder(tmp_path).load() == {}
    assert folder(tmp_path).exists()
    assert json.loads(folder(tmp_path).preview()) == {"subjects": []}


def test_a_folder_that_is_not_there_names_what_to_do(tmp_path):
    with pytest.raises(DatasetError, match="responses does not exist; run the pipeline"):
        folder(tmp_path).load()


def test_the_preview_counts_channels_by_region(tmp_path):
    folder(tmp_path).save({"subj01": made(1), "subj02": made(2)})

    shown = json.loads(folder(tmp_path).preview())

    assert shown["subjects"] == ["subj01", "subj02"]
    assert shown["first"]["channels"] == {"EBA": 2, "PPA": 1}
    assert (shown["first"]["n_observations"], shown["first"]["n_channels"]) == (4, 3)


def spoil(responses):
    responses.measurements[2, 2] = np.nan


BROKEN = {
    "a value that is not finite": (
        lambda: made(1, spoil),
        "responses of subject 1 are not finite in PPA for stimulus c",
    ),
    "a channel without region": (
        lambda: made(1, roi=["EBA", "", "PPA"]),
        "subject 1 have no region for channel 1",
    ),
    "a stimulus without name": (
        lambda: made(1, lambda r: r.obs_descriptors["stimulus_id"].__setitem__(3, "")),
        "subject 1 name no stimulus in row 3",
    ),
    "no hemispheres": (
        lambda: made(1, lambda r: r.channel_descriptors.pop("hemisphere")),
        "lack hemisphere in channel_descriptors",
    ),
    "no subject": (lambda: made(1, lambda r: r.descriptors.pop("subject")), "lack subject in descriptors"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_responses_are_refused_by_subject_region_and_stimulus(tmp_path, kind):
    make, words = BROKEN[kind]

    with pytest.raises(DatasetError, match=words):
        folder(tmp_path).save({"subj01": make})
    assert not (tmp_path / "responses").exists()


def test_distributed_rdms_name_their_hemisphere(tmp_path):
    labels = {"subject": [1], "selectivity": ["bodies"], "roi": ["EBA"]}
    dataset = SubjectFolder(path=str(tmp_path / "rdms"), dataset=DistributedRDMsFile, filename_suffix=".h5")
    with pytest.raises(DatasetError, match="lack the descriptors hemisphere"):
        dataset.save({"subj01": label_rdms(np.ones((1, 3)), list("abc"), labels, "as distributed")})

    labels["hemisphere"] = ["lh"]
    dataset.save({"subj01": label_rdms(np.ones((1, 3)), list("abc"), labels, "as distributed")})

    assert dataset.load()["subj01"]().rdm_descriptors["hemisphere"] == ["lh"]
