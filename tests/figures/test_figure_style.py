"""What all figures share: settings, colours, the note on simulated studies."""

import io
from concurrent.futures import ThreadPoolExecutor

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from tyrosine.figures import style

# Machado et al. (2009), severity 1, on linear RGB.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
}
ORDERS = {
    "alternating": ["vision", "language", "vision", "language"],
    "by modality": ["vision", "vision", "language", "language"],
}


def _to_lab(linear):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    x, y, z = np.cbrt(np.clip(xyz / [0.9505, 1, 1.089], 1e-4, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _smallest_distance(colours, deficiency):
    """Between any two colours as a reader with that deficiency sees them, in CIE Lab."""
    seen = [
        _to_lab(np.clip(np.array(DEFICIENCIES[deficiency]) @ (np.array(to_rgb(colour)) ** 2.2), 0, 1))
        for colour in colours
    ]
    return min(np.linalg.norm(a - b) for number, a in enumerate(seen) for b in seen[:number])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_four_models_stay_apart_for_colour_blind_readers(deficiency, order):
    modalities = {f"model {number}": modality for number, modality in enumerate(ORDERS[order])}
    colours = style.model_colours(modalities, modalities, {}).values()
    assert _smallest_distance(colours, deficiency) > 12


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_groups_and_selectivities_stay_apart_for_colour_blind_readers(deficiency):
    assert _smallest_distance(style.GROUPS.values(), deficiency) > 20
    on_one_map = [*style.SELECTIVITIES, style.GROUPS["vision"], style.GROUPS["language"]]
    assert _smallest_distance(on_one_map, deficiency) > 12


def test_every_model_of_a_modality_has_a_colour_of_its_own_while_there_are_any():
    # Six vision and four language models, as the roster of both experiments has them.
    modalities = {f"model {n}": "language" if n in (5, 6, 7, 9) else "vision" for n in range(10)}
    colours = style.model_colours(modalities, modalities, {})
    assert len(set(colours.values())) == 10


def test_models_of_a_modality_differ_in_marker_too():
    modalities = {f"model {n}": ("vision", "language")[n % 2] for n in range(10)}
    markers = style.model_markers(modalities, modalities, {})
    assert len(set(markers.values())) == 10


def test_twins_look_like_their_models_and_change_no_other():
    trained = dict.fromkeys(["a", "b", "c"], "vision") | {"d": "language"}
    twins = {f"{name}_twin": name for name in trained}
    names = [part for name in trained for part in (f"{name}_twin", name)]
    modalities = {name: trained[twins.get(name, name)] for name in names}
    for looks in (style.model_colours, style.model_markers):
        alone, all_of_them = looks(trained, trained, {}), looks(names, modalities, twins)
        assert {name: all_of_them[name] for name in trained} == alone
        assert all(all_of_them[twin] == alone[name] for twin, name in twins.items())


def test_a_twin_without_its_model_in_the_roster_has_a_place_of_its_own():
    colours = style.model_colours(["a", "b_twin"], {"a": "vision", "b_twin": "vision"}, {"b_twin": "b"})
    assert colours == {"a": style.WARM[0], "b_twin": style.WARM[1]}


@pytest.mark.parametrize(("background", "ink"), [((1, 1, 1, 1), style.INK), ((0, 0, 0.3, 1), "white")])
def test_ink_can_be_read_on_its_background(background, ink):
    assert style.ink_on(background) == ink


def test_small_print_and_legend_make_a_figure_grow_and_do_not_meet():
    with style.paper_style():
        figure = style.new_figure(3.5, 2, "A heading", simulated=False)
        axes = figure.subplots()
        (line,) = axes.plot([0, 1], label="A line with a name that is longer than half of the figure is wide")
        style.write_below(figure, [line], "Small print. " * 20)
    figure.draw_without_rendering()
    height = figure.get_size_inches()[1]
    panel, legend = axes.get_tightbbox(), figure.legends[0].get_window_extent()
    small_print = figure.texts[-1].get_window_extent()
    assert small_print.y0 >= 0
    assert small_print.y1 <= legend.y0
    assert legend.y1 <= panel.y0
    assert height * figure.dpi - panel.y0 == pytest.approx(2 * figure.dpi, rel=0.05)
    assert small_print.x1 <= 3.5 * figure.dpi


def test_models_of_one_roster_differ_in_colour_or_marker():
    names = [f"model {number}" for number in range(40)]
    modalities = dict(zip(names, ["vision", "language"] * 20))
    colours, markers = style.model_colours(names, modalities, {}), style.model_markers(names, modalities, {})
    assert len({(colours[name], markers[name]) for name in names}) == len(names)


def test_vision_models_are_warm_and_language_models_cool():
    names = [f"model {number}" for number in range(8)]
    for modality, family in (("vision", style.WARM), ("language", style.COOL)):
        assert set(style.model_colours(names, dict.fromkeys(names, modality), {}).values()) == set(family)


def test_the_settings_of_the_user_come_back_after_drawing_in_threads():
    before = dict(matplotlib.rcParams)

    def draw(number):
        with style.paper_style():
            return style.new_figure(3, 2, f"figure {number}", simulated=False)._suptitle.get_size()

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(draw, range(20))) == {style.TITLE_SIZE}
    assert dict(matplotlib.rcParams) == before


def test_saved_vector_figures_keep_text_as_text():
    with style.paper_style():
        figure = style.new_figure(3, 2, "A heading", simulated=False)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    assert ">A heading</text>" in buffer.getvalue()


def test_features_of_stimuli_are_dull_and_change_no_colour_of_a_model():
    names, modalities = ["vit", "bert"], {"vit": "vision", "bert": "language", "pixels": "stimulus"}

    colours = style.model_colours([*names, "pixels"], modalities, {})

    assert colours["pixels"] in style.PLAIN
    del colours["pixels"]
    assert colours == style.model_colours(names, modalities, {})
    assert style.model_markers(["pixels"], modalities, {})["pixels"] in style.MARKERS["stimulus"]
