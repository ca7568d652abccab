"""Enrichment against SciPy's exact test, and q by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from tyrosine.errors import ParameterError
from tyrosine.rsa.enrichment import characterising, measure_enrichment, odds_ratio


def random_study(seed, n_stimuli, n_clusters, n_categories):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_clusters, n_stimuli)
    members = rng.random((n_stimuli, n_categories)) < rng.uniform(0.02, 0.6, n_categories)
    return labels, members


@pytest.mark.parametrize("shape", [(8, 3, 4), (40, 5, 12), (872, 30, 20)])
def test_p_and_odds_ratio_are_those_of_fishers_exact_test(shape):
    labels, members = random_study(1, *shape)

    table = measure_enrichment(labels, members)

    for row in table.sample(min(len(table), 60), random_state=0).itertuples():
        inside, has = labels == row.cluster, members[:, row.column]
        cells = [
            [(inside & has).sum(), (inside & ~has).sum()],
            [(~inside & has).sum(), (~inside & ~has).sum()],
        ]
        exact = fisher_exact(cells, alternative="greater")
        assert row.count == cells[0][0]
        assert row.p == pytest.approx(exact.pvalue, rel=1e-9)
        assert row.odds_ratio == pytest.approx(exact.statistic, nan_ok=True)


def test_every_shared_stimulus_is_counted_and_no_row_is_empty():
    labels, members = random_study(2, 60, 6, 9)

    table = measure_enrichment(labels, members)

    assert (table["count"] > 0).all()
    assert not table.duplicated(["cluster", "column"]).any()
    np.testing.assert_array_equal(
        table.groupby("column")["count"].sum().reindex(range(9), fill_value=0), members.sum(axis=0)
    )
    assert table.groupby("cluster")["n_cluster"].first().sum() == 60


def benjamini_hochberg(p):
    """The definition: smallest m p_(j) / j over all j from the rank of p on."""
    ranked = np.sort(p)
    candidates = len(p) * ranked / np.arange(1, len(p) + 1)
    return np.array(
        [min(1.0, candidates[np.searchsorted(ranked, value, side="right") - 1 :].min()) for value in p]
    )


def test_q_is_adjusted_over_all_clusters_and_categories_that_occur():
    labels, members = random_study(3, 50, 5, 8)
    members[:, 6] = False

    table = measure_enrichment(labels, members)

    p = np.ones((5, 8))
    p[table["cluster"], table["column"]] = table["p"]
    tested = np.delete(p, 6, axis=1)
    expected = np.insert(benjamini_hochberg(tested.ravel()).reshape(tested.shape), 6, 1.0, axis=1)
    np.testing.assert_allclose(table["q"], expected[table["cluster"], table["column"]], rtol=1e-12)


def test_q_of_four_tests_by_hand():
    # Two clusters of four; the first category fills the first cluster, the second is in half of each.
    labels = np.repeat([0, 1], 4)
    members = np.array([[1, 1], [1, 1], [1, 0], [1, 0], [0, 1], [0, 1], [0, 0], [0, 0]], dtype=bool)

    table = measure_enrichment(labels, members)

    # 1 / C(8, 4); P(X >= 2) = 1 - (1 + 16) / 70. The fourth pair, cluster 1 with category 0, has p = 1.
    assert table["p"].tolist() == pytest.approx([1 / 70, 53 / 70, 53 / 70])
    assert table["q"].tolist() == pytest.approx([4 / 70, 1.0, 1.0])
    assert table["odds_ratio"].tolist() == [np.inf, 1.0, 1.0]


@pytest.mark.parametrize(
    ("count", "n_cluster", "n_total", "expected"),
    [
        (3, 3, 5, np.inf),  # all of the cluster have the category
        (3, 5, 3, np.inf),  # the category is in no other cluster
        (2, 4, 4, 4.0),  # (2 · 8) / (2 · 2)
        (1, 13, 2, 0.0),  # outside the cluster, everything has the category
        (4, 14, 4, np.nan),  # the cluster holds all stimuli
        (4, 4, 14, np.nan),  # all stimuli have the category
    ],
)
def test_an_odds_ratio_is_infinite_or_undefined_only_where_it_is_said_to_be(
    count, n_cluster, n_total, expected
):
    ratio = odds_ratio(np.array([count]), np.array([n_cluster]), np.array([n_total]), 14)

    assert ratio[0] == pytest.approx(expected, nan_ok=True)


def test_one_cluster_of_everything_is_enriched_in_nothing():
    table = measure_enrichment(np.zeros(6, dtype=int), np.eye(6, dtype=bool))

    assert (table["p"] == 1).all()
    assert (table["q"] == 1).all()
    assert table["odds_ratio"].isna().all()


@pytest.mark.parametrize("n_categories", [0, 4])
def test_stimuli_without_categories_give_an_empty_table_of_the_same_types(n_categories):
    full = measure_enrichment(*random_study(4, 20, 3, 4))
    empty = measure_enrichment(np.arange(20) % 3, np.zeros((20, n_categories), dtype=bool))

    assert empty.empty
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_labels_and_members_of_different_stimuli_are_refused():
    with pytest.raises(ParameterError, match=r"5 cluster labels and members of shape \(6, 2\)"):
        measure_enrichment(np.zeros(5, dtype=int), np.zeros((6, 2), dtype=bool))


def test_a_cluster_is_characterised_by_its_largest_odds_ratios_below_the_rate():
    table = pd.DataFrame(
        [
            (2, "PPA", 7, "a", 3.0, 0.001, 0.01),
            (2, "PPA", 7, "b", 9.0, 0.002, 0.02),
            (2, "PPA", 7, "c", np.inf, 0.004, 0.04),
            (2, "PPA", 7, "d", np.inf, 0.003, 0.03),
            (2, "PPA", 7, "e", 50.0, 0.03, 0.3),
            (2, "PPA", 8, "a", 2.0, 0.2, 0.5),
            (1, "EBA", 7, "f", 2.0, 0.001, 0.01),
        ],
        columns=["subject", "roi", "cluster", "category", "odds_ratio", "p", "q"],
    )

    assert characterising(table)["category"].tolist() == ["d", "c", "b", "f"]
    assert characterising(table, max_q=0.015, at_most=1)["category"].tolist() == ["a", "f"]
    assert characterising(table.iloc[:0]).empty
