"""Figures of RDMs: one before and after clustering, and a brain's beside the models'."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tyrosine.figures import style

MEASURES = {
    "correlation": "Dissimilarity (1 − Pearson r)",
    "cosine": "Dissimilarity (1 − cosine)",
    "euclidean": "Dissimilarity (Euclidean distance)",
}
"""How a colour bar calls a measure; any other is called by its own name."""

_MOST_PANELS_A_ROW = 5
_STRIP = ("#3a3a3a", "#a8a8a8")


def plot_rdm_clusters(
    rdm: NDArray[np.float64],
    labels: NDArray[np.integer],
    *,
    roi: str,
    subject: int,
    selectivity: str,
    title: str,
    measure: str = "correlation",
    cmap: str = "inferno",
    simulated: bool = False,
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw an RDM in the order of the study and in the order of its clusters, on one colour scale.

    Parameters
    ----------
    rdm : ndarray of shape (n_stimuli, n_stimuli), float64
        Square RDM of one region of one subject.
    labels : ndarray of shape (n_stimuli,), int
        Cluster of each stimulus.
    roi, selectivity, title : str
        Name of the region, what it is selective for, and name of the study.
    subject : int
    measure : str
        Name of the dissimilarity; a key of `MEASURES`, or any other name.
    cmap : str
        Matplotlib colour map.
    simulated : bool
        Whether to mark the figure as simulated.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        The colour scale spans the 1st to the 99th percentile of the off-diagonal dissimilarities; the
        strips beside the ordered RDM change shade at each border between clusters.
    """
    labels = np.asarray(labels)
    order = np.argsort(labels, kind="stable")
    n_clusters = len(np.unique(labels))
    with style.paper_style():
        figure = style.new_figure(
            width, 0.47 * width + 0.15, f"Subject {subject}, {roi} ({selectivity}) · {title}", simulated
        )
        before, after = figure.subplots(1, 2)
        limits = robust_limits(rdm)
        image = _draw_rdm(before, rdm, limits, cmap)
        _draw_rdm(after, rdm[np.ix_(order, order)], limits, cmap)
        before.set_title("Study order")
        after.set_title(f"Ordered by cluster ({n_clusters} cluster{'s' * (n_clusters != 1)})")
        for axes in (before, after):
            _number_stimuli(axes, len(rdm))
        before.set_ylabel("Stimulus", labelpad=-4)
        _mark_clusters(after, labels[order])
        bar = figure.colorbar(image, ax=[before, after], extend=_extend(rdm, limits), shrink=0.85, aspect=25)
        _finish_colour_bar(bar)
        bar.set_label(MEASURES.get(measure, measure))
    return figure


