"""The files of the simulated study, in the layouts of real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from tyrosine.simulation.scenes import Scene, render
from tyrosine.simulation.schedule import Schedule
from tyrosine.studies.coco import CATEGORIES
from tyrosine.studies.presentations import FILE as PRESENTATIONS_FILE


def write_presentations(
    root: Path, rows: Mapping[int, NDArray[np.intp]], schedules: Mapping[int, Schedule] | None
) -> None:
    """Write which stimuli each subject saw: once each, or trial by trial as the schedules have them."""
    tables = []
    for subject, seen in rows.items():
        if schedules is None:
            shown: dict[str, Any] = {"nsd_id": seen + 1}
        else:
            one = schedules[subject]
            shown = {
                "nsd_id": seen[one.stimulus] + 1,
                "repetition": one.repetition,
                "session": one.session,
            }
        tables.append(pd.DataFrame({"subject": subject, **shown, "n_presentations": 1}))
    table = pd.concat(tables)
    table.to_csv(root / PRESENTATIONS_FILE, index=False)


def write_stimuli(root: Path, scenes: Sequence[Scene], layout: str) -> None:
    """Write images, captions and annotations of the scenes in a layout."""
    images_folder = root / ("NSD_872_images" if layout == "nsd_872" else "images")
    images_folder.mkdir()
    rows: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, scene in enumerate(scenes, start=1):
        image = render(scene)
        image.save(images_folder / f"{number:05d}.png")
        captions = {f"caption_{k}": caption for k, caption in enumerate(scene.captions, start=1)}
        rows.append({"nsd_id": number, "coco_id": number, "filename": f"{number:05d}.png", **captions})
        images.append({"id": number, "width": image.width, "height": image.height})
        for thing in scene.objects:
            box = [
                (thing.x - thing.size / 2) * image.width,
                (thing.y - thing.size / 2) * image.height,
                thing.size * image.width,
                thing.size * image.height,
            ]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": thing.category_id,
                    "bbox": [round(side, 1) for side in box],
                    "area": round(box[2] * box[3], 1),
                    "iscrowd": 0,
                }
            )
    table = pd.DataFrame(rows)
    ids = table[["nsd_id", "coco_id"]].assign(coco_split="train2017", crop_box="(0, 0, 0, 0)")
    if layout == "nsd_872":
        (root / "NSD_872_captions").mkdir()
        for number, scene in enumerate(scenes, start=1):
            lines = "".join(f"{caption}\n" for caption in scene.captions)
            (root / "NSD_872_captions" / f"{number:05d}.txt").write_text(lines, encoding="utf-8")
        ids = ids.set_axis(["nsdId", "cocoId", "cocoSplit", "cropBox"], axis=1)
    else:
        table.to_csv(root / "metadata_shared.csv", index=False)
    ids.to_csv(root / "coco.csv", index=False)
    categories = [
        {"id": category_id, "name": name, "supercategory": supercategory}
        for category_id, (name, supercategory) in sorted(CATEGORIES.items())
    ]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    (root / "instances_train2017.json").write_text(json.dumps(coco), encoding="utf-8")


Responses = Mapping[tuple[int, str, str], NDArray[np.floating]]
"""By subject, ROI and hemisphere."""


def write_responses(root: Path, responses: Responses, averages: Responses) -> None:
    """Write responses, and the RDMs of their averages, in the layout `algonauts_shared`."""
    for (subject, roi, side), measured in responses.items():
        folder = root / f"subj{subject:02d}"
        for kind in ("rois", "rdms"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
        name = f"{roi}_{side}_subj{subject:02d}.npy"
        np.save(folder / "rois" / name, measured)
        mean = averages[subject, roi, side].astype(np.float64)
        np.save(folder / "rdms" / name, pdist(mean, "correlation"))


def write_merged(root: Path, responses: Responses, averages: Responses, groups: Mapping[str, str]) -> None:
    """Write responses, and the RDMs of their averages, in the layout `nsd_872`, regions by group."""
    for (subject, roi, side), measured in responses.items():
        folder = root / "NSD_872_fmri" / groups[roi] / roi
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"subj{subject:02d}_roi-{roi}_{side}.npy", measured)
    for subject, roi in sorted({(subject, roi) for subject, roi, _ in responses}):
        folder = root / "NSD_872_RDMs" / groups[roi]
        folder.mkdir(parents=True, exist_ok=True)
        merged = np.concatenate([averages[subject, roi, side] for side in ("lh", "rh")], axis=1)
        rdm = squareform(pdist(merged.astype(np.float64), "correlation"))
        np.savez(folder / f"subject_{subject}_merged_{roi}_both.npz", rdm=rdm)
