"""How long a study of the full size of NSD takes, and how much memory.

    python benchmarks/nsd_size.py [--quick] [--check]

Writes a made-up study of 872 stimuli, 8 subjects and 9 ROIs of both hemispheres, where some subjects lack a
region, then runs ingestion, clustering and comparison on it, with made-up model RDMs, in its own process.
Inference, the larger part of the comparison, is shown by itself.
With `--check` the exit status is 1 if a figure misses its bar.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from report import Figure, add_options, peak_memory, print_figures

PROJECT = Path(__file__).parents[1]
SECONDS, GIGABYTES = 90.0, 4.0
REGIONS = {
    "bodies": ["FBA-1", "FBA-2", "EBA"],
    "faces": ["FFA-1", "FFA-2", "OFA"],
    "places": ["OPA", "PPA", "RSC"],
}
LACKING = {(3, "FFA-2"), (6, "FBA-1"), (7, "OFA"), (8, "FBA-1")}
PARTS = ("ingestion", "brain_rdm_construction", "rdm_clustering", "comparison")
# What comparison is without inference, which `inference.py` holds to bars of its own.
SIMILARITIES = ["choose_layers", "compare_rdms", "compute_noise_ceilings"]


def write_study(root: Path, n_stimuli: int, n_subjects: int, n_voxels: int) -> None:
    """Write the made-up study in the layout `algonauts_shared`, distributed RDMs and all."""
    from PIL import Image

    from tyrosine.rsa.dissimilarity import compute_rdm

    rng = np.random.default_rng(0)
    (root / "images").mkdir(parents=True)
    ids = np.sort(rng.choice(73_000, n_stimuli, replace=False))
    lines = ["nsd_id,coco_id,filename,caption_1"]
    boxes = []
    for nsd_id in ids:
        pixels = rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / "images" / f"{nsd_id:05d}.png")
        lines.append(f"{nsd_id},{nsd_id + 1},{nsd_id:05d}.png,Made-up picture number {nsd_id}.")
        category = int(rng.integers(1, 11))
        boxes.append({"image_id": int(nsd_id) + 1, "category_id": category, "bbox": [0, 0, 9, 9]})
    (root / "metadata_shared.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (root / "instances_val2017.json").write_text(json.dumps({"annotations": boxes}), encoding="utf-8")
    for subject in range(1, n_subjects + 1):
        for kind in ("rois", "rdms"):
            (root / f"subj{subject:02d}" / kind).mkdir(parents=True)
        for roi in (roi for rois in REGIONS.values() for roi in rois if (subject, roi) not in LACKING):
            for side in ("lh", "rh"):
                responses = rng.standard_normal((n_stimuli, n_voxels), dtype=np.float32)
                name = f"{roi}_{side}_subj{subject:02d}.npy"
                np.save(root / f"subj{subject:02d}" / "rois" / name, responses)
                np.save(root / f"subj{subject:02d}" / "rdms" / name, compute_rdm(responses))


def write_model_rdms(project: Path, n_stimuli: int, models: dict[str, Any]) -> None:
    """Write RDMs of random features, by the names of the study's models, where the catalog keeps them."""
    import pandas as pd

    from tyrosine.catalog.datasets import RDMsFile
    from tyrosine.rsa.dissimilarity import compute_rdm
    from tyrosine.rsa.rdms import label_rdms

    rng = np.random.default_rng(1)
    ids = list(pd.read_parquet(project / "data/02_intermediate/nsd/stimuli.parquet")["stimulus_id"])
    assert len(ids) == n_stimuli
    specs = models.values()
    labels = {what: [getattr(spec, what) for spec in specs] for what in ("label", "modality", "task")}
    labels |= {
        "model": list(models),
        "layer": ["last"] * len(models),
        "depth": [1.0] * len(models),
        "reported": [True] * len(models),
    }
    rdms = np.stack([compute_rdm(rng.standard_normal((n_stimuli, 64))) for _ in models])
    path = project / "data/05_model_input/nsd/model_rdms.h5"
    RDMsFile(filepath=path).save(label_rdms(rdms, ids, labels, "correlation"))


