"""Backgrounds of scenes: skies, landscapes, streets and rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from tyrosine.simulation.scenes.pens import BLACK, RGB, Points, shade

# fmt: off

# --- backgrounds: each function paints a whole canvas, in shares of the picture ----------

SKIES: dict[str, tuple[RGB, RGB]] = {
    "day": ((84, 150, 226), (204, 228, 246)),
    "sunset": ((104, 78, 140), (252, 174, 104)),
    "overcast": ((146, 154, 166), (208, 212, 216)),
}


@lru_cache(maxsize=256)
def _gradient(top: RGB, bottom: RGB, width: int, height: int) -> Image.Image:
    ramp = np.linspace(0, 1, max(height, 1))[:, None]
    column = np.array(top) * (1 - ramp) + np.array(bottom) * ramp
    strip = Image.fromarray(column[:, None].astype(np.uint8), "RGB")
    return strip.resize((width, strip.height), Image.Resampling.NEAREST)


class Backdrop:
    """A canvas that is painted in shares of the picture, with its own stream of chance for details."""

    def __init__(self, size: int, horizon: float, sky: str, rng: np.random.Generator) -> None:
        self.size, self.horizon, self.sky, self.rng = size, horizon, sky, rng
        self.image = Image.new("RGB", (size, size))
        self.pen = ImageDraw.Draw(self.image)

    def slope(self, top: float, bottom: float, first: RGB, last: RGB) -> None:
        """Paint a band over the whole width whose colour runs from `first` to `last`."""
        low, high = round(top * self.size), round(bottom * self.size)
        if high > low:
            self.image.paste(_gradient(first, last, self.size, high - low), (0, low))

    def polygon(self, points: Points, fill: RGB) -> None:
        """Paint a polygon."""
        self.pen.polygon([(x * self.size, y * self.size) for x, y in points], fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: RGB) -> None:
        """Paint an upright rectangle."""
        k = self.size
        self.pen.rectangle((left * k, top * k, max(left, right) * k, max(top, bottom) * k), fill=fill)

    def oval(self, cx: float, cy: float, rx: float, ry: float, fill: RGB) -> None:
        """Paint an ellipse."""
        k = self.size
        self.pen.ellipse(((cx - rx) * k, (cy - ry) * k, (cx + rx) * k, (cy + ry) * k), fill=fill)

    def line(self, points: Points, width: float, fill: RGB) -> None:
        """Paint a line."""
        scaled = [(x * self.size, y * self.size) for x, y in points]
        self.pen.line(scaled, fill=fill, width=max(1, round(width * self.size)), joint="curve")

    def between(self, low: float, high: float) -> float:
        """A number from this interval, by chance."""
        return float(self.rng.uniform(low, high))

    def one_of(self, choices: Sequence):
        """One of the choices, by chance."""
        return choices[int(self.rng.integers(len(choices)))]

    def heaven(self, clouds: int = 3) -> None:
        """Paint the sky down to the horizon, with sun and clouds."""
        top, low = SKIES[self.sky]
        self.slope(0, self.horizon, top, low)
        if self.sky != "overcast" and self.rng.random() < 0.5:
            y = self.between(0.06, 0.2) if self.sky == "day" else self.horizon - self.between(0.03, 0.12)
            self.oval(self.between(0.1, 0.9), y, 0.055, 0.055, (255, 240, 180))
        cloud = {"day": (248, 250, 252), "sunset": (250, 200, 170), "overcast": (180, 184, 192)}[self.sky]
        for _ in range(int(self.rng.integers(clouds + 1)) + (2 if self.sky == "overcast" else 0)):
            x, y, r = self.between(0, 1), self.between(0.04, self.horizon * 0.6), self.between(0.03, 0.06)
            for dx, dy, k in ((-1.3, 0.3, 0.8), (0, 0, 1.1), (1.3, 0.25, 0.85), (2.3, 0.5, 0.5)):
                self.oval(x + dx * r, y + dy * r, r * k * 1.2, r * k * 0.7, cloud)

    def specks(self, top: float, fill: RGB, count: int, long: float = 0.0, high: float = 0.0) -> None:
        """Scatter short strokes below `top`: grass, pebbles, waves."""
        spots = self.rng.random((count, 2))
        for x, share in spots.tolist():
            y = top + share * (1 - top)
            near = 0.4 + share
            self.line([(x, y), (x + long * near, y - high * near)], 0.007 * near, fill)

    def hills(self, base: float, height: float, fill: RGB) -> None:
        """Paint a rolling skyline that ends at `base`."""
        phase, rise = self.between(0, 6.28), self.between(0.5, 1)
        ridge = [
            (x / 16, base - height * (0.55 + 0.3 * np.sin(x * 0.7 + phase) + 0.15 * rise * np.sin(x * 1.7)))
            for x in range(17)
        ]
        self.polygon([(0, base), *ridge, (1, base)], fill)

    def tree(self, x: float, base: float, height: float, kind: str, leaf: RGB) -> None:
        """Paint one tree, of a kind in `TREES`, that stands on the line `base`."""
        TREES[kind](self, x, base, height, leaf)

    def building(self, kind: str, x: float, base: float, height: float) -> None:
        """Paint one building, of a kind in `BUILDINGS`, that stands on the line `base`."""
        wall = self.one_of(((226, 206, 170), (196, 110, 84), (214, 214, 210), (170, 190, 206),
            (230, 186, 130)))
        roof = self.one_of(((150, 62, 48), (98, 74, 70), (84, 92, 108)))
        BUILDINGS[kind](self, x, base, height, wall, roof)

    def buildings(self, kind: str, count: int, base: float, low: float, high: float) -> None:
        """Paint `count` buildings side by side on the line `base`, of heights between `low` and `high`."""
        if count:
            shift = self.between(-0.08, 0.08)
            for number in range(count):
                x = (number + 0.5) / count + shift + self.between(-0.03, 0.03)
                if count == 1:
                    x = self.between(0.2, 0.75)
                self.building(kind, x, base, self.between(low, high))


BARK: RGB = (104, 74, 48)
PANE: RGB = (70, 92, 122)


def _fir(b: Backdrop, x: float, base: float, height: float, leaf: RGB) -> None:
    b.box(x - 0.05 * height, base - 0.15 * height, x + 0.05 * height, base, BARK)
    for low, wide, top in ((0.12, 0.3, 0.55), (0.38, 0.24, 0.78), (0.62, 0.17, 1.0)):
        b.polygon(
            [(x - wide * height, base - low * height), (x, base - top * height),
                (x + wide * height, base - low * height)],
            shade(leaf, 0.85 + 0.3 * low),
        )


def _palm(b: Backdrop, x: float, base: float, height: float, leaf: RGB) -> None:
    top = (x + 0.12 * height, base - height)
    b.line([(x, base), (x + 0.03 * height, base - 0.5 * height), top], 0.06 * height, BARK)
    for dx, dy in ((-0.4, -0.02), (-0.3, 0.2), (-0.25, -0.18), (0.4, 0.0), (0.28, 0.22), (0.2, -0.2)):
        tip = (top[0] + dx * height, top[1] + dy * height)
        bend = (top[0] + dx * 0.5 * height, top[1] + (dy * 0.5 - 0.12) * height)
        b.polygon([top, bend, tip, (bend[0], bend[1] + 0.07 * height)], leaf)


def _acacia(b: Backdrop, x: float, base: float, height: float, leaf: RGB) -> None:
    b.line([(x, base), (x + 0.04 * height, base - 0.75 * height)], 0.06 * height, BARK)
    b.line([(x, base - 0.4 * height), (x - 0.25 * height, base - 0.75 * height)], 0.04 * height, BARK)
    b.oval(x, base - 0.85 * height, 0.6 * height, 0.14 * height, leaf)


def _round_tree(b: Backdrop, x: float, base: float, height: float, leaf: RGB) -> None:
    b.box(x - 0.05 * height, base - 0.45 * height, x + 0.05 * height, base, BARK)
    for dx, dy, r, tone in ((-0.18, 0.58, 0.2, 0.85), (0.18, 0.56, 0.2, 0.8), (0, 0.74, 0.25, 1.0)):
        b.oval(x + dx * height, base - dy * height, r * height, r * height, shade(leaf, tone))


def _office(b: Backdrop, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    top = base - height
    wall = b.one_of(((140, 152, 168), (176, 168, 158), (116, 128, 150), (188, 150, 124)))
    half = height * b.between(0.2, 0.28)
    b.box(x - half, top, x + half, base, wall)
    b.box(x + half * 0.6, top, x + half, base, shade(wall, 0.8))
    for row in np.arange(top + 0.03, base - 0.05, 0.055).tolist():
        for column in (-0.8, -0.35, 0.1):
            b.box(x + column * half, row, x + (column + 0.28) * half, row + 0.028, PANE)


def _church(b: Backdrop, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
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


def _tower(b: Backdrop, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
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


def _control_tower(b: Backdrop, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    top = base - height
    b.box(x - 0.07 * height, top + 0.2 * height, x + 0.07 * height, base, (206, 208, 212))
    b.box(x + 0.02 * height, top + 0.2 * height, x + 0.07 * height, base, (170, 172, 178))
    b.polygon([(x - 0.2 * height, top + 0.1 * height), (x + 0.2 * height, top + 0.1 * height),
        (x + 0.13 * height, top + 0.34 * height), (x - 0.13 * height, top + 0.34 * height)], PANE)
    b.box(x - 0.2 * height, top + 0.05 * height, x + 0.2 * height, top + 0.12 * height, (226, 228, 230))
    b.line([(x, top), (x, top + 0.06 * height)], 0.01, BLACK)


def _lighthouse(b: Backdrop, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
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
    b: Backdrop, x: float, base: float, height: float, wall: RGB, cap: RGB, door: RGB, broad: float = 0.62
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


def _house(b: Backdrop, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    _cottage(b, x, base, height, wall, roof, (92, 60, 40))


def _cabin(b: Backdrop, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    _cottage(b, x, base, height, (136, 92, 56), (236, 240, 246), (92, 60, 40))


def _barn(b: Backdrop, x: float, base: float, height: float, wall: RGB, roof: RGB) -> None:
    _cottage(b, x, base, height, (160, 48, 42), roof, (240, 236, 228), 0.75)


TREES: dict[str, Callable[[Backdrop, float, float, float, RGB], None]] = {
    "fir": _fir,
    "palm": _palm,
    "acacia": _acacia,
    "round": _round_tree,
}
BUILDINGS: dict[str, Callable[[Backdrop, float, float, float, RGB, RGB], None]] = {
    "house": _house,
    "church": _church,
    "tower": _tower,
    "office building": _office,
    "control tower": _control_tower,
    "lighthouse": _lighthouse,
    "cabin": _cabin,
    "barn": _barn,
}

GRASS: tuple[tuple[RGB, RGB], ...] = (
    ((134, 178, 92), (84, 140, 58)),
    ((154, 182, 90), (112, 150, 62)),
    ((112, 164, 88), (62, 122, 60)),
)


def _beach(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    sea = (70, 140, 180) if b.sky != "overcast" else (104, 130, 146)
    shore = b.horizon + 0.17
    b.slope(b.horizon, shore, shade(sea, 0.85), shade(sea, 1.25))
    for _ in range(8):
        x, y = b.between(0, 1), b.between(b.horizon + 0.02, shore - 0.02)
        b.line([(x, y), (x + 0.07, y)], 0.006, shade(sea, 1.5))
    b.slope(shore, 1, (232, 210, 164), (214, 184, 130))
    foam = [(x / 10, shore + 0.012 * np.sin(x * 1.9)) for x in range(11)]
    b.line(foam, 0.02, (244, 248, 248))
    b.specks(shore + 0.03, (196, 166, 116), 26, 0.01)
    b.buildings(kind, count, shore + 0.02, 0.34, 0.46)
    if b.rng.random() < 0.4:
        b.tree(b.one_of((0.06, 0.88)), shore + 0.08, b.between(0.38, 0.5), "palm", (62, 130, 66))


def _lake(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    b.hills(b.horizon + 0.01, b.between(0.1, 0.2), b.one_of(((92, 128, 96), (112, 128, 150), (84, 116, 84))))
    b.buildings(kind, count, b.horizon + 0.01, 0.13, 0.2)
    sea = b.one_of(((66, 124, 168), (80, 140, 160), (58, 108, 150))) if b.sky != "sunset" else (150, 110, 130)
    b.slope(b.horizon, 1, shade(sea, 1.2), shade(sea, 0.8))
    b.specks(b.horizon + 0.02, shade(sea, 1.4), 30, 0.07)


def _street(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    b.box(0, b.horizon - 0.02, 1, b.horizon + 0.14, (150, 150, 146))
    b.buildings(kind, count, b.horizon + 0.06, 0.34, 0.56)
    b.slope(b.horizon + 0.06, b.horizon + 0.15, (188, 184, 178), (168, 164, 160))
    b.box(0, b.horizon + 0.15, 1, b.horizon + 0.165, (120, 118, 116))
    b.slope(b.horizon + 0.165, 1, (96, 98, 104), (72, 74, 80))
    middle = b.horizon + 0.3
    shift = b.between(0, 0.2)
    for x in range(-1, 5):
        left = x * 0.25 + shift
        b.polygon([(left, middle), (left + 0.13, middle), (left + 0.11, middle + 0.025),
            (left - 0.025, middle + 0.025)], (232, 228, 206))
    if b.rng.random() < 0.5:
        b.tree(b.between(0.05, 0.95), b.horizon + 0.1, 0.3, "round", (78, 132, 66))


def _town(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    if count:
        b.hills(b.horizon + 0.04, 0.1, (120, 150, 110))
    b.buildings(kind, count, b.horizon + 0.05, 0.4, 0.52)
    b.slope(b.horizon + 0.04, 1, (206, 192, 170), (170, 152, 130))
    for row in range(1, 6):
        y = b.horizon + 0.04 + (0.96 - b.horizon) * (row / 6) ** 1.6
        b.line([(0, y), (1, y)], 0.006, (156, 140, 120))
    for x in range(-3, 14):
        b.line([(0.5 + (x - 5) * 0.08, b.horizon + 0.05), (0.5 + (x - 5) * 0.24, 1)], 0.004, (168, 152, 132))


def _field(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    far, near = b.one_of(GRASS)
    b.hills(b.horizon + 0.02, b.between(0.08, 0.16), shade(far, 0.85))
    b.slope(b.horizon, 1, far, near)
    b.buildings(kind, count, b.horizon + 0.03, 0.2, 0.28)
    if b.rng.random() < 0.6:
        for _ in range(3):
            b.tree(b.between(0, 1), b.horizon + 0.02, b.between(0.12, 0.2), "round", (70, 118, 62))
    if b.rng.random() < 0.5:
        post = (140, 108, 74)
        y = b.horizon + 0.06
        for rail in (0.0, 0.035):
            b.line([(0, y + rail), (1, y + rail)], 0.01, post)
        for x in range(8):
            b.line([(x / 7, y - 0.02), (x / 7, y + 0.07)], 0.014, post)
    b.specks(b.horizon + 0.08, shade(near, 0.82), 44, 0.004, 0.02)
    if b.rng.random() < 0.4:
        b.specks(b.horizon + 0.2, b.one_of(((250, 240, 120), (250, 250, 246), (220, 80, 80))), 14, 0.008)


def _savanna(b: Backdrop, kind: str, count: int) -> None:
    b.heaven(2)
    b.hills(b.horizon + 0.01, 0.08, (150, 150, 120))
    b.slope(b.horizon, 1, (222, 196, 120), (186, 150, 78))
    for _ in range(int(b.rng.integers(1, 4))):
        b.tree(b.between(0, 1), b.horizon + 0.03, b.between(0.18, 0.34), "acacia", (96, 122, 58))
    b.specks(b.horizon + 0.05, (160, 126, 62), 60, 0.004, 0.03)


def _forest(b: Backdrop, kind: str, count: int) -> None:
    leaf = b.one_of(((44, 92, 52), (60, 104, 48), (150, 104, 44)))
    b.slope(0, b.horizon, shade(leaf, 0.75), shade(leaf, 1.45))
    for x in np.linspace(-0.02, 1.02, 12).tolist():
        b.line([(x, 0), (x, b.horizon + 0.03)], b.between(0.012, 0.028), shade((92, 74, 56), 0.8))
    b.slope(b.horizon, 1, (112, 120, 70), (84, 84, 46))
    for _ in range(4):
        b.tree(b.between(0, 1), b.horizon + 0.05, b.between(0.25, 0.4), "fir", shade(leaf, 0.9))
    for _ in range(int(b.rng.integers(3, 5))):
        x, foot = b.between(0, 1), b.horizon + b.between(0.06, 0.14)
        wide = b.between(0.03, 0.05)
        b.polygon([(x - wide * 0.8, 0), (x + wide * 0.8, 0), (x + wide, foot - 0.05),
            (x + wide * 1.6, foot), (x - wide * 1.6, foot), (x - wide, foot - 0.05)], (88, 66, 48))
    for x in np.linspace(0, 1, 9).tolist():
        b.oval(x + b.between(-0.04, 0.04), b.between(-0.04, 0.06),
            0.11, 0.1, shade(leaf, b.between(0.8, 1.2)))
    b.specks(b.horizon + 0.1, (140, 110, 60), 36, 0.015, 0.004)


def _mountain(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    rock = b.one_of(((108, 118, 138), (122, 112, 112), (94, 110, 132)))
    for x, top, wide in ((b.between(0.1, 0.35), b.between(0.1, 0.2), 0.42), (b.between(0.6, 0.9),
        b.between(0.16, 0.26), 0.4)):
        foot = b.horizon + 0.03
        b.polygon([(x - wide, foot), (x, top), (x + wide, foot)], rock)
        b.polygon([(x, top), (x + wide, foot), (x + 0.08, foot)], shade(rock, 0.82))
        cap = (foot - top) * 0.42
        reach = wide * 0.42
        b.polygon([(x, top), (x + reach, top + cap), (x + reach * 0.4, top + cap * 0.75),
            (x, top + cap * 1.1), (x - reach * 0.45, top + cap * 0.75), (x - reach, top + cap)],
            (244, 248, 252))
    b.slope(b.horizon, 1, (222, 232, 244), (246, 249, 252))
    b.polygon([(0, b.horizon + 0.16), (0.5, b.horizon + 0.1), (1, b.horizon + 0.2), (1, b.horizon + 0.23),
        (0.5, b.horizon + 0.12), (0, b.horizon + 0.18)], (206, 218, 236))
    for _ in range(int(b.rng.integers(2, 6))):
        b.tree(b.between(0, 1), b.horizon + b.between(0.02, 0.1), b.between(0.14, 0.26), "fir", (50, 92, 76))
    b.buildings(kind, count, b.horizon + 0.08, 0.2, 0.26)


def _park(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    b.buildings(kind, count, b.horizon, 0.24, 0.4)
    far, near = b.one_of(GRASS)
    leaf = b.one_of(((70, 130, 64), (96, 146, 60), (206, 130, 50)))
    for x in np.linspace(0, 1, 8).tolist():
        b.oval(x, b.horizon - 0.01, 0.1, b.between(0.04, 0.08), shade(leaf, 0.8))
    b.slope(b.horizon, 1, far, near)
    bend = b.between(-0.3, 0.3)
    b.polygon([(0.5 + bend, b.horizon), (0.54 + bend, b.horizon), (0.9, 1), (0.3, 1)], (214, 196, 160))
    for x in (b.between(0.02, 0.25), b.between(0.75, 0.98)):
        b.tree(x, b.horizon + b.between(0.04, 0.12), b.between(0.36, 0.5), "round", leaf)
    b.specks(b.horizon + 0.08, shade(near, 0.82), 26, 0.004, 0.015)


def _railway(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    far, near = b.one_of(GRASS)
    b.hills(b.horizon + 0.02, 0.14, shade(far, 0.8))
    b.slope(b.horizon, 1, far, near)
    b.buildings(kind, count, b.horizon + 0.04, 0.2, 0.28)
    b.slope(0.79, 0.9, (160, 150, 138), (136, 126, 116))
    for x in range(15):
        b.polygon([(x / 14 - 0.01, 0.81), (x / 14 + 0.015, 0.81), (x / 14 + 0.01, 0.885),
            (x / 14 - 0.02, 0.885)], (98, 74, 54))
    for y in (0.825, 0.865):
        b.line([(0, y), (1, y)], 0.014, (196, 198, 204))
    b.specks(0.91, shade(near, 0.82), 16, 0.004, 0.02)


def _airport(b: Backdrop, kind: str, count: int) -> None:
    b.heaven()
    b.slope(b.horizon, b.horizon + 0.1, (140, 170, 96), (120, 154, 82))
    b.buildings(kind, count, b.horizon + 0.03, 0.3, 0.4)
    b.slope(b.horizon + 0.1, 1, (132, 134, 140), (98, 100, 106))
    y = b.horizon + 0.38
    for x in range(6):
        b.polygon([(x * 0.2, y), (x * 0.2 + 0.12, y), (x * 0.2 + 0.1, y + 0.02),
            (x * 0.2 - 0.02, y + 0.02)], (240, 220, 90))
    b.line([(0, b.horizon + 0.14), (1, b.horizon + 0.14)], 0.01, (230, 230, 226))


def _open_sky(b: Backdrop, kind: str, count: int) -> None:
    b.heaven(6)
    b.slope(b.horizon, 1, (120, 154, 96), (92, 130, 74))
    b.hills(b.horizon + 0.02, 0.05, (110, 140, 110))
    b.buildings(kind, count, b.horizon + 0.03, 0.1, 0.16)


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

PAINTERS: dict[str, Callable[[Backdrop, str, int], None]] = {
    "beach": _beach,
    "lake": _lake,
    "street": _street,
    "town square": _town,
    "field": _field,
    "savanna": _savanna,
    "forest": _forest,
    "snowy mountain": _mountain,
    "park": _park,
    "railway": _railway,
    "airport": _airport,
    "sky": _open_sky,
    "kitchen": _kitchen,
    "bedroom": _bedroom,
    "living room": _living_room,
    "dining room": _dining_room,
    "tabletop": _tabletop,
}


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
