"""Permutation test of the similarity of RDMs: under the null, stimulus labels may be shuffled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import methods_that
from tyrosine.rsa.similarity import check_rdms, number_of_stimuli, prepare
from tyrosine.rsa.workers import choose_device, map_in_blocks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.integer]

# Permutations, and entries of the RDMs, that one matrix product takes: the permuted entries fit into the
# cache of a core.
_CHUNK_PERMUTATIONS = 64
_CHUNK_ENTRIES = 4096
# The same product on a GPU, 256 MB in float64.
_CHUNK_VALUES_GPU = 32_000_000
# A permuted similarity this close to the observed one is equal to it, and differs by rounding alone.
_ROUNDING = 1e-12


def permute_stimuli(
    rdms_a: ArrayLike,
    rdms_b: ArrayLike,
    n_permutations: int,
    rng: np.random.Generator,
    method: str = "pearson",
    *,
    groups: ArrayLike | None = None,
    device: str = "auto",
) -> tuple[FloatArray, FloatArray]:
    """Similarity of each RDM of one set to each of another, and how rarely shuffled labels reach it.

    Parameters
    ----------
    rdms_a : array_like of shape (k, n_pairs)
        Condensed RDMs, of the brain as a rule. Their rows and columns are permuted together.
    rdms_b : array_like of shape (m, n_pairs)
        Condensed RDMs over the same stimuli in the same order.
    n_permutations : int
        At least one. All pairs of RDMs see the same permutations.
    rng : numpy.random.Generator
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `prepare`: its similarity is an inner
        product.
    groups : array_like of shape (n_stimuli,), int, optional
        The group of each stimulus; given, stimuli are exchanged with those of the same group alone.
    device : {"auto", "cpu", "cuda"}
        `auto` takes a GPU where torch sees one and the work is large.

    Returns
    -------
    similarity : ndarray of shape (k, m), float64
        Observed, as `tyrosine.rsa.similarity.compare` has it.
    p : ndarray of shape (k, m), float64
        One-sided: (number of permutations with at least the observed similarity + 1) / (n_permutations + 1).

    Raises
    ------
    ParameterError
        If the method has no permutation test, there is no permutation to draw, or the device is not there.
    RDMError
        If the RDMs differ in length, are not of whole RDMs, are not finite, or one has no variance.

    Notes
    -----
    The norms of an RDM, and its ranks, do not change when its labels are shuffled, so each permuted
    similarity is an inner product, and those of all RDMs in a chunk of permutations are one matrix
    product. The set with fewer RDMs is the one that is rearranged: shuffling one RDM of a pair is
    shuffling the other by the inverse. Permuted similarities within 1e-12 of the observed one count as
    equal to it. Memory beyond input and result is bounded by chunks.

    References
    ----------
    Nili et al. (2014), PLoS Comput Biol 10(4): e1003553; Phipson & Smyth (2010), Stat Appl Genet Mol Biol
    9(1): 39 (why one is added); Winkler et al. (2015), NeuroImage 123: 253-268 (permutation within blocks).
    """
    if method not in methods_that("prepare"):
        raise ParameterError(
            f"Method {method!r} has no permutation test; choose one of {', '.join(methods_that('prepare'))}."
        )
    if n_permutations < 1:
        raise ParameterError(f"A permutation test needs at least one permutation, got {n_permutations}.")
    a, b = check_rdms(rdms_a, "first"), check_rdms(rdms_b, "second")
    if a.shape[1] != b.shape[1]:
        raise RDMError(
            f"RDMs of {a.shape[1]} and of {b.shape[1]} pairs cannot be compared; align them first."
        )
    n_stimuli = number_of_stimuli(a.shape[1])
    a, b = prepare(a, method), prepare(b, method)
    similarity = np.clip(a @ b.T, -1.0, 1.0)
    permutations = draw_permutations(n_stimuli, n_permutations, rng, groups)
    work = float(a.size) * len(b) * n_permutations
    count = _count if choose_device(device, work) == "cpu" else _count_on_gpu
    if len(b) <= len(a):
        # Shuffling the first set is shuffling the second by the inverse.
        reached = count(a, b, np.argsort(permutations, axis=1), similarity, n_stimuli)
    else:
        reached = count(b, a, permutations, similarity.T, n_stimuli).T
    return similarity, (reached.astype(np.float64) + 1.0) / (n_permutations + 1.0)


def draw_permutations(
    n_stimuli: int, n_permutations: int, rng: np.random.Generator, groups: ArrayLike | None = None
) -> NDArray[np.int32]:
    """Random orders of the stimuli.

    Parameters
    ----------
    n_stimuli, n_permutations : int
    rng : numpy.random.Generator
    groups : array_like of shape (n_stimuli,), int, optional
        The group of each stimulus; given, stimuli are exchanged with those of the same group alone.

    Returns
    -------
    ndarray of shape (n_permutations, n_stimuli), int32

    Raises
    ------
    ParameterError
        If the groups are not those of these stimuli.
    """
    permutations = np.tile(np.arange(n_stimuli, dtype=np.int32), (n_permutations, 1))
    if groups is None:
        return rng.permuted(permutations, axis=1)
    members = np.asarray(groups)
    if members.shape != (n_stimuli,):
        raise ParameterError(
            f"Groups of shape {members.shape} do not fit RDMs over {n_stimuli} stimuli; expected the "
            "group of each stimulus."
        )
    for group in np.unique(members):
        places = np.flatnonzero(members == group)
        permutations[:, places] = rng.permuted(permutations[:, places], axis=1)
    return permutations


def _count(
    fixed: FloatArray, moved: FloatArray, permutations: IntArray, observed: FloatArray, n_stimuli: int
) -> IntArray:
    """In how many permutations of the moved RDMs each similarity reaches the observed one."""
    reached = np.empty(observed.shape, dtype=np.intp)
    for group in _groups(len(moved)):
        table = _table(moved[group], n_stimuli)
        least = observed[:, group, None] - _ROUNDING

        def chunk(drawn: IntArray, table: FloatArray = table, least: FloatArray = least) -> IntArray:
            return (_permuted(fixed, table, drawn) >= least).sum(axis=2)

        chunks = (
            permutations[start : start + _CHUNK_PERMUTATIONS]
            for start in range(0, len(permutations), _CHUNK_PERMUTATIONS)
        )
        reached[:, group] = sum(map_in_blocks(chunk, chunks))
    return reached


def _groups(n_rdms: int) -> Iterator[slice]:
    """Groups of four, two and one RDMs: NumPy is fast at copying runs of that many values."""
    start = 0
    while start < n_rdms:
        size = next(size for size in (4, 2, 1) if size <= n_rdms - start)
        yield slice(start, start + size)
        start += size


def _table(rdms: FloatArray, n_stimuli: int) -> FloatArray:
    """RDMs as whole matrices, of shape (n_stimuli², n_rdms): the values of all RDMs side by side."""
    table = np.zeros((n_stimuli, n_stimuli, len(rdms)))
    rows, columns = np.triu_indices(n_stimuli, k=1)
    table[rows, columns] = table[columns, rows] = rdms[:, : len(rows)].T
    if rdms.shape[1] > len(rows):
        # Whitened RDMs have a diagonal, which follows their upper triangle.
        table[range(n_stimuli), range(n_stimuli)] = rdms[:, len(rows) :].T
    return table.reshape(-1, len(rdms))


def _permuted(fixed: FloatArray, table: FloatArray, permutations: IntArray) -> FloatArray:
    """Inner products with the permuted RDMs, of shape (n_fixed, n_moved, n_permutations)."""
    n_drawn, n_stimuli = permutations.shape
    n_moved = table.shape[1]
    columns = np.ascontiguousarray(permutations.T, dtype=np.intp)
    rows = columns * n_stimuli
    size = max(n_stimuli, _CHUNK_ENTRIES)
    where, values = np.empty((size, n_drawn), dtype=np.intp), np.empty((size, n_drawn, n_moved))
    sums = np.zeros((len(fixed), n_drawn * n_moved))
    product = np.empty_like(sums)
    entry = filled = 0

    def multiply() -> None:
        # Indices are in range, so clipping changes none; with this mode NumPy writes straight into `out`.
        np.take(table, where[:filled], axis=0, out=values[:filled], mode="clip")
        np.matmul(fixed[:, entry : entry + filled], values[:filled].reshape(filled, -1), out=product)
        np.add(sums, product, out=sums)

    for stimulus in range(n_stimuli - 1):
        length = n_stimuli - 1 - stimulus
        if filled + length > size:
            multiply()
            entry, filled = entry + filled, 0
        np.add(rows[stimulus], columns[stimulus + 1 :], out=where[filled : filled + length])
        filled += length
    multiply()
    entry, filled = entry + filled, fixed.shape[1] - entry - filled
    if filled:
        np.add(rows, columns, out=where[:filled])
        multiply()
    return sums.reshape(len(fixed), n_drawn, n_moved).transpose(0, 2, 1)


def _count_on_gpu(
    fixed: FloatArray,
    moved: FloatArray,
    permutations: IntArray,
    observed: FloatArray,
    n_stimuli: int,
    device: str = "cuda",
) -> IntArray:
    """The same as `_count`, on a torch device."""
    import torch

    rows, columns = (torch.as_tensor(index, device=device) for index in np.triu_indices(n_stimuli, k=1))
    if fixed.shape[1] > len(rows):
        diagonal = torch.arange(n_stimuli, device=device)
        rows, columns = torch.cat([rows, diagonal]), torch.cat([columns, diagonal])
    pairs = torch.as_tensor(fixed, device=device)
    reached = np.empty(observed.shape, dtype=np.intp)
    for group in _groups(len(moved)):
        table = torch.as_tensor(_table(moved[group], n_stimuli), device=device)
        n_moved = table.shape[1]
        least = torch.as_tensor(observed[:, group] - _ROUNDING, device=device)[:, None]
        total = torch.zeros(observed[:, group].shape, dtype=torch.int64, device=device)
        n_entries = max(1, _CHUNK_VALUES_GPU // (_CHUNK_PERMUTATIONS * n_moved))
        for start in range(0, len(permutations), _CHUNK_PERMUTATIONS):
            chunk = permutations[start : start + _CHUNK_PERMUTATIONS].T
            drawn = torch.as_tensor(np.ascontiguousarray(chunk), device=device).long()
            sums = torch.zeros((len(fixed), drawn.shape[1] * n_moved), dtype=torch.float64, device=device)
            for entry in range(0, len(rows), n_entries):
                block = slice(entry, entry + n_entries)
                where = drawn[rows[block]] * n_stimuli + drawn[columns[block]]
                sums.addmm_(pairs[:, block], table[where].reshape(len(where), -1))
            total += (sums.reshape(len(fixed), -1, n_moved) >= least).sum(dim=1)
        reached[:, group] = total.cpu().numpy()
    return reached
