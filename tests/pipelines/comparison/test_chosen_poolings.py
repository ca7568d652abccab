"""A study in which layer and pooling of a model are chosen together."""

import shutil

import numpy as np
import pytest

from tests.projects import Project, merged
from tyrosine.rsa.dissimilarity import compute_rdm


@pytest.fixture(scope="module")
def chosen(finished_few, tmp_path_factory):
    root = shutil.copytree(finished_few.root, tmp_path_factory.mktemp("poolings") / "project")
    changed = {
        "roster": "vit bert",
        "models": {
            "vit": {"layer": "best", "pooling": "cls mean"},
            "bert": {"layer": ["best", 0.5, 1.0], "pooling": ["mean", "eos"]},
        },
        "inference": {"n_bootstraps": 50},
    }
    project = Project(root, merged(finished_few.params, changed))
    for pipeline in ("feature_extraction", "rdm_construction", "comparison", "encoding", "reporting"):
        project.run(pipeline)
    return project


def test_the_choices_tell_layer_and_pooling(chosen):
    choices = chosen.load("layer_choices")
    readings = {name: set(rows["layer"]) for name, rows in choices.groupby("model")}
    assert readings["vit"] <= {
        f"layers.{block}:{pooling}" for block in range(4) for pooling in ("cls", "mean")
    }
    assert readings["bert"] <= {
        f"encoder.layer.{block}:{pooling}" for block in (1, 3) for pooling in ("mean", "eos")
    }
    assert {one.partition(":")[2] for one in readings["vit"] | readings["bert"]} >= {"cls", "mean"}


def test_a_candidate_is_the_rdm_of_one_layer_by_one_pooling(chosen):
    rdms, features = chosen.load("vit.rdm"), chosen.load("vit.features")
    labels = rdms.rdm_descriptors
    assert labels["layer"][:3] == ["layers.0:cls", "layers.0:mean", "layers.1:cls"]
    assert labels["depth"] == [0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1.0, 1.0] and not any(labels["reported"])
    own = np.asarray(features.channel_descriptors["layer"]) == "layers.1:mean"
    expected = compute_rdm(features.measurements[:, own], "correlation")
    np.testing.assert_allclose(rdms.dissimilarities[3], expected)


def test_the_page_names_the_pooling_of_each_candidate(chosen):
    report = (chosen.root / "data/08_reporting/simulated/report.html").read_text(encoding="utf-8")
    assert "layers.1:mean" in report and "encoder.layer.3:eos" in report
