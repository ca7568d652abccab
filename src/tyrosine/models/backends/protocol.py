"""What a back end is: how a model is described, and how its layers are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tyrosine.models.batching import BatchSize
from tyrosine.models.shards import Features
from tyrosine.parameters.models import ModelSpec


@dataclass(frozen=True)
class Material:
    """What a model is shown: files of images, or captions; a function of the stimuli is given all there is.

    Attributes
    ----------
    ids : list of n_stimuli str
        Identifiers of the stimuli, for messages.
    paths : list of n_stimuli Path
        File of every stimulus's image; empty for a language model.
    texts : list of n_captions str
        Captions of all stimuli one after another; empty for a vision model.
    captions, categories : list of n_stimuli lists of str
        Captions of each stimulus, and the names of the categories that it is annotated with; for the back
        end `features` alone.
    """

    ids: list[str]
    paths: list[Path]
    texts: list[str]
    captions: list[list[str]] = field(default_factory=list)
    categories: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Description:
    """What a checkpoint holds, as it is known without a forward pass.

    Attributes
    ----------
    architecture : str
        Name of the network's class.
    layers : list of str
        Names of the layers that are read, lowest first.
    depths : list of (float or None)
        How far up each of these layers lies: 1 is the last block. None for a layer that is not a block.
    revision : str
        A commit, or a hash of the weights.
    precision : str
        What the network computes in, such as ``float32``.
    """

    architecture: str
    layers: list[str]
    depths: list[float | None]
    revision: str
    precision: str


class Reading(Protocol):
    """A model that is loaded and about to be shown its material."""

    @property
    def rows(self) -> Sequence[int]:
        """For every image, or for every caption, the row of features that it gets.

        Captions that are the same to the network share a row; rows are numbered from 0 without a gap.
        """
        ...

    @property
    def layers(self) -> list[str]:
        """Names of the layers that are read, lowest first."""
        ...

    @property
    def revision(self) -> str:
        """A commit, or a hash of the weights."""
        ...

    @property
    def precision(self) -> str:
        """What the network computes in, such as ``float32``."""
        ...

    @property
    def device(self) -> str:
        """Name of the processor that computes, such as ``cpu``."""
        ...

    def plan(self, size: BatchSize) -> list[list[int]]:
        """Rows of every batch.

        Parameters
        ----------
        size : BatchSize
            Asked once, with `BatchSize.settled`, how large batches are: an extraction that goes on after it
            was cut short has the same batches as before.
        """
        ...

    def read(self, size: BatchSize, batches: list[list[int]], numbers: list[int]) -> Iterator[Features]:
        """Features of some batches.

        Parameters
        ----------
        size : BatchSize
            May be told that a batch did not fit into memory.
        batches : list of lists of int
            What `plan` has returned.
        numbers : list of int
            Indices into `batches`: which of these are read, and in which order.

        Yields
        ------
        Features
            Of one batch: its rows in the batch's order, float32.
        """
        ...


class Backend(Protocol):
    """One way to load models and to read their layers; its class takes no arguments."""

    def describe(self, spec: ModelSpec) -> Description:
        """Check that what a specification names can be loaded and read, and say what it is.

        Raises
        ------
        ModelError
            Whatever would stop `open`, as far as it can be told without a forward pass.
        """
        ...

    def open(self, spec: ModelSpec, material: Material) -> Reading:
        """Load what a specification names, ready to be shown the material.

        Raises
        ------
        ModelError
            If the model cannot be loaded, a layer does not exist, or the pooling or the captions do not suit.
        """
        ...
