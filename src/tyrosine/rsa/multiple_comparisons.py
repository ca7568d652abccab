"""Correction for multiple comparisons, within families of tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p: ArrayLike, families: Sequence[str]) -> NDArray[np.float64]:
    """Adjust p-values for the false discovery rate, within each family of tests.

    Parameters
    ----------
    p : array_like of shape (n_tests,)
        NaN where a test is undefined; such a test belongs to no family.
    families : sequence of str of length n_tests
        Name of the family of each test.

    Returns
    -------
    q : ndarray of shape (n_tests,), float64
        NaN where p is.

    References
    ----------
    Benjamini & Hochberg (1995), J R Stat Soc B 57(1): 289-300; `scipy.stats.false_discovery_control`.
    """
    from scipy.stats import false_discovery_control

    values = np.asarray(p, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    defined = np.flatnonzero(np.isfinite(values))
    for members in pd.Series(defined).groupby(np.asarray(families, dtype=object)[defined], sort=False):
        rows = members[1].to_numpy()
        adjusted[rows] = false_discovery_control(values[rows], method="bh")
    return adjusted
