"""What cannot be loaded or read is refused in one sentence."""

import json
import shutil

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from tyrosine.errors import ModelError
from tyrosine.models import describe_checkpoint, extract_features

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def copy_of(miniatures, tmp_path):
    """Copy of a miniature's folder, to be damaged."""

    def copy(name):
        return shutil.copytree(miniatures / name, tmp_path / name)

    return copy


def _refusal(spec):
    with pytest.raises(ModelError) as caught:
        describe_checkpoint(spec)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith(spec.label)
    return sentence


def test_description_names_the_tower(make_spec):
    described = {
        name: describe_checkpoint(make_spec(name)) for name in ("vit", "clip_vision", "clip_language")
    }
    assert {name: one["architecture"] for name, one in described.items()} == {
        "vit": "ViTModel",
        "clip_vision": "CLIPVisionModel",
        "clip_language": "CLIPTextModel",
    }


@pytest.mark.parametrize(
    ("model", "pooling", "served"), [("bert", "eos", True), ("gpt2", "eos", False), ("gpt2", "last", True)]
)
def test_a_pooling_that_the_tokenizer_cannot_serve_is_refused_before_extraction(
    make_spec, copy_of, model, pooling, served
):
    folder = copy_of("bert")
    if model == "gpt2":
        # Its tokenizer adds no special token, as GPT-2's own does not.
        vocabulary = {word: row for row, word in enumerate(["<|endoftext|>", "A", "photograph."])}
        words = Tokenizer(WordLevel(vocabulary, unk_token="<|endoftext|>"))
        words.pre_tokenizer = WhitespaceSplit()
        transformers.PreTrainedTokenizerFast(
            tokenizer_object=words, eos_token="<|endoftext|>", unk_token="<|endoftext|>"
        ).save_pretrained(folder)
    spec = make_spec("bert", checkpoint=str(folder), pooling=pooling)
    if served:
        assert describe_checkpoint(spec)["architecture"] == "BertModel"
    else:
        assert "needs captions that end with an end-of-text token" in _refusal(spec)


def test_unknown_layer_is_refused_with_the_closest_and_the_first_names(make_spec):
    sentence = _refusal(make_spec("bert", layer="encoder.layer.4"))
    assert "BertModel" in sentence
    assert "closest names are encoder.layer." in sentence
    listed = sentence.split("are embeddings, ")[1].rstrip(".").split(", ")
    assert len(listed) == 19
    assert listed[0] == "embeddings.word_embeddings"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_absent_gpu_is_refused(make_spec):
    assert "finds no GPU here; set device to auto or cpu" in _refusal(make_spec("vit", device="cuda"))
    assert describe_checkpoint(make_spec("vit", device="auto"))


@pytest.mark.parametrize("checkpoint", ["nobody/nothing-at-all", "nothing-at-all"])
def test_checkpoint_out_of_reach_is_refused_with_what_to_do(make_spec, checkpoint):
    sentence = _refusal(make_spec("vit", checkpoint=checkpoint))
    assert f"run `hf download {checkpoint} --local-dir DIR`" in sentence
    assert "set the model's checkpoint to it" in sentence


@pytest.mark.parametrize("checkpoint", ["/nowhere/vit", "data/models/vit", "./vit", "~/no-such-vit"])
def test_missing_folder_is_refused(make_spec, checkpoint):
    sentence = _refusal(make_spec("vit", checkpoint=checkpoint))
    assert f"there is no checkpoint folder {checkpoint};" in sentence
    assert "hf download ID" in sentence


def test_checkpoint_in_the_cache_is_loaded_offline_and_its_commit_recorded(
    make_spec, stimuli, root, miniatures, tmp_path, monkeypatch
):
    cached = tmp_path / "models--lab--vit"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(COMMIT)
    shutil.copytree(miniatures / "vit", cached / "snapshots" / COMMIT)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    features = extract_features(make_spec("vit", checkpoint="lab/vit"), stimuli, root)
    assert features.descriptors["revision"] == COMMIT
    expected = extract_features(make_spec("vit"), stimuli, root)
    np.testing.assert_array_equal(features.measurements, expected.measurements)


def test_folder_without_configuration_is_refused(make_spec, copy_of):
    folder = copy_of("vit")
    (folder / "config.json").unlink()
    assert "has no config.json" in _refusal(make_spec("vit", checkpoint=str(folder)))


def test_folder_with_pickled_weights_only_is_refused(make_spec, copy_of):
    folder = copy_of("vit")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert "no weights in a .safetensors file" in _refusal(make_spec("vit", checkpoint=str(folder)))


