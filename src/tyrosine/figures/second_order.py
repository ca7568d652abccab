"""Figures of the RDM of RDMs: how regions and models relate to each other, as a matrix and as a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.figures import style
from tyrosine.figures.cells import draw_cells, group_models, spread_cells
from tyrosine.figures.map_labels import label_points
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import method_label
from tyrosine.rsa.second_order import arrange_in_plane
from tyrosine.tables.columns import A_MODEL, A_REGION

_MARKERS = {A_REGION: "D", "vision": "o", "language": "s", "stimulus": "h"}
_LARGEST_CELL = 0.2
_GAP = 0.03
"""Gap between groups in inches."""


class _Representation(NamedTuple):
    kind: str
    name: str
    label: str
    group: str
    """Selectivity of a region, modality of a model."""
    colour: str
    trained: str
    """Name of the trained model of an untrained twin, else empty."""


def plot_second_order_matrix(
    second_order_rdm: pd.DataFrame, *, view: StudyView, width: float = style.SINGLE_COLUMN
) -> Figure:
    """Draw the dissimilarity of every region and model to every other.

    Parameters
    ----------
    second_order_rdm : DataFrame
        Columns `kind_a, a, kind_b, b, method, dissimilarity, undefined`, a row for each ordered pair of
        regions (`region`) and models (`model`).
    view : StudyView
        Regions and models without rows are left out.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        Regions first, by selectivity, then models, by modality; names have the colour of their group. An
        untrained twin stands under its trained model and is called untrained. The colour scale spans the
        dissimilarities off the diagonal. The figure is narrower than `width` where cells would become
        needlessly large. Where dissimilarities are undefined, the word undefined stands in place of the
        matrix, and the small print gives the reason.

    Raises
    ------
    ParameterError
        If fewer than two regions and models have rows.
    """
    shown, square = _read(second_order_rdm, view)
    if np.isnan(square).any():
        return _say_undefined(second_order_rdm, view, width)
    groups: dict[tuple[str, str], list[str]] = {}
    for one in shown:
        groups.setdefault((one.kind, one.group), []).append(one.name)
    names = ["untrained" if one.trained else one.label for one in shown]
    room = 0.06 + max(style.text_width(name, style.SMALL_SIZE) for name in names)
    gaps = _GAP * (len(groups) - 1)
    cell = min(_LARGEST_CELL, (width - room - 0.12 - gaps) / len(shown))
    size = float(np.clip(0.95 * 72 * cell, 5.0, style.SMALL_SIZE))
    side = cell * len(shown) + gaps
    # A figure of few cells is a little wider than the cells need, so that the heading fits.
    width = min(width, max(room + side + 0.12, 2.4))
    # The title of the colour bar is as wide as the matrix, over which it stands.
    bar_title = style.wrap(
        f"Dissimilarity of RDMs ({_measure(second_order_rdm)})", side + 0.1, style.TEXT_SIZE
    )
    height = side + room + 0.85 + 0.14 * bar_title.count("\n")
    with style.paper_style():
        figure = style.new_figure(width, height, _heading(view), view.simulated, layout="compressed")
        axes = figure.subplots()
        places = spread_cells(groups.values(), _GAP / cell)
        off_diagonal = square[~np.eye(len(square), dtype=bool)]
        low, high = float(off_diagonal.min()), float(off_diagonal.max())
        limits = (low, high) if high > low else (low - 0.5, low + 0.5)
        mesh = draw_cells(axes, square, places, places, view.cmap, limits)
        axes.set_aspect("equal")
        axes.set_xticks(places, names, rotation=90, size=size)
        axes.set_yticks(places, names, size=size)
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            for label, one in zip(labels, shown):
                label.set_color(one.colour)
        axes.tick_params(length=0, pad=2)
        axes.spines[:].set_visible(False)
        bar = figure.colorbar(mesh, ax=axes, location="top", shrink=0.8, aspect=25, pad=0.02)
        bar.outline.set_visible(False)
        bar.locator = MaxNLocator(4 if side > 1.5 else 2)
        bar.update_ticks()
        bar.set_label(bar_title)
        style.write_below(figure, note="Regions: RDMs averaged over subjects. The diagonal is zero.")
    return figure


def plot_second_order_map(
    second_order_rdm: pd.DataFrame, *, view: StudyView, width: float = style.SINGLE_COLUMN
) -> Figure:
    """Draw a map on which regions and models lie the nearer to each other the more alike their RDMs are.

    Parameters
    ----------
    second_order_rdm : DataFrame
        As for `plot_second_order_matrix`.
    view : StudyView
        Regions and models without rows are left out.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        Points are found by metric multidimensional scaling; the small print gives its stress. An untrained
        twin is hollow and without a name, and a line joins it to its trained model. Where dissimilarities are
        undefined, the word undefined stands in place of the map, and the small print gives the reason.

    Raises
    ------
    ParameterError
        If fewer than two regions and models have rows.
    """
    shown, square = _read(second_order_rdm, view)
    if np.isnan(square).any():
        return _say_undefined(second_order_rdm, view, width)
    points, stress = arrange_in_plane(square)
    place = {(one.kind, one.name): point for one, point in zip(shown, points)}
    with style.paper_style():
        across, up = np.ptp(points, axis=0)
        height = float(np.clip(width * up / across, 0.5 * width, min(width, 4.5))) if across else 0.5 * width
        figure = style.new_figure(width, height + 0.35, _heading(view), view.simulated)
        axes = figure.subplots()
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.12)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(True)
        axes.spines[:].set_color(style.RULE)
        obstacles = [points]
        for one, (x, y) in zip(shown, points):
            if one.trained:
                start = place[A_MODEL, one.trained]
                axes.plot([start[0], x], [start[1], y], color=one.colour, lw=0.5, alpha=0.5, zorder=1)
                obstacles.append(np.linspace(start, (x, y), 25))
            axes.plot(
                [x],
                [y],
                _MARKERS[one.kind if one.kind == A_REGION else one.group],
                color=one.colour,
                markersize=4.5 if one.kind == A_REGION else 5,
                markerfacecolor="white" if one.trained else one.colour,
                markeredgecolor=one.colour if one.trained else "white",
                markeredgewidth=0.8 if one.trained else 0.5,
                zorder=2,
            )
        note = f"Distances approximate dissimilarities ({_measure(second_order_rdm)}); stress {stress:.2f}."
        style.write_below(figure, _legend(shown), f"{note} Regions: RDMs averaged over subjects.")
        named = [number for number, one in enumerate(shown) if not one.trained]
        label_points(
            axes,
            points[named],
            [shown[number].label for number in named],
            [shown[number].colour for number in named],
            np.concatenate(obstacles),
        )
    return figure


def _say_undefined(second_order_rdm: pd.DataFrame, view: StudyView, width: float) -> Figure:
    reasons = dict.fromkeys(second_order_rdm["undefined"][second_order_rdm["dissimilarity"].isna()])
    with style.paper_style():
        figure = style.new_figure(width, 1.0, _heading(view), view.simulated)
        axes = figure.subplots()
        axes.set_axis_off()
        axes.text(
            0.5, 0.5, "undefined", ha="center", va="center", color=style.FAINT_INK, transform=axes.transAxes
        )
        note = f"Dissimilarities of RDMs ({_measure(second_order_rdm)}) are undefined: {', '.join(reasons)}."
        style.write_below(figure, note=note)
    return figure


def _heading(view: StudyView) -> str:
    return f"Regions and models · {view.title}"


def _measure(second_order_rdm: pd.DataFrame) -> str:
    method = second_order_rdm["method"].iloc[0]
    return f"1 − {method_label(method)}"


def _read(
    second_order_rdm: pd.DataFrame, view: StudyView
) -> tuple[list[_Representation], NDArray[np.float64]]:
    """The regions and models that are drawn, and the dissimilarities between them in that order."""
    have = set(second_order_rdm[["kind_a", "a"]].itertuples(index=False, name=None))
    shown = [
        _Representation(A_REGION, roi, roi, selectivity, view.selectivity_colours[selectivity], "")
        for selectivity, rois in view.panels.items()
        for roi in rois
        if (A_REGION, roi) in have
    ]
    present = [name for name in view.models if (A_MODEL, name) in have]
    for modality, names in group_models(present, view).items():
        shown += [
            _Representation(
                A_MODEL,
                name,
                view.labels[name],
                modality,
                style.GROUPS[modality],
                view.twins[name] if view.twins.get(name) in names else "",
            )
            for name in names
        ]
    if len(shown) < 2:
        raise ParameterError(
            f"The second-order RDM has {len(shown)} of the regions and models to draw; "
            "at least two are needed."
        )
    wide = second_order_rdm.set_index(["kind_a", "a", "kind_b", "b"])["dissimilarity"]
    wide = wide.unstack(["kind_b", "b"])
    keys = [(one.kind, one.name) for one in shown]
    return shown, wide.loc[keys, keys].to_numpy()


def _legend(shown: Sequence[_Representation]) -> list[Line2D]:
    groups = dict.fromkeys((one.kind, one.group, one.colour) for one in shown)
    handles = [
        Line2D(
            [],
            [],
            color=colour,
            marker=_MARKERS[kind if kind == A_REGION else group],
            ms=4.5,
            ls="",
            label=style.panel_title(
                group
                if kind == A_REGION
                else f"{group} features"
                if group == "stimulus"
                else f"{group} models"
            ),
        )
        for kind, group, colour in groups
    ]
    if any(one.trained for one in shown):
        handles.append(style.twin_handle())
    return handles
