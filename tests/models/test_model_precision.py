"""The precision `auto`: bfloat16 only where the hardware has it and the RDM stays what it is."""

import dataclasses
import hashlib
import logging

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.spatial.distance import pdist

from tyrosine.models import extract_features
from tyrosine.models.backends.transformers import load_tower
from tyrosine.models.precision import LEAST_CORRELATION, least_correlation, sample_rows
from tyrosine.models.shards import Features
from tyrosine.simulation.miniatures import write_miniatures
from tyrosine.simulation.scenes import render, sample_scenes


@pytest.fixture
def native(monkeypatch):
    """A processor that says it computes in bfloat16; this one then emulates it."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """The stimuli of the simulated study, their folder and its miniatures."""
    folder = tmp_path_factory.mktemp("simulated")
    scenes = sample_scenes(120, seed=0)
    for number, scene in enumerate(scenes):
        render(scene).save(folder / f"{number}.png")
    write_miniatures(folder / "miniatures", 0, [text for scene in scenes for text in scene.captions])
    files = [folder / f"{number}.png" for number in range(len(scenes))]
    stimuli = pd.DataFrame(
        {
            "stimulus_id": [str(number) for number in range(len(scenes))],
            "image": [file.name for file in files],
            "image_sha256": [hashlib.sha256(file.read_bytes()).hexdigest() for file in files],
            "captions": [list(scene.captions) for scene in scenes],
        }
    )
    return stimuli, folder


@pytest.mark.parametrize("model", ["vit", "bert", "clip_vision", "clip_language"])
def test_bfloat16_is_taken_and_leaves_the_rdm_of_the_simulated_study(
    make_spec, simulated, native, caplog, model
):
    stimuli, folder = simulated
    changes = {"checkpoint": str(folder / "miniatures" / model.split("_")[0]), "batch_size": "auto"}
    with caplog.at_level(logging.INFO, logger="tyrosine"):
        chosen = extract_features(make_spec(model, precision="auto", **changes), stimuli, folder)
    full = extract_features(make_spec(model, **changes), stimuli, folder)
    assert chosen.descriptors["precision"] == "bfloat16"
    assert not np.array_equal(chosen.measurements, full.measurements)
    rdms = [pdist(one.measurements.astype(float), "correlation") for one in (chosen, full)]
    assert np.corrcoef(*rdms)[0, 1] > LEAST_CORRELATION == 0.999
    assert (
        f"{model} is computed in bfloat16: the RDM of 64 stimuli in bfloat16 correlates 0.99" in caplog.text
    )


def test_float32_is_taken_where_the_processor_has_nothing_else(make_spec, stimuli, root, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    features = extract_features(make_spec("vit", precision="auto"), stimuli, root)
    assert features.descriptors["precision"] == "float32"
    expected = extract_features(make_spec("vit"), stimuli, root)
    np.testing.assert_array_equal(features.measurements, expected.measurements)
    assert features.descriptors["fingerprint"] == expected.descriptors["fingerprint"]


def test_float32_is_taken_where_bfloat16_changes_the_rdm(
    make_spec, stimuli, root, native, monkeypatch, caplog
):
    def load(spec):
        tower = load_tower(spec)
        if tower.precision == "bfloat16":
            # Values of which bfloat16 keeps no more than the sign.
            tower.network.register_forward_pre_hook(
                lambda module, arguments, named: (arguments, {k: v.sign() for k, v in named.items()}),
                with_kwargs=True,
            )
        return dataclasses.replace(tower)

    monkeypatch.setattr("tyrosine.models.backends.transformers.load_tower", load)
    with caplog.at_level(logging.INFO, logger="tyrosine"):
        features = extract_features(make_spec("vit", precision="auto"), stimuli, root)
    assert "vit is computed in float32" in caplog.text
    assert features.descriptors["precision"] == "float32"
    expected = extract_features(make_spec("vit"), stimuli, root)
    np.testing.assert_array_equal(features.measurements, expected.measurements)


def test_the_layer_that_suffers_most_counts():
    random = np.random.default_rng(0)
    rows = random.standard_normal((10, 12)).astype(np.float32)
    other = rows + np.array([0] * 8 + [0.3] * 4, np.float32) * random.standard_normal((10, 12)).astype(
        np.float32
    )
    found = least_correlation(Features(rows, (8, 4)), Features(other, (8, 4)))
    lower = [1 - np.corrcoef(one[:, 8:].astype(float))[np.triu_indices(10, 1)] for one in (rows, other)]
    assert found == pytest.approx(np.corrcoef(*lower)[0, 1])
    assert found < 0.999


def test_too_few_stimuli_for_an_rdm_that_varies_take_float32(make_spec, stimuli, root, native):
    features = extract_features(make_spec("vit", precision="auto"), stimuli.iloc[:2], root)
    assert features.descriptors["precision"] == "float32"


def test_the_sample_is_spread_over_all_stimuli():
    assert sample_rows(5) == [0, 1, 2, 3, 4]
    rows = sample_rows(20_000)
    assert (len(rows), rows[0], rows[-1]) == (64, 0, 19_999)
    assert np.ptp(np.diff(rows)) <= 1
