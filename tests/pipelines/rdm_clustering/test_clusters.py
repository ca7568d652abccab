"""Clusters of a run, and what describes them, against its stimuli and brain RDMs."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_score


def test_clusters_put_every_stimulus_in_one_place(finished):
    clusters = finished.load("clusters")

    assert set(clusters["subject"]) == {1}
    for _, rows in clusters.groupby("roi"):
        assert sorted(rows["position"]) == list(range(24))
        assert (rows.sort_values("position")["cluster"].diff().dropna() >= 0).all()


def test_cluster_categories_count_every_object(finished):
    stimuli, counts = finished.load("stimuli"), finished.load("cluster_categories")

    expected = pd.Series(np.concatenate(stimuli["category_ids"])).value_counts()
    for _, rows in counts.groupby("roi"):
        found = rows.groupby("category_id")["count"].sum()
        assert found.sort_index().to_dict() == expected.sort_index().to_dict()


@pytest.mark.parametrize("name", ["cluster_categories", "cluster_supercategories"])
def test_enrichment_agrees_with_the_other_tables(finished, name):
    table, sizes = finished.load(name), finished.load("cluster_sizes")

    assert set(table["n_stimuli"]) == {24}
    size = sizes.set_index(["subject", "roi", "cluster"])["size"]
    keys = pd.MultiIndex.from_frame(table[["subject", "roi", "cluster"]])
    assert table["n_cluster"].tolist() == size.loc[keys].tolist()
    key = "category_id" if name == "cluster_categories" else "supercategory"
    total = table.groupby(["roi", key])["count"].transform("sum")
    assert table["n_total"].tolist() == total.tolist()


def test_a_stimulus_counts_once_for_a_supercategory(finished):
    stimuli, counts = finished.load("stimuli"), finished.load("cluster_supercategories")

    expected = sum(any(16 <= category_id <= 25 for category_id in ids) for ids in stimuli["category_ids"])
    animals = counts.query("roi == 'EBA' and supercategory == 'animal'")
    assert animals["count"].sum() == expected


def test_measures_of_clusters_agree_with_the_clusters(finished):
    clusters, summary = finished.load("clusters"), finished.load("cluster_summary")
    sizes, central = finished.load("cluster_sizes"), finished.load("central_stimuli")

    expected = clusters.groupby(["subject", "roi", "cluster"]).size()
    assert sizes.set_index(["subject", "roi", "cluster"])["size"].to_dict() == expected.to_dict()
    assert summary["n_clusters"].tolist() == sizes.groupby("roi", sort=False).size().tolist()
    assert set(summary["cut_by"]) == {"n_clusters"}
    assert summary["stability"].between(-1, 1).all()
    shown = central.groupby(["subject", "roi", "cluster"]).size()
    assert shown.to_dict() == expected.clip(upper=9).to_dict()
    placed = central.merge(clusters, on=["subject", "roi", "stimulus_id"], suffixes=("", "_placed"))
    assert (placed["cluster"] == placed["cluster_placed"]).all()
    rdms = finished.load("brain_rdms").subset("subject", 1)
    for row in summary.itertuples():
        labels = clusters.query("roi == @row.roi")["cluster"]
        square = np.maximum(rdms.subset("roi", row.roi).get_matrices()[0], 0)
        if row.n_clusters == 1:
            assert row.silhouette_undefined == "one cluster"
            continue
        assert row.silhouette == pytest.approx(silhouette_score(square, labels, metric="precomputed"))


def test_repeated_stimuli_are_cut_by_what_trees_without_clusters_look_like(copy):
    copy.run("rdm_clustering", params={"clustering": {"n_clusters": None}})

    summary = copy.load("cluster_summary")
    assert set(summary["cut_by"]) == {"null"}
    # 24 stimuli and 20 voxels are too few for evidence of clusters.
    assert summary["n_clusters"].median() == 1


def test_a_number_of_clusters_replaces_the_threshold(copy):
    copy.run("rdm_clustering", params={"clustering": {"n_clusters": 4, "linkage": "complete"}})

    assert set(copy.load("clusters").groupby("roi")["cluster"].nunique()) == {4}
    assert set(copy.load("cluster_summary")["linkage"]) == {"complete"}


def test_one_cluster_says_why_it_has_no_silhouette(copy):
    params = {"clustering": {"n_clusters": 1}}
    copy.run("rdm_clustering", params=params)
    copy.run("reporting", params=params)

    assert set(copy.load("cluster_summary")["silhouette_undefined"]) == {"one cluster"}
    assert copy.load("cluster_categories")["odds_ratio"].isna().all()
    assert "undefined (one cluster)" in copy.load("report")


def test_a_study_without_categories_goes_through(copy):
    (copy.root / "data/01_raw/simulated/instances_train2017.json").unlink()

    copy.run()

    assert copy.load("cluster_categories").empty
    assert copy.load("cluster_supercategories").empty
    assert "The stimuli have no categories" in copy.load("report")
    assert "no category over-represented" not in copy.load("report")
