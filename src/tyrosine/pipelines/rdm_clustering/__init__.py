"""From brain RDMs to clusters of stimuli and the categories in them."""

from tyrosine.pipelines.rdm_clustering.pipeline import create_pipeline

__all__ = ["create_pipeline"]
