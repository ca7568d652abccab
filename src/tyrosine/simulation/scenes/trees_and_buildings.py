"""Trees and buildings of a background."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tyrosine.simulation.scenes.canvas import Canvas
from tyrosine.simulation.scenes.pens import BLACK, RGB, shade

# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off

BARK: RGB = (104, 74, 48)
PANE: RGB = (70, 92, 122)


def _fir(b: Canvas, x: float, base: float, height: float, leaf: RGB) -> None:
    b.box(x - 0.05 * height, base - 0.15 * height, x + 0.05 * height, base, BARK)
    for low, wide, top in ((0.12, 0.3, 0.55), (0.38, 0.24, 0.78), (0.62, 0.17, 1.0)):
        b.polygon(
            [(x - wide * height, base - low * height), (x, base - top * height),
                (x + wide * height, base - low * height)],
            shade(leaf, 0.85 + 0.3 * low),
        )


def _palm(b: Canvas, x: float, base: float, height: float, leaf: RGB) -> None:
    top = (x + 0.12 * height, base - height)
    b.line([(x, base), (x + 0.03 * height, base - 0.5 * height), top], 0.06 * height, BARK)
    for dx, dy in ((-0.4, -0.02), (-0.3, 0.2), (-0.25, -0.18), (0.4, 0.0), (0.28, 0.22), (0.2, -0.2)):
        tip = (top[0] + dx * height, top[1] + dy * height)
        bend = (top[0] + dx * 0.5 * height, top[1] + (dy * 0.5 - 0.12) * height)
        b.polygon([top, bend, tip, (bend[0], bend[1] + 0.07 * height)], leaf)


def _acacia(b: Canvas, x: float, base: float, height: float, leaf: RGB) -> None:
    b.line([(x, base), (x + 0.04 * height, base - 0.75 * height)], 0.06 * height, BARK)
    b.line([(x, base - 0.4 * height), (x - 0.25 * height, base - 0.75 * height)], 0.04 * height, BARK)
    b.oval(x, base - 0.85 * height, 0.6 * height, 0.14 * height, leaf)


def _round_tree(b: Canvas, x: float, base: float, height: float, leaf: RGB) -> None:
    b.box(x - 0.05 * height, base - 0.45 * height, x + 0.05 * height, base, BARK)
    for dx, dy, r, tone in ((-0.18, 0.58, 0.2, 0.85), (0.18, 0.56, 0.2, 0.8), (0, 0.74, 0.25, 1.0)):
        b.oval(x + dx * height, base - dy * height, r * height, r * height, shade(leaf, tone))


def _office(b: Canvas, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    top = base - height
    wall = b.one_of(((140, 152, 168), (176, 168, 158), (116, 128, 150), (188, 150, 124)))
    half = height * b.between(0.2, 0.28)
    b.box(x - half, top, x + half, base, wall)
    b.box(x + half * 0.6, top, x + half, base, shade(wall, 0.8))
    for row in np.arange(top + 0.03, base - 0.05, 0.055).tolist():
        for column in (-0.8, -0.35, 0.1):
            b.box(x + column * half, row, x + (column + 0.28) * half, row + 0.028, PANE)


def _church(b: Canvas, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    top = base - height
    wall, half = shade(wall, 1.25), height * 0.11
    b.box(x, base - 0.42 * height, x + 0.5 * height, base, wall)
    b.polygon([(x - 0.02, base - 0.42 * height), (x + 0.06 * height, base - 0.62 * height),
        (x + 0.46 * height, base - 0.62 * height), (x + 0.54 * height, base - 0.42 * height)], roof)
    b.box(x - half, base - 0.66 * height, x + half, base, shade(wall, 0.92))
    b.polygon([(x - half * 1.25, base - 0.66 * height), (x, top + 0.1 * height),
        (x + half * 1.25, base - 0.66 * height)], roof)
    b.line([(x, top), (x, top + 0.12 * height)], 0.012, (60, 56, 60))
    b.line([(x - 0.02, top + 0.04 * height), (x + 0.02, top + 0.04 * height)], 0.012, (60, 56, 60))
    b.box(x - half * 0.4, base - 0.17 * height, x + half * 0.4, base, (84, 58, 42))
    b.oval(x, base - 0.5 * height, half * 0.45, half * 0.45, PANE)
    for column in (0.2, 0.32, 0.44):
        b.box(x + (column - 0.02) * height, base - 0.32 * height, x + (column + 0.02) * height,
            base - 0.12 * height, PANE)


def _tower(b: Canvas, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    top = base - height
    wall, half = (188, 172, 146), height * 0.13
    b.box(x - half, top + 0.2 * height, x + half, base, wall)
    b.box(x + half * 0.45, top + 0.2 * height, x + half, base, shade(wall, 0.82))
    b.polygon([(x - half * 1.2, top + 0.22 * height), (x, top), (x + half * 1.2, top + 0.22 * height)], roof)
    b.oval(x, top + 0.34 * height, half * 0.62, half * 0.62, (250, 248, 240))
    b.line([(x, top + 0.29 * height), (x, top + 0.34 * height), (x + half * 0.35, top + 0.36 * height)],
        0.008, BLACK)
    for row in (0.52, 0.72):
        b.box(x - half * 0.25, top + row * height, x + half * 0.25, top + (row + 0.11) * height, PANE)


def _control_tower(b: Canvas, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    top = base - height
    b.box(x - 0.07 * height, top + 0.2 * height, x + 0.07 * height, base, (206, 208, 212))
    b.box(x + 0.02 * height, top + 0.2 * height, x + 0.07 * height, base, (170, 172, 178))
    b.polygon([(x - 0.2 * height, top + 0.1 * height), (x + 0.2 * height, top + 0.1 * height),
        (x + 0.13 * height, top + 0.34 * height), (x - 0.13 * height, top + 0.34 * height)], PANE)
    b.box(x - 0.2 * height, top + 0.05 * height, x + 0.2 * height, top + 0.12 * height, (226, 228, 230))
    b.line([(x, top), (x, top + 0.06 * height)], 0.01, BLACK)


def _lighthouse(b: Canvas, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    top = base - height
    for number in range(5):
        low, high = base - number * 0.16 * height, base - (number + 1) * 0.16 * height
        wide, narrow = (0.14 - 0.014 * number) * height, (0.126 - 0.014 * number) * height
        fill = (204, 52, 46) if number % 2 else (244, 242, 238)
        b.polygon([(x - wide, low), (x + wide, low), (x + narrow, high), (x - narrow, high)], fill)
    b.box(x - 0.06 * height, top + 0.08 * height, x + 0.06 * height, top + 0.2 * height, (252, 232, 140))
    b.polygon([(x - 0.08 * height, top + 0.09 * height), (x, top),
        (x + 0.08 * height, top + 0.09 * height)], (150, 40, 40))


def _cottage(
    b: Canvas, x: float, base: float, height: float, wall: RGB, cap: RGB, door: RGB, broad: float = 0.62
) -> None:
    top = base - height
    half = height * broad
    eaves = base - 0.58 * height
    b.box(x - half, eaves, x + half, base, wall)
    b.box(x + half * 0.4, top + 0.08 * height, x + half * 0.6, eaves, shade(cap, 0.7))
    b.polygon([(x - half * 1.15, eaves), (x - half * 0.6, top), (x + half * 0.6, top),
        (x + half * 1.15, eaves)], cap)
    b.box(x - 0.11 * height, base - 0.36 * height, x + 0.11 * height, base, door)
    for side in (-1, 1):
        cx = x + side * half * 0.62
        b.box(cx - 0.12 * height, base - 0.42 * height, cx + 0.12 * height, base - 0.2 * height, (240, 238,
            230))
        b.box(cx - 0.09 * height, base - 0.39 * height, cx + 0.09 * height, base - 0.23 * height, PANE)


def _house(b: Canvas, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    _cottage(b, x, base, height, wall, roof, (92, 60, 40))


def _cabin(b: Canvas, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    _cottage(b, x, base, height, (136, 92, 56), (236, 240, 246), (92, 60, 40))


def _barn(b: Canvas, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    _cottage(b, x, base, height, (160, 48, 42), roof, (240, 236, 228), 0.75)


# fmt: on

TREES: dict[str, Callable[[Canvas, float, float, float, RGB], None]] = {
    "fir": _fir,
    "palm": _palm,
    "acacia": _acacia,
    "round": _round_tree,
}
BUILDINGS: dict[str, Callable[[Canvas, float, float, float, RGB, RGB], None]] = {
    "house": _house,
    "church": _church,
    "tower": _tower,
    "office building": _office,
    "control tower": _control_tower,
    "lighthouse": _lighthouse,
    "cabin": _cabin,
    "barn": _barn,
}
