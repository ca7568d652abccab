"""What several tests share: the reference data, and small studies in the real layouts."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# Before any test imports transformers: nothing may reach for the network.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["DO_NOT_TRACK"] = "1"

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def reference():
    """Folder of the real reference data, if the machine has it."""
    folder = os.environ.get("TYROSINE_REFERENCE_DATA")
    if not folder:
        pytest.skip("TYROSINE_REFERENCE_DATA does not name the folder of the reference data")
    return Path(folder)


@pytest.fixture(scope="session")
def net2brain():
    """The package Net2Brain, if it is installed."""
    if importlib.util.find_spec("net2brain") is None:
        pytest.skip("the package net2brain is not installed; docs/net2brain.md says how")
    return importlib.import_module("net2brain")


def write_images(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(names))
    for name in names:
        Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)).save(folder / name)


@pytest.fixture
def images78(tmp_path):
    """A study of 5 images and 3 subjects in the layout of the 78 images."""
    root = tmp_path / "study"
    write_images(root / "stimuli_data", [f"image_{k:02d}.jpg" for k in range(1, 6)])
    (root / "captions").mkdir()
    for k in range(1, 6):
        (root / "captions" / f"image_{k:02d}.txt").write_text(f"Picture number {k}.\n", encoding="utf-8")
    (root / "brain_data").mkdir()
    for seed, roi in enumerate(["EVC", "IT"]):
        points = np.random.default_rng(seed).normal(size=(3, 5, 4))
        rdms = np.stack([np.linalg.norm(p[:, None] - p[None], axis=-1) for p in points])
        np.savez(root / "brain_data" / f"fmri_{roi}_RDMs.npz", arr_0=rdms)
    return root


@pytest.fixture
def algonauts(tmp_path):
    """A study of 6 images and 2 subjects in the layout of the current NSD distribution."""
    root = tmp_path / "study"
    ids = [12, 7, 103, 4, 88, 2950]
    write_images(root / "images", [f"{i:05d}.png" for i in ids])
    lines = ["nsd_id,coco_id,filename,caption_1,caption_2"]
    lines += [f"{i},{i + 1000},{i:05d}.png,First caption of {i}.,Second caption of {i}." for i in ids]
    (root / "metadata_shared.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    for subject in (1, 2):
        (root / f"subj{subject:02d}" / "rois").mkdir(parents=True)
        for roi in ("EBA", "PPA"):
            if (subject, roi) == (2, "PPA"):
                continue
            for side, voxels in (("lh", 4), ("rh", 3)):
                responses = rng.normal(size=(6, voxels)).astype(np.float32)
                np.save(
                    root / f"subj{subject:02d}" / "rois" / f"{roi}_{side}_subj{subject:02d}.npy", responses
                )
    return root
