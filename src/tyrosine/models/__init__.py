"""What a model is, and how its activations are read."""

from typing import TYPE_CHECKING, Any

from tyrosine.models.fingerprints import asked_of, fingerprint
from tyrosine.parameters.models import ModelSpec
from tyrosine.parameters.roster import EXPERIMENTS, parse_roster, refuse_lone_twins, select_models

if TYPE_CHECKING:
    from tyrosine.models.checking import describe_checkpoint
    from tyrosine.models.extraction import extract_features

__all__ = [
    "EXPERIMENTS",
    "ModelSpec",
    "asked_of",
    "describe_checkpoint",
    "extract_features",
    "fingerprint",
    "parse_roster",
    "refuse_lone_twins",
    "select_models",
]


def __getattr__(name: str) -> Any:
    if name == "extract_features":
        from tyrosine.models.extraction import extract_features

        return extract_features
    if name == "describe_checkpoint":
        from tyrosine.models.checking import describe_checkpoint

        return describe_checkpoint
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
