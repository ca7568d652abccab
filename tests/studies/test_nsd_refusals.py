"""How each kind of broken folder of either layout of NSD is refused."""

import shutil

import numpy as np
import pandas as pd
import pytest

from tests.conftest import NSD_872_IDS as IDS
from tests.studies.nsd_folders import add_rdms, edit, read, record
from tyrosine.errors import StudyError


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
