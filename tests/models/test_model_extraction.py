"""Features equal a direct Hugging Face call on one stimulus at a time, without batches or padding."""

import functools
import json
import logging
import shutil

import numpy as np
import pytest
import torch
import transformers
from rsatoolbox.data import Dataset
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from tests.models.direct import TOLERANCE, pixels
from tyrosine.errors import ModelError
from tyrosine.models import describe_checkpoint, extract_features, fingerprint


@functools.cache
def _loaded(kind, folder):
    loaded = kind.from_pretrained(folder)
    return loaded.eval() if isinstance(loaded, torch.nn.Module) else loaded


def _direct_vit(folder, path):
    network = _loaded(transformers.ViTForImageClassification, folder)
    return network(pixels(_loaded(ViTImageProcessorPil, folder), path), output_hidden_states=True)


def _direct_clip_vision(folder, path):
    # The whole two-tower model: an independent way to the vision tower's weights.
    network = _loaded(transformers.CLIPModel, folder)
    values = pixels(_loaded(CLIPImageProcessorPil, folder), path)
    return network.vision_model(values, output_hidden_states=True)


VISION = {
    "vit cls": ("vit", {}, _direct_vit, lambda states: states[-1][0, 0]),
    "vit mean": ("vit", {"pooling": "mean"}, _direct_vit, lambda states: states[-1][0].mean(dim=0)),
    "vit flatten": ("vit", {"pooling": "flatten"}, _direct_vit, lambda states: states[-1][0].flatten()),
    "vit middle": ("vit", {"layer": "layers.1"}, _direct_vit, lambda states: states[2][0, 0]),
    "vit old name": ("vit", {"layer": "vit.encoder.layer.1"}, _direct_vit, lambda states: states[2][0, 0]),
    "clip cls": ("clip_vision", {}, _direct_clip_vision, lambda states: states[-1][0, 0]),
    "clip prefix": (
        "clip_vision",
        {"layer": "vision_model.encoder.layers.0", "pooling": "mean"},
        _direct_clip_vision,
        lambda states: states[1][0].mean(dim=0),
    ),
}


@pytest.mark.parametrize("case", VISION)
def test_images_equal_a_direct_call_for_each(make_spec, stimuli, root, miniatures, case):
    model, changes, direct, pooled = VISION[case]
    spec = make_spec(model, **changes)
    features = extract_features(spec, stimuli, root).measurements
    with torch.inference_mode():
        expected = [
            pooled(direct(spec.checkpoint, root / path).hidden_states).numpy() for path in stimuli["image"]
        ]
    np.testing.assert_allclose(features, expected, atol=TOLERANCE)


def _direct_bert(folder, text):
    tokens = _loaded(transformers.AutoTokenizer, folder)(text, return_tensors="pt")
    network = _loaded(transformers.BertForMaskedLM, folder)
    return tokens["input_ids"][0], network(**tokens, output_hidden_states=True).hidden_states


def _direct_clip_language(folder, text, **padding):
    tokens = _loaded(transformers.AutoTokenizer, folder)(text, return_tensors="pt", **padding)
    network = _loaded(transformers.CLIPModel, folder).text_model
    return tokens["input_ids"][0], network(**tokens, output_hidden_states=True).hidden_states


def _direct_clip_padded(folder, text):
    return _direct_clip_language(folder, text, padding="max_length")


LANGUAGE = {
    "bert cls": ("bert", {}, _direct_bert, lambda states: states[-1][0, 0]),
    "bert mean": ("bert", {"pooling": "mean"}, _direct_bert, lambda states: states[-1][0].mean(dim=0)),
    "bert eos": ("bert", {"pooling": "eos"}, _direct_bert, lambda states: states[-1][0, -1]),
    "bert last": ("bert", {"pooling": "last"}, _direct_bert, lambda states: states[-1][0, -1]),
    "bert prefix": (
        "bert",
        {"layer": "bert.encoder.layer.1"},
        _direct_bert,
        lambda states: states[2][0, 0],
    ),
    "clip eos": ("clip_language", {}, _direct_clip_language, lambda states: states[-1][0, -1]),
    "clip mean": (
        "clip_language",
        {"pooling": "mean", "layer": "text_model.encoder.layers.2"},
        _direct_clip_language,
        lambda states: states[3][0].mean(dim=0),
    ),
    "clip last": (
        "clip_language",
        {"pooling": "last"},
        _direct_clip_padded,
        lambda states: states[-1][0, 76],
    ),
}


