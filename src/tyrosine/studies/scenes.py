"""Simulated natural scenes with captions: the stimuli of the offline study, drawn, not photographed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from tyrosine.errors import ParameterError
from tyrosine.studies.captions import write_captions
from tyrosine.studies.drawing import FACE_POSES, RGB, aspect, backdrop, shade, sketch

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


@dataclass(frozen=True)
class SceneObject:
    """One drawn object.

    Attributes
    ----------
    category, supercategory : str
        COCO's names.
    category_id : int
        COCO's id.
    x, y : float
        Centre of the bounding box, as shares of the picture from its left and top edge.
    size : float
        Height of the bounding box as a share of the picture.
    face : bool
        Whether a face is large enough to see its eyes.
    body : bool
        Whether the whole body of a person or an animal is visible.
    pose, look : str
        What it does, and which kind of it this is (a person's look, or a variant).
    colour : str
        The colour that captions may name, or nothing.
    garment : str
        What a person wears in this colour, or nothing.
    tones : tuple of RGB
        Colours to draw with, the main one first.
    mirrored : bool
        Whether it faces left.
    support : str
        The category of the furniture on which it lies, or nothing.
    """

    category: str
    category_id: int
    supercategory: str
    x: float
    y: float
    size: float
    face: bool
    body: bool
    pose: str
    look: str
    colour: str
    garment: str
    tones: tuple[RGB, ...]
    mirrored: bool
    support: str


@dataclass(frozen=True)
class Scene:
    """A picture's content: a background, one to three objects from back to front, and five captions.

    Attributes
    ----------
    background : str
        A key of `BACKGROUNDS`.
    indoor : bool
        Whether it is a room or a table in one.
    buildings : int
        Number of buildings drawn.
    objects : tuple of SceneObject
        In drawing order, the front one last.
    captions : tuple of str
        Five sentences.
    main : int
        Index of the object that the scene is about; every caption names it.
    building : str
        The kind of its buildings, or nothing.
    horizon : float
        Where ground or floor begin, as a share of the picture from its top.
    sky : str
        A key of `drawing.SKIES`.
    light : tuple of float
        What red, green and blue are multiplied with.
    texture : int
        Seed of details that no caption names: clouds, trees, grain.
    """

    background: str
    indoor: bool
    buildings: int
    objects: tuple[SceneObject, ...]
    captions: tuple[str, ...]
    main: int
    building: str
    horizon: float
    sky: str
    light: tuple[float, float, float]
    texture: int


@dataclass
class _Draft:
    """An object while the scene is composed: what it is, before where it is."""

    category: str
    pose: str
    look: str
    colour: str
    garment: str
    tones: tuple[RGB, ...]
    size: float
    bottom: float = 0.9
    x: float = 0.5
    support: str = ""

    @property
    def width(self) -> float:
        return self.size * aspect(self.category, self.pose, self.look)


def _pick(rng: np.random.Generator, choices: Sequence):
    return choices[int(rng.integers(len(choices)))]


def _vary(tone: RGB, rng: np.random.Generator) -> RGB:
    # Mostly lighter or darker, hardly another hue: skin and fur would look ill.
    changes = rng.integers(-12, 13) + rng.integers(-4, 5, 3)
    red, green, blue = (int(np.clip(value + change, 0, 255)) for value, change in zip(tone, changes))
    return red, green, blue


def _pose(category: str, background: str, close: bool, rng: np.random.Generator) -> str:
    """What an object does there; close-ups of faces only for the object that the scene is about."""
    if category == "person":
        if close:
            return _pick(rng, FACE_POSES)
        if background == "snowy mountain" and rng.random() < 0.75:
            return "skiing"
        return _pick(rng, INDOOR_POSES if BACKGROUNDS[background].indoor else BODY_POSES)
    if category == "airplane":
        return "parked" if background == "airport" and rng.random() < 0.7 else "flying"
    if category == "bird" and background in ("sky", "lake", "railway", "savanna"):
        return "flying"
    poses = POSES.get(category, ("",))
    if close and "face" in poses:
        return "face"
    indoor = BACKGROUNDS[background].indoor
    allowed = [
        pose
        for pose in poses
        if pose != "face"
        and not (pose == "running" and indoor)
        and not (pose == "grazing" and background not in ("field", "savanna"))
    ]
    return _pick(rng, allowed)


def _draft(category: str, background: str, close: bool, rng: np.random.Generator) -> _Draft:
    """Choose pose, look and colours of one object."""
    pose = _pose(category, background, close, rng)
    low, high = SIZES[category]
    size = float(rng.uniform(low, high))
    if category == "person":
        look = _pick(rng, ("man", "woman", "man", "woman", "boy", "girl"))
        if pose == "bearded":
            look = "man"
        colour = _pick(rng, tuple(PAINTS))
        dress = look in ("woman", "girl") and pose in ("standing", "waving")
        garment = "dress" if dress else "jacket" if pose == "skiing" else "shirt"
        second = EYES if pose in FACE_POSES else TROUSERS
        child = look in ("boy", "girl")
        # Grey is the last colour of hair, and children have none.
        hair = _pick(rng, HAIRS[:-1] if child else HAIRS)
        tones: tuple[RGB, ...] = (PAINTS[colour][0], _pick(rng, second), _pick(rng, SKINS), hair)
        if pose in FACE_POSES:
            size = float(rng.uniform(0.74, 0.94))
        elif child:
            size *= 0.9
    else:
        look = {
            "train": _pick(rng, ("electric", "steam")),
            "dining table": _pick(rng, ("bare", "cloth")),
        }.get(category, "")
        colour, garment = _pick(rng, tuple(COLOURS[category])), ""
        tones = COLOURS[category][colour]
        if pose == "face":
            size = float(rng.uniform(0.7, 0.92))
        elif pose == "flying":
            size *= 0.85
    return _Draft(category, pose, look, colour, garment, tuple(_vary(tone, rng) for tone in tones), size)


def _compose(
    drafts: list[_Draft], background: str, horizon: float, distant: bool, rng: np.random.Generator
) -> None:
    """Give every draft its size, place and ground line; the first is the one that the scene is about."""
    main, many = drafts[0], len(drafts)
    for draft in drafts[1:]:
        for surface, (_, things) in SURFACES.items():
            if (
                main.category == surface
                and draft.category in things
                and (draft.category in FOOD or rng.random() < 0.7)
            ):
                draft.support = surface
    free = [draft for draft in drafts if not draft.support]
    nearness = [1.0, *rng.uniform(0.72, 1.0, len(free) - 1).tolist()]
    for draft, near in zip(free, nearness):
        if draft is not main:
            ratio = (STATURE[draft.category] / STATURE[main.category]) ** 0.7
            draft.size = min(draft.size, max(main.size * ratio * 1.05, 0.14))
        draft.size *= 0.3 / max(SIZES[draft.category]) + 0.12 if distant else near
    # All shrink alike, so that proportions stay; several may overlap a little.
    shrink = min(1.0, (0.84 + 0.12 * len(free)) / sum(draft.width for draft in free))
    for draft, near in zip(free, nearness):
        draft.size *= shrink
        draft.bottom = _ground(draft, background, horizon, near * (0.45 if distant else 1.0), rng)
        draft.size = min(draft.size, draft.bottom - 0.02)
    slack = 1 - sum(draft.width for draft in free)
    gaps = rng.dirichlet(np.full(len(free) + 1, 2.0)) * slack
    left = float(gaps[0])
    for number, place in enumerate(rng.permutation(len(free)).tolist()):
        draft = free[place]
        half = min(draft.width / 2, 0.49)
        draft.x = float(np.clip(left + half, half + 0.005, 0.995 - half))
        left += draft.width + float(gaps[number + 1])
    for number, draft in enumerate(item for item in drafts if item.support):
        depth, _ = SURFACES[draft.support]
        draft.size = min(draft.size, main.size * (0.62 if draft.category in FOOD else 0.72))
        if draft.width > main.width * 0.45:
            draft.size *= main.width * 0.45 / draft.width
        side = (-0.22, 0.22)[number % 2] + float(rng.uniform(-0.05, 0.05))
        draft.x = main.x + (side if many > 2 else side * float(rng.uniform(0, 1))) * main.width
        draft.bottom = main.bottom - main.size * (1 - depth)


def _ground(draft: _Draft, background: str, horizon: float, near: float, rng: np.random.Generator) -> float:
    """The lower edge of an object: on the ground, the higher the farther it is, on water or in the air."""
    if draft.pose in FACE_POSES or draft.pose == "face":
        return 1.0
    if draft.pose == "flying":
        highest = draft.size + 0.04
        return float(rng.uniform(highest, max(highest, min(horizon, 0.75) - 0.02)))
    if draft.category == "boat" and background == "beach":
        return horizon + float(rng.uniform(0.07, 0.15))
    if draft.category == "train":
        return 0.875
    lowest = float(rng.uniform(0.88, 0.97))
    floor = {"street": 0.22, "beach": 0.24}.get(background, 0.1)
    return min(max(horizon + (lowest - horizon) * near, horizon + floor, draft.size + 0.02), 0.98)


def _theme(seed: int, index: int) -> str:
    """The theme of scene `index`, from a schedule that is shuffled anew for each run of scenes."""
    block, place = divmod(index, len(SCHEDULE))
    order = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0, block))).permutation(
        len(SCHEDULE)
    )
    return SCHEDULE[order[place]]


def _cast(theme: str, background: str, category: str, close: bool, rng: np.random.Generator) -> list[str]:
    """Categories of the objects of a scene, the main one first."""
    if close:
        return [category] * (2 if category == "person" and rng.random() < 0.2 else 1)
    if theme == "landscape":
        return [category] * int(rng.integers(1, 3))
    number = int(rng.choice(3, p=(0.45, 0.35, 0.2))) + 1
    names = [category]
    alone = STATURE[category] >= 3 or category in ("couch", "bed", "dining table")
    extras = [name for name in BACKGROUNDS[background].extras if STATURE[name] < 3 or name != category]
    if category not in FOOD and category != "dining table":
        extras = [name for name in extras if name not in FOOD]
    while len(names) < number:
        if not alone and rng.random() < 0.45 and category in BACKGROUNDS[background].extras:
            names.append(category)
        else:
            names.append(_pick(rng, extras))
    return names


def _sample_scene(seed: int, index: int) -> Scene:
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, index)))
    theme = _theme(seed, index)
    category = _pick(rng, THEMES[theme])
    places = [name for name, place in BACKGROUNDS.items() if category in place.cast]
    if theme == "landscape":
        places = [name for name in places if BACKGROUNDS[name].building and name != "sky"]
    background = _pick(rng, places)
    place = BACKGROUNDS[background]
    closest = {"person": 0.4, "cat": 0.3, "dog": 0.3}.get(category, 0.0)
    close = theme != "landscape" and rng.random() < closest
    horizon = float(rng.uniform(*place.horizon))
    sky = _pick(rng, ("day", "day", "day", "sunset", "overcast"))
    least, most = place.buildings
    buildings = int(rng.integers(max(least, 1 if theme == "landscape" else 0), most + 1))
    building = _pick(rng, place.building) if buildings else ""
    drafts = [_draft(name, background, close, rng) for name in _cast(theme, background, category, close, rng)]
    _compose(drafts, background, horizon, theme == "landscape", rng)
    main = drafts[0]
    supporter = {draft.category: draft.bottom for draft in drafts}
    drafts.sort(key=lambda draft: (supporter.get(draft.support, draft.bottom), bool(draft.support)))
    objects = tuple(_finish(draft, rng) for draft in drafts)
    position = next(number for number, draft in enumerate(drafts) if draft is main)
    visible_sky = "" if place.indoor or background == "forest" else sky
    captions = write_captions(objects, position, background, visible_sky, building, buildings, rng)
    warmth = {"sunset": 0.08, "overcast": -0.04}.get(sky, 0.0) + float(rng.normal(0, 0.025))
    level = float(rng.uniform(0.84, 1.06)) * (0.94 if sky == "overcast" else 1.0)
    light = (level * (1 + warmth), level, level * (1 - warmth))
    texture = int(rng.integers(2**31))
    return Scene(
        background,
        place.indoor,
        buildings,
        objects,
        captions,
        position,
        building,
        horizon,
        sky,
        light,
        texture,
    )


def _finish(draft: _Draft, rng: np.random.Generator) -> SceneObject:
    number, kind = COCO_CATEGORIES[draft.category]
    alive = kind in ("person", "animal")
    portrait = draft.pose in FACE_POSES or draft.pose == "face"
    frontal = draft.category == "person" or (draft.category == "cat" and draft.pose == "sitting")
    return SceneObject(
        category=draft.category,
        category_id=number,
        supercategory=kind,
        x=draft.x,
        y=draft.bottom - draft.size / 2,
        size=draft.size,
        face=portrait or (alive and frontal and draft.size > 0.6),
        body=alive and not portrait,
        pose=draft.pose,
        look=draft.look,
        colour=draft.colour,
        garment=draft.garment,
        tones=draft.tones,
        mirrored=bool(rng.random() < 0.5),
        support=draft.support,
    )


def sample_scenes(n: int, seed: int) -> list[Scene]:
    """Draw scenes at random, balanced over people, animals, vehicles, food, furniture and landscapes.

    Parameters
    ----------
    n : int
        Number of scenes.
    seed : int
        Decides everything; scene i is the same for every `n`.

    Returns
    -------
    list of Scene
        `n` scenes.

    Raises
    ------
    ParameterError
        If `n` is smaller than 1 or `seed` is negative.
    """
    if n < 1:
        raise ParameterError(
            f"The number of scenes is {n}, but must be at least 1; ask for one scene or more."
        )
    if seed < 0:
        raise ParameterError(f"The seed of the scenes is {seed}, but must be 0 or more; choose another seed.")
    return [_sample_scene(seed, index) for index in range(n)]


def _put(item: SceneObject, pen: ImageDraw.ImageDraw, side: int, ink: int | None = None) -> None:
    shapes = sketch(item.category, item.pose, item.look, item.tones)
    shapes.put(pen, (item.x * side, item.y * side), item.size * side, item.mirrored, ink)


def _shadow(item: SceneObject, image: Image.Image, pen: ImageDraw.ImageDraw, side: int) -> None:
    """Darken the ground under an object that stands on it, so that it does not seem to float."""
    bottom = item.y + item.size / 2
    if item.pose in (*FACE_POSES, "face", "flying", "sailing", "floating") or item.category == "train":
        return
    half = item.size * aspect(item.category, item.pose, item.look) / 2
    rise = min(0.02 + 0.06 * item.size, 0.05)
    box = (item.x - half, bottom - rise, item.x + half, bottom + rise * 0.4)
    left, top, right, low = (min(max(value, 0.0), 1.0) * side for value in box)
    # The mean of the ground there, for a single pixel may be a road marking or a stone.
    ground = image.resize(
        (1, 1), Image.Resampling.BOX, box=(left, top, max(right, left + 1), max(low, top + 1))
    )
    red, green, blue = ground.tobytes()
    pen.ellipse(tuple(value * side for value in box), fill=shade((red, green, blue), 0.78))


def render(scene: Scene, size: int = 96) -> Image.Image:
    """The picture of a scene; equal scenes give equal pixels.

    Parameters
    ----------
    scene : Scene
        What to draw.
    size : int
        Width and height in pixels.

    Returns
    -------
    PIL.Image.Image
        RGB picture of `size` by `size` pixels.
    """
    side = size * SUPERSAMPLING
    rng = np.random.default_rng(scene.texture)
    image = backdrop(scene.background, side, scene.horizon, scene.sky, scene.building, scene.buildings, rng)
    pen = ImageDraw.Draw(image)
    for item in scene.objects:
        _shadow(item, image, pen, side)
        _put(item, pen, side)
    small = np.asarray(image.resize((size, size), Image.Resampling.LANCZOS), dtype=np.float32)
    # Grain is drawn from a stream of its own: it must not depend on how much chance the background used.
    grain = np.random.default_rng(scene.texture + 1).standard_normal((size, size, 1), dtype=np.float32)
    lit = small * np.array(scene.light, dtype=np.float32) + 2.5 * grain
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8), "RGB")


def object_mask(scene: Scene, size: int = 96) -> np.ndarray:
    """Where the objects of a scene are, by supercategory.

    Parameters
    ----------
    scene : Scene
        What to draw.
    size : int
        Width and height in pixels.

    Returns
    -------
    ndarray of shape (size, size), uint8
        0 for the background, otherwise 1 + the index in `SUPERCATEGORIES` of the frontmost object.
    """
    side = size * SUPERSAMPLING
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    for item in scene.objects:
        _put(item, pen, side, 1 + SUPERCATEGORIES.index(item.supercategory))
    # The middle of each block of supersampled pixels, for labels have no average.
    return np.asarray(image)[SUPERSAMPLING // 2 :: SUPERSAMPLING, SUPERSAMPLING // 2 :: SUPERSAMPLING].copy()