def test_the_refusal_of_a_pickle_says_how_to_allow_it(make_spec, copy_of):
    folder = copy_of("vit")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert "allow its pickle with allow_pickle_weights: true" in _refusal(
        make_spec("vit", checkpoint=str(folder))
    )


@pytest.mark.parametrize("n_files", [1, 2])
def test_an_allowed_pickle_gives_the_features_of_its_safetensors(make_spec, copy_of, stimuli, root, n_files):
    folder = copy_of("vit")
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    if n_files == 1:
        torch.save(weights, folder / "pytorch_model.bin")
    else:
        files = {name: f"pytorch_model-{1 + row % 2}.bin" for row, name in enumerate(weights)}
        for file in set(files.values()):
            torch.save({name: weights[name] for name in weights if files[name] == file}, folder / file)
        (folder / "pytorch_model.bin.index.json").write_text(
            json.dumps({"metadata": {}, "weight_map": files})
        )
    spec = make_spec("vit", checkpoint=str(folder), allow_pickle_weights=True)

    features = extract_features(spec, stimuli, root)

    expected = extract_features(make_spec("vit"), stimuli, root)
    np.testing.assert_array_equal(features.measurements, expected.measurements)
    assert describe_checkpoint(spec)["revision"] == features.descriptors["revision"]
    # Of two files of weights the pickle is not the one that is read.
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "pytorch_model.bin").write_bytes(b"broken")
    assert describe_checkpoint(spec)["architecture"] == "ViTModel"


class _Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_code_in_an_allowed_pickle_is_not_run(make_spec, copy_of, tmp_path):
    folder = copy_of("vit")
    (folder / "model.safetensors").unlink()
    torch.save({"weight": _Runs(str(tmp_path / "ran"))}, folder / "pytorch_model.bin")
    sentence = _refusal(make_spec("vit", checkpoint=str(folder), allow_pickle_weights=True))
    assert "are corrupt (Weights only load failed" in sentence
    assert not (tmp_path / "ran").exists()


def test_weights_that_the_configuration_names_itself_are_refused(make_spec, copy_of):
    folder = copy_of("vit")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "transformers_weights": "adapter_model.bin"}))
    assert "names weights in adapter_model.bin; only those in model.safetensors" in _refusal(
        make_spec("vit", checkpoint=str(folder))
    )


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1000], lambda b: b[:100], lambda b: b"", lambda b: b"x" * 99]
)
def test_corrupt_weights_are_refused(make_spec, copy_of, damage):
    folder = copy_of("vit")
    weights = folder / "model.safetensors"
    weights.write_bytes(damage(weights.read_bytes()))
    assert "are corrupt" in _refusal(make_spec("vit", checkpoint=str(folder)))


def test_a_missing_part_of_the_weights_is_named(make_spec, copy_of):
    folder = copy_of("vit")
    weights = load_file(folder / "model.safetensors")
    files = {name: f"model-{1 + row % 2}.safetensors" for row, name in enumerate(weights)}
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))
    assert "model-2.safetensors, a part of the weights of" in _refusal(
        make_spec("vit", checkpoint=str(folder))
    )


def test_a_description_takes_no_memory_for_weights(make_spec, monkeypatch):
    networks = []
    load = transformers.ViTModel.from_pretrained.__func__

    def spy(cls, *arguments, **options):
        loaded = load(cls, *arguments, **options)
        networks.append(loaded[0])
        return loaded

    monkeypatch.setattr(transformers.ViTModel, "from_pretrained", classmethod(spy))
    describe_checkpoint(make_spec("vit"))
    (network,) = networks
    of_blocks = [weight for name, weight in network.named_parameters() if name.startswith("layers.")]
    assert sum(weight.untyped_storage().nbytes() for weight in of_blocks) == 4 * len(of_blocks)


def test_configuration_of_an_unknown_architecture_is_refused(make_spec, copy_of):
    folder = copy_of("vit")
    (folder / "config.json").write_text(json.dumps({"model_type": "no_such_architecture"}))
    assert "does not recognize this architecture." in _refusal(make_spec("vit", checkpoint=str(folder)))


