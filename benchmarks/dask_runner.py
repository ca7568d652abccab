"""How long a run takes on Dask workers, against sequential runs: `python benchmarks/dask_runner.py`.

A simulated study with one Vision Transformer of the published base size and random weights is run from
nothing to its features with `kedro run`, in three ways that take turns:

- SequentialRunner with one core: the process is bound to one core, as a worker has one thread;
- DaskRunner with two workers of one thread each, on two cores;
- SequentialRunner with two cores, whose extraction computes a batch on each core by itself.

Times are those of the whole command, the start of Python, Dask and the workers among them. Where other
programs use the cores too, the seconds of cores say more than the clock: from them follows what two workers
gain on two cores of their own if these are busy from the first second to the last. The features of all ways
must be the same to the last bit. With `--check` the exit status is 1 if a figure misses its bar.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import transformers
from report import Figure, add_options, machine, print_figures
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

PROJECT = Path(__file__).parents[1]
OVER_ONE_CORE = 1.6
PIPELINES = "ingestion,feature_extraction"
DASK = ["--runner", "tyrosine.runners.DaskRunner", "--runner-params"]
# Cores, and options of `kedro run`.
WAYS: dict[str, tuple[int, list[str]]] = {
    "SequentialRunner, 1 core": (1, []),
    "DaskRunner, 2 workers": (2, [*DASK, "n_workers=2"]),
    "SequentialRunner, 2 cores": (2, []),
}


def make_project(root: Path, n_layers: int) -> None:
    """A copy of the configuration, and a checkpoint of a Vision Transformer with random weights."""
    shutil.copytree(PROJECT / "conf", root / "conf", ignore=shutil.ignore_patterns("local"))
    (root / "conf" / "local").mkdir()
    (root / "src").mkdir()
    shutil.copy(PROJECT / "pyproject.toml", root)
    network = transformers.ViTModel(transformers.ViTConfig(num_hidden_layers=n_layers))
    network.save_pretrained(root / "checkpoint")
    ViTImageProcessorPil().save_pretrained(root / "checkpoint")


def run(root: Path, way: str, n_stimuli: int, n_layers: int) -> tuple[float, float, np.ndarray]:
    """Seconds on the clock, seconds of cores, and the features of one run from nothing."""
    cores, options = WAYS[way]
    shutil.rmtree(root / "data", ignore_errors=True)
    (root / "data" / "01_raw").mkdir(parents=True)
    changes = {
        "roster": "vit",
        "simulation.n_stimuli": n_stimuli,
        "simulation.n_subjects": 2,
        "models.vit.checkpoint": root / "checkpoint",
        # The study reads the fourth block of its miniature.
        "models.vit.layer": f"layers.{n_layers - 1}",
    }
    params = ",".join(f"{name}={value}" for name, value in changes.items())
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    # As Dask sets them for its workers; PyTorch in a process of several cores is told nothing.
    threads = {"OMP_NUM_THREADS": "1"} if cores == 1 else {}
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    start, before = time.perf_counter(), os.times()
    subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--pipelines", PIPELINES, "--params", params, *options],
        cwd=root,
        env={**environment, **threads, "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    seconds, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    with h5py.File(root / "data/04_feature/simulated/vit.h5", "r") as file:
        return seconds, used, file["measurements"][()]


def main() -> int:
    """Run the study in every way, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser, "fewer stimuli, half of the network and one round")
    parser.add_argument("--stimuli", type=int, default=400, help="number of images, without --quick")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each way, without --quick")
    asked = parser.parse_args()
    n_stimuli, n_layers, n_rounds = (120, 6, 1) if asked.quick else (asked.stimuli, 12, asked.rounds)
    print(machine())
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    used: dict[str, list[float]] = {way: [] for way in WAYS}
    same = True
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_project(root, n_layers)
        expected: np.ndarray | None = None
        for _ in range(n_rounds):
            for way in WAYS:
                seconds, cores, features = run(root, way, n_stimuli, n_layers)
                times[way].append(seconds)
                used[way].append(cores)
                expected = features if expected is None else expected
                same &= features.tobytes() == expected.tobytes()
                print(f"{way}: {seconds:.1f} s on the clock, {cores:.1f} s of cores", file=sys.stderr)
    rows = [Figure(way, float(np.median(times[way])), "s") for way in WAYS]
    rows += [Figure(f"{way}: seconds of cores", float(np.median(used[way])), "s") for way in WAYS]

    def gain(seconds: dict[str, list[float]], slow: str, quick: str) -> float:
        """Of two runs that followed each other, how much quicker the second was."""
        return float(np.median(np.divide(seconds[slow], seconds[quick])))

    one, workers, two = WAYS
    own = 2.0 * gain(used, one, workers)
    rows += [
        Figure("2 workers over 1 core", gain(times, one, workers), "", OVER_ONE_CORE),
        Figure("2 workers over 1 core, by seconds of cores", own, note="on two cores of their own, at most"),
        Figure(
            "2 sequential cores over 1", gain(times, one, two), note="extraction uses both cores by itself"
        ),
        Figure("2 workers over 2 sequential cores", gain(times, two, workers), note="no gain is possible"),
        Figure("features the same bits in all ways", float(same), "", 1.0),
    ]
    held = print_figures(rows)
    return int(asked.check and not held)


if __name__ == "__main__":
    sys.exit(main())
