"""Which modules of a network are read: by name, by relative depth, or every block."""

from __future__ import annotations

import difflib
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import torch

from tyrosine.errors import ModelError
from tyrosine.parameters.models import ModelSpec

# A tower may be wrapped or bare depending on the version of transformers; either spelling is accepted.
TOWER_PREFIXES = (
    "vision_model.",
    "text_model.",
    "dinov2.",
    "vit.",
    "dpt.",
    "bert.",
    "mpnet.",
    "transformer.",
)
# ViT's blocks were `encoder.layer.N` before transformers 5 and are `layers.N` since.
BLOCK_LISTS = ("encoder.layers.", "encoder.layer.", "layers.", "layer.")
LISTS = (torch.nn.ModuleList, torch.nn.Sequential)
FIRST_NAMES = 20


def find_layers(network: torch.nn.Module, spec: ModelSpec) -> dict[str, torch.nn.Module]:
    """The modules that a specification's ``layer`` stands for.

    Parameters
    ----------
    network : torch.nn.Module
        The tower.
    spec : ModelSpec
        Whose ``layer`` is looked for.

    Returns
    -------
    dict of str to torch.nn.Module
        By their names in the network, lowest first; a module that is asked for twice, such as by name and
        by depth, is there once.

    Raises
    ------
    ModelError
        If a name is that of no module, with the closest names and the first twenty that exist; if a depth or
        ``all`` is asked of a network without blocks.
    """
    modules = {name: module for name, module in network.named_modules() if name}
    blocks = find_blocks(network)
    wanted: set[str] = set()
    for layer in spec.layers:
        if isinstance(layer, float) or layer == "all":
            if not blocks:
                raise ModelError(
                    f"{spec.label}: {type(network).__name__} of {spec.checkpoint} has no blocks that layer "
                    f"{layer} could mean; name a module, such as {', '.join(list(modules)[:FIRST_NAMES])}."
                )
            if isinstance(layer, float):
                wanted.add(blocks[_block_at(layer, len(blocks))])
            else:
                wanted.update(blocks)
        else:
            wanted.add(_find_name(modules, blocks, layer, network, spec))
    return {name: modules[name] for name in _in_order_of_completion(network) if name in wanted}


def find_blocks(network: torch.nn.Module) -> list[str]:
    """Names of a network's blocks, lowest first.

    Parameters
    ----------
    network : torch.nn.Module

    Returns
    -------
    list of str
        The members of the network's lists of modules (`ModuleList`, `Sequential`), where all in a list are of
        one class; of several classes that with most members. Members that are stages or lists themselves
        are looked into for blocks of their own, blocks are not. Empty if there is no such list.
    """
    members: dict[type, list[str]] = defaultdict(list)
    for kind, name in _members_of_lists(network, ""):
        members[kind].append(name)
    return max(members.values(), key=len, default=[])


def relative_depths(network: torch.nn.Module, names: Sequence[str]) -> list[float | None]:
    """How far up layers lie, as a share of the network's blocks.

    Parameters
    ----------
    network : torch.nn.Module
    names : sequence of n_layers str

    Returns
    -------
    list of n_layers (float or None)
        1 for the last block, 1/n for the first of n; none for a layer that is not a block.
    """
    blocks = find_blocks(network)
    return [(blocks.index(name) + 1) / len(blocks) if name in blocks else None for name in names]


def suggest_names(layer: str, known: Sequence[str]) -> str:
    """Names of layers that are close to a name that no layer has, and the first names, for a message."""
    close = difflib.get_close_matches(layer, known, n=3, cutoff=0.5)
    return (f"the closest names are {', '.join(close)}; " if close else "") + first_names(known)


def first_names(known: Sequence[str]) -> str:
    """The first names of layers that there are, for a message."""
    return f"the first of {len(known)} are {', '.join(known[:FIRST_NAMES])}"


def _members_of_lists(module: torch.nn.Module, prefix: str) -> Iterator[tuple[type, str]]:
    within = [
        found
        for key, child in module.named_children()
        for found in _members_of_lists(child, f"{prefix}{key}.")
    ]
    kinds = {type(child) for child in module.children()}
    if not isinstance(module, LISTS) or len(kinds) != 1:
        yield from within
        return
    (kind,) = kinds
    is_stage = issubclass(kind, LISTS) or "stage" in kind.__name__.lower()
    if is_stage and within:
        yield from within
    # A layer without parts of its own, such as a projection, is no block.
    elif any(True for child in module.children() for _ in child.children()):
        yield from ((kind, f"{prefix}{key}") for key, _ in module.named_children())


def _block_at(depth: float, n_blocks: int) -> int:
    # 0.07 of 100 blocks is 7.000000000000001 in floating point, and means the seventh.
    return math.ceil(round(depth * n_blocks, 9)) - 1


def _find_name(
    modules: dict[str, torch.nn.Module],
    blocks: list[str],
    layer: str,
    network: torch.nn.Module,
    spec: ModelSpec,
) -> str:
    for name in _spellings(layer):
        if name in modules:
            return name
    counted = f"its {len(blocks)} blocks are {blocks[0]} to {blocks[-1]}; " if blocks else ""
    raise ModelError(
        f"{spec.label}: {type(network).__name__} of {spec.checkpoint} has no layer '{layer}'; "
        f"{counted}{suggest_names(layer, list(modules))}."
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


def _in_order_of_completion(module: torch.nn.Module, prefix: str = "") -> Iterator[str]:
    """Names of modules in the order in which a forward pass is done with them: parts before their whole."""
    for key, child in module.named_children():
        name = f"{prefix}{key}"
        yield from _in_order_of_completion(child, f"{name}.")
        yield name
