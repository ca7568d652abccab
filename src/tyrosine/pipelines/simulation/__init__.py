"""What the simulated study does in place of finding data and checkpoints, and its ground truth."""

from tyrosine.pipelines.simulation.pipeline import (
    compare_population,
    compare_truth,
    make_checkpoint,
    make_study,
    represent_population,
)

__all__ = ["compare_population", "compare_truth", "make_checkpoint", "make_study", "represent_population"]
