"""The layout `algonauts_2023`: what is read from the challenge's folder, and what is refused."""

import shutil

import numpy as np
import pandas as pd
import pytest

from tests.studies.whole_nsd import NUMBERS, REGIONS, SEEN, TEST, ingest, of_region, picture, write_algonauts
from tyrosine.errors import StudyError
from tyrosine.studies import files, layouts


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "raw"
    root.mkdir()
    return root, write_algonauts(root)


@pytest.fixture
def root(folder):
    return folder[0]


def test_the_layout_is_recognised(root):
    assert layouts.open_study(root, "auto").layout == "algonauts_2023"


def test_stimuli_are_those_that_any_subject_saw_by_nsd_id(root):
    stimuli, _, _ = ingest(root)

    ids = sorted({*SEEN[1], *SEEN[2], *TEST})
    assert stimuli["nsd_id"].tolist() == ids
    assert stimuli["stimulus_id"].tolist() == [f"{nsd_id:05d}" for nsd_id in ids]
    assert set(stimuli["row_source"]) == {"row numbers in file names"}


def test_captions_and_categories_come_from_coco(root):
    stimuli, _, _ = ingest(root)

    one = stimuli.set_index("nsd_id").loc[845]
    assert one["coco_id"] == 2 * 845 + 1
    assert one["captions"] == ["Caption 1 of 845.", "Caption 2 of 845."]
    assert one["categories"] == ["dog"]


def test_each_subject_saw_images_of_its_own_in_the_order_of_its_rows(root):
    _, presentations, _ = ingest(root)

    shown = presentations.groupby("subject")["stimulus_id"].agg(list)
    assert shown[1] == [f"{nsd_id:05d}" for nsd_id in (*SEEN[1], *TEST)]
    assert shown[2] == [f"{nsd_id:05d}" for nsd_id in SEEN[2]]
    assert presentations["repetition"].isna().all()


def test_responses_are_those_of_the_vertices_that_the_masks_name(folder):
    root, made = folder

    _, _, responses = ingest(root)

    for subject in (1, 2):
        for roi, (class_name, number) in NUMBERS.items():
            splits = ("train", "test") if subject == 1 else ("train",)
            expected = [
                np.vstack([made[subject, side, split] for split in splits])[
                    :, made[subject, side, class_name] == number
                ]
                for side in ("lh", "rh")
            ]
            np.testing.assert_array_equal(of_region(responses[subject], roi), np.hstack(expected))


def test_channels_know_their_vertex_and_hemisphere(folder):
    root, made = folder

    _, _, responses = ingest(root, hemispheres="rh")

    labels = responses[1].channel_descriptors
    chosen = np.asarray(labels["roi"]) == "EBA"
    assert set(np.asarray(labels["hemisphere"])[chosen]) == {"rh"}
    np.testing.assert_array_equal(
        np.asarray(labels["channel"])[chosen], np.flatnonzero(made[1, "rh", "floc-bodies"] == 1)
    )


def test_blocks_of_rows_make_no_difference(root, monkeypatch):
    _, _, whole = ingest(root)
    monkeypatch.setattr(files, "BLOCK_BYTES", 100)

    _, _, in_blocks = ingest(root)

    np.testing.assert_array_equal(in_blocks[1].measurements, whole[1].measurements)


def test_masks_of_fsaverage_stand_in_for_those_of_the_challenge(root):
    _, _, expected = ingest(root)
    for path in root.glob("subj*/roi_masks/*_challenge_space.npy"):
        path.unlink()

    _, _, responses = ingest(root)

    np.testing.assert_array_equal(responses[2].measurements, expected[2].measurements)


def test_pickled_mappings_are_never_loaded(root, capsys):
    ingest(root)

    assert "a pickle was loaded" not in capsys.readouterr().out


def test_the_test_split_is_left_out_where_nobody_has_its_responses(root):
    shutil.rmtree(root / "subj01/test_split/test_fmri")

    stimuli, presentations, responses = ingest(root)

    assert not set(TEST) & set(stimuli["nsd_id"])
    assert (presentations["subject"] == 1).sum() == responses[1].n_obs == len(SEEN[1])


