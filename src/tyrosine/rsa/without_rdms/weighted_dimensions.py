"""Sums over pairs of stimuli in resamples, from products of dimensions: for many stimuli of few dimensions.

A dissimilarity is an inner product of two stimuli if their points get two dimensions more. With X and Y such
points of two RDMs and w the weights of the stimuli, the sum of products of the RDMs is that of the squares of
Xᵀ diag(w) Y, and all resamples are one product of the weights with the products of each stimulus.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tyrosine.rsa.without_rdms.draws import Draws
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.workers import map_in_blocks, map_in_threads, slices

FloatArray = NDArray[np.float64]

# Values that a block of products of dimensions, and their sums in all resamples, hold: 8 MB, and 64 MB.
_CHUNK_VALUES, _CHUNK_SUMS = 1_000_000, 8_000_000


class _Task(NamedTuple):
    """Products of some dimensions of one set of points with all of another."""

    place: int
    first: int
    second: int
    dimensions: slice


def multiplications(a: Sequence[Patterns], b: Sequence[Patterns], draws: Draws) -> float:
    """How many multiplications the sums take."""
    p, d = ([one.n_dimensions + 2 for one in every] for every in (a, b))
    n_products = float(sum(p)) * sum(d) + sum(q**2 for q in p + d)
    return n_products * (draws.n_stimuli + len(draws.starts) * draws.n_resamples)


def sum_products(
    a: Sequence[Patterns], b: Sequence[Patterns], draws: Draws
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same as `tyrosine.rsa.without_rdms.weighted_stimuli.sum_products`."""
    return _sum(a, b, draws, None)


def sum_products_on_gpu(
    a: Sequence[Patterns], b: Sequence[Patterns], draws: Draws, device: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same, the weights being multiplied on a torch device."""
    return _sum(a, b, draws, device)


def _sum(
    a: Sequence[Patterns], b: Sequence[Patterns], draws: Draws, device: str | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    every, k = (*a, *b), len(a)
    mean = np.array([one.mean_dissimilarity for one in every])
    drawn, sizes, singles = draws.drawn, draws.sizes, draws.order is None
    surplus = None if singles else draws.surplus()
    places = [*itertools.product(range(k), range(k, len(every))), *((i, i) for i in range(len(every)))]
    tasks = []
    for place, (first, second) in enumerate(places):
        width = every[second].n_dimensions + 2
        step = max(1, _CHUNK_SUMS // (width * max(draws.n_resamples, len(draws.starts))))
        n = every[first].n_dimensions
        # The two dimensions more belong together.
        tiles = [*slices(n, step), slice(n, n + 2)]
        tasks += [_Task(place, first, second, dimensions) for dimensions in tiles]

    def add(task: _Task) -> FloatArray:
        """Sums over all pairs in each resample, each stimulus with itself too, of these dimensions."""
        x, y = every[task.first], every[task.second]
        totals, of_groups = _products_of_dimensions(x, y, task.dimensions, draws, drawn, device)
        sums = _signed_squares(x, y, task.dimensions, totals)
        if of_groups is not None and surplus is not None:
            sums -= surplus @ _signed_squares(x, y, task.dimensions, of_groups)
        return sums

    # Other processes may have no such GPU.
    map_tasks = map_in_blocks if device is None else map_in_threads
    sums = np.zeros((len(places), draws.n_resamples))
    for task, found in zip(tasks, map_tasks(add, tasks)):
        sums[task.place] += found
    own = np.array([mean[first] * mean[second] for first, second in places])[:, None]
    # Each stimulus with itself: zero, less the means of both RDMs. Draws of single ones count them squared.
    sums -= own * (np.einsum("rg,rg->r", drawn, drawn) if singles else drawn @ sizes)
    products, own_a, own_b = np.split(sums.T, [k * len(b), k * len(b) + k], axis=1)
    return products.reshape(-1, k, len(b)), own_a, own_b


def _products_of_dimensions(
    x: Patterns, y: Patterns, dimensions: slice, draws: Draws, drawn: FloatArray, device: str | None
) -> tuple[FloatArray, FloatArray | None]:
    """Products of dimensions summed in each resample, and of each group if groups are drawn."""
    n_rows, n_columns = dimensions.stop - dimensions.start, y.n_dimensions + 2
    totals = np.zeros((draws.n_resamples, n_rows * n_columns))
    of_groups = None if draws.order is None else np.zeros((len(draws.starts), n_rows * n_columns))
    group_of = draws.group_of
    for places in slices(draws.n_stimuli, max(1, _CHUNK_VALUES // (n_rows * n_columns))):
        stimuli = draws.stimuli(places)
        left, right = _lifted(x, stimuli)[:, dimensions], _lifted(y, stimuli)
        products = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
        starts = np.flatnonzero(np.diff(group_of[places], prepend=-1))
        groups = group_of[places][starts]
        if of_groups is not None:
            products = np.add.reduceat(products, starts, axis=0)
            of_groups[groups] += products
        totals += _multiply(drawn[:, groups], products, device)
    return totals.reshape(-1, n_rows, n_columns), (
        None if of_groups is None else of_groups.reshape(-1, n_rows, n_columns)
    )


def _multiply(weights: FloatArray, products: FloatArray, device: str | None) -> FloatArray:
    if device is None:
        return weights @ products
    import torch

    first, second = (torch.as_tensor(np.ascontiguousarray(one), device=device) for one in (weights, products))
    return (first @ second).cpu().numpy()


def _lifted(patterns: Patterns, stimuli: slice | NDArray[np.intp]) -> FloatArray:
    """Points with two dimensions more, the half squares and one."""
    points = patterns.wide(stimuli)
    heights = patterns.half_squares[stimuli] - patterns.mean_dissimilarity / 2.0
    return np.column_stack([points, heights, np.ones(len(points))])


def _signed_squares(x: Patterns, y: Patterns, dimensions: slice, totals: FloatArray) -> FloatArray:
    """Sums over products of dimensions (n, n_rows, n_columns) that make up products of dissimilarities, (n,).

    Of two stimuli the product of points is taken away, and the half square of either is multiplied with the
    other's one.
    """
    added = dimensions.start == x.n_dimensions
    rows = np.ones(2) if added else -x.sign_of_each[dimensions]
    columns = np.concatenate([-y.sign_of_each, [1.0, 1.0]])
    partners = totals[:, ::-1] if added else totals
    partners = np.concatenate([partners[:, :, :-2], partners[:, :, :-3:-1]], axis=2)
    return np.einsum("rij,rij,i,j->r", totals, partners, rows, columns, optimize=True)
