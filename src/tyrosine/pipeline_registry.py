"""Which pipelines there are; feature extraction and RDM construction have a namespace for each model."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from tyrosine.models import ModelSpec, parse_roster, refuse_lone_twins, select_models

_roster: dict[str, tuple[str, ...]] | None = None


def set_roster(models: Mapping[str, Iterable[str]]) -> None:
    """Choose the models that the pipelines are made for, with the experiments that each takes part in."""
    global _roster
    _roster = {name: tuple(experiments) for name, experiments in models.items()}


def choose_roster(
    parameters: Mapping[str, Any], specs: Mapping[str, ModelSpec], project: Path
) -> dict[str, tuple[str, ...]]:
    """The models that take part, with the experiments of each.

    Parameters
    ----------
    parameters : mapping
        As configuration and command line give them: `roster`, `experiment`, `study` and `miniatures` count.
    specs : mapping of str to ModelSpec
        All models that are declared.
    project : Path
        Where relative paths start.

    Returns
    -------
    dict of str to tuple of str
        In the order of `roster`. `all` means no miniature in another study than the simulated one: they are
        declared there too, because an environment has all that `conf/base` has.

    Raises
    ------
    ModelError
        If `roster` or `experiment` make no sense, or a model is the twin of none.
    """
    refuse_lone_twins(specs)
    folder = project / str(parameters.get("miniatures", {}).get("folder", ""))
    simulated = parameters.get("study", {}).get("source") == "simulated"
    names = select_models(
        specs,
        parameters.get("roster", "all"),
        parameters.get("experiment", "all"),
        left_out=()
        if simulated
        else [name for name, spec in specs.items() if (project / spec.checkpoint).is_relative_to(folder)],
    )
    return {name: specs[name].experiment for name in names}


def register_pipelines() -> dict[str, Pipeline]:
    """The six pipelines, all of them in order as the default, and two that are only run by name."""
    # Imported here, because settings reach this module and `kedro --help` must be quick.
    from tyrosine.pipelines import (
        comparison,
        export,
        feature_extraction,
        ingestion,
        miniature_training,
        rdm_clustering,
        rdm_construction,
        reporting,
    )

    roster = _configured_roster() if _roster is None else _roster
    models = list(roster)
    pipelines = {
        "ingestion": ingestion.create_pipeline(),
        "feature_extraction": feature_extraction.create_pipeline(models),
        "rdm_construction": rdm_construction.create_pipeline(models),
        "rdm_clustering": rdm_clustering.create_pipeline(),
        "comparison": comparison.create_pipeline(),
        "reporting": reporting.create_pipeline(),
    }
    registered = {
        "__default__": sum(pipelines.values(), Pipeline([])),
        **pipelines,
        "export": export.create_pipeline(models),
        "miniature_training": miniature_training.create_pipeline(),
    }
    return {name: _tag_experiments(pipeline, roster) for name, pipeline in registered.items()}


def _tag_experiments(pipeline: Pipeline, roster: Mapping[str, tuple[str, ...]]) -> Pipeline:
    """Tag each model's nodes with its experiments, and what all models share with those of all."""
    every = {experiment for experiments in roster.values() for experiment in experiments}
    return Pipeline([node.tag(roster.get(node.namespace or "", every)) for node in pipeline.nodes])


def _configured_roster() -> dict[str, tuple[str, ...]]:
    """The roster of the environment `KEDRO_ENV`, for commands that make no context."""
    from kedro.framework.project import settings
    from kedro.utils import find_kedro_project

    project = find_kedro_project(Path.cwd()) or Path.cwd()
    loader = settings.CONFIG_LOADER_CLASS(
        conf_source=str(project / "conf"), env=os.environ.get("KEDRO_ENV"), **settings.CONFIG_LOADER_ARGS
    )
    parameters = loader["parameters"]
    return choose_roster(parameters, parse_roster(parameters["models"]), project)
