"""The layout of 78 natural images with EVC and IT of 15 subjects, as Net2Brain unpacks it.

    stimuli_data/image_01.jpg …          file order is the row order of the RDMs
    brain_data/fmri_<ROI>_RDMs.npz       array `arr_0`, (n_subjects, n_stimuli, n_stimuli)
    captions/image_01.txt …              optional; one caption a line

Source: test set of the Algonauts 2019 challenge (Cichy et al. 2019, arXiv:1905.05675). The
study `images92` has the same layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.studies.files import (
    IMAGE_SUFFIXES,
    image_sha256,
    inside,
    read_array,
    read_caption_file,
    refuse_duplicates,
)
from tyrosine.studies.tables import DistributedRDM, Recording, Stimulus, stimuli_table
from tyrosine.tables.columns import BOTH_HEMISPHERES


def missing(root: Path) -> list[str]:
    """Parts of the layout that `root` lacks."""
    return [part for part in ("stimuli_data", "brain_data") if not (root / part).is_dir()]


def read_stimuli(root: Path, captions_elsewhere: bool = False) -> pd.DataFrame:
    """The `stimuli` table of the folder, sorted by file name; captions are optional in this layout.

    Raises
    ------
    StudyError
        If there is no image, one does not open, or a caption is missing or empty.
    """
    images = sorted(
        path for path in (root / "stimuli_data").iterdir() if path.suffix.lower() in IMAGE_SUFFIXES
    )
    if not images:
        raise StudyError(f"{root / 'stimuli_data'} holds no images; expected image_01.jpg and so on.")
    refuse_duplicates([path.stem for path in images], root / "stimuli_data")
    return stimuli_table(
        [
            Stimulus(
                stimulus_id=path.stem,
                image=path.relative_to(root).as_posix(),
                image_sha256=image_sha256(inside(root, path.relative_to(root).as_posix()), path.stem),
                captions=_read_captions(root, path.stem),
            )
            for path in images
        ]
    )


def _read_captions(root: Path, stimulus_id: str) -> list[str]:
    if not (root / "captions").is_dir():
        return []
    return read_caption_file(inside(root, f"captions/{stimulus_id}.txt"), stimulus_id)


def choose_subjects(
    root: Path, subjects: Sequence[int] | str, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> list[int]:
    """The chosen subjects, who are numbered as in the files.

    Raises
    ------
    StudyError
        If a subject is not in the file of the first region, a region has no file, or one hemisphere is asked
        for: the layout has both together.
    """
    if hemispheres != BOTH_HEMISPHERES:
        raise StudyError(
            f"The RDMs in {root / 'brain_data'} are of both hemispheres together; "
            f"set study.hemispheres to both, not {hemispheres}."
        )
    for roi in (roi for rois in regions.values() for roi in rois):
        if not _file(root, roi).exists():
            have = sorted(p.name.split("_")[1] for p in (root / "brain_data").glob("fmri_*_RDMs.npz"))
            raise StudyError(
                f"No subject has region {roi}: {_file(root, roi)} is missing; name in study.regions only "
                f"{', '.join(have) or 'regions with a file there'}."
            )
    counts = {roi: len(_read_rdms(root, roi)) for rois in regions.values() for roi in rois}
    if isinstance(subjects, str):
        return list(range(1, max(counts.values()) + 1))
    for roi, count in counts.items():
        beyond = [subject for subject in subjects if subject > count]
        if beyond:
            raise StudyError(
                f"Subject {beyond[0]} is not in {_file(root, roi)}, which has subjects 1 to {count}; "
                "list others in study.subjects."
            )
    return list(subjects)


def read_responses(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[Recording]:
    """Nothing: the layout has no voxels."""
    return iter(())


def read_distributed_rdms(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[DistributedRDM]:
    """The RDM of each region of one subject, of both hemispheres together.

    Raises
    ------
    StudyError
        If the file of a region is broken.
    """
    for selectivity, rois in regions.items():
        for roi in rois:
            rdms = _read_rdms(root, roi)
            if rdms.shape[1:] != (len(names), len(names)):
                raise StudyError(
                    f"The RDMs of {roi} in {_file(root, roi)} have shape {rdms.shape}; expected "
                    f"(n_subjects, {len(names)}, {len(names)}), square and one row a stimulus."
                )
            if subject <= len(rdms):
                source = f"{_file(root, roi)} (subject {subject})"
                yield DistributedRDM(subject, selectivity, roi, BOTH_HEMISPHERES, rdms[subject - 1], source)


def _file(root: Path, roi: str) -> Path:
    return inside(root, f"brain_data/fmri_{roi}_RDMs.npz")


def _read_rdms(root: Path, roi: str) -> NDArray:
    rdms = read_array(_file(root, roi), f"The RDMs of {roi}", key="arr_0")
    if rdms.ndim != 3:
        raise StudyError(
            f"The RDMs of {roi} in {_file(root, roi)} have shape {rdms.shape}; expected "
            "(n_subjects, n_stimuli, n_stimuli), square and one row a stimulus."
        )
    return rdms
