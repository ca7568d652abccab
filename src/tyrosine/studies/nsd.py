"""The layout `nsd`: the Natural Scenes Dataset itself, or any part of it, as synchronised from its bucket.

    nsddata/experiments/nsd/nsd_expdesign.mat, nsd_stim_info_merged.csv    who saw what: `nsd_design`
    nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5                           pictures: `nsd_bricks`
    nsddata_betas/ppdata/subj0S/<space>/betas_*/…betas_sessionNN…          responses: `nsd_betas`
    nsddata_betas/ppdata/subj0S/<space>/betas_*/…ncsnr…                    optional; read with all sessions
    nsddata/freesurfer/subj0S/label/{lh,rh}.<class>.mgz                    masks of nativesurface
    nsddata/freesurfer/fsaverage/label/{lh,rh}.<class>.mgz                 masks of fsaverage of all subjects
    subj0S/roi_masks/{lh,rh}.<class>_fsaverage_space.npy                   those of one subject
    nsddata/ppdata/subj0S/<space>/roi/{lh,rh}.<class>.nii.gz               masks of func1pt8mm and func1mm
    nsddata/freesurfer/subj0S/label/<class>.mgz.ctab                       optional; regions by number
    {captions,instances}_{train,val}2017.json                              of COCO, here or in study.coco_path

Source: Allen et al. (2022), Nat Neurosci 25: 116-126.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.studies.files import check_subjects, inside, read_array
from tyrosine.studies.nsd_betas import (
    AUTO,
    Preparation,
    check_betas,
    check_sessions,
    find_preparation,
    opened,
    read_masked,
    read_ncsnr,
    subjects_with_betas,
)
from tyrosine.studies.nsd_bricks import read_pictures
from tyrosine.studies.nsd_design import DESIGN_FILE, EXPERIMENT, Design, check_design, read_design
from tyrosine.studies.nsd_regions import (
    all_rois,
    channels_of,
    check_mask,
    class_of,
    names_of,
    read_colour_table,
)
from tyrosine.studies.nsd_stimuli import STIM_INFO, tabulate
from tyrosine.studies.nsd_tables import sides_of
from tyrosine.studies.session_order import check_session_order
from tyrosine.studies.tables import DistributedRDM, Recording, presentations_table
from tyrosine.tables.columns import DESIGN

logger = logging.getLogger(__name__)


def missing(root: Path) -> list[str]:
    """Parts of the layout that `root` lacks."""
    lacking = [part for part in (DESIGN_FILE, f"{EXPERIMENT}/{STIM_INFO}") if not (root / part).is_file()]
    return lacking if (root / "nsddata_betas/ppdata").is_dir() else [*lacking, "nsddata_betas/ppdata"]


def _trials(root: Path, design: Design, subject: int, betas: str) -> pd.DataFrame:
    """Trials of a subject in the sessions that there are betas of."""
    check_design(root, design, subject)
    sessions = find_preparation(root, subject, betas).sessions()
    trials = design.trials(subject)
    return trials[trials["session"].isin(sessions)]


def read_stimuli_of(
    root: Path, captions_elsewhere: bool, subjects: Sequence[int] | None, betas: str = AUTO
) -> pd.DataFrame:
    """The `stimuli` table: the pictures of the trials of any of the subjects that there are betas of.

    Parameters
    ----------
    root : Path
    captions_elsewhere : bool
        Whether COCO's captions are at hand.
    subjects : sequence of int, optional
        All subjects if not given.
    betas : str
        See `nsd_betas.find_preparation`.

    Raises
    ------
    StudyError
        If design, table and pictures are broken or disagree.
    """
    design = read_design(root)
    chosen = subjects_with_betas(root) if subjects is None else subjects
    seen = sorted({int(i) for subject in chosen for i in _trials(root, design, subject, betas)["nsd_id"]})
    return tabulate(root, read_pictures(root, seen), captions_elsewhere, DESIGN)


def read_presentations(
    root: Path, stimuli: pd.DataFrame, subjects: Sequence[int], betas: str = AUTO
) -> pd.DataFrame:
    """The `presentations` table: a row a trial; those of sessions that are not there are left out."""
    design = read_design(root)
    tables = []
    for subject in subjects:
        trials = _trials(root, design, subject, betas)
        there, expected = sorted(set(trials["session"])), design.sessions(subject)
        if len(there) < expected:
            logger.info(
                "Subject %d: betas of %d of %d sessions are there; trials of the others are left out.",
                subject,
                len(there),
                expected,
            )
        names = [f"{nsd_id:05d}" for nsd_id in trials["nsd_id"]]
        tables.append(trials.assign(subject=subject, stimulus_id=names, n_presentations=1))
    return presentations_table(pd.concat(tables, ignore_index=True))


def choose_subjects(
    root: Path,
    subjects: Sequence[int] | str,
    regions: Mapping[str, Sequence[str]],
    hemispheres: str,
    betas: str = AUTO,
) -> list[int]:
    """The chosen subjects, after a look at their files of betas and their masks.

    Raises
    ------
    StudyError
        If a subject has no betas, or some of other sessions than it had, or no chosen subject has a region.
    """
    design = read_design(root)
    chosen = check_subjects(subjects, subjects_with_betas(root), root / "nsddata_betas/ppdata")
    have: set[str] = set()
    for subject in chosen:
        if subject > len(design.nsd_ids):
            raise StudyError(
                f"Subject {subject} is not in {design.path}, which has {len(design.nsd_ids)} subjects; leave "
                "it out of study.subjects."
            )
        preparation = find_preparation(root, subject, betas)
        check_sessions(preparation, design.sessions(subject), design.trials_a_session())
        have |= {
            roi
            for (roi, _), channels in _channels(root, preparation, regions, hemispheres).items()
            if len(channels)
        }
    nobody = [roi for roi in all_rois(regions) if roi not in have]
    if nobody:
        raise StudyError(
            f"No subject of {', '.join(map(str, chosen))} has region {nobody[0]}: no channel has its number "
            f"in the masks {class_of(nobody[0])} of {root}; leave it out of study.regions."
        )
    return chosen


def _mask_file(root: Path, preparation: Preparation, side: str, class_name: str) -> Path:
    """Where the mask of a hemisphere lies; each subject has its own, but for those of fsaverage."""
    subject, space = f"subj{preparation.subject:02d}", preparation.space
    if space == "nativesurface":
        return root / f"nsddata/freesurfer/{subject}/label/{side}.{class_name}.mgz"
    if space == "fsaverage":
        own = root / f"{subject}/roi_masks/{side}.{class_name}_fsaverage_space.npy"
        return own if own.exists() else root / f"nsddata/freesurfer/fsaverage/label/{side}.{class_name}.mgz"
    return root / f"nsddata/ppdata/{subject}/{space}/roi/{side}.{class_name}.nii.gz"


def _names(root: Path, subject: int, class_name: str) -> dict[int, str]:
    for file in (f"{class_name}.mgz.ctab", f"lh.{class_name}.mgz.ctab"):
        path = inside(root, f"nsddata/freesurfer/subj{subject:02d}/label/{file}")
        if path.is_file():
            return read_colour_table(path)
    return names_of(class_name)


def _channels(
    root: Path, preparation: Preparation, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> dict[tuple[str, str], NDArray[np.int64]]:
    """Places, in a trial that is laid out flat, of the channels of each ROI and hemisphere.

    Raises
    ------
    StudyError
        If a mask is missing, broken, or of another space than the betas.
    """
    channels = {}
    masks: dict[tuple[str, str], NDArray[np.int64]] = {}
    first = preparation.sessions()[0]
    for roi in all_rois(regions):
        class_name = class_of(roi)
        names = _names(root, preparation.subject, class_name)
        for side in sides_of(hemispheres):
            if (class_name, side) not in masks:
                what = f"The mask {class_name} of subject {preparation.subject}, {side},"
                path = _mask_file(root, preparation, side, class_name)
                if path.suffix == ".npy":
                    mask = read_array(inside(root, path.relative_to(root).as_posix()), what)
                else:
                    mask = read_masked(root, path, what)
                with opened(preparation.files[preparation.side(side), first]) as betas:
                    if mask.shape != betas.shape:
                        raise StudyError(
                            f"{what} {path}, has shape {mask.shape}, and the betas in {betas.path} have "
                            f"{betas.shape} a trial; masks and betas must be of one space and one subject."
                        )
                masks[class_name, side] = check_mask(mask, names, what.rstrip(","), path).ravel()
            channels[roi, side] = channels_of(masks[class_name, side], names, roi)
    return channels


def read_responses(
    root: Path,
    names: Sequence[str],
    subject: int,
    regions: Mapping[str, Sequence[str]],
    hemispheres: str,
    betas: str = AUTO,
) -> Iterator[Recording]:
    """Responses of the channels of each region of one subject to single trials, in per cent of signal change.

    Files are read session by session, a block of trials at a time, so that the channels of the regions are
    all that is in memory. A channel that has no value in a trial, or one value in all trials of a session,
    was not measured in all of the sessions; it is left out, and that is said.

    Parameters
    ----------
    root : Path
    names : sequence of str
        Stimuli of the rows, as `read_presentations` has them.
    subject : int
    regions : mapping of str to sequence of str
        ROIs by selectivity.
    hemispheres : {"both", "lh", "rh"}
    betas : str
        See `nsd_betas.find_preparation`.

    Yields
    ------
    Recording
        A region that the subject lacks is left out. `ncsnr` is what NSD gives out, where it does and all
        sessions of the subject are there.

    Raises
    ------
    StudyError
        If a file is truncated or broken, holds no betas in per cent, or leaves a region without a channel.
    """
    preparation = find_preparation(root, subject, betas)
    channels = _channels(root, preparation, regions, hemispheres)
    measured = {
        side: _Measured.read(
            preparation,
            side,
            np.unique(np.concatenate([channels[roi, side] for roi in all_rois(regions)])),
            names,
        )
        for side in sides_of(hemispheres)
    }
    _check_order(preparation, measured, names)
    complete = len(preparation.sessions()) == read_design(root).sessions(subject)
    ncsnr = {
        side: read_ncsnr(root, preparation, preparation.side(side)) if complete else None for side in measured
    }
    for selectivity, rois in regions.items():
        for roi in rois:
            parts = {side: measured[side].kept(channels[roi, side]) for side in sides_of(hemispheres)}
            n_channels = sum(len(channels[roi, side]) for side in parts)
            n_kept = sum(map(len, parts.values()))
            if n_channels and not n_kept:
                raise StudyError(
                    f"Region {roi} of subject {subject} has no channel with a value in every trial of "
                    f"{preparation.name} in {root}, first in session "
                    f"{min(measured[side].first_gap(channels[roi, side]) for side in parts)}; get intact "
                    "copies of the betas, or leave the region out of study.regions."
                )
            if n_kept < n_channels:
                logger.warning(
                    "Subject %d: %d of %d channels of %s have no value in some trial, or one value in all "
                    "trials of a session, and are left out.",
                    subject,
                    n_channels - n_kept,
                    n_channels,
                    roi,
                )
            if n_kept:
                yield Recording(
                    subject,
                    selectivity,
                    roi,
                    np.concatenate([measured[side].of(chosen) for side, chosen in parts.items()], axis=1),
                    np.repeat(list(parts), list(map(len, parts.values()))),
                    np.concatenate(list(parts.values())),
                    f"{preparation.name} of subject {subject}",
                    _ncsnr_of(ncsnr, parts),
                )


def _ncsnr_of(
    ncsnr: Mapping[str, NDArray[np.float64] | None], parts: Mapping[str, NDArray[np.int64]]
) -> NDArray[np.float64] | None:
    """The ratios of a region's channels, or none where a hemisphere has none."""
    found = [(ncsnr[side], channels) for side, channels in parts.items()]
    if any(of_side is None for of_side, _ in found):
        return None
    return np.concatenate([of_side[channels] for of_side, channels in found if of_side is not None])


