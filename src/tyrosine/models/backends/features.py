"""The back end `features`: features of the stimuli from a function, without a network.

The function takes a `tyrosine.models.backends.Material`, which has images, captions and categories of all
stimuli, and returns an array of shape (n_stimuli, n_features). Those that come along are in
`tyrosine.models.confounds`.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tyrosine.errors import ModelError
from tyrosine.models.backends.factories import import_factory
from tyrosine.models.backends.protocol import Description, Material
from tyrosine.models.batching import BatchSize
from tyrosine.models.shards import Features, side_by_side
from tyrosine.parameters.models import ModelSpec
from tyrosine.wording import first_line, first_three


class StimulusFeatures:
    """The back end `features`."""

    def describe(self, spec: ModelSpec) -> Description:
        """Import the function, and say what it is."""
        function = import_function(spec)
        return Description(function.__name__, [function.__name__], [None], _revision(function), "float32")

    def open(self, spec: ModelSpec, material: Material) -> FunctionReading:
        """Import the function, ready to be called with the material."""
        return FunctionReading(spec, material)


class FunctionReading:
    """What the function makes of all stimuli in one call; a `tyrosine.models.backends.Reading`."""

    precision = "float32"
    device = "cpu"

    def __init__(self, spec: ModelSpec, material: Material) -> None:
        self._spec, self._material = spec, material
        self._function = import_function(spec)
        self.rows = range(len(material.ids))
        self.layers = [self._function.__name__]
        self.revision = _revision(self._function)

    def plan(self, size: BatchSize) -> list[list[int]]:
        """One batch: what a function makes of a stimulus, such as a count of its words, may need all."""
        return [list(self.rows)]

    def read(self, size: BatchSize, batches: list[list[int]], numbers: list[int]) -> Iterator[Features]:
        """Features of all stimuli."""
        for _ in numbers:
            yield side_by_side([self._call()])

    def _call(self) -> np.ndarray:
        what, n_stimuli = f"{self._spec.label}: {self._spec.factory}", len(self._material.ids)
        try:
            made = np.asarray(self._function(self._material), dtype=np.float64)
        except ModelError as error:
            raise ModelError(f"{self._spec.label}: {error}") from error
        # It may be the user's own code, which may raise anything.
        except Exception as error:
            raise ModelError(f"{what} failed: {type(error).__name__}: {first_line(error)}.") from error
        if made.ndim != 2 or len(made) != n_stimuli or not made.shape[1]:
            raise ModelError(
                f"{what} returns an array of shape {made.shape}; expected ({n_stimuli}, n_features), a row a "
                "stimulus."
            )
        with np.errstate(over="ignore"):
            features = made.astype(np.float32)
        finite = np.isfinite(features)
        if not finite.all():
            names = [name for name, row in zip(self._material.ids, finite) if not row.all()]
            raise ModelError(f"{what} gives features that are not finite to {first_three(names)}; mend it.")
        if (features == features[0]).all():
            raise ModelError(
                f"{what} gives all stimuli the same features, so that no two are dissimilar; leave "
                f"{self._spec.name or self._spec.label} out of roster."
            )
        return features


def import_function(spec: ModelSpec) -> Callable[[Material], Any]:
    """The function that a specification names.

    Raises
    ------
    ModelError
        If it cannot be imported, or is no function.
    """
    function = import_factory(spec)
    if not inspect.isfunction(function):
        raise ModelError(
            f"{spec.label}: factory {spec.factory} is a {type(function).__name__}; expected a function that "
            "takes the stimuli and returns an array."
        )
    return function


def _revision(function: Callable[..., Any]) -> str:
    """Hash of the module that the function is in, so that features of changed code count as stale."""
    source = inspect.getsource(inspect.getmodule(function) or function)
    return f"sha256:{hashlib.sha256(source.encode()).hexdigest()}"
