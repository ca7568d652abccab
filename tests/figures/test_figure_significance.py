"""Stars, brackets and untrained twins in the similarity plot."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tests.figures.drawn import REGIONS, overhang, overlap, smallest_type, texts, with_view
from tests.figures.made_up import (
    ROIS,
    TRAINED,
    make_bootstraps,
    make_ceilings,
    make_contrasts,
    make_model_tests,
    make_named_contrasts,
    make_similarities,
    make_view,
)
from tyrosine.figures import style
from tyrosine.figures.significance import Bracket, stack_brackets
from tyrosine.figures.similarity import plot_similarities

WIDTHS = [style.SINGLE_COLUMN, style.DOUBLE_COLUMN]


@pytest.fixture(scope="module")
def nine():
    return make_similarities(9)


@pytest.fixture(scope="module")
def eighteen():
    return make_similarities(18)


def _plot(similarities, n_models, **options):
    return plot_similarities(similarities, **with_view(make_view(n_models), options))


def _small_print(figure):
    """What stands under the figure, without line breaks."""
    return " ".join(figure.texts[-1].get_text().split())


def _centres(axes):
    """Where each model is drawn in the panel's first region, by label."""
    return {bars.get_label(): bars.lines[0].get_xdata()[0] for bars in axes.containers}


def _stars(figure):
    """(ROI, colour, whether filled) of each star above a panel."""
    found = []
    for axes, rois in zip(figure.axes, REGIONS.values()):
        for line in axes.lines:
            if line.get_marker() == "*" and not line.get_clip_on():
                (x,) = line.get_xdata()
                filled = to_hex(line.get_markerfacecolor()) != "#ffffff"
                found.append((rois[round(x)], to_hex(line.get_color()), filled))
    return found


def _brackets(figure):
    """Text, ROI and both ends, relative to the middle of the region, of each bracket."""
    found = []
    for axes, rois in zip(figure.axes, REGIONS.values()):
        letters = [text for text in axes.texts if text.get_text()[-1] in "+−"]
        spans = [line.get_xdata() for line in axes.lines if line.get_marker() == "|"]
        for text, span in zip(letters, spans, strict=True):
            place = round(np.mean(span))
            assert text.get_position()[0] == pytest.approx(np.mean(span))
            found.append((text.get_text(), rois[place], *np.round(span - place, 6)))
    return found


def test_stars_of_the_dual_bootstrap_are_those_over_both(nine):
    bootstraps = make_bootstraps(nine)
    weak = bootstraps["model"] == "bert"
    bootstraps["q"] = bootstraps["q"].where(~weak, 0.2)

    figure = _plot(nine, 9, bootstrap_similarities=bootstraps, test="dual bootstrap")

    shown = bootstraps[(bootstraps["over"] == "both") & (bootstraps["q"] < 0.05)]
    colours = make_view(9).colours
    assert sorted(_stars(figure)) == sorted(
        (row.roi, colours[row.model].lower(), True) for row in shown.itertuples()
    )
    assert 0 < len(shown) < 81
    assert "Above chance, q < 0.05 (dual bootstrap)" in " ".join(texts(figure)).replace("\n", " ")


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ("category", "new subjects and new categories of stimuli."),
        ("", "new subjects and new stimuli of these kinds."),
        ("run", "new subjects and new groups by run."),
    ],
)
def test_the_small_print_says_what_the_dual_bootstrap_holds_for(nine, groups, told):
    bootstraps = make_bootstraps(nine, groups)

    figure = _plot(nine, 9, bootstrap_similarities=bootstraps, test="dual bootstrap")

    assert _small_print(figure).endswith(told)


def test_the_small_print_says_that_a_test_across_subjects_is_about_these_stimuli(nine):
    figure = _plot(nine, 9, model_tests=make_model_tests(nine))

    assert _small_print(figure) == (
        "T-test: t-test across subjects; it speaks of new subjects and these very stimuli."
    )


def test_without_a_bootstrap_the_small_print_says_why_and_no_star_is_explained(nine):
    reason = "no bootstrap over stimuli for this method"
    bootstraps = make_bootstraps(nine).assign(q=np.nan, undefined=reason)

    figure = _plot(nine, 9, bootstrap_similarities=bootstraps, test="dual bootstrap")

    assert not _stars(figure)
    assert _small_print(figure) == f"No dual bootstrap: {reason}."
    assert not any("above chance" in text.lower() for text in texts(figure))


def test_models_above_chance_have_a_star_in_their_colour(nine):
    tests = make_model_tests(nine)
    weak = tests["model"].isin(["gpt2", "bert"]) & (tests["roi"] != "EBA")
    tests["q"] = tests["q"].where(~weak, 0.2)

    stars = _stars(_plot(nine, 9, model_tests=tests))

    colours = make_view(9).colours
    shown = tests[(tests["test"] == "t-test") & (tests["question"] == "above chance") & (tests["q"] < 0.05)]
    assert 0 < len(shown) < 81
    assert sorted(stars) == sorted((row.roi, colours[row.model].lower(), True) for row in shown.itertuples())


