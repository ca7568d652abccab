"""What a specification curve shows."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tests.figures.drawn import VIEW, overhang, smallest_type, texts
from tyrosine.figures import style
from tyrosine.figures.specification_curve import plot_specification_curves


@pytest.fixture(scope="module")
def survival():
    """A contrast in 24 analyses, of which one has no estimate, and one in a single analysis."""
    rng = np.random.default_rng(0)
    rows = pd.MultiIndex.from_product(
        [
            ["correlation", "euclidean"],
            ["pearson", "spearman", "cka"],
            ["none", "vit", "bert", "clip_vision"],
        ],
        names=["brain_distance", "method", "left_out"],
    ).to_frame(index=False)
    estimate = rng.normal(0.03, 0.02, len(rows))
    table = rows.assign(
        contrast="c", label_a="vision models", label_b="language models", captions="as in the run",
        stimulus_groups="category", layer="reported", estimate=estimate, lower=estimate - 0.02,
        upper=estimate + 0.02,
        verdict=np.where(estimate > 0.02, "higher", "no evidence"), main=rows.index == 0,
    )  # fmt: skip
    table.loc[5, ["estimate", "lower", "upper", "verdict"]] = [np.nan, np.nan, np.nan, "undefined"]
    table["stands"] = table["verdict"] == table["verdict"][0]
    other = table.iloc[[0]].assign(contrast="alone", label_b="")
    return pd.concat([table, other], ignore_index=True)


@pytest.fixture(scope="module")
def figure(survival):
    return plot_specification_curves(survival, view=VIEW)["c"]


def test_there_is_a_curve_for_each_contrast(survival):
    assert list(plot_specification_curves(survival, view=VIEW)) == ["c", "alone"]


def test_estimates_rise_and_have_their_intervals_and_colours(survival, figure):
    upper = figure.axes[0]
    drawn = survival[(survival["contrast"] == "c") & (survival["verdict"] != "undefined")]
    drawn = drawn.sort_values("estimate")
    points, run = upper.collections[1], upper.collections[2]
    together = np.concatenate([points.get_offsets(), run.get_offsets()])
    together = together[together[:, 0].argsort()]
    np.testing.assert_allclose(together, np.c_[np.arange(23), drawn["estimate"]])
    segments = np.array([segment[:, 1] for segment in upper.collections[0].get_segments()])
    np.testing.assert_allclose(segments, drawn[["lower", "upper"]])
    assert run.get_offsets()[0][1] == survival["estimate"][0]
    expected = [style.COOL[1] if stands else style.WARM[0] for stands in drawn["stands"]]
    assert [to_hex(colour).upper() for colour in upper.collections[0].get_colors()] == expected


def test_each_analysis_has_a_mark_for_each_of_its_choices(survival, figure):
    lower = figure.axes[1]
    labels = [tick.get_text() for tick in lower.get_yticklabels()]
    assert labels == [
        "Brain distance: correlation", "euclidean", "Similarity: Pearson r", "Spearman ρ", "linear CKA",
        "Left out: none", "ViT", "BERT", "CLIP vision",
    ]  # fmt: skip
    drawn = survival[(survival["contrast"] == "c") & (survival["verdict"] != "undefined")]
    drawn = drawn.sort_values("estimate", ignore_index=True)
    marks = [np.sort(row.get_offsets()[:, 0]) for row in lower.collections]
    np.testing.assert_array_equal(marks[3], np.flatnonzero(drawn["method"] == "spearman"))
    np.testing.assert_array_equal(marks[6], np.flatnonzero(drawn["left_out"] == "vit"))


def test_the_small_print_counts_analyses_without_an_estimate(figure):
    small_print = " ".join(" ".join(texts(figure)).split())
    assert "1 of 24 analyses gave no estimate." in small_print
    assert smallest_type(figure) >= style.NOTE_SIZE
    assert overhang(figure) <= 1
