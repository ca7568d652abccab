"""What the heatmap of models and regions shows."""

import numpy as np
import pytest
from matplotlib.patches import Polygon

from tests.figures.drawn import REGIONS, overhang, overlap, smallest_type, texts, with_view
from tests.figures.made_up import (
    ROIS,
    TRAINED,
    make_bootstraps,
    make_model_tests,
    make_similarities,
    make_view,
)
from tyrosine.errors import ParameterError
from tyrosine.figures import style
from tyrosine.figures.heatmaps import plot_similarity_heatmap

ALL_ROIS = [roi for _, roi in ROIS]


@pytest.fixture(scope="module")
def eighteen():
    return make_similarities(18)


def _plot(similarities, n_models=18, **options):
    return plot_similarity_heatmap(similarities, **with_view(make_view(n_models), options))


def _cells(figure):
    """The drawn matrix without the gaps between groups."""
    values = np.ma.filled(figure.axes[0].collections[0].get_array(), np.nan)
    values = values[~np.isnan(values).all(axis=1)]
    return values[:, ~np.isnan(values).all(axis=0)]


def _labels(axis):
    return [label.get_text() for label in axis]


def test_cells_are_means_over_subjects(eighteen):
    figure = _plot(eighteen)

    means = eighteen.groupby(["model", "roi"])["similarity"].mean().unstack("roi")
    vision = ["vit", "vit_mae", "segmentation", "dinov2", "clip_vision"]
    order = [
        part
        for name in [*vision, "bert", "gpt2", "mpnet", "clip_language"]
        for part in (name, f"{name}_untrained")
    ]
    np.testing.assert_allclose(_cells(figure), means.loc[order, ALL_ROIS])


def test_rows_are_grouped_by_modality_with_the_twin_under_its_model(eighteen):
    axes = _plot(eighteen).axes[0]
    labels = _labels(axes.get_yticklabels())
    assert labels[::2] == [
        *(label for label, modality, *_ in TRAINED.values() if modality == "vision"),
        *(label for label, modality, *_ in TRAINED.values() if modality == "language"),
    ]
    assert labels[1::2] == ["untrained"] * 9
    steps = np.diff(axes.get_yticks())
    assert np.flatnonzero(steps > 1.01).tolist() == [9]


def test_columns_are_grouped_by_selectivity(eighteen):
    axes = _plot(eighteen).axes[0]
    assert _labels(axes.get_xticklabels()) == ALL_ROIS
    assert np.flatnonzero(np.diff(axes.get_xticks()) > 1.01).tolist() == [2, 5]
    titles = {text.get_text(): text.xy[0] for text in axes.texts if text.get_text()[0].isupper()}
    centres = dict(zip(ALL_ROIS, axes.get_xticks()))
    assert titles == pytest.approx(
        {style.panel_title(name): np.mean([centres[roi] for roi in rois]) for name, rois in REGIONS.items()}
    )


def test_each_cell_says_its_mean(eighteen):
    figure = _plot(eighteen)
    axes = figure.axes[0]
    written = {
        text.get_position(): text.get_text() for text in axes.texts if not text.get_text()[0].isupper()
    }
    cells = _cells(figure)
    assert len(written) == cells.size
    for (x, y), text in written.items():
        value = cells[np.flatnonzero(axes.get_yticks() == y)[0], np.flatnonzero(axes.get_xticks() == x)[0]]
        assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.0051)


def test_cells_not_above_chance_have_a_corner(eighteen):
    tests = make_model_tests(eighteen)
    figure = _plot(eighteen, model_tests=tests)

    axes = figure.axes[0]
    corners = [patch for patch in axes.patches if isinstance(patch, Polygon)]
    found = set()
    for corner in corners:
        x, y = corner.get_xy()[1]
        found.add((round(x - 0.5, 6), round(y + 0.5, 6)))
    shown = tests[(tests["test"] == "t-test") & (tests["question"] == "above chance")]
    at_chance = shown[shown["q"] >= 0.05]
    assert len(at_chance) > 3
    trained = [label for label in _labels(axes.get_yticklabels()) if label != "untrained"]
    rows = dict(zip(trained, axes.get_yticks()[::2]))
    rows |= {f"{label} (untrained)": place for label, place in zip(trained, axes.get_yticks()[1::2])}
    columns = dict(zip(ALL_ROIS, axes.get_xticks()))
    assert found == {
        (round(columns[row.roi], 6), round(rows[row.label], 6)) for row in at_chance.itertuples()
    }


def test_corners_of_the_dual_bootstrap_are_those_over_both(eighteen):
    bootstraps = make_bootstraps(eighteen)

    figure = _plot(eighteen, bootstrap_similarities=bootstraps, test="dual bootstrap")

    corners = [patch for patch in figure.axes[0].patches if isinstance(patch, Polygon)]
    both = bootstraps[bootstraps["over"] == "both"]
    assert len(corners) == (both["q"] >= 0.05).sum() > 3
    assert "it speaks of new subjects and new categories of stimuli." in " ".join(
        figure.texts[-1].get_text().split()
    )


def test_regions_that_could_not_be_tested_are_named(eighteen):
    tests = make_model_tests(eighteen)
    tests.loc[tests["roi"].isin(["FBA-1", "RSC"]), "q"] = np.nan
    assert "Not tested: FBA-1, RSC." in " ".join(
        _plot(eighteen, model_tests=tests).texts[-1].get_text().split()
    )


def test_a_region_without_rows_is_an_empty_column(eighteen):
    figure = _plot(eighteen[eighteen["roi"] != "PPA"])
    assert _labels(figure.axes[0].get_xticklabels()) == ALL_ROIS
    assert _cells(figure).shape == (18, 8)


def test_the_scale_holds_zero_and_the_best(eighteen):
    low, high = _plot(eighteen).axes[0].collections[0].get_clim()
    means = eighteen.groupby(["model", "roi"])["similarity"].mean()
    assert low == min(0, means.min())
    assert high == pytest.approx(means.max())


def test_several_layers_are_refused():
    with pytest.raises(ParameterError, match="Model vit has similarities of 2 layers"):
        _plot(make_similarities(4, ("layers.0", "layers.1")), 4)


@pytest.mark.parametrize("width", [style.SINGLE_COLUMN, style.DOUBLE_COLUMN])
@pytest.mark.parametrize("n_models", [4, 18])
def test_the_heatmap_is_legible(n_models, width):
    similarities = make_similarities(n_models)
    figure = _plot(
        similarities, n_models, model_tests=make_model_tests(similarities), simulated=True, width=width
    )
    assert overhang(figure) < 0.02
    assert figure.get_size_inches()[0] <= width
    assert smallest_type(figure) >= 6
    axes = figure.axes[0]
    assert overlap([*axes.texts, *axes.get_xticklabels()]) == 0
    assert overlap(axes.get_yticklabels()) == 0
    assert "SIMULATED" in texts(figure)
