"""Nodes of the pipeline `rdm_clustering`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tyrosine.errors import ParameterError
from tyrosine.labelled import RDMs
from tyrosine.parameters import ClusteringParameters
from tyrosine.rsa.clustering import (
    cluster_stimuli,
    describe_partition,
    find_central,
    order_by_cluster,
    summarise_clusters,
)
from tyrosine.rsa.enrichment import measure_enrichment
from tyrosine.rsa.rdms import check_same_stimuli, find_rdm, over, seen_stimuli, stimulus_ids
from tyrosine.studies.coco import CATEGORIES
from tyrosine.tables.columns import (
    BRAIN,
    CENTRAL_STIMULI,
    CLUSTER_CATEGORIES,
    CLUSTER_SIZES,
    CLUSTER_SUMMARY,
    CLUSTER_SUPERCATEGORIES,
    CLUSTERS,
)

N_CENTRAL = 9
"""How many central stimuli of a cluster are kept and shown."""


def cluster_brain_rdms(
    brain_rdms: RDMs, stimuli: pd.DataFrame, clustering: ClusteringParameters
) -> pd.DataFrame:
    """Cluster the stimuli that each of the chosen subjects saw, by each of its brain RDMs.

    Returns
    -------
    DataFrame
        One row for each RDM and stimulus: `cluster`, and the `position` of the stimulus when the
        stimuli are ordered by cluster.

    Raises
    ------
    ParameterError
        If a chosen subject has no RDM.
    """
    ids = stimuli["stimulus_id"].to_numpy()
    check_same_stimuli(brain_rdms, list(ids))
    seen = dict(zip(stimulus_ids(brain_rdms), seen_stimuli(brain_rdms).T))
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    have = set(labels["subject"])
    chosen = have if clustering.subjects == "all" else set(clustering.subjects)
    if not chosen <= have:
        raise ParameterError(
            f"Subject {min(chosen - have)} in clustering.subjects has no brain RDM; choose from "
            f"{', '.join(map(str, sorted(have)))}, or all."
        )
    parts = []
    for row in labels.itertuples():
        if row.subject not in chosen:
            continue
        own = [str(name) for name in ids if seen[name][row.Index]]
        cluster = cluster_stimuli(
            over(brain_rdms, own, [row.Index])[0],
            clustering.linkage,
            clustering.distance_threshold,
            clustering.n_clusters,
        )
        position = np.empty(len(own), dtype=np.int64)
        position[order_by_cluster(cluster)] = np.arange(len(own))
        parts.append(
            pd.DataFrame(
                {
                    "subject": row.subject,
                    "selectivity": row.selectivity,
                    "roi": row.roi,
                    "stimulus_id": own,
                    "n_stimuli": len(own),
                    "cluster": cluster,
                    "position": position,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[list(CLUSTERS)]


def describe_clusters(
    brain_rdms: RDMs, clusters: pd.DataFrame, clustering: ClusteringParameters
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Say how good the clusters of each RDM are, how large each is, and which stimuli are central to it.

    Returns
    -------
    cluster_summary : DataFrame
        One row an RDM: the linkage, the dissimilarity at which its tree is `cut`, numbers of clusters and
        of those with a single stimulus, mean silhouette (or why it is undefined), cophenetic correlation.
    cluster_sizes : DataFrame
        One row a cluster, the largest of an RDM first: size, mean silhouette of its stimuli, and mean
        dissimilarity of its pairs.
    central_stimuli : DataFrame
        The nine stimuli of each cluster with the smallest mean dissimilarity to its others, in `rank`
        order; equal ones stay in the order of the study.
    """
    summaries, sizes, central = [], [], []
    for labels, rows in clusters.groupby(list(BRAIN), sort=False):
        row = find_rdm(brain_rdms, labels[0], labels[2])
        rdm = over(brain_rdms, list(rows["stimulus_id"]), [row])[0]
        summary, members = describe_partition(
            rdm,
            rows["cluster"].to_numpy(),
            clustering.linkage,
            clustering.distance_threshold,
            clustering.n_clusters,
        )
        members["stimulus_id"] = rows["stimulus_id"].to_numpy()
        summaries.append(_labelled(pd.DataFrame([summary]), labels))
        n_stimuli = len(members)
        sizes.append(_labelled(summarise_clusters(members).assign(n_stimuli=n_stimuli), labels))
        central.append(_labelled(find_central(members, N_CENTRAL).assign(n_stimuli=n_stimuli), labels))
    return tuple(
        pd.concat(parts, ignore_index=True)[list(columns)]
        for parts, columns in (
            (summaries, CLUSTER_SUMMARY),
            (sizes, CLUSTER_SIZES),
            (central, CENTRAL_STIMULI),
        )
    )


def count_cluster_categories(
    clusters: pd.DataFrame, stimuli: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the stimuli of each COCO category and supercategory in each cluster, and compare with chance.

    Returns
    -------
    cluster_categories, cluster_supercategories : DataFrame
        One row for each cluster and category in it, with its enrichment as `measure_enrichment` says; `q`
        is within an RDM. Empty if the study has no categories. A stimulus counts once for a supercategory,
        however many of its categories it has.
    """
    ids = [{int(category_id) for category_id in entry} for entry in stimuli["category_ids"]]
    groups = [{CATEGORIES[category_id][1] for category_id in entry} for entry in ids]
    supercategories = dict.fromkeys(supercategory for _, supercategory in CATEGORIES.values())
    categories = _enrich(clusters, stimuli["stimulus_id"], ids, "category_id", list(CATEGORIES))
    for place, name in enumerate(("category", "supercategory")):
        names = [CATEGORIES[category_id][place] for category_id in categories["category_id"]]
        categories[name] = pd.Series(names, dtype="str")
    by_group = _enrich(clusters, stimuli["stimulus_id"], groups, "supercategory", list(supercategories))
    return categories[list(CLUSTER_CATEGORIES)], by_group[list(CLUSTER_SUPERCATEGORIES)]


def _enrich(
    clusters: pd.DataFrame, stimulus_ids: pd.Series, entries: list[set], name: str, categories: list
) -> pd.DataFrame:
    """Enrichment of the categories that each stimulus has in `entries`, in the order of `categories`."""
    members = pd.DataFrame(
        [[category in entry for category in categories] for entry in entries],
        index=list(stimulus_ids),
        columns=categories,
    )
    parts = []
    for labels, rows in clusters.groupby(list(BRAIN), sort=False):
        part = measure_enrichment(
            rows["cluster"].to_numpy(), members.loc[list(rows["stimulus_id"])].to_numpy()
        )
        part.insert(1, name, members.columns[part.pop("column")])
        parts.append(_labelled(part, labels))
    return pd.concat(parts, ignore_index=True).astype({name: members.columns.dtype})


def _labelled(table: pd.DataFrame, labels: tuple) -> pd.DataFrame:
    """The table with the labels of its RDM in front."""
    for place, (name, label) in enumerate(zip(BRAIN, labels)):
        table.insert(place, name, pd.Series([label] * len(table), dtype="int64" if place == 0 else "str"))
    return table
