"""What scenes are made of: places, categories, sizes, poses and colours."""

from __future__ import annotations

from dataclasses import dataclass

from tyrosine.simulation.scenes.pens import RGB

SUPERSAMPLING = 3
"""Scenes are drawn this many times larger and scaled down, for smooth edges."""

COCO_CATEGORIES: dict[str, tuple[int, str]] = {
    "person": (1, "person"),
    "bicycle": (2, "vehicle"),
    "car": (3, "vehicle"),
    "motorcycle": (4, "vehicle"),
    "airplane": (5, "vehicle"),
    "bus": (6, "vehicle"),
    "train": (7, "vehicle"),
    "truck": (8, "vehicle"),
    "boat": (9, "vehicle"),
    "bench": (15, "outdoor"),
    "bird": (16, "animal"),
    "cat": (17, "animal"),
    "dog": (18, "animal"),
    "horse": (19, "animal"),
    "sheep": (20, "animal"),
    "cow": (21, "animal"),
    "elephant": (22, "animal"),
    "bear": (23, "animal"),
    "zebra": (24, "animal"),
    "giraffe": (25, "animal"),
    "umbrella": (28, "accessory"),
    "kite": (38, "sports"),
    "banana": (52, "food"),
    "apple": (53, "food"),
    "orange": (55, "food"),
    "pizza": (59, "food"),
    "donut": (60, "food"),
    "cake": (61, "food"),
    "chair": (62, "furniture"),
    "couch": (63, "furniture"),
    "bed": (65, "furniture"),
    "dining table": (67, "furniture"),
}
"""COCO's name of each category that can be drawn: its id and supercategory."""

SUPERCATEGORIES: tuple[str, ...] = (
    "person",
    "vehicle",
    "outdoor",
    "animal",
    "accessory",
    "sports",
    "food",
    "furniture",
)


@dataclass(frozen=True)
class Background:
    """A place, what can be seen there and where its ground begins."""

    indoor: bool
    horizon: tuple[float, float]
    cast: tuple[str, ...]
    extras: tuple[str, ...] = ()
    building: tuple[str, ...] = ()
    buildings: tuple[int, int] = (0, 0)


FRUIT = ("banana", "apple", "orange")
FOOD = (*FRUIT, "pizza", "donut", "cake")
BACKGROUNDS: dict[str, Background] = {
    "beach": Background(
        False, (0.36, 0.46), ("person", "dog", "bird", "boat", "horse", "umbrella", "kite"),
        ("person", "dog", "bird", "boat", "umbrella", "kite"), ("lighthouse",), (0, 1),
    ),
    "lake": Background(
        False, (0.42, 0.52), ("boat", "bird"), ("boat", "bird"), ("house", "church"), (0, 2),
    ),
    "street": Background(
        False, (0.46, 0.54), ("person", "car", "bus", "bicycle", "motorcycle", "truck", "dog"),
        ("person", "car", "bicycle", "motorcycle", "dog"), ("office building", "house"), (2, 4),
    ),
    "town square": Background(
        False, (0.46, 0.54), ("person", "bicycle", "dog", "bird", "bench", "horse"),
        ("person", "bicycle", "dog", "bird", "bench"), ("church", "tower"), (1, 2),
    ),
    "field": Background(
        False, (0.4, 0.5), ("cow", "horse", "sheep", "dog", "person", "bird", "kite"),
        ("cow", "horse", "sheep", "person", "bird", "dog"), ("house", "barn"), (0, 1),
    ),
    "savanna": Background(
        False, (0.46, 0.56), ("giraffe", "elephant", "zebra"), ("giraffe", "elephant", "zebra", "bird"),
    ),
    "forest": Background(False, (0.5, 0.58), ("bear", "person", "dog", "horse"), ("dog", "person")),
    "snowy mountain": Background(
        False, (0.5, 0.58), ("person", "dog", "bear"), ("person",), ("cabin",), (0, 1),
    ),
    "park": Background(
        False, (0.44, 0.52), ("person", "dog", "bird", "bench", "bicycle", "kite"),
        ("person", "dog", "bird", "bench", "bicycle", "kite"), ("office building",), (0, 3),
    ),
    "railway": Background(False, (0.46, 0.54), ("train",), ("person", "bird"), ("house", "church"), (0, 1)),
    "airport": Background(False, (0.48, 0.56), ("airplane",), ("truck", "bus"), ("control tower",),
    (0, 1)),
    "sky": Background(False, (0.88, 0.95), ("airplane", "bird", "kite"), ("bird",), ("house",), (0, 2)),
    "kitchen": Background(
        True, (0.62, 0.68), ("person", "cat", "dog", "chair", "dining table"), ("cat", "dog", "chair", *FOOD),
    ),
    "bedroom": Background(True, (0.6, 0.68), ("bed", "person", "cat", "dog", "chair"), ("cat", "dog",
    "chair")),
    "living room": Background(
        True, (0.6, 0.68), ("couch", "person", "cat", "dog", "chair"), ("cat", "dog", "person", "chair"),
    ),
    "dining room": Background(
        True, (0.62, 0.7), ("dining table", "chair", "person"), ("chair", "cat", *FOOD),
    ),
    "tabletop": Background(True, (0.3, 0.42), FOOD, FOOD),
}  # fmt: skip

