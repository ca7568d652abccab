"""One extraction shared among processes: every stimulus once, the same bits, and no other model."""

import weakref
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from tyrosine.errors import ModelError
from tyrosine.models import extract_features
from tyrosine.models.backends import transformers
from tyrosine.models.reading import LayerReader
from tyrosine.models.shards import Shards
from tyrosine.models.sharing import Extraction, parts_of


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr("tyrosine.models.sharing.LEAST_BATCHES", 2)


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("model", ["vit", "clip_language"])
def test_processes_give_the_same_bits_as_one(
    make_spec, stimuli, root, tmp_path, processes, model, monkeypatch
):
    spec = make_spec(model, batch_size=2)
    alone = extract_features(spec, stimuli, root)

    # This process has nothing left to compute.
    monkeypatch.setattr(LayerReader, "__call__", None)
    shared = extract_features(spec, stimuli, root, shards=tmp_path / "shards", executor=processes)

    np.testing.assert_array_equal(shared.measurements, alone.measurements)
    assert shared.descriptors == alone.descriptors
    assert shared.channel_descriptors == alone.channel_descriptors
    assert len(list((tmp_path / "shards").glob("*.safetensors"))) > 1


class Noting(ProcessPoolExecutor):
    """Keeps what it is asked for, and does nothing of it."""

    def __init__(self):
        self.asked = []
        self.networks = []

    def map(self, function, items):
        self.asked += list(items)
        self.networks.append([one() for one in networks])
        return iter(())


networks = []


@pytest.fixture
def loaded(monkeypatch):
    """A weak reference to each network that is loaded."""
    load = transformers.load_tower

    def note(*arguments, **options):
        tower = load(*arguments, **options)
        networks.append(weakref.ref(tower.network))
        return tower

    networks.clear()
    monkeypatch.setattr(transformers, "load_tower", note)
    return networks


def test_while_others_compute_this_process_holds_no_network(make_spec, stimuli, root, tmp_path, loaded):
    noting = Noting()

    extract_features(make_spec("vit", batch_size=2), stimuli, root, shards=tmp_path, executor=noting)

    assert noting.networks == [[None]]
    # What nobody has computed, it computes with a network that it loads again.
    assert len(loaded) == 2


def test_what_no_process_has_done_is_done_here(make_spec, stimuli, root, tmp_path):
    spec = make_spec("vit", batch_size=2)
    noting = Noting()

    features = extract_features(spec, stimuli, root, shards=tmp_path / "shards", executor=noting)

    assert [number for part in noting.asked for number in part] == list(range(-(-len(stimuli) // 2)))
    np.testing.assert_array_equal(features.measurements, extract_features(spec, stimuli, root).measurements)
    # The next time all is there, and nobody is asked.
    noting.asked.clear()
    extract_features(spec, stimuli, root, shards=tmp_path / "shards", executor=noting)
    assert noting.asked == []


class Here(Noting):
    """Computes every part in this process, with the one function that it is given."""

    def map(self, function, items):
        for item in items:
            function(item)
        return super().map(function, items)


def test_a_process_loads_the_network_once_for_all_its_parts(make_spec, stimuli, root, tmp_path, loaded):
    spec = make_spec("vit", batch_size=2)
    here = Here()

    features = extract_features(spec, stimuli, root, shards=tmp_path, executor=here)

    assert len(here.asked) > 1
    # The first is that of the process which plans the batches.
    assert len(loaded) == 2
    np.testing.assert_array_equal(features.measurements, extract_features(spec, stimuli, root).measurements)


def test_what_is_no_more_than_one_part_is_not_shared(make_spec, stimuli, root, tmp_path, loaded):
    noting = Noting()

    extract_features(make_spec("vit", batch_size=50), stimuli, root, shards=tmp_path, executor=noting)

    assert noting.asked == []
    assert len(loaded) == 1


def test_parts_cover_what_is_not_stored_and_nothing_else(monkeypatch):
    rng = np.random.default_rng(0)
    for _ in range(50):
        n_batches = int(rng.integers(1, 40))
        bounds = sorted(rng.choice(n_batches + 1, size=min(6, n_batches + 1), replace=False).tolist())
        stored = {first: last - 1 for first, last in zip(bounds[::2], bounds[1::2])}
        covered = {number for first, last in stored.items() for number in range(first, last + 1)}

        parts = parts_of(n_batches, stored)

        asked = [number for part in parts for number in part]
        assert sorted(asked) == sorted(set(range(n_batches)) - covered)
        assert all(1 <= len(part) <= 2 for part in parts)
    monkeypatch.setattr("tyrosine.models.sharing.MOST_PARTS", 8)
    assert len(parts_of(1000, {})) == 8


def test_a_process_that_would_give_other_features_is_refused(make_spec, stimuli, root, tmp_path):
    spec = make_spec("vit", batch_size=2)
    extraction = Extraction(spec, stimuli, Path(root), tmp_path / "shards", "key of another device")

    with pytest.raises(
        ModelError, match="runs on cpu in float32 here, and its extraction was begun on another"
    ):
        extraction.compute(range(2))

    assert Shards(tmp_path / "shards", "key of another device").stored() == {}
    assert not (tmp_path / "shards").exists()
