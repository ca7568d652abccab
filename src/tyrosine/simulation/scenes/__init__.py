"""Simulated natural scenes with captions: sampled, drawn and described."""

from tyrosine.simulation.scenes.rendering import nearness_map, object_mask, render
from tyrosine.simulation.scenes.sampling import sample_scenes
from tyrosine.simulation.scenes.scene import Scene, SceneObject
from tyrosine.simulation.scenes.vocabulary import BACKGROUNDS, COCO_CATEGORIES, SUPERCATEGORIES

__all__ = [
    "BACKGROUNDS",
    "COCO_CATEGORIES",
    "SUPERCATEGORIES",
    "Scene",
    "SceneObject",
    "nearness_map",
    "object_mask",
    "render",
    "sample_scenes",
]
