"""From simulated scenes to trained miniatures and their scores."""

from tyrosine.pipelines.miniature_training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
