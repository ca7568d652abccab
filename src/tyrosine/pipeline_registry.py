"""Which pipelines there are; feature extraction and RDM construction have a namespace for each model."""

from __future__ import annotations

import os
from pathlib import Path

from kedro.pipeline import Pipeline

_roster: list[str] | None = None


def set_roster(models: list[str]) -> None:
    """Choose the models that the pipelines are made for."""
    global _roster
    _roster = list(models)


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

    models = _configured_roster() if _roster is None else _roster
    pipelines = {
        "ingestion": ingestion.create_pipeline(),
        "feature_extraction": feature_extraction.create_pipeline(models),
        "rdm_construction": rdm_construction.create_pipeline(models),
        "rdm_clustering": rdm_clustering.create_pipeline(),
        "comparison": comparison.create_pipeline(),
        "reporting": reporting.create_pipeline(),
    }
    return {
        "__default__": sum(pipelines.values(), Pipeline([])),
        **pipelines,
        "export": export.create_pipeline(models),
        "miniature_training": miniature_training.create_pipeline(),
    }


def _configured_roster() -> list[str]:
    """The roster of the environment `KEDRO_ENV`, for commands that make no context."""
    from kedro.config import OmegaConfigLoader
    from kedro.framework.project import settings
    from kedro.utils import find_kedro_project

    from tyrosine.models import parse_roster, select_models

    project = find_kedro_project(Path.cwd()) or Path.cwd()
    loader = OmegaConfigLoader(
        conf_source=str(project / "conf"), env=os.environ.get("KEDRO_ENV"), **settings.CONFIG_LOADER_ARGS
    )
    parameters = loader["parameters"]
    return select_models(parse_roster(parameters["models"]), parameters.get("roster", "all"))
