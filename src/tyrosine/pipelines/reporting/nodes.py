"""Nodes of the pipeline `reporting`: the view of the study, the images on contact sheets, and the report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel

from tyrosine.catalog.records import recorded_parameters
from tyrosine.figures.contact_sheets import shrink
from tyrosine.figures.illustrations import Place
from tyrosine.figures.series import plot_contact_sheets
from tyrosine.figures.view import ModelView, StudyView
from tyrosine.labelled import RDMs
from tyrosine.models import ModelSpec
from tyrosine.parameters import (
    ClusteringParameters,
    FigureParameters,
    InferenceParameters,
    QuestionParameters,
    ReportParameters,
    StudyParameters,
)
from tyrosine.parameters.measures import DUAL_BOOTSTRAP
from tyrosine.report.charts import Plots, draw_map, draw_rdm_pair, draw_similarities
from tyrosine.report.explorer import Explorer, build_explorer
from tyrosine.report.figure_data import MOST_CELLS, join_lists, tabulate_pairs
from tyrosine.report.first_screen import ShortAnswer
from tyrosine.report.methods import Made, Methods, describe_methods
from tyrosine.report.page import Report
from tyrosine.report.sections import Section, as_gallery, flatten_sections

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


def describe_study_view(
    raw_study: dict[str, Any],
    study: StudyParameters,
    models: dict[str, ModelSpec],
    clustering: ClusteringParameters,
    inference: InferenceParameters,
    figures: FigureParameters,
    questions: QuestionParameters,
) -> StudyView:
    """Gather what all figures have in common: regions, models, title, and how results are marked."""
    return StudyView(
        title=raw_study["title"],
        simulated=raw_study["simulated"],
        regions=dict(study.regions),
        models={name: ModelView(spec.label, spec.modality, spec.twin_of) for name, spec in models.items()},
        test=figures.test,
        max_q=inference.false_discovery_rate,
        max_q_of_categories=clustering.false_discovery_rate,
        confidence_level=inference.confidence_level,
        main=figures.main_models,
        question=figures.question or "",
        ask=questions.root[figures.question].ask if figures.question else "",
        cmap=figures.cmap,
        formats=figures.formats,
        series_formats=figures.series_formats,
    )


def plot_central_stimuli(
    central_stimuli: pd.DataFrame,
    cluster_sizes: pd.DataFrame,
    cluster_categories: pd.DataFrame,
    stimuli: pd.DataFrame,
    raw_study: dict[str, Any],
    *,
    view: StudyView,
) -> dict[Place, Figure]:
    """Read the images of the central stimuli and draw them, a figure for each clustered RDM."""
    # Reading images is part of the models' room, which imports PyTorch; listing the pipelines must be quick.
    from tyrosine.models.images import open_image

    files = dict(zip(stimuli["stimulus_id"], stimuli["image"]))

    @cache
    def thumbnail(stimulus_id: str) -> NDArray[np.uint8]:
        return shrink(open_image(raw_study["root_folder"] / files[stimulus_id], stimulus_id))

    return plot_contact_sheets(central_stimuli, cluster_sizes, cluster_categories, thumbnail, view=view)


def gather_sections(*sections: Any, drawings: Sequence[tuple[tuple[str, ...], bool]] = ()) -> list[Section]:
    """Put all sections of the report into one list, in the order of the inputs.

    Parameters
    ----------
    *sections
        Notes and tables, and as the last inputs what was drawn: figures or folders of figures.
    drawings : sequence of (tuple of str, bool)
        For each of the latter, the names of the datasets that were drawn, and whether images of stimuli can
        be made out.

    Returns
    -------
    list of Section
    """
    n_written = len(sections) - len(drawings)
    galleries = [as_gallery(drawn, *of) for drawn, of in zip(sections[n_written:], drawings)]
    return list(flatten_sections([*sections[:n_written], *galleries]))


def gather_figure_data(*drawn: Any, names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The tables that figures were drawn from, by the name of their dataset, as people open them elsewhere.

    RDMs become a table with a row for each pair of stimuli and a column for each RDM, if it is not too large.
    What is no table, such as the record of the raw study, is left out.
    """
    tables = {}
    for name, data in zip(names, drawn):
        if isinstance(data, pd.DataFrame):
            tables[name] = join_lists(data)
        elif hasattr(data, "dissimilarities") and data.dissimilarities.size <= MOST_CELLS:
            tables[name] = tabulate_pairs(data)
    return tables


