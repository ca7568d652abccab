"""What several tests share: the reference data, and small studies in the real layouts."""

import importlib.util
import os
from pathlib import Path

# Before any test imports transformers: nothing may reach for the network.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["DO_NOT_TRACK"] = "1"
if "PYTEST_XDIST_WORKER" in os.environ:
    # Before NumPy and PyTorch are imported: each worker has one core, and none waits for another.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import pdist, squareform

from tests.projects import copy, finished, finished_few, project

__all__ = ["copy", "finished", "finished_few", "project"]


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


NSD_872_IDS = [4, 7, 12, 88, 103, 2950]


@pytest.fixture
def nsd_872(tmp_path):
    """Six images and 2 subjects in the layout `nsd_872`; subject 2 lacks PPA."""
    root = tmp_path / "nsd"
    write_images(root / "NSD_872_images", [f"nsd-{i:05d}.png" for i in NSD_872_IDS])
    (root / "NSD_872_captions").mkdir()
    lines = ["nsdId,cocoId,cocoSplit,cropBox", '60000,5,val2017,"(0, 0, 0, 0)"']
    for i in NSD_872_IDS:
        (root / "NSD_872_captions" / f"nsd-{i:05d}.txt").write_text(
            f"First caption of {i}.\nSecond caption of {i}.\n"
        )
        lines.append(f'{i},{i + 100_000},train2017,"(0, 0, 0.125, 0.125)"')
    (root / "coco.csv").write_text("\n".join(lines) + "\n")
    rng = np.random.default_rng(0)
    for group, roi, subjects in (("floc-bodies", "EBA", (1, 2)), ("floc-places", "PPA", (1,))):
        (root / "NSD_872_fmri" / group / roi).mkdir(parents=True)
        (root / "NSD_872_RDMs" / group).mkdir(parents=True)
        for subject in subjects:
            parts = [rng.normal(size=(6, voxels)).astype(np.float32) for voxels in (4, 3)]
            for side, part in zip(("lh", "rh"), parts):
                name = f"subj{subject:02d}_roi-{roi}_{side}.npy"
                np.save(root / "NSD_872_fmri" / group / roi / name, part)
            rdm = squareform(pdist(np.hstack(parts).astype(float), "correlation"))
            # Net2Brain keeps the names as objects, which takes pickle to read.
            np.savez(
                root / "NSD_872_RDMs" / group / f"subject_{subject}_merged_{roi}_both.npz",
                rdm=rdm,
                meta=np.array({"roi": roi}, dtype=object),
            )
    return root
