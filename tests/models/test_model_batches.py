"""Batches: captions by a budget of tokens, sizes that are chosen, and less of them when memory runs out."""

import dataclasses
import logging
import time
from collections import Counter

import numpy as np
import pytest
import torch
import transformers

from tyrosine.errors import ModelError
from tyrosine.models import batching, extract_features
from tyrosine.models.backends.transformers import load_tower
from tyrosine.models.batching import Batch, BatchSize, choose_size
from tyrosine.models.captions import CaptionBatches
from tyrosine.models.pooling import TokenPositions
from tyrosine.models.shards import Shards

WORDS = ("a", "red", "bus", "drives", "down", "the", "street", "next", "to", "two", "dogs", "one", "cat")


@pytest.fixture
def captions():
    """300 captions of 1 to 40 words; no two are the same."""
    random = np.random.default_rng(5)
    lengths = random.integers(1, 41, 300)
    return [f"{number} " + " ".join(random.choice(WORDS, n)) for number, n in enumerate(lengths)]


@pytest.fixture
def planned(make_spec, captions):
    def make(texts=captions, **changes):
        spec = make_spec("bert", **changes)
        tokenizer = transformers.AutoTokenizer.from_pretrained(spec.checkpoint)
        return CaptionBatches(
            spec, texts, tokenizer, transformers.AutoConfig.from_pretrained(spec.checkpoint)
        )

    return make


@pytest.mark.parametrize("budget", [1, 64, 500, 10**6])
def test_every_caption_is_in_one_batch_within_the_budget(planned, captions, budget):
    batches = planned()
    plan = batches.plan(budget=budget)
    assert sorted(row for rows in plan for row in rows) == list(range(len(captions)))
    widths = []
    for rows in plan:
        mask = batches.batch(rows).tokens.mask
        assert mask.numel() <= max(budget, mask.shape[1])
        # Little is padding, and the longest has none.
        assert mask.sum(dim=1).min() >= 7 / 8 * mask.shape[1]
        assert mask[0].all()
        widths.append(mask.shape[1])
    assert widths == sorted(widths, reverse=True)


def test_a_budget_spends_less_on_padding_than_batches_in_the_given_order(planned, captions):
    batches = planned()
    own = [len(row) for row in transformers.AutoTokenizer.from_pretrained(
        batches._spec.checkpoint)(captions)["input_ids"]]  # fmt: skip
    padded = sum(batches.batch(rows).tokens.mask.numel() for rows in batches.plan(budget=640))
    in_order = sum(32 * max(own[at : at + 32]) for at in range(0, len(own), 32))
    assert sum(own) <= padded < 1.05 * sum(own) < in_order


def test_plans_are_the_same_every_time(planned):
    assert planned().plan(budget=100) == planned().plan(budget=100)


def _shown(network):
    """Counts every row of token ids that a network is shown."""
    seen = Counter()
    network.register_forward_pre_hook(
        lambda module, arguments, named: seen.update(map(tuple, named["input_ids"].tolist())),
        with_kwargs=True,
    )
    return seen


def test_captions_of_the_same_tokens_are_computed_once(make_spec, stimuli, root, monkeypatch):
    spec = make_spec("bert", batch_size=50)
    captions = [["A red bus.", "a red BUS."], ["a red bus."], ["kitchen"], ["A red bus.", "kitchen", "it"]]
    repeated = stimuli.iloc[:4].assign(captions=captions)
    tower = load_tower(spec)
    seen = _shown(tower.network)
    monkeypatch.setattr("tyrosine.models.backends.transformers.load_tower", lambda spec: tower)
    features = extract_features(spec, repeated, root).measurements
    assert len(seen) == sum(seen.values()) == 3
    singly = {}
    for text in ("A red bus.", "kitchen", "it"):
        one = repeated.iloc[:1].assign(captions=[[text]])
        singly[text] = extract_features(spec, one, root).measurements[0]
    expected = [
        singly["A red bus."],
        singly["A red bus."],
        singly["kitchen"],
        np.mean(list(singly.values()), axis=0),
    ]
    np.testing.assert_allclose(features, expected, atol=1e-5)


def test_chosen_sizes_change_no_number(make_spec, stimuli, root):
    for model in ("vit", "bert", "clip_vision", "clip_language"):
        chosen = extract_features(make_spec(model, batch_size="auto"), stimuli, root).measurements
        single = extract_features(make_spec(model, batch_size=1), stimuli, root).measurements
        np.testing.assert_allclose(chosen, single, atol=1e-4)


def test_long_captions_are_refused_if_asked_for(make_spec, stimuli, root):
    captions = [["bus " * 200], ["dog " * 100, "it"], *stimuli["captions"][2:]]
    spec = make_spec("clip_language", on_long_caption="refuse")
    with pytest.raises(ModelError) as caught:
        extract_features(spec, stimuli.assign(captions=captions), root)
    sentence = str(caught.value)
    assert "2 of 12 captions are longer than its context of 77 tokens, the longest with 202" in sentence
    assert "set on_long_caption to truncate" in sentence
    assert extract_features(spec, stimuli, root).n_obs == len(stimuli)


