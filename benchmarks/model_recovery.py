"""Whether the analysis finds the model that brains were simulated from.

    python benchmarks/model_recovery.py [--quick] [--check] [--figure FILE]

Takes the features of every miniature of the simulated study, trained and untrained, for its stimuli. Brains
are simulated from each of them in turn: the response of a voxel is a random weighting of the miniature's
features, partly common to all subjects and partly each subject's own, plus noise, with the numbers of the
study. The model with the highest mean similarity over subjects should be the one that the brains came from.

The bar is that of the trained miniatures, with the twins among the candidates. Of brains that are simulated
from a twin there is none: untrained networks of one architecture see the stimuli much alike, and which of
them wins is partly chance.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from report import Figure, add_options, machine, print_figures

from tyrosine.models import ModelSpec
from tyrosine.parameters import SimulationParameters

PROJECT = Path(__file__).parents[1]
N_RUNS, QUICK_RUNS = 100, 20
RECOVERED = 0.95


def read_study() -> tuple[dict[str, NDArray], dict[str, ModelSpec], SimulationParameters]:
    """Features of every model of the simulated study, the models, and the simulation's parameters."""
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    with tempfile.TemporaryDirectory(prefix="model-recovery-") as scratch:
        project = Path(scratch)
        shutil.copytree(PROJECT / "conf", project / "conf", ignore=shutil.ignore_patterns("local"))
        (project / "conf" / "local").mkdir()
        (project / "src").mkdir()
        shutil.copy(PROJECT / "pyproject.toml", project)
        bootstrap_project(project)
        for pipeline in ("ingestion", "feature_extraction"):
            with KedroSession.create(project) as session:
                session.run(pipeline_names=[pipeline])
        with KedroSession.create(project) as session:
            context = session.load_context()
            models = context.params["models"]
            features = {
                name: context.catalog.load(f"{name}.features").measurements
                for name in context.params["roster"]
            }
            return (
                features,
                {name: ModelSpec.model_validate(models[name]) for name in features},
                SimulationParameters.model_validate(context.params["simulation"]),
            )


def recover(
    features: dict[str, NDArray], simulation: SimulationParameters, n_runs: int, seed: int = 0
) -> pd.DataFrame:
    """Share of the runs in which each model wins, when brains are simulated from each in turn.

    Parameters
    ----------
    features : dict of str to ndarray of shape (n_stimuli, n_features)
    simulation : SimulationParameters
        How many subjects and voxels, and how much noise.
    n_runs : int
        For each generating model.
    seed : int
        Of weights and noise.

    Returns
    -------
    DataFrame of shape (n_models, n_models)
        Generating models in rows, winners in columns.
    """
    from tyrosine.rsa.dissimilarity import compute_rdm
    from tyrosine.rsa.similarity import compare
    from tyrosine.simulation.study import respond

    names = list(features)
    model_rdms = np.stack([compute_rdm(features[name]) for name in names])
    wins = np.zeros((len(names), len(names)))
    for number, name in enumerate(names):
        drivers = np.asarray(features[name], dtype=np.float64)
        drivers = drivers - drivers.mean(axis=0)
        for run in range(n_runs):
            shared = np.random.default_rng([seed, number, run])
            common = shared.standard_normal((2 * simulation.n_voxels, drivers.shape[1]))
            brain_rdms = []
            for subject in range(simulation.n_subjects):
                own = np.random.default_rng([seed, number, run, subject])
                measured = respond(drivers, common, simulation.signal_to_noise, own).measured
                brain_rdms.append(compute_rdm(measured))
            similarity = compare(np.stack(brain_rdms), model_rdms).mean(axis=0)
            wins[number, similarity.argmax()] += 1
    return pd.DataFrame(wins / n_runs, index=names, columns=names)


def main() -> int:
    """Print the figures beside their bars; the exit status says whether they hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, f"{QUICK_RUNS} runs a model instead of {N_RUNS}")
    parser.add_argument("--figure", type=Path, help="draw the confusion matrix into this file")
    options = parser.parse_args()
    n_runs = QUICK_RUNS if options.quick else N_RUNS
    features, models, simulation = read_study()
    start = time.perf_counter()
    confusion = recover(features, simulation, n_runs)
    seconds = time.perf_counter() - start
    n_stimuli = len(next(iter(features.values())))
    print(
        f"{len(features)} models, {n_stimuli} stimuli, {simulation.n_subjects} subjects, signal to noise "
        f"{simulation.signal_to_noise}, {n_runs} runs a model in {seconds:.0f} s on {machine()}"
    )
    recovered = pd.Series(np.diag(confusion), index=confusion.index)
    trained = [name for name in features if models[name].twin_of is None]
    rows = [
        Figure(models[name].label, 100 * share, "%", 100 * RECOVERED)
        if name in trained
        else Figure(models[name].label, 100 * share, "%", note="no bar: see above")
        for name, share in recovered.items()
    ]
    rows.append(Figure("trained, together", 100 * recovered[trained].mean(), "%", 100 * RECOVERED))
    held = print_figures(rows)
    if options.figure:
        from tyrosine.figures.recovery import plot_model_recovery
        from tyrosine.figures.view import StudyView

        labels = {name: spec.label for name, spec in models.items()}
        named = confusion.rename(index=labels, columns=labels)
        view = StudyView(f"Model recovery · {n_runs} runs a model", simulated=True)
        plot_model_recovery(named, view=view).savefig(options.figure, dpi=200)
    return int(options.check and not held)


if __name__ == "__main__":
    sys.exit(main())
