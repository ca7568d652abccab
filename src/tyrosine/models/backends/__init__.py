"""Back ends: how models of one kind are loaded and read, one module each, behind one protocol."""

from __future__ import annotations

import importlib

from tyrosine.models.backends.protocol import Backend, Description, Material, Reading
from tyrosine.parameters.backends import BACKENDS

__all__ = ["Backend", "Description", "Material", "Reading", "find_backend"]


def find_backend(name: str) -> Backend:
    """The back end of that name; its module, and the libraries that the module needs, are imported now.

    Parameters
    ----------
    name : str
        A key of `tyrosine.parameters.backends.BACKENDS`.
    """
    module, _, made = BACKENDS[name].code.partition(":")
    backend: Backend = getattr(importlib.import_module(module), made)()
    return backend
