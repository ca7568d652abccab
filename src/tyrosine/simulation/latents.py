"""What the simulated brain sees in a scene: latent features, and random ones that one subject alone has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from tyrosine.simulation.scenes import BACKGROUNDS, COCO_CATEGORIES, Scene, render

PRIVATE = "private"
"""Group of the random features."""
N_PRIVATE = 10
"""How many of these each subject has."""
_CONTRAST_GRID = 4


def latent_features(scenes: Sequence[Scene], standard: Sequence[Scene] | None = None) -> pd.DataFrame:
    """What the simulated brain sees in each scene.

    Parameters
    ----------
    scenes : sequence of Scene, length n_stimuli
    standard : sequence of Scene, optional
        The features are standardised to mean zero and variance one over these scenes, and those that do not
        vary over them are left out; `scenes` themselves if not given.

    Returns
    -------
    DataFrame of shape (n_stimuli, n_latents), float64
        Columns are named `<group>:<feature>`.
    """
    table = _raw_latents(scenes)
    reference = table if standard is None else _raw_latents(standard)
    varying = reference.columns[reference.std() > 0]
    return (table[varying] - reference[varying].mean()) / reference[varying].std(ddof=0)


def _raw_latents(scenes: Sequence[Scene]) -> pd.DataFrame:
    columns: dict[str, list[float]] = {}

    def add(name: str, values: Iterable[float]) -> None:
        columns[name] = [float(value) for value in values]

    supercategories = sorted({supercategory for _, supercategory in COCO_CATEGORIES.values()})
    for supercategory in supercategories:
        add(
            f"category:{supercategory}",
            [sum(o.size for o in scene.objects if o.supercategory == supercategory) for scene in scenes],
        )
    for category, (category_id, _) in sorted(COCO_CATEGORIES.items(), key=lambda item: item[1][0]):
        add(f"category:{category}", [any(o.category_id == category_id for o in s.objects) for s in scenes])
    people = [[o for o in scene.objects if o.supercategory == "person"] for scene in scenes]
    animals = [[o for o in scene.objects if o.supercategory == "animal"] for scene in scenes]
    for who, objects in (("person", people), ("animal", animals)):
        add(f"face:{who}", [any(o.face for o in here) for here in objects])
        add(f"face:{who}_size", [sum(o.size for o in here if o.face) for here in objects])
        add(f"body:{who}", [any(o.body for o in here) for here in objects])
        add(f"body:{who}_size", [sum(o.size for o in here if o.body) for here in objects])
    for background in sorted(BACKGROUNDS):
        add(f"place:{background}", [scene.background == background for scene in scenes])
    add("place:indoor", [scene.indoor for scene in scenes])
    add("place:buildings", [scene.buildings for scene in scenes])
    for axis in ("x", "y", "size"):
        add(f"position:{axis}", [np.mean([getattr(o, axis) for o in s.objects] or [0.5]) for s in scenes])
    energy = np.stack([_contrast_energy(render(scene)) for scene in scenes])
    for cell in range(energy.shape[1]):
        add(f"contrast:{cell // _CONTRAST_GRID}{cell % _CONTRAST_GRID}", energy[:, cell])
    return pd.DataFrame(columns)


def private_features(n_stimuli: int, n_subjects: int, rng: np.random.Generator) -> pd.DataFrame:
    """Random features that stand for what one subject alone makes of a scene.

    Returns
    -------
    DataFrame of shape (n_stimuli, n_subjects * N_PRIVATE), float64
        Standard normal; columns are named `private:<subject>_<number>`.
    """
    names = [
        f"{PRIVATE}:{subject}_{number}"
        for subject in range(1, n_subjects + 1)
        for number in range(1, N_PRIVATE + 1)
    ]
    return pd.DataFrame(rng.standard_normal((n_stimuli, len(names))), columns=names)


def _contrast_energy(image: Image.Image) -> NDArray[np.float64]:
    """Mean gradient magnitude of luminance in each cell of a grid over the picture."""
    luminance = np.asarray(image.convert("L"), dtype=np.float64) / 255.0
    vertical, horizontal = np.gradient(luminance)
    magnitude = np.hypot(vertical, horizontal)
    rows = np.array_split(magnitude, _CONTRAST_GRID, axis=0)
    return np.array([cell.mean() for row in rows for cell in np.array_split(row, _CONTRAST_GRID, axis=1)])
