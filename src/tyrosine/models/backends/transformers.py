"""The back end `transformers`: one tower of a Hugging Face checkpoint, with its tokenizer or image processor.

Nothing else of the checkpoint is loaded, such as the other tower or the head of its training task.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import transformers

from tyrosine.errors import ModelError
from tyrosine.models.backends.checkpoints import (
    hollow_weights,
    load_part,
    locate,
    quiet_transformers,
    weight_files,
)
from tyrosine.models.backends.protocol import Description, Material, Reading
from tyrosine.models.backends.random_weights import draw_network
from tyrosine.models.backends.tower_reading import TowerReading
from tyrosine.models.backends.towers import (
    TORCH_TYPES,
    Tower,
    choose_device,
    choose_precision,
    describe_tower,
    hash_weights,
    make_tower,
)
from tyrosine.models.captions import CaptionBatches
from tyrosine.models.layers import find_layers
from tyrosine.parameters.models import ModelSpec
from tyrosine.wording import first_three

# The tower that serves a modality, by the checkpoint's `model_type`; an architecture that is not listed is
# loaded as transformers' AutoModel.
TOWERS: dict[str, dict[str, str]] = {
    "clip": {"vision": "CLIPVisionModel", "language": "CLIPTextModel"},
    "clip_vision_model": {"vision": "CLIPVisionModel"},
    "clip_text_model": {"language": "CLIPTextModel"},
    "siglip": {"vision": "SiglipVisionModel", "language": "SiglipTextModel"},
    "siglip_vision_model": {"vision": "SiglipVisionModel"},
    "siglip_text_model": {"language": "SiglipTextModel"},
}
# The parts of a checkpoint that hold a task, not a representation: a tower that was saved without its pooler
# or head still has every layer below it.
HEADS = ("pooler", "head", "classifier", "cls", "lm_head")
INPUT_OF_MODALITY = {"vision": "pixel_values", "language": "input_ids"}
# What a tokenizer is tried with before any stimulus is read.
PROBE = "A photograph."


class Transformers:
    """The back end `transformers`."""

    def describe(self, spec: ModelSpec) -> Description:
        """Check a checkpoint as `load_tower` does, reading names and shapes of its weights only."""
        return describe_tower(load_tower(spec, hollow=True))

    def open(self, spec: ModelSpec, material: Material) -> Reading:
        """Load a tower and prepare the material for it."""
        return TowerReading(spec, material, load_tower, _captions)


def load_tower(spec: ModelSpec, *, hollow: bool = False) -> Tower:
    """Load what a specification names: one tower, its layers and its tokenizer or image processor.

    Parameters
    ----------
    spec : ModelSpec
        The model, of the backend `transformers`.
    hollow : bool
        Whether to check all that loading checks, but read of the weights their names, types and shapes only:
        quick, and of no use for a forward pass.

    Returns
    -------
    Tower

    Raises
    ------
    ModelError
        If the checkpoint is not there, is incomplete, is corrupt or has no such modality; if a layer does not
        exist; if the tokenizer does not serve the pooling; if the device is absent.
    """
    device = choose_device(spec)
    precision = choose_precision(spec, device)
    network, processor, recorded = _load_checkpoint(spec, precision, hollow)
    return make_tower(spec, network, processor, recorded, device, precision, hollow=hollow)


def _captions(spec: ModelSpec, texts: list[str], tower: Tower) -> CaptionBatches:
    return CaptionBatches(spec, texts, tower.processor, tower.network.config)


def _load_checkpoint(spec: ModelSpec, precision: str, hollow: bool) -> tuple[torch.nn.Module, Any, str]:
    with quiet_transformers():
        source, revision, recorded = locate(spec)
        config = load_part(
            spec,
            "config.json",
            transformers.AutoConfig.from_pretrained,
            source,
            revision=revision,
            trust_remote_code=False,
        )
        tower_class = _tower_class(spec, config)
        _refuse_other_input(spec, tower_class, config)
        network: Any
        if spec.weights_seed is None:
            network = _load_network(spec, tower_class, source, revision, precision, hollow)
        else:
            network, recorded = _draw_network(spec, tower_class, source, revision)
        if network.config.model_type == "vit_mae":
            _keep_every_patch(network)
        if spec.modality == "vision":
            return network, _load_image_processor(spec, source, revision), recorded
        tokenizer = _load_tokenizer(spec, source, revision)
        _refuse_unserved_pooling(spec, tokenizer, network.config)
        return network, tokenizer, recorded


def _tower_class(spec: ModelSpec, config: Any) -> Any:
    kind = config.model_type
    if kind in TOWERS:
        name = TOWERS[kind].get(spec.modality)
        if name is None:
            raise ModelError(
                f"{spec.label}: {spec.checkpoint} is a {kind}, which has no {spec.modality} tower; "
                f"set modality to {' or '.join(TOWERS[kind])}."
            )
        return getattr(transformers, name)
    if hasattr(config, "vision_config") and hasattr(config, "text_config"):
        two_towers = [name for name, towers in TOWERS.items() if len(towers) == 2]
        raise ModelError(
            f"{spec.label}: {spec.checkpoint} is a {kind}, a model of two modalities whose towers are not "
            f"known here; those of {' and '.join(two_towers)} are."
        )
    # Without memory for weights: which class it is, is all that is asked.
    with torch.device("meta"):
        return type(
            load_part(
                spec, "config.json", transformers.AutoModel.from_config, config, trust_remote_code=False
            )
        )


def _refuse_other_input(spec: ModelSpec, tower_class: Any, config: Any) -> None:
    wanted, taken = INPUT_OF_MODALITY[spec.modality], tower_class.main_input_name
    if taken != wanted:
        other = next((name for name, key in INPUT_OF_MODALITY.items() if key == taken), None)
        advice = f"set modality to {other}" if other else "it is neither a vision nor a language model"
        raise ModelError(
            f"{spec.label}: {spec.checkpoint} is a {tower_class.__name__}, which takes {taken}, not the "
            f"{wanted} of a {spec.modality} model; {advice}."
        )
    if getattr(config, "is_encoder_decoder", False):
        raise ModelError(
            f"{spec.label}: {spec.checkpoint} is a {tower_class.__name__}, an encoder with a decoder; "
            "only models with one stack are read."
        )


def _load_network(
    spec: ModelSpec, tower_class: Any, source: str, revision: str | None, precision: str, hollow: bool
) -> torch.nn.Module:
    config = load_part(
        spec, "config.json", tower_class.config_class.from_pretrained, source, revision=revision
    )
    files = weight_files(spec, config, source, revision)
    options: dict[str, Any] = {"config": config}
    if hollow:
        options["state_dict"] = hollow_weights(spec, files)
    network, report = load_part(
        spec,
        "the weights",
        tower_class.from_pretrained,
        None if hollow else source,
        revision=revision,
        dtype=TORCH_TYPES[precision],
        # The restricted reader of pickles is the default of transformers, and asked for in case that changes.
        weights_only=True,
        use_safetensors=files[0].suffix == ".safetensors",
        trust_remote_code=False,
        output_loading_info=True,
        # Not accepted, but reported, so that it can be refused in words of our own.
        ignore_mismatched_sizes=True,
        **options,
    )
    _refuse_random_weights(spec, network, report)
    return network


def _draw_network(spec: ModelSpec, tower_class: Any, source: str, revision: str | None) -> tuple[Any, str]:
    """An untrained network of a checkpoint's configuration, and the hash of its weights as its revision."""
    config = load_part(
        spec, "config.json", tower_class.config_class.from_pretrained, source, revision=revision
    )
    draw = partial(draw_network, tower_class, seed=int(spec.weights_seed or 0))
    network = load_part(spec, "config.json", draw, config)
    return network, f"sha256:{hash_weights(network)}"


