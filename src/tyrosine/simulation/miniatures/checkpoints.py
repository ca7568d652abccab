"""Miniatures as Hugging Face folders: from a seed, from a training, or those that ship with the package."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import transformers

from tyrosine.errors import ModelError
from tyrosine.models.backends.checkpoints import quiet_transformers
from tyrosine.simulation.miniatures.architectures import ARCHITECTURES, Miniature, build, random_network
from tyrosine.simulation.miniatures.tasks import TASKS, Score
from tyrosine.simulation.miniatures.training import Recipe

SHIPPED = Path(__file__).parent / "weights"
"""The trained miniatures that ship with the package, a folder each."""
RECORD = "miniature.json"
WEIGHTS = "model.safetensors"
UNTRAINED = "untrained"
"""Name of the folder of untrained twins."""


def prepare_miniature(checkpoint: Path, folder: Path, seed: int, trained: Path | None = None) -> None:
    """Put the miniature that a checkpoint names into its place, unless it is there.

    Parameters
    ----------
    checkpoint : Path
        ``<folder>/<name>`` for a trained miniature, ``<folder>/untrained/<name>`` for its untrained twin.
    folder : Path
        Where miniatures lie.
    seed : int
        Of the twins' weights.
    trained : Path, optional
        Folder that `save_trained` wrote to; the miniatures that ship with the package if not given.

    Raises
    ------
    ModelError
        If there is no miniature of that name.
    """
    *parents, name = Path(checkpoint).relative_to(folder).parts
    source = Path(trained or SHIPPED) / name
    if parents not in ([], [UNTRAINED]) or not (source / RECORD).is_file():
        if Path(checkpoint).is_dir():
            # A checkpoint of the user's own.
            return
        known = ", ".join(sorted(path.parent.name for path in source.parent.glob(f"*/{RECORD}"))) or "none"
        raise ModelError(
            f"The checkpoint {checkpoint} is to be a miniature, but {source.parent} has none of that name; "
            f"it has {known}."
        )
    if parents:
        write_twin(Path(checkpoint), seed, source)
    else:
        _place(
            Path(checkpoint),
            read_record(source),
            lambda new: shutil.copytree(source, new, copy_function=shutil.copyfile),
        )


def write_miniatures(
    folder: Path, seed: int, captions: Sequence[str] | None = None, names: Iterable[str] = ARCHITECTURES
) -> None:
    """Write untrained miniatures as Hugging Face folders.

    Parameters
    ----------
    folder : Path
        Gets one folder a miniature, with config.json, model.safetensors and tokenizer or image processor.
        A miniature that is already there from the same seed and captions is left alone, and so is a
        checkpoint of another origin.
    seed : int
        Of the weights. The same seed and captions give the same bytes.
    captions : sequence of str, optional
        Texts whose words the tokenizers know whole; other words are spelled in letters or bytes.
    names : iterable of str
        Keys of `ARCHITECTURES`; all if not given.

    Notes
    -----
    Each miniature is written beside its place and renamed, so that it is there complete or not at all.
    """
    words = list(captions or ())
    for name in names:
        record = {
            "architecture": ARCHITECTURES[name],
            "seed": int(seed),
            "captions": hashlib.sha256("\n".join(words).encode()).hexdigest(),
        }

        def write(new: Path, name: str = name, record: dict[str, Any] = record) -> None:
            with _seeded(seed):
                for part in build(name, words).parts:
                    part.save_pretrained(new)
            write_record(new, record)

        _place(Path(folder) / name, record, write)


def write_twin(folder: Path, seed: int, trained: Path) -> None:
    """Write the untrained twin of a trained miniature: all is the same but the weights.

    Parameters
    ----------
    folder : Path
        Where it goes; a folder of another origin is left alone.
    seed : int
        Of the weights, together with the folder's name: two twins of one architecture differ.
    trained : Path
        Folder of the trained miniature.
    """
    record = {"twin_of": read_record(trained), "seed": int(seed)}

    def write(new: Path) -> None:
        shutil.copytree(
            trained, new, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(WEIGHTS, RECORD)
        )
        with _seeded(zlib.crc32(f"{seed} {folder.name}".encode())):
            config = transformers.AutoConfig.from_pretrained(new)
            (class_name,) = config.architectures
            random_network(config, class_name).save_pretrained(new)
        write_record(new, record)

    _place(Path(folder), record, write)


def save_trained(
    folder: Path, name: str, miniature: Miniature, *, score: Score, recipe: Recipe, data: dict[str, int]
) -> None:
    """Save a trained miniature in half precision, with a record of how it came about.

    Parameters
    ----------
    folder : Path
        Gets the folder `name`, which replaces a miniature that is there.
    name : str
        A key of `ARCHITECTURES`.
    miniature : Miniature
        Its weights are rounded to half precision.
    score : Score
        On scenes that it has not seen.
    recipe : Recipe
        How it was trained.
    data : dict of str to int
        Which scenes it was trained and scored on.
    """

    def write(new: Path) -> None:
        network = miniature.network
        stored = copy.deepcopy(network).half()
        stored.save_pretrained(new)
        # Half precision is for storing only: the weights are computed with in single precision.
        stored.config.dtype = "float32"
        for part in (stored.config, *miniature.parts[1:]):
            part.save_pretrained(new)
        record = {
            "name": name,
            "task": TASKS[name].name,
            "architecture": ARCHITECTURES[name],
            "recipe": asdict(recipe),
            "data": data,
            "score": asdict(score),
            "n_parameters": network.num_parameters(),
            "sha256": hash_weights(new),
        }
        write_record(new, record)

    _place(Path(folder) / name, None, write)


def load_trained(folder: Path) -> Miniature:
    """Read back what `save_trained` wrote, in single precision and evaluation mode."""
    with quiet_transformers():
        config = transformers.AutoConfig.from_pretrained(folder)
        (class_name,) = config.architectures
        network = getattr(transformers, class_name).from_pretrained(folder, dtype=torch.float32)
        has_tokens, has_pixels = (
            (Path(folder) / file).is_file() for file in ("tokenizer_config.json", "preprocessor_config.json")
        )
        return Miniature(
            network.eval(),
            transformers.AutoTokenizer.from_pretrained(folder) if has_tokens else None,
            transformers.AutoImageProcessor.from_pretrained(folder, backend="pil") if has_pixels else None,
        )


def read_record(folder: Path) -> dict[str, Any]:
    """How the miniature in a folder came about."""
    return json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write what `read_record` reads."""
    text = json.dumps(record, indent=2, sort_keys=True) + "\n"
    (Path(folder) / RECORD).write_text(text, encoding="utf-8")


def hash_weights(folder: Path) -> str:
    """SHA-256 of the weights in a folder, 64 hexadecimal digits."""
    return hashlib.sha256((Path(folder) / WEIGHTS).read_bytes()).hexdigest()


@contextlib.contextmanager
def _seeded(seed: int):
    # The caller's random numbers go on as if no weight had been drawn.
    with quiet_transformers(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _is_current(folder: Path, record: dict[str, Any] | None) -> bool:
    if record is None or not folder.is_dir():
        return False
    if not (folder / RECORD).is_file():
        return True
    return read_record(folder) == json.loads(json.dumps(record))


def _place(folder: Path, record: dict[str, Any] | None, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a folder beside its place, then rename it.

    A folder that is there already is left alone if its record is this one, or if it has none and so is of
    another origin. If no record is given, it is replaced in any case.
    """
    if _is_current(folder, record):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        new, old = Path(beside, "new"), Path(beside, "old")
        write(new)
        # Two models of one checkpoint may be prepared at once, by two threads or processes: either's bytes
        # are right, and the one that comes second must not take the folder from under the first.
        if _is_current(folder, record):
            return
        with contextlib.suppress(FileNotFoundError):
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if not _is_current(folder, record):
                raise
