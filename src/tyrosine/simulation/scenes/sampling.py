"""Scenes at random: who is where, in what pose and colour; everything follows from the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tyrosine.errors import ParameterError
from tyrosine.simulation.scenes.captions import write_captions
from tyrosine.simulation.scenes.objects import FACE_POSES, aspect
from tyrosine.simulation.scenes.pens import RGB
from tyrosine.simulation.scenes.scene import Scene, SceneObject
from tyrosine.simulation.scenes.vocabulary import (
    BACKGROUNDS,
    BODY_POSES,
    COCO_CATEGORIES,
    COLOURS,
    EYES,
    FOOD,
    HAIRS,
    INDOOR_POSES,
    PAINTS,
    POSES,
    SCHEDULE,
    SIZES,
    SKINS,
    STATURE,
    SURFACES,
    THEMES,
    TROUSERS,
)


@dataclass
class _Draft:
    """An object that has been chosen for a scene, but not placed in it yet."""

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
    # Colours become lighter or darker and hardly change their hue, or skin and fur would look ill.
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
        # Grey is the last colour of hair; children have no grey hair.
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
    # All objects shrink alike, so that their proportions stay; several objects may overlap a little.
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
