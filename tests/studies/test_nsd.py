"""The layout `nsd`: what is read from the data set itself, and what is refused."""

import logging
import re
import shutil

import h5py
import nibabel
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.stats
from PIL import Image

from tests.studies.whole_nsd import ingest, of_region
from tyrosine.errors import StudyError
from tyrosine.models.images import open_image
from tyrosine.simulation.study import write_simulated_study
from tyrosine.studies import layouts, nsd_betas
from tyrosine.studies.nsd_bricks import nsd_id_of_shared

REGIONS = {"bodies": ["EBA"], "faces": ["FFA-1"]}
NUMBERS = {"EBA": ("floc-bodies", 1), "FFA-1": ("floc-faces", 2)}
N_TRIALS = 8
"""Trials of a session: 16 images three times in six sessions."""
EXPERIMENT = "nsddata/experiments/nsd"
BETAS = "nsddata_betas/ppdata/subj01/nativesurface/betas_fithrf_GLMdenoise_RR"
LABELS = "nsddata/freesurfer/subj01/label"
BRICK = "nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("made") / "raw"
    write_simulated_study(
        root,
        REGIONS,
        layout="nsd",
        trial_order="nsd",
        n_stimuli=12,
        unique_stimuli=4,
        n_subjects=2,
        n_voxels=8,
        signal_to_noise=0.5,
        repetitions=3,
        sessions=6,
        session_noise=0.1,
        seed=4,
        lacking={},
    )
    return root


@pytest.fixture
def root(made, tmp_path):
    return shutil.copytree(made, tmp_path / "raw")


def design(root):
    return scipy.io.loadmat(root / EXPERIMENT / "nsd_expdesign.mat")


def table(root):
    return pd.read_csv(root / EXPERIMENT / "nsd_stim_info_merged.csv", index_col=0)


def surface(root, side, session, subject=1):
    """Betas of a session (n_vertices, n_trials), as nibabel reads them."""
    path = root / BETAS.replace("subj01", f"subj{subject:02d}") / f"{side}.betas_session{session:02d}.mgh"
    return np.asarray(nibabel.load(path).dataobj)[:, 0, 0, :]


def label(root, side, class_name, subject=1):
    path = root / LABELS.replace("subj01", f"subj{subject:02d}") / f"{side}.{class_name}.mgz"
    return np.asarray(nibabel.load(path).dataobj).ravel()


def save_surface(path, values):
    shape = (len(values), 1, 1, *values.shape[1:])
    nibabel.save(nibabel.MGHImage(values.astype(np.float32).reshape(shape), np.eye(4)), path)


def test_the_layout_is_recognised(root):
    assert layouts.open_study(root, "auto").layout == "nsd"


def test_trials_are_joined_to_images_by_the_design(root):
    _, presentations, _ = ingest(root, regions=REGIONS)

    found = design(root)
    for subject in (1, 2):
        shown = presentations[presentations["subject"] == subject]
        ids = [found["subjectim"][subject - 1, place - 1] - 1 for place in found["masterordering"].ravel()]
        assert shown["stimulus_id"].tolist() == [f"{nsd_id:05d}" for nsd_id in ids]
        assert shown["session"].tolist() == np.repeat(range(1, 7), N_TRIALS).tolist()
        assert [ids[:trial].count(nsd_id) + 1 for trial, nsd_id in enumerate(ids)] == shown[
            "repetition"
        ].tolist()


def test_the_table_of_images_names_the_same_trials(root):
    _, presentations, _ = ingest(root, regions=REGIONS)

    rows = table(root)
    for subject in (1, 2):
        shown = presentations[presentations["subject"] == subject]["stimulus_id"].tolist()
        for repetition in range(3):
            trials = rows[f"subject{subject}_rep{repetition}"]
            for nsd_id, trial in zip(rows["nsdId"][trials > 0], trials[trials > 0]):
                assert shown[trial - 1] == f"{nsd_id:05d}"


def test_responses_are_the_betas_of_the_masked_vertices(root):
    _, _, responses = ingest(root, regions=REGIONS)

    for subject in (1, 2):
        for roi, (class_name, number) in NUMBERS.items():
            expected = np.hstack(
                [
                    np.vstack(
                        [
                            surface(root, side, session, subject)[
                                label(root, side, class_name, subject) == number
                            ].T
                            for session in range(1, 7)
                        ]
                    )
                    for side in ("lh", "rh")
                ]
            )
            np.testing.assert_array_equal(of_region(responses[subject], roi), expected)


