"""Nodes of the simulated study, which take the place of those that find real data and checkpoints."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.labelled import RDMs
from tyrosine.models import ModelSpec
from tyrosine.parameters import (
    ComparisonParameters,
    MiniatureParameters,
    SimulationParameters,
    StudyParameters,
)
from tyrosine.parameters.measures import DISTANCES, PUBLISHED
from tyrosine.pipelines.feature_extraction.nodes import prepare_checkpoint
from tyrosine.pipelines.ingestion.nodes import describe_study
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.layer_choice import add_truly_best_layers
from tyrosine.rsa.rdms import label_rdms, spread
from tyrosine.simulation.ground_truth import noise_free_recordings
from tyrosine.simulation.study import write_simulated_study
from tyrosine.tables.columns import BRAIN

logger = logging.getLogger(__name__)


def simulate_study(study: StudyParameters, simulation: SimulationParameters) -> dict[str, Any]:
    """Write the raw folder of the simulated study unless it is there, and say what it is.

    Returns
    -------
    dict
        As from `ingestion.nodes.describe_study`.
    """
    if write_simulated_study(study.path, study.regions, **simulation.model_dump()):
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

    Each is over the stimuli that its subject saw. The distance of responses is that of the brain RDMs, and
    what it estimates if it is an estimate from repetitions.

    Returns
    -------
    DataFrame
        The columns and rows of `similarities`. A layer that is chosen in folds is the truly best one here.

    Raises
    ------
    StudyError
        If the ground truth is missing or broken, or lacks a region that was measured.
    """
    measure = str(brain_rdms.dissimilarity_measure)
    root, ids = raw_study["root_folder"], list(stimuli["stimulus_id"])
    nsd_ids = stimuli.set_index("stimulus_id")["nsd_id"]
    own = {
        int(subject): [name for name in ids if name in set(names)]
        for subject, names in presentations.groupby("subject")["stimulus_id"]
    }
    recordings = {
        (recording.subject, recording.selectivity, recording.roi): np.asarray(recording.responses)
        for recording in noise_free_recordings(
            root,
            {subject: nsd_ids[names].tolist() for subject, names in own.items()},
            study.hemispheres,
            in_units_of_noise=measure == "crossnobis",
        )
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
    noise_free = label_rdms(
        np.stack(
            [
                spread(compute_rdm(recordings[region], distance, own[region[0]]), own[region[0]], ids)
                for region in measured
            ]
        ),
        ids,
        dict(zip(BRAIN, zip(*measured))),
        distance,
    )
    return add_truly_best_layers(compare_rdms(noise_free, model_rdms, comparison))
