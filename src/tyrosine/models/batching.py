"""Batches: what a network is shown at once, how many that are, and their way to the device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch

from tyrosine.models.pooling import TokenPositions
from tyrosine.models.shards import Shards
from tyrosine.parameters.models import ModelSpec

# On a processor the widest activation of a core's batch should stay in the cache, and below the 32 MiB from
# which on glibc returns memory to the system at once: fresh pages cost more than larger products gain.
CPU_ACTIVATION_BYTES = 12 * 2**20
# A block holds several activations as wide as its widest at a time; the rest is room for fragmentation.
GPU_LIVE_ACTIVATIONS = 16
# Larger batches are no faster; they hold more pixels in memory, and a killed run loses more work with them.
MOST_IMAGES = {"cpu": 64, "cuda": 256}
MOST_TOKENS = {"cpu": 2**14, "cuda": 2**16}

# Seconds that a network takes from one batch to the next, while batches are prepared beside it; None while
# that is not known.
Pace = Callable[[], float | None]


@dataclass(frozen=True)
class Batch:
    """Images or captions, ready for a forward pass.

    Attributes
    ----------
    indices : list of int
        Which images or captions these are.
    inputs : dict of str to Tensor of shape (n, ...)
        Keyword arguments of the network.
    tokens : TokenPositions, optional
        What pooling needs to know of captions.
    """

    indices: list[int]
    inputs: dict[str, torch.Tensor]
    tokens: TokenPositions | None

    def to(self, device: torch.device, dtype: torch.dtype) -> Batch:
        """The batch on a device, with its pixels in the network's type.

        A copy from pinned memory has begun, but may not have ended, when this returns.
        """
        # The type is changed on the device: before the copy it would need a second, unpinned copy.
        return self._each(
            lambda one: one.to(device, non_blocking=True).to(dtype if one.is_floating_point() else one.dtype)
        )

    def pinned(self) -> Batch:
        """The batch in pinned memory, from which a GPU can copy while it computes."""
        return self._each(torch.Tensor.pin_memory)

    def tensors(self) -> list[torch.Tensor]:
        """All tensors of the batch."""
        tokens = [self.tokens.mask, self.tokens.eos, self.tokens.last] if self.tokens is not None else []
        return [one for one in (*self.inputs.values(), *tokens) if one is not None]

    def _each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Batch:
        tokens = self.tokens
        if tokens is not None:
            eos = tokens.eos if tokens.eos is None else change(tokens.eos)
            tokens = TokenPositions(change(tokens.mask), eos, change(tokens.last))
        return Batch(self.indices, {name: change(one) for name, one in self.inputs.items()}, tokens)

    def pieces(self, number: int) -> list[Batch]:
        """The batch in pieces of nearly the same size, in order."""
        size = -(-len(self.indices) // number)
        return [self._part(slice(at, at + size)) for at in range(0, len(self.indices), size)]

    def _part(self, rows: slice) -> Batch:
        part = self._each(lambda one: one[rows])
        return Batch(self.indices[rows], part.inputs, part.tokens)


def in_batches(n_rows: int, size: int) -> list[list[int]]:
    """Rows of every batch, in order."""
    return [list(range(at, min(at + size, n_rows))) for at in range(0, n_rows, size)]


def one_ahead(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The same batches in the same order; a thread fetches the next batch while one is used."""
    coming = iter(batches)
    with ThreadPoolExecutor(max_workers=1) as thread:
        fetched = thread.submit(next, coming, None)
        while (batch := fetched.result()) is not None:
            fetched = thread.submit(next, coming, None)
            yield batch


def on_device(batches: Iterable[Batch], device: torch.device, dtype: torch.dtype) -> Iterator[Batch]:
    """Batches on the device that computes; a GPU computes one batch while the next is made and copied."""
    if device.type != "cuda":
        yield from (batch.to(device, dtype) for batch in batches)
        return
    copies = torch.cuda.Stream(device)

    def copied() -> Iterator[Batch]:
        for batch in batches:
            with torch.cuda.stream(copies):
                there = batch.pinned().to(device, dtype)
            copies.synchronize()
            yield there

    for batch in one_ahead(copied()):
        for one in batch.tensors():
            # Without this the memory of a tensor could be given to the next copy while the network reads it.
            one.record_stream(torch.cuda.current_stream(device))
        yield batch


class BatchSize:
    """How large the batches of one extraction are.

    The size is kept beside the shards of the extraction, so that an extraction that was cut short goes on
    with the same batches.

    Parameters
    ----------
    shards : Shards, optional
        Where they are remembered; nowhere if not given.
    """

    def __init__(self, shards: Shards | None) -> None:
        self._shards = shards
        self._size: int | None = None
        # Pairs of a batch and the number of pieces that it, and those after it, are computed in.
        self._pieces: list[tuple[int, int]] = [(0, 1)]
        self._lock = threading.Lock()
        remembered = shards.recall() if shards is not None else None
        if remembered is not None:
            self._size = remembered["size"]
            self._pieces = [(first, pieces) for first, pieces in remembered["pieces"]]

    def settled(self, choose: Callable[[], int]) -> int:
        """Images, or padded tokens of captions, in a batch.

        The size that was kept, or else the one that `choose` gives, which is kept then.
        """
        if self._size is None:
            self._size = choose()
            self._remember()
        return self._size

    def pieces_of(self, number: int) -> int:
        """In how many pieces a batch is computed."""
        return max(pieces for first, pieces in self._pieces if first <= number)

    def halve(self, number: int, pieces: int) -> bool:
        """Compute a batch that did not fit into memory, and all after it, in twice as many pieces.

        Parameters
        ----------
        number : int
            Index of the batch.
        pieces : int
            In how many pieces it did not fit.

        Returns
        -------
        bool
            False if the number of pieces had been raised already, for another batch that was computed at the
            same time.
        """
        with self._lock:
            if self.pieces_of(number) > pieces:
                return False
            self._pieces.append((number, 2 * pieces))
            self._remember()
            return True

    def _remember(self) -> None:
        if self._shards is not None:
            self._shards.remember({"size": self._size, "pieces": self._pieces})


def choose_size(spec: ModelSpec, device: torch.device, bytes_each: int) -> int:
    """Images, or padded tokens of captions, that a batch should hold.

    Parameters
    ----------
    spec : ModelSpec
        Whose modality counts.
    device : torch.device
        Whose free memory counts if it is a GPU.
    bytes_each : int
        Size of the widest activation of the network for one image, or for one token.

    Returns
    -------
    int
        At least 1.
    """
    most = (MOST_IMAGES if spec.modality == "vision" else MOST_TOKENS)[device.type]
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        fitting = free // (GPU_LIVE_ACTIVATIONS * bytes_each)
        # Powers of two fill the tiles that a GPU multiplies.
        fitting = 2 ** (max(fitting, 1).bit_length() - 1)
    else:
        fitting = CPU_ACTIVATION_BYTES // bytes_each
    return max(1, min(most, fitting))