def test_stimuli_of_one_subject_are_read_for_one_subject(root):
    shutil.rmtree(root / "subj02/training_split/training_images")

    stimuli, _, _ = ingest(root, subjects=[1])

    assert set(stimuli["nsd_id"]) == {*SEEN[1], *TEST}


def test_noise_ceilings_become_signal_to_noise_ratios(folder):
    root, made = folder
    shares = {}
    for subject in (1, 2):
        (root / f"subj{subject:02d}/test_split/noise_ceiling").mkdir(parents=True)
        for side in ("lh", "rh"):
            ncsnr = np.random.default_rng(subject).uniform(0, 2, made[subject, side, "train"].shape[1])
            # The definition of the challenge, for images that were shown three times.
            share = ncsnr**2 / (ncsnr**2 + 1 / 3)
            np.save(root / f"subj{subject:02d}/test_split/noise_ceiling/{side}_noise_ceiling.npy", share)
            shares[subject, side] = ncsnr

    _, _, responses = ingest(root)
    _, _, chosen = ingest(root, min_ncsnr=0.5)

    labels = responses[1].channel_descriptors
    expected = [
        shares[1, side][vertex] for side, vertex in zip(labels["hemisphere"], np.asarray(labels["channel"]))
    ]
    np.testing.assert_allclose(labels["ncsnr"], expected, rtol=1e-6)
    assert chosen[1].n_channel == (np.array(expected) >= 0.5).sum()


def test_a_region_that_a_subject_lacks_is_left_out(root):
    for side in ("lh", "rh"):
        path = root / f"subj02/roi_masks/{side}.floc-faces_challenge_space.npy"
        np.save(path, np.where(np.load(path) == 2, 0, np.load(path)))

    _, _, responses = ingest(root)

    assert set(responses[2].channel_descriptors["roi"]) == {"EBA", "V1v"}
    with pytest.raises(StudyError, match="No subject of 2 has region FFA-1: no vertex has its number"):
        ingest(root, subjects=[2])


def test_images_without_coco_ids_will_do_where_no_captions_are_wanted(root):
    for path in (*root.glob("*.json"), root / "nsd_stim_info_merged.csv"):
        path.unlink()

    stimuli, _, _ = ingest(root)

    assert stimuli["coco_id"].isna().all()
    assert stimuli["captions"].map(len).sum() == 0


def matrix(root):
    return root / "subj01/training_split/training_fmri/lh_training_fmri.npy"


def save(path, change):
    np.save(path, change(np.load(path)))


def mask(root):
    return root / "subj01/roi_masks/lh.floc-bodies_challenge_space.npy"


