"""The layout `nsd`: who saw what, and which responses there are."""

import logging
import re
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from PIL import Image

from tests.studies.nsd_sessions import (
    BETAS,
    BRICK,
    EXPERIMENT,
    N_TRIALS,
    NUMBERS,
    REGIONS,
    design,
    label,
    surface,
    table,
    write_small_nsd,
)
from tests.studies.whole_nsd import ingest, of_region
from tyrosine.errors import StudyError
from tyrosine.models.images import open_image
from tyrosine.studies import layouts, nsd_betas
from tyrosine.studies.nsd_bricks import nsd_id_of_shared


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_small_nsd(tmp_path_factory.mktemp("made") / "raw")


@pytest.fixture
def root(made, tmp_path):
    return shutil.copytree(made, tmp_path / "raw")


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


def test_language_models_need_no_pictures(root, caplog):
    (root / BRICK).unlink()

    stimuli, _, _ = ingest(root, regions=REGIONS)

    assert "The pictures are not there" in caplog.text
    assert stimuli["captions"].map(len).eq(5).all()
