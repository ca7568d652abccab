"""How often stimuli, or whole groups of them, are drawn in resamples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.workers import slices

FloatArray = NDArray[np.float64]

# Values of points that are widened to float64 at once: 64 MB.
_CHUNK_VALUES = 8_000_000


@dataclass(frozen=True)
class Draws:
    """Draws of stimuli that are sorted so that those of a group follow each other.

    Attributes
    ----------
    order : ndarray of shape (n_stimuli,), int, optional
        The stimuli, group by group. None if each stimulus is drawn for itself.
    counts : ndarray of shape (n_resamples, n_stimuli), float64
        How often each stimulus was drawn, in this order.
    starts : ndarray of shape (n_groups,), int
        Where each group begins in this order. Every stimulus is a group if single ones are drawn.
    """

    order: NDArray[np.intp] | None
    counts: FloatArray
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, counts: ArrayLike, groups: ArrayLike | None, n_stimuli: int) -> Draws:
        """The draws that counts of stimuli, and numbers of their groups, describe.

        Raises
        ------
        ParameterError
            If the counts are no counts of these stimuli, or differ within a group.
        """
        weights = np.asarray(counts, dtype=np.float64)
        if weights.ndim != 2 or weights.shape[1] != n_stimuli or not len(weights) or (weights < 0).any():
            raise ParameterError(
                f"Counts of shape {weights.shape} do not fit patterns of {n_stimuli} stimuli; expected "
                "(n_resamples, n_stimuli), zero or larger, with at least one resample."
            )
        if groups is None:
            return cls(None, weights, np.arange(n_stimuli))
        members = np.asarray(groups)
        if members.shape == (n_stimuli,):
            order = np.argsort(members, kind="stable")
            weights = weights[:, order]
            starts = np.unique(members[order], return_index=True)[1]
            sizes = np.diff(starts, append=n_stimuli)
            if (weights == np.repeat(weights[:, starts], sizes, axis=1)).all():
                return cls(order, weights, starts)
        raise ParameterError(
            f"Groups of shape {members.shape} do not fit counts of {n_stimuli} stimuli; expected the number "
            "of the group of each stimulus, and as many draws of each stimulus as of its group."
        )

    @property
    def n_resamples(self) -> int:
        """Number of resamples."""
        return len(self.counts)

    @property
    def n_stimuli(self) -> int:
        """Number of stimuli that there are."""
        return self.counts.shape[1]

    @property
    def drawn(self) -> FloatArray:
        """How often each group was drawn, of shape (n_resamples, n_groups)."""
        return self.counts if self.order is None else self.counts[:, self.starts]

    @property
    def sizes(self) -> FloatArray:
        """Number of stimuli of each group, of shape (n_groups,)."""
        return np.diff(self.starts, append=self.n_stimuli).astype(np.float64)

    @property
    def group_of(self) -> NDArray[np.intp]:
        """Number of the group of each stimulus, in this order."""
        return np.repeat(np.arange(len(self.starts)), self.sizes.astype(np.intp))

    @property
    def n_pairs(self) -> FloatArray:
        """Weight of all ordered pairs of different stimuli, of shape (n_resamples,)."""
        drawn, sizes = self.drawn, self.sizes
        within = np.einsum("rg,rg,g->r", drawn, drawn, sizes**2)
        return self.counts.sum(axis=1) ** 2 - within + drawn @ (sizes * (sizes - 1.0))

    def part(self, resamples: slice) -> Draws:
        """Some of the resamples."""
        return Draws(self.order, self.counts[resamples], self.starts)

    def stimuli(self, places: slice) -> slice | NDArray[np.intp]:
        """Which stimuli stand at places of this order."""
        return places if self.order is None else self.order[places]

    def surplus(self) -> FloatArray:
        """By how much a sum over all pairs counts those within a group too often, (n_resamples, n_groups).

        A group that was drawn c times brings its own pairs c times, not c² times.
        """
        drawn = self.drawn
        return drawn**2 - drawn

    def totals(self, patterns: Patterns) -> FloatArray:
        """Sums of dissimilarities less the mean of the RDM over all ordered pairs of different stimuli.

        Returns
        -------
        ndarray of shape (n_resamples,), float64
        """
        mean, drawn, sizes = patterns.mean_dissimilarity, self.drawn, self.sizes
        heights = patterns.half_squares if self.order is None else patterns.half_squares[self.order]
        heights = np.add.reduceat(heights - mean / 2.0, self.starts)
        # Sums over all pairs, each stimulus with itself too, in resamples and within each group.
        total = 2.0 * (drawn @ sizes) * (drawn @ heights)
        within = 2.0 * sizes * heights
        signs, n = patterns.sign_of_each, self.n_stimuli
        for dimensions in slices(patterns.n_dimensions, max(1, _CHUNK_VALUES // n)):
            points = patterns.points[:, dimensions].astype(np.float64, copy=False)
            if self.order is not None:
                points = np.add.reduceat(points[self.order], self.starts, axis=0)
            total -= (drawn @ points) ** 2 @ signs[dimensions]
            within -= points**2 @ signs[dimensions]
        if self.order is None:
            # Within a group of one stimulus there is the zero on the diagonal, less the mean.
            return total + mean * np.einsum("rg,rg->r", drawn, drawn)
        return total - self.surplus() @ within + mean * (drawn @ sizes)