IMAGES = "training_split/training_images"
BROKEN = {
    "a row without an image": (
        lambda root: (root / f"subj01/{IMAGES}/train-0002_nsd-00003.png").unlink(),
        "has 4 images but none of row 2",
    ),
    "two images of a row": (
        lambda root: picture(7).save(root / f"subj01/{IMAGES}/train-0002_nsd-00007.png"),
        "another image has the same row",
    ),
    "a name without an id": (
        lambda root: picture(7).save(root / f"subj01/{IMAGES}/train-0006.png"),
        "train-0006.png does not say which row and which NSD id",
    ),
    "an id that is off by one in one subject": (
        lambda root: [
            (root / f"subj02/{IMAGES}/train-0004_nsd-00500.png").unlink(),
            picture(501).save(root / f"subj02/{IMAGES}/train-0004_nsd-00500.png"),
        ],
        "train-0004_nsd-00500.png and .* are different pictures of NSD id 500; the ids .* are shifted",
    ),
    "ids counted from 1": (
        lambda root: (root / f"subj01/{IMAGES}/train-0004_nsd-72999.png").rename(
            root / f"subj01/{IMAGES}/train-0004_nsd-73000.png"
        ),
        r"ids beyond 72999 \(73000\); ids are counted from 0",
    ),
    "an image in both splits": (
        lambda root: [
            (root / "subj01/test_split/test_images/test-0001_nsd-00009.png").unlink(),
            picture(3).save(root / "subj01/test_split/test_images/test-0001_nsd-00003.png"),
        ],
        "Subject 1 has stimulus 00003 twice",
    ),
    "no table of COCO ids": (
        lambda root: (root / "nsd_stim_info_merged.csv").unlink(),
        "COCO's captions are there, but not nsd_stim_info_merged.csv",
    ),
    "a table of COCO ids that lacks images": (
        lambda root: pd.read_csv(root / "nsd_stim_info_merged.csv")[:4].to_csv(
            root / "nsd_stim_info_merged.csv", index=False
        ),
        "nsd_stim_info_merged.csv lacks 4 of 8 stimuli",
    ),
    "rows of other images": (
        lambda root: save(matrix(root), lambda r: r[:4]),
        r"lh, .*lh_training_fmri.npy, have shape \(4, 14\).*expected \(5, n_vertices\)",
    ),
    "a truncated matrix": (
        lambda root: matrix(root).write_bytes(matrix(root).read_bytes()[:200]),
        "training responses of subject 1, lh, cannot be read",
    ),
    "a NaN vertex": (
        lambda root: save(matrix(root), lambda r: np.where(np.arange(14) < 14, np.nan, r).astype("f4")),
        "Region EBA of subject 1 in .* is not finite, first at row 0",
    ),
    "pickled responses": (
        lambda root: save(matrix(root), lambda r: r.astype(object)),
        "cannot be read",
    ),
    "a mask of another subject": (
        lambda root: save(mask(root), lambda m: m[:-1]),
        "mask floc-bodies has 13 vertices, and the training responses .* have 14; .*one space",
    ),
    "a mask of fsaverage": (
        lambda root: np.save(mask(root), np.ones(163_842, dtype=int)),
        "mask floc-bodies has 163842 vertices.*That is the number of fsaverage",
    ),
    "a mask with an unknown number": (
        lambda root: save(mask(root), lambda m: m + 9),
        "mask floc-bodies of subject 1, .* holds 9, .* which is the number of no region; expected 1 for EBA",
    ),
    "noise ceilings in per cent": (
        lambda root: [
            (root / "subj01/test_split/noise_ceiling").mkdir(),
            np.save(root / "subj01/test_split/noise_ceiling/lh_noise_ceiling.npy", np.linspace(0, 80, 14)),
        ],
        "noise ceilings of subject 1, lh, .* reach from 0 to 80; expected shares of variance, from 0 to 1",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_folders_are_refused(root, kind):
    breaks, words = BROKEN[kind]
    breaks(root)

    with pytest.raises(StudyError, match=words):
        ingest(root)


def test_a_subject_without_a_shared_image_is_refused(root):
    folder = root / f"subj02/{IMAGES}"
    for path in folder.iterdir():
        path.unlink()
    for row, nsd_id in enumerate((101, 102, 103, 104), start=1):
        picture(nsd_id).save(folder / f"train-{row:04d}_nsd-{nsd_id:05d}.png")
    (root / "nsd_stim_info_merged.csv").unlink()
    (root / "captions_train2017.json").unlink()

    with pytest.raises(StudyError, match="Subject 1 saw no stimulus that any other chosen subject saw"):
        ingest(root)
    _, _, alone = ingest(root, subjects=[2])
    assert list(alone) == [2]


def test_averages_of_normalised_trials_stay_as_they_are(root):
    _, _, expected = ingest(root)

    _, _, responses = ingest(root, normalise="session")

    np.testing.assert_array_equal(responses[1].measurements, expected[1].measurements)


def test_a_region_that_nsd_does_not_have_is_refused(root):
    with pytest.raises(StudyError, match="NSD has no region V9; .*prf-visualrois: V1v"):
        ingest(root, regions={"early": ["V9"]})


def test_a_subject_that_is_not_there_is_refused(root):
    with pytest.raises(StudyError, match="Subject 3 is not in"):
        ingest(root, regions=REGIONS, subjects=[1, 3])
