"""The layout `algonauts_2023`: all of NSD on the cortical surface, averaged over trials.

    subj0<s>/training_split/training_images/train-0001_nsd-00013.png  row, counted from 1, and NSD id, from 0
    subj0<s>/training_split/training_fmri/{lh,rh}_training_fmri.npy   responses (n_images, n_vertices)
    subj0<s>/test_split/test_images/test-0001_nsd-00845.png           read where test_fmri is there
    subj0<s>/test_split/test_fmri/{lh,rh}_test_fmri.npy               optional
    subj0<s>/test_split/noise_ceiling/{lh,rh}_noise_ceiling.npy       optional; share of variance, by vertex
    subj0<s>/roi_masks/{lh,rh}.<class>_challenge_space.npy            number of the region of each vertex
    subj0<s>/roi_masks/{lh,rh}.<class>_fsaverage_space.npy and {lh,rh}.all-vertices_fsaverage_space.npy
    nsd_stim_info_merged.csv                                          of NSD; COCO id of each image
    {captions,instances}_{train,val}2017.json                         of COCO, here or in study.coco_path

Every subject saw images of its own, besides those that several saw. Responses were z-scored in each session
before they were averaged. The files `mapping_<class>.npy` are pickles and are never read.
Source: Gifford et al. (2023), arXiv:2301.03198.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.studies.files import (
    IMAGE_SUFFIXES,
    check_rows,
    check_subjects,
    image_sha256,
    inside,
    read_array,
    read_columns,
)
from tyrosine.studies.nsd_regions import (
    N_FSAVERAGE,
    all_rois,
    channels_of,
    check_mask,
    class_of,
    names_of,
)
from tyrosine.studies.nsd_stimuli import Seen, averages_shown, tabulate
from tyrosine.studies.nsd_tables import sides_of
from tyrosine.studies.tables import DistributedRDM, Recording
from tyrosine.tables.columns import FILE_NUMBERS

SPLITS = {"train": "training", "test": "test"}
"""Folder of each kind of image."""
N_TRIALS = 3
"""Trials of most images of the test split, whose averages the noise ceilings are of."""
LARGEST_CEILING = 0.999
"""A noise ceiling of 1 would be a response without noise, whose signal-to-noise ratio is infinite."""


class Row(NamedTuple):
    """One image of a subject's split, and so one row of its responses."""

    nsd_id: int
    file: str


def missing(root: Path) -> list[str]:
    """Parts of the layout that `root` lacks."""
    parts = ("training_split/training_images", "training_split/training_fmri", "roi_masks")
    return [f"subj01/{part}" for part in parts if not any(root.glob(f"subj[0-9][0-9]/{part}"))]


def _folder(root: Path, subject: int) -> Path:
    return root / f"subj{subject:02d}"


def _subjects(root: Path) -> list[int]:
    folders = root.glob("subj[0-9][0-9]/training_split/training_fmri")
    return sorted(int(folder.parents[1].name[4:]) for folder in folders)


def _splits(root: Path, subject: int) -> list[str]:
    """The splits that responses are there of, the training split first."""
    test = _folder(root, subject) / "test_split/test_fmri"
    return ["train", "test"] if any(test.glob("*.npy")) else ["train"]


def _rows(root: Path, subject: int, split: str) -> list[Row]:
    """The images of a subject's split in the order of the rows of its responses.

    Raises
    ------
    StudyError
        If the file names do not number the rows, or one has no NSD id.
    """
    folder = _folder(root, subject) / f"{SPLITS[split]}_split/{SPLITS[split]}_images"
    found: dict[int, Row] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.suffix.lower() not in IMAGE_SUFFIXES or path.name.startswith("."):
            continue
        numbers = re.fullmatch(rf"{split}-(\d+)_nsd-(\d+)", path.stem)
        if not numbers or int(numbers.group(1)) in found:
            raise StudyError(
                f"{path} does not say which row and which NSD id it is, or another image has the same row; "
                f"expected names such as {split}-0001_nsd-00013.png, each row once."
            )
        found[int(numbers.group(1))] = Row(int(numbers.group(2)), path.relative_to(root).as_posix())
    lacking = [number for number in range(1, len(found) + 1) if number not in found]
    if lacking or not found:
        what = f"has {len(found)} images but none of row {lacking[0]}" if found else "holds no images"
        raise StudyError(
            f"{folder} {what}; expected {split}-0001_nsd-XXXXX.png and so on, an image for each row of the "
            "responses. Get the folder anew."
        )
    return [found[number] for number in sorted(found)]


def _all_rows(root: Path, subject: int) -> list[Row]:
    return [row for split in _splits(root, subject) for row in _rows(root, subject, split)]


