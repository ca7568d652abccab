"""Loading one tower of a checkpoint, with its tokenizer or image processor and nothing else of it."""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError, safe_open

from tyrosine.errors import ModelError
from tyrosine.models.activations import compute_in_cache
from tyrosine.models.captions import CaptionBatches
from tyrosine.models.factories import load_factory
from tyrosine.models.layers import find_layers
from tyrosine.parameters.models import ModelSpec
from tyrosine.wording import first_three

logger = logging.getLogger(__name__)

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
# Files of a checkpoint that determine features beside its weights.
SETTINGS = (
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer_config.json",
    "tokenizer.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
)
# Names that transformers gives weights in one file, or in several with an index.
SAFE_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PICKLED_WEIGHTS = ("pytorch_model.bin", "pytorch_model.bin.index.json")
INPUT_OF_MODALITY = {"vision": "pixel_values", "language": "input_ids"}
# What PyTorch calls instructions of a processor that multiply matrices of bfloat16.
NATIVE_BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16")
TORCH_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

PROBE = "A photograph."

# Verbosity and progress bars of transformers are switches of the whole process.
_quiet = threading.RLock()


@dataclass(frozen=True)
class Tower:
    """A loaded tower, ready for forward passes.

    Attributes
    ----------
    network : torch.nn.Module
        In evaluation mode, on its device, in its precision.
    layers : dict of str to torch.nn.Module
        The modules of `network` whose activations are read, by their names in it, lowest first.
    processor : object
        The tokenizer (language) or image processor (vision).
    revision : str
        Commit hash on the hub, or ``sha256:`` and the hash of the folder's weights and configuration, or of
        the weights that a factory gave.
    device : torch.device
    precision : {'float32', 'bfloat16', 'float16'}
        What the specification says, or what `auto` has become.
    """

    network: torch.nn.Module
    layers: dict[str, torch.nn.Module]
    processor: Any
    revision: str
    device: torch.device
    precision: str