def run_pipelines(project: Path, n_stimuli: int) -> None:
    """Run the three pipelines and print, as JSON, the seconds of each part and the process's peak memory."""
    from kedro.framework.project import pipelines
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    from tyrosine.models import ModelSpec

    bootstrap_project(project)
    figures: dict[str, float] = {}

    def run(part: str, pipeline: str, nodes: list[str] | None = None) -> None:
        start = time.perf_counter()
        with KedroSession.create(project, env="nsd") as session:
            session.run(pipeline_names=[pipeline], node_names=nodes)
        figures[part] = time.perf_counter() - start

    run("ingestion", "ingestion")
    run("brain_rdm_construction", "brain_rdm_construction")
    run("rdm_clustering", "rdm_clustering")
    with KedroSession.create(project, env="nsd") as session:
        params = session.load_context().params
    models: dict[str, ModelSpec] = {name: params["models"][name] for name in params["roster"]}
    write_model_rdms(project, n_stimuli, models)
    figures["models"] = len(models)
    run("comparison", "comparison", SIMILARITIES)
    inference = [node.name for node in pipelines["comparison"].nodes if node.name not in SIMILARITIES]
    run("inference", "comparison", inference)
    figures["gigabytes"] = peak_memory() / 1e9
    print("FIGURES " + json.dumps(figures))


def measure(n_stimuli: int, n_subjects: int, n_voxels: int) -> dict[str, float]:
    """Make a project with the made-up study and run the pipelines in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="nsd-size-") as scratch:
        project = Path(scratch)
        shutil.copytree(PROJECT / "conf", project / "conf", ignore=shutil.ignore_patterns("local"))
        (project / "conf" / "local").mkdir()
        (project / "src").mkdir()
        shutil.copy(PROJECT / "pyproject.toml", project)
        start = time.perf_counter()
        write_study(project / "data/01_raw/nsd", n_stimuli, n_subjects, n_voxels)
        written = time.perf_counter() - start
        options = ["--worker", str(project), "--stimuli", str(n_stimuli)]
        # Two cores are what the bar is stated for.
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "2")
        ended = subprocess.run(
            [sys.executable, __file__, *options],
            env={**os.environ, **threads, "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1"},
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in ended.stdout.splitlines() if line.startswith("FIGURES ")]
        if ended.returncode or not told:
            sys.exit(f"The pipelines failed:\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}")
        return {"writing": written, **json.loads(told[-1].removeprefix("FIGURES "))}


def main() -> int:
    """Print the figures beside their bars; the exit status says whether they hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, "400 stimuli and 2 subjects")
    parser.add_argument("--voxels", type=int, default=1000, help="voxels of an ROI in one hemisphere")
    parser.add_argument("--stimuli", type=int, default=872)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        run_pipelines(options.worker, options.stimuli)
        return 0
    n_subjects = 2 if options.quick else 8
    n_stimuli = min(400, options.stimuli) if options.quick else options.stimuli
    figures = measure(n_stimuli, n_subjects, options.voxels)
    seconds = sum(figures[name] for name in PARTS)
    print(
        f"{n_stimuli} stimuli, {n_subjects} subjects, 9 ROIs of both hemispheres, {options.voxels} voxels "
        f"each, {figures['models']} model RDMs; written in {figures['writing']:.0f} s, which does not count"
    )
    rows = [Figure(name, figures[name], "s") for name in PARTS]
    rows.append(Figure("together", seconds, "s", SECONDS, "<="))
    rows.append(Figure("inference: bootstrap, permutations, contrasts", figures["inference"], "s"))
    rows.append(Figure("peak memory", figures["gigabytes"], "GB", GIGABYTES, "<="))
    held = print_figures(rows)
    return int(options.check and not held)


if __name__ == "__main__":
    sys.exit(main())
