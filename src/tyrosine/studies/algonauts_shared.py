"""The layout in which Net2Brain distributes the shared images of NSD since March 2026.

    images/<file>.png
    metadata_shared.csv                 nsd_id, coco_id, filename, caption_1 …; its rows are the fMRI rows
    coco.csv                            optional; nsd_id, coco_id, coco_split, crop_box
    subj0<s>/rois/<ROI>_<lh|rh>_subj0<s>.npy  responses (n_stimuli, n_voxels)
    subj0<s>/rdms/<ROI>_<lh|rh>_subj0<s>.npy  condensed RDM

Source: Allen et al. (2022), Nat Neurosci 25: 116-126 (NSD); Gifford et al. (2023), arXiv:2301.03198.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies.files import (
    check_captions,
    check_rdm,
    check_rows,
    check_subjects,
    image_sha256,
    inside,
    read_array,
    refuse_duplicates,
)
from tyrosine.studies.nsd_tables import (
    check_nsd_ids,
    list_images,
    nsd_id_of,
    read_coco_table,
    read_table,
    sides_of,
    whole_numbers,
)
from tyrosine.studies.tables import DistributedRDM, Recording, Stimulus, stimuli_table
from tyrosine.tables.columns import METADATA_COLUMN, METADATA_ORDER
from tyrosine.wording import first_three

METADATA = "metadata_shared.csv"
FILE_COLUMNS = ("filename", "file_name", "file", "image", "image_file", "image_filename")
ROW_COLUMNS = ("fmri_row", "row", "row_index", "fmri_index")


def missing(root: Path) -> list[str]:
    """Parts of the layout that `root` lacks."""
    lacking = [] if (root / "images").is_dir() else ["images"]
    if not (root / METADATA).is_file():
        lacking.append(METADATA)
    if not any(root.glob("subj*/rois")) and not any(root.glob("subj*/rdms")):
        lacking.append("subj01/rois or subj01/rdms")
    return lacking


def read_stimuli(root: Path, captions_elsewhere: bool = False) -> pd.DataFrame:
    """The `stimuli` table of the folder, in the order of the fMRI rows that `metadata_shared.csv` gives.

    Parameters
    ----------
    root : Path
    captions_elsewhere : bool
        Whether metadata without captions will do, since COCO's own are at hand.

    Raises
    ------
    StudyError
        If the metadata are empty or lack a column, a stimulus is listed twice, an image does not open,
        a caption is missing or empty, or metadata, images and `coco.csv` disagree.
    """
    path = root / METADATA
    expected = "nsd_id, coco_id, filename, caption_1 and so on"
    metadata = read_table(path, ("nsd_id", "coco_id"), expected)
    caption_columns = sorted(
        (column for column in metadata.columns if re.fullmatch(r"caption_\d+", column)),
        key=lambda column: int(column.rpartition("_")[2]),
    )
    if not caption_columns and not captions_elsewhere:
        raise StudyError(f"{path} lacks the columns caption_1; expected {expected}.")
    metadata, row_source = _in_row_order(metadata, path)
    nsd_ids = whole_numbers(metadata["nsd_id"], "nsd_id", path)
    coco_ids = whole_numbers(metadata["coco_id"], "coco_id", path)
    check_nsd_ids(nsd_ids, path)
    stimulus_ids = [f"{nsd_id:05d}" for nsd_id in nsd_ids]
    refuse_duplicates(stimulus_ids, path)
    coco = read_coco_table(root / "coco.csv", nsd_ids)
    wrong = [
        f"NSD id {nsd_id} is COCO image {coco_id} here and {coco[nsd_id].coco_id} there"
        for nsd_id, coco_id in zip(nsd_ids, coco_ids)
        if coco and coco[nsd_id].coco_id != coco_id
    ]
    if wrong:
        raise StudyError(
            f"{path} and {root / 'coco.csv'} disagree: {first_three(wrong)}; get both of one distribution."
        )
    files = _image_files(root, metadata, nsd_ids)
    captions = metadata[caption_columns].to_numpy() if caption_columns else [None] * len(metadata)
    table = stimuli_table(
        [
            Stimulus(
                stimulus_id=stimulus_id,
                image=file,
                image_sha256=image_sha256(inside(root, file), stimulus_id),
                captions=[] if cells is None else _captions(cells, stimulus_id, path),
                nsd_id=nsd_id,
                coco_id=coco_id,
                coco_split=coco[nsd_id].coco_split if coco else None,
                crop_box=coco[nsd_id].crop_box if coco else None,
                row_source=row_source,
            )
            for stimulus_id, file, cells, nsd_id, coco_id in zip(
                stimulus_ids, files, captions, nsd_ids, coco_ids
            )
        ]
    )
    _refuse_extra_images(root, files)
    return table


def _in_row_order(metadata: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, str]:
    columns = [column for column in ROW_COLUMNS if column in metadata]
    if not columns:
        return metadata, METADATA_ORDER
    rows = whole_numbers(metadata[columns[0]], columns[0], path)
    first = min(rows)
    if first > 1 or sorted(rows) != list(range(first, first + len(rows))):
        raise StudyError(
            f"{path} does not number its {len(rows)} rows in column {columns[0]}; expected each of 0 to "
            f"{len(rows) - 1}, or 1 to {len(rows)}, once."
        )
    return metadata.iloc[np.argsort(rows)].reset_index(drop=True), METADATA_COLUMN


def _image_files(root: Path, metadata: pd.DataFrame, nsd_ids: Sequence[int]) -> list[str]:
    columns = [column for column in FILE_COLUMNS if column in metadata]
    if columns:
        names = [name.removeprefix("images/") for name in metadata[columns[0]]]
        wrong = [
            f"{name} for NSD id {nsd_id}" for name, nsd_id in zip(names, nsd_ids) if not _may_be(name, nsd_id)
        ]
        if wrong:
            raise StudyError(
                f"{root / METADATA} names images that are not those of the row ({first_three(wrong)}); "
                "file names carry the NSD id, as in 02950.png, so one of the two columns is shifted."
            )
    else:
        by_id = list_images(root / "images")
        lacking = [f"{nsd_id:05d}" for nsd_id in nsd_ids if nsd_id not in by_id]
        if lacking:
            raise StudyError(
                f"{root / 'images'} has no image for {len(lacking)} of {len(nsd_ids)} stimuli "
                f"({first_three(lacking)}); file names carry the NSD id, as in 02950.png."
            )
        names = [by_id[nsd_id].name for nsd_id in nsd_ids]
    return [f"images/{name}" for name in names]


def _may_be(name: str, nsd_id: int) -> bool:
    carried = nsd_id_of(Path(name).stem)
    return carried is None or carried == nsd_id


def _refuse_extra_images(root: Path, files: Sequence[str]) -> None:
    listed = {Path(file).name for file in files}
    extra = [path.name for path in list_images(root / "images").values() if path.name not in listed]
    if extra:
        raise StudyError(
            f"{root / 'images'} holds {len(extra)} images that {METADATA} does not list "
            f"({first_three(extra)}); one row a stimulus is expected, so add their rows or take the images "
            "away."
        )


def _captions(cells: np.ndarray, stimulus_id: str, path: Path) -> list[str]:
    captions = [str(cell).strip() for cell in cells]
    # Stimuli differ in their number of captions, so empty cells at the end are no captions at all.
    while captions and not captions[-1]:
        captions.pop()
    return check_captions(captions, stimulus_id, path)


def known_regions(root: Path) -> list[str]:
    """ROIs that the folder has responses or RDMs of."""
    paths = [*root.glob("subj*/rois/*.npy"), *root.glob("subj*/rdms/*.npy")]
    return sorted({re.sub(r"_(lh|rh)_subj\d+$", "", path.stem) for path in paths})


def choose_subjects(
    root: Path, subjects: Sequence[int] | str, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> list[int]:
    """The chosen subjects, after a look at which files there are.

    Parameters
    ----------
    root : Path
    subjects : sequence of int or "all"
    regions : mapping of str to sequence of str
        ROIs by selectivity.
    hemispheres : {"both", "lh", "rh"}

    Raises
    ------
    StudyError
        If a subject is not there, or none of them has a region.
    """
    have = sorted(int(path.name[4:]) for path in root.glob("subj[0-9][0-9]") if path.is_dir())
    chosen = check_subjects(subjects, have, root)
    sides = sides_of(hemispheres)
    for roi in (roi for rois in regions.values() for roi in rois):
        files = [
            inside(root, _file(kind, roi, side, subject))
            for subject in chosen
            for kind in ("rois", "rdms")
            for side in sides
        ]
        if not any(file.exists() for file in files):
            raise StudyError(
                f"No subject has region {roi}: there is no {roi}_{sides[0]}_subj01.npy or the like under "
                f"{root}; name in study.regions only {', '.join(known_regions(root))}."
            )
    return chosen


def read_responses(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[Recording]:
    """Voxel responses of the regions of one subject, hemispheres side by side.

    Parameters
    ----------
    root : Path
    names : sequence of str
        Stimuli of the rows that every file of the subject must have.
    subject : int
    regions : mapping of str to sequence of str
        ROIs by selectivity.
    hemispheres : {"both", "lh", "rh"}

    Yields
    ------
    Recording
        A region that has no file is left out.

    Raises
    ------
    StudyError
        If a file is broken.
    """
    for selectivity, rois in regions.items():
        for roi in rois:
            what = f"Region {roi} of subject {subject}"
            parts = []
            for side in sides_of(hemispheres):
                file = _file("rois", roi, side, subject)
                path = inside(root, file)
                if path.exists():
                    responses = check_rows(read_array(path, what), len(names), what, path)
                    parts.append((side, responses, file))
            if parts:
                yield Recording.of_hemispheres(subject, selectivity, roi, parts)


def read_distributed_rdms(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[DistributedRDM]:
    """The RDM of each region and hemisphere of one subject that the folder has.

    Arguments and errors are those of `read_responses`.
    """
    for selectivity, rois in regions.items():
        for roi in rois:
            what = f"The RDM of region {roi} of subject {subject}"
            for side in sides_of(hemispheres):
                file = _file("rdms", roi, side, subject)
                path = inside(root, file)
                if path.exists():
                    rdm = check_rdm(read_array(path, what), len(names), what, path)
                    yield DistributedRDM(subject, selectivity, roi, side, rdm, file)


def _file(kind: str, roi: str, side: str, subject: int) -> str:
    return f"subj{subject:02d}/{kind}/{roi}_{side}_subj{subject:02d}.npy"
