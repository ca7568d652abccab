"""What the figure of dendrograms shows."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from scipy.cluster.hierarchy import dendrogram, fcluster
from scipy.spatial.distance import squareform

from tests.figures.drawn import VIEW, overhang, texts, with_view
from tyrosine.figures import style
from tyrosine.figures.dendrograms import CutTree, arrange_tree, link_clusters, plot_dendrograms
from tyrosine.rsa.clustering import cluster_stimuli, cut_height, linkage_tree


def _cut(rdm, **options):
    condensed = squareform(rdm, checks=False)
    tree = linkage_tree(condensed)
    cut = cut_height(tree, **options) if "n_clusters" in options else options.get("distance_threshold", 0.9)
    return CutTree(tree, cluster_stimuli(condensed, **options), cut)


@pytest.fixture(scope="module")
def trees(rdm):
    return {
        "FFA-1": _cut(rdm, distance_threshold=0.9),
        "EBA": _cut(rdm, n_clusters=7),
        "PPA": _cut(rdm, n_clusters=1),
        "OPA": _cut(rdm, n_clusters=len(rdm)),
    }


def _plot(trees, **options):
    return plot_dendrograms(trees, subject=1, **with_view(VIEW, options))


def _segments(axes):
    (collection,) = (child for child in axes.collections if isinstance(child, LineCollection))
    return collection.get_segments(), [to_hex(colour) for colour in collection.get_colors()]


def test_the_layout_is_that_of_scipy(trees):
    tree = trees["FFA-1"].tree
    scipys = dendrogram(tree, no_plot=True)

    leaves, links = arrange_tree(tree)

    assert leaves.tolist() == scipys["leaves"]
    # SciPy puts the leaves at 5, 15, 25, and lists the merges in another order.
    theirs = np.stack([(np.array(scipys["icoord"]) - 5) / 10, scipys["dcoord"]], axis=-1)
    key = [tuple(link.ravel().round(9)) for link in links]
    assert sorted(key) == sorted(tuple(link.ravel().round(9)) for link in theirs)


def test_a_chain_as_deep_as_the_study_is_laid_out():
    # Single linkage of points whose gaps widen joins one stimulus at a time.
    points = np.cumsum(np.arange(1, 1501, dtype=float))
    leaves, links = arrange_tree(linkage_tree(squareform(abs(points[:, None] - points)), "single"))

    assert sorted(leaves) == list(range(1500))
    assert np.isfinite(links).all()


def test_merges_belong_to_the_clusters_of_the_labels(trees):
    for cut_tree in trees.values():
        of_links = link_clusters(cut_tree.tree, cut_tree.labels)
        n_clusters = len(np.unique(cut_tree.labels))
        assert (of_links == -1).sum() == n_clusters - 1
        within = cut_tree.tree[:, 2] < cut_tree.cut
        np.testing.assert_array_equal(of_links != -1, within)
        assert len(set(fcluster(cut_tree.tree, cut_tree.cut, criterion="distance"))) == n_clusters


def test_clusters_are_next_to_each_other(trees):
    for cut_tree in trees.values():
        ordered = cut_tree.labels[arrange_tree(cut_tree.tree)[0]]
        assert (np.diff(ordered) != 0).sum() == len(np.unique(ordered)) - 1


def test_each_region_has_its_tree_and_the_line_of_its_cut(trees):
    figure = _plot(trees)
    assert [axes.get_title() for axes in figure.axes] == [
        f"{roi} ({n} cluster{'s' * (n != 1)})"
        for roi, n in ((roi, len(np.unique(cut_tree.labels))) for roi, cut_tree in trees.items())
    ]
    for axes, cut_tree in zip(figure.axes, trees.values()):
        (line,) = axes.lines
        assert set(line.get_ydata()) == {cut_tree.cut}
        tops = {round(height, 9) for segment in _segments(axes)[0] for height in segment[1:3, 1]}
        assert {round(height, 9) for height in cut_tree.tree[:, 2]} <= tops
        low, high = axes.get_ylim()
        assert low < cut_tree.tree[:, 2].min() < cut_tree.tree[:, 2].max() < high


def test_nothing_dark_hangs_below_the_cut(trees):
    figure = _plot(trees)
    for axes, cut_tree in zip(figure.axes, trees.values()):
        for segment, colour in zip(*_segments(axes)):
            if colour == "#3a3a3a":
                assert segment[:, 1].min() >= cut_tree.cut
            else:
                assert segment[:, 1].max() <= cut_tree.cut


def test_clusters_have_the_colours_of_the_other_figures(trees):
    axes, cut_tree = _plot(trees).axes[1], trees["EBA"]
    sizes = np.bincount(cut_tree.labels)
    colours = style.cluster_colours(dict(enumerate(sizes)))
    leaves, _ = arrange_tree(cut_tree.tree)
    feet = {}
    for segment, colour in zip(*_segments(axes)):
        for x, y in segment:
            if y == 0:
                feet.setdefault(round(x), set()).add(colour)
    assert feet == {
        place: {to_hex(colours[cut_tree.labels[stimulus]])} for place, stimulus in enumerate(leaves)
    }
    numbers = {text.get_text(): to_hex(text.get_color()) for text in axes.texts}
    assert numbers
    assert all(to_hex(colours[int(number)]) == colour for number, colour in numbers.items())


def test_a_constant_rdm_has_a_dendrogram():
    figure = _plot({"EBA": _cut(1 - np.eye(6))}, simulated=True)
    assert overhang(figure) < 0.02
    assert "SIMULATED" in texts(figure)
