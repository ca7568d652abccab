"""The report's tables of clusters, from small tables by hand."""

import numpy as np
import pandas as pd
import pytest

from tyrosine.report.cluster_tables import tabulate_characteristics, tabulate_clusters

ENRICHED = ["subject", "roi", "cluster", "category", "odds_ratio", "p", "q"]


@pytest.fixture
def sizes():
    rows = [
        (1, "EBA", 3, 9, 0.2),
        (1, "EBA", 0, 2, -0.0001),
        (1, "EBA", 1, 1, 0.0),
        (1, "PPA", 0, 12, np.nan),
    ]
    return pd.DataFrame(rows, columns=["subject", "roi", "cluster", "size", "silhouette"])


def test_clusters_have_their_sizes_and_the_reason_of_what_is_undefined(sizes):
    summary = pd.DataFrame(
        {
            "subject": 1,
            "roi": ["EBA", "PPA"],
            "n_clusters": [3, 1],
            "n_singletons": [1, 0],
            "silhouette": [0.15, np.nan],
            "silhouette_undefined": ["", "one cluster"],
            "cut_by": ["null", "threshold"],
            "stability": [0.4321, np.nan],
            "cophenetic_correlation": [0.61239, np.nan],
        }
    )

    assert tabulate_clusters(summary, sizes).values.tolist() == [
        [1, "EBA", 3, "null", 1, "0.150", "0.612", "0.432", "9, 2, 1"],
        [1, "PPA", 1, "threshold", 0, "undefined (one cluster)", "undefined", "undefined", "12"],
    ]


def test_clusters_are_characterised_by_categories_with_their_odds_ratios(sizes):
    categories = pd.DataFrame(
        [
            (1, "EBA", 3, "person", 12.345, 0.001, 0.002),
            (1, "EBA", 3, "dog", np.inf, 0.001, 0.01),
            (1, "EBA", 3, "cat", 99.0, 0.2, 0.3),
            (1, "PPA", 0, "bed", 2.0, 0.01, 0.04),
        ],
        columns=ENRICHED,
    )
    groups = categories.rename(columns={"category": "supercategory"}).iloc[:1]

    table = tabulate_characteristics(sizes, categories, groups)

    assert table.iloc[:, 1:].values.tolist() == [
        ["EBA", 3, 9, "0.200", "dog (∞), person (12.3)", "person (12.3)"],
        ["EBA", 0, 2, "0.000", "–", "–"],
        ["PPA", 0, 12, "undefined", "bed (2)", "–"],
    ]