def test_responses_know_their_sessions(root):
    _, presentations, responses = ingest(root, regions=REGIONS)

    labels = responses[2].obs_descriptors
    shown = presentations[presentations["subject"] == 2]
    assert list(labels["stimulus_id"]) == shown["stimulus_id"].tolist()
    assert list(labels["session"]) == shown["session"].tolist()


def test_blocks_of_trials_make_no_difference(root, monkeypatch):
    _, _, whole = ingest(root, regions=REGIONS)
    monkeypatch.setattr(nsd_betas, "BLOCK_BYTES", 300)

    _, _, in_blocks = ingest(root, regions=REGIONS)

    np.testing.assert_array_equal(in_blocks[1].measurements, whole[1].measurements)


def test_trials_of_absent_sessions_are_left_out_and_that_is_said(root, caplog):
    _, whole, every = ingest(root, regions=REGIONS)
    for session in (2, 5):
        for side in ("lh", "rh"):
            (root / BETAS / f"{side}.betas_session{session:02d}.mgh").unlink()

    with caplog.at_level(logging.INFO):
        _, presentations, responses = ingest(root, regions=REGIONS)

    assert "Subject 1: betas of 4 of 6 sessions are there; trials of the others are left out" in caplog.text
    there = whole[whole["subject"] == 1].reset_index(drop=True)
    rows = there["session"].isin([1, 3, 4, 6])
    pd.testing.assert_frame_equal(
        presentations[presentations["subject"] == 1].reset_index(drop=True),
        there[rows].reset_index(drop=True),
    )
    np.testing.assert_array_equal(responses[1].measurements, every[1].measurements[rows])
    assert responses[2].n_obs == 6 * N_TRIALS


def test_stimuli_are_those_of_the_sessions_that_are_there(root):
    shutil.rmtree(root / "nsddata_betas/ppdata/subj02")
    for path in (root / BETAS).glob("*session0[2-6]*"):
        path.unlink()

    stimuli, presentations, _ = ingest(root, regions=REGIONS)

    first = design(root)["masterordering"].ravel()[:N_TRIALS]
    assert set(stimuli["nsd_id"]) == set(design(root)["subjectim"][0, first - 1] - 1)
    assert set(presentations["subject"]) == {1}


def test_betas_are_z_scored_in_each_session(root):
    _, presentations, raw = ingest(root, regions=REGIONS)
    _, _, normalised = ingest(root, regions=REGIONS, normalise="session")

    sessions = presentations.loc[presentations["subject"] == 1, "session"].to_numpy()
    for session in range(1, 7):
        np.testing.assert_allclose(
            normalised[1].measurements[sessions == session],
            scipy.stats.zscore(raw[1].measurements[sessions == session].astype(float), axis=0),
            atol=1e-5,
        )


def test_images_are_rows_of_the_brick_and_read_alone(root):
    stimuli, _, _ = ingest(root, regions=REGIONS)

    with h5py.File(root / BRICK) as file:
        for nsd_id, image in zip(stimuli["nsd_id"], stimuli["image"]):
            assert image == f"{BRICK}#imgBrick/{nsd_id}"
            picture = open_image(root / image, str(nsd_id))
            np.testing.assert_array_equal(np.asarray(picture), file["imgBrick"][nsd_id])
    assert stimuli["image_sha256"].is_unique


def test_names_of_shared_images_count_from_one_and_rows_of_the_brick_from_zero(root):
    assert nsd_id_of_shared("shared0001_nsd02951") == 2950
    folder = root / "nsddata_stimuli/stimuli/nsd/shared1000"
    folder.mkdir()
    with h5py.File(root / BRICK) as file:
        for number, row in enumerate((3, 7), start=1):
            Image.fromarray(file["imgBrick"][row]).save(folder / f"shared{number:04d}_nsd{row + 1:05d}.png")

    ingest(root, regions=REGIONS)

    for path in sorted(folder.iterdir()):
        row = int(re.search(r"nsd(\d+)", path.stem).group(1)) - 1
        path.rename(path.with_name(path.name.replace(f"nsd{row + 1:05d}", f"nsd{row:05d}")))
    with pytest.raises(StudyError, match="it is row 3, so that the rows are shifted by one"):
        ingest(root, regions=REGIONS)


