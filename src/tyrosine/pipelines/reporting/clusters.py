"""Nodes of the pipeline `reporting` that draw clusters of stimuli."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.spatial.distance import squareform

from tyrosine.figures.categories import plot_cluster_categories
from tyrosine.figures.contact_sheets import MOST_CLUSTERS, ClusterSheet, plot_contact_sheet, shrink
from tyrosine.figures.dendrograms import CutTree, plot_dendrograms
from tyrosine.figures.rdms import plot_rdm_clusters
from tyrosine.figures.view import StudyView
from tyrosine.rsa.clustering import linkage_tree
from tyrosine.rsa.enrichment import characterising
from tyrosine.rsa.rdms import RDMs, align, find_rdm

_RDM = ["subject", "selectivity", "roi"]


def draw_clustered_rdms(brain_rdms: RDMs, clusters: pd.DataFrame, study_view: StudyView) -> dict[str, Figure]:
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
            view=study_view,
            measure=brain_rdms.dissimilarity_measure,
        )
    return drawn


def draw_cluster_categories(
    clusters: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    study_view: StudyView,
) -> dict[str, Figure]:
    """Draw the categories in the clusters of each subject."""
    return {
        f"subj{subject:02d}.png": plot_cluster_categories(
            cluster_categories[cluster_categories["subject"] == subject],
            subject=int(subject),
            view=study_view,
        )
        for subject in clusters["subject"].unique()
    }


def draw_dendrograms(
    brain_rdms: RDMs, clusters: pd.DataFrame, cluster_summary: pd.DataFrame, study_view: StudyView
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
            view=study_view,
            measure=brain_rdms.dissimilarity_measure,
        )
    return drawn


def draw_contact_sheets(
    central_stimuli: pd.DataFrame,
    cluster_sizes: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    stimuli: pd.DataFrame,
    raw_study: dict[str, Any],
    study_view: StudyView,
) -> dict[str, Figure]:
    """Draw the central stimuli of the largest clusters of each RDM, with the categories of each cluster."""
    # Reading images is part of the models' room, which imports PyTorch; listing the pipelines must be quick.
    from tyrosine.models.images import open_image

    files = dict(zip(stimuli["stimulus_id"], stimuli["image"]))

    @cache
    def thumbnail(stimulus_id: str) -> np.ndarray:
        return shrink(open_image(raw_study["root_folder"] / files[stimulus_id], stimulus_id))

    named = characterising(cluster_categories, study_view.max_q_of_categories)
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
            view=study_view,
        )
    return drawn
