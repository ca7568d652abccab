"""The back end `net2brain`: activations from Net2Brain's `FeatureExtractor`, pooled as everywhere else.

Net2Brain is not on the package index, and is imported here only, when a model asks for it;
``docs/net2brain.md`` says how it is installed.
"""

from __future__ import annotations

import functools
import importlib.util
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from tyrosine.errors import ModelError
from tyrosine.models.backends.protocol import Description, Material, Reading
from tyrosine.models.backends.towers import choose_device, device_name, hash_weights
from tyrosine.models.batching import BatchSize, in_batches
from tyrosine.models.images import open_image
from tyrosine.models.layers import first_names, relative_depths, suggest_names
from tyrosine.models.pooling import TokenPositions, pool
from tyrosine.models.shards import Features, side_by_side
from tyrosine.parameters.models import BEST, ModelSpec
from tyrosine.wording import first_line

# What Net2Brain calls the input of a modality.
DATA_TYPES = {"vision": "image", "language": "text"}
HOW_TO_INSTALL = "docs/net2brain.md says how"
# Stimuli that lie on disk at a time; Net2Brain shows them one at a time whatever their number.
STAGED = 32


@dataclass(frozen=True)
class Net2BrainModel:
    """A model that Net2Brain has loaded.

    Attributes
    ----------
    extractor : net2brain.feature_extraction.FeatureExtractor
    netset : str
        Net2Brain's name for the collection that the model is of, such as ``Timm``.
    layers : list of str
        Net2Brain's names of the layers that are read, lowest first.
    revision : str
        ``sha256:`` and the hash of the weights; Net2Brain knows no commits.
    precision : {'float32'}
        Net2Brain computes in no other.
    """

    extractor: Any
    netset: str
    layers: list[str]
    revision: str
    precision: str = "float32"


class Net2Brain:
    """The back end `net2brain`."""

    def describe(self, spec: ModelSpec) -> Description:
        """Load a model, which checks all that can be checked of one, and say what it is."""
        model = load_model(spec)
        return Description(
            architecture=type(model.extractor.model).__name__,
            layers=model.layers,
            depths=relative_depths(model.extractor.model, model.layers),
            revision=model.revision,
            precision=model.precision,
        )

    def open(self, spec: ModelSpec, material: Material) -> Reading:
        """Load a model, ready to be shown the material."""
        return Net2BrainReading(spec, material)


class Net2BrainReading:
    """Net2Brain's own extraction, one stimulus at a time; a `tyrosine.models.backends.Reading`."""

    precision = "float32"

    def __init__(self, spec: ModelSpec, material: Material) -> None:
        self._spec, self._material = spec, material
        self._model = load_model(spec)
        self._texts = list(dict.fromkeys(material.texts))
        row_of = {text: row for row, text in enumerate(self._texts)}
        self.rows: Sequence[int] = [row_of[text] for text in material.texts] or range(len(material.ids))
        self.layers, self.revision = self._model.layers, self._model.revision
        self.device = device_name(choose_device(spec))

    def plan(self, size: BatchSize) -> list[list[int]]:
        """Rows of every batch: as many as lie on disk at a time."""
        return in_batches(len(self._texts) or len(self._material.ids), size.settled(lambda: STAGED))

    def read(self, size: BatchSize, batches: list[list[int]], numbers: list[int]) -> Iterator[Features]:
        """Features of some batches, in order."""
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


def load_model(spec: ModelSpec) -> Net2BrainModel:
    """Have Net2Brain load the model ``<netset>/<model>``, and check that it has the layer.

    Parameters
    ----------
    spec : ModelSpec
        With the backend ``net2brain``.

    Returns
    -------
    Net2BrainModel

    Raises
    ------
    ModelError
        If Net2Brain is not installed or does not import; if it has no such netset or model, or cannot get the
        weights; if the model has no such layer or does not take the modality.
    """
    device = choose_device(spec)
    feature_extraction = _import(spec)
    netset, _, model = spec.checkpoint.partition("/")
    try:
        with warnings.catch_warnings(), torch.random.fork_rng():
            warnings.simplefilter("ignore")
            # Weights that a checkpoint lacks, such as a pooler's, are random: the same ones every time, or
            # the hash of the weights would be another with every load.
            torch.manual_seed(0)
            extractor = feature_extraction.FeatureExtractor(model=model, netset=netset, device=device.type)
    # Every netset loads in its own way, from a place of its own: there is no telling what it raises.
    except Exception as error:
        raise ModelError(
            f"{spec.label}: Net2Brain cannot load the model '{model}' of its netset '{netset}': "
            f"{first_line(error)}."
        ) from error
    data_type = DATA_TYPES[spec.modality]
    if data_type not in extractor.netset.supported_data_types:
        raise ModelError(
            f"{spec.label}: the netset '{netset}' of Net2Brain takes "
            f"{', '.join(extractor.netset.supported_data_types)}, not the {data_type} of a {spec.modality} "
            "model; set modality or checkpoint to another."
        )
    layers = _find_layers(spec, [name for name in extractor.get_all_layers() if name])
    return Net2BrainModel(extractor, netset, layers, f"sha256:{hash_weights(extractor.model)}")


