"""Sums over pairs of stimuli in resamples, from blocks of the RDMs that are made and gone at once."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tyrosine.rsa.without_rdms.draws import Draws
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.workers import map_in_blocks, slices

FloatArray = NDArray[np.float64]

# Stimuli of a block's rows and columns, and how many products of two RDMs are multiplied with the weights at
# once: these and the weights fit into the cache of a processor.
_BLOCK_ROWS, _BLOCK_COLUMNS, _PRODUCTS = 256, 1024, 4
# Rows of a block on a GPU.
_BLOCK_ROWS_GPU = 1024
# Stimuli from which on float32 multiplies, and products that it adds up before float64 does.
_LEAST_FOR_FLOAT32, _SUMMED_IN_FLOAT32 = 4000, 16


def multiplications(a: Sequence[Patterns], b: Sequence[Patterns], draws: Draws) -> float:
    """How many multiplications the sums take."""
    n, n_products = draws.n_stimuli, len(a) * len(b) + len(a) + len(b)
    dimensions = sum(one.n_dimensions for one in (*a, *b))
    return n * (n + min(n, _BLOCK_ROWS)) / 2 * (dimensions + n_products * draws.n_resamples)


def sum_products(
    a: Sequence[Patterns], b: Sequence[Patterns], draws: Draws
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums over all ordered pairs of different stimuli of the products of RDMs less their means.

    Parameters
    ----------
    a, b : sequence of Patterns
    draws : Draws

    Returns
    -------
    products : ndarray of shape (n_resamples, k, m), float64
    squares_a, squares_b : ndarray of shape (n_resamples, k) and (n_resamples, m), float64

    Notes
    -----
    With M the entries of one RDM times those of another, and weights 1 + d, the sum is 1ᵀM1 + 2 dᵀM1 + dᵀMd.
    The sums of rows M1 are computed in float64. The last term is nearly all of the work. Of single stimuli,
    from 4 000 on, it is computed in float32 by blocks that are added up in float64. The differences d are of
    either sign, so that roundings do not add up: similarities are off by 3e-10 at most with 4 000 stimuli, by
    less the more stimuli there are (`benchmarks/nsd_full.py`).
    """
    every, places, singles = (*a, *b), _places(a, b), draws.order is None
    n, dtype = draws.n_stimuli, _dtype(draws)
    linear = np.ascontiguousarray(2.0 * draws.counts.T - 1.0)
    differences = np.ascontiguousarray(draws.counts.T - 1.0, dtype=dtype)
    group_of = draws.group_of

    def add(rows: slice) -> tuple[FloatArray, FloatArray]:
        """What pairs of these stimuli, and of these with later ones, add to sums and those in groups."""
        height = rows.stop - rows.start
        sums, within = np.zeros((len(places), draws.n_resamples)), np.zeros((len(places), height))
        lines = np.zeros((len(places), n - rows.start))
        room = np.empty((height, max(_BLOCK_COLUMNS, height)))
        for columns in [rows, *slices(n, _BLOCK_COLUMNS, rows.stop)]:
            on_diagonal, width = columns == rows, columns.stop - columns.start
            rdms = [one.dissimilarities(draws.stimuli(rows), draws.stimuli(columns)) for one in every]
            if on_diagonal:
                for rdm in rdms:
                    np.fill_diagonal(rdm, 0.0)
            # What lies right of the diagonal stands for what lies below it too.
            twice = 1.0 if on_diagonal else 2.0
            starts = np.flatnonzero(np.diff(group_of[columns], prepend=-1))
            of_columns = differences[columns][starts]
            alike = None if singles else group_of[rows][:, None] == group_of[columns]
            stack = np.empty((_PRODUCTS, height, len(starts)), dtype=dtype)
            behind = slice(columns.start - rows.start, columns.stop - rows.start)
            for some in slices(len(places), _PRODUCTS):
                for place in range(some.start, some.stop):
                    first, second = places[place]
                    values = np.multiply(rdms[first], rdms[second], out=room[:, :width])
                    lines[place, :height] += values.sum(axis=1)
                    if not on_diagonal:
                        lines[place, behind] += values.sum(axis=0)
                    if alike is not None and alike.any():
                        within[place] += twice * (values * alike).sum(axis=1)
                    stack[place - some.start] = values if singles else np.add.reduceat(values, starts, axis=1)
                filled = stack[: some.stop - some.start]
                weighted = np.matmul(filled.reshape(-1, len(starts)), of_columns)
                weighted = weighted.reshape(len(filled), height, -1)
                for part in slices(height, _SUMMED_IN_FLOAT32):
                    of_rows = differences[rows][part]
                    sums[some] += twice * np.einsum("prb,rb->pb", weighted[:, part], of_rows)
        return sums + lines @ linear[rows.start :], within

    parts = map_in_blocks(add, slices(n, _BLOCK_ROWS))
    sums = np.sum([part[0] for part in parts], axis=0)
    if not singles:
        of_groups = np.add.reduceat(np.concatenate([part[1] for part in parts], axis=1), draws.starts, axis=1)
        sums -= of_groups @ draws.surplus().T
    return _parted(sums, len(a), len(b))


