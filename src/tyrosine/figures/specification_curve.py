"""Specification curves: the estimate of a contrast in every analysis, above the choices of the analysis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tyrosine.figures import style
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import method_label
from tyrosine.tables.columns import UNDEFINED

CHOICES = {
    "brain_distance": "Brain distance",
    "method": "Similarity",
    "stimulus_groups": "Drawn together",
    "captions": "Captions",
    "layer": "Layer",
    "left_out": "Left out",
}
"""Columns of `answer_survival` that name the choices of an analysis, and what figures call them."""
_ROW = 0.14
_STANDS, _FALLS = style.COOL[1], style.WARM[0]


def plot_specification_curves(answer_survival: pd.DataFrame, *, view: StudyView) -> dict[str, Figure]:
    """Draw a specification curve for each contrast and group of the questions.

    Parameters
    ----------
    answer_survival : DataFrame
        As the catalog has it.
    view : StudyView
        The title of the figures and the labels of the models.

    Returns
    -------
    dict of str to Figure
        By the name of the contrast. The upper axes have the estimates with their intervals, the smallest
        first, in one colour where the verdict is that of the run and in another where it is not; the analysis
        of the run is a diamond. The lower axes have a mark for each choice that an analysis made; one that
        is the same in all is left out. Analyses without an estimate are counted in the small print.

    References
    ----------
    Simonsohn, Simmons & Nelson (2020), Nat Hum Behav 4: 1208-1214.
    """
    return {
        str(name): _plot(rows.reset_index(drop=True), view)
        for name, rows in answer_survival.groupby("contrast", sort=False)
        if (rows["verdict"] != UNDEFINED).any()
    }


def _plot(rows: pd.DataFrame, view: StudyView) -> Figure:
    drawn = rows[rows["verdict"] != UNDEFINED].sort_values("estimate", kind="stable", ignore_index=True)
    choices = _choices(rows, view.labels)
    n_rows = sum(len(levels) for levels in choices.values()) + 0.6 * len(choices)
    first = rows.iloc[0]
    sides = first["label_a"] + (f" − {first['label_b']}" if first["label_b"] else " against chance")
    with style.paper_style():
        figure = style.new_figure(
            style.DOUBLE_COLUMN, 2.2 + _ROW * n_rows, f"{view.title}: {sides}", view.simulated
        )
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1.7, max(_ROW * n_rows, 0.2)])
        places = np.arange(len(drawn))
        colours = np.where(drawn["stands"], _STANDS, _FALLS)
        upper.axhline(0, color=style.RULE, lw=0.8, zorder=0)
        upper.vlines(places, drawn["lower"], drawn["upper"], colors=colours, lw=0.8, alpha=0.6)
        for marker, size, chosen in (("o", 9, ~drawn["main"]), ("D", 26, drawn["main"])):
            upper.scatter(
                places[chosen], drawn["estimate"][chosen], s=size, marker=marker, c=colours[chosen],
                zorder=3, linewidths=0.5, edgecolors=style.INK if marker == "D" else "none",
            )  # fmt: skip
        upper.set_ylabel("Difference" if first["label_b"] else "Mean similarity")
        upper.tick_params(bottom=False)
        height, ticks = 0.0, {}
        for column, levels in choices.items():
            for level, label in levels.items():
                chosen = (drawn[column] == level).to_numpy()
                lower.scatter(
                    places[chosen], np.full(chosen.sum(), height), s=5, marker="s", c=colours[chosen], lw=0
                )
                ticks[height] = f"{CHOICES[column]}: {label}" if level == next(iter(levels)) else label
                height += 1
            height += 0.6
        lower.set_yticks(list(ticks), list(ticks.values()))
        lower.set_ylim(max(height - 0.8, 0.0), -0.8)
        lower.set_xlim(-1, len(drawn))
        lower.set_xticks([])
        lower.tick_params(left=False)
        lower.spines[:].set_visible(False)
        style.write_below(
            figure,
            [
                Line2D([], [], color=style.INK, marker="D", ms=5, ls="", label="Analysis of the run"),
                Line2D([], [], color=_STANDS, marker="o", ms=4, ls="", label="Same answer as in the run"),
                Line2D([], [], color=_FALLS, marker="o", ms=4, ls="", label="Another answer"),
            ],
            _note(rows, drawn, view),
        )
    return figure


def _choices(rows: pd.DataFrame, labels: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The values and their labels of each choice that is not the same in all analyses."""
    found = {}
    for column in CHOICES:
        levels = [str(level) for level in rows[column].unique()]
        if len(levels) > 1:
            found[column] = {
                level: method_label(level) if column == "method" else labels.get(level, level)
                for level in levels
            }
    return found


def _note(rows: pd.DataFrame, drawn: pd.DataFrame, view: StudyView) -> str:
    missing = len(rows) - len(drawn)
    without = f" {missing} of {len(rows)} analyses gave no estimate." if missing else ""
    return (
        f"One column an analysis, over all regions; bars are {100 * view.confidence_level:g} % intervals, "
        f"each of one analysis alone. Estimates of different methods have different units.{without}"
    )
