"""Miniatures: tiny networks of the published classes, untrained or trained on simulated scenes."""

from tyrosine.simulation.miniatures.architectures import ARCHITECTURES, IMAGE_SIZE, Miniature, build
from tyrosine.simulation.miniatures.checkpoints import (
    SHIPPED,
    UNTRAINED,
    hash_weights,
    load_trained,
    prepare_miniature,
    read_record,
    save_trained,
    write_miniatures,
    write_twin,
)
from tyrosine.simulation.miniatures.material import Pictures
from tyrosine.simulation.miniatures.tasks import TASKS, Score
from tyrosine.simulation.miniatures.training import RECIPES, Recipe, score_miniature, train_miniature

__all__ = [
    "ARCHITECTURES",
    "IMAGE_SIZE",
    "RECIPES",
    "SHIPPED",
    "TASKS",
    "UNTRAINED",
    "Miniature",
    "Pictures",
    "Recipe",
    "Score",
    "build",
    "hash_weights",
    "load_trained",
    "prepare_miniature",
    "read_record",
    "save_trained",
    "score_miniature",
    "train_miniature",
    "write_miniatures",
    "write_twin",
]
