"""Figures of RDMs: a brain RDM before and after clustering, and a brain RDM beside the RDMs of models."""

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
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import distance_label

_SMALLEST_PANEL, _LARGEST_PANEL = 1.4, 2.4
_STRIP = ("#3a3a3a", "#a8a8a8")


def plot_rdm_clusters(
    rdm: NDArray[np.float64],
    labels: NDArray[np.integer],
    *,
    roi: str,
    subject: int,
    selectivity: str,
    view: StudyView,
    measure: str = "correlation",
    width: float = style.DOUBLE_COLUMN,
) -> Figure:
    """Draw an RDM in the order of the study and in the order of its clusters, on one colour scale.

    Parameters
    ----------
    rdm : ndarray of shape (n_stimuli, n_stimuli), float64
        Square RDM of one region of one subject.
    labels : ndarray of shape (n_stimuli,), int
        Cluster of each stimulus.
    roi, selectivity : str
        Name of the region, and what it is selective for.
    subject : int
    view : StudyView
        The study's title and the colour map of RDMs.
    measure : str
        Name of the dissimilarity; a key of `tyrosine.parameters.measures.DISTANCES`, or any other name.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        The colour scale spans the 1st to the 99th percentile of the off-diagonal dissimilarities; the
        strips beside the ordered RDM change shade at each border between clusters, and the larger
        clusters are named by their number.
    """
    labels = np.asarray(labels)
    order = np.argsort(labels, kind="stable")
    n_clusters = len(np.unique(labels))
    with style.paper_style():
        figure = style.new_figure(
            width,
            0.4 * width + 0.55,
            f"Subject {subject}, {roi} ({selectivity}) · {view.title}",
            view.simulated,
            layout="compressed",
        )
        before, after = figure.subplots(1, 2)
        limits = robust_limits(rdm)
        image = _draw_rdm(before, rdm, limits, view.cmap)
        _draw_rdm(after, rdm[np.ix_(order, order)], limits, view.cmap)
        ordered = f"By cluster ({n_clusters} cluster{'s' * (n_clusters != 1)})"
        for axes, text in ((before, "Study order"), (after, ordered)):
            # Both titles are fixed at the height of the strip, so that they stand on one line.
            axes.set_title(text, y=1.06, pad=0)
            _number_stimuli(axes, len(rdm))
        before.set_ylabel("Stimulus", labelpad=-4)
        _mark_clusters(after, labels[order], smallest_named=0.1 / (0.38 * width))
        bar = figure.colorbar(
            image, ax=[before, after], extend=_extend(rdm, limits), aspect=25, extendfrac=0.03
        )
        _finish_colour_bar(bar, 5)
        bar.set_label(distance_label(measure))
    return figure


