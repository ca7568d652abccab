"""Nodes of the pipeline `reporting` that write tables and the report."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from tyrosine.models import ModelSpec
from tyrosine.report.cluster_tables import tabulate_characteristics, tabulate_clusters
from tyrosine.report.page import render_report
from tyrosine.rsa.rdms import RDMs

_PACKAGES = (
    "tyrosine",
    "kedro",
    "torch",
    "transformers",
    "rsatoolbox",
    "scikit-learn",
    "scipy",
    "numpy",
    "pandas",
)


def tabulate_similarities(similarities: pd.DataFrame, models: dict[str, ModelSpec]) -> pd.DataFrame:
    """Spread the similarities over a column a model, as the published experiment's table does.

    Returns
    -------
    DataFrame
        Columns `subject`, `sensitivity` (the region's selectivity), `area` (the ROI), and one for each
        model, named as its entry says; with several methods, layers or both these are columns too.
    """
    keys = ["subject", "sensitivity", "area"]
    table = similarities.rename(columns={"selectivity": "sensitivity", "roi": "area"})
    for extra in ("method", "layer"):
        if table.groupby("model")[extra].nunique().max() > 1:
            keys.append(extra)
    wide = table.pivot(index=keys, columns="model", values="similarity")
    order = table[keys].drop_duplicates()
    wide = wide.loc[pd.MultiIndex.from_frame(order), list(table["model"].unique())]
    return wide.rename(columns={name: models[name].column for name in wide.columns}).reset_index()


def compare_with_published(
    similarities: pd.DataFrame, published: dict[str, dict[str, float]]
) -> pd.DataFrame:
    """Put the run's mean similarities (Pearson) beside published ones.

    Parameters
    ----------
    similarities : DataFrame
    published : dict of str to dict of str to float
        Published mean over subjects, by model and ROI; may be empty.

    Returns
    -------
    DataFrame
        `model`, `roi`, `published`, `here`, `difference`; a model or ROI that only one side has is left out.
    """
    shown = similarities[similarities["reported"]]
    means = shown[shown["method"] == "pearson"].groupby(["model", "roi"])["similarity"].mean()
    rows = [
        {"model": model, "roi": roi, "published": value, "here": means[model, roi]}
        for model, values in published.items()
        for roi, value in values.items()
        if (model, roi) in means.index
    ]
    table = pd.DataFrame(rows, columns=["model", "roi", "published", "here"])
    table["difference"] = table["here"] - table["published"]
    return table


def write_report(
    raw_study: dict[str, Any],
    stimuli: pd.DataFrame,
    region_coverage: pd.DataFrame,
    model_rdms: RDMs,
    cluster_summary: pd.DataFrame,
    cluster_sizes: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    cluster_supercategories: pd.DataFrame,
    similarities: pd.DataFrame,
    noise_ceilings: pd.DataFrame,
    published_comparison: pd.DataFrame,
    similarity_plot: bytes,
    similarity_heatmap: bytes,
    layer_profile_figures: dict[str, bytes],
    second_order_matrix: bytes,
    second_order_map: bytes,
    variance_partition_plot: bytes,
    brain_and_model_figures: dict[str, bytes],
    clustered_rdm_figures: dict[str, bytes],
    cluster_category_figures: dict[str, bytes],
    dendrogram_figures: dict[str, bytes],
    contact_sheet_figures: dict[str, bytes],
    research_questions: str,
    parameters: dict[str, Any],
) -> str:
    """Write the report: one HTML page with the figures, the tables, the parameters and the versions."""
    method = similarities["method"].iloc[0]
    plain = _plain(parameters)
    max_q = plain["clustering"]["false_discovery_rate"]
    described = {"Clusters of stimuli": tabulate_clusters(cluster_summary, cluster_sizes)}
    if len(cluster_categories):
        described[
            f"Categories that characterise the clusters of at least two stimuli (q < {max_q:g}, at most "
            "three by odds ratio; ∞: all stimuli of the category are in the cluster, or all of the cluster "
            "have the category)"
        ] = tabulate_characteristics(cluster_sizes, cluster_categories, cluster_supercategories, max_q)
    if len(published_comparison):
        described["Mean similarity here and as published"] = published_comparison
    return render_report(
        study={
            "title": raw_study["title"],
            "name": raw_study["study"],
            "layout": raw_study["layout"],
            "simulated": raw_study["simulated"],
            "n_stimuli": len(stimuli),
            "n_subjects": int(similarities["subject"].nunique()),
            "n_rois": int(similarities["roi"].nunique()),
        },
        parameters=plain,
        versions={package: version(package) for package in _PACKAGES},
        models=_model_table(model_rdms, plain["models"]),
        tables={
            f"Similarity to brain RDMs ({method}), mean ± standard error over subjects": _summary(
                similarities, noise_ceilings, method
            ),
            **described,
        },
        figures={
            "Similarity of models and brain regions": similarity_plot,
            "Mean similarity of every model to every region": similarity_heatmap,
            **dict(zip(["Similarity of layers by their relative depth"], layer_profile_figures.values())),
            "What vision, language and multimodal models explain alone and together": variance_partition_plot,
            "Regions and models compared with each other": second_order_matrix,
            "Map of regions and models": second_order_map,
            **{f"Brain and models: {_caption(name)}": png for name, png in brain_and_model_figures.items()},
            **{f"Clusters: {_caption(name)}": png for name, png in clustered_rdm_figures.items()},
            **{f"Dendrograms: {_caption(name)}": png for name, png in dendrogram_figures.items()},
            **{
                f"Categories in clusters: {_caption(name)}": png
                for name, png in cluster_category_figures.items()
            },
            **{
                f"Central stimuli of clusters: {_caption(name)}": png
                for name, png in contact_sheet_figures.items()
            },
        },
        notes=[
            f"Subject {row.subject} lacks {row.roi} and is left out of it."
            for row in region_coverage[~region_coverage["covered"]].itertuples()
        ]
        + ["The stimuli have no categories, so none characterises a cluster."] * cluster_categories.empty,
        answers=research_questions,
    )


def _caption(file_name: str) -> str:
    """`subj01_EBA.png` as `subject 1, EBA`."""
    subject, *roi = Path(file_name).stem.split("_")
    return ", ".join([f"subject {int(subject.removeprefix('subj'))}", *roi])


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value


def _model_table(model_rdms: RDMs, models: dict[str, Any]) -> pd.DataFrame:
    descriptors = model_rdms.rdm_descriptors
    table = pd.DataFrame({key: descriptors[key] for key in ("model", "label", "modality", "task", "layer")})
    for field in ("checkpoint", "pooling", "precision"):
        table[field] = [models[name][field] for name in table["model"]]
    return table


def _summary(similarities: pd.DataFrame, noise_ceilings: pd.DataFrame, method: str) -> pd.DataFrame:
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
    return table
