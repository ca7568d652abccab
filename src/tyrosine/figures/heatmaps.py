"""The heatmap of the mean similarity of every model to every region."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tyrosine.figures import significance, style
from tyrosine.figures.cells import draw_cells, group_models, spread_cells
from tyrosine.figures.similarity import select_rows
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import method_label

_ROW = 0.2
"""Height of a row in inches."""
_GAP = 0.035
"""Gap between groups of rows or columns in inches."""
_WIDEST, _NARROWEST = 0.62, 0.19
"""Largest width of a cell in inches, and the smallest width of a cell in which a number is written."""
_BAR = 0.62
"""Width in inches of the colour bar with its labels."""
_CORNER = "#D55E00"


def plot_similarity_heatmap(
    similarities: pd.DataFrame,
    model_tests: pd.DataFrame | None = None,
    bootstrap_similarities: pd.DataFrame | None = None,
    *,
    view: StudyView,
    method: str | None = None,
    cmap: str = "YlGnBu",
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw the mean similarity over subjects of every model (rows) to every region (columns).

    Parameters
    ----------
    similarities : DataFrame
        As for `plot_similarities`.
    model_tests : DataFrame, optional
        The table `model_tests`; cells that are not above chance get a marked corner.
    bootstrap_similarities : DataFrame, optional
        The table `bootstrap_similarities`, whose tests are marked where the view's test is the dual
        bootstrap.
    view : StudyView
        A cell is above chance if the q of the view's `test` is below the view's `max_q`. Each selectivity is
        a group of columns and each modality a group of rows; models without similarities are left out.
    method : str, optional
        The method whose rows are drawn; by default that of the first row.
    cmap : str
        Matplotlib colour map.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        The means stand in the cells where they fit, without the zero before the point. An untrained twin is
        the row under its trained model and called untrained. A region without similarities is an empty
        column, and the small print names the regions that could not be tested.

    Raises
    ------
    ParameterError
        If there is nothing to draw, or a model has similarities of several reported layers.
    """
    rows = select_rows(similarities, view, method)
    present = set(rows["model"])
    names_of = group_models([name for name in view.models if name in present], view)
    names = [name for members in names_of.values() for name in members]
    twins = {name for name in names if view.twins.get(name) in names}
    labels = ["untrained" if name in twins else view.labels[name] for name in names]
    panels, rois = view.panels, view.rois
    means = rows.pivot_table(index="model", columns="roi", values="similarity", aggfunc="mean")
    means = means.reindex(index=names, columns=rois)
    q, explanation = None, ""
    marked = significance.above_chance(model_tests, bootstrap_similarities, rows, view)
    if marked is not None:
        explanation = marked.explanation
        q = marked.table.pivot_table(index="model", columns="roi", values="q").reindex(
            index=names, columns=rois
        )

    room = max(style.text_width(label, style.SMALL_SIZE) for label in labels) + 0.12
    cell = min((width - room - _BAR) / len(rois), _WIDEST)
    height = _ROW * len(names) + _GAP * (len(names_of) - 1)
    slanted = max(style.text_width(roi, style.SMALL_SIZE) for roi in rois) > cell
    with style.paper_style():
        figure = style.new_figure(
            room + cell * len(rois) + _BAR, height + (1.0 if slanted else 0.7), view.title, view.simulated
        )
        axes = figure.subplots()
        row_places = spread_cells(names_of.values(), _GAP / _ROW)
        column_places = spread_cells(panels.values(), _GAP / cell)
        image = draw_cells(
            axes, means.to_numpy(), row_places, column_places, cmap, limits_from_zero(means.to_numpy())
        )
        if cell >= _NARROWEST:
            _write_cells(axes, image, means.to_numpy(), row_places, column_places, cell)
        if q is not None:
            _mark_chance(axes, q.to_numpy() >= view.max_q, row_places, column_places, cell)
        axes.set_xticks(column_places, rois, rotation=90 if slanted else 0)
        axes.set_yticks(row_places, labels)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        for label, name in zip(axes.get_yticklabels(), names):
            label.set_color(style.FAINT_INK if name in twins else style.INK)
        for selectivity, members in panels.items():
            centre = np.mean([column_places[rois.index(roi)] for roi in members])
            axes.annotate(
                style.panel_title(selectivity),
                (centre, 1),
                xycoords=axes.get_xaxis_transform(),
                xytext=(0, 4),
                textcoords="offset points",
                ha="center",
            )
        # The colour bar is as high as its label needs, and has the same width in every figure.
        share = min(1.0, 1.6 / height)
        bar = figure.colorbar(
            image, ax=axes, shrink=share, aspect=share * height / 0.09, pad=0.02, anchor=(0, 1), fraction=0.05
        )
        bar.outline.set_visible(False)
        bar.locator = MaxNLocator(4 if share * height > 0.8 else 2)
        bar.update_ticks()
        bar.set_label(method_label(str(rows["method"].iloc[0])))
        style.write_below(figure, note=_explain(q, means, explanation, view))
    return figure


def limits_from_zero(values: NDArray[np.float64]) -> tuple[float, float]:
    """Limits of a colour scale: zero, or the smallest value if it is negative, and the largest value."""
    low, high = min(0.0, float(np.nanmin(values))), float(np.nanmax(values))
    return (low, high) if high > low else (low, low + 1)


def _write_cells(
    axes: Axes, mesh: QuadMesh, values: NDArray[np.float64], rows: NDArray, columns: NDArray, cell: float
) -> None:
    size = style.SMALL_SIZE if cell > 0.34 else style.NOTE_SIZE
    for row, column in zip(*np.nonzero(np.isfinite(values))):
        text = f"{values[row, column]:.2f}".replace("0.", ".").replace("-", "−")
        axes.text(
            columns[column],
            rows[row],
            text,
            ha="center",
            va="center",
            size=size,
            color=style.ink_on(np.ravel(mesh.to_rgba(values[row, column])).tolist()),
        )


def _mark_chance(
    axes: Axes, at_chance: NDArray[np.bool_], rows: NDArray, columns: NDArray, cell: float
) -> None:
    """Cut a corner off each cell that is not above chance."""
    for row, column in zip(*np.nonzero(at_chance)):
        x, y = columns[column] + 0.5, rows[row] - 0.5
        side = 0.065
        corner = [(x - side / cell, y), (x, y), (x, y + side / _ROW)]
        axes.add_patch(Polygon(corner, facecolor=_CORNER, edgecolor="white", linewidth=0.3))


def _explain(q: pd.DataFrame | None, means: pd.DataFrame, explanation: str, view: StudyView) -> str:
    note = "Mean over subjects."
    if q is None:
        return note
    note += f" Marked corner: not above chance, q ≥ {view.max_q:g} ({view.test}). {explanation}"
    untested = [roi for roi in means.columns if (means[roi].notna() & q[roi].isna()).any()]
    if untested:
        note += (
            f" Not tested: {', '.join(untested)}." if len(untested) < len(means.columns) else " None tested."
        )
    return note
