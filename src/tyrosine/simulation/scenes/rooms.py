"""Rooms and tabletops, painted as backgrounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tyrosine.simulation.scenes.backdrop import Backdrop, Paint
from tyrosine.simulation.scenes.canvas import SKIES
from tyrosine.simulation.scenes.pens import RGB, shade

# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off


def _room(b: Backdrop, walls: Sequence[RGB], floor: RGB) -> RGB:
    """Paint wall, skirting and floor boards of a room; gives the wall's colour."""
    wall = b.one_of(walls)
    b.slope(0, b.horizon, shade(wall, 1.08), shade(wall, 0.94))
    b.slope(b.horizon, 1, shade(floor, 0.9), shade(floor, 1.12))
    for x in range(-6, 17):
        b.line([(0.5 + (x - 5) * 0.11, b.horizon), (0.5 + (x - 5) * 0.2, 1)], 0.004, shade(floor, 0.8))
    b.box(0, b.horizon - 0.025, 1, b.horizon, shade(wall, 0.7))
    return wall


def _window(b: Backdrop, x: float, y: float, half: float) -> None:
    b.box(x - half - 0.02, y - half - 0.02, x + half + 0.02, y + half + 0.02, (250, 248, 244))
    low, high = SKIES[b.sky]
    b.box(x - half, y - half, x + half, y, low)
    b.box(x - half, y, x + half, y + half, high)
    b.line([(x, y - half), (x, y + half)], 0.015, (250, 248, 244))
    b.line([(x - half, y), (x + half, y)], 0.015, (250, 248, 244))


def _kitchen(b: Backdrop, kind: str, count: int) -> None:
    wall = _room(b, ((232, 226, 208), (206, 222, 214), (226, 216, 226)), (186, 160, 130))
    unit = b.one_of(((244, 242, 236), (168, 128, 88), (120, 146, 156), (196, 84, 70)))
    for x in np.linspace(0, 1, 13).tolist():
        b.line([(x, 0.24), (x, b.horizon - 0.2)], 0.004, shade(wall, 0.86))
    for y in (0.27, 0.33):
        b.line([(0, y), (1, y)], 0.004, shade(wall, 0.86))
    top = b.horizon - 0.2
    b.box(0, 0, 0.3, 0.22, unit)
    b.box(0.72, 0, 1, 0.22, unit)
    for x in (0.15, 0.86):
        b.line([(x, 0), (x, 0.22)], 0.006, shade(unit, 0.7))
    _window(b, 0.5, 0.15, 0.12)
    b.box(0, top, 1, b.horizon + 0.02, unit)
    for x in (0.22, 0.44, 0.78):
        b.line([(x, top + 0.03), (x, b.horizon + 0.02)], 0.006, shade(unit, 0.7))
        b.line([(x - 0.05, top + 0.06), (x - 0.02, top + 0.06)], 0.01, (90, 90, 96))
    b.box(0, top - 0.012, 1, top + 0.022, (96, 92, 92))
    b.box(0.5, top + 0.03, 0.74, b.horizon + 0.01, (72, 74, 80))
    b.box(0.53, top + 0.08, 0.71, b.horizon - 0.02, (34, 34, 40))
    b.box(0.56, top - 0.07, 0.68, top - 0.012, (178, 182, 190))
    b.line([(0.68, top - 0.055), (0.74, top - 0.06)], 0.012, (60, 60, 66))


def _bedroom(b: Backdrop, kind: str, count: int) -> None:
    _room(b, ((214, 222, 236), (236, 220, 214), (222, 232, 214), (230, 222, 200)), (166, 126, 88))
    x = b.between(0.25, 0.75)
    _window(b, x, 0.24, 0.12)
    curtain = b.one_of(((196, 98, 110), (96, 130, 180), (226, 190, 110)))
    for side in (-1, 1):
        b.polygon([(x + side * 0.13, 0.07), (x + side * 0.22, 0.07), (x + side * 0.23, 0.46),
            (x + side * 0.17, 0.46)], curtain)
    lamp = 0.9 if x < 0.5 else 0.1
    b.box(lamp - 0.09, b.horizon - 0.14, lamp + 0.09, b.horizon + 0.04, (140, 98, 60))
    b.box(lamp - 0.008, b.horizon - 0.24, lamp + 0.008, b.horizon - 0.14, (90, 80, 70))
    b.polygon([(lamp - 0.04, b.horizon - 0.31), (lamp + 0.04, b.horizon - 0.31),
        (lamp + 0.07, b.horizon - 0.22), (lamp - 0.07, b.horizon - 0.22)], (252, 232, 170))


