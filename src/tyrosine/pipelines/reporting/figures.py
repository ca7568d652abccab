"""Nodes of the pipeline `reporting` that draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.spatial.distance import squareform

from tyrosine.figures.heatmaps import plot_similarity_heatmap
from tyrosine.figures.layers import add_depth, plot_layer_profiles
from tyrosine.figures.partition import plot_variance_partition
from tyrosine.figures.rdms import plot_brain_and_models
from tyrosine.figures.second_order import plot_second_order_map, plot_second_order_matrix
from tyrosine.figures.similarity import plot_similarities
from tyrosine.figures.view import ModelView, StudyView
from tyrosine.models import parse_roster
from tyrosine.parameters import ClusteringParameters, FigureParameters, InferenceParameters, StudyParameters
from tyrosine.rsa.rdms import RDMs, align, at_reported_layer


def describe_study_view(
    raw_study: dict[str, Any],
    study: StudyParameters,
    models: dict[str, Any],
    clustering: ClusteringParameters,
    inference: InferenceParameters,
    figures: FigureParameters,
) -> StudyView:
    """Gather what all figures have in common: regions, models, title, and how results are marked."""
    return StudyView(
        title=raw_study["title"],
        simulated=raw_study["simulated"],
        regions=dict(study.regions),
        models={
            name: ModelView(spec.label, spec.modality, spec.twin_of)
            for name, spec in parse_roster(models).items()
        },
        test=figures.test,
        max_q=inference.false_discovery_rate,
        max_q_of_categories=clustering.false_discovery_rate,
        confidence_level=inference.confidence_level,
        cmap=figures.cmap,
    )


def draw_similarity_plot(
    similarities: pd.DataFrame,
    noise_ceilings: pd.DataFrame,
    model_tests: pd.DataFrame,
    contrasts: pd.DataFrame,
    study_view: StudyView,
) -> tuple[Figure, Figure]:
    """Draw the similarity of every model to every region, for a screen and for print."""
    figure = plot_similarities(similarities, noise_ceilings, model_tests, contrasts, view=study_view)
    return figure, figure


def draw_similarity_heatmap(
    similarities: pd.DataFrame, model_tests: pd.DataFrame, study_view: StudyView
) -> tuple[Figure, Figure]:
    """Draw the mean similarity of every model to every region as a heatmap, for a screen and for print."""
    figure = plot_similarity_heatmap(similarities, model_tests, view=study_view)
    return figure, figure


def draw_layer_profiles(
    similarities: pd.DataFrame, model_rdms: RDMs, study_view: StudyView
) -> dict[str, Figure]:
    """Draw similarity against relative depth; nothing where no model has two layers with a depth."""
    rows = add_depth(similarities, model_rdms)
    if rows.groupby("model")["depth"].nunique().max() < 2:
        return {}
    return {"layer_profiles.png": plot_layer_profiles(rows, view=study_view)}


def draw_second_order(
    second_order_rdm: pd.DataFrame, study_view: StudyView
) -> tuple[Figure, Figure, Figure, Figure]:
    """Draw regions and models compared with each other as a matrix and as a map, for screen and print."""
    matrix = plot_second_order_matrix(second_order_rdm, view=study_view)
    plane = plot_second_order_map(second_order_rdm, view=study_view)
    return matrix, matrix, plane, plane


def draw_variance_partition(variance_partition: pd.DataFrame, study_view: StudyView) -> tuple[Figure, Figure]:
    """Draw what groups of models explain alone and together, for a screen and for print."""
    figure = plot_variance_partition(variance_partition, view=study_view)
    return figure, figure


def draw_brain_and_models(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    clusters: pd.DataFrame,
    similarities: pd.DataFrame,
    study_view: StudyView,
) -> dict[str, Figure]:
    """Draw each clustered brain RDM beside the RDM of every model, in the order of its clusters."""
    shown = similarities[
        similarities["reported"] & (similarities["method"] == similarities["method"].iloc[0])
    ]
    model_rdms = at_reported_layer(model_rdms)
    drawn = {}
    for (subject, selectivity, roi), rows in clusters.groupby(["subject", "selectivity", "roi"], sort=False):
        ids = list(rows["stimulus_id"])
        brain = align(brain_rdms.subset("subject", subject).subset("roi", roi), ids)
        models = align(model_rdms, ids)
        here = shown[(shown["subject"] == subject) & (shown["roi"] == roi)]
        drawn[f"subj{subject:02d}_{roi}.png"] = plot_brain_and_models(
            squareform(brain[0]),
            {label: squareform(model) for label, model in zip(model_rdms.rdm_descriptors["label"], models)},
            np.argsort(rows["position"].to_numpy()),
            roi=roi,
            subject=subject,
            selectivity=selectivity,
            view=study_view,
            measure=model_rdms.dissimilarity_measure,
            similarities=dict(zip(here["label"], here["similarity"])),
        )
    return drawn
