"""How often a significant difference of two models has the wrong sign, by the distance of brain RDMs.

    python benchmarks/wrong_signs.py [--quick] [--check]

Takes the voxels and the models of the simulated study, and draws the noise anew a number of times. Every pair
of trained models is compared in every region by a t-test across subjects, as in the table `contrasts`, with q
over the pairs and regions of one draw below 0.05. The truth is the difference of the same two similarities
(Pearson) without noise, by what the distance estimates; pairs whose truth is smaller than 0.01 do not count.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from report import Figure, add_options, machine, print_figures
from scipy.stats import false_discovery_control, ttest_1samp

from tyrosine.parameters import SimulationParameters
from tyrosine.rsa.crossvalidation import Trials, compute_rdm_of_trials
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.similarity import compare
from tyrosine.simulation.ground_truth import noise_free_recordings
from tyrosine.simulation.schedule import Schedule

PROJECT = Path(__file__).parents[1]
N_DRAWS, QUICK_DRAWS = 20, 3
DISTANCES = {"correlation": "correlation", "squared_euclidean": "squared_euclidean", "crossnobis": ""}
LEAST_TRUTH, MAX_Q = 0.01, 0.05
MOST_WRONG = 0.5
"""Percent of the significant pairs; a test may err, and among thousands of pairs some have a wrong sign."""


class Study(NamedTuple):
    """Voxels without noise and the noise of each in a trial, by region and subject, and the models."""

    signal: dict[str, dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]]]
    model_rdms: NDArray[np.float64]
    simulation: SimulationParameters


def read_study() -> Study:
    """Make the simulated study and the RDMs of its trained models."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    with tempfile.TemporaryDirectory(prefix="wrong-signs-") as scratch:
        project = Path(scratch)
        shutil.copytree(PROJECT / "conf", project / "conf", ignore=shutil.ignore_patterns("local"))
        (project / "conf" / "local").mkdir()
        (project / "src").mkdir()
        shutil.copy(PROJECT / "pyproject.toml", project)
        bootstrap_project(project)
        for pipeline in ("ingestion", "feature_extraction", "rdm_construction"):
            with KedroSession.create(project) as session:
                session.run(pipeline_names=[pipeline])
        with KedroSession.create(project) as session:
            context = session.load_context()
            simulation = SimulationParameters.model_validate(context.params["simulation"])
            stimuli, rdms = context.catalog.load("stimuli"), context.catalog.load("model_rdms")
            models = context.params["models"]
            root = context.catalog.load("raw_study")["root_folder"]
        trained = [
            row for row, name in enumerate(rdms.rdm_descriptors["model"]) if models[name].twin_of is None
        ]
        ids = {subject: stimuli["nsd_id"].tolist() for subject in range(1, simulation.n_subjects + 1)}
        signal: dict[str, dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]]] = {}
        both = (noise_free_recordings(root, ids, in_units_of_noise=units) for units in (False, True))
        for plain, scaled in zip(*both, strict=True):
            values = np.asarray(plain.responses, dtype=np.float64)
            noise = np.sqrt((values**2).sum(axis=0) / (np.asarray(scaled.responses) ** 2).sum(axis=0))
            signal.setdefault(plain.roi, {})[plain.subject] = values, noise
        return Study(signal, rdms.dissimilarities[trained], simulation)


def differences(brain_rdms: NDArray[np.float64], model_rdms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Difference of similarities of every pair of models, of shape (n_subjects, n_model_pairs)."""
    similarity = compare(brain_rdms, model_rdms)
    pairs = list(combinations(range(len(model_rdms)), 2))
    return np.stack([similarity[:, a] - similarity[:, b] for a, b in pairs], axis=1)


def measured_rdms(
    signal: Mapping[int, tuple[NDArray[np.float64], NDArray[np.float64]]],
    simulation: SimulationParameters,
    rng: np.random.Generator,
) -> dict[str, NDArray[np.float64]]:
    """RDMs of all subjects of one region with new noise, by distance."""
    rdms: dict[str, list[NDArray[np.float64]]] = {distance: [] for distance in DISTANCES}
    for patterns, deviation in signal.values():
        schedule = Schedule.draw(len(patterns), simulation.repetitions, simulation.sessions, rng)
        noise = deviation * schedule.noise(patterns.shape[1], simulation.session_noise, rng)
        trials = patterns[schedule.stimulus] + noise
        averages = schedule.average(trials)
        names = [str(number) for number in range(len(patterns))]
        for distance in DISTANCES:
            if DISTANCES[distance]:
                rdms[distance].append(compute_rdm(averages, distance))
            else:
                given = Trials(trials, schedule.stimulus, schedule.session, names)
                rdms[distance].append(compute_rdm_of_trials(given, distance))
    return {distance: np.stack(found) for distance, found in rdms.items()}


def draws(study: Study, n_draws: int) -> Iterator[dict[str, tuple[int, int]]]:
    """For each draw and distance, how many pairs are significant, and how many of these have a wrong sign."""
    truth = {
        (distance, roi): differences(
            np.stack(
                [
                    compute_rdm(patterns, known)
                    if known
                    else compute_rdm(patterns / noise, "squared_euclidean")
                    for patterns, noise in of_roi.values()
                ]
            ),
            study.model_rdms,
        ).mean(axis=0)
        for distance, known in DISTANCES.items()
        for roi, of_roi in study.signal.items()
    }
    for draw in range(n_draws):
        rng = np.random.default_rng([draw, 5])
        measured = {roi: measured_rdms(signal, study.simulation, rng) for roi, signal in study.signal.items()}
        counts = {}
        for distance in DISTANCES:
            values = [differences(measured[roi][distance], study.model_rdms) for roi in study.signal]
            expected = np.concatenate([truth[distance, roi] for roi in study.signal])
            means = np.concatenate([one.mean(axis=0) for one in values])
            q = false_discovery_control(np.concatenate([ttest_1samp(one, 0).pvalue for one in values]))
            found = (q < MAX_Q) & (np.abs(expected) > LEAST_TRUTH)
            counts[distance] = int(found.sum()), int((found & (means * expected < 0)).sum())
        yield counts


def main() -> int:
    """Print the figures beside their bars; the exit status says whether they hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, f"{QUICK_DRAWS} draws of the noise instead of {N_DRAWS}")
    options = parser.parse_args()
    n_draws = QUICK_DRAWS if options.quick else N_DRAWS
    study = read_study()
    start = time.perf_counter()
    counts = list(draws(study, n_draws))
    print(
        f"{len(study.model_rdms)} models, {len(study.signal)} regions, {n_draws} draws of the noise in "
        f"{time.perf_counter() - start:.0f} s on {machine()}"
    )
    rows = []
    for distance in DISTANCES:
        significant = sum(one[distance][0] for one in counts)
        wrong = sum(one[distance][1] for one in counts)
        bar = MOST_WRONG if distance == "crossnobis" else None
        rows.append(Figure(f"{distance}: significant pairs", significant / n_draws, "a draw"))
        rows.append(Figure(f"{distance}: wrong sign", 100 * wrong / significant, "% of them", bar, "<="))
    held = print_figures(rows)
    return int(options.check and not held)


if __name__ == "__main__":
    sys.exit(main())
