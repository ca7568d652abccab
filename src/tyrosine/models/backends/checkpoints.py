"""Checkpoints of transformers, on the hub or in a folder: where they are, which weights, which revision."""

from __future__ import annotations

import hashlib
import json
import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError, safe_open

from tyrosine.errors import ModelError
from tyrosine.models.packages import package_folder
from tyrosine.parameters.models import ModelSpec
from tyrosine.wording import first_line

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
# What a checkpoint begins with that is a folder in an installed Python package.
PACKAGE = "package:"

# Verbosity and progress bars of transformers are switches of the whole process.
_quiet = threading.RLock()


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence what transformers logs while it loads, and its progress bars; one thread at a time.

    Loading one tower of two, without the head of its training task, always reports unused and missing
    weights. What of that matters is checked by the code that loads.
    """
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


def load_part(spec: ModelSpec, what: str, load: Any, source: Any, **options: Any) -> Any:
    """Call a function of transformers that loads a part of a checkpoint, and word its errors.

    Parameters
    ----------
    spec : ModelSpec
        For messages.
    what : str
        What is loaded, as a message names it.
    load : callable
        Takes `source` and the options.
    source : str
        Folder or hub id.

    Raises
    ------
    ModelError
        If the part is not there, is corrupt or cannot be used.
    """
    try:
        return load(source, **options)
    except (SafetensorError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"{spec.label}: the weights of {spec.checkpoint} are corrupt ({first_line(error)}); "
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
    return first_line(error).split(". ")[0].rstrip(" .!") + "."


def locate(spec: ModelSpec) -> tuple[str, str | None, str]:
    """Folder or hub id, the commit to load, and what is recorded as its revision."""
    folder = _folder(spec)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelError(
                f"{spec.label}: the folder {spec.checkpoint} has no config.json, so it is no checkpoint."
            )
        weights = sorted(folder.glob("*.safetensors"))
        pickles = sorted(folder.glob("pytorch_model*.bin"))
        drawn = spec.weights_seed is not None
        if not drawn and not weights and not (pickles and spec.allow_pickle_weights):
            advice = (
                "allow its pickle with allow_pickle_weights: true if you trust where it comes from"
                if pickles
                else "other formats are not loaded, because reading them can run code"
            )
            raise ModelError(
                f"{spec.label}: the folder {spec.checkpoint} has no weights in a .safetensors file; {advice}."
            )
        return str(folder), None, f"sha256:{_hash_folder(folder, weights or pickles)}"
    if _looks_like_a_folder(spec) or spec.checkpoint.startswith(PACKAGE):
        raise ModelError(f"{spec.label}: there is no checkpoint folder {spec.checkpoint}; {_offline(spec)}")
    file = load_part(
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


def _folder(spec: ModelSpec) -> Path:
    """The folder that a checkpoint names, by its path or in an installed package; it need not be there."""
    if not spec.checkpoint.startswith(PACKAGE):
        return Path(spec.checkpoint).expanduser()
    package, _, inside = spec.checkpoint.removeprefix(PACKAGE).partition("/")
    try:
        return package_folder(package) / inside
    except ModelError as error:
        raise ModelError(f"{spec.label}: {error}") from None


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


def weight_files(spec: ModelSpec, config: Any, source: str, revision: str | None) -> list[Path]:
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


def hollow_weights(spec: ModelSpec, files: list[Path]) -> dict[str, torch.Tensor]:
    """Weights of the right names and shapes that take no memory, since all their values are one zero."""
    shapes: dict[str, Any] = {}
    for file in files:
        shapes |= load_part(spec, "the weights", _read_shapes, str(file))
    return {name: torch.zeros(()).expand(shape) for name, shape in shapes.items()}


def _read_shapes(file: str) -> dict[str, Any]:
    if file.endswith(".safetensors"):
        # Opening checks that the file is as long as its header says.
        with safe_open(file, framework="pt") as weights:
            return {name: weights.get_slice(name).get_shape() for name in weights.keys()}  # noqa: SIM118
    weights = torch.load(file, map_location="meta", weights_only=True)
    return {name: weight.shape for name, weight in weights.items()}
