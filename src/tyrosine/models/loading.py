"""Loading one tower of a checkpoint, with its tokenizer or image processor and nothing else of it."""

from __future__ import annotations

import difflib
import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from tyrosine.errors import ModelError
from tyrosine.models.spec import ModelSpec

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
INPUT_OF_MODALITY = {"vision": "pixel_values", "language": "input_ids"}
# A tower may be wrapped or bare depending on the version of transformers; either spelling is accepted.
TOWER_PREFIXES = ("vision_model.", "text_model.", "vit.", "bert.", "transformer.")
# ViT's blocks were `encoder.layer.N` before transformers 5 and are `layers.N` since.
BLOCK_LISTS = ("encoder.layers.", "encoder.layer.", "layers.", "layer.")
TORCH_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
FIRST_NAMES = 20

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
        Commit hash on the hub, or ``sha256:`` and the hash of the folder's weights and configuration.
    device : torch.device
    """

    network: torch.nn.Module
    layers: dict[str, torch.nn.Module]
    processor: Any
    revision: str
    device: torch.device


def load_tower(spec: ModelSpec) -> Tower:
    """Load what a specification names: one tower, its layer and its tokenizer or image processor.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    Tower

    Raises
    ------
    ModelError
        If the checkpoint is not there, is incomplete, is corrupt or has no such modality; if the layer does
        not exist; if the device is absent.
    """
    device = choose_device(spec)
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
        network = _load_network(spec, tower_class, source, revision)
        if spec.modality == "vision":
            processor = _load_image_processor(spec, source, revision)
        else:
            processor = _load_tokenizer(spec, source, revision)
    layer = find_layer(network, spec)
    layers = {name: module for name, module in network.named_modules() if module is layer}
    return Tower(network.eval().to(device), layers, processor, recorded, device)


def describe_checkpoint(spec: ModelSpec) -> dict[str, str]:
    """Load what a specification names, and say what it is.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    dict of str
        ``checkpoint``, ``revision``, ``architecture`` (the class of the tower) and ``layer``.

    Raises
    ------
    ModelError
        As `load_tower`: whatever would stop the extraction stops this.
    """
    if spec.backend == "net2brain":
        from tyrosine.models.net2brain import load_model

        model = load_model(spec)
        network, revision = model.extractor.model, model.revision
    else:
        tower = load_tower(spec)
        network, revision = tower.network, tower.revision
    return {
        "checkpoint": spec.checkpoint,
        "revision": revision,
        "architecture": type(network).__name__,
        "layer": spec.layer,
    }


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


def find_layer(network: torch.nn.Module, spec: ModelSpec) -> torch.nn.Module:
    """The module that a layer's name stands for, with or without the tower's prefix.

    Parameters
    ----------
    network : torch.nn.Module
        The tower.
    spec : ModelSpec
        Whose ``layer`` is looked for.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    ModelError
        If there is none, with the closest names and the first twenty that exist.
    """
    modules = {name: module for name, module in network.named_modules() if name}
    for name in _spellings(spec.layer):
        if name in modules:
            return modules[name]
    close = difflib.get_close_matches(spec.layer, modules, n=3, cutoff=0.5)
    closest = f"the closest names are {', '.join(close)}; " if close else ""
    raise ModelError(
        f"{spec.label}: {type(network).__name__} of {spec.checkpoint} has no layer '{spec.layer}'; {closest}"
        f"the first of {len(modules)} are {', '.join(list(modules)[:FIRST_NAMES])}."
    )


def _spellings(layer: str) -> Iterator[str]:
    bare = layer
    for prefix in TOWER_PREFIXES:
        bare = bare.removeprefix(prefix)
    for name in dict.fromkeys((layer, bare)):
        yield name
    for name in dict.fromkeys((layer, bare)):
        for prefix in TOWER_PREFIXES:
            yield prefix + name
    held = next((blocks for blocks in BLOCK_LISTS if bare.startswith(blocks)), None)
    if held is not None:
        for blocks in BLOCK_LISTS:
            yield blocks + bare.removeprefix(held)


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
        if not list(folder.glob("*.safetensors")):
            raise ModelError(
                f"{spec.label}: the folder {spec.checkpoint} has no weights in a .safetensors file; "
                "other formats are not loaded, because reading them can run code."
            )
        return str(folder), None, f"sha256:{_hash_folder(folder)}"
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


def _hash_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in [folder / "config.json", *sorted(folder.glob("*.safetensors"))]:
        digest.update(f"{file.name}\0".encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _load(spec: ModelSpec, what: str, load: Any, source: str, **options: Any) -> Any:
    try:
        return load(source, **options)
    except SafetensorError as error:
        raise ModelError(
            f"{spec.label}: the weights of {spec.checkpoint} are corrupt ({error}); download them again."
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
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0].split(". ")[0] if lines else type(error).__name__).rstrip(" .!") + "."


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
    return transformers.AutoModel


def _load_network(spec: ModelSpec, tower_class: Any, source: str, revision: str | None) -> torch.nn.Module:
    network, report = _load(
        spec,
        "the weights",
        tower_class.from_pretrained,
        source,
        revision=revision,
        dtype=TORCH_TYPES[spec.precision],
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
        # Not accepted, but reported, so that it can be refused in words of our own.
        ignore_mismatched_sizes=True,
    )
    wanted = INPUT_OF_MODALITY[spec.modality]
    if network.main_input_name != wanted:
        other = next(
            (name for name, key in INPUT_OF_MODALITY.items() if key == network.main_input_name), None
        )
        advice = f"set modality to {other}" if other else "it is neither a vision nor a language model"
        raise ModelError(
            f"{spec.label}: {spec.checkpoint} is a {type(network).__name__}, which takes "
            f"{network.main_input_name}, not the {wanted} of a {spec.modality} model; {advice}."
        )
    if getattr(network.config, "is_encoder_decoder", False):
        raise ModelError(
            f"{spec.label}: {spec.checkpoint} is a {type(network).__name__}, an encoder with a decoder; "
            "only models with one stack are read."
        )
    _refuse_random_weights(spec, network, report)
    return network


def _refuse_random_weights(spec: ModelSpec, network: torch.nn.Module, report: dict[str, Any]) -> None:
    """Weights that the checkpoint lacks are random: fine in a head that is not read, wrong anywhere else."""
    layer = find_layer(network, spec)
    name = next(name for name, module in network.named_modules() if module is layer)
    reads_a_head = name.split(".")[0] in HEADS
    # A mismatch is reported as the name of the weight and its two shapes.
    mismatched = [key if isinstance(key, str) else key[0] for key in report["mismatched_keys"]]
    problems = {"lacks": report["missing_keys"], "has other sizes than its config.json for": mismatched}
    for problem, weights in problems.items():
        wanted = sorted(weight for weight in weights if reads_a_head or weight.split(".")[0] not in HEADS)
        if wanted:
            more = f" and {len(wanted) - 3} more" if len(wanted) > 3 else ""
            raise ModelError(
                f"{spec.label}: {spec.checkpoint} {problem} weights of {type(network).__name__} "
                f"({', '.join(wanted[:3])}{more}), so they would be random; the checkpoint is incomplete or "
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