def test_another_test_and_limit_can_be_chosen(nine):
    tests = make_model_tests(nine)
    assert not _stars(_plot(nine, 9, model_tests=tests, test="Wilcoxon"))
    tests["q"] = 0.03
    assert len(_stars(_plot(nine, 9, model_tests=tests, test="Wilcoxon"))) == 81
    figure = _plot(nine, 9, model_tests=tests, max_q=0.01)
    assert not _stars(figure)
    assert "None above chance, q ≥ 0.01 (t-test)" in texts(figure)


def test_tests_of_one_subject_and_of_other_layers_are_no_stars(nine):
    tests = make_model_tests(nine)
    within = tests.assign(subject=1).astype({"subject": "Int64"})
    assert not _stars(_plot(nine, 9, model_tests=within))
    assert not _stars(_plot(nine, 9, model_tests=tests.assign(layer="layers.1")))


def test_untested_models_have_no_star(nine):
    tests = make_model_tests(nine)
    tests.loc[tests["roi"] == "EBA", ["q", "p"]] = np.nan
    assert {roi for roi, *_ in _stars(_plot(nine, 9, model_tests=tests))} == {
        roi for _, roi in ROIS if roi != "EBA"
    }


def test_a_contrast_of_two_models_is_a_bracket_from_one_to_the_other(nine):
    contrasts = make_contrasts([("autoencoding", "vit_mae", "vit", "FFA-2", -0.03, 0.01)])
    figure = _plot(nine, 9, contrasts=contrasts)

    centres = _centres(figure.axes[1])
    expected = ("a−", "FFA-2", round(centres["ViT-MAE"], 6), round(centres["ViT"], 6))
    assert _brackets(figure) == [expected]
    assert "a: ViT-MAE − ViT." in _small_print(figure)


def test_a_contrast_of_groups_is_a_bracket_between_their_middles(nine):
    contrasts = make_contrasts([("multimodal", "clip_language clip_vision", "vit vit_mae", "OPA", 0.1, 0.01)])
    figure = _plot(nine, 9, contrasts=contrasts)

    centres = _centres(figure.axes[2])
    first = (centres["CLIP vision"] + centres["CLIP language"]) / 2
    second = (centres["ViT"] + centres["ViT-MAE"]) / 2
    assert _brackets(figure) == [("a+", "OPA", round(first, 6), round(second, 6))]


def test_only_significant_named_contrasts_of_single_regions_are_drawn(nine):
    contrasts = make_named_contrasts(lambda place, contrast: 0.01 if place in (2, 9) else 0.05)
    pairs = make_named_contrasts().assign(kind="pair")
    others = make_named_contrasts().assign(test="dual bootstrap")
    for table in (contrasts, pairs, others):
        brackets = _brackets(_plot(nine, 9, contrasts=table))
        assert [(text, roi) for text, roi, *_ in brackets] == [
            (text, "EBA") for text in ("a+", "b+", "c−") if table is contrasts
        ]


def test_a_region_gets_three_brackets_and_the_small_print_counts_the_rest(nine):
    rows = [
        (f"contrast {number}", name, "vit", "EBA", 0.1, 0.04 - number / 1000)
        for number, name in enumerate(["vit_mae", "bert", "gpt2", "mpnet", "clip_vision"])
    ]
    figure = _plot(nine, 9, contrasts=make_contrasts(rows))

    assert len(_brackets(figure)) == 3
    note = _small_print(figure)
    assert "those with the smallest q (2 more in the table)" in note
    assert note.endswith("a: GPT-2 − ViT; b: MPNet − ViT; c: CLIP vision − ViT.")


def test_a_contrast_whose_direction_depends_on_single_models_has_no_bracket_but_a_count(nine):
    both = "clip_language clip_vision"
    contrasts = make_contrasts(
        [
            ("kinds", both, "vit vit_mae", "OPA", 0.1, 0.01),
            ("kinds", both, "vit vit_mae", "PPA", 0.1, 0.01),
            ("two", "vit", "bert", "PPA", -0.1, 0.02),
            ("unclear", both, "bert gpt2", "PPA", 0.1, 0.2),
        ]
    )
    robustness = contrasts.assign(holds=[False, True, True, False])
    # What holds by another method says nothing of this one.
    robustness = pd.concat([robustness, contrasts.assign(holds=True, method="spearman")])

    figure = _plot(nine, 9, contrasts=contrasts, contrast_robustness=robustness)

    assert [(text, roi) for text, roi, *_ in _brackets(figure)] == [("a+", "PPA"), ("b−", "PPA")]
    told = "No bracket for 1 contrast with q < 0.05 whose direction depends on single models."
    assert _small_print(figure).endswith(told)
    without = _plot(nine, 9, contrasts=contrasts, contrast_robustness=robustness.assign(holds=False))
    assert not _brackets(without) and "No bracket for 3 contrasts with q < 0.05" in _small_print(without)
    assert len(_brackets(_plot(nine, 9, contrasts=contrasts))) == 3