@pytest.mark.parametrize("captions", ["mean", "first"])
@pytest.mark.parametrize("case", LANGUAGE)
def test_captions_equal_a_direct_call_for_each(make_spec, stimuli, root, case, captions):
    model, changes, direct, pooled = LANGUAGE[case]
    spec = make_spec(model, captions=captions, **changes)
    features = extract_features(spec, stimuli, root).measurements
    for row, texts in zip(features, stimuli["captions"]):
        read = texts if captions == "mean" else texts[:1]
        with torch.inference_mode():
            single = [pooled(direct(spec.checkpoint, text)[1]).numpy() for text in read]
        np.testing.assert_allclose(row, np.mean(single, axis=0), atol=TOLERANCE)


def test_eos_of_clip_is_what_clip_itself_pools(make_spec, stimuli, root):
    spec = make_spec("clip_language", layer="final_layer_norm", captions="first")
    features = extract_features(spec, stimuli, root).measurements
    tokenizer = transformers.AutoTokenizer.from_pretrained(spec.checkpoint)
    network = transformers.CLIPTextModel.from_pretrained(spec.checkpoint).eval()
    with torch.inference_mode():
        expected = [
            network(**tokenizer(texts[0], padding="max_length", return_tensors="pt")).pooler_output[0].numpy()
            for texts in stimuli["captions"]
        ]
    np.testing.assert_allclose(features, expected, atol=TOLERANCE)


def test_eos_is_found_in_checkpoints_that_name_a_wrong_end_token(
    make_spec, stimuli, root, miniatures, tmp_path
):
    # openai/clip-vit-large-patch14 is such a checkpoint: its configuration says 2.
    legacy = shutil.copytree(miniatures / "clip", tmp_path / "clip")
    config = json.loads((legacy / "config.json").read_text())
    config["text_config"]["eos_token_id"] = 2
    (legacy / "config.json").write_text(json.dumps(config))
    features = extract_features(make_spec("clip_language", checkpoint=str(legacy)), stimuli, root)
    expected = extract_features(make_spec("clip_language"), stimuli, root)
    np.testing.assert_array_equal(features.measurements, expected.measurements)


@pytest.mark.parametrize("model", ["vit", "bert", "clip_vision", "clip_language"])
def test_batch_size_changes_no_number(make_spec, stimuli, root, model):
    single, batched = (
        extract_features(make_spec(model, batch_size=size), stimuli, root).measurements for size in (1, 32)
    )
    np.testing.assert_allclose(single, batched, atol=TOLERANCE)


