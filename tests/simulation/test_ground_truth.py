"""The ground truth as it is read back, against the numbers that the simulation computed with."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from tyrosine.errors import StudyError
from tyrosine.simulation.ground_truth import noise_free_recordings
from tyrosine.simulation.latents import latent_features
from tyrosine.simulation.scenes import sample_scenes
from tyrosine.simulation.study import simulate_responses, write_simulated_study

REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}
N_STIMULI = 12
OPTIONS = {"n_subjects": 2, "n_voxels": 10, "signal_to_noise": 0.5, "seed": 4, "lacking": {2: ["PPA"]}}


def of_all(nsd_ids):
    """The same stimuli for each of the two subjects."""
    return {1: nsd_ids, 2: nsd_ids}


@pytest.fixture(scope="module", params=["algonauts_shared", "nsd_872"])
def study(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("raw") / "simulated"
    write_simulated_study(root, REGIONS, n_stimuli=N_STIMULI, layout=request.param, **OPTIONS)
    return root


@pytest.fixture(scope="module")
def signals():
    """Signal by (subject, ROI, hemisphere), computed in memory, in full precision."""
    latents = latent_features(sample_scenes(N_STIMULI, OPTIONS["seed"]))
    _, weights = simulate_responses(latents, REGIONS, **OPTIONS)
    return {
        key: latents.to_numpy() @ rows[latents.columns].to_numpy().T
        for key, rows in weights.groupby(["subject", "roi", "hemisphere"])
    }


def _equal_to_six_digits(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_responses_are_the_signal_of_the_simulation(study, signals):
    recordings = list(noise_free_recordings(study, of_all(range(1, N_STIMULI + 1))))

    assert [(r.subject, r.selectivity, r.roi) for r in recordings] == [
        (1, "bodies", "EBA"), (2, "bodies", "EBA"), (1, "places", "PPA"),
    ]  # fmt: skip
    for recording in recordings:
        sides = [signals[recording.subject, recording.roi, side] for side in ("lh", "rh")]
        signal = np.concatenate(sides, axis=1)
        _equal_to_six_digits(recording.responses, signal - signal.mean(axis=0))
        np.testing.assert_allclose(
            pdist(recording.responses, "correlation"),
            pdist(signal - signal.mean(axis=0), "correlation"),
            atol=1e-5,
        )


def test_one_hemisphere_has_the_voxels_of_that_hemisphere(study, signals):
    (right, *_) = noise_free_recordings(study, of_all(range(1, N_STIMULI + 1)), "rh")

    signal = signals[1, "EBA", "rh"]
    _equal_to_six_digits(right.responses, signal - signal.mean(axis=0))


def test_rows_are_in_the_order_of_the_stimuli(study):
    order = np.random.default_rng(0).permutation(N_STIMULI)

    for straight, shuffled in zip(
        noise_free_recordings(study, of_all(range(1, N_STIMULI + 1))),
        noise_free_recordings(study, of_all(list(order + 1))),
    ):
        np.testing.assert_allclose(shuffled.responses, straight.responses[order], atol=1e-12)


@pytest.mark.parametrize("name", ["ground_truth.csv", "latent_features.csv"])
@pytest.mark.parametrize(
    ("content", "words"), [(None, "is missing"), ("", "cannot be read"), ("a,b\n1,2\n", "lacks the column")]
)
def test_a_broken_table_is_told_in_one_sentence(study, tmp_path, name, content, words):
    for other in ("ground_truth.csv", "latent_features.csv"):
        (tmp_path / other).write_bytes((study / other).read_bytes())
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_text(content)

    with pytest.raises(StudyError, match=f"{name}, the ground truth.*{words}.*simulates it anew"):
        list(noise_free_recordings(tmp_path, of_all([1])))


def test_a_missing_table_of_the_population_asks_for_the_whole_folder(study):
    # The folder of the population alone is not simulated anew.
    with pytest.raises(StudyError, match=f"latent_features.csv, .* is missing; delete {study}, and the next"):
        list(noise_free_recordings(study, of_all([1]), scenes="population"))


def test_a_truncated_row_is_refused(study, tmp_path):
    (tmp_path / "latent_features.csv").write_bytes((study / "latent_features.csv").read_bytes())
    whole = (study / "ground_truth.csv").read_text()
    (tmp_path / "ground_truth.csv").write_text(whole[: whole.rindex(",")])

    with pytest.raises(StudyError, match="has empty cells"):
        list(noise_free_recordings(tmp_path, of_all([1])))


def test_stimuli_of_another_study_are_refused(study):
    with pytest.raises(StudyError, match="latent_features.csv has no stimulus 99"):
        list(noise_free_recordings(study, of_all([1, 99])))


def test_tables_of_two_simulations_are_refused(study, tmp_path):
    (tmp_path / "latent_features.csv").write_bytes((study / "latent_features.csv").read_bytes())
    weights = pd.read_csv(study / "ground_truth.csv").drop(columns="position:x")
    weights.to_csv(tmp_path / "ground_truth.csv", index=False)

    with pytest.raises(StudyError, match="ground_truth.csv has no position:x"):
        list(noise_free_recordings(tmp_path, of_all([1])))
