"""Searchlight RSA without RDMs: similarity of each patch of the cortex to each model.

The RDM of a patch is never kept. With few stimuli it is made and gone at once; with many, the sums over all
pairs of stimuli are those over the small products of the channels of a patch with the dimensions of models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import DISTANCES, METHODS, resolve
from tyrosine.rsa.without_rdms.comparison import check_method, check_patterns
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.without_rdms.products import about_mean, from_inner_products, sum_products
from tyrosine.rsa.without_rdms.sums import Sums
from tyrosine.rsa.workers import map_in_threads, slices

FloatArray = NDArray[np.float64]

# Patches that a core works on before it takes the next ones, and entries that the RDMs of all models have
# at most where these are made: 256 MB in float64.
_BLOCK_PATCHES = 32
_MOST_ENTRIES = 32_000_000
# A variance of squares that are this share of their second moment is rounding.
_ROUNDING = 64 * np.finfo(np.float64).eps


def searchlight(
    responses: NDArray[np.floating],
    patches: Sequence[NDArray[np.integer]],
    models: Sequence[Patterns],
    distance: str = "correlation",
    method: str = "pearson",
    *,
    least_channels: int = 2,
) -> FloatArray:
    """Similarity of the RDM of each patch of channels to the RDM of each model, without the RDMs.

    Parameters
    ----------
    responses : ndarray of shape (n_stimuli, n_channels), float
        Mean responses to each stimulus. Channels that are not finite, or the same for all stimuli, are
        masked: they belong to no patch.
    patches : sequence of ndarray of int
        Numbers of the channels of each patch, as `tyrosine.rsa.neighbourhoods` makes them.
    models : sequence of Patterns
        Of m models, over the same stimuli in the same order, as
        `tyrosine.rsa.without_rdms.patterns.patterns_of_features` makes them.
    distance : str
        Of the patches. One that needs no repetitions and whose entry in
        `tyrosine.parameters.measures.DISTANCES` has `points`.
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `of_sums`.
    least_channels : int
        Channels that are not masked which a patch needs.

    Returns
    -------
    similarity : ndarray of shape (n_patches, m), float64
        NaN for a patch that has too few channels, in which a stimulus has a pattern without direction (a
        constant one, for `correlation`), or whose RDM has no variance.

    Raises
    ------
    ParameterError
        If the distance or the method needs RDMs, or `least_channels` is below one.
    RDMError
        If the responses are not of as many stimuli as the models, or patches name channels that they lack.

    Notes
    -----
    The points of models are laid side by side once. For n stimuli, patches of p channels and models of d
    dimensions in all, a patch costs n p (d + p) multiplications, or n² (p + m) where that is less. Each core
    holds one patch, n p values, at a time.

    References
    ----------
    Kriegeskorte, Goebel & Bandettini (2006), PNAS 103(10): 3863-3868.
    """
    check_method(method, "of_sums")
    prepared = _Prepared.of(responses, patches, models, distance, least_channels)
    side = _Models.of(models, prepared.typical_channels)

    def compare(block: slice) -> FloatArray:
        found = np.full((block.stop - block.start, len(models)), np.nan)
        for row, number in enumerate(range(block.start, block.stop)):
            patch = prepared.points(number)
            if patch is not None:
                similarity = resolve(METHODS[method].of_sums)(side.sums(patch))
                found[row] = similarity[0] if patch.varies else np.nan
        return found

    blocks = map_in_threads(compare, slices(len(patches), _BLOCK_PATCHES))
    return np.concatenate(blocks) if blocks else np.empty((0, len(models)))


@dataclass(frozen=True)
class _Patch:
    """Points of one patch, centred over stimuli.

    Attributes
    ----------
    points : ndarray of shape (n_stimuli, n_channels), float64
    """

    points: FloatArray

    @cached_property
    def half_squares(self) -> FloatArray:
        return 0.5 * np.einsum("ij,ij->i", self.points, self.points)

    @property
    def mean(self) -> float:
        """Mean of the RDM."""
        return float(2.0 * self.half_squares.sum() / (len(self.points) - 1))

    @property
    def about(self) -> FloatArray:
        """Half squares less their mean over stimuli."""
        return self.half_squares - self.half_squares.mean()

    @cached_property
    def square(self) -> float:
        """Squares of the RDM less its mean, over all ordered pairs; zero where that is rounding."""
        n, p = self.points.shape
        gram = self.points.T @ self.points if p <= n else self.points @ self.points.T
        first = np.vdot(gram, gram) + 2.0 * n * (self.about**2).sum()
        second = (n - 1) * self.mean**2
        return float(first - second) if first - second > _ROUNDING * (first + second) else 0.0

    @property
    def varies(self) -> bool:
        """Whether the RDM has any variance."""
        return self.square > 0


@dataclass(frozen=True)
class _Prepared:
    """Responses channel by channel, and the channels of each patch that are not masked."""

    channels: NDArray[np.floating]
    kept: list[NDArray[np.intp]]
    least_channels: int
    arrange: Callable[[FloatArray], NDArray[np.bool_]]

    @classmethod
    def of(
        cls,
        responses: NDArray[np.floating],
        patches: Sequence[NDArray[np.integer]],
        models: Sequence[Patterns],
        distance: str,
        least_channels: int,
    ) -> _Prepared:
        known = [
            name for name, one in DISTANCES.items() if one.points is not None and not one.needs_repetitions
        ]
        if distance not in known:
            raise ParameterError(
                f"Distance {distance!r} has no searchlight without RDMs; choose one of {', '.join(known)}."
            )
        if least_channels < 1:
            raise ParameterError(f"A patch needs at least one channel, got {least_channels} for the least.")
        n_stimuli = check_patterns(models, models)
        if any(one.signs is not None for one in models):
            raise RDMError("Models have features without repetitions; make them by patterns_of_features.")
        values = np.asarray(responses)
        if values.ndim != 2 or len(values) != n_stimuli or values.dtype.kind != "f":
            raise RDMError(
                f"Responses of shape {values.shape} of {values.dtype} cannot be compared with models of "
                f"{n_stimuli} stimuli; expected ({n_stimuli}, n_channels) of real numbers."
            )
        n_channels = values.shape[1]
        masked = masked_channels(values)
        kept = []
        for number, patch in enumerate(patches):
            chosen = np.asarray(patch)
            if chosen.size and (chosen.min() < 0 or chosen.max() >= n_channels):
                raise RDMError(
                    f"Patch {number} names channels that responses of {n_channels} channels have not; make "
                    "patches and responses of the same channels in the same order."
                )
            kept.append(chosen[~masked[chosen]] if chosen.size else chosen)
        return cls(np.ascontiguousarray(values.T), kept, least_channels, resolve(DISTANCES[distance].points))

    @property
    def typical_channels(self) -> float:
        """Mean number of channels of a patch."""
        return float(np.mean([len(one) for one in self.kept])) if self.kept else 0.0

    def points(self, number: int) -> _Patch | None:
        """Points of a patch; none where it is not defined."""
        chosen = self.kept[number]
        if len(chosen) < self.least_channels:
            return None
        values = self.channels[chosen].astype(np.float64).T
        with np.errstate(invalid="ignore", divide="ignore"):
            undefined = self.arrange(values)
        if undefined.any():
            return None
        values -= values.mean(axis=0)
        return _Patch(values)


def masked_channels(responses: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which channels count in no patch: those that are not finite, or the same for all stimuli.

    Parameters
    ----------
    responses : ndarray of shape (n_stimuli, n_channels)

    Returns
    -------
    ndarray of shape (n_channels,), bool
    """
    finite = np.isfinite(responses).all(axis=0)
    return ~finite | (responses == responses[:1]).all(axis=0)


