"""The back end `torch`: a network and its preprocessing from a function of the user's own.

A factory takes the specification's ``checkpoint`` and returns a `torch.nn.Module` and a preprocessing. For
vision the preprocessing takes an RGB `PIL.Image.Image` and returns a float tensor of shape (n_channels,
height, width), of one size for all images. For language it takes a list of n strings and returns a tensor of
shape (n, n_tokens), or a dict of tensors that are the network's keyword arguments; padding goes on the right,
and is told by an ``attention_mask``.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from PIL import Image

from tyrosine.errors import ModelError
from tyrosine.models.backends.factories import explain, import_factory
from tyrosine.models.backends.protocol import Description, Material, Reading
from tyrosine.models.backends.tower_reading import TowerReading
from tyrosine.models.backends.towers import (
    TORCH_TYPES,
    Tower,
    choose_device,
    choose_precision,
    describe_tower,
    hash_weights,
    make_tower,
)
from tyrosine.models.batching import Batch, Pace, in_batches
from tyrosine.models.lanes import on_one_core
from tyrosine.models.pooling import TokenPositions
from tyrosine.models.reading import LayerReader, OutOfMemory
from tyrosine.parameters.models import ModelSpec

# Captions a forward pass where the batch size is left to choose.
BATCH = 32
# What a factory is tried with before anything is computed: no stimulus of any study.
PROBE_SIZE, PROBE_COLOUR, PROBE_CAPTION = (320, 240), (128, 128, 128), "A photograph."
IMAGES, TOKENS = "pixel_values", "input_ids"


class Torch:
    """The back end `torch`."""

    def describe(self, spec: ModelSpec) -> Description:
        """Call the factory, look for the layers, and read them once, for a grey image or a short caption."""
        tower = load_tower(spec)
        _try_out(spec, tower)
        return describe_tower(tower)

    def open(self, spec: ModelSpec, material: Material) -> Reading:
        """Call the factory and prepare the material as its preprocessing says."""
        return TowerReading(spec, material, load_tower, _captions, towers_side_by_side)


class ImagePreprocessing:
    """A factory's preprocessing, called as an image processor of transformers is."""

    def __init__(self, spec: ModelSpec, preprocess: Callable[[Any], torch.Tensor]) -> None:
        self._factory, self._preprocess = f"{spec.label}: the preprocessing of {spec.factory}", preprocess

    def __call__(self, images: list[Any], **options: Any) -> dict[str, torch.Tensor]:
        """Pixels of n images, of shape (n, n_channels, height, width)."""
        prepared = []
        for image in images:
            one = _call(self._factory, self._preprocess, image)
            if not isinstance(one, torch.Tensor) or one.ndim != 3:
                raise ModelError(
                    f"{self._factory} makes {_described(one)} of an image; expected a tensor of shape "
                    "(n_channels, height, width)."
                )
            prepared.append(one)
        if len({one.shape for one in prepared}) > 1:
            sizes = sorted({tuple(one.shape) for one in prepared})
            raise ModelError(
                f"{self._factory} makes tensors of several shapes, such as {sizes[0]} and {sizes[1]}; "
                "expected one for all images, as resizing and cropping give."
            )
        return {IMAGES: torch.stack(prepared).float()}


class CaptionPreprocessing:
    """A factory's preprocessing of captions."""

    def __init__(self, spec: ModelSpec, preprocess: Callable[[list[str]], Any]) -> None:
        self._factory, self._preprocess = f"{spec.label}: the preprocessing of {spec.factory}", preprocess

    def __call__(self, texts: list[str]) -> dict[str, torch.Tensor]:
        """The network's arguments, each of n rows; a single tensor as ``input_ids``."""
        made = _call(self._factory, self._preprocess, list(texts))
        inputs = dict(made) if isinstance(made, Mapping) else {TOKENS: made}
        for name, one in inputs.items():
            if not isinstance(one, torch.Tensor) or one.ndim < 2 or len(one) != len(texts):
                raise ModelError(
                    f"{self._factory} makes {_described(one)} of {len(texts)} captions ({name}); expected a "
                    f"tensor of shape ({len(texts)}, n_tokens), or a dict of such tensors."
                )
        return inputs


def load_tower(spec: ModelSpec) -> Tower:
    """Call the factory that a specification names, and look for the layers in the network that it returns.

    Raises
    ------
    ModelError
        As `load_factory` does; if a layer does not exist or the device is absent.
    """
    device = choose_device(spec)
    precision = choose_precision(spec, device)
    network, preprocessing = load_factory(spec)
    revision = f"sha256:{hash_weights(network)}"
    return make_tower(spec, network, preprocessing, revision, device, precision)