def pooled_images(
    spec: ModelSpec, model: Net2BrainModel, ids: list[str], paths: list[Path]
) -> Iterator[tuple[list[int], list[np.ndarray]]]:
    """Show images to the model, one at a time, as Net2Brain does.

    Parameters
    ----------
    spec : ModelSpec
        A vision model; its batch size says how many lie on disk at a time.
    model : Net2BrainModel
    ids, paths : lists of n_stimuli
        Identifier and file of every stimulus.

    Yields
    ------
    indices : list of int
        Which stimuli these are.
    pooled : list of n_readouts ndarrays of shape (n_images, n_features), float32
        Of every layer, by every pooling.

    Raises
    ------
    ModelError
        If an image does not open, or the layer or pooling does not fit.
    """

    def stage(index: int, folder: Path) -> Path:
        # Net2Brain clips 16-bit images and ignores orientation; it gets what every other model sees.
        path = folder / f"{index:08}.png"
        open_image(paths[index], ids[index]).save(path, compress_level=1)
        return path

    for indices, activations in _activations(spec, model, len(ids), stage):
        no_tokens = [None] * len(indices)
        yield (
            indices,
            [
                _pooled(spec, layer, pooling, [_batch_first(one) for one in activations[layer]], no_tokens)
                for layer in model.layers
                for pooling in spec.poolings
            ],
        )


def pooled_captions(
    spec: ModelSpec, model: Net2BrainModel, texts: list[str]
) -> Iterator[tuple[list[int], list[np.ndarray]]]:
    """Have the model read captions, one at a time, as Net2Brain does.

    Parameters
    ----------
    spec : ModelSpec
        A language model; its batch size says how many lie on disk at a time.
    model : Net2BrainModel
    texts : list of n_captions str

    Yields
    ------
    indices : list of int
        Which captions these are.
    pooled : list of n_readouts ndarrays of shape (n_captions, n_features), float32
        Of every layer, by every pooling.

    Raises
    ------
    ModelError
        If a caption is longer than the model's context, or the layer or pooling does not fit.
    """
    if model.netset not in _TOKENS:
        raise ModelError(
            f"{spec.label}: how the netset '{model.netset}' of Net2Brain cuts captions into tokens is not "
            f"known here; that of {' and '.join(_TOKENS)} is."
        )

    def stage(index: int, folder: Path) -> Path:
        path = folder / f"{index:08}.txt"
        # A line is a sentence of its own to Net2Brain.
        path.write_text(" ".join(texts[index].splitlines()), encoding="utf-8")
        return path

    for indices, activations in _activations(spec, model, len(texts), stage):
        tokens = [_TOKENS[model.netset](spec, model, " ".join(texts[i].splitlines())) for i in indices]
        pooled = []
        for layer in model.layers:
            shaped = [
                _captions_first(one, known.mask.shape[1])
                for one, known in zip(activations[layer], tokens, strict=True)
            ]
            pooled += [_pooled(spec, layer, pooling, shaped, list(tokens)) for pooling in spec.poolings]
        yield indices, pooled


