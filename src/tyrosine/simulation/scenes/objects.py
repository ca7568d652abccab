"""Objects that a scene can hold: the table of their drawings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tyrosine.simulation.scenes.animals import ANIMALS
from tyrosine.simulation.scenes.food import FOOD
from tyrosine.simulation.scenes.furniture import FURNITURE
from tyrosine.simulation.scenes.pens import BLACK, RGB, Draw, Sketch
from tyrosine.simulation.scenes.people import FACE_POSES, PEOPLE, draw_face
from tyrosine.simulation.scenes.vehicles import VEHICLES

SKETCHES: dict[str, Draw] = {**PEOPLE, **VEHICLES, **ANIMALS, **FOOD, **FURNITURE}
"""By COCO's category: what fills a sketch with the shapes of an object, its main colour first."""


def sketch(category: str, pose: str, look: str, tones: Sequence[RGB]) -> Sketch:
    """The shapes of one object.

    Parameters
    ----------
    category : str
        A key of `SKETCHES`.
    pose, look : str
        What the object does, and which kind of it is drawn.
    tones : sequence of RGB
        Its colours, the main one first.

    Returns
    -------
    Sketch
        The shapes, facing right, in units of their own.
    """
    shapes = Sketch()
    draw = draw_face if category == "person" and pose in FACE_POSES else SKETCHES[category]
    draw(shapes, pose, look, tones)
    return shapes


@cache
def aspect(category: str, pose: str, look: str) -> float:
    """Width over height of an object's bounding box."""
    left, top, right, bottom = sketch(category, pose, look, (BLACK,) * 4).bounds()
    return (right - left) / (bottom - top)
