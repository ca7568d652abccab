"""Captions of the simulated scenes: a small grammar that names what is in a picture, and where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tyrosine.simulation.scenes.scene import SceneObject

NOUNS: dict[str, tuple[str, ...]] = {
    "man": ("man", "guy", "person", "man"),
    "woman": ("woman", "lady", "person", "woman"),
    "boy": ("boy", "child", "kid", "young boy"),
    "girl": ("girl", "child", "kid", "young girl"),
    "bicycle": ("bicycle", "bike"),
    "car": ("car", "automobile", "car"),
    "motorcycle": ("motorcycle", "motorbike"),
    "airplane": ("airplane", "plane", "jet"),
    "bus": ("bus", "city bus"),
    "train": ("train",),
    "truck": ("truck", "delivery truck"),
    "boat": ("boat", "small boat"),
    "bench": ("bench", "park bench"),
    "bird": ("bird", "small bird"),
    "cat": ("cat", "kitty", "cat"),
    "dog": ("dog", "puppy", "dog"),
    "horse": ("horse", "pony", "horse"),
    "sheep": ("sheep",),
    "cow": ("cow", "dairy cow"),
    "elephant": ("elephant",),
    "bear": ("bear",),
    "zebra": ("zebra",),
    "giraffe": ("giraffe", "tall giraffe"),
    "umbrella": ("umbrella", "parasol"),
    "kite": ("kite",),
    "banana": ("banana", "ripe banana"),
    "apple": ("apple", "fresh apple"),
    "orange": ("orange", "juicy orange"),
    "pizza": ("pizza", "pepperoni pizza"),
    "donut": ("donut", "doughnut"),
    "cake": ("cake", "birthday cake"),
    "chair": ("chair", "wooden chair"),
    "couch": ("couch", "sofa"),
    "bed": ("bed", "bed"),
    "dining table": ("dining table", "table"),
    "slice cake": ("slice of cake", "piece of cake"),
    "bunch banana": ("bunch of bananas",),
}
"""Look of a person, category of anything else, or its pose and category, and the nouns that name one."""

PLURALS = {
    "man": "men", "woman": "women", "person": "people", "child": "children", "lady": "ladies",
    "puppy": "puppies",
    "kitty": "kitties", "pony": "ponies", "sheep": "sheep", "bus": "buses", "city bus": "city buses",
    "couch": "couches", "bench": "benches", "park bench": "park benches", "church": "churches",
    "bunch": "bunches",
}  # fmt: skip
COUNTS = {2: ("two", "a couple of", "a pair of"), 3: ("three", "a few", "a group of")}

ACTIONS: dict[str, tuple[str, ...]] = {
    "standing": ("standing",),
    "walking": ("walking", "taking a walk"),
    "running": ("running", "racing along"),
    "waving": ("waving", "waving a hand"),
    "cheering": ("cheering", "raising both arms"),
    "skiing": ("skiing", "on skis"),
    "smiling": ("smiling", "smiling at the camera", "posing for a portrait"),
    "bearded": ("smiling", "grinning"),
    "glasses": ("wearing glasses", "smiling behind a pair of glasses"),
    "serious": ("looking at the camera", "staring straight ahead"),
    "sitting": ("sitting", "sitting still"),
    "lying": ("lying down", "resting"),
    "face": ("looking at the camera", "staring into the camera"),
    "grazing": ("grazing", "feeding"),
    "trumpeting": ("raising its trunk", "standing"),
    "flying": ("flying", "soaring"),
    "perched": ("standing", "resting"),
    "sailing": ("sailing", "floating"),
    "floating": ("floating",),
    "driving": ("driving",),
    "parked": ("parked",),
    "travelling": ("passing by", "travelling"),
}
PLURAL_ACTIONS = {"raising its trunk": "raising their trunks", "waving a hand": "waving their hands"}

PLACES: dict[str, tuple[str, ...]] = {
    "beach": ("on a sandy beach", "at the beach", "by the ocean"),
    "lake": ("on a calm lake", "on the water", "out on a lake"),
    "street": ("on a city street", "in the street", "on the road"),
    "town square": ("in a town square", "in an old town", "in the square of a small town"),
    "field": ("in a green field", "in a grassy meadow", "in the countryside"),
    "savanna": ("on the savanna", "in the dry grass", "on an open grassland"),
    "forest": ("in the forest", "in the woods", "among tall trees"),
    "snowy mountain": ("in the snow", "on a snowy slope", "near snowy mountains"),
    "park": ("in a park", "on the grass in a park", "on a lawn in a park"),
    "railway": ("on the railway tracks", "by the railroad", "along the tracks"),
    "airport": ("at an airport", "on the runway", "on the tarmac"),
    "sky": ("in the sky", "high in the air", "above the fields"),
    "kitchen": ("in a kitchen", "in the kitchen", "in front of the kitchen counter"),
    "bedroom": ("in a bedroom", "in the bedroom", "near the bedroom window"),
    "living room": ("in a living room", "in the living room", "next to a bookshelf"),
    "dining room": ("in a dining room", "in the dining room", "under a hanging lamp"),
    "tabletop": ("on a table", "on top of a table", "on the kitchen table"),
}
WEATHER = {
    "day": ("on a clear day", "under a blue sky"),
    "sunset": ("at sunset", "in the evening light"),
    "overcast": ("on a cloudy day", "under a grey sky"),
}


def plural(noun: str) -> str:
    """The plural of a noun, or of a noun with an adjective before it."""
    if noun in PLURALS:
        return PLURALS[noun]
    if " of " in noun:
        first, last = noun.split(" of ", 1)
        return f"{plural(first)} of {last}"
    if " " in noun:
        first, last = noun.rsplit(" ", 1)
        return f"{first} {plural(last)}"
    return noun + "s"


def with_article(phrase: str) -> str:
    """The phrase behind `a` or `an`, by its first letter: no word of this grammar is an exception."""
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


ABOVE: dict[str, tuple[str, ...]] = {
    "beach": ("over the beach", "above the ocean"),
    "lake": ("over a lake", "above the water"),
    "street": ("over the street", "above the city"),
    "town square": ("over a small town", "above the rooftops"),
    "field": ("over a green field", "above a meadow"),
    "savanna": ("over the savanna", "above the dry grass"),
    "snowy mountain": ("over the snow", "above the mountains"),
    "park": ("over a park", "above the trees of a park"),
    "railway": ("over the railway", "above the tracks"),
    "airport": ("over an airport", "above the runway"),
    "sky": PLACES["sky"],
}
AT_SEA = ("on the ocean", "in the water near the beach", "close to the shore")
BESIDE = ("near", "next to", "close to")


def _choose(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _listing(phrases: Sequence[str]) -> str:
    """The phrases as one enumeration: `a car, a bus and a bicycle`."""
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)


def _noun(group: Sequence[SceneObject], rng: np.random.Generator) -> str:
    """A noun for one object of the group, special to their pose where all have the same pose."""
    first = group[0]
    special = f"{first.pose} {first.category}"
    alike = all(item.pose == first.pose for item in group)
    return _choose(rng, NOUNS[special if alike and special in NOUNS else first.category])


def _person_nouns(people: Sequence[SceneObject], rng: np.random.Generator) -> str:
    """Nouns for several people: by kind if it is one kind, or else what they have in common."""
    looks = [person.look for person in people]
    if len(set(looks)) == 1:
        return plural(_choose(rng, NOUNS[looks[0]]))
    if set(looks) <= {"boy", "girl"}:
        return _choose(rng, ("children", "kids"))
    return "people"


def _noun_phrase(group: Sequence[SceneObject], rng: np.random.Generator) -> str:
    """One kind of object with its number, sometimes its colour: `a brown dog`, `two cows`."""
    first = group[0]
    if len(group) > 1:
        count = _choose(rng, COUNTS[min(len(group), 3)])
        if first.category == "person":
            count = count.replace("pair", "couple")
            if sorted(item.look for item in group) == ["man", "woman"] and rng.random() < 0.4:
                return _choose(rng, ("a man and a woman", "a woman and a man"))
            return f"{count} {_person_nouns(group, rng)}"
        noun = plural(_noun(group, rng))
        colours = {item.colour for item in group}
        if len(colours) == 1 and first.colour and " " not in noun and rng.random() < 0.4:
            noun = f"{first.colour} {noun}"
        return f"{count} {noun}"
    if first.category == "person":
        if rng.random() < 0.15:
            return _choose(rng, ("someone", "somebody"))
        phrase = with_article(_choose(rng, NOUNS[first.look]))
        if rng.random() < 0.45:
            phrase += f" in {with_article(f'{first.colour} {first.garment}')}"
        return phrase
    noun = _noun(group, rng)
    if first.colour and " " not in noun and rng.random() < 0.5:
        noun = f"{first.colour} {noun}"
    elif " " not in noun and first.size > 0.45 and rng.random() < 0.25:
        noun = f"{_choose(rng, ('large', 'big'))} {noun}"
    elif " " not in noun and first.size < 0.22 and rng.random() < 0.35:
        noun = f"{_choose(rng, ('small', 'little'))} {noun}"
    return with_article(noun)


def _action(group: Sequence[SceneObject], rng: np.random.Generator) -> str:
    """What the group does, or nothing if its members do different things or can do nothing."""
    poses = {item.pose for item in group}
    if len(poses) > 1 or not poses <= ACTIONS.keys():
        return ""
    action = _choose(rng, ACTIONS[group[0].pose])
    return PLURAL_ACTIONS.get(action, action) if len(group) > 1 else action


def _place(main: SceneObject, background: str, rng: np.random.Generator) -> str:
    if main.pose == "flying":
        return _choose(rng, ABOVE[background])
    if main.category == "boat" and background == "beach":
        return _choose(rng, AT_SEA)
    return _choose(rng, PLACES[background])


def _scenery(building: str, buildings: int, rng: np.random.Generator) -> str:
    """Where buildings stand, relative to the rest: `near two houses`."""
    if buildings == 1:
        return f"{_choose(rng, ('near', 'not far from', 'in view of'))} {with_article(building)}"
    count = _choose(rng, COUNTS[2] if buildings == 2 else ("several", "some", "a row of"))
    return f"{_choose(rng, ('near', 'in view of'))} {count} {plural(building)}"


def _sentence(
    objects: Sequence[SceneObject],
    main: int,
    background: str,
    sky: str,
    building: str,
    buildings: int,
    rng: np.random.Generator,
) -> str:
    centre = objects[main]
    group = [item for item in objects if item.category == centre.category]
    rest: dict[str, list[SceneObject]] = {}
    for item in objects:
        if item.category != centre.category:
            rest.setdefault(item.category, []).append(item)
    subject, action, place = _noun_phrase(group, rng), _action(group, rng), _place(centre, background, rng)
    verb = "are" if len(group) > 1 else "is"
    named = [_noun_phrase(items, rng) for items in rest.values()]
    others = _listing(named) if named else ""
    doing = f"{action} " if action and rng.random() < 0.75 else ""
    if others and rng.random() < 0.65:
        sentences = [
            f"{subject} {doing}{_choose(rng, BESIDE)} {others} {place}",
            f"{_listing([subject, *named])} {place}",
        ]
        if all(item.support for items in rest.values() for item in items):
            sentences = [f"{subject} with {others} on it", f"{subject} {place} with {others} on top"]
    else:
        sentences = [
            f"{subject} {doing}{place}",
            f"{subject} {verb} {doing}{place}",
            f"there {verb} {subject} {doing}{place}",
            f"a picture of {subject} {doing}{place}",
        ]
        if centre.face and not centre.body:
            sentences += [f"a close-up of {subject} {doing}{place}", f"the face of {subject} {place}"]
    text = _choose(rng, sentences)
    if buildings and rng.random() < 0.45:
        text += f" {_scenery(building, buildings, rng)}"
    elif sky and rng.random() < 0.25 and "sky" not in text:
        text += f" {_choose(rng, WEATHER[sky])}"
    return text[0].upper() + text[1:] + "."


def write_captions(
    objects: Sequence[SceneObject],
    main: int,
    background: str,
    sky: str,
    building: str,
    buildings: int,
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """Five different captions of one scene.

    Parameters
    ----------
    objects : sequence of SceneObject
        What is in the picture.
    main : int
        Index of the object that every caption names.
    background : str
        A key of `PLACES`.
    sky : str
        A key of `WEATHER`, or nothing where no sky is seen.
    building : str
        The kind of building in the picture.
    buildings : int
        How many of them.
    rng : numpy.random.Generator
        Chooses words and sentences.

    Returns
    -------
    tuple of str
        Five sentences.
    """
    captions: list[str] = []
    while len(captions) < 5:
        text = _sentence(objects, main, background, sky, building, buildings, rng)
        if text not in captions:
            captions.append(text)
    return tuple(captions)