def load_factory(spec: ModelSpec) -> tuple[torch.nn.Module, ImagePreprocessing | CaptionPreprocessing]:
    """Call the factory that a specification names.

    Parameters
    ----------
    spec : ModelSpec
        With the backend ``torch``.

    Returns
    -------
    network : torch.nn.Module
        Called with ``pixel_values`` it takes them as its one positional argument, and likewise ``input_ids``
        where its preprocessing makes a single tensor.
    preprocessing : ImagePreprocessing or CaptionPreprocessing

    Raises
    ------
    ModelError
        If the function cannot be imported, fails, or returns something else.
    """
    function = import_factory(spec)
    # A factory may draw weights at random. They must be the same every time, or no features would be current.
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = _call(f"{spec.label}: factory {spec.factory}", function, spec.checkpoint)
    if not isinstance(made, tuple) or len(made) != 2:
        raise ModelError(
            f"{spec.label}: factory {spec.factory} returns {_described(made)}; expected a pair, the network "
            "and its preprocessing."
        )
    network, preprocess = made
    if not isinstance(network, torch.nn.Module) or not callable(preprocess):
        raise ModelError(
            f"{spec.label}: factory {spec.factory} returns {_described(network)} and "
            f"{_described(preprocess)}; expected a torch.nn.Module and a function."
        )
    network.register_forward_pre_hook(_by_position, with_kwargs=True)
    if spec.modality == "vision":
        return network, ImagePreprocessing(spec, preprocess)
    return network, CaptionPreprocessing(spec, preprocess)


def towers_side_by_side(tower: Tower, number: int) -> list[Tower]:
    """A tower for each thread: they share weights, and each has modules of its own.

    A module of the user's may keep something from one part of a forward pass to another, which threads would
    mix up if they shared the module.

    Parameters
    ----------
    tower : Tower
        Of a factory.
    number : int
        How many threads.

    Returns
    -------
    list of Tower
        `number` towers, the given one among them. That one alone if copies of its modules could still have
        something in common: if it has hooks or functions that were put into its modules, or cannot be copied.
    """
    weights: dict[int, Any] = {id(weight): weight for weight in tower.network.parameters()}
    if any(_has_functions_put_in(module) for module in tower.network.modules()):
        return [tower]
    towers = [tower]
    for _ in range(number - 1):
        try:
            network = copy.deepcopy(tower.network, dict(weights))
        # It is the user's own code.
        except Exception:
            return [tower]
        modules = dict(network.named_modules())
        layers = {name: modules[name] for name in tower.layers}
        towers.append(replace(tower, network=network, layers=layers))
    return towers


def _has_functions_put_in(module: torch.nn.Module) -> bool:
    hooks = [*module._forward_hooks.values(), *module._forward_pre_hooks.values()]
    return any(hook is not _by_position for hook in hooks) or "forward" in vars(module)


def _try_out(spec: ModelSpec, tower: Tower) -> None:
    """Show a network one image or caption, so that what does not fit is told before anything is computed."""
    if spec.modality == "vision":
        inputs = tower.processor(images=[Image.new("RGB", PROBE_SIZE, PROBE_COLOUR)])
        batch = Batch([0], inputs, None)
    else:
        batch = FactoryCaptionBatches(spec, [PROBE_CAPTION], tower.processor).batch([0])
    # Too little memory for one is told when the features are extracted, where it may be free by then.
    with LayerReader(spec, tower) as reader, contextlib.suppress(OutOfMemory):
        on_one_core(reader, batch.to(tower.device, TORCH_TYPES[tower.precision]))


class FactoryCaptionBatches:
    """Captions as a factory's preprocessing makes them, in the given order; those that are equal are one row.

    Parameters
    ----------
    spec : ModelSpec
        A language model of the backend ``torch``.
    texts : list of str
    preprocessing : CaptionPreprocessing

    Attributes
    ----------
    rows : list of int
        For every caption its row.
    """

    def __init__(self, spec: ModelSpec, texts: list[str], preprocessing: CaptionPreprocessing) -> None:
        row_of = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        self._texts, self._preprocessing = list(row_of), preprocessing
        self.rows = [row_of[text] for text in texts]

    def __len__(self) -> int:
        return len(self._texts)

    def plan(self, *, size: int | None = None, budget: int | None = None) -> list[list[int]]:
        """Rows of every batch; how many tokens a caption has is known to its preprocessing only."""
        return in_batches(len(self), size or BATCH)

    def batch(self, rows: list[int]) -> Batch:
        """Captions of some rows, without end-of-text positions.

        Without an ``attention_mask`` every position counts as a token.
        """
        inputs = self._preprocessing([self._texts[row] for row in rows])
        shape = inputs.get(TOKENS, next(iter(inputs.values()))).shape[:2]
        mask = inputs.get("attention_mask", torch.ones(shape)).long()
        last = mask.shape[1] - 1 - mask.flip(dims=(1,)).argmax(dim=1)
        return Batch(rows, inputs, TokenPositions(mask, None, last))

    def load(self, batches: list[list[int]], pace: Pace | None = None) -> Iterator[Batch]:
        """The captions of some batches, one batch after the other; the network's `pace` plays no role."""
        return map(self.batch, batches)


def _captions(spec: ModelSpec, texts: list[str], tower: Tower) -> FactoryCaptionBatches:
    return FactoryCaptionBatches(spec, texts, tower.processor)


def _by_position(module: torch.nn.Module, arguments: Any, named: dict[str, Any]) -> Any:
    if len(named) == 1 and (IMAGES in named or TOKENS in named):
        return (*arguments, *named.values()), {}
    return arguments, named


def _call(what: str, function: Callable[..., Any], argument: Any) -> Any:
    try:
        return function(argument)
    except ModelError as error:
        raise ModelError(f"{what}: {error}") from error
    # It is the user's own code.
    except Exception as error:
        raise ModelError(f"{what} failed: {explain(error)}.") from error


def _described(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return f"a {type(value).__name__}"
