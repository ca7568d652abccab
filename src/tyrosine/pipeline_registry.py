"""Which pipelines there are; feature extraction and RDM construction have a namespace for each model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from kedro.pipeline import Node, Pipeline

from tyrosine.parameters import Parameters, read_parameters
from tyrosine.parameters.analysis import BY_FEATURES, BY_SIZE, FROM_RDMS
from tyrosine.parameters.models import STIMULUS


class Composition(NamedTuple):
    """What the pipelines are made for.

    Attributes
    ----------
    roster : dict of str to tuple of str
        The models that take part, with the experiments of each.
    language_models : tuple of str
        Those that read captions.
    simulated : bool
        Whether the study is simulated.
    reweighted : tuple of str
        The models whose features the comparison weights, and the grid of `sensitivity`.
    has_population : bool
        Whether the simulated study has further scenes, on which the truth for all scenes is computed.
    partitioned : tuple of str
        The trained models among whose groups the variance of responses is partitioned.
    may_compare_patterns : bool
        Whether the comparison may need features in place of RDMs.
    """

    roster: dict[str, tuple[str, ...]]
    language_models: tuple[str, ...]
    simulated: bool
    reweighted: tuple[str, ...] = ()
    has_population: bool = False
    partitioned: tuple[str, ...] = ()
    may_compare_patterns: bool = True


_composition: Composition | None = None


def compose(parameters: Parameters) -> None:
    """Choose the models that the pipelines are made for, and whether data are simulated."""
    global _composition
    _composition = _composition_of(parameters)


def _composition_of(parameters: Parameters) -> Composition:
    roster = {name: parameters.models[name] for name in parameters.roster}
    by_features = parameters.comparison.reweighting == BY_FEATURES
    return Composition(
        {name: model.experiment for name, model in roster.items()},
        tuple(name for name, model in roster.items() if model.modality == "language"),
        parameters.simulated,
        tuple(name for name, model in roster.items() if by_features and model.modality != STIMULUS),
        parameters.simulation is not None and parameters.simulation.population > 0,
        tuple(name for name, model in roster.items() if model.twin_of is None and model.modality != STIMULUS),
        _may_compare_patterns(parameters),
    )


def _may_compare_patterns(parameters: Parameters) -> bool:
    engine, simulation = parameters.comparison.engine, parameters.simulation
    if engine == BY_SIZE and simulation is not None and parameters.simulated:
        # Of other studies the number of stimuli is not known before they are read.
        n_stimuli = simulation.n_stimuli + simulation.unique_stimuli * simulation.n_subjects
        return n_stimuli > parameters.comparison.max_stimuli
    return engine != FROM_RDMS


def register_pipelines() -> dict[str, Pipeline]:
    """The eight pipelines, all of them in order as the default, and those that are only run by name."""
    # Imported here, because settings reach this module and `kedro --help` must be quick.
    from tyrosine.pipelines import (
        brain_rdm_construction,
        comparison,
        encoding,
        export,
        feature_extraction,
        ingestion,
        rdm_clustering,
        rdm_construction,
        reporting,
        sensitivity,
    )

    composition = _composition or _configured()
    roster, language_models, simulated, reweighted, has_population, partitioned, may_compare_patterns = (
        composition
    )
    models = list(roster)
    compared_by_features = models if may_compare_patterns else []
    instead: dict[str, dict[str, Node]] = {"ingestion": {}, "feature_extraction": {}}
    truth: list[Node] = []
    further = {
        "export": export.create_pipeline(models),
        "sensitivity": sensitivity.create_pipeline(language_models, reweighted),
    }
    if simulated:
        # The room of the simulation may be missing where only real studies are run.
        from tyrosine.pipelines import miniature_training, simulation

        instead = {
            "ingestion": {"make_study": simulation.make_study()},
            "feature_extraction": {"make_checkpoint": simulation.make_checkpoint()},
        }
        truth = [simulation.compare_truth()]
        if has_population:
            truth.append(simulation.compare_population())
        further["miniature_training"] = miniature_training.create_pipeline()
    pipelines = {
        "ingestion": ingestion.create_pipeline(**instead["ingestion"]),
        "brain_rdm_construction": brain_rdm_construction.create_pipeline(),
        "feature_extraction": feature_extraction.create_pipeline(models, **instead["feature_extraction"]),
        "rdm_construction": rdm_construction.create_pipeline(models),
        "rdm_clustering": rdm_clustering.create_pipeline(),
        "comparison": comparison.create_pipeline(
            compare_truth=truth, features_of=reweighted, models=compared_by_features
        ),
        "encoding": encoding.create_pipeline(models, partitioned),
        "reporting": reporting.create_pipeline(
            ground_truth=[name for node in truth for name in node.outputs]
        ),
    }
    if has_population:
        pipelines["rdm_construction"] += Pipeline([simulation.represent_population(models)])
    registered = {"__default__": sum(pipelines.values(), Pipeline([])), **pipelines, **further}
    return {name: _tag_experiments(pipeline, roster) for name, pipeline in registered.items()}


def _tag_experiments(pipeline: Pipeline, roster: Mapping[str, tuple[str, ...]]) -> Pipeline:
    """Tag each model's nodes with its experiments, and what all models share with those of all."""
    every = {experiment for experiments in roster.values() for experiment in experiments}
    return Pipeline([node.tag(roster.get(node.namespace or "", every)) for node in pipeline.nodes])


def _configured() -> Composition:
    """What the environment `KEDRO_ENV` says, for commands that make no context."""
    from kedro.framework.project import settings
    from kedro.utils import find_kedro_project

    project = find_kedro_project(Path.cwd()) or Path.cwd()
    loader = settings.CONFIG_LOADER_CLASS(
        conf_source=str(project / "conf"), env=os.environ.get("KEDRO_ENV"), **settings.CONFIG_LOADER_ARGS
    )
    return _composition_of(read_parameters(loader["parameters"], project))
