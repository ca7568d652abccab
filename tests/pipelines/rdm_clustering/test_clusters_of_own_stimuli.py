"""Clusters of subjects who saw different stimuli: each over its own."""

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import average, fcluster
from scipy.spatial.distance import pdist

from tyrosine.parameters import ClusteringParameters
from tyrosine.pipelines.rdm_clustering.nodes import (
    cluster_brain_rdms,
    count_cluster_categories,
    describe_clusters,
)
from tyrosine.rsa.rdms import label_rdms, spread
from tyrosine.tables import schemas

UNION = [f"{number:05d}" for number in range(14)]
SEEN = {1: UNION[:10], 2: UNION[4:][::-1]}


def test_the_clusters_of_a_subject_are_of_its_own_stimuli():
    rng = np.random.default_rng(2)
    rdms = {subject: pdist(rng.normal(size=(10, 6)), "correlation") for subject in SEEN}
    brain = label_rdms(
        np.stack([spread(rdm, SEEN[subject], UNION) for subject, rdm in rdms.items()]),
        UNION,
        {"subject": [1, 2], "selectivity": ["bodies"] * 2, "roi": ["EBA"] * 2},
        "correlation",
    )
    stimuli = pd.DataFrame({"stimulus_id": UNION, "category_ids": [[18], [1]] * 7})
    clustering = ClusteringParameters(subjects="all")

    clusters = schemas.clusters.validate(cluster_brain_rdms(brain, {}, stimuli, clustering, 0))
    summary, sizes, central = describe_clusters(brain, clusters, {}, clustering)
    categories, _ = count_cluster_categories(clusters, stimuli)

    for subject, names in SEEN.items():
        rows = clusters[clusters["subject"] == subject].set_index("stimulus_id")
        assert sorted(rows.index) == sorted(names)
        assert sorted(rows["position"]) == list(range(10))
        expected = fcluster(average(rdms[subject]), 0.9, "distance")
        pairs = np.equal.outer(rows.loc[names, "cluster"].to_numpy(), rows.loc[names, "cluster"].to_numpy())
        np.testing.assert_array_equal(pairs, np.equal.outer(expected, expected))
    for name, table in (("cluster_summary", summary), ("cluster_sizes", sizes), ("central_stimuli", central)):
        assert set(getattr(schemas, name).validate(table)["n_stimuli"]) == {10}
    assert sizes.groupby("subject")["size"].sum().to_dict() == {1: 10, 2: 10}
    assert set(categories["n_stimuli"]) == {10}
