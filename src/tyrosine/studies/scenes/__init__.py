"""Simulated natural scenes with captions: sampled, drawn and described."""

from tyrosine.studies.scenes.rendering import nearness_map, object_mask, render
from tyrosine.studies.scenes.sampling import sample_scenes
from tyrosine.studies.scenes.scene import Scene, SceneObject
from tyrosine.studies.scenes.vocabulary import BACKGROUNDS, COCO_CATEGORIES, SUPERCATEGORIES

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
