"""The simulated study: same seed same bytes, the layout of a real one, and a ground truth that holds."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from tests.studies.records import record
from tyrosine.errors import StudyError
from tyrosine.simulation.latents import latent_features, private_features
from tyrosine.simulation.scenes import sample_scenes
from tyrosine.simulation.study import (
    POPULATION,
    seen_rows,
    simulate_responses,
    write_simulated_study,
)
from tyrosine.studies import layouts

REGIONS = {"bodies": ["EBA"], "faces": ["FFA-1"], "places": ["PPA"]}
OPTIONS = {
    "n_stimuli": 12,
    "n_subjects": 2,
    "n_voxels": 10,
    "signal_to_noise": 0.5,
    "seed": 4,
    "lacking": {2: ["PPA"]},
}


def contents(root):
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    root = tmp_path_factory.mktemp("raw") / "simulated"
    assert write_simulated_study(root, REGIONS, **OPTIONS)
    return root


def test_same_seed_gives_same_bytes(study, tmp_path):
    write_simulated_study(tmp_path / "again", REGIONS, **OPTIONS)

    assert contents(tmp_path / "again") == contents(study)


def test_another_seed_gives_other_stimuli_and_responses(study, tmp_path):
    write_simulated_study(tmp_path / "other", REGIONS, **{**OPTIONS, "seed": 5})

    ours, others = contents(study), contents(tmp_path / "other")
    assert ours["images/00001.png"] != others["images/00001.png"]
    assert ours["subj01/rois/EBA_lh_subj01.npy"] != others["subj01/rois/EBA_lh_subj01.npy"]


def test_it_reads_as_any_study_of_that_layout(study):
    found = layouts.open_study(study, "auto")
    stimuli = layouts.read_stimuli(found)

    assert (found.layout, found.simulated) == ("algonauts_shared", True)
    assert len(stimuli) == 12
    assert (stimuli["captions"].map(len) == 5).all()
    assert stimuli["category_ids"].map(len).gt(0).all()
    recordings = record(found, list(stimuli["stimulus_id"]), REGIONS)
    assert [(r.subject, r.roi) for r in recordings] == [
        (1, "EBA"), (2, "EBA"), (1, "FFA-1"), (2, "FFA-1"), (1, "PPA"),
    ]  # fmt: skip


def test_distributed_rdms_are_those_of_the_responses(study):
    responses = np.load(study / "subj02/rois/EBA_rh_subj02.npy").astype(np.float64)

    np.testing.assert_allclose(
        np.load(study / "subj02/rdms/EBA_rh_subj02.npy"), pdist(responses, "correlation")
    )


def test_ground_truth_has_a_row_a_voxel(study):
    truth = pd.read_csv(study / "ground_truth.csv")

    voxels = truth.groupby(["subject", "roi", "hemisphere"]).size()
    assert voxels[1, "EBA", "lh"] == np.load(study / "subj01/rois/EBA_lh_subj01.npy").shape[1]
    assert set(truth["roi"]) == {"EBA", "FFA-1", "PPA"}


def test_responses_are_latents_times_weights_plus_noise():
    latents = latent_features(sample_scenes(60, seed=0))
    responses, weights = simulate_responses(
        latents, REGIONS, n_subjects=1, n_voxels=40, signal_to_noise=0.5, seed=1, lacking={}
    )

    rows = weights.query("roi == 'PPA' and hemisphere == 'lh'")
    signal = latents.to_numpy() @ rows[latents.columns].to_numpy().T
    signal -= signal.mean(axis=0)
    noise = responses[1, "PPA", "lh"] - signal
    ratio = signal.var(axis=0) / noise.var(axis=0)
    assert np.median(ratio) == pytest.approx(0.5, rel=0.15)


def test_selectivity_shows_in_the_weights():
    latents = latent_features(sample_scenes(60, seed=0))
    _, weights = simulate_responses(
        latents, REGIONS, n_subjects=2, n_voxels=40, signal_to_noise=0.5, seed=1, lacking={}
    )
    strength = {
        roi: {
            group: np.sqrt((rows.filter(like=f"{group}:") ** 2).sum(axis=1)).mean()
            for group in ("face", "body", "place")
        }
        for roi, rows in weights.groupby("roi")
    }

    assert max(strength["FFA-1"], key=strength["FFA-1"].get) == "face"
    assert max(strength["EBA"], key=strength["EBA"].get) == "body"
    assert max(strength["PPA"], key=strength["PPA"].get) == "place"


@pytest.mark.parametrize("layout", ["algonauts_shared", "nsd_872"])
def test_some_stimuli_are_seen_by_one_subject_alone(tmp_path, layout):
    write_simulated_study(tmp_path / "raw", REGIONS, **OPTIONS, unique_stimuli=3, layout=layout)
    found = layouts.open_study(tmp_path / "raw", "simulated")

    stimuli = layouts.read_stimuli(found)
    presentations = layouts.read_presentations(found, stimuli, [1, 2])

    assert len(stimuli) == 12 + 2 * 3
    seen = presentations.groupby("subject")["stimulus_id"].agg(set)
    assert len(seen[1]) == len(seen[2]) == 15
    assert sorted(seen[1] & seen[2]) == [f"{number:05d}" for number in range(1, 13)]
    assert seen[1] | seen[2] == set(stimuli["stimulus_id"])
    assert set(presentations["n_presentations"]) == {1}
    for subject in (1, 2):
        names = presentations.loc[presentations["subject"] == subject, "stimulus_id"].tolist()
        recordings = list(layouts.read_responses(found, names, subject, REGIONS, "both"))
        assert {len(recording.responses) for recording in recordings} == {15}


def test_responses_to_unique_stimuli_are_latents_times_weights_plus_noise():
    latents = latent_features(sample_scenes(60, seed=0))
    rows = seen_rows(40, 10, 2)
    options = {"n_subjects": 2, "n_voxels": 40, "signal_to_noise": 1e6, "seed": 1, "lacking": {}}

    responses, weights = simulate_responses(latents, REGIONS, **options, rows=rows)

    assert rows[2].tolist() == [*range(40), *range(50, 60)]
    own = weights.query("subject == 2 and roi == 'PPA' and hemisphere == 'lh'")
    signal = latents.to_numpy()[rows[2]] @ own[latents.columns].to_numpy().T
    signal -= signal.mean(axis=0)
    np.testing.assert_allclose(responses[2, "PPA", "lh"], signal, atol=0.02 * signal.std())


def test_a_folder_with_the_same_parameters_is_left_alone(study):
    before = (study / "images/00001.png").stat().st_mtime_ns

    assert not write_simulated_study(study, REGIONS, **OPTIONS)
    assert (study / "images/00001.png").stat().st_mtime_ns == before


def test_other_parameters_replace_a_simulated_folder(tmp_path):
    root = tmp_path / "simulated"
    write_simulated_study(root, REGIONS, **OPTIONS)

    assert write_simulated_study(root, REGIONS, **{**OPTIONS, "n_stimuli": 9})
    assert len(list((root / "images").iterdir())) == 9
    assert json.loads((root / "simulation.json").read_text())["n_stimuli"] == 9


def test_somebody_elses_folder_is_never_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")

    with pytest.raises(StudyError, match="is not a simulated study"):
        write_simulated_study(tmp_path / "mine", REGIONS, **OPTIONS)
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("tyrosine.simulation.study.write_responses", fail)

    with pytest.raises(KeyboardInterrupt):
        write_simulated_study(tmp_path / "simulated", REGIONS, **OPTIONS)
    assert list(tmp_path.iterdir()) == []


def test_a_control_region_has_a_signal_that_nobody_shares():
    latents = latent_features(sample_scenes(60, seed=0))
    latents = latents.join(private_features(60, 2, np.random.default_rng(3)))
    options = {"n_subjects": 2, "n_voxels": 200, "signal_to_noise": 1e6, "seed": 1, "lacking": {}}

    responses, weights = simulate_responses(latents, REGIONS | {"control": ["CTRL"]}, **options)
    plain, _ = simulate_responses(latents[[n for n in latents if "private" not in n]], REGIONS, **options)

    # The other regions are what they are without a control region.
    assert all(np.array_equal(responses[key], values) for key, values in plain.items())
    for subject in (1, 2):
        own = weights.query(f"subject == {subject} and roi == 'CTRL' and hemisphere == 'lh'")
        driving = [name for name in latents if own[name].any()]
        assert driving == [f"private:{subject}_{number}" for number in range(1, 11)]
        signal = latents[driving].to_numpy() @ own[driving].to_numpy().T
        np.testing.assert_allclose(
            responses[subject, "CTRL", "lh"], signal - signal.mean(axis=0), atol=0.02 * signal.std()
        )
    rdms = [pdist(responses[subject, "CTRL", "lh"]) for subject in (1, 2)]
    shared = [pdist(responses[subject, "EBA", "lh"]) for subject in (1, 2)]
    # 60 stimuli of 10 independent features: the correlation of two such RDMs has a standard error near 0.03.
    assert abs(np.corrcoef(*rdms)[0, 1]) < 0.15 < np.corrcoef(*shared)[0, 1]


def test_the_population_is_further_scenes_on_the_scale_of_the_study(tmp_path):
    write_simulated_study(tmp_path / "raw", REGIONS, **OPTIONS, population=80)
    further = layouts.StudyFolder(tmp_path / "raw" / POPULATION, "algonauts_shared", True)

    stimuli = layouts.read_stimuli(further)
    own = layouts.read_stimuli(layouts.open_study(tmp_path / "raw", "simulated"))
    latents = pd.read_csv(further.root / "latent_features.csv").set_index("nsd_id")

    assert len(stimuli) == 80
    assert not set(stimuli["image_sha256"]) & set(own["image_sha256"])
    # Whether a scene is indoors has two values, which are the same in both tables if they have one scale.
    of_study = pd.read_csv(tmp_path / "raw" / "latent_features.csv").set_index("nsd_id")
    assert list(latents.columns) == list(of_study.columns)
    assert set(latents["place:indoor"]) == set(of_study["place:indoor"])
