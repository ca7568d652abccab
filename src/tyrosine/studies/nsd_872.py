"""The layout in which Net2Brain distributed the shared images of NSD until March 2026.

    NSD_872_images/<file>.png           the sorted file names are taken for the row order; nothing says it
    NSD_872_captions/<file>.txt         same stem as the image; one caption a line
    NSD_872_RDMs/<group>/subject_<s>_merged_<ROI>_both.npz   array `rdm`, (n_stimuli, n_stimuli)
    NSD_872_RDMs/<group>/combined/<ROI>_both_fmri.npz        array `rdm`, (n_subjects, n_stimuli, n_stimuli)
    NSD_872_fmri/<group>/<ROI>/subj0<s>_roi-<ROI>_<lh|rh>.npy  responses (n_stimuli, n_voxels)
    coco.csv                            nsdId, cocoId, cocoSplit, cropBox

Source: Allen et al. (2022), Nat Neurosci 25: 116-126 (NSD); Net2Brain's `DatasetNSD_872`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.studies.files import (
    check_rdm,
    check_rows,
    check_subjects,
    image_sha256,
    inside,
    read_array,
    read_caption_file,
    read_names,
)
from tyrosine.studies.nsd_tables import (
    check_nsd_ids,
    list_images,
    nsd_id_of,
    read_coco_table,
    sides_of,
)
from tyrosine.studies.tables import DistributedRDM, Recording, Stimulus, stimuli_table
from tyrosine.tables.columns import BOTH_HEMISPHERES, FILE_NAMES
from tyrosine.wording import first_three

IMAGES, CAPTIONS, RDMS, FMRI = "NSD_872_images", "NSD_872_captions", "NSD_872_RDMs", "NSD_872_fmri"


def missing(root: Path) -> list[str]:
    """Parts of the layout that `root` lacks."""
    lacking = [] if (root / IMAGES).is_dir() else [IMAGES]
    if not (root / RDMS).is_dir() and not (root / FMRI).is_dir():
        lacking.append(f"{RDMS} or {FMRI}")
    return lacking


def read_stimuli(root: Path, captions_elsewhere: bool = False) -> pd.DataFrame:
    """The `stimuli` table of the folder, in the order of the sorted file names.

    Parameters
    ----------
    root : Path
    captions_elsewhere : bool
        Whether a folder without captions will do, since COCO's own are at hand.

    Raises
    ------
    StudyError
        If images, captions and `coco.csv` are not of the same stimuli, or one of them is broken.
    """
    images = list_images(root / IMAGES)
    check_nsd_ids(images, root / IMAGES)
    coco = read_coco_table(root / "coco.csv", list(images))
    with_captions = (root / CAPTIONS).is_dir()
    if with_captions:
        _match_captions(root, [path.stem for path in images.values()])
    elif not captions_elsewhere:
        raise StudyError(
            f"{root / CAPTIONS} is missing; expected a text file an image with the same stem, one caption a "
            "line, or COCO's captions_train2017.json at study.coco_path."
        )
    stimuli = []
    for nsd_id, path in images.items():
        stimulus_id, file = f"{nsd_id:05d}", f"{IMAGES}/{path.name}"
        row = coco.get(nsd_id)
        stimuli.append(
            Stimulus(
                stimulus_id=stimulus_id,
                image=file,
                image_sha256=image_sha256(inside(root, file), stimulus_id),
                captions=read_caption_file(inside(root, f"{CAPTIONS}/{path.stem}.txt"), stimulus_id)
                if with_captions
                else [],
                nsd_id=nsd_id,
                coco_id=row.coco_id if row else None,
                coco_split=row.coco_split if row else None,
                crop_box=row.crop_box if row else None,
                row_source=FILE_NAMES,
            )
        )
    return stimuli_table(stimuli)


def _match_captions(root: Path, stems: Sequence[str]) -> None:
    captions = {path.stem for path in (root / CAPTIONS).glob("*.txt") if not path.name.startswith(".")}
    silent = [stem for stem in stems if stem not in captions]
    if silent:
        raise StudyError(
            f"{len(silent)} of {len(stems)} images have no captions file in {root / CAPTIONS} "
            f"({first_three(silent)}); expected one with the same stem, such as {silent[0]}.txt."
        )
    blind = sorted(captions - set(stems))
    if blind:
        raise StudyError(
            f"{len(blind)} captions files in {root / CAPTIONS} have no image ({first_three(blind)}); an "
            "image is missing, which would shift the rows of every RDM."
        )


def known_regions(root: Path) -> list[str]:
    """ROIs that the folder has responses or RDMs of."""
    found = {path.parent.name for path in root.glob(f"{FMRI}/*/*/subj*.npy")}
    for path in root.glob(f"{RDMS}/*/subject_*_merged_*_both.npz"):
        found.add(path.name.split("_merged_")[1].removesuffix("_both.npz"))
    found |= {path.name.removesuffix("_both_fmri.npz") for path in root.glob(f"{RDMS}/*/combined/*.npz")}
    return sorted(found)


def choose_subjects(
    root: Path, subjects: Sequence[int] | str, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> list[int]:
    """The chosen subjects; arguments and errors are those of `algonauts_shared.choose_subjects`."""
    chosen = check_subjects(subjects, _subjects(root), root)
    for roi in (roi for rois in regions.values() for roi in rois):
        combined = _one_group(root, _combined_pattern(roi))
        files = [
            file
            for subject in chosen
            for file in (
                *_response_files(root, roi, subject, hemispheres),
                *_one_group(root, _merged_pattern(roi, subject)),
            )
        ]
        if not files and not combined:
            raise StudyError(
                f"No subject has region {roi}: there is no subj01_roi-{roi}_{sides_of(hemispheres)[0]}.npy "
                f"or subject_1_merged_{roi}_both.npz under {root}; name in study.regions only "
                f"{', '.join(known_regions(root))}."
            )
    return chosen


def read_responses(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[Recording]:
    """Voxel responses of one subject; arguments, results and errors as in `algonauts_shared`."""
    for selectivity, rois in regions.items():
        for roi in rois:
            what = f"Region {roi} of subject {subject}"
            parts = []
            for path in _response_files(root, roi, subject, hemispheres):
                file = _relative(root, path)
                responses = check_rows(read_array(inside(root, file), what), len(names), what, path)
                parts.append((path.stem.rpartition("_")[2], responses, file))
            if parts:
                yield Recording.of_hemispheres(subject, selectivity, roi, parts)


def read_distributed_rdms(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[DistributedRDM]:
    """RDMs of both hemispheres merged of one subject, from its own files or those of all subjects together.

    Arguments, results and errors are those of `algonauts_shared.read_distributed_rdms`; besides, one
    hemisphere of a region that has no responses is refused, as its RDM is of both.
    """
    ids = [int(name) for name in names]
    for selectivity, rois in regions.items():
        for roi in rois:
            found = _merged(root, roi, subject, ids) or _combined(root, roi, subject, ids)
            if found is None:
                continue
            rdm, source = found
            if hemispheres == BOTH_HEMISPHERES:
                yield DistributedRDM(subject, selectivity, roi, BOTH_HEMISPHERES, rdm, source)
            elif not _response_files(root, roi, subject, hemispheres):
                raise StudyError(
                    f"Region {roi} of subject {subject} has only {source} in {root}, an RDM of both "
                    f"hemispheres together; set study.hemispheres to both, not {hemispheres}."
                )


def _response_files(root: Path, roi: str, subject: int, hemispheres: str) -> list[Path]:
    """Files of responses, the left hemisphere first."""
    paths = _one_group(root, f"{FMRI}/*/{roi}/subj{subject:02d}_roi-{roi}_*.npy")
    return [path for side in sides_of(hemispheres) for path in paths if path.stem.endswith(f"_{side}")]


def _merged_pattern(roi: str, subject: int) -> str:
    return f"{RDMS}/*/subject_{subject}_merged_{roi}_both.npz"


def _combined_pattern(roi: str) -> str:
    return f"{RDMS}/*/combined/{roi}_both_fmri.npz"


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _subjects(root: Path) -> list[int]:
    names = [path.name for path in root.glob(f"{FMRI}/*/*/subj*.npy")]
    names += [path.name for path in root.glob(f"{RDMS}/*/subject_*.npz")]
    found = {int(match.group(1)) for name in names if (match := re.match(r"subj(?:ect_)?(\d+)_", name))}
    if not found:
        for path in sorted(root.glob(f"{RDMS}/*/combined/*_both_fmri.npz"))[:1]:
            count = len(
                read_array(inside(root, _relative(root, path)), f"The RDMs in {path.name}", key="rdm")
            )
            found = set(range(1, count + 1))
    return sorted(found)


def _one_group(root: Path, pattern: str) -> list[Path]:
    paths = sorted(root.glob(pattern))
    groups = {path.relative_to(root).parts[1] for path in paths}
    if len(groups) > 1:
        raise StudyError(
            f"{paths[0].name} is in {root} more than once, in {first_three(sorted(groups))}; keep one of "
            "them."
        )
    return paths


def _check_names(path: Path, ids: Sequence[int]) -> None:
    """Refuse an RDM file that names its rows otherwise than the images are sorted."""
    names = read_names(path, "stimuli_name")
    if names is None or len(names) != len(ids):
        return
    theirs = [nsd_id_of(Path(name).stem) for name in names]
    wrong = [
        f"row {row} is {name}, image {nsd_id:05d}"
        for row, (name, other, nsd_id) in enumerate(zip(names, theirs, ids))
        if other is not None and other != nsd_id
    ]
    if wrong:
        raise StudyError(
            f"The rows of the RDM in {path} and the images are in different orders ({first_three(wrong)}); "
            "get images and RDMs of one distribution."
        )


def _merged(root: Path, roi: str, subject: int, ids: Sequence[int]) -> tuple[NDArray, str] | None:
    """The RDM of a subject's own file, and the name of that file."""
    paths = _one_group(root, _merged_pattern(roi, subject))
    if not paths:
        return None
    path = inside(root, _relative(root, paths[0]))
    what = f"The RDM of region {roi} of subject {subject}"
    rdm = check_rdm(read_array(path, what, key="rdm"), len(ids), what, path)
    _check_names(path, ids)
    return rdm, _relative(root, path)


