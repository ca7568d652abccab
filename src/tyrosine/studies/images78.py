"""The layout of 78 natural images with EVC and IT of 15 subjects, as Net2Brain unpacks it.

    stimuli_data/image_01.jpg …          file order is the row order of the RDMs
    brain_data/fmri_<ROI>_RDMs.npz       array `arr_0`, (n_subjects, n_stimuli, n_stimuli)
    captions/image_01.txt …              optional; one caption a line

Source: training set A of the Algonauts 2019 challenge (Cichy et al. 2019, arXiv:1905.05675).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies.files import (
    IMAGE_SUFFIXES,
    image_sha256,
    inside,
    read_array,
    read_caption_file,
    refuse_duplicates,
)
from tyrosine.studies.tables import Recording, Stimulus, stimuli_table


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


def read_recordings(
    root: Path,
    n_stimuli: int,
    subjects: Sequence[int] | str,
    regions: Mapping[str, Sequence[str]],
    hemispheres: str,
) -> Iterator[Recording]:
    """RDMs of the chosen regions and subjects; the layout has both hemispheres together, and no voxels.

    Raises
    ------
    StudyError
        If a region has no file, the file is broken, or a subject is not in it.
    """
    if hemispheres != "both":
        raise StudyError(
            f"The RDMs in {root / 'brain_data'} are of both hemispheres together; "
            f"set study.hemispheres to both, not {hemispheres}."
        )
    for selectivity, rois in regions.items():
        for roi in rois:
            path = inside(root, f"brain_data/fmri_{roi}_RDMs.npz")
            if not path.exists():
                have = sorted(p.name.split("_")[1] for p in (root / "brain_data").glob("fmri_*_RDMs.npz"))
                raise StudyError(
                    f"No subject has region {roi}: {path} is missing; name in study.regions only "
                    f"{', '.join(have) or 'regions with a file there'}."
                )
            rdms = read_array(path, f"The RDMs of {roi}", key="arr_0")
            if rdms.ndim != 3 or rdms.shape[1:] != (n_stimuli, n_stimuli):
                raise StudyError(
                    f"The RDMs of {roi} in {path} have shape {rdms.shape}; expected "
                    f"(n_subjects, {n_stimuli}, {n_stimuli}), square and one row a stimulus."
                )
            for subject in range(1, len(rdms) + 1) if isinstance(subjects, str) else subjects:
                if subject > len(rdms):
                    raise StudyError(
                        f"Subject {subject} is not in {path}, which has subjects 1 to {len(rdms)}; "
                        "list others in study.subjects."
                    )
                yield Recording(
                    subject, selectivity, roi, None, rdms[subject - 1], f"{path} (subject {subject})"
                )
