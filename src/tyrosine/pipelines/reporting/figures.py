"""Nodes of the pipeline `reporting` that draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.spatial.distance import squareform

from tyrosine.figures.heatmaps import plot_similarity_heatmap
from tyrosine.figures.layers import plot_layer_profiles
from tyrosine.figures.partition import plot_variance_partition
from tyrosine.figures.rdms import plot_brain_and_models
from tyrosine.figures.second_order import plot_second_order_map, plot_second_order_matrix
from tyrosine.figures.similarity import plot_similarities
from tyrosine.models import ModelSpec
from tyrosine.parameters import FigureParameters, InferenceParameters, StudyParameters
from tyrosine.rsa.rdms import RDMs, at_reported_layer, find_rdm, over


def draw_similarity_plot(
    similarities: pd.DataFrame,
    noise_ceilings: pd.DataFrame,
    model_tests: pd.DataFrame,
    contrasts: pd.DataFrame,
    raw_study: dict[str, Any],
    study: StudyParameters,
    models: dict[str, ModelSpec],
    inference: InferenceParameters,
    figures: FigureParameters,
) -> tuple[Figure, Figure]:
    """Draw the similarity of every model to every region, for a screen and for print."""
    figure = plot_similarities(
        similarities[similarities["reported"]],
        regions=study.regions,
        **_describe_roster(models),
        title=raw_study["title"],
        method=similarities["method"].iloc[0],
        noise_ceilings=noise_ceilings,
        model_tests=model_tests,
        contrasts=contrasts,
        test=figures.test,
        max_q=inference.false_discovery_rate,
        simulated=raw_study["simulated"],
    )
    return figure, figure


def draw_similarity_heatmap(
    similarities: pd.DataFrame,
    model_tests: pd.DataFrame,
    raw_study: dict[str, Any],
    study: StudyParameters,
    models: dict[str, ModelSpec],
    inference: InferenceParameters,
    figures: FigureParameters,
) -> tuple[Figure, Figure]:
    """Draw the mean similarity of every model to every region as a heatmap, for a screen and for print."""
    figure = plot_similarity_heatmap(
        similarities[similarities["reported"]],
        regions=study.regions,
        **_describe_roster(models),
        title=raw_study["title"],
        method=similarities["method"].iloc[0],
        model_tests=model_tests,
        test=figures.test,
        max_q=inference.false_discovery_rate,
        simulated=raw_study["simulated"],
    )
    return figure, figure


def draw_layer_profiles(
    similarities: pd.DataFrame,
    model_rdms: RDMs,
    raw_study: dict[str, Any],
    study: StudyParameters,
    models: dict[str, ModelSpec],
) -> dict[str, Figure]:
    """Draw similarity against relative depth; nothing where no model has two layers with a depth."""
    labels = model_rdms.rdm_descriptors
    # RDMs that were not made by this project may not know how deep their layers lie.
    depths = pd.DataFrame(
        {
            "model": labels["model"],
            "layer": labels["layer"],
            "depth": labels.get("depth", [np.nan] * len(labels["model"])),
        }
    )
    if depths.groupby("model")["depth"].nunique().max() < 2:
        return {}
    figure = plot_layer_profiles(
        similarities.merge(depths, on=["model", "layer"]),
        regions=study.regions,
        models=_describe_roster(models)["models"],
        title=raw_study["title"],
        method=similarities["method"].iloc[0],
        simulated=raw_study["simulated"],
    )
    return {"layer_profiles.png": figure}


def draw_second_order(
    second_order_rdm: pd.DataFrame,
    raw_study: dict[str, Any],
    study: StudyParameters,
    models: dict[str, ModelSpec],
    figures: FigureParameters,
) -> tuple[Figure, Figure, Figure, Figure]:
    """Draw regions and models compared with each other as a matrix and as a map, for screen and print."""
    what: dict[str, Any] = {
        "regions": study.regions,
        **_describe_roster(models),
        "title": raw_study["title"],
        "simulated": raw_study["simulated"],
    }
    matrix = plot_second_order_matrix(second_order_rdm, cmap=figures.cmap, **what)
    plane = plot_second_order_map(second_order_rdm, **what)
    return matrix, matrix, plane, plane


def draw_variance_partition(
    variance_partition: pd.DataFrame,
    raw_study: dict[str, Any],
    study: StudyParameters,
    inference: InferenceParameters,
) -> tuple[Figure, Figure]:
    """Draw what groups of models explain alone and together, for a screen and for print."""
    figure = plot_variance_partition(
        variance_partition,
        regions=study.regions,
        title=raw_study["title"],
        max_q=inference.false_discovery_rate,
        confidence_level=inference.confidence_level,
        simulated=raw_study["simulated"],
    )
    return figure, figure


def draw_brain_and_models(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    clusters: pd.DataFrame,
    similarities: pd.DataFrame,
    raw_study: dict[str, Any],
    figures: FigureParameters,
) -> dict[str, Figure]:
    """Draw each clustered brain RDM beside the RDM of every model, in the order of its clusters."""
    shown = similarities[
        similarities["reported"] & (similarities["method"] == similarities["method"].iloc[0])
    ]
    model_rdms = at_reported_layer(model_rdms)
    drawn = {}
    for (subject, selectivity, roi), rows in clusters.groupby(["subject", "selectivity", "roi"], sort=False):
        ids = list(rows["stimulus_id"])
        brain = over(brain_rdms, ids, [find_rdm(brain_rdms, subject, roi)])
        models = over(model_rdms, ids)
        here = shown[(shown["subject"] == subject) & (shown["roi"] == roi)]
        drawn[f"subj{subject:02d}_{roi}.png"] = plot_brain_and_models(
            squareform(brain[0]),
            {label: squareform(model) for label, model in zip(model_rdms.rdm_descriptors["label"], models)},
            np.argsort(rows["position"].to_numpy()),
            roi=roi,
            subject=subject,
            selectivity=selectivity,
            title=raw_study["title"],
            measure=model_rdms.dissimilarity_measure,
            cmap=figures.cmap,
            simulated=raw_study["simulated"],
            similarities=dict(zip(here["label"], here["similarity"])),
        )
    return drawn


def _describe_roster(models: dict[str, ModelSpec]) -> dict[str, Any]:
    """Label, modality and trained model of each model, as the figures take them."""
    return {
        "models": {name: spec.label for name, spec in models.items()},
        "modalities": {name: spec.modality for name, spec in models.items()},
        "twins": {name: spec.twin_of for name, spec in models.items() if spec.twin_of is not None},
    }
