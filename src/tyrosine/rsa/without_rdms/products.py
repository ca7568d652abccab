"""Sums over all pairs of stimuli of products of two RDMs that are never made.

Either of two ways is exact, and the one that multiplies less is taken. The products of dimensions cost n p d
for n stimuli and points of p and d dimensions, and need no product of two stimuli. The inner products of
stimuli, made by blocks and gone at once, cost n² (p + d) / 2: less for few stimuli or many dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.without_rdms.sums import Sums
from tyrosine.rsa.workers import map_in_threads, slices

FloatArray = NDArray[np.float64]

# Dimensions of one set of points, and stimuli, whose products are summed in one call of BLAS.
TILE_DIMENSIONS = 512
TILE_STIMULI = 4096
# Stimuli of the rows and of the columns of a block of inner products of stimuli.
BLOCK_STIMULI, BLOCK_COLUMNS = 256, 1024


def sum_products(a: Sequence[Patterns], b: Sequence[Patterns], device: str = "cpu") -> Sums:
    """Sums over all pairs of stimuli for each pattern set of one list with each of another.

    Parameters
    ----------
    a, b : sequence of Patterns
        Over the same stimuli in the same order.
    device : str
        `cpu`, or a torch device.

    Returns
    -------
    Sums
        Of shape (k, m), for k and m sets.
    """
    by_stimuli = multiplications_of_stimuli(a, b) < multiplications_of_dimensions(a, b)
    inner = _inner_products_of_stimuli if by_stimuli else _inner_products_of_dimensions
    products, own_a, own_b = inner(a, b, device)
    n = a[0].n_stimuli
    about_a, about_b = about_mean(a), about_mean(b)
    rows, rows_a, rows_b = about_a @ about_b.T, (about_a**2).sum(axis=1), (about_b**2).sum(axis=1)
    means_a, means_b = (np.array([one.mean_dissimilarity for one in every]) for every in (a, b))
    return Sums(
        products=from_inner_products(products, rows, means_a, means_b, n),
        squares_a=_difference(own_a + 2.0 * n * rows_a, (n - 1) * means_a**2, a),
        squares_b=_difference(own_b + 2.0 * n * rows_b, (n - 1) * means_b**2, b),
        totals_a=np.zeros(len(a)),
        totals_b=np.zeros(len(b)),
        n_pairs=float(n * (n - 1)),
        means_a=means_a,
        means_b=means_b,
        rows=n**2 * rows,
        rows_a=n**2 * rows_a,
        rows_b=n**2 * rows_b,
        n_stimuli=n,
    )


def about_mean(patterns: Sequence[Patterns]) -> FloatArray:
    """Half squares less their mean over stimuli, of shape (n_patterns, n_stimuli).

    They are the sums over the rows of the RDM, less their mean, by the number of stimuli.
    """
    half_squares = np.stack([one.half_squares for one in patterns])
    return half_squares - half_squares.mean(axis=1, keepdims=True)


def from_inner_products(
    inner: FloatArray, rows: FloatArray, means_a: FloatArray, means_b: FloatArray, n: int
) -> FloatArray:
    """Sums of products of dissimilarities, less the means of RDMs, from those of inner products.

    Parameters
    ----------
    inner : ndarray of shape (..., k, m), float64
        Products of the inner products of stimuli, summed over all pairs, each stimulus with itself too.
    rows : ndarray of shape (..., k, m), float64
        Products of `about_mean` of two sets, summed over stimuli.
    means_a, means_b : ndarray of shape (k,) and (m,), float64
        Of the RDMs.
    n : int
        Number of stimuli.

    Returns
    -------
    ndarray of shape (..., k, m), float64
    """
    return inner + 2.0 * n * rows - (n - 1) * np.outer(means_a, means_b)


def _difference(first: FloatArray, second: FloatArray, patterns: Sequence[Patterns]) -> FloatArray:
    """First less second, zero where that is rounding: those RDMs have no variance."""
    epsilon = np.array([np.finfo(one.points.dtype).eps for one in patterns])
    return np.where(first - second > 64 * epsilon * (first + second), first - second, 0.0)


def multiplications_of_dimensions(a: Sequence[Patterns], b: Sequence[Patterns]) -> float:
    """How many multiplications the products of dimensions take."""
    p, d = ([one.n_dimensions for one in every] for every in (a, b))
    own = sum(q * (q + min(q, TILE_DIMENSIONS)) / 2 for q in p + d)
    return float(a[0].n_stimuli) * (sum(p) * sum(d) + own)


def multiplications_of_stimuli(a: Sequence[Patterns], b: Sequence[Patterns]) -> float:
    """How many multiplications the inner products of stimuli, and the sums of their products, take."""
    n = a[0].n_stimuli
    dimensions = sum(one.n_dimensions for one in [*a, *b])
    return n * (n + min(n, BLOCK_STIMULI)) / 2 * (dimensions + len(a) * len(b) + len(a) + len(b))


def _inner_products_of_dimensions(
    a: Sequence[Patterns], b: Sequence[Patterns], device: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums over all pairs of stimuli, each with itself too, of products of two inner products."""
    pairs = [(x, y, False) for x in a for y in b] + [(x, x, True) for x in (*a, *b)]
    if device != "cpu":
        sums = np.array([_squares_on_gpu(x, y, device) for x, y, _ in pairs])
        return _parted(sums, len(a), len(b))
    tiles = [
        (place, x, y, dimensions, dimensions.start if symmetric else None)
        for place, (x, y, symmetric) in enumerate(pairs)
        for dimensions in slices(x.n_dimensions, TILE_DIMENSIONS)
    ]
    # The largest first, so that no core waits for another one at the end.
    tiles.sort(key=lambda tile: (tile[4] or 0) - tile[2].n_dimensions)
    found = map_in_threads(lambda tile: _squares_of_tile(*tile[1:]), tiles)
    sums = np.zeros(len(pairs))
    np.add.at(sums, [tile[0] for tile in tiles], found)
    return _parted(sums, len(a), len(b))


