"""Features of small networks of other families equal a direct Hugging Face call."""

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from tests.models.direct import TOLERANCE, pixels
from tyrosine.errors import ModelError
from tyrosine.models import ModelSpec, extract_features


def _word_tokenizer(folder, texts, **special):
    words = sorted({word for text in texts for word in text.split()})
    vocabulary = {word: index for index, word in enumerate([*special.values(), "[UNK]", *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", model_max_length=16, **special
    )
    fast.save_pretrained(folder)
    return fast, len(vocabulary)


TEXTS = [["a red bus"], ["two dogs play on a beach near a boat"], ["cat"]]
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_gpt2_has_no_padding_token_and_equals_a_direct_call(tmp_path, stimuli, root, pooling):
    tokenizer, n_tokens = _word_tokenizer(tmp_path, [text for texts in TEXTS for text in texts])
    config = transformers.GPT2Config(vocab_size=n_tokens, n_positions=16, n_embd=16, n_layer=2, n_head=2)
    network = transformers.GPT2LMHeadModel(config).eval()
    network.save_pretrained(tmp_path)
    spec = ModelSpec(
        label="GPT-2",
        modality="language",
        task="next-token prediction",
        checkpoint=str(tmp_path),
        layer="h.1",
        pooling=pooling,
    )
    features = extract_features(spec, stimuli.iloc[:3].assign(captions=TEXTS), root).measurements
    with torch.inference_mode():
        for row, texts in zip(features, TEXTS):
            tokens = network.transformer.h[0](
                network.transformer.wte(tokenizer(texts[0], return_tensors="pt")["input_ids"])
                + network.transformer.wpe(torch.arange(len(texts[0].split())))
            )
            tokens = network.transformer.h[1](tokens[0] if isinstance(tokens, tuple) else tokens)
            states = (tokens[0] if isinstance(tokens, tuple) else tokens)[0]
            expected = states[-1] if pooling == "last" else states.mean(dim=0)
            np.testing.assert_allclose(row, expected.numpy(), atol=TOLERANCE)
    with pytest.raises(ModelError, match=r"needs captions that end with an end-of-text token, .* adds none"):
        extract_features(
            spec.model_copy(update={"pooling": "eos"}), stimuli.iloc[:3].assign(captions=TEXTS), root
        )


@pytest.fixture
def siglip(tmp_path):
    _, n_tokens = _word_tokenizer(
        tmp_path, [text for texts in TEXTS for text in texts], pad_token="[PAD]", eos_token="[EOS]"
    )
    config = transformers.SiglipConfig(
        vision_config={**SMALL, "image_size": 32, "patch_size": 16},
        text_config={**SMALL, "vocab_size": n_tokens, "max_position_embeddings": 16, "projection_size": 16},
    )
    network = transformers.SiglipModel(config).eval()
    network.save_pretrained(tmp_path)
    transformers.SiglipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    return tmp_path, network


def test_siglip_sees_its_padding_as_it_was_trained_to(siglip, stimuli, root):
    folder, network = siglip
    spec = ModelSpec(
        label="SigLIP",
        modality="language",
        task="contrastive",
        checkpoint=str(folder),
        layer="final_layer_norm",
        pooling="last",
    )
    features = extract_features(spec, stimuli.iloc[:3].assign(captions=TEXTS), root).measurements
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        for row, texts in zip(features, TEXTS):
            ids = tokenizer(texts[0], padding="max_length", return_tensors="pt")["input_ids"]
            expected = network.text_model(ids).last_hidden_state[0, -1]
            np.testing.assert_allclose(row, expected.numpy(), atol=TOLERANCE)


def test_siglip_vision_tower_equals_a_direct_call(siglip, stimuli, root):
    folder, network = siglip
    spec = ModelSpec(
        label="SigLIP",
        modality="vision",
        task="contrastive",
        checkpoint=str(folder),
        layer="post_layernorm",
        pooling="mean",
    )
    features = extract_features(spec, stimuli, root).measurements
    processor = transformers.SiglipImageProcessorPil.from_pretrained(folder)
    with torch.inference_mode():
        for row, path in zip(features, stimuli["image"]):
            expected = network.vision_model(pixels(processor, root / path)).last_hidden_state[0].mean(dim=0)
            np.testing.assert_allclose(row, expected.numpy(), atol=TOLERANCE)


def test_feature_maps_of_a_convolutional_network_are_averaged_over_positions(tmp_path, stimuli, root):
    config = transformers.ConvNextConfig(hidden_sizes=[4, 8], depths=[1, 1], num_stages=2, image_size=32)
    network = transformers.ConvNextModel(config).eval()
    network.save_pretrained(tmp_path)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    spec = ModelSpec(
        label="ConvNeXt",
        modality="vision",
        task="any",
        checkpoint=str(tmp_path),
        layer="encoder",
        pooling="mean",
        batch_size=32,
    )
    features = extract_features(spec, stimuli, root).measurements
    processor = ViTImageProcessorPil.from_pretrained(tmp_path)
    with torch.inference_mode():
        for row, path in zip(features, stimuli["image"]):
            states = network(pixels(processor, root / path)).last_hidden_state
            np.testing.assert_allclose(row, states[0].mean(dim=(1, 2)).numpy(), atol=TOLERANCE)
    with pytest.raises(
        ModelError, match=r"'cls' does not fit .* shape is \(\d+, 8, 4, 4\).* mean, flatten would"
    ):
        extract_features(spec.model_copy(update={"pooling": "cls"}), stimuli, root)


def test_layer_that_runs_several_times_is_refused(tmp_path, stimuli, root):
    _, n_tokens = _word_tokenizer(tmp_path, [text for texts in TEXTS for text in texts])
    config = transformers.AlbertConfig(
        vocab_size=n_tokens, embedding_size=8, max_position_embeddings=16, **SMALL
    )
    transformers.AlbertModel(config).save_pretrained(tmp_path)
    spec = ModelSpec(
        label="ALBERT",
        modality="language",
        task="any",
        checkpoint=str(tmp_path),
        layer="encoder.albert_layer_groups.0",
        pooling="mean",
    )
    with pytest.raises(ModelError, match="runs 2 times in a forward pass"):
        extract_features(spec, stimuli.iloc[:3].assign(captions=TEXTS), root)
