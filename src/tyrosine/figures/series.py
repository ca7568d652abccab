"""Figures that come in a series: one for each clustered RDM, for each subject, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from tyrosine.figures.categories import plot_cluster_categories
from tyrosine.figures.contact_sheets import MOST_CLUSTERS, ClusterSheet, plot_contact_sheet
from tyrosine.figures.dendrograms import CutTree, plot_dendrograms
from tyrosine.figures.illustrations import Place
from tyrosine.figures.layers import add_depth, plot_layer_profiles
from tyrosine.figures.rdms import plot_brain_and_models, plot_rdm_clusters
from tyrosine.figures.view import StudyView
from tyrosine.rsa.clustering import linkage_tree
from tyrosine.rsa.enrichment import characterising
from tyrosine.rsa.rdms import RDMs, at_reported_layer, find_rdm, over

_CLUSTER = ["subject", "roi", "cluster"]


class _ClusteredRDM(NamedTuple):
    """A brain RDM whose stimuli were clustered."""

    subject: int
    selectivity: str
    roi: str
    rdm: NDArray[np.float64]
    """Condensed, with the stimuli in the order of `rows`."""
    rows: pd.DataFrame
    """The rows of the table `clusters` for this RDM, one for each stimulus."""


def _clustered(brain_rdms: RDMs, clusters: pd.DataFrame) -> Iterator[_ClusteredRDM]:
    for (subject, selectivity, roi), rows in clusters.groupby(["subject", "selectivity", "roi"], sort=False):
        rdm = over(brain_rdms, list(rows["stimulus_id"]), [find_rdm(brain_rdms, subject, roi)])[0]
        yield _ClusteredRDM(subject, selectivity, roi, rdm, rows)


def plot_layer_profiles_if_any(
    similarities: pd.DataFrame, model_rdms: RDMs, *, view: StudyView
) -> dict[str, Figure]:
    """Draw similarity against relative depth if a model has several layers whose depth is known.

    Parameters
    ----------
    similarities : DataFrame
        As the catalog has it.
    model_rdms : rsatoolbox.rdm.RDMs
        With the rdm descriptors `model`, `layer` and, where it is known, `depth`.
    view : StudyView

    Returns
    -------
    dict of str to Figure
        The figure `layer_profiles`, or nothing.
    """
    rows = add_depth(similarities, model_rdms)
    if rows.groupby("model")["depth"].nunique().max() < 2:
        return {}
    return {"layer_profiles": plot_layer_profiles(rows, view=view)}


def plot_brains_and_models(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    clusters: pd.DataFrame,
    similarities: pd.DataFrame,
    *,
    view: StudyView,
) -> dict[Place, Figure]:
    """Draw each clustered brain RDM beside the RDM of every model, in the order of its clusters.

    Parameters
    ----------
    brain_rdms, model_rdms : rsatoolbox.rdm.RDMs
        As the catalog has them; each model is drawn by its reported layer.
    clusters, similarities : DataFrame
        As the catalog has them; the similarities by the first method are written over the models.
    view : StudyView

    Returns
    -------
    dict of Place to Figure
        One figure for each clustered RDM.
    """
    first_method = similarities["method"] == similarities["method"].iloc[0]
    shown = similarities[similarities["reported"] & first_method]
    model_rdms = at_reported_layer(model_rdms)
    labels = model_rdms.rdm_descriptors["label"]
    drawn = {}
    for brain in _clustered(brain_rdms, clusters):
        models = over(model_rdms, list(brain.rows["stimulus_id"]))
        here = shown[(shown["subject"] == brain.subject) & (shown["roi"] == brain.roi)]
        drawn[Place(brain.subject, brain.roi)] = plot_brain_and_models(
            squareform(brain.rdm),
            dict(zip(labels, map(squareform, models))),
            np.argsort(brain.rows["position"].to_numpy()),
            roi=brain.roi,
            subject=brain.subject,
            selectivity=brain.selectivity,
            view=view,
            measure=brain_rdms.dissimilarity_measure,
            model_measure=model_rdms.dissimilarity_measure,
            similarities=dict(zip(here["label"], here["similarity"])),
        )
    return drawn


def plot_clustered_rdms(brain_rdms: RDMs, clusters: pd.DataFrame, *, view: StudyView) -> dict[Place, Figure]:
    """Draw each clustered RDM before and after the stimuli are ordered by cluster.

    Parameters
    ----------
    brain_rdms : rsatoolbox.rdm.RDMs
    clusters : DataFrame
        As the catalog has them.
    view : StudyView

    Returns
    -------
    dict of Place to Figure
        One figure for each clustered RDM.
    """
    return {
        Place(brain.subject, brain.roi): plot_rdm_clusters(
            squareform(brain.rdm),
            brain.rows["cluster"].to_numpy(),
            roi=brain.roi,
            subject=brain.subject,
            selectivity=brain.selectivity,
            view=view,
            measure=brain_rdms.dissimilarity_measure,
        )
        for brain in _clustered(brain_rdms, clusters)
    }


def plot_dendrograms_of_subjects(
    brain_rdms: RDMs, clusters: pd.DataFrame, cluster_summary: pd.DataFrame, *, view: StudyView
) -> dict[Place, Figure]:
    """Draw the trees that the clusters were cut from.

    Parameters
    ----------
    brain_rdms : rsatoolbox.rdm.RDMs
    clusters, cluster_summary : DataFrame
        As the catalog has them.
    view : StudyView

    Returns
    -------
    dict of Place to Figure
        One figure for each subject, with the trees of all its regions.
    """
    cuts = cluster_summary.set_index(["subject", "roi"])
    trees: dict[int, dict[str, CutTree]] = {}
    for brain in _clustered(brain_rdms, clusters):
        linkage, cut = cuts.loc[(brain.subject, brain.roi), ["linkage", "cut"]]
        tree = CutTree(linkage_tree(brain.rdm, linkage), brain.rows["cluster"].to_numpy(), cut)
        trees.setdefault(brain.subject, {})[brain.roi] = tree
    return {
        Place(subject): plot_dendrograms(
            of_subject, subject=subject, view=view, measure=brain_rdms.dissimilarity_measure
        )
        for subject, of_subject in trees.items()
    }


def plot_categories_of_subjects(
    clusters: pd.DataFrame, cluster_categories: pd.DataFrame, *, view: StudyView
) -> dict[Place, Figure]:
    """Draw the categories in the clusters of each subject.

    Parameters
    ----------
    clusters, cluster_categories : DataFrame
        As the catalog has them; the latter has no rows in a study without categories.
    view : StudyView

    Returns
    -------
    dict of Place to Figure
        One figure for each subject, with all its regions.
    """
    return {
        Place(int(subject)): plot_cluster_categories(cluster_categories, subject=int(subject), view=view)
        for subject in clusters["subject"].unique()
    }


def plot_contact_sheets(
    central_stimuli: pd.DataFrame,
    cluster_sizes: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    thumbnail: Callable[[str], NDArray[np.uint8]],
    *,
    view: StudyView,
) -> dict[Place, Figure]:
    """Draw the central stimuli of the largest clusters of each RDM, with the categories of each cluster.

    Parameters
    ----------
    central_stimuli, cluster_sizes, cluster_categories : DataFrame
        As the catalog has them; the last one has no rows in a study without categories.
    thumbnail : callable
        Gives the image of a stimulus, by its id, as `contact_sheets.shrink` does.
    view : StudyView
        Categories with a q below its `max_q_of_categories` characterise a cluster.

    Returns
    -------
    dict of Place to Figure
        One figure for each clustered RDM.
    """
    named = characterising(cluster_categories, view.max_q_of_categories)
    captions = named.groupby(_CLUSTER)["category"].agg(", ".join)
    central = central_stimuli.groupby(_CLUSTER)["stimulus_id"].agg(list)
    drawn = {}
    for (subject, selectivity, roi), sizes in cluster_sizes.groupby(
        ["subject", "selectivity", "roi"], sort=False
    ):
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
        drawn[Place(subject, roi)] = plot_contact_sheet(
            shown, n_clusters=len(sizes), roi=roi, subject=subject, selectivity=selectivity, view=view
        )
    return drawn