def plot_brain_and_models(
    brain: NDArray[np.float64],
    models: Mapping[str, NDArray[np.float64]],
    order: NDArray[np.integer],
    *,
    roi: str,
    subject: int,
    selectivity: str,
    title: str,
    measure: str = "correlation",
    cmap: str = "inferno",
    simulated: bool = False,
    similarities: Mapping[str, float] | None = None,
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw a brain RDM beside the RDM of every model, all in the same order of stimuli.

    Dissimilarities of brains and of models differ in range (a language model's may all lie below those of
    a noisy region), and on one shared scale most panels would be of one colour. So each panel has its own
    scale, from the 1st to the 99th percentile of its off-diagonal dissimilarities, and its own colour bar.

    Parameters
    ----------
    brain : ndarray of shape (n_stimuli, n_stimuli), float64
        Square RDM of one region of one subject.
    models : mapping of str to ndarray of shape (n_stimuli, n_stimuli)
        Square RDM of each model, by label.
    order : ndarray of shape (n_stimuli,), int
        Index of the stimulus at each position, for instance ordered by cluster.
    roi, selectivity, title : str
        Name of the region, what it is selective for, and name of the study.
    subject : int
    measure : str
        Name of the dissimilarity; a key of `MEASURES`, or any other name.
    cmap : str
        Matplotlib colour map.
    simulated : bool
        Whether to mark the figure as simulated.
    similarities : mapping of str to float, optional
        Correlation of a model's RDM with the brain's, by label; written under the panel's title.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        With the brain first, and more than one row of panels if there are more than five.
    """
    panels = {f"Brain: {roi}": brain, **models}
    n_rows = math.ceil(len(panels) / _MOST_PANELS_A_ROW)
    n_columns = math.ceil(len(panels) / n_rows)
    side = width / n_columns
    shown = similarities or {}
    titles = [style.wrap(name, side - 0.1, style.SMALL_SIZE) for name in panels]
    n_lines = max(text.count("\n") + 1 for text in titles)
    line = 1.25 * style.SMALL_SIZE / 72
    height = 0.45 + n_rows * (0.9 * side + 0.35 + line * (n_lines + bool(shown)))
    with style.paper_style():
        figure = style.new_figure(
            width, height, f"Subject {subject}, {roi} ({selectivity}) and models · {title}", simulated
        )
        grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for axes, (name, rdm), text in zip(grid, panels.items(), titles):
            limits = robust_limits(rdm)
            image = _draw_rdm(axes, rdm[np.ix_(order, order)], limits, cmap)
            axes.set_xticks([])
            axes.set_yticks([])
            similarity = shown.get(name, math.nan)
            under = "" if math.isnan(similarity) else f"\nr = {similarity:.2f}"
            axes.set_title(text + under, size=style.SMALL_SIZE, linespacing=1.25)
            bar = figure.colorbar(
                image, ax=axes, location="bottom", extend=_extend(rdm, limits), shrink=0.9, aspect=18, pad=0.04
            )
            _finish_colour_bar(bar)
        for axes in grid[len(panels) :]:
            axes.remove()
        figure.supxlabel(
            f"{MEASURES.get(measure, measure)}; stimuli ordered by cluster; each panel has its own scale",
            size=style.SMALL_SIZE,
        )
    return figure


def robust_limits(rdm: NDArray[np.float64]) -> tuple[float, float]:
    """Limits of the colour scale of an RDM: 1st and 99th percentile off the diagonal.

    Parameters
    ----------
    rdm : ndarray of shape (n_stimuli, n_stimuli), float64

    Returns
    -------
    lowest, highest : float
        Never equal, so that a constant RDM can be drawn.
    """
    low, high = np.percentile(rdm[np.triu_indices(len(rdm), 1)], [1, 99])
    return (float(low), float(high)) if high > low else (float(low) - 0.5, float(low) + 0.5)


def _extend(rdm: NDArray[np.float64], limits: tuple[float, float]) -> str:
    """Which ends of the colour bar dissimilarities go beyond."""
    pairs = rdm[np.triu_indices(len(rdm), 1)]
    beyond = bool(pairs.min() < limits[0]), bool(pairs.max() > limits[1])
    return {(True, True): "both", (True, False): "min", (False, True): "max", (False, False): "neither"}[beyond]


def _draw_rdm(axes: Axes, rdm: NDArray[np.float64], limits: tuple[float, float], cmap: str) -> AxesImage:
    axes.spines[:].set_visible(False)
    return axes.imshow(rdm, cmap=cmap, vmin=limits[0], vmax=limits[1])


def _number_stimuli(axes: Axes, n_stimuli: int) -> None:
    axes.set_xticks([0, n_stimuli - 1], ["1", str(n_stimuli)])
    axes.set_yticks([0, n_stimuli - 1], ["1", str(n_stimuli)])
    axes.tick_params(length=0)
    axes.set_xlabel("Stimulus", labelpad=-6)


def _mark_clusters(axes: Axes, labels: NDArray[np.integer]) -> None:
    """Put a strip above and left of an ordered RDM, in a shade that alternates from cluster to cluster."""
    borders = [0, *(np.flatnonzero(np.diff(labels)) + 1), len(labels)]
    above = axes.inset_axes((0, 1.015, 1, 0.025), sharex=axes)
    beside = axes.inset_axes((-0.04, 0, 0.025, 1), sharey=axes)
    for number, (start, stop) in enumerate(pairwise(borders)):
        shade = _STRIP[number % len(_STRIP)]
        above.add_patch(Rectangle((start - 0.5, 0), stop - start, 1, color=shade, linewidth=0))
        beside.add_patch(Rectangle((0, start - 0.5), 1, stop - start, color=shade, linewidth=0))
    above.set_ylim(0, 1)
    beside.set_xlim(0, 1)
    for strip in (above, beside):
        strip.axis("off")
    axes.set_yticks([])
    axes.set_xlabel("Stimulus, ordered by cluster", labelpad=-6)


def _finish_colour_bar(bar: Colorbar) -> None:
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
    bar.outline.set_visible(False)  # type: ignore[operator]
