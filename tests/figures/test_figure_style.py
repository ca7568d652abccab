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


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_four_models_stay_apart_for_colour_blind_readers(deficiency, order):
    modalities = {f"model {number}": modality for number, modality in enumerate(ORDERS[order])}
    colours = style.model_colours(modalities, modalities).values()
    seen = [
        _to_lab(np.clip(np.array(DEFICIENCIES[deficiency]) @ (np.array(to_rgb(colour)) ** 2.2), 0, 1))
        for colour in colours
    ]
    distances = [np.linalg.norm(a - b) for number, a in enumerate(seen) for b in seen[:number]]
    assert min(distances) > 12


def test_models_of_one_roster_differ_in_colour_or_marker():
    names = [f"model {number}" for number in range(40)]
    modalities = dict(zip(names, ["vision", "language"] * 20))
    colours, markers = style.model_colours(names, modalities), style.model_markers(names, modalities)
    assert len({(colours[name], markers[name]) for name in names}) == len(names)


def test_vision_models_are_warm_and_language_models_cool():
    names = [f"model {number}" for number in range(8)]
    for modality, family in (("vision", style.WARM), ("language", style.COOL)):
        assert set(style.model_colours(names, dict.fromkeys(names, modality)).values()) == set(family)


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