def test_a_design_of_matlab_7_3_is_read_too(root):
    _, expected, _ = ingest(root, regions=REGIONS)
    path = root / EXPERIMENT / "nsd_expdesign.mat"
    found = design(root)
    path.unlink()
    # MATLAB writes its arrays of version 7.3 with their axes in reverse.
    with h5py.File(path, "w", userblock_size=512) as file:
        for name in ("masterordering", "subjectim", "sharedix", "stimpattern"):
            file[name] = np.asarray(found[name], dtype=float).T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(116) + b" " * 8 + b"\x00\x02IM")

    _, presentations, _ = ingest(root, regions=REGIONS)

    pd.testing.assert_frame_equal(presentations, expected)


def in_volume(root, suffix, chunks=None):
    """Subject 1 in `func1pt8mm`: int16, 300 times per cent, in a volume; and what it should be read as."""
    rng = np.random.default_rng(1)
    shutil.rmtree(root / "nsddata_betas/ppdata/subj02")
    shutil.rmtree(root / "nsddata_betas/ppdata/subj01/nativesurface")
    betas = root / "nsddata_betas/ppdata/subj01/func1pt8mm/betas_fithrf_GLMdenoise_RR"
    masks = root / "nsddata/ppdata/subj01/func1pt8mm/roi"
    betas.mkdir(parents=True)
    masks.mkdir(parents=True)
    volume = rng.integers(-900, 900, (6, 4, 5, 3, N_TRIALS)).astype(np.int16)
    for session, values in enumerate(volume, start=1):
        path = betas / f"betas_session{session:02d}{suffix}"
        if suffix == ".hdf5":
            with h5py.File(path, "w") as file:
                file.create_dataset("betas", data=values.T, chunks=chunks)
        else:
            nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)
    expected = {}
    for roi, (class_name, number) in NUMBERS.items():
        expected[roi] = []
        for side in ("lh", "rh"):
            mask = np.where(rng.random((4, 5, 3)) < 0.2, number, rng.integers(-1, 1, (4, 5, 3)))
            nibabel.save(
                nibabel.Nifti1Image(mask.astype(np.int16), np.eye(4)), masks / f"{side}.{class_name}.nii.gz"
            )
            expected[roi].append(np.hstack(list(volume[:, mask == number])).T / 300)
    return {roi: np.hstack(sides) for roi, sides in expected.items()}


# A slice of a volume of all trials is 320 bytes.
@pytest.mark.parametrize("block_bytes", [1, 700, 1 << 20])
@pytest.mark.parametrize("kind", ["hdf5, channel by channel", "hdf5", "nii.gz"])
def test_volumes_are_integers_that_are_divided_by_300(root, kind, block_bytes, monkeypatch):
    suffix, _, chunked = kind.partition(",")
    expected = in_volume(root, f".{suffix}", (N_TRIALS, 1, 1, 1) if chunked else None)
    monkeypatch.setattr(nsd_betas, "BLOCK_BYTES", block_bytes)

    _, _, responses = ingest(root, regions=REGIONS)

    for roi, values in expected.items():
        np.testing.assert_allclose(of_region(responses[1], roi), values, rtol=1e-6)


@pytest.mark.parametrize("block_bytes", [1, 300, 1 << 20])
def test_surfaces_of_subjects_are_integers_in_hdf5(root, block_bytes, monkeypatch):
    _, _, expected = ingest(root, regions=REGIONS)
    for path in (root / "nsddata_betas").rglob("nativesurface/*/*.mgh"):
        betas = np.asarray(nibabel.load(path).dataobj)[:, 0, 0, :]
        path.unlink()
        with h5py.File(path.with_suffix(".hdf5"), "w") as file:
            integers = np.round(betas * 300).astype(np.int16)
            file.create_dataset("betas", data=integers.T, chunks=(N_TRIALS, 1))
    monkeypatch.setattr(nsd_betas, "BLOCK_BYTES", block_bytes)

    _, _, responses = ingest(root, regions=REGIONS)

    for subject, ours in responses.items():
        np.testing.assert_allclose(ours.measurements, expected[subject].measurements, atol=0.501 / 300)
        assert list(ours.channel_descriptors["channel"]) == list(
            expected[subject].channel_descriptors["channel"]
        )