def test_code_in_a_checkpoint_is_not_run(make_spec, copy_of, tmp_path):
    folder = copy_of("vit")
    (folder / "config.json").write_text(
        json.dumps({"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}})
    )
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    assert "contains custom code" in _refusal(make_spec("vit", checkpoint=str(folder)))
    assert not (tmp_path / "ran").exists()


def _without(folder, *parts):
    weights = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if not any(part in name for part in parts)}
    assert len(kept) < len(weights)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


def test_missing_weights_are_refused_and_never_random(make_spec, copy_of):
    folder = copy_of("bert")
    _without(folder, "encoder.layer.2")
    sentence = _refusal(make_spec("bert", checkpoint=str(folder)))
    assert "lacks weights of BertModel (encoder.layer.2." in sentence
    assert "and 13 more" in sentence


def test_weights_of_another_architecture_are_refused(make_spec, copy_of, miniatures):
    folder = copy_of("bert")
    shutil.copy(miniatures / "vit" / "model.safetensors", folder)
    assert "lacks weights of BertModel" in _refusal(make_spec("bert", checkpoint=str(folder)))


def test_weights_of_another_size_are_refused(make_spec, copy_of):
    folder = copy_of("bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 64}))
    sentence = _refusal(make_spec("bert", checkpoint=str(folder)))
    assert "has other sizes than its config.json for weights of BertModel (encoder.layer.0." in sentence


def test_random_pooler_is_refused_when_it_is_the_layer(make_spec):
    assert "lacks weights of BertModel (pooler." in _refusal(
        make_spec("bert", layer="pooler", pooling="none")
    )


@pytest.mark.parametrize(
    ("model", "checkpoint", "message"),
    [
        (
            "vit",
            "bert",
            "BertModel, which takes input_ids, not the pixel_values of a vision model; set modality",
        ),
        ("bert", "vit", "ViTModel, which takes pixel_values, not the input_ids of a language model"),
    ],
)
def test_architecture_without_the_modality_is_refused(make_spec, miniatures, model, checkpoint, message):
    assert message in _refusal(make_spec(model, checkpoint=str(miniatures / checkpoint)))


def test_single_tower_without_the_modality_is_refused(make_spec, miniatures, tmp_path):
    transformers.CLIPVisionModel.from_pretrained(miniatures / "clip").save_pretrained(tmp_path)
    sentence = _refusal(make_spec("clip_language", checkpoint=str(tmp_path)))
    assert "is a clip_vision_model, which has no language tower; set modality to vision" in sentence


def test_two_towers_of_an_unlisted_architecture_are_refused(make_spec, copy_of):
    folder = copy_of("clip")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "blip"}))
    sentence = _refusal(make_spec("clip_vision", checkpoint=str(folder)))
    assert (
        "a model of two modalities whose towers are not known here; those of clip and siglip are" in sentence
    )


def test_encoder_with_a_decoder_is_refused(make_spec, copy_of):
    folder = copy_of("bert")
    config = transformers.T5Config(vocab_size=20, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    transformers.T5Model(config).save_pretrained(folder)
    assert "an encoder with a decoder" in _refusal(make_spec("bert", checkpoint=str(folder)))


def test_folder_without_image_processor_is_refused(make_spec, copy_of):
    folder = copy_of("vit")
    (folder / "preprocessor_config.json").unlink()
    assert "preprocessor_config.json of" in _refusal(make_spec("vit", checkpoint=str(folder)))


@pytest.mark.parametrize("model", ["bert", "clip_language"])
def test_folder_without_tokenizer_is_refused(make_spec, copy_of, model):
    folder = copy_of(model.split("_")[0])
    for file in folder.glob("tokenizer*"):
        file.unlink()
    assert "tokenizer" in _refusal(make_spec(model, checkpoint=str(folder)))


def test_tokenizer_of_another_network_is_refused(make_spec, copy_of, miniatures, stimuli, root):
    folder = copy_of("bert")
    for file in (miniatures / "clip").glob("tokenizer*"):
        shutil.copy(file, folder)
    with pytest.raises(ModelError, match=r"gives token \d+, but its network knows \d+; they do not belong"):
        extract_features(make_spec("bert", checkpoint=str(folder)), stimuli, root)


def test_images_of_another_size_than_the_network_are_refused(make_spec, copy_of, stimuli, root):
    folder = copy_of("vit")
    processor = json.loads((folder / "preprocessor_config.json").read_text())
    processor["size"] = {"height": 64, "width": 64}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    with pytest.raises(ModelError, match="vit: the forward pass of .* failed: ") as caught:
        extract_features(make_spec("vit", checkpoint=str(folder)), stimuli, root)
    assert "\n" not in str(caught.value)


def test_layer_that_does_not_run_is_refused(make_spec, copy_of, stimuli, root, monkeypatch):
    forward = transformers.ViTModel.forward
    monkeypatch.setattr(transformers.ViTModel, "forward", lambda self, *a, **k: self.embeddings(*a, **k))
    with pytest.raises(ModelError, match=r"layer 'layers\.3' of .* runs never in a forward pass"):
        extract_features(make_spec("vit"), stimuli, root)
    monkeypatch.setattr(transformers.ViTModel, "forward", forward)
