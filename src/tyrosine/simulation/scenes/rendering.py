"""Pictures and masks of scenes, drawn from the same outlines."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from tyrosine.simulation.scenes.backdrops import backdrop
from tyrosine.simulation.scenes.objects import FACE_POSES, aspect, sketch
from tyrosine.simulation.scenes.pens import shade
from tyrosine.simulation.scenes.scene import Scene, SceneObject
from tyrosine.simulation.scenes.vocabulary import SUPERCATEGORIES, SUPERSAMPLING


def _put(item: SceneObject, pen: ImageDraw.ImageDraw, side: int, ink: int | None = None) -> None:
    shapes = sketch(item.category, item.pose, item.look, item.tones)
    shapes.put(pen, (item.x * side, item.y * side), item.size * side, item.mirrored, ink)


def _shadow(item: SceneObject, image: Image.Image, pen: ImageDraw.ImageDraw, side: int) -> None:
    """Darken the ground under an object that stands on it, so that it does not seem to float."""
    bottom = item.y + item.size / 2
    if item.pose in (*FACE_POSES, "face", "flying", "sailing", "floating") or item.category == "train":
        return
    half = item.size * aspect(item.category, item.pose, item.look) / 2
    rise = min(0.02 + 0.06 * item.size, 0.05)
    box = (item.x - half, bottom - rise, item.x + half, bottom + rise * 0.4)
    left, top, right, low = (min(max(value, 0.0), 1.0) * side for value in box)
    # The mean colour of the ground there: a single pixel may be a road marking or a stone.
    ground = image.resize(
        (1, 1), Image.Resampling.BOX, box=(left, top, max(right, left + 1), max(low, top + 1))
    )
    red, green, blue = ground.tobytes()
    pen.ellipse(tuple(value * side for value in box), fill=shade((red, green, blue), 0.78))


def render(scene: Scene, size: int = 96) -> Image.Image:
    """The picture of a scene; equal scenes give equal pixels.

    Parameters
    ----------
    scene : Scene
        What to draw.
    size : int
        Width and height in pixels.

    Returns
    -------
    PIL.Image.Image
        RGB picture of `size` by `size` pixels.
    """
    side = size * SUPERSAMPLING
    rng = np.random.default_rng(scene.texture)
    image = backdrop(scene.background, side, scene.horizon, scene.sky, scene.building, scene.buildings, rng)
    pen = ImageDraw.Draw(image)
    for item in scene.objects:
        _shadow(item, image, pen, side)
        _put(item, pen, side)
    small = np.asarray(image.resize((size, size), Image.Resampling.LANCZOS), dtype=np.float32)
    # Grain is drawn from a stream of its own: it must not depend on how much chance the background used.
    grain = np.random.default_rng(scene.texture + 1).standard_normal((size, size, 1), dtype=np.float32)
    lit = small * np.array(scene.light, dtype=np.float32) + 2.5 * grain
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8), "RGB")


def object_mask(scene: Scene, size: int = 96) -> np.ndarray:
    """Where the objects of a scene are, by supercategory.

    Parameters
    ----------
    scene : Scene
        What to draw.
    size : int
        Width and height in pixels.

    Returns
    -------
    ndarray of shape (size, size), uint8
        0 for the background, otherwise 1 + the index in `SUPERCATEGORIES` of the frontmost object.
    """
    side = size * SUPERSAMPLING
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    for item in scene.objects:
        _put(item, pen, side, 1 + SUPERCATEGORIES.index(item.supercategory))
    # The middle of each block of supersampled pixels, for labels have no average.
    return np.asarray(image)[SUPERSAMPLING // 2 :: SUPERSAMPLING, SUPERSAMPLING // 2 :: SUPERSAMPLING].copy()


def nearness_map(scene: Scene, size: int = 96) -> np.ndarray:
    """How near everything in the picture of a scene is.

    Parameters
    ----------
    scene : Scene
        What to draw.
    size : int
        Width and height in pixels.

    Returns
    -------
    ndarray of shape (size, size), float32
        Inverse distance: 0 at the horizon and above it, rising linearly along a flat ground to 1 at the lower
        edge of the picture. An object is as near as the ground under its feet; one that lies on another is
        as near as that; what flies is as far as the horizon.
    """
    side = size * SUPERSAMPLING
    heights = (np.arange(side) + 0.5) / side
    ground = np.clip((heights - scene.horizon) / (1 - scene.horizon), 0, 1)
    image = Image.fromarray(np.tile(np.round(255 * ground).astype(np.uint8)[:, None], (1, side)), "L")
    pen = ImageDraw.Draw(image)
    feet = {item.category: item.y + item.size / 2 for item in scene.objects}
    for item in scene.objects:
        bottom = feet[item.support] if item.support else item.y + item.size / 2
        near = min(max((bottom - scene.horizon) / (1 - scene.horizon), 0.0), 1.0)
        _put(item, pen, side, round(255 * near))
    middle = slice(SUPERSAMPLING // 2, None, SUPERSAMPLING)
    return np.asarray(image)[middle, middle].astype(np.float32) / 255
