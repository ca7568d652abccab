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
from tyrosine.figures.view import StudyView
from tyrosine.parameters.measures import distance_label

_COLUMNS = 3
_ABOVE_CUT = "#3a3a3a"
_NOTE = (
    "Dashed: where the tree is cut. Coloured: the six largest clusters of a region, with their numbers where "
    "there is room. The vertical axis starts a little below the first merge, not at zero."
)


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
    view: StudyView,
    measure: str = "correlation",
) -> Figure:
    """Draw the tree of each region, coloured by cluster, with a line where it is cut.

    Parameters
    ----------
    trees : mapping of str to CutTree
        By region.
    subject : int
    view : StudyView
        The study's title.
    measure : str
        Name of the dissimilarity; a key of `tyrosine.parameters.measures.DISTANCES`, or any other name.

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
            width, 0.85 + 1.55 * n_rows, f"Subject {subject}, dendrograms · {view.title}", view.simulated
        )
        grid = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True).ravel()
        for axes, (roi, cut_tree) in zip(grid, trees.items()):
            n_clusters = len(np.unique(cut_tree.labels))
            axes.set_title(f"{roi} ({n_clusters} cluster{'s' * (n_clusters != 1)})")
            _draw_tree(axes, cut_tree)
            _number_clusters(axes, cut_tree, 0.85 * width / n_columns)
        for axes in grid[len(trees) :]:
            axes.remove()
        grid[0].set_ylim(*_limits(trees))
        grid[0].yaxis.set_major_locator(MaxNLocator(4))
        figure.supylabel(distance_label(measure), size=style.TEXT_SIZE)
        note = f"{len(next(iter(trees.values())).labels)} stimuli. {_NOTE}"
        figure.supxlabel(
            style.wrap(note, width - 0.2, style.NOTE_SIZE), size=style.NOTE_SIZE, color=style.FAINT_INK
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
    """Find the cluster within which each merge of a tree takes place; -1 for a merge of several clusters.

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
    n_leaves = len(cut_tree.labels)
    of_links = link_clusters(cut_tree.tree, cut_tree.labels)
    clusters = np.concatenate([cut_tree.labels, of_links])
    colours = {-1: _ABOVE_CUT, **_colours(cut_tree.labels)}
    stems, of_stems = [], []
    # A line below the cut belongs to a cluster, even if the cluster is a single stimulus.
    for number in np.flatnonzero(of_links == -1):
        for child, foot in zip(cut_tree.tree[number, :2].astype(int), (0, 3)):
            if clusters[child] != -1:
                x, y = links[number, foot]
                links[number, foot, 1] = max(y, min(cut_tree.cut, cut_tree.tree[number, 2]))
                stems.append([(x, y), tuple(links[number, foot])])
                of_stems.append(clusters[child])
    axes.add_collection(
        LineCollection(
            [*links, *map(np.array, stems)],
            colors=[colours[cluster] for cluster in (*of_links, *of_stems)],
            linewidths=0.7 if n_leaves < 300 else 0.35,
            joinstyle="miter",
        )
    )
    axes.axhline(cut_tree.cut, color=style.FAINT_INK, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0.5)
    axes.set_xlim(-1, n_leaves)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _number_clusters(axes: Axes, cut_tree: CutTree, width: float) -> None:
    """Write the numbers of the coloured clusters under them, the largest first, where there is room."""
    leaves, _ = arrange_tree(cut_tree.tree)
    ordered = cut_tree.labels[leaves]
    taken: list[tuple[float, float]] = []
    for cluster, colour in _colours(cut_tree.labels).items():
        middle = float(np.flatnonzero(ordered == cluster).mean())
        half = (style.text_width(str(cluster), style.NOTE_SIZE) / 2 + 0.02) * len(leaves) / width
        if colour == style.OTHER_CLUSTERS or any(abs(middle - at) < half + other for at, other in taken):
            continue
        taken.append((middle, half))
        axes.annotate(
            str(cluster),
            (middle, 0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -2),
            textcoords="offset points",
            ha="center",
            va="top",
            size=style.NOTE_SIZE,
            color=colour,
        )


def _limits(trees: Mapping[str, CutTree]) -> tuple[float, float]:
    """Limits of the vertical axis: a little below the first merge of all trees, a little above the last."""
    heights = np.concatenate([[cut_tree.cut, *cut_tree.tree[:, 2]] for cut_tree in trees.values()])
    margin = 0.06 * np.ptp(heights) or 0.5
    return max(0.0, float(heights.min()) - margin), float(heights.max()) + margin
