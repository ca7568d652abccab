"""Features of stimuli: the pooled activations of the layers of one tower."""

from __future__ import annotations

import hashlib
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import transformers
from rsatoolbox.data import Dataset
from tqdm import tqdm

from tyrosine.errors import ModelError
from tyrosine.models.batching import Batch, BatchSize, choose_size, in_batches, on_device
from tyrosine.models.captions import CaptionBatches
from tyrosine.models.factories import FactoryCaptionBatches
from tyrosine.models.fingerprints import fingerprint
from tyrosine.models.images import ImageBatches
from tyrosine.models.lanes import Lanes
from tyrosine.models.loading import TORCH_TYPES, Tower, choose_device, load_tower
from tyrosine.models.net2brain import STAGED, load_model, pooled_captions, pooled_images
from tyrosine.models.precision import same_representation, sample_rows
from tyrosine.models.reading import LayerReader, OutOfMemory
from tyrosine.models.shards import Features, Shards, read_through, side_by_side
from tyrosine.models.stimuli import captions_read, stimulus_ids
from tyrosine.parameters.models import ModelSpec
from tyrosine.wording import first_three

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Material:
    """What a model is shown: files of images, or captions."""

    ids: list[str]
    paths: list[Path]
    texts: list[str]


class _Reading(ABC):
    """How one back end reads the material: rows in batches, and their features."""

    # For every image or caption its row: captions that are the same to the network are one.
    rows: Sequence[int]
    layers: list[str]
    revision: str
    precision: str
    device: torch.device

    @abstractmethod
    def plan(self, size: BatchSize) -> list[list[int]]:
        """Rows of every batch; settles how large they are."""

    @abstractmethod
    def read(self, size: BatchSize, batches: list[list[int]], numbers: list[int]) -> Iterator[Features]:
        """Features of the batches of those numbers, in that order."""


def extract_features(
    spec: ModelSpec,
    stimuli: pd.DataFrame,
    root: str | Path,
    *,
    name: str | None = None,
    shards: str | Path | None = None,
) -> Dataset:
    """Show every stimulus to a model and read its layers.

    Parameters
    ----------
    spec : ModelSpec
        Which model, layers and pooling.
    stimuli : DataFrame of n_stimuli rows
        ``stimulus_id``; for vision ``image`` (path relative to `root`) and ``image_sha256``, for language
        ``captions`` (a list or array of strings a row).
    root : path
        Folder that the images' paths start from.
    name : str, optional
        The model's name in the roster; its label if not given.
    shards : path, optional
        Folder that features are written to as they come, and from which an extraction that was cut short
        goes on; to be deleted when the features are safe. Nothing is written if not given.

    Returns
    -------
    rsatoolbox.data.Dataset
        Measurements of shape (n_stimuli, n_features), float32, in the order of `stimuli`, the features of
        several layers side by side; observation descriptor ``stimulus_id``; channel descriptor ``layer``;
        descriptors ``model``, ``checkpoint``, ``revision``, ``layer`` (names with spaces between them),
        ``pooling``, ``captions``, ``precision`` (as it was chosen) and ``fingerprint``.

    Raises
    ------
    ModelError
        If the model cannot be loaded, a layer does not exist or does not run once, the pooling does not fit,
        an image does not open, a caption is empty or refused as too long, memory does not suffice, or a
        stimulus gets features that are not finite or are constant.
    """
    # What is cheap to check is checked before a network is loaded.
    ids = stimulus_ids(spec, stimuli)
    if spec.modality == "vision":
        paths = [Path(root) / path for path in stimuli["image"]]
        owners, material = np.arange(len(ids)), _Material(ids, paths, [])
    else:
        texts = captions_read(spec, stimuli)
        owners = np.repeat(np.arange(len(ids)), [len(captions) for captions in texts])
        material = _Material(ids, [], [caption for captions in texts for caption in captions])
    reading = _BACKENDS[spec.backend](spec, material)
    made_from = fingerprint(spec, stimuli, reading.revision, reading.layers, reading.precision)
    kept = None if shards is None else Shards(Path(shards), _key(spec, made_from, reading))
    features = _mean_of_each(spec, reading, owners, kept)
    _refuse_unusable(spec, ids, features, reading.precision)
    return Dataset(
        measurements=features.rows,
        descriptors={
            "model": name or spec.label,
            "checkpoint": spec.checkpoint,
            "revision": reading.revision,
            "layer": " ".join(reading.layers),
            "pooling": spec.pooling,
            "captions": spec.captions,
            "precision": reading.precision,
            "fingerprint": made_from,
        },
        obs_descriptors={"stimulus_id": ids},
        channel_descriptors={"layer": np.repeat(reading.layers, features.widths).tolist()},
    )


