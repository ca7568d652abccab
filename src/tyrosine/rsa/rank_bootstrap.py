"""Spearman's correlation of RDMs in resamples of the stimuli; each RDM is sorted once for all of them."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from tyrosine.rsa.workers import CHUNK_VALUES_GPU, map_in_threads, slices

FloatArray = NDArray[np.float64]


class _Order:
    """An RDM sorted once: where each entry lies, and which entries are equal."""

    def __init__(self, rdm: FloatArray) -> None:
        self.order = np.argsort(rdm)
        ordered = rdm[self.order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.starts = None if len(starts) == len(rdm) else starts
        self.lengths = np.diff(np.r_[starts, len(rdm)])

    def centred_ranks(self, weights: FloatArray, out: FloatArray) -> None:
        """Twice the weighted mid-ranks minus twice their mean, in the order of the pairs.

        Entries of `out` whose weight is zero may keep the values that they had.
        """
        order, ordered = self.order, weights.take(self.order)
        if self.starts is None:
            # A resample lacks about a third of the stimuli, and so more than half of the pairs: skip them.
            drawn = np.flatnonzero(ordered > 0.0)
            order, ordered = order.take(drawn), ordered.take(drawn)
            ends = np.cumsum(ordered)
            total = weights.sum()
            ends *= 2.0
            ends -= ordered
        else:
            tied = np.add.reduceat(ordered, self.starts)
            ends = np.cumsum(tied)
            total = ends[-1]
            ends = np.repeat(2.0 * ends - tied, self.lengths)
        # A mid-rank is end - weight / 2 + 1 / 2, and the mean of all is (total + 1) / 2.
        ends -= total
        out[order] = ends


def correlate_ranks(
    a: FloatArray, b: FloatArray, counts: FloatArray, *, groups: NDArray[np.intp] | None = None
) -> FloatArray:
    """Spearman's correlation of each RDM of one set with each of another in each resample of the stimuli.

    Parameters
    ----------
    a : ndarray of shape (k, n_pairs), float64
    b : ndarray of shape (m, n_pairs), float64
    counts : ndarray of shape (n_resamples, n_stimuli), float64
        How often each stimulus was drawn.
    groups : ndarray of shape (n_stimuli,), int, optional
        Where whole groups were drawn: the group of each stimulus. Pairs within a group count once a draw.

    Returns
    -------
    ndarray of shape (n_resamples, k, m), float64
        NaN where an RDM has no variance in a resample.
    """
    rows, columns = np.triu_indices(counts.shape[1], k=1)
    orders_a, orders_b = map_in_threads(_Order, a), map_in_threads(_Order, b)
    within = _pairs_within(groups, rows, columns)
    n_resamples, k, m = len(counts), len(a), len(b)
    result = np.empty((n_resamples, k, m))
    weights, ranks_b = np.zeros(a.shape[1]), np.zeros(b.shape)

    def rank_b(model: int) -> float:
        orders_b[model].centred_ranks(weights, ranks_b[model])
        unweighted = ranks_b[model].copy()
        ranks_b[model] *= weights
        return float(unweighted @ ranks_b[model])

    def relate(rdm: int) -> tuple[FloatArray, float]:
        # Entries without weight are not written, so the array must begin with zeros.
        ranks = np.zeros(len(weights))
        orders_a[rdm].centred_ranks(weights, ranks)
        products = ranks_b @ ranks
        ranks *= ranks
        return products, float(ranks @ weights)

    for resample, drawn in enumerate(counts):
        np.multiply(drawn[rows], drawn[columns], out=weights)
        weights[within] = drawn[rows[within]]
        squares_b = np.array(map_in_threads(rank_b, range(m)))
        products, squares_a = zip(*map_in_threads(relate, range(k)))
        norms = np.sqrt(np.outer(squares_a, squares_b))
        # These are sums of products of whole numbers: without variance they are exactly zero.
        norms[norms == 0.0] = np.nan
        result[resample] = np.stack(products) / norms
    return np.clip(result, -1.0, 1.0)


def correlate_ranks_on_gpu(
    a: FloatArray,
    b: FloatArray,
    counts: FloatArray,
    device: str = "cuda",
    *,
    groups: NDArray[np.intp] | None = None,
) -> FloatArray:
    """The same as `correlate_ranks`, on a torch device."""
    import torch

    pairs = np.triu_indices(counts.shape[1], k=1)
    rows, columns, within = (
        torch.as_tensor(index, device=device) for index in (*pairs, _pairs_within(groups, *pairs))
    )
    k = len(a)
    order, first, last = (
        torch.as_tensor(np.stack(parts), device=device) for parts in zip(*map(_runs, itertools.chain(a, b)))
    )
    drawn = torch.as_tensor(counts, device=device)
    n_rdms = max(1, CHUNK_VALUES_GPU // a.shape[1])
    ranks = torch.empty(order.shape, dtype=torch.float64, device=device)
    result = np.empty((len(counts), k, len(b)))
    for resample, chosen in enumerate(drawn):
        weights = chosen[rows] * chosen[columns]
        weights[within] = chosen[rows[within]]
        for part in slices(len(order), n_rdms):
            ordered = weights[order[part]]
            ends = torch.cumsum(ordered, dim=1)
            twice = ends.gather(1, last[part]) + (ends - ordered).gather(1, first[part])
            ranks[part].scatter_(1, order[part], twice - ends[:, -1:])
        weighted = ranks * weights
        squares = (weighted * ranks).sum(dim=1)
        norms = torch.sqrt(squares[:k, None] * squares[None, k:])
        norms[norms == 0.0] = torch.nan
        result[resample] = (weighted[:k] @ ranks[k:].T / norms).cpu().numpy()
    return np.clip(result, -1.0, 1.0)


def _pairs_within(
    groups: NDArray[np.intp] | None, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Places of the pairs of two stimuli of one group; none where there are no groups."""
    if groups is None:
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(groups[rows] == groups[columns])


def _runs(rdm: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Order of the entries, and for each place in it the first and the last place with the same value."""
    order = np.argsort(rdm)
    ordered = rdm[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(rdm)])
    return order, np.repeat(starts, lengths), np.repeat(starts + lengths - 1, lengths)