def record_run(
    raw_study: dict[str, Any],
    stimuli: pd.DataFrame,
    similarities: pd.DataFrame,
    contrasts: pd.DataFrame,
    clusters: pd.DataFrame,
    parameters: dict[str, Any],
) -> dict[str, Any]:
    """Gather what the report says of the run as a whole.

    The parameters are those that the tables were made with, as the tables have them on record; what is not on
    record, such as how figures look, is that of the run.

    Returns
    -------
    dict
        `study`, `parameters` and `versions`.
    """
    return {
        "study": {
            "title": raw_study["title"],
            "name": raw_study["study"],
            "layout": raw_study["layout"],
            "simulated": raw_study["simulated"],
            "n_stimuli": len(stimuli),
            "n_subjects": int(similarities["subject"].nunique()),
            "n_rois": int(similarities["roi"].nunique()),
        },
        "parameters": _with_recorded(_plain(parameters), similarities, contrasts, clusters),
        "versions": {package: version(package) for package in _PACKAGES},
    }


def write_methods(
    run_record: dict[str, Any],
    brain_rdms: RDMs,
    model_rdms: RDMs,
    clusters: pd.DataFrame,
    contrasts: pd.DataFrame,
) -> tuple[Methods, str, str]:
    """Write the methods section of a paper from the parameters on record.

    Returns
    -------
    methods : Methods
        For the report.
    page : str
        The same as Markdown with citations as Pandoc reads them.
    references : str
        What it cites, as BibTeX.
    """
    drawn = contrasts.loc[contrasts["test"] == DUAL_BOOTSTRAP, "stimulus_groups"]
    made = Made(
        brain_distance=brain_rdms.dissimilarity_measure,
        model_distance=model_rdms.dissimilarity_measure,
        cut_by=str(clusters["cut_by"].iloc[0]),
        stimulus_groups=str(drawn.iloc[0]) if len(drawn) else "",
        models=tuple(dict.fromkeys(model_rdms.rdm_descriptors["model"])),
    )
    study = {**run_record["study"], "versions": run_record["versions"]}
    methods = describe_methods(study, run_record["parameters"], made)
    return methods, methods.markdown, methods.bibtex


def explore(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    clusters: pd.DataFrame,
    stimuli: pd.DataFrame,
    raw_study: dict[str, Any],
    report: ReportParameters,
) -> Explorer | None:
    """Gather RDMs, small images and captions to explore; None if stimuli have too little in common."""
    from tyrosine.models.images import open_image

    files = dict(zip(stimuli["stimulus_id"], stimuli["image"]))

    def thumbnail(stimulus_id: str) -> Image.Image:
        return open_image(raw_study["root_folder"] / files[stimulus_id], stimulus_id)

    return build_explorer(
        brain_rdms, model_rdms, clusters, stimuli, thumbnail if report.images else None, report.max_stimuli
    )


def draw_plots(
    explorer: Explorer | None,
    similarities: pd.DataFrame,
    noise_ceilings: pd.DataFrame,
    bootstrap_similarities: pd.DataFrame,
    study_view: StudyView,
) -> Plots | None:
    """Draw the interactive plots of the report; None if there is nothing to explore."""
    if explorer is None:
        return None
    item, models = draw_similarities(similarities, noise_ceilings, bootstrap_similarities, view=study_view)
    items = {"rdms": draw_rdm_pair(explorer, study_view), "similarities": item, "map": draw_map(explorer)}
    return Plots(explorer, items, models)


def write_report(
    run_record: dict[str, Any],
    short_answers: list[ShortAnswer],
    research_questions: str,
    methods: Methods,
    sections: list[Section],
    figure_data: dict[str, Path],
    plots: Plots | None,
    report: ReportParameters,
) -> Report:
    """Gather what the report shows: answers, figures, tables, methods, parameters and versions."""
    return Report(
        **run_record,
        sections=sections,
        short_answers=short_answers,
        answers=research_questions,
        methods=methods,
        explorer=plots,
        tables=figure_data,
        images=report.images,
    )


def _with_recorded(parameters: dict[str, Any], *tables: pd.DataFrame) -> dict[str, Any]:
    """The parameters, with those on record in the tables in place of those of the run."""
    for table in tables:
        for name, value in recorded_parameters(table).items():
            group = parameters
            *groups, last = name.split(".")
            for one in groups:
                group = group.setdefault(one, {})
            group[last] = value
    return parameters


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