def _key(spec: ModelSpec, made_from: str, reading: _Reading) -> str:
    """Hash of all that determines features to the last bit, which is more than what determines them."""
    facts = {
        "fingerprint": made_from,
        "batch_size": spec.batch_size,
        "compile": spec.compile,
        "device": torch.cuda.get_device_name(reading.device) if reading.device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _mean_of_each(spec: ModelSpec, reading: _Reading, owners: np.ndarray, shards: Shards | None) -> Features:
    """Features of every stimulus: of its image, or the mean of those of its captions."""
    size = BatchSize(shards)
    batches = reading.plan(size)
    # By row: the stimuli that it belongs to, one that has the same caption twice being named twice.
    order = np.argsort(reading.rows, kind="stable")
    ends = np.cumsum(np.bincount(reading.rows))
    counts = np.bincount(owners)
    total: np.ndarray | None = None
    widths: tuple[int, ...] = ()
    unit = "image" if spec.modality == "vision" else "caption"
    # `disable=None` shows the bar on a terminal only.
    bar = tqdm(total=len(order), desc=spec.label, unit=unit, leave=False, disable=None)
    with bar:
        for numbers, features in read_through(
            shards, len(batches), lambda missing: reading.read(size, batches, missing)
        ):
            rows = [row for number in numbers for row in batches[number]]
            if total is None:
                # Summed in double precision: the order in which batches come must not show in the mean.
                kind = np.float32 if spec.modality == "vision" else np.float64
                total, widths = np.zeros((len(counts), features.rows.shape[1]), kind), features.widths
            shown = [order[ends[row - 1] if row else 0 : ends[row]] for row in rows]
            times = [len(one) for one in shown]
            np.add.at(total, owners[np.concatenate(shown)], np.repeat(features.rows, times, axis=0))
            bar.update(sum(times))
    assert total is not None
    if spec.modality == "language":
        total = (total / counts[:, None]).astype(np.float32)
    return Features(total, widths)


class _TowerReading(_Reading):
    """Forward passes through a tower, whichever back end has loaded it."""

    def __init__(self, spec: ModelSpec, material: _Material) -> None:
        self._spec = spec
        self._tower = load_tower(spec)
        self._source = _source(spec, material, self._tower)
        if spec.precision == "auto" and self._tower.precision != "float32":
            full = load_tower(spec.model_copy(update={"precision": "float32"}))
            if not same_representation(spec, self._read_sample(self._tower), self._read_sample(full)):
                self._tower = full
        self.rows = self._source.rows
        self.layers = list(self._tower.layers)
        self.revision, self.precision = self._tower.revision, self._tower.precision
        self.device = self._tower.device

    def plan(self, size: BatchSize) -> list[list[int]]:
        asked = self._spec.batch_size
        if asked != "auto":
            return self._source.plan(size=size.settled(lambda: asked))
        chosen = size.settled(lambda: choose_size(self._spec, self.device, self._bytes_each()))
        return self._source.plan(budget=chosen)

    def read(self, size: BatchSize, batches: list[list[int]], numbers: list[int]) -> Iterator[Features]:
        lanes = self._lanes()
        pace = None if lanes is None else lanes.pace
        loaded = self._source.load([batches[number] for number in numbers], pace)
        numbered = zip(numbers, on_device(loaded, self.device, TORCH_TYPES[self.precision]), strict=True)
        with LayerReader(self._spec, self._tower) as reader:

            def read(one: tuple[int, Batch]) -> Features:
                return self._read_in_pieces(reader, size, *one)

            yield from map(read, numbered) if lanes is None else lanes.map(read, numbered)

    def _lanes(self) -> Lanes | None:
        # A module of the user's may keep something from call to call, and compiling is one thread's work.
        alone = self._spec.backend == "torch" or self._spec.compile or self.device.type == "cuda"
        return None if alone else Lanes(torch.get_num_threads())

    def _read_in_pieces(self, reader: LayerReader, size: BatchSize, number: int, batch: Batch) -> Features:
        while True:
            pieces = size.pieces_of(number)
            try:
                parts = [reader(piece) for piece in batch.pieces(pieces)]
                return Features(np.concatenate([part.rows for part in parts]), parts[0].widths)
            except OutOfMemory as error:
                if self._spec.batch_size != "auto":
                    raise ModelError(
                        f"{self._spec.label}: a batch of {self._spec.batch_size} does not fit into the "
                        f"memory of {self.device}; set a smaller batch_size, or auto."
                    ) from error
                if pieces >= len(batch.indices):
                    raise self._not_even_one() from error
            # Outside of the exception, which keeps what the network had computed.
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            if not size.halve(number, pieces):
                continue
            logger.warning(
                "%s: a batch of %d does not fit into the memory of %s; going on with half of it.",
                self._spec.label,
                len(batch.pieces(pieces)[0].indices),
                self.device,
            )

    def _read_sample(self, tower: Tower) -> Features:
        # One at a time: how many fit into memory is not yet known.
        loaded = self._source.load([[row] for row in sample_rows(len(self._source))])
        try:
            with LayerReader(self._spec, tower) as reader:
                parts = [reader(one) for one in on_device(loaded, tower.device, TORCH_TYPES[tower.precision])]
        except OutOfMemory as error:
            raise self._not_even_one() from error
        return Features(np.concatenate([part.rows for part in parts]), parts[0].widths)

    def _bytes_each(self) -> int:
        """Bytes of the widest activation for one image or for one token."""
        first = self._source.batch(self._source.plan(size=1)[0])
        try:
            with LayerReader(self._spec, self._tower) as reader:
                widest = reader.widest_activation(first.to(self.device, TORCH_TYPES[self.precision]))
        except OutOfMemory as error:
            raise self._not_even_one() from error
        return widest if first.tokens is None else -(-widest // first.tokens.mask.shape[1])

    def _not_even_one(self) -> ModelError:
        what = "image" if self._spec.modality == "vision" else "caption"
        return ModelError(
            f"{self._spec.label}: not even one {what} fits into the memory of {self._tower.device}; set "
            "device or precision to another, or free memory."
        )


def _source(
    spec: ModelSpec, material: _Material, tower: Tower
) -> ImageBatches | CaptionBatches | FactoryCaptionBatches:
    if spec.modality == "vision":
        return ImageBatches(spec, material.ids, material.paths, tower.processor, tower.device)
    if spec.backend == "torch":
        return FactoryCaptionBatches(spec, material.texts, tower.processor)
    return CaptionBatches(spec, material.texts, tower.processor, tower.network.config)


class _Net2BrainReading(_Reading):
    """Net2Brain's own extraction, one stimulus at a time."""

    precision = "float32"

    def __init__(self, spec: ModelSpec, material: _Material) -> None:
        self._spec, self._material = spec, material
        self._model = load_model(spec)
        self._texts = list(dict.fromkeys(material.texts))
        row_of = {text: row for row, text in enumerate(self._texts)}
        self.rows = [row_of[text] for text in material.texts] or range(len(material.ids))
        self.layers, self.revision = self._model.layers, self._model.revision
        self.device = choose_device(spec)

    def plan(self, size: BatchSize) -> list[list[int]]:
        return in_batches(len(self._texts) or len(self._material.ids), size.settled(lambda: STAGED))

    def read(self, size: BatchSize, batches: list[list[int]], numbers: list[int]) -> Iterator[Features]:
        for number in numbers:
            rows = batches[number]
            if self._spec.modality == "vision":
                ids = [self._material.ids[row] for row in rows]
                paths = [self._material.paths[row] for row in rows]
                made = pooled_images(self._spec, self._model, ids, paths)
            else:
                made = pooled_captions(self._spec, self._model, [self._texts[row] for row in rows])
            layers = [np.concatenate(one) for one in zip(*(layers for _, layers in made))]
            yield side_by_side(layers)


_BACKENDS: dict[str, Callable[[ModelSpec, _Material], _Reading]] = {
    "transformers": _TowerReading,
    "torch": _TowerReading,
    "net2brain": _Net2BrainReading,
}


def _refuse_unusable(spec: ModelSpec, ids: list[str], features: Features, precision: str) -> None:
    ends = np.cumsum(features.widths)[:-1]
    for layer in np.split(features.rows, ends, axis=1):
        finite = np.isfinite(layer).all(axis=1)
        if not finite.all():
            advice = "the checkpoint is broken" if precision == "float32" else "set precision to float32"
            raise ModelError(
                f"{spec.label} gives features that are not finite to {_named(ids, ~finite)} in {precision}; "
                f"{advice}."
            )
        constant = layer.max(axis=1) == layer.min(axis=1)
        if constant.any():
            raise ModelError(
                f"{spec.label} gives constant features to {_named(ids, constant)}, which correlate with "
                "nothing; choose another layer or pooling."
            )


def _named(ids: list[str], chosen: np.ndarray) -> str:
    names = [ids[index] for index in np.flatnonzero(chosen)]
    return f"{'stimulus' if len(names) == 1 else 'stimuli'} {first_three(names)}"
