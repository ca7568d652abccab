"""What the layouts of NSD have in common: NSD ids in file names, and tables in either spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies.files import IMAGE_SUFFIXES
from tyrosine.tables.columns import BOTH_HEMISPHERES, SIDES
from tyrosine.wording import first_three

N_NSD = 73_000
"""NSD numbers its images from 0 to 72 999; some tables count from 1."""


class CocoRow(NamedTuple):
    """What a table of COCO's images says of one image."""

    coco_id: int
    coco_split: str | None
    crop_box: tuple[float, float, float, float] | None


def sides_of(hemispheres: str) -> tuple[str, ...]:
    """The hemispheres that `study.hemispheres` asks for, left first."""
    return SIDES if hemispheres == BOTH_HEMISPHERES else (hemispheres,)


def nsd_id_of(stem: str) -> int | None:
    """NSD id in a file name without its suffix: `train-0123_nsd-02950`, `02950` and `2950` are 2950."""
    found = re.search(r"nsd-?(\d+)", stem) or re.search(r"(\d+)$", stem)
    return int(found.group(1)) if found else None


def list_images(folder: Path) -> dict[int, Path]:
    """Image of each NSD id in a folder, in the order of the sorted file names.

    Raises
    ------
    StudyError
        If there is no image, a name has no NSD id, or two images have the same.
    """
    paths = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )
    if not paths:
        raise StudyError(f"{folder} holds no images; expected files such as 02950.png, one a stimulus.")
    nameless = [path.name for path in paths if nsd_id_of(path.stem) is None]
    if nameless:
        raise StudyError(
            f"{folder} has images without an NSD id in their names ({first_three(nameless)}); "
            "expected names such as nsd-02950.png or 02950.png."
        )
    images: dict[int, Path] = {}
    for path in paths:
        nsd_id = nsd_id_of(path.stem)
        assert nsd_id is not None
        if nsd_id in images:
            raise StudyError(
                f"{folder} has two images of NSD id {nsd_id}, {images[nsd_id].name} and {path.name}; keep "
                "one."
            )
        images[nsd_id] = path
    return images


def read_table(path: Path, required: Sequence[str], expected: str) -> pd.DataFrame:
    """A table of text cells with columns in lower case with underscores, whichever way they are spelled.

    Parameters
    ----------
    path : Path
        UTF-8, with or without byte order mark.
    required : sequence of str
        Columns that it must have.
    expected : str
        How the columns should be, for the message.

    Raises
    ------
    StudyError
        If it is empty, not UTF-8, not a table, has a column twice, or lacks one.
    """
    try:
        table = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:
        table = pd.DataFrame()
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise StudyError(f"{path} is not a UTF-8 table of comma-separated values ({error}).") from None
    # nsdId and nsd_id are two spellings of one column.
    table.columns = [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(name)).strip().lower() for name in table.columns]
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise StudyError(f"{path} has the column {twice[0]} twice; keep one.")
    lacking = [column for column in required if column not in table]
    if table.empty or lacking:
        what = "has no rows" if not lacking else f"lacks the columns {', '.join(lacking)}"
        raise StudyError(f"{path} {what}; expected {expected}.")
    return table


def whole_numbers(cells: Iterable[object], column: str, path: Path) -> list[int]:
    """The cells of a column as integers.

    Raises
    ------
    StudyError
        If one is not a whole number of zero or more.
    """
    numbers = []
    for cell in cells:
        try:
            number = float(str(cell))
            if number != int(number) or number < 0:
                raise ValueError
        except (ValueError, OverflowError):
            raise StudyError(f"{path} has {cell!r} in column {column}; expected a whole number.") from None
        numbers.append(int(number))
    return numbers


def check_nsd_ids(nsd_ids: Iterable[int], path: Path) -> None:
    """Refuse ids that NSD does not have, as when the columns of NSD and COCO ids are swapped.

    Raises
    ------
    StudyError
    """
    beyond = [nsd_id for nsd_id in nsd_ids if nsd_id > N_NSD]
    if beyond:
        raise StudyError(
            f"{path} has NSD ids beyond {N_NSD}, the number of images in NSD ({first_three(beyond)}); "
            "are the columns of NSD ids and COCO ids swapped?"
        )


def parse_crop_box(cell: str, path: Path) -> tuple[float, float, float, float] | None:
    """Shares of the picture cropped from its top, bottom, left and right, from text such as `(0, 0, .1, .2)`.

    Raises
    ------
    StudyError
        If it is not four shares from zero to one that leave something.
    """
    if not cell.strip():
        return None
    parts = cell.strip().strip("()[]").split(",")
    try:
        top, bottom, left, right = (float(part) for part in parts)
        if not (min(top, bottom, left, right) >= 0 and top + bottom < 1 and left + right < 1):
            raise ValueError
    except ValueError:
        raise StudyError(
            f"{path} has the crop box {cell!r}; expected (top, bottom, left, right), the shares of the "
            "picture that are cropped from each side."
        ) from None
    return top, bottom, left, right


def read_coco_table(path: Path, nsd_ids: Sequence[int]) -> dict[int, CocoRow]:
    """What `coco.csv`, or NSD's `nsd_stim_info_merged.csv`, says of each stimulus; nothing without it.

    Raises
    ------
    StudyError
        If the table is broken, contradicts itself, or lacks a stimulus.
    """
    if not path.is_file():
        return {}
    expected = "nsdId, cocoId, cocoSplit and cropBox, or nsd_id, coco_id, coco_split and crop_box"
    table = read_table(path, ("nsd_id", "coco_id"), expected)
    ids = whole_numbers(table["nsd_id"], "nsd_id", path)
    check_nsd_ids(ids, path)
    coco_ids = whole_numbers(table["coco_id"], "coco_id", path)
    splits = table["coco_split"] if "coco_split" in table else [""] * len(table)
    boxes = table["crop_box"] if "crop_box" in table else [""] * len(table)
    wanted = set(nsd_ids)
    rows: dict[int, CocoRow] = {}
    for nsd_id, coco_id, split, box in zip(ids, coco_ids, splits, boxes):
        if nsd_id not in wanted:
            continue
        row = CocoRow(coco_id, str(split).strip() or None, parse_crop_box(str(box), path))
        if rows.setdefault(nsd_id, row) != row:
            raise StudyError(f"{path} says two things of NSD id {nsd_id}; each image has one row.")
    lacking = [f"{nsd_id:05d}" for nsd_id in nsd_ids if nsd_id not in rows]
    if lacking:
        raise StudyError(
            f"{path} lacks {len(lacking)} of {len(nsd_ids)} stimuli, NSD ids {first_three(lacking)}; "
            f"images and {path.name} must be of one study."
        )
    return rows
