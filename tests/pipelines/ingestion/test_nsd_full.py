"""The environment `nsd_full`: either layout of all of NSD, from the raw folder to brain RDMs."""

import numpy as np
import pytest

from tests.projects import SMALL, Project, merged
from tyrosine.simulation.study import write_simulated_study

REGIONS = {"bodies": ["EBA"], "faces": ["FFA-1"], "places": ["PPA"]}


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """A project for each layout, which has ingested the same responses and built RDMs of them."""
    made = {}
    for layout in ("algonauts_2023", "nsd"):
        root = tmp_path_factory.mktemp(layout)
        write_simulated_study(
            root / "raw",
            REGIONS,
            layout=layout,
            trial_order="nsd",
            n_stimuli=12,
            unique_stimuli=3,
            n_subjects=2,
            n_voxels=10,
            signal_to_noise=1.0,
            repetitions=3,
            sessions=5,
            session_noise=0.3,
            seed=1,
            lacking={2: ["PPA"]},
        )
        # As a copy of measured data would be.
        for name in ("simulation.json", "ground_truth.csv", "latent_features.csv"):
            (root / "raw" / name).unlink()
        made[layout] = Project.create(root / "project", merged(SMALL))
        params = {
            "study": {"path": str(root / "raw"), "regions": REGIONS},
            "rdm": {"brain_distance": "correlation"},
        }
        for pipeline in ("ingestion", "brain_rdm_construction"):
            made[layout].run(pipeline, env="nsd_full", params=params)
    return made


def test_each_layout_is_recognised(projects):
    for layout, project in projects.items():
        raw = project.load("raw_study", env="nsd_full")
        assert (raw["layout"], raw["simulated"]) == (layout, False)


def test_brain_rdms_of_averages_are_those_of_the_trials(projects):
    averages, trials = (project.load("brain_rdms", env="nsd_full") for project in projects.values())

    assert averages.rdm_descriptors["roi"] == trials.rdm_descriptors["roi"]
    assert averages.rdm_descriptors["subject"] == trials.rdm_descriptors["subject"]
    np.testing.assert_allclose(averages.dissimilarities, trials.dissimilarities, atol=1e-5)
    # Each subject has three of the eighteen stimuli alone, which the other one lacks.
    assert np.isnan(averages.dissimilarities).any(axis=1).all()


def test_reliability_is_known_where_there_are_trials(projects):
    averages, trials = (project.load("reliability", env="nsd_full") for project in projects.values())

    assert averages["split_half"].isna().all()
    assert trials["split_half"].notna().all()
    assert (trials["n_repetitions"] == 3).all()