def test_fsaverage_takes_the_masks_of_a_subject_from_the_challenge(root):
    moved = root / "nsddata_betas/ppdata/subj01/fsaverage"
    (root / "nsddata_betas/ppdata/subj01/nativesurface").rename(moved)
    shutil.rmtree(root / "nsddata_betas/ppdata/subj02")
    (root / "subj01/roi_masks").mkdir(parents=True)
    for class_name in ("floc-bodies", "floc-faces"):
        for side in ("lh", "rh"):
            np.save(
                root / f"subj01/roi_masks/{side}.{class_name}_fsaverage_space.npy",
                label(root, side, class_name),
            )

    _, _, responses = ingest(root, regions=REGIONS)

    mask = label(root, "lh", "floc-bodies") == 1
    path = moved / "betas_fithrf_GLMdenoise_RR/lh.betas_session01.mgh"
    expected = np.asarray(nibabel.load(path).dataobj)[mask, 0, 0, :].T
    np.testing.assert_array_equal(of_region(responses[1], "EBA")[:N_TRIALS, : mask.sum()], expected)


def test_of_two_preparations_one_must_be_named(root):
    folder = root / BETAS
    shutil.copytree(folder, folder.with_name("betas_assumehrf"))

    with pytest.raises(StudyError, match="betas in nativesurface/betas_assumehrf, .*name one .*study.betas"):
        ingest(root, regions=REGIONS, subjects=[1])
    _, _, responses = ingest(
        root, regions=REGIONS, subjects=[1], betas="nativesurface/betas_fithrf_GLMdenoise_RR"
    )
    assert responses[1].n_obs == 6 * N_TRIALS
    with pytest.raises(StudyError, match="no betas in .*func1mm/betas_x; there are nativesurface"):
        ingest(root, regions=REGIONS, subjects=[1], betas="func1mm/betas_x")


def test_a_preparation_is_named_only_where_there_may_be_several(algonauts):
    with pytest.raises(StudyError, match="study.betas is x, and .* has the layout algonauts_shared"):
        ingest(algonauts, regions={"bodies": ["EBA"]}, betas="x")


def test_vertices_without_a_value_in_some_trial_are_left_out_and_that_is_said(root, caplog):
    _, _, whole = ingest(root, regions=REGIONS)
    path = root / BETAS / "lh.betas_session03.mgh"
    values = surface(root, "lh", 3)
    vertices = np.flatnonzero(label(root, "lh", "floc-bodies") == 1)
    values[vertices[2], 5] = np.nan
    values[vertices[4]] = 0
    save_surface(path, values)

    _, _, responses = ingest(root, regions=REGIONS)

    n_channels = (np.asarray(whole[1].channel_descriptors["roi"]) == "EBA").sum()
    assert f"Subject 1: 2 of {n_channels} channels of EBA have no value in some trial" in caplog.text
    np.testing.assert_array_equal(
        of_region(responses[1], "EBA"), np.delete(of_region(whole[1], "EBA"), [2, 4], axis=1)
    )


def test_language_models_need_no_pictures(root, caplog):
    (root / BRICK).unlink()

    stimuli, _, _ = ingest(root, regions=REGIONS)

    assert "The pictures are not there" in caplog.text
    assert stimuli["captions"].map(len).eq(5).all()


def edit_design(root, **changed):
    kept = {name: value for name, value in design(root).items() if not name.startswith("__")}
    scipy.io.savemat(root / EXPERIMENT / "nsd_expdesign.mat", kept | changed)


def edit_table(root, change):
    change(table(root)).to_csv(root / EXPERIMENT / "nsd_stim_info_merged.csv")


def session_file(root, session=2, side="lh"):
    return root / BETAS / f"{side}.betas_session{session:02d}.mgh"


def swap_trials_of_sessions(rows):
    """Trials of sessions 1 and 2 of subject 1 swapped in the table."""
    swapped = rows.copy()
    for column in [f"subject1_rep{k}" for k in range(3)]:
        trial = rows[column]
        swapped[column] = trial.where(
            (trial == 0) | (trial > 2 * N_TRIALS), (trial - 1 + N_TRIALS) % (2 * N_TRIALS) + 1
        )
    return swapped


