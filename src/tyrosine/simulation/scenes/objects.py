"""Objects that a scene can hold, drawn as filled outlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from tyrosine.simulation.scenes.pens import BLACK, GLASS, RGB, TYRE, WHITE, Points, Sketch, oval, shade

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
            rim = oval(side * 12.5, 42, 9.5, 8, 0).tolist()
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
        rim = oval(x, 70, 28, 28, 0).tolist()
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