def test_contrasts_without_a_drawn_model_have_no_bracket(nine):
    without = nine[~nine["model"].isin(["vit_mae", "vit"])]
    table = make_named_contrasts()
    table = table[table["contrast"] == "autoencoding"]
    assert not _brackets(_plot(without, 9, contrasts=table))


def test_brackets_of_a_region_that_would_touch_are_stacked():
    brackets = [
        Bracket("EBA", "a", "+", -0.3, 0.1),
        Bracket("EBA", "b", "+", 0.0, 0.3),
        Bracket("EBA", "c", "+", 0.2, 0.3),
        Bracket("OFA", "a", "+", 0.0, 0.3),
        Bracket("EBA", "d", "+", -0.31, -0.3),
    ]
    assert stack_brackets(brackets, 0.05) == [0, 1, 0, 0, 1]
    # A letter is wider than a short bracket.
    assert stack_brackets([brackets[0], Bracket("EBA", "c", "+", 0.12, 0.13)], 0.1) == [0, 1]


def test_twins_are_hollow_and_stand_beside_their_trained_model(eighteen):
    figure = _plot(eighteen, 18)
    for axes in figure.axes:
        bars = {container.get_label(): container.lines[0] for container in axes.containers}
        assert len(bars) == 18
        for label, *_ in TRAINED.values():
            trained, twin = bars[label], bars[f"{label} (untrained)"]
            # Nearer to it than to the next model, and to its right.
            aside = twin.get_xdata() - trained.get_xdata()
            np.testing.assert_allclose(aside, 0.45 * 0.8 / 9)
            assert twin.get_color() == trained.get_color()
            assert twin.get_marker() == trained.get_marker()
            assert to_hex(twin.get_markerfacecolor()) == "#ffffff"
            assert to_hex(trained.get_markerfacecolor()) == to_hex(trained.get_color())


def test_the_legend_has_one_entry_for_all_twins(eighteen):
    labels = [text.get_text() for text in _plot(eighteen, 18).legends[0].texts]
    assert labels == [*(entry[0] for entry in TRAINED.values()), "Untrained twin (hollow)"]


def test_a_twin_without_its_trained_model_is_drawn_as_any_model(eighteen):
    alone = eighteen[~eighteen["model"].isin(["vit"])]
    figure = _plot(alone, 18)
    bars = {container.get_label(): container.lines[0] for container in figure.axes[0].containers}
    twin = bars["ViT (untrained)"]
    assert to_hex(twin.get_markerfacecolor()) == to_hex(twin.get_color())
    assert "ViT (untrained)" in [text.get_text() for text in figure.legends[0].texts]


def test_stars_of_twins_are_hollow_and_in_a_row_of_their_own(eighteen):
    stars = _stars(_plot(eighteen, 18, model_tests=make_model_tests(eighteen).assign(q=0.01)))
    assert sum(filled for *_, filled in stars) == sum(not filled for *_, filled in stars) == 81


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("n_models", [4, 9, 18])
def test_the_full_plot_is_legible(n_models, width):
    similarities = make_similarities(n_models)
    figure = _plot(
        similarities,
        n_models,
        noise_ceilings=make_ceilings(),
        model_tests=make_model_tests(similarities),
        contrasts=make_named_contrasts(),
        simulated=True,
        width=width,
    )
    assert overhang(figure) < 0.02
    assert figure.get_size_inches()[0] == width
    assert smallest_type(figure) >= 6
    for axes in figure.axes:
        ticks = axes.get_xticklabels()
        assert overlap([*axes.texts, axes.title]) < 0.05
        assert overlap(ticks) < 0.35 if ticks[0].get_rotation() else overlap(ticks) == 0
        # Models stand at least as far apart as they are wide: no marker covers that of another model or twin.
        centres = np.unique(np.round(list(_centres(axes).values()), 6))
        pitch = np.diff(axes.transData.transform(np.column_stack([centres, centres]))[:, 0]) * 72 / figure.dpi
        size = max(bars.lines[0].get_markersize() for bars in axes.containers)
        assert pitch.min() >= size - 0.15
        assert size > 2
    legend = figure.legends[0].get_window_extent()
    note = next(text for text in figure.texts if text.get_text().startswith("Brackets")).get_window_extent()
    assert not note.overlaps(legend)
    assert not any(box.overlaps(axes.get_tightbbox()) for axes in figure.axes for box in (legend, note))


def test_panels_are_stacked_where_models_would_be_too_narrow(nine):
    wide, narrow = _plot(make_similarities(4), 4), _plot(nine, 9)
    for figure, geometry in ((wide, (1, 3)), (narrow, (3, 1))):
        grids = {axes.get_subplotspec().get_gridspec().get_geometry() for axes in figure.axes}
        assert grids == {geometry}
