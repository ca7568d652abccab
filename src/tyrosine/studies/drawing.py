"""What the simulated scenes are drawn with: backgrounds, buildings and objects as simple filled shapes.

An object is first a `Sketch`, shapes in units of its own. It is then scaled so that its bounding box has the
height and the centre that the scene asks for, so that a picture and its mask come from the same shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

RGB = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

BLACK: RGB = (28, 26, 28)
WHITE: RGB = (246, 246, 244)
GLASS: RGB = (188, 216, 232)
WOOD: RGB = (150, 104, 62)
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
def _oval(cx: float, cy: float, rx: float, ry: float, angle: float) -> np.ndarray:
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
        self._add(_oval(cx, cy, rx, ry, angle), 0, fill)

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


# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off

# --- objects: each function fills a sketch; `tones` are main colour and the colours that go with it ---------


def _person(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    shirt, trousers, skin, hair = tones[:4]
    child, long_hair = look in ("boy", "girl"), look in ("woman", "girl")
    dress = long_hair and pose in ("standing", "waving")
    head = 11.0 if child else 8.6
    neck, hip, half = 2 * head + 1, 54.0, 9.0 if child or long_hair else 10.5
    shoe, far = shade(trousers, 0.45), shade(trousers, 0.8)
    legs = {
        "walking": (((3, hip), (9, 74), (14, 97)), ((-3, hip), (-5, 76), (-15, 96))),
        "running": (((3, hip), (16, 66), (13, 88)), ((-3, hip), (-9, 76), (-25, 80))),
        "skiing": (((4, hip), (14, 72), (6, 95)), ((-3, hip), (6, 74), (-4, 95))),
    }.get(pose, (((5, hip), (6, 76), (6, 97)), ((-5, hip), (-6, 76), (-6, 97))))
    shoulder = neck + 5
    arms = {
        "walking": (((half - 2, shoulder), (half + 5, 42), (half + 9, 54)), ((2 - half, shoulder),
            (-14, 44), (-18, 56))),
        "running": (((half - 2, shoulder), (half + 6, 42), (half + 15, 34)), ((2 - half, shoulder),
            (-18, 40), (-15, 53))),
        "waving": (((half, shoulder), (half + 9, 26), (half + 13, 5)), ((-half, shoulder), (-15, 42),
            (-15, 56))),
        "cheering": (((half, shoulder), (half + 9, 18), (half + 11, 0)), ((-half, shoulder), (-19, 18),
            (-21, 0))),
        "skiing": (((half - 2, shoulder), (half + 6, 44), (half + 16, 46)), ((2 - half, shoulder),
            (-8, 46), (4, 52))),
    }.get(pose, (((half, shoulder), (half + 4, 42), (half + 4, 57)), ((-half, shoulder), (-half - 4, 42),
        (-half - 4, 57))))
    if pose == "skiing":
        s.line([(26, 46), (8, 94)], 1.6, BLACK)
        s.line([(-32, 100), (34, 97), (40, 92)], 2.4, (200, 40, 60))
    if long_hair:
        s.blob([(-head, 6), (head, 6), (head + 2, neck + 7), (0, neck + 9), (-head - 2, neck + 7)], hair)
    for leg, tone in zip(legs, (far if pose != "standing" else trousers, trousers)):
        s.line(leg, 8.0, skin if dress else tone)
        x, y = leg[-1]
        s.oval(x + 2.5, y, 5.2, 3, shoe)
    for arm in arms:
        s.line(arm[:2], 6.0, shade(shirt, 0.82))
        s.line(arm[1:], 5.0, skin)
        hand_x, hand_y = arm[2]
        s.oval(hand_x, hand_y, 3.4, 3.4, skin)
    if dress:
        s.polygon([(-half, neck + 1), (half, neck + 1), (half - 2, 44), (16, 74), (-16, 74),
            (2 - half, 44)], shirt)
    else:
        s.polygon([(-half, hip - 6), (half, hip - 6), (half - 1, hip + 5), (1 - half, hip + 5)], trousers)
        s.blob([(-half - 1, neck + 2), (0, neck), (half + 1, neck + 2), (half, hip), (0, hip + 1),
            (-half, hip)], shirt)
    s.box(-3, neck - 4, 3, neck + 2, shade(skin, 0.85))
    s.oval(0, head + 1, head * 0.92, head, skin)
    s.blob([(-head, head), (-head, 3), (0, -1.5), (head, 3), (head, head), (head * 0.6, head * 0.55),
        (-head * 0.6, head * 0.5)], hair)
    for side in (-1, 1):
        s.oval(side * head * 0.38, head * 1.12, head * 0.17, head * 0.2, BLACK)
    s.line([(-head * 0.32, head * 1.6), (0, head * 1.68), (head * 0.32, head * 1.6)],
        head * 0.18, (150, 50, 50))


def _face(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    shirt, eyes, skin, hair = tones[:4]
    long_hair = look in ("woman", "girl")
    wide = 31.0 if look in ("boy", "girl") else 27.0
    if long_hair:
        s.blob([(-wide - 5, 30), (-18, 2), (18, 2), (wide + 5, 30), (wide + 9, 84), (0, 92),
            (-wide - 9, 84)], hair)
    s.box(-11, 66, 11, 90, shade(skin, 0.78))
    s.blob([(-52, 100), (-48, 90), (-30, 82), (-10, 84), (0, 88), (10, 84), (30, 82), (48, 90), (52, 100),
        (0, 100)], shirt)
    for side in (-1, 1):
        s.oval(side * wide, 45, 5, 8, shade(skin, 0.88))
    s.blob([(-wide, 38), (-20, 12), (0, 6), (20, 12), (wide, 38), (wide - 3, 58), (13, 76), (0, 79),
        (-13, 76), (3 - wide, 58)], skin)
    if pose == "bearded":
        s.blob([(-wide, 46), (-18, 62), (0, 59), (18, 62), (wide, 46), (wide - 2, 66), (12, 82), (0, 85),
            (-12, 82), (2 - wide, 66)], hair)
    if long_hair:
        s.blob([(-wide - 3, 44), (-22, 10), (0, 0), (22, 10), (wide + 3, 44), (20, 24), (-6, 20),
            (-22, 28)], hair)
    else:
        s.blob([(-wide - 1, 36), (-24, 8), (0, 0), (24, 8), (wide + 1, 36), (20, 22), (0, 19), (-20, 22)],
            hair)
    for side in (-1, 1):
        s.line([(side * 17, 33), (side * 7, 33.5)], 2.6, shade(hair, 0.7))
        s.oval(side * 12, 42, 6.6, 4.4, WHITE)
        s.oval(side * 12, 42, 3.6, 4.0, eyes)
        s.oval(side * 12, 42, 1.9, 2.1, BLACK)
        s.oval(side * 17, 56, 5, 3.2, (min(255, skin[0] + 12), int(skin[1] * 0.88), int(skin[2] * 0.85)))
        if pose == "glasses":
            rim = _oval(side * 12.5, 42, 9.5, 8, 0).tolist()
            s.line([*rim, rim[0]], 2.0, BLACK)
    if pose == "glasses":
        s.line([(-4, 41), (4, 41)], 1.8, BLACK)
    s.line([(1, 44), (4, 54), (-2, 55)], 1.8, shade(skin, 0.7))
    lips = (176, 62, 66) if long_hair else (160, 78, 74)
    if pose == "serious":
        s.line([(-9, 65), (9, 65)], 3, lips)
    else:
        s.blob([(-13, 61), (0, 64), (13, 61), (8, 69), (0, 71.5), (-8, 69)], lips)
        s.blob([(-10, 62.5), (0, 65), (10, 62.5), (0, 67.5)], WHITE)


def _legs(s: Sketch, feet: Sequence[tuple], width: float, fill: RGB, hoof: RGB | None) -> None:
    """Legs as (hip, knee, foot), the farther first and darker; thinner below the knee."""
    for number, (hip, knee, foot) in enumerate(feet):
        tone = shade(fill, 0.72) if number < len(feet) // 2 else fill
        s.line([hip, knee], width * 1.25, tone)
        s.line([knee, foot], width * 0.85, tone)
        s.box(foot[0] - width * 0.5, foot[1], foot[0] + width * 0.75, foot[1] + width * 0.55, hoof or tone)


def _gait(pose: str, hind: float, front: float, top: float, ground: float = 96) -> list[tuple]:
    """Far and near legs of an animal between these hind and front hips, standing or on the move."""
    knee = (top + ground) / 2
    if pose in ("running", "walking"):
        swing = 16 if pose == "running" else 7
        return [
            ((hind + 6, top), (hind + swing, knee), (hind + swing + 3, ground)),
            ((front - 4, top), (front + swing, knee - 3), (front + swing + 6, ground - 4)),
            ((hind, top), (hind - swing * 0.5, knee), (hind - swing * 1.3, ground - 2)),
            ((front, top), (front - swing * 0.2, knee), (front - swing * 0.9, ground)),
        ]
    return [
        ((hind + 9, top), (hind + 6, knee), (hind + 9, ground - 2)),
        ((front - 8, top), (front - 8, knee), (front - 8, ground - 2)),
        ((hind, top), (hind - 3, knee), (hind, ground)),
        ((front, top), (front + 1, knee), (front, ground)),
    ]


def _dog(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    coat, dark = tones[0], tones[1]
    if pose == "face":
        _pet_face(s, coat, dark, dog=True)
        return
    if pose == "sitting":
        s.line([(14, 90), (0, 88), (-4, 74)], 6, coat)
        s.blob([(20, 96), (14, 74), (26, 50), (44, 36), (60, 46), (62, 70), (62, 96)], coat)
        s.oval(28, 82, 16, 16, shade(coat, 0.88))
        s.box(16, 91, 44, 98, shade(coat, 0.88))
        _legs(s, [((50, 58), (51, 78), (51, 94)), ((58, 58), (60, 78), (60, 94))], 8, coat, None)
        _dog_head(s, 40, 8, coat, dark)
        s.line([(42, 40), (60, 44)], 4, (196, 40, 44))
        return
    s.line([(13, 48), (2, 36), (-2, 22)], 6, coat)
    _legs(s, _gait(pose, 22, 76, 62), 8, coat, None)
    s.blob([(10, 52), (18, 42), (45, 44), (66, 38), (80, 24), (92, 34), (86, 56), (74, 72), (50, 66),
        (26, 70), (12, 64)], coat)
    _dog_head(s, 74, 0, coat, dark)
    s.line([(74, 34), (88, 42)], 4.5, (196, 40, 44))


def _dog_head(s: Sketch, x: float, y: float, coat: RGB, dark: RGB) -> None:
    s.blob([(x, y + 20), (x + 4, y + 6), (x + 16, y + 4), (x + 24, y + 13), (x + 40, y + 17),
        (x + 41, y + 26), (x + 26, y + 33), (x + 8, y + 34)], coat)
    s.oval(x + 40, y + 18.5, 3.6, 3.2, BLACK)
    s.line([(x + 38, y + 27), (x + 27, y + 28.5)], 1.4, BLACK)
    s.oval(x + 21, y + 14, 2.2, 2.5, BLACK)
    s.blob([(x + 3, y + 6), (x + 11, y + 6), (x + 12, y + 22), (x + 6, y + 32), (x - 3, y + 28),
        (x - 2, y + 14)], dark)


def _pet_face(s: Sketch, coat: RGB, dark: RGB, dog: bool) -> None:
    pale = shade(coat, 1.45)
    s.blob([(-40, 100), (-34, 80), (0, 66), (34, 80), (40, 100), (0, 100)], shade(coat, 0.85))
    if not dog:
        for side in (-1, 1):
            s.polygon([(side * 36, 34), (side * 34, 0), (side * 8, 18)], coat)
            s.polygon([(side * 31, 28), (side * 30, 9), (side * 15, 20)], (226, 160, 156))
    s.blob([(-38, 46), (-30, 20), (0, 12), (30, 20), (38, 46), (30, 72), (0, 84), (-30, 72)], coat)
    if dog:
        for side in (-1, 1):
            s.blob([(side * 20, 12), (side * 38, 12), (side * 50, 36), (side * 47, 64), (side * 38, 66),
                (side * 31, 40)], dark)
        s.oval(0, 64, 20, 17, pale)
        s.oval(0, 54, 9, 6.5, BLACK)
        s.line([(-13, 68), (0, 72), (13, 68)], 2.2, BLACK)
        s.blob([(-6, 71), (6, 71), (6, 82), (0, 86), (-6, 82)], (226, 110, 122))
    else:
        for x in (-9, 0, 9):
            s.line([(x, 16), (x * 0.8, 27)], 3.4, dark)
        s.oval(-9, 65, 11, 8.5, pale)
        s.oval(9, 65, 11, 8.5, pale)
        s.polygon([(-5, 55), (5, 55), (0, 61)], (214, 110, 116))
        for side in (-1, 1):
            for rise in (-4, 1, 6):
                s.line([(side * 12, 65), (side * 46, 63 + rise)], 1.0, WHITE)
    for side in (-1, 1):
        s.oval(side * 16, 42, 7, 7 if not dog else 6, (150, 190, 70) if not dog else (92, 58, 32))
        s.oval(side * 16, 42, 2.6 if not dog else 4.4, 6.4 if not dog else 4.6, BLACK)
        s.oval(side * 16 + 2, 40, 1.6, 1.6, WHITE)


def _cat(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    coat, dark = tones[0], tones[1]
    if pose == "face":
        _pet_face(s, coat, dark, dog=False)
        return
    if pose == "walking":
        s.line([(10, 52), (-4, 40), (-6, 16), (0, 8)], 6, coat)
        _legs(s, _gait("walking", 20, 74, 62), 7.5, coat, None)
        s.blob([(8, 56), (16, 44), (44, 46), (70, 42), (84, 44), (84, 62), (66, 70), (40, 68), (16, 70)],
            coat)
        for x in (26, 38, 50, 62):
            s.line([(x, 46), (x - 2, 58)], 3.2, dark)
        _cat_head(s, 86, 38, 0.9, coat, dark)
        return
    if pose == "lying":
        s.line([(8, 92), (-10, 94), (-14, 84)], 7, coat)
        s.blob([(2, 96), (4, 70), (24, 54), (56, 58), (84, 66), (92, 96)], coat)
        for x in (22, 34, 46, 58):
            s.line([(x, 58), (x - 3, 74)], 3.6, dark)
        s.oval(96, 94, 14, 6, shade(coat, 1.15))
        _cat_head(s, 82, 56, 1.15, coat, dark)
        return
    s.line([(20, 92), (38, 94), (42, 78), (36, 70)], 6.5, coat)
    s.blob([(-26, 96), (-24, 74), (-12, 46), (0, 40), (12, 46), (24, 74), (26, 96)], coat)
    s.blob([(-9, 90), (-10, 60), (0, 50), (10, 60), (9, 90)], shade(coat, 1.35))
    for side in (-1, 1):
        s.line([(side * 7, 68), (side * 8, 94)], 8, coat)
        s.oval(side * 10, 97, 8, 4, shade(coat, 1.2))
        for rise in (0, 10):
            s.line([(side * 15, 62 + rise), (side * 21, 64 + rise)], 3, dark)
    _cat_head(s, 0, 24, 1.2, coat, dark)


def _cat_head(s: Sketch, x: float, y: float, k: float, coat: RGB, dark: RGB) -> None:
    for side in (-1, 1):
        s.polygon([(x + side * 18 * k, y - 2 * k), (x + side * 17 * k, y - 22 * k),
            (x + side * 3 * k, y - 11 * k)], coat)
        s.polygon([(x + side * 15 * k, y - 5 * k), (x + side * 15 * k, y - 16 * k),
            (x + side * 7 * k, y - 11 * k)], (222, 156, 150))
    s.oval(x, y, 19 * k, 16 * k, coat)
    for dx in (-4, 0, 4):
        s.line([(x + dx * k, y - 14 * k), (x + dx * k, y - 8 * k)], 2 * k, dark)
    s.oval(x, y + 8 * k, 9 * k, 6 * k, shade(coat, 1.4))
    for side in (-1, 1):
        s.oval(x + side * 8 * k, y - 1 * k, 4 * k, 4 * k, (170, 200, 70))
        s.oval(x + side * 8 * k, y - 1 * k, 1.7 * k, 3.6 * k, BLACK)
        s.line([(x + side * 7 * k, y + 7 * k), (x + side * 24 * k, y + 5 * k)], 0.9 * k, WHITE)
    s.polygon([(x - 3 * k, y + 4 * k), (x + 3 * k, y + 4 * k), (x, y + 7.5 * k)], (206, 100, 108))


def _horse(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    _equine(s, pose, tones[0], tones[1], ())


def _zebra(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    stripes = tuple(((x, 32 + abs(x - 40) * 0.02), (x - 4, 46), (x - 1, 60)) for x in range(14, 74, 8))
    _equine(s, pose, (238, 236, 230), (34, 32, 34), stripes)


def _equine(s: Sketch, pose: str, coat: RGB, mane: RGB, stripes: Sequence[Points]) -> None:
    s.line([(9, 36), (0, 48), (1, 70)], 6, mane)
    legs = _gait(pose, 17, 72, 52)
    _legs(s, legs, 7, coat, shade(mane, 0.8))
    if stripes:
        for hip, knee, foot in legs[2:]:
            for share in (0.15, 0.45, 0.75):
                x, y = foot[0] + (knee[0] - foot[0]) * share, foot[1] + (knee[1] - foot[1]) * share
                s.line([(x - 2.6, y), (x + 2.6, y)], 2.6, mane)
            s.line([(hip[0] - 4, 58), (hip[0] + 3, 60)], 2.8, mane)
    s.blob([(7, 44), (13, 32), (30, 31), (50, 34), (64, 30), (78, 36), (80, 48), (72, 58), (50, 61),
        (30, 58), (13, 58)], coat)
    for stripe in stripes:
        s.line(stripe, 3.2, mane)
    if pose == "grazing":
        neck = [(62, 32), (78, 34), (96, 62), (90, 70), (80, 62), (66, 56)]
        s.blob(neck, coat)
        s.line([(66, 32), (80, 38), (97, 62)], 4.5, mane)
        s.blob([(88, 58), (98, 58), (104, 72), (106, 88), (100, 93), (93, 88), (88, 72)], coat)
        s.polygon([(97, 60), (106, 55), (101, 66)], coat)
        s.oval(97, 70, 1.9, 1.9, BLACK)
        s.oval(101, 89, 5, 4, shade(coat, 0.7))
        bands: Points = [(74, 44), (80, 52), (87, 60)]
    else:
        s.blob([(58, 34), (68, 24), (78, 10), (88, 4), (94, 12), (88, 26), (82, 46), (72, 54)], coat)
        s.blob([(80, 8), (88, 2), (97, 9), (108, 22), (108, 29), (101, 30), (92, 23), (84, 20)], coat)
        s.polygon([(83, 7), (85, -5), (91, 4)], coat)
        s.line([(62, 30), (72, 16), (84, 3)], 5, mane)
        s.oval(94, 12, 2, 2, BLACK)
        s.oval(105.5, 26, 4, 4, shade(coat, 0.72))
        bands = [(70, 36), (74, 27), (79, 18)]
    if stripes:
        for x, y in bands:
            s.line([(x - 2, y - 2), (x + 11, y + 4)], 2.8, mane)


def _cow(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    coat, patch = tones[0], tones[1]
    s.line([(8, 30), (1, 42), (2, 66)], 3, coat)
    s.oval(2, 68, 3, 6, patch)
    _legs(s, _gait(pose, 18, 82, 60), 9, coat, BLACK)
    s.oval(30, 70, 9, 7, (232, 168, 164))
    s.blob([(6, 36), (12, 26), (40, 29), (70, 25), (90, 26), (96, 44), (90, 64), (70, 70), (36, 70),
        (14, 66), (7, 54)], coat)
    s.blob([(18, 30), (36, 28), (42, 42), (30, 54), (18, 46)], patch)
    s.blob([(54, 40), (70, 36), (74, 52), (62, 64), (50, 56)], patch)
    x, y = (98, 62) if pose == "grazing" else (98, 16)
    s.blob([(76, 28), (92, 24), (x + 4, y), (x + 6, y + 16), (90, 54), (80, 50)], coat)
    s.blob([(x - 8, y), (x, y - 6), (x + 8, y), (x + 22, y + 18), (x + 20, y + 28), (x + 10, y + 30),
        (x - 4, y + 16)], patch)
    s.blob([(x + 10, y + 16), (x + 22, y + 16), (x + 24, y + 27), (x + 12, y + 31)], (232, 176, 168))
    s.line([(x - 2, y - 5), (x + 1, y - 13), (x + 6, y - 15)], 3, (232, 222, 196))
    s.oval(x - 11, y + 3, 8, 3.6, coat, -15)
    s.oval(x + 6, y + 5, 2.1, 2.1, WHITE)
    s.oval(x + 6.4, y + 5, 1.4, 1.4, BLACK)


def _sheep(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    wool, face = tones[0], tones[1]
    _legs(s, _gait(pose, 28, 72, 68), 6, face, None)
    for x, y, r in ((20, 44, 16), (34, 32, 17), (54, 28, 18), (72, 34, 17), (80, 50, 16), (68, 62, 17),
        (48, 66, 18), (28, 60, 17)):
        s.oval(x, y, r, r * 0.95, shade(wool, 0.93) if y > 45 else wool)
    s.oval(50, 46, 30, 22, wool)
    for x, y in ((34, 44), (48, 38), (60, 50), (44, 56), (70, 44)):
        s.line([(x - 5, y), (x, y + 4), (x + 5, y)], 1.8, shade(wool, 0.84))
    drop = 26 if pose == "grazing" else 0
    s.blob([(84, 28 + drop), (94, 24 + drop), (104, 34 + drop), (108, 50 + drop), (101, 56 + drop),
        (90, 48 + drop)], face)
    s.oval(85, 34 + drop, 8, 3.4, face, 25)
    s.oval(88, 25 + drop, 10, 7, wool)
    s.oval(97, 37 + drop, 2.4, 2.4, WHITE)
    s.oval(97.6, 37 + drop, 1.4, 1.4, BLACK)


def _elephant(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    skin = tones[0]
    s.line([(6, 34), (-1, 46), (0, 64)], 3.5, skin)
    for x, tone in ((24, 0.74), (66, 0.74), (14, 1.0), (76, 1.0)):
        s.polygon([(x - 9, 50), (x + 10, 50), (x + 8, 99), (x - 7, 99)], shade(skin, tone))
        for toe in (-4, 1, 6):
            s.oval(x + toe, 97.5, 2.2, 2, shade(skin, 1.5))
    s.blob([(4, 46), (10, 22), (34, 12), (60, 15), (78, 18), (88, 40), (84, 64), (60, 72), (30, 72),
        (8, 68)], skin)
    s.blob([(74, 18), (88, 8), (104, 14), (110, 32), (106, 48), (92, 54), (78, 44)], skin)
    trunk: Points = [(105, 30), (113, 50), (112, 74), (116, 90), (124, 90)]
    if pose == "trumpeting":
        trunk = [(105, 32), (118, 40), (130, 30), (132, 10)]
    for number, (a, b) in enumerate(pairwise(trunk)):
        s.line([a, b], 14 - 2.6 * number, skin)
    s.blob([(98, 48), (104, 48), (112, 58), (122, 56), (112, 63), (101, 58)], WHITE)
    s.blob([(68, 16), (82, 10), (92, 24), (90, 46), (80, 58), (68, 46), (64, 28)], shade(skin, 0.82))
    s.oval(100, 28, 2.4, 2.4, BLACK)


def _giraffe(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    coat, patch = tones[0], tones[1]
    s.line([(10, 58), (4, 66), (5, 78)], 2, coat)
    s.oval(5, 79, 1.8, 4, patch)
    _legs(s, _gait(pose, 14, 42, 64, 98), 4.2, coat, shade(patch, 0.6))
    s.blob([(8, 60), (16, 53), (34, 47), (48, 46), (50, 60), (42, 70), (24, 70), (11, 70)], coat)
    s.blob([(36, 50), (46, 30), (54, 8), (62, 8), (60, 28), (52, 58), (44, 62)], coat)
    s.line([(36, 48), (46, 28), (54, 6)], 2.4, shade(patch, 0.8))
    for x, y, r in ((16, 60, 3.6), (24, 56, 3.8), (33, 54, 4.0), (20, 66, 3), (30, 64, 3.8), (40, 60, 4.2),
        (45, 50, 3.4), (48, 41, 3.0), (52, 32, 2.7), (54, 23, 2.4), (57, 14, 2.1), (41, 68, 2.6),
        (14, 73, 2.2), (42, 77, 2)):
        s.polygon([(x - r, y - r * 0.4), (x, y - r), (x + r, y - r * 0.3), (x + r * 0.6, y + r * 0.9),
            (x - r * 0.7, y + r * 0.8)], patch)
    s.blob([(53, 8), (60, 2), (68, 6), (77, 14), (76, 18), (70, 18), (60, 15)], coat)
    for x in (58, 62):
        s.line([(x, 4), (x - 1, -3)], 1.6, coat)
        s.oval(x - 1, -3.5, 1.6, 1.6, BLACK)
    s.oval(53, 6, 4.6, 1.9, coat, 20)
    s.oval(65, 8, 1.4, 1.4, BLACK)
    s.oval(75, 15.5, 2.6, 2.2, shade(coat, 0.75))


def _bear(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    coat, snout = tones[0], tones[1]
    legs = _gait("standing", 22, 82, 62, 94)
    for (hip, knee, foot), tone in zip(legs, (0.72, 0.72, 1.0, 1.0)):
        s.line([hip, knee, foot], 17, shade(coat, tone))
        s.oval(foot[0] + 4, 97, 11, 5, shade(coat, tone * 0.9))
    s.blob([(4, 56), (10, 32), (34, 22), (58, 26), (74, 18), (92, 26), (98, 46), (90, 66), (60, 74),
        (26, 74), (8, 68)], coat)
    s.oval(90, 14, 6, 6, coat)
    s.oval(106, 12, 6, 6, shade(coat, 0.85))
    s.oval(100, 27, 18, 16, coat)
    s.blob([(108, 26), (118, 26), (125, 32), (123, 39), (110, 41)], snout)
    s.oval(123, 30, 3.6, 3, BLACK)
    s.oval(105, 23, 2.3, 2.3, BLACK)


def _bird(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    coat, wing = tones[0], tones[1]
    if pose == "flying":
        s.polygon([(6, 58), (-18, 50), (-16, 62), (-20, 70), (8, 66)], wing)
        s.blob([(30, 58), (24, 30), (10, 6), (4, 0), (32, 14), (48, 38), (50, 58)], shade(wing, 0.75))
        s.blob([(2, 62), (20, 52), (50, 50), (66, 46), (76, 52), (72, 64), (50, 74), (22, 70)], coat)
        s.blob([(46, 58), (52, 30), (44, 4), (46, -6), (66, 16), (72, 40), (66, 60)], wing)
        s.polygon([(74, 50), (90, 56), (74, 59)], (240, 160, 40))
        s.oval(68, 52, 2.4, 2.4, BLACK)
        return
    for x in (46, 56):
        s.line([(x, 72), (x, 97), (x + 8, 98)], 2.8, (214, 130, 40))
    s.polygon([(22, 56), (-14, 78), (-10, 86), (30, 74)], wing)
    s.blob([(16, 58), (30, 38), (50, 30), (58, 12), (74, 4), (88, 14), (86, 34), (80, 58), (62, 76),
        (38, 78), (22, 72)], coat)
    s.blob([(14, 66), (28, 44), (50, 42), (62, 52), (52, 66), (32, 70), (4, 78)], wing)
    s.polygon([(86, 14), (104, 22), (86, 26)], (240, 160, 40))
    s.oval(77, 16, 3.4, 3.4, WHITE)
    s.oval(77.6, 16, 2.4, 2.4, BLACK)


def _wheel(s: Sketch, x: float, y: float, r: float) -> None:
    s.oval(x, y, r, r, TYRE)
    s.oval(x, y, r * 0.55, r * 0.55, (188, 190, 196))
    s.oval(x, y, r * 0.2, r * 0.2, TYRE)


def _car(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    paint = tones[0]
    s.blob([(40, 44), (60, 8), (84, 0), (126, 0), (148, 10), (172, 44)], paint)
    s.blob([(2, 80), (0, 58), (12, 44), (50, 36), (160, 36), (200, 44), (214, 56), (214, 80), (108, 84)],
        paint)
    s.polygon([(56, 40), (70, 13), (100, 8), (100, 40)], GLASS)
    s.polygon([(107, 40), (107, 8), (130, 9), (146, 17), (158, 40)], GLASS)
    s.box(4, 72, 212, 80, shade(paint, 0.6))
    s.line([(104, 44), (104, 72)], 2, shade(paint, 0.65))
    s.line([(112, 50), (122, 50)], 3, shade(paint, 0.5))
    s.oval(208, 56, 6, 6, (255, 240, 170))
    s.box(0, 52, 7, 62, (206, 30, 36))
    for x in (48, 168):
        s.oval(x, 78, 25, 25, shade(paint, 0.5))
        _wheel(s, x, 79, 21)


def _bus(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    paint = tones[0]
    s.blob([(0, 8), (6, 0), (206, 0), (216, 8), (220, 50), (220, 86), (110, 88), (0, 86)], paint)
    s.box(2, 56, 219, 63, shade(paint, 1.6))
    for x in range(10, 150, 34):
        s.box(x, 14, x + 28, 46, GLASS)
    s.box(150, 14, 180, 84, shade(paint, 0.55))
    s.box(153, 18, 164, 80, GLASS)
    s.box(167, 18, 178, 80, GLASS)
    s.polygon([(188, 12), (212, 12), (217, 52), (188, 52)], GLASS)
    s.oval(213, 72, 6, 5, (255, 240, 170))
    s.box(0, 80, 220, 87, shade(paint, 0.5))
    for x in (42, 130):
        _wheel(s, x, 85, 15)
    s.oval(196, 85, 15, 15, TYRE)
    s.oval(196, 85, 8, 8, (188, 190, 196))


def _truck(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    paint = tones[0]
    s.box(0, 0, 136, 76, (228, 228, 224))
    for x in range(14, 136, 20):
        s.line([(x, 3), (x, 73)], 1.6, (196, 196, 194))
    s.polygon([(142, 18), (174, 18), (190, 46), (206, 52), (208, 82), (142, 82)], paint)
    s.polygon([(154, 26), (171, 26), (182, 46), (154, 46)], GLASS)
    s.box(0, 76, 208, 84, (66, 66, 72))
    s.oval(204, 62, 5, 6, (255, 240, 170))
    for x in (28, 66, 176):
        _wheel(s, x, 83, 17)


def _bicycle(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    paint = tones[0]
    for x in (30, 130):
        rim = _oval(x, 70, 28, 28, 0).tolist()
        for turn in range(0, 14, 2):
            s.line([tuple(rim[turn]), tuple(rim[turn + 14])], 1.0, (170, 170, 174))
        s.line([*rim, rim[0]], 5, TYRE)
        s.oval(x, 70, 4, 4, (120, 120, 124))
    s.line([(30, 70), (54, 28), (108, 28), (74, 72), (30, 70)], 5.5, paint)
    s.line([(54, 28), (74, 72)], 5.5, paint)
    s.line([(130, 70), (104, 12)], 5.5, paint)
    s.line([(54, 28), (50, 14)], 4, (90, 90, 94))
    s.line([(38, 12), (62, 12)], 7, BLACK)
    s.line([(94, 8), (106, 8), (118, 16)], 5, BLACK)
    s.oval(74, 72, 8, 8, (90, 90, 94))
    s.line([(74, 72), (82, 86), (90, 86)], 3.5, BLACK)


def _motorcycle(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    paint = tones[0]
    for x in (30, 140):
        _wheel(s, x, 72, 28)
    s.line([(140, 72), (114, 14)], 6, (170, 172, 178))
    s.polygon([(30, 70), (56, 40), (110, 38), (104, 76), (66, 80)], (96, 98, 104))
    s.oval(84, 66, 16, 14, (150, 152, 158))
    s.blob([(66, 40), (76, 26), (104, 24), (114, 36), (102, 46), (76, 48)], paint)
    s.blob([(10, 34), (24, 32), (60, 36), (70, 46), (36, 46)], BLACK)
    s.blob([(4, 46), (28, 38), (52, 48), (48, 54), (28, 46), (8, 56)], paint)
    s.line([(98, 10), (112, 8), (120, 18)], 5, BLACK)
    s.oval(124, 26, 8, 8, (255, 240, 170))
    s.line([(20, 82), (72, 84)], 7, (196, 198, 204))


def _boat(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    paint, sail = tones[0], tones[1]
    if pose == "sailing":
        s.line([(52, 0), (52, 84)], 3, (110, 76, 44))
        s.blob([(56, 4), (76, 36), (98, 72), (56, 72)], sail)
        s.polygon([(47, 12), (47, 72), (10, 72)], shade(sail, 0.86))
        s.polygon([(-4, 80), (112, 80), (94, 100), (12, 100)], paint)
        s.box(-3, 80, 111, 84, shade(paint, 1.5))
        return
    s.box(58, 12, 92, 52, (240, 240, 236))
    s.box(54, 8, 98, 15, shade(paint, 0.8))
    for x in (63, 79):
        s.box(x, 20, x + 10, 33, GLASS)
    s.line([(40, 52), (40, 0)], 3, (90, 70, 50))
    s.polygon([(40, 1), (24, 6), (40, 12)], (214, 50, 46))
    s.polygon([(0, 50), (150, 44), (160, 40), (132, 86), (18, 86)], paint)
    s.polygon([(0, 50), (150, 44), (160, 40), (156, 48), (2, 57)], WHITE)
    s.polygon([(14, 76), (138, 76), (132, 86), (18, 86)], shade(paint, 0.6))
    for x in (44, 74, 104):
        s.oval(x, 65, 4, 4, WHITE)


def _airplane(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    paint = tones[0]
    body = (240, 242, 246)
    s.polygon([(116, 44), (142, 44), (96, 14), (84, 14)], (176, 182, 192))
    s.blob([(8, 40), (30, 34), (180, 32), (208, 38), (220, 48), (206, 56), (180, 60), (60, 60), (24, 52)],
        body)
    s.polygon([(8, 42), (0, -2), (20, -2), (50, 36)], paint)
    s.polygon([(10, 46), (-10, 34), (6, 33), (40, 44)], (186, 192, 202))
    s.polygon([(14, 50), (216, 50), (206, 56), (180, 60), (60, 60)], paint)
    for x in range(58, 186, 11):
        s.box(x, 40, x + 5.5, 46, (66, 92, 128))
    s.polygon([(196, 38), (208, 40), (212, 45), (198, 45)], (50, 66, 92))
    s.polygon([(88, 54), (134, 54), (70, 88), (54, 88)], (196, 202, 212))
    s.oval(108, 68, 13, 6, (130, 138, 150))
    if pose == "parked":
        for x in (94, 192):
            s.line([(x, 58), (x, 84)], 4, (90, 94, 100))
            s.oval(x, 86, 7, 7, TYRE)


def _train(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    paint = tones[0]
    if look == "steam":
        s.oval(176, -6, 14, 9, (226, 226, 228))
        s.oval(152, -16, 20, 11, (214, 214, 218))
        s.box(0, 22, 66, 82, shade(paint, 0.8))
        s.box(74, 6, 122, 82, paint)
        s.box(69, 0, 127, 9, BLACK)
        s.box(82, 18, 112, 42, (255, 230, 150))
        s.blob([(120, 34), (196, 34), (208, 48), (208, 66), (196, 80), (120, 80)], (52, 54, 60))
        s.polygon([(170, 34), (166, 6), (192, 6), (188, 34)], (40, 42, 46))
        s.oval(142, 32, 10, 8, (200, 160, 60))
        s.polygon([(200, 78), (228, 98), (196, 98)], (166, 40, 36))
        for x in (16, 48):
            _wheel(s, x, 87, 12)
        for x in (90, 126, 162):
            s.oval(x, 82, 17, 17, (166, 40, 36))
            s.oval(x, 82, 11, 11, BLACK)
        s.line([(90, 84), (162, 84)], 4, (190, 190, 196))
        return
    s.blob([(0, 6), (8, 0), (200, 0), (236, 16), (256, 50), (258, 78), (130, 82), (0, 80)], paint)
    s.polygon([(0, 54), (254, 54), (257, 66), (0, 66)], shade(paint, 1.75))
    for x in range(10, 176, 32):
        s.box(x, 16, x + 25, 42, GLASS if x != 74 else shade(paint, 0.6))
    s.polygon([(200, 12), (226, 14), (243, 40), (200, 42)], GLASS)
    s.oval(248, 60, 5, 5, (255, 240, 170))
    s.box(0, 78, 250, 86, (62, 62, 68))
    s.line([(90, 0), (104, -12), (120, 0)], 2.4, (80, 80, 84))
    for x in (24, 52, 124, 152, 200, 226):
        _wheel(s, x, 90, 9)


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


def _chair(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    wood, seat = tones[0], tones[1]
    dark = shade(wood, 0.75)
    s.line([(46, 56), (46, 92)], 5, dark)
    s.line([(14, 56), (14, 88)], 5, dark)
    s.line([(4, 2), (4, 97)], 6, wood)
    s.line([(36, 2), (38, 50)], 6, wood)
    for y in (8, 22, 36):
        s.line([(4, y), (36, y)], 6, wood)
    s.polygon([(0, 56), (14, 48), (58, 48), (52, 56)], seat)
    s.polygon([(0, 56), (52, 56), (52, 63), (0, 63)], shade(seat, 0.75))
    s.polygon([(52, 56), (58, 48), (58, 55), (52, 63)], shade(seat, 0.6))
    s.line([(49, 60), (49, 97)], 6, wood)


def _couch(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    cloth, pillow = tones[0], tones[1]
    for x in (14, 186):
        s.box(x - 5, 88, x + 5, 100, (80, 54, 34))
    s.blob([(10, 60), (12, 12), (24, 0), (100, 2), (176, 0), (188, 12), (190, 60), (100, 64)],
        shade(cloth, 0.85))
    s.line([(100, 6), (100, 52)], 2, shade(cloth, 0.65))
    s.box(16, 50, 184, 92, shade(cloth, 0.7))
    for left in (20, 101):
        s.blob([(left, 54), (left + 4, 48), (left + 75, 48), (left + 79, 54), (left + 79, 68),
            (left + 40, 71), (left, 68)], shade(cloth, 1.1))
    s.polygon([(30, 24), (56, 18), (62, 46), (36, 50)], pillow)
    s.polygon([(146, 18), (170, 24), (164, 50), (140, 46)], pillow)
    for x in (10, 190):
        s.blob([(x - 14, 46), (x - 10, 34), (x, 30), (x + 10, 34), (x + 14, 46), (x + 12, 94),
            (x - 12, 94)], cloth)


def _bed(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    cover, wood = tones[0], tones[1]
    s.blob([(-2, 100), (-2, 10), (6, 0), (16, 6), (18, 98), (8, 100)], wood)
    s.box(172, 58, 184, 100, wood)
    s.box(14, 74, 178, 90, shade(wood, 0.8))
    s.polygon([(16, 52), (44, 34), (182, 40), (178, 56), (178, 78), (16, 78)], (240, 240, 238))
    s.polygon([(66, 50), (80, 37), (182, 40), (178, 56), (178, 84), (66, 84)], cover)
    s.polygon([(66, 50), (80, 37), (92, 37), (80, 52), (80, 84), (66, 84)], shade(cover, 1.35))
    s.polygon([(80, 60), (178, 62), (178, 84), (80, 84)], shade(cover, 0.85))
    s.blob([(20, 50), (22, 34), (34, 27), (56, 31), (60, 44), (46, 52)], WHITE)
    s.blob([(22, 48), (40, 46), (58, 42), (46, 52)], (206, 208, 214))


def _table(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    wood = tones[0]
    if look == "cloth":
        for x in (26, 154):
            s.box(x - 4, 30, x + 4, 100, (110, 76, 46))
        s.polygon([(0, 14), (26, 0), (154, 0), (180, 14), (184, 52), (150, 44), (120, 54), (90, 46),
            (60, 54), (30, 44), (-4, 52)], wood)
        s.polygon([(0, 14), (26, 0), (154, 0), (180, 14)], shade(wood, 1.35))
        return
    for x, drop in ((34, 88), (146, 88), (12, 100), (168, 100)):
        s.box(x - 4.5, 18, x + 4.5, drop, shade(wood, 0.7 if drop < 95 else 0.9))
    s.polygon([(-4, 16), (24, 0), (156, 0), (184, 16)], shade(wood, 1.25))
    s.box(-4, 16, 184, 24, shade(wood, 0.8))


def _bench(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    wood = tones[0]
    for x in (18, 142):
        s.line([(x - 2, 4), (x, 62), (x - 6, 97)], 6, (60, 62, 66))
        s.line([(x, 60), (x + 12, 64), (x + 12, 97)], 6, (60, 62, 66))
    for y in (6, 20, 34):
        s.box(0, y, 160, y + 9, wood)
    s.polygon([(4, 52), (156, 52), (168, 66), (-4, 66)], shade(wood, 1.15))
    s.box(-4, 66, 168, 72, shade(wood, 0.7))


def _kite(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    main, second = tones[0], tones[1]
    s.line([(28, 58), (20, 72), (30, 84), (18, 99)], 1.6, (80, 80, 84))
    s.polygon([(28, 0), (56, 22), (28, 60), (0, 22)], main)
    s.polygon([(28, 0), (56, 22), (28, 22)], second)
    s.polygon([(28, 22), (28, 60), (0, 22)], second)
    for x, y in ((22, 72), (28, 84), (20, 95)):
        s.polygon([(x - 6, y - 4), (x + 6, y + 4), (x + 6, y - 4), (x - 6, y + 4)], main)


def _umbrella(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
    main, second = tones[0], tones[1]
    s.line([(50, 4), (50, 99)], 4, (196, 190, 180))
    s.blob([(0, 42), (10, 18), (50, 4), (90, 18), (100, 42), (84, 38), (67, 43), (50, 38), (33, 43),
        (16, 38)], main)
    s.polygon([(50, 5), (24, 15), (16, 38), (33, 42)], second)
    s.polygon([(50, 5), (76, 15), (84, 38), (67, 42)], second)


# fmt: on

Draw = Callable[[Sketch, str, str, Sequence[RGB]], None]
SKETCHES: dict[str, Draw] = {
    "person": _person,
    "bicycle": _bicycle,
    "car": _car,
    "motorcycle": _motorcycle,
    "airplane": _airplane,
    "bus": _bus,
    "train": _train,
    "truck": _truck,
    "boat": _boat,
    "bench": _bench,
    "bird": _bird,
    "cat": _cat,
    "dog": _dog,
    "horse": _horse,
    "sheep": _sheep,
    "cow": _cow,
    "elephant": _elephant,
    "bear": _bear,
    "zebra": _zebra,
    "giraffe": _giraffe,
    "umbrella": _umbrella,
    "kite": _kite,
    "banana": _banana,
    "apple": _apple,
    "orange": _orange,
    "pizza": _pizza,
    "donut": _donut,
    "cake": _cake,
    "chair": _chair,
    "couch": _couch,
    "bed": _bed,
    "dining table": _table,
}
FACE_POSES = ("smiling", "serious", "glasses", "bearded")


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
    draw = _face if category == "person" and pose in FACE_POSES else SKETCHES[category]
    draw(shapes, pose, look, tones)
    return shapes


@cache
def aspect(category: str, pose: str, look: str) -> float:
    """Width over height of an object's bounding box."""
    left, top, right, bottom = sketch(category, pose, look, (BLACK,) * 4).bounds()
    return (right - left) / (bottom - top)


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
