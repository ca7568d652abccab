"""Features of stimuli: the pooled activation of one layer of one tower."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from rsatoolbox.data import Dataset
from tqdm import tqdm

from tyrosine.errors import ModelError
from tyrosine.models.captions import caption_batches
from tyrosine.models.factories import factory_caption_batches
from tyrosine.models.fingerprints import fingerprint
from tyrosine.models.images import image_batches
from tyrosine.models.loading import TORCH_TYPES, Tower, load_tower
from tyrosine.models.net2brain import load_model, pooled_captions, pooled_images
from tyrosine.models.pooling import TokenPositions, pool
from tyrosine.models.spec import ModelSpec
from tyrosine.models.stimuli import captions_read, stimulus_ids

if TYPE_CHECKING:
    import pandas as pd

NAMED_IN_ERRORS = 3
# Which images or captions these are, and their features, an array a layer; any back end gives them.
Batches = Iterator[tuple[list[int], list[np.ndarray]]]


class _LayersReached(Exception):
    """Ends a forward pass: the layers above those that are read would be computed in vain."""


def extract_features(
    spec: ModelSpec, stimuli: pd.DataFrame, root: str | Path, *, name: str | None = None
) -> Dataset:
    """Show every stimulus to a model and read its layers.

    Parameters
    ----------
    spec : ModelSpec
        Which model, layer and pooling.
    stimuli : DataFrame of n_stimuli rows
        ``stimulus_id``; for vision ``image`` (path relative to `root`) and ``image_sha256``, for language
        ``captions`` (a list or array of strings a row).
    root : path
        Folder that the images' paths start from.
    name : str, optional
        The model's name in the roster; its label if not given.

    Returns
    -------
    rsatoolbox.data.Dataset
        Measurements of shape (n_stimuli, n_features), float32, in the order of `stimuli`, the features of
        several layers side by side; observation descriptor ``stimulus_id``; channel descriptor ``layer``;
        descriptors ``model``, ``checkpoint``, ``revision``, ``layer`` (names with spaces between them),
        ``pooling``, ``captions``, ``precision`` and ``fingerprint``.

    Raises
    ------
    ModelError
        If the model cannot be loaded, the layer does not exist, the pooling does not fit, an image does not
        open, a caption is empty, or a stimulus gets features that are not finite or are constant.
    """
    # What is cheap to check is checked before a network is loaded.
    ids = stimulus_ids(spec, stimuli)
    texts = captions_read(spec, stimuli) if spec.modality == "language" else None
    load, read_images, read_captions = _BACKENDS[spec.backend]
    tower = load(spec)
    layers = list(tower.layers)
    made_from = fingerprint(spec, stimuli, tower.revision, layers, tower.precision)
    if texts is None:
        paths = [Path(root) / path for path in stimuli["image"]]
        features = _stack(spec, read_images(spec, tower, ids, paths), len(ids))
    else:
        flat = [caption for captions in texts for caption in captions]
        features = _average_captions(spec, read_captions(spec, tower, flat), texts)
    for one in features:
        _refuse_unusable(spec, ids, one)
    return Dataset(
        measurements=np.hstack(features),
        descriptors={
            "model": name or spec.label,
            "checkpoint": spec.checkpoint,
            "revision": tower.revision,
            "layer": " ".join(layers),
            "pooling": spec.pooling,
            "captions": spec.captions,
            "precision": tower.precision,
            "fingerprint": made_from,
        },
        obs_descriptors={"stimulus_id": ids},
        channel_descriptors={
            "layer": [name for name, one in zip(layers, features, strict=True) for _ in range(one.shape[1])]
        },
    )


def _stack(spec: ModelSpec, batches: Batches, n_images: int) -> list[np.ndarray]:
    features: list[np.ndarray] = []
    with _progress(spec, n_images, "image") as bar:
        for indices, pooled in batches:
            features = features or [np.empty((n_images, one.shape[1]), np.float32) for one in pooled]
            for rows, one in zip(features, pooled, strict=True):
                rows[indices] = one
            bar.update(len(indices))
    return features


def _average_captions(spec: ModelSpec, batches: Batches, texts: list[list[str]]) -> list[np.ndarray]:
    owners = np.repeat(np.arange(len(texts)), [len(captions) for captions in texts])
    # Summed in double precision: the order in which batches come must not show in the mean.
    totals: list[np.ndarray] = []
    with _progress(spec, len(owners), "caption") as bar:
        for indices, pooled in batches:
            totals = totals or [np.zeros((len(texts), one.shape[1])) for one in pooled]
            for total, one in zip(totals, pooled, strict=True):
                np.add.at(total, owners[indices], one)
            bar.update(len(indices))
    counts = np.bincount(owners)[:, None]
    return [(total / counts).astype(np.float32) for total in totals]


def _read_images(spec: ModelSpec, tower: Tower, ids: list[str], paths: list[Path]) -> Batches:
    with _LayerReader(spec, tower) as read:
        for indices, pixels in image_batches(spec, ids, paths, tower.processor, tower.device):
            yield indices, read({"pixel_values": pixels.to(TORCH_TYPES[tower.precision])}, None)


def _read_captions(spec: ModelSpec, tower: Tower, texts: list[str]) -> Batches:
    with _LayerReader(spec, tower) as read:
        if spec.backend == "torch":
            batches = factory_caption_batches(spec, texts, tower.processor, tower.device)
        else:
            batches = caption_batches(spec, texts, tower.processor, tower.network.config, tower.device)
        for batch in batches:
            yield batch.indices, read(batch.inputs, batch.tokens)


# What loads a model, and what reads its features of images and of captions, batch by batch.
_BACKENDS: dict[str, tuple[Callable[..., Any], Callable[..., Batches], Callable[..., Batches]]] = {
    "transformers": (load_tower, _read_images, _read_captions),
    "torch": (load_tower, _read_images, _read_captions),
    "net2brain": (load_model, pooled_images, pooled_captions),
}


class _LayerReader:
    """Runs the tower on a batch and pools what the layers put out; a context that owns the forward hooks."""

    def __init__(self, spec: ModelSpec, tower: Tower) -> None:
        self._spec, self._tower = spec, tower
        self._activations: dict[str, list[torch.Tensor]] = {}
        self._layers_run_once = False
        self._hooks = contextlib.ExitStack()

    def __enter__(self) -> Self:
        for name, layer in self._tower.layers.items():
            self._hooks.callback(layer.register_forward_hook(functools.partial(self._keep, name)).remove)
        return self

    def __exit__(self, *exception: object) -> None:
        self._hooks.close()

    def __call__(self, inputs: dict[str, torch.Tensor], tokens: TokenPositions | None) -> list[np.ndarray]:
        """Pooled activations of one batch, for each layer of shape (n, n_features), float32."""
        spec = self._spec
        self._activations = {name: [] for name in self._tower.layers}
        try:
            with torch.inference_mode(), contextlib.suppress(_LayersReached):
                self._tower.network(**inputs)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"{spec.label}: a batch of {spec.batch_size} does not fit into the memory of "
                f"{self._tower.device}; set a smaller batch_size."
            ) from error
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(
                f"{spec.label}: the forward pass of {spec.checkpoint} failed: {reason.rstrip('.')}."
            ) from error
        for name, put_out in self._activations.items():
            if len(put_out) != 1:
                times = f"{len(put_out)} times" if put_out else "never"
                raise ModelError(
                    f"{spec.label}: layer '{name}' of {spec.checkpoint} runs {times} in a forward pass; "
                    "choose one that runs once, such as a block."
                )
        # The first batch went all the way, to see whether a layer is used again further up.
        self._layers_run_once = True
        return [
            pool(put_out[0], spec.pooling, tokens, name).numpy()
            for name, put_out in self._activations.items()
        ]

    def _keep(self, name: str, module: torch.nn.Module, arguments: Any, output: Any) -> None:
        self._activations[name].append(_first_tensor(output, name, self._spec))
        if self._layers_run_once and all(self._activations.values()):
            raise _LayersReached


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


def _progress(spec: ModelSpec, total: int, unit: str) -> tqdm:
    # `disable=None` shows the bar on a terminal only.
    return tqdm(total=total, desc=spec.label, unit=unit, leave=False, disable=None)


def _refuse_unusable(spec: ModelSpec, ids: list[str], features: np.ndarray) -> None:
    finite = np.isfinite(features).all(axis=1)
    if not finite.all():
        advice = "the checkpoint is broken" if spec.precision == "float32" else "set precision to float32"
        raise ModelError(
            f"{spec.label} gives features that are not finite to {_named(ids, ~finite)} in {spec.precision}; "
            f"{advice}."
        )
    constant = features.max(axis=1) == features.min(axis=1)
    if constant.any():
        raise ModelError(
            f"{spec.label} gives constant features to {_named(ids, constant)}, which correlate with nothing; "
            "choose another layer or pooling."
        )


def _named(ids: list[str], chosen: np.ndarray) -> str:
    names = [ids[index] for index in np.flatnonzero(chosen)]
    more = f" and {len(names) - NAMED_IN_ERRORS} more" if len(names) > NAMED_IN_ERRORS else ""
    return f"{'stimulus' if len(names) == 1 else 'stimuli'} {', '.join(names[:NAMED_IN_ERRORS])}{more}"
