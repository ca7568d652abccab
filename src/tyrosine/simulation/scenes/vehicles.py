"""Vehicles, drawn as filled outlines."""

from __future__ import annotations

from collections.abc import Sequence

from tyrosine.simulation.scenes.pens import BLACK, GLASS, RGB, TYRE, WHITE, Draw, Sketch, oval, shade

# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off


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


# fmt: on

VEHICLES: dict[str, Draw] = {
    "bicycle": _bicycle,
    "car": _car,
    "motorcycle": _motorcycle,
    "airplane": _airplane,
    "bus": _bus,
    "train": _train,
    "truck": _truck,
    "boat": _boat,
}
