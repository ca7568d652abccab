"""A small folder in the layout `nsd`, and how tests look into it and change it."""

import nibabel
import numpy as np
import pandas as pd
import scipy.io

from tyrosine.simulation.study import write_simulated_study

REGIONS = {"bodies": ["EBA"], "faces": ["FFA-1"]}
NUMBERS = {"EBA": ("floc-bodies", 1), "FFA-1": ("floc-faces", 2)}
N_TRIALS = 8
"""Trials of a session: 16 images three times in six sessions."""
EXPERIMENT = "nsddata/experiments/nsd"
BETAS = "nsddata_betas/ppdata/subj01/nativesurface/betas_fithrf_GLMdenoise_RR"
LABELS = "nsddata/freesurfer/subj01/label"
BRICK = "nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5"


def write_small_nsd(root):
    """Two subjects who saw 16 images three times in six sessions."""
    write_simulated_study(
        root,
        REGIONS,
        layout="nsd",
        trial_order="nsd",
        n_stimuli=12,
        unique_stimuli=4,
        n_subjects=2,
        n_voxels=8,
        signal_to_noise=0.5,
        repetitions=3,
        sessions=6,
        session_noise=0.1,
        seed=4,
        lacking={},
    )
    return root


def design(root):
    return scipy.io.loadmat(root / EXPERIMENT / "nsd_expdesign.mat")


def table(root):
    return pd.read_csv(root / EXPERIMENT / "nsd_stim_info_merged.csv", index_col=0)


def surface(root, side, session, subject=1):
    """Betas of a session (n_vertices, n_trials), as nibabel reads them."""
    path = root / BETAS.replace("subj01", f"subj{subject:02d}") / f"{side}.betas_session{session:02d}.mgh"
    return np.asarray(nibabel.load(path).dataobj)[:, 0, 0, :]


def label(root, side, class_name, subject=1):
    path = root / LABELS.replace("subj01", f"subj{subject:02d}") / f"{side}.{class_name}.mgz"
    return np.asarray(nibabel.load(path).dataobj).ravel()


def save_surface(path, values):
    shape = (len(values), 1, 1, *values.shape[1:])
    nibabel.save(nibabel.MGHImage(values.astype(np.float32).reshape(shape), np.eye(4)), path)


def session_file(root, session=2, side="lh"):
    return root / BETAS / f"{side}.betas_session{session:02d}.mgh"
