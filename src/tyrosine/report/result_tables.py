"""Sections of the report that say in tables and notes what the tables of the catalog hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tyrosine.figures.view import StudyView
from tyrosine.labelled import RDMs
from tyrosine.parameters.measures import T_TEST
from tyrosine.parameters.models import OF_POOLING, ModelSpec
from tyrosine.report.answers import ABSENT
from tyrosine.report.cluster_tables import tabulate_characteristics, tabulate_clusters
from tyrosine.report.sections import Note, Section, Table
from tyrosine.report.sentences import number, probability
from tyrosine.tables.columns import ABOVE_CHANCE, BEST_LAYER

_STATED = {
    "training_data": "training data",
    "n_training_samples": "training samples",
    "resolution": "pixels",
    "n_parameters": "parameters",
}


def note_missing_regions(region_coverage: pd.DataFrame) -> list[Section]:
    """Say which subjects lack which regions.

    Parameters
    ----------
    region_coverage : DataFrame
        As the catalog has it.

    Returns
    -------
    list of Note
        One for each missing region of a subject.
    """
    return [
        Note(f"Subject {row.subject} lacks {row.roi} and is left out of it.")
        for row in region_coverage[~region_coverage["covered"]].itertuples()
    ]


def tabulate_mean_similarities(similarities: pd.DataFrame, noise_ceilings: pd.DataFrame) -> Table:
    """Tabulate the mean similarity of each model to each region by the first method.

    Parameters
    ----------
    similarities, noise_ceilings : DataFrame
        As the catalog has them.

    Returns
    -------
    Table
        A row for each region: the number of subjects that have it, mean and standard error for the reported
        layer of each model, and the noise ceiling.
    """
    method = similarities["method"].iloc[0]
    chosen = similarities[similarities["reported"] & (similarities["method"] == method)]
    grouped = chosen.groupby(["roi", "label"], sort=False)["similarity"].agg(["mean", "sem"])
    cells = grouped.apply(
        lambda row: f"{row['mean']:.3f}" + ("" if np.isnan(row["sem"]) else f" ± {row['sem']:.3f}"), axis=1
    )
    table = cells.unstack("label")[list(chosen["label"].unique())]
    table = table.loc[list(chosen["roi"].unique())].reset_index(names="ROI")
    ceilings = noise_ceilings[noise_ceilings["method"] == method].set_index("roi").loc[table["ROI"]]
    table.insert(1, "subjects", ceilings["n_subjects"].to_numpy())
    table["noise ceiling"] = [
        "undefined" if np.isnan(lower) else f"{lower:.3f} to {upper:.3f}"
        for lower, upper in zip(ceilings["lower"], ceilings["upper"])
    ]
    return Table(f"Similarity to brain RDMs ({method}), mean ± standard error over subjects", table)


def note_profile_peaks(
    similarities: pd.DataFrame, model_tests: pd.DataFrame, study_view: StudyView
) -> list[Section]:
    """Point to the profile where a model is reported by a layer that tells much less than another.

    Parameters
    ----------
    similarities, model_tests : DataFrame
        As the catalog has them; the first method counts.
    study_view : StudyView

    Returns
    -------
    list of Note
        One for each model and region whose most similar layer is above chance by the t-test across subjects,
        and whose reported layer is not, or has less than half its similarity.
    """
    method = similarities["method"].iloc[0]
    rows = similarities[(similarities["method"] == method) & similarities["similarity"].notna()]
    keys = ["model", "label", "roi", "layer", "reported"]
    means = rows.groupby(keys, sort=False)["similarity"].mean().reset_index()
    tests = model_tests[
        (model_tests["method"] == method)
        & (model_tests["question"] == ABOVE_CHANCE)
        & (model_tests["test"] == T_TEST)
    ]
    means = means.merge(tests[["model", "roi", "layer", "q"]], on=["model", "roi", "layer"])
    notes: list[Section] = []
    for (label, roi), profile in means.groupby(["label", "roi"], sort=False):
        if not profile["reported"].any():
            continue
        reported = profile[profile["reported"]].iloc[0]
        peak = profile.loc[profile["similarity"].idxmax()]
        # A layer that was chosen in folds has no peak that it could have missed.
        if reported["layer"] == BEST_LAYER or not peak["q"] < study_view.max_q:
            continue
        if reported["q"] < study_view.max_q and reported["similarity"] >= peak["similarity"] / 2:
            continue
        told = []
        for row in (reported, peak):
            q = probability("q", row["q"], study_view.max_q)
            told.append(f"layer {row['layer']} has a mean similarity of {number(row['similarity'])} ({q})")
        notes.append(
            Note(
                f"{label} is reported by a layer that is far from the peak of its profile in {roi}: the "
                f"reported {told[0]}, the most similar {told[1]}. The peak was looked for in the same data, "
                "so its similarity is too high on average; layer: best chooses the layer on other stimuli "
                "and subjects than it is tested on."
            )
        )
    return notes


def tabulate_layer_choices(layer_choices: pd.DataFrame, models: Mapping[str, ModelSpec]) -> list[Section]:
    """Tabulate how often the folds chose each layer of the models whose layer is chosen.

    Parameters
    ----------
    layer_choices : DataFrame
        As the catalog has it; the first method counts.
    models : dict of str to ModelSpec
        All that are declared.

    Returns
    -------
    list of Table
        One with a row for each model and a column for each region, or none without such a model.
    """
    made = layer_choices[layer_choices["layer"] != ""]
    if made.empty:
        return []
    made = made[made["method"] == made["method"].iloc[0]]
    shares = made.groupby(["model", "roi"], sort=False)["layer"].value_counts(normalize=True)
    cells: dict[str, dict[str, str]] = {}
    for (model, roi), layers in shares.groupby(level=["model", "roi"], sort=False):
        listed = [f"{index[2]} ({share:.0%})" for index, share in layers.items()]
        cells.setdefault(models[str(model)].label, {})[str(roi)] = ", ".join(listed)
    table = pd.DataFrame.from_dict(cells, orient="index").reset_index(names="model")
    return [Table("Layers that were chosen (share of subjects and folds)", table)]


def show_partial_similarities(partial_similarities: pd.DataFrame) -> list[Section]:
    """Tabulate the similarity that is left when other RDMs are taken out of brain and models, if any are.

    Parameters
    ----------
    partial_similarities : DataFrame
        As the catalog has it.

    Returns
    -------
    list of Section
        A table with a row for each region and a column for the reported layer of each model, for the first
        method; or none.
    """
    if partial_similarities.empty:
        return []
    method = partial_similarities["method"].iloc[0]
    shown = partial_similarities[
        partial_similarities["reported"] & (partial_similarities["method"] == method)
    ]
    taken = ", ".join(shown["partial_out"].iloc[0].split())
    reasons = shown[shown["undefined"] != ""].groupby("undefined", sort=False)["label"].unique()
    table = shown.assign(cell=_cells(shown)).pivot(index="roi", columns="label", values="cell")
    table = table.loc[list(shown["roi"].unique()), list(shown["label"].unique())].reset_index(names="ROI")
    table.columns.name = None
    title = (
        f"Partial similarity ({method}) with {taken} taken out of brain and model RDMs: mean over subjects "
        "(q of the t-test across subjects, for these stimuli; mean similarity before)"
    )
    notes = [
        Note(f"The partial similarity of {', '.join(labels)} is undefined: {reason}.")
        for reason, labels in reasons.items()
    ]
    return [Table(title, table), *notes]


def show_reweighted_similarities(reweighted_similarities: pd.DataFrame) -> list[Section]:
    """Tabulate the similarity of models whose layers or features are weighted, if any are.

    Parameters
    ----------
    reweighted_similarities : DataFrame
        As the catalog has it.

    Returns
    -------
    list of Section
        A table with a row for each region, a column for each model, and the noise ceiling over the same pairs
        of stimuli; or none.
    """
    table = reweighted_similarities
    if table.empty:
        return []
    what, weights = table["reweighting"].iloc[0], table["weights"].iloc[0]
    reasons = table[table["undefined"] != ""].groupby("undefined", sort=False)["label"].unique()
    shown = table.assign(cell=_cells(table)).pivot(index="roi", columns="label", values="cell")
    shown = shown.loc[list(table["roi"].unique()), list(table["label"].unique())].reset_index(names="ROI")
    shown.columns.name = None
    ceilings = table.drop_duplicates("roi").set_index("roi").loc[shown["ROI"]]
    shown["noise ceiling"] = [
        "undefined" if np.isnan(lower) else f"{lower:.3f} to {upper:.3f}"
        for lower, upper in zip(ceilings["ceiling_lower"], ceilings["ceiling_upper"])
    ]
    title = (
        f"Similarity with reweighted {what} ({weights} weights, {table['method'].iloc[0]}), on pairs of "
        "stimuli that were held out: mean over subjects (q of the t-test across subjects, for these stimuli; "
        "mean similarity without weights on the same pairs)"
    )
    notes = [
        Note(f"The {what} of {', '.join(labels)} are not reweighted in some regions or all: {reason}.")
        for reason, labels in reasons.items()
    ]
    return [Table(title, shown), *notes]


def _cells(table: pd.DataFrame) -> list[str]:
    """Estimate, q, and the similarity that it is to be held against."""
    return [
        "undefined"
        if np.isnan(row.estimate)
        else f"{row.estimate:.3f} (q {_rounded(row.q)}; {row.similarity:.3f})"
        for row in table.itertuples()
    ]


def _rounded(q: float) -> str:
    return "< 0.001" if q < 0.001 else f"= {q:.3f}"


def show_clusters(
    cluster_summary: pd.DataFrame,
    cluster_sizes: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    cluster_supercategories: pd.DataFrame,
    study_view: StudyView,
) -> list[Section]:
    """Tabulate the clusters of each region and the categories that characterise them.

    Parameters
    ----------
    cluster_summary, cluster_sizes, cluster_categories, cluster_supercategories : DataFrame
        As the catalog has them.
    study_view : StudyView
        Categories with a q below its `max_q_of_categories` characterise a cluster.

    Returns
    -------
    list of Section
        The table of clusters, and either that of their categories or a note that the study has none.
    """
    of_clusters = Table("Clusters of stimuli", tabulate_clusters(cluster_summary, cluster_sizes))
    if cluster_categories.empty:
        return [of_clusters, Note("The stimuli have no categories, so none characterises a cluster.")]
    max_q = study_view.max_q_of_categories
    characteristics = Table(
        f"Categories that characterise the clusters of at least two stimuli (q < {max_q:g}, at most "
        "three by odds ratio; ∞: all stimuli of the category are in the cluster, or all of the cluster "
        "have the category)",
        tabulate_characteristics(cluster_sizes, cluster_categories, cluster_supercategories, max_q),
    )
    return [of_clusters, characteristics]


def show_published(published_comparison: pd.DataFrame) -> list[Section]:
    """Show the comparison with published similarities, if there are any.

    Parameters
    ----------
    published_comparison : DataFrame
        As the catalog has it.

    Returns
    -------
    list of Table
        One, or none.
    """
    if published_comparison.empty:
        return []
    return [Table("Mean similarity here and as published", published_comparison)]


def tabulate_models(model_rdms: RDMs, models: Mapping[str, ModelSpec]) -> Table:
    """Tabulate what each model is and where its RDMs come from.

    Parameters
    ----------
    model_rdms : rsatoolbox.rdm.RDMs
        As the catalog has them.
    models : dict of str to ModelSpec
        All that are declared.

    Returns
    -------
    Table
        A row for each RDM. What no model states of its training and size has no column.
    """
    descriptors = model_rdms.rdm_descriptors
    table = pd.DataFrame({key: descriptors[key] for key in ("model", "label", "modality", "task", "layer")})
    table["checkpoint"] = [models[name].checkpoint for name in table["model"]]
    # Of several poolings of a layer, each RDM has one.
    table["pooling"] = [
        models[name].pooling if len(models[name].poolings) == 1 else layer.rpartition(OF_POOLING)[2]
        for name, layer in zip(table["model"], table["layer"])
    ]
    table["precision"] = [models[name].precision for name in table["model"]]
    for field, title in _STATED.items():
        values = [getattr(models[name], field) for name in table["model"]]
        if any(value is not None for value in values):
            table[title] = [
                ABSENT
                if value is None
                else f"{value:,}".replace(",", " ")
                if isinstance(value, int)
                else value
                for value in values
            ]
    return Table("", table, part="models")
