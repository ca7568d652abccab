"""What is left of an object when its picture is cropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

CropBox = Sequence[float]
"""Shares of a picture that are cropped from its top, bottom, left and right."""


def share_inside(box: Any, outline: Any, crop: CropBox, size: tuple[float, float]) -> float:
    """Share of an object's area that is left when its picture is cropped.

    Parameters
    ----------
    box : sequence of float
        Bounding box: left, top, width, height in pixels.
    outline : list of list of float, or anything else
        Polygons x1, y1, x2, y2 … in pixels; where there are none (crowds), the bounding box is the area.
    crop : sequence of float
        Shares of the picture cropped from the top, bottom, left and right.
    size : tuple of float
        Width and height of the picture in pixels.

    Returns
    -------
    float
        From 0 to 1.
    """
    top, bottom, left, right = crop
    width, height = size
    window = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
    polygons = []
    if isinstance(outline, list):
        polygons = [np.reshape(part, (-1, 2)) for part in outline if len(part) >= 6 and len(part) % 2 == 0]
    whole = sum(_area(polygon) for polygon in polygons)
    if not whole:
        x, y, w, h = (float(side) for side in box)
        polygons = [np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])]
        whole = w * h
    if not whole:
        return float(window[0] <= x <= window[2] and window[1] <= y <= window[3])
    return min(1.0, sum(_area(_clip(polygon, window)) for polygon in polygons) / whole)


def _area(polygon: np.ndarray) -> float:
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def _clip(polygon: np.ndarray, window: tuple[float, float, float, float]) -> np.ndarray:
    """The polygon cut along each side of the window (Sutherland & Hodgman 1974)."""
    for axis, bound, sign in ((0, window[0], 1), (1, window[1], 1), (0, window[2], -1), (1, window[3], -1)):
        kept = []
        for first, second in zip(polygon, np.roll(polygon, -1, axis=0)):
            inner, outer = sign * (first[axis] - bound) >= 0, sign * (second[axis] - bound) >= 0
            if inner:
                kept.append(first)
            if inner != outer:
                kept.append(first + (second - first) * (bound - first[axis]) / (second[axis] - first[axis]))
        polygon = np.array(kept).reshape(-1, 2)
    return polygon
