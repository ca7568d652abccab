"""From responses and features to scores of encoding models and their tests."""

from tyrosine.pipelines.encoding.pipeline import create_pipeline

__all__ = ["create_pipeline"]
