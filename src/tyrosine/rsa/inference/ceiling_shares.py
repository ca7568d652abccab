"""Which share of the lower noise ceiling groups of models reach, with an interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.parameters import InferenceParameters
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.engine import represent
from tyrosine.rsa.inference.tabulation import Similarities, similarity_over
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import CEILING_SHARES, CEILING_UNCERTAIN, GROUP, REGION

TOO_FEW_FOR_A_SHARE = "fewer than three subjects"

_NUMBERS = ("share", "lower", "upper", "ceiling", "ceiling_lower", "ceiling_upper")


def ratio_of_means(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64], confidence_level: float = 0.95
) -> tuple[float, float, float]:
    """Ratio of two paired means, and its interval.

    Parameters
    ----------
    numerator, denominator : ndarray of shape (n_subjects,), float64
    confidence_level : float

    Returns
    -------
    ratio, lower, upper : float
        The interval has every ratio r for which a t-test does not reject that the mean of ``numerator - r *
        denominator`` is zero. All are NaN if the interval of the mean denominator reaches down to zero,
        because these ratios then have no bounds.

    References
    ----------
    Fieller (1954), J R Stat Soc B 16(2): 175-185.
    """
    from scipy import stats

    n = len(numerator)
    top, bottom = float(numerator.mean()), float(denominator.mean())
    (of_top, both), (_, of_bottom) = np.cov(numerator, denominator) / n
    squared = stats.t.ppf((1 + confidence_level) / 2, n - 1) ** 2
    scale = bottom**2 - squared * of_bottom
    if bottom <= 0 or scale <= 0:
        return float("nan"), float("nan"), float("nan")
    middle = top * bottom - squared * both
    margin = np.sqrt(max(middle**2 - scale * (top**2 - squared * of_top), 0.0))
    return top / bottom, float((middle - margin) / scale), float((middle + margin) / scale)


def measure_ceiling_shares(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    similarities: pd.DataFrame,
    contrasts: pd.DataFrame,
    inference: InferenceParameters,
) -> pd.DataFrame:
    """Measure which share of the lower noise ceiling each group of models reaches in each region.

    Returns
    -------
    DataFrame
        A row for each group of the questions, region and method. Similarities are means over the models of
        the group, and they and the ceiling are over the stimuli that the subjects share; intervals are across
        subjects, that of the ceiling by the jackknife. There is no share where the interval of the ceiling
        reaches down to zero.
    """
    found = Similarities.of(similarities)
    sets, models = StimulusSets.of(brain_rdms), align_models(model_rdms, brain_rdms)
    groups = contrasts.loc[contrasts["kind"] == GROUP, ["contrast", "models_a"]].drop_duplicates()
    groups = groups[groups["models_a"] != ""]
    reported = np.where(found.reported, found.models["model"], "")
    rows = []
    for method, values in found.values.items():
        shared = similarity_over(brain_rdms, models, sets.by_region, sets.own, values, method)
        for region in found.regions():
            ids, n = sets.by_region[region.rows[0]], len(region.rows)
            undefined, ceiling, bound = TOO_FEW_STIMULI, np.empty(0), float("nan")
            if len(ids) >= LEAST_STIMULI:
                undefined = TOO_FEW_FOR_A_SHARE if n < 3 else ""
                brain = represent(brain_rdms, method, ids, region.rows.tolist())
                if n > 2:
                    ceiling = brain.jackknifed_ceiling()
                elif n == 2:
                    bound = float(brain.leave_one_out().mean())
            for name, members in groups.itertuples(index=False):
                row = dict.fromkeys(_NUMBERS, float("nan")) | {"ceiling": bound}
                if not undefined:
                    columns = np.flatnonzero(np.isin(reported, members.split()))
                    means = shared[np.ix_(region.rows, columns)].mean(axis=1)
                    row |= _share(means, ceiling, inference.confidence_level)
                missing = undefined or (CEILING_UNCERTAIN if np.isnan(row["share"]) else "")
                label = dict(zip(REGION, (region.selectivity, region.roi)))
                sizes = {"n_subjects": n, "n_stimuli": len(ids), "undefined": missing}
                rows.append({"contrast": name, "method": method, **label, **row, **sizes})
    # Without a group there is no row from which a column would have its type.
    types = dict.fromkeys(("contrast", "method", *REGION, "undefined"), "str")
    types |= dict.fromkeys(_NUMBERS, "float64") | dict.fromkeys(("n_subjects", "n_stimuli"), "int64")
    return pd.DataFrame(rows, columns=list(CEILING_SHARES)).astype(types)


def _share(
    means: NDArray[np.float64], ceiling: NDArray[np.float64], confidence_level: float
) -> dict[str, float]:
    """The numbers of a row: those of the share are NaN where the ceiling may be zero."""
    from scipy import stats

    bound, error = float(ceiling.mean()), stats.sem(ceiling)
    margin = float(stats.t.ppf((1 + confidence_level) / 2, len(ceiling) - 1) * error)
    share = dict(zip(_NUMBERS[:3], ratio_of_means(means, ceiling, confidence_level)))
    return share | dict(zip(_NUMBERS[3:], (bound, bound - margin, bound + margin)))
