"""Every architecture of the published roster, tiny and at random, against plain calls of transformers.

Each network is saved as the published checkpoint is, with the head of its task, and read as its roster entry
says. The plain call is of that head's own class, takes one stimulus at a time, and uses no hook.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
import yaml
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from tyrosine.models import ModelSpec, describe_checkpoint, extract_features

ROSTER = Path(__file__).parents[2] / "conf/published/parameters_models.yml"
TOLERANCE = 1e-4
N_BLOCKS = 3
SIZES = {"hidden_size": 16, "num_hidden_layers": N_BLOCKS, "num_attention_heads": 2, "intermediate_size": 24}
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def _words(texts):
    return sorted({word for text in texts for word in text.split()})


def _tokenizer(folder, texts, template=None, **special):
    """A tokenizer that knows whole words, saved as a fast one of transformers."""
    vocabulary = {
        word: index for index, word in enumerate([*dict.fromkeys(special.values()), *_words(texts)])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=next(iter(vocabulary))))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if template:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=template, special_tokens=[(token, vocabulary[token]) for token in special.values()]
        )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=64, **special
    ).save_pretrained(folder)
    return vocabulary


def _images(folder, kind, size, **more):
    # The older name of the key, as the published checkpoints have it.
    settings = {"feature_extractor_type": kind, "size": size, "do_resize": True, "do_normalize": True, **HALF}
    (folder / "preprocessor_config.json").write_text(json.dumps({**settings, **more}))


def vit(folder, texts):
    _images(folder, "ViTFeatureExtractor", 32)
    # The checkpoint of ImageNet-21k has no head.
    return transformers.ViTModel(transformers.ViTConfig(**SIZES, image_size=32, patch_size=8))


def vit_mae(folder, texts):
    _images(folder, "ViTFeatureExtractor", 32)
    decoder = {f"decoder_{name}": size for name, size in SIZES.items()}
    return transformers.ViTMAEForPreTraining(
        transformers.ViTMAEConfig(**SIZES, **decoder, image_size=32, patch_size=8)
    )


def _dpt(folder):
    _images(folder, "DPTFeatureExtractor", 48, keep_aspect_ratio=False, ensure_multiple_of=1)
    return transformers.DPTConfig(
        **SIZES, image_size=48, patch_size=8, backbone_out_indices=[0, 1, 2, 2], fusion_hidden_size=8,
        neck_hidden_sizes=[8, 8, 8, 8],
    )  # fmt: skip


def dpt_segmentation(folder, texts):
    return transformers.DPTForSemanticSegmentation(_dpt(folder))


def dpt_depth(folder, texts):
    return transformers.DPTForDepthEstimation(_dpt(folder))


def dinov2(folder, texts):
    # As published: trained on larger images than the processor makes.
    _images(folder, "BitImageProcessor", {"shortest_edge": 40}, crop_size={"height": 32, "width": 32})
    sizes = {name: size for name, size in SIZES.items() if name != "intermediate_size"}
    return transformers.Dinov2Model(transformers.Dinov2Config(**sizes, image_size=64, patch_size=8))


def bert(folder, texts):
    words = _tokenizer(
        folder, texts, "[CLS] $A [SEP]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    return transformers.BertForMaskedLM(transformers.BertConfig(**SIZES, vocab_size=len(words)))


def gpt2(folder, texts):
    # Begins and ends nothing with a token, and has none for padding.
    words = _tokenizer(
        folder, texts, bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>"
    )
    config = transformers.GPT2Config(n_embd=16, n_layer=N_BLOCKS, n_head=2, vocab_size=len(words))
    return transformers.GPT2LMHeadModel(config)


def mpnet(folder, texts):
    words = _tokenizer(folder, texts, "<s> $A </s>", bos_token="<s>", pad_token="<pad>", eos_token="</s>")
    return transformers.MPNetModel(transformers.MPNetConfig(**SIZES, vocab_size=len(words)))


def clip(folder, texts):
    # Four special tokens: an end of text with the id 2 would be taken for that of the legacy checkpoints.
    words = _tokenizer(
        folder, texts, "<s> $A <e>", unk_token="[UNK]", bos_token="<s>", mask_token="[M]", eos_token="<e>",
        pad_token="<e>",
    )  # fmt: skip
    _images(folder, "CLIPFeatureExtractor", 32, do_center_crop=True, crop_size=32, do_convert_rgb=True)
    text = {**SIZES, "vocab_size": len(words), "eos_token_id": words["<e>"], "max_position_embeddings": 64}
    return transformers.CLIPModel(
        transformers.CLIPConfig(vision_config={**SIZES, "image_size": 32, "patch_size": 8}, text_config=text)
    )


BUILDERS = {
    "vit": vit, "vit_mae": vit_mae, "dpt_segmentation": dpt_segmentation, "dpt_depth": dpt_depth,
    "dinov2": dinov2, "bert": bert, "gpt2": gpt2, "mpnet": mpnet, "clip_vision": clip, "clip_language": clip,
}  # fmt: skip


def _hidden_states(name, network, inputs):
    """What each block puts out, as the network itself tells it."""
    options = {"output_hidden_states": True}
    if name == "vit_mae":
        # The encoder sees every patch when none is masked; sorting by this noise leaves them in their order.
        network.config.mask_ratio = 0.0
        return network.vit(**inputs, noise=torch.arange(16.0)[None], **options).hidden_states
    if name.startswith("dpt"):
        return network.dpt(**inputs, **options).hidden_states
    if name == "gpt2":
        # Its last hidden state is already normalised, so the blocks are called one after the other.
        ids = inputs["input_ids"]
        state = network.transformer.wte(ids) + network.transformer.wpe(torch.arange(ids.shape[1]))
        states = [state]
        for block in network.transformer.h:
            state = block(state)
            state = state[0] if isinstance(state, tuple) else state
            states.append(state)
        return states
    part = {"clip_vision": "vision_model", "clip_language": "text_model"}.get(name)
    return (getattr(network, part) if part else network)(**inputs, **options).hidden_states


def _pooled(state, pooling):
    return {"cls": state[0, 0], "eos": state[0, -1], "last": state[0, -1], "mean": state[0].mean(dim=0)}[
        pooling
    ]


@pytest.fixture(scope="module")
def published():
    return yaml.safe_load(ROSTER.read_text(encoding="utf-8"))["models"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Folder of the architecture of a name, and its network; made once for each."""
    from tests.models.conftest import CAPTIONS

    made = {}

    def make(name):
        key = BUILDERS[name].__name__
        if key not in made:
            folder = tmp_path_factory.mktemp(key)
            torch.manual_seed(1)
            network = BUILDERS[name](folder, [text for texts in CAPTIONS for text in texts]).eval()
            # Random weights of the usual size leave all images looking alike.
            for weight in network.parameters():
                if weight.ndim > 1:
                    weight.data.mul_(5)
            network.save_pretrained(folder)
            made[key] = folder, network
        return made[key]

    return make


