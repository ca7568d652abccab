"""Towers: networks that run in PyTorch, ready for forward passes, whichever back end has loaded them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import torch

from tyrosine.errors import ModelError
from tyrosine.models.activations import compute_in_cache
from tyrosine.models.backends.protocol import Description
from tyrosine.models.layers import find_layers, relative_depths
from tyrosine.parameters.models import ModelSpec

# What PyTorch calls instructions of a processor that multiply matrices of bfloat16.
NATIVE_BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16")
TORCH_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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


def make_tower(
    spec: ModelSpec,
    network: torch.nn.Module,
    processor: Any,
    revision: str,
    device: torch.device,
    precision: str,
    *,
    hollow: bool = False,
) -> Tower:
    """Find the layers of a network that was loaded, and put it on its device in its precision.

    Parameters
    ----------
    spec : ModelSpec
        Whose ``layer`` is looked for.
    network : torch.nn.Module
    processor : object
        The tokenizer (language) or image processor (vision).
    revision : str
        What is recorded of where the weights come from.
    device : torch.device
    precision : {'float32', 'bfloat16', 'float16'}
    hollow : bool
        Whether the weights have no values: then the network stays where it is.

    Returns
    -------
    Tower

    Raises
    ------
    ModelError
        If a layer does not exist.
    """
    network.eval().requires_grad_(False)
    # What is compiled is fused by the compiler.
    if device.type == "cpu" and not spec.compile:
        compute_in_cache(network)
    layers = find_layers(network, spec)
    if not hollow:
        network.to(device, TORCH_TYPES[precision])
    return Tower(network, layers, processor, revision, device, precision)


def describe_tower(tower: Tower) -> Description:
    """What a tower is, in the words of the protocol of back ends."""
    layers = list(tower.layers)
    return Description(
        architecture=type(tower.network).__name__,
        layers=layers,
        depths=relative_depths(tower.network, layers),
        revision=tower.revision,
        precision=tower.precision,
    )


def device_name(device: torch.device) -> str:
    """Name of the GPU, or ``cpu``."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def choose_device(spec: ModelSpec) -> torch.device:
    """The device that a specification asks for; for `auto` a GPU if PyTorch finds one.

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
