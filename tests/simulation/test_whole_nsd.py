"""The simulated study in the layouts of all of NSD: same content, same tables."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform

from tests.studies.whole_nsd import ingest, of_region, parameters
from tyrosine.errors import ParameterError, StudyError
from tyrosine.models.images import open_image
from tyrosine.parameters import RDMParameters, SimulationParameters, parse
from tyrosine.pipelines.brain_rdm_construction.nodes import build_brain_rdms
from tyrosine.simulation.scenes import render, sample_scenes
from tyrosine.simulation.schedule import Schedule
from tyrosine.simulation.study import POPULATION, POPULATION_LAYOUT, write_simulated_study
from tyrosine.studies import layouts

REGIONS = {"bodies": ["EBA"], "faces": ["FFA-1"], "places": ["PPA"], "control": ["CTRL"]}
OPTIONS = {
    "n_stimuli": 12,
    "unique_stimuli": 3,
    "n_subjects": 2,
    "n_voxels": 10,
    "signal_to_noise": 0.5,
    "seed": 4,
    "lacking": {2: ["PPA"]},
}
APART = ["image", "image_sha256", "row_source", *(f"subj{subject:02d}_order" for subject in range(1, 9))]
"""Columns of `stimuli` that say where and how a layout has an image, and not what it shows."""


def written(folder, layout, **options):
    root = folder / layout
    write_simulated_study(root, REGIONS, layout=layout, **OPTIONS, **options)
    assert layouts.open_study(root, "simulated").layout == layout
    return root


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return ingest(written(tmp_path_factory.mktemp("shared"), "algonauts_shared"), regions=REGIONS)


@pytest.fixture(scope="module")
def challenge(tmp_path_factory):
    return ingest(written(tmp_path_factory.mktemp("challenge"), "algonauts_2023"), regions=REGIONS)


def assert_same_stimuli(theirs, ours):
    pd.testing.assert_frame_equal(theirs.drop(columns=APART), ours.drop(columns=APART))


def test_stimuli_do_not_depend_on_the_layout(shared, challenge):
    assert_same_stimuli(challenge[0], shared[0])


def test_presentations_do_not_depend_on_the_layout(shared, challenge):
    columns = ["subject", "stimulus_id", "repetition"]
    pd.testing.assert_frame_equal(challenge[1][columns], shared[1][columns])


def test_responses_do_not_depend_on_the_layout(shared, challenge):
    for subject, ours in shared[2].items():
        theirs = challenge[2][subject]
        for roi in dict.fromkeys(ours.channel_descriptors["roi"]):
            np.testing.assert_array_equal(of_region(theirs, roi), of_region(ours, roi))
        assert list(theirs.obs_descriptors["stimulus_id"]) == list(ours.obs_descriptors["stimulus_id"])
        for key in ("selectivity", "roi", "hemisphere"):
            assert list(theirs.channel_descriptors[key]) == list(ours.channel_descriptors[key])


TRIALS = {"repetitions": 3, "sessions": 5, "trial_order": "nsd"}
"""Three trials of each of 15 images in sessions of nine trials."""


@pytest.fixture(scope="module")
def shared_trials(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared_trials")
    return ingest(written(folder, "algonauts_shared", **TRIALS), regions=REGIONS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return written(tmp_path_factory.mktemp("whole"), "nsd", **TRIALS)


def test_the_data_set_itself_has_the_same_tables(shared_trials, whole):
    stimuli, presentations, responses = ingest(whole, regions=REGIONS)

    assert_same_stimuli(stimuli, shared_trials[0])
    pd.testing.assert_frame_equal(presentations, shared_trials[1])
    for subject, ours in shared_trials[2].items():
        np.testing.assert_array_equal(responses[subject].measurements, ours.measurements)
        for key in ("stimulus_id", "session", "repetition"):
            assert list(responses[subject].obs_descriptors[key]) == list(ours.obs_descriptors[key])
        np.testing.assert_array_equal(
            responses[subject].channel_descriptors["ncsnr"], ours.channel_descriptors["ncsnr"]
        )


def test_pictures_of_the_data_set_are_those_of_the_other_layouts(whole):
    stimuli, _, _ = ingest(whole, regions=REGIONS)

    pictures = {
        name: np.asarray(open_image(whole / image, name))
        for name, image in zip(stimuli["stimulus_id"], stimuli["image"])
    }
    scenes = sample_scenes(OPTIONS["n_stimuli"] + 2 * OPTIONS["unique_stimuli"], OPTIONS["seed"])
    for number, scene in enumerate(scenes, start=1):
        np.testing.assert_array_equal(pictures[f"{number:05d}"], np.asarray(render(scene)))


def test_averages_are_those_of_the_trials_that_are_z_scored_in_sessions(tmp_path, whole):
    challenge = written(tmp_path, "algonauts_2023", **TRIALS)

    _, _, averaged = ingest(challenge, regions=REGIONS, normalise="session")
    _, shown, trials = ingest(whole, regions=REGIONS, normalise="session")

    for subject, one in averaged.items():
        names = shown.loc[shown["subject"] == subject, "stimulus_id"].to_numpy()
        means = pd.DataFrame(trials[subject].measurements.astype(float)).groupby(names).mean()
        order = list(one.obs_descriptors["stimulus_id"])
        np.testing.assert_allclose(one.measurements, means.loc[order].to_numpy(), rtol=1e-4, atol=1e-6)


def test_sessions_have_one_length_and_repetitions_lie_in_different_ones():
    schedule = Schedule.as_in_nsd(20, 3, 6, np.random.default_rng(0))

    table = pd.DataFrame(schedule._asdict())
    assert table.groupby("session").size().tolist() == [10] * 6
    assert table["session"].is_monotonic_increasing
    by_stimulus = table.groupby("stimulus")
    assert by_stimulus["session"].nunique().eq(3).all()
    assert by_stimulus["repetition"].apply(list).map(lambda one: one == [1, 2, 3]).all()


def test_averages_do_not_depend_on_the_order_of_trials():
    schedule = Schedule.as_in_nsd(6, 2, 3, np.random.default_rng(0))
    values = np.random.default_rng(1).normal(size=(12, 4))

    expected = [values[schedule.stimulus == stimulus].mean(axis=0) for stimulus in range(6)]
    np.testing.assert_allclose(schedule.average(values), expected)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layout": "nsd"}, "layout is nsd, where all subjects have one order.*set trial_order to nsd"),
        (
            {"layout": "nsd", "trial_order": "nsd", "n_stimuli": 100, "sessions": 7},
            "300 trials of a subject do not fall into 7 sessions",
        ),
    ],
)
def test_a_simulation_that_the_layout_cannot_hold_is_refused(options, words):
    with pytest.raises(ParameterError, match=words):
        parse(SimulationParameters, options, "simulation")


def brain_rdms(folder, layout, **options):
    root = written(folder, layout, **options)
    stimuli, _, responses = ingest(root, regions=REGIONS)
    rdms, _ = build_brain_rdms(
        {f"subj{subject:02d}": (lambda one=one: one) for subject, one in responses.items()},
        {},
        stimuli,
        parameters(root, REGIONS),
        RDMParameters(brain_distance="correlation"),
    )
    return rdms


def test_brain_rdms_do_not_depend_on_the_layout(tmp_path):
    shared, challenge = (brain_rdms(tmp_path, layout) for layout in ("algonauts_shared", "algonauts_2023"))

    np.testing.assert_array_equal(challenge.dissimilarities, shared.dissimilarities)
    assert list(challenge.rdm_descriptors["roi"]) == list(shared.rdm_descriptors["roi"])


def test_averages_of_trials_are_of_what_was_z_scored_in_each_session(tmp_path):
    trials = {"repetitions": 2, "sessions": 3}
    _, shown, single = ingest(written(tmp_path, "algonauts_shared", **trials), regions=REGIONS)
    _, _, averaged = ingest(written(tmp_path, "algonauts_2023", **trials), regions=REGIONS)

    rows = shown[shown["subject"] == 2].reset_index(drop=True)
    table = pd.DataFrame(of_region(single[2], "EBA").astype(float))
    by_session = table.groupby(rows["session"])
    standardised = (table - by_session.transform("mean")) / by_session.transform("std", ddof=0)
    means = standardised.groupby(rows["stimulus_id"], sort=False).mean()
    np.testing.assert_allclose(of_region(averaged[2], "EBA"), means.to_numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layout", ["nsd_872", "algonauts_2023", "nsd"])
def test_the_population_of_scenes_does_not_depend_on_the_layout(tmp_path, layout):
    roots = [written(tmp_path, name, **TRIALS, population=80) for name in ("algonauts_shared", layout)]

    ours, theirs = (
        layouts.read_stimuli(layouts.StudyFolder(root / POPULATION, POPULATION_LAYOUT, True))
        for root in roots
    )
    pd.testing.assert_frame_equal(theirs, ours)
    for name in ("ground_truth.csv", "latent_features.csv", f"{POPULATION}/latent_features.csv"):
        assert (roots[1] / name).read_bytes() == (roots[0] / name).read_bytes()


@pytest.mark.parametrize("layout", ["algonauts_shared", "nsd_872"])
def test_rdms_have_the_order_of_first_trials_whatever_the_order_of_trials(tmp_path, layout):
    regions = {"bodies": ["EBA"], "faces": ["FFA-1"], "places": ["PPA"]}
    root = tmp_path / "raw"
    write_simulated_study(root, regions, layout=layout, **OPTIONS, **TRIALS)
    _, shown, responses = ingest(root, regions=regions)
    names = list(dict.fromkeys(shown.loc[shown["subject"] == 1, "stimulus_id"]))
    assert names != sorted(names)

    folder = layouts.open_study(root, "simulated")
    found = [
        one for one in layouts.read_distributed_rdms(folder, names, 1, regions, "both") if one.roi == "EBA"
    ]

    labels = responses[1].channel_descriptors
    trials = pd.DataFrame(responses[1].measurements.astype(float)).groupby(
        np.asarray(responses[1].obs_descriptors["stimulus_id"]), sort=False
    )
    for one in found:
        sides = ("lh", "rh") if one.hemisphere == "both" else (one.hemisphere,)
        chosen = (np.asarray(labels["roi"]) == "EBA") & np.isin(labels["hemisphere"], sides)
        expected = pdist(trials.mean().loc[names].to_numpy()[:, chosen], "correlation")
        rdm = one.rdm if one.rdm.ndim == 1 else squareform(one.rdm, checks=False)
        np.testing.assert_allclose(rdm, expected, atol=1e-5)
    assert found


def test_a_region_that_nsd_does_not_have_cannot_be_written(tmp_path):
    with pytest.raises(StudyError, match="NSD has no region made-up"):
        write_simulated_study(tmp_path / "raw", {"bodies": ["made-up"]}, layout="algonauts_2023", **OPTIONS)
    assert list(tmp_path.iterdir()) == []
