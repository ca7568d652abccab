"""The heatmap of models and regions: every mean similarity at a glance, with those at chance marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from tyrosine.parameters.measures import method_label

_ROW = 0.2
"""Height of a row in inches."""
_GAP = 0.035
"""Gap between groups of rows or columns in inches."""
_WIDEST, _NARROWEST = 0.62, 0.19
"""Width in inches that a cell has at most, and that one with a number in it has at least."""
_BAR = 0.62
"""Width in inches of the colour bar with its labels."""
_CORNER = "#D55E00"


def plot_similarity_heatmap(
    similarities: pd.DataFrame,
    *,
    regions: Mapping[str, Sequence[str]],
    models: Mapping[str, str],
    title: str,
    method: str = "pearson",
    model_tests: pd.DataFrame | None = None,
    test: str = "t-test",
    max_q: float = 0.05,
    modalities: Mapping[str, str] | None = None,
    twins: Mapping[str, str] | None = None,
    cmap: str = "YlGnBu",
    simulated: bool = False,
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw the mean similarity over subjects of every model (rows) to every region (columns).

    Parameters
    ----------
    similarities : DataFrame
        As for `plot_similarities`: one layer a model.
    regions : mapping of str to sequence of str
        ROIs by selectivity: a group of columns each.
    models : mapping of str to str
        Label of each model; those without rows are left out.
    title : str
        Name of the study.
    method : str
        Rows of other methods are ignored.
    model_tests : DataFrame, optional
        The table `model_tests`; cells that are not above chance get a corner.
    test : {"t-test", "Wilcoxon"}
        The test across subjects.
    max_q : float
        A cell is above chance with a q below it.
    modalities : mapping of str to str, optional
        Modality of each model, a group of rows each; that of its rows where there is none.
    twins : mapping of str to str, optional
        The trained model of each untrained twin, which is the row under that model and called untrained.
    cmap : str
        Matplotlib colour map.
    simulated : bool
        Whether to mark the figure as simulated.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        The means stand in the cells where they fit, without the zero before the point. A region without rows
        is an empty column, and what could not be tested is said in the small print.

    Raises
    ------
    ParameterError
        If there is nothing to draw, or a model has similarities of several layers.
    """
    rows = select_rows(similarities, models, method)
    of_rows = dict(rows[["model", "modality"]].drop_duplicates().itertuples(index=False))
    modalities = {**of_rows, **(modalities or {})}
    names_of = group_models([name for name in models if name in of_rows], modalities, twins or {})
    names = [name for members in names_of.values() for name in members]
    labels = [models[name] if (twins or {}).get(name) not in names else "untrained" for name in names]
    panels = {selectivity: list(rois) for selectivity, rois in regions.items() if len(rois)}
    rois = [roi for members in panels.values() for roi in members]
    means = rows.pivot_table(index="model", columns="roi", values="similarity", aggfunc="mean")
    means = means.reindex(index=names, columns=rois)
    q = None
    if model_tests is not None:
        tested = significance.above_chance(model_tests, rows, method, test, max_q)
        q = tested.pivot_table(index="model", columns="roi", values="q").reindex(index=names, columns=rois)

    room = max(style.text_width(label, style.SMALL_SIZE) for label in labels) + 0.12
    cell = min((width - room - _BAR) / len(rois), _WIDEST)
    height = _ROW * len(names) + _GAP * (len(names_of) - 1)
    slanted = max(style.text_width(roi, style.SMALL_SIZE) for roi in rois) > cell
    with style.paper_style():
        figure = style.new_figure(
            room + cell * len(rois) + _BAR, height + (1.0 if slanted else 0.7), title, simulated
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
            _mark_chance(axes, q.to_numpy() >= max_q, row_places, column_places, cell)
        axes.set_xticks(column_places, rois, rotation=90 if slanted else 0)
        axes.set_yticks(row_places, labels)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        for label, name in zip(axes.get_yticklabels(), names):
            label.set_color(style.FAINT_INK if (twins or {}).get(name) in names else style.INK)
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
        # As high as the label needs, and always as wide.
        share = min(1.0, 1.6 / height)
        bar = figure.colorbar(
            image, ax=axes, shrink=share, aspect=share * height / 0.09, pad=0.02, anchor=(0, 1), fraction=0.05
        )
        bar.outline.set_visible(False)
        bar.locator = MaxNLocator(4)
        bar.update_ticks()
        bar.set_label(method_label(method))
        style.write_below(figure, note=_explain(q, means, max_q, test))
    return figure


def limits_from_zero(values: NDArray[np.float64]) -> tuple[float, float]:
    """Limits of a colour scale that holds zero, so that a colour stands for the same share of the best."""
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


def _explain(q: pd.DataFrame | None, means: pd.DataFrame, max_q: float, test: str) -> str:
    note = "Mean over subjects."
    if q is None:
        return note
    note += f" Marked corner: not above chance, q ≥ {max_q:g} ({test} across subjects)."
    untested = [roi for roi in means.columns if (means[roi].notna() & q[roi].isna()).any()]
    if untested:
        note += (
            f" Not tested: {', '.join(untested)}." if len(untested) < len(means.columns) else " None tested."
        )
    return note
