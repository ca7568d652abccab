"""Fruit and cakes, drawn as filled outlines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tyrosine.simulation.scenes.pens import RGB, Draw, Sketch, shade

# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off


def _plate(s: Sketch, cx: float, cy: float, rx: float, ry: float) -> None:
    s.oval(cx, cy + ry * 0.06, rx, ry, (186, 190, 198))
    s.oval(cx, cy, rx, ry, (244, 246, 250))
    s.oval(cx, cy, rx * 0.82, ry * 0.82, (226, 230, 238))


def _pizza(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    topping = tones[0]
    s.oval(0, 3, 62, 44, (146, 88, 44))
    s.oval(0, 0, 62, 44, (214, 150, 78))
    s.oval(0, 0, 53, 37, (196, 60, 34))
    s.oval(0, 0, 50, 34, (246, 206, 98))
    for x, y in ((-28, -14), (2, -22), (28, -12), (-34, 8), (-8, 2), (16, 6), (36, 10), (-14, 22), (12, 24)):
        s.oval(x, y, 7.5, 5.4, topping)
        s.oval(x, y - 0.8, 5, 3.4, shade(topping, 1.2))
    for x, y in ((-18, -4), (16, -12), (-24, 18), (26, -1), (0, 14)):
        s.oval(x, y, 3.6, 1.8, (66, 130, 52), 30)
    for dx, dy in ((50, 0), (25, 30), (25, -30)):
        s.line([(-dx, -dy), (dx, dy)], 1.2, (168, 100, 44))
    if pose == "sliced":
        s.polygon([(0, 0), (66, -18), (66, 22)], (238, 240, 244))
        s.polygon([(12, 8), (80, -2), (76, 36)], (246, 206, 98))
        s.line([(80, -2), (76, 36)], 9, (214, 150, 78))
        for x, y in ((52, 10), (64, 20), (66, 5)):
            s.oval(x, y, 6, 4.6, topping)


def _apple(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    skin = tones[0]
    s.blob([(0, 24), (-20, 14), (-42, 24), (-48, 52), (-36, 84), (-14, 99), (0, 95), (14, 99), (36, 84),
        (48, 52), (42, 24), (20, 14)], skin)
    s.blob([(16, 20), (40, 26), (46, 52), (34, 84), (16, 96), (32, 70), (34, 44)], shade(skin, 0.8))
    s.oval(-24, 40, 7, 13, shade(skin, 1.55), 25)
    s.line([(0, 26), (2, 12), (8, 0)], 4.6, (96, 62, 32))
    s.blob([(6, 12), (20, 0), (40, 2), (28, 14)], (86, 160, 60))


def _orange(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    skin = tones[0]
    s.oval(0, 54, 46, 44, skin)
    s.oval(4, 60, 38, 36, shade(skin, 0.92))
    s.oval(-2, 52, 38, 36, skin)
    s.oval(-18, 34, 9, 6, shade(skin, 1.5), -30)
    s.oval(2, 13, 6, 3.5, (92, 120, 44))
    s.blob([(4, 12), (18, 0), (36, 4), (22, 14)], (70, 140, 56))
    if pose == "cut":
        s.oval(58, 74, 32, 26, shade(skin, 0.9))
        s.oval(58, 73, 28, 22, (252, 236, 196))
        for turn in range(0, 360, 60):
            dx, dy = np.cos(np.radians(turn + 30)), np.sin(np.radians(turn + 30))
            s.oval(58 + 14 * dx, 73 + 11 * dy, 10, 6, (250, 164, 40), turn + 30)


def _banana(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    skin = tones[0]
    fruits = ((0, 0.86), (12, 1.0)) if pose == "bunch" else ((0, 1.0),)
    for drop, tone in fruits:
        colour = shade(skin, tone)
        d = drop * 1.2
        s.blob([(2 - d, 8), (12 - d, 6), (22 - d, 36 + d), (56, 60 + d), (96, 54 + d), (112, 46 + d),
            (116, 54 + d), (98, 78 + d), (60, 92 + d), (22 - d, 74 + d), (4 - d, 40 + d)], colour)
        s.line([(10 - d, 30 + d), (26 - d, 62 + d), (60, 78 + d), (100, 66 + d)], 2.6, shade(colour, 0.8))
        s.polygon([(110, 45 + d), (117, 45 + d), (118, 55 + d), (112, 56 + d)], (86, 62, 30))
    s.polygon([(-12 if pose == "bunch" else 1, 12), (0, -6), (10, -6), (14, 12)], (140, 128, 44))


def _cake(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    icing, sponge = tones[0], tones[1]
    _plate(s, 0, 88, 66, 12)
    if pose == "slice":
        s.polygon([(-44, 44), (44, 34), (44, 84), (-44, 88)], sponge)
        s.polygon([(-44, 60), (44, 54), (44, 62), (-44, 68)], icing)
        s.polygon([(-44, 44), (44, 34), (34, 22), (14, 18)], icing)
        s.polygon([(-44, 40), (44, 30), (44, 40), (-44, 48)], shade(icing, 1.2))
        s.oval(22, 16, 9, 9, (206, 30, 44))
        return
    s.oval(0, 82, 48, 11, shade(sponge, 0.85))
    s.box(-48, 44, 48, 82, sponge)
    s.box(-48, 60, 48, 66, shade(icing, 0.95))
    s.oval(0, 42, 48, 11, icing)
    s.box(-48, 42, 48, 48, icing)
    for x in range(-42, 48, 14):
        s.oval(x, 50, 7.2, 8, icing)
    s.oval(0, 41, 42, 8, shade(icing, 1.3))
    for x, tone in ((-26, (84, 146, 214)), (-9, (240, 200, 60)), (9, (222, 80, 120)), (26, (96, 180, 110))):
        s.box(x - 2.5, 16, x + 2.5, 41, tone)
        s.oval(x, 9, 3.4, 6.5, (255, 170, 40))
        s.oval(x, 11, 1.6, 3.4, (255, 238, 150))


def _donut(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    icing = tones[0]
    s.oval(0, 6, 60, 46, (176, 116, 58))
    s.oval(0, 2, 60, 46, (222, 164, 94))
    s.blob([(-54, 0), (-40, -30), (0, -42), (40, -30), (54, 0), (46, 22), (30, 24), (14, 34), (-8, 30),
        (-26, 36), (-44, 20)], icing)
    s.oval(0, 0, 19, 13, (176, 116, 58))
    s.oval(0, 3, 16, 10, (226, 222, 216))
    sprinkles = ((240, 220, 80), (90, 190, 230), (250, 250, 250), (230, 70, 90))
    for number, (x, y) in enumerate(((-38, -8), (-24, -26), (0, -30), (24, -24), (40, -8), (34, 12),
        (12, 24), (-16, 24), (-36, 12), (-8, -20), (28, -8))):
        s.line([(x - 3, y - 2), (x + 3, y + 1 + number % 3)], 3, sprinkles[number % 4])


# fmt: on

FOOD: dict[str, Draw] = {
    "banana": _banana,
    "apple": _apple,
    "orange": _orange,
    "pizza": _pizza,
    "donut": _donut,
    "cake": _cake,
}
