"""Nodes of the pipeline `brain_rdm_construction`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import RDMError, StudyError
from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters import RDMParameters, StudyParameters
from tyrosine.parameters.measures import AUTO, DISTANCES, PUBLISHED, UNBIASED, distances_of_features
from tyrosine.pipelines.brain_rdm_construction.agreement import (
    agreement_table,
    check_agreement,
    compare_distributed,
)
from tyrosine.rsa.crossvalidation import compute_rdm_of_trials
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import label_rdms, over, spread, stimulus_ids
from tyrosine.rsa.responses import is_repeated, regions_of, responses_of_region, trials_of_region

logger = logging.getLogger(__name__)


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
    distance = choose_distance(rdm.brain_distance, responses)
    kept: list[_BrainRDM] = []
    agreement: list[dict[str, Any]] = []
    for name in sorted({*responses, *distributed_rdms}):
        measured = responses[name]() if name in responses else None
        distributed = distributed_rdms[name]() if name in distributed_rdms else None
        if measured is not None and distributed is not None:
            agreement += _hold_against_responses(distributed, measured, ids)
        kept += _rdms_of_subject(measured, distributed, ids, study.brain_rdms, distance)
    lacking = [roi for roi in place if roi not in {one.roi for one in kept}]
    if lacking:
        raise StudyError(
            f"There are neither responses nor RDMs of region {lacking[0]}; run the pipeline ingestion with "
            "the same study.regions first."
        )
    kept = sorted((one for one in kept if one.roi in place), key=lambda one: (place[one.roi], one.subject))
    as_distributed = [one for one in kept if one.distributed]
    if as_distributed and len(as_distributed) < len(kept) and distance != PUBLISHED:
        raise StudyError(
            f"Of {as_distributed[0].roi} of subject {as_distributed[0].subject} there is only the RDM as "
            f"distributed, so its distance cannot be {distance} as that of the others; set "
            f"rdm.brain_distance to {PUBLISHED}, or leave the region out."
        )
    rows = [row for row in agreement if row["roi"] in place]
    table = agreement_table(sorted(rows, key=lambda row: (place[row["roi"]], row["subject"])))
    check_agreement(table, study)
    return (
        label_rdms(
            np.stack([one.rdm for one in kept]),
            ids,
            {key: [getattr(one, key) for one in kept] for key in ("subject", "selectivity", "roi")},
            "as distributed" if as_distributed else distance,
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
            rdm = spread(*rdm_of_region(measured, roi, ids, distance), ids)
            built.append(_BrainRDM(int(measured.descriptors["subject"]), selectivity, roi, rdm, False))
    return built


def choose_distance(wanted: str, responses: Mapping[str, Callable[[], Dataset]]) -> str:
    """The distance of brain RDMs that a parameter names, or by whether all subjects saw stimuli repeatedly.

    Raises
    ------
    StudyError
        If the distance needs repetitions and a subject has none.
    """
    if wanted != AUTO and not DISTANCES[wanted].needs_repetitions:
        return wanted
    lacking = next((name for name, load in responses.items() if not is_repeated(load())), "")
    if wanted != AUTO:
        if lacking:
            raise StudyError(
                f"rdm.brain_distance is {wanted}, which needs two responses at least to each stimulus, and "
                f"{lacking} has stimuli with one; set it to one of {', '.join(distances_of_features())}."
            )
        return wanted
    chosen = PUBLISHED if lacking or not responses else UNBIASED
    logger.info(
        "Brain RDMs have the distance %s, since %s",
        chosen,
        "every stimulus was repeated" if chosen == UNBIASED else "there are averages alone",
    )
    return chosen


def rdm_of_region(
    measured: Dataset, roi: str, ids: list[str], distance: str
) -> tuple[NDArray[np.float64], list[str]]:
    """The condensed RDM of one region, and the stimuli among `ids` that it is over.

    Raises
    ------
    RDMError
        If it is not defined; it names the region and the subject.
    """
    try:
        if DISTANCES[distance].needs_repetitions:
            trials = trials_of_region(measured, roi, ids)
            return compute_rdm_of_trials(trials, distance), trials.names
        values, names = responses_of_region(measured, roi, ids)
        return compute_rdm(values, distance, names), names
    except RDMError as error:
        raise RDMError(f"{roi} of subject {measured.descriptors['subject']}: {error}") from error


def _as_distributed(rdms: RDMs, ids: list[str]) -> list[_BrainRDM]:
    """The distributed RDM of each region; that of both hemispheres is the mean where there is one of each.

    Stimuli of the RDMs that are not among `ids` are left out.
    """
    wanted = set(ids)
    labels, names = rdms.rdm_descriptors, [name for name in stimulus_ids(rdms) if name in wanted]
    rows: dict[tuple[int, str, str], list[int]] = {}
    for row, key in enumerate(zip(labels["subject"], labels["selectivity"], labels["roi"])):
        rows.setdefault(key, []).append(row)
    return [
        _BrainRDM(*key, spread(over(rdms, names, of_region).mean(axis=0), names, ids), distributed=True)
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
