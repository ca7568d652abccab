"""Layers by name, by depth and all of them: which modules they are, and that one pass reads them all."""

import math

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from tyrosine.errors import ModelError
from tyrosine.models import ModelSpec, describe_checkpoint, extract_features, fingerprint
from tyrosine.models.layers import find_blocks, find_layers, relative_depths


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.projections = nn.ModuleList([nn.Linear(2, 2) for _ in range(40)])


class Network(nn.Module):
    def __init__(self, n_blocks):
        super().__init__()
        self.embeddings = nn.Linear(2, 2)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList([Block() for _ in range(n_blocks)])
        self.norm = nn.LayerNorm(2)


class Staged(nn.Module):
    """Stages that are lists of blocks, as in a ResNet or a ConvNeXt, four of them."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        for stage, n_blocks in enumerate((3, 4, 6, 3), start=1):
            setattr(self, f"layer{stage}", nn.Sequential(*(Block() for _ in range(n_blocks))))


def _spec(layer, **changes):
    fields = {"label": "net", "modality": "vision", "task": "any", "checkpoint": "lab/net", "pooling": "cls"}
    return ModelSpec(**{**fields, "layer": layer, **changes})


@pytest.mark.parametrize("n_blocks", [1, 2, 3, 10, 12, 20, 24])
def test_a_depth_is_the_first_block_that_reaches_it(n_blocks):
    network = Network(n_blocks)
    for hundredths in range(1, 101):
        (name,) = find_layers(network, _spec(hundredths / 100))
        # In whole numbers, where nothing is rounded.
        block = -(-hundredths * n_blocks // 100)
        assert name == f"encoder.layer.{block - 1}", hundredths


def test_rounding_does_not_push_a_depth_to_the_next_block():
    assert math.ceil(0.07 * 100) == 8
    assert list(find_layers(Network(100), _spec(0.07))) == ["encoder.layer.6"]


def test_all_means_every_block_and_nothing_within_one():
    assert find_blocks(Network(3)) == [f"encoder.layer.{k}" for k in range(3)]


def test_blocks_of_all_stages_count():
    expected = [f"layer{stage}.{k}" for stage, n in enumerate((3, 4, 6, 3), start=1) for k in range(n)]
    assert find_blocks(Staged()) == expected


@pytest.mark.parametrize(
    ("kind", "sizes", "first", "n_blocks"),
    [
        (
            "ConvNext",
            {"hidden_sizes": [4, 8], "depths": [1, 3], "num_stages": 2},
            "encoder.stages.0.layers.0",
            4,
        ),
        (
            "ResNet",
            {"hidden_sizes": [8, 8], "depths": [2, 3], "embedding_size": 8},
            "encoder.stages.0.layers.0",
            5,
        ),
        ("Swin", {"embed_dim": 8, "depths": [1, 2], "num_heads": [1, 2]}, "encoder.layers.0.blocks.0", 3),
        ("DistilBert", {"dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 24}, "transformer.layer.0", 3),
    ],
)
def test_blocks_of_other_architectures_are_found(kind, sizes, first, n_blocks):
    network = transformers.AutoModel.from_config(getattr(transformers, f"{kind}Config")(**sizes))
    blocks = find_blocks(network)
    assert len(blocks) == n_blocks
    assert blocks[0] == first


@pytest.mark.parametrize(
    "layer",
    [
        ["norm", 1.0, "encoder.layer.0", "embeddings"],
        "norm 1 encoder.layer.0 embeddings",
        ["embeddings", 0.3, "encoder.layer.2", "layer.2", "norm", 0.9],
    ],
)
def test_several_are_read_once_each_lowest_first(layer):
    names = list(find_layers(Network(3), _spec(layer)))
    assert names == ["embeddings", "encoder.layer.0", "encoder.layer.2", "norm"]


def test_a_whole_comes_after_its_parts():
    names = list(find_layers(Network(2), _spec(["encoder", "encoder.layer.1", "norm"])))
    assert names == ["encoder.layer.1", "encoder", "norm"]


def test_depths_are_shares_of_the_blocks():
    names = ["embeddings", "encoder.layer.0", "encoder.layer.3"]
    assert relative_depths(Network(4), names) == [None, 0.25, 1.0]


@pytest.mark.parametrize("layer", ["encoder.layer.12", "layers.12", ["encoder.layer.0", "encoder.layer.12"]])
def test_a_block_that_is_not_there_is_answered_with_those_that_are(layer):
    with pytest.raises(
        ModelError, match=r"no layer '.*\.12'; its 12 blocks are encoder\.layer\.0 to encoder\.layer\.11;"
    ):
        find_layers(Network(12), _spec(layer))


@pytest.mark.parametrize("layer", ["all", 0.5])
def test_blocks_of_a_network_without_any_are_refused(layer):
    with pytest.raises(ModelError, match=f"Linear of lab/net has no blocks that layer {layer} could mean"):
        find_layers(nn.Linear(2, 2), _spec(layer))


def _states(spec, stimuli, root):
    network = transformers.AutoModel.from_pretrained(spec.checkpoint).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(spec.checkpoint)
    with torch.inference_mode():
        for texts in stimuli["captions"]:
            inputs = tokenizer(texts[0], return_tensors="pt")
            yield [
                state[0, 0].numpy() for state in network(**inputs, output_hidden_states=True).hidden_states
            ]


@pytest.mark.parametrize("layer", ["all", ["encoder.layer.3", 0.25]])
def test_one_pass_reads_what_each_block_puts_out(make_spec, stimuli, root, layer, monkeypatch):
    spec = make_spec("bert", layer=layer, captions="first", batch_size=16)
    passes = []
    forward = transformers.BertModel.forward
    monkeypatch.setattr(
        transformers.BertModel, "forward", lambda *a, **k: passes.append(1) or forward(*a, **k)
    )

    features = extract_features(spec, stimuli, root)

    assert len(passes) == 1
    blocks = range(4) if layer == "all" else (0, 3)
    expected = [
        np.concatenate([states[block + 1] for block in blocks]) for states in _states(spec, stimuli, root)
    ]
    np.testing.assert_allclose(features.measurements, expected, atol=1e-4)
    names = [f"encoder.layer.{block}" for block in blocks]
    assert features.descriptors["layer"] == " ".join(names)
    assert list(features.channel_descriptors["layer"]) == [name for name in names for _ in range(96)]


def test_all_and_the_names_of_all_blocks_are_the_same_features(make_spec, stimuli, root):
    names = [f"bert.encoder.layer.{block}" for block in (3, 1, 2, 0)]
    listed, every = (
        extract_features(make_spec("bert", layer=layer), stimuli, root).descriptors["fingerprint"]
        for layer in (names, "all")
    )
    assert listed == every
    assert every != fingerprint(make_spec("bert"), stimuli, "sha256:0")


def test_a_description_says_which_layers_and_how_deep(make_spec):
    described = describe_checkpoint(make_spec("vit", layer=["layernorm", 0.5, 1]))
    assert described["layers"] == ["layers.1", "layers.3", "layernorm"]
    assert described["depths"] == [0.5, 1.0, None]
