"""Rows of the tables of inference as plain sentences, with their estimate, interval and q.

Numbers have three decimals, and more where they would read as zero or on the wrong side of the threshold; p
and q below 0.001 read `< 0.001`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tyrosine.figures.claims import holds_for, name_groups
from tyrosine.parameters.measures import DUAL_BOOTSTRAP, TESTS, TRIPLE_BOOTSTRAP, WILCOXON

Row = Mapping[str, Any]

HIGHER, LOWER, NO_EVIDENCE, UNDEFINED = "higher", "lower", "no evidence", "undefined"
DEPENDS = "depends on the models"

_ZERO = 1e-6


@dataclass(frozen=True)
class Terms:
    """The terms and thresholds that all sentences on one method use.

    Attributes
    ----------
    measure : str
        What the method is called, such as ``Pearson r``.
    n_stimuli : int, optional
    confidence_level : float
        Of the intervals.
    max_q : float
        A q below it is evidence.
    """

    measure: str
    n_stimuli: int | None = None
    confidence_level: float = 0.95
    max_q: float = 0.05

    @property
    def interval(self) -> str:
        """What the interval is called, such as ``95 % CI``."""
        return f"{100 * self.confidence_level:g} % CI"


@dataclass(frozen=True)
class Sides:
    """What is compared: two groups of models, or one group with chance if the name of the second is empty.

    Attributes
    ----------
    a, b : str
    two_models : bool
        Whether the sides are one model each.
    """

    a: str
    b: str = ""
    two_models: bool = False


def number(value: float) -> str:
    """The number with three decimals, or with as many as show one digit that is not zero."""
    if abs(value) < _ZERO:
        return "0.000"
    text = f"{value:.3f}"
    return f"{value:.{math.ceil(-math.log10(abs(value)))}f}" if float(text) == 0 else text


def probability(name: str, value: float, threshold: float) -> str:
    """``q = 0.004``, never rounded across the threshold, or ``q < 0.001``."""
    if value < 0.001:
        return f"{name} < 0.001"
    decimals = 3
    while (float(f"{value:.{decimals}f}") < threshold) != (value < threshold):
        decimals += 1
    return f"{name} = {value:.{decimals}f}"


def count(n: int, noun: str) -> str:
    """``1 subject``, ``8 subjects``; the plural of ``stimulus`` is ``stimuli``."""
    plural = "stimuli" if noun == "stimulus" else f"{noun}s"
    return f"{n} {noun if n == 1 else plural}"


def capitalised(text: str) -> str:
    """The text with a capital first letter, as a sentence starts."""
    return text[:1].upper() + text[1:]


def verdict(row: Row, sides: Sides, max_q: float) -> str:
    """Say in which direction a row of `contrasts` has evidence of a difference.

    Parameters
    ----------
    row : mapping
        With `estimate`, `q` and `undefined`.
    sides : Sides
        Without a second side the test is one-sided: above chance or no evidence.
    max_q : float

    Returns
    -------
    {"higher", "lower", "no evidence", "undefined"}
        Whether the first side is higher or lower than the second, or than chance.
    """
    if row["undefined"] or math.isnan(row["estimate"]) or math.isnan(row["q"]):
        return UNDEFINED
    if row["q"] < max_q and row["estimate"] > 0:
        return HIGHER
    if row["q"] < max_q and row["estimate"] < 0 and sides.b:
        return LOWER
    return NO_EVIDENCE


def direction(row: Row, sides: Sides, max_q: float) -> str:
    """As `verdict`, but ``depends on the models`` where there is evidence whose direction does.

    Parameters
    ----------
    row : mapping
        As for `verdict`; the names of these models are its `depends_on`, if it has that.
    sides : Sides
    max_q : float
    """
    found = verdict(row, sides, max_q)
    return DEPENDS if found in (HIGHER, LOWER) and row.get("depends_on") else found


def tell(row: Row, sides: Sides, where: str, terms: Terms) -> str:
    """Write a sentence on the evidence of a row of `contrasts`.

    Parameters
    ----------
    row : mapping
        A row of `contrasts`.
    sides : Sides
        What the two sides are called in a sentence.
    where : str
        Name of the region, or ``the regions``.
    terms : Terms

    Returns
    -------
    str
        Evidence is told with its direction, or, where the direction depends on some models, with their names;
        its absence as such and not as equality; an undefined row with its reason.
    """
    alignment = f"alignment with {where}"
    found = direction(row, sides, terms.max_q)
    if found == UNDEFINED:
        open_question = (
            f"the {alignment} differs between {sides.a} and {sides.b}"
            if sides.b
            else f"the {alignment} is above chance for {sides.a}"
        )
        return f"No answer to whether {open_question}: {reason(row)}."
    numbers = numbers_of(row, sides, terms, with_claim=True)
    if found == NO_EVIDENCE and sides.b:
        return f"No evidence of a difference between {sides.a} and {sides.b} in the {alignment}: {numbers}."
    if found == NO_EVIDENCE:
        return f"No evidence that the {alignment} is above chance for {sides.a}: {numbers}."
    if found == DEPENDS:
        against = (
            f"better or worse for {sides.a} than for {sides.b}" if sides.b else f"above chance for {sides.a}"
        )
        return f"Whether {alignment} is {against} depends on {row['depends_on']}: {numbers}."
    if not sides.b:
        return f"{capitalised(alignment)} is above chance for {sides.a}: {numbers}."
    word = "better" if found == HIGHER else "worse"
    if sides.two_models:
        return f"{sides.a} aligns {word} with {where} than {sides.b}: {numbers}."
    return f"{capitalised(alignment)} is {word} for {sides.a} than for {sides.b}: {numbers}."


def reason(row: Row) -> str:
    """The reason why a row is undefined, without a full stop, so that it can stand within a sentence."""
    return str(row["undefined"] or "the tables have no number").rstrip(".")


def least_p(row: Row, sides: Sides) -> float:
    """The smallest p that the test of a row can have with as many subjects as it has.

    Parameters
    ----------
    row : mapping
        With `test` and `n`.
    sides : Sides
        Without a second side the test is one-sided.

    Returns
    -------
    float
        One sign pattern in 2 ** n of n subjects for a signed-rank test, or two if it is two-sided; zero for
        the other tests, whose p has no such bound.
    """
    return (2.0 if sides.b else 1.0) / 2.0 ** int(row["n"]) if row["test"] == WILCOXON else 0.0


def interval_of(row: Row) -> str:
    """`0.012 to 0.050`, or `unbounded` where the test rejects no value at all."""
    if math.isinf(row["lower"]) or math.isinf(row["upper"]):
        return "unbounded"
    return f"{number(row['lower'])} to {number(row['upper'])}"


def numbers_of(row: Row, sides: Sides, terms: Terms, *, with_claim: bool = False) -> str:
    """Estimate, interval and q of a row, and in parentheses the test and the numbers of subjects and stimuli.

    p is told too where p is below the threshold and q is not. Of a test that cannot reach the threshold with
    its number of subjects this is told, because that it does not reach it then says nothing. What the answer
    holds for is told if asked.
    """
    what = f"{'difference in' if sides.b else 'mean'} {terms.measure}"
    parts = [
        f"{what} {number(row['estimate'])}",
        f"{terms.interval} unbounded"
        if interval_of(row) == "unbounded"
        else f"{terms.interval} [{number(row['lower'])}, {number(row['upper'])}]",
    ]
    if row["p"] < terms.max_q <= row["q"]:
        parts.append(probability("p", row["p"], terms.max_q))
    parts.append(probability("q", row["q"], terms.max_q))
    sizes, groups = [count(int(row["n"]), "subject")], row.get("stimulus_groups", "")
    n_stimuli = row.get("n_stimuli", terms.n_stimuli)
    if row["test"] in (DUAL_BOOTSTRAP, TRIPLE_BOOTSTRAP) and n_stimuli is not None:
        sizes.append(count(int(n_stimuli), "stimulus"))
        if groups:
            sizes[-1] += f" in {int(row['n_groups'])} {name_groups(groups)}"
    test = TESTS[row["test"]].sentence if sides.b else f"one-sided {TESTS[row['test']].sentence}"
    claim = f"; holds for {holds_for(row['test'], groups)}" if with_claim else ""
    told = f"{', '.join(parts)} ({', '.join([test, *sizes])}{claim})"
    if least_p(row, sides) >= terms.max_q:
        least = f"{least_p(row, sides):.3g}"
        told += f"; with {sizes[0]} this test cannot give a p below {least}, whatever the data are"
    return told
