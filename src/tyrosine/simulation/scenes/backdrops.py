"""Backgrounds of scenes: the table of their paintings."""

from __future__ import annotations

import numpy as np
from PIL import Image

from tyrosine.simulation.scenes.backdrop import Backdrop, Paint
from tyrosine.simulation.scenes.landscapes import LANDSCAPES
from tyrosine.simulation.scenes.rooms import ROOMS

PAINTERS: dict[str, Paint] = {**LANDSCAPES, **ROOMS}


def backdrop(
    name: str, size: int, horizon: float, sky: str, building: str, buildings: int, rng: np.random.Generator
) -> Image.Image:
    """A background without objects.

    Parameters
    ----------
    name : str
        A key of `PAINTERS`.
    size : int
        Width and height in pixels.
    horizon : float
        Where the ground, or the floor, begins, as a share of the height.
    sky : str
        A key of `SKIES`.
    building : str
        One of `BUILDINGS`.
    buildings : int
        How many of them stand there.
    rng : numpy.random.Generator
        Decides on clouds, trees and textures.

    Returns
    -------
    PIL.Image.Image
        RGB picture of `size` by `size` pixels.
    """
    canvas = Backdrop(size, horizon, sky, rng)
    PAINTERS[name](canvas, building, buildings)
    return canvas.image
