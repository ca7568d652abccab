"""Furniture and what people carry, drawn as filled outlines."""

from __future__ import annotations

from collections.abc import Sequence

from tyrosine.simulation.scenes.pens import RGB, WHITE, Draw, Sketch, shade

# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off


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

FURNITURE: dict[str, Draw] = {
    "bench": _bench,
    "umbrella": _umbrella,
    "kite": _kite,
    "chair": _chair,
    "couch": _couch,
    "bed": _bed,
    "dining table": _table,
}
