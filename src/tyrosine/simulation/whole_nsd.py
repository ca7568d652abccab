"""The files of the simulated study in the layouts of all of NSD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.simulation.raw_folder import Content, Responses, write_captions, write_instances
from tyrosine.simulation.scenes import render
from tyrosine.simulation.schedule import Schedule
from tyrosine.studies.nsd_bricks import BRICK, PICTURES
from tyrosine.studies.nsd_regions import ALL_CLASSES, CLASSES, class_of
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
        classes = dict.fromkeys((*CLASSES, *map(class_of, measured)))
        masks = {name: np.zeros(n_vertices, dtype=np.int64) for name in classes}
        responses = np.zeros((n_rows, n_vertices), dtype=np.float32)
        for (roi, values), vertices in zip(measured.items(), np.split(order, np.cumsum(sizes))):
            place = np.sort(vertices)
            masks[class_of(roi)][place] = ALL_CLASSES[class_of(roi)].index(roi) + 1
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


def write_nsd(root: Path, content: Content) -> None:
    """Write the study in the layout `nsd`: betas of each session on each subject's own surfaces.

    Raises
    ------
    ValueError
        If the subjects did not have one order of trials.
    """
    # Not needed for other layouts, and listing the pipelines must be quick.
    from scipy.io import savemat

    if content.schedules is None or len({id(schedule) for schedule in content.schedules.values()}) > 1:
        raise ValueError("the layout nsd has single trials, in one order for all subjects")
    schedule = next(iter(content.schedules.values()))
    write_instances(root, content.scenes)
    write_captions(root, content.scenes)
    experiment = root / "nsddata/experiments/nsd"
    experiment.mkdir(parents=True)
    write_stim_info(experiment / STIM_INFO, content)
    shared = set.intersection(*(set(seen.tolist()) for seen in content.rows.values()))
    # Scene number k, counted from 0, is NSD id k + 1, which the design, counting from 1, calls k + 2.
    savemat(
        experiment / "nsd_expdesign.mat",
        {
            "masterordering": schedule.stimulus[None] + 1,
            "subjectim": np.stack([seen + 2 for seen in content.rows.values()]),
            "sharedix": np.array(sorted(shared))[None] + 2,
            "stimpattern": np.ones((schedule.session.max(), 1, np.sum(schedule.session == 1))),
        },
    )
    write_brick(root / BRICK, [np.asarray(render(scene)) for scene in content.scenes])
    for subject in content.rows:
        for side_number, side in enumerate(SIDES):
            measured = of_hemisphere(content.responses, subject, side)
            surface = Surface.lay_out(measured, len(schedule.session), [subject, side_number])
            betas = root / f"nsddata_betas/ppdata/subj{subject:02d}/nativesurface/betas_fithrf_GLMdenoise_RR"
            labels = root / f"nsddata/freesurfer/subj{subject:02d}/label"
            for folder in (betas, labels):
                folder.mkdir(parents=True, exist_ok=True)
            for session in range(1, schedule.session.max() + 1):
                rows = surface.responses[schedule.session == session]
                write_surface(betas / f"{side}.betas_session{session:02d}.mgh", rows.T)
            for name, mask in surface.masks.items():
                write_surface(labels / f"{side}.{name}.mgz", mask.astype(np.int32))
                numbers = enumerate(("Unknown", *ALL_CLASSES[name]))
                table = "".join(f"{number} {roi}\n" for number, roi in numbers)
                (labels / f"{name}.mgz.ctab").write_text(table, encoding="utf-8")


def write_surface(path: Path, values: NDArray) -> None:
    """Write values of shape (n_vertices,) or (n_vertices, n_frames) as FreeSurfer does."""
    import nibabel

    shape = (len(values), 1, 1, *values.shape[1:])
    nibabel.save(nibabel.MGHImage(values.reshape(shape), np.eye(4)), path)


def write_brick(path: Path, pictures: Sequence[NDArray[np.uint8]]) -> None:
    """Write pictures of one size as NSD does, the first of them as that of NSD id 1, after a black one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        shape = (len(pictures) + 1, *pictures[0].shape)
        rows = file.create_dataset(PICTURES, shape, dtype=np.uint8, chunks=(1, *pictures[0].shape))
        for row, picture in enumerate(pictures, start=1):
            rows[row] = picture


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
