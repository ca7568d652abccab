"""Patterns of stimuli, arranged so that half the squared distance of two of them is their dissimilarity.

All distances but the plain Euclidean one can be arranged so. With Z the patterns centred and scaled to length
one, 1 - ZZᵀ is half the squared distance of the rows of Z; cosine and squared Euclidean distances differ in
what is done to each row, and the cross-validated ones have points of which some dimensions count as negative.
Sums over pairs of stimuli are then sums over small matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.parameters.measures import DISTANCES, resolve
from tyrosine.rsa.crossvalidation import Trials, check_trials
from tyrosine.rsa.dissimilarity import is_constant, refuse_rows, refuse_shape
from tyrosine.rsa.workers import map_in_threads, slices

FloatArray = NDArray[np.float64]
Precision = Literal["float32", "float64"]

# Values of a block of rows that one core works on: 8 MB in float64.
_CHUNK_VALUES = 1_000_000


@dataclass(frozen=True)
class Patterns:
    """The patterns of one region or of one model, in place of their RDM.

    Attributes
    ----------
    points : ndarray of shape (n_stimuli, n_dimensions), float32 or float64
        With the mean over stimuli taken away. Half the squared distance of two rows is the dissimilarity of
        the two stimuli.
    half_squares : ndarray of shape (n_stimuli,), float64
        Half the squared length of each row.
    signs : ndarray of shape (n_dimensions,), float64, optional
        1 or -1: how each dimension counts in squared lengths and distances. All count as 1 if not given.
    """

    points: NDArray[Any]
    half_squares: FloatArray
    signs: FloatArray | None = None

    @property
    def n_stimuli(self) -> int:
        """Number of stimuli."""
        return len(self.points)

    @property
    def n_dimensions(self) -> int:
        """Number of dimensions of the points."""
        return self.points.shape[1]

    @property
    def mean_dissimilarity(self) -> float:
        """Mean of the RDM, exactly: points have no mean, so that sums of inner products vanish."""
        return float(2.0 * self.half_squares.sum() / (self.n_stimuli - 1))

    @property
    def sign_of_each(self) -> FloatArray:
        """How each dimension counts, also where all count as 1."""
        return np.ones(self.n_dimensions) if self.signs is None else self.signs

    def wide(self, stimuli: slice | NDArray[np.intp]) -> FloatArray:
        """Points of some stimuli in float64."""
        return self.points[stimuli].astype(np.float64, copy=False)

    def of(self, stimuli: NDArray[np.intp]) -> Patterns:
        """The patterns of some of the stimuli, by number, with the dissimilarities that they had."""
        chosen = self.points[stimuli]
        return _centred(chosen, chosen.mean(axis=0, dtype=np.float64), self.signs)

    def dissimilarities(
        self, first: slice | NDArray[np.intp], second: slice | NDArray[np.intp]
    ) -> FloatArray:
        """Dissimilarities of some stimuli and some others, less the mean of the RDM.

        Parameters
        ----------
        first, second : slice or ndarray of int
            The stimuli of rows and of columns.

        Returns
        -------
        ndarray of shape (n_first, n_second), float64
            For a stimulus and itself the negative of the mean.
        """
        left = self.wide(first)
        values = (left if self.signs is None else left * self.signs) @ self.wide(second).T
        offset = self.mean_dissimilarity / 2.0
        np.subtract((self.half_squares[first] - offset)[:, None], values, out=values)
        values += self.half_squares[second] - offset
        return values


def patterns_of_features(
    features: NDArray,
    distance: str = "correlation",
    stimulus_ids: Sequence[str] | None = None,
    precision: Precision = "float64",
) -> Patterns:
    """Features or averaged responses as patterns whose dissimilarities are those of `compute_rdm`.

    Parameters
    ----------
    features : ndarray of shape (n_stimuli, n_features)
        One row a stimulus; any real dtype, computed in float64 by blocks of rows.
    distance : str
        One that needs no repetitions and whose entry in `tyrosine.parameters.measures.DISTANCES` has
        `points`.
    stimulus_ids : sequence of str, optional
        Names for the rows, used in error messages.
    precision : {"float32", "float64"}
        What the points are kept in; their products are in float64. float32 takes half the memory, and changes
        similarities by what rounding does to points (`benchmarks/nsd_full.py` measures it).

    Returns
    -------
    Patterns

    Raises
    ------
    ParameterError
        If the distance has no points.
    RDMError
        As `tyrosine.rsa.dissimilarity.compute_rdm` raises it.
    """
    own = _points_function(distance, repeated=False)
    features = np.asarray(features)
    refuse_shape(features)
    names = [str(i) for i in range(len(features))] if stimulus_ids is None else list(stimulus_ids)
    points = np.empty(features.shape, dtype=precision)
    broken, empty = np.zeros(len(features), dtype=bool), np.zeros(len(features), dtype=bool)

    def arrange(rows: slice) -> FloatArray:
        values = features[rows].astype(np.float64)
        broken[rows] = ~np.isfinite(values).all(axis=1)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            empty[rows] = own(values)
            points[rows] = values
            return values.sum(axis=0)

    sums = map_in_threads(arrange, _row_blocks(points))
    refuse_rows(broken, names, "are not finite (NaN or infinity)")
    refuse_rows(empty, names, "are constant" if distance == "correlation" else "are all zero")
    return _centred(points, np.sum(sums, axis=0) / len(points), None)


def patterns_of_trials(trials: Trials, distance: str, precision: Precision = "float64") -> Patterns:
    """Repeated responses as patterns whose dissimilarities are those of `compute_rdm_of_trials`.

    Parameters
    ----------
    trials : Trials
        Each stimulus as often in each fold as any other, and in two folds at least.
    distance : str
        One that needs repetitions and whose entry in `tyrosine.parameters.measures.DISTANCES` has `points`.
    precision : {"float32", "float64"}
        What the points are kept in; their products are in float64. float32 takes half the memory, and changes
        similarities by what rounding does to points (`benchmarks/nsd_full.py` measures it).

    Returns
    -------
    Patterns
        With as many times the channels as there are folds for dimensions.

    Raises
    ------
    ParameterError
        If the distance has no points.
    RDMError
        As `tyrosine.rsa.crossvalidation.compute_rdm_of_trials` raises it, and if stimuli were repeated
        unequally.
    """
    own = _points_function(distance, repeated=True)
    check_trials(trials)
    values, signs = own(trials)
    return _centred(values.astype(precision, copy=False), values.mean(axis=0), signs)


def _points_function(distance: str, repeated: bool) -> Callable[..., Any]:
    known = [
        name
        for name, entry in DISTANCES.items()
        if entry.points is not None and entry.needs_repetitions == repeated
    ]
    if distance not in known:
        what = "repeated responses" if repeated else "features"
        raise ParameterError(
            f"Distance {distance!r} cannot be compared without RDMs of {what}; choose one of "
            f"{', '.join(known)}, or keep RDMs (comparison.engine: rdms)."
        )
    return resolve(DISTANCES[distance].points)


def _centred(points: NDArray[Any], mean: FloatArray, signs: FloatArray | None) -> Patterns:
    """Patterns of points whose mean is taken away in place."""
    half_squares = np.empty(len(points))
    weights = np.full(points.shape[1], 0.5) if signs is None else 0.5 * signs

    def centre(rows: slice) -> None:
        values = points[rows].astype(np.float64)
        values -= mean
        points[rows] = values
        np.square(values, out=values)
        half_squares[rows] = values @ weights

    map_in_threads(centre, _row_blocks(points))
    return Patterns(points, half_squares, signs)


def _row_blocks(points: NDArray[Any]) -> list[slice]:
    return slices(len(points), max(1, _CHUNK_VALUES // points.shape[1]))


def correlation_points(values: FloatArray) -> NDArray[np.bool_]:
    """Centre rows and scale them to length one, in place; says which are constant."""
    n_features = values.shape[1]
    mean = values.mean(axis=1)
    values -= mean[:, None]
    squares = np.einsum("ij,ij->i", values, values)
    values /= np.sqrt(squares)[:, None]
    return is_constant(squares, mean, n_features)


def cosine_points(values: FloatArray) -> NDArray[np.bool_]:
    """Scale rows to length one, in place; says which are all zero."""
    squares = np.einsum("ij,ij->i", values, values)
    values /= np.sqrt(squares)[:, None]
    return squares <= 0


def squared_euclidean_points(values: FloatArray) -> NDArray[np.bool_]:
    """Scale rows so that half their squared distance is that per feature, in place; no row is refused."""
    values *= np.sqrt(2.0 / values.shape[1])
    return np.zeros(len(values), dtype=bool)
