"""Similarities by methods that need RDMs, estimated from random subsets of many stimuli."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.rsa.dissimilarity import condense
from tyrosine.rsa.similarity import compare
from tyrosine.rsa.without_rdms.patterns import Patterns

FloatArray = NDArray[np.float64]

_DIGITS = 12
RDMsOfSubset = Callable[[NDArray[np.intp]], FloatArray]
"""Takes the places of some stimuli, and returns the condensed RDMs over them, of shape (n_rdms, n_pairs)."""


def estimate_over_subsets(
    rdms_a: RDMsOfSubset,
    rdms_b: RDMsOfSubset,
    n_stimuli: int,
    subset_size: int,
    n_subsets: int,
    rng: np.random.Generator,
    method: str = "spearman",
) -> tuple[FloatArray, FloatArray]:
    """Mean similarity over random subsets of the stimuli, with its standard error.

    Parameters
    ----------
    rdms_a, rdms_b : callable
        Make the k RDMs of one set, and the m of another, over a subset of the stimuli; `rdms_of_patterns` is
        such a function.
    n_stimuli : int
        How many stimuli there are.
    subset_size : int
        Stimuli of each subset, drawn without replacement; at least three.
    n_subsets : int
        At least two. Each is drawn for itself.
    rng : numpy.random.Generator
    method : str
        A key of `tyrosine.parameters.measures.METHODS`.

    Returns
    -------
    similarity : ndarray of shape (k, m), float64
    standard_error : ndarray of shape (k, m), float64
        Of the choice of subsets alone: these stimuli are taken as given. It says how far the mean may be from
        that over all subsets of this size.

    Raises
    ------
    ParameterError
        If a subset is too small or larger than the set, there are fewer than two, or the method is unknown.
    RDMError
        As `tyrosine.rsa.similarity.compare` raises it.
    """
    if not 3 <= subset_size <= n_stimuli:
        raise ParameterError(
            f"Subsets of {subset_size} of {n_stimuli} stimuli cannot be drawn; take at least three, and no "
            "more than there are."
        )
    if n_subsets < 2:
        raise ParameterError(f"A standard error needs at least two subsets of the stimuli, got {n_subsets}.")
    found = []
    for _ in range(n_subsets):
        chosen = np.sort(rng.choice(n_stimuli, subset_size, replace=False))
        found.append(compare(rdms_a(chosen), rdms_b(chosen), method))
    values = np.stack(found)
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(n_subsets)


def rdms_of_patterns(patterns: Sequence[Patterns]) -> RDMsOfSubset:
    """RDMs of patterns over a subset of the stimuli, to twelve digits of the largest entry.

    Equal dissimilarities, as of counts, differ by rounding when they are made of points; ranks must not.
    """

    def make(chosen: NDArray[np.intp]) -> FloatArray:
        rdms = np.empty((len(patterns), len(chosen) * (len(chosen) - 1) // 2))
        for rdm, one in zip(rdms, patterns):
            rdm[:] = _rounded(_condensed(one, chosen))
        return rdms

    return make


def _condensed(patterns: Patterns, chosen: NDArray[np.intp]) -> FloatArray:
    return condense(patterns.dissimilarities(chosen, chosen)) + patterns.mean_dissimilarity


def _rounded(rdm: FloatArray) -> FloatArray:
    largest = np.abs(rdm).max()
    return np.round(rdm / largest, _DIGITS) * largest if largest > 0 else rdm