def _living_room(b: Backdrop, kind: str, count: int) -> None:
    _room(b, ((226, 212, 188), (196, 206, 196), (216, 204, 216), (208, 186, 164)), (150, 108, 74))
    x = b.between(0.2, 0.5)
    b.box(x - 0.14, 0.1, x + 0.14, 0.3, (92, 66, 44))
    b.box(x - 0.12, 0.12, x + 0.12, 0.2, (150, 196, 226))
    b.polygon([(x - 0.12, 0.28), (x - 0.12, 0.22), (x - 0.04, 0.16), (x + 0.04, 0.22), (x + 0.12, 0.19),
        (x + 0.12, 0.28)], (96, 142, 92))
    rug = b.one_of(((176, 60, 60), (70, 96, 140), (200, 170, 120)))
    b.oval(0.5, 0.88, 0.46, 0.1, shade(rug, 0.8))
    b.oval(0.5, 0.88, 0.4, 0.08, rug)
    shelf = x + 0.24
    b.box(shelf, 0.12, shelf + 0.26, b.horizon, (120, 84, 54))
    for y in (0.15, 0.28, 0.41):
        b.box(shelf + 0.02, y, shelf + 0.24, y + 0.1, (72, 50, 34))
        left = shelf + 0.025
        while left < shelf + 0.2:
            tone = b.one_of(((190, 70, 60), (70, 110, 160), (220, 190, 90), (90, 140, 90), (226, 220, 206)))
            b.box(left, y + b.between(0.0, 0.03), left + 0.022, y + 0.1, tone)
            left += 0.03


def _dining_room(b: Backdrop, kind: str, count: int) -> None:
    wall = _room(b, ((212, 190, 160), (186, 200, 208), (220, 204, 180), (170, 90, 80)), (158, 112, 72))
    b.box(0, b.horizon - 0.2, 1, b.horizon - 0.02, shade(wall, 1.35))
    for x in np.linspace(0.02, 0.82, 5).tolist():
        b.box(x, b.horizon - 0.17, x + 0.15, b.horizon - 0.05, shade(wall, 1.2))
    _window(b, b.between(0.15, 0.3), 0.2, 0.1)
    b.line([(0.56, 0), (0.56, 0.12)], 0.01, (60, 56, 54))
    b.polygon([(0.5, 0.12), (0.62, 0.12), (0.68, 0.2), (0.44, 0.2)], (226, 170, 70))
    b.box(0.76, 0.12, 0.94, 0.3, (120, 84, 54))
    b.box(0.78, 0.14, 0.92, 0.28, b.one_of(((196, 212, 190), (226, 196, 150), (150, 176, 210))))


def _tabletop(b: Backdrop, kind: str, count: int) -> None:
    wall = b.one_of(((226, 214, 196), (190, 206, 206), (206, 196, 216), (120, 110, 104)))
    b.slope(0, b.horizon, wall, shade(wall, 0.9))
    wood = b.one_of(((178, 128, 80), (132, 92, 60), (208, 176, 132), (226, 226, 222), (96, 122, 140)))
    b.slope(b.horizon, 1, shade(wood, 0.88), wood)
    for y in (0.12, 0.3, 0.55):
        line = b.horizon + (1 - b.horizon) * y
        b.line([(0, line), (1, line)], 0.006, shade(wood, 0.78))
    b.box(0, b.horizon, 1, b.horizon + 0.012, shade(wood, 0.7))
    x = b.between(0.06, 0.2) if b.rng.random() < 0.5 else b.between(0.8, 0.94)
    glass = b.one_of(((110, 150, 110), (210, 90, 80), (226, 226, 230)))
    b.box(x - 0.045, b.horizon - 0.12, x + 0.045, b.horizon + 0.05, glass)
    b.box(x - 0.018, b.horizon - 0.2, x + 0.018, b.horizon - 0.1, shade(glass, 0.85))


# fmt: on

ROOMS: dict[str, Paint] = {
    "kitchen": _kitchen,
    "bedroom": _bedroom,
    "living room": _living_room,
    "dining room": _dining_room,
    "tabletop": _tabletop,
}
