"""From tables and RDMs to figures, `similarities.csv` and the report."""

from tyrosine.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