def _keep_every_patch(network: Any) -> None:
    """Turn off what ViT-MAE does in training: dropping patches at random, and shuffling those it keeps."""
    n_patches = network.embeddings.patch_embeddings.num_patches
    network.config.mask_ratio = 0.0

    def in_order(module: Any, arguments: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        # Patches are sorted by this noise.
        pixels = named["pixel_values"]
        noise = torch.arange(n_patches, device=pixels.device).expand(len(pixels), -1)
        return arguments, {**named, "noise": noise}

    network.register_forward_pre_hook(in_order, with_kwargs=True)


def _refuse_random_weights(spec: ModelSpec, network: torch.nn.Module, report: dict[str, Any]) -> None:
    """Weights that the checkpoint lacks are random: fine in a head that is not read, wrong anywhere else."""
    reads_a_head = any(name.split(".")[0] in HEADS for name in find_layers(network, spec))
    # A mismatch is reported as the name of the weight and its two shapes.
    mismatched = [key if isinstance(key, str) else key[0] for key in report["mismatched_keys"]]
    problems = {"lacks": report["missing_keys"], "has other sizes than its config.json for": mismatched}
    for problem, weights in problems.items():
        wanted = sorted(weight for weight in weights if reads_a_head or weight.split(".")[0] not in HEADS)
        if wanted:
            raise ModelError(
                f"{spec.label}: {spec.checkpoint} {problem} weights of {type(network).__name__} "
                f"({first_three(wanted)}), so they would be random; the checkpoint is incomplete or "
                "of another architecture."
            )


def _load_image_processor(spec: ModelSpec, source: str, revision: str | None) -> Any:
    return load_part(
        spec,
        "preprocessor_config.json",
        transformers.AutoImageProcessor.from_pretrained,
        source,
        revision=revision,
        backend="pil",
        trust_remote_code=False,
    )


def _load_tokenizer(spec: ModelSpec, source: str, revision: str | None) -> Any:
    tokenizer = load_part(
        spec,
        "the tokenizer",
        transformers.AutoTokenizer.from_pretrained,
        source,
        revision=revision,
        trust_remote_code=False,
    )
    # Without its files a tokenizer is built all the same, with special tokens only.
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise ModelError(
            f"{spec.label}: {spec.checkpoint} has no tokenizer; copy tokenizer.json to it from the "
            "checkpoint on the hub."
        )
    return tokenizer


def _refuse_unserved_pooling(spec: ModelSpec, tokenizer: Any, config: Any) -> None:
    # Whatever stops a batch of captions, such as a missing end-of-text token, stops this one.
    CaptionBatches(spec, [PROBE], tokenizer, config).batch([0])
