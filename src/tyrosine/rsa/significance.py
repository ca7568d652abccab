"""Tests of similarities and their differences: across subjects, and from bootstrap variances."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tyrosine.errors import ParameterError

FloatArray = NDArray[np.float64]
Alternative = Literal["greater", "less", "two-sided"]

TOO_FEW_SUBJECTS = "fewer than two subjects"
NO_VARIANCE = "the same in every subject"
NO_RESAMPLE_VARIANCE = "the same in every resample"

# Similarities are of the order of one, so that differences of this size are rounding.
_ROUNDING = 1e-12


def t_test(
    values: ArrayLike, alternative: Alternative = "greater", confidence_level: float = 0.95
) -> pd.DataFrame:
    """Student's t-test of each column against zero, across subjects.

    Parameters
    ----------
    values : array_like of shape (n_subjects, m)
        Similarities, or paired differences of two.
    alternative : {"greater", "less", "two-sided"}
        Which means speak against zero.
    confidence_level : float
        Of the interval, which has two sides in any case.

    Returns
    -------
    DataFrame
        One row a column of `values`: `n`, `estimate` (mean over subjects), `lower`, `upper`, `effect_size`
        (mean over standard deviation: Cohen's d_z), `statistic`, `p`, and `undefined`, which is the reason
        why a row has no numbers (too few subjects, or no variance over them) or else empty.

    Raises
    ------
    ParameterError
        If the values are not two-dimensional, or not finite.

    References
    ----------
    `scipy.stats.ttest_1samp`; Lakens (2013), Front Psychol 4: 863 (d_z).
    """
    from scipy import stats

    table, columns, used = _start(values)
    if columns.any():
        mean, sd = used.mean(axis=0), used.std(axis=0, ddof=1)
        margin = stats.t.ppf((1 + confidence_level) / 2, len(used) - 1) * sd / np.sqrt(len(used))
        found = stats.ttest_1samp(used, 0.0, axis=0, alternative=alternative)
        table.loc[columns, ["estimate", "lower", "upper"]] = np.stack([mean, mean - margin, mean + margin], 1)
        table.loc[columns, "effect_size"] = mean / sd
        table.loc[columns, "statistic"] = found.statistic
        table.loc[columns, "p"] = found.pvalue
    return table


def wilcoxon_test(
    values: ArrayLike, alternative: Alternative = "greater", confidence_level: float = 0.95
) -> pd.DataFrame:
    """Wilcoxon's signed-rank test of each column against zero, across subjects.

    Parameters
    ----------
    values : array_like of shape (n_subjects, m)
        Similarities, or paired differences of two.
    alternative : {"greater", "less", "two-sided"}
        Which medians speak against zero.
    confidence_level : float
        Of the interval, which has two sides in any case.

    Returns
    -------
    DataFrame
        As from `t_test`. `estimate` is the Hodges-Lehmann estimate (the median of all means of two subjects,
        or of one with itself), and the interval has the values that the two-sided test does not reject.
        With so few subjects that it rejects none (fewer than six at 95 %), the interval is infinite.

    Raises
    ------
    ParameterError
        If the values are not two-dimensional, or not finite.

    References
    ----------
    Wilcoxon (1945), Biometrics Bull 1(6): 80-83, by `scipy.stats.wilcoxon`; Hollander, Wolfe & Chicken
    (2014), Nonparametric Statistical Methods, 3rd ed., sections 3.2 and 3.3 (estimate and interval).
    """
    table, columns, used = _start(values)
    if columns.any():
        n = len(used)
        first, second = np.triu_indices(n)
        walsh = np.sort((used[first] + used[second]) / 2.0, axis=0)
        # As many of the lowest and of the highest means are left out as the level allows.
        cut = int(np.searchsorted(_signed_rank_cdf(n), (1 - confidence_level) / 2, side="right"))
        bounds = (walsh[cut - 1], walsh[-cut]) if cut else (-np.inf, np.inf)
        statistic, p = _signed_rank(used, alternative)
        table.loc[columns, "estimate"] = np.median(walsh, axis=0)
        table.loc[columns, "lower"], table.loc[columns, "upper"] = bounds
        table.loc[columns, "effect_size"] = used.mean(axis=0) / used.std(axis=0, ddof=1)
        table.loc[columns, "statistic"] = statistic
        table.loc[columns, "p"] = p
    return table


def bootstrap_test(
    estimate: ArrayLike,
    variance: ArrayLike,
    degrees_of_freedom: ArrayLike,
    alternative: Alternative = "greater",
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """t-test of estimates against zero, with bootstrap variances.

    Parameters
    ----------
    estimate : array_like of shape (m,)
        Mean similarities, or differences of two.
    variance : array_like of shape (m,)
        Their sampling variances, corrected for small samples.
    degrees_of_freedom : array_like of shape () or (m,)
    alternative : {"greater", "less", "two-sided"}
    confidence_level : float
        Of the interval, which has two sides in any case.

    Returns
    -------
    DataFrame
        One row an estimate: `estimate`, `standard_error`, `lower`, `upper`, `statistic`, `p`, `undefined`.

    References
    ----------
    Schütt et al. (2023), eLife 12: e82566; rsatoolbox's `Result.get_ci` and `Result.test_zero`.
    """
    from scipy import stats

    mean, spread = np.asarray(estimate, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    good = np.isfinite(spread) & (spread > _ROUNDING**2)
    error = np.sqrt(np.where(good, spread, np.nan))
    null = stats.t(np.where(good, degrees_of_freedom, 1.0))
    margin = null.ppf((1 + confidence_level) / 2) * error
    statistic = mean / error
    p = {
        "greater": lambda: null.sf(statistic),
        "less": lambda: null.cdf(statistic),
        "two-sided": lambda: 2.0 * null.sf(np.abs(statistic)),
    }[alternative]()
    return pd.DataFrame(
        {
            "estimate": np.where(good, mean, np.nan),
            "standard_error": error,
            "lower": mean - margin,
            "upper": mean + margin,
            "statistic": statistic,
            "p": p,
            "undefined": np.where(good, "", NO_RESAMPLE_VARIANCE),
        }
    )


def _start(values: ArrayLike) -> tuple[pd.DataFrame, NDArray[np.bool_], FloatArray]:
    """A table of undefined rows, the columns that can be tested, and their values."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or not np.isfinite(array).all():
        raise ParameterError(
            f"A test across subjects needs finite values of shape (n_subjects, m), got shape {array.shape}."
        )
    n_subjects, m = array.shape
    varies = np.ptp(array, axis=0) > _ROUNDING if n_subjects > 1 else np.zeros(m, dtype=bool)
    reason = NO_VARIANCE if n_subjects > 1 else TOO_FEW_SUBJECTS
    table = pd.DataFrame({"n": np.full(m, n_subjects)})
    for column in ("estimate", "lower", "upper", "effect_size", "statistic", "p"):
        table[column] = np.nan
    table["undefined"] = np.where(varies, "", reason)
    return table, varies, array[:, varies]


def _signed_rank(values: FloatArray, alternative: Alternative) -> tuple[FloatArray, FloatArray]:
    from scipy.stats import wilcoxon

    statistic, p = np.empty(values.shape[1]), np.empty(values.shape[1])
    # SciPy takes one way for all columns: ties or zeros in one must not change how the others are tested.
    ordered = np.sort(np.abs(values), axis=0)
    tied = (ordered[0] == 0) | (np.diff(ordered, axis=0) == 0).any(axis=0)
    for columns in (tied, ~tied):
        if columns.any():
            found = wilcoxon(values[:, columns], alternative=alternative, axis=0)
            statistic[columns], p[columns] = found.statistic, found.pvalue
    return statistic, p


def _signed_rank_cdf(n: int) -> FloatArray:
    """Probability of a sum of positive ranks of at most 0, 1, 2, … under the null hypothesis."""
    probabilities = np.ones(1)
    for rank in range(1, n + 1):
        longer = np.zeros(len(probabilities) + rank)
        longer[: len(probabilities)] += probabilities / 2.0
        longer[rank:] += probabilities / 2.0
        probabilities = longer
    return np.cumsum(probabilities)
