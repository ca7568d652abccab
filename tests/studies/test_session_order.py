"""Files of sessions that are swapped, as the responses themselves show it."""

import logging
import shutil

import numpy as np
import pytest

from tests.studies.whole_nsd import ingest
from tyrosine.errors import StudyError
from tyrosine.simulation.study import write_simulated_study
from tyrosine.studies.session_order import check_session_order

REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}
BETAS = "nsddata_betas/ppdata/subj01/nativesurface/betas_fithrf_GLMdenoise_RR"
N_SESSIONS, N_TRIALS, N_CHANNELS = 6, 60, 50


def experiment(signal=1.0, seed=0):
    """Each of 120 images in three sessions: responses, images and sessions, one session after the other."""
    rng = np.random.default_rng(seed)
    stimulus = np.empty((N_SESSIONS, N_TRIALS), dtype=int)
    for half in (0, 1):
        for place in range(3):
            stimulus[2 * place + half] = 60 * half + rng.permutation(60)
    patterns = rng.normal(size=(120, N_CHANNELS))
    noise = rng.normal(size=(N_SESSIONS, N_TRIALS, N_CHANNELS))
    responses = signal * patterns[stimulus] + noise
    return responses, stimulus.ravel(), np.repeat(np.arange(1, N_SESSIONS + 1), N_TRIALS)


def check(responses, stimulus, session):
    check_session_order(responses.reshape(-1, N_CHANNELS), stimulus, session, 3, "the folder")


@pytest.mark.parametrize("signal", [0.0, 0.1, 0.5, 2.0])
def test_sessions_in_their_places_are_never_refused(signal, caplog):
    for seed in range(5):
        check(*experiment(signal, seed))

    assert caplog.text == ""


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 5), (3, 6)])
def test_swapped_sessions_are_named(first, second):
    responses, stimulus, session = experiment()
    responses[[first - 1, second - 1]] = responses[[second - 1, first - 1]]

    with pytest.raises(
        StudyError, match=f"sessions {first} and {second} of subject 3 in the folder are swapped"
    ):
        check(responses, stimulus, session)


def test_without_signal_nothing_can_be_said():
    responses, stimulus, session = experiment(signal=0.0)
    responses[[1, 4]] = responses[[4, 1]]

    check(responses, stimulus, session)


@pytest.mark.parametrize(("step", "word"), [(-1, "previous"), (1, "next")])
def test_sessions_that_are_all_counted_from_another_number_are_refused(step, word):
    responses, stimulus, session = experiment()

    with pytest.raises(StudyError, match=f"subject 3 in the folder are each those of the {word} session"):
        check(np.roll(responses, -step, axis=0), stimulus, session)


def test_a_session_that_resembles_no_other_is_told_and_kept(caplog):
    responses, stimulus, session = experiment()
    responses[3] = np.random.default_rng(9).normal(size=responses[3].shape)

    with caplog.at_level(logging.WARNING):
        check(responses, stimulus, session)

    assert "Subject 3: the responses of sessions 4 do not resemble" in caplog.text


def test_swapped_files_of_the_data_set_are_refused(tmp_path):
    root = tmp_path / "raw"
    write_simulated_study(
        root,
        REGIONS,
        layout="nsd",
        trial_order="nsd",
        n_stimuli=120,
        n_subjects=1,
        n_voxels=30,
        signal_to_noise=3.0,
        repetitions=3,
        sessions=6,
        session_noise=0.1,
        seed=4,
        lacking={},
    )
    ingest(root, regions=REGIONS)
    for side in ("lh", "rh"):
        second, fifth = (root / BETAS / f"{side}.betas_session{number:02d}.mgh" for number in (2, 5))
        shutil.move(second, tmp_path / "kept.mgh")
        shutil.move(fifth, second)
        shutil.move(tmp_path / "kept.mgh", fifth)

    with pytest.raises(StudyError, match="betas of sessions 2 and 5 of subject 1 in .* are swapped"):
        ingest(root, regions=REGIONS)
