"""Unfitting poolings, useless features, and captions and images that cannot be read are refused."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from tyrosine.errors import ModelError
from tyrosine.models import extract_features
from tyrosine.models.pooling import TokenPositions, pool


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        (
            "vit",
            {"pooling": "none"},
            r"'none' does not fit .* \(3, 37, 96\) .* 3; cls, mean, flatten would fit",
        ),
        ("bert", {"pooling": "none"}, r"'none' does not fit .* 96\) .* cls, eos, last, mean would fit"),
        (
            "vit",
            {"layer": "embeddings.patch_embeddings.projection"},
            r"'cls' does not fit .* \(3, 96, 6, 6\) .* mean, flatten would fit",
        ),
    ],
)
def test_pooling_that_does_not_fit_names_the_shape(make_spec, stimuli, root, model, changes, message):
    with pytest.raises(ModelError, match=message):
        extract_features(make_spec(model, **changes), stimuli, root)


def test_pooling_of_vectors_takes_none():
    vectors = torch.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(pool(vectors, "none", None, "pooler").numpy(), vectors.numpy())
    np.testing.assert_array_equal(pool(vectors, "flatten", None, "pooler").numpy(), vectors.numpy())
    with pytest.raises(ModelError, match="'cls' does not fit the activation of pooler"):
        pool(vectors, "cls", None, "pooler")
    with pytest.raises(ModelError, match="no pooling fits that shape"):
        pool(torch.zeros(2), "cls", None, "odd")


def test_padding_that_is_not_finite_does_not_reach_the_mean():
    activation = torch.tensor([[[1.0], [3.0], [float("nan")]], [[2.0], [4.0], [6.0]]])
    tokens = TokenPositions(torch.tensor([[1, 1, 0], [1, 1, 1]]), None, torch.tensor([1, 2]))
    np.testing.assert_array_equal(pool(activation, "mean", tokens, "layer").numpy(), [[2.0], [4.0]])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            float("nan"),
            r"not finite to stimuli stim0, stim1, stim2 and 4 more in float32; the checkpoint is broken",
        ),
        (0.0, r"constant features to stimuli stim0, stim1, stim2 and 4 more, which correlate with nothing"),
    ],
)
def test_unusable_features_name_their_stimuli(make_spec, miniatures, tmp_path, stimuli, root, value, message):
    folder = shutil.copytree(miniatures / "vit", tmp_path / "vit")
    weights = load_file(folder / "model.safetensors")
    weights = {
        name: torch.full_like(tensor, value) if "layernorm" in name else tensor
        for name, tensor in weights.items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=message):
        extract_features(make_spec("vit", checkpoint=str(folder), layer="layernorm"), stimuli, root)


def test_empty_caption_is_refused_before_anything_is_loaded(make_spec, stimuli, root):
    captions = [list(texts) for texts in stimuli["captions"]]
    captions[3] = [" "]
    with pytest.raises(ModelError, match="Caption 1 of stimulus stim3 is empty"):
        extract_features(make_spec("bert", checkpoint="/nowhere"), stimuli.assign(captions=captions), root)


def test_image_that_is_not_there_is_named(make_spec, stimuli, root):
    lacking = stimuli.assign(image=[*stimuli["image"][:-1], "images/none.png"])
    with pytest.raises(ModelError, match=r"image of stimulus stim6 is not there: .*images/none\.png"):
        extract_features(make_spec("vit"), lacking, root)


@pytest.mark.parametrize("content", [b"", b"no image", "truncated"])
def test_image_that_does_not_open_is_named_with_its_path(make_spec, stimuli, root, tmp_path, content):
    if content == "truncated":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(
            tmp_path / "broken.jpg"
        )
        content = (tmp_path / "broken.jpg").read_bytes()[:900]
    (tmp_path / "broken.jpg").write_bytes(content)
    broken = stimuli.iloc[:1].assign(image=[str(tmp_path / "broken.jpg")])
    with pytest.raises(ModelError, match=r"image of stimulus stim0 does not open: .*broken\.jpg"):
        extract_features(make_spec("vit"), broken, root)
