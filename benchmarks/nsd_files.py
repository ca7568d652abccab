"""How fast, and in how much memory, one subject of NSD is read at full size, in either layout.

    python benchmarks/nsd_files.py [--quick] [--check] [--sessions N] [--folder FOLDER]
    python benchmarks/nsd_files.py --write {algonauts_2023,nsd} --folder FOLDER [--sessions N]

Writes a subject in the shapes of the real files, with random responses, and reads nine regions of about 1 000
channels in a process of its own, as the pipeline `ingestion` does; a plain read of the same bytes stands
beside it. All 40 sessions are read on surfaces of fewer vertices, which shows what memory the trials of a
whole subject take. Pictures are opened one by one from one HDF5 file, from PNG files and from JPEG files, and
a miniature extracts features from each; to see whether memory grows, it does so for 73 000 stimuli, which are
the same pictures time and again. In the layout `nsd` a session takes 1 GB of the disk, so that all 40 need
40 GB: `--sessions` takes fewer. With `--write` the folder is written and kept, for whatever else wants a
subject of full size. With `--check` the exit status is 1 if a figure misses its bar.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import nibabel
import numpy as np
import pandas as pd
import scipy.io
from PIL import Image
from report import Figure, add_options, machine, peak_memory, print_figures

LAYOUTS = ("algonauts_2023", "nsd")
REGIONS = {
    "bodies": ["EBA", "FBA-1", "FBA-2"],
    "faces": ["OFA", "FFA-1", "FFA-2"],
    "places": ["OPA", "PPA", "RSC"],
}
N_CHANNELS = 500
"""Vertices of a region in a hemisphere."""
TRIALS = 750
FEW_VERTICES = 10_000
"""Of surfaces on which all 40 sessions take 2.4 GB; regions have as many channels there as on real ones."""
GIGABYTES = {"algonauts_2023": 2.0, "nsd": 4.0}
RATE_OF_PICTURES = 0.9
GROWTH = 0.25
"""Gigabytes that 73 000 stimuli may take beyond 1 000; their features alone are 0.03 GB."""
KINDS = {"PNG files": "{:05d}.png", "JPEG files": "{:05d}.jpg", "one HDF5 file": "brick.hdf5#imgBrick/{}"}
"""What the image of a stimulus is called, by the kind of its file."""


class Size:
    """Shapes of what is written: those of subject 1, or smaller ones."""

    def __init__(self, quick: bool, sessions: int, vertices: int = 163_842) -> None:
        self.images = 500 if quick else 9_841
        self.challenge = {"lh": 19_004, "rh": 20_544}
        self.fsaverage = min(vertices, 20_000) if quick else vertices
        self.sessions = min(sessions, 2) if quick else sessions
        self.picture = 425
        self.pictures = 100 if quick else 1_000
        self.stimuli = 400 if quick else 73_000


def masks(n_vertices: int, seed: int) -> dict[str, np.ndarray]:
    """The number of the region of each vertex, by class."""
    from tyrosine.studies.nsd_regions import CLASSES, class_of

    rois = [roi for of_selectivity in REGIONS.values() for roi in of_selectivity]
    places = np.random.default_rng(seed).permutation(n_vertices)
    found = {name: np.zeros(n_vertices, dtype=np.int32) for name in CLASSES}
    for number, roi in enumerate(rois):
        chosen = places[number * N_CHANNELS : (number + 1) * N_CHANNELS]
        found[class_of(roi)][chosen] = CLASSES[class_of(roi)].index(roi) + 1
    return found


def picture(number: int, side: int) -> np.ndarray:
    """A picture of coloured clouds, which PNG compresses about as it does photographs."""
    rng = np.random.default_rng(number)
    small = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8))
    large = np.asarray(small.resize((side, side), Image.Resampling.BICUBIC)).astype(np.int16)
    return np.clip(large + rng.integers(-12, 13, large.shape), 0, 255).astype(np.uint8)


def write_algonauts_2023(root: Path, size: Size) -> None:
    """Subject 1 of the challenge; its pictures are eight pixels wide."""
    folder = root / "subj01"
    for part in ("training_split/training_images", "training_split/training_fmri", "roi_masks"):
        (folder / part).mkdir(parents=True)
    tiny = Image.fromarray(np.zeros((8, 8, 3), dtype=np.uint8))
    for row in range(size.images):
        tiny.save(folder / f"training_split/training_images/train-{row + 1:04d}_nsd-{7 * row:05d}.png")
    rng = np.random.default_rng(0)
    for number, (side, n_vertices) in enumerate(size.challenge.items()):
        file = folder / f"training_split/training_fmri/{side}_training_fmri.npy"
        matrix = np.lib.format.open_memmap(file, "w+", np.float32, (size.images, n_vertices))
        for start in range(0, size.images, 500):
            rows = matrix[start : start + 500]
            rows[:] = rng.standard_normal(rows.shape, dtype=np.float32)
        matrix.flush()
        for name, mask in masks(n_vertices, number).items():
            np.save(folder / f"roi_masks/{side}.{name}_challenge_space.npy", mask)


def write_nsd(root: Path, size: Size) -> None:
    """Some sessions of subject 1 on fsaverage, and the design of 40; no pictures."""
    experiment = root / "nsddata/experiments/nsd"
    experiment.mkdir(parents=True)
    rng = np.random.default_rng(0)
    n_images, n_sessions = 10_000, 40
    ordering = rng.permutation(np.repeat(np.arange(n_images), 3)) + 1
    images = rng.choice(73_000, n_images, replace=False) + 1
    design = {
        "masterordering": ordering[None],
        "subjectim": images[None],
        "sharedix": images[None, :1000],
        "stimpattern": np.ones((n_sessions, 1, TRIALS)),
    }
    scipy.io.savemat(experiment / "nsd_expdesign.mat", design)
    trials = pd.DataFrame({"nsdId": images[ordering - 1] - 1, "trial": np.arange(len(ordering)) + 1})
    trials["repetition"] = trials.groupby("nsdId").cumcount()
    table = trials.pivot(index="nsdId", columns="repetition", values="trial")
    table = table.reindex(range(73_000)).fillna(0).astype(int)
    table.columns = [f"subject1_rep{k}" for k in range(3)]
    table.insert(0, "cocoId", np.arange(73_000))
    table["shared1000"] = np.isin(table.index, images[:1000] - 1)
    table.reset_index().to_csv(experiment / "nsd_stim_info_merged.csv")
    folder = root / "nsddata_betas/ppdata/subj01/fsaverage/betas_fithrf_GLMdenoise_RR"
    labels = root / "nsddata/freesurfer/fsaverage/label"
    for one in (folder, labels):
        one.mkdir(parents=True)
    for number, side in enumerate(("lh", "rh")):
        for name, mask in masks(size.fsaverage, number).items():
            nibabel.save(nibabel.MGHImage(mask[:, None, None], np.eye(4)), labels / f"{side}.{name}.mgz")
        for session in range(1, size.sessions + 1):
            betas = rng.standard_normal((size.fsaverage, 1, 1, TRIALS), dtype=np.float32)
            path = folder / f"{side}.betas_session{session:02d}.mgh"
            nibabel.save(nibabel.MGHImage(betas, np.eye(4)), path)


def read(root: Path, layout: str) -> None:
    """Read the responses as `ingestion` does, and print the figures as JSON."""
    # Before anything is timed: the responses are made into a data set of it.
    import rsatoolbox  # noqa: F401

    from tyrosine.parameters import StudyParameters, parse
    from tyrosine.pipelines.ingestion import nodes
    from tyrosine.studies import layouts

    given = {"name": "x", "title": "X", "path": root, "regions": REGIONS, "normalise": "session"}
    study = parse(StudyParameters, given, "study")
    found = layouts.open_study(root, layout)
    raw = {"root_folder": found.root, "layout": layout, "simulated": False}
    start = time.perf_counter()
    _, presentations = nodes.read_stimuli(raw, study)
    stimuli_seconds = time.perf_counter() - start
    start = time.perf_counter()
    responses = nodes.read_responses(raw, presentations, study)[1]["subj01"]()
    seconds = time.perf_counter() - start
    shape = responses.measurements.shape
    told = {"stimuli": stimuli_seconds, "responses": seconds, "shape": shape, "memory": peak_memory() / 1e9}
    print(json.dumps(told))


def plain_seconds(root: Path) -> tuple[float, float]:
    """Seconds in which the files of responses are read through, and their gigabytes."""
    files = [*root.glob("**/*_training_fmri.npy"), *root.glob("**/*betas_session*")]
    start, n_bytes = time.perf_counter(), 0
    for path in files:
        with path.open("rb") as file:
            while block := file.read(64 << 20):
                n_bytes += len(block)
    return time.perf_counter() - start, n_bytes / 1e9


def write_pictures(folder: Path, size: Size) -> None:
    """Write the same pictures as rows of an HDF5 file, as PNG files and as JPEG files."""
    folder.mkdir()
    shape = (size.pictures, size.picture, size.picture, 3)
    with h5py.File(folder / "brick.hdf5", "w") as file:
        rows = file.create_dataset("imgBrick", shape, dtype=np.uint8, chunks=(1, *shape[1:]))
        for number in range(size.pictures):
            pixels = picture(number, size.picture)
            rows[number] = pixels
            Image.fromarray(pixels).save(folder / f"{number:05d}.png")
            Image.fromarray(pixels).save(folder / f"{number:05d}.jpg", quality=90)


def pictures_a_second(folder: Path, size: Size) -> dict[str, float]:
    """Pictures that are opened in a second, by kind, in turns."""
    from tyrosine.models.images import open_image

    best = dict.fromkeys(KINDS, 0.0)
    for _ in range(3):
        for kind, name in KINDS.items():
            start = time.perf_counter()
            for number in range(size.pictures):
                open_image(folder / name.format(number), str(number))
            best[kind] = max(best[kind], size.pictures / (time.perf_counter() - start))
    return best


def extract(folder: Path, kind: str, n_stimuli: int, n_pictures: int) -> None:
    """Extract features of a miniature, and print the figures as JSON."""
    from tyrosine.models import ModelSpec, extract_features
    from tyrosine.simulation.miniatures import prepare_miniature

    prepare_miniature(folder / "miniatures/vit", folder / "miniatures", seed=0)
    spec = ModelSpec(
        label="ViT",
        modality="vision",
        task="classification",
        checkpoint=str(folder / "miniatures/vit"),
        layer="layers.3",
        pooling="cls",
    )
    images = [KINDS[kind].format(number % n_pictures) for number in range(n_stimuli)]
    ids = [f"{number:05d}" for number in range(n_stimuli)]
    stimuli = pd.DataFrame({"stimulus_id": ids, "image": images, "image_sha256": images})
    extract_features(spec, stimuli.head(8), folder)
    start = time.perf_counter()
    extract_features(spec, stimuli, folder)
    rate = n_stimuli / (time.perf_counter() - start)
    print(json.dumps({"rate": rate, "memory": peak_memory() / 1e9}))


def measure_pictures(folder: Path, size: Size) -> list[Figure]:
    """Rates of opening pictures and of extraction, and the memory that extraction takes."""
    write_pictures(folder, size)
    opened = pictures_a_second(folder, size)
    figures = [Figure(f"pictures opened a second, {kind}", rate) for kind, rate in opened.items()]
    rates = dict.fromkeys(KINDS, 0.0)
    least = np.inf
    for _ in range(3):
        for kind in KINDS:
            told = extracted(folder, kind, size.pictures, size)
            rates[kind] = max(rates[kind], told["rate"])
            least = min(least, told["memory"])
    figures += [Figure(f"stimuli extracted a second, {kind}", rate) for kind, rate in rates.items()]
    for kind in ("PNG files", "JPEG files"):
        for what, of_kind in (("opening", opened), ("extraction", rates)):
            ratio = of_kind["one HDF5 file"] / of_kind[kind]
            figures.append(Figure(f"{what}: one HDF5 file over {kind}", ratio, "", RATE_OF_PICTURES))
    many = extracted(folder, "one HDF5 file", size.stimuli, size)
    return [
        *figures,
        Figure(f"extraction of {size.pictures} stimuli: peak memory", least, "GB"),
        Figure(f"extraction of {size.stimuli} stimuli: a second", many["rate"]),
        Figure(f"extraction of {size.stimuli} stimuli: peak memory", many["memory"], "GB"),
        Figure("growth of memory", many["memory"] - least, "GB", GROWTH, "<="),
    ]


def extracted(folder: Path, kind: str, n_stimuli: int, size: Size) -> dict[str, float]:
    """What `extract` tells in a process of its own."""
    command = [sys.executable, __file__, "--extract", kind, "--folder", str(folder)]
    counts = ["--stimuli", str(n_stimuli), "--pictures", str(size.pictures)]
    run = subprocess.run([*command, *counts], check=True, capture_output=True, text=True)
    return json.loads(run.stdout.splitlines()[-1])


def measure(layout: str, root: Path, size: Size, name: str) -> list[Figure]:
    """Write a subject, read it in a process of its own, and give the figures."""
    root.mkdir()
    WRITERS[layout](root, size)
    plain, gigabytes = plain_seconds(root)
    command = [sys.executable, __file__, "--read", layout, "--folder", str(root)]
    told = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )
    n_rows, n_channels = told["shape"]
    return [
        Figure(f"{name}: size of the files of responses", gigabytes, "GB"),
        Figure(f"{name}: rows of {n_channels} channels", n_rows),
        Figure(f"{name}: stimuli and presentations", told["stimuli"], "s"),
        Figure(f"{name}: responses", told["responses"], "s"),
        Figure(f"{name}: a plain read of the same files", plain, "s"),
        Figure(f"{name}: peak memory", told["memory"], "GB", GIGABYTES[layout], "<="),
    ]


WRITERS = {"algonauts_2023": write_algonauts_2023, "nsd": write_nsd}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser, "few images and vertices, two sessions")
    parser.add_argument(
        "--sessions", type=int, default=4, help="sessions of the layout nsd, of 1 GB each (4)"
    )
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder if not given")
    parser.add_argument("--write", choices=LAYOUTS, help="write a subject into --folder, and nothing else")
    parser.add_argument("--read", choices=LAYOUTS, help=argparse.SUPPRESS)
    parser.add_argument("--extract", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--stimuli", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--pictures", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    size = Size(options.quick, options.sessions)
    if options.read:
        read(options.folder, options.read)
        return 0
    if options.extract:
        extract(options.folder, options.extract, options.stimuli, options.pictures)
        return 0
    if options.write:
        if options.folder is None:
            parser.error("--write needs --folder")
        options.folder.mkdir(parents=True)
        WRITERS[options.write](options.folder, size)
        return 0
    print(machine())
    figures = []
    n_sessions = 4 if options.quick else 40
    few = Size(False, n_sessions, FEW_VERTICES)
    for layout, of_size, name in (
        ("algonauts_2023", size, "algonauts_2023"),
        ("nsd", size, f"nsd, {size.sessions} sessions"),
        ("nsd", few, f"nsd, {n_sessions} sessions of {FEW_VERTICES} vertices"),
    ):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            figures += measure(layout, Path(folder) / layout, of_size, name)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures += measure_pictures(Path(folder) / "pictures", size)
    held = print_figures(figures)
    return int(options.check and not held)


if __name__ == "__main__":
    sys.exit(main())
