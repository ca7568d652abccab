"""The training pipeline writes checkpoints that a run can take, and what is trained shows in the study."""

import numpy as np
import pytest

from tests.projects import FEW_REGIONS, Project, merged
from tyrosine.errors import ParameterError
from tyrosine.pipelines.miniature_training.pipeline import MINIATURES
from tyrosine.rsa.rdms import align, stimulus_ids
from tyrosine.rsa.similarity import compare, noise_ceiling
from tyrosine.simulation.miniatures import read_record
from tyrosine.simulation.study import GAINS

FEW_STEPS = {"miniature_training": {"n_scenes": 200, "n_held_out": 100, "max_steps": 1}}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    project = Project.create(tmp_path_factory.mktemp("training"), merged(FEW_REGIONS, FEW_STEPS))
    project.run("miniature_training")
    return project


@pytest.fixture(scope="module")
def full_size(tmp_path_factory):
    """The simulated study with all stimuli, subjects and models, as far as RDMs of the published distance."""
    published = {"rdm": {"brain_distance": "correlation"}}
    project = Project.create(tmp_path_factory.mktemp("full"), published)
    for pipeline in ("ingestion", "brain_rdm_construction", "feature_extraction", "rdm_construction"):
        project.run(pipeline)
    return project


@pytest.mark.slow
def test_metrics_have_a_row_for_each_miniature(trained):
    metrics = trained.load("miniature_metrics")
    assert list(metrics["miniature"]) == list(MINIATURES)
    assert (metrics["n_held_out"] == 100).all()
    assert np.isfinite(metrics[["value", "baseline"]]).all(axis=None)


@pytest.mark.slow
def test_checkpoints_are_those_of_the_table(trained):
    metrics = trained.load("miniature_metrics").set_index("miniature")
    for name in MINIATURES:
        record = read_record(trained.root / "data/06_models/trained_miniatures" / name)
        assert record["sha256"] == metrics.loc[name, "sha256"]
        assert record["data"] == {
            "n_scenes": 200,
            "n_held_out": 100,
            "scene_seed": 1000,
            "seed": 0,
            "max_steps": 1,
        }


@pytest.mark.slow
def test_a_run_takes_the_miniatures_of_a_training(trained):
    trained.run(
        "feature_extraction",
        params={"miniatures": {"trained": "data/06_models/trained_miniatures"}, "roster": "bert"},
        node_names=["bert.prepare_checkpoint"],
    )
    copied = read_record(trained.root / "data/06_models/miniatures/bert")
    assert copied == read_record(trained.root / "data/06_models/trained_miniatures/bert")


def test_the_studys_own_stimuli_are_not_trained_on(project):
    with pytest.raises(ParameterError, match="would see the study's own stimuli"):
        project.run("miniature_training", params={"simulation": {"seed": 1001}})


@pytest.mark.slow
def test_trained_models_are_above_their_twins_and_below_the_noise_ceiling(full_size):
    brain_rdms, model_rdms = full_size.load("brain_rdms"), full_size.load("model_rdms")
    networks = [name for name in model_rdms.rdm_descriptors["model"] if not name.startswith("noisy_")]
    model_rdms = model_rdms.subset("model", networks)
    names = list(model_rdms.rdm_descriptors["model"])
    models = align(model_rdms, stimulus_ids(brain_rdms))
    regions = {
        roi: selectivity
        for selectivity, roi in zip(
            brain_rdms.rdm_descriptors["selectivity"], brain_rdms.rdm_descriptors["roi"]
        )
        # In the control region there is nothing that a model could find.
        if selectivity != "control"
    }
    twins = [name for name in names if name.endswith("_untrained")]
    assert len(regions) == 9 and len(names) == 2 * len(twins) == 18
    for roi, selectivity in regions.items():
        assert GAINS[selectivity]["category"] > 0
        brains = brain_rdms.subset("roi", roi).get_vectors()
        similarity = compare(brains, models)
        lower, _ = noise_ceiling(brains)
        assert similarity.mean(axis=0).max() < lower
        for twin in twins:
            gain = (
                similarity[:, names.index(twin.removesuffix("_untrained"))] - similarity[:, names.index(twin)]
            )
            # Two standard errors over subjects are the room for noise.
            assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain)), (roi, twin)
