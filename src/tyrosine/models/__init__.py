"""What a model is, and how its activations are read."""

from typing import TYPE_CHECKING, Any

from tyrosine.models.fingerprints import fingerprint
from tyrosine.models.roster import parse_roster, select_models
from tyrosine.models.spec import ModelSpec

if TYPE_CHECKING:
    from tyrosine.models.extraction import extract_features
    from tyrosine.models.loading import describe_checkpoint
    from tyrosine.models.miniatures import write_miniatures

__all__ = [
    "ModelSpec",
    "describe_checkpoint",
    "extract_features",
    "fingerprint",
    "parse_roster",
    "select_models",
    "write_miniatures",
]


def __getattr__(name: str) -> Any:
    # PyTorch and transformers take seconds to import; declaring models must not.
    if name == "extract_features":
        from tyrosine.models.extraction import extract_features

        return extract_features
    if name == "describe_checkpoint":
        from tyrosine.models.loading import describe_checkpoint

        return describe_checkpoint
    if name == "write_miniatures":
        from tyrosine.models.miniatures import write_miniatures

        return write_miniatures
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