def _squares_of_tile(x: Patterns, y: Patterns, dimensions: slice, diagonal: int | None) -> float:
    """Squares of the products of some dimensions of x with those of y, summed with signs.

    Products of x with itself are symmetric. For these `diagonal` says where the dimensions begin: what lies
    before them is left out, and what lies behind them counts twice.
    """
    start = diagonal or 0
    n_rows, n_columns = dimensions.stop - dimensions.start, y.n_dimensions - start
    total, product = np.zeros((n_rows, n_columns)), np.empty((n_rows, n_columns))
    for stimuli in slices(x.n_stimuli, TILE_STIMULI):
        first, second = x.wide(stimuli)[:, dimensions], y.wide(stimuli)[:, start:]
        np.matmul(first.T, second, out=product)
        total += product
    np.square(total, out=total)
    weights = np.ones(n_columns) if y.signs is None else y.signs[start:].copy()
    if diagonal is not None:
        weights[n_rows:] *= 2.0
    rows = total @ weights
    return float(rows.sum() if x.signs is None else x.signs[dimensions] @ rows)


def _squares_on_gpu(x: Patterns, y: Patterns, device: str) -> float:
    """The same of all dimensions at once, on a torch device."""
    import torch

    total = torch.zeros((x.n_dimensions, y.n_dimensions), dtype=torch.float64, device=device)
    for stimuli in slices(x.n_stimuli, TILE_STIMULI):
        first, second = (torch.as_tensor(one.wide(stimuli), device=device) for one in (x, y))
        total += first.T @ second
    first, second = (torch.as_tensor(one.sign_of_each, device=device) for one in (x, y))
    return float(first @ (total**2 @ second))


def _inner_products_of_stimuli(
    a: Sequence[Patterns], b: Sequence[Patterns], device: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same from blocks of the inner products of stimuli."""
    if device != "cpu":
        return _parted(_blocks_on_gpu(a, b, device), len(a), len(b))
    k, n, every = len(a), a[0].n_stimuli, (*a, *b)

    def add(rows: slice) -> FloatArray:
        """What pairs of these stimuli, and of these with later ones, add to the sums."""
        sums = np.zeros(k * len(b) + len(every))
        left = [one.wide(rows) * one.sign_of_each for one in every]
        for columns in [rows, *slices(n, BLOCK_COLUMNS, rows.stop)]:
            inner = np.empty((len(every), rows.stop - rows.start, columns.stop - columns.start))
            for points, one, block in zip(left, every, inner):
                np.matmul(points, one.wide(columns).T, out=block)
            flat = inner.reshape(len(every), -1)
            products, own = flat[:k] @ flat[k:].T, np.einsum("ip,ip->i", flat, flat)
            # What lies right of the diagonal stands for what lies below it too.
            sums += (1.0 if columns == rows else 2.0) * np.concatenate([products.ravel(), own])
        return sums

    return _parted(np.sum(map_in_threads(add, slices(n, BLOCK_STIMULI)), axis=0), k, len(b))


def _blocks_on_gpu(a: Sequence[Patterns], b: Sequence[Patterns], device: str) -> FloatArray:
    """The same on a torch device."""
    import torch

    points = [torch.as_tensor(one.wide(slice(None)), device=device) for one in (*a, *b)]
    signs = [torch.as_tensor(one.sign_of_each, device=device) for one in (*a, *b)]
    sums = torch.zeros(len(a) * len(b) + len(points), dtype=torch.float64, device=device)
    for rows in slices(a[0].n_stimuli, TILE_STIMULI):
        inner = torch.stack([((x[rows] * sign) @ x.T).ravel() for x, sign in zip(points, signs)])
        products = inner[: len(a)] @ inner[len(a) :].T
        sums += torch.cat([products.ravel(), (inner**2).sum(dim=1)])
    return sums.cpu().numpy()


def _parted(sums: FloatArray, k: int, m: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    products, own_a, own_b = np.split(sums, [k * m, k * m + k])
    return products.reshape(k, m), own_a, own_b
