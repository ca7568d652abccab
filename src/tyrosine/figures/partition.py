"""The figure of what groups of models explain of each region alone and together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from tyrosine.errors import ParameterError
from tyrosine.figures import style
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import T_TEST
from tyrosine.tables.columns import SHARED, TOTAL, UNIQUE

_JOINT = " & "
_BAR_WIDTH = 0.7
_FAINT = 0.3
"""Share of its colour that a part which is not significant keeps."""


def plot_variance_partition(
    variance_partition: pd.DataFrame,
    *,
    view: StudyView,
    test: str = T_TEST,
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw a bar for each region, stacked from the unique and shared parts of its explained variance.

    Parameters
    ----------
    variance_partition : DataFrame
        Columns `selectivity, roi, component, kind, test, estimate, lower, upper, q, undefined`. Rows of kind
        `unique`, `shared` and `total` are drawn; a shared component names its groups joined by ` & `.
    view : StudyView
        Each selectivity is a panel. Parts with a q below its `max_q` have their full colour, other parts a
        faint one.
    test : str
        The test across subjects whose results are drawn. The table has t-tests alone, whatever test the other
        figures show.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        Positive parts are stacked upwards from zero and negative parts, which estimates of shared variance
        can be, downwards from zero. The sum of all parts is the total, drawn as a diamond with its interval.
        A unique part has the colour of its group, a part that two groups share has stripes of both colours,
        and a part that more groups share has dots. A region without numbers has the word undefined in place
        of a bar; the small print says why that region, or a part of the bars, is missing.

    Raises
    ------
    ParameterError
        If the table has no rows of that test to draw.
    """
    rows = variance_partition[
        variance_partition["kind"].isin([UNIQUE, SHARED, TOTAL]) & (variance_partition["test"] == test)
    ]
    if rows.empty:
        tests = ", ".join(sorted(variance_partition["test"].unique())) or "none"
        raise ParameterError(
            f"No variance partition with the {test} to draw; the table has the tests: {tests}."
        )
    panels, shown = view.panels, view.rois
    rows = rows[rows["roi"].isin(shown)]
    defined = rows.dropna(subset="estimate")
    components = [name for name in defined["component"].unique() if name != TOTAL]
    components.sort(key=lambda name: name.count(_JOINT))
    looks = part_looks(components)
    crowded = (width - 0.6) / len(shown) < 0.5
    with style.paper_style():
        figure = style.new_figure(width, 2.75 + 0.3 * crowded, view.title, view.simulated)
        grid = figure.subplots(
            1, len(panels), sharey=True, squeeze=False, width_ratios=[len(rois) for rois in panels.values()]
        )[0]
        for axes, (selectivity, rois) in zip(grid, panels.items()):
            axes.axhline(0, color=style.INK, linewidth=0.6, zorder=3)
            for place, roi in enumerate(rois):
                here = defined[defined["roi"] == roi].set_index("component")
                if here.empty:
                    _say_undefined(axes, place)
                else:
                    _draw_bar(axes, place, here, components, looks, view.max_q)
            axes.set_title(style.panel_title(selectivity))
            axes.set_xlim(-0.5, len(rois) - 0.5)
            axes.set_xticks(range(len(rois)), rois, rotation=45 if crowded else 0)
            axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        grid[0].set_ylabel("Explained variance of RDM (R² of ranks)")
        for axes in grid[1:]:
            axes.tick_params(left=False)
            axes.spines["left"].set_visible(False)
        handles: list[Line2D | Patch] = []
        for component in components:
            label = component if _JOINT in component else f"{component} (unique)"
            handles.append(Patch(label=style.panel_title(label), **looks[component]))
        label = f"Total, {100 * view.confidence_level:g} % interval"
        handles.append(Line2D([], [], color=style.INK, marker="D", ms=3, lw=0.8, label=label))
        style.write_below(figure, handles, _explain(rows, view, test))
    return figure


def part_looks(components: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colours and stripes of each component, as arguments of a patch.

    Parameters
    ----------
    components : sequence of str
        A group each, or several joined by ` & `.

    Returns
    -------
    dict of str to dict
    """
    groups = list(dict.fromkeys(group for component in components for group in component.split(_JOINT)))
    spare = [colour for colour in style.SELECTIVITIES if colour not in style.GROUPS.values()]
    unknown = [group for group in groups if group not in style.GROUPS]
    colours = style.GROUPS | {group: spare[n % len(spare)] for n, group in enumerate(unknown)}
    looks: dict[str, dict[str, Any]] = {}
    for component in components:
        members = component.split(_JOINT)
        face = colours[members[0]] if len(members) < 3 else style.BAND
        stripes = {1: face, 2: colours[members[-1]]}.get(len(members), style.INK)
        looks[component] = {
            "facecolor": face,
            "edgecolor": stripes,
            "hatch": {1: None, 2: "/////"}.get(len(members), "....."),
            "linewidth": 0,
        }
    return looks


def _draw_bar(
    axes: Axes,
    place: int,
    rows: pd.DataFrame,
    components: Sequence[str],
    looks: Mapping[str, Mapping[str, Any]],
    max_q: float,
) -> None:
    above = below = 0.0
    for component in components:
        if component not in rows.index:
            continue
        value = float(rows.loc[component, "estimate"])
        look = dict(looks[component])
        if not rows.loc[component, "q"] < max_q:
            look |= {key: _fade(str(look[key])) for key in ("facecolor", "edgecolor")}
        axes.bar(place, value, _BAR_WIDTH, bottom=above if value > 0 else below, zorder=2, **look)
        above, below = above + max(value, 0.0), below + min(value, 0.0)
    if TOTAL in rows.index:
        total, lower, upper = rows.loc[TOTAL, ["estimate", "lower", "upper"]].astype(float)
        axes.plot([place, place], [lower, upper], color=style.INK, linewidth=0.8, zorder=4)
        axes.plot([place], [total], "D", color=style.INK, ms=3, mec="white", mew=0.4, zorder=5)


def _fade(colour: str) -> tuple[float, ...]:
    return tuple(1 - _FAINT * (1 - part) for part in to_rgb(colour))


def _say_undefined(axes: Axes, place: int) -> None:
    axes.annotate(
        "undefined",
        (place, 0),
        xytext=(0, 3),
        textcoords="offset points",
        rotation=90,
        ha="center",
        va="bottom",
        size=style.NOTE_SIZE,
        color=style.FAINT_INK,
    )


def _explain(rows: pd.DataFrame, view: StudyView, test: str) -> str:
    note = (
        f"Faint: not significant, q ≥ {view.max_q:g} ({test} across subjects). Below zero: parts with "
        "negative estimates; all parts together are the total."
    )
    without = rows.groupby("roi")["estimate"].transform(lambda estimates: estimates.isna().all())
    regions = rows[without].drop_duplicates("roi").groupby("undefined", sort=False)["roi"].agg(", ".join)
    note += "".join(f" Undefined for {rois}: {reason}." for reason, rois in regions.items())
    parts = rows[rows["estimate"].isna() & ~without]["undefined"].unique()
    return note + "".join(f" Parts left out: {reason}." for reason in parts)
