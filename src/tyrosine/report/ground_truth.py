"""The ground truth of a simulated study, and whether answers to the questions agree with it.

Noise makes similarities smaller. So the signs and the order of regions can be compared with the ground truth,
but the values cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tyrosine.report.sentences import (
    DEPENDS,
    HIGHER,
    LOWER,
    NO_EVIDENCE,
    UNDEFINED,
    Row,
    Sides,
    Terms,
    direction,
    number,
)
from tyrosine.rsa.contrasts import Contrast, contrast_weights, in_common_regions
from tyrosine.tables.columns import EVERY_REGION

RIGHT, WRONG, INCONCLUSIVE = "right", "wrong", "inconclusive"

Truth = Mapping[tuple[str, str, str], float]
"""The true value by contrast, ROI and method."""

# The ground truth has six significant digits: a value that is smaller than this may be zero.
_EXACT = 1e-5


def true_contrasts(true_similarities: pd.DataFrame, contrasts: Sequence[Contrast]) -> pd.DataFrame:
    """Compute the values of groups and contrasts of models without noise.

    Parameters
    ----------
    true_similarities : DataFrame
        As the catalog has it. A model with several layers counts by its reported one.
    contrasts : sequence of Contrast
        Of models that `true_similarities` has.

    Returns
    -------
    DataFrame
        `contrast, selectivity, roi, method, estimate`: the mean over subjects. For `all` regions, the mean
        over subjects of each subject's mean over the regions that all subjects have.
    """
    reported = true_similarities[true_similarities["reported"]]
    names = [contrast.name for contrast in contrasts]
    parts = []
    for method, rows in reported.groupby("method", sort=False):
        wide = rows.pivot(index=["selectivity", "roi", "subject"], columns="model", values="similarity")
        values = pd.DataFrame(
            wide.to_numpy() @ contrast_weights(contrasts, list(wide.columns)).T, wide.index, names
        )
        regions = values.groupby(["selectivity", "roi"], sort=False).mean()
        place = values.index
        chosen = in_common_regions(place.get_level_values("roi"), place.get_level_values("subject"))
        regions.loc[(EVERY_REGION, EVERY_REGION), :] = values[chosen].groupby("subject").mean().mean()
        long = regions.rename_axis(columns="contrast").stack().rename("estimate").reset_index()
        parts.append(long.assign(method=method))
    columns = ["contrast", "selectivity", "roi", "method", "estimate"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)


def truth_by_row(table: pd.DataFrame | None) -> Truth:
    """Turn the table that `true_contrasts` gives into a mapping, which is empty if there is no table."""
    if table is None:
        return {}
    return {(row.contrast, row.roi, row.method): float(row.estimate) for row in table.itertuples(index=False)}


def judge(found: str, true: float, sides: Sides) -> str:
    """Say whether a verdict agrees with the ground truth.

    Parameters
    ----------
    found : str
        What `sentences.direction` says, other than undefined.
    true : float
        The value without noise.
    sides : Sides
        Without a second side the test is one-sided, and a true value below zero counts as none.

    Returns
    -------
    {"right", "wrong", "inconclusive"}
        A verdict of no evidence is inconclusive where there is a true difference: it does not say that there
        is no difference. So is a direction that depends on the models, whatever the true one is.
    """
    there = HIGHER if true > _EXACT else LOWER if true < -_EXACT and sides.b else NO_EVIDENCE
    if found == there:
        return RIGHT
    return INCONCLUSIVE if found in (NO_EVIDENCE, DEPENDS) else WRONG


def compare_with_truth(
    head: Row, regions: Mapping[str, Row], sides: Sides, terms: Terms, truth: Truth
) -> list[str]:
    """Say whether the answers, for all regions and for single ones, agree with the ground truth.

    Parameters
    ----------
    head : mapping
        The row of `contrasts` for all regions.
    regions : mapping of str to mapping
        The row of each ROI.
    sides : Sides
    terms : Terms
    truth : Truth
        Without the contrast, there are no sentences.
    """
    true = truth.get((head["contrast"], EVERY_REGION, head["method"]))
    if true is None:
        return []
    told = f"Ground truth: without noise the {'difference' if sides.b else 'mean'} is {number(true)}"
    found = direction(head, sides, terms.max_q)
    if found == UNDEFINED:
        return [f"{told}; there is no answer to compare it with."]
    judged = judge(found, true, sides)
    if found == DEPENDS:
        told += "; the answer tells no direction, and is inconclusive, not wrong."
    elif judged == INCONCLUSIVE:
        told += ", which went undetected; the answer is inconclusive, not wrong."
    elif found == NO_EVIDENCE:
        told += "; there was nothing to detect, and the answer is right."
    else:
        told += f"{', of the same sign' if judged == RIGHT else ''}; the answer is {judged}."
    return [told, _by_region(regions, sides, terms, truth)]


def _by_region(regions: Mapping[str, Row], sides: Sides, terms: Terms, truth: Truth) -> str:
    defined = [
        (row, truth[row["contrast"], roi, row["method"]])
        for roi, row in regions.items()
        if (row["contrast"], roi, row["method"]) in truth and direction(row, sides, terms.max_q) != UNDEFINED
    ]
    if len(defined) < 2:
        return ""
    judged = [judge(direction(row, sides, terms.max_q), true, sides) for row, true in defined]
    told = ", ".join(f"{judged.count(word)} {word}" for word in (RIGHT, INCONCLUSIVE, WRONG))
    pairs = pd.DataFrame([(row["estimate"], true) for row, true in defined], dtype=np.float64)
    if len(pairs) > 2 and (pairs.nunique() > 1).all():
        told += (
            "; the rank correlation of measured and true values over regions is "
            f"{pairs.rank().corr().iloc[0, 1]:.2f}"
        )
    return f"Ground truth by region: {told}."