def read_stimuli_of(root: Path, captions_elsewhere: bool, subjects: Sequence[int] | None) -> pd.DataFrame:
    """The `stimuli` table: the images that any of the subjects saw, by NSD id.

    Parameters
    ----------
    root : Path
    captions_elsewhere : bool
        Whether COCO's captions are at hand, for which the COCO ids must be known.
    subjects : sequence of int, optional
        All subjects if not given.

    Raises
    ------
    StudyError
        If file names do not say what is needed, an image does not open, two subjects have different pictures
        of one NSD id, or the table of COCO ids is missing or broken.
    """
    seen: dict[int, Seen] = {}
    for subject in _subjects(root) if subjects is None else subjects:
        for row in _all_rows(root, subject):
            digest = image_sha256(inside(root, row.file), f"{row.nsd_id:05d}")
            first = seen.setdefault(row.nsd_id, Seen(row.file, digest))
            if first.sha256 != digest:
                raise StudyError(
                    f"{root / row.file} and {root / first.file} are different pictures of NSD id "
                    f"{row.nsd_id}; the ids in the file names of one of the two subjects are shifted."
                )
    return tabulate(root, seen, captions_elsewhere, FILE_NUMBERS)


def read_presentations(root: Path, stimuli: pd.DataFrame, subjects: Sequence[int]) -> pd.DataFrame:
    """The `presentations` table: a row for each row of a subject's responses, which are averages.

    Raises
    ------
    StudyError
        If an image is in both splits of a subject.
    """
    return averages_shown(
        root, {subject: [row.nsd_id for row in _all_rows(root, subject)] for subject in subjects}
    )


