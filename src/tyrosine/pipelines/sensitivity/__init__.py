"""Whether the answers to the questions survive other analyses."""

from tyrosine.pipelines.sensitivity.pipeline import create_pipeline

__all__ = ["create_pipeline"]