def _import(spec: ModelSpec) -> ModuleType:
    if importlib.util.find_spec("net2brain") is None:
        raise ModelError(
            f"backend net2brain of {spec.label} needs the package net2brain, which is not installed; "
            f"{HOW_TO_INSTALL}."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from net2brain import feature_extraction
    # A torchvision of another build raises RuntimeError, not ImportError.
    except Exception as error:
        raise ModelError(
            f"backend net2brain of {spec.label} needs the package net2brain, which is installed but does not "
            f"import ({first_line(error)}); {HOW_TO_INSTALL}."
        ) from error
    # A bar for every batch would write over our own.
    feature_extraction.tqdm = functools.partial(tqdm, disable=True)
    return feature_extraction


def _activations(
    spec: ModelSpec, model: Net2BrainModel, total: int, stage: Callable[[int, Path], Path]
) -> Iterator[tuple[list[int], dict[str, list[torch.Tensor]]]]:
    """Batches of indices, and what each layer put out for each stimulus alone."""
    n_staged = STAGED if spec.batch_size == "auto" else spec.batch_size
    for start in range(0, total, n_staged):
        indices = list(range(start, min(start + n_staged, total)))
        with tempfile.TemporaryDirectory(prefix="tyrosine-net2brain-") as scratch:
            given, taken = Path(scratch, "stimuli"), Path(scratch, "features")
            given.mkdir()
            files = [stage(index, given) for index in indices]
            try:
                with warnings.catch_warnings(), torch.inference_mode():
                    warnings.simplefilter("ignore")
                    model.extractor.extract(
                        data_path=[str(file) for file in files],
                        save_path=str(taken),
                        layers_to_extract=list(model.layers),
                        consolidate_per_layer=False,
                    )
            except Exception as error:
                raise ModelError(
                    f"{spec.label}: Net2Brain's extraction from {spec.checkpoint} failed: "
                    f"{first_line(error)}."
                ) from error
            suffix = "_sentence0000" if spec.modality == "language" else ""
            written = [taken / f"{file.stem}{suffix}.npz" for file in files]
            yield indices, {layer: [_read(spec, layer, file) for file in written] for layer in model.layers}


def _read(spec: ModelSpec, layer: str, path: Path) -> torch.Tensor:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return torch.from_numpy(arrays[layer])
    except KeyError as error:
        raise ModelError(
            f"{spec.label}: Net2Brain gives the layer '{layer}' of {spec.checkpoint} another name or "
            f"several ({error}); choose another layer."
        ) from error


def _pooled(
    spec: ModelSpec,
    layer: str,
    pooling: str,
    activations: Sequence[torch.Tensor],
    tokens: Sequence[TokenPositions | None],
) -> np.ndarray:
    rows = [
        pool(activation, pooling, known, layer) for activation, known in zip(activations, tokens, strict=True)
    ]
    if len({row.shape for row in rows}) > 1:
        raise ModelError(
            f"{spec.label}: layer '{layer}' of {spec.checkpoint} differs in size from stimulus to "
            "stimulus; choose a pooling of one size, such as mean."
        )
    return torch.cat(rows).numpy()


def _batch_first(activation: torch.Tensor) -> torch.Tensor:
    """(1, n_tokens, n_features) of an activation (n_tokens, 1, n_features), as CLIP's blocks put it out."""
    if activation.ndim == 3 and activation.shape[0] != 1 and activation.shape[1] == 1:
        return activation.transpose(0, 1)
    return activation


def _captions_first(activation: torch.Tensor, n_tokens: int) -> torch.Tensor:
    # Net2Brain takes the first of whatever a language layer puts out: of a tuple that is the activation, of
    # an activation the one caption of its batch.
    if activation.ndim == 2 and activation.shape[0] == n_tokens:
        return activation[None]
    return activation[None] if activation.ndim == 1 else _batch_first(activation)


def _clip_tokens(spec: ModelSpec, model: Net2BrainModel, text: str) -> TokenPositions:
    import clip

    ids = clip.tokenize(text)
    # The end-of-text token has the highest id of all; what follows it is padding.
    eos = ids.argmax(dim=1)
    mask = (torch.arange(ids.shape[1])[None] <= eos[:, None]).long()
    return TokenPositions(mask, eos, torch.tensor([ids.shape[1] - 1]))


def _huggingface_tokens(spec: ModelSpec, model: Net2BrainModel, text: str) -> TokenPositions:
    tokenizer = model.extractor.netset.tokenizer
    ids = torch.tensor(tokenizer(text)["input_ids"])[None]
    ends = [end for end in (tokenizer.sep_token_id, tokenizer.eos_token_id) if end is not None]
    found = torch.isin(ids[0], torch.tensor(ends, dtype=ids.dtype)).nonzero()[:, 0]
    if "eos" in spec.poolings and not len(found):
        raise ModelError(
            f"{spec.label}: pooling 'eos' needs captions that end with an end-of-text token, and the "
            f"tokenizer of {spec.checkpoint} adds none; pooling last takes each caption's last token."
        )
    return TokenPositions(
        torch.ones_like(ids), found[-1:] if len(found) else None, torch.tensor([ids.shape[1] - 1])
    )


_TOKENS: dict[str, Callable[[ModelSpec, Net2BrainModel, str], TokenPositions]] = {
    "Clip": _clip_tokens,
    "Huggingface": _huggingface_tokens,
}


def _find_layers(spec: ModelSpec, known: list[str]) -> list[str]:
    for layer in spec.layers:
        if isinstance(layer, float) or layer == "all":
            raise ModelError(
                f"{spec.label}: layer {BEST if spec.chooses_layer else layer} is not known to the backend "
                f"net2brain, which takes names{' beside it' if spec.chooses_layer else ''}; "
                f"{first_names(known)}."
            )
        if layer not in known:
            raise ModelError(
                f"{spec.label}: {spec.checkpoint} has no layer '{layer}' in Net2Brain; "
                f"{suggest_names(layer, known)}."
            )
    return [layer for layer in known if layer in spec.layers]
