"""The ground truth of a simulated study, and whether answers to the questions agree with it.

Noise makes similarities smaller. So the signs and the order of regions can be compared with the ground truth,
but the values cannot. An answer of a test that holds for new stimuli is held against the truth over further
scenes, which stand for all; an answer of any other test against the truth over the scenes of the study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from tyrosine.parameters.measures import DUAL_BOOTSTRAP, T_TEST, TESTS
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
from tyrosine.tables.columns import ABOVE_CHANCE, CONTROL, EVERY_REGION, PAIR

RIGHT, WRONG, INCONCLUSIVE = "right", "wrong", "inconclusive"

OF_THE_STUDY, OF_THE_POPULATION = "study", "population"
"""Scenes over which a truth is computed."""


class TrueValue(NamedTuple):
    """A value without noise, and how exactly it is known.

    Attributes
    ----------
    value : float
    error : float
        Standard error, because the population of scenes is known by some of them; zero if it is exact.
    """

    value: float
    error: float = 0.0

    def __str__(self) -> str:
        told = number(self.value)
        return f"{told} ± {number(self.error)} (standard error over scenes)" if self.error else told


Truth = Mapping[tuple[str, str, str, str], TrueValue]
"""The true value by contrast, ROI, method and scenes."""

EXPECTED = 0.05
"""Share of false positives that a test is made for."""

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
        over subjects of each subject's mean over the regions that all subjects have. In a control region it
        is zero, because other subjects would see other random features.
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
        regions[regions.index.get_level_values("selectivity") == CONTROL] = 0.0
        place = [values.index.get_level_values(name) for name in ("roi", "subject", "selectivity")]
        chosen = in_common_regions(*place)
        regions.loc[(EVERY_REGION, EVERY_REGION), :] = values[chosen].groupby("subject").mean().mean()
        long = regions.rename_axis(columns="contrast").stack().rename("estimate").reset_index()
        parts.append(long.assign(method=method))
    columns = ["contrast", "selectivity", "roi", "method", "estimate"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)


def population_contrasts(
    population_similarities: pd.DataFrame, contrasts: Sequence[Contrast]
) -> pd.DataFrame:
    """Compute the values of groups and contrasts of models without noise over the population of scenes.

    Parameters
    ----------
    population_similarities : DataFrame
        As the catalog has it.
    contrasts : sequence of Contrast

    Returns
    -------
    DataFrame
        As from `true_contrasts`, with `standard_error`: that of the mean over the parts of the population.
    """
    by_part = {
        part: true_contrasts(rows, contrasts).set_index(["contrast", "roi", "method"])
        for part, rows in population_similarities.groupby("part")
    }
    whole = by_part.pop(0)
    parts = pd.concat([table["estimate"] for table in by_part.values()], axis=1)
    return whole.assign(standard_error=parts.sem(axis=1)).reset_index()


def truth_by_row(table: pd.DataFrame | None) -> Truth:
    """Turn the dataset `true_contrasts` into a mapping, which is empty if there is no table."""
    if table is None:
        return {}
    return {
        (row.contrast, row.roi, row.method, row.scenes): TrueValue(row.estimate, row.standard_error)
        for row in table.itertuples(index=False)
    }


def truth_for(row: Row, truth: Truth) -> TrueValue | None:
    """The true value of what a row of `contrasts` estimates, over the scenes that its test speaks of."""
    key = row["contrast"], row["roi"], row["method"]
    of_study = truth.get((*key, OF_THE_STUDY))
    if TESTS[row["test"]].over in ("both", "models"):
        return truth.get((*key, OF_THE_POPULATION), of_study)
    return of_study


def judge(found: str, true: TrueValue, sides: Sides) -> str:
    """Say whether a verdict agrees with the ground truth.

    Parameters
    ----------
    found : str
        What `sentences.direction` says, other than undefined.
    true : TrueValue
    sides : Sides
        Without a second side the test is one-sided, and a true value below zero counts as none.

    Returns
    -------
    {"right", "wrong", "inconclusive"}
        A verdict of no evidence is inconclusive where there is a true difference: it does not say that there
        is no difference. So is a direction that depends on the models, whatever the true one is, and every
        verdict where the true value lies within two standard errors of zero, so that its sign is unknown.
    """
    value = true.value
    if true.error and abs(value) < 2 * true.error:
        return INCONCLUSIVE
    there = HIGHER if value > _EXACT else LOWER if value < -_EXACT and sides.b else NO_EVIDENCE
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
    true = truth_for(head, truth)
    if true is None:
        return []
    told = f"Ground truth: without noise the {'difference' if sides.b else 'mean'} is {true}"
    found = direction(head, sides, terms.max_q)
    if found == UNDEFINED:
        return [f"{told}; there is no answer to compare it with."]
    judged = judge(found, true, sides)
    if true.error and abs(true.value) < 2 * true.error:
        told += ", too near to zero to know its sign; no answer can be called right or wrong."
    elif found == DEPENDS:
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
        (row, true)
        for row in regions.values()
        if (true := truth_for(row, truth)) is not None and direction(row, sides, terms.max_q) != UNDEFINED
    ]
    if len(defined) < 2:
        return ""
    judged = [judge(direction(row, sides, terms.max_q), true, sides) for row, true in defined]
    told = ", ".join(f"{judged.count(word)} {word}" for word in (RIGHT, INCONCLUSIVE, WRONG))
    pairs = pd.DataFrame([(row["estimate"], true.value) for row, true in defined], dtype=np.float64)
    if len(pairs) > 2 and (pairs.nunique() > 1).all():
        told += (
            "; the rank correlation of measured and true values over regions is "
            f"{pairs.rank().corr().iloc[0, 1]:.2f}"
        )
    return f"Ground truth by region: {told}."


def tell_false_positives(
    contrasts: pd.DataFrame, model_tests: pd.DataFrame, bootstrap_similarities: pd.DataFrame, method: str
) -> str:
    """Say how often the tests find something in control regions, where there is nothing to find.

    Parameters
    ----------
    contrasts, model_tests, bootstrap_similarities : DataFrame
        As the catalog has them.
    method : str
        Rows of other methods are ignored.

    Returns
    -------
    str
        How many tests have p < 0.05, of which 5 % are expected; empty without control regions.
    """
    bootstrapped = bootstrap_similarities[bootstrap_similarities["over"] == "both"].assign(
        test=DUAL_BOOTSTRAP
    )
    tested = pd.concat([model_tests[model_tests["question"] == ABOVE_CHANCE], bootstrapped]).query("reported")
    what = {
        "models are above chance": tested,
        "pairs of models are told apart": contrasts[contrasts["kind"] == PAIR],
    }
    found, regions = [], ""
    for test in (DUAL_BOOTSTRAP, T_TEST):
        counts = []
        for words, rows in what.items():
            here = rows[
                (rows["selectivity"] == CONTROL) & (rows["method"] == method) & (rows["test"] == test)
            ]
            here = here[here["undefined"] == ""]
            if len(here):
                regions = ", ".join(here["roi"].unique())
                counts.append(f"{(here['p'] < EXPECTED).sum()} of {len(here)} {words}")
        if counts:
            found.append(f"{' and '.join(counts)} by the {TESTS[test].sentence}")
    if not found:
        return ""
    return (
        f"In {regions} there is nothing to find. There {', and '.join(found)} (p < {EXPECTED:g} before it is "
        f"adjusted, of which {100 * EXPECTED:g} % are expected; the tests depend on each other)."
    )
