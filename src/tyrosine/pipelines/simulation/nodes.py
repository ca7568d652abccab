"""Nodes of the simulated study, which take the place of those that find real data and checkpoints."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.labelled import RDMs
from tyrosine.models import ModelSpec, extract_features
from tyrosine.parameters import (
    ComparisonParameters,
    MiniatureParameters,
    RDMParameters,
    SimulationParameters,
    StudyParameters,
)
from tyrosine.parameters.measures import DISTANCES, PUBLISHED
from tyrosine.pipelines.feature_extraction.nodes import prepare_checkpoint
from tyrosine.pipelines.ingestion.nodes import describe_study
from tyrosine.pipelines.rdm_construction.nodes import build_model_rdm, stack_model_rdms
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.layer_choice import add_truly_best_layers
from tyrosine.rsa.rdms import STIMULUS_ID, label_rdms, spread
from tyrosine.simulation.ground_truth import noise_free_recordings
from tyrosine.simulation.study import POPULATION, write_simulated_study
from tyrosine.studies import layouts
from tyrosine.tables.columns import BRAIN

logger = logging.getLogger(__name__)

# RDMs of a population of scenes are large.
_AT_A_TIME = 16
N_PARTS = 8
"""Parts that the population of scenes is split into."""


def simulate_study(study: StudyParameters, simulation: SimulationParameters) -> dict[str, Any]:
    """Write the raw folder of the simulated study unless it is there, and say what it is.

    Returns
    -------
    dict
        As from `ingestion.nodes.describe_study`.
    """
    if write_simulated_study(study.path, study.regions, **simulation.model_dump(exclude={"equal_models"})):
        logger.info("Simulated %d stimuli and %d subjects", simulation.n_stimuli, simulation.n_subjects)
    return describe_study(study)


def prepare_miniature_checkpoint(model: ModelSpec, miniatures: MiniatureParameters) -> dict[str, Any]:
    """Put the miniature that a model names into its place unless it is there, and say what it is.

    Returns
    -------
    dict
        As from `feature_extraction.nodes.prepare_checkpoint`, also for a model that is no miniature.
    """
    if Path(model.checkpoint).is_relative_to(miniatures.folder):
        # The miniatures need PyTorch and transformers; listing the pipelines must be quick.
        from tyrosine.simulation.miniatures import prepare_miniature

        prepare_miniature(Path(model.checkpoint), miniatures.folder, miniatures.seed, miniatures.trained)
    return prepare_checkpoint(model)


def compare_with_ground_truth(
    raw_study: dict[str, Any],
    stimuli: pd.DataFrame,
    presentations: pd.DataFrame,
    brain_rdms: RDMs,
    model_rdms: RDMs,
    study: StudyParameters,
    comparison: ComparisonParameters,
) -> pd.DataFrame:
    """Compare the RDM of every region without noise with every model RDM, by every method.

    Each is over the stimuli that its subject saw.

    Returns
    -------
    DataFrame
        The columns and rows of `similarities`. A layer that is chosen in folds is the truly best one here.

    Raises
    ------
    StudyError
        If the ground truth is missing or broken, or lacks a region that was measured.
    """
    ids = list(stimuli["stimulus_id"])
    nsd_ids = stimuli.set_index("stimulus_id")["nsd_id"]
    own = {
        int(subject): [name for name in ids if name in set(names)]
        for subject, names in presentations.groupby("subject")["stimulus_id"]
    }
    shown = {subject: nsd_ids[names].tolist() for subject, names in own.items()}
    brains = _noise_free_rdms(raw_study["root_folder"], brain_rdms, ids, own, shown, study.hemispheres)
    tables = pd.concat([compare_rdms(brain, model_rdms, comparison) for brain in brains], ignore_index=True)
    # The rows of `similarities` are in the order of the methods.
    in_order = np.concatenate([np.flatnonzero(tables["method"] == name) for name in comparison.methods])
    return add_truly_best_layers(tables.loc[in_order].reset_index(drop=True))


def represent_population(
    raw_study: dict[str, Any],
    rdm: RDMParameters,
    models: dict[str, ModelSpec],
    roster: list[str],
    *checkpoints: dict[str, Any],
) -> RDMs:
    """Show the scenes of the population to every model, and build its RDMs.

    Parameters
    ----------
    checkpoints : dict
        What `prepare_checkpoint` says of each model of the roster.

    Returns
    -------
    RDMs
        As `rdm_construction.nodes.stack_model_rdms` gives them.
    """
    root = Path(raw_study["root_folder"]) / POPULATION
    scenes = layouts.read_stimuli(layouts.StudyFolder(root, raw_study["layout"], True))
    rdms = []
    for name, checkpoint in zip(roster, checkpoints, strict=True):
        features = extract_features(models[name], scenes, root, name=name)
        rdms.append(build_model_rdm(features, models[name], checkpoint, scenes, rdm))
    return stack_model_rdms(*rdms)


def compare_with_population(
    raw_study: dict[str, Any],
    population_model_rdms: RDMs,
    brain_rdms: RDMs,
    study: StudyParameters,
    simulation: SimulationParameters,
    comparison: ComparisonParameters,
) -> pd.DataFrame:
    """Compare the RDM of every region without noise with every model RDM, over the scenes of the population.

    Returns
    -------
    DataFrame
        As from `compare_with_ground_truth`, but every subject is shown the scenes of the population. Rows
        with `part` 0 are of all scenes, those with 1 to `N_PARTS` of a part of them each, which tell how
        exactly the population is known. Models that are equally good by construction have the mean of their
        similarities.
    """
    ids = [str(name) for name in population_model_rdms.pattern_descriptors[STIMULUS_ID]]
    subjects = {int(subject) for subject in brain_rdms.rdm_descriptors["subject"]}
    brains = _noise_free_rdms(
        raw_study["root_folder"],
        brain_rdms,
        ids,
        dict.fromkeys(subjects, ids),
        {subject: [int(name) for name in ids] for subject in subjects},
        study.hemispheres,
        POPULATION,
    )
    parts = [ids, *(part.tolist() for part in np.array_split(ids, N_PARTS))]
    of_models = [population_model_rdms.subset_pattern(STIMULUS_ID, part) for part in parts]
    tables: list[list[pd.DataFrame]] = [[] for _ in parts]
    for brain in brains:
        for compared, part, models in zip(tables, parts, of_models):
            compared.append(compare_rdms(brain.subset_pattern(STIMULUS_ID, part), models, comparison))
    table = pd.concat(
        [
            add_truly_best_layers(pd.concat(compared, ignore_index=True)).assign(part=number)
            for number, compared in enumerate(tables)
        ],
        ignore_index=True,
    )
    equal = table["model"].isin(simulation.equal_models)
    alike = table[equal].groupby(["subject", "selectivity", "roi", "method", "part"])["similarity"]
    return table.assign(similarity=table["similarity"].where(~equal, alike.transform("mean")))


def _noise_free_rdms(
    root: Path,
    brain_rdms: RDMs,
    ids: list[str],
    own: Mapping[int, list[str]],
    shown: Mapping[int, list[int]],
    hemispheres: str,
    scenes: str = "",
) -> Iterator[RDMs]:
    """The RDMs without noise of the regions that were measured, in their order, a few at a time.

    The distance is that of the measured RDMs, and what it estimates if it is an estimate from repetitions.
    `own` has the names of the stimuli of each subject, `shown` their numbers.
    """
    measure = str(brain_rdms.dissimilarity_measure)
    recordings = {
        (recording.subject, recording.selectivity, recording.roi): np.asarray(recording.responses)
        for recording in noise_free_recordings(root, shown, hemispheres, measure == "crossnobis", scenes)
    }
    measured = list(zip(*(brain_rdms.rdm_descriptors[key] for key in BRAIN)))
    lacking = [region for region in measured if region not in recordings]
    if lacking:
        subject, _, roi = lacking[0]
        raise StudyError(
            f"The ground truth in {root} has no {roi} of subject {subject}; delete the folder, and the next "
            "run simulates it anew."
        )
    # RDMs as distributed have the published distance.
    distance = measure if measure in DISTANCES else PUBLISHED
    distance = DISTANCES[distance].without_noise or distance
    for start in range(0, len(measured), _AT_A_TIME):
        regions = measured[start : start + _AT_A_TIME]
        rdms = [
            spread(compute_rdm(recordings[region], distance, own[region[0]]), own[region[0]], ids)
            for region in regions
        ]
        yield label_rdms(np.stack(rdms), ids, dict(zip(BRAIN, zip(*regions))), distance)
