"""Reading layers: forward passes that stop after the highest layer that is asked for, and its activations."""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
from collections.abc import Mapping
from typing import Any, Self

import torch

from tyrosine.errors import ModelError
from tyrosine.models.backends.towers import Tower
from tyrosine.models.batching import Batch
from tyrosine.models.pooling import TokenPositions, pool
from tyrosine.models.shards import Features, side_by_side
from tyrosine.parameters.models import ModelSpec
from tyrosine.wording import first_line

logger = logging.getLogger(__name__)

# What PyTorch says where memory of the machine, not of a GPU, runs out.
NO_MEMORY = ("can't allocate memory", "not enough memory")
# Modules that hold blocks one after another.
LISTS = (torch.nn.ModuleList, torch.nn.Sequential)


class OutOfMemory(Exception):
    """A batch does not fit into the memory of the device."""


class _LayersReached(Exception):
    """Ends a forward pass once all layers that are read are reached: those above would be in vain."""


class _Current(threading.local):
    """The batch that a thread is reading."""

    def __init__(self) -> None:
        # Of each layer, for each time that it ran, its activation by every pooling.
        self.pooled: dict[str, list[list[torch.Tensor]]] = {}
        self.tokens: TokenPositions | None = None


class LayerReader:
    """Runs a tower on batches and pools what its layers put out; a context that owns the forward hooks."""

    def __init__(self, spec: ModelSpec, tower: Tower) -> None:
        self._spec, self._tower = spec, tower
        # Batches may be read by several threads at a time.
        self._current = _Current()
        self._layers_run_once = False
        self._compiled: list[torch.nn.Module] = []
        self._hooks = contextlib.ExitStack()

    def __enter__(self) -> Self:
        for name, layer in self._tower.layers.items():
            self._hooks.callback(layer.register_forward_hook(functools.partial(self._keep, name)).remove)
        self._hooks.callback(self._compile_no_longer)
        if self._spec.compile:
            self._compile()
        return self

    def __exit__(self, *exception: object) -> None:
        self._hooks.close()

    def __call__(self, batch: Batch) -> Features:
        """Pooled activations of one batch.

        Raises
        ------
        OutOfMemory
            If the batch does not fit into the memory of the device.
        ModelError
            If the forward pass fails, a layer does not run exactly once, or the pooling does not fit.
        """
        try:
            self._run(batch)
        except ModelError as error:
            if not self._compiled:
                raise
            self._compile_no_longer()
            logger.warning("%s is not compiled: %s", self._spec.label, error)
            self._run(batch)
        for name, pooled in self._current.pooled.items():
            if len(pooled) != 1:
                times = f"{len(pooled)} times" if pooled else "never"
                raise ModelError(
                    f"{self._spec.label}: layer '{name}' of {self._spec.checkpoint} runs {times} in a "
                    "forward pass; choose one that runs once, such as a block."
                )
        # The first batch went all the way, to see whether a layer is used again further up.
        self._layers_run_once = True
        return side_by_side([one.numpy() for times in self._current.pooled.values() for one in times[0]])

    def widest_activation(self, batch: Batch) -> int:
        """Bytes of the largest tensor that a module of the network puts out for a batch."""
        widest = 1

        def measure(module: torch.nn.Module, arguments: Any, output: Any) -> None:
            nonlocal widest
            if isinstance(output, torch.Tensor):
                widest = max(widest, output.nbytes)

        with contextlib.ExitStack() as measuring:
            for module in self._tower.network.modules():
                measuring.callback(module.register_forward_hook(measure).remove)
            self(batch)
        return widest

    def _run(self, batch: Batch) -> None:
        spec = self._spec
        self._current.pooled = {name: [] for name in self._tower.layers}
        self._current.tokens = batch.tokens
        try:
            with torch.inference_mode(), contextlib.suppress(_LayersReached):
                self._tower.network(**batch.inputs)
        except ModelError:
            raise
        except torch.OutOfMemoryError as error:
            raise OutOfMemory from error
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            if any(sign in str(error) for sign in NO_MEMORY):
                raise OutOfMemory from error
            raise ModelError(
                f"{spec.label}: the forward pass of {spec.checkpoint} failed: {first_line(error)}."
            ) from error

    def _keep(self, name: str, module: torch.nn.Module, arguments: Any, output: Any) -> None:
        activation = _first_tensor(output, name, self._spec)
        # Pooled at once and copied: a module further up may compute in place, and a view would keep the whole
        # activation in memory.
        try:
            pooled = [
                pool(activation, pooling, self._current.tokens, name).clone()
                for pooling in self._spec.poolings
            ]
        except ModelError as error:
            raise ModelError(f"{self._spec.label}: {error}") from None
        self._current.pooled[name].append(pooled)
        if self._layers_run_once and all(self._current.pooled.values()):
            raise _LayersReached

    def _compile(self) -> None:
        read = set(self._tower.layers.values())
        for parent in self._tower.network.modules():
            for block in parent if isinstance(parent, LISTS) else ():
                # The hooks of the layers that are read stay outside of what is compiled.
                if read.isdisjoint(list(block.modules())[1:]):
                    block.forward = torch.compile(
                        block.forward, dynamic=True if self._spec.modality == "language" else None
                    )
                    self._compiled.append(block)

    def _compile_no_longer(self) -> None:
        for block in self._compiled:
            del block.forward
        self._compiled = []


def _first_tensor(output: Any, layer: str, spec: ModelSpec) -> torch.Tensor:
    if isinstance(output, torch.Tensor):
        return output
    parts = output.values() if isinstance(output, Mapping) else output if isinstance(output, tuple) else ()
    for part in parts:
        if isinstance(part, torch.Tensor):
            return part
    raise ModelError(
        f"{spec.label}: layer '{layer}' of {spec.checkpoint} puts out a {type(output).__name__} "
        "without a tensor; choose a block."
    )
