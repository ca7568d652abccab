"""People, whole and their faces, drawn as filled outlines."""

from __future__ import annotations

from collections.abc import Sequence

from tyrosine.simulation.scenes.pens import BLACK, RGB, WHITE, Draw, Sketch, oval, shade

# Outlines are lists of points: one point a line, as the formatter would have it, nobody could read them.
# fmt: off


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


def draw_face(s: Sketch, pose: str, look: str, tones: Sequence[RGB]) -> None:
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


# fmt: on

PEOPLE: dict[str, Draw] = {
    "person": _person,
}
FACE_POSES = ("smiling", "serious", "glasses", "bearded")
