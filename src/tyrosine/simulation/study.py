"""The simulated study: scenes with captions, and voxels with a known ground truth.

A voxel's response to a scene is a weighted sum of the scene's latent features plus noise. How much a
feature counts in a region depends on the region's selectivity; the weights are partly common to all
subjects and partly each subject's own. A region of the selectivity `control` has the same amount of signal,
but of features that are random numbers of each subject's own, so that neither models nor other subjects have
anything in common with it. The files have the layout `algonauts_shared` or `nsd_872`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.simulation.latents import PRIVATE, latent_features, private_features
from tyrosine.simulation.raw_folder import (
    write_merged,
    write_presentations,
    write_responses,
    write_stimuli,
)
from tyrosine.simulation.scenes import Scene, sample_scenes
from tyrosine.simulation.schedule import Schedule
from tyrosine.studies.layouts import SIMULATION_MARKER, is_simulated
from tyrosine.tables.columns import CONTROL

# How strongly each group of latent features drives a region, by what the region is selective for.
GAINS: dict[str, dict[str, float]] = {
    "bodies": {"category": 0.6, "face": 0.3, "body": 1.6, "place": 0.4, "position": 0.4, "contrast": 0.4},
    "faces": {"category": 0.6, "face": 1.6, "body": 0.4, "place": 0.3, "position": 0.4, "contrast": 0.4},
    "places": {"category": 0.4, "face": 0.1, "body": 0.2, "place": 1.6, "position": 0.3, "contrast": 0.6},
}
_NEUTRAL = {"category": 0.8, "face": 0.5, "body": 0.5, "place": 0.5, "position": 0.5, "contrast": 0.8}
# Share of the variance of a region's weights that all subjects have in common.
_COMMON_SHARE = 0.6
_SEED_OF_POPULATION = 10**6
POPULATION = "population"
"""Folder in the raw folder that has further scenes, laid out as those of the study."""


def simulate_responses(
    latents: pd.DataFrame,
    regions: Mapping[str, Sequence[str]],
    *,
    n_subjects: int,
    n_voxels: int,
    signal_to_noise: float,
    seed: int,
    lacking: Mapping[int, Sequence[str]],
    rows: Mapping[int, NDArray[np.intp]] | None = None,
    schedules: Mapping[int, Schedule] | None = None,
    session_noise: float = 0.0,
) -> tuple[dict[tuple[int, str, str], NDArray[np.float32]], pd.DataFrame]:
    """Voxel responses of every subject, region and hemisphere, and the weights behind them.

    Parameters
    ----------
    latents : DataFrame of shape (n_stimuli, n_latents)
        Standardised, columns named `<group>:<feature>`. Those of the group `private`, whose features begin
        with the number of a subject, drive its regions of the selectivity `control`, and no others.
    regions : mapping of str to sequence of str
        ROIs by selectivity.
    n_subjects, n_voxels : int
        Voxels are those of a region in one hemisphere, on average over subjects.
    signal_to_noise : float
        Variance of a voxel's signal over stimuli, divided by the variance of the noise of its mean response.
    seed : int
    lacking : mapping of int to sequence of str
        ROIs that a subject lacks.
    rows : mapping of int to ndarray of int, optional
        The stimuli that each subject saw, in the order of its rows; all if not given.
    schedules : mapping of int to Schedule, optional
        The trials of each subject; the responses are averages of all if not given.
    session_noise : float
        Share of the variance of the noise that the trials of a session have in common.

    Returns
    -------
    responses : dict of (subject, roi, hemisphere) to ndarray of shape (n_rows, n_voxels), float32
        A row a trial, or a stimulus without schedules.
    weights : DataFrame
        One row a voxel: subject, selectivity, roi, hemisphere, voxel, `noise` (its standard deviation in a
        row of the responses), then a column a latent feature.
    """
    shared = [name for name in latents.columns if not name.startswith(f"{PRIVATE}:")]
    groups = [name.partition(":")[0] for name in shared]
    group_sizes = {group: groups.count(group) for group in groups}
    responses: dict[tuple[int, str, str], NDArray[np.float32]] = {}
    tables: list[pd.DataFrame] = []
    regions_in_order = [(selectivity, roi) for selectivity, rois in regions.items() for roi in rois]
    for region_number, (selectivity, roi) in enumerate(regions_in_order):
        gains = GAINS.get(selectivity, _NEUTRAL)
        # A group counts by its gain, however many features it has.
        gain = np.array([gains[group] / np.sqrt(group_sizes[group]) for group in groups])
        # Each region leans on the features in its own way, the same in all subjects.
        leaning = np.random.default_rng([seed, 1, region_number]).lognormal(0.0, 0.5, len(groups))
        for subject in range(1, n_subjects + 1):
            if roi in lacking.get(subject, ()):
                continue
            drivers, drive = shared, gain * leaning
            if selectivity == CONTROL:
                drivers = [name for name in latents.columns if name.startswith(f"{PRIVATE}:{subject}_")]
                drive = np.ones(len(drivers))
            features = latents[drivers].to_numpy()
            for side_number, side in enumerate(("lh", "rh")):
                own = np.random.default_rng([seed, 2, region_number, subject, side_number])
                count = max(2, round(n_voxels * own.uniform(0.7, 1.3)))
                # The first voxels of the common pattern; subjects differ in how many they have.
                common = np.random.default_rng([seed, 3, region_number, side_number]).standard_normal(
                    (2 * n_voxels + 2, len(drivers))
                )[:count]
                seen = features if rows is None else features[rows[subject]]
                voxels = respond(
                    seen,
                    common,
                    signal_to_noise,
                    own,
                    drive,
                    None if schedules is None else schedules[subject],
                    session_noise,
                )
                responses[subject, roi, side] = voxels.measured.astype(np.float32)
                table = pd.DataFrame(voxels.weights, columns=drivers)
                table = table.reindex(columns=latents.columns, fill_value=0.0)
                table.insert(0, "noise", voxels.noise)
                table.insert(0, "voxel", np.arange(count))
                for column, value in (
                    ("hemisphere", side), ("roi", roi), ("selectivity", selectivity), ("subject", subject),
                ):  # fmt: skip
                    table.insert(0, column, value)
                tables.append(table)
    return responses, pd.concat(tables, ignore_index=True)


class Voxels(NamedTuple):
    """Voxels of one subject, and what they measured.

    Attributes
    ----------
    measured : ndarray of shape (n_rows, n_voxels)
        A row a trial, or a stimulus where there is no schedule; each voxel's mean over rows is removed.
    weights : ndarray of shape (n_voxels, n_drivers)
    noise : ndarray of shape (n_voxels,)
        Standard deviation of the noise in a row.
    """

    measured: NDArray[np.float64]
    weights: NDArray[np.float64]
    noise: NDArray[np.float64]


def respond(
    drivers: NDArray[np.float64],
    common: NDArray[np.float64],
    signal_to_noise: float,
    rng: np.random.Generator,
    gain: NDArray[np.float64] | float = 1.0,
    schedule: Schedule | None = None,
    session_noise: float = 0.0,
) -> Voxels:
    """Responses of one subject's voxels: their weights are partly common to all subjects, partly their own.

    Parameters
    ----------
    drivers : ndarray of shape (n_stimuli, n_drivers)
        What the voxels respond to.
    common : ndarray of shape (n_voxels, n_drivers)
        Standard normal weights that all subjects have in common.
    signal_to_noise : float
        Variance of a voxel's signal over stimuli, divided by the variance of the noise of its mean response.
    rng : numpy.random.Generator
        Draws the subject's own weights, then the noise.
    gain : ndarray of shape (n_drivers,)
        How much each driver counts.
    schedule : Schedule, optional
        The trials; without, there is one row a stimulus.
    session_noise : float
        Share of the variance of the noise that the trials of a session have in common.

    Returns
    -------
    Voxels
    """
    mixed = np.sqrt(_COMMON_SHARE) * common + np.sqrt(1 - _COMMON_SHARE) * rng.standard_normal(common.shape)
    weights = mixed * gain
    signal = drivers @ weights.T
    noise = signal.std(axis=0) / np.sqrt(signal_to_noise)
    if schedule is None:
        measured = signal + rng.standard_normal(signal.shape) * noise
    else:
        # So many times the variance in a trial leave that of the mean over trials as it is.
        noise = noise * np.sqrt(schedule.repetition.max())
        measured = signal[schedule.stimulus] + schedule.noise(len(weights), session_noise, rng) * noise
    # Responses are expressed as betas usually are: each voxel's mean over stimuli removed.
    return Voxels(measured - measured.mean(axis=0), weights, noise)


def write_simulated_study(
    root: Path,
    regions: Mapping[str, Sequence[str]],
    *,
    n_stimuli: int,
    n_subjects: int,
    n_voxels: int,
    signal_to_noise: float,
    seed: int,
    lacking: Mapping[int, Sequence[str]],
    layout: str = "algonauts_shared",
    unique_stimuli: int = 0,
    repetitions: int = 1,
    sessions: int = 1,
    session_noise: float = 0.0,
    population: int = 0,
) -> bool:
    """Write the simulated study, unless it is there already with the same parameters.

    The folder appears whole or not at all. A folder that this function wrote with other parameters is
    replaced; any other folder is left alone.

    Parameters
    ----------
    root : Path
        The raw folder.
    regions, n_stimuli, n_subjects, n_voxels, signal_to_noise, seed, lacking
        See `simulate_responses` and `scenes.sample_scenes`.
    layout : {"algonauts_shared", "nsd_872"}
        How the files are laid out; their content is the same.
    unique_stimuli : int
        Images that one subject alone saw, for each subject, besides the `n_stimuli` that all saw.
    repetitions, sessions : int
        How often each subject saw an image, each time in another one of the sessions. The files have a row a
        trial if it is more than once.
    session_noise : float
        See `simulate_responses`.
    population : int
        Number of further scenes, which no subject sees, that are written to the folder `POPULATION`.

    Returns
    -------
    bool
        Whether anything was written.

    Raises
    ------
    StudyError
        If the folder exists and was not written by this function.
    """
    parameters = {
        "regions": {selectivity: list(rois) for selectivity, rois in regions.items()},
        "n_stimuli": n_stimuli,
        "unique_stimuli": unique_stimuli,
        "n_subjects": n_subjects,
        "n_voxels": n_voxels,
        "signal_to_noise": signal_to_noise,
        "repetitions": repetitions,
        "sessions": sessions,
        "session_noise": session_noise,
        "population": population,
        "seed": seed,
        "layout": layout,
        "lacking": {str(subject): list(rois) for subject, rois in sorted(lacking.items())},
    }
    marker = json.dumps(parameters, indent=2, sort_keys=True) + "\n"
    if is_simulated(root) and (root / SIMULATION_MARKER).read_text(encoding="utf-8") == marker:
        return False
    if root.exists() and not is_simulated(root) and any(root.iterdir()):
        raise StudyError(
            f"The folder {root} exists and is not a simulated study; point study.path at an empty place, "
            "or set study.source to the layout of the folder."
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        rows = seen_rows(n_stimuli, unique_stimuli, n_subjects)
        scenes = sample_scenes(n_stimuli + unique_stimuli * n_subjects, seed)
        write_stimuli(scratch, scenes, layout)
        latents = latent_features(scenes)
        controlled = bool(regions.get(CONTROL))
        if controlled:
            private = private_features(len(scenes), n_subjects, np.random.default_rng([seed, 5]))
            latents = latents.join(private)
        schedules = None
        if repetitions > 1:
            schedules = {
                subject: Schedule.draw(
                    len(seen), repetitions, sessions, np.random.default_rng([seed, 4, subject])
                )
                for subject, seen in rows.items()
            }
        responses, weights = simulate_responses(
            latents,
            regions,
            n_subjects=n_subjects,
            n_voxels=n_voxels,
            signal_to_noise=signal_to_noise,
            seed=seed,
            lacking=lacking,
            rows=rows,
            schedules=schedules,
            session_noise=session_noise,
        )
        write_presentations(scratch, rows, schedules)
        averages = responses
        if schedules is not None:
            averages = {key: schedules[key[0]].average(trials) for key, trials in responses.items()}
        if layout == "nsd_872":
            groups = {roi: f"floc-{selectivity}" for selectivity, rois in regions.items() for roi in rois}
            write_merged(scratch, responses, averages, groups)
        else:
            write_responses(scratch, responses, averages)
        weights.to_csv(scratch / "ground_truth.csv", index=False, float_format="%.6g")
        _write_latents(scratch, latents)
        if population:
            _write_population(scratch / POPULATION, population, scenes, n_subjects, seed, layout, controlled)
        (scratch / SIMULATION_MARKER).write_text(marker, encoding="utf-8")
        scratch.chmod(0o755)
        if root.exists():
            shutil.rmtree(root)
        scratch.rename(root)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return True


def _write_latents(folder: Path, latents: pd.DataFrame) -> None:
    numbered = latents.copy()
    numbered.insert(0, "nsd_id", np.arange(1, len(latents) + 1))
    numbered.to_csv(folder / "latent_features.csv", index=False, float_format="%.6g")


def _write_population(
    folder: Path,
    n_scenes: int,
    of_study: Sequence[Scene],
    n_subjects: int,
    seed: int,
    layout: str,
    controlled: bool,
) -> None:
    """Write further scenes, with latent features on the scale of those of the study."""
    folder.mkdir()
    # The seeds of the scenes of a study and of those that miniatures learn from are small numbers.
    scenes = sample_scenes(n_scenes, _SEED_OF_POPULATION + seed)
    write_stimuli(folder, scenes, layout)
    latents = latent_features(scenes, standard=of_study)
    if controlled:
        latents = latents.join(private_features(n_scenes, n_subjects, np.random.default_rng([seed, 6])))
    _write_latents(folder, latents)


def seen_rows(n_stimuli: int, unique_stimuli: int, n_subjects: int) -> dict[int, NDArray[np.intp]]:
    """Which of all stimuli each subject saw: those of everybody come first, then those of each subject.

    Parameters
    ----------
    n_stimuli : int
        Stimuli that all subjects saw.
    unique_stimuli : int
        Stimuli that one subject alone saw, for each subject.
    n_subjects : int

    Returns
    -------
    dict of int to ndarray of shape (n_stimuli + unique_stimuli,), int
    """
    shared, own = np.arange(n_stimuli), np.arange(unique_stimuli)
    return {
        subject: np.concatenate([shared, n_stimuli + (subject - 1) * unique_stimuli + own])
        for subject in range(1, n_subjects + 1)
    }
