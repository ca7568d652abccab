"""Representational dissimilarity matrices from features or voxel responses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import DISTANCES, distances_of_features, resolve
from tyrosine.wording import first_three

FloatArray = NDArray[np.float64]

# Features are widened to float64 this many values at a time, so that memory does not double.
_CHUNK_VALUES = 8_000_000


def compute_rdm(
    features: NDArray, distance: str = "correlation", stimulus_ids: Sequence[str] | None = None
) -> FloatArray:
    """Dissimilarity of every pair of stimuli.

    Parameters
    ----------
    features : ndarray of shape (n_stimuli, n_features)
        One row a stimulus; any real dtype, accumulated in float64.
    distance : str
        A key of `tyrosine.parameters.measures.DISTANCES` that needs no repetitions. `correlation` is one
        minus Pearson's correlation of two rows, `cosine` one minus the cosine of their angle, `euclidean` the
        length of their difference (in units of the features), `squared_euclidean` the square of that length
        divided by n_features.
    stimulus_ids : sequence of str, optional
        Names for the rows, used in error messages.

    Returns
    -------
    rdm : ndarray of shape (n_stimuli * (n_stimuli - 1) / 2,), float64
        Condensed RDM, ordered as `scipy.spatial.distance.squareform` does.

    Raises
    ------
    ParameterError
        If the distance is unknown or needs repetitions.
    RDMError
        If the features are not two-dimensional, have fewer than two rows, are not finite, or a row has
        no direction (all zero for `cosine`, constant for `correlation`).

    References
    ----------
    Kriegeskorte, Mur & Bandettini (2008), Front Syst Neurosci 2: 4.
    """
    if distance not in distances_of_features():
        what = "needs repeated responses" if distance in DISTANCES else "is unknown"
        raise ParameterError(
            f"Distance {distance!r} {what}; choose one of {', '.join(distances_of_features())}."
        )
    features = np.asarray(features)
    refuse_shape(features)
    names = [str(i) for i in range(len(features))] if stimulus_ids is None else list(stimulus_ids)
    refuse_rows(~np.isfinite(features).all(axis=1), names, "are not finite (NaN or infinity)")
    return resolve(DISTANCES[distance].function)(features, names)


def refuse_shape(features: NDArray) -> None:
    """Refuse features that are not of shape (n_stimuli, n_features) with at least two stimuli.

    Raises
    ------
    RDMError
    """
    if features.ndim != 2 or features.shape[0] < 2 or features.shape[1] < 1:
        raise RDMError(
            f"An RDM needs features of shape (n_stimuli, n_features) with at least two stimuli, "
            f"got {features.shape}; check how the features were pooled."
        )


def condense(square: NDArray) -> FloatArray:
    """Upper triangle of square RDMs, row by row.

    Parameters
    ----------
    square : ndarray of shape (..., n_stimuli, n_stimuli)

    Returns
    -------
    ndarray of shape (..., n_pairs), float64
    """
    upper = np.triu_indices(square.shape[-1], k=1)
    return np.ascontiguousarray(square[..., upper[0], upper[1]], dtype=np.float64)


def refuse_rows(broken: NDArray[np.bool_], names: Sequence[str], what: str) -> None:
    """Refuse the features of some stimuli.

    Parameters
    ----------
    broken : ndarray of shape (n_stimuli,), bool
    names : sequence of str
        The stimuli.
    what : str
        What is wrong with the features, as "are constant".

    Raises
    ------
    RDMError
        If any are broken.
    """
    if broken.any():
        offenders = [name for name, wrong in zip(names, broken) if wrong]
        raise RDMError(
            f"The features of {len(offenders)} of {len(names)} stimuli ({first_three(offenders)}) {what}; "
            "an RDM is not defined for them, so look at their images, captions or responses."
        )


def _column_chunks(features: NDArray) -> list[slice]:
    step = max(1, _CHUNK_VALUES // len(features))
    return [slice(start, start + step) for start in range(0, features.shape[1], step)]


def _gram(features: NDArray, offset: FloatArray | None = None) -> FloatArray:
    """Inner products of all rows after subtracting `offset` (broadcast), in float64."""
    gram = np.zeros((len(features), len(features)))
    for columns in _column_chunks(features):
        part = features[:, columns].astype(np.float64)
        if offset is not None:
            part -= offset[:, columns] if offset.shape[1] > 1 else offset
        gram += part @ part.T
    return gram


def _from_normalised_gram(gram: FloatArray) -> FloatArray:
    norms = np.sqrt(np.diag(gram))
    gram /= norms[:, None]
    gram /= norms[None, :]
    return np.clip(1.0 - condense(gram), 0.0, 2.0)


def correlation_distances(features: NDArray, names: Sequence[str]) -> FloatArray:
    """One minus Pearson's correlation of every two rows, condensed."""
    mean = features.mean(axis=1, keepdims=True, dtype=np.float64)
    gram = _gram(features, mean)
    refuse_rows(is_constant(np.diag(gram), mean[:, 0], features.shape[1]), names, "are constant")
    return _from_normalised_gram(gram)


def is_constant(squares: FloatArray, mean: FloatArray, n_features: int) -> NDArray[np.bool_]:
    """Whether rows are constant, from their sums of squares after centring and their means."""
    # What centring a constant row leaves behind is rounding, not signal.
    return squares <= n_features * (4 * np.finfo(np.float64).eps * np.abs(mean)) ** 2


def cosine_distances(features: NDArray, names: Sequence[str]) -> FloatArray:
    """One minus the cosine of the angle of every two rows, condensed."""
    gram = _gram(features)
    refuse_rows(np.diag(gram) <= 0, names, "are all zero")
    return _from_normalised_gram(gram)


def euclidean_distances(features: NDArray, names: Sequence[str]) -> FloatArray:
    """Length of the difference of every two rows, condensed."""
    return np.sqrt(_squared_lengths(features))


def squared_euclidean_distances(features: NDArray, names: Sequence[str]) -> FloatArray:
    """Squared length of the difference of every two rows by the number of columns, condensed."""
    return _squared_lengths(features) / features.shape[1]


def _squared_lengths(features: NDArray) -> FloatArray:
    gram = _gram(features, features.mean(axis=0, keepdims=True, dtype=np.float64))
    squares = np.diag(gram)
    rows, columns = np.triu_indices(len(features), k=1)
    sums = squares[rows] + squares[columns]
    squared = sums - 2.0 * gram[rows, columns]
    # The difference of two large numbers says nothing of two near ones: take those pairs directly.
    for pair in np.flatnonzero(squared <= 1e-7 * sums):
        difference = features[rows[pair]].astype(np.float64) - features[columns[pair]]
        squared[pair] = difference @ difference
    return squared
