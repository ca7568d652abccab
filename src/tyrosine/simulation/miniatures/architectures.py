"""Architectures of the miniatures: the published classes, a few blocks deep and about a hundred wide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from tyrosine.simulation.miniatures.tokenizers import (
    bert_tokenizer,
    clip_tokenizer,
    gpt2_tokenizer,
    mpnet_tokenizer,
)

IMAGE_SIZE = 96
N_CATEGORIES = 32
"""Classes of the classification ViT: the categories of the simulated scenes."""
N_REGIONS = 9
"""Classes of the segmentation DPT: the background and eight supercategories."""
# The default of 0.02 suits a width of a thousand. At a hundred it leaves the untrained blocks idle beside the
# residual stream, so that all stimuli look alike; these are about Glorot's values for the widths below.
INITIALIZER_RANGE = 0.1
CLIP_INITIALIZER_FACTOR = 3.0

_BLOCKS = {
    "hidden_size": 96,
    "intermediate_size": 192,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "initializer_range": INITIALIZER_RANGE,
}
_VISION = {"image_size": IMAGE_SIZE, "patch_size": 16}
_DPT = {
    **_BLOCKS,
    **_VISION,
    "backbone_out_indices": [0, 1, 2, 3],
    # The published factors of 4, 2, 1 and 1/2 give maps of half the picture's size; a quarter is enough here.
    "reassemble_factors": [2, 1, 0.5, 0.25],
    "neck_hidden_sizes": [16, 16, 32, 32],
    "fusion_hidden_size": 16,
    "use_auxiliary_head": False,
}
_CLIP_TOWER = {**_BLOCKS, "initializer_range": 0.02, "initializer_factor": CLIP_INITIALIZER_FACTOR}

# What is not listed is the architecture's default, as in the published checkpoints.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "vit": {**_BLOCKS, **_VISION, "num_labels": N_CATEGORIES},
    "vit_mae": {
        **_BLOCKS,
        **_VISION,
        "decoder_hidden_size": 64,
        "decoder_intermediate_size": 128,
        "decoder_num_hidden_layers": 2,
        "decoder_num_attention_heads": 4,
    },
    "dpt_segmentation": {**_DPT, "num_labels": N_REGIONS},
    "dpt_depth": _DPT,
    "bert": {**_BLOCKS, "max_position_embeddings": 128},
    "gpt2": {
        "n_embd": 96,
        "n_inner": 192,
        "n_layer": 4,
        "n_head": 4,
        "n_positions": 256,
        "initializer_range": INITIALIZER_RANGE,
    },
    "mpnet": {**_BLOCKS, "max_position_embeddings": 130},
    "clip": {
        "projection_dim": 64,
        "vision_config": {**_CLIP_TOWER, **_VISION},
        "text_config": {**_CLIP_TOWER, "max_position_embeddings": 77},
    },
}


@dataclass(frozen=True)
class Miniature:
    """A network with all that goes into its folder.

    Attributes
    ----------
    network : transformers model
        Of the class that the published checkpoint is trained as.
    tokenizer, image_processor : optional
        What prepares captions or images for it.
    """

    network: Any
    tokenizer: Any = None
    image_processor: Any = None

    @property
    def parts(self) -> list[Any]:
        """The network, and the tokenizer and image processor if there are any: all that is saved."""
        return [part for part in (self.network, self.tokenizer, self.image_processor) if part is not None]


def build(name: str, captions: Sequence[str]) -> Miniature:
    """Build a miniature with random weights, which follow from PyTorch's seed.

    Parameters
    ----------
    name : str
        A key of `ARCHITECTURES`.
    captions : sequence of str
        Texts whose words the tokenizer knows whole; other words are spelled in letters or bytes.

    Returns
    -------
    Miniature
    """
    return BUILDERS[name](ARCHITECTURES[name], captions)


def random_network(config: Any, class_name: str) -> Any:
    """A network with random weights, which follow from PyTorch's seed.

    Parameters
    ----------
    config : transformers configuration
    class_name : str
        Name of a model class of transformers.
    """
    network = getattr(transformers, class_name)(config)
    if class_name == "ViTMAEForPreTraining":
        # In a network that is built from its configuration, transformers leaves the fixed position embeddings
        # at zero: it takes them for initialised once the patch embedding is.
        embeddings = network.vit.embeddings
        embeddings.patch_embeddings.projection._is_hf_initialized = False
        with torch.no_grad():
            embeddings.initialize_weights()
            network.decoder.initialize_weights(embeddings.patch_embeddings.num_patches)
    return network


def _vit(options: dict[str, Any], captions: Sequence[str]) -> Miniature:
    network = random_network(transformers.ViTConfig(**options), "ViTForImageClassification")
    return Miniature(network, image_processor=ViTImageProcessorPil(size=_square()))


def _vit_mae(options: dict[str, Any], captions: Sequence[str]) -> Miniature:
    network = random_network(transformers.ViTMAEConfig(**options), "ViTMAEForPreTraining")
    return Miniature(network, image_processor=ViTImageProcessorPil(size=_square()))


def _dpt_segmentation(options: dict[str, Any], captions: Sequence[str]) -> Miniature:
    network = random_network(transformers.DPTConfig(**options), "DPTForSemanticSegmentation")
    return Miniature(network, image_processor=DPTImageProcessorPil(size=_square()))


def _dpt_depth(options: dict[str, Any], captions: Sequence[str]) -> Miniature:
    network = random_network(transformers.DPTConfig(**options), "DPTForDepthEstimation")
    return Miniature(network, image_processor=DPTImageProcessorPil(size=_square()))


def _bert(options: dict[str, Any], captions: Sequence[str]) -> Miniature:
    tokenizer = bert_tokenizer(captions, options["max_position_embeddings"])
    config = transformers.BertConfig(vocab_size=len(tokenizer), **options)
    return Miniature(random_network(config, "BertForMaskedLM"), tokenizer)


def _gpt2(options: dict[str, Any], captions: Sequence[str]) -> Miniature:
    tokenizer = gpt2_tokenizer(captions, options["n_positions"])
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **options,
    )
    return Miniature(random_network(config, "GPT2LMHeadModel"), tokenizer)


def _mpnet(options: dict[str, Any], captions: Sequence[str]) -> Miniature:
    # MPNet numbers its positions from the padding token's id on.
    tokenizer = mpnet_tokenizer(captions, options["max_position_embeddings"] - 2)
    config = transformers.MPNetConfig(
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **options,
    )
    return Miniature(random_network(config, "MPNetModel"), tokenizer)


def _clip(options: dict[str, Any], captions: Sequence[str]) -> Miniature:
    text = options["text_config"]
    tokenizer = clip_tokenizer(captions, text["max_position_embeddings"])
    tokens = {
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = transformers.CLIPConfig(**{**options, "text_config": {**text, **tokens}})
    processor = CLIPImageProcessorPil(size={"shortest_edge": IMAGE_SIZE}, crop_size=_square())
    return Miniature(random_network(config, "CLIPModel"), tokenizer, processor)


def _square() -> dict[str, int]:
    return {"height": IMAGE_SIZE, "width": IMAGE_SIZE}


BUILDERS: dict[str, Callable[[dict[str, Any], Sequence[str]], Miniature]] = {
    "vit": _vit,
    "vit_mae": _vit_mae,
    "dpt_segmentation": _dpt_segmentation,
    "dpt_depth": _dpt_depth,
    "bert": _bert,
    "gpt2": _gpt2,
    "mpnet": _mpnet,
    "clip": _clip,
}
