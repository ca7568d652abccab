"""Reading a tower: batches of images or captions through a network that runs in PyTorch."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Protocol

import numpy as np
import torch

from tyrosine.errors import ModelError
from tyrosine.models.backends.protocol import Material
from tyrosine.models.backends.towers import TORCH_TYPES, Tower, device_name
from tyrosine.models.batching import Batch, BatchSize, Pace, choose_size, on_device
from tyrosine.models.images import ImageBatches
from tyrosine.models.lanes import Lanes, on_one_core
from tyrosine.models.precision import same_representation, sample_rows
from tyrosine.models.reading import LayerReader, OutOfMemory
from tyrosine.models.shards import Features
from tyrosine.parameters.models import ModelSpec

logger = logging.getLogger(__name__)


class CaptionSource(Protocol):
    """Captions that become batches of a network, such as `tyrosine.models.captions.CaptionBatches`."""

    @property
    def rows(self) -> list[int]:
        """For every caption its row; captions that are the same to the network share one."""
        ...

    def __len__(self) -> int: ...

    def plan(self, *, size: int | None = None, budget: int | None = None) -> list[list[int]]:
        """Rows of every batch: at most `size` captions in each, or at most `budget` tokens."""
        ...

    def batch(self, rows: list[int]) -> Batch:
        """The captions of some rows as one batch."""
        ...

    def load(self, batches: list[list[int]], pace: Pace | None = None) -> Iterator[Batch]:
        """The captions of some batches, one batch after the other."""
        ...


class TowerReading:
    """Reads the material by forward passes through a tower; a `tyrosine.models.backends.Reading`.

    Parameters
    ----------
    spec : ModelSpec
    material : Material
    load : callable
        Takes a specification, returns its `Tower`.
    captions : callable
        Takes the specification, the captions and the tower, and returns the captions in batches.
    lanes : callable
        Takes the tower and how many threads compute side by side at most. Returns the towers that they call,
        one for each thread; it may return fewer, and the same tower several times if threads may share it.

    Raises
    ------
    ModelError
        As `load` and `captions` do, and if not even one image or caption fits into memory.
    """

    def __init__(
        self,
        spec: ModelSpec,
        material: Material,
        load: Callable[[ModelSpec], Tower],
        captions: Callable[[ModelSpec, list[str], Tower], CaptionSource],
        lanes: Callable[[Tower, int], list[Tower]] = lambda tower, number: [tower] * number,
    ) -> None:
        self._spec, self._towers_of_lanes = spec, lanes
        self._tower = load(spec)
        self._source: ImageBatches | CaptionSource
        if spec.modality == "vision":
            self._source = ImageBatches(
                spec, material.ids, material.paths, self._tower.processor, self._tower.device
            )
        else:
            self._source = captions(spec, material.texts, self._tower)
        if spec.precision == "auto" and self._tower.precision != "float32":
            full = load(spec.model_copy(update={"precision": "float32"}))
            if not same_representation(spec, self._read_sample(self._tower), self._read_sample(full)):
                self._tower = full
        self.rows: Sequence[int] = self._source.rows
        self.layers = list(self._tower.layers)
        self.revision, self.precision = self._tower.revision, self._tower.precision
        self.device = device_name(self._tower.device)

    def plan(self, size: BatchSize) -> list[list[int]]:
        """Rows of every batch, as large as is asked for, or as fits."""
        asked = self._spec.batch_size
        if asked != "auto":
            return self._source.plan(size=size.settled(lambda: asked))
        chosen = size.settled(lambda: choose_size(self._spec, self._tower.device, self._bytes_each()))
        return self._source.plan(budget=chosen)

    def read(self, size: BatchSize, batches: list[list[int]], numbers: list[int]) -> Iterator[Features]:
        """Features of some batches, in order; a batch that does not fit into memory is read in pieces."""
        towers = self._towers()
        # A single tower on a processor still has a lane: its thread has one core, and waits for no other.
        lanes = Lanes(len(towers)) if self._in_lanes() else None
        pace = None if lanes is None else lanes.pace
        loaded = self._source.load([batches[number] for number in numbers], pace)
        numbered = zip(
            numbers, on_device(loaded, self._tower.device, TORCH_TYPES[self.precision]), strict=True
        )
        with contextlib.ExitStack() as hooks:
            readers = {
                id(tower): hooks.enter_context(LayerReader(self._spec, tower))
                for tower in {id(tower): tower for tower in towers}.values()
            }
            free: SimpleQueue[LayerReader] = SimpleQueue()
            for tower in towers:
                free.put(readers[id(tower)])

            def read(one: tuple[int, Batch]) -> Features:
                reader = free.get()
                try:
                    return self._read_in_pieces(reader, size, *one)
                finally:
                    free.put(reader)

            yield from map(read, numbered) if lanes is None else lanes.map(read, numbered)

    def _in_lanes(self) -> bool:
        # Compiling is one thread's work.
        return not self._spec.compile and self._tower.device.type != "cuda"

    def _towers(self) -> list[Tower]:
        """The tower of each thread that computes."""
        if not self._in_lanes():
            return [self._tower]
        return self._towers_of_lanes(self._tower, torch.get_num_threads())

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
                        f"memory of {self._tower.device}; set a smaller batch_size, or auto."
                    ) from error
                if pieces >= len(batch.indices):
                    raise self._not_even_one() from error
            # Outside of the exception, which keeps what the network had computed.
            if self._tower.device.type == "cuda":
                torch.cuda.empty_cache()
            if not size.halve(number, pieces):
                continue
            logger.warning(
                "%s: a batch of %d does not fit into the memory of %s; going on with half of it.",
                self._spec.label,
                len(batch.pieces(pieces)[0].indices),
                self._tower.device,
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
                there = first.to(self._tower.device, TORCH_TYPES[self.precision])
                if self._in_lanes():
                    widest = on_one_core(reader.widest_activation, there)
                else:
                    widest = reader.widest_activation(there)
        except OutOfMemory as error:
            raise self._not_even_one() from error
        return widest if first.tokens is None else -(-widest // first.tokens.mask.shape[1])

    def _not_even_one(self) -> ModelError:
        what = "image" if self._spec.modality == "vision" else "caption"
        return ModelError(
            f"{self._spec.label}: not even one {what} fits into the memory of {self._tower.device}; set "
            "device or precision to another, or free memory."
        )