def plot_brain_and_models(
    brain: NDArray[np.float64],
    models: Mapping[str, NDArray[np.float64]],
    order: NDArray[np.integer],
    *,
    roi: str,
    subject: int,
    selectivity: str,
    view: StudyView,
    measure: str = "correlation",
    model_measure: str = "correlation",
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
    roi, selectivity : str
        Name of the region, and what it is selective for.
    subject : int
    view : StudyView
        The study's title and the colour map of RDMs.
    measure, model_measure : str
        Names of the dissimilarities of the brain and of the models; keys of
        `tyrosine.parameters.measures.DISTANCES`, or any other name.
    similarities : mapping of str to float, optional
        Correlation of a model's RDM with the brain's, by label; written under the panel's title.
    width : float
        Width of the figure in inches.

    Returns
    -------
    Figure
        With the brain first, in rows of at most five panels at the default width. It is narrower than
        `width` where few panels would become needlessly large.
    """
    panels = {f"Brain: {roi}": brain, **models}
    n_rows = math.ceil(len(panels) / max(1, int(width / _SMALLEST_PANEL)))
    n_columns = math.ceil(len(panels) / n_rows)
    side = min(width / n_columns, _LARGEST_PANEL)
    width = side * n_columns
    shown = similarities or {}
    titles = [style.wrap(name, side - 0.1, style.SMALL_SIZE) for name in panels]
    n_lines = max(text.count("\n") + 1 for text in titles) + bool(shown)
    distances = distance_label(measure)
    if model_measure != measure:
        distances = f"Brain: {distances}; models: {distance_label(model_measure)}"
    explanation = f"{distances}; stimuli ordered by cluster; each panel has its own scale"
    explanation = style.wrap(explanation, width - 0.2, style.SMALL_SIZE)
    heading = f"Subject {subject}, {roi} ({selectivity}) and models · {view.title}"
    line = 1.25 * style.SMALL_SIZE / 72
    height = 0.55 + line * explanation.count("\n") + n_rows * (side + 0.3 + line * n_lines)
    with style.paper_style():
        figure = style.new_figure(width, height, heading, view.simulated)
        grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for axes, (name, rdm), text in zip(grid, panels.items(), titles):
            limits = robust_limits(rdm)
            image = _draw_rdm(axes, rdm[np.ix_(order, order)], limits, view.cmap)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_title(text, size=style.SMALL_SIZE, pad=4 + 72 * line * bool(shown))
            if not math.isnan(shown.get(name, math.nan)):
                _write_under_title(axes, f"r = {shown[name]:.2f}")
            bar = figure.colorbar(
                image,
                ax=axes,
                location="bottom",
                extend=_extend(rdm, limits),
                extendfrac=0.04,
                aspect=20,
                pad=0.04,
            )
            _finish_colour_bar(bar, 3)
        for axes in grid[len(panels) :]:
            axes.remove()
        figure.supxlabel(explanation, size=style.SMALL_SIZE)
    return figure


def _write_under_title(axes: Axes, text: str) -> None:
    axes.annotate(
        text,
        (0.5, 1),
        xycoords="axes fraction",
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        size=style.SMALL_SIZE,
        color=style.FAINT_INK,
    )


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
    """Ends of the colour bar beyond which there are dissimilarities, as matplotlib names them."""
    pairs = rdm[np.triu_indices(len(rdm), 1)]
    beyond = bool(pairs.min() < limits[0]), bool(pairs.max() > limits[1])
    return {(True, True): "both", (True, False): "min", (False, True): "max", (False, False): "neither"}[
        beyond
    ]


def _draw_rdm(axes: Axes, rdm: NDArray[np.float64], limits: tuple[float, float], cmap: str) -> AxesImage:
    axes.spines[:].set_visible(False)
    return axes.imshow(rdm, cmap=cmap, vmin=limits[0], vmax=limits[1])


def _number_stimuli(axes: Axes, n_stimuli: int) -> None:
    axes.set_xticks([0, n_stimuli - 1], ["1", str(n_stimuli)])
    axes.set_yticks([0, n_stimuli - 1], ["1", str(n_stimuli)])
    axes.tick_params(length=0)
    axes.set_xlabel("Stimulus", labelpad=-6)


def _mark_clusters(axes: Axes, labels: NDArray[np.integer], smallest_named: float) -> None:
    """Put a strip above and left of an ordered RDM, in a shade that alternates from cluster to cluster.

    Clusters with at least the share `smallest_named` of the stimuli have room for their number.
    """
    borders = [0, *(np.flatnonzero(np.diff(labels)) + 1), len(labels)]
    above = axes.inset_axes((0, 1.015, 1, 0.025), sharex=axes)
    beside = axes.inset_axes((-0.04, 0, 0.025, 1), sharey=axes)
    for number, (start, stop) in enumerate(pairwise(borders)):
        shade = _STRIP[number % len(_STRIP)]
        above.add_patch(Rectangle((start - 0.5, 0), stop - start, 1, color=shade, linewidth=0))
        beside.add_patch(Rectangle((0, start - 0.5), 1, stop - start, color=shade, linewidth=0))
        if stop - start >= smallest_named * len(labels):
            beside.annotate(
                str(labels[start]),
                (0, (start + stop - 1) / 2),
                xytext=(-2, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                size=style.NOTE_SIZE,
                color=style.FAINT_INK,
            )
    above.set_ylim(0, 1)
    beside.set_xlim(0, 1)
    for strip in (above, beside):
        strip.axis("off")
    axes.set_yticks([])


def _finish_colour_bar(bar: Colorbar, n_ticks: int) -> None:
    bar.locator = MaxNLocator(n_ticks)
    bar.update_ticks()
    bar.outline.set_visible(False)
