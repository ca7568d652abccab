"""What COCO says of the stimuli: categories in the picture, captions; and when each subject saw them.

    instances_{train,val}2017.json      objects: category, bounding box, outline
    captions_{train,val}2017.json       five captions an image
    subj0<s>/training_split/training_images/train-0001_nsd-00013.png   order of presentation, in the file name

Source: Lin et al. (2014), Microsoft COCO, ECCV; Gifford et al. (2023), arXiv:2301.03198.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from tyrosine.errors import StudyError
from tyrosine.studies.coco import CATEGORIES
from tyrosine.studies.files import inside
from tyrosine.tables.columns import N_SUBJECTS, ORDERS, STIMULI_METADATA
from tyrosine.wording import first_three

_CHUNK = 1 << 22
# Reading less takes no time that anybody would want to watch.
_WORTH_WATCHING = 20_000_000
CropBox = Sequence[float]


class CocoFiles(NamedTuple):
    """The annotation files that a study has."""

    instances: list[Path]
    captions: list[Path]


def find_coco_files(root: Path, coco_path: Path | None) -> CocoFiles:
    """Annotation files in `coco_path`, or else in the study's folder.

    Raises
    ------
    StudyError
        If `coco_path` is given and holds none.
    """
    folder = root if coco_path is None else coco_path
    files = CocoFiles(sorted(folder.glob("instances_*2017.json")), sorted(folder.glob("captions_*2017.json")))
    if coco_path is not None and not any(files):
        raise StudyError(
            f"study.coco_path, {coco_path}, holds none of COCO's annotation files; expected "
            "instances_train2017.json and captions_train2017.json, and the same for val2017."
        )
    if coco_path is None:
        for path in (*files.instances, *files.captions):
            inside(root, path.name)
    return files


def stream_arrays(
    path: Path, required: str, others: Sequence[str] = (), chunk: int = _CHUNK
) -> Iterator[tuple[str, Any]]:
    """Entries of the top-level arrays of a JSON object, one by one, so that the file need not fit in memory.

    Parameters
    ----------
    path : Path
        UTF-8; its size on disk does not matter.
    required : str
        Name of an array that the file must have.
    others : sequence of str
        Names of arrays that it may have.
    chunk : int
        Characters that are read at a time.

    Yields
    ------
    name : str
    entry : Any

    Raises
    ------
    ValueError
        If the file is not valid JSON, is not an object, or lacks the required array.
    """
    decode = json.JSONDecoder().raw_decode
    size = path.stat().st_size
    with (
        path.open("rb") as raw,
        io.TextIOWrapper(raw, encoding="utf-8-sig") as text,
        tqdm(
            total=size, unit="B", unit_scale=True, desc=path.name, disable=size < _WORTH_WATCHING, leave=False
        ) as progress,
    ):
        buffer, at, ended = "", 0, False

        def more() -> None:
            nonlocal buffer, at, ended
            # At least as much as is kept, so that one huge value is not scanned over and over.
            new = text.read(max(chunk, len(buffer) - at))
            buffer, at, ended = buffer[at:] + new, 0, not new
            progress.update(raw.tell() - progress.n)

        def peek() -> str:
            """The next character that is not blank; nothing at the end of the file."""
            nonlocal at
            while True:
                while at < len(buffer) and buffer[at] in " \t\r\n":
                    at += 1
                if at < len(buffer):
                    return buffer[at]
                if ended:
                    return ""
                more()

        def take(*expected: str) -> str:
            nonlocal at
            found = peek()
            if found not in expected or not found:
                raise ValueError(
                    f"expected {' or '.join(expected)}, found {found or 'the end of the file'!r}"
                )
            at += 1
            return found

        def value() -> Any:
            nonlocal at
            peek()
            while True:
                try:
                    decoded, end = decode(buffer, at)
                except json.JSONDecodeError:
                    if ended:
                        raise
                else:
                    # A number at the end of what was read may go on in what was not.
                    if end < len(buffer) or ended:
                        at = end
                        return decoded
                more()

        seen = False
        take("{")
        if peek() == "}":
            take("}")
        else:
            while True:
                name = value()
                if not isinstance(name, str):
                    raise ValueError(f"expected a name, found {name!r}")
                take(":")
                if name in (required, *others) and peek() == "[":
                    seen = seen or name == required
                    take("[")
                    if peek() == "]":
                        take("]")
                    else:
                        while True:
                            yield name, value()
                            if take(",", "]") == "]":
                                break
                else:
                    value()
                if take(",", "}") == "}":
                    break
        if peek():
            raise ValueError("there is more after the end of the object")
        if not seen:
            raise ValueError(f"it has no array {required!r}")


class Thing(NamedTuple):
    """One annotated object of an image."""

    category_id: int
    share: float | None
    """Share of its area inside the crop box; none where nothing is cropped."""


def read_things(
    paths: Sequence[Path], crop_boxes: Mapping[int, CropBox]
) -> tuple[dict[int, list[Thing]], dict[int, tuple[str, str]]]:
    """Objects of the images, and names and supercategories of their categories.

    Parameters
    ----------
    paths : sequence of Path
        COCO instance annotations.
    crop_boxes : mapping of int to sequence of float
        COCO id of each image asked for, and the shares cropped from its top, bottom, left and right; empty
        if nothing is.

    Returns
    -------
    things : dict of int to list of Thing
        By COCO id.
    names : dict of int to tuple of str
        Name and supercategory by category id.

    Raises
    ------
    StudyError
        If a file is not valid, or has no size of an image that is cropped.
    """
    found: dict[int, list[tuple[int, Any, Any]]] = {}
    sizes: dict[int, tuple[float, float]] = {}
    names = dict(CATEGORIES)
    for path in paths:
        try:
            for array, entry in stream_arrays(path, "annotations", ("images", "categories")):
                if array == "annotations" and entry["image_id"] in crop_boxes:
                    outline = entry.get("segmentation")
                    thing = (int(entry["category_id"]), entry.get("bbox"), outline)
                    found.setdefault(int(entry["image_id"]), []).append(thing)
                elif array == "images" and entry["id"] in crop_boxes:
                    sizes[int(entry["id"])] = (float(entry["width"]), float(entry["height"]))
                elif array == "categories":
                    names[int(entry["id"])] = (str(entry["name"]), str(entry["supercategory"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StudyError(
                f"{path} is not a COCO instance annotation file ({error}); get an intact copy or remove it."
            ) from error
    things = {}
    for coco_id, entries in found.items():
        crop = crop_boxes[coco_id]
        if any(crop) and coco_id not in sizes:
            raise StudyError(
                f"COCO's annotations give no size of image {coco_id}, which NSD has cropped; get intact "
                "copies of the files instances_train2017.json and instances_val2017.json."
            )
        things[coco_id] = [
            Thing(category_id, share_inside(box, outline, crop, sizes[coco_id]) if any(crop) else None)
            for category_id, box, outline in entries
        ]
    return things, names


def share_inside(box: Any, outline: Any, crop: CropBox, size: tuple[float, float]) -> float:
    """Share of an object's area that is left when its picture is cropped.

    Parameters
    ----------
    box : sequence of float
        Bounding box: left, top, width, height in pixels.
    outline : list of list of float, or anything else
        Polygons x1, y1, x2, y2 … in pixels; where there are none (crowds), the bounding box is the area.
    crop : sequence of float
        Shares of the picture cropped from the top, bottom, left and right.
    size : tuple of float
        Width and height of the picture in pixels.

    Returns
    -------
    float
        From 0 to 1.
    """
    top, bottom, left, right = crop
    width, height = size
    window = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
    polygons = []
    if isinstance(outline, list):
        polygons = [np.reshape(part, (-1, 2)) for part in outline if len(part) >= 6 and len(part) % 2 == 0]
    whole = sum(_area(polygon) for polygon in polygons)
    if not whole:
        x, y, w, h = (float(side) for side in box)
        polygons = [np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])]
        whole = w * h
    if not whole:
        return float(window[0] <= x <= window[2] and window[1] <= y <= window[3])
    return min(1.0, sum(_area(_clip(polygon, window)) for polygon in polygons) / whole)


def _area(polygon: np.ndarray) -> float:
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def _clip(polygon: np.ndarray, window: tuple[float, float, float, float]) -> np.ndarray:
    """The polygon cut along each side of the window (Sutherland & Hodgman 1974)."""
    for axis, bound, sign in ((0, window[0], 1), (1, window[1], 1), (0, window[2], -1), (1, window[3], -1)):
        kept = []
        for first, second in zip(polygon, np.roll(polygon, -1, axis=0)):
            inner, outer = sign * (first[axis] - bound) >= 0, sign * (second[axis] - bound) >= 0
            if inner:
                kept.append(first)
            if inner != outer:
                kept.append(first + (second - first) * (bound - first[axis]) / (second[axis] - first[axis]))
        polygon = np.array(kept).reshape(-1, 2)
    return polygon


def read_coco_captions(paths: Sequence[Path], coco_ids: Sequence[int]) -> dict[int, list[str]]:
    """Captions of the images asked for, in the order of the file.

    Raises
    ------
    StudyError
        If a file is not valid.
    """
    wanted = set(coco_ids)
    captions: dict[int, list[str]] = {}
    for path in paths:
        try:
            for _, entry in stream_arrays(path, "annotations"):
                if entry["image_id"] in wanted:
                    # Some of COCO's captions have line breaks in or after them.
                    captions.setdefault(int(entry["image_id"]), []).append(" ".join(entry["caption"].split()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StudyError(
                f"{path} is not a COCO caption annotation file ({error}); get an intact copy or remove it."
            ) from error
    return captions


def read_presentation_orders(root: Path) -> dict[int, dict[int, int]]:
    """Number of each NSD id in the order in which each subject saw the images, by subject."""
    orders: dict[int, dict[int, int]] = {}
    for path in root.glob("subj*/training_split/training_images/train-*_nsd-*.*"):
        subject = re.fullmatch(r"subj(\d+)", path.parents[2].name)
        numbers = re.match(r"train-(\d+)_nsd-(\d+)", path.name)
        if subject and numbers:
            orders.setdefault(int(subject.group(1)), {})[int(numbers.group(2))] = int(numbers.group(1))
    return orders


def add_annotations(stimuli: pd.DataFrame, root: Path, files: CocoFiles, crop_share: float) -> pd.DataFrame:
    """The `stimuli` table with categories, all captions, and orders of presentation.

    Parameters
    ----------
    stimuli : DataFrame
        With `nsd_id`, `coco_id`, `crop_box` and `captions`.
    root : Path
        The study's folder.
    files : CocoFiles
    crop_share : float
        Share of an object's area that must be left in the cropped picture for its category to count.

    Returns
    -------
    DataFrame
        `category_ids`, `categories` and `supercategories` are those in the cropped picture,
        `uncropped_category_ids` those in the whole one. The study's own captions stay the first.

    Raises
    ------
    StudyError
        If a file is not valid, has no caption for an image, or none of the study's captions of an image is
        among COCO's.
    """
    stimuli = stimuli.copy()
    crops = {
        int(coco_id): list(crop)
        for coco_id, crop in zip(stimuli["coco_id"], stimuli["crop_box"])
        if not pd.isna(coco_id)
    }
    coco_ids = [-1 if pd.isna(coco_id) else int(coco_id) for coco_id in stimuli["coco_id"]]
    if files.instances and crops:
        things, names = read_things(files.instances, crops)
        whole, seen = [], []
        for coco_id in coco_ids:
            here = things.get(coco_id, [])
            whole.append(sorted({thing.category_id for thing in here}))
            inside_crop = {t.category_id for t in here if t.share is None or t.share >= crop_share}
            seen.append(sorted(inside_crop))
        _refuse_unnamed({category for categories in whole for category in categories} - names.keys())
        stimuli["uncropped_category_ids"] = pd.Series(whole, index=stimuli.index, dtype=object)
        stimuli["category_ids"] = pd.Series(seen, index=stimuli.index, dtype=object)
        for column, part in (("categories", 0), ("supercategories", 1)):
            told = [list(dict.fromkeys(names[category][part] for category in ids)) for ids in seen]
            stimuli[column] = pd.Series(told, index=stimuli.index, dtype=object)
    if files.captions and crops:
        stimuli["captions"] = _all_captions(stimuli, coco_ids, files.captions)
    orders = read_presentation_orders(root)
    for subject, column in zip(range(1, N_SUBJECTS + 1), ORDERS):
        order = orders.get(subject, {})
        numbers = [None if pd.isna(nsd_id) else order.get(int(nsd_id)) for nsd_id in stimuli["nsd_id"]]
        stimuli[column] = pd.array(numbers, dtype="Int64")
    return stimuli


def _refuse_unnamed(category_ids: set[int]) -> None:
    if category_ids:
        raise StudyError(
            f"COCO's annotations have categories without a name ({first_three(sorted(category_ids))}); get "
            "intact copies of the files instances_train2017.json and instances_val2017.json."
        )


def _all_captions(stimuli: pd.DataFrame, coco_ids: Sequence[int], paths: Sequence[Path]) -> pd.Series:
    coco = read_coco_captions(paths, coco_ids)
    files = " and ".join(path.name for path in paths)
    silent = [s for s, coco_id in zip(stimuli["stimulus_id"], coco_ids) if not coco.get(coco_id)]
    if silent:
        raise StudyError(
            f"{files} have no caption for {len(silent)} of {len(stimuli)} stimuli ({first_three(silent)}); "
            "COCO's files for both train2017 and val2017 are needed."
        )
    strangers, together = [], []
    for stimulus_id, own, coco_id in zip(stimuli["stimulus_id"], stimuli["captions"], coco_ids):
        known = {_letters(caption) for caption in own}
        theirs = coco[coco_id]
        if own and known.isdisjoint(_letters(caption) for caption in theirs):
            strangers.append(f"{stimulus_id}: {own[0]!r} is none of COCO image {coco_id}")
        together.append([*own, *(caption for caption in theirs if _letters(caption) not in known)])
    if strangers:
        raise StudyError(
            f"Captions and images disagree for {len(strangers)} of {len(stimuli)} stimuli "
            f"({first_three(strangers)}); get captions and images of one distribution, or take {files} "
            "away if the captions are your own."
        )
    return pd.Series(together, index=stimuli.index, dtype=object)


def _letters(caption: str) -> str:
    return re.sub(r"[\W_]+", " ", caption).strip().casefold()


def metadata_table(stimuli: pd.DataFrame) -> pd.DataFrame:
    """One row a stimulus, as the published project wrote its table of COCO metadata.

    Returns
    -------
    DataFrame
        Columns `coco_id, nsd_id, caption, category_id, subj01_order … subj08_order`; several captions or
        categories are joined by `|`.
    """
    return pd.DataFrame(
        {
            "coco_id": stimuli["coco_id"],
            "nsd_id": stimuli["nsd_id"],
            "caption": ["|".join(captions) for captions in stimuli["captions"]],
            "category_id": ["|".join(str(category) for category in ids) for ids in stimuli["category_ids"]],
            **{column: stimuli[column] for column in ORDERS},
        },
        columns=list(STIMULI_METADATA),
    )