THEMES: dict[str, tuple[str, ...]] = {
    "people": ("person",),
    "animals": tuple(name for name, (_, kind) in COCO_CATEGORIES.items() if kind == "animal"),
    "vehicles": tuple(name for name, (_, kind) in COCO_CATEGORIES.items() if kind == "vehicle"),
    "food": FOOD,
    "furniture": ("chair", "couch", "bed", "dining table"),
    "leisure": ("bench", "umbrella", "kite"),
    "landscape": ("person", "boat", "bird", "cow", "sheep", "car", "train", "bicycle", "dog"),
}
SCHEDULE: tuple[str, ...] = (
    *("people",) * 7, *("animals",) * 7, *("vehicles",) * 3, *("food",) * 2, *("furniture",) * 2,
    *("landscape",) * 2, "leisure",
)  # fmt: skip
"""The themes of each run of scenes as long as this, in a random order: every small sample is balanced."""

SIZES: dict[str, tuple[float, float]] = {
    "person": (0.62, 0.86), "bicycle": (0.36, 0.5), "car": (0.28, 0.4), "motorcycle": (0.36, 0.48),
    "airplane": (0.24, 0.36), "bus": (0.34, 0.44), "train": (0.32, 0.4), "truck": (0.36, 0.44),
    "boat": (0.3, 0.5),
    "bench": (0.36, 0.46), "bird": (0.26, 0.46), "cat": (0.34, 0.52), "dog": (0.34, 0.54),
    "horse": (0.46, 0.64),
    "sheep": (0.34, 0.48), "cow": (0.38, 0.52), "elephant": (0.48, 0.64), "bear": (0.4, 0.54),
    "zebra": (0.44, 0.6), "giraffe": (0.66, 0.88), "umbrella": (0.5, 0.66), "kite": (0.3, 0.42),
    "banana": (0.32, 0.5), "apple": (0.36, 0.54), "orange": (0.36, 0.54), "pizza": (0.4, 0.56),
    "donut": (0.36, 0.52), "cake": (0.42, 0.58), "chair": (0.5, 0.66), "couch": (0.4, 0.48),
    "bed": (0.4, 0.48),
    "dining table": (0.38, 0.46),
}  # fmt: skip
"""Height of an object that a scene is about, as a share of the picture."""

STATURE: dict[str, float] = {
    "person": 1.7, "bicycle": 1.1, "car": 1.5, "motorcycle": 1.2, "airplane": 3.5, "bus": 3.0, "train": 3.5,
    "truck": 3.0, "boat": 2.5, "bench": 0.9, "bird": 0.45, "cat": 0.45, "dog": 0.7, "horse": 1.9,
    "sheep": 0.95,
    "cow": 1.5, "elephant": 3.0, "bear": 1.4, "zebra": 1.6, "giraffe": 4.6, "umbrella": 2.1, "kite": 0.8,
    "banana": 0.2, "apple": 0.16, "orange": 0.16, "pizza": 0.3, "donut": 0.16, "cake": 0.24, "chair": 1.0,
    "couch": 0.95, "bed": 1.0, "dining table": 0.85,
}  # fmt: skip
"""Rough height in metres, so that neighbours have believable proportions."""

