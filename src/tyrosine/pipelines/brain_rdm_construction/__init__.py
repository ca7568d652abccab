"""From responses to brain RDMs."""

from tyrosine.pipelines.brain_rdm_construction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
