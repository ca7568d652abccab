"""What the figures of RDMs show."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tests.figures.drawn import VIEW, overhang, texts
from tyrosine.figures import style
from tyrosine.figures.rdms import plot_brain_and_models, plot_rdm_clusters

WHERE = {"roi": "FFA-1", "subject": 1, "selectivity": "faces", "view": VIEW}


@pytest.fixture(scope="module")
def clustered(rdm, labels):
    return plot_rdm_clusters(rdm, labels, **WHERE)


@pytest.fixture
def order(labels):
    return np.argsort(labels, kind="stable")


def _models(rdm, n_models):
    return {f"Model {number}": rdm * (number + 1) for number in range(n_models)}


def test_the_left_panel_is_the_rdm_in_study_order(clustered, rdm):
    assert_array_equal(clustered.axes[0].images[0].get_array(), rdm)


def test_the_right_panel_is_the_rdm_sorted_by_cluster(clustered, rdm, labels):
    by_cluster = np.concatenate([np.flatnonzero(labels == cluster) for cluster in range(6)])
    assert_array_equal(clustered.axes[1].images[0].get_array(), rdm[by_cluster][:, by_cluster])


def test_both_panels_share_one_scale_from_percentiles_off_the_diagonal(clustered, rdm):
    pairs = rdm[np.triu_indices(len(rdm), 1)]
    limits = [axes.images[0].get_clim() for axes in clustered.axes[:2]]
    assert limits[0] == limits[1]
    np.testing.assert_allclose(limits[0], np.percentile(pairs, [1, 99]))


def test_the_scale_ignores_the_diagonal(rdm):
    small = rdm[:3, :3]
    figure = plot_rdm_clusters(small, np.array([0, 1, 2]), **WHERE)
    assert figure.axes[0].images[0].get_clim()[0] >= small[small > 0].min()


@pytest.mark.parametrize(
    ("measure", "label"),
    [
        ("correlation", "Dissimilarity (1 − Pearson r)"),
        ("cosine", "Dissimilarity (1 − cosine)"),
        ("euclidean", "Dissimilarity (Euclidean distance)"),
        ("crossnobis", "Dissimilarity (crossnobis distance)"),
        ("as distributed", "as distributed"),
    ],
)
def test_one_colour_bar_names_the_measure(rdm, labels, measure, label):
    figure = plot_rdm_clusters(rdm, labels, measure=measure, **WHERE)
    assert [axes.get_ylabel() for axes in figure.axes[2:]] == [label]


def test_the_strips_change_shade_at_the_borders_between_clusters(clustered, labels):
    for strip, edges in zip(clustered.axes[1].child_axes, ("x", "y")):
        starts = [getattr(patch, f"get_{edges}")() + 0.5 for patch in strip.patches]
        assert_array_equal(starts, np.cumsum([0, *np.bincount(labels)[:-1]]))
        shades = [patch.get_facecolor() for patch in strip.patches]
        assert all(one != other for one, other in pairwise(shades))


def test_the_strips_lie_outside_the_data(clustered):
    clustered.draw_without_rendering()
    panel = clustered.axes[1].get_window_extent()
    above, beside = (strip.get_window_extent() for strip in clustered.axes[1].child_axes)
    assert above.y0 >= panel.y1
    assert beside.x1 <= panel.x0


@pytest.mark.parametrize(("n_clusters", "words"), [(1, "1 cluster"), (6, "6 clusters")])
def test_the_title_counts_the_clusters(rdm, labels, n_clusters, words):
    figure = plot_rdm_clusters(rdm, labels % n_clusters, **WHERE)
    assert figure.axes[1].get_title() == f"By cluster ({words})"


def test_a_constant_rdm_can_be_drawn(labels):
    figure = plot_rdm_clusters(1 - np.eye(len(labels)), labels, **WHERE)
    low, high = figure.axes[0].images[0].get_clim()
    assert low < 1 < high


@pytest.mark.parametrize("simulated", [True, False])
def test_figures_of_rdms_say_what_they_are_of(rdm, labels, order, simulated):
    where = WHERE | {"view": replace(VIEW, simulated=simulated)}
    for figure in (
        plot_rdm_clusters(rdm, labels, **where),
        plot_brain_and_models(rdm, _models(rdm, 2), order, **where),
    ):
        heading = figure.get_suptitle()
        assert all(word in heading for word in ("Subject 1", "FFA-1", "faces", "A study"))
        assert ("SIMULATED" in texts(figure)) is simulated


@pytest.mark.parametrize(("n_models", "n_rows", "n_columns"), [(4, 1, 5), (5, 2, 3), (10, 3, 4)])
def test_brain_and_models_wrap_to_rows_after_five(rdm, order, n_models, n_rows, n_columns):
    figure = plot_brain_and_models(rdm, _models(rdm, n_models), order, **WHERE)
    panels = [axes for axes in figure.axes if axes.images]
    places = [axes.get_subplotspec() for axes in panels]
    assert len(panels) == n_models + 1
    assert {place.get_gridspec().get_geometry() for place in places} <= {(n_rows, n_columns)}


def test_each_panel_has_its_rdm_in_the_order_and_its_own_scale(rdm, order):
    models = _models(rdm, 3)
    figure = plot_brain_and_models(rdm, models, order, **WHERE)
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in panels] == ["Brain: FFA-1", *models]
    for axes, drawn in zip(panels, (rdm, *models.values())):
        assert_array_equal(axes.images[0].get_array(), drawn[order][:, order])
        pairs = drawn[np.triu_indices(len(drawn), 1)]
        np.testing.assert_allclose(axes.images[0].get_clim(), np.percentile(pairs, [1, 99]))
        assert axes.images[0].colorbar is not None


def test_similarities_stand_under_the_titles_of_their_models(rdm, order):
    similarities = {"Model 0": 0.123, "Model 1": np.nan, "Model 2": -0.05}
    figure = plot_brain_and_models(rdm, _models(rdm, 4), order, similarities=similarities, **WHERE)
    under = [[text.get_text() for text in axes.texts] for axes in figure.axes if axes.images]
    assert under == [[], ["r = 0.12"], [], ["r = -0.05"], []]


@pytest.mark.parametrize("width", [style.SINGLE_COLUMN, style.DOUBLE_COLUMN])
def test_no_text_of_a_figure_of_rdms_is_clipped(rdm, labels, order, width):
    models = {f"CLIP language {number} (untrained)": rdm for number in range(4)}
    similarities = dict.fromkeys(models, 0.1)
    where = WHERE | {"view": replace(VIEW, simulated=True)}
    assert overhang(plot_rdm_clusters(rdm, labels, width=width, **where)) < 0.02
    figure = plot_brain_and_models(rdm, models, order, similarities=similarities, width=width, **WHERE)
    assert overhang(figure) < 0.02
