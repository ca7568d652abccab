"""Shards: features on their way, written as they come, so that a run that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

# What a killed run loses at most, beside the batch that it was computing.
SECONDS = 10.0
# What waits in memory to be written, at most.
BYTES = 64 * 2**20
PLAN = "plan.json"


@dataclass(frozen=True)
class Features:
    """Pooled activations of images or captions.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_features), float32
        The layers side by side, lowest first.
    widths : tuple of int
        Number of features of each layer.
    """

    rows: np.ndarray
    widths: tuple[int, ...]


def side_by_side(layers: list[np.ndarray]) -> Features:
    """The features of layers, each an array of shape (n_rows, n_features), as one."""
    return Features(np.concatenate(layers, axis=1), tuple(one.shape[1] for one in layers))


class Shards:
    """The folder of the shards of one extraction.

    Every file is written beside its place and renamed. A shard holds the key of what it was made from and the
    hash of its content, and is taken for absent unless both are right.

    Parameters
    ----------
    folder : Path
        Made when the first file is written; what another key left in it is deleted then.
    key : str
        Hash of all that determines the features to the last bit.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = Path(folder), key

    def recall(self) -> dict[str, Any] | None:
        """The plan that `remember` kept under this key; None if there is none."""
        try:
            noted = json.loads((self.folder / PLAN).read_text(encoding="utf-8"))
            return dict(noted["plan"]) if noted["key"] == self.key else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, plan: dict[str, Any]) -> None:
        """Keep the plan with which an interrupted run can go on; delete the shards of another key."""
        if self.recall() is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._write(PLAN, json.dumps({"key": self.key, "plan": plan}).encode("utf-8"))

    def stored(self) -> dict[int, int]:
        """First and last batch of every shard that is whole."""
        found: dict[int, int] = {}
        for path in sorted(self.folder.glob("*.safetensors")):
            first, _, last = path.stem.partition("-")
            # Of two shards that start with the same batch the longer comes last, and counts.
            if first.isdigit() and last.isdigit() and self._read(path) is not None:
                found[int(first)] = int(last)
        return found

    def load(self, first: int, last: int) -> Features:
        """The features of a shard that `stored` has named."""
        features = self._read(self.folder / _name(first, last))
        if features is None:
            raise OSError(f"{self.folder / _name(first, last)} changed while it was being read")
        return features

    def write(self, first: int, last: int, features: Features) -> None:
        """Keep the features of batches from the first to the last."""
        rows = np.ascontiguousarray(features.rows, dtype=np.float32)
        about = {
            "key": self.key,
            "widths": " ".join(map(str, features.widths)),
            "sha256": hashlib.sha256(rows.tobytes()).hexdigest(),
        }
        self._write(_name(first, last), save({"rows": rows}, metadata=about))

    def _read(self, path: Path) -> Features | None:
        try:
            with safe_open(path, framework="np") as file:
                about = file.metadata() or {}
                if about.get("key") != self.key:
                    return None
                rows = file.get_tensor("rows")
                widths = tuple(int(width) for width in about["widths"].split())
        except (OSError, SafetensorError, KeyError, ValueError):
            return None
        whole = about.get("sha256") == hashlib.sha256(rows.tobytes()).hexdigest()
        return Features(rows, widths) if whole and sum(widths) == rows.shape[1] else None

    def _write(self, name: str, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{name}-", dir=self.folder)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).replace(self.folder / name)


def read_through(
    shards: Shards | None, numbers: range, read: Callable[[list[int]], Iterator[Features]]
) -> Iterator[tuple[range, Features]]:
    """Features of batches in order: from shards where there are, else computed and written to shards.

    Parameters
    ----------
    shards : Shards, optional
        Without, all are computed and none are written.
    numbers : range
        The batches: those of an extraction, or those that one process computes of it.
    read : callable
        Takes numbers of batches, yields the features of each in that order.

    Yields
    ------
    numbers : range
        The batches whose features these are.
    features : Features
    """
    stored = shards.stored() if shards is not None else {}
    pieces: list[range] = []
    while not pieces or pieces[-1].stop < numbers.stop:
        first = pieces[-1].stop if pieces else numbers.start
        pieces.append(range(first, stored.get(first, first) + 1))
    computed = read([piece.start for piece in pieces if piece.start not in stored])
    waiting: list[Features] = []
    written = time.monotonic()
    for piece in pieces:
        if shards is not None and piece.start in stored:
            yield piece, shards.load(piece.start, piece.stop - 1)
            continue
        features = next(computed)
        if shards is not None:
            waiting.append(features)
            size = sum(one.rows.nbytes for one in waiting)
            ends = piece.stop == numbers.stop or piece.stop in stored
            if ends or size >= BYTES or time.monotonic() - written >= SECONDS:
                joined = Features(np.concatenate([one.rows for one in waiting]), features.widths)
                shards.write(piece.stop - len(waiting), piece.stop - 1, joined)
                waiting, written = [], time.monotonic()
        yield piece, features


def _name(first: int, last: int) -> str:
    return f"{first:08}-{last:08}.safetensors"
