"""NSD's pictures, which are rows of one HDF5 file and are read one by one.

    nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5                    imgBrick, (73000, 425, 425, 3), uint8
    nsddata_stimuli/stimuli/nsd/shared1000/shared0001_nsd02951.png  optional; NSD ids in names counted from 1

The picture of NSD id 2950, counted from 0 as everywhere here, is row 2950 of `imgBrick`, and the file that
`shared1000` names nsd02951.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from tyrosine.errors import StudyError
from tyrosine.studies.files import inside
from tyrosine.studies.nsd_stimuli import Seen
from tyrosine.tables.image_rows import ImageRow
from tyrosine.wording import first_line

logger = logging.getLogger(__name__)

FOLDER = "nsddata_stimuli/stimuli/nsd"
BRICK = f"{FOLDER}/nsd_stimuli.hdf5"
PICTURES = "imgBrick"
N_COMPARED = 3
"""Pictures of the folder `shared1000` that are held against their rows."""


def nsd_id_of_shared(stem: str) -> int | None:
    """NSD id, counted from 0, of a name such as `shared0001_nsd02951`, which counts from 1: here 2950."""
    found = re.fullmatch(r"shared\d+_nsd(\d+)", stem)
    return int(found.group(1)) - 1 if found else None


def read_pictures(root: Path, nsd_ids: Sequence[int]) -> dict[int, Seen]:
    """Where the picture of each NSD id lies, and its SHA-256, by NSD id.

    Without the HDF5 file, which language models do not need, the hash is of the id alone.

    Raises
    ------
    StudyError
        If the file is broken or has fewer rows than the ids need, or the pictures in `shared1000` are not
        those of their rows.
    """
    path = inside(root, BRICK)
    if not path.is_file():
        logger.warning("The pictures are not there (%s), which vision models need; captions are read.", path)
        return {
            nsd_id: Seen(_image(nsd_id), hashlib.sha256(f"NSD id {nsd_id}".encode()).hexdigest())
            for nsd_id in nsd_ids
        }
    try:
        with h5py.File(path, "r") as file:
            rows = file[PICTURES]
            if rows.ndim != 4 or rows.shape[-1] != 3 or rows.dtype != np.uint8:
                raise StudyError(
                    f"{PICTURES} in {path} has shape {rows.shape} of {rows.dtype}; expected (n_images, "
                    "height, width, 3) of uint8."
                )
            beyond = [nsd_id for nsd_id in nsd_ids if nsd_id >= len(rows)]
            if beyond:
                raise StudyError(
                    f"{PICTURES} in {path} has {len(rows)} pictures, and the subjects saw NSD id "
                    f"{beyond[0]}, counted from 0; get an intact copy."
                )
            _compare_shared(root, rows)
            return {
                nsd_id: Seen(_image(nsd_id), hashlib.sha256(rows[nsd_id].tobytes()).hexdigest())
                for nsd_id in nsd_ids
            }
    except (OSError, KeyError, RuntimeError) as error:
        raise StudyError(
            f"The pictures cannot be read from {path} ({first_line(error)}); get an intact copy."
        ) from None


def _image(nsd_id: int) -> str:
    return str(ImageRow(BRICK, PICTURES, nsd_id))


def _compare_shared(root: Path, rows: h5py.Dataset) -> None:
    """Refuse a file whose rows are not those that pictures of the folder `shared1000` say."""
    named = {
        path: nsd_id_of_shared(path.stem) for path in sorted((root / FOLDER / "shared1000").glob("*.png"))
    }
    compared = [(path, nsd_id) for path, nsd_id in named.items() if nsd_id is not None][:N_COMPARED]
    for path, nsd_id in compared:
        with Image.open(inside(root, path.relative_to(root).as_posix())) as picture:
            theirs = np.asarray(picture.convert("RGB"))
        around = {row: rows[row] for row in (nsd_id, nsd_id - 1, nsd_id + 1) if 0 <= row < len(rows)}
        same = [row for row, pixels in around.items() if np.array_equal(pixels, theirs)]
        if nsd_id not in same:
            where = f"is row {same[0]}, so that the rows are shifted by one" if same else "is another picture"
            raise StudyError(
                f"{path} counts NSD ids from 1, so that it is row {nsd_id} of {PICTURES} in {root / BRICK}, "
                f"counted from 0; but it {where}. Get both of one copy of NSD."
            )
