"""One extraction shared among processes: each computes the shards of some stimuli."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import transformers

from tyrosine.errors import ModelError
from tyrosine.models.backends import Material, Reading, find_backend
from tyrosine.models.batching import BatchSize
from tyrosine.models.fingerprints import fingerprint
from tyrosine.models.shards import Shards, read_through
from tyrosine.models.stimuli import captions_of_each, captions_read, categories_of_each, stimulus_ids
from tyrosine.parameters.models import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

# What a worker that dies loses, and what a part costs beside its forward passes, should both be little.
LEAST_BATCHES = 4
# Enough for large clusters, whose workers do not all take the same time for a part.
MOST_PARTS = 128


def material_of(
    spec: ModelSpec, stimuli: pd.DataFrame, root: str | Path
) -> tuple[list[str], np.ndarray, Material]:
    """What a model is shown of the stimuli.

    Returns
    -------
    ids : list of n_stimuli str
    owners : ndarray of int
        The stimulus that each image or caption belongs to, by its row.
    material : Material
    """
    ids = stimulus_ids(spec, stimuli)
    if spec.modality == "language":
        texts = captions_read(spec, stimuli)
        owners = np.repeat(np.arange(len(ids)), [len(captions) for captions in texts])
        return ids, owners, Material(ids, [], [caption for captions in texts for caption in captions])
    paths = [Path(root) / path for path in stimuli["image"]]
    if spec.modality == "vision":
        return ids, np.arange(len(ids)), Material(ids, paths, [])
    captions, categories = captions_of_each(spec, stimuli), categories_of_each(stimuli)
    return ids, np.arange(len(ids)), Material(ids, paths, [], captions, categories)


def key_of(spec: ModelSpec, made_from: str, reading: Reading) -> str:
    """Hash of all that determines features to the last bit, such as the device, beyond their fingerprint."""
    facts = {
        "fingerprint": made_from,
        "batch_size": spec.batch_size,
        "compile": spec.compile,
        "device": reading.device,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Extraction:
    """An extraction that is under way, as a process that takes part in it needs to know it.

    Attributes
    ----------
    spec : ModelSpec
    stimuli : DataFrame
    root : Path
        Folder that the images' paths start from.
    shards : Path
        Folder of the shards, which all processes see.
    key : str
        Key of the shards.
    """

    spec: ModelSpec
    stimuli: pd.DataFrame
    root: Path
    shards: Path
    key: str

    # Models that this process has loaded and no part is using. A worker that computes several parts loads the
    # network once: loading ViT-B's size for each of 16 parts took 17 s of cores, in a run of 100.
    _idle: list[Reading] = field(default_factory=list, init=False, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Extraction, (self.spec, self.stimuli, self.root, self.shards, self.key)

    def compute(self, numbers: range) -> None:
        """Write the shards of some batches that are not there yet.

        Raises
        ------
        ModelError
            As `extract_features` does, or if this process would give other features than the one that has
            planned the batches.
        """
        # Two threads of one process may compute parts at a time, each with a network of its own.
        try:
            reading = self._idle.pop()
        except IndexError:
            reading = self._open()
        shards = Shards(self.shards, self.key)
        size = BatchSize(shards)
        batches = reading.plan(size)
        for _ in read_through(shards, numbers, lambda missing: reading.read(size, batches, missing)):
            pass
        self._idle.append(reading)

    def _open(self) -> Reading:
        spec = self.spec
        _, _, material = material_of(spec, self.stimuli, self.root)
        reading = find_backend(spec.backend).open(spec, material)
        made_from = fingerprint(spec, self.stimuli, reading.revision, reading.layers, reading.precision)
        if key_of(spec, made_from, reading) != self.key:
            raise ModelError(
                f"{spec.label} runs on {reading.device} in {reading.precision} here, and its extraction was "
                "begun on another device or with other weights; set models.device and models.precision so "
                "that all workers have them."
            )
        return reading


def share(extraction: Extraction, parts: list[range], executor: Executor) -> None:
    """Have other processes write the shards of an extraction, each the shards of a range of batches.

    Parameters
    ----------
    extraction : Extraction
        Whose size of batches is remembered beside the shards.
    parts : list of range
        From `parts_of`.
    executor : Executor
        Its processes see the same files.
    """
    logger.info("%s: %d parts of the stimuli are shown to it side by side", extraction.spec.label, len(parts))
    for _ in executor.map(extraction.compute, parts):
        pass


def parts_of(n_batches: int, stored: dict[int, int]) -> list[range]:
    """Ranges of batches, of about the same size, that cover what is not stored.

    Parameters
    ----------
    n_batches : int
    stored : dict of int to int
        First and last batch of every shard that is there.
    """
    size = max(LEAST_BATCHES, -(-n_batches // MOST_PARTS))
    return [
        range(start, min(start + size, gap.stop))
        for gap in _gaps(n_batches, stored)
        for start in range(gap.start, gap.stop, size)
    ]


def _gaps(n_batches: int, stored: dict[int, int]) -> Iterable[range]:
    first = 0
    for start, last in sorted(stored.items()):
        if start >= first:
            yield range(first, start)
            first = last + 1
    yield range(first, n_batches)
