"""The layer profile: how similar each region is to the layers of each model, from the first to the last."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from tyrosine.errors import ParameterError
from tyrosine.figures import style
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import method_label
from tyrosine.parameters.models import OF_POOLING
from tyrosine.rsa.rdms import RDMs

_NARROWEST_PANEL = 1.55
_DEPTH = "Relative depth"


def add_depth(similarities: pd.DataFrame, model_rdms: RDMs) -> pd.DataFrame:
    """Give each row of `similarities` the relative depth of its layer.

    Parameters
    ----------
    similarities : DataFrame
        With the columns `model` and `layer`.
    model_rdms : rsatoolbox.rdm.RDMs
        With the rdm descriptors `model`, `layer` and, where it is known, `depth`.

    Returns
    -------
    DataFrame
        With the further column `depth`, which is missing where the depth of a layer is unknown.
    """
    labels = model_rdms.rdm_descriptors
    # RDMs that were not made by this project may not know how deep their layers lie.
    unknown = [np.nan] * len(labels["model"])
    depths = pd.DataFrame(
        {"model": labels["model"], "layer": labels["layer"], "depth": labels.get("depth", unknown)}
    )
    return similarities.merge(depths, on=["model", "layer"])


def plot_layer_profiles(
    similarities: pd.DataFrame,
    *,
    view: StudyView,
    method: str | None = None,
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw similarity against relative depth, with a panel for each model and a line for each region.

    A model whose layers were read by several poolings has a panel for each of these.

    Parameters
    ----------
    similarities : DataFrame
        Columns `subject, selectivity, roi, model, layer, depth, method, similarity`; `depth` is the place of
        a layer among the blocks of its network, 1 for the last. Layers that are no blocks, whose depth is
        missing, are left out, and so are models of which fewer than two layers remain.
    view : StudyView
        The regions of a selectivity have shades of one colour, and differ in line and marker too; panels are
        in the order of its models.
    method : str, optional
        The method whose rows are drawn; by default that of the first row.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        Panels share both axes. A marker is the mean over subjects and the faint band the standard error,
        with n − 1 in its variance; a region that one subject has gets no band.

    Raises
    ------
    ParameterError
        If no model has two layers with a depth.
    """
    if method is None and len(similarities):
        method = str(similarities["method"].iloc[0])
    rows = similarities[(similarities["method"] == method) & similarities["depth"].notna()]
    rows = rows.assign(pooling=rows["layer"].str.partition(OF_POOLING)[2])
    n_depths = rows.groupby(["model", "pooling"], sort=False)["depth"].nunique()
    panels = n_depths.index[n_depths > 1]
    drawn = [(name, pooling) for name in view.models for one, pooling in panels if one == name]
    if not drawn:
        raise ParameterError(
            f"No model has similarities of two layers by the method {method}; "
            "list several layers of a model to see its profile."
        )
    n_columns = min(len(drawn), max(1, int(width / _NARROWEST_PANEL)))
    n_rows = math.ceil(len(drawn) / n_columns)
    n_columns = math.ceil(len(drawn) / n_rows)
    panel = min(width / n_columns, 2.6)
    width = max(panel * n_columns, min(width, style.SINGLE_COLUMN))
    looks = _looks(view)
    n_subjects = rows["subject"].nunique()
    with style.paper_style():
        # A single row of panels is at least as high as the label of the axis is long.
        height = 0.7 + max(2.1, n_rows * (0.72 * panel + 0.25))
        figure = style.new_figure(width, height, view.title, view.simulated)
        grid = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True)
        for number, axes in enumerate(grid.ravel()):
            if number >= len(drawn):
                # The panel above an empty place is the lowest one of its column: it shows the axis.
                axes.remove()
                above = grid[n_rows - 2, number % n_columns]
                above.tick_params(labelbottom=True)
                above.set_xlabel(_DEPTH)
                continue
            if number // n_columns == n_rows - 1:
                axes.set_xlabel(_DEPTH)
            axes.axhline(0, color=style.RULE, linewidth=0.6, zorder=0.5)
            name, pooling = drawn[number]
            _draw_model(axes, rows[(rows["model"] == name) & (rows["pooling"] == pooling)], looks)
            title = f"{view.labels[name]}, {pooling}" if pooling else view.labels[name]
            axes.set_title(style.wrap(title, panel - 0.2, style.TEXT_SIZE))
        grid[0, 0].set_xlim(0, 1.04)
        grid[0, 0].set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        grid[0, 0].yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        label = figure.supylabel(
            f"Similarity to brain RDM ({method_label(str(method))})", size=style.TEXT_SIZE
        )
        have = set(rows["roi"])
        handles = [
            Line2D([], [], ms=3, lw=1, label=roi, **look) for roi, look in looks.items() if roi in have
        ]
        style.write_below(figure, handles, _explain(rows, n_subjects))
        label.set_y((1 + figure.get_layout_engine().get()["rect"][1]) / 2)  # type: ignore[union-attr]
    return figure


def _looks(view: StudyView) -> dict[str, dict[str, Any]]:
    """Colour, line and marker of each region."""
    looks: dict[str, dict[str, Any]] = {}
    for selectivity, rois in view.regions.items():
        for place, roi in enumerate(rois):
            line, marker = style.ROI_LINES[place % len(style.ROI_LINES)]
            colour = style.shade(view.selectivity_colours[selectivity], place, len(rois))
            looks[roi] = {"color": colour, "linestyle": line, "marker": marker}
    return looks


def _draw_model(axes: Axes, rows: pd.DataFrame, looks: Mapping[str, Mapping[str, Any]]) -> None:
    summary = rows.groupby(["roi", "depth"])["similarity"].agg(["mean", "sem"])
    for roi, look in looks.items():
        if roi not in summary.index.get_level_values("roi"):
            continue
        profile = summary.loc[roi].sort_index()
        axes.plot(
            profile.index, profile["mean"], lw=0.9, ms=2.6, mew=0.3, mec="white", label=roi, zorder=2, **look
        )
        axes.fill_between(
            profile.index,
            profile["mean"] - profile["sem"],
            profile["mean"] + profile["sem"],
            color=look["color"],
            alpha=0.12,
            linewidth=0,
            zorder=1,
        )


def _explain(rows: pd.DataFrame, n_subjects: int) -> str:
    note = "Mean over subjects; band: standard error."
    have = rows.groupby("roi", sort=False)["subject"].nunique()
    fewer = [f"{roi} {count}" for roi, count in have.items() if count < n_subjects]
    return note + (f" Subjects: {n_subjects}, but {', '.join(fewer)}." if fewer else "")