def sum_products_on_gpu(
    a: Sequence[Patterns], b: Sequence[Patterns], draws: Draws, device: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same as `sum_products`, on a torch device."""
    import torch

    n, dtype = draws.n_stimuli, getattr(torch, np.dtype(_dtype(draws)).name)
    places = _places(a, b)

    def load(values: NDArray[Any]) -> torch.Tensor:
        return torch.as_tensor(np.ascontiguousarray(values), device=device)

    everything = draws.stimuli(slice(0, n))
    points = [load(one.wide(everything)) for one in (*a, *b)]
    signs = [load(one.sign_of_each) for one in (*a, *b)]
    heights = [load(one.half_squares[everything] - one.mean_dissimilarity / 2.0) for one in (*a, *b)]
    counts, group_of = load(draws.counts.T), load(draws.group_of)
    differences = (counts - 1.0).to(dtype)
    sums = torch.zeros((len(places), draws.n_resamples), dtype=torch.float64, device=device)
    within = torch.zeros((len(places), n), dtype=torch.float64, device=device)
    for rows in slices(n, _BLOCK_ROWS_GPU):
        height, behind = rows.stop - rows.start, slice(rows.start, n)
        rdms = [
            about[rows, None] + about[behind] - (x[rows] * sign) @ x[behind].T
            for x, sign, about in zip(points, signs, heights)
        ]
        twice = torch.full((n - rows.start,), 2.0, dtype=torch.float64, device=device)
        twice[:height] = 1.0
        for rdm in rdms:
            rdm.fill_diagonal_(0.0)
        alike = (group_of[rows, None] == group_of[behind]) * twice
        for place, (first, second) in enumerate(places):
            values = rdms[first] * rdms[second]
            within[place, rows] = (values * alike).sum(dim=1)
            lines = values[:, height:].sum(dim=0)
            lines = torch.cat([values.sum(dim=1), lines])
            values *= twice
            weighted = values.to(dtype) @ differences[behind]
            sums[place] += (weighted * differences[rows]).sum(dim=0, dtype=torch.float64)
            sums[place] += lines @ (2.0 * counts[behind] - 1.0)
    of_groups = np.add.reduceat(within.cpu().numpy(), draws.starts, axis=1)
    return _parted(sums.cpu().numpy() - of_groups @ draws.surplus().T, len(a), len(b))


def _dtype(draws: Draws) -> type[np.floating]:
    """What weights are multiplied in."""
    many = draws.order is None and draws.n_stimuli >= _LEAST_FOR_FLOAT32
    return np.float32 if many else np.float64


def _places(a: Sequence[Patterns], b: Sequence[Patterns]) -> list[tuple[int, int]]:
    """Which two of all RDMs are multiplied: one of either list, then each with itself."""
    k, n = len(a), len(a) + len(b)
    return [*itertools.product(range(k), range(k, n)), *((place, place) for place in range(n))]


def _parted(sums: FloatArray, k: int, m: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    products, own_a, own_b = np.split(sums.T, [k * m, k * m + k], axis=1)
    return products.reshape(len(products), k, m), own_a, own_b
