"""What stimuli and pairs of them contribute to similarities, from blocks of RDMs that are made and gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.rsa.generalisation import PairCovariance, PairTerms, PairVariances
from tyrosine.rsa.jackknife import leave_out_of_sums
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI
from tyrosine.rsa.without_rdms.comparison import check_method, check_patterns, observe
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.workers import map_in_threads, slices

FloatArray = NDArray[np.float64]

# Values of the RDMs of one block of pairs, for one core: 64 MB.
_BLOCK_VALUES = 8_000_000
_BLOCK_ROWS = 64


class PairTermsOfPatterns(PairTerms):
    """The same as `PairTerms` of the RDMs, without an array of all pairs of stimuli.

    Parameters
    ----------
    brain, models : sequence of Patterns
        Over the same stimuli in the same order.
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `of_sums` and `bootstrap`.
    mixtures : array_like of shape (n_mixtures, k, m), optional
    groups : array_like of shape (n_stimuli,), int, optional

    Raises
    ------
    ParameterError
        If the method needs RDMs for this.
    RDMError
        If the patterns are over different stimuli, or an RDM has no variance.

    Notes
    -----
    RDMs are made by blocks of rows, once for sums over the pairs of each stimulus, and once for each call for
    sums of products of influences. Time grows with the square of the number of stimuli, memory does not.
    """

    def __init__(
        self,
        brain: Sequence[Patterns],
        models: Sequence[Patterns],
        method: str,
        mixtures: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> None:
        check_method(method, "bootstrap")
        self.n_stimuli = check_patterns(brain, models)
        sums, self.similarity = observe(brain, models, method, "cpu")
        self._sets, self._k = (*brain, *models), len(brain)
        means = np.concatenate([sums.means_a, sums.means_b]) * (method == "cosine")
        squares = np.concatenate([sums.squares_a, sums.squares_b]) + sums.n_pairs * means**2
        # Entries of the condensed RDMs are half of all ordered pairs.
        self._shifts, self._scales = means, np.sqrt(2.0 / squares)
        self._set_mixtures(mixtures, len(models))
        members = np.arange(self.n_stimuli) if groups is None else np.asarray(groups, dtype=np.intp)
        sizes = np.bincount(members)
        self._n_pairs = self.n_stimuli * (self.n_stimuli - 1) // 2
        self.surplus = float(1.0 - (sizes * (sizes - 1)).sum() / 2 / self._n_pairs)
        self._of_stimuli = self._sum_over_rows(None)
        of_groups = [np.zeros((len(sizes), *one.shape[1:])) for one in self._of_stimuli]
        for total, one in zip(of_groups, self._of_stimuli):
            np.add.at(total, members, one)
        left = self._n_pairs - sizes * (self.n_stimuli - sizes) - sizes * (sizes - 1) // 2
        if sizes.max() > 1:
            # Pairs within a group have two stimuli of it, and count once.
            for total, one in zip(of_groups, self._sum_over_rows(members)):
                np.add.at(total, members, -0.5 * one)
        xy, xx, yy, x, y = of_groups
        self._left_out = leave_out_of_sums(
            xy, xx, yy, x, y, self.similarity, left, centred=method == "pearson"
        )

    def covariance(
        self, members: Sequence[Sequence[int]], models: Sequence[int] | None = None
    ) -> PairCovariance:
        """As `PairTerms.covariance`."""
        chosen = np.arange(self.n_models) if models is None else np.asarray(models)
        return self._covariances([members], chosen)[0]

    def variances(self, members: Sequence[Sequence[int]]) -> PairVariances:
        """As `PairTerms.variances`."""
        return self.variances_of_each([members])[0]

    def variances_of_each(self, members: Sequence[Sequence[Sequence[int]]]) -> list[PairVariances]:
        """As `PairTerms.variances_of_each`, with all of them from the same blocks."""
        return [
            PairVariances(
                np.diag(one.of_mean).copy(), np.diag(one.of_subjects).copy(), one.left_out, one.surplus
            )
            for one in self._covariances(members, np.arange(self.n_models))
        ]

    def _covariances(
        self, lists: Sequence[Sequence[Sequence[int]]], chosen: NDArray[np.intp]
    ) -> list[PairCovariance]:
        """The covariance of each of several lists of members."""
        weights = [[self._weights(rows, chosen) for rows in members] for members in lists]
        products = self._sum_products(weights)
        found = []
        for members, of_subjects, (of_all, of_each) in zip(lists, weights, products):
            n = len(members)
            total = sum(of_subjects, np.zeros_like(of_subjects[0])) / n
            left_out = np.mean([self._without_each(rows, chosen) for rows in members], axis=0)
            of_mean = self._scaled(of_all / n**2, total)
            difference = np.zeros_like(of_mean)
            if n > 1:
                single = sum(self._scaled(one, own) for one, own in zip(of_each, of_subjects))
                difference = (single / n - of_mean) / (n - 1)
            found.append(PairCovariance(of_mean, difference, left_out, self.surplus))
        return found

    def _weights(self, rows: Sequence[int], chosen: NDArray[np.intp]) -> FloatArray:
        """What the similarity of each brain RDM to each model RDM counts in those chosen, (c, k, m)."""
        m = self.similarity.shape[1]
        every = np.zeros((self.n_models, self._k, m))
        for row in rows:
            every[np.arange(m), row, np.arange(m)] += 1.0 / len(rows)
            every[m:, row] += self._mixtures[:, row] / len(rows)
        return every[chosen]

    def _scaled(self, products: FloatArray, weights: FloatArray) -> FloatArray:
        """As `PairTerms._products`, from sums of products and the weights of the similarities."""
        n, n_pairs = self.n_stimuli, self._n_pairs
        if n < LEAST_STIMULI:
            return np.full(products.shape, np.nan)
        xy, xx, yy, _, _ = self._of_stimuli
        influence = xy - 0.5 * self.similarity * (xx[:, :, None] + yy[:, None, :])
        sums = np.einsum("ckm,nkm->cn", weights, influence, optimize=True)
        mean = sums.sum(axis=1) / 2.0 / n_pairs
        by_stimulus = (sums - (n - 1) * mean[:, None]) / (n - 2)
        products = products - n_pairs * np.outer(mean, mean) - (n - 2) * by_stimulus @ by_stimulus.T
        return products * n_pairs / (n_pairs - n)

    def _blocks(self) -> list[slice]:
        return slices(self.n_stimuli, _BLOCK_ROWS)

    def _tiles(
        self, rows: slice, brains: NDArray[np.intp], *, upper: bool = False
    ) -> Iterator[tuple[slice, FloatArray, FloatArray]]:
        """Columns, and the prepared entries of brain and model RDMs in these rows and columns.

        Of the upper triangle the first columns are those of the rows, and all others lie behind them.
        """
        height, wanted = rows.stop - rows.start, [*brains, *range(self._k, len(self._sets))]
        step = max(1, _BLOCK_VALUES // (len(wanted) * height))
        every = slices(self.n_stimuli, step)
        for columns in [rows, *slices(self.n_stimuli, step, rows.stop)] if upper else every:
            entries = np.stack([self._sets[one].dissimilarities(rows, columns) for one in wanted])
            entries += self._shifts[wanted, None, None]
            entries *= self._scales[wanted, None, None]
            here = np.arange(max(rows.start, columns.start), min(rows.stop, columns.stop))
            entries[:, here - rows.start, here - columns.start] = 0.0
            yield columns, entries[: len(brains)], entries[len(brains) :]

    def _sum_over_rows(self, members: NDArray[np.intp] | None) -> list[FloatArray]:
        """Sums over the pairs of each stimulus: of xy, x², y², x and y; within its group, given members.

        Returns
        -------
        list of ndarray of shape (n_stimuli, k, m), (n_stimuli, k), (n_stimuli, m), (n_stimuli, k) and
        (n_stimuli, m), float64
        """

        def add(rows: slice) -> list[FloatArray]:
            height, m = rows.stop - rows.start, len(self._sets) - self._k
            shapes = ((self._k, m), (self._k,), (m,), (self._k,), (m,))
            total = [np.zeros((height, *shape)) for shape in shapes]
            for columns, x, y in self._tiles(rows, np.arange(self._k)):
                if members is not None:
                    apart = members[rows][:, None] != members[columns]
                    x[:, apart], y[:, apart] = 0.0, 0.0
                total[0] += np.matmul(x.transpose(1, 0, 2), y.transpose(1, 2, 0))
                total[1] += np.einsum("khw,khw->hk", x, x)
                total[2] += np.einsum("mhw,mhw->hm", y, y)
                total[3] += x.sum(axis=2).T
                total[4] += y.sum(axis=2).T
            return total

        parts = map_in_threads(add, self._blocks())
        return [np.concatenate(one) for one in zip(*parts)]

    def _sum_products(
        self, weights: Sequence[Sequence[FloatArray]]
    ) -> list[tuple[FloatArray, list[FloatArray]]]:
        """For each list, sums over pairs of products of influences: of their sum, and of each of them."""
        brains = np.flatnonzero(
            [any(one[:, row].any() for of in weights for one in of) for row in range(self._k)]
        )

        def add(rows: slice) -> list[tuple[FloatArray, list[FloatArray]]]:
            sums: list[tuple[FloatArray, list[FloatArray]]] = []
            for number, (_, x, y) in enumerate(self._tiles(rows, brains, upper=True)):
                x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
                squares_x, squares_y = x**2, y**2
                for place, of_list in enumerate(weights):
                    parts = [
                        self._influence_in(one[:, brains], brains, x, y, squares_x, squares_y)
                        for one in of_list
                    ]
                    total = parts[0] if len(parts) == 1 else np.sum(parts, axis=0)
                    of_all, of_each = total @ total.T, [one @ one.T for one in parts if len(parts) > 1]
                    if number:
                        # What lies right of the diagonal stands for what lies below it too.
                        of_all = sums[place][0] + 2.0 * of_all
                        of_each = [one + 2.0 * other for one, other in zip(sums[place][1], of_each)]
                        sums[place] = of_all, of_each
                    else:
                        sums.append((of_all, of_each))
            return sums

        found = map_in_threads(add, self._blocks())
        # Each pair stands on both sides of the diagonal.
        return [
            (
                0.5 * np.sum([part[place][0] for part in found], axis=0),
                [
                    0.5 * np.sum([part[place][1][one] for part in found], axis=0)
                    for one in range(len(found[0][place][1]))
                ],
            )
            for place in range(len(weights))
        ]

    def _influence_in(
        self,
        weights: FloatArray,
        brains: NDArray[np.intp],
        x: FloatArray,
        y: FloatArray,
        squares_x: FloatArray,
        squares_y: FloatArray,
    ) -> FloatArray:
        """Change of similarities with the weight of each pair of a block, of shape (c, n_pairs_of_block)."""
        scaled = weights * self.similarity[brains]
        influence = -0.5 * (scaled.sum(axis=1) @ squares_y)
        for row in np.flatnonzero(weights.any(axis=(0, 2))):
            influence += (weights[:, row] @ y) * x[row] - 0.5 * scaled[:, row].sum(axis=1)[
                :, None
            ] * squares_x[row]
        return influence
