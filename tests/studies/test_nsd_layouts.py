"""The two layouts of NSD: what is read from either, and how each kind of broken folder is refused."""

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.spatial.distance import pdist, squareform

from tests.conftest import NSD_872_IDS as IDS
from tests.studies import records
from tyrosine.errors import StudyError
from tyrosine.studies import layouts
from tyrosine.studies.nsd import nsd_id_of, parse_crop_box

REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}


def read(root, source="auto"):
    return layouts.read_stimuli(layouts.open_study(root, source))


def record(root, regions=REGIONS, subjects="all", hemispheres="both"):
    found = layouts.open_study(root, "auto")
    names = list(layouts.read_stimuli(found)["stimulus_id"])
    return records.record(found, names, regions, subjects, hemispheres)


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
    assert layouts.open_study(nsd_872, "auto") == (nsd_872, "nsd_872", False)


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


def add_rdms(root):
    for path in root.glob("subj*/rois/*.npy"):
        folder = path.parents[1] / "rdms"
        folder.mkdir(exist_ok=True)
        np.save(folder / path.name, pdist(np.load(path).astype(float), "correlation"))


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


def edit(path, change):
    change(pd.read_csv(path)).to_csv(path, index=False)


def link_out(root, file):
    elsewhere = root.parent / f"elsewhere{(root / file).suffix}"
    shutil.move(root / file, elsewhere)
    (root / file).symlink_to(elsewhere)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


BROKEN_STIMULI = {
    "no images": (
        lambda root: [path.unlink() for path in (root / "NSD_872_images").iterdir()],
        "holds no images",
    ),
    "an image without an id": (
        lambda root: (root / "NSD_872_images/nsd-00004.png").rename(root / "NSD_872_images/dog.png"),
        "without an NSD id in their names \\(dog.png\\)",
    ),
    "two images of one id": (
        lambda root: shutil.copy(root / "NSD_872_images/nsd-00004.png", root / "NSD_872_images/4.png"),
        "two images of NSD id 4, 4.png and nsd-00004.png",
    ),
    "an extra image": (
        lambda root: shutil.copy(
            root / "NSD_872_images/nsd-00004.png", root / "NSD_872_images/nsd-60000.png"
        ),
        "1 of 7 images have no captions file .*nsd-60000",
    ),
    "a missing image": (
        lambda root: (root / "NSD_872_images/nsd-00004.png").unlink(),
        "1 captions files .* have no image \\(nsd-00004\\)",
    ),
    "an unreadable image": (
        lambda root: truncate(root / "NSD_872_images/nsd-00088.png"),
        "image of stimulus 00088.*does not open",
    ),
    "an image that links out of the folder": (
        lambda root: link_out(root, "NSD_872_images/nsd-00088.png"),
        "leads out of the study's folder",
    ),
    "captions of other stimuli": (
        lambda root: [
            path.rename(path.with_name(f"other-{number}.txt"))
            for number, path in enumerate((root / "NSD_872_captions").iterdir())
        ],
        "6 of 6 images have no captions file .*nsd-00004, nsd-00007, nsd-00012 and 3 more",
    ),
    "no captions at all": (
        lambda root: shutil.rmtree(root / "NSD_872_captions"),
        "NSD_872_captions is missing",
    ),
    "an empty captions file": (
        lambda root: (root / "NSD_872_captions/nsd-00007.txt").write_text("\n"),
        "00007 has an empty caption",
    ),
    "a caption that is not UTF-8": (
        lambda root: (root / "NSD_872_captions/nsd-00007.txt").write_bytes("café".encode("latin-1")),
        "captions of stimulus 00007.*not UTF-8",
    ),
    "a stimulus that coco.csv lacks": (
        lambda root: edit(root / "coco.csv", lambda t: t[t["nsdId"] != 12]),
        "coco.csv lacks 1 of 6 stimuli, NSD ids 00012",
    ),
    "swapped columns of coco.csv": (
        lambda root: edit(
            root / "coco.csv", lambda t: t.rename(columns={"nsdId": "cocoId", "cocoId": "nsdId"})
        ),
        "NSD ids beyond 73000.*swapped",
    ),
    "an id twice in coco.csv": (
        lambda root: edit(root / "coco.csv", lambda t: pd.concat([t, t.iloc[1:2].assign(cocoId=9)])),
        "says two things of NSD id 4",
    ),
    "an empty coco.csv": (
        lambda root: (root / "coco.csv").write_text(""),
        "lacks the columns nsd_id, coco_id",
    ),
    "a crop box that is code": (
        lambda root: edit(root / "coco.csv", lambda t: t.assign(cropBox="__import__('os').getcwd()")),
        "has the crop box .*expected \\(top, bottom, left, right\\)",
    ),
    "a crop box that leaves nothing": (
        lambda root: edit(root / "coco.csv", lambda t: t.assign(cropBox="(0, 0, 0.5, 0.5)")),
        "has the crop box",
    ),
}


@pytest.mark.parametrize("kind", BROKEN_STIMULI)
def test_broken_stimuli_are_refused(nsd_872, kind):
    breaks, words = BROKEN_STIMULI[kind]
    breaks(nsd_872)

    with pytest.raises(StudyError, match=words):
        read(nsd_872)


def responses(change):
    def breaks(root):
        path = root / "NSD_872_fmri/floc-bodies/EBA/subj01_roi-EBA_lh.npy"
        np.save(path, change(np.load(path)))

    return breaks


def rdm(change, **extra):
    def breaks(root):
        path = root / "NSD_872_RDMs/floc-bodies/subject_1_merged_EBA_both.npz"
        with np.load(path) as loaded:
            array = change(loaded["rdm"])
        np.savez(path, **({"rdm": array} | extra))

    return breaks


