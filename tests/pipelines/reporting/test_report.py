"""The report of a run, against the run's tables."""

import json
import re
from urllib.parse import unquote

import numpy as np
import pandas as pd
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

    over_represented = table[(table["q"] < 0.9) & (table["size"] > 1)]
    assert not over_represented.empty
    for _, rows in over_represented.groupby(["roi", "cluster"]):
        strongest = rows.loc[rows["odds_ratio"].idxmax()]
        ratio = "∞" if np.isinf(strongest["odds_ratio"]) else f"{strongest['odds_ratio']:.3g}"
        assert f"{strongest[name]} ({ratio})" in report


def test_the_report_takes_less_than_five_megabytes(finished):
    assert len(finished.load("report").encode("utf-8")) < 5_000_000


def test_every_file_that_the_report_links_to_is_there(finished):
    report, folder = finished.load("report"), finished.root / "data/08_reporting/simulated"
    links = set(re.findall(r'href="(?!https:|#)([^"]+)"', report))
    assert {"figures/similarities.png", "figures/similarities.pdf", "tables/similarities.csv"} <= links
    for link in links:
        assert (folder / unquote(link)).is_file(), link
    assert (folder / "references.bib").read_text(encoding="utf-8").count("@article{Nili2014,") == 1
    assert "[@Nili2014]" in (folder / "methods.md").read_text(encoding="utf-8")


def test_the_tables_beside_the_report_are_those_of_the_catalog(finished):
    tables = finished.load("figure_data")
    similarities = pd.read_csv(tables["similarities"])
    np.testing.assert_allclose(
        similarities["similarity"], finished.load("similarities")["similarity"], rtol=1e-5
    )
    rdms = pd.read_csv(tables["brain_rdms"], dtype={"stimulus_a": str, "stimulus_b": str})
    np.testing.assert_allclose(
        rdms.iloc[:, 2:].to_numpy().T, finished.load("brain_rdms").dissimilarities, rtol=1e-5, atol=1e-9
    )


def test_without_images_no_image_of_a_stimulus_is_in_the_report(copy):
    def images(report):
        content = report.split('id="explorer-content">')[1].split("</script>")[0]
        return len(json.loads(content)["images"])

    assert images(copy.load("report")) == len(copy.load("stimuli"))
    assert "Central stimuli of clusters" in copy.load("report")

    copy.run("reporting", params={"report": {"images": False}})

    report = copy.load("report")
    assert images(report) == 0
    assert "Central stimuli of clusters" not in report
    assert "as report.images says" in report
    # What is left are figures, none of which shows stimuli.
    assert report.count('src="data:image') == report.count("<figure ")


def test_everything_shown_says_simulated(finished):
    assert "SIMULATED" in finished.load("report")
    assert finished.load("raw_study")["simulated"]
