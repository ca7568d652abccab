"""The report of a run, against the run's tables."""


def test_missing_regions_are_recorded(finished):
    coverage = finished.load("region_coverage")

    assert coverage[~coverage["covered"]][["subject", "roi", "n_voxels"]].values.tolist() == [[3, "FFA-2", 0]]
    assert "Subject 3 lacks FFA-2" in finished.load("report")


def test_the_report_says_what_characterises_each_cluster(finished):
    report = finished.load("report")

    assert "Categories that characterise the clusters" in report
    assert "supercategories (odds ratio)" in report
    assert "Dendrograms: subject 1" in report
    assert "Central stimuli of clusters: subject 1, EBA" in report


def test_everything_shown_says_simulated(finished):
    assert "SIMULATED" in finished.load("report")
    assert finished.load("raw_study")["simulated"]
