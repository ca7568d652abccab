"""How reliable the brain RDMs of a study are, where stimuli were repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters.measures import DISTANCES, PUBLISHED
from tyrosine.rsa.reliability import split_half, trial_noise_ceiling
from tyrosine.rsa.responses import is_repeated, trials_of_region
from tyrosine.tables.columns import BRAIN, RELIABILITY

NO_REPETITIONS = "the responses are averages, or there are RDMs alone"
NO_VARIANCE = "the RDM of a half has no variance"


def measure_reliability(
    brain_rdms: RDMs, responses: dict[str, Callable[[], Dataset]], stimuli: pd.DataFrame
) -> pd.DataFrame:
    """Measure how well halves of the repetitions agree on each brain RDM, and how much of channels is signal.

    Returns
    -------
    DataFrame
        One row a brain RDM. `split_half` is the correlation of RDMs of halves of the trials, `reliability`
        that of the whole by Spearman and Brown, and `ceiling` its square root, which is the correlation of
        the RDM with what it would be without noise, as these halves tell. RDMs of halves have the distance
        of averages that the distance of the brain RDMs stands for. `ncsnr` is the median over channels,
        `trial_ceiling` the median share of the variance of mean responses that is signal. Without
        repetitions rows have no numbers, but the reason.
    """
    measure = str(brain_rdms.dissimilarity_measure)
    distance = measure if measure in DISTANCES else PUBLISHED
    distance = DISTANCES[distance].without_noise or distance
    ids = list(stimuli["stimulus_id"])
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for load in responses.values():
        measured = load()
        subject = int(measured.descriptors["subject"])
        rois = np.asarray(measured.channel_descriptors["roi"])
        for roi in labels.loc[labels["subject"] == subject, "roi"] if is_repeated(measured) else ():
            if (rois == roi).any():
                rows[subject, roi] = _row(measured, roi, ids, distance, rois == roi)
    nothing = {"n_channels": 0, "n_stimuli": 0, "n_repetitions": 0, "distance": "", "n_splits": 0}
    nothing |= dict.fromkeys(("split_half", "reliability", "ceiling", "ncsnr", "trial_ceiling"), np.nan)
    nothing |= {"undefined": NO_REPETITIONS}
    found = [rows.get((int(row.subject), row.roi), nothing) for row in labels.itertuples()]
    return labels.join(pd.DataFrame(found))[list(RELIABILITY)].astype({"distance": "str", "undefined": "str"})


def _row(measured: Dataset, roi: str, ids: list[str], distance: str, channels: np.ndarray) -> dict[str, Any]:
    trials = trials_of_region(measured, roi, ids)
    n_repetitions = int(np.bincount(trials.stimulus).min())
    halves = split_half(trials, distance)
    ncsnr = np.asarray(measured.channel_descriptors["ncsnr"], dtype=np.float64)[channels]
    known = halves.n_splits > 0
    return {
        "n_channels": int(channels.sum()),
        "n_stimuli": len(trials.names),
        "n_repetitions": n_repetitions,
        "distance": distance,
        "n_splits": halves.n_splits,
        "split_half": halves.correlation,
        "reliability": halves.reliability,
        "ceiling": np.sqrt(max(halves.reliability, 0.0)) if known else np.nan,
        "ncsnr": float(np.median(ncsnr)) if known else np.nan,
        "trial_ceiling": float(np.median(trial_noise_ceiling(ncsnr, n_repetitions))) if known else np.nan,
        "undefined": "" if known else NO_VARIANCE,
    }
