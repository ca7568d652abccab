"""Animals, drawn as filled outlines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tyrosine.simulation.scenes.pens import BLACK, RGB, WHITE, Draw, Points, Sketch, shade

# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off


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


# fmt: on

ANIMALS: dict[str, Draw] = {
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
}
