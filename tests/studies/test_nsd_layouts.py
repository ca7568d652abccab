"""The two layouts of NSD: what is read from either."""

import shutil

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import pdist, squareform

from tests.conftest import NSD_872_IDS as IDS
from tests.studies.nsd_folders import add_rdms, edit, read, record
from tyrosine.errors import StudyError
from tyrosine.studies import layouts
from tyrosine.studies.nsd_tables import nsd_id_of, parse_crop_box


@pytest.mark.parametrize(
    ("stem", "nsd_id"),
    [
        ("nsd-02950", 2950),
        ("shared_nsd-02950", 2950),
        ("train-0123_nsd-02950", 2950),
        ("02950", 2950),
        ("2950", 2950),
        ("nsd-00000", 0),
        ("picture", None),
    ],
)
def test_nsd_ids_are_found_in_every_kind_of_file_name(stem, nsd_id):
    assert nsd_id_of(stem) == nsd_id


@pytest.mark.parametrize("cell", ["(0, 0, 0.1, 0.25)", "[0,0,.1,.25]", "0.0, 0, 1e-1, 0.25"])
def test_crop_boxes_are_numbers_and_never_code(tmp_path, cell):
    assert parse_crop_box(cell, tmp_path) == (0, 0, 0.1, 0.25)


def test_the_former_layout_is_recognised(nsd_872):
    assert layouts.open_study(nsd_872, "auto") == layouts.StudyFolder(nsd_872, "nsd_872", False)


def test_the_folder_above_the_unpacked_archive_will_do(nsd_872):
    nsd_872.rename(nsd_872.parent / "NSD Dataset")

    assert layouts.open_study(nsd_872.parent, "auto").root == nsd_872.parent / "NSD Dataset"


def test_a_folder_of_two_layouts_is_refused(nsd_872, algonauts):
    shutil.copytree(nsd_872, algonauts, dirs_exist_ok=True)

    with pytest.raises(StudyError, match="parts of algonauts_shared and of nsd_872; name one"):
        layouts.open_study(algonauts, "auto")


def test_rows_are_the_sorted_file_names_and_say_so(nsd_872):
    table = read(nsd_872)

    assert list(table["nsd_id"]) == IDS
    assert list(table["coco_id"]) == [i + 100_000 for i in IDS]
    assert set(table["row_source"]) == {"sorted file names"}
    assert table["captions"][5] == ["First caption of 2950.", "Second caption of 2950."]
    assert table["crop_box"][0] == [0, 0, 0.125, 0.125]
    assert table["coco_split"][0] == "train2017"


def test_metadata_say_which_row_is_which(algonauts):
    assert set(read(algonauts)["row_source"]) == {"metadata row order"}


def test_a_row_column_decides_the_order(algonauts):
    edit(algonauts / "metadata_shared.csv", lambda t: t.assign(fmri_row=[5, 4, 3, 2, 1, 0]))

    table = read(algonauts)

    assert list(table["nsd_id"]) == [2950, 88, 4, 103, 7, 12]
    assert set(table["row_source"]) == {"metadata row column"}


def test_either_spelling_of_columns_is_read(algonauts, nsd_872):
    edit(
        algonauts / "metadata_shared.csv",
        lambda t: t.rename(columns={"nsd_id": "nsdId", "coco_id": "cocoId"}),
    )
    edit(
        nsd_872 / "coco.csv",
        lambda t: t.set_axis(["nsd_id", "coco_id", "coco_split", "crop_box"], axis=1),
    )

    assert list(read(algonauts)["coco_id"]) == [1012, 1007, 1103, 1004, 1088, 3950]
    assert list(read(nsd_872)["coco_id"]) == [i + 100_000 for i in IDS]


def test_hemispheres_are_put_side_by_side(nsd_872):
    both, left, right = (record(nsd_872, hemispheres=side)[0] for side in ("both", "lh", "rh"))

    np.testing.assert_array_equal(both.responses, np.hstack([left.responses, right.responses]))
    assert left.distributed == ()


def test_the_merged_rdm_comes_with_the_responses(nsd_872):
    recording = record(nsd_872)[0]

    np.testing.assert_allclose(
        recording.rdm, squareform(pdist(recording.responses, "correlation")), atol=1e-6
    )
    assert [part.hemisphere for part in recording.distributed] == ["both"]


