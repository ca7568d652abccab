"""What the similarity plot shows."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from scipy.stats import sem

from tests.figures.drawn import MODELS, REGIONS, VIEW, overhang, texts, with_view
from tests.figures.made_up import TRAINED, make_named_contrasts, make_similarities, make_view
from tyrosine.errors import ParameterError
from tyrosine.figures import style
from tyrosine.figures.similarity import plot_all_similarities, plot_main_similarities, plot_similarities
from tyrosine.figures.view import ModelView

PLACES = {roi: place for rois in REGIONS.values() for place, roi in enumerate(rois)}


def _plot(similarities, **options):
    return plot_similarities(similarities, **with_view(VIEW, options))


@pytest.fixture(scope="module")
def figure(similarities):
    return _plot(similarities)


def _error_bars(figure):
    """Mean, lower and upper end by (ROI, label), as drawn."""
    found = {}
    for axes, rois in zip(figure.axes, REGIONS.values()):
        for container in axes.containers:
            assert isinstance(container, ErrorbarContainer)
            line, _, (bars,) = container
            for (x, mean), segment in zip(line.get_xydata(), bars.get_segments()):
                ends = segment[:, 1] if len(segment) else (np.nan, np.nan)
                found[rois[round(x)], container.get_label()] = (mean, *ends)
    return found


def _colours(figure):
    return {
        container.get_label(): to_hex(container.lines[0].get_color())
        for axes in figure.axes
        for container in axes.containers
    }


def test_panels_are_selectivities_with_their_rois_in_order(figure):
    assert [axes.get_title() for axes in figure.axes] == ["Bodies", "Faces", "Places"]
    ticks = [[tick.get_text() for tick in axes.get_xticklabels()] for axes in figure.axes]
    assert ticks == list(REGIONS.values())


def test_panels_share_the_axis_of_similarity(figure):
    assert figure.axes[0].get_ylabel() == "Similarity to brain RDM (Pearson r)"
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_markers_are_means_and_bars_standard_errors_over_subjects(similarities, method):
    drawn = _error_bars(_plot(similarities, method=method))
    rows = similarities[similarities["method"] == method]
    expected = {key: group["similarity"].to_numpy() for key, group in rows.groupby(["roi", "label"])}
    assert drawn.keys() == expected.keys()
    for key, values in expected.items():
        mean, error = values.mean(), sem(values, ddof=1)
        np.testing.assert_allclose(drawn[key], (mean, mean - error, mean + error), rtol=1e-12)


def test_every_subject_is_a_faint_dot_at_its_models_place(figure, similarities):
    rows = similarities.query("method == 'pearson' and selectivity == 'faces' and model == 'bert'")
    axes = figure.axes[1]
    colour = _colours(figure)["BERT"]
    dots = next(line for line in axes.lines if line.get_alpha() and to_hex(line.get_color()) == colour)
    centre = axes.containers[list(MODELS).index("bert")].lines[0].get_xdata()
    np.testing.assert_array_equal(dots.get_ydata(), rows["similarity"])
    np.testing.assert_allclose(dots.get_xdata(), centre[rows["roi"].map(PLACES)])


def test_models_of_a_region_do_not_overlap(figure):
    axes = figure.axes[0]
    places = np.sort(np.concatenate([container.lines[0].get_xdata() for container in axes.containers]))
    assert np.diff(places).min() > 0.15


def test_one_subject_gives_no_error_bar(similarities):
    drawn = _error_bars(_plot(similarities[similarities["subject"] == 1]))
    assert len(drawn) == 36
    assert np.isnan([ends[1:] for ends in drawn.values()]).all()


def test_a_region_that_some_subjects_lack_says_how_many_have_it(figure):
    notes = {text.get_text(): text.xy[0] for axes in figure.axes for text in axes.texts}
    assert notes == {"n=7": REGIONS["faces"].index("FFA-2")}


def test_a_region_without_rows_keeps_its_place(similarities):
    figure = _plot(similarities[similarities["roi"] != "PPA"])
    assert [tick.get_text() for tick in figure.axes[2].get_xticklabels()] == REGIONS["places"]
    assert {roi for roi, _ in _error_bars(figure)} == set(PLACES) - {"PPA"}


@pytest.mark.parametrize("width", [style.SINGLE_COLUMN, style.DOUBLE_COLUMN])
def test_the_legend_is_outside_every_panel_and_nothing_is_clipped(similarities, noise_ceilings, width):
    figure = _plot(similarities, noise_ceilings=noise_ceilings, width=width, simulated=True)
    assert overhang(figure) < 0.02
    legend = figure.legends[0].get_window_extent()
    assert not any(legend.overlaps(axes.get_tightbbox()) for axes in figure.axes)


def test_the_legend_names_each_model_with_its_colour(figure):
    legend = figure.legends[0]
    shown = {
        text.get_text(): to_hex(handle.get_color()) for text, handle in zip(legend.texts, legend.get_lines())
    }
    assert list(shown) == list(MODELS.values())
    assert shown == _colours(figure)


@pytest.mark.parametrize("roster", [["bert", "clip_language"], ["clip_vision"], ["clip_language", "vit"]])
def test_a_part_of_the_roster_keeps_its_colours(figure, similarities, roster):
    full = _colours(figure)
    part = _colours(_plot(similarities[similarities["model"].isin(roster)]))
    assert part == {MODELS[name]: full[MODELS[name]] for name in roster}


def test_noise_ceilings_are_bands_from_lower_to_upper_inside_the_limits(similarities, noise_ceilings):
    figure = _plot(similarities, noise_ceilings=noise_ceilings)
    bands = [
        (rois[round(band.get_x() + band.get_width() / 2)], *band.get_bbox().intervaly)
        for axes, rois in zip(figure.axes, REGIONS.values())
        for band in axes.patches
    ]
    defined = noise_ceilings.dropna()
    assert [band[0] for band in bands] == list(defined["roi"])
    np.testing.assert_allclose([band[1:] for band in bands], defined[["lower", "upper"]])
    assert figure.axes[0].get_ylim()[1] > 0.62


def test_the_legend_names_regions_without_a_noise_ceiling(similarities, noise_ceilings):
    legend = _plot(similarities, noise_ceilings=noise_ceilings).legends[0]
    assert legend.texts[-1].get_text() == "Noise ceiling (undefined for FBA-1)"


def test_ceilings_of_another_method_are_not_drawn(similarities, noise_ceilings):
    figure = _plot(similarities, method="spearman", noise_ceilings=noise_ceilings)
    assert not any(axes.patches for axes in figure.axes)
    assert [text.get_text() for text in figure.legends[0].texts] == list(MODELS.values())


def test_zero_is_marked_and_in_view(similarities):
    high = similarities.assign(similarity=similarities["similarity"] + 0.3)
    for axes in _plot(high).axes:
        assert any(np.array_equal(line.get_ydata(), [0, 0]) for line in axes.lines)
        assert axes.get_ylim()[0] <= 0


@pytest.mark.parametrize("simulated", [True, False])
def test_only_a_simulated_study_is_called_simulated(similarities, simulated):
    assert ("SIMULATED" in texts(_plot(similarities, simulated=simulated))) is simulated


def test_several_layers_of_a_model_are_refused(similarities):
    layers = similarities["layer"].where(similarities["subject"] != 2, "layers.3")
    with pytest.raises(ParameterError, match=r"Model vit .* 2 layers \(last, layers.3\); choose one layer"):
        _plot(similarities.assign(layer=layers))


def test_a_method_that_the_table_lacks_is_refused_with_those_it_has(similarities):
    with pytest.raises(ParameterError, match=r"cosine .* methods: pearson, spearman"):
        _plot(similarities, method="cosine")


def test_the_legend_says_so_if_no_region_has_a_noise_ceiling(similarities, noise_ceilings):
    undefined = noise_ceilings.assign(lower=np.nan, upper=np.nan, n_subjects=1)
    legend = _plot(similarities, noise_ceilings=undefined).legends[0]
    assert legend.texts[-1].get_text() == "Noise ceiling (undefined for 9 regions)"


def _labels(figure):
    return {container.get_label() for axes in figure.axes for container in axes.containers}


@pytest.mark.parametrize(
    ("n_models", "main", "expected"),
    [
        (18, (), [entry[0] for entry in TRAINED.values()]),
        (18, ("bert", "vit"), ["ViT", "BERT"]),
        (4, (), list(MODELS.values())),
    ],
)
def test_the_main_plot_shows_the_networks_or_the_models_that_are_named(n_models, main, expected):
    figure = plot_main_similarities(make_similarities(n_models), view=make_view(n_models, main=main))
    assert _labels(figure) == set(expected)


def test_features_of_stimuli_are_no_main_models_unless_there_is_nothing_else():
    features = {name: ModelView(label, "stimulus") for name, label in MODELS.items()}
    some = {**VIEW.models, "bert": features["bert"]}
    assert "bert" not in replace(VIEW, models=some).main_models
    assert replace(VIEW, models=features).main_models == list(MODELS)


def test_a_second_plot_has_all_models_where_the_main_one_lacks_some():
    (figure,) = plot_all_similarities(make_similarities(18), view=make_view(18)).values()
    assert len(_labels(figure)) == 18
    assert plot_all_similarities(make_similarities(9), view=make_view(9)) == {}


def test_brackets_are_those_of_the_question_that_the_view_names():
    contrasts = make_named_contrasts()
    asked = contrasts["contrast"] == "autoencoding"
    contrasts.loc[asked, "question"] = "task"
    view = make_view(9, question="task", ask="What does the task do?")

    figure = plot_main_similarities(make_similarities(9), contrasts=contrasts, view=view)

    print_ = " ".join(" ".join(texts(figure)).split())
    assert "contrasts of the question “What does the task do?”" in print_
    assert "a: ViT-MAE − ViT." in print_
    assert "b: " not in print_


def test_a_contrast_has_no_bracket_where_the_plot_lacks_some_of_its_models():
    view = make_view(9, main=("clip_vision", "vit", "vit_mae"))
    figure = plot_main_similarities(make_similarities(9), contrasts=make_named_contrasts(), view=view)
    print_ = " ".join(" ".join(texts(figure)).split())
    assert "a: ViT-MAE − ViT." in print_
    assert "CLIP vision −" not in print_
