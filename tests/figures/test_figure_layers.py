"""What the layer profiles show."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from scipy.stats import sem

from tests.figures.drawn import REGIONS, overhang, overlap, smallest_type, with_view
from tests.figures.made_up import LAYERS, ROIS, TRAINED, make_similarities, make_view
from tyrosine.errors import ParameterError
from tyrosine.figures import style
from tyrosine.figures.layers import plot_layer_profiles

DEPTHS = {layer: (number + 1) / len(LAYERS) for number, layer in enumerate(LAYERS)}


@pytest.fixture(scope="module")
def nine():
    return _with_depth(make_similarities(9, LAYERS))


def _with_depth(similarities):
    return similarities.assign(depth=similarities["layer"].map(DEPTHS))


def _plot(similarities, n_models=9, **options):
    return plot_layer_profiles(similarities, **with_view(make_view(n_models), options))


def _profiles(axes):
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


def test_a_panel_a_model_and_a_line_a_region(nine):
    figure = _plot(nine)
    assert [axes.get_title() for axes in figure.axes] == [entry[0] for entry in TRAINED.values()]
    for axes in figure.axes:
        assert list(_profiles(axes)) == [roi for _, roi in ROIS]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert figure.axes[0].get_xlim()[0] == 0


def test_lines_are_means_over_subjects_by_depth_with_their_standard_error(nine):
    figure = _plot(nine)
    axes = figure.axes[list(TRAINED).index("clip_vision")]
    rows = nine[(nine["model"] == "clip_vision") & (nine["roi"] == "FFA-2")]
    grouped = rows.groupby("depth")["similarity"]
    line = _profiles(axes)["FFA-2"]
    np.testing.assert_allclose(line.get_xdata(), sorted(DEPTHS.values()))
    np.testing.assert_allclose(line.get_ydata(), grouped.mean())
    band = axes.collections[list(_profiles(axes)).index("FFA-2")].get_paths()[0].vertices
    errors = grouped.agg(sem)
    for depth, mean in grouped.mean().items():
        ends = band[np.isclose(band[:, 0], depth), 1]
        np.testing.assert_allclose([ends.min(), ends.max()], [mean - errors[depth], mean + errors[depth]])


def test_the_order_of_rows_does_not_matter(nine):
    shuffled = nine.sample(frac=1, random_state=0)
    line = _profiles(_plot(shuffled).axes[0])["EBA"]
    assert (np.diff(line.get_xdata()) > 0).all()


def test_regions_of_a_selectivity_have_shades_of_a_colour_and_differ_in_line_and_marker(nine):
    profiles = _profiles(_plot(nine).axes[0])
    colours = style.selectivity_colours(REGIONS)
    for selectivity, rois in REGIONS.items():
        drawn = [to_rgb(profiles[roi].get_color()) for roi in rois]
        assert to_hex(drawn[0]) == colours[selectivity].lower()
        lightness = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in drawn]
        steps = np.diff(lightness)
        assert np.abs(steps).min() > 0.1 and (steps > 0).all() != (steps < 0).all()
        # The lightest one can still be seen on white.
        assert max(lightness) < 0.75
        assert len({(profiles[roi].get_linestyle(), profiles[roi].get_marker()) for roi in rois}) == len(rois)


def test_layers_that_are_no_blocks_and_models_of_one_layer_are_left_out(nine):
    part = nine[(nine["model"] != "bert") | (nine["layer"] == LAYERS[-1])]
    part = part.assign(depth=part["depth"].where(part["layer"] != LAYERS[0]))
    figure = _plot(part)
    assert "BERT" not in [axes.get_title() for axes in figure.axes]
    assert len(figure.axes) == 8
    assert len(_profiles(figure.axes[0])["EBA"].get_xdata()) == len(LAYERS) - 1


def test_one_layer_a_model_is_refused(nine):
    with pytest.raises(ParameterError, match="No model has similarities of two layers by the method pearson"):
        _plot(nine[nine["layer"] == LAYERS[0]])


def test_the_small_print_says_where_subjects_are_missing(nine):
    assert "Subjects: 8, but FFA-2 7." in " ".join(_plot(nine).texts[-1].get_text().split())


@pytest.mark.parametrize("width", [style.SINGLE_COLUMN, style.DOUBLE_COLUMN])
@pytest.mark.parametrize("n_models", [4, 18])
def test_layer_profiles_are_legible(n_models, width):
    figure = _plot(_with_depth(make_similarities(n_models, LAYERS)), n_models, width=width, simulated=True)
    assert overhang(figure) < 0.02
    assert figure.get_size_inches()[0] <= width
    assert smallest_type(figure) >= 6
    assert overlap([axes.title for axes in figure.axes]) == 0
    legend = figure.legends[0].get_window_extent()
    assert not any(legend.overlaps(axes.get_tightbbox()) for axes in figure.axes)
    shown = [axes for axes in figure.axes if axes.xaxis.get_tick_params()["labelbottom"]]
    assert len(shown) == len({axes.get_subplotspec().colspan.start for axes in figure.axes})


def test_a_model_of_several_poolings_has_a_panel_for_each(nine):
    vit = nine[nine["model"] == "vit"]
    both = [
        vit.assign(layer=vit["layer"] + f":{pooling}", similarity=vit["similarity"] + shift)
        for pooling, shift in (("cls", 0.0), ("mean", 0.1))
    ]

    figure = _plot(pd.concat([nine[nine["model"] != "vit"], *both]))

    label = TRAINED["vit"][0]
    titles = [axes.get_title() for axes in figure.axes]
    assert titles.count(label) == 0 and {f"{label}, cls", f"{label}, mean"} <= set(titles)
    cls, mean = (_profiles(figure.axes[titles.index(f"{label}, {one}")])["EBA"] for one in ("cls", "mean"))
    np.testing.assert_allclose(mean.get_ydata(), cls.get_ydata() + 0.1)
    alone = _profiles(_plot(nine).axes[list(TRAINED).index("vit")])["EBA"]
    np.testing.assert_allclose(cls.get_ydata(), alone.get_ydata())
