"""What else differs between the models of the two sides of a contrast, beside what the contrast is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tyrosine.parameters import QuestionParameters
from tyrosine.parameters.models import ModelSpec

COVARIATES = {
    "modality": "modality",
    "multimodal": "training on images and text together",
    "task": "training task",
    "architecture": "architecture",
    "training_data": "training data",
    "n_training_samples": "number of training samples",
    "resolution": "resolution in pixels",
    "n_parameters": "number of parameters",
    "depth": "relative depth of the layer",
    "pooling": "pooling",
}
"""Attributes of models that are compared, and what sentences call them. All but the depth of the reported
layer are fields of `ModelSpec`."""
UNKNOWN = "not stated"


def describe_differences(
    sides: Sequence[Sequence[str]],
    asked: Sequence[str],
    models: Mapping[str, ModelSpec],
    depths: Mapping[str, float],
) -> str:
    """List the attributes whose values are not the same on both sides.

    Parameters
    ----------
    sides : sequence of two sequences of str
        Names of the models.
    asked : sequence of str
        Attributes that the contrast is about, which are left out.
    models : mapping of str to ModelSpec
    depths : mapping of str to float
        Relative depth of the layer that each model is reported by; NaN for one that is no block.

    Returns
    -------
    str
        Such as ``training data (ImageNet-21k against WebImageText); resolution in pixels (224 against
        384)``; empty where nothing that is known differs. An attribute that no model states is left out, and
        so is the resolution where some models see no images.
    """
    if not all(sides):
        return ""
    told = []
    all_see = all(models[one].modality == "vision" for side in sides for one in side)
    for attribute, name in COVARIATES.items():
        if attribute in asked or (attribute == "resolution" and not all_see):
            continue
        values = [
            {
                _shown(depths.get(one) if attribute == "depth" else getattr(models[one], attribute))
                for one in side
            }
            for side in sides
        ]
        if values[0] != values[1] and values[0] | values[1] != {UNKNOWN}:
            told.append(f"{name} ({' against '.join(', '.join(sorted(side)) for side in values)})")
    return "; ".join(told)


def asked_attributes(questions: QuestionParameters, question: str, contrast: str) -> list[str]:
    """The attributes by which a contrast tells its sides apart, and that within which it compares them."""
    sides = questions.root[question].contrasts[contrast]
    a, b = sides.a.model_dump(), sides.b.model_dump()
    return [name for name in a if a[name] != b[name] or name == sides.within]


def _shown(value: Any) -> str:
    if value is None or value == "" or value != value:
        return UNKNOWN
    if isinstance(value, tuple):
        return " or ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and value >= 10_000:
        return f"{value:,}".replace(",", " ")
    return f"{value:.3g}" if isinstance(value, float) else str(value)