def load_tower(spec: ModelSpec, *, hollow: bool = False) -> Tower:
    """Load what a specification names: one tower, its layers and its tokenizer or image processor.

    Parameters
    ----------
    spec : ModelSpec
        The model, of the backend `transformers` or `torch`.
    hollow : bool
        Whether to check all that loading checks, but read of the weights their names, types and shapes only:
        quick, and of no use for a forward pass. What a factory returns is never hollow.

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
    if spec.backend == "torch":
        network, processor = load_factory(spec)
        recorded = f"sha256:{hash_weights(network)}"
    else:
        network, processor, recorded = _load_checkpoint(spec, precision, hollow)
    network.eval().requires_grad_(False)
    # What is compiled is fused by the compiler.
    if device.type == "cpu" and not spec.compile:
        compute_in_cache(network)
    layers = find_layers(network, spec)
    if not hollow:
        network.to(device, TORCH_TYPES[precision])
    return Tower(network, layers, processor, recorded, device, precision)


def _load_checkpoint(spec: ModelSpec, precision: str, hollow: bool) -> tuple[torch.nn.Module, Any, str]:
    with quiet_transformers():
        source, revision, recorded = _locate(spec)
        config = _load(
            spec,
            "config.json",
            transformers.AutoConfig.from_pretrained,
            source,
            revision=revision,
            trust_remote_code=False,
        )
        tower_class = _tower_class(spec, config)
        _refuse_other_input(spec, tower_class, config)
        network = _load_network(spec, tower_class, source, revision, precision, hollow)
        if spec.modality == "vision":
            return network, _load_image_processor(spec, source, revision), recorded
        tokenizer = _load_tokenizer(spec, source, revision)
        _refuse_unserved_pooling(spec, tokenizer, network.config)
        return network, tokenizer, recorded


def choose_device(spec: ModelSpec) -> torch.device:
    """The device that a specification asks for.

    Raises
    ------
    ModelError
        If it asks for a GPU that is not there.
    """
    available = torch.cuda.is_available()
    if spec.device == "cuda" and not available:
        raise ModelError(
            f"{spec.label}: device 'cuda' is asked for, but PyTorch finds no GPU here; "
            "set device to auto or cpu."
        )
    return torch.device("cuda" if available and spec.device != "cpu" else "cpu")


@contextmanager
def quiet_transformers() -> Iterator[None]:
    # Loading one tower of two, without its task's head, always reports unused and missing weights; what of
    # that matters is checked in `_load_network`.
    with _quiet:
        verbosity = transformers.logging.get_verbosity()
        bars = transformers.logging.is_progress_bar_enabled()
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        try:
            yield
        finally:
            transformers.logging.set_verbosity(verbosity)
            if bars:
                transformers.logging.enable_progress_bar()


def _locate(spec: ModelSpec) -> tuple[str, str | None, str]:
    """Folder or hub id, the commit to load, and what is recorded as its revision."""
    folder = Path(spec.checkpoint).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelError(
                f"{spec.label}: the folder {spec.checkpoint} has no config.json, so it is no checkpoint."
            )
        weights = sorted(folder.glob("*.safetensors"))
        pickles = sorted(folder.glob("pytorch_model*.bin"))
        if not weights and not (pickles and spec.allow_pickle_weights):
            advice = (
                "allow its pickle with allow_pickle_weights: true if you trust where it comes from"
                if pickles
                else "other formats are not loaded, because reading them can run code"
            )
            raise ModelError(
                f"{spec.label}: the folder {spec.checkpoint} has no weights in a .safetensors file; {advice}."
            )
        return str(folder), None, f"sha256:{_hash_folder(folder, weights or pickles)}"
    if _looks_like_a_folder(spec):
        raise ModelError(f"{spec.label}: there is no checkpoint folder {spec.checkpoint}; {_offline(spec)}")
    file = _load(
        spec,
        "config.json",
        transformers.utils.cached_file,
        spec.checkpoint,
        filename="config.json",
        revision=spec.revision,
    )
    # Every further file is taken from the commit of the first, even if the branch moves meanwhile.
    commit = transformers.utils.hub.extract_commit_hash(file, None)
    return spec.checkpoint, commit or spec.revision, str(commit or spec.revision or "unknown")


def _looks_like_a_folder(spec: ModelSpec) -> bool:
    path = Path(spec.checkpoint)
    return path.is_absolute() or len(path.parts) > 2 or spec.checkpoint.startswith((".", "~"))


def _hash_folder(folder: Path, weights: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in [*(folder / name for name in SETTINGS if (folder / name).is_file()), *weights]:
        digest.update(f"{file.name}\0".encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def choose_precision(spec: ModelSpec, device: torch.device) -> str:
    """The precision that a specification asks for; for `auto` bfloat16 where the hardware computes in it."""
    if spec.precision != "auto":
        return spec.precision
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        capabilities = torch.cpu.get_capabilities()
        native = any(capabilities.get(name, False) for name in NATIVE_BFLOAT16)
    return "bfloat16" if native else "float32"


def hash_weights(network: torch.nn.Module) -> str:
    """Hash of all weights and buffers of a network, as 64 hexadecimal digits (SHA-256)."""
    digest = hashlib.sha256()
    for name, weight in sorted(network.state_dict().items()):
        digest.update(f"{name}\0{weight.dtype}\0{tuple(weight.shape)}\0".encode())
        digest.update(weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _load(spec: ModelSpec, what: str, load: Any, source: Any, **options: Any) -> Any:
    try:
        return load(source, **options)
    except (SafetensorError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"{spec.label}: the weights of {spec.checkpoint} are corrupt ({_first_line(error)}); "
            "download them again."
        ) from error
    except OSError as error:
        raise ModelError(
            f"{spec.label}: {what} of the checkpoint {spec.checkpoint} cannot be had; {_offline(spec)}"
        ) from error
    except (ValueError, KeyError, TypeError, ImportError, RuntimeError, AttributeError) as error:
        raise ModelError(
            f"{spec.label}: {what} of {spec.checkpoint} cannot be used: {_first_sentence(error)}"
        ) from error


def _offline(spec: ModelSpec) -> str:
    # A hub id has one slash at most; a folder does not tell which checkpoint it was meant to hold.
    is_folder = Path(spec.checkpoint).expanduser().is_dir() or _looks_like_a_folder(spec)
    name = "ID" if is_folder else spec.checkpoint
    return (
        f"on a machine that reaches the hub, run `hf download {name} --local-dir DIR`, copy DIR here and set "
        "the model's checkpoint to it."
    )


def _first_sentence(error: Exception) -> str:
    return _first_line(error).split(". ")[0].rstrip(" .!") + "."


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


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
            _load(spec, "config.json", transformers.AutoModel.from_config, config, trust_remote_code=False)
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
    config = _load(spec, "config.json", tower_class.config_class.from_pretrained, source, revision=revision)
    files = _weight_files(spec, config, source, revision)
    options: dict[str, Any] = {"config": config}
    if hollow:
        options["state_dict"] = _hollow_weights(spec, files)
    network, report = _load(
        spec,
        "the weights",
        tower_class.from_pretrained,
        None if hollow else source,
        revision=revision,
        dtype=TORCH_TYPES[precision],
        # The restricted reader of pickles is the default of transformers; it shall not depend on one.
        weights_only=True,
        use_safetensors=files[0].suffix == ".safetensors",
        trust_remote_code=False,
        output_loading_info=True,
        # Not accepted, but reported, so that it can be refused in words of our own.
        ignore_mismatched_sizes=True,
        **options,
    )
    _refuse_random_weights(spec, network, report)
    if network.config.model_type == "vit_mae":
        _keep_every_patch(network)
    return network


def _weight_files(spec: ModelSpec, config: Any, source: str, revision: str | None) -> list[Path]:
    """The files that transformers reads the weights from, on this machine."""
    if getattr(config, "transformers_weights", None) is not None:
        raise ModelError(
            f"{spec.label}: config.json of {spec.checkpoint} names weights in {config.transformers_weights}; "
            f"only those in {SAFE_WEIGHTS[0]} are read."
        )

    def find(name: str) -> Path | None:
        try:
            return Path(transformers.utils.cached_file(source, name, revision=revision))
        except OSError:
            return None

    allowed = (*SAFE_WEIGHTS, *PICKLED_WEIGHTS) if spec.allow_pickle_weights else SAFE_WEIGHTS
    found = next((file for file in map(find, allowed) if file is not None), None)
    if found is None and not spec.allow_pickle_weights and any(map(find, PICKLED_WEIGHTS)):
        raise ModelError(
            f"{spec.label}: {spec.checkpoint} has no weights in a .safetensors file; name a revision that "
            "has, or allow its pickle with allow_pickle_weights: true if you trust where it comes from."
        )
    if found is None:
        raise ModelError(
            f"{spec.label}: the weights of the checkpoint {spec.checkpoint} cannot be had; {_offline(spec)}"
        )
    if found.suffix != ".json":
        return [found]
    shards = sorted(set(json.loads(found.read_text(encoding="utf-8"))["weight_map"].values()))
    missing = [shard for shard in shards if find(shard) is None]
    if missing:
        raise ModelError(
            f"{spec.label}: {missing[0]}, a part of the weights of {spec.checkpoint}, cannot be had; "
            f"{_offline(spec)}"
        )
    return [file for file in map(find, shards) if file is not None]


def _hollow_weights(spec: ModelSpec, files: list[Path]) -> dict[str, torch.Tensor]:
    """Weights of the right names and shapes that take no memory, since all their values are one zero."""
    shapes: dict[str, Any] = {}
    for file in files:
        shapes |= _load(spec, "the weights", _read_shapes, str(file))
    return {name: torch.zeros(()).expand(shape) for name, shape in shapes.items()}


def _read_shapes(file: str) -> dict[str, Any]:
    if file.endswith(".safetensors"):
        # Opening checks that the file is as long as its header says.
        with safe_open(file, framework="pt") as weights:
            return {name: weights.get_slice(name).get_shape() for name in weights.keys()}  # noqa: SIM118
    weights = torch.load(file, map_location="meta", weights_only=True)
    return {name: weight.shape for name, weight in weights.items()}


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
    return _load(
        spec,
        "preprocessor_config.json",
        transformers.AutoImageProcessor.from_pretrained,
        source,
        revision=revision,
        backend="pil",
        trust_remote_code=False,
    )


def _load_tokenizer(spec: ModelSpec, source: str, revision: str | None) -> Any:
    tokenizer = _load(
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
