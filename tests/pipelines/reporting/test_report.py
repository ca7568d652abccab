"""The report of a run, against the run's tables."""

import numpy as np
import pytest


def test_missing_regions_are_recorded(finished):
    coverage = finished.load("region_coverage")

    assert coverage[~coverage["covered"]][["subject", "roi", "n_voxels"]].values.tolist() == [[3, "FFA-2", 0]]
    assert "Subject 3 lacks FFA-2" in finished.load("report")


def test_the_report_shows_the_clusters_of_every_region(finished):
    report, sizes = finished.load("report"), finished.load("cluster_sizes")

    for (subject, roi), rows in sizes.groupby(["subject", "roi"]):
        assert f"Central stimuli of clusters: subject {subject}, {roi}" in report
        assert ", ".join(map(str, rows["size"])) in report


@pytest.mark.parametrize("name", ["category", "supercategory"])
def test_the_report_names_the_strongest_category_of_each_cluster(finished, name):
    report, sizes = finished.load("report"), finished.load("cluster_sizes")
    table = finished.load(f"cluster_{name[:-1]}ies").merge(sizes, on=["subject", "roi", "cluster"])

    over_represented = table[(table["q"] < 0.5) & (table["size"] > 1)]
    assert not over_represented.empty
    for _, rows in over_represented.groupby(["roi", "cluster"]):
        strongest = rows.loc[rows["odds_ratio"].idxmax()]
        ratio = "∞" if np.isinf(strongest["odds_ratio"]) else f"{strongest['odds_ratio']:.3g}"
        assert f"{strongest[name]} ({ratio})" in report


def test_everything_shown_says_simulated(finished):
    assert "SIMULATED" in finished.load("report")
    assert finished.load("raw_study")["simulated"]
