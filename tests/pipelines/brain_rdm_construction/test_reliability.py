"""Reliability of brain RDMs, and channels that are left out for their noise, in a run."""

import numpy as np
import pytest
from kedro.io import DatasetError

from tyrosine.errors import StudyError
from tyrosine.rsa.reliability import noise_ceiling_snr, split_half
from tyrosine.rsa.responses import trials_of_region


def test_every_brain_rdm_has_its_reliability(finished_few):
    table, brain = finished_few.load("reliability"), finished_few.load("brain_rdms")
    responses = finished_few.load("responses")

    assert table["subject"].tolist() == list(brain.rdm_descriptors["subject"])
    assert table["roi"].tolist() == list(brain.rdm_descriptors["roi"])
    assert set(table["n_repetitions"]) == {3}
    assert set(table["distance"]) == {"squared_euclidean"}
    row = table[(table["subject"] == 2) & (table["roi"] == "PPA")].iloc[0]
    measured = responses["subj02"]()
    trials = trials_of_region(measured, "PPA", finished_few.load("stimuli")["stimulus_id"])
    halves = split_half(trials, "squared_euclidean")
    assert row["split_half"] == pytest.approx(halves.correlation)
    assert row["ceiling"] == pytest.approx(np.sqrt(max(halves.reliability, 0)))
    assert row["ncsnr"] == pytest.approx(np.median(noise_ceiling_snr(trials.responses, trials.stimulus)))
    assert row["n_channels"] == trials.responses.shape[1]


def test_the_report_shows_reliability_and_no_note_on_averages(finished_few):
    report = finished_few.load("report")
    assert "Reliability of brain RDMs and channels" in report
    assert "correlation distances of averaged responses" not in report


def test_channels_below_a_threshold_are_left_out(copy, finished_few):
    copy.run("ingestion", params={"study": {"min_ncsnr": 0.25}})
    for name, load in copy.load("responses").items():
        kept = np.asarray(load().channel_descriptors["ncsnr"])
        every = np.asarray(finished_few.load("responses")[name]().channel_descriptors["ncsnr"])
        np.testing.assert_allclose(kept, every[every >= 0.25])
        assert 0 < len(kept) < len(every)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"study": {"min_ncsnr": 50}}, "No channel of subject 1 has an ncsnr of study.min_ncsnr"),
        (
            {"study": {"min_ncsnr": 0.1}, "simulation": {"repetitions": 1}},
            "study.min_ncsnr is 0.1, and the responses of subject 1 are averages",
        ),
    ],
)
def test_a_threshold_that_leaves_nothing_or_knows_nothing_is_refused(copy, params, words):
    with pytest.raises((StudyError, DatasetError), match=words):
        copy.run("ingestion", params=params)


def test_averages_have_no_reliability_and_a_note(copy):
    params = {"simulation": {"repetitions": 1}}
    for pipeline in ("ingestion", "brain_rdm_construction"):
        copy.run(pipeline, params=params)

    assert copy.load("brain_rdms").dissimilarity_measure == "correlation"
    assert set(copy.load("reliability")["undefined"]) == {
        "the responses are averages, or there are RDMs alone"
    }


def test_a_distance_over_repetitions_is_refused_for_averages(copy):
    params = {"simulation": {"repetitions": 1}, "rdm": {"brain_distance": "crossnobis"}}
    copy.run("ingestion", params=params)
    with pytest.raises(StudyError, match="brain_distance is crossnobis, which needs two responses"):
        copy.run("brain_rdm_construction", params=params)
