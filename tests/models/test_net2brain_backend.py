"""The back end net2brain: what it says without the package, and that its features are Net2Brain's own.

Nothing can be downloaded here, so the weights are random, or those of miniatures in the hub's cache.
"""

import importlib.util
import shutil
import sys
import types

import numpy as np
import pytest
import torch
from PIL import Image

from tyrosine.errors import ModelError
from tyrosine.models import describe_checkpoint, extract_features, fingerprint

TOLERANCE = 1e-5
RESNET = {"backend": "net2brain", "checkpoint": "Timm/resnet18", "layer": "layer2", "pooling": "mean"}
BERT = {"backend": "net2brain", "checkpoint": "Huggingface/bert-base-uncased"}
CLIP = {"backend": "net2brain", "checkpoint": "Clip/ViT-B/32"}


def test_without_the_package_one_sentence_says_so(make_spec, stimuli, root, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for refused in (
        lambda spec: describe_checkpoint(spec),
        lambda spec: extract_features(spec, stimuli, root),
    ):
        with pytest.raises(ModelError) as caught:
            refused(make_spec("vit", **RESNET))
        assert str(caught.value) == (
            "backend net2brain of vit needs the package net2brain, which is not installed; "
            "docs/net2brain.md says how."
        )


def test_a_package_that_does_not_import_is_refused_with_the_reason(make_spec, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "net2brain"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "net2brain").mkdir()
    (tmp_path / "net2brain" / "__init__.py").touch()
    (tmp_path / "net2brain" / "feature_extraction.py").write_text("import no_such_package_of_theirs\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModelError, match=r"does not import \(No module named 'no_such_package_of_theirs'\)"):
        describe_checkpoint(make_spec("vit", **RESNET))

    for name in ("net2brain", "net2brain.feature_extraction"):
        sys.modules.pop(name, None)


@pytest.fixture
def untrained(net2brain, monkeypatch):
    """Net2Brain's extractor with the random weights of one seed, which it would otherwise download."""
    from net2brain import feature_extraction

    extractor = feature_extraction.FeatureExtractor

    def make(*, pretrained=False, **options):
        torch.manual_seed(0)
        return extractor(pretrained=pretrained, **options)

    monkeypatch.setattr(feature_extraction, "FeatureExtractor", make)
    return extractor, make


@pytest.fixture
def cached_bert(net2brain, miniatures, tmp_path, monkeypatch):
    """The miniature BERT, where a download of `bert-base-uncased` would lie."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "models--bert-base-uncased"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(commit)
    shutil.copytree(miniatures / "bert", cached / "snapshots" / commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


@pytest.fixture
def small_clip(net2brain, monkeypatch):
    """OpenAI's CLIP, tiny and with random weights."""
    clip = pytest.importorskip("clip")
    from clip.model import CLIP as Network

    def load(name, device):
        torch.manual_seed(0)
        network = Network(
            embed_dim=16, image_resolution=224, vision_layers=2, vision_width=64, vision_patch_size=32,
            context_length=77, vocab_size=49408, transformer_width=64, transformer_heads=1,
            transformer_layers=2,
        )  # fmt: skip
        return network.eval(), None

    monkeypatch.setattr(clip, "load", load)
    return load("ViT-B/32", "cpu")[0]


def _by_net2brain(extractor, root, stimuli, folder, layer):
    extractor.extract(str(root / "images"), str(folder), [layer], consolidate_per_layer=False)
    names = [path.removeprefix("images/").removesuffix(".png") for path in stimuli["image"]]
    return [np.load(folder / f"{name}.npz")[layer] for name in names]


@pytest.mark.parametrize(
    ("pooling", "pooled"),
    [("mean", lambda one: one[0].mean(axis=(1, 2))), ("flatten", lambda one: one.ravel())],
)
def test_images_give_what_net2brain_writes(untrained, make_spec, stimuli, root, tmp_path, pooling, pooled):
    _, make = untrained
    spec = make_spec("vit", **{**RESNET, "pooling": pooling})

    features = extract_features(spec, stimuli.iloc[::-1], root, name="resnet")

    activations = _by_net2brain(make(model="resnet18", netset="Timm"), root, stimuli, tmp_path, "layer2")
    expected = np.stack([pooled(one) for one in activations])[::-1]
    np.testing.assert_allclose(features.measurements, expected, rtol=TOLERANCE, atol=TOLERANCE)
    assert features.obs_descriptors["stimulus_id"] == stimuli["stimulus_id"].tolist()[::-1]


def test_images_give_what_the_network_gives_directly(untrained, make_spec, stimuli, root):
    _, make = untrained
    extractor = make(model="resnet18", netset="Timm")
    expected = []
    hook = extractor.model.layer2.register_forward_hook(
        lambda module, given, output: expected.append(output[0].mean(dim=(1, 2)).numpy())
    )
    with torch.inference_mode():
        for path in stimuli["image"]:
            with Image.open(root / path) as image:
                extractor.model(extractor.netset.image_preprocessing(image.convert("RGB"), "resnet18", "cpu"))
    hook.remove()

    features = extract_features(make_spec("vit", **RESNET), stimuli, root)

    np.testing.assert_allclose(features.measurements, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_descriptors_are_those_of_the_other_back_end(untrained, make_spec, stimuli, root):
    spec = make_spec("vit", **RESNET)
    there = extract_features(spec, stimuli, root, name="resnet")
    here = extract_features(make_spec("vit"), stimuli, root, name="vit")

    assert set(there.descriptors) == set(here.descriptors)
    assert there.measurements.dtype == here.measurements.dtype
    described = describe_checkpoint(spec)
    assert described["revision"] == there.descriptors["revision"]
    assert described["architecture"] == "FeatureListNet"
    assert there.descriptors["fingerprint"] == fingerprint(spec, stimuli, described["revision"])


def test_other_weights_are_another_revision(untrained, make_spec, monkeypatch):
    extractor, _ = untrained
    from net2brain import feature_extraction

    first = describe_checkpoint(make_spec("vit", **RESNET))["revision"]

    def other(**options):
        torch.manual_seed(1)
        return extractor(pretrained=False, **options)

    monkeypatch.setattr(feature_extraction, "FeatureExtractor", other)
    assert describe_checkpoint(make_spec("vit", **RESNET))["revision"] != first
    assert first.startswith("sha256:")


def test_tokens_of_a_vision_transformer_are_pooled(untrained, make_spec, stimuli, root, tmp_path):
    _, make = untrained
    model = {**RESNET, "checkpoint": "Timm/vit_tiny_patch16_224", "layer": "model.blocks.2", "pooling": "cls"}

    features = extract_features(make_spec("vit", **model), stimuli, root)

    extractor = make(model="vit_tiny_patch16_224", netset="Timm")
    activations = _by_net2brain(extractor, root, stimuli, tmp_path, "model.blocks.2")
    np.testing.assert_allclose(
        features.measurements, [one[0, 0] for one in activations], rtol=TOLERANCE, atol=TOLERANCE
    )


@pytest.mark.parametrize("pooling", ["cls", "mean", "last", "eos"])
@pytest.mark.parametrize("captions", ["mean", "first"])
def test_captions_give_what_transformers_gives_for_the_same_weights(
    cached_bert, make_spec, stimuli, root, pooling, captions
):
    changes = {"pooling": pooling, "captions": captions}

    there = extract_features(make_spec("bert", **BERT, **changes), stimuli, root)

    here = extract_features(make_spec("bert", **changes), stimuli, root)
    np.testing.assert_allclose(there.measurements, here.measurements, rtol=TOLERANCE, atol=TOLERANCE)


def test_weights_that_the_checkpoint_lacks_leave_the_revision_and_the_random_state_alone(
    cached_bert, make_spec
):
    # The miniature comes without its pooler.
    spec = make_spec("bert", **BERT)
    state = torch.get_rng_state()

    assert describe_checkpoint(spec)["revision"] == describe_checkpoint(spec)["revision"]

    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("pooling", ["eos", "last", "cls", "mean"])
def test_captions_of_clip_are_pooled_at_their_tokens(small_clip, make_spec, stimuli, root, pooling):
    import clip

    model = {**CLIP, "layer": "transformer.resblocks.1", "pooling": pooling, "captions": "first"}

    features = extract_features(make_spec("clip_language", **model), stimuli, root)

    expected = []
    with torch.inference_mode():
        for texts in stimuli["captions"]:
            ids = clip.tokenize(texts[0])
            x = small_clip.token_embedding(ids) + small_clip.positional_embedding
            x = small_clip.transformer(x.permute(1, 0, 2)).permute(1, 0, 2)[0].numpy()
            end = int((ids[0] == 49407).nonzero()[0])
            expected.append(
                {"eos": x[end], "last": x[76], "cls": x[0], "mean": x[: end + 1].mean(axis=0)}[pooling]
            )
    np.testing.assert_allclose(features.measurements, expected, rtol=1e-4, atol=TOLERANCE)


def test_images_of_clip_are_pooled_over_their_patches(small_clip, make_spec, stimuli, root, tmp_path):
    from net2brain.feature_extraction import FeatureExtractor

    layer = "visual.transformer.resblocks.1"
    model = {**CLIP, "layer": layer, "pooling": "cls"}

    features = extract_features(make_spec("clip_vision", **model), stimuli, root)

    extractor = FeatureExtractor(model="ViT-B/32", netset="Clip")
    activations = _by_net2brain(extractor, root, stimuli, tmp_path, layer)
    assert activations[0].shape == (50, 1, 64)
    np.testing.assert_allclose(features.measurements, [one[0, 0] for one in activations], atol=TOLERANCE)


@pytest.mark.parametrize(
    ("model", "changes", "words"),
    [
        ("vit", {"layer": "layer5"}, "has no layer 'layer5' in Net2Brain; the closest names are layer"),
        (
            "vit",
            {"checkpoint": "Timm/resnet18000"},
            "load the model 'resnet18000' of its netset 'Timm'",
        ),
        ("vit", {"checkpoint": "Tim/resnet18"}, "netset 'Tim': Unknown netset: Tim"),
        ("bert", {"pooling": "cls"}, "takes image, video, not the text of a language model"),
        ("vit", {"pooling": "cls"}, "Pooling 'cls' does not fit the activation of layer2"),
    ],
)
def test_what_does_not_fit_is_refused(untrained, make_spec, stimuli, root, model, changes, words):
    with pytest.raises(ModelError, match=words) as caught:
        extract_features(make_spec(model, **{**RESNET, **changes}), stimuli, root)
    assert "\n" not in str(caught.value)


def test_weights_out_of_reach_are_refused(net2brain, make_spec):
    with pytest.raises(ModelError, match="Net2Brain cannot load the model 'bert-base-uncased'") as caught:
        describe_checkpoint(make_spec("bert", **BERT))
    assert "\n" not in str(caught.value)


def test_a_caption_longer_than_the_context_is_refused(small_clip, make_spec, stimuli, root):
    stimuli.at[0, "captions"] = ["a very long caption " * 40]
    model = {**CLIP, "layer": "transformer.resblocks.1"}
    with pytest.raises(ModelError, match="too long for context length"):
        extract_features(make_spec("clip_language", **model), stimuli, root)


def test_a_netset_that_reads_text_in_a_way_not_known_here_is_refused(make_spec, stimuli, root, monkeypatch):
    class Extractor:
        def __init__(self, **options):
            self.netset = types.SimpleNamespace(supported_data_types=["text"])
            self.model = torch.nn.Linear(2, 2)

        def get_all_layers(self):
            return ["fc"]

    package = types.SimpleNamespace(FeatureExtractor=Extractor)
    monkeypatch.setattr("tyrosine.models.backends.net2brain._import", lambda spec: package)
    model = {"backend": "net2brain", "checkpoint": "Other/model", "layer": "fc"}
    with pytest.raises(ModelError, match="how the netset 'Other' of Net2Brain cuts captions into"):
        extract_features(make_spec("bert", **model), stimuli, root)


@pytest.mark.parametrize("layer", [["layer3", "layer1"], "layer1 layer3"])
def test_several_layers_are_read_lowest_first(untrained, make_spec, stimuli, root, tmp_path, layer):
    _, make = untrained
    spec = make_spec("vit", **{**RESNET, "layer": layer})

    features = extract_features(spec, stimuli, root)

    extractor = make(model="resnet18", netset="Timm")
    expected = [
        np.stack(
            [
                one[0].mean(axis=(1, 2))
                for one in _by_net2brain(extractor, root, stimuli, tmp_path / name, name)
            ]
        )
        for name in ("layer1", "layer3")
    ]
    np.testing.assert_allclose(features.measurements, np.hstack(expected), rtol=TOLERANCE, atol=TOLERANCE)
    assert features.descriptors["layer"] == "layer1 layer3"


@pytest.mark.parametrize("layer", ["all", 0.5])
def test_layers_without_a_name_are_refused(monkeypatch, make_spec, layer):
    extractor = types.SimpleNamespace(
        netset=types.SimpleNamespace(supported_data_types=["image"]),
        model=torch.nn.Linear(2, 2),
        get_all_layers=lambda: ["layer1", "layer2"],
    )
    package = types.SimpleNamespace(FeatureExtractor=lambda **options: extractor)
    monkeypatch.setattr("tyrosine.models.backends.net2brain._import", lambda spec: package)
    with pytest.raises(
        ModelError, match=f"layer {layer} is not known to the backend net2brain, which takes names"
    ):
        describe_checkpoint(make_spec("vit", **{**RESNET, "layer": layer}))
