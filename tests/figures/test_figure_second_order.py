"""What the matrix and the map of regions and models show."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text
from scipy.spatial.distance import pdist, squareform

from tests.figures.drawn import REGIONS, overhang, overlap, smallest_type, texts, with_view
from tests.figures.made_up import ROIS, TRAINED, make_second_order, make_view, roster
from tyrosine.errors import ParameterError
from tyrosine.figures import style
from tyrosine.figures.second_order import plot_second_order_map, plot_second_order_matrix
from tyrosine.rsa.stimulus_sets import TOO_FEW_STIMULI

WIDTHS = [style.SINGLE_COLUMN, style.DOUBLE_COLUMN]
VISION = [name for name, entry in TRAINED.items() if entry[1] == "vision"]
LANGUAGE = [name for name, entry in TRAINED.items() if entry[1] == "language"]


def _plot(draw, n_models, table=None, **options):
    table = make_second_order(n_models) if table is None else table
    return draw(table, **with_view(make_view(n_models), options))


def _order(n_models):
    names = [name for name in [*VISION, *LANGUAGE] if name in roster(n_models)["models"]]
    with_twins = [part for name in names for part in (name, f"{name}_untrained")]
    return [
        *(("region", roi) for _, roi in ROIS),
        *(("model", n) for n in (with_twins if n_models == 18 else names)),
    ]


@pytest.mark.parametrize("n_models", [4, 18])
def test_the_matrix_has_regions_then_models_by_modality(n_models):
    axes = _plot(plot_second_order_matrix, n_models).axes[0]

    order = _order(n_models)
    table = make_second_order(n_models).set_index(["kind_a", "a", "kind_b", "b"])["dissimilarity"]
    expected = [[table[(*row, *column)] for column in order] for row in order]
    drawn = np.ma.filled(axes.collections[0].get_array(), np.nan)
    drawn = drawn[~np.isnan(drawn).all(axis=1)][:, ~np.isnan(drawn).all(axis=0)]
    np.testing.assert_array_equal(drawn, expected)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    known = roster(n_models)
    assert labels == [
        "untrained" if name in known["twins"] else known["models"].get(name, name) for _, name in order
    ]
    assert labels == [label.get_text() for label in axes.get_xticklabels()]
    n_vision = sum(known["modalities"].get(name) == "vision" for _, name in order)
    assert np.flatnonzero(np.diff(axes.get_yticks()) > 1.01).tolist() == [2, 5, 8, 8 + n_vision]


def test_the_scale_of_the_matrix_ignores_the_diagonal():
    figure = _plot(plot_second_order_matrix, 9)
    values = make_second_order(9).query("kind_a != kind_b or a != b")["dissimilarity"]
    assert figure.axes[0].collections[0].get_clim() == (values.min(), values.max())
    assert figure.axes[1].get_xlabel() == "Dissimilarity of RDMs (1 − Pearson r)"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("n_models", [4, 18])
def test_the_matrix_is_legible(n_models, width):
    figure = _plot(plot_second_order_matrix, n_models, width=width, simulated=True)
    assert overhang(figure) < 0.02
    assert figure.get_size_inches()[0] <= width
    assert smallest_type(figure) >= 5.5
    # Boxes of text are higher than its letters.
    assert overlap(figure.axes[0].get_yticklabels()) < 0.25


def _points(figure):
    """Position, colour and face of each point, in the order of the matrix."""
    return [line for line in figure.axes[0].lines if line.get_marker() not in ("None", "", None)]


def test_distances_on_the_map_are_near_the_dissimilarities():
    figure = _plot(plot_second_order_map, 9)
    drawn = pdist([line.get_xydata()[0] for line in _points(figure)])
    table = make_second_order(9).set_index(["kind_a", "a", "kind_b", "b"])["dissimilarity"]
    square = np.array([[table[(*row, *column)] for column in _order(9)] for row in _order(9)])
    assert np.corrcoef(drawn, squareform(square))[0, 1] > 0.98
    stress = np.sqrt(np.sum((drawn - squareform(square)) ** 2) / np.sum(drawn**2))
    assert f"stress {stress:.2f}" in " ".join(figure.texts[-1].get_text().split())
    assert figure.axes[0].get_aspect() == 1


def test_points_have_the_colour_of_their_group_and_twins_are_hollow_beside_a_line():
    figure = _plot(plot_second_order_map, 18)
    known = roster(18)
    colours = style.selectivity_colours(REGIONS)
    selectivity = {roi: name for name, roi in ROIS}
    lines = [line for line in figure.axes[0].lines if line.get_marker() in ("None", "", None)]
    assert len(lines) == 9
    ends = {tuple(line.get_xydata()[1]): tuple(line.get_xydata()[0]) for line in lines}
    place = {}
    for line, (kind, name) in zip(_points(figure), _order(18), strict=True):
        expected = colours[selectivity[name]] if kind == "region" else style.GROUPS[known["modalities"][name]]
        assert to_hex(line.get_color()) == expected.lower()
        hollow = to_hex(line.get_markerfacecolor()) == "#ffffff"
        assert hollow is (name in known["twins"])
        place[name] = tuple(line.get_xydata()[0])
    assert ends == {place[twin]: place[trained] for twin, trained in known["twins"].items()}


def test_names_stand_near_their_points():
    figure = _plot(plot_second_order_map, 18, simulated=True)
    names = [text for text in figure.axes[0].texts if text.get_text()]
    known = roster(18)
    assert [text.get_text() for text in names] == [
        known["models"].get(name, name) for _, name in _order(18) if name not in known["twins"]
    ]
    places = [
        line.get_xydata()[0] for line, (_, n) in zip(_points(figure), _order(18)) if n not in known["twins"]
    ]
    np.testing.assert_array_equal([text.xy for text in names], places)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("n_models", [4, 18])
def test_names_on_the_map_cover_neither_each_other_nor_points(n_models, width, seed):
    table = make_second_order(n_models, seed)
    figure = _plot(plot_second_order_map, n_models, table, width=width, simulated=True)
    assert overhang(figure) < 0.02
    assert figure.get_size_inches()[0] == width
    assert smallest_type(figure) >= 6
    axes = figure.axes[0]
    assert overlap(axes.texts) < 0.1
    frame = axes.get_window_extent().padded(1)
    for text in axes.texts:
        box = text.get_window_extent()
        assert not text.get_text() or (frame.contains(*box.min) and frame.contains(*box.max))
        covered = [
            line for line in _points(figure) if box.contains(*axes.transData.transform(line.get_xydata()[0]))
        ]
        assert not text.get_text() or not covered


@pytest.mark.parametrize("draw", [plot_second_order_matrix, plot_second_order_map])
def test_a_part_of_the_table_can_be_drawn_down_to_two(draw):
    table = make_second_order(4)
    keep = ["EBA", "bert"]
    assert _plot(draw, 4, table[table["a"].isin(keep) & table["b"].isin(keep)]).axes
    one = table[(table["a"] == "EBA") & (table["b"] == "EBA")]
    with pytest.raises(ParameterError, match="has 1 of the regions and models"):
        _plot(draw, 4, one)


@pytest.mark.parametrize("draw", [plot_second_order_matrix, plot_second_order_map])
def test_without_dissimilarities_the_figure_says_why(draw):
    table = make_second_order(4).assign(dissimilarity=np.nan, undefined=TOO_FEW_STIMULI)

    figure = _plot(draw, 4, table)

    assert "undefined" in texts(figure)
    assert TOO_FEW_STIMULI in " ".join(" ".join(texts(figure)).split())
    assert not any(axes.collections or axes.lines for axes in figure.axes)
    assert overhang(figure) < 0.02


@pytest.mark.parametrize("regions", [["EBA"], ["EBA", "PPA"]])
@pytest.mark.parametrize("models", [["vit"], ["vit", "bert"], ["vit", "bert", "clip_vision"]])
def test_nothing_of_a_small_matrix_is_cut_off(regions, models):
    table = make_second_order(4)
    keep = [*regions, *models]
    figure = _plot(
        plot_second_order_matrix, 4, table[table["a"].isin(keep) & table["b"].isin(keep)], simulated=True
    )
    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= -1 and box.y0 >= -1, text.get_text()
            assert box.x1 <= width + 1 and box.y1 <= height + 1, text.get_text()
    bar = figure.axes[1]
    ticks = [label for label in bar.get_xticklabels() if label.get_text()]
    assert overlap(ticks) == 0
