"""From features and RDMs to Net2Brain's files; not part of `__default__`."""

from tyrosine.pipelines.export.pipeline import create_pipeline

__all__ = ["create_pipeline"]
