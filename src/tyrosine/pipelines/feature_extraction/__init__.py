"""From stimuli and a model to the model's features, a namespace a model."""

from tyrosine.pipelines.feature_extraction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
