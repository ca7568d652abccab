"""What a contact sheet shows."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from tests.figures.drawn import VIEW, overhang, texts
from tyrosine.figures import style
from tyrosine.figures.contact_sheets import ClusterSheet, mosaic, plot_contact_sheet, shrink

WHERE = {"roi": "FFA-1", "subject": 1, "selectivity": "faces", "view": VIEW}


def _grey(value, width=128, height=128):
    return np.full((height, width, 3), value, dtype=np.uint8)


def _sheets(n_clusters, **changes):
    return [
        ClusterSheet(
            **{
                "cluster": 10 + number,
                "size": 30 - number,
                "silhouette": 0.123,
                "categories": "person, dog",
                "images": [_grey(20 * place) for place in range(9)],
            }
            | changes
        )
        for number in range(n_clusters)
    ]


@pytest.mark.parametrize(("n_clusters", "columns"), [(1, 1), (3, 3), (4, 4), (8, 4)])
def test_each_cluster_is_a_block_in_rows_of_four(n_clusters, columns):
    figure = plot_contact_sheet(_sheets(n_clusters), n_clusters=n_clusters, **WHERE)
    assert [axes.get_title("left") for axes in figure.axes] == [
        f"Cluster {10 + number}" for number in range(n_clusters)
    ]
    assert {axes.get_subplotspec().get_gridspec().ncols for axes in figure.axes} == {columns}
    assert overhang(figure) < 0.02


def test_images_fill_a_block_row_by_row_the_most_central_first():
    square = mosaic([_grey(20 * place) for place in range(9)])
    centres = [[square[64 + 136 * row, 64 + 136 * column, 0] for column in range(3)] for row in range(3)]
    assert centres == [[0, 20, 40], [60, 80, 100], [120, 140, 160]]


def test_a_cluster_of_two_has_two_images_and_white():
    square = mosaic([_grey(10), _grey(20)])
    assert (square[:128, :128] == 10).all()
    assert (square[:128, 136:264] == 20).all()
    assert (square[136:] == 255).all()
    assert (square[:, 264:] == 255).all()


def test_the_block_of_a_cluster_holds_its_images():
    figure = plot_contact_sheet(_sheets(2, images=[_grey(77)]), n_clusters=2, **WHERE)
    for axes in figure.axes:
        np.testing.assert_array_equal(axes.images[0].get_array(), mosaic([_grey(77)]))


@pytest.mark.parametrize(
    ("size", "shape"), [((425, 425), (128, 128)), ((640, 320), (64, 128)), ((24, 48), (128, 64))]
)
def test_images_keep_their_shape(size, shape):
    assert shrink(Image.new("RGB", size)).shape == (*shape, 3)


def test_an_image_that_is_not_square_stands_in_the_middle_of_its_cell():
    square = mosaic([_grey(0, width=128, height=64)])
    assert np.flatnonzero(square[:, 64, 0] == 0).tolist() == list(range(32, 96))


@pytest.mark.parametrize(("n_clusters", "words"), [(8, "all 8"), (20, "the 8 largest of 20")])
def test_the_sheet_says_how_many_clusters_it_shows(n_clusters, words):
    figure = plot_contact_sheet(_sheets(8), n_clusters=n_clusters, **WHERE)
    assert words in figure._supxlabel.get_text().replace("\n", " ")


@pytest.mark.parametrize(
    ("silhouette", "words"),
    [
        (0.123, "n = 30, s = 0.12"),
        (-0.08, "n = 30, s = −0.08"),
        (-0.001, "n = 30, s = 0.00"),
        (np.nan, "n = 30"),
    ],
)
def test_a_cluster_is_headed_by_its_size_and_silhouette(silhouette, words):
    figure = plot_contact_sheet(_sheets(1, silhouette=silhouette), n_clusters=1, **WHERE)
    assert figure.axes[0].get_title("right") == words


@pytest.mark.parametrize(
    ("categories", "shown"),
    [("person, dog", "person, dog"), ("", "no category over-represented"), (None, None)],
)
def test_the_caption_names_the_categories_or_that_there_are_none(categories, shown):
    figure = plot_contact_sheet(_sheets(1, categories=categories), n_clusters=1, **WHERE)
    captions = [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    assert captions == ([] if shown is None else [shown])


def test_a_long_caption_is_wrapped_below_its_block():
    sheets = _sheets(8, categories="baseball glove, baseball bat, sports ball")
    figure = plot_contact_sheet(sheets, n_clusters=8, **WHERE)
    figure.draw_without_rendering()
    assert overhang(figure) < 0.02
    for axes in figure.axes:
        box = axes.texts[0].get_window_extent()
        assert box.y1 <= axes.get_window_extent().y0
        assert box.width <= 1.2 * axes.get_window_extent().width


def test_the_bars_have_the_colours_of_the_other_figures():
    figure = plot_contact_sheet(_sheets(8), n_clusters=8, **WHERE)
    colours = [to_hex(axes.lines[0].get_color()) for axes in figure.axes]
    assert colours == [colour.lower() for colour in style.CLUSTERS] + 2 * [style.OTHER_CLUSTERS]


@pytest.mark.parametrize("simulated", [True, False])
def test_a_sheet_says_what_it_is_of(simulated):
    figure = plot_contact_sheet(
        _sheets(4), n_clusters=4, **WHERE | {"view": replace(VIEW, simulated=simulated)}
    )
    assert all(word in figure.get_suptitle() for word in ("Subject 1", "FFA-1", "faces", "A study"))
    assert ("SIMULATED" in texts(figure)) is simulated
