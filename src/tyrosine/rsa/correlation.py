"""Ranks of RDMs, and correlations between many, in one pass through memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import RDMError
from tyrosine.rsa.workers import map_in_threads

FloatArray = NDArray[np.float64]

# Entries of each RDM that are worked on at once: they stay in a core's cache.
_CHUNK_ENTRIES = 4096
# Chunks that one thread takes at a time.
_CHUNKS_AT_ONCE = 16
# Entries whose median stands in for the mean of an RDM.
_SAMPLE = 255


def correlate(a: FloatArray, b: FloatArray, *, centred: bool) -> FloatArray:
    """Pearson's correlation, or the cosine, of each row of one array with each of another.

    Parameters
    ----------
    a : ndarray of shape (k, n), float64
    b : ndarray of shape (m, n), float64
    centred : bool
        Whether to take the mean of each row away.

    Returns
    -------
    correlation : ndarray of shape (k, m), float64
        NaN or infinite where a row is, or where sums of its squares overflow.

    Raises
    ------
    RDMError
        If a row is constant (with `centred`) or zero.

    Notes
    -----
    Sums, sums of squares and of products are gathered chunk by chunk, so that each value is fetched from
    memory once and no centred copy is written. Values are counted from the median of a few of each row,
    which is within a few standard deviations of the mean, so that the differences of sums keep their
    digits and a constant row is exactly zero.
    """
    n = a.shape[1]
    origin_a, origin_b = (_origin(rows) if centred else np.zeros((len(rows), 1)) for rows in (a, b))
    step = _CHUNK_ENTRIES * _CHUNKS_AT_ONCE

    # Threads do not share how the caller wants to hear of overflows, which the result shows.
    @np.errstate(invalid="ignore", over="ignore")
    def gather(start: int) -> list[FloatArray]:
        sums = [np.zeros(shape) for shape in ((len(a), len(b)), len(a), len(b), len(a), len(b))]
        room_a, room_b = np.empty((len(a), _CHUNK_ENTRIES)), np.empty((len(b), _CHUNK_ENTRIES))
        for first in range(start, min(start + step, n), _CHUNK_ENTRIES):
            last = min(first + _CHUNK_ENTRIES, n)
            x = np.subtract(a[:, first:last], origin_a, out=room_a[:, : last - first])
            y = np.subtract(b[:, first:last], origin_b, out=room_b[:, : last - first])
            sums[0] += x @ y.T
            sums[1] += np.einsum("ip,ip->i", x, x)
            sums[2] += np.einsum("ip,ip->i", y, y)
            if centred:
                sums[3] += x.sum(axis=1)
                sums[4] += y.sum(axis=1)
        return sums

    parts = map_in_threads(gather, range(0, n, step))
    products, squares_a, squares_b, sums_a, sums_b = (sum(terms[1:], terms[0]) for terms in zip(*parts))
    norms_a = _norms(squares_a, squares_a - sums_a**2 / n)
    norms_b = _norms(squares_b, squares_b - sums_b**2 / n)
    return (products - np.outer(sums_a, sums_b) / n) / np.outer(norms_a, norms_b)


def _origin(rows: FloatArray) -> FloatArray:
    """A value near the mean of each row, and equal to all of a constant row."""
    # An odd number of entries, so that the median is one of them.
    sample = rows[:, :: max(1, rows.shape[1] // _SAMPLE)]
    return np.median(sample[:, : sample.shape[1] - 1 + sample.shape[1] % 2], axis=1, keepdims=True)


def _norms(squares: FloatArray, centred: FloatArray) -> FloatArray:
    flat = squares == 0.0
    if flat.any():
        row = int(np.flatnonzero(flat)[0])
        raise RDMError(f"RDM {row} has no variance, so its similarity to others is undefined; leave it out.")
    return np.sqrt(centred)


def rank(rows: FloatArray) -> FloatArray:
    """Ranks of the entries of each row, with the mean rank for ties, as `scipy.stats.rankdata`.

    Parameters
    ----------
    rows : ndarray of shape (k, n), float64

    Returns
    -------
    ranks : ndarray of shape (k, n), float64
        From 1 to n; NaN in a row with a value that is not finite.
    """
    ranks = np.empty_like(rows)

    def rank_row(row: int) -> None:
        order, ordered = sort(rows[row])
        if not np.isfinite(ordered[[0, -1]]).all():
            ranks[row] = np.nan
            return
        ranks[row, order] = _ranks_in_order(ordered)

    map_in_threads(rank_row, range(len(rows)))
    return ranks


def _ranks_in_order(ordered: FloatArray) -> FloatArray:
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    if len(first) == len(ordered):
        return np.arange(1.0, len(ordered) + 1.0)
    lengths = np.diff(np.r_[first, len(ordered)])
    return np.repeat(first + (lengths + 1) / 2.0, lengths)


def sort(values: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    """Order of the values, and the values in that order.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        What is not finite comes first or last.

    Returns
    -------
    order : ndarray of shape (n,), integer
        Among equal values the earlier comes first.
    ordered : ndarray of shape (n,), float64

    Notes
    -----
    NumPy sorts integers several times faster than it finds the order of floats. The bits of a float, read
    as an integer, have its order, so the place of each value is written over the last of them, and the
    few values that differ in those bits alone are put right afterwards.
    """
    # Adding zero turns the negative zero, which has other bits, into zero.
    keys = (values + 0.0).view(np.int64)
    negative = keys < 0
    if negative.any():
        # Among negative floats the integers run the other way.
        keys[negative] ^= np.int64(0x7FFFFFFFFFFFFFFF)
    places = np.int64((1 << max(1, (len(values) - 1).bit_length())) - 1)
    keys &= ~places
    keys |= np.arange(len(values), dtype=np.int64)
    keys.sort()
    keys &= places
    ordered = values[keys]
    if (ordered[1:] < ordered[:-1]).any():
        # Quick for what is nearly sorted.
        again = np.argsort(ordered, kind="stable")
        return keys[again], ordered[again]
    return keys, ordered
