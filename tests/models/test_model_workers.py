"""Images from worker processes: the same pixels, only where that pays; what breaks is one sentence."""

import dataclasses
import logging
import multiprocessing
import os

import numpy as np
import pytest
import torch

from tyrosine.errors import ModelError
from tyrosine.models import extract_features, images
from tyrosine.models.backends.transformers import load_tower
from tyrosine.models.images import ImageBatches
from tyrosine.models.lanes import Lanes


@pytest.fixture
def eager(monkeypatch):
    """Worker processes for every job; returns how many each was given."""
    started = []
    beside = ImageBatches._load_beside

    def count(self, batches, workers):
        started.append(workers)
        return beside(self, batches, workers)

    monkeypatch.setattr(images, "STARTING_SECONDS", 0)
    monkeypatch.setattr(images, "LEAST_SHARE", 0)
    monkeypatch.setattr(Lanes, "pace", lambda lanes: 0.0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    monkeypatch.setattr(ImageBatches, "_load_beside", count)
    return started


def test_workers_give_the_same_bits_and_leave_random_numbers_alone(make_spec, stimuli, root, eager):
    spec = make_spec("clip_vision", batch_size=2)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    features = extract_features(spec, stimuli, root).measurements
    assert torch.rand(1) == expected
    assert eager == [1]
    images.STARTING_SECONDS = np.inf
    np.testing.assert_array_equal(features, extract_features(spec, stimuli, root).measurements)
    assert eager == [1]


def test_a_broken_image_in_a_worker_is_named_in_one_sentence(make_spec, stimuli, root, tmp_path, eager):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    broken = stimuli.assign(image=[*stimuli["image"][:-1], str(tmp_path / "broken.jpg")])
    with pytest.raises(ModelError) as caught:
        extract_features(make_spec("vit", batch_size=1), broken, root)
    assert str(caught.value).startswith("The image of stimulus stim6 does not open: ")
    assert "\n" not in str(caught.value)
    assert eager == [1]


def test_without_workers_the_extraction_goes_on(make_spec, stimuli, root, eager, monkeypatch, caplog):
    spec = make_spec("vit", batch_size=1)
    tower = load_tower(spec)
    # A function without a name cannot be sent to another process.
    unsendable = dataclasses.replace(tower, processor=lambda **given: tower.processor(**given))
    monkeypatch.setattr("tyrosine.models.backends.transformers.load_tower", lambda spec: unsendable)
    with caplog.at_level(logging.WARNING, logger="tyrosine"):
        features = extract_features(spec, stimuli, root).measurements
    assert "vit: images are prepared without worker processes from here on" in caplog.text
    monkeypatch.undo()
    np.testing.assert_array_equal(features, extract_features(spec, stimuli, root).measurements)


@pytest.mark.parametrize(
    ("device", "cores", "n_batches", "preparing", "computing", "workers"),
    [
        # 120 pictures of the simulated study: over before a process has started.
        ("cpu", 2, 3, 0.1, 0.05, 0),
        # A large network keeps the cores busy by itself.
        ("cpu", 2, 6000, 0.03, 3.0, 0),
        # Thousands of photographs for a small network; one core is left to it.
        ("cpu", 2, 300, 0.5, 0.1, 1),
        ("cpu", 16, 300, 0.5, 0.1, 8),
        ("cpu", 4, 300, 0.5, 0.01, 3),
        ("cpu", 1, 300, 0.5, 0.1, 0),
        # A GPU leaves all cores to them, as many as keep it fed.
        ("cuda", 16, 300, 0.5, 0.125, 6),
        ("cuda", 16, 300, 2.0, 0.05, 16),
        ("cuda", 16, 300, 0.06, 1.0, 1),
        ("cuda", 16, 3, 0.4, 0.1, 0),
        ("cuda", 16, 20, 4.0, 0.1, 16),
    ],
)
def test_there_are_workers_where_they_pay(
    make_spec, monkeypatch, device, cores, n_batches, preparing, computing, workers
):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    batches = ImageBatches(make_spec("vit"), [], [], None, torch.device(device))
    assert batches._workers(n_batches, preparing, computing) == workers


@pytest.mark.parametrize(
    ("cores", "preparing", "computing", "workers"),
    [
        # The network computes beside, and needs longer for a batch than this process to prepare one.
        (2, 0.2, 0.25, 0),
        (16, 0.05, 0.1, 0),
        # It would wait.
        (2, 0.5, 0.1, 1),
        (16, 0.5, 0.1, 8),
    ],
)
def test_there_are_workers_where_a_network_that_computes_beside_would_wait(
    make_spec, monkeypatch, cores, preparing, computing, workers
):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    batches = ImageBatches(make_spec("vit"), [], [], None, torch.device("cpu"))
    assert batches._workers(300, preparing, computing, beside=True) == workers


def test_a_daemon_has_no_workers(make_spec, eager, monkeypatch):
    batches = ImageBatches(make_spec("vit"), [], [], None, torch.device("cpu"))
    assert batches._workers(100, 1.0, 1.0) == 1
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)
    assert batches._workers(100, 1.0, 1.0) == 0


def test_a_script_that_a_worker_runs_again_is_told(make_spec, stimuli, root, monkeypatch):
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(ModelError, match="if __name__ == '__main__'"):
        extract_features(make_spec("vit"), stimuli, root)
