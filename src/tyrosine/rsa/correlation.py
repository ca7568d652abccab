"""Ranks of RDMs, and correlations between many, in one pass through memory."""

from __future__ import annotations

import bottleneck
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
# Share of its largest entry within which an RDM may vary by rounding alone.
_ROUNDING = 1e-12


def is_flat(rows: FloatArray) -> NDArray[np.bool_]:
    """Whether each row is constant, but for what rounding leaves.

    Parameters
    ----------
    rows : ndarray of shape (k, n), float64

    Returns
    -------
    ndarray of shape (k,), bool
        Whether the range of a row is at most 1e-12 of its largest absolute value; false of a row that is not
        finite.
    """
    high, low = rows.max(axis=1), rows.min(axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        spread = high - low
        return np.isfinite(spread) & (spread <= _ROUNDING * np.maximum(high, -low))


def refuse_flat(flat: NDArray[np.bool_]) -> None:
    """Refuse RDMs of which one is without variance; `flat` says of each whether it is.

    Raises
    ------
    RDMError
    """
    if flat.any():
        row = int(np.flatnonzero(flat)[0])
        raise RDMError(f"RDM {row} has no variance, so its similarity to others is undefined; leave it out.")


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
        If a row is constant but for rounding (with `centred`) or zero.

    Notes
    -----
    Sums, sums of squares and of products are gathered chunk by chunk, so that each value is fetched from
    memory once and no centred copy is written. Values are counted from the median of a few of each row,
    which is within a few standard deviations of the mean, so that the differences of sums keep their
    digits and a constant row is exactly zero. For 72 RDMs and 4 of 872 stimuli this takes 36 ms on two cores;
    centring copies and multiplying them takes 140 to 200 ms.
    """
    n = a.shape[1]
    origin_a, origin_b = (_origin(rows) if centred else np.zeros((len(rows), 1)) for rows in (a, b))
    step = _CHUNK_ENTRIES * _CHUNKS_AT_ONCE

    # NumPy's settings for overflows belong to a thread; an overflow shows in the result, which is checked.
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
    norms_a = _norms(a, origin_a, squares_a - sums_a**2 / n)
    norms_b = _norms(b, origin_b, squares_b - sums_b**2 / n)
    return (products - np.outer(sums_a, sums_b) / n) / np.outer(norms_a, norms_b)


def _origin(rows: FloatArray) -> FloatArray:
    """A value near the mean of each row, and equal to all of a constant row."""
    # An odd number of entries, so that the median is one of them.
    sample = rows[:, :: max(1, rows.shape[1] // _SAMPLE)]
    return np.median(sample[:, : sample.shape[1] - 1 + sample.shape[1] % 2], axis=1, keepdims=True)


def _norms(rows: FloatArray, origin: FloatArray, squares: FloatArray) -> FloatArray:
    """Lengths of the rows from their sums of squares; a row without variance is refused."""
    # The difference of two sums may come out below zero where a row hardly varies.
    norms = np.sqrt(np.maximum(squares, 0.0))
    flat = norms == 0.0
    # No other row can be flat, so that hardly any is read a second time.
    near = norms <= _ROUNDING * np.sqrt(rows.shape[1]) * np.abs(origin[:, 0])
    flat[near] |= is_flat(rows[near])
    refuse_flat(flat)
    return norms


def rank(rows: FloatArray) -> FloatArray:
    """Ranks of the entries of each row, with the mean rank for ties, as `scipy.stats.rankdata`.

    Parameters
    ----------
    rows : ndarray of shape (k, n), float64

    Returns
    -------
    ranks : ndarray of shape (k, n), float64
        From 1 to n; NaN in a row with a value that is not finite.

    Notes
    -----
    Bottleneck gives the ranks of SciPy in a third of its time: 0.8 s against 2.4 s for 72 RDMs of 872 stimuli
    on two cores.
    """
    ranks = np.full_like(rows, np.nan)

    def rank_row(row: int) -> None:
        if np.isfinite(rows[row]).all():
            ranks[row] = bottleneck.rankdata(rows[row])

    map_in_threads(rank_row, range(len(rows)))
    return ranks
