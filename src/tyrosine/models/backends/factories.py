"""Functions of the user's own, as the back ends `torch` and `features` import them."""

from __future__ import annotations

import importlib
from typing import Any

from tyrosine.errors import ModelError
from tyrosine.parameters.models import ModelSpec
from tyrosine.wording import first_line


def import_factory(spec: ModelSpec) -> Any:
    """What a specification names as its factory.

    Raises
    ------
    ModelError
        If it cannot be imported.
    """
    module_name, _, name = str(spec.factory).partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in name.split("."):
            found = getattr(found, part)
    # Importing runs the user's code, and that may raise anything.
    except Exception as error:
        raise ModelError(
            f"{spec.label}: factory {spec.factory} cannot be imported: {explain(error)}; expected "
            "package.module:function, importable from where kedro runs, such as a module under src/."
        ) from error
    return found


def explain(error: Exception) -> str:
    """What an error of the user's own code is and says."""
    kind, said = type(error).__name__, first_line(error)
    return kind if said == kind else f"{kind}: {said}"
