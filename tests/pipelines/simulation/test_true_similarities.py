"""Similarity to the brain without noise, against the simulation's own numbers in full precision."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from tyrosine.errors import StudyError
from tyrosine.parameters import ComparisonParameters, StudyParameters
from tyrosine.pipelines.simulation.nodes import compare_with_ground_truth
from tyrosine.rsa.rdms import label_rdms
from tyrosine.simulation.latents import latent_features
from tyrosine.simulation.scenes import sample_scenes
from tyrosine.simulation.study import simulate_responses, write_simulated_study
from tyrosine.tables import schemas
from tyrosine.tables.columns import BRAIN

REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}
OPTIONS = {"n_subjects": 2, "n_voxels": 10, "signal_to_noise": 0.5, "seed": 4, "lacking": {2: ["PPA"]}}
IDS = [f"{number:05d}" for number in range(1, 13)]
MEASURED = [(1, "bodies", "EBA"), (2, "bodies", "EBA"), (1, "places", "PPA")]
KEYS = ["subject", "selectivity", "roi", "model", "label", "modality", "task", "layer", "reported", "method"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw") / "simulated"
    write_simulated_study(folder, REGIONS, n_stimuli=12, **OPTIONS)
    return folder


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(0).normal(size=(2, 12, 6))


@pytest.fixture(scope="module")
def compared(root, features):
    """The node's table; stimuli are listed from last to first, models name them from first to last."""

    def run(*, regions=MEASURED, methods=("pearson", "spearman"), distance="correlation"):
        descriptors = {
            "model": ["vit", "bert"], "label": ["ViT", "BERT"], "modality": ["vision", "language"],
            "task": ["classification", "masked-token prediction"], "layer": ["one", "two"],
            "reported": [True, True],
        }  # fmt: skip
        return compare_with_ground_truth(
            {"root_folder": root},
            pd.DataFrame({"stimulus_id": IDS[::-1], "nsd_id": pd.array(range(12, 0, -1), dtype="Int64")}),
            pd.DataFrame(
                [(subject, name) for subject in (1, 2) for name in IDS], columns=["subject", "stimulus_id"]
            ),
            label_rdms(np.ones((len(regions), 66)), IDS, dict(zip(BRAIN, zip(*regions))), distance),
            label_rdms(
                np.stack([pdist(rows, "correlation") for rows in features]), IDS, descriptors, "correlation"
            ),
            StudyParameters(name="simulated", title="A study", path=root, regions=REGIONS),
            ComparisonParameters(methods=methods),
        )

    return run


def test_similarities_are_those_to_the_signal(compared, features):
    table = schemas.true_similarities.validate(compared())

    latents = latent_features(sample_scenes(12, OPTIONS["seed"]))
    _, weights = simulate_responses(latents, REGIONS, **OPTIONS)
    expected = []
    for method in ("pearson", "spearman"):
        for subject, roi in ((1, "EBA"), (2, "EBA"), (1, "PPA")):
            rows = weights[(weights["subject"] == subject) & (weights["roi"] == roi)]
            signal = latents.to_numpy() @ rows[latents.columns].to_numpy().T
            brain = pdist(signal - signal.mean(axis=0), "correlation")
            for model in features:
                pair = brain, pdist(model, "correlation")
                expected.append(np.corrcoef(*pair)[0, 1] if method == "pearson" else spearmanr(*pair)[0])
    pearson = (table["method"] == "pearson").to_numpy()
    np.testing.assert_allclose(table["similarity"][pearson], np.array(expected)[pearson], atol=1e-5)
    # A tie of six digits may swap two ranks.
    np.testing.assert_allclose(table["similarity"][~pearson], np.array(expected)[~pearson], atol=1e-3)


def test_a_region_without_ground_truth_is_refused(compared):
    with pytest.raises(StudyError, match="has no RSC of subject 1"):
        compared(regions=[(1, "places", "RSC")])


def test_a_run_has_a_true_similarity_for_each_measured_one(finished_few):
    measured, true = finished_few.load("similarities"), finished_few.load("true_similarities")

    pd.testing.assert_frame_equal(true[KEYS], measured[KEYS])
