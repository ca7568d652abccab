"""From a raw folder to stimuli and responses."""

from tyrosine.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
