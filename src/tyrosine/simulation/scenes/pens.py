"""Pens and colours: simple filled shapes that an object or a backdrop is drawn with.

An object is first a `Sketch`, shapes in units of its own. It is then scaled so that its bounding box has the
height and the centre that the scene asks for, so that a picture and its mask come from the same shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from PIL import ImageDraw

RGB = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

BLACK: RGB = (28, 26, 28)
WHITE: RGB = (246, 246, 244)
GLASS: RGB = (188, 216, 232)
TYRE: RGB = (38, 38, 42)

_TURN = np.linspace(0, 2 * np.pi, 28, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
_STEP = np.linspace(0, 1, 6, endpoint=False)[:, None]


def shade(colour: RGB, factor: float) -> RGB:
    """The colour made darker (factor below 1) or lighter, towards white (factor above 1)."""
    red, green, blue = colour
    if factor <= 1:
        return int(red * factor), int(green * factor), int(blue * factor)
    lift = min(factor - 1, 1.0)
    return int(red + (255 - red) * lift), int(green + (255 - green) * lift), int(blue + (255 - blue) * lift)


@lru_cache(maxsize=512)
def _smooth(points: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Closed Catmull-Rom curve through the points, (6 * n_points, 2)."""
    here = np.asarray(points, dtype=float)
    before, after, later = np.roll(here, 1, 0), np.roll(here, -1, 0), np.roll(here, -2, 0)
    pieces = []
    for p0, p1, p2, p3 in zip(before, here, after, later):
        linear, square, cube = p2 - p0, 2 * p0 - 5 * p1 + 4 * p2 - p3, 3 * p1 - p0 - 3 * p2 + p3
        pieces.append(p1 + 0.5 * (linear * _STEP + square * _STEP**2 + cube * _STEP**3))
    return np.concatenate(pieces)


@lru_cache(maxsize=2048)
def oval(cx: float, cy: float, rx: float, ry: float, angle: float) -> np.ndarray:
    """Points on an ellipse turned by `angle` degrees."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return (_CIRCLE * (rx, ry)) @ np.array([[cos, sin], [-sin, cos]]) + (cx, cy)


class Sketch:
    """The shapes of one object, back to front, in units of its own with y downwards, facing right."""

    def __init__(self) -> None:
        self._points: list[np.ndarray] = []
        self._widths: list[float] = []
        self._fills: list[RGB] = []

    def _add(self, points: np.ndarray, width: float, fill: RGB) -> None:
        self._points.append(points)
        self._widths.append(width)
        self._fills.append(fill)

    def polygon(self, points: Points, fill: RGB) -> None:
        """Add a filled polygon."""
        self._add(np.asarray(points, dtype=float), 0, fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: RGB) -> None:
        """Add a filled upright rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def blob(self, points: Points, fill: RGB) -> None:
        """Add a filled smooth outline through the points."""
        self._add(_smooth(tuple(points)), 0, fill)

    def oval(self, cx: float, cy: float, rx: float, ry: float, fill: RGB, angle: float = 0) -> None:
        """Add a filled ellipse, turned clockwise by `angle` degrees."""
        self._add(oval(cx, cy, rx, ry, angle), 0, fill)

    def line(self, points: Points, width: float, fill: RGB) -> None:
        """Add a line with round ends and joints."""
        self._add(np.asarray(points, dtype=float), width, fill)

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of everything drawn, line widths included."""
        points = np.concatenate(self._points)
        pad = np.repeat(self._widths, [len(p) for p in self._points])[:, None] / 2
        left, top = (points - pad).min(0)
        right, bottom = (points + pad).max(0)
        return float(left), float(top), float(right), float(bottom)

    def put(
        self,
        pen: ImageDraw.ImageDraw,
        centre: tuple[float, float],
        height: float,
        mirrored: bool,
        ink: int | None = None,
    ) -> None:
        """Draw the sketch so that its bounding box has this centre and height, both in pixels.

        Parameters
        ----------
        pen : PIL.ImageDraw.ImageDraw
            Where to draw.
        centre : tuple of float
            Pixel coordinates of the middle of the bounding box.
        height : float
            Height of the bounding box.
        mirrored : bool
            Whether the object faces left.
        ink : int, optional
            One value for all shapes, for a mask; without it the shapes have their own colours.
        """
        left, top, right, bottom = self.bounds()
        scale = height / (bottom - top)
        stretch = np.array([-scale if mirrored else scale, scale])
        moved = (np.concatenate(self._points) - ((left + right) / 2, (top + bottom) / 2)) * stretch + centre
        start = 0
        for points, width, fill in zip(self._points, self._widths, self._fills):
            corners = [tuple(p) for p in moved[start : start + len(points)].tolist()]
            start += len(points)
            colour = fill if ink is None else ink
            if width:
                _round_line(pen, corners, max(1.0, width * scale), colour)
            else:
                pen.polygon(corners, fill=colour)


def _round_line(pen: ImageDraw.ImageDraw, corners: list, width: float, colour: RGB | int) -> None:
    pen.line(corners, fill=colour, width=max(1, round(width)), joint="curve")
    radius = width / 2
    if radius >= 1.5:
        for x, y in (corners[0], corners[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


Draw = Callable[[Sketch, str, str, Sequence[RGB]], None]
"""Fills a sketch with the shapes of an object in this pose, of this look and in these colours."""