@dataclass(frozen=True)
class _Models:
    """What is needed of the models, computed once.

    Attributes
    ----------
    points : ndarray of shape (n_stimuli, n_dimensions of all models), float64
    starts : ndarray of shape (m,), int
        First dimension of each model.
    about : ndarray of shape (m, n_stimuli), float64
    means, squares : ndarray of shape (m,), float64
    rdms : ndarray of shape (n_stimuli * n_stimuli, m), float64, optional
        Dissimilarities less their mean, zero on the diagonal; only where that multiplies less.
    """

    points: FloatArray
    starts: NDArray[np.intp]
    about: FloatArray
    means: FloatArray
    squares: FloatArray
    rdms: FloatArray | None

    @classmethod
    def of(cls, models: Sequence[Patterns], n_channels: float) -> _Models:
        n, m = models[0].n_stimuli, len(models)
        everything = slice(0, n)
        widths = [one.n_dimensions for one in models]
        rdms = None
        if n * (n_channels + m) < n_channels * (sum(widths) + n_channels) and n * n * m <= _MOST_ENTRIES:
            rdms = np.empty((m, n * n))
            for one, row in zip(models, rdms):
                square = one.dissimilarities(everything, everything)
                np.fill_diagonal(square, 0.0)
                row[:] = square.ravel()
            rdms = rdms.T
        return cls(
            np.concatenate([one.wide(everything) for one in models], axis=1),
            np.cumsum([0, *widths[:-1]]).astype(np.intp),
            about_mean(models),
            np.array([one.mean_dissimilarity for one in models]),
            np.array([sum_products([one], [one]).squares_a[0] for one in models]),
            rdms,
        )

    def sums(self, patch: _Patch) -> Sums:
        """Sums over all pairs of stimuli, for one patch and all models."""
        n, mean = len(patch.points), np.array([patch.mean])
        rows = (self.about @ patch.about)[None]
        if self.rdms is None:
            products = patch.points.T @ self.points
            inner = np.add.reduceat(np.einsum("ij,ij->j", products, products), self.starts)[None]
            found = from_inner_products(inner, rows, mean, self.means, n)
        else:
            heights = patch.half_squares - mean / 2.0
            rdm = heights[:, None] + heights - patch.points @ patch.points.T
            np.fill_diagonal(rdm, 0.0)
            found = (rdm.ravel() @ self.rdms)[None]
        return Sums(
            products=found,
            squares_a=np.array([patch.square]),
            squares_b=self.squares,
            totals_a=np.zeros(1),
            totals_b=np.zeros(len(self.means)),
            n_pairs=float(n * (n - 1)),
            means_a=mean,
            means_b=self.means,
            rows=n**2 * rows,
            rows_a=n**2 * np.array([(patch.about**2).sum()]),
            rows_b=n**2 * (self.about**2).sum(axis=1),
            n_stimuli=n,
        )
