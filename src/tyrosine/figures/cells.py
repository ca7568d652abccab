"""A matrix drawn as cells, with gaps between groups of rows and of columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from numpy.typing import NDArray

from tyrosine.figures import style
from tyrosine.figures.view import StudyView


def group_models(names: Sequence[str], view: StudyView) -> dict[str, list[str]]:
    """Models by modality, vision first and features of stimuli last, each followed by its untrained twin.

    Parameters
    ----------
    names : sequence of str
        The models that are drawn. A twin whose trained model is not among them is treated as any other model.
    view : StudyView
        With a modality for each of these models.

    Returns
    -------
    dict of str to list of str
    """
    heads = [name for name in names if view.twins.get(name) not in names]
    groups: dict[str, list[str]] = {}
    for head in sorted(heads, key=lambda name: list(style.FAMILIES).index(view.modalities[name])):
        members = groups.setdefault(view.modalities[head], [])
        members += [head, *(name for name in names if view.twins.get(name) == head and name not in heads)]
    return groups


def spread_cells(groups: Iterable[Sequence[str]], gap: float) -> NDArray[np.float64]:
    """Middle of the row or column of each member, in units of a cell, with a gap between groups."""
    number_of_group = [number for number, members in enumerate(groups) for _ in members]
    return np.arange(len(number_of_group)) + gap * np.array(number_of_group)


def draw_cells(
    axes: Axes,
    values: NDArray[np.float64],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    cmap: str,
    limits: tuple[float, float],
) -> QuadMesh:
    """Draw a matrix as one mesh of cells, in which the gaps between groups are left blank.

    Parameters
    ----------
    axes : Axes
    values : ndarray of shape (n_rows, n_columns), float64
        Missing values are left blank.
    rows, columns : ndarray of shape (n_rows,) and (n_columns,), float64
        Middle of each, as `spread_cells` gives it; rows go downwards.
    cmap : str
        Matplotlib colour map.
    limits : tuple of float
        Ends of the colour scale.

    Returns
    -------
    QuadMesh
    """
    row_edges, row_numbers = _edges(rows)
    column_edges, column_numbers = _edges(columns)
    full = np.full((len(row_edges) - 1, len(column_edges) - 1), np.nan)
    full[np.ix_(row_numbers, column_numbers)] = values
    mesh = axes.pcolormesh(
        column_edges, row_edges, np.ma.masked_invalid(full), cmap=cmap, vmin=limits[0], vmax=limits[1]
    )
    axes.set_xlim(column_edges[0], column_edges[-1])
    axes.set_ylim(row_edges[-1], row_edges[0])
    return mesh


def _edges(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Borders of all cells and gaps, and the number of each cell when cells and gaps are counted together."""
    edges = np.unique(np.round(np.concatenate([places - 0.5, places + 0.5]), 6))
    return edges, np.searchsorted(edges, np.round(places - 0.5, 6))
