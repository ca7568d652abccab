"""Images as arrays of pixels: opened from files of their own or a row of one, and prepared."""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import pickle
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from PIL import Image, ImageOps
from torch.utils.data import DataLoader

from tyrosine.errors import ModelError
from tyrosine.models.batching import Batch, Pace, in_batches
from tyrosine.parameters.models import ModelSpec
from tyrosine.tables.image_rows import ImageRow, image_row
from tyrosine.wording import first_line

logger = logging.getLogger(__name__)

# Worker processes must save more than it takes to start them, which is about half of it.
STARTING_SECONDS = 15.0
# On a processor the network slows down when workers take its cores: below this share nothing is gained.
LEAST_SHARE = 0.25
# Batches take times that vary; a network must not wait for a slow one.
SPARE_WORKERS = 1.5

# Pillow's modes of more than 8 bits a pixel that photographs and scans come in.
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")
BACKGROUND = (255, 255, 255, 255)


def open_image(path: Path, stimulus_id: str) -> Image.Image:
    """Open one stimulus as an RGB image.

    Parameters
    ----------
    path : Path
        The file, in any format that Pillow reads; or a row of an HDF5 file, `<file>.hdf5#<dataset>/<row>`,
        which alone is read.
    stimulus_id : str
        For the message.

    Returns
    -------
    PIL.Image.Image
        Mode RGB, upright. What is transparent shows white; 16-bit grey is scaled to 8 bits.

    Raises
    ------
    ModelError
        If the file is not there, or does not open as an image.
    """
    row = image_row(path.as_posix())
    try:
        if row is not None:
            return _open_row(row)
        with Image.open(path) as image:
            image.load()
            return _to_rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError as error:
        raise ModelError(f"The image of stimulus {stimulus_id} is not there: {path}.") from error
    except (OSError, KeyError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise ModelError(
            f"The image of stimulus {stimulus_id} does not open: {path} ({error}); replace the file."
        ) from error


class ImageBatches:
    """Images of stimuli, opened and prepared batch by batch, in worker processes where that pays.

    Parameters
    ----------
    spec : ModelSpec
        A vision model.
    ids, paths : lists of n_stimuli
        Identifier and file of every stimulus.
    processor : transformers image processor
        The checkpoint's, with the Pillow back end; or what is called as one is.
    device : torch.device
        Where the network runs.

    Attributes
    ----------
    rows : range
        For every stimulus its row: each has one of its own.
    """

    def __init__(
        self, spec: ModelSpec, ids: list[str], paths: list[Path], processor: Any, device: torch.device
    ) -> None:
        self._spec, self._ids, self._paths = spec, ids, paths
        self._processor, self._device = processor, device

        self.rows = range(len(ids))

    def __len__(self) -> int:
        return len(self._ids)

    def plan(self, *, size: int | None = None, budget: int | None = None) -> list[list[int]]:
        """Rows of every batch, which hold that many images at most, whether asked for or chosen."""
        return in_batches(len(self), size or budget or 1)

    def batch(self, rows: list[int]) -> Batch:
        """Images of some rows, of shape (n_images, n_channels, height, width).

        Raises
        ------
        ModelError
            If an image does not open.
        """
        images = [open_image(self._paths[row], self._ids[row]) for row in rows]
        pixels = self._processor(images=images, return_tensors="pt")["pixel_values"]
        return Batch(rows, {"pixel_values": pixels}, None)

    def load(self, batches: list[list[int]], pace: Pace | None = None) -> Iterator[Batch]:
        """The images of some batches, one after the other.

        The first are prepared here. If what is left then takes long enough, and the network's own work leaves
        something to gain, worker processes prepare the rest while the network computes.

        Parameters
        ----------
        batches : list of list of int
            Rows of every batch.
        pace : Pace, optional
            Of a network that computes beside this. If not given, it computes between one batch and the next.

        Raises
        ------
        ModelError
            If an image does not open, or this is a script that a worker process runs again.
        """
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise ModelError(
                "A worker process runs the whole script again, because what it runs does not stand under "
                "`if __name__ == '__main__':`; put it there."
            )
        for number, rows in enumerate(batches):
            start = time.perf_counter()
            batch = self.batch(rows)
            preparing = time.perf_counter() - start
            yield batch
            between = time.perf_counter() - start - preparing
            computing = between if pace is None else pace()
            # The first batch of all pays for warming up.
            if number == 0 or computing is None:
                continue
            left = batches[number + 1 :]
            if workers := self._workers(len(left), preparing, computing, beside=pace is not None):
                yield from self._load_beside(left, workers)
                return

    def _workers(self, n_batches: int, preparing: float, computing: float, beside: bool = False) -> int:
        """How many worker processes should prepare the batches that are left; 0 if none would save time."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        on_gpu = self._device.type == "cuda"
        # A processor's cores are all the network's: workers take from it what they give, but for the time in
        # which all but one would wait for this process to prepare a batch.
        saved = preparing if on_gpu else preparing * (1 - 1 / cores)
        if beside:
            # The other cores wait no longer than preparing a batch takes beyond what they compute meanwhile.
            saved -= computing
        worth = n_batches * saved > STARTING_SECONDS and (on_gpu or preparing > LEAST_SHARE * computing)
        # Daemons, as some pools' processes are, cannot have children.
        if not worth or multiprocessing.current_process().daemon:
            return 0
        needed = math.ceil(SPARE_WORKERS * preparing / max(computing, 1e-6))
        return max(1, min(needed, cores if on_gpu else cores - 1, n_batches))

    def _load_beside(self, batches: list[list[int]], workers: int) -> Iterator[Batch]:
        given = 0
        try:
            loader = DataLoader(
                _Prepared(self, batches),
                batch_size=None,
                num_workers=workers,
                # A forked process would inherit the locks of the network's threads, but not the threads.
                multiprocessing_context="spawn",
                # Without a generator of its own the loader would draw from the random numbers of the caller.
                generator=torch.Generator(),
            )
            with warnings.catch_warnings():
                # The warning of PyTorch says at length what the sentence below says.
                warnings.simplefilter("ignore")
                prepared = iter(loader)
            for pixels in prepared:
                if isinstance(pixels, str):
                    raise ModelError(pixels)
                yield Batch(batches[given], {"pixel_values": pixels}, None)
                given += 1
        # A process that died, too little shared memory, a preprocessing that cannot be sent to a process.
        except (OSError, RuntimeError, AttributeError, TypeError, pickle.PicklingError) as error:
            logger.warning(
                "%s: images are prepared without worker processes from here on (%s).",
                self._spec.label,
                first_line(error),
            )
            yield from map(self.batch, batches[given:])


class _Prepared(torch.utils.data.Dataset):
    """The pixels of batches, or the sentence that says why there are none, for a worker process."""

    def __init__(self, images: ImageBatches, batches: list[list[int]]) -> None:
        self._images, self._batches = images, batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, number: int) -> torch.Tensor | str:
        try:
            return self._images.batch(self._batches[number]).inputs["pixel_values"]
        except ModelError as error:
            # An error that a worker raises would come back with a stack trace in its sentence.
            return str(error)


def _open_row(row: ImageRow) -> Image.Image:
    if not Path(row.file).is_file():
        raise FileNotFoundError(row.file)
    # Opened for each image: a handle would not survive being sent to a worker process.
    with h5py.File(row.file, "r") as file:
        rows = file[row.dataset]
        if rows.ndim != 4 or rows.shape[-1] != 3 or rows.dtype != np.uint8 or row.row >= len(rows):
            raise ValueError(
                f"{row.dataset} has shape {rows.shape} of {rows.dtype}; expected (n_images, height, width, "
                f"3) of uint8 with a row {row.row}"
            )
        return Image.fromarray(rows[row.row])


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in SIXTEEN_BITS:
        values = np.asarray(image).astype(np.float64)
        # Pillow's conversion clips at 255, which turns most of a 16-bit image white.
        return Image.fromarray(np.clip(np.round(values / 257), 0, 255).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise ValueError("pixels are floating-point numbers of unknown range")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, BACKGROUND), layer)
    return image.convert("RGB")
