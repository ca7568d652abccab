"""What a model is, and how its activations are read."""

from typing import TYPE_CHECKING, Any

from tyrosine.models.fingerprints import asked_of, fingerprint
from tyrosine.models.roster import EXPERIMENTS, parse_roster, refuse_lone_twins, select_models
from tyrosine.models.spec import ModelSpec

if TYPE_CHECKING:
    from rsatoolbox.data import Dataset

    from tyrosine.models.checking import describe_checkpoint
    from tyrosine.models.extraction import extract_features
    from tyrosine.models.miniatures import prepare_miniature, write_miniatures
else:
    # rsatoolbox takes seconds to import, as the networks do; declaring models must not.
    Dataset = Any

__all__ = [
    "EXPERIMENTS",
    "Dataset",
    "ModelSpec",
    "asked_of",
    "describe_checkpoint",
    "extract_features",
    "fingerprint",
    "parse_roster",
    "prepare_miniature",
    "refuse_lone_twins",
    "select_models",
    "write_miniatures",
]


def __getattr__(name: str) -> Any:
    if name == "extract_features":
        from tyrosine.models.extraction import extract_features

        return extract_features
    if name == "describe_checkpoint":
        from tyrosine.models.checking import describe_checkpoint

        return describe_checkpoint
    if name in ("prepare_miniature", "write_miniatures"):
        from tyrosine.models import miniatures

        return getattr(miniatures, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