def _single_inputs(spec, folder, stimuli, root):
    """Inputs of one stimulus at a time."""
    if spec.modality == "vision":
        processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
        for path in stimuli["image"]:
            with Image.open(root / path) as image:
                yield dict(processor(images=image.convert("RGB"), return_tensors="pt"))
    else:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        for texts in stimuli["captions"]:
            encoded = tokenizer(texts[0], return_tensors="pt")
            yield {"input_ids": encoded["input_ids"]}


@pytest.mark.parametrize("name", BUILDERS)
def test_batched_and_hooked_features_of_all_blocks_equal_a_plain_call(published, tiny, stimuli, root, name):
    folder, network = tiny(name)
    fields = {**published[name], "checkpoint": str(folder), "layer": "all", "batch_size": 4}
    spec = ModelSpec(**fields, device="cpu")
    poolings = {spec.pooling, "mean"} if name.startswith("dpt") else {spec.pooling}
    with torch.inference_mode():
        states = [
            _hidden_states(name, network, inputs)[1:]
            for inputs in _single_inputs(spec, folder, stimuli, root)
        ]
    for pooling in poolings:
        features = extract_features(
            spec.model_copy(update={"pooling": pooling, "captions": "first"}), stimuli, root
        )

        expected = [
            np.concatenate([_pooled(state, pooling).numpy() for state in blocks]) for blocks in states
        ]
        assert {len(blocks) for blocks in states} == {N_BLOCKS}
        np.testing.assert_allclose(features.measurements, expected, atol=TOLERANCE)
        # Stimuli differ by more than the tolerance forgives.
        assert np.ptp(features.measurements, axis=0).max() > 100 * TOLERANCE


@pytest.mark.parametrize("name", BUILDERS)
def test_the_layer_of_the_roster_is_the_last_block_by_its_own_name(published, tiny, name):
    folder, _ = tiny(name)
    prefix, _, number = published[name]["layer"].rpartition(".")
    blocks = {"vit": 24, "bert": 12, "gpt2": 12, "mpnet": 12, "clip_language": 12}.get(name, 24)

    described = describe_checkpoint(
        ModelSpec(**{**published[name], "checkpoint": str(folder), "layer": "all"}, device="cpu")
    )

    # Not merely another spelling of it.
    assert described["layers"] == [f"{prefix}.{block}" for block in range(N_BLOCKS)]
    assert int(number) == blocks - 1


def test_mae_sees_every_patch_in_its_place(published, tiny, stimuli, root):
    folder, network = tiny("vit_mae")
    fields = {**published["vit_mae"], "checkpoint": str(folder), "pooling": "flatten", "layer": 1.0}

    features = [
        extract_features(ModelSpec(**fields, device="cpu", batch_size=size), stimuli, root).measurements
        for size in (1, 7)
    ]

    # A class token and 4 by 4 patches, at any time and in any batch.
    assert features[0].shape == (7, 17 * 16)
    np.testing.assert_allclose(features[0], features[1], atol=TOLERANCE)
    patches = network.vit.embeddings.patch_embeddings
    embedded = ModelSpec(**{**fields, "layer": "layers.0.layernorm_before"}, device="cpu")
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    with torch.inference_mode(), Image.open(root / stimuli["image"][0]) as image:
        pixels = processor(images=image.convert("RGB"), return_tensors="pt")["pixel_values"]
        positions = network.vit.embeddings.position_embeddings
        tokens = network.vit.layers[0].layernorm_before(patches(pixels) + positions[:, 1:])
    first = extract_features(embedded, stimuli.iloc[:1], root).measurements[0].reshape(17, 16)
    np.testing.assert_allclose(first[1:], tokens[0].numpy(), atol=TOLERANCE)


def test_captions_of_different_length_do_not_show_gpt2_their_padding(published, tiny, stimuli, root):
    folder, _ = tiny("gpt2")
    spec = ModelSpec(**{**published["gpt2"], "checkpoint": str(folder), "layer": "h.2"}, device="cpu")
    together = extract_features(spec, stimuli, root).measurements
    alone = [extract_features(spec, stimuli.iloc[[row]], root).measurements[0] for row in range(len(stimuli))]
    np.testing.assert_allclose(together, alone, atol=TOLERANCE)
