"""Permutation test of similarities without RDMs: the rows of points are shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError
from tyrosine.parameters.measures import METHODS, resolve
from tyrosine.rsa.permutation import draw_permutations
from tyrosine.rsa.without_rdms.comparison import check_method, check_patterns, observe
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.without_rdms.products import TILE_DIMENSIONS, TILE_STIMULI, about_mean, from_inner_products
from tyrosine.rsa.workers import choose_device, map_in_blocks, slices

FloatArray = NDArray[np.float64]

# Permutations that are drawn and worked on at once.
_CHUNK_PERMUTATIONS = 64
# A permuted similarity this close to the observed one is equal to it, and differs by rounding alone.
_ROUNDING = 1e-12


def permute_patterns(
    a: Sequence[Patterns],
    b: Sequence[Patterns],
    n_permutations: int,
    rng: np.random.Generator,
    method: str = "pearson",
    *,
    groups: ArrayLike | None = None,
    device: str = "auto",
) -> tuple[FloatArray, FloatArray]:
    """Similarity of each pattern set of one list to each of another, and how rarely shuffling reaches it.

    Parameters
    ----------
    a : sequence of Patterns
        Of k regions, say. Their stimuli are permuted.
    b : sequence of Patterns
        Of m models, over the same stimuli in the same order.
    n_permutations : int
        At least one. All pairs see the same permutations, those of
        `tyrosine.rsa.permutation.permute_stimuli` for the same `rng`.
    rng : numpy.random.Generator
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `of_sums` and `prepare`.
    groups : array_like of shape (n_stimuli,), int, optional
        The group of each stimulus; given, stimuli are exchanged with those of the same group alone.
    device : {"auto", "cpu", "cuda"}
        `auto` takes a GPU where torch sees one and the work is large.

    Returns
    -------
    similarity : ndarray of shape (k, m), float64
        Observed, as `compare_patterns` has it.
    p : ndarray of shape (k, m), float64
        One-sided: (number of permutations with at least the observed similarity + 1) / (n_permutations + 1).

    Raises
    ------
    ParameterError
        If the method has no permutation test without RDMs, there is no permutation to draw, or the device is
        not there.
    RDMError
        As `compare_patterns` raises it.

    Notes
    -----
    A permutation costs n p d multiplications for n stimuli and points of p and d dimensions, whatever n is;
    for few stimuli `permute_stimuli` is faster, which rearranges RDMs.

    References
    ----------
    Nili et al. (2014), PLoS Comput Biol 10(4): e1003553; Phipson & Smyth (2010), Stat Appl Genet Mol Biol
    9(1): 39 (why one is added).
    """
    check_method(method, "prepare")
    n_stimuli = check_patterns(a, b)
    if n_permutations < 1:
        raise ParameterError(f"A permutation test needs at least one permutation, got {n_permutations}.")
    of_a, of_b = (sum(one.n_dimensions for one in every) for every in (a, b))
    device = choose_device(device, float(n_stimuli) * of_a * of_b * n_permutations)
    sums, similarity = observe(a, b, method, device)
    about_a, about_b = about_mean(a), about_mean(b)
    inner = _inner_products if device == "cpu" else _inner_products_on_gpu
    reached = np.zeros(similarity.shape)
    for chunk in slices(n_permutations, _CHUNK_PERMUTATIONS):
        orders = draw_permutations(n_stimuli, chunk.stop - chunk.start, rng, groups)
        rows = np.stack([about_a[:, order] @ about_b.T for order in orders])
        permuted = from_inner_products(
            inner(a, b, orders, device), rows, sums.means_a, sums.means_b, n_stimuli
        )
        found = resolve(METHODS[method].of_sums)(replace(sums, products=permuted, rows=n_stimuli**2 * rows))
        reached += (found >= similarity - _ROUNDING).sum(axis=0)
    return similarity, (reached + 1.0) / (n_permutations + 1.0)


def _inner_products(
    a: Sequence[Patterns], b: Sequence[Patterns], orders: NDArray[np.integer], device: str
) -> FloatArray:
    """Sums of products of inner products, a's stimuli in each order, of shape (n_orders, k, m)."""
    tiles = [
        (place, dimensions)
        for place, one in enumerate(a)
        for dimensions in slices(one.n_dimensions, TILE_DIMENSIONS)
    ]
    tasks = [(number, *tile) for number in range(len(orders)) for tile in tiles]

    def multiply(task: tuple[int, int, slice]) -> list[float]:
        number, place, dimensions = task
        order, signs = orders[number], a[place].sign_of_each[dimensions]
        totals = [np.zeros((len(signs), one.n_dimensions)) for one in b]
        for stimuli in slices(len(order), TILE_STIMULI):
            left = a[place].points[order[stimuli], dimensions].astype(np.float64, copy=False).T
            for total, one in zip(totals, b):
                total += left @ one.wide(stimuli)
        return [float(signs @ (total**2 @ one.sign_of_each)) for total, one in zip(totals, b)]

    inner = np.zeros((len(orders), len(a), len(b)))
    for (number, place, _), found in zip(tasks, map_in_blocks(multiply, tasks)):
        inner[number, place] += found
    return inner


def _inner_products_on_gpu(
    a: Sequence[Patterns], b: Sequence[Patterns], orders: NDArray[np.integer], device: str
) -> FloatArray:
    """The same on a torch device, which holds all points."""
    import torch

    def load(patterns: Sequence[Patterns]) -> list[torch.Tensor]:
        return [torch.as_tensor(one.wide(slice(None)), device=device) for one in patterns]

    x, y = load(a), load(b)
    signs_x, signs_y = (
        [torch.as_tensor(one.sign_of_each, device=device) for one in every] for every in (a, b)
    )
    inner = torch.zeros((len(orders), len(a), len(b)), dtype=torch.float64, device=device)
    for number, order in enumerate(torch.as_tensor(orders.astype(np.int64), device=device)):
        for place, (points, signs) in enumerate(zip(x, signs_x)):
            left = points[order].T
            squares = [signs @ ((left @ other) ** 2 @ own) for other, own in zip(y, signs_y)]
            inner[number, place] = torch.stack(squares)
    return inner.cpu().numpy()
