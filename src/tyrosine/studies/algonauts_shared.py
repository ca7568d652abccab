"""The layout in which Net2Brain distributes the shared images of NSD since March 2026.

    images/<file>.png
    metadata_shared.csv                 nsd_id, coco_id, filename, caption_1 …; its rows are the fMRI rows
    subj0<s>/rois/<ROI>_<lh|rh>_subj0<s>.npy  responses (n_stimuli, n_voxels)
    subj0<s>/rdms/<ROI>_<lh|rh>_subj0<s>.npy  condensed RDM
    instances_{train,val}2017.json            optional; COCO's annotations, for the categories

Source: Allen et al. (2022), Nat Neurosci 25: 116-126 (NSD); Gifford et al. (2023), arXiv:2301.03198.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies.coco import read_categories
from tyrosine.studies.files import (
    IMAGE_SUFFIXES,
    check_captions,
    check_rows,
    image_sha256,
    inside,
    read_array,
    refuse_duplicates,
)
from tyrosine.studies.tables import Recording, Stimulus, stimuli_table

METADATA = "metadata_shared.csv"
HEMISPHERES = ("lh", "rh")


def missing(root: Path) -> list[str]:
    """Parts of the layout that `root` lacks."""
    lacking = [] if (root / "images").is_dir() else ["images"]
    if not (root / METADATA).is_file():
        lacking.append(METADATA)
    if not any(root.glob("subj*/rois")):
        lacking.append("subj01/rois")
    return lacking


def read_stimuli(root: Path) -> pd.DataFrame:
    """The `stimuli` table of the folder, in the order of `metadata_shared.csv`.

    Raises
    ------
    StudyError
        If the metadata are empty or lack a column, a stimulus is listed twice, an image does not open,
        or a caption is missing or empty.
    """
    path = root / METADATA
    try:
        metadata = pd.read_csv(path, encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        metadata = pd.DataFrame()
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise StudyError(f"{path} is not a UTF-8 table of comma-separated values ({error}).") from None
    caption_columns = sorted(
        (column for column in metadata.columns if re.fullmatch(r"caption_\d+", column)),
        key=lambda column: int(column.rpartition("_")[2]),
    )
    lacking = [column for column in ("nsd_id", "coco_id") if column not in metadata] + (
        [] if caption_columns else ["caption_1"]
    )
    if metadata.empty or lacking:
        what = "has no rows" if not lacking else f"lacks the columns {', '.join(lacking)}"
        raise StudyError(f"{path} {what}; expected nsd_id, coco_id, filename, caption_1 and so on.")
    nsd_ids = [_integer(value, "nsd_id", path) for value in metadata["nsd_id"]]
    coco_ids = [_integer(value, "coco_id", path) for value in metadata["coco_id"]]
    files = _image_files(root, metadata, nsd_ids)
    stimulus_ids = [f"{nsd_id:05d}" for nsd_id in nsd_ids]
    refuse_duplicates(stimulus_ids, path)
    categories = read_categories(root, coco_ids)
    return stimuli_table(
        [
            Stimulus(
                stimulus_id=stimulus_id,
                image=file,
                image_sha256=image_sha256(inside(root, file), stimulus_id),
                captions=_captions(captions, stimulus_id, path),
                nsd_id=nsd_id,
                coco_id=coco_id,
                category_ids=categories.get(coco_id, ()),
            )
            for stimulus_id, file, captions, nsd_id, coco_id in zip(
                stimulus_ids, files, metadata[caption_columns].to_numpy(), nsd_ids, coco_ids
            )
        ]
    )


def _integer(value: object, column: str, path: Path) -> int:
    try:
        number = float(str(value))
        if number != int(number):
            raise ValueError
    except (ValueError, OverflowError):
        raise StudyError(f"{path} has {value!r} in column {column}; expected a whole number.") from None
    return int(number)


def _image_files(root: Path, metadata: pd.DataFrame, nsd_ids: Sequence[int]) -> list[str]:
    if "filename" in metadata:
        return [f"images/{name}" for name in metadata["filename"]]
    by_id: dict[int, str] = {}
    for path in sorted((root / "images").iterdir()):
        digits = re.search(r"(\d+)$", path.stem)
        if path.suffix.lower() in IMAGE_SUFFIXES and digits:
            by_id[int(digits.group(1))] = f"images/{path.name}"
    lacking = [nsd_id for nsd_id in nsd_ids if nsd_id not in by_id]
    if lacking:
        raise StudyError(
            f"{root / 'images'} has no image for {len(lacking)} of {len(nsd_ids)} stimuli, first NSD id "
            f"{lacking[0]}; file names end in the NSD id, as in 02950.png."
        )
    return [by_id[nsd_id] for nsd_id in nsd_ids]


def _captions(cells: np.ndarray, stimulus_id: str, path: Path) -> list[str]:
    captions = ["" if pd.isna(cell) else str(cell) for cell in cells]
    # Stimuli differ in their number of captions, so empty cells at the end are no captions at all.
    while captions and not captions[-1]:
        captions.pop()
    return check_captions(captions, stimulus_id, path)


def read_recordings(
    root: Path,
    n_stimuli: int,
    subjects: Sequence[int] | str,
    regions: Mapping[str, Sequence[str]],
    hemispheres: str,
) -> Iterator[Recording]:
    """Voxel responses of the chosen regions and subjects, hemispheres side by side.

    Parameters
    ----------
    root : Path
    n_stimuli : int
        Rows that every file must have.
    subjects : sequence of int or "all"
    regions : mapping of str to sequence of str
        ROIs by selectivity.
    hemispheres : {"both", "lh", "rh"}

    Yields
    ------
    Recording
        With responses; a region that a subject lacks is left out.

    Raises
    ------
    StudyError
        If a subject is not there, no subject has a region, or a file is broken.
    """
    have = {int(path.name[4:]): path for path in sorted(root.glob("subj[0-9][0-9]")) if path.is_dir()}
    chosen = sorted(have) if isinstance(subjects, str) else list(subjects)
    absent = [subject for subject in chosen if subject not in have]
    if absent:
        raise StudyError(
            f"Subject {absent[0]} is not in {root}, which has subjects {', '.join(map(str, sorted(have)))}; "
            "list others in study.subjects."
        )
    sides = HEMISPHERES if hemispheres == "both" else (hemispheres,)
    for selectivity, rois in regions.items():
        for roi in rois:
            found = False
            for subject in chosen:
                paths = [have[subject] / "rois" / f"{roi}_{side}_{have[subject].name}.npy" for side in sides]
                paths = [path for path in paths if path.exists()]
                if not paths:
                    continue
                found = True
                what = f"Region {roi} of subject {subject}"
                parts = [check_rows(read_array(path, what), n_stimuli, what, path) for path in paths]
                source = " and ".join(path.relative_to(root).as_posix() for path in paths)
                yield Recording(subject, selectivity, roi, np.concatenate(parts, axis=1), None, source)
            if not found:
                known = sorted({path.name.split("_")[0] for path in root.glob("subj*/rois/*.npy")})
                raise StudyError(
                    f"No subject has region {roi}: there is no {roi}_{sides[0]}_subj01.npy or the like under "
                    f"{root}; name in study.regions only {', '.join(known)}."
                )
