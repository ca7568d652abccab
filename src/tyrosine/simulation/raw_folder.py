"""The files of the simulated study, in the layouts of real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

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
    """Write images, captions and annotations of the scenes in a layout of the shared images."""
    images_folder = root / ("NSD_872_images" if layout == "nsd_872" else "images")
    images_folder.mkdir()
    rows: list[dict[str, Any]] = []
    for number, scene in enumerate(scenes, start=1):
        render(scene).save(images_folder / f"{number:05d}.png")
        captions = {f"caption_{k}": caption for k, caption in enumerate(scene.captions, start=1)}
        rows.append({"nsd_id": number, "coco_id": number, "filename": f"{number:05d}.png", **captions})
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
    write_instances(root, scenes)


def write_instances(root: Path, scenes: Sequence[Scene]) -> None:
    """Write the objects of the scenes as COCO annotates those of its images, numbered from 1."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    width, height = render(scenes[0]).size
    for number, scene in enumerate(scenes, start=1):
        images.append({"id": number, "width": width, "height": height})
        for thing in scene.objects:
            box = [
                (thing.x - thing.size / 2) * width,
                (thing.y - thing.size / 2) * height,
                thing.size * width,
                thing.size * height,
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
    categories = [
        {"id": category_id, "name": name, "supercategory": supercategory}
        for category_id, (name, supercategory) in sorted(CATEGORIES.items())
    ]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    (root / "instances_train2017.json").write_text(json.dumps(coco), encoding="utf-8")


def write_captions(root: Path, scenes: Sequence[Scene]) -> None:
    """Write the captions of the scenes as COCO has those of its images."""
    captions = [(number, caption) for number, s in enumerate(scenes, start=1) for caption in s.captions]
    annotations = [
        {"id": entry, "image_id": number, "caption": caption}
        for entry, (number, caption) in enumerate(captions, start=1)
    ]
    coco = {"annotations": annotations}
    (root / "captions_train2017.json").write_text(json.dumps(coco), encoding="utf-8")


Responses = Mapping[tuple[int, str, str], NDArray[np.floating]]
"""By subject, ROI and hemisphere."""


class Content(NamedTuple):
    """What is written, in whichever layout.

    Attributes
    ----------
    scenes : sequence of Scene
        Scene number k, counted from 1, is the stimulus of NSD id k and COCO id k.
    rows : mapping of int to ndarray of int
        Scenes that each subject saw, counted from 0, in the order of the subject's stimuli.
    schedules : mapping of int to Schedule, or None
        Trials of each subject; None where each row of `responses` is a stimulus.
    responses : mapping of (subject, roi, hemisphere) to ndarray of shape (n_rows, n_voxels)
    regions : mapping of str to sequence of str
        ROIs by selectivity.
    """

    scenes: Sequence[Scene]
    rows: Mapping[int, NDArray[np.intp]]
    schedules: Mapping[int, Schedule] | None
    responses: Responses
    regions: Mapping[str, Sequence[str]]

    def averages(self) -> Responses:
        """Mean responses to each stimulus, in the order of the subject's stimuli."""
        if self.schedules is None:
            return self.responses
        return {key: self.schedules[key[0]].average(trials) for key, trials in self.responses.items()}

    def patterns_of_rdms(self) -> Responses:
        """Mean responses to each stimulus in the order of its first trial, which is that of rows of RDMs."""
        if self.schedules is None:
            return self.responses
        return {
            key: means[self.schedules[key[0]].in_order_of_first_trials()]
            for key, means in self.averages().items()
        }


def write_algonauts_shared(root: Path, content: Content) -> None:
    """Write the study in the layout `algonauts_shared`, with the RDMs of the averages of the responses."""
    write_stimuli(root, content.scenes, "algonauts_shared")
    write_presentations(root, content.rows, content.schedules)
    patterns = content.patterns_of_rdms()
    for (subject, roi, side), measured in content.responses.items():
        folder = root / f"subj{subject:02d}"
        for kind in ("rois", "rdms"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
        name = f"{roi}_{side}_subj{subject:02d}.npy"
        np.save(folder / "rois" / name, measured)
        mean = patterns[subject, roi, side].astype(np.float64)
        np.save(folder / "rdms" / name, pdist(mean, "correlation"))


def write_nsd_872(root: Path, content: Content) -> None:
    """Write the study in the layout `nsd_872`, with the RDMs of the averages of the responses."""
    write_stimuli(root, content.scenes, "nsd_872")
    write_presentations(root, content.rows, content.schedules)
    groups = {roi: f"floc-{selectivity}" for selectivity, rois in content.regions.items() for roi in rois}
    patterns = content.patterns_of_rdms()
    for (subject, roi, side), measured in content.responses.items():
        folder = root / "NSD_872_fmri" / groups[roi] / roi
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"subj{subject:02d}_roi-{roi}_{side}.npy", measured)
    for subject, roi in sorted({(subject, roi) for subject, roi, _ in content.responses}):
        folder = root / "NSD_872_RDMs" / groups[roi]
        folder.mkdir(parents=True, exist_ok=True)
        merged = np.concatenate([patterns[subject, roi, side] for side in ("lh", "rh")], axis=1)
        rdm = squareform(pdist(merged.astype(np.float64), "correlation"))
        np.savez(folder / f"subject_{subject}_merged_{roi}_both.npz", rdm=rdm)