def choose_subjects(
    root: Path, subjects: Sequence[int] | str, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> list[int]:
    """The chosen subjects, after a look at their masks.

    Raises
    ------
    StudyError
        If a subject is not there, NSD has no such region, or no chosen subject has it.
    """
    chosen = check_subjects(subjects, _subjects(root), root)
    for roi in all_rois(regions):
        class_name = class_of(roi)
        if not any(
            len(channels_of(_mask(root, subject, side, class_name), names_of(class_name), roi))
            for subject in chosen
            for side in sides_of(hemispheres)
        ):
            raise StudyError(
                f"No subject of {', '.join(map(str, chosen))} has region {roi}: no vertex has its number in "
                f"the masks {class_name} of {root}; leave it out of study.regions."
            )
    return chosen


def _mask(root: Path, subject: int, side: str, class_name: str) -> NDArray[np.int64]:
    """Number of the region of each vertex that responses are there of."""
    folder = _folder(root, subject) / "roi_masks"
    what = f"The mask {class_name} of subject {subject}"
    path = folder / f"{side}.{class_name}_challenge_space.npy"
    elsewhere = folder / f"{side}.{class_name}_fsaverage_space.npy"
    kept = folder / f"{side}.all-vertices_fsaverage_space.npy"
    read = partial(_read_flat, root)
    if path.exists() or not (elsewhere.exists() and kept.exists()):
        return check_mask(read(path, what), names_of(class_name), what, path)
    whole, vertices = read(elsewhere, what), read(kept, f"The mask of the vertices of subject {subject}")
    if len(whole) != len(vertices):
        raise StudyError(
            f"{what}, {elsewhere}, has {len(whole)} vertices, and {kept} has {len(vertices)}; expected "
            f"{N_FSAVERAGE} in both, those of fsaverage. Get both of one folder."
        )
    return check_mask(whole[vertices > 0], names_of(class_name), what, elsewhere)


def _read_flat(root: Path, path: Path, what: str) -> NDArray:
    mask = read_array(inside(root, path.relative_to(root).as_posix()), what)
    if mask.ndim != 1 or mask.dtype.kind not in "iufb":
        raise StudyError(
            f"{what}, {path}, has shape {mask.shape} of {mask.dtype}; expected one number a vertex."
        )
    return mask


def read_responses(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[Recording]:
    """Responses of the vertices of each region of one subject, hemispheres side by side.

    Only the vertices of the regions are taken out of the files, block by block, so that no whole matrix is
    ever in memory.

    Parameters
    ----------
    root : Path
    names : sequence of str
        Stimuli of the rows, as `read_presentations` has them.
    subject : int
    regions : mapping of str to sequence of str
        ROIs by selectivity.
    hemispheres : {"both", "lh", "rh"}

    Yields
    ------
    Recording
        A region that the subject lacks is left out.

    Raises
    ------
    StudyError
        If a file is broken, its rows are not the subject's images, or a mask is of other vertices.
    """
    masks = {
        (class_name, side): _mask(root, subject, side, class_name)
        for class_name in dict.fromkeys(map(class_of, all_rois(regions)))
        for side in sides_of(hemispheres)
    }
    vertices = {
        (roi, side): channels_of(masks[class_of(roi), side], names_of(class_of(roi)), roi)
        for roi in all_rois(regions)
        for side in sides_of(hemispheres)
    }
    hemisphere = {}
    for side in sides_of(hemispheres):
        columns = np.unique(np.concatenate([vertices[roi, side] for roi in all_rois(regions)]))
        sizes = {class_name: len(masks[class_name, side]) for class_name, one in masks if one == side}
        hemisphere[side] = _Hemisphere.read(root, subject, side, columns, sizes)
        if len(hemisphere[side].responses) != len(names):
            raise StudyError(
                f"Subject {subject} has {len(names)} images in {root} and {len(hemisphere[side].responses)} "
                f"rows of responses in {hemisphere[side].source}; get images and responses of one folder."
            )
    for selectivity, rois in regions.items():
        for roi in rois:
            parts = [
                (side, vertices[roi, side]) for side in sides_of(hemispheres) if len(vertices[roi, side])
            ]
            if not parts:
                continue
            what, where = f"Region {roi} of subject {subject}", hemisphere[parts[0][0]].source
            responses = np.concatenate([hemisphere[side].of(chosen) for side, chosen in parts], axis=1)
            ceilings = [hemisphere[side].ncsnr_of(chosen) for side, chosen in parts]
            yield Recording(
                subject,
                selectivity,
                roi,
                check_rows(responses, len(names), what, root / where),
                np.repeat([side for side, _ in parts], [len(chosen) for _, chosen in parts]),
                np.concatenate([chosen for _, chosen in parts]),
                " and ".join(hemisphere[side].source for side, _ in parts),
                None if any(one is None for one in ceilings) else np.concatenate(ceilings),  # type: ignore[arg-type]
            )


class _Hemisphere(NamedTuple):
    """The vertices of a hemisphere that are in any region."""

    columns: NDArray[np.int64]
    responses: NDArray[np.float32]
    ncsnr: NDArray[np.float64] | None
    source: str

    @classmethod
    def read(
        cls, root: Path, subject: int, side: str, columns: NDArray[np.int64], sizes: Mapping[str, int]
    ) -> _Hemisphere:
        parts, files = [], []
        for split in _splits(root, subject):
            name = SPLITS[split]
            file = f"subj{subject:02d}/{name}_split/{name}_fmri/{side}_{name}_fmri.npy"
            what = f"The {name} responses of subject {subject}, {side},"
            n_images = len(_rows(root, subject, split))
            check = partial(_check_matrix, n_images=n_images, sizes=sizes, what=what, path=root / file)
            parts.append(read_columns(inside(root, file), columns, what, check))
            files.append(file)
        file = f"subj{subject:02d}/test_split/noise_ceiling/{side}_noise_ceiling.npy"
        ncsnr = None
        if (root / file).exists():
            what = f"The noise ceilings of subject {subject}, {side},"
            ncsnr = _ncsnr(
                read_array(inside(root, file), what), next(iter(sizes.values())), what, root / file
            )
            ncsnr = ncsnr[columns]
        return cls(columns, np.concatenate(parts), ncsnr, " and ".join(files))

    def of(self, vertices: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.take(self.responses, np.searchsorted(self.columns, vertices), axis=1)

    def ncsnr_of(self, vertices: NDArray[np.int64]) -> NDArray[np.float64] | None:
        return None if self.ncsnr is None else self.ncsnr[np.searchsorted(self.columns, vertices)]


def _check_matrix(
    shape: tuple[int, ...], dtype: np.dtype, *, n_images: int, sizes: Mapping[str, int], what: str, path: Path
) -> None:
    """Refuse responses that are not those of the images and of the vertices of the masks."""
    if len(shape) != 2 or dtype.kind != "f" or shape[0] != n_images:
        raise StudyError(
            f"{what} {path}, have shape {shape} of {dtype}; expected ({n_images}, n_vertices) of float32, a "
            "row for each image of the split."
        )
    for class_name, n_vertices in sizes.items():
        if n_vertices != shape[1]:
            hint = " That is the number of fsaverage." if n_vertices == N_FSAVERAGE else ""
            raise StudyError(
                f"The mask {class_name} has {n_vertices} vertices, and {what[0].lower()}{what[1:]} {path}, "
                f"have {shape[1]}; masks and responses must be of one space and one subject.{hint}"
            )


def _ncsnr(ceiling: NDArray, n_vertices: int, what: str, path: Path) -> NDArray[np.float64]:
    """Signal-to-noise ratio of each vertex of which the challenge gives the noise ceiling of three trials."""
    if ceiling.shape != (n_vertices,) or ceiling.dtype.kind != "f":
        raise StudyError(f"{what} {path}, have shape {ceiling.shape}; expected ({n_vertices},).")
    share = np.nan_to_num(ceiling.astype(np.float64))
    if share.min() < 0 or share.max() > 1:
        raise StudyError(
            f"{what} {path}, reach from {share.min():.3g} to {share.max():.3g}; expected shares of variance, "
            "from 0 to 1."
        )
    share = np.minimum(share, LARGEST_CEILING)
    return np.sqrt(share / (1 - share) / N_TRIALS)


def read_distributed_rdms(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[DistributedRDM]:
    """Nothing: the layout has no RDMs."""
    return iter(())