def test_sizes_follow_the_widest_activation(make_spec):
    spec, cpu = make_spec("vit"), torch.device("cpu")
    wide = batching.CPU_ACTIVATION_BYTES
    sizes = [choose_size(spec, cpu, bytes_each) for bytes_each in (1, wide // 5, wide, 100 * wide)]
    assert sizes == [batching.MOST_IMAGES["cpu"], 5, 1, 1]


def test_sizes_fit_the_free_memory_of_a_gpu(make_spec, monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10 * 2**30, 80 * 2**30))
    size = choose_size(make_spec("vit"), torch.device("cuda"), 20 * 2**20)
    # 10 GiB hold 512 activations of 20 MiB, a sixteenth of which is 32 images.
    assert size == 32


def test_the_widest_activation_is_that_of_the_feed_forward_layer(make_spec, stimuli, root, monkeypatch):
    found = []
    monkeypatch.setattr(
        "tyrosine.models.backends.tower_reading.choose_size",
        lambda spec, device, bytes_each: found.append(bytes_each) or 8,
    )
    extract_features(make_spec("vit", batch_size="auto"), stimuli, root)
    extract_features(make_spec("bert", batch_size="auto"), stimuli, root)
    # 37 tokens or one, 192 features, 4 bytes.
    assert found == [37 * 192 * 4, 192 * 4]


class Small(torch.nn.Module):
    """A network on a device that holds few stimuli."""

    def __init__(self, network, most):
        super().__init__()
        self.network, self.most, self.sizes = network, most, []
        self.config = network.config

    def forward(self, **inputs):
        (n, *_) = next(iter(inputs.values())).shape
        if n > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        self.sizes.append(n)
        return self.network(**inputs)


@pytest.fixture
def on_small_device(monkeypatch):
    def load(spec, most):
        tower = load_tower(spec)
        small = dataclasses.replace(tower, network=Small(tower.network, most))
        monkeypatch.setattr("tyrosine.models.backends.transformers.load_tower", lambda spec: small)
        return small.network

    return load


@pytest.mark.parametrize("model", ["vit", "clip_language"])
def test_batches_are_halved_until_they_fit_and_nothing_is_lost(
    make_spec, stimuli, root, on_small_device, caplog, model
):
    expected = extract_features(make_spec(model, batch_size=2), stimuli, root).measurements
    spec = make_spec(model, batch_size="auto")
    network = on_small_device(spec, 2)
    with caplog.at_level(logging.WARNING, logger="tyrosine"):
        features = extract_features(spec, stimuli, root).measurements
    np.testing.assert_allclose(features, expected, atol=1e-5)
    assert max(network.sizes) == 2
    assert "does not fit into the memory of cpu; going on with half of it" in caplog.text


def test_a_size_that_was_asked_for_is_not_changed(make_spec, stimuli, root, on_small_device):
    spec = make_spec("vit", batch_size=3)
    on_small_device(spec, 2)
    with pytest.raises(ModelError, match=r"a batch of 3 does not fit .* cpu; set a smaller batch_size"):
        extract_features(spec, stimuli, root)


def test_a_stimulus_that_does_not_fit_alone_is_one_sentence(make_spec, stimuli, root, on_small_device):
    spec = make_spec("vit", batch_size="auto")
    on_small_device(spec, 0)
    with pytest.raises(ModelError, match=r"vit: not even one image fits into the memory of cpu; set device"):
        extract_features(spec, stimuli, root)


def test_pieces_are_remembered_from_the_batch_on_where_memory_ran_out(tmp_path):
    size = BatchSize(Shards(tmp_path / "shards", "key"))
    assert size.settled(lambda: 40) == 40
    assert size.halve(3, 1)
    # Another batch that did not fit at the same time, and one before it.
    assert not size.halve(4, 1)
    assert size.halve(3, 2)
    assert size.halve(7, 4)
    assert size.halve(2, 1)
    for one in (size, BatchSize(Shards(tmp_path / "shards", "key"))):
        assert one.settled(lambda: 1) == 40
        assert [one.pieces_of(number) for number in (0, 1, 2, 3, 6, 7, 100)] == [1, 1, 2, 4, 4, 8, 8]
    assert BatchSize(Shards(tmp_path / "shards", "other")).settled(lambda: 1) == 1


def test_pieces_of_a_batch_hold_all_of_it():
    tokens = TokenPositions(torch.ones(7, 2).long(), torch.arange(7), torch.arange(7))
    batch = Batch(list(range(7)), {"input_ids": torch.arange(14).reshape(7, 2)}, tokens)
    for number in (1, 2, 3, 4, 7, 9):
        pieces = batch.pieces(number)
        assert len(pieces) <= number
        assert [row for piece in pieces for row in piece.indices] == batch.indices
        assert torch.equal(
            torch.cat([piece.inputs["input_ids"] for piece in pieces]), torch.arange(14).reshape(7, 2)
        )
        assert torch.equal(torch.cat([piece.tokens.eos for piece in pieces]), tokens.eos)
        assert max(len(piece.indices) for piece in pieces) == -(-7 // min(number, 7))


def test_the_next_batch_is_made_while_one_is_used_and_no_more():
    made = []

    def make():
        for number in range(5):
            made.append(number)
            yield Batch([number], {}, None)

    used = []
    for batch in batching.one_ahead(make()):
        used += batch.indices
        deadline = time.monotonic() + 10
        while len(made) < min(5, len(used) + 1) and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.01)
        assert len(made) == min(5, len(used) + 1)
    assert used == [0, 1, 2, 3, 4]


def test_what_breaks_while_a_batch_is_made_is_raised_where_it_is_used():
    def make():
        yield Batch([0], {}, None)
        raise ModelError("The image of stimulus b does not open.")

    batches = batching.one_ahead(make())
    assert next(batches).indices == [0]
    with pytest.raises(ModelError, match="stimulus b does not open"):
        next(batches)