def combined(array):
    def breaks(root):
        folder = root / "NSD_872_RDMs/floc-places/combined"
        folder.mkdir()
        np.savez(folder / "PPA_both_fmri.npz", rdm=array)

    return breaks


BROKEN_RECORDINGS = {
    "missing rows": (responses(lambda r: r[:5]), r"shape \(5, 4\); expected \(6, n_voxels\)"),
    "transposed responses": (responses(lambda r: r.T), r"shape \(4, 6\); expected \(6, n_voxels\)"),
    "a NaN voxel": (responses(lambda r: np.where(np.arange(4) == 2, np.nan, r)), "first at row 0, voxel 2"),
    "a constant voxel": (
        responses(lambda r: np.where(np.arange(4) == 1, np.float32(3), r)),
        "1 voxels with one value for every stimulus, first voxel 1",
    ),
    "responses of the wrong type": (responses(lambda r: r.astype(str)), "holds <U"),
    "responses that are objects": (
        responses(lambda r: r.astype(object)),
        "cannot be read.*allow_pickle=False",
    ),
    "a truncated responses file": (
        lambda root: truncate(root / "NSD_872_fmri/floc-bodies/EBA/subj01_roi-EBA_lh.npy"),
        "EBA of subject 1 cannot be read",
    ),
    "responses that link out of the folder": (
        lambda root: link_out(root, "NSD_872_fmri/floc-bodies/EBA/subj01_roi-EBA_lh.npy"),
        "leads out of the study's folder",
    ),
    "an RDM of another size": (rdm(lambda r: r[:5, :5]), r"shape \(5, 5\); expected \(6, 6\)"),
    "an integer RDM": (rdm(lambda r: r.astype(int)), "holds int64; expected floating-point dissim"),
    "an RDM that is objects": (rdm(lambda r: r.astype(object)), "cannot be read.*allow_pickle=False"),
    "an RDM under another name": (
        lambda root: np.savez(
            root / "NSD_872_RDMs/floc-bodies/subject_1_merged_EBA_both.npz", arr_0=np.eye(6)
        ),
        "has no array 'rdm' but arr_0",
    ),
    "a truncated RDM file": (
        lambda root: truncate(root / "NSD_872_RDMs/floc-bodies/subject_1_merged_EBA_both.npz"),
        "cannot be read",
    ),
    "RDM rows of other names": (
        rdm(lambda r: r, stimuli_name=np.array([f"{i:05d}.png" for i in [7, 4, 12, 88, 103, 2950]])),
        "different orders \\(row 0 is 00007.png, image 00004, row 1 is 00004.png, image 00007\\)",
    ),
    "combined RDMs with the subjects last": (
        combined(np.ones((6, 6, 2))),
        r"shape \(6, 6, 2\); expected \(n_subjects, 6, 6\), the subjects first",
    ),
    "combined RDMs of too few subjects": (combined(np.ones((1, 6, 6))), "are of 1 subjects.*has 2"),
    "a region in two groups": (
        lambda root: shutil.copytree(root / "NSD_872_fmri/floc-bodies", root / "NSD_872_fmri/floc-faces"),
        "more than once, in floc-bodies, floc-faces",
    ),
}


@pytest.mark.parametrize("kind", BROKEN_RECORDINGS)
def test_broken_recordings_are_refused(nsd_872, kind):
    breaks, words = BROKEN_RECORDINGS[kind]
    breaks(nsd_872)

    with pytest.raises(StudyError, match=words):
        record(nsd_872)


BROKEN_NEWER = {
    "an extra image": (
        lambda root: shutil.copy(root / "images/00004.png", root / "images/00005.png"),
        "1 images that metadata_shared.csv does not list \\(00005.png\\)",
    ),
    "shifted file names": (
        lambda root: edit(
            root / "metadata_shared.csv", lambda t: t.assign(filename=[*t["filename"][1:], "00012.png"])
        ),
        "00007.png for NSD id 12, 00103.png for NSD id 7, 00004.png for NSD id 103 and 3 more",
    ),
    "swapped ids": (
        lambda root: edit(
            root / "metadata_shared.csv",
            lambda t: t.assign(coco_id=t["nsd_id"], nsd_id=t["coco_id"] + 400_000),
        ),
        "are the columns of NSD ids and COCO ids swapped",
    ),
    "a column twice in two spellings": (
        lambda root: edit(root / "metadata_shared.csv", lambda t: t.assign(nsdId=t["nsd_id"])),
        "has the column nsd_id twice",
    ),
    "row numbers that skip one": (
        lambda root: edit(root / "metadata_shared.csv", lambda t: t.assign(row=[0, 1, 2, 3, 4, 6])),
        "does not number its 6 rows in column row",
    ),
    "COCO ids of other images": (
        lambda root: (root / "coco.csv").write_text(
            "nsd_id,coco_id\n" + "".join(f"{i},{i + 1}\n" for i in IDS)
        ),
        "disagree: NSD id 12 is COCO image 1012 here and 13 there",
    ),
}


@pytest.mark.parametrize("kind", BROKEN_NEWER)
def test_broken_metadata_are_refused(algonauts, kind):
    breaks, words = BROKEN_NEWER[kind]
    breaks(algonauts)

    with pytest.raises(StudyError, match=words):
        read(algonauts)


def test_a_condensed_rdm_of_another_length_is_refused(algonauts):
    add_rdms(algonauts)
    np.save(algonauts / "subj01/rdms/EBA_lh_subj01.npy", np.ones(14))

    with pytest.raises(StudyError, match=r"shape \(14,\); expected \(6, 6\), or 15 values when condensed"):
        record(algonauts)