def _check_order(preparation: Preparation, measured: dict[str, _Measured], names: Sequence[str]) -> None:
    """Refuse files of sessions that are swapped, by the hemisphere that has more channels throughout."""
    side = max(measured, key=lambda one: int((measured[one].gaps == 0).sum()))
    throughout = measured[side].gaps == 0
    sessions = preparation.sessions()
    folder = next(iter(preparation.files.values())).parent
    check_session_order(
        measured[side].betas if throughout.all() else measured[side].betas[:, throughout],
        names,
        np.repeat(sessions, len(names) // len(sessions)),
        preparation.subject,
        str(folder),
    )


class _Measured(NamedTuple):
    """Betas of a hemisphere's channels of any region.

    Attributes
    ----------
    channels : ndarray of shape (n_channels,), int
    betas : ndarray of shape (n_trials, n_channels), float32
    gaps : ndarray of shape (n_channels,), int
        First session in which the channel was not measured throughout; 0 where it always was.
    """

    channels: NDArray[np.int64]
    betas: NDArray[np.float32]
    gaps: NDArray[np.int64]

    @classmethod
    def read(
        cls, preparation: Preparation, side: str, channels: NDArray[np.int64], names: Sequence[str]
    ) -> _Measured:
        values = np.empty((len(names), len(channels)), dtype=np.float32)
        gaps = np.zeros(len(channels), dtype=np.int64)
        row = 0
        for session in preparation.sessions():
            path = preparation.files[preparation.side(side), session]
            with opened(path) as betas:
                of_session = values[row : row + betas.n_trials]
                if len(of_session) < betas.n_trials:
                    raise StudyError(
                        f"{path} holds {betas.n_trials} trials, more than the design has; get an intact copy."
                    )
                for trials, chosen, block in betas.blocks(channels):
                    of_session[trials, chosen] = block
            check_betas(of_session, path)
            with np.errstate(invalid="ignore"):
                measured = np.isfinite(of_session).all(axis=0) & (of_session != of_session[:1]).any(axis=0)
            gaps[(gaps == 0) & ~measured] = session
            row += len(of_session)
        if row != len(names):
            raise StudyError(
                f"Subject {preparation.subject} has betas of {row} trials in {preparation.name}, and the "
                f"design has {len(names)} in those sessions; get intact copies of both."
            )
        return cls(channels, values, gaps)

    def _places(self, channels: NDArray[np.int64]) -> NDArray[np.intp]:
        return np.searchsorted(self.channels, channels)

    def kept(self, channels: NDArray[np.int64]) -> NDArray[np.int64]:
        return channels[self.gaps[self._places(channels)] == 0]

    def first_gap(self, channels: NDArray[np.int64]) -> int:
        return int(self.gaps[self._places(channels)].min(initial=len(self.betas)))

    def of(self, channels: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.take(self.betas, self._places(channels), axis=1)


def read_distributed_rdms(
    root: Path,
    names: Sequence[str],
    subject: int,
    regions: Mapping[str, Sequence[str]],
    hemispheres: str,
    betas: str = AUTO,
) -> Iterator[DistributedRDM]:
    """Nothing: the data set has no RDMs."""
    return iter(())
