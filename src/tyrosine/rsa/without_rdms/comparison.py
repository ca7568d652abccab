"""Similarities of patterns without their RDMs, equal to those of the RDMs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters.measures import METHODS, methods_that, resolve
from tyrosine.rsa.correlation import refuse_flat
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.rsa.without_rdms.products import (
    multiplications_of_dimensions,
    multiplications_of_stimuli,
    sum_products,
)
from tyrosine.rsa.without_rdms.sums import Sums
from tyrosine.rsa.workers import choose_device

FloatArray = NDArray[np.float64]


def compare_patterns(
    a: Sequence[Patterns], b: Sequence[Patterns], method: str = "pearson", *, device: str = "auto"
) -> FloatArray:
    """Similarity of the RDMs of each pattern set of one list to those of each of another, without the RDMs.

    Parameters
    ----------
    a : sequence of Patterns
        Of k regions, say.
    b : sequence of Patterns
        Of m models, over the same stimuli in the same order.
    method : str
        One whose entry in `tyrosine.parameters.measures.METHODS` has `of_sums`.
    device : {"auto", "cpu", "cuda"}
        `auto` takes a GPU where torch sees one and the work is large.

    Returns
    -------
    similarity : ndarray of shape (k, m), float64
        Equal to `tyrosine.rsa.similarity.compare` of the RDMs within 1e-12 if points are in float64.

    Raises
    ------
    ParameterError
        If the method cannot do without RDMs, or the device is not there.
    RDMError
        If the patterns are over different numbers of stimuli, or an RDM has no variance.

    Notes
    -----
    Memory beyond the points is bounded by blocks, and time grows with the number of stimuli, not of pairs.
    """
    check_method(method, "of_sums")
    check_patterns(a, b)
    work = min(multiplications_of_dimensions(a, b), multiplications_of_stimuli(a, b))
    return observe(a, b, method, choose_device(device, work))[1]


def observe(
    a: Sequence[Patterns], b: Sequence[Patterns], method: str, device: str
) -> tuple[Sums, FloatArray]:
    """Sums over all pairs of stimuli, and the similarities that they make.

    Raises
    ------
    RDMError
        If an RDM has no variance.
    """
    sums = sum_products(a, b, device)
    similarity = resolve(METHODS[method].of_sums)(sums)
    for axis in (1, 0):
        refuse_flat(np.isnan(similarity).all(axis=axis))
    return sums, similarity


def check_method(method: str, *offers: str) -> None:
    """Refuse a method of similarity that needs RDMs.

    Raises
    ------
    ParameterError
    """
    known = [name for name in methods_that("of_sums") if all(getattr(METHODS[name], one) for one in offers)]
    if method not in known:
        raise ParameterError(
            f"Method {method!r} needs RDMs for this; choose one of {', '.join(known)}, or fewer stimuli."
        )


def check_patterns(a: Sequence[Patterns], b: Sequence[Patterns]) -> int:
    """Number of stimuli of all these patterns.

    Raises
    ------
    RDMError
        If there are none, or they are over different numbers of stimuli.
    """
    numbers = sorted({one.n_stimuli for one in (*a, *b)})
    if not a or not b or len(numbers) != 1 or numbers[0] < 3:
        raise RDMError(
            f"Patterns of {' and of '.join(map(str, numbers)) or 'no'} stimuli cannot be compared; take the "
            "same stimuli, at least three, for regions and models."
        )
    return numbers[0]
