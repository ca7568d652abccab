"""The figure of the central stimuli of each cluster of a region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tyrosine.figures import style
from tyrosine.figures.view import StudyView

MOST_CLUSTERS = 8
"""How many clusters fit on a sheet."""

_THUMBNAIL = 128
_SIDE = 3
_COLUMNS = 4
_GAP = 8

_NONE = "no category over-represented"
_NOTE = (
    "Images: up to nine stimuli with the smallest mean dissimilarity to the others of the cluster, "
    "ascending. n: stimuli; s: mean silhouette. The bar has the colour of the cluster in the other figures."
)


class ClusterSheet(NamedTuple):
    """What a sheet shows of one cluster."""

    cluster: int
    size: int
    """Number of stimuli in the cluster."""
    silhouette: float
    """Mean silhouette of the stimuli of the cluster; NaN if it is undefined."""
    categories: str | None
    """Names of the categories that characterise the cluster; empty if none does, None without categories."""
    images: Sequence[NDArray[np.uint8]]
    """Images of the central stimuli, the most central first; each of shape (height, width, 3)."""


def plot_contact_sheet(
    clusters: Sequence[ClusterSheet],
    *,
    n_clusters: int,
    roi: str,
    subject: int,
    selectivity: str,
    view: StudyView,
) -> Figure:
    """Draw the central stimuli of clusters, each cluster a block of three by three images.

    Parameters
    ----------
    clusters : sequence of ClusterSheet
        At least one and at most `MOST_CLUSTERS`, in the order in which they are shown.
    n_clusters : int
        How many clusters the region has; the sheet says how many of them it shows.
    roi, selectivity : str
        Name of the region, and what it is selective for.
    subject : int
    view : StudyView
        The study's title.

    Returns
    -------
    Figure
        One axes a cluster, in rows of four. Images fill it row by row, the most central first.
    """
    n_columns = min(_COLUMNS, len(clusters))
    n_rows = math.ceil(len(clusters) / n_columns)
    side = style.DOUBLE_COLUMN / _COLUMNS
    width = max(style.SINGLE_COLUMN, side * n_columns)
    captions = [
        ""
        if sheet.categories is None
        else style.wrap(sheet.categories or _NONE, side - 0.15, style.SMALL_SIZE)
        for sheet in clusters
    ]
    n_lines = max(caption.count("\n") + 1 for caption in captions)
    shown = (
        f"the {len(clusters)} largest of {n_clusters}" if n_clusters > len(clusters) else f"all {n_clusters}"
    )
    note = style.wrap(f"Clusters: {shown}. {_NOTE}", width - 0.2, style.NOTE_SIZE)
    heading = f"Subject {subject}, {roi} ({selectivity}), central stimuli of clusters · {view.title}"
    height = 0.6 + 0.12 * note.count("\n") + n_rows * (side + 0.3 + 0.13 * n_lines)
    colours = style.cluster_colours({sheet.cluster: sheet.size for sheet in clusters})
    with style.paper_style():
        figure = style.new_figure(width, height, heading, view.simulated)
        grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for axes, sheet, caption in zip(grid, clusters, captions):
            _draw_images(axes, sheet.images)
            _head(axes, sheet, colours[sheet.cluster])
            _caption(axes, caption, bool(sheet.categories), n_lines)
        for axes in grid[len(clusters) :]:
            axes.remove()
        figure.supxlabel(note, size=style.NOTE_SIZE, color=style.FAINT_INK)
    return figure


def shrink(image: Image.Image) -> NDArray[np.uint8]:
    """Pixels of an image at the size that a sheet shows.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode RGB.

    Returns
    -------
    ndarray of shape (height, width, 3), uint8
        The longer side has 128 pixels; the shape of the image is kept.
    """
    return np.asarray(ImageOps.contain(image, (_THUMBNAIL, _THUMBNAIL)))


def _draw_images(axes: Axes, images: Sequence[NDArray[np.uint8]]) -> None:
    # One picture for each cluster, because matplotlib takes long to draw many small pictures.
    axes.imshow(mosaic(images), extent=(0, 1, 0, 1))
    # Matplotlib would measure the labels of an axis even if the axis is switched off.
    axes.set_xticks([])
    axes.set_yticks([])
    axes.axis("off")


def mosaic(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Put up to nine images into a square of three by three, row by row.

    Parameters
    ----------
    images : sequence of ndarray of shape (height, width, 3), uint8
        Of at most 128 pixels a side; each stands in the middle of its cell.

    Returns
    -------
    ndarray of shape (400, 400, 3), uint8
        White where there is no image.
    """
    step = _THUMBNAIL + _GAP
    square = np.full((_SIDE * step - _GAP, _SIDE * step - _GAP, 3), 255, dtype=np.uint8)
    for place, image in enumerate(images[: _SIDE**2]):
        row, column = divmod(place, _SIDE)
        height, width = image.shape[:2]
        top = row * step + (_THUMBNAIL - height) // 2
        left = column * step + (_THUMBNAIL - width) // 2
        square[top : top + height, left : left + width] = image
    return square


def _head(axes: Axes, sheet: ClusterSheet, colour: str) -> None:
    """Name the cluster above its images, with a bar in its colour."""
    axes.plot(
        [0, 1],
        [1.017, 1.017],
        transform=axes.transAxes,
        color=colour,
        linewidth=2,
        solid_capstyle="butt",
        clip_on=False,
    )
    text = f"n = {sheet.size}"
    if not math.isnan(sheet.silhouette):
        # Adding zero after rounding turns minus zero into zero.
        text += f", s = {round(sheet.silhouette, 2) + 0.0:.2f}".replace("-", "−")
    axes.set_title(f"Cluster {sheet.cluster}", loc="left", size=style.SMALL_SIZE, weight="bold", pad=5)
    axes.set_title(text, loc="right", size=style.NOTE_SIZE, color=style.FAINT_INK, pad=5)


def _caption(axes: Axes, caption: str, characterised: bool, n_lines: int) -> None:
    # Every caption takes as many lines as the longest, so that the blocks of a row are of one size.
    axes.annotate(
        caption + "\n" * (n_lines - 1 - caption.count("\n")),
        (0, 0),
        xycoords="axes fraction",
        xytext=(1, -3),
        textcoords="offset points",
        ha="left",
        va="top",
        size=style.SMALL_SIZE,
        color=style.INK if characterised else style.FAINT_INK,
        style="normal" if characterised else "italic",
    )
