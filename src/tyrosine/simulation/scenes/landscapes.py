"""Landscapes, streets and skies, painted as backgrounds."""

from __future__ import annotations

import numpy as np

from tyrosine.simulation.scenes.backdrop import Backdrop, Paint
from tyrosine.simulation.scenes.pens import RGB, shade

# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off


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


# fmt: on

LANDSCAPES: dict[str, Paint] = {
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
}
