"""What the simulated brain would have shown without noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies.tables import Recording

WEIGHTS = "ground_truth.csv"
LATENTS = "latent_features.csv"
_VOXEL = ["subject", "selectivity", "roi", "hemisphere", "voxel", "noise"]


def noise_free_recordings(
    root: Path,
    nsd_ids: Mapping[int, Sequence[int]],
    hemispheres: str = "both",
    in_units_of_noise: bool = False,
    scenes: str = "",
) -> Iterator[Recording]:
    """Responses of every region of every subject as the ground truth of a simulated study has them.

    Both tables of the ground truth have six significant digits, so responses, and the dissimilarities that
    come of them, are exact to a few millionths of the largest.

    Parameters
    ----------
    root : Path
        Raw folder that `simulation.write_simulated_study` wrote.
    nsd_ids : mapping of int to sequence of int
        The stimuli of each subject, in the order that the rows shall have; a subject without is left out.
    hemispheres : {"both", "lh", "rh"}
        `both` puts the voxels of the two hemispheres side by side.
    in_units_of_noise : bool
        Whether each voxel's responses are divided by the standard deviation of its noise in a trial, so that
        their squared Euclidean distances are Mahalanobis distances.
    scenes : str
        Folder in `root` that has the latent features of the stimuli; `root` itself for those of the study.

    Yields
    ------
    Recording
        Its responses are (n_stimuli, n_voxels), float64, each voxel's mean over stimuli removed, as that of
        the measured responses is.

    Raises
    ------
    StudyError
        If a table of the ground truth is missing, is not one, or does not have a stimulus.
    """
    weights, latents = (
        _read(root, WEIGHTS, _VOXEL),
        _read(root, f"{scenes}/{LATENTS}" if scenes else LATENTS, ["nsd_id"]),
    )
    latents = latents.set_index("nsd_id")
    asked = dict.fromkeys(nsd_id for of_subject in nsd_ids.values() for nsd_id in of_subject)
    absent = [nsd_id for nsd_id in asked if nsd_id not in latents.index]
    unweighted = [name for name in latents.columns if name not in weights.columns]
    if absent or unweighted:
        lacking = f"{LATENTS} has no stimulus {absent[0]}" if absent else f"{WEIGHTS} has no {unweighted[0]}"
        raise StudyError(
            f"The ground truth in {root} does not belong to its study: {lacking}; delete the folder, and the "
            "next run simulates it anew."
        )
    weights = weights[weights["subject"].isin(list(nsd_ids))]
    if hemispheres != "both":
        weights = weights[weights["hemisphere"] == hemispheres]
    for (subject, selectivity, roi), voxels in weights.groupby(["subject", "selectivity", "roi"], sort=False):
        features = latents.loc[list(nsd_ids[int(subject)])].to_numpy(np.float64)
        responses = features @ voxels[latents.columns].to_numpy(np.float64).T
        responses -= responses.mean(axis=0)
        if in_units_of_noise:
            responses /= voxels["noise"].to_numpy(np.float64)
        yield Recording(
            int(subject),
            selectivity,
            roi,
            responses,
            voxels["hemisphere"].to_numpy(dtype=np.str_),
            voxels["voxel"].to_numpy(np.int64),
            str(root / WEIGHTS),
        )


def _read(root: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    path = root / name
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        raise StudyError(
            f"{path}, the ground truth of the simulated study, {reason}; delete {root}, and the next "
            "run simulates it anew."
        ) from None
    lacking = [column for column in columns if column not in table]
    if lacking or table.isna().to_numpy().any():
        what = f"lacks the column {lacking[0]}" if lacking else "has empty cells"
        raise StudyError(
            f"{path}, the ground truth of the simulated study, {what}; delete {root}, and the next "
            "run simulates it anew."
        )
    return table
