"""The back end torch: a network of one's own, read as the others are; and what a wrong factory is told."""

import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tyrosine.errors import ModelError
from tyrosine.models import ModelSpec, describe_checkpoint, extract_features, fingerprint, parse_roster
from tyrosine.models.backends.torch import load_tower, towers_side_by_side


class Convolutions(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 4, stride=4)
        self.blocks = nn.Sequential(*(nn.Sequential(nn.Conv2d(width, width, 3), nn.ReLU()) for _ in range(3)))

    def forward(self, pictures):
        return self.blocks(self.stem(pictures)).mean(dim=(2, 3))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(200, 8)
        self.layer = nn.Linear(8, 8)

    def forward(self, ids, attention_mask=None):
        return self.layer(self.embedding(ids)).sum()


def look(image):
    pixels = np.asarray(image.resize((32, 32)), dtype=np.float32)
    return torch.from_numpy(pixels).permute(2, 0, 1) / 255


def spell(texts):
    """Letters as numbers, padded with zeros and without a mask."""
    ids = torch.zeros(len(texts), 120, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor([min(ord(letter), 199) for letter in text])
    return ids


def pictures(checkpoint):
    torch.manual_seed(len(checkpoint))
    return Convolutions(int(checkpoint)), look


def at_random(checkpoint):
    return Convolutions(4), look


def letters(checkpoint):
    torch.manual_seed(3)
    return Reader(), spell


def masked(checkpoint):
    network, _ = letters(checkpoint)
    return network, lambda texts: {"ids": spell(texts), "attention_mask": (spell(texts) > 0).long()}


class Group:
    pictures = staticmethod(pictures)


def spec(factory="pictures", **changes):
    modality = "language" if factory in ("letters", "masked") else "vision"
    fields = {
        "label": "own", "modality": modality, "task": "any", "backend": "torch", "checkpoint": "6",
        "factory": factory if ":" in factory else f"{__name__}:{factory}", "layer": "blocks.1",
        "pooling": "mean", "batch_size": 3, "device": "cpu",
    }  # fmt: skip
    return ModelSpec(**{**fields, **({"layer": "layer"} if modality == "language" else {}), **changes})


@pytest.mark.parametrize("factory", ["pictures", f"{__name__}:Group.pictures"])
def test_images_equal_a_direct_call(stimuli, root, factory):
    features = extract_features(spec(factory, layer=["blocks.1", 1.0]), stimuli, root)

    network, _ = pictures("6")
    with torch.inference_mode():
        for row, path in zip(features.measurements, stimuli["image"], strict=True):
            with Image.open(root / path) as image:
                state = network.blocks[:2](network.stem(look(image.convert("RGB"))[None]))
            both = [state, network.blocks[2](state)]
            expected = torch.cat([one[0].mean(dim=(1, 2)) for one in both])
            np.testing.assert_allclose(row, expected.numpy(), atol=1e-5)
    assert features.descriptors["layer"] == "blocks.1 blocks.2"


@pytest.mark.parametrize("pooling", ["cls", "last", "mean"])
@pytest.mark.parametrize("factory", ["letters", "masked"])
def test_captions_equal_a_direct_call(stimuli, root, factory, pooling):
    features = extract_features(spec(factory, pooling=pooling, captions="first"), stimuli, root).measurements

    network, _ = letters("6")
    with torch.inference_mode():
        for row, texts in zip(features, stimuli["captions"], strict=True):
            # Without a mask there is no telling padding from text.
            n_tokens = len(texts[0]) if factory == "masked" else 120
            state = network.layer(network.embedding(spell(texts[:1])))[0, :n_tokens]
            expected = {"cls": state[0], "last": state[-1], "mean": state.mean(dim=0)}[pooling]
            np.testing.assert_allclose(row, expected.numpy(), atol=1e-5)


def test_half_precision_reaches_the_network(stimuli, root):
    half = extract_features(spec(precision="bfloat16"), stimuli, root).measurements
    full = extract_features(spec(), stimuli, root).measurements
    assert not np.array_equal(half, full)
    np.testing.assert_allclose(half, full, atol=0.02)


def test_the_revision_is_the_hash_of_the_weights(stimuli, root):
    described = describe_checkpoint(spec())
    assert described["revision"].startswith("sha256:")
    assert described["architecture"] == "Convolutions"
    assert described["depths"] == [2 / 3]
    # Other weights, another revision; the same weights, the same, also of bfloat16.
    assert describe_checkpoint(spec(checkpoint="8"))["revision"] != described["revision"]
    features = extract_features(spec(precision="bfloat16"), stimuli, root)
    assert features.descriptors["revision"] == described["revision"]
    assert features.descriptors["checkpoint"] == "6"


def test_weights_drawn_at_random_are_the_same_every_time():
    state = torch.get_rng_state()
    assert describe_checkpoint(spec("at_random")) == describe_checkpoint(spec("at_random"))
    assert torch.equal(torch.get_rng_state(), state)


def test_the_factory_is_part_of_the_fingerprint(stimuli):
    assert fingerprint(spec(), stimuli, "sha256:0") != fingerprint(spec("at_random"), stimuli, "sha256:0")


def broken(checkpoint):
    raise OSError("the disk is full.\nReally")


RETURNED = {
    "nothing": None,
    "network_alone": Convolutions(2),
    "no_network": ("resnet", look),
    "no_function": (Convolutions(2), 3),
    "flat": (Convolutions(2), lambda image: look(image).flatten()),
    "array": (Convolutions(2), np.asarray),
    "sizes": (Convolutions(2), lambda image: torch.zeros(3, *image.size)),
    "failing": (Convolutions(2), lambda image: image.no_such_thing),
}


def __getattr__(name):
    if name in RETURNED:
        return lambda checkpoint: RETURNED[name]
    raise AttributeError(f"module has no {name}")


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("no_such_package:make", r"no_such_package:make cannot be imported: ModuleNotFoundError: No module"),
        (
            "no_such_function",
            r"no_such_function cannot be imported: AttributeError: .* importable from where",
        ),
        ("broken", r"factory .*:broken failed: OSError: the disk is full\."),
        ("nothing", r":nothing returns a NoneType; expected a pair"),
        ("network_alone", r"returns a Convolutions; expected a pair"),
        ("no_network", r"returns a str and a function; expected a torch\.nn\.Module and a function"),
        ("no_function", r"returns a Convolutions and a int"),
    ],
)
def test_a_factory_that_does_not_serve_is_refused_before_extraction(factory, words):
    with pytest.raises(ModelError, match=words) as caught:
        describe_checkpoint(spec(factory))
    assert str(caught.value).startswith("own: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("flat", r"makes a tensor of shape \(3072,\) of an image; expected a tensor of shape \(n_channels"),
        ("array", r"makes a ndarray of an image"),
        ("sizes", r"makes tensors of several shapes, such as \(3, "),
        ("failing", r"the preprocessing of .*:failing failed: AttributeError"),
    ],
)
def test_a_preprocessing_that_does_not_serve_is_refused(stimuli, root, factory, words):
    with pytest.raises(ModelError, match=words):
        extract_features(spec(factory), stimuli, root)


