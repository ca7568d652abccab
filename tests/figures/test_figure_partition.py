"""What the bars of explained variance show."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer

from tests.figures.drawn import REGIONS, VIEW, overhang, overlap, smallest_type, texts, with_view
from tests.figures.made_up import ROIS, make_partition
from tyrosine.errors import ParameterError
from tyrosine.figures import style
from tyrosine.figures.partition import part_looks, plot_variance_partition


def _plot(partition, **options):
    return plot_variance_partition(partition, **with_view(VIEW, options))


def _bars(figure):
    """(bottom, height) of the parts of each region, from the first drawn to the last."""
    found = {}
    for axes, rois in zip(figure.axes, REGIONS.values()):
        for container in axes.containers:
            assert isinstance(container, BarContainer)
            (patch,) = container.patches
            roi = rois[round(patch.get_x() + patch.get_width() / 2)]
            found.setdefault(roi, []).append(patch)
    return found


def _parts(partition, roi):
    return partition[(partition["roi"] == roi) & partition["kind"].isin(["unique", "shared"])]


def test_positive_parts_stand_on_zero_and_negative_ones_hang_below():
    partition = make_partition()
    bars = _bars(_plot(partition))

    assert set(bars) == {roi for _, roi in ROIS if roi != "RSC"}
    n_negative = 0
    for roi, patches in bars.items():
        estimates = _parts(partition, roi)["estimate"].to_numpy()
        np.testing.assert_allclose([patch.get_height() for patch in patches], estimates)
        above = below = 0.0
        for patch, value in zip(patches, estimates):
            assert patch.get_y() == pytest.approx(above if value > 0 else below)
            above, below = above + max(value, 0), below + min(value, 0)
        n_negative += (estimates < 0).sum()
    assert n_negative > 3


def test_the_total_is_a_diamond_with_its_interval():
    partition = make_partition()
    figure = _plot(partition)
    totals = partition[partition["kind"] == "total"].set_index("roi")
    for axes, rois in zip(figure.axes, REGIONS.values()):
        diamonds = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "D"]
        lines = [line.get_xydata() for line in axes.lines if np.ptp(line.get_ydata()) > 0]
        for (x, y), interval in zip(diamonds, lines, strict=True):
            row = totals.loc[rois[round(x)]]
            assert y == row["estimate"]
            np.testing.assert_array_equal(interval, [[x, row["lower"]], [x, row["upper"]]])


def test_parts_that_are_not_significant_are_faint():
    partition = make_partition()
    looks = part_looks(list(_parts(partition, "EBA")["component"]))
    for roi, patches in _bars(_plot(partition)).items():
        for patch, row in zip(patches, _parts(partition, roi).itertuples()):
            full = to_hex(patch.get_facecolor()) == to_hex(looks[row.component]["facecolor"])
            assert full is (row.q < 0.05)


def test_a_part_of_two_groups_has_stripes_of_both_colours():
    looks = part_looks(["vision", "language", "vision & language", "vision & language & multimodal"])
    assert looks["vision"]["facecolor"] == style.GROUPS["vision"]
    both = looks["vision & language"]
    assert (both["facecolor"], both["edgecolor"]) == (style.GROUPS["vision"], style.GROUPS["language"])
    assert both["hatch"] is not None
    assert looks["vision"]["hatch"] is None


def test_groups_that_have_no_colour_of_their_own_differ():
    looks = part_looks(["audio", "touch", "vision"])
    assert len({look["facecolor"] for look in looks.values()}) == 3


def test_an_undefined_region_has_the_word_and_the_reason():
    figure = _plot(make_partition())
    words = [(text.get_text(), text.xy[0]) for text in figure.axes[2].texts]
    assert words == [("undefined", REGIONS["places"].index("RSC"))]
    note = " ".join(figure.texts[-1].get_text().split())
    assert note.endswith("Undefined for RSC: one subject has the region.")


def test_parts_of_a_missing_group_are_left_out_with_the_reason():
    partition = make_partition(undefined=())
    gone = partition["component"].str.contains("language")
    partition.loc[gone, ["estimate", "lower", "upper", "p", "q"]] = np.nan
    partition.loc[gone, "undefined"] = "no language model in the roster"
    figure = _plot(partition)

    assert {len(patches) for patches in _bars(figure).values()} == {3}
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "Vision (unique)", "Multimodal (unique)", "Vision & multimodal", "Total, 95 % interval",
    ]  # fmt: skip
    note = " ".join(figure.texts[-1].get_text().split())
    assert note.endswith("Parts left out: no language model in the roster.")


def test_a_study_in_which_nothing_is_defined_says_so_in_every_region():
    figure = _plot(make_partition(undefined=[roi for _, roi in ROIS]))
    assert texts(figure).count("undefined") == 9
    assert not _bars(figure)


def test_a_test_that_the_table_lacks_is_refused():
    with pytest.raises(ParameterError, match="Wilcoxon .* has the tests: t-test"):
        plot_variance_partition(make_partition(), view=VIEW, test="Wilcoxon")


def test_the_t_tests_of_the_table_are_drawn_whatever_test_other_figures_show():
    figure = _plot(make_partition(), test="Wilcoxon")
    assert len(_bars(figure)) == 8
    assert "(t-test across subjects)" in " ".join(figure.texts[-1].get_text().split())


@pytest.mark.parametrize("width", [style.SINGLE_COLUMN, style.DOUBLE_COLUMN])
def test_the_bars_are_legible(width):
    figure = _plot(make_partition(), width=width, simulated=True)
    assert overhang(figure) < 0.02
    assert figure.get_size_inches()[0] == width
    assert smallest_type(figure) >= 6
    assert overlap(list(figure.legends[0].texts)) == 0
    legend = figure.legends[0].get_window_extent()
    assert not any(legend.overlaps(axes.get_tightbbox()) for axes in figure.axes)
