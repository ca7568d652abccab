"""Nodes of the pipeline `rdm_clustering`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters import ClusteringParameters
from tyrosine.parameters.measures import DISTANCES, PUBLISHED
from tyrosine.rsa.cluster_cuts import (
    number_by_null,
    number_by_silhouette,
    rotated_averages,
    rotated_trials,
    split_half_agreement,
)
from tyrosine.rsa.clustering import (
    cluster_stimuli,
    describe_partition,
    find_central,
    order_by_cluster,
    summarise_clusters,
)
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.enrichment import measure_enrichment
from tyrosine.rsa.rdms import check_same_stimuli, find_rdm, over, seen_stimuli, stimulus_ids
from tyrosine.rsa.responses import halves_of_region, is_repeated, responses_of_region, trials_of_region
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
    brain_rdms: RDMs,
    responses: dict[str, Callable[[], Dataset]],
    stimuli: pd.DataFrame,
    clustering: ClusteringParameters,
    seed: int,
) -> pd.DataFrame:
    """Cluster the stimuli that each of the chosen subjects saw, by each of its brain RDMs.

    Returns
    -------
    DataFrame
        One row for each RDM and stimulus: `cluster`, and the `position` of the stimulus when the
        stimuli are ordered by cluster, and `cut_by`, what decided on the number of clusters.

    Raises
    ------
    ParameterError
        If a chosen subject has no RDM, or its number of clusters shall come from data without clusters and it
        has no responses.
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
    measured = {}
    if clustering.cut in ("auto", "null"):
        measured = {
            int(data.descriptors["subject"]): data for data in (load() for load in responses.values())
        }
    cut_by = choose_cut(clustering, measured)
    for row in labels.itertuples():
        if row.subject not in chosen:
            continue
        own = [str(name) for name in ids if seen[name][row.Index]]
        rdm = over(brain_rdms, own, [row.Index])[0]
        n_clusters = clustering.n_clusters if cut_by == "n_clusters" else None
        if cut_by == "silhouette":
            n_clusters = number_by_silhouette(rdm, clustering.linkage)
        elif cut_by == "null":
            if row.subject not in measured or row.roi not in measured[row.subject].channel_descriptors["roi"]:
                raise ParameterError(
                    f"clustering.cut is null, which takes responses, and there are none of {row.roi} of "
                    f"subject {row.subject}; set it to threshold, n_clusters or silhouette."
                )
            held, draw = rotated_region(measured[row.subject], row.roi, own, brain_rdms.dissimilarity_measure)
            n_clusters = number_by_null(held, draw, clustering.n_null_trees, clustering.linkage, seed)
        cluster = cluster_stimuli(rdm, clustering.linkage, clustering.distance_threshold, n_clusters)
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
                    "cut_by": cut_by,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[list(CLUSTERS)]


def choose_cut(clustering: ClusteringParameters, measured: Mapping[int, Dataset]) -> str:
    """What decides on the number of clusters: one of `CUTS`."""
    if clustering.cut != "auto":
        return clustering.cut
    if clustering.n_clusters is not None:
        return "n_clusters"
    return "null" if measured and all(map(is_repeated, measured.values())) else "threshold"


def rotated_region(
    measured: Dataset, roi: str, ids: list[str], measure: str
) -> tuple[NDArray[np.float64], Callable[[np.random.Generator], NDArray[np.float64]]]:
    """The RDM of a region, and what makes such RDMs of responses without clusters."""
    distance = measure if measure in DISTANCES else PUBLISHED
    if DISTANCES[distance].needs_repetitions:
        return rotated_trials(trials_of_region(measured, roi, ids))
    values, names = responses_of_region(measured, roi, ids)

    def distances(patterns: NDArray) -> NDArray[np.float64]:
        return compute_rdm(patterns, distance, names)

    return distances(values), rotated_averages(values, distances)


def describe_clusters(
    brain_rdms: RDMs,
    clusters: pd.DataFrame,
    responses: dict[str, Callable[[], Dataset]],
    clustering: ClusteringParameters,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Say how good the clusters of each RDM are, how large each is, and which stimuli are central to it.

    Returns
    -------
    cluster_summary : DataFrame
        One row an RDM: the linkage, the dissimilarity at which its tree is `cut`, numbers of clusters and
        of those with a single stimulus, mean silhouette (or why it is undefined), cophenetic correlation, and
        stability: the adjusted Rand index of clusters by two halves of the repetitions, missing where there
        are none.
    cluster_sizes : DataFrame
        One row a cluster, the largest of an RDM first: size, mean silhouette of its stimuli, and mean
        dissimilarity of its pairs.
    central_stimuli : DataFrame
        The nine stimuli of each cluster with the smallest mean dissimilarity to its others, in `rank`
        order; equal ones stay in the order of the study.
    """
    measured = {
        int(data.descriptors["subject"]): data
        for data in (load() for load in responses.values())
        if is_repeated(data) and int(data.descriptors["subject"]) in set(clusters["subject"])
    }

    def stability(labels: tuple, ids: list[str], n_clusters: int) -> float:
        subject, _, roi = labels
        if subject not in measured:
            return np.nan
        halves = halves_of_region(measured[subject], roi, ids)
        first, second = (compute_rdm(half, "squared_euclidean", ids) for half in halves)
        return split_half_agreement(first, second, clustering.linkage, n_clusters)

    summaries, sizes, central = [], [], []
    for labels, rows in clusters.groupby(list(BRAIN), sort=False):
        row = find_rdm(brain_rdms, labels[0], labels[2])
        rdm = over(brain_rdms, list(rows["stimulus_id"]), [row])[0]
        cut_by = rows["cut_by"].iloc[0]
        summary, members = describe_partition(
            rdm,
            rows["cluster"].to_numpy(),
            clustering.linkage,
            clustering.distance_threshold if cut_by == "threshold" else None,
        )
        summary["cut_by"] = cut_by
        summary["stability"] = stability(labels, list(rows["stimulus_id"]), summary["n_clusters"])
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
