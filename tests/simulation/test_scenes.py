"""Simulated scenes: they follow from the seed, show what they say, and their captions are English."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tyrosine.errors import ParameterError
from tyrosine.simulation.scenes import (
    BACKGROUNDS,
    COCO_CATEGORIES,
    SUPERCATEGORIES,
    nearness_map,
    object_mask,
    render,
    sample_scenes,
)
from tyrosine.simulation.scenes.backdrops import PAINTERS
from tyrosine.simulation.scenes.captions import NOUNS, PLACES, plural
from tyrosine.simulation.scenes.objects import SKETCHES
from tyrosine.simulation.scenes.trees_and_buildings import BUILDINGS

# From the annotations of COCO 2017, not from this project.
COCO_2017 = {
    1: ("person", "person"),
    2: ("bicycle", "vehicle"),
    3: ("car", "vehicle"),
    4: ("motorcycle", "vehicle"),
    5: ("airplane", "vehicle"),
    6: ("bus", "vehicle"),
    7: ("train", "vehicle"),
    8: ("truck", "vehicle"),
    9: ("boat", "vehicle"),
    10: ("traffic light", "outdoor"),
    11: ("fire hydrant", "outdoor"),
    13: ("stop sign", "outdoor"),
    14: ("parking meter", "outdoor"),
    15: ("bench", "outdoor"),
    16: ("bird", "animal"),
    17: ("cat", "animal"),
    18: ("dog", "animal"),
    19: ("horse", "animal"),
    20: ("sheep", "animal"),
    21: ("cow", "animal"),
    22: ("elephant", "animal"),
    23: ("bear", "animal"),
    24: ("zebra", "animal"),
    25: ("giraffe", "animal"),
    27: ("backpack", "accessory"),
    28: ("umbrella", "accessory"),
    35: ("skis", "sports"),
    38: ("kite", "sports"),
    44: ("bottle", "kitchen"),
    52: ("banana", "food"),
    53: ("apple", "food"),
    54: ("sandwich", "food"),
    55: ("orange", "food"),
    56: ("broccoli", "food"),
    57: ("carrot", "food"),
    58: ("hot dog", "food"),
    59: ("pizza", "food"),
    60: ("donut", "food"),
    61: ("cake", "food"),
    62: ("chair", "furniture"),
    63: ("couch", "furniture"),
    64: ("potted plant", "furniture"),
    65: ("bed", "furniture"),
    67: ("dining table", "furniture"),
}
WORDS = {
    "person": "people someone somebody man woman men women children kids",
    "dining table": "table",
    "cake": "cake",
    "banana": "banana",
}


@pytest.fixture(scope="module")
def scenes():
    return sample_scenes(600, 11)


def names_of(category):
    looks = ("man", "woman", "boy", "girl") if category == "person" else (category,)
    nouns = {noun for look in looks for noun in NOUNS[look]}
    return nouns | {plural(noun) for noun in nouns} | set(WORDS.get(category, "").split())


def test_equal_seeds_give_equal_pixels():
    first, second = sample_scenes(6, 4), sample_scenes(6, 4)
    assert first == second
    for one, other in zip(first, second):
        np.testing.assert_array_equal(np.asarray(render(one)), np.asarray(render(other)))
        np.testing.assert_array_equal(object_mask(one), object_mask(other))


def test_a_scene_does_not_depend_on_how_many_are_drawn():
    assert sample_scenes(40, 9)[:7] == sample_scenes(7, 9)


def test_different_seeds_give_different_pictures():
    one, other = (np.asarray(render(sample_scenes(1, seed)[0])) for seed in (1, 2))
    assert (one != other).mean() > 0.5


@pytest.mark.parametrize("size", [32, 96, 97])
def test_pictures_and_masks_have_the_size_asked_for(size):
    scene = sample_scenes(1, 0)[0]
    picture, mask = render(scene, size), object_mask(scene, size)
    assert (picture.size, picture.mode) == ((size, size), "RGB")
    assert (mask.shape, mask.dtype) == ((size, size), np.uint8)


@pytest.mark.parametrize("n", [0, -3])
def test_fewer_than_one_scene_is_refused(n):
    with pytest.raises(ParameterError, match=f"number of scenes is {n}.*at least 1"):
        sample_scenes(n, 0)


def test_a_negative_seed_is_refused():
    with pytest.raises(ParameterError, match="seed of the scenes is -1"):
        sample_scenes(1, -1)


def test_every_category_is_one_of_coco():
    for name, (number, supercategory) in COCO_CATEGORIES.items():
        assert COCO_2017[number] == (name, supercategory)
    assert {kind for _, kind in COCO_CATEGORIES.values()} == set(SUPERCATEGORIES)


def test_every_category_and_background_can_be_drawn_and_is(scenes):
    assert set(SKETCHES) == set(COCO_CATEGORIES)
    assert set(PAINTERS) == set(BACKGROUNDS) == set(PLACES)
    assert {kind for place in BACKGROUNDS.values() for kind in place.building} == set(BUILDINGS)
    assert {item.category for scene in scenes for item in scene.objects} == set(COCO_CATEGORIES)
    assert {scene.background for scene in scenes} == set(BACKGROUNDS)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_120_scenes_are_balanced(seed):
    sample = sample_scenes(120, seed)
    kinds = [{item.supercategory for item in scene.objects} for scene in sample]
    share = {kind: np.mean([kind in shown for shown in kinds]) for kind in SUPERCATEGORIES}
    assert 0.25 < share["person"] < 0.55
    assert 0.3 < share["animal"] < 0.6
    assert min(share["vehicle"], share["food"], share["furniture"]) > 0.08
    assert np.mean([scene.buildings > 0 for scene in sample]) > 0.15
    assert np.mean([any(item.face for item in scene.objects) for scene in sample]) > 0.1


def test_values_are_in_range(scenes):
    for scene in scenes:
        assert scene.background in BACKGROUNDS
        assert scene.indoor == BACKGROUNDS[scene.background].indoor
        assert scene.buildings >= 0
        assert bool(scene.building) == (scene.buildings > 0)
        assert 1 <= len(scene.objects) <= 3
        assert 0 <= scene.main < len(scene.objects)
        for item in scene.objects:
            assert 0 <= item.x <= 1
            assert 0 <= item.y - item.size / 2 < item.y + item.size / 2 <= 1.001
            assert (item.category_id, item.supercategory) == COCO_CATEGORIES[item.category]
            assert not item.body or item.supercategory in ("person", "animal")


def test_a_lone_object_is_where_it_says_and_as_tall(scenes):
    for scene in [scene for scene in scenes if len(scene.objects) == 1][:150]:
        (item,) = scene.objects
        rows, columns = np.nonzero(object_mask(scene))
        assert (rows.max() + 1 - rows.min()) / 96 == pytest.approx(item.size, abs=0.035)
        assert (rows.max() + 1 + rows.min()) / 192 == pytest.approx(item.y, abs=0.025)
        assert (columns.max() + 1 + columns.min()) / 192 == pytest.approx(item.x, abs=0.025)
        assert abs(rows.mean() / 96 - item.y) < 0.35 * item.size
        assert abs(columns.mean() / 96 - item.x) < 0.12


def test_the_mask_names_the_supercategory_in_front(scenes):
    for scene in scenes[:60]:
        front = 1 + SUPERCATEGORIES.index(scene.objects[-1].supercategory)
        shown = set(np.unique(object_mask(scene)).tolist()) - {0}
        assert front in shown
        assert shown <= {1 + SUPERCATEGORIES.index(item.supercategory) for item in scene.objects}


def test_pixels_of_objects_differ_from_the_empty_scene_and_others_hardly(scenes):
    for scene in scenes[:60]:
        full = np.asarray(render(scene), dtype=int)
        empty = np.asarray(render(replace(scene, objects=())), dtype=int)
        changed, inside = np.abs(full - empty).max(-1) > 4, object_mask(scene) > 0
        assert changed[inside].mean() > 0.8
        assert changed[~inside].mean() < 0.3


def test_each_scene_has_five_different_sentences(scenes):
    for scene in scenes:
        assert len(scene.captions) == len(set(scene.captions)) == 5
        for caption in scene.captions:
            assert re.fullmatch(r"[A-Z][a-z ,-]+\.", caption), caption
            assert "  " not in caption


def test_each_caption_names_what_the_scene_is_about(scenes):
    for scene in scenes:
        names = names_of(scene.objects[scene.main].category)
        for caption in scene.captions:
            assert any(re.search(rf"\b{name}\b", caption.lower()) for name in names), caption


def test_articles_and_verbs_agree(scenes):
    for caption in (caption for scene in scenes for caption in scene.captions):
        assert not re.search(r"\b[Aa] [aeiou]", caption), caption
        assert not re.search(r"\b[Aa]n [^aeiou]", caption), caption
        assert not re.search(r"\b[Tt]here is (two|three|some|a couple|a pair|a few|a group)\b", caption), (
            caption
        )
        assert not re.search(r"\b[Tt]here are (an?) (?!couple|pair|few|group|man and|woman and)", caption), (
            caption
        )
        assert not re.search(r"\b(a|an|the|is|are|with|and|near) (is|are|and)\b", caption), caption


@pytest.mark.parametrize(
    ("singular", "expected"),
    [
        ("dog", "dogs"),
        ("puppy", "puppies"),
        ("sheep", "sheep"),
        ("young boy", "young boys"),
        ("park bench", "park benches"),
        ("slice of cake", "slices of cake"),
        ("bunch of bananas", "bunches of bananas"),
        ("woman", "women"),
    ],
)
def test_plural(singular, expected):
    assert plural(singular) == expected


def test_nearness_rises_from_the_horizon_and_stops_at_objects(scenes):
    heights = (np.arange(96) + 0.5) / 96
    for scene in scenes[:60]:
        nearness, mask = nearness_map(scene), object_mask(scene) > 0
        ground = np.clip((heights - scene.horizon) / (1 - scene.horizon), 0, 1)
        np.testing.assert_allclose(
            nearness[~mask], np.broadcast_to(ground[:, None], mask.shape)[~mask], atol=0.01
        )
        front = scene.objects[-1]
        if len(scene.objects) == 1:
            feet = min(max((front.y + front.size / 2 - scene.horizon) / (1 - scene.horizon), 0), 1)
            np.testing.assert_allclose(nearness[mask], feet, atol=0.003)
