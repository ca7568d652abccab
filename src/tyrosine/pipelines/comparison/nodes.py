"""Nodes of the pipeline `comparison` that choose what is compared: RDMs, or the patterns that make them."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd

from tyrosine.errors import ParameterError, RDMError
from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters import ComparisonParameters, StudyParameters
from tyrosine.parameters.analysis import FROM_RDMS
from tyrosine.parameters.measures import DISTANCES
from tyrosine.parameters.models import STIMULUS
from tyrosine.pipelines.ingestion.rdm_stimuli import computes_rdms
from tyrosine.rsa.comparison import refuse_flat_brains, refuse_flat_models
from tyrosine.rsa.engine import choose_engine
from tyrosine.rsa.rdms import STIMULUS_ID
from tyrosine.rsa.responses import responses_of_region, trials_of_region
from tyrosine.rsa.without_rdms.labelled import LabelledPatterns, RDMLimits, RDMsOrPatterns
from tyrosine.rsa.without_rdms.patterns import Patterns, patterns_of_features, patterns_of_trials
from tyrosine.tables.columns import BRAIN

logger = logging.getLogger(__name__)


def represent_brains(
    brain_rdms: RDMs,
    responses: dict[str, Callable[[], Dataset]],
    stimuli: pd.DataFrame,
    study: StudyParameters,
    comparison: ComparisonParameters,
    seed: int,
) -> RDMsOrPatterns:
    """Take the brain RDMs as they are, or the patterns of the same regions over all stimuli.

    Returns
    -------
    RDMs or LabelledPatterns
        As `tyrosine.rsa.engine.choose_engine` chooses. Patterns of repeated responses have sessions for folds
        where every stimulus was shown in the same ones, and repetitions elsewhere: without RDMs each fold
        must have every stimulus.

    Raises
    ------
    ParameterError
        If patterns are asked for and there are no responses, or the distance or a method needs RDMs.
    RDMError
        If patterns are not defined, or an RDM has no variance; it names the region and the subject.
    """
    if choose_engine(comparison, len(stimuli), computes_rdms(responses, study)) == FROM_RDMS:
        refuse_flat_brains(brain_rdms)
        return brain_rdms
    distance = str(brain_rdms.dissimilarity_measure)
    ids = [str(name) for name in stimuli["stimulus_id"]]
    if distance not in DISTANCES:
        raise ParameterError(
            "comparison.engine is patterns, and some brain RDMs of this study are taken as distributed, "
            "without responses; leave their regions out of study.regions, or set it to rdms."
        )
    labels = {key: list(brain_rdms.rdm_descriptors[key]) for key in BRAIN}
    found: dict[tuple[int, str], tuple[Patterns, list[str]]] = {}
    for load in responses.values():
        measured = load()
        subject = int(measured.descriptors["subject"])
        for owner, roi in zip(labels["subject"], labels["roi"]):
            if owner == subject:
                found[subject, roi] = _patterns_of_region(measured, roi, ids, distance)
    regions = [found[int(subject), roi] for subject, roi in zip(labels["subject"], labels["roi"])]
    limits = RDMLimits(comparison.max_stimuli, comparison.stimulus_samples, seed)
    logger.info("Regions and models are compared by patterns of %d stimuli, without RDMs", len(ids))
    return LabelledPatterns(
        tuple(patterns for patterns, _ in regions),
        tuple(ids),
        np.array([np.isin(ids, names) for _, names in regions]),
        labels,
        distance,
        limits,
    )


def _patterns_of_region(
    measured: Dataset, roi: str, ids: list[str], distance: str
) -> tuple[Patterns, list[str]]:
    try:
        if DISTANCES[distance].needs_repetitions:
            trials = trials_of_region(measured, roi, ids, even_folds=True)
            return patterns_of_trials(trials, distance), trials.names
        values, names = responses_of_region(measured, roi, ids)
        return patterns_of_features(values, distance, names), names
    except RDMError as error:
        raise RDMError(f"{roi} of subject {measured.descriptors['subject']}: {error}") from error


def represent_models(
    model_rdms: RDMs, brain_representations: RDMsOrPatterns, *features: Dataset
) -> RDMsOrPatterns:
    """Take the model RDMs as they are, or the patterns of the same layers where brains have patterns.

    Parameters
    ----------
    model_rdms : RDMs
    brain_representations : RDMs or LabelledPatterns
    *features : Dataset
        Of each model of the roster.

    Returns
    -------
    RDMs or LabelledPatterns
        Over the stimuli of the brains. Features of stimuli are compared by squared Euclidean distances, as
        their RDMs are.

    Raises
    ------
    ParameterError
        If the distance needs RDMs, or a model has RDMs alone.
    RDMError
        If an RDM has no variance; it names the model and the layer.
    """
    if not isinstance(brain_representations, LabelledPatterns):
        refuse_flat_models(model_rdms)
        return model_rdms
    ids = brain_representations.stimulus_ids
    labels = {key: list(values) for key, values in model_rdms.rdm_descriptors.items() if key != "index"}
    datasets = {str(one.descriptors["model"]): one for one in features}
    lacking = [name for name in labels["model"] if name not in datasets]
    if lacking:
        raise ParameterError(
            f"{lacking[0]} has an RDM and no features, so it cannot be compared by patterns; set "
            "comparison.engine to rdms, or leave it out."
        )
    sets = []
    for name, layer, modality in zip(labels["model"], labels["layer"], labels["modality"]):
        of_model = datasets[name]
        place = {str(one): row for row, one in enumerate(of_model.obs_descriptors[STIMULUS_ID])}
        columns = np.asarray(of_model.channel_descriptors["layer"]) == layer
        values = of_model.measurements[:, columns]
        rows = [place[one] for one in ids]
        if rows != list(range(len(values))):
            values = values[rows]
        distance = "squared_euclidean" if modality == STIMULUS else str(model_rdms.dissimilarity_measure)
        sets.append(patterns_of_features(values, distance, ids))
    return LabelledPatterns(
        tuple(sets),
        ids,
        np.ones((len(sets), len(ids)), dtype=bool),
        labels,
        str(model_rdms.dissimilarity_measure),
        brain_representations.limits,
    )
