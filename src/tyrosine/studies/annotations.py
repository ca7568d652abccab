"""What COCO says of the stimuli: categories in the picture, captions; and when each subject saw them.

    instances_{train,val}2017.json      objects: category, bounding box, outline
    captions_{train,val}2017.json       five captions an image
    subj0<s>/training_split/training_images/train-0001_nsd-00013.png   order of presentation, in the file name

Source: Lin et al. (2014), Microsoft COCO, ECCV; Gifford et al. (2023), arXiv:2301.03198.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import ijson
import pandas as pd
from tqdm import tqdm

from tyrosine.errors import StudyError
from tyrosine.studies.coco import CATEGORIES
from tyrosine.studies.cropping import CropBox, share_inside
from tyrosine.studies.files import inside
from tyrosine.tables.columns import N_SUBJECTS, ORDERS, STIMULI_METADATA
from tyrosine.wording import first_three

_BUFFER_BYTES = 1 << 20
# Reading less takes no time that anybody would want to watch.
_WORTH_WATCHING = 20_000_000


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


def stream_array(
    path: Path, name: str, *, required: bool = True, buffer_bytes: int = _BUFFER_BYTES
) -> Iterator[Any]:
    """Entries of a top-level array of a JSON object, one by one, so that the file need not fit in memory.

    The package ijson reads the file: the objects, the images and the categories of 375 MB of annotations in
    11 s of one core and 7 MiB (`json.load` takes 9 s and 2 200 MiB).

    Parameters
    ----------
    path : Path
        UTF-8; its size on disk does not matter.
    name : str
        Name of the array.
    required : bool
        Whether the file must have the array.
    buffer_bytes : int
        How much is read at a time.

    Yields
    ------
    entry : Any
        Numbers with a fraction or an exponent are float, others int.

    Raises
    ------
    ValueError
        If the file is not valid JSON, is not an object, or lacks an array that is required.
    """
    kind, found = None, False
    try:
        with _open_watched(path) as file:
            kind = next(ijson.basic_parse(file, buf_size=buffer_bytes))[0]
        with _open_watched(path) as file:
            for entry in ijson.items(file, f"{name}.item", use_float=True, buf_size=buffer_bytes):
                found = True
                yield entry
        if required and not found:
            with _open_watched(path) as file:
                events = ijson.parse(file, buf_size=buffer_bytes)
                found = any((prefix, event) == (name, "start_array") for prefix, event, _ in events)
    except ijson.JSONError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    if kind != "start_map":
        raise ValueError("it is not an object")
    if required and not found:
        raise ValueError(f"it has no array {name!r}")


class Thing(NamedTuple):
    """One annotated object of an image."""

    category_id: int
    share: float | None
    """Share of its area inside the crop box; none where nothing is cropped."""
    area: float
    """Area in the whole picture in squared pixels."""


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
    found: dict[int, list[tuple[int, Any, Any, float]]] = {}
    sizes: dict[int, tuple[float, float]] = {}
    names = dict(CATEGORIES)
    for path in paths:
        try:
            for entry in stream_array(path, "annotations"):
                if entry["image_id"] in crop_boxes:
                    outline = entry.get("segmentation")
                    box = entry.get("bbox")
                    area = entry["area"] if "area" in entry else float(box[2]) * float(box[3]) if box else 0.0
                    thing = (int(entry["category_id"]), box, outline, float(area))
                    found.setdefault(int(entry["image_id"]), []).append(thing)
            for entry in stream_array(path, "images", required=False):
                if entry["id"] in crop_boxes:
                    sizes[int(entry["id"])] = (float(entry["width"]), float(entry["height"]))
            for entry in stream_array(path, "categories", required=False):
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
            Thing(category_id, share_inside(box, outline, crop, sizes[coco_id]) if any(crop) else None, area)
            for category_id, box, outline, area in entries
        ]
    return things, names


@contextmanager
def _open_watched(path: Path) -> Iterator[BinaryIO]:
    """The file, opened behind a byte order mark, with a progress bar if it is large."""
    size = path.stat().st_size
    with (
        path.open("rb") as file,
        tqdm.wrapattr(
            file, "read", size, desc=path.name, disable=size < _WORTH_WATCHING, leave=False
        ) as watched,
    ):
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        yield watched


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
            for entry in stream_array(path, "annotations"):
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
        `uncropped_category_ids` those in the whole one. `main_category` is the category in the cropped
        picture whose objects have the largest visible area together, the first in the annotations of those
        with the same area; `main_supercategory` is its supercategory. The study's own captions stay the
        first.

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
        whole, seen, main = [], [], []
        for coco_id in coco_ids:
            here = things.get(coco_id, [])
            whole.append(sorted({thing.category_id for thing in here}))
            visible = [t for t in here if t.share is None or t.share >= crop_share]
            seen.append(sorted({t.category_id for t in visible}))
            main.append(_main_category(visible))
        _refuse_unnamed({category for categories in whole for category in categories} - names.keys())
        stimuli["uncropped_category_ids"] = pd.Series(whole, index=stimuli.index, dtype=object)
        stimuli["category_ids"] = pd.Series(seen, index=stimuli.index, dtype=object)
        for column, part in (("categories", 0), ("supercategories", 1)):
            told = [list(dict.fromkeys(names[category][part] for category in ids)) for ids in seen]
            stimuli[column] = pd.Series(told, index=stimuli.index, dtype=object)
        for column, part in (("main_category", 0), ("main_supercategory", 1)):
            stimuli[column] = pd.array([pd.NA if i is None else names[i][part] for i in main], dtype="string")
    if files.captions and crops:
        stimuli["captions"] = _all_captions(stimuli, coco_ids, files.captions)
    orders = read_presentation_orders(root)
    for subject, column in zip(range(1, N_SUBJECTS + 1), ORDERS):
        order = orders.get(subject, {})
        numbers = [None if pd.isna(nsd_id) else order.get(int(nsd_id)) for nsd_id in stimuli["nsd_id"]]
        stimuli[column] = pd.array(numbers, dtype="Int64")
    return stimuli


def _main_category(visible: Sequence[Thing]) -> int | None:
    """The category whose objects have the largest visible area together; none of no objects."""
    areas: dict[int, float] = {}
    for thing in visible:
        share = 1.0 if thing.share is None else thing.share
        areas[thing.category_id] = areas.get(thing.category_id, 0.0) + share * thing.area
    # Of equal areas `max` returns the first.
    return max(areas, key=lambda category_id: areas[category_id]) if areas else None


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
