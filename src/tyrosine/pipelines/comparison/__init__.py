"""From brain RDMs and model RDMs to their similarity."""

from tyrosine.pipelines.comparison.pipeline import create_pipeline

__all__ = ["create_pipeline"]
