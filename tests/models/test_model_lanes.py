"""Batches side by side: in order, the same bits for any number of cores, the same as one at a time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import transformers

from tyrosine.errors import ModelError
from tyrosine.models import extract_features
from tyrosine.models.activations import PIECE, QuickGELUInPieces
from tyrosine.models.backends.transformers import load_tower
from tyrosine.models.lanes import Lanes


@pytest.fixture
def cores():
    """Sets how many cores PyTorch uses; afterwards as before."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_results_come_in_order_from_several_threads_with_one_core_each():
    lanes, seen = Lanes(3), set()

    def compute(number):
        seen.add((threading.get_ident(), torch.get_num_threads()))
        time.sleep(0.02 if number % 3 else 0.06)
        return number**2

    before = torch.get_num_threads()
    assert lanes.pace() is None
    assert list(lanes.map(compute, range(12))) == [number**2 for number in range(12)]
    assert {threads for _, threads in seen} == {1}
    assert len(seen) == 3
    assert lanes.pace() > 0.006
    assert torch.get_num_threads() == before


def test_threads_that_begin_later_keep_all_cores(cores):
    def seen_by_a_new_thread():
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(torch.get_num_threads).result()

    cores(3)
    made = Lanes(2).map(lambda number: torch.get_num_threads(), range(8))
    assert next(made) == 1
    assert seen_by_a_new_thread() == 3
    assert set(made) == {1}
    assert seen_by_a_new_thread() == 3


def test_batches_are_fetched_as_they_are_needed():
    fetched = []
    batches = (fetched.append(number) or number for number in range(100))
    made = Lanes(2).map(lambda number: number, batches)
    next(made)
    assert fetched == [0, 1, 2]
    made.close()


def test_an_error_ends_the_work():
    shown = []

    def fail(number):
        shown.append(number)
        raise ModelError(f"{number} is broken.")

    with pytest.raises(ModelError, match="0 is broken"):
        list(Lanes(2).map(fail, range(100)))
    assert len(shown) < 10


@pytest.mark.parametrize("model", ["vit", "clip_vision", "clip_language", "bert"])
def test_features_do_not_depend_on_the_number_of_cores(make_spec, stimuli, root, cores, model):
    spec = make_spec(model, batch_size=2)
    made = []
    for number in (1, 2, 5):
        cores(number)
        made.append(extract_features(spec, stimuli, root).measurements)
    np.testing.assert_array_equal(made[1], made[0])
    np.testing.assert_array_equal(made[2], made[0])
    single = extract_features(make_spec(model, batch_size=1), stimuli, root).measurements
    np.testing.assert_allclose(made[0], single, atol=1e-4)


def test_each_stimulus_gets_the_features_of_its_own_batch(make_spec, stimuli, root, cores, monkeypatch):
    spec, tower = make_spec("vit", batch_size=1), load_tower(make_spec("vit"))
    expected = extract_features(spec, stimuli, root).measurements
    # Early batches take longer than late ones, so that they overlap in every order.
    waits = iter([0.1, 0.0, 0.05] * len(stimuli))
    tower.network.register_forward_pre_hook(lambda *_: time.sleep(next(waits)))
    monkeypatch.setattr("tyrosine.models.backends.transformers.load_tower", lambda spec: tower)
    cores(4)
    np.testing.assert_array_equal(extract_features(spec, stimuli, root).measurements, expected)


@pytest.mark.parametrize("shape", [(3,), (2, 5, 7), (1, PIECE + 13), (4, PIECE // 2, 3)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_quick_gelu_in_pieces_is_that_of_transformers(shape, dtype):
    x = (4 * torch.randn(shape, generator=torch.Generator().manual_seed(1))).to(dtype)
    for given in (x, x.transpose(0, -1)):
        before = given.clone()
        made = QuickGELUInPieces()(given)
        expected = transformers.activations.QuickGELUActivation()(given)
        torch.testing.assert_close(made, expected, rtol=1e-2 if dtype is torch.bfloat16 else 1e-6, atol=1e-7)
        assert torch.equal(given, before)


def test_it_replaces_that_of_clip_and_can_be_read_as_a_layer(make_spec, stimuli, root):
    spec = make_spec("clip_vision", layer="encoder.layers.1.mlp.activation_fn", pooling="mean")
    kinds = {type(module).__name__ for module in load_tower(spec).network.modules()}
    assert "QuickGELUInPieces" in kinds
    assert "QuickGELUActivation" not in kinds
    compiled = load_tower(make_spec("clip_vision", compile=True)).network
    assert "QuickGELUActivation" in {type(module).__name__ for module in compiled.modules()}
    assert extract_features(spec, stimuli, root).n_obs == len(stimuli)
