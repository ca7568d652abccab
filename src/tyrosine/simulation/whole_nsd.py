"""The files of the simulated study in the layouts of all of NSD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.simulation.raw_folder import Content, Responses, write_captions, write_instances
from tyrosine.simulation.scenes import render
from tyrosine.simulation.schedule import Schedule
from tyrosine.studies.nsd_regions import CLASSES, class_of
from tyrosine.studies.nsd_stimuli import STIM_INFO
from tyrosine.tables.columns import N_SUBJECTS, SIDES

N_REPETITIONS = 3
"""How often an image was shown in NSD at most; its table has a column for each."""
OTHER_SHARE = 0.25
"""Vertices of no region, as a share of those of the regions."""


class Surface(NamedTuple):
    """Vertices of one hemisphere of one subject.

    Attributes
    ----------
    masks : dict of str to ndarray of shape (n_vertices,), int
        By class of regions, the number of the region of each vertex.
    responses : ndarray of shape (n_rows, n_vertices), float32
        Zero in vertices of no region.
    """

    masks: dict[str, NDArray[np.int64]]
    responses: NDArray[np.float32]

    @classmethod
    def lay_out(
        cls, measured: Mapping[str, NDArray[np.floating]], n_rows: int, seed: Sequence[int]
    ) -> Surface:
        """Spread the voxels of the regions over a surface: those of a region keep their order.

        Parameters
        ----------
        measured : mapping of str to ndarray of shape (n_rows, n_voxels)
            By ROI.
        n_rows : int
        seed : sequence of int
            Decides on which vertices the voxels lie.
        """
        sizes = [values.shape[1] for values in measured.values()]
        n_vertices = sum(sizes) + max(4, round(OTHER_SHARE * sum(sizes)))
        order = np.random.default_rng(seed).permutation(n_vertices)
        masks = {name: np.zeros(n_vertices, dtype=np.int64) for name in CLASSES}
        responses = np.zeros((n_rows, n_vertices), dtype=np.float32)
        for (roi, values), vertices in zip(measured.items(), np.split(order, np.cumsum(sizes))):
            place = np.sort(vertices)
            masks[class_of(roi)][place] = CLASSES[class_of(roi)].index(roi) + 1
            responses[:, place] = values
        return cls(masks, responses)


def of_hemisphere(responses: Responses, subject: int, side: str) -> dict[str, NDArray[np.floating]]:
    """Responses by ROI of one hemisphere of one subject."""
    return {roi: values for (who, roi, where), values in responses.items() if (who, where) == (subject, side)}


def in_units_of_sessions(responses: Responses, schedules: Mapping[int, Schedule]) -> Responses:
    """Responses whose mean over the trials of each session is 0 and whose standard deviation is 1."""
    standardised = {}
    for key, trials in responses.items():
        values = np.array(trials, dtype=np.float64)
        for session in np.unique(schedules[key[0]].session):
            rows = schedules[key[0]].session == session
            values[rows] = (values[rows] - values[rows].mean(axis=0)) / values[rows].std(axis=0)
        standardised[key] = values
    return standardised


def write_algonauts_2023(root: Path, content: Content) -> None:
    """Write the study in the layout `algonauts_2023`: averages of what was z-scored in each session.

    All images are in the training split. Responses to single trials are averaged; where there is one row an
    image, it is written as it is.
    """
    write_stim_info(root / STIM_INFO, content)
    write_instances(root, content.scenes)
    write_captions(root, content.scenes)
    averages = content.responses
    if content.schedules is not None:
        in_units = in_units_of_sessions(content.responses, content.schedules)
        averages = content._replace(responses=in_units).averages()
    for subject, seen in content.rows.items():
        folder = root / f"subj{subject:02d}"
        for part in ("training_split/training_images", "training_split/training_fmri", "roi_masks"):
            (folder / part).mkdir(parents=True)
        for row, scene in enumerate(seen, start=1):
            name = f"train-{row:04d}_nsd-{scene + 1:05d}.png"
            render(content.scenes[scene]).save(folder / "training_split/training_images" / name)
        for side_number, side in enumerate(SIDES):
            measured = of_hemisphere(averages, subject, side)
            surface = Surface.lay_out(measured, len(seen), [subject, side_number])
            np.save(folder / f"training_split/training_fmri/{side}_training_fmri.npy", surface.responses)
            # Every other vertex of the whole surface is out of the challenge's space.
            kept = np.arange(2 * surface.responses.shape[1]) % 2
            np.save(folder / f"roi_masks/{side}.all-vertices_fsaverage_space.npy", kept)
            for name, mask in surface.masks.items():
                np.save(folder / f"roi_masks/{side}.{name}_challenge_space.npy", mask)
                whole = np.zeros_like(kept)
                whole[kept > 0] = mask
                np.save(folder / f"roi_masks/{side}.{name}_fsaverage_space.npy", whole)


def write_stim_info(path: Path, content: Content) -> None:
    """Write the table that NSD has of its images: ids, who saw which, and in which trials.

    The image of NSD id 0, which nobody saw, is there too: scenes have the ids from 1.
    """
    n_images = len(content.scenes) + 1
    shared = set.intersection(*(set(seen.tolist()) for seen in content.rows.values()))
    columns: dict[str, object] = {
        "cocoId": np.arange(n_images),
        "cocoSplit": "train2017",
        "cropBox": "(0.0, 0.0, 0.0, 0.0)",
        "loss": 0.0,
        "nsdId": np.arange(n_images),
        "flagged": False,
        "BOLD5000": False,
        "shared1000": [number - 1 in shared for number in range(n_images)],
    }
    trials: dict[str, NDArray[np.int64]] = {}
    for subject in range(1, N_SUBJECTS + 1):
        seen = content.rows.get(subject, np.array([], dtype=np.intp))
        columns[f"subject{subject}"] = np.isin(np.arange(n_images), seen + 1).astype(int)
        numbers = np.zeros((n_images, N_REPETITIONS), dtype=np.int64)
        if content.schedules is not None and subject in content.schedules:
            shown, repetition, _ = content.schedules[subject]
            numbers[seen[shown] + 1, repetition - 1] = np.arange(1, len(shown) + 1)
        trials |= {f"subject{subject}_rep{k}": numbers[:, k] for k in range(N_REPETITIONS)}
    pd.DataFrame({**columns, **trials}).to_csv(path)
