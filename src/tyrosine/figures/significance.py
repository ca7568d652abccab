"""Stars over models above chance, and brackets between models that differ, on top of a panel of regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation, Transform, blended_transform_factory

from tyrosine.figures import style
from tyrosine.figures.claims import holds_for
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import DUAL_BOOTSTRAP, TESTS
from tyrosine.tables.columns import ABOVE_CHANCE, NAMED

MOST_BRACKETS = 3
"""How many brackets a region gets: the contrasts with the smallest q."""

_ROW = 10.0
"""Height in points of a row of brackets; stars take less."""
_STAR_ROW = 5.5
_FOOT = 2.5


class Bracket(NamedTuple):
    """A difference to mark over a region."""

    roi: str
    letter: str
    """Name of the contrast in the figure, which its small print explains."""
    sign: str
    """`+` where the first side is more similar than the second, else `−`."""
    first: float
    """Middle of the models of the first side, relative to the middle of the region."""
    second: float


class Chosen(NamedTuple):
    """The brackets of a figure.

    Attributes
    ----------
    brackets : list of Bracket
        At most `MOST_BRACKETS` a region, those with the smallest q.
    letters : dict of str to str
        What each letter stands for, in the order of the table.
    n_left_out : int
        How many significant contrasts of single regions there was no room for.
    n_dependent : int
        How many significant contrasts of single regions have no bracket because their direction depends on
        single models.
    """

    brackets: list[Bracket]
    letters: dict[str, str]
    n_left_out: int
    n_dependent: int


class Marked(NamedTuple):
    """Which models are above chance in which regions, and by what test.

    Attributes
    ----------
    table : DataFrame
        Columns `selectivity, roi, model, q, above` (bool), one row for each test that could be made.
    explanation : str
        Small print that says what the test is and what its answer holds for, or why there is none.
    """

    table: pd.DataFrame
    explanation: str


def above_chance(
    model_tests: pd.DataFrame | None,
    bootstrap_similarities: pd.DataFrame | None,
    rows: pd.DataFrame,
    view: StudyView,
) -> Marked | None:
    """Say which models are above chance in which regions.

    Parameters
    ----------
    model_tests : DataFrame or None
        Columns `subject, selectivity, roi, model, layer, method, question, test, q, undefined` at least;
        tests within one subject are ignored.
    bootstrap_similarities : DataFrame or None
        Columns `selectivity, roi, model, layer, method, over, stimulus_groups, q, undefined` at least; the
        rows over both subjects and stimuli are those of the dual bootstrap.
    rows : DataFrame
        The similarities that are drawn, of one method. Tests of other methods and of other layers are
        ignored.
    view : StudyView
        A model is above chance if the q of the view's `test` is below the view's `max_q`.

    Returns
    -------
    Marked or None
        None if the table with the results of the view's test is not given.
    """
    table = bootstrap_similarities if view.test == DUAL_BOOTSTRAP else model_tests
    if table is None:
        return None
    if view.test == DUAL_BOOTSTRAP:
        found = table[table["over"] == "both"]
    else:
        across = (table["test"] == view.test) & table["subject"].isna()
        found = table[across & (table["question"] == ABOVE_CHANCE)]
    found = found[found["method"].isin(rows["method"].unique())]
    found = found.merge(rows[["model", "layer"]].drop_duplicates(), on=["model", "layer"])
    made = found[found["q"].notna()]
    marks = made[["selectivity", "roi", "model", "q"]].assign(above=made["q"] < view.max_q)
    if made.empty and len(found):
        return Marked(marks, f"No {view.test}: {found['undefined'].iloc[0]}.")
    return Marked(marks, explain_test(made, view))


def explain_test(made: pd.DataFrame, view: StudyView) -> str:
    """Small print on what the view's test is, and what its answers hold for; empty without tests."""
    if made.empty:
        return ""
    groups = made["stimulus_groups"].iloc[0] if "stimulus_groups" in made else ""
    return (
        f"{view.test[:1].upper()}{view.test[1:]}: {TESTS[view.test].sentence}; it speaks of "
        f"{holds_for(view.test, groups)}."
    )


def choose_brackets(
    contrasts: pd.DataFrame,
    places: Mapping[str, float],
    method: str,
    view: StudyView,
    robustness: pd.DataFrame | None = None,
) -> Chosen:
    """Choose the named contrasts that a figure has room for.

    Parameters
    ----------
    contrasts : DataFrame
        Columns `contrast, kind, models_a, models_b, label_a, label_b, roi, method, test, estimate, q`.
    places : mapping of str to float
        Where each model is drawn, relative to the middle of a region.
    method : str
        Contrasts of other methods are ignored.
    view : StudyView
        Contrasts of its `question`, in its regions, are marked if the q of its `test` is below its `max_q`
        and the figure shows all of their models that it has.
    robustness : DataFrame, optional
        The table `contrast_robustness`: a contrast whose direction does not hold for all models there gets no
        bracket, which would say that one kind of models is better than the other. All hold if not given.

    Returns
    -------
    Chosen
    """
    found = contrasts[
        (contrasts["kind"] == NAMED)
        & (contrasts["test"] == view.test)
        & (contrasts["method"] == method)
        & (contrasts["q"] < view.max_q)
        & contrasts["roi"].isin(view.rois)
    ]
    if view.question:
        found = found[found["question"] == view.question]
    middles = {
        side: found[side].map(
            lambda names: _middle([name for name in str(names).split() if name in view.models], places)
        )
        for side in ("models_a", "models_b")
    }
    found = found.assign(first=middles["models_a"], second=middles["models_b"])
    found = found.dropna(subset=["first", "second"])
    n_dependent = 0
    if robustness is not None:
        keys = ["contrast", "kind", "roi", "method"]
        holding = pd.MultiIndex.from_frame(robustness.loc[robustness["holds"], keys])
        holds = pd.MultiIndex.from_frame(found[keys]).isin(holding)
        n_dependent, found = int((~holds).sum()), found[holds]
    chosen = found.sort_values("q", kind="stable").groupby("roi", sort=False).head(MOST_BRACKETS).sort_index()
    named = chosen.drop_duplicates("contrast")
    letter_of = {contrast: _letter(number) for number, contrast in enumerate(named["contrast"])}
    brackets = [
        Bracket(row.roi, letter_of[row.contrast], "+" if row.estimate > 0 else "−", row.first, row.second)
        for row in chosen.itertuples()
    ]
    letters = {letter_of[row.contrast]: f"{row.label_a} − {row.label_b}" for row in named.itertuples()}
    return Chosen(brackets, letters, len(found) - len(chosen), n_dependent)


