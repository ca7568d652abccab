"""The layout `nsd`: what is refused, and how it is told."""

import shutil

import h5py
import numpy as np
import pytest
import scipy.io

from tests.studies.nsd_sessions import (
    BETAS,
    BRICK,
    EXPERIMENT,
    LABELS,
    N_TRIALS,
    REGIONS,
    design,
    label,
    save_surface,
    session_file,
    surface,
    table,
    write_small_nsd,
)
from tests.studies.whole_nsd import ingest
from tyrosine.errors import StudyError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_small_nsd(tmp_path_factory.mktemp("made") / "raw")


@pytest.fixture
def root(made, tmp_path):
    return shutil.copytree(made, tmp_path / "raw")


def edit_design(root, **changed):
    kept = {name: value for name, value in design(root).items() if not name.startswith("__")}
    scipy.io.savemat(root / EXPERIMENT / "nsd_expdesign.mat", kept | changed)


def edit_table(root, change):
    change(table(root)).to_csv(root / EXPERIMENT / "nsd_stim_info_merged.csv")


def swap_trials_of_sessions(rows):
    """Trials of sessions 1 and 2 of subject 1 swapped in the table."""
    swapped = rows.copy()
    for column in [f"subject1_rep{k}" for k in range(3)]:
        trial = rows[column]
        swapped[column] = trial.where(
            (trial == 0) | (trial > 2 * N_TRIALS), (trial - 1 + N_TRIALS) % (2 * N_TRIALS) + 1
        )
    return swapped


BROKEN = {
    "sessions swapped in the table": (
        lambda root: edit_table(root, swap_trials_of_sessions),
        r"disagree on what subject 1 saw, .*: trial 1 shows \d+ in the design and \d+ in the table, trial 2 "
        ".*and 13 more",
    ),
    "ids of the design that are off by one": (
        lambda root: edit_design(root, subjectim=design(root)["subjectim"] + 1),
        "trial 1 shows .* a shift by one shows in every trial",
    ),
    "ids of the table that are off by one": (
        lambda root: edit_table(root, lambda t: t.assign(nsdId=t["nsdId"] + 1)),
        "disagree on what subject 1 saw, by NSD id from 0: trial 1 shows",
    ),
    "shared images that are off by one": (
        lambda root: edit_design(root, sharedix=design(root)["sharedix"] - 1),
        "disagree on which images all subjects were to see, NSD ids 0, 12;",
    ),
    "a design that counts from 0": (
        lambda root: edit_design(root, masterordering=design(root)["masterordering"] - 1),
        "masterordering reaches from 0 to 15",
    ),
    "a design without an ordering": (
        lambda root: scipy.io.savemat(root / EXPERIMENT / "nsd_expdesign.mat", {"subjectim": np.eye(2)}),
        "nsd_expdesign.mat lacks masterordering",
    ),
    "a design of other sessions": (
        lambda root: edit_design(root, stimpattern=np.ones((6, 1, 7))),
        "has 48 trials in masterordering, which are not the trials of 6 sessions of one length",
    ),
    "a broken design": (
        lambda root: (root / EXPERIMENT / "nsd_expdesign.mat").write_bytes(
            b"MATLAB 5.0 MAT-file" + b"\0" * 200
        ),
        "experimental design cannot be read",
    ),
    "betas of a session that nobody had": (
        lambda root: [
            shutil.copy(session_file(root, 2, side), session_file(root, 7, side)) for side in ("lh", "rh")
        ],
        "Subject 1 completed 6 sessions, and there are betas of session 7",
    ),
    "betas of one hemisphere": (
        lambda root: session_file(root).unlink(),
        "Sessions 2 of subject 1 have the betas of one hemisphere alone",
    ),
    "betas that lie elsewhere": (
        lambda root: link_elsewhere(session_file(root), root.parent / "elsewhere.mgh"),
        "lh.betas_session02.mgh leads out of the study's folder",
    ),
    "betas of another number of trials": (
        lambda root: save_surface(session_file(root), surface(root, "lh", 2)[:, :7]),
        "lh.betas_session02.mgh holds the betas of 7 trials; expected 8, those of one session",
    ),
    "a truncated file of betas": (
        lambda root: session_file(root).write_bytes(session_file(root).read_bytes()[:700]),
        "lh.betas_session02.mgh cannot be read to its end .* truncated",
    ),
    "betas of the HDF5 file of a volume on a surface": (
        lambda root: write_hdf5_of_volume(session_file(root)),
        "lh.betas_session02.hdf5 has no dataset betas of 2 axes",
    ),
    "a header alone": (
        lambda root: session_file(root).write_bytes(session_file(root).read_bytes()[:100]),
        "lh.betas_session02.mgh",
    ),
    "a region without any value": (
        lambda root: [
            save_surface(session_file(root, 4, side), np.full_like(surface(root, side, 4), np.nan))
            for side in ("lh", "rh")
        ],
        "Region EBA of subject 1 has no channel with a value in every trial .*in session 4",
    ),
    "integers taken for per cent": (
        lambda root: save_surface(session_file(root), surface(root, "lh", 2) * 300),
        r"Half of the betas in .*lh.betas_session02.mgh are beyond \d+ per cent .* not divided by 300",
    ),
    "ratios of another space": (
        lambda root: save_surface(root / BETAS / "lh.ncsnr.mgh", np.ones(163_842)),
        r"signal-to-noise ratios of subject 1, lh, .* have shape \(163842,\), and the betas in",
    ),
    "ratios below zero": (
        lambda root: [
            save_surface(root / BETAS / f"{side}.ncsnr.mgh", -np.ones(len(surface(root, side, 1))))
            for side in ("lh", "rh")
        ],
        "lh.ncsnr.mgh, hold numbers that are negative or infinite",
    ),
    "a mask of another space": (
        lambda root: save_surface(root / LABELS / "lh.floc-bodies.mgz", np.ones(163_842)),
        r"mask floc-bodies of subject 1, lh, .* has shape \(163842,\), and the betas in .* of one space",
    ),
    "a mask with an unknown number": (
        lambda root: save_surface(root / LABELS / "lh.floc-bodies.mgz", label(root, "lh", "floc-bodies") + 7),
        "mask floc-bodies of subject 1, lh, .* holds 7, 8",
    ),
    "no mask": (
        lambda root: (root / LABELS / "lh.floc-bodies.mgz").unlink(),
        "mask floc-bodies of subject 1, lh, is missing: expected the file .*lh.floc-bodies.mgz",
    ),
    "a brick that is too short": (
        lambda root: shorten(root / BRICK),
        "imgBrick in .* has 5 pictures, and the subjects saw NSD id 5, counted from 0",
    ),
    "a brick that is no HDF5": (
        lambda root: (root / BRICK).write_bytes(b"no pictures"),
        "pictures cannot be read",
    ),
}


def write_hdf5_of_volume(path):
    path.unlink()
    with h5py.File(path.with_suffix(".hdf5"), "w") as file:
        file["betas"] = np.ones((N_TRIALS, 2, 3, 4), dtype=np.int16)


def link_elsewhere(path, elsewhere):
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def shorten(path):
    with h5py.File(path) as file:
        rows = file["imgBrick"][:5]
    with h5py.File(path, "w") as file:
        file["imgBrick"] = rows


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_folders_are_refused(root, kind):
    breaks, words = BROKEN[kind]
    breaks(root)

    with pytest.raises(StudyError, match=words):
        ingest(root, regions=REGIONS)