BROKEN = {
    "sessions swapped in the table": (
        lambda root: edit_table(root, swap_trials_of_sessions),
        r"disagree on what subject 1 saw, .*: trial 1 shows \d+ in the design and \d+ in the table, trial 2 "
        ".*and 13 more",
    ),
    "ids of the design that are off by one": (
        lambda root: edit_design(root, subjectim=design(root)["subjectim"] + 1),
        "trial 1 shows .* a shift by one shows in every trial",
    ),
    "ids of the table that are off by one": (
        lambda root: edit_table(root, lambda t: t.assign(nsdId=t["nsdId"] + 1)),
        "disagree on what subject 1 saw, by NSD id from 0: trial 1 shows",
    ),
    "shared images that are off by one": (
        lambda root: edit_design(root, sharedix=design(root)["sharedix"] - 1),
        "disagree on which images all subjects were to see, NSD ids 0, 12;",
    ),
    "a design that counts from 0": (
        lambda root: edit_design(root, masterordering=design(root)["masterordering"] - 1),
        "masterordering reaches from 0 to 15",
    ),
    "a design without an ordering": (
        lambda root: scipy.io.savemat(root / EXPERIMENT / "nsd_expdesign.mat", {"subjectim": np.eye(2)}),
        "nsd_expdesign.mat lacks masterordering",
    ),
    "a design of other sessions": (
        lambda root: edit_design(root, stimpattern=np.ones((6, 1, 7))),
        "has 48 trials in masterordering, which are not the trials of 6 sessions of one length",
    ),
    "a broken design": (
        lambda root: (root / EXPERIMENT / "nsd_expdesign.mat").write_bytes(
            b"MATLAB 5.0 MAT-file" + b"\0" * 200
        ),
        "experimental design cannot be read",
    ),
    "betas of a session that nobody had": (
        lambda root: [
            shutil.copy(session_file(root, 2, side), session_file(root, 7, side)) for side in ("lh", "rh")
        ],
        "Subject 1 completed 6 sessions, and there are betas of session 7",
    ),
    "betas of one hemisphere": (
        lambda root: session_file(root).unlink(),
        "Sessions 2 of subject 1 have the betas of one hemisphere alone",
    ),
    "betas of another number of trials": (
        lambda root: save_surface(session_file(root), surface(root, "lh", 2)[:, :7]),
        "lh.betas_session02.mgh holds the betas of 7 trials; expected 8, those of one session",
    ),
    "a truncated file of betas": (
        lambda root: session_file(root).write_bytes(session_file(root).read_bytes()[:700]),
        "lh.betas_session02.mgh cannot be read to its end .* truncated",
    ),
    "betas of the HDF5 file of a volume on a surface": (
        lambda root: write_hdf5_of_volume(session_file(root)),
        "lh.betas_session02.hdf5 has no dataset betas of 2 axes",
    ),
    "a header alone": (
        lambda root: session_file(root).write_bytes(session_file(root).read_bytes()[:100]),
        "lh.betas_session02.mgh",
    ),
    "a region without any value": (
        lambda root: [
            save_surface(session_file(root, 4, side), np.full_like(surface(root, side, 4), np.nan))
            for side in ("lh", "rh")
        ],
        "Region EBA of subject 1 has no channel with a value in every trial .*in session 4",
    ),
    "integers taken for per cent": (
        lambda root: save_surface(session_file(root), surface(root, "lh", 2) * 300),
        r"Half of the betas in .*lh.betas_session02.mgh are beyond \d+ per cent .* not divided by 300",
    ),
    "a mask of another space": (
        lambda root: save_surface(root / LABELS / "lh.floc-bodies.mgz", np.ones(163_842)),
        r"mask floc-bodies of subject 1, lh, .* has shape \(163842,\), and the betas in .* of one space",
    ),
    "a mask with an unknown number": (
        lambda root: save_surface(root / LABELS / "lh.floc-bodies.mgz", label(root, "lh", "floc-bodies") + 7),
        "mask floc-bodies of subject 1, lh, .* holds 7, 8",
    ),
    "no mask": (
        lambda root: (root / LABELS / "lh.floc-bodies.mgz").unlink(),
        "mask floc-bodies of subject 1, lh, is missing: expected the file .*lh.floc-bodies.mgz",
    ),
    "a brick that is too short": (
        lambda root: shorten(root / BRICK),
        "imgBrick in .* has 5 pictures, and the subjects saw NSD id 5, counted from 0",
    ),
    "a brick that is no HDF5": (
        lambda root: (root / BRICK).write_bytes(b"no pictures"),
        "pictures cannot be read",
    ),
}


def write_hdf5_of_volume(path):
    path.unlink()
    with h5py.File(path.with_suffix(".hdf5"), "w") as file:
        file["betas"] = np.ones((N_TRIALS, 2, 3, 4), dtype=np.int16)


def shorten(path):
    with h5py.File(path) as file:
        rows = file["imgBrick"][:5]
    with h5py.File(path, "w") as file:
        file["imgBrick"] = rows


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_folders_are_refused(root, kind):
    breaks, words = BROKEN[kind]
    breaks(root)

    with pytest.raises(StudyError, match=words):
        ingest(root, regions=REGIONS)
