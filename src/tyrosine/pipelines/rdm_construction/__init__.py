"""From a model's features to its RDM, a namespace a model, and to the RDMs of all models."""

from tyrosine.pipelines.rdm_construction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
