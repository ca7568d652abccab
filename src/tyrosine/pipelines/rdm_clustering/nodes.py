"""Nodes of the pipeline `rdm_clustering`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.spatial.distance import squareform

from tyrosine.errors import ParameterError
from tyrosine.figures.categories import plot_cluster_categories
from tyrosine.figures.rdms import plot_rdm_clusters
from tyrosine.parameters import ClusteringParameters, FigureParameters
from tyrosine.rsa.clustering import cluster_stimuli, order_by_cluster
from tyrosine.rsa.rdms import RDMs, align
from tyrosine.studies.coco import CATEGORIES


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
            dissimilarities[row.Index], clustering.linkage, clustering.distance_threshold
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


def count_cluster_categories(clusters: pd.DataFrame, stimuli: pd.DataFrame) -> pd.DataFrame:
    """Count the stimuli of each COCO category in each cluster.

    Returns
    -------
    DataFrame
        One row for each cluster and category in it; empty if the study has no categories.
    """
    categories = stimuli[["stimulus_id", "category_ids"]].explode("category_ids").dropna()
    categories = categories.rename(columns={"category_ids": "category_id"})
    categories["category_id"] = categories["category_id"].astype("int64")
    keys = ["subject", "selectivity", "roi", "cluster", "category_id"]
    counts = (
        clusters.merge(categories, on="stimulus_id")
        .groupby(keys, sort=False)
        .size()
        .reset_index(name="count")
    )
    counts["count"] = counts["count"].astype("int64")
    names = counts["category_id"].map(lambda category_id: CATEGORIES[category_id][0])
    supercategories = counts["category_id"].map(lambda category_id: CATEGORIES[category_id][1])
    counts.insert(5, "category", names.astype("str"))
    counts.insert(6, "supercategory", supercategories.astype("str"))
    order = {roi: number for number, roi in enumerate(clusters["roi"].unique())}
    return counts.sort_values(
        ["subject", "roi", "cluster", "category_id"],
        key=lambda column: column.map(order) if column.name == "roi" else column,
        ignore_index=True,
    )


def draw_clustered_rdms(
    brain_rdms: RDMs, clusters: pd.DataFrame, raw_study: dict[str, Any], figures: FigureParameters
) -> dict[str, Figure]:
    """Draw each clustered RDM before and after the stimuli are ordered by cluster."""
    drawn = {}
    for (subject, selectivity, roi), rows in clusters.groupby(["subject", "selectivity", "roi"], sort=False):
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
    clusters: pd.DataFrame, cluster_categories: pd.DataFrame, raw_study: dict[str, Any]
) -> dict[str, Figure]:
    """Draw the categories in the clusters of each subject."""
    return {
        f"subj{subject:02d}.png": plot_cluster_categories(
            cluster_categories[cluster_categories["subject"] == subject],
            subject=int(subject),
            title=raw_study["title"],
            simulated=raw_study["simulated"],
        )
        for subject in clusters["subject"].unique()
    }


def find_rdm(brain_rdms: RDMs, subject: int, roi: str) -> int:
    """Row of the RDM of that subject and ROI."""
    pairs = zip(brain_rdms.rdm_descriptors["subject"], brain_rdms.rdm_descriptors["roi"])
    return list(pairs).index((subject, roi))
