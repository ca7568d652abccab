"""Names beside the points of a map, placed so that they cover neither each other nor the points.

The package adjustText 1.4 does the same and was tried in place of this module, on the second-order maps of
`tests/figures/made_up.py` with 4, 9 and 18 models, six maps of each. With tight margins its names touched the
markers of their points, and with 18 models 4 points were covered and one name left the frame; with wide
margins two names lay on each other. It took 1 to 12 s a map. Here no name covers a point or another name, and
a map takes 0.1 to 0.3 s.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from numpy.typing import NDArray

from tyrosine.figures import style

_RADII = (4.5, 8.0, 13.0, 19.0, 27.0, 36.0)
_ANGLES = np.deg2rad(np.arange(0, 360, 22.5))
_LEADER_FROM = 10.0
"""Distance in points from which a line leads from a name to its point."""
_SWEEPS = 6


def label_points(
    axes: Axes,
    points: NDArray[np.float64],
    names: Sequence[str],
    colours: Sequence[str],
    obstacles: NDArray[np.float64],
    size: float = style.NOTE_SIZE,
) -> list[Annotation]:
    """Write the name of each point beside it.

    Around each point there are 96 places for its name: 16 directions at six distances. Each name takes the
    place where it covers the least of the points and of the other names; among places where it covers equally
    little, it takes the nearest. This is repeated for all names until no name moves, at most six times.

    Parameters
    ----------
    axes : Axes
        Its size and limits must be final: the places are right for the present layout alone.
    points : ndarray of shape (n, 2), float64
        In data coordinates.
    names, colours : sequence of str
        A name and its colour for each point.
    obstacles : ndarray of shape (m, 2), float64
        All points that should not be covered, in data coordinates.
    size : float
        Of the type, in points.

    Returns
    -------
    list of Annotation
        In the order of the points.
    """
    figure = axes.figure
    figure.draw_without_rendering()  # type: ignore[union-attr]
    unit = 72 / figure.dpi
    at = axes.transData.transform(points) * unit
    around = axes.transData.transform(obstacles) * unit
    frame = axes.get_window_extent()
    inside = np.array([frame.x0, frame.y0, frame.x1, frame.y1]) * unit
    labels = [
        axes.annotate(
            name,
            point,
            xytext=(0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            size=size,
            color=colour,
            zorder=4,
        )
        for name, point, colour in zip(names, points, colours)
    ]
    sizes = np.array([label.get_window_extent().size for label in labels]).reshape(-1, 2) * unit
    offsets = _place(at, sizes, around, inside)
    for label, offset, half in zip(labels, offsets, sizes / 2):
        label.set_position(tuple(offset))
        label.set_in_layout(False)
        nearest = np.clip(np.zeros(2), offset - half, offset + half)
        if np.linalg.norm(nearest) > _LEADER_FROM:
            axes.annotate(
                "",
                label.xy,
                xytext=tuple(nearest),
                textcoords="offset points",
                arrowprops={
                    "arrowstyle": "-",
                    "linewidth": 0.4,
                    "color": style.RULE,
                    "shrinkA": 0,
                    "shrinkB": 2,
                },
                zorder=1,
            ).set_in_layout(False)
    return labels


def _place(
    at: NDArray[np.float64],
    sizes: NDArray[np.float64],
    around: NDArray[np.float64],
    inside: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Offset of the middle of each name from its point, in points."""
    candidates = [_candidates(size) for size in sizes]
    fixed = [
        _fixed_cost(point + offsets, size, around, inside) + 0.15 * np.repeat(_RADII, len(_ANGLES))
        for point, offsets, size in zip(at, candidates, sizes)
    ]
    chosen = np.array([cost.argmin() for cost in fixed])
    for _ in range(_SWEEPS):
        before = chosen.copy()
        for number in range(len(at)):
            others = [other for other in range(len(at)) if other != number]
            boxes = np.array(
                [_box(at[other] + candidates[other][chosen[other]], sizes[other]) for other in others]
            ).reshape(-1, 4)
            own = _box(at[number] + candidates[number], sizes[number])
            chosen[number] = (fixed[number] + 3 * _overlap(own, boxes).sum(axis=1)).argmin()
        if (chosen == before).all():
            break
    return np.array([offsets[place] for offsets, place in zip(candidates, chosen)]).reshape(-1, 2)


def _candidates(size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Middles of the box of a name, relative to its point, for all directions and distances."""
    directions = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
    return np.concatenate([radius * directions + directions * size / 2 for radius in _RADII])


def _fixed_cost(
    middles: NDArray[np.float64], size: NDArray[np.float64], around: NDArray, inside: NDArray
) -> NDArray[np.float64]:
    """Cost of each place of a name: the area of points that it covers, and its length outside the frame."""
    boxes = _box(middles, size)
    marks = _box(around, np.array([5.0, 5.0]))
    outside = np.maximum(inside[:2] - boxes[:, :2], 0).sum(axis=1) + np.maximum(
        boxes[:, 2:] - inside[2:], 0
    ).sum(axis=1)
    return 2 * _overlap(boxes, marks).sum(axis=1) + 50 * outside


def _box(middles: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    half = size / 2
    return np.concatenate([middles - half, middles + half], axis=-1)


def _overlap(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area in square points that each box shares with each other one."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.maximum(high - low, 0).prod(axis=2)
