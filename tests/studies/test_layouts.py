"""Raw folders in the real layouts: what is read from them, and what is refused."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.studies import records
from tyrosine.errors import StudyError
from tyrosine.studies import layouts

REGIONS78 = {"ventral stream": ["EVC", "IT"]}
REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}


def read(root, source="auto"):
    return layouts.read_stimuli(layouts.open_study(root, source))


def record(root, regions, n, subjects="all", hemispheres="both"):
    names = [f"{number:05d}" for number in range(n)]
    return records.record(layouts.open_study(root, "auto"), names, regions, subjects, hemispheres)


def test_layouts_are_recognised(images78, algonauts):
    # Both fixtures live in the same place, so the second adds its files to the first.
    assert layouts.open_study(images78, "images78").layout == "images78"
    assert layouts.open_study(algonauts, "algonauts_shared").layout == "algonauts_shared"


def test_auto_finds_the_layout(images78):
    assert layouts.open_study(images78, "auto") == layouts.StudyFolder(images78, "images78", False)


def test_a_folder_of_no_layout_is_refused_with_what_each_lacks(tmp_path):
    with pytest.raises(
        StudyError,
        match="algonauts_shared it lacks images, metadata_shared.csv.*images78 it lacks stimuli_data",
    ):
        layouts.open_study(tmp_path, "auto")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(StudyError, match="does not exist.*study.path"):
        layouts.open_study(tmp_path / "nowhere", "auto")


def test_images78_stimuli_are_sorted_and_captioned(images78):
    table = read(images78)

    assert list(table["stimulus_id"]) == [f"image_{k:02d}" for k in range(1, 6)]
    assert table["image"][0] == "stimuli_data/image_01.jpg"
    assert table["captions"][2] == ["Picture number 3."]
    assert table["nsd_id"].isna().all()


def test_images78_without_captions_has_none(images78):
    shutil.rmtree(images78 / "captions")

    assert read(images78)["captions"].map(len).sum() == 0


def test_images78_rdms_come_region_by_region(images78):
    recordings = record(images78, REGIONS78, 5, subjects=(1, 3))

    stored = np.load(images78 / "brain_data" / "fmri_IT_RDMs.npz")["arr_0"]
    assert [(r.subject, r.roi) for r in recordings] == [(1, "EVC"), (3, "EVC"), (1, "IT"), (3, "IT")]
    np.testing.assert_array_equal(recordings[3].rdm, stored[2])


def test_algonauts_rows_follow_the_metadata(algonauts):
    table = read(algonauts)

    assert list(table["nsd_id"]) == [12, 7, 103, 4, 88, 2950]
    assert list(table["stimulus_id"]) == ["00012", "00007", "00103", "00004", "00088", "02950"]
    assert list(table["coco_id"]) == [1012, 1007, 1103, 1004, 1088, 3950]
    assert table["captions"][5] == ["First caption of 2950.", "Second caption of 2950."]


def test_algonauts_images_are_found_by_nsd_id(algonauts):
    metadata = pd.read_csv(algonauts / "metadata_shared.csv").drop(columns="filename")
    metadata.to_csv(algonauts / "metadata_shared.csv", index=False)
    (algonauts / "images" / "00012.png").rename(algonauts / "images" / "train-0123_nsd-00012.png")
    (algonauts / "images" / "00007.png").rename(algonauts / "images" / "7.png")

    table = read(algonauts)

    assert list(table["image"][:3]) == ["images/train-0123_nsd-00012.png", "images/7.png", "images/00103.png"]


def test_hemispheres_are_put_side_by_side(algonauts):
    both = record(algonauts, REGIONS, 6)[0]
    left = record(algonauts, REGIONS, 6, hemispheres="lh")[0]
    right = record(algonauts, REGIONS, 6, hemispheres="rh")[0]

    assert both.responses.shape == (6, 7)
    np.testing.assert_array_equal(both.responses, np.hstack([left.responses, right.responses]))


def test_a_region_that_a_subject_lacks_is_left_out(algonauts):
    recordings = record(algonauts, REGIONS, 6)

    assert [(r.subject, r.selectivity, r.roi) for r in recordings] == [
        (1, "bodies", "EBA"), (2, "bodies", "EBA"), (1, "places", "PPA"),
    ]  # fmt: skip


def test_categories_come_from_coco_annotations(algonauts):
    annotations = [{"image_id": 1012, "category_id": c} for c in (18, 1, 18)] + [
        {"image_id": 5, "category_id": 2}
    ]
    (algonauts / "instances_val2017.json").write_text(json.dumps({"annotations": annotations}))

    table = read(algonauts)

    assert table["category_ids"][0] == [1, 18]
    assert table["category_ids"][1] == []


def test_captions_with_byte_order_mark_and_crlf_are_clean(images78):
    (images78 / "captions" / "image_02.txt").write_bytes(b"\xef\xbb\xbfA dog.\r\nA cat.\r\n")

    assert read(images78)["captions"][1] == ["A dog.", "A cat."]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("mode", ["grey", "palette", "alpha"])
def test_pictures_of_every_mode_open(images78, mode, dtype):
    if mode != "grey" and dtype == np.uint16:
        pytest.skip("Pillow has 16 bits for grey only")
    path = images78 / "stimuli_data" / "image_01.jpg"
    path.unlink()
    picture = Image.fromarray(np.arange(64, dtype=dtype).reshape(8, 8))
    if mode != "grey":
        picture = picture.convert({"palette": "P", "alpha": "RGBA"}[mode])
    picture.save(path.with_suffix(".png"))

    assert read(images78)["image"][0] == "stimuli_data/image_01.png"


def edit_metadata(root, change):
    path = root / "metadata_shared.csv"
    table = change(pd.read_csv(path))
    table.to_csv(path, index=False)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BROKEN78 = {
    "an image that does not open": (
        lambda root: (root / "stimuli_data/image_03.jpg").write_bytes(b"no picture"),
        "image of stimulus image_03, .*image_03.jpg, does not open",
    ),
    "a truncated image": (
        lambda root: truncate(root / "stimuli_data/image_03.jpg"),
        "image_03.*does not open",
    ),
    "no images": (lambda root: [p.unlink() for p in (root / "stimuli_data").iterdir()], "holds no images"),
    "two images of one name": (
        lambda root: shutil.copy(root / "stimuli_data/image_01.jpg", root / "stimuli_data/image_01.png"),
        "image_01 is listed twice",
    ),
    "a missing captions file": (
        lambda root: (root / "captions/image_04.txt").unlink(),
        "image_04 has no captions file; expected .*captions/image_04.txt",
    ),
    "an empty caption": (
        lambda root: (root / "captions/image_04.txt").write_text(" \n"),
        "image_04 has an empty caption",
    ),
    "a caption that is not UTF-8": (
        lambda root: (root / "captions/image_04.txt").write_bytes("café".encode("latin-1")),
        "image_04.*not UTF-8",
    ),
    "an image that links out of the folder": (
        lambda root: (
            shutil.move(root / "stimuli_data/image_02.jpg", root.parent / "elsewhere.jpg"),
            (root / "stimuli_data/image_02.jpg").symlink_to(root.parent / "elsewhere.jpg"),
        ),
        "leads out of the study's folder",
    ),
}


@pytest.mark.parametrize("kind", BROKEN78)
def test_broken_stimuli_are_refused(images78, kind):
    breaks, words = BROKEN78[kind]
    breaks(images78)

    with pytest.raises(StudyError, match=words):
        read(images78)


def save_rdms(root, change):
    path = root / "brain_data/fmri_IT_RDMs.npz"
    rdms = np.load(path)["arr_0"]
    np.savez(path, **change(rdms))


BROKEN78_RDMS = {
    "another number of stimuli": (
        lambda root: save_rdms(root, lambda r: {"arr_0": r[:, :4, :4]}),
        r"IT in .* have shape \(3, 4, 4\); expected \(n_subjects, 5, 5\)",
    ),
    "not square": (lambda root: save_rdms(root, lambda r: {"arr_0": r[:, :4]}), r"shape \(3, 4, 5\)"),
    "another array name": (
        lambda root: save_rdms(root, lambda r: {"rdm": r}),
        "has no array 'arr_0' but rdm",
    ),
    "pickled objects": (
        lambda root: save_rdms(root, lambda r: {"arr_0": np.array([{"a": 1}], dtype=object)}),
        "cannot be read.*allow_pickle=False",
    ),
    "a truncated file": (
        lambda root: truncate(root / "brain_data/fmri_IT_RDMs.npz"),
        "IT cannot be read from",
    ),
}


@pytest.mark.parametrize("kind", BROKEN78_RDMS)
def test_broken_rdms_are_refused(images78, kind):
    breaks, words = BROKEN78_RDMS[kind]
    breaks(images78)

    with pytest.raises(StudyError, match=words):
        record(images78, REGIONS78, 5)


def test_a_region_that_nobody_has_is_refused_with_those_there_are(images78, algonauts):
    with pytest.raises(StudyError, match="No subject has region V4.*EVC, IT"):
        layouts.choose_subjects(
            layouts.StudyFolder(images78, "images78", False), "all", {"early": ["V4"]}, "both"
        )
    with pytest.raises(StudyError, match="No subject has region V4.*EBA, PPA"):
        layouts.choose_subjects(
            layouts.StudyFolder(algonauts, "algonauts_shared", False), "all", {"early": ["V4"]}, "both"
        )


def test_a_subject_that_is_not_there_is_refused(images78):
    with pytest.raises(StudyError, match="Subject 9.*subjects 1 to 3"):
        record(images78, REGIONS78, 5, subjects=(9,))


def test_a_subject_without_folder_is_refused(algonauts):
    with pytest.raises(StudyError, match="Subject 5 is not in .*subjects 1, 2"):
        record(algonauts, REGIONS, 6, subjects=(1, 5))


def test_one_hemisphere_of_merged_rdms_is_refused(images78):
    with pytest.raises(StudyError, match="both hemispheres together"):
        record(images78, REGIONS78, 5, hemispheres="lh")


BROKEN = {
    "a stimulus listed twice": (
        lambda root: edit_metadata(root, lambda t: pd.concat([t, t.iloc[:1]])),
        "00012 is listed twice",
    ),
    "empty metadata": (
        lambda root: (root / "metadata_shared.csv").write_text(""),
        "lacks the columns nsd_id",
    ),
    "metadata without rows": (lambda root: edit_metadata(root, lambda t: t.iloc[:0]), "has no rows"),
    "no captions": (
        lambda root: edit_metadata(root, lambda t: t.drop(columns=["caption_1", "caption_2"])),
        "lacks the columns caption_1",
    ),
    "an id that is no number": (
        lambda root: edit_metadata(root, lambda t: t.assign(nsd_id="x")),
        "'x' in column nsd_id",
    ),
    "a stimulus without captions": (
        lambda root: edit_metadata(root, lambda t: t.assign(caption_1="", caption_2="")),
        "00012 has an empty caption",
    ),
    "an empty caption before another": (
        lambda root: edit_metadata(root, lambda t: t.assign(caption_1="")),
        "00012 has an empty caption",
    ),
    "an image that is not there": (
        lambda root: (root / "images/00004.png").unlink(),
        "stimulus 00004, .*00004.png, is missing",
    ),
    "an image out of the folder": (
        lambda root: edit_metadata(root, lambda t: t.assign(filename="../../secret.png")),
        "leads out of the study's folder",
    ),
    "metadata that is not UTF-8": (
        lambda root: (root / "metadata_shared.csv").write_bytes(b"nsd_id,coco_id\n1,\xe9\n"),
        "not a UTF-8 table",
    ),
    "annotations that are no JSON": (
        lambda root: (root / "instances_train2017.json").write_text("{"),
        "not a COCO instance annotation file",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_metadata_are_refused(algonauts, kind):
    breaks, words = BROKEN[kind]
    breaks(algonauts)

    with pytest.raises(StudyError, match=words):
        read(algonauts)


def save_responses(root, change):
    path = root / "subj01/rois/EBA_lh_subj01.npy"
    np.save(path, change(np.load(path)))


BROKEN_RESPONSES = {
    "missing rows": (lambda r: r[:5], r"EBA of subject 1 in .*shape \(5, 4\); expected \(6, n_voxels\)"),
    "a NaN voxel": (lambda r: np.where(np.arange(4) == 2, np.nan, r), "first at row 0, voxel 2"),
    "integers": (lambda r: r.astype(int), "holds int64; expected floating-point"),
    "objects": (lambda r: r.astype(object), "cannot be read.*allow_pickle=False"),
}


@pytest.mark.parametrize("kind", BROKEN_RESPONSES)
def test_broken_responses_are_refused(algonauts, kind):
    change, words = BROKEN_RESPONSES[kind]
    save_responses(algonauts, change)

    with pytest.raises(StudyError, match=words):
        record(algonauts, REGIONS, 6)
