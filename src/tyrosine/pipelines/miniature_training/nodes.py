"""Nodes of the pipeline `miniature_training`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from tyrosine.errors import ParameterError
from tyrosine.parameters import MiniatureTrainingParameters, SimulationParameters
from tyrosine.simulation.scenes import (
    COCO_CATEGORIES,
    Scene,
    nearness_map,
    object_mask,
    render,
    sample_scenes,
)
from tyrosine.tables.columns import MINIATURE_METRICS

if TYPE_CHECKING:
    from tyrosine.simulation.miniatures import Pictures

logger = logging.getLogger(__name__)

_VOCABULARY_SCENES = 600
"""Enough scenes for every word of the caption grammar."""


def draw_scenes(
    miniature_training: MiniatureTrainingParameters, simulation: SimulationParameters
) -> tuple[Any, Any]:
    """Draw the scenes to learn from and those to score on.

    Returns
    -------
    training_scenes, held_out_scenes : Pictures
        The held-out scenes are those of the next seed.

    Raises
    ------
    ParameterError
        If these scenes would be the study's stimuli.
    """
    seed = miniature_training.scene_seed
    if simulation.seed in (seed, seed + 1):
        raise ParameterError(
            f"Parameter miniature_training.scene_seed is {seed}, so scenes of {seed} and {seed + 1} are "
            f"drawn, but simulation.seed is {simulation.seed}: the miniatures would see the study's own "
            "stimuli; give another."
        )
    return (
        draw(sample_scenes(miniature_training.n_scenes, seed)),
        draw(sample_scenes(miniature_training.n_held_out, seed + 1)),
    )


def draw(scenes: Sequence[Scene]) -> Pictures:
    """Pictures of scenes, with all that the miniatures learn from."""
    from tyrosine.simulation.miniatures import IMAGE_SIZE, Pictures

    names = sorted(COCO_CATEGORIES, key=lambda name: COCO_CATEGORIES[name])
    drawn = [
        (render(scene, IMAGE_SIZE), object_mask(scene, IMAGE_SIZE), nearness_map(scene, IMAGE_SIZE))
        for scene in tqdm(scenes, desc="scenes", unit="scene", leave=False, disable=None)
    ]
    return Pictures(
        pixels=np.stack([np.asarray(picture) for picture, _, _ in drawn]),
        categories=np.array([names.index(scene.objects[scene.main].category) for scene in scenes]),
        masks=np.stack([mask for _, mask, _ in drawn]),
        nearness=np.stack([nearness for _, _, nearness in drawn]),
        captions=[scene.captions for scene in scenes],
    )


def train_miniature(
    name: str, training_scenes: Any, held_out_scenes: Any, miniature_training: MiniatureTrainingParameters
) -> dict[str, Any]:
    """Train one miniature, score it, and write it into `miniature_training.folder`.

    Returns
    -------
    dict
        A row of the table `miniature_metrics`.
    """
    from tyrosine.simulation import miniatures

    vocabulary = [text for texts in training_scenes.captions[:_VOCABULARY_SCENES] for text in texts]
    start = time.perf_counter()
    trained = miniatures.train_miniature(
        name,
        training_scenes,
        vocabulary,
        seed=miniature_training.seed,
        max_steps=miniature_training.max_steps,
    )
    seconds = time.perf_counter() - start
    score = miniatures.score_miniature(name, trained, held_out_scenes, training_scenes)
    logger.info(
        "Trained %s in %.0f s: %s %.3f, %s %.3f",
        name, seconds, score.metric, score.value, score.baseline_is, score.baseline,
    )  # fmt: skip
    miniatures.save_trained(
        miniature_training.folder,
        name,
        trained,
        score=score,
        recipe=miniatures.RECIPES[name],
        data=miniature_training.model_dump(exclude={"folder"}),
    )
    record = miniatures.read_record(miniature_training.folder / name)
    return {
        "miniature": name,
        "task": record["task"],
        **record["score"],
        "n_held_out": len(held_out_scenes),
        "n_parameters": record["n_parameters"],
        "sha256": record["sha256"],
    }


def trainer(name: str) -> Callable[..., dict[str, Any]]:
    """`train_miniature` of one miniature, as a function with a name of its own."""

    def train(
        training_scenes: Any, held_out_scenes: Any, miniature_training: MiniatureTrainingParameters
    ) -> dict[str, Any]:
        return train_miniature(name, training_scenes, held_out_scenes, miniature_training)

    train.__name__ = f"train_{name}"
    return train


def tabulate_metrics(*rows: dict[str, Any]) -> pd.DataFrame:
    """One row a miniature: what it was trained to do, and how well it does it."""
    return pd.DataFrame(rows, columns=list(MINIATURE_METRICS))
