"""How often tests of layers that are chosen in folds are right, in simulated studies whose truth is known.

    python benchmarks/layer_choice.py [--experiments 300] [--worlds 1 2 3 4 5]

Two models of six layers each, 8 subjects, 60 stimuli, one region; layers and brains are Gaussian features,
and RDMs are squared Euclidean distances. The functions are those of the pipeline `comparison`, with 10 draws
of two folds and 400 resamples.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from tyrosine.labelled import RDMs
from tyrosine.parameters import ComparisonParameters, InferenceParameters, QuestionParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.inference.model_contrasts import contrast_models
from tyrosine.rsa.inference.model_tests import bootstrap_models, run_model_tests
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.layer_choice import choose_layers
from tyrosine.rsa.rdms import label_rdms
from tyrosine.rsa.similarity import compare
from tyrosine.tables.columns import BEST_LAYER

SUBJECTS, LAYERS, FEATURES = 8, 6, 20
MODELS = ("a", "b")
COMPARISON = ComparisonParameters()
INFERENCE = InferenceParameters(n_permutations=1, n_bootstraps=400, stimulus_groups="none")
UNGROUPED = pd.DataFrame()
WORLDS = {
    "unrelated layers, brains of their own": (0.0, 0.0, 0.0),
    "unrelated layers, brains alike": (0.0, 0.3, 0.0),
    "unrelated layers that are alike, brains of their own": (0.0, 0.0, 0.7),
    "one related layer in either model": (0.3, 0.0, 0.0),
    "one related layer in either model, brains alike": (0.3, 0.3, 0.0),
}
"""Weight of related layers in the brain, of what subjects have in common, and of what layers have."""


def draw(
    world: tuple[float, float, float], n_stimuli: int, rng: np.random.Generator
) -> tuple[NDArray, NDArray]:
    """RDMs of the subjects, and those of the layers of the one model and then the other."""
    related, alike, of_layers = world

    def features() -> NDArray[np.float64]:
        return rng.standard_normal((n_stimuli, FEATURES))

    layers = []
    for _ in MODELS:
        common = features()
        layers += [np.sqrt(of_layers) * common + np.sqrt(1 - of_layers) * features() for _ in range(LAYERS)]
    shared = features()
    signal = np.sqrt(related) * np.hstack([layers[2], layers[LAYERS + 3]])
    brains = [np.hstack([signal, np.sqrt(alike) * shared, features()]) for _ in range(SUBJECTS)]
    return tuple(np.stack([pdist(one, "sqeuclidean") for one in each]) for each in (brains, layers))


def label(brains: NDArray, layers: NDArray, n_stimuli: int) -> tuple[RDMs, RDMs]:
    """The RDMs with the labels that the pipeline has; no layer is reported, so that the best is chosen."""
    ids = [f"image_{number:04d}" for number in range(n_stimuli)]
    places = {
        "subject": list(range(1, SUBJECTS + 1)),
        "selectivity": ["x"] * SUBJECTS,
        "roi": ["X"] * SUBJECTS,
    }
    owners = [model for model in MODELS for _ in range(LAYERS)]
    constant = {"modality": "vision", "task": "x", "reported": False}
    names = {
        "model": owners,
        "label": owners,
        "layer": [f"layer.{place % LAYERS}" for place in range(len(owners))],
        **{key: [value] * len(owners) for key, value in constant.items()},
    }
    return (
        label_rdms(brains, ids, places, "squared euclidean"),
        label_rdms(layers, ids, names, "squared euclidean"),
    )


def analyse(brain: RDMs, model: RDMs, seed: int) -> dict[str, pd.Series]:
    """The rows of the first model, and of the contrast of both, by test."""
    specs = {
        name: ModelSpec(
            label=name, modality="vision", task="x", checkpoint="x", layer="best", pooling="cls", name=name
        )
        for name in MODELS
    }
    choices = choose_layers(brain, model, UNGROUPED, COMPARISON, INFERENCE, seed)
    similarities = compare_rdms(brain, model, COMPARISON, choices)
    resamples = resample_stimuli(brain, model, UNGROUPED, COMPARISON, INFERENCE, seed, choices)
    tests = run_model_tests(brain, model, similarities, resamples, specs, INFERENCE, seed)
    bootstrap = bootstrap_models(brain, model, similarities, resamples, specs, INFERENCE, seed)
    contrasts = contrast_models(
        brain, model, similarities, resamples, specs, QuestionParameters({}), INFERENCE, seed
    )
    tests = tests[(tests["question"] == "above chance") & (tests["test"] == "t-test")]
    of_model = [
        table[(table["model"] == "a") & (table["layer"] == BEST_LAYER)] for table in (tests, bootstrap)
    ]
    of_contrast = contrasts[contrasts["roi"] == "X"]
    rows = [
        *(row for table in of_model for _, row in table.iterrows()),
        *(row for _, row in of_contrast.iterrows()),
    ]
    return {
        ("contrast, " if "contrast" in row else "") + row["test"]: row for row in rows if not row["undefined"]
    }


def main() -> None:
    """Print, for each world and test, the share of rejections at 5 % and of intervals that hold the truth."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--experiments", type=int, default=300)
    parser.add_argument("--stimuli", type=int, default=60)
    every = range(1, len(WORLDS) + 1)
    parser.add_argument("--worlds", type=int, nargs="+", choices=every, default=list(every))
    asked = parser.parse_args()
    for number, (name, world) in enumerate(WORLDS.items(), 1):
        if number not in asked.worlds:
            continue
        rng = np.random.default_rng(0)
        related, alike, _ = world
        # Squared distances of independent Gaussian features add up, and so do their variances.
        truth = related / np.sqrt(1 + 2 * related**2 + alike**2)
        found: dict[str, list[tuple[float, bool, bool]]] = {}
        naive = []
        for experiment in range(asked.experiments):
            brains, layers = draw(world, asked.stimuli, rng)
            naive.append(compare(brains, layers[:LAYERS]).mean(axis=0).max())
            for test, row in analyse(*label(brains, layers, asked.stimuli), experiment).items():
                true = 0.0 if test.startswith("contrast") else truth
                holds = row["lower"] <= true <= row["upper"]
                found.setdefault(test, []).append((row["estimate"], row["p"] < 0.05, holds))
        print(f"\n{name}: truth {truth:.4f}, best of all layers on the same data {np.mean(naive):.4f}")
        for test, rows in found.items():
            estimates, rejected, holds = np.array(rows, dtype=float).T
            error = estimates.std(ddof=1) / np.sqrt(len(estimates))
            print(
                f"  {test:45} mean {estimates.mean():+.4f} ± {error:.4f}  rejects {rejected.mean():.3f}  "
                f"covers {holds.mean():.3f}"
            )


if __name__ == "__main__":
    main()
