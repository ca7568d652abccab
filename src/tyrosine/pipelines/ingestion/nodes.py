"""Nodes of the pipeline `ingestion`."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.parameters import RDMParameters, StudyParameters
from tyrosine.pipelines.ingestion.agreement import (
    agreement_table,
    check_agreement,
    compare_distributed,
    condensed,
)
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import RDMs, label_rdms
from tyrosine.studies import layouts
from tyrosine.studies.download import fetch_study

logger = logging.getLogger(__name__)


def prepare_study(study: StudyParameters) -> dict[str, Any]:
    """Find the study's raw folder, or download it, and say what it is.

    Returns
    -------
    dict
        As from `describe_study`.
    """
    if study.url:
        fetch_study(
            study.path,
            study.url,
            contents=layouts.contents(study.source),
            sha256=study.sha256,
            terms=study.terms,
            limit=study.unpacked_limit,
        )
    return describe_study(study)


def describe_study(study: StudyParameters) -> dict[str, Any]:
    """Recognise the layout of the study's raw folder.

    Returns
    -------
    dict
        `study`, `title`, `layout`, `simulated` and `root_folder` (Path).
    """
    found = layouts.open_study(study.path, study.source)
    return {
        "study": study.name,
        "title": study.title,
        "layout": found.layout,
        "simulated": found.simulated,
        "root_folder": found.root,
    }


def read_stimuli(raw_study: dict[str, Any], study: StudyParameters) -> pd.DataFrame:
    """Read the stimuli of the study, in the order of its RDM rows."""
    return layouts.read_stimuli(_folder(raw_study), study.coco_path, study.crop_share)


def build_brain_rdms(
    raw_study: dict[str, Any], stimuli: pd.DataFrame, study: StudyParameters, rdm: RDMParameters
) -> tuple[RDMs, pd.DataFrame, pd.DataFrame]:
    """Build an RDM for each subject and ROI, and record who lacks which region and what was checked.

    Returns
    -------
    brain_rdms : RDMs
        With descriptors `subject`, `selectivity` and `roi`.
    region_coverage : DataFrame
        One row for each subject and ROI, with the number of voxels (missing where only RDMs are
        distributed, zero where the subject lacks the region).
    rdm_agreement : DataFrame
        One row for each distributed RDM whose responses are there too: its correlation with the RDM of
        those responses, and the largest difference of the two.

    Raises
    ------
    StudyError
        If a distributed RDM and its responses disagree and `study.on_mismatch` is `refuse`, or some RDMs can
        be had only as distributed while the others would get another distance.
    """
    ids = list(stimuli["stimulus_id"])
    rows: list[dict[str, Any]] = []
    agreement: list[dict[str, Any]] = []
    dissimilarities = []
    as_distributed: list[str] = []
    for recording in layouts.read_recordings(
        _folder(raw_study), len(ids), study.subjects, study.regions, study.hemispheres
    ):
        label = {"subject": recording.subject, "selectivity": recording.selectivity, "roi": recording.roi}
        responses, rdm_there = recording.responses, recording.rdm
        if responses is not None:
            agreement += [label | compare_distributed(responses, part, ids) for part in recording.distributed]
        if responses is not None and (study.brain_rdms == "computed" or rdm_there is None):
            dissimilarities.append(compute_rdm(responses, rdm.distance, ids))
        else:
            as_distributed.append(f"{recording.roi} of subject {recording.subject}")
            dissimilarities.append(
                condensed(np.asarray(rdm_there), f"The RDM in {recording.source}", len(ids))
            )
        rows.append({**label, "n_voxels": None if responses is None else responses.shape[1]})
    if as_distributed and len(as_distributed) < len(rows) and rdm.distance != "correlation":
        raise StudyError(
            f"Of {as_distributed[0]} there is only the RDM as distributed, so its distance cannot be "
            f"{rdm.distance} as that of the others; set rdm.distance to correlation, or leave it out."
        )
    have = pd.DataFrame(rows)
    brain_rdms = label_rdms(
        np.stack(dissimilarities),
        ids,
        have[["subject", "selectivity", "roi"]].to_dict("list"),
        "as distributed" if as_distributed else rdm.distance,
    )
    table = agreement_table(agreement)
    check_agreement(table, study)
    return brain_rdms, _coverage(have, study), table


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
