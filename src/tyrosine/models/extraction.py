"""Features of stimuli: the pooled activation of one layer of one tower."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from rsatoolbox.data import Dataset
from tqdm import tqdm

from tyrosine.errors import ModelError
from tyrosine.models.captions import caption_batches
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
# Which images or captions these are, and their features; any back end gives them.
Batches = Iterator[tuple[list[int], np.ndarray]]


class _LayerReached(Exception):
    """Ends a forward pass: the layers above the one that is read would be computed in vain."""


def extract_features(
    spec: ModelSpec, stimuli: pd.DataFrame, root: str | Path, *, name: str | None = None
) -> Dataset:
    """Show every stimulus to a model and read one layer.

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
        Measurements of shape (n_stimuli, n_features), float32, in the order of `stimuli`; observation
        descriptor ``stimulus_id``; descriptors ``model``, ``checkpoint``, ``revision``, ``layer``,
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
    made_from = fingerprint(spec, stimuli, tower.revision)
    if texts is None:
        paths = [Path(root) / path for path in stimuli["image"]]
        features = _stack(spec, read_images(spec, tower, ids, paths), len(ids))
    else:
        flat = [caption for captions in texts for caption in captions]
        features = _average_captions(spec, read_captions(spec, tower, flat), texts)
    _refuse_unusable(spec, ids, features)
    return Dataset(
        measurements=features,
        descriptors={
            "model": name or spec.label,
            "checkpoint": spec.checkpoint,
            "revision": tower.revision,
            "layer": spec.layer,
            "pooling": spec.pooling,
            "captions": spec.captions,
            "precision": spec.precision,
            "fingerprint": made_from,
        },
        obs_descriptors={"stimulus_id": ids},
    )


def _stack(spec: ModelSpec, batches: Batches, n_images: int) -> np.ndarray:
    features: np.ndarray | None = None
    with _progress(spec, n_images, "image") as bar:
        for indices, pooled in batches:
            if features is None:
                features = np.empty((n_images, pooled.shape[1]), dtype=np.float32)
            features[indices] = pooled
            bar.update(len(indices))
    assert features is not None
    return features


def _average_captions(spec: ModelSpec, batches: Batches, texts: list[list[str]]) -> np.ndarray:
    owners = np.repeat(np.arange(len(texts)), [len(captions) for captions in texts])
    # Summed in double precision: the order in which batches come must not show in the mean.
    total: np.ndarray | None = None
    with _progress(spec, len(owners), "caption") as bar:
        for indices, pooled in batches:
            if total is None:
                total = np.zeros((len(texts), pooled.shape[1]))
            np.add.at(total, owners[indices], pooled)
            bar.update(len(indices))
    assert total is not None
    return (total / np.bincount(owners)[:, None]).astype(np.float32)


def _read_images(spec: ModelSpec, tower: Tower, ids: list[str], paths: list[Path]) -> Batches:
    with _LayerReader(spec, tower) as read:
        for indices, pixels in image_batches(spec, ids, paths, tower.processor, tower.device):
            yield indices, read({"pixel_values": pixels.to(TORCH_TYPES[spec.precision])}, None)


def _read_captions(spec: ModelSpec, tower: Tower, texts: list[str]) -> Batches:
    with _LayerReader(spec, tower) as read:
        for batch in caption_batches(spec, texts, tower.processor, tower.network.config, tower.device):
            yield batch.indices, read(batch.inputs, batch.tokens)


# What loads a model, and what reads its features of images and of captions, batch by batch.
_BACKENDS: dict[str, tuple[Callable[..., Any], Callable[..., Batches], Callable[..., Batches]]] = {
    "transformers": (load_tower, _read_images, _read_captions),
    "net2brain": (load_model, pooled_images, pooled_captions),
}


class _LayerReader:
    """Runs the tower on a batch and pools what the layer puts out; a context that owns the forward hook."""

    def __init__(self, spec: ModelSpec, tower: Tower) -> None:
        self._spec, self._tower = spec, tower
        self._activations: list[torch.Tensor] = []
        self._layer_runs_once = False

    def __enter__(self) -> Self:
        (layer,) = self._tower.layers.values()
        self._hook = layer.register_forward_hook(self._keep)
        return self

    def __exit__(self, *exception: object) -> None:
        self._hook.remove()

    def __call__(self, inputs: dict[str, torch.Tensor], tokens: TokenPositions | None) -> np.ndarray:
        """Pooled activation of one batch, of shape (n, n_features), float32."""
        spec = self._spec
        self._activations.clear()
        try:
            with torch.inference_mode(), contextlib.suppress(_LayerReached):
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
        if len(self._activations) != 1:
            times = f"{len(self._activations)} times" if self._activations else "never"
            raise ModelError(
                f"{spec.label}: layer '{spec.layer}' of {spec.checkpoint} runs {times} in a forward pass; "
                "choose one that runs once, such as a block."
            )
        # The first batch went all the way, to see whether the layer is used again further up.
        self._layer_runs_once = True
        return pool(self._activations[0], spec.pooling, tokens, spec.layer).numpy()

    def _keep(self, module: torch.nn.Module, arguments: Any, output: Any) -> None:
        self._activations.append(_first_tensor(output, self._spec))
        if self._layer_runs_once:
            raise _LayerReached


def _first_tensor(output: Any, spec: ModelSpec) -> torch.Tensor:
    if isinstance(output, torch.Tensor):
        return output
    parts = output.values() if isinstance(output, Mapping) else output if isinstance(output, tuple) else ()
    for part in parts:
        if isinstance(part, torch.Tensor):
            return part
    raise ModelError(
        f"{spec.label}: layer '{spec.layer}' of {spec.checkpoint} puts out a {type(output).__name__} "
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
