"""The figure of the trees that the clusters of each region are cut from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tyrosine.figures import style
from tyrosine.figures.rdms import MEASURES

_COLUMNS = 3
_ABOVE_CUT = "#3a3a3a"


class CutTree(NamedTuple):
    """A tree and the clusters that a cut through it gives."""

    tree: NDArray[np.float64]
    """Of shape (n_stimuli - 1, 4), as `scipy.cluster.hierarchy.linkage` gives it."""
    labels: NDArray[np.integer]
    """Cluster of each stimulus."""
    cut: float
    """Dissimilarity at which the tree is cut."""


def plot_dendrograms(
    trees: Mapping[str, CutTree],
    *,
    subject: int,
    title: str,
    measure: str = "correlation",
    simulated: bool = False,
) -> Figure:
    """Draw the tree of each region, coloured by cluster, with a line where it is cut.

    Parameters
    ----------
    trees : mapping of str to CutTree
        By region.
    subject : int
    title : str
        Name of the study.
    measure : str
        Name of the dissimilarity; a key of `MEASURES`, or any other name.
    simulated : bool
        Whether to mark the figure as simulated.

    Returns
    -------
    Figure
        One axes a region, three in a row. The six largest clusters have the colours that they have in the
        figure of categories, and their numbers where there is room; the others are grey, and merges of
        several clusters dark.
    """
    n_columns = min(_COLUMNS, len(trees))
    n_rows = math.ceil(len(trees) / n_columns)
    width = style.DOUBLE_COLUMN if n_columns > 1 else style.SINGLE_COLUMN
    with style.paper_style():
        figure = style.new_figure(
            width, 0.85 + 1.55 * n_rows, f"Subject {subject}, dendrograms · {title}", simulated
        )
        grid = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True).ravel()
        for axes, (roi, cut_tree) in zip(grid, trees.items()):
            n_clusters = len(np.unique(cut_tree.labels))
            axes.set_title(f"{roi} ({n_clusters} cluster{'s' * (n_clusters != 1)})")
            _draw_tree(axes, cut_tree)
            _number_clusters(axes, cut_tree, narrowest=0.13 / (0.85 * width / n_columns))
        for axes in grid[len(trees) :]:
            axes.remove()
        top = max(max(cut_tree.tree[-1, 2], cut_tree.cut) for cut_tree in trees.values())
        grid[0].set_ylim(0, 1.04 * top if top > 0 else 1)
        grid[0].yaxis.set_major_locator(MaxNLocator(4))
        figure.supylabel(MEASURES.get(measure, measure), size=style.TEXT_SIZE)
        figure.supxlabel(
            f"{len(cut_tree.labels)} stimuli; dashed: where the tree is cut; colours and numbers: "
            "the six largest clusters of a region",
            size=style.SMALL_SIZE,
        )
    return figure


def arrange_tree(tree: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Lay out a tree without crossing lines.

    SciPy's own `dendrogram` calls itself once a level, which Python forbids for the deep trees of single
    linkage.

    Parameters
    ----------
    tree : ndarray of shape (n_stimuli - 1, 4), float64

    Returns
    -------
    leaves : ndarray of shape (n_stimuli,), int64
        The stimulus at each place from the left.
    links : ndarray of shape (n_stimuli - 1, 4, 2), float64
        The four corners of each merge, from the left foot over the top to the right foot; x is the place
        of a stimulus, y the dissimilarity.
    """
    from scipy.cluster import hierarchy

    leaves = hierarchy.leaves_list(tree).astype(np.int64)
    n_leaves = len(leaves)
    x, y = np.zeros(2 * n_leaves - 1), np.zeros(2 * n_leaves - 1)
    x[leaves] = np.arange(n_leaves)
    links = np.empty((n_leaves - 1, 4, 2))
    for number, (left, right, height, _) in enumerate(tree):
        left, right = int(left), int(right)
        x[n_leaves + number] = (x[left] + x[right]) / 2
        y[n_leaves + number] = height
        links[number] = [(x[left], y[left]), (x[left], height), (x[right], height), (x[right], y[right])]
    return leaves, links


def link_clusters(tree: NDArray[np.float64], labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Cluster within which each merge takes place; -1 for a merge of several clusters.

    Parameters
    ----------
    tree : ndarray of shape (n_stimuli - 1, 4), float64
    labels : ndarray of shape (n_stimuli,), int

    Returns
    -------
    ndarray of shape (n_stimuli - 1,), int64
    """
    clusters = np.concatenate([labels, np.full(len(tree), -1)]).astype(np.int64)
    for number, (left, right) in enumerate(tree[:, :2].astype(np.int64)):
        if clusters[left] == clusters[right]:
            clusters[len(labels) + number] = clusters[left]
    return clusters[len(labels) :]


def _colours(labels: NDArray[np.integer]) -> dict[int, str]:
    clusters, sizes = np.unique(labels, return_counts=True)
    return style.cluster_colours(dict(zip(clusters.tolist(), sizes.tolist())))


def _draw_tree(axes: Axes, cut_tree: CutTree) -> None:
    _, links = arrange_tree(cut_tree.tree)
    colours = {-1: _ABOVE_CUT, **_colours(cut_tree.labels)}
    of_links = link_clusters(cut_tree.tree, cut_tree.labels)
    axes.add_collection(
        LineCollection(
            list(links),
            colors=[colours[cluster] for cluster in of_links],
            linewidths=0.7 if len(cut_tree.labels) < 300 else 0.4,
            joinstyle="miter",
        )
    )
    axes.axhline(cut_tree.cut, color=style.FAINT_INK, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0.5)
    axes.set_xlim(-1, len(cut_tree.labels))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _number_clusters(axes: Axes, cut_tree: CutTree, narrowest: float) -> None:
    """Write the number of each coloured cluster under it, where it is wide enough."""
    leaves, _ = arrange_tree(cut_tree.tree)
    ordered = cut_tree.labels[leaves]
    for cluster, colour in _colours(cut_tree.labels).items():
        places = np.flatnonzero(ordered == cluster)
        if colour == style.OTHER_CLUSTERS or len(places) < narrowest * len(leaves):
            continue
        axes.annotate(
            str(cluster),
            (places.mean(), 0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -2),
            textcoords="offset points",
            ha="center",
            va="top",
            size=style.NOTE_SIZE,
            color=colour,
        )
