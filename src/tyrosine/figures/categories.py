"""The figure of the categories in the clusters of each region."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tyrosine.figures import style
from tyrosine.figures.view import StudyView

_GAP = 0.8
_BAR = 0.82
# In points: distance of the first dot from its bar, distance between dots, and usual height of the axes.
_DOT_ABOVE, _DOT_STEP, _PANEL_POINTS = 3, 4.5, 44


def plot_cluster_categories(cluster_categories: pd.DataFrame, *, subject: int, view: StudyView) -> Figure:
    """Draw how many stimuli of each category lie in each cluster, a row of bars for each region.

    Parameters
    ----------
    cluster_categories : DataFrame
        Columns `subject, selectivity, roi, cluster, category_id, category, supercategory, count, n_cluster,
        q`; rows of other subjects are ignored. A table without rows gives a figure that says so.
    subject : int
    view : StudyView
        Categories with a q below its `max_q_of_categories` are marked as over-represented.

    Returns
    -------
    Figure
        One axes a region, in the table's order, with categories on x, grouped by supercategory. Bars are
        stacked by cluster, the largest at the bottom; the six largest of a region have colours and a
        legend with their numbers, the others are grey. Above a bar stands a dot for each cluster in which
        the category is over-represented, in the colour of the cluster.
    """
    rows = cluster_categories[cluster_categories["subject"] == subject]
    with style.paper_style():
        if rows.empty:
            return _say(f"Subject {subject} · {view.title}", "This study has no categories.", view.simulated)
        categories, max_q = _arrange_categories(rows), view.max_q_of_categories
        rois = list(rows["roi"].unique())
        n_places = categories["place"].max() + 1
        width = max(style.SINGLE_COLUMN, min(style.DOUBLE_COLUMN, 0.3 * n_places + 1.7), 0.1 * n_places + 1.7)
        figure = style.new_figure(
            width,
            1.7 + 0.85 * len(rois),
            f"Subject {subject}, categories in clusters · {view.title}",
            view.simulated,
        )
        grid = figure.subplots(len(rois), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, roi in zip(grid, rois):
            here = rows[rows["roi"] == roi]
            colours = style.cluster_colours(here.groupby("cluster")["n_cluster"].first().to_dict())
            _draw_bars(axes, here, categories, colours)
            _mark_enriched(axes, here[here["q"] < max_q], here, categories, colours)
            _name_clusters(axes, colours)
            axes.set_ylabel(roi)
            axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
            axes.tick_params(bottom=False)
        grid[0].set_xlim(-0.8, categories["place"].max() + 0.8)
        grid[0].set_ylim(0, _headroom(rows, max_q))
        grid[-1].set_xticks(
            categories["place"],
            categories["category"],
            rotation=90,
            size=style.NOTE_SIZE + 0.5 * (len(categories) < 40),
        )
        _name_supercategories(grid[0], categories)
        figure.supylabel("Stimuli", size=style.TEXT_SIZE)
        figure.supxlabel(
            style.wrap(
                f"● over-represented in the cluster of that colour (hypergeometric test, q < {max_q:g})",
                width - 0.2,
                style.NOTE_SIZE,
            ),
            size=style.NOTE_SIZE,
            color=style.FAINT_INK,
        )
    return figure


def _say(title: str, sentence: str, simulated: bool) -> Figure:
    figure = style.new_figure(style.DOUBLE_COLUMN, 1.2, title, simulated)
    axes = figure.subplots()
    axes.axis("off")
    axes.text(0.5, 0.5, sentence, ha="center", va="center", transform=axes.transAxes)
    return figure


def _arrange_categories(rows: pd.DataFrame) -> pd.DataFrame:
    """Categories by supercategory, in the order of their ids, with their `place` on x."""
    categories = rows[["category_id", "category", "supercategory"]].drop_duplicates("category_id")
    first = categories.groupby("supercategory")["category_id"].transform("min")
    categories = categories.assign(first=first).sort_values(["first", "category_id"], ignore_index=True)
    group = (categories["first"] != categories["first"].shift()).cumsum() - 1
    categories["place"] = categories.index + _GAP * group
    return categories.drop(columns="first")


def _draw_bars(axes: Axes, rows: pd.DataFrame, categories: pd.DataFrame, colours: dict[int, str]) -> None:
    rank = {cluster: number for number, cluster in enumerate(colours)}
    stacked = rows.assign(rank=rows["cluster"].map(rank)).sort_values(["category_id", "rank"], kind="stable")
    top = stacked.groupby("category_id")["count"].cumsum().to_numpy(dtype=float)
    place = stacked["category_id"].map(categories.set_index("category_id")["place"]).to_numpy(dtype=float)
    # One collection a region: thousands of single patches would take seconds to draw.
    bars = PolyCollection(
        list(_rectangles(place, top - stacked["count"].to_numpy(dtype=float), top)),
        facecolors=[colours[cluster] for cluster in stacked["cluster"]],
        edgecolors="white",
        linewidths=0.15,
    )
    axes.add_collection(bars)


def _mark_enriched(
    axes: Axes,
    enriched: pd.DataFrame,
    rows: pd.DataFrame,
    categories: pd.DataFrame,
    colours: dict[int, str],
) -> None:
    """Put a dot above the bar of a category for each cluster in which the category is over-represented."""
    places = categories.set_index("category_id")["place"]
    heights = rows.groupby("category_id")["count"].sum()
    for category_id, clusters in enriched.groupby("category_id")["cluster"]:
        ordered = [cluster for cluster in colours if cluster in set(clusters)]
        for number, cluster in enumerate(ordered):
            axes.annotate(
                "●",
                (places[category_id], heights[category_id]),
                xytext=(0, _DOT_ABOVE + _DOT_STEP * number),
                textcoords="offset points",
                ha="center",
                va="center",
                size=3.5,
                color=colours[cluster],
                gid=f"{category_id}:{cluster}",
            )


def _headroom(rows: pd.DataFrame, max_q: float) -> float:
    """Upper end of the axis of counts, with room for the dots above the bars."""
    grouped = rows.assign(dot=rows["q"] < max_q).groupby(["roi", "category_id"])
    points = grouped["dot"].sum().map(lambda n_dots: _DOT_ABOVE + _DOT_STEP * n_dots if n_dots else 0)
    room = (1 - points / _PANEL_POINTS).clip(lower=0.25)
    return float((grouped["count"].sum() / room).max()) * 1.02


def _name_clusters(axes: Axes, colours: dict[int, str]) -> None:
    named = [(cluster, colour) for cluster, colour in colours.items() if colour != style.OTHER_CLUSTERS]
    handles = [Patch(color=colour, label=str(cluster)) for cluster, colour in named]
    n_others = len(colours) - len(named)
    if n_others > 0:
        handles.append(Patch(color=style.OTHER_CLUSTERS, label=f"{n_others} more"))
    axes.legend(
        handles=handles,
        title="Cluster",
        title_fontsize=style.NOTE_SIZE,
        fontsize=style.NOTE_SIZE,
        loc="center left",
        bbox_to_anchor=(1.005, 0.5),
        ncols=2,
        handlelength=0.9,
        handleheight=0.9,
        columnspacing=0.8,
        labelspacing=0.25,
        borderpad=0,
        alignment="left",
    )


def _rectangles(place: NDArray[np.float64], bottom: NDArray[np.float64], top: NDArray[np.float64]) -> NDArray:
    """Corners of the bars, of shape (n_bars, 4, 2)."""
    left, right = place - _BAR / 2, place + _BAR / 2
    return np.stack(
        [
            np.stack(corner, axis=-1)
            for corner in ((left, bottom), (left, top), (right, top), (right, bottom))
        ],
        axis=1,
    )


def _name_supercategories(axes: Axes, categories: pd.DataFrame) -> None:
    groups = categories.groupby("supercategory", sort=False)["place"].agg(["min", "max"])
    for supercategory, first, last in groups.itertuples():
        axes.plot(
            [first - 0.4, last + 0.4],
            [1.03, 1.03],
            transform=axes.get_xaxis_transform(),
            color=style.FAINT_INK,
            linewidth=1,
            clip_on=False,
        )
        axes.text(
            (first + last) / 2,
            1.07,
            supercategory,
            transform=axes.get_xaxis_transform(),
            rotation=40,
            rotation_mode="anchor",
            ha="left",
            va="bottom",
            size=style.NOTE_SIZE,
            color=style.INK,
        )
