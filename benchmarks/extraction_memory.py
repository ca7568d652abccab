"""How much memory the extraction from many stimuli takes.

    python benchmarks/extraction_memory.py [--quick] [--check]

Writes small JPEG files and has a miniature of ViT extract features from all of them, with shards, in a
process of its own. Peak memory, that of a worker process included, is bounded by the batch and the features,
not by the images. With `--check` the exit status is 1 if a figure misses its bar.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from report import Figure, add_options, machine, peak_memory, print_figures

STIMULI, QUICK_STIMULI = 20_000, 2_000
GIGABYTES = 3.0
SIZE = 128


def write_images(folder: Path, n_stimuli: int) -> list[tuple[str, str]]:
    """Write images of noise and one colour; give their names and hashes."""
    from PIL import Image

    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    written = []
    for number in range(n_stimuli):
        pixels = np.roll(noise, number, axis=0)
        pixels[: SIZE // 2] = rng.integers(0, 256, 3)
        path = folder / f"{number:05}.jpg"
        Image.fromarray(pixels).save(path, quality=85)
        written.append((path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
    return written


def extract(folder: Path) -> None:
    """Extract, and print the figures as JSON."""
    import pandas as pd

    from tyrosine.models import ModelSpec, extract_features
    from tyrosine.simulation.miniatures import write_miniatures

    named = json.loads((folder / "images.json").read_text(encoding="utf-8"))
    stimuli = pd.DataFrame(named, columns=["image", "image_sha256"])
    stimuli["stimulus_id"] = stimuli["image"]
    write_miniatures(folder / "miniatures", 0, ["a caption"])
    spec = ModelSpec(
        label="ViT",
        modality="vision",
        task="any",
        checkpoint=str(folder / "miniatures" / "vit"),
        layer="layers.3",
        pooling="cls",
    )
    start, before = time.perf_counter(), peak_memory()
    features = extract_features(spec, stimuli, folder, shards=folder / "shards")
    assert features.measurements.shape[0] == len(stimuli)
    seconds = time.perf_counter() - start
    # There is one worker process, if any, on two cores.
    peak = peak_memory() + peak_memory(resource.RUSAGE_CHILDREN)
    figures = {"seconds": seconds, "before": before, "peak": peak}
    print("FIGURES " + json.dumps(figures))


def main() -> int:
    """Print the figures beside their bars; the exit status says whether they hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, f"{QUICK_STIMULI} stimuli of {STIMULI}")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        extract(options.worker)
        return 0
    n_stimuli = QUICK_STIMULI if options.quick else STIMULI
    with tempfile.TemporaryDirectory(prefix="extraction-memory-") as scratch:
        images = write_images(Path(scratch), n_stimuli)
        Path(scratch, "images.json").write_text(json.dumps(images), encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, __file__, "--worker", scratch],
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    told = [line for line in ended.stdout.splitlines() if line.startswith("FIGURES ")]
    if ended.returncode or not told:
        sys.exit(f"The extraction failed:\n{ended.stderr[-4000:]}")
    figures = json.loads(told[-1].removeprefix("FIGURES "))
    print(f"{machine()}; {n_stimuli} stimuli, a miniature of ViT")
    rows = [
        Figure("extraction", figures["seconds"], "s"),
        Figure("images a second", n_stimuli / figures["seconds"], "images/s"),
        Figure("memory before the extraction", figures["before"] / 1e9, "GB"),
        Figure("peak memory", figures["peak"] / 1e9, "GB", GIGABYTES, "<="),
    ]
    return int(not print_figures(rows) and options.check)


if __name__ == "__main__":
    sys.exit(main())