def test_where_only_rdms_exist_they_are_used(nsd_872):
    shutil.rmtree(nsd_872 / "NSD_872_fmri")

    recordings = record(nsd_872)

    assert [(r.subject, r.roi) for r in recordings] == [(1, "EBA"), (2, "EBA"), (1, "PPA")]
    assert all(r.responses is None and r.rdm.shape == (6, 6) for r in recordings)


def test_combined_rdms_stand_in_for_single_ones(nsd_872):
    folder = nsd_872 / "NSD_872_RDMs" / "floc-bodies"
    rdms = np.stack(
        [np.load(folder / f"subject_{s}_merged_EBA_both.npz", allow_pickle=True)["rdm"] for s in (1, 2)]
    )
    (folder / "combined").mkdir()
    np.savez(folder / "combined" / "EBA_both_fmri.npz", rdm=rdms)
    shutil.rmtree(nsd_872 / "NSD_872_fmri")
    (folder / "subject_2_merged_EBA_both.npz").unlink()
    blank = folder.parent / "floc-places" / "combined"
    blank.mkdir()
    np.savez(blank / "PPA_both_fmri.npz", rdm=np.stack([rdms[0], np.full((6, 6), np.nan)]))

    recordings = record(nsd_872, subjects=(1,)) + record(nsd_872, {"bodies": ["EBA"]}, subjects=[1])

    assert len(recordings) == 3
    with pytest.raises(StudyError, match="Subject 2 is not in"):
        record(nsd_872, subjects=(2,))
    (folder / "subject_1_merged_EBA_both.npz").unlink()
    (nsd_872 / "NSD_872_RDMs/floc-places/subject_1_merged_PPA_both.npz").unlink()
    recordings = record(nsd_872)
    assert [(r.subject, r.roi) for r in recordings] == [(1, "EBA"), (2, "EBA"), (1, "PPA")]
    np.testing.assert_array_equal(recordings[1].rdm, rdms[1])


def test_one_hemisphere_of_merged_rdms_is_refused(nsd_872):
    shutil.rmtree(nsd_872 / "NSD_872_fmri")

    with pytest.raises(StudyError, match="both hemispheres together; set study.hemispheres to both, not lh"):
        record(nsd_872, hemispheres="lh")


def test_condensed_rdms_of_two_hemispheres_are_averaged_where_there_are_no_voxels(algonauts):
    add_rdms(algonauts)
    left, right = (np.load(algonauts / f"subj01/rdms/EBA_{side}_subj01.npy") for side in ("lh", "rh"))
    for folder in algonauts.glob("subj*/rois"):
        shutil.rmtree(folder)

    recording = record(algonauts)[0]

    assert recording.responses is None
    np.testing.assert_allclose(recording.rdm, (left + right) / 2)


def test_each_hemisphere_of_the_newer_layout_has_its_rdm(algonauts):
    add_rdms(algonauts)

    recording = record(algonauts)[0]

    assert [part.hemisphere for part in recording.distributed] == ["lh", "rh"]
    assert recording.hemispheres.tolist() == ["lh"] * 4 + ["rh"] * 3
    assert recording.channels.tolist() == [0, 1, 2, 3, 0, 1, 2]


def test_regions_are_known_from_the_folder(nsd_872, algonauts):
    for root in (nsd_872, algonauts):
        with pytest.raises(StudyError, match="No subject has region V9.*only EBA, PPA"):
            record(root, {"early": ["V9"]})


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_grey_palette_and_16_bit_images_are_fine(nsd_872, mode):
    path = nsd_872 / "NSD_872_images/nsd-00004.png"
    if mode == "I;16":
        picture = Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000)
    else:
        picture = Image.open(path).convert(mode)
    picture.save(path)
    assert Image.open(path).mode == mode

    assert len(read(nsd_872)) == 6


def test_byte_order_marks_and_windows_line_ends_do_no_harm(nsd_872, algonauts):
    path = nsd_872 / "NSD_872_captions/nsd-00007.txt"
    path.write_bytes(b"\xef\xbb\xbfA dog.\r\nA cat.\r\n")
    for table in (nsd_872 / "coco.csv", algonauts / "metadata_shared.csv"):
        table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))

    assert read(nsd_872)["captions"][1] == ["A dog.", "A cat."]
    assert read(algonauts)["captions"][0] == ["First caption of 12.", "Second caption of 12."]
