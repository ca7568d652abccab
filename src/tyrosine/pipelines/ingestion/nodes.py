"""Nodes of the pipeline `ingestion`."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from tyrosine.parameters import RDMParameters, SimulationParameters, StudyParameters
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import RDMs, condense_checked, label_rdms
from tyrosine.studies import layouts
from tyrosine.studies.download import fetch_study
from tyrosine.studies.simulation import write_simulated_study

logger = logging.getLogger(__name__)


def prepare_study(study: StudyParameters, simulation: SimulationParameters) -> dict[str, Any]:
    """Find the study's raw folder, or download or simulate it, and say what it is.

    Returns
    -------
    dict
        `study`, `title`, `layout`, `simulated` and `root_folder` (Path).
    """
    if study.source == "simulated":
        options = simulation.model_dump()
        if write_simulated_study(study.path, study.regions, **options):
            logger.info("Simulated %d stimuli and %d subjects", simulation.n_stimuli, simulation.n_subjects)
    elif study.url:
        fetch_study(
            study.path,
            study.url,
            contents=layouts.contents(study.source),
            sha256=study.sha256,
            terms=study.terms,
            limit=study.unpacked_limit,
        )
    found = layouts.open_study(study.path, study.source)
    return {
        "study": study.name,
        "title": study.title,
        "layout": found.layout,
        "simulated": found.simulated,
        "root_folder": found.root,
    }


def read_stimuli(raw_study: dict[str, Any]) -> pd.DataFrame:
    """Read the stimuli of the study, in the order of its RDM rows."""
    return layouts.read_stimuli(_folder(raw_study))


def build_brain_rdms(
    raw_study: dict[str, Any], stimuli: pd.DataFrame, study: StudyParameters, rdm: RDMParameters
) -> tuple[RDMs, pd.DataFrame]:
    """Build an RDM for each subject and ROI, and record who lacks which region.

    Returns
    -------
    brain_rdms : RDMs
        With descriptors `subject`, `selectivity` and `roi`.
    region_coverage : DataFrame
        One row for each subject and ROI, with the number of voxels (missing where only RDMs are
        distributed, zero where the subject lacks the region).
    """
    ids = list(stimuli["stimulus_id"])
    rows: list[dict[str, Any]] = []
    dissimilarities = []
    measure: str = rdm.distance
    for recording in layouts.read_recordings(
        _folder(raw_study), len(ids), study.subjects, study.regions, study.hemispheres
    ):
        voxels = None
        if recording.responses is not None:
            voxels = recording.responses.shape[1]
            dissimilarities.append(compute_rdm(recording.responses, rdm.distance, ids))
        else:
            measure = "as distributed"
            dissimilarities.append(
                condense_checked(np.asarray(recording.rdm), f"The RDM in {recording.source}", len(ids))
            )
        rows.append(
            {
                "subject": recording.subject,
                "selectivity": recording.selectivity,
                "roi": recording.roi,
                "n_voxels": voxels,
            }
        )
    have = pd.DataFrame(rows)
    brain_rdms = label_rdms(
        np.stack(dissimilarities), ids, have[["subject", "selectivity", "roi"]].to_dict("list"), measure
    )
    return brain_rdms, _coverage(have, study)


def _coverage(have: pd.DataFrame, study: StudyParameters) -> pd.DataFrame:
    """Every subject and ROI, those that are lacking with zero voxels."""
    grid = pd.DataFrame(
        [
            (int(subject), selectivity, roi)
            for subject in sorted(have["subject"].unique())
            for selectivity, rois in study.regions.items()
            for roi in rois
        ],
        columns=["subject", "selectivity", "roi"],
    )
    coverage = grid.merge(have, how="left", indicator="match")
    coverage["covered"] = coverage.pop("match") == "both"
    coverage["n_voxels"] = coverage["n_voxels"].astype("Int64")
    coverage.loc[~coverage["covered"], "n_voxels"] = 0
    lacking = coverage.loc[~coverage["covered"]]
    if len(lacking):
        told = ", ".join(f"subject {row.subject} {row.roi}" for row in lacking.itertuples())
        logger.info("Regions that a subject lacks: %s", told)
    return coverage


def _folder(raw_study: dict[str, Any]) -> layouts.StudyFolder:
    return layouts.StudyFolder(raw_study["root_folder"], raw_study["layout"], raw_study["simulated"])