SURFACES: dict[str, tuple[float, tuple[str, ...]]] = {
    "dining table": (0.1, FOOD),
    "couch": (0.56, ("cat", "dog")),
    "bed": (0.5, ("cat", "dog")),
}
"""Furniture on which things lie: how far down its height, and what may lie there."""

POSES: dict[str, tuple[str, ...]] = {
    "bicycle": ("parked",), "car": ("driving", "parked"), "motorcycle": ("parked",), "bus": ("driving",
    "parked"),
    "train": ("travelling",), "truck": ("driving", "parked"), "boat": ("sailing", "floating"),
    "cat": ("sitting", "walking", "lying", "face"), "dog": ("standing", "sitting", "running", "face"),
    "horse": ("standing", "grazing", "running"), "cow": ("standing", "grazing"), "sheep": ("standing",
    "grazing"),
    "elephant": ("standing", "trumpeting"), "bear": ("standing",), "zebra": ("standing", "grazing",
    "running"),
    "giraffe": ("standing", "walking"), "bird": ("perched", "flying"), "kite": ("flying",),
    "pizza": ("whole", "sliced"), "orange": ("whole", "cut"), "banana": ("single", "bunch"),
    "cake": ("whole", "slice"),
}  # fmt: skip
BODY_POSES = ("standing", "walking", "running", "waving", "cheering")
INDOOR_POSES = ("standing", "waving", "cheering")

