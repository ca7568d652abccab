"""A factory's network on cores that other programs use too: `python benchmarks/busy_machine.py`.

One other program a core computes beside each measurement. One way is a plain loop that computes each batch
with all cores together, the other is `extract_features`. Both read every block of EfficientNet-Lite0, which
the extra `real-models` installs, for pictures of random pixels.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image

from tyrosine.models import ModelSpec, extract_features
from tyrosine.models.efficientnet_lite import TRAINED, efficientnet_lite0, preprocess

BAR = 2.0
BATCH = 8
SPEC = ModelSpec(
    label="EfficientNet-Lite0",
    modality="vision",
    task="classification",
    backend="torch",
    factory="tyrosine.models.efficientnet_lite:efficientnet_lite0",
    checkpoint=TRAINED,
    layer="all",
    pooling="mean",
    device="cpu",
)


@contextlib.contextmanager
def other_programs(number: int) -> Iterator[None]:
    """Programs that each use a whole core, as long as the context lasts."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def write_pictures(folder: Path, number: int) -> pd.DataFrame:
    """Pictures of random pixels, and their table of stimuli."""
    rows = []
    for index in range(number):
        pixels = np.random.default_rng(index).integers(0, 256, (240, 320, 3), dtype=np.uint8)
        file = folder / f"{index:03d}.png"
        Image.fromarray(pixels).save(file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        rows.append({"stimulus_id": file.stem, "image": file.name, "image_sha256": digest})
    return pd.DataFrame(rows)


def plain_loop(stimuli: pd.DataFrame, folder: Path) -> None:
    """Every block of every batch, computed by all cores together."""
    network, _ = efficientnet_lite0(TRAINED)
    network.eval()
    kept: list[torch.Tensor] = []
    for block in network._blocks:  # type: ignore[union-attr]
        block.register_forward_hook(lambda module, given, made: kept.append(made.mean(dim=(2, 3))))
    with torch.inference_mode():
        for at in range(0, len(stimuli), BATCH):
            images = [Image.open(folder / name) for name in stimuli["image"][at : at + BATCH]]
            network(torch.stack([preprocess(image) for image in images]))


def seconds(compute, *arguments) -> tuple[float, float]:
    """Seconds on the clock, and of this process's cores."""
    clock, cores = time.perf_counter(), time.process_time()
    compute(*arguments)
    return time.perf_counter() - clock, time.process_time() - cores


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    torch.set_num_threads(cores)
    with tempfile.TemporaryDirectory() as folder:
        stimuli = write_pictures(Path(folder), 24 if asked.quick else 92)
        print(f"{len(stimuli)} pictures, {torch.get_num_threads()} threads, {cores} other programs")
        with other_programs(cores):
            loop = seconds(plain_loop, stimuli, Path(folder))
            ours = seconds(extract_features, SPEC, stimuli, folder)
    print(f"plain loop:       {loop[0]:6.1f} s on the clock, {loop[1]:6.1f} s of cores")
    print(f"extract_features: {ours[0]:6.1f} s on the clock, {ours[1]:6.1f} s of cores")
    gain = loop[0] / ours[0]
    print(f"gain on the clock: {gain:.1f} (bar: {BAR})")
    return int(asked.check and gain < BAR)


if __name__ == "__main__":
    sys.exit(main())
