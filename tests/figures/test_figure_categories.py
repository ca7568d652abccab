"""What the figure of categories in clusters shows."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tests.figures.drawn import COLUMNS, VIEW, overhang, texts, with_view
from tyrosine.figures import style
from tyrosine.figures.categories import plot_cluster_categories


def _plot(table, **options):
    return plot_cluster_categories(table, subject=1, **with_view(VIEW, options))


def _bars(axes):
    """Category, bottom, top and colour of each bar, as drawn."""
    last = axes.figure.axes[-1]
    names = {tick: label.get_text() for tick, label in zip(last.get_xticks(), last.get_xticklabels())}
    (collection,) = axes.collections
    rows = []
    for path, colour in zip(collection.get_paths(), collection.get_facecolors()):
        (left, bottom), (right, top) = path.vertices.min(axis=0), path.vertices.max(axis=0)
        place = min(names, key=lambda tick, middle=(left + right) / 2: abs(tick - middle))
        assert place == pytest.approx((left + right) / 2)
        rows.append((names[place], bottom, top, to_hex(colour)))
    return pd.DataFrame(rows, columns=["category", "bottom", "top", "colour"])


def test_each_region_of_the_subject_is_a_row(cluster_categories):
    assert [axes.get_ylabel() for axes in _plot(cluster_categories).axes] == ["FFA-1", "EBA"]


def test_bars_stack_to_the_counts_of_their_category(cluster_categories):
    figure = _plot(cluster_categories)
    for axes in figure.axes:
        rows = cluster_categories.query("subject == 1 and roi == @axes.get_ylabel()")
        bars = _bars(axes)
        stacked = bars.groupby("category")
        assert stacked["top"].max().to_dict() == rows.groupby("category")["count"].sum().to_dict()
        heights = (bars["top"] - bars["bottom"]).groupby(bars["category"]).apply(sorted).to_dict()
        assert heights == rows.groupby("category")["count"].apply(sorted).to_dict()
        for _, column in stacked:
            np.testing.assert_array_equal(column["bottom"], [0, *column["top"][:-1]])


def test_the_legend_numbers_the_six_largest_clusters_and_counts_the_others(cluster_categories):
    axes = _plot(cluster_categories).axes[0]
    rows = cluster_categories.query("subject == 1 and roi == 'FFA-1'")
    sizes = rows.groupby("cluster")["count"].sum()
    shown = {text.get_text(): to_hex(patch.get_facecolor()) for text, patch in zip(*_legend(axes))}
    *named, others = shown
    assert others == "2 more"
    assert sizes[[int(name) for name in named]].tolist() == sorted(sizes, reverse=True)[:6]
    bars = _bars(axes)
    drawn = (bars["top"] - bars["bottom"]).groupby(bars["colour"]).sum()
    assert {name: drawn[shown[name]] for name in named} == {name: sizes[int(name)] for name in named}


def _legend(axes):
    legend = axes.get_legend()
    return legend.texts, legend.get_patches()


def test_categories_are_grouped_by_supercategory_in_the_order_of_their_ids(cluster_categories):
    figure = _plot(cluster_categories)
    ticks = figure.axes[-1].get_xticks()
    names = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert names == ["person", "car", "airplane", "cat", "dog"]
    named = [text.get_text() for text in figure.axes[0].texts if text.get_text() != "●"]
    assert named == ["person", "vehicle", "animal"]
    gaps = np.diff(ticks)
    assert min(gaps[0], gaps[2]) > max(gaps[1], gaps[3])


def test_rows_share_the_axis_of_counts(cluster_categories):
    figure = _plot(cluster_categories)
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_a_dot_in_the_clusters_colour_stands_above_a_category_that_is_over_represented(cluster_categories):
    figure = _plot(cluster_categories)
    figure.draw_without_rendering()
    for axes in figure.axes:
        rows = cluster_categories.query("subject == 1 and roi == @axes.get_ylabel()")
        legend = {text.get_text(): to_hex(patch.get_facecolor()) for text, patch in zip(*_legend(axes))}
        dots = [text for text in axes.texts if text.get_text() == "●"]
        expected = rows[rows["q"] < 0.05]
        assert len(dots) == len(expected) > 0
        assert sorted(to_hex(dot.get_color()) for dot in dots) == sorted(
            legend.get(str(cluster), style.OTHER_CLUSTERS) for cluster in expected["cluster"]
        )
        for dot in dots:
            assert dot.xy[1] == rows.query("category == 'dog'")["count"].sum()
            assert axes.bbox.y0 < dot.get_window_extent().y0 < axes.bbox.y1


def test_without_over_represented_categories_there_is_no_dot(cluster_categories):
    axes = _plot(cluster_categories, max_q_of_categories=0.001).axes[0]
    assert "●" not in [text.get_text() for text in axes.texts]


def test_a_study_without_categories_says_so(cluster_categories):
    figure = _plot(cluster_categories.iloc[:0], simulated=True)
    assert "This study has no categories." in texts(figure)
    assert "SIMULATED" in texts(figure)


def test_eighty_categories_and_forty_clusters_stay_legible():
    table = pd.DataFrame(
        [
            (
                1,
                "faces",
                "FFA-1",
                cluster,
                number + 1,
                f"some category {number}",
                f"group {number // 7}",
                2,
                160,
            )
            for cluster in range(40)
            for number in range(80)
        ],
        columns=COLUMNS["cluster_categories"][:-1],
    )
    table["q"] = np.where(table["cluster"] < 3, 0.01, 0.5)
    figure = _plot(table)
    assert overhang(figure) < 0.02
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert len(boxes) == 80
    assert not any(one.overlaps(other) for one, other in pairwise(boxes))