@pytest.mark.parametrize(
    ("factory", "changes", "words"),
    [
        (
            "pictures",
            {"pooling": "cls"},
            r"^own: Pooling 'cls' does not fit .*blocks\.1.*mean, flatten would",
        ),
        ("letters", {"pooling": "none"}, r"^own: Pooling 'none' does not fit .*layer"),
        ("flat", {}, r"^own: the preprocessing of .* makes a tensor of shape .* of an image"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_computed(factory, changes, words):
    with pytest.raises(ModelError, match=words):
        describe_checkpoint(spec(factory, **changes))


class Remembering(nn.Module):
    """Keeps the stem's output on the module until the blocks need it, as threads would mix up."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.inner = Convolutions(6)

    def forward(self, pictures):
        self.kept = self.inner.stem(pictures)
        time.sleep(0.002)
        return self.inner.blocks(self.kept)


def remembering(checkpoint):
    return Remembering(), look


def hooked(checkpoint):
    network, _ = remembering(checkpoint)
    network.inner.register_forward_hook(lambda module, given, made: None)
    return network, look


@pytest.fixture
def cores():
    """Sets how many cores PyTorch uses; afterwards as before."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("factory", ["pictures", "remembering", "hooked", "letters"])
def test_features_of_a_factory_do_not_depend_on_the_number_of_cores(stimuli, root, cores, factory):
    layer = {"remembering": "inner.blocks.1", "hooked": "inner.blocks.1", "letters": "layer"}
    asked = spec(factory, batch_size=1, layer=layer.get(factory, "blocks.1"))
    made = []
    for number in (1, 4):
        cores(number)
        made.append(extract_features(asked, stimuli, root).measurements)

    np.testing.assert_array_equal(*made)


def test_towers_side_by_side_share_weights_and_no_module():
    towers = towers_side_by_side(load_tower(spec("remembering", layer="inner.blocks.1")), 3)

    assert len({id(tower.network.inner.stem) for tower in towers}) == 3
    assert len({id(tower.layers["inner.blocks.1"]) for tower in towers}) == 3
    assert len({tower.network.inner.stem.weight.data_ptr() for tower in towers}) == 1
    assert len(towers_side_by_side(load_tower(spec("hooked", layer="inner.blocks.1")), 3)) == 1


def test_captions_that_become_no_tensor_are_refused(stimuli, root, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "letters", lambda checkpoint: (Reader(), len))
    with pytest.raises(ModelError, match=r"makes a int of 3 captions \(input_ids\); expected a tensor"):
        extract_features(spec("letters"), stimuli, root)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"factory": None}, "models.own: the backend torch needs factory: package.module:function"),
        ({"factory": "package.module.function"}, "names no function; expected package.module:function"),
        ({"factory": "a b:c"}, "names no function"),
        ({"backend": "transformers"}, "factory is of the backend torch or features, not transformers"),
        ({"revision": "main"}, "the backend torch has no revisions"),
        ({"allow_pickle_weights": True}, "how weights are read is up to the backend torch"),
        ({"modality": "language", "pooling": "eos"}, "pooling 'eos' .* torch"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(changes, words):
    fields = spec().model_dump() | changes
    with pytest.raises(ModelError, match=words):
        parse_roster({"own": fields})
