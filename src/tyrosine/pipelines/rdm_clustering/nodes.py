"""Nodes of the pipeline `rdm_clustering`."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.spatial.distance import squareform

from tyrosine.errors import ParameterError
from tyrosine.figures.categories import plot_cluster_categories
from tyrosine.figures.contact_sheets import MOST_CLUSTERS, ClusterSheet, plot_contact_sheet, shrink
from tyrosine.figures.dendrograms import CutTree, plot_dendrograms
from tyrosine.figures.rdms import plot_rdm_clusters
from tyrosine.parameters import ClusteringParameters, FigureParameters
from tyrosine.rsa.clustering import (
    cluster_stimuli,
    describe_partition,
    find_central,
    linkage_tree,
    order_by_cluster,
    summarise_clusters,
)
from tyrosine.rsa.enrichment import characterising, measure_enrichment
from tyrosine.rsa.rdms import RDMs, align
from tyrosine.studies.coco import CATEGORIES

N_CENTRAL = 9
"""How many central stimuli of a cluster are kept and shown."""

_RDM = ["subject", "selectivity", "roi"]


def cluster_brain_rdms(
    brain_rdms: RDMs, stimuli: pd.DataFrame, clustering: ClusteringParameters
) -> pd.DataFrame:
    """Cluster the stimuli by each brain RDM of the chosen subjects.

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
    dissimilarities = align(brain_rdms, list(ids))
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in ("subject", "selectivity", "roi")})
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
        cluster = cluster_stimuli(
            dissimilarities[row.Index],
            clustering.linkage,
            clustering.distance_threshold,
            clustering.n_clusters,
        )
        position = np.empty(len(ids), dtype=np.int64)
        position[order_by_cluster(cluster)] = np.arange(len(ids))
        parts.append(
            pd.DataFrame(
                {
                    "subject": row.subject,
                    "selectivity": row.selectivity,
                    "roi": row.roi,
                    "stimulus_id": ids,
                    "cluster": cluster,
                    "position": position,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


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
    for labels, rows in clusters.groupby(_RDM, sort=False):
        rdm = align(brain_rdms, list(rows["stimulus_id"]))[find_rdm(brain_rdms, labels[0], labels[2])]
        summary, members = describe_partition(
            rdm,
            rows["cluster"].to_numpy(),
            clustering.linkage,
            clustering.distance_threshold,
            clustering.n_clusters,
        )
        members["stimulus_id"] = rows["stimulus_id"].to_numpy()
        summaries.append(_labelled(pd.DataFrame([summary]), labels))
        sizes.append(_labelled(summarise_clusters(members), labels))
        central.append(_labelled(find_central(members, N_CENTRAL), labels))
    return tuple(pd.concat(parts, ignore_index=True) for parts in (summaries, sizes, central))


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
    for place, name in ((5, "category"), (6, "supercategory")):
        names = [CATEGORIES[category_id][place - 5] for category_id in categories["category_id"]]
        categories.insert(place, name, pd.Series(names, dtype="str"))
    return categories, _enrich(
        clusters, stimuli["stimulus_id"], groups, "supercategory", list(supercategories)
    )


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
    for labels, rows in clusters.groupby(_RDM, sort=False):
        part = measure_enrichment(
            rows["cluster"].to_numpy(), members.loc[list(rows["stimulus_id"])].to_numpy()
        )
        part.insert(1, name, members.columns[part.pop("column")])
        parts.append(_labelled(part, labels))
    return pd.concat(parts, ignore_index=True).astype({name: members.columns.dtype})


def _labelled(table: pd.DataFrame, labels: tuple) -> pd.DataFrame:
    """The table with the labels of its RDM in front."""
    for place, (name, label) in enumerate(zip(_RDM, labels)):
        table.insert(place, name, pd.Series([label] * len(table), dtype="int64" if place == 0 else "str"))
    return table


def draw_clustered_rdms(
    brain_rdms: RDMs, clusters: pd.DataFrame, raw_study: dict[str, Any], figures: FigureParameters
) -> dict[str, Figure]:
    """Draw each clustered RDM before and after the stimuli are ordered by cluster."""
    drawn = {}
    for (subject, selectivity, roi), rows in clusters.groupby(_RDM, sort=False):
        dissimilarities = align(brain_rdms, list(rows["stimulus_id"]))
        drawn[f"subj{subject:02d}_{roi}.png"] = plot_rdm_clusters(
            squareform(dissimilarities[find_rdm(brain_rdms, subject, roi)]),
            rows["cluster"].to_numpy(),
            roi=roi,
            subject=subject,
            selectivity=selectivity,
            title=raw_study["title"],
            measure=brain_rdms.dissimilarity_measure,
            cmap=figures.cmap,
            simulated=raw_study["simulated"],
        )
    return drawn


def draw_cluster_categories(
    clusters: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    raw_study: dict[str, Any],
    clustering: ClusteringParameters,
) -> dict[str, Figure]:
    """Draw the categories in the clusters of each subject."""
    return {
        f"subj{subject:02d}.png": plot_cluster_categories(
            cluster_categories[cluster_categories["subject"] == subject],
            subject=int(subject),
            title=raw_study["title"],
            max_q=clustering.false_discovery_rate,
            simulated=raw_study["simulated"],
        )
        for subject in clusters["subject"].unique()
    }


def draw_dendrograms(
    brain_rdms: RDMs, clusters: pd.DataFrame, cluster_summary: pd.DataFrame, raw_study: dict[str, Any]
) -> dict[str, Figure]:
    """Draw the trees of which the clusters are cuts, a figure a subject."""
    cuts = cluster_summary.set_index(["subject", "roi"])
    drawn = {}
    for subject, of_subject in clusters.groupby("subject", sort=False):
        trees = {}
        for roi, rows in of_subject.groupby("roi", sort=False):
            rdm = align(brain_rdms, list(rows["stimulus_id"]))[find_rdm(brain_rdms, subject, roi)]
            linkage, cut = cuts.loc[(subject, roi), ["linkage", "cut"]]
            trees[roi] = CutTree(linkage_tree(rdm, linkage), rows["cluster"].to_numpy(), cut)
        drawn[f"subj{subject:02d}.png"] = plot_dendrograms(
            trees,
            subject=subject,
            title=raw_study["title"],
            measure=brain_rdms.dissimilarity_measure,
            simulated=raw_study["simulated"],
        )
    return drawn


def draw_contact_sheets(
    central_stimuli: pd.DataFrame,
    cluster_sizes: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    stimuli: pd.DataFrame,
    raw_study: dict[str, Any],
    clustering: ClusteringParameters,
) -> dict[str, Figure]:
    """Draw the central stimuli of the largest clusters of each RDM, with the categories of each cluster."""
    # Reading images is part of the models' room, which imports PyTorch; listing the pipelines must be quick.
    from tyrosine.models.images import open_image

    files = dict(zip(stimuli["stimulus_id"], stimuli["image"]))

    @cache
    def thumbnail(stimulus_id: str) -> np.ndarray:
        return shrink(open_image(raw_study["root_folder"] / files[stimulus_id], stimulus_id))

    named = characterising(cluster_categories, clustering.false_discovery_rate)
    captions = named.groupby(["subject", "roi", "cluster"])["category"].agg(", ".join)
    central = central_stimuli.groupby(["subject", "roi", "cluster"])["stimulus_id"].agg(list)
    drawn = {}
    for (subject, selectivity, roi), sizes in cluster_sizes.groupby(_RDM, sort=False):
        shown = [
            ClusterSheet(
                row.cluster,
                row.size,
                row.silhouette,
                None if cluster_categories.empty else captions.get((subject, roi, row.cluster), ""),
                [thumbnail(stimulus_id) for stimulus_id in central[subject, roi, row.cluster]],
            )
            for row in sizes.head(MOST_CLUSTERS).itertuples(index=False)
        ]
        drawn[f"subj{subject:02d}_{roi}.png"] = plot_contact_sheet(
            shown,
            n_clusters=len(sizes),
            roi=roi,
            subject=subject,
            selectivity=selectivity,
            title=raw_study["title"],
            simulated=raw_study["simulated"],
        )
    return drawn


def find_rdm(brain_rdms: RDMs, subject: int, roi: str) -> int:
    """Row of the RDM of that subject and ROI."""
    pairs = zip(brain_rdms.rdm_descriptors["subject"], brain_rdms.rdm_descriptors["roi"])
    return list(pairs).index((subject, roi))