def _middle(names: Sequence[str], places: Mapping[str, float]) -> float:
    """Middle of the models of a side; NaN where the figure does not show all of them."""
    drawn = [places[name] for name in names if name in places]
    return float(np.mean(drawn)) if drawn and len(drawn) == len(names) else np.nan


def _letter(number: int) -> str:
    return chr(ord("a") + number) if number < 26 else f"a{number - 25}"


def explain_brackets(chosen: Chosen, view: StudyView) -> str:
    """Small print that says what the brackets of a figure are; empty if there is nothing to say of them."""
    plural = "" if chosen.n_dependent == 1 else "s"
    dependent = (
        f"No bracket for {chosen.n_dependent} contrast{plural} with q < {view.max_q:g} whose direction "
        "depends on single models."
        if chosen.n_dependent
        else ""
    )
    if not chosen.letters:
        return dependent
    more = f" ({chosen.n_left_out} more in the table)" if chosen.n_left_out else ""
    asked = f"contrasts of the question “{view.ask}”" if view.question else "named contrasts"
    named = "; ".join(f"{letter}: {words}" for letter, words in chosen.letters.items())
    return (
        f"Brackets: {asked} with q < {view.max_q:g} ({view.test}), from the middle "
        "of the models of one side to that of the other, + or − the sign of the difference; at most "
        f"{MOST_BRACKETS} a region, those with the smallest q{more}. {named}."
        + (f" {dependent}" if dependent else "")
    )


def stack_brackets(brackets: Sequence[Bracket], letter_width: float) -> list[int]:
    """Row of each bracket, counted from below, so that no two of a region touch.

    Parameters
    ----------
    brackets : sequence of Bracket
    letter_width : float
        Room that a bracket's letter takes, in the unit of its ends.
    """
    levels: list[int] = []
    for number, bracket in enumerate(brackets):
        taken = {
            level
            for other, level in zip(brackets[:number], levels)
            if other.roi == bracket.roi and _near(other, bracket, letter_width)
        }
        levels.append(next(level for level in range(len(brackets)) if level not in taken))
    return levels


def _near(one: Bracket, other: Bracket, letter_width: float) -> bool:
    (low, high), (other_low, other_high) = (_span(bracket, letter_width) for bracket in (one, other))
    return low < other_high and other_low < high


def _span(bracket: Bracket, letter_width: float) -> tuple[float, float]:
    centre = (bracket.first + bracket.second) / 2
    half = max(abs(bracket.second - bracket.first), letter_width) / 2 + 0.01
    return centre - half, centre + half


def _over(axes: Axes, points: float) -> Transform:
    """Transform of a region's number and a share of the panel's height, lifted by a number of points."""
    lift = ScaledTranslation(0, points / 72, axes.figure.dpi_scale_trans)
    return blended_transform_factory(axes.transData, axes.transAxes) + lift


def star_height(n_rows: int) -> float:
    """Height in points of rows of stars."""
    return n_rows * _STAR_ROW


def bracket_height(levels: Sequence[int]) -> float:
    """Height in points of brackets in these rows."""
    return (max(levels) + 1) * _ROW if levels else 0.0


def draw_star(axes: Axes, x: float, row: int, colour: str, hollow: bool) -> None:
    """Draw a star over a model, in one of the rows above the panel."""
    axes.plot(
        [x],
        [1],
        "*",
        transform=_over(axes, (row + 0.5) * _STAR_ROW),
        clip_on=False,
        markersize=4,
        markeredgewidth=0.5,
        color=colour,
        markerfacecolor="white" if hollow else colour,
    )


def draw_bracket(axes: Axes, bracket: Bracket, place: int, level: int, above: float) -> None:
    """Draw a bracket over the region at `place`, in a row that starts `above` points over the panel."""
    ends = place + np.array([bracket.first, bracket.second])
    height = above + level * _ROW + _FOOT
    line = _over(axes, height)
    axes.plot(ends, [1, 1], color=style.INK, linewidth=0.6, transform=line, clip_on=False)
    # Feet are marks, whose length does not depend on the data.
    feet = _over(axes, height - _FOOT / 2)
    axes.plot(ends, [1, 1], "|", color=style.INK, ms=_FOOT, mew=0.6, transform=feet, clip_on=False)
    axes.text(
        ends.mean(),
        1,
        bracket.letter + bracket.sign,
        transform=_over(axes, height + 1),
        ha="center",
        va="bottom",
        size=style.NOTE_SIZE,
    )
