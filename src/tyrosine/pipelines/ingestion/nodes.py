"""Nodes of the pipeline `ingestion`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.parameters import RDMParameters, SimulationParameters, StudyParameters
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import RDMs, check_condensed, condense_checked, label_rdms
from tyrosine.studies import layouts
from tyrosine.studies.download import fetch_study
from tyrosine.studies.nsd import first_three
from tyrosine.studies.simulation import write_simulated_study
from tyrosine.studies.tables import Distributed

logger = logging.getLogger(__name__)

SAME_RDM = 0.99
"""Least correlation of two RDMs that can be of the same responses in the same order."""


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
    table = _agreement_table(agreement)
    check_agreement(table, study)
    return brain_rdms, _coverage(have, study), table


def condensed(dissimilarities: NDArray, name: str, n_stimuli: int) -> NDArray[np.float64]:
    """A distributed RDM, condensed if it is not already, after the checks of `condense_checked`."""
    if dissimilarities.ndim == 1:
        return check_condensed(dissimilarities.astype(np.float64), name)
    return condense_checked(dissimilarities, name, n_stimuli)


def compare_distributed(
    responses: NDArray[np.floating], distributed: Distributed, ids: Sequence[str]
) -> dict[str, Any]:
    """Hold a distributed RDM against the responses that it is of.

    Returns
    -------
    dict
        `hemisphere`, `correlation` (Pearson, missing if one of the two is constant) and `max_difference`.
    """
    theirs = condensed(distributed.rdm, f"The RDM in {distributed.source}", len(ids))
    # What NSD's distributions hold is correlation distance, whatever distance this run computes.
    ours = compute_rdm(responses[:, distributed.voxels], "correlation", ids)
    varies = np.ptp(ours) > 0 and np.ptp(theirs) > 0
    return {
        "hemisphere": distributed.hemisphere,
        "correlation": float(np.clip(np.corrcoef(ours, theirs)[0, 1], -1, 1)) if varies else np.nan,
        "max_difference": float(np.abs(ours - theirs).max()),
    }


def _agreement_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    columns = {
        "subject": "int64",
        "selectivity": "str",
        "roi": "str",
        "hemisphere": "str",
        "correlation": "float64",
        "max_difference": "float64",
    }
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def check_agreement(rdm_agreement: pd.DataFrame, study: StudyParameters) -> None:
    """Refuse a study whose distributed RDMs are not those of its responses, or only say so.

    Raises
    ------
    StudyError
        If a correlation is below `SAME_RDM` and `study.on_mismatch` is `refuse`.
    """
    poor = rdm_agreement[~(rdm_agreement["correlation"] >= SAME_RDM)]
    if poor.empty:
        return
    told = first_three(
        f"subject {row.subject} {row.roi} {row.hemisphere} at {row.correlation:.3f}"
        for row in poor.itertuples()
    )
    sentence = (
        f"{len(poor)} of {len(rdm_agreement)} distributed RDMs correlate with those computed from the "
        f"responses in {study.path} below {SAME_RDM} ({told}), which is how another row order shows"
    )
    if study.on_mismatch == "refuse":
        raise StudyError(
            f"{sentence}; get files of one distribution, or set study.on_mismatch to warn to go on with the "
            f"RDMs as {study.brain_rdms}."
        )
    logger.warning("%s; going on with the RDMs as %s.", sentence, study.brain_rdms)


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