def _combined(root: Path, roi: str, subject: int, ids: Sequence[int]) -> tuple[NDArray, str] | None:
    """The subject's RDM in the file of all; none where it is blank, as the subject lacks the region."""
    paths = _one_group(root, _combined_pattern(roi))
    if not paths:
        return None
    path = inside(root, _relative(root, paths[0]))
    what = f"The RDMs of region {roi}"
    rdms = read_array(path, what, key="rdm")
    side, n_subjects = len(ids), len(_subjects(root))
    if rdms.ndim != 3 or rdms.shape[1:] != (side, side):
        raise StudyError(
            f"{what} in {path} have shape {rdms.shape}; expected (n_subjects, {side}, {side}), the subjects "
            "first."
        )
    if len(rdms) < n_subjects:
        raise StudyError(
            f"{what} in {path} are of {len(rdms)} subjects, but {root} has {n_subjects}, so it cannot be "
            "told whose they are; get the files of the single subjects."
        )
    _check_names(path, ids)
    if subject > len(rdms):
        return None
    rdm = rdms[subject - 1]
    if rdm.dtype.kind == "f" and (np.isnan(rdm).all() or not rdm.any()):
        return None
    whose = f"{what} of subject {subject}"
    return check_rdm(rdm, side, whose, path), f"{_relative(root, path)} (subject {subject})"
