"""Images as arrays of pixels: opened with Pillow, brought to RGB, prepared as the checkpoint wants them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps

from tyrosine.errors import ModelError
from tyrosine.models.spec import ModelSpec

# Pillow's modes of more than 8 bits a pixel that photographs and scans come in.
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")
BACKGROUND = (255, 255, 255, 255)


def open_image(path: Path, stimulus_id: str) -> Image.Image:
    """Open one stimulus as an RGB image.

    Parameters
    ----------
    path : Path
        The file; any format that Pillow reads.
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
    try:
        with Image.open(path) as image:
            image.load()
            return _to_rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError as error:
        raise ModelError(f"The image of stimulus {stimulus_id} is not there: {path}.") from error
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise ModelError(
            f"The image of stimulus {stimulus_id} does not open: {path} ({error}); replace the file."
        ) from error


def image_batches(
    spec: ModelSpec, ids: list[str], paths: list[Path], processor: Any, device: torch.device
) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Open and prepare images batch by batch.

    Parameters
    ----------
    spec : ModelSpec
        A vision model; its batch size and precision count.
    ids, paths : lists of n_stimuli
        Identifier and file of every stimulus.
    processor : transformers image processor
        The checkpoint's, with the Pillow back end.
    device : torch.device
        Where the pixels go.

    Yields
    ------
    indices : list of int
        Which stimuli these are.
    pixels : Tensor of shape (n_images, n_channels, height, width)

    Raises
    ------
    ModelError
        If an image does not open.
    """
    size = 32 if spec.batch_size == "auto" else spec.batch_size
    for start in range(0, len(ids), size):
        indices = list(range(start, min(start + size, len(ids))))
        images = [open_image(paths[index], ids[index]) for index in indices]
        pixels = processor(images=images, return_tensors="pt")["pixel_values"]
        yield indices, pixels.to(device)


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
