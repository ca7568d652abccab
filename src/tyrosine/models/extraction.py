"""Features of stimuli: the pooled activations of the layers of one tower."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rsatoolbox.data import Dataset
from tqdm import tqdm

from tyrosine.errors import ModelError
from tyrosine.models.backends import Reading, find_backend
from tyrosine.models.batching import BatchSize
from tyrosine.models.fingerprints import fingerprint
from tyrosine.models.shards import Features, Shards, read_through
from tyrosine.models.sharing import Extraction, key_of, material_of, parts_of, share
from tyrosine.parameters.models import STIMULUS, ModelSpec
from tyrosine.wording import first_three

if TYPE_CHECKING:
    import pandas as pd


def extract_features(
    spec: ModelSpec,
    stimuli: pd.DataFrame,
    root: str | Path,
    *,
    name: str | None = None,
    shards: str | Path | None = None,
    executor: Executor | None = None,
) -> Dataset:
    """Show every stimulus to a model and read its layers.

    Parameters
    ----------
    spec : ModelSpec
        Which model, layers and pooling.
    stimuli : DataFrame of n_stimuli rows
        ``stimulus_id``; for vision ``image`` (path relative to `root`) and ``image_sha256``, for language
        ``captions`` (a list or array of strings a row).
    root : path
        Folder that the images' paths start from.
    name : str, optional
        The model's name in the roster; its label if not given.
    shards : path, optional
        Folder that features are written to as they come, and from which an extraction that was cut short
        goes on; to be deleted when the features are safe. Nothing is written if not given.
    executor : Executor, optional
        Processes that see the same files; with `shards`, they show the model parts of the stimuli side by
        side. The features are the same to the last bit on processors of one kind.

    Returns
    -------
    rsatoolbox.data.Dataset
        Measurements of shape (n_stimuli, n_features), float32, in the order of `stimuli`, the features of
        several layers side by side; observation descriptor ``stimulus_id``; channel descriptor ``layer``
        (with its pooling, as ``<layer>:<pooling>``, where there are several);
        descriptors ``model``, ``checkpoint``, ``revision``, ``layer`` (names with spaces between them),
        ``pooling``, ``modality``, ``captions``, ``precision`` (as it was chosen) and ``fingerprint``.

    Raises
    ------
    ModelError
        If the model cannot be loaded, a layer does not exist or does not run once, the pooling does not fit,
        an image does not open, a caption is empty or refused as too long, memory does not suffice, or a
        stimulus gets features that are not finite or are constant.
    """
    # What is cheap to check is checked before a network is loaded.
    ids, owners, material = material_of(spec, stimuli, root)
    reading: Reading | None = find_backend(spec.backend).open(spec, material)
    assert reading is not None
    row_of, revision, layers, precision = reading.rows, reading.revision, reading.layers, reading.precision
    made_from = fingerprint(spec, stimuli, revision, layers, precision)
    kept = None if shards is None else Shards(Path(shards), key_of(spec, made_from, reading))
    size = BatchSize(kept)
    batches = reading.plan(size)
    if kept is not None and executor is not None:
        parts = parts_of(len(batches), kept.stored())
        if len(parts) > 1:
            # While others compute, the network of this process would take memory that they need.
            reading = None
            share(Extraction(spec, stimuli, Path(root), kept.folder, kept.key), parts, executor)

    def read(missing: list[int]) -> Iterator[Features]:
        if missing:
            opened = reading or find_backend(spec.backend).open(spec, material)
            yield from opened.read(size, batches, missing)

    every = read_through(kept, range(len(batches)), read)
    features = _mean_of_each(spec, row_of, owners, batches, every)
    # Features of stimuli are compared by Euclidean distances, for which constant ones are as good as others.
    if spec.modality != STIMULUS:
        _refuse_unusable(spec, ids, features, precision)
    return Dataset(
        measurements=features.rows,
        descriptors={
            "model": name or spec.label,
            "checkpoint": spec.checkpoint,
            "revision": revision,
            "layer": " ".join(layers),
            "pooling": " ".join(spec.poolings),
            "modality": spec.modality,
            "captions": spec.captions,
            "precision": precision,
            "fingerprint": made_from,
        },
        obs_descriptors={"stimulus_id": ids},
        channel_descriptors={"layer": np.repeat(spec.readouts(layers), features.widths).tolist()},
    )


def _mean_of_each(
    spec: ModelSpec,
    row_of: Sequence[int],
    owners: np.ndarray,
    batches: list[list[int]],
    read: Iterable[tuple[range, Features]],
) -> Features:
    """Features of every stimulus: of its image, or the mean of those of its captions."""
    # The captions of each row, row after row; a stimulus that has the same caption twice counts twice.
    order = np.argsort(row_of, kind="stable")
    ends = np.cumsum(np.bincount(row_of))
    counts = np.bincount(owners)
    total: np.ndarray | None = None
    widths: tuple[int, ...] = ()
    unit = {"vision": "image", "language": "caption"}.get(spec.modality, STIMULUS)
    # `disable=None` shows the bar on a terminal only.
    bar = tqdm(total=len(order), desc=spec.label, unit=unit, leave=False, disable=None)
    with bar:
        for numbers, features in read:
            rows = [row for number in numbers for row in batches[number]]
            if total is None:
                # Summed in double precision: the order in which batches come must not show in the mean.
                kind = np.float64 if spec.modality == "language" else np.float32
                total, widths = np.zeros((len(counts), features.rows.shape[1]), kind), features.widths
            shown = [order[ends[row - 1] if row else 0 : ends[row]] for row in rows]
            times = [len(one) for one in shown]
            np.add.at(total, owners[np.concatenate(shown)], np.repeat(features.rows, times, axis=0))
            bar.update(sum(times))
    assert total is not None
    if spec.modality == "language":
        total = (total / counts[:, None]).astype(np.float32)
    return Features(total, widths)


def _refuse_unusable(spec: ModelSpec, ids: list[str], features: Features, precision: str) -> None:
    ends = np.cumsum(features.widths)[:-1]
    for layer in np.split(features.rows, ends, axis=1):
        finite = np.isfinite(layer).all(axis=1)
        if not finite.all():
            advice = "the checkpoint is broken" if precision == "float32" else "set precision to float32"
            raise ModelError(
                f"{spec.label} gives features that are not finite to {_named(ids, ~finite)} in {precision}; "
                f"{advice}."
            )
        constant = layer.max(axis=1) == layer.min(axis=1)
        if constant.any():
            raise ModelError(
                f"{spec.label} gives constant features to {_named(ids, constant)}, which correlate with "
                "nothing; choose another layer or pooling."
            )


def _named(ids: list[str], chosen: np.ndarray) -> str:
    names = [ids[index] for index in np.flatnonzero(chosen)]
    return f"{'stimulus' if len(names) == 1 else 'stimuli'} {first_three(names)}"
