"""How far the variance partition depends on the draw of folds, and how often it finds what is not there.

    python benchmarks/variance_partition.py [--check] [--quick]

Three worlds of 80 stimuli and 8 subjects, one model a group: in `null` no model has anything of the brain; in
`copy` the language model is the vision model with as much noise again, and the brain has 30 % of the vision
model's features; `nonlinear copy` is the same for correlation distances of mixed features, whose relation to
the true distances is no straight line. The language and the multimodal model have no variance of their own.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from scipy.stats import binom, ttest_1samp

from tyrosine.rsa.variance_partition import draw_folds, partition_variance

FloatArray = NDArray[np.float64]

N_STIMULI, N_FEATURES, N_SUBJECTS, N_FOLDS = 80, 20, 8, 5
GROUPS = {"vision": [0], "language": [1], "multimodal": [2]}
WORLDS = ("null", "copy", "nonlinear copy")
LEVEL = 0.05


def simulate(world: str, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """RDMs of the subjects of one study, and of its three models."""

    def features() -> FloatArray:
        return rng.standard_normal((N_STIMULI, N_FEATURES))

    vision, language, multimodal = features(), features(), features()
    distance = "correlation" if world == "nonlinear copy" else "sqeuclidean"
    if world != "null":
        language = vision + language
    patterns = []
    for _ in range(N_SUBJECTS):
        if world == "null":
            patterns.append(features())
        elif world == "copy":
            patterns.append(np.hstack([np.sqrt(0.3) * vision, np.sqrt(0.7) * features()]))
        else:
            weights = rng.standard_normal((N_FEATURES, 60))
            patterns.append(vision @ weights + 6.0 * rng.standard_normal((N_STIMULI, 60)))
    return (
        np.stack([pdist(one, distance) for one in patterns]),
        np.stack([pdist(one, distance) for one in (vision, language, multimodal)]),
    )


def draw(n_draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draws of the folds."""
    return np.stack([draw_folds(N_STIMULI, N_FOLDS, rng) for _ in range(n_draws)])


def rejections(world: str, n_studies: int, n_draws: int) -> tuple[float, float, float]:
    """Mean unique part of the groups that have none of their own, its standard error, and rejections."""
    groups = ["vision", "language", "multimodal"] if world == "null" else ["language", "multimodal"]
    means, rejected = [], []
    for study in range(n_studies):
        rng = np.random.default_rng(study)
        brain, models = simulate(world, rng)
        table = partition_variance(brain, models, GROUPS, draw(n_draws, rng))["unique"]
        for group in groups:
            means.append(table[group].mean())
            rejected.append(ttest_1samp(table[group], 0, alternative="greater").pvalue < LEVEL)
    return float(np.mean(means)), float(np.std(means) / np.sqrt(len(means))), float(np.mean(rejected))


def spread_over_draws(n_draws: int, n_repeats: int) -> tuple[float, float]:
    """Smallest and largest p of the vision model's unique part in one study, over draws of the folds."""
    rng = np.random.default_rng(1)
    brain, models = simulate("copy", rng)
    brain = brain + 4.0 * brain.std() * rng.standard_normal(brain.shape)
    found = []
    for repeat in range(n_repeats):
        folds = draw(n_draws, np.random.default_rng([2, repeat]))
        unique = partition_variance(brain, models, GROUPS, folds)["unique", "vision"]
        found.append(ttest_1samp(unique, 0, alternative="greater").pvalue)
    return min(found), max(found)


def main() -> int:
    """Measure, print, and say whether every figure keeps to its bar."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a figure misses its bar")
    parser.add_argument("--quick", action="store_true", help="fewer studies, in less than a minute")
    asked = parser.parse_args()
    n_studies, n_draws = (40, 20) if asked.quick else (400, 50)
    started, fine = time.perf_counter(), True
    for draws in (1, n_draws):
        low, high = spread_over_draws(draws, 20)
        print(
            f"p of one part in one study, 20 repeats of {draws} draws of the folds: {low:.3g} to {high:.3g}"
        )
    # Parts of one study depend on each other, so that the number of studies counts for the bar.
    bar = binom.ppf(0.975, n_studies, LEVEL) / n_studies
    for world in WORLDS:
        mean, error, rejected = rejections(world, n_studies, n_draws)
        fine &= rejected <= bar
        print(f"{world}: unique part {mean:.5f} ± {error:.5f}, rejected {rejected:.3f} (bar: {bar:.3f})")
    print(f"{time.perf_counter() - started:.0f} s")
    return int(asked.check and not fine)


if __name__ == "__main__":
    sys.exit(main())
