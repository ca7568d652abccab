"""Nodes of the pipeline `ingestion`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters import StudyParameters
from tyrosine.parameters.layouts import LAYOUTS
from tyrosine.rsa.rdms import STIMULUS_ID, condense_distributed, label_rdms
from tyrosine.rsa.reliability import noise_ceiling_snr
from tyrosine.rsa.responses import NO_NUMBER, label_responses, z_score_in_sessions
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI
from tyrosine.studies import layouts
from tyrosine.studies.download import fetch_study
from tyrosine.tables.columns import REGION_COVERAGE

logger = logging.getLogger(__name__)

BLOCK_BYTES = 128 << 20
"""How much of a subject's trials is looked at at a time, in double precision."""


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


def read_stimuli(raw_study: dict[str, Any], study: StudyParameters) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the stimuli that the chosen subjects saw, and who of them saw which.

    Returns
    -------
    stimuli : DataFrame
        One row a stimulus, in the order of the rows of RDMs.
    presentations : DataFrame
        One row for each subject, stimulus and session; those of a subject are in the order of its responses.

    Raises
    ------
    StudyError
        If stimuli are broken, a chosen subject is not there or shares no stimulus with the others, or no
        subject has a chosen region.
    """
    folder = _folder(raw_study, study)
    subjects = layouts.choose_subjects(folder, study.subjects, study.regions, study.hemispheres)
    stimuli = layouts.read_stimuli(folder, study.coco_path, study.crop_share, subjects)
    presentations = layouts.read_presentations(folder, stimuli, subjects)
    _refuse_strangers(presentations)
    seen = stimuli["stimulus_id"].isin(presentations["stimulus_id"])
    return stimuli[seen].reset_index(drop=True), presentations


def _refuse_strangers(presentations: pd.DataFrame) -> None:
    """Refuse a subject who saw no stimulus that another subject saw: the two cannot be taken together."""
    shown = presentations[["subject", "stimulus_id"]].drop_duplicates()
    viewers = shown.groupby("stimulus_id")["subject"].transform("size")
    alone = sorted(set(shown["subject"]) - set(shown.loc[viewers > 1, "subject"]))
    if alone and shown["subject"].nunique() > 1:
        raise StudyError(
            f"Subject {alone[0]} saw no stimulus that any other chosen subject saw, so that neither noise "
            "ceilings nor tests over subjects can count it; leave it out of study.subjects, or look at it "
            "alone."
        )


def read_responses(
    raw_study: dict[str, Any], presentations: pd.DataFrame, study: StudyParameters
) -> tuple[dict[str, Callable[[], RDMs | None]], dict[str, Callable[[], Dataset | None]]]:
    """Promise the distributed RDMs and the voxel responses of each subject; saving them reads the files.

    Returns
    -------
    distributed_rdms : dict of str to function
        By subject (`subj01`), what reads the RDMs that the study has of the subject, with the descriptors
        `subject`, `selectivity`, `roi`, `hemisphere` and `source`; it returns None where there are none.
    responses : dict of str to function
        Likewise, what reads the responses of the subject's regions; see `rsa.responses.label_responses`.
    """
    folder = _folder(raw_study, study)
    shown = {int(subject): rows for subject, rows in presentations.groupby("subject")}
    shared = set.intersection(*(set(rows["stimulus_id"]) for rows in shown.values()))
    return (
        {
            _key(subject): partial(
                _distributed_rdms, folder, list(dict.fromkeys(rows["stimulus_id"])), subject, study
            )
            for subject, rows in shown.items()
        },
        {
            _key(subject): partial(_responses, folder, rows, subject, study, shared)
            for subject, rows in shown.items()
        },
    )


def _key(subject: int) -> str:
    return f"subj{subject:02d}"


def _distributed_rdms(
    folder: layouts.StudyFolder, names: Sequence[str], subject: int, study: StudyParameters
) -> RDMs | None:
    found = list(layouts.read_distributed_rdms(folder, names, subject, study.regions, study.hemispheres))
    if not found:
        return None
    return label_rdms(
        np.stack([condense_distributed(part.rdm, f"The RDM in {part.source}", len(names)) for part in found]),
        names,
        {
            key: [getattr(part, key) for part in found]
            for key in ("subject", "selectivity", "roi", "hemisphere", "source")
        },
        "as distributed",
    )


def _responses(
    folder: layouts.StudyFolder,
    shown: pd.DataFrame,
    subject: int,
    study: StudyParameters,
    shared: Collection[str],
) -> Dataset | None:
    """The responses of a subject, a row for each row of `presentations`; without repetitions, a stimulus."""
    trials = bool(shown["repetition"].notna().all())
    names = list(shown["stimulus_id"] if trials else dict.fromkeys(shown["stimulus_id"]))
    found = list(layouts.read_responses(folder, names, subject, study.regions, study.hemispheres))
    if not found:
        return None
    sizes = [recording.responses.shape[1] for recording in found]
    channels = {
        "selectivity": np.repeat([recording.selectivity for recording in found], sizes),
        "roi": np.repeat([recording.roi for recording in found], sizes),
        "hemisphere": np.concatenate([recording.hemispheres for recording in found]),
        "channel": np.concatenate([recording.channels for recording in found]),
    }
    if all(recording.ncsnr is not None for recording in found):
        channels["ncsnr"] = np.concatenate([recording.ncsnr for recording in found])
    values = np.concatenate([recording.responses for recording in found], axis=1)
    # Ten thousand channels of all of NSD's trials are a gigabyte.
    del found
    if study.normalise == "session":
        values = _normalised(values, shown, subject, folder.layout)
    # What is distributed is of responses that were z-scored in each session.
    distributed = "ncsnr" in channels and study.normalise == "session"
    if trials and len(names) > len(set(names)) and not distributed:
        channels["ncsnr"] = _ncsnr(values, names, shared)
    if study.min_ncsnr is not None:
        kept = _reliable(channels.get("ncsnr"), subject, study)
        values, channels = values[:, kept], {key: of_channels[kept] for key, of_channels in channels.items()}
    return label_responses(
        values,
        subject,
        names,
        channels,
        *((shown[column].fillna(NO_NUMBER) for column in ("repetition", "session")) if trials else ()),
    )


def _normalised(values: NDArray, shown: pd.DataFrame, subject: int, layout: str) -> NDArray:
    """Responses z-scored in each session; averages, if they are of responses that were, stay as they are."""
    if shown["session"].notna().all() and shown["repetition"].notna().all():
        return z_score_in_sessions(values, shown["session"].to_numpy(np.int64), subject)
    if not LAYOUTS[layout].normalised:
        raise StudyError(
            f"study.normalise is session, and the responses of subject {subject} are averages over trials, "
            "or of sessions that are not known; set it to none, or take a study with single trials and their "
            "sessions."
        )
    return values


def _ncsnr(values: NDArray, names: Sequence[str], shared: Collection[str]) -> NDArray[np.float64]:
    """Signal-to-noise ratio of each channel, on stimuli that are not shared if these were repeated."""
    stimulus = np.unique(names, return_inverse=True)[1]
    own = np.array([name not in shared for name in names])
    if not (len(np.unique(stimulus[own])) >= LEAST_STIMULI and own.sum() > len(np.unique(stimulus[own]))):
        own[:] = True
    step = max(1, BLOCK_BYTES // (8 * len(values)))
    blocks = [
        noise_ceiling_snr(values[own, start : start + step], stimulus[own])
        for start in range(0, values.shape[1], step)
    ]
    return np.concatenate(blocks)


def _reliable(ncsnr: NDArray[np.float64] | None, subject: int, study: StudyParameters) -> NDArray[np.bool_]:
    """Which channels `study.min_ncsnr` keeps."""
    if ncsnr is None:
        raise StudyError(
            f"study.min_ncsnr is {study.min_ncsnr}, and the responses of subject {subject} are averages, "
            "whose noise is not known; leave it out, or take a study with single trials."
        )
    kept = ncsnr >= float(study.min_ncsnr or 0.0)
    if not kept.any():
        raise StudyError(
            f"No channel of subject {subject} has an ncsnr of study.min_ncsnr ({study.min_ncsnr}) or more; "
            f"the largest is {ncsnr.max():.3g}. Choose a smaller one, or leave the subject out of "
            "study.subjects."
        )
    logger.info(
        "Subject %d: %d of %d channels have an ncsnr of %s", subject, kept.sum(), len(kept), study.min_ncsnr
    )
    return kept


def cover_regions(
    responses: dict[str, Callable[[], Dataset]],
    distributed_rdms: dict[str, Callable[[], RDMs]],
    study: StudyParameters,
) -> pd.DataFrame:
    """Record which subject has which region, and of how many voxels.

    Returns
    -------
    DataFrame
        One row for each subject and ROI, with the number of voxels (missing where only RDMs are
        distributed, zero where the subject lacks the region) and of stimuli.

    Raises
    ------
    StudyError
        If no subject has a region.
    """
    have: dict[tuple[int, str], tuple[int | None, int]] = {}
    subjects = set()
    for load_rdms in distributed_rdms.values():
        rdms = load_rdms()
        labels = rdms.rdm_descriptors
        regions = zip(labels["subject"], labels["roi"])
        have |= {(int(subject), roi): (None, rdms.n_cond) for subject, roi in regions}
        subjects |= {subject for subject, _ in have}
    for load_responses in responses.values():
        measured = load_responses()
        subject = int(measured.descriptors["subject"])
        subjects.add(subject)
        rois = list(measured.channel_descriptors["roi"])
        n_stimuli = len(set(measured.obs_descriptors[STIMULUS_ID]))
        have |= {(subject, roi): (rois.count(roi), n_stimuli) for roi in dict.fromkeys(rois)}
    table = pd.DataFrame(
        [
            (subject, selectivity, roi, *have.get((subject, roi), (0, 0)), (subject, roi) in have)
            for subject in sorted(subjects)
            for selectivity, rois in study.regions.items()
            for roi in rois
        ],
        columns=list(REGION_COVERAGE),
    ).astype({"n_voxels": "Int64"})
    nobody = [roi for roi, rows in table.groupby("roi", sort=False) if not rows["covered"].any()]
    if nobody or table.empty:
        raise StudyError(
            f"No subject has region {(nobody or ['of those chosen'])[0]} in {study.path}; name in "
            "study.regions those that somebody has."
        )
    lacking = table[~table["covered"]]
    if len(lacking):
        told = ", ".join(f"subject {row.subject} {row.roi}" for row in lacking.itertuples())
        logger.info("Regions that a subject lacks: %s", told)
    return table


def _folder(raw_study: dict[str, Any], study: StudyParameters) -> layouts.StudyFolder:
    return layouts.StudyFolder(
        raw_study["root_folder"], raw_study["layout"], raw_study["simulated"], study.betas
    )
