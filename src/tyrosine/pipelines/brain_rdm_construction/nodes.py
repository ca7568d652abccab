"""Nodes of the pipeline `brain_rdm_construction`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters import RDMParameters, StudyParameters
from tyrosine.pipelines.brain_rdm_construction.agreement import (
    agreement_table,
    check_agreement,
    compare_distributed,
)
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import label_rdms, over, spread, stimulus_ids
from tyrosine.rsa.responses import regions_of, responses_of_region


class _BrainRDM(NamedTuple):
    """The RDM of one region of one subject."""

    subject: int
    selectivity: str
    roi: str
    rdm: NDArray[np.float64]
    distributed: bool
    """Whether it is the one that the study distributes."""


def build_brain_rdms(
    responses: dict[str, Callable[[], Dataset]],
    distributed_rdms: dict[str, Callable[[], RDMs]],
    stimuli: pd.DataFrame,
    study: StudyParameters,
    rdm: RDMParameters,
) -> tuple[RDMs, pd.DataFrame]:
    """Build an RDM for each subject and ROI, and hold those that the study distributes against responses.

    Returns
    -------
    brain_rdms : RDMs
        With descriptors `subject`, `selectivity` and `roi`, region by region.
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
    place = {roi: number for number, roi in enumerate(roi for rois in study.regions.values() for roi in rois)}
    kept: list[_BrainRDM] = []
    agreement: list[dict[str, Any]] = []
    for name in sorted({*responses, *distributed_rdms}):
        measured = responses[name]() if name in responses else None
        distributed = distributed_rdms[name]() if name in distributed_rdms else None
        if measured is not None and distributed is not None:
            agreement += _hold_against_responses(distributed, measured, ids)
        kept += _rdms_of_subject(measured, distributed, ids, study.brain_rdms, rdm.distance)
    lacking = [roi for roi in place if roi not in {one.roi for one in kept}]
    if lacking:
        raise StudyError(
            f"There are neither responses nor RDMs of region {lacking[0]}; run the pipeline ingestion with "
            "the same study.regions first."
        )
    kept = sorted((one for one in kept if one.roi in place), key=lambda one: (place[one.roi], one.subject))
    as_distributed = [one for one in kept if one.distributed]
    if as_distributed and len(as_distributed) < len(kept) and rdm.distance != "correlation":
        raise StudyError(
            f"Of {as_distributed[0].roi} of subject {as_distributed[0].subject} there is only the RDM as "
            f"distributed, so its distance cannot be {rdm.distance} as that of the others; set rdm.distance "
            "to correlation, or leave it out."
        )
    rows = [row for row in agreement if row["roi"] in place]
    table = agreement_table(sorted(rows, key=lambda row: (place[row["roi"]], row["subject"])))
    check_agreement(table, study)
    return (
        label_rdms(
            np.stack([one.rdm for one in kept]),
            ids,
            {key: [getattr(one, key) for one in kept] for key in ("subject", "selectivity", "roi")},
            "as distributed" if as_distributed else rdm.distance,
        ),
        table,
    )


def _rdms_of_subject(
    measured: Dataset | None, distributed: RDMs | None, ids: list[str], wanted: str, distance: str
) -> list[_BrainRDM]:
    """The RDM of each region of one subject, computed or as distributed, as `wanted` where there are both."""
    given = [] if distributed is None else _as_distributed(distributed, ids)
    regions = [] if measured is None else regions_of(measured)
    computed = {roi for _, roi in regions}
    if wanted == "distributed":
        computed -= {one.roi for one in given}
    built = [one for one in given if one.roi not in computed]
    for selectivity, roi in regions:
        if measured is not None and roi in computed:
            values, names = responses_of_region(measured, roi, ids)
            rdm = spread(compute_rdm(values, distance, names), names, ids)
            built.append(_BrainRDM(int(measured.descriptors["subject"]), selectivity, roi, rdm, False))
    return built


def _as_distributed(rdms: RDMs, ids: list[str]) -> list[_BrainRDM]:
    """The distributed RDM of each region; that of both hemispheres is the mean where there is one of each."""
    labels, names = rdms.rdm_descriptors, stimulus_ids(rdms)
    rows: dict[tuple[int, str, str], list[int]] = {}
    for row, key in enumerate(zip(labels["subject"], labels["selectivity"], labels["roi"])):
        rows.setdefault(key, []).append(row)
    return [
        _BrainRDM(*key, spread(rdms.dissimilarities[of_region].mean(axis=0), names, ids), distributed=True)
        for key, of_region in rows.items()
    ]


def _hold_against_responses(rdms: RDMs, measured: Dataset, ids: list[str]) -> list[dict[str, Any]]:
    """Rows of `rdm_agreement` of one subject: those of RDMs whose voxels have responses."""
    rows = []
    labels = rdms.rdm_descriptors
    for row, (roi, hemisphere) in enumerate(zip(labels["roi"], labels["hemisphere"])):
        values, names = responses_of_region(measured, roi, ids, hemisphere)
        if values.shape[1]:
            label = {key: labels[key][row] for key in ("subject", "selectivity", "roi", "hemisphere")}
            theirs = over(rdms, names, [row])[0]
            rows.append(label | compare_distributed(theirs, values, names))
    return rows