PAINTS: dict[str, tuple[RGB, ...]] = {
    "red": ((206, 44, 44),),
    "blue": ((48, 96, 190),),
    "yellow": ((240, 200, 50),),
    "green": ((52, 146, 82),),
    "white": ((238, 238, 236),),
    "black": ((52, 52, 58),),
    "orange": ((234, 128, 40),),
    "purple": ((128, 74, 160),),
    "pink": ((236, 130, 164),),
    "grey": ((142, 146, 152),),
}
WOODS: dict[str, tuple[RGB, ...]] = {
    "brown": ((150, 98, 56), (190, 140, 92)),
    "white": ((236, 234, 228), (190, 120, 110)),
    "black": ((62, 56, 54), (170, 60, 56)),
    "red": ((178, 58, 46), (222, 190, 120)),
    "blue": ((70, 112, 168), (226, 214, 180)),
}
CLOTHS: dict[str, tuple[RGB, ...]] = {
    "red": ((188, 54, 52), (240, 210, 150)),
    "blue": ((64, 104, 170), (236, 220, 130)),
    "green": ((86, 142, 96), (244, 236, 210)),
    "grey": ((146, 150, 158), (214, 110, 80)),
    "brown": ((142, 98, 66), (236, 214, 170)),
    "purple": ((132, 90, 150), (244, 210, 120)),
}
GAUDY: dict[str, tuple[RGB, ...]] = {
    "red": ((214, 48, 48), (250, 214, 70)),
    "blue": ((50, 100, 200), (246, 246, 244)),
    "green": ((46, 150, 84), (250, 236, 130)),
    "orange": ((240, 130, 40), (90, 60, 150)),
    "pink": ((238, 110, 160), (120, 200, 230)),
}
COLOURS: dict[str, dict[str, tuple[RGB, ...]]] = {
    "bicycle": PAINTS, "car": PAINTS, "motorcycle": PAINTS, "bus": PAINTS, "truck": PAINTS, "train": PAINTS,
    "airplane": {name: PAINTS[name] for name in ("red", "blue", "green", "orange")},
    "boat": {
        "red": ((196, 50, 48), (246, 244, 236)), "blue": ((48, 90, 160), (250, 248, 244)),
        "green": ((50, 120, 90), (250, 226, 150)), "white": ((236, 236, 232), (226, 90, 70)),
        "brown": ((138, 92, 56), (244, 232, 206)),
    },
    "bench": WOODS, "chair": WOODS,
    "dining table": {name: WOODS[name] for name in ("brown", "white", "red")},
    "couch": CLOTHS, "bed": {name: (tones[0], (124, 82, 50)) for name, tones in CLOTHS.items()},
    "umbrella": GAUDY, "kite": GAUDY,
    "dog": {
        "brown": ((168, 112, 64), (108, 68, 40)), "black": ((66, 62, 64), (40, 38, 40)),
        "white": ((234, 230, 222), (190, 176, 158)), "tan": ((218, 176, 116), (168, 118, 66)),
        "grey": ((150, 150, 152), (104, 104, 110)),
    },
    "cat": {
        "orange": ((228, 148, 70), (172, 94, 36)), "grey": ((150, 152, 160), (96, 98, 108)),
        "black": ((64, 60, 66), (36, 34, 38)), "white": ((238, 234, 228), (200, 190, 180)),
        "brown": ((152, 112, 78), (92, 62, 42)),
    },
    "horse": {
        "brown": ((142, 84, 48), (66, 40, 28)), "black": ((66, 58, 58), (30, 28, 30)),
        "white": ((236, 232, 226), (196, 188, 178)), "grey": ((160, 160, 164), (90, 90, 98)),
        "tan": ((206, 156, 92), (240, 224, 180)),
    },
    "cow": {
        "": ((240, 238, 232), (42, 38, 38)), "brown": ((156, 96, 58), (112, 66, 40)),
        "spotted": ((238, 228, 212), (150, 88, 52)),
    },
    "sheep": {
        "white": ((240, 236, 226), (62, 56, 54)), "": ((226, 214, 192), (206, 184, 160)),
        "grey": ((168, 164, 162), (56, 52, 52)),
    },
    "elephant": {"grey": ((142, 142, 150),), "": ((126, 120, 120),), "brown": ((152, 130, 116),)},
    "bear": {
        "brown": ((118, 78, 46), (186, 148, 106)), "black": ((58, 54, 56), (150, 116, 84)),
    },
    "zebra": {"": ((238, 236, 230), (34, 32, 34)), "striped": ((238, 236, 230), (34, 32, 34))},
    "giraffe": {"": ((238, 204, 128), (158, 96, 46)), "spotted": ((232, 190, 110), (134, 76, 38))},
    "bird": {
        "blue": ((76, 130, 206), (40, 76, 150)), "red": ((208, 60, 50), (134, 34, 36)),
        "white": ((244, 244, 242), (172, 178, 188)), "black": ((60, 60, 70), (32, 32, 40)),
        "yellow": ((244, 206, 72), (176, 134, 40)), "brown": ((164, 122, 84), (108, 74, 48)),
    },
    "banana": {"yellow": ((246, 212, 62),), "green": ((180, 196, 70),)},
    "apple": {"red": ((206, 40, 44),), "green": ((138, 186, 66),), "yellow": ((236, 206, 84),)},
    "orange": {"": ((246, 148, 34),)},
    "pizza": {"": ((196, 52, 40),)},
    "donut": {"pink": ((244, 140, 176),), "brown": ((112, 66, 42),), "white": ((248, 244, 238),)},
    "cake": {
        "pink": ((248, 186, 206), (222, 174, 112)), "white": ((250, 246, 238), (236, 204, 140)),
        "brown": ((116, 70, 46), (152, 98, 62)),
    },
}  # fmt: skip
"""Colour names that captions use, with the colours; nothing where a caption would not name one."""

SKINS: tuple[RGB, ...] = ((244, 208, 178), (226, 176, 138), (190, 134, 96), (142, 94, 66), (100, 66, 48))
HAIRS: tuple[RGB, ...] = (
    (44, 34, 32),
    (92, 58, 36),
    (150, 96, 50),
    (222, 186, 110),
    (170, 80, 44),
    (170, 168, 168),
)
TROUSERS: tuple[RGB, ...] = ((52, 66, 110), (70, 70, 78), (124, 100, 76), (40, 42, 50), (150, 156, 166))
EYES: tuple[RGB, ...] = ((74, 50, 34), (66, 110, 160), (84, 128, 84), (50, 38, 32))
