"""Nodes of the pipeline `sensitivity`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from tyrosine import models
from tyrosine.figures.illustrations import Illustration, illustrate
from tyrosine.figures.specification_curve import plot_specification_curves
from tyrosine.figures.view import StudyView
from tyrosine.labelled import Dataset, RDMs
from tyrosine.models import ModelSpec
from tyrosine.parameters import QuestionParameters, RDMParameters, SensitivityParameters, StudyParameters
from tyrosine.parameters.measures import DISTANCES
from tyrosine.pipelines.brain_rdm_construction.nodes import build_brain_rdms
from tyrosine.pipelines.rdm_construction.nodes import build_model_rdm
from tyrosine.report.survival import render_survival
from tyrosine.rsa.inference.grid import GridRDMs
from tyrosine.rsa.rdms import concatenate
from tyrosine.rsa.responses import is_repeated

logger = logging.getLogger(__name__)


def build_other_brain_rdms(
    brain_rdms: RDMs,
    responses: dict[str, Callable[[], Dataset]],
    stimuli: pd.DataFrame,
    study: StudyParameters,
    sensitivity: SensitivityParameters,
) -> dict[str, RDMs]:
    """Build the brain RDMs by each distance of the grid.

    Returns
    -------
    dict of str to RDMs
        By distance, those of the run first. There are no others where the study has no responses, and none
        that need repetitions where it has averages.
    """
    built = {str(brain_rdms.dissimilarity_measure): brain_rdms}
    others = [distance for distance in sensitivity.brain_distances if distance not in built]
    if not all(is_repeated(load()) for load in responses.values()):
        others = [distance for distance in others if not DISTANCES[distance].needs_repetitions]
    measured = study.model_copy(update={"brain_rdms": "computed"})
    if others and not responses:
        logger.info("The study has RDMs alone, so the grid has no other distances of brain RDMs")
        return built
    for distance in others:
        built[distance] = build_brain_rdms(
            responses, {}, stimuli, measured, RDMParameters(brain_distance=distance)
        )[0]
    return built


class Reading(NamedTuple):
    """What one language model makes of other captions of each stimulus than in the run."""

    rdms: RDMs
    features: Dataset


def read_other_captions(
    model: ModelSpec,
    checkpoint: dict[str, Any],
    stimuli: pd.DataFrame,
    raw_study: dict[str, Any],
    rdm: RDMParameters,
    sensitivity: SensitivityParameters,
    rdm_stimuli: pd.DataFrame,
) -> dict[str, Reading]:
    """Let one language model read other captions of each stimulus than in the run.

    Returns
    -------
    dict of str to Reading
        By what it reads; empty where every stimulus has one caption.
    """
    others = [read for read in sensitivity.captions if read != model.captions]
    if stimuli["captions"].map(len).max() < 2:
        others = []
    built: dict[str, Reading] = {}
    for read in others:
        other = model.model_copy(update={"captions": read})
        features = models.extract_features(other, stimuli, raw_study["root_folder"], name=model.name)
        rdms = build_model_rdm(features, other, checkpoint, stimuli, rdm, rdm_stimuli)
        built[read] = Reading(rdms, features)
    return built


def gather_features(*features: Dataset) -> dict[str, Dataset]:
    """The features of the run, by model."""
    return {str(one.descriptors["model"]): one for one in features}


def gather_rdms(
    rdms_by_distance: dict[str, RDMs],
    model_rdms: RDMs,
    features_of_run: dict[str, Dataset],
    *others: dict[str, Reading],
) -> GridRDMs:
    """Put the RDMs and features of the run and all others together.

    Parameters
    ----------
    rdms_by_distance : dict of str to RDMs
        Brain RDMs.
    model_rdms : RDMs
        Those of the run.
    features_of_run : dict of str to Dataset
        By model; empty where no features are reweighted.
    *others : dict of str to Reading
        What each language model makes of other captions, by these.

    Returns
    -------
    GridRDMs
        Model RDMs are by `as in the run`, all models, and by what language models read, those that differ.
    """
    gathered, features = {"as in the run": model_rdms}, {"as in the run": features_of_run}
    for read in dict.fromkeys(read for of_model in others for read in of_model):
        there = [of_model[read] for of_model in others if read in of_model]
        gathered[read] = concatenate([one.rdms for one in there])
        if features_of_run:
            features[read] = gather_features(*(one.features for one in there))
    return GridRDMs(rdms_by_distance, gathered, features)


def write_answer_survival(
    answer_survival: pd.DataFrame,
    questions: QuestionParameters,
    sensitivity: SensitivityParameters,
    study_view: StudyView,
) -> str:
    """Say for each group and contrast of the questions in how many analyses its answer stands; Markdown."""
    return render_survival(
        answer_survival,
        questions.model_dump(),
        sensitivity,
        study_view.labels,
        title=study_view.title,
        simulated=study_view.simulated,
    )


def draw_specification_curves(
    answer_survival: pd.DataFrame, study_view: StudyView
) -> dict[str, Illustration]:
    """Draw the specification curve of each group and contrast of the questions."""
    drawn = illustrate(
        plot_specification_curves, "The estimate in every analysis", answer_survival, study_view
    )
    assert isinstance(drawn, dict)
    return drawn
