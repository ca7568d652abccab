"""Sums over the pairs of RDMs in resamples of stimuli, and of whole groups of stimuli."""

from __future__ import annotations

import functools
import itertools

import numpy as np
from numpy.typing import NDArray

from tyrosine.rsa.workers import CHUNK_VALUES_GPU, map_in_blocks, map_in_threads, slices

FloatArray = NDArray[np.float64]

# Values that a temporary array holds: 8 MB in float64, which fits into the cache that a core has for itself.
_CHUNK_VALUES = 1_000_000
# Parts of the pairs that cores take by turns.
_PARTS = 16
# Values that the weights of a block of pairs of groups hold: 64 MB in float64.
_CHUNK_VALUES_OF_GROUPS = 8_000_000
_BLOCK_SUMS = 128


def sum_over_pairs(a: FloatArray, b: FloatArray, counts: FloatArray) -> FloatArray:
    """Sums over pairs of a, b, a², b² and all products a·b, weighted by how often stimuli were drawn.

    Parameters
    ----------
    a : ndarray of shape (k, n_pairs), float64
    b : ndarray of shape (m, n_pairs), float64
    counts : ndarray of shape (n_resamples, n_stimuli), float64
        The weight of a pair of stimuli is the product of theirs.

    Returns
    -------
    ndarray of shape (2k + 2m + k·m, n_resamples), float64
    """
    n_stimuli = counts.shape[1]
    n_terms = 2 * (len(a) + len(b)) + len(a) * len(b)
    by_stimulus = np.ascontiguousarray(counts.T)
    first_pairs = np.concatenate([[0], np.cumsum(np.arange(n_stimuli - 1, 0, -1))])
    size = max(n_stimuli, _CHUNK_VALUES // max(n_terms, len(counts)))

    def add(rows: slice) -> FloatArray:
        """What pairs of these stimuli with later ones add to the sums."""
        weights, terms = np.empty((size, len(counts))), np.empty((n_terms, size))
        sums, product = np.zeros((n_terms, len(counts))), np.empty((n_terms, len(counts)))
        row = rows.start
        while row < rows.stop:
            pair, filled = first_pairs[row], 0
            while row < rows.stop and filled + n_stimuli - 1 - row <= size:
                length = n_stimuli - 1 - row
                np.multiply(by_stimulus[row], by_stimulus[row + 1 :], out=weights[filled : filled + length])
                filled, row = filled + length, row + 1
            used = terms[:, :filled]
            _fill(a[:, pair : pair + filled], b[:, pair : pair + filled], used)
            np.matmul(used, weights[:filled], out=product)
            sums += product
        return sums

    # Parts of about as many pairs, the same ones for any number of cores.
    bounds = np.searchsorted(first_pairs, np.linspace(0, first_pairs[-1], _PARTS + 1))
    parts = [slice(start, stop) for start, stop in itertools.pairwise(bounds) if start < stop]
    return functools.reduce(np.add, map_in_blocks(add, parts))


def _fill(x: FloatArray, y: FloatArray, terms: FloatArray) -> None:
    """Write x, y, their squares and all products into rows."""
    k, m = len(x), len(y)
    terms[:k], terms[k : k + m] = x, y
    np.square(x, out=terms[k + m : 2 * k + m])
    np.square(y, out=terms[2 * k + m : 2 * (k + m)])
    for row, values in enumerate(x):
        start = 2 * (k + m) + row * m
        np.multiply(values, y, out=terms[start : start + m])


def sum_over_pairs_on_gpu(
    a: FloatArray, b: FloatArray, counts: FloatArray, device: str = "cuda"
) -> FloatArray:
    """The same as `sum_over_pairs`, on a torch device."""
    import torch

    n_stimuli = counts.shape[1]
    n_terms = 2 * (len(a) + len(b)) + len(a) * len(b)
    drawn = torch.as_tensor(np.ascontiguousarray(counts.T), device=device)
    rows, columns = (torch.as_tensor(index, device=device) for index in np.triu_indices(n_stimuli, k=1))
    sums = torch.zeros((n_terms, len(counts)), dtype=torch.float64, device=device)
    for pairs in slices(a.shape[1], max(1, CHUNK_VALUES_GPU // max(n_terms, len(counts)))):
        x, y = (torch.as_tensor(np.ascontiguousarray(rdms[:, pairs]), device=device) for rdms in (a, b))
        products = (x[:, None] * y[None]).reshape(-1, x.shape[1])
        sums.addmm_(torch.cat([x, y, x**2, y**2, products]), drawn[rows[pairs]] * drawn[columns[pairs]])
    return sums.cpu().numpy()


def sum_over_groups(a: FloatArray, b: FloatArray, drawn: FloatArray, groups: NDArray[np.intp]) -> FloatArray:
    """Sums over pairs of a, b, a², b² and all products a·b, weighted by how often groups were drawn.

    All pairs of stimuli of the same two groups have the same weight in every resample, so that they are
    summed first, and what is left to weigh is a value for each pair of groups.

    Parameters
    ----------
    a : ndarray of shape (k, n_pairs), float64
    b : ndarray of shape (m, n_pairs), float64
    drawn : ndarray of shape (n_resamples, n_groups), float64
        How often each group was drawn.
    groups : ndarray of shape (n_stimuli,), int
        Number of the group of each stimulus.

    Returns
    -------
    ndarray of shape (2k + 2m + k·m, n_resamples), float64
        A pair of stimuli of two groups has the product of their draws as its weight, a pair within a group
        the draws of the group: copies of one group are not paired with each other, as copies of one stimulus
        are not in the bootstrap of single stimuli.
    """
    rows, columns = np.triu_indices(len(groups), k=1)
    first, second = groups[rows], groups[columns]
    n_groups = drawn.shape[1]
    code = np.minimum(first, second) * n_groups + np.maximum(first, second)
    order = np.argsort(code, kind="stable")
    present, starts = np.unique(code[order], return_index=True)
    x, y = a[:, order], b[:, order]
    by_groups = np.concatenate(
        [
            *(np.add.reduceat(values, starts, axis=1) for values in (x, y, x**2, y**2)),
            *map_in_threads(lambda row: np.add.reduceat(row * y, starts, axis=1), x),
        ]
    )
    low, high = present // n_groups, present % n_groups
    by_group = np.ascontiguousarray(drawn.T)
    sums = np.zeros((len(by_groups), len(drawn)))
    for block in slices(len(present), max(1, _CHUNK_VALUES_OF_GROUPS // len(drawn))):
        weights = by_group[low[block]]
        apart = (low[block] != high[block])[:, None]
        np.multiply(weights, by_group[high[block]], out=weights, where=apart)
        values = by_groups[:, block]

        def weigh(rows: slice, values: FloatArray = values, weights: FloatArray = weights) -> FloatArray:
            return values[rows] @ weights

        # Of blocks of one size, so that the sums are the same for any number of cores.
        sums += np.concatenate(map_in_threads(weigh, slices(len(values), _BLOCK_SUMS)))
    return sums