def test_two_extractions_are_identical(make_spec, stimuli, root):
    first, second = (extract_features(make_spec("bert"), stimuli, root).measurements for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_rows_follow_the_stimuli(make_spec, stimuli, root):
    shuffled = stimuli.iloc[[4, 0, 6, 2, 1, 5, 3]]
    for model in ("vit", "bert"):
        features = extract_features(make_spec(model), stimuli, root)
        other = extract_features(make_spec(model), shuffled, root)
        assert list(other.obs_descriptors["stimulus_id"]) == list(shuffled["stimulus_id"])
        np.testing.assert_allclose(
            other.measurements, features.measurements[[4, 0, 6, 2, 1, 5, 3]], atol=TOLERANCE
        )


def test_dataset_says_what_it_is(make_spec, stimuli, root):
    spec = make_spec("clip_language")
    features = extract_features(spec, stimuli, root, name="clip_text")
    assert isinstance(features, Dataset)
    assert features.measurements.dtype == np.float32
    assert list(features.obs_descriptors["stimulus_id"]) == list(stimuli["stimulus_id"])
    described = features.descriptors
    assert all(type(value) is str for value in described.values())
    revision = described["revision"]
    assert revision.startswith("sha256:")
    assert revision == describe_checkpoint(spec)["revision"]
    assert described == {
        "model": "clip_text",
        "checkpoint": spec.checkpoint,
        "revision": revision,
        "layer": "encoder.layers.3",
        "pooling": "eos",
        "modality": "language",
        "captions": "mean",
        "precision": "float32",
        "fingerprint": fingerprint(spec, stimuli, revision),
    }
    assert extract_features(spec, stimuli, root).descriptors["model"] == spec.label


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("model", ["vit", "bert"])
def test_half_precision_gives_nearly_the_same_features_in_float32(make_spec, stimuli, root, model, precision):
    half = extract_features(make_spec(model, precision=precision), stimuli, root).measurements
    full = extract_features(make_spec(model), stimuli, root).measurements
    assert half.dtype == np.float32
    assert not np.array_equal(half, full)
    for one, other in zip(half, full):
        assert np.corrcoef(one, other)[0, 1] > 0.999


@pytest.mark.parametrize(
    ("model", "other_tower"), [("clip_vision", "CLIPTextModel"), ("clip_language", "CLIPVisionModel")]
)
def test_other_tower_is_never_built(make_spec, stimuli, root, monkeypatch, model, other_tower):
    def refuse(*arguments, **options):
        raise AssertionError(f"{other_tower} was built")

    for name in (other_tower, "CLIPModel"):
        monkeypatch.setattr(getattr(transformers, name), "__init__", refuse)
    assert extract_features(make_spec(model), stimuli, root).n_obs == len(stimuli)


def test_layers_above_are_not_computed_after_the_first_batch(make_spec, stimuli, root, monkeypatch, one_core):
    batches = []
    forward = torch.nn.LayerNorm.forward

    def counted(module, tokens):
        batches.append(len(tokens))
        return forward(module, tokens)

    monkeypatch.setattr(torch.nn.LayerNorm, "forward", counted)
    # 4 blocks of two norms and a last one for the first batch; one block of two for the other three.
    extract_features(make_spec("vit", layer="layers.0", batch_size=2), stimuli, root)
    assert len(batches) == (4 * 2 + 1) + 3 * 2


def test_nothing_is_printed_and_verbosity_is_restored(make_spec, stimuli, root, capfd):
    transformers.logging.set_verbosity_warning()
    extract_features(make_spec("clip_vision"), stimuli, root)
    assert transformers.logging.get_verbosity() == transformers.logging.WARNING
    assert transformers.logging.is_progress_bar_enabled()
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_long_captions_are_cut_and_counted(make_spec, stimuli, root, caplog):
    long = stimuli.assign(captions=[["bus " * 200], *stimuli["captions"][1:]])
    cut = stimuli.assign(captions=[["bus " * 75], *stimuli["captions"][1:]])
    spec = make_spec("clip_language")
    with caplog.at_level(logging.WARNING, logger="tyrosine"):
        features = extract_features(spec, long, root).measurements
    assert "1 of 11 captions are longer than its context and were cut to 77 tokens" in caplog.text
    # 75 words and the two marks fill the context exactly.
    np.testing.assert_allclose(features, extract_features(spec, cut, root).measurements, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("model", "poolings"),
    [("vit", "cls mean flatten"), ("clip_language", "eos mean last"), ("bert", "mean eos")],
)
def test_several_poolings_give_what_each_alone_gives(make_spec, stimuli, root, model, poolings):
    layers = ["best", 0.5, 1.0]

    together = extract_features(make_spec(model, layer=layers, pooling=poolings), stimuli, root)

    named = np.asarray(together.channel_descriptors["layer"])
    assert together.descriptors["pooling"] == poolings
    for pooling in poolings.split():
        alone = extract_features(make_spec(model, layer=layers, pooling=pooling), stimuli, root)
        for layer in alone.descriptors["layer"].split():
            expected = alone.measurements[:, np.asarray(alone.channel_descriptors["layer"]) == layer]
            found = together.measurements[:, named == f"{layer}:{pooling}"]
            # Captions are padded farther where one of the poolings asks for the last position.
            np.testing.assert_allclose(found, expected, atol=TOLERANCE)
            assert found.shape[1] > 1


def test_a_pooling_that_does_not_fit_is_refused_among_several(make_spec, stimuli, root):
    spec = make_spec("vit", layer="best", pooling="mean cls")
    assert extract_features(spec, stimuli, root).n_obs == len(stimuli)
    with pytest.raises(ModelError, match=r"Pooling 'cls' does not fit the activation"):
        extract_features(
            make_spec(
                "vit",
                layer=["best", "embeddings.patch_embeddings.projection", "layers.1"],
                pooling="mean cls",
            ),
            stimuli,
            root,
        )
