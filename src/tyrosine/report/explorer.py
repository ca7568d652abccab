"""What people explore in the report: RDMs of brain and models side by side, stimuli and maps of them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy.spatial.distance import squareform

from tyrosine.labelled import RDMs
from tyrosine.parameters.measures import distance_label
from tyrosine.rsa.rdms import over, shared_stimuli, stimulus_ids
from tyrosine.rsa.second_order import arrange_in_plane

STEPS = 254
"""Steps between the smallest and the largest dissimilarity of an RDM: a dissimilarity takes one byte."""

MOST_BYTES = 1_500_000
"""Dissimilarities that the page holds at most."""

_THUMBNAIL = 96
_FEWEST = 3
_MEAN = "Mean over subjects"


@dataclass(frozen=True)
class CodedRDM:
    """An RDM with a byte a pair of stimuli.

    Attributes
    ----------
    name, group : str
        What it is called, and under which heading it is listed.
    measure : str
        What axes call its distance.
    low, high : float
        Dissimilarities of the codes 0 and `STEPS`.
    codes : ndarray of shape (n_pairs,), uint8
        Condensed.
    points : ndarray of shape (n_stimuli, 2), uint8
        The stimuli on a map: metric multidimensional scaling, with the larger axis from 0 to 255.
    stress : float
        Kruskal's stress 1 of the map.
    """

    name: str
    group: str
    measure: str
    low: float
    high: float
    codes: NDArray[np.uint8]
    points: NDArray[np.uint8]
    stress: float


@dataclass(frozen=True)
class Order:
    """The stimuli in the order of clusters.

    Attributes
    ----------
    name : str
    stimuli : tuple of int
        Numbers of the stimuli, in this order.
    clusters : tuple of int
        The cluster of each of them; empty for an order without clusters.
    """

    name: str
    stimuli: tuple[int, ...]
    clusters: tuple[int, ...] = ()


@dataclass(frozen=True)
class Explorer:
    """RDMs, stimuli and orders to explore.

    Attributes
    ----------
    ids, captions : tuple of str
        Of each stimulus: its identifier, and the first of its captions.
    images : tuple of str
        A small image of each stimulus as a data URI; empty where images stay out of the page.
    rdms : tuple of CodedRDM
    orders : tuple of Order
        At least one.
    note : str
        What was left out; may be empty.
    """

    ids: tuple[str, ...]
    captions: tuple[str, ...]
    images: tuple[str, ...]
    rdms: tuple[CodedRDM, ...]
    orders: tuple[Order, ...]
    note: str = ""

    def content(self) -> dict[str, Any]:
        """All of it as JSON can hold it; bytes are in base64."""
        return {
            "ids": self.ids,
            "captions": self.captions,
            "images": self.images,
            "steps": STEPS,
            "rdms": [
                {
                    "name": rdm.name,
                    "group": rdm.group,
                    "measure": rdm.measure,
                    "low": rdm.low,
                    "high": rdm.high,
                    "codes": base64.b64encode(rdm.codes.tobytes()).decode("ascii"),
                    "points": base64.b64encode(rdm.points.tobytes()).decode("ascii"),
                    "stress": round(rdm.stress, 3),
                }
                for rdm in self.rdms
            ],
            "orders": [
                {"name": order.name, "stimuli": order.stimuli, "clusters": order.clusters}
                for order in self.orders
            ],
        }


def build_explorer(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    clusters: pd.DataFrame,
    stimuli: pd.DataFrame,
    thumbnail: Callable[[str], Image.Image] | None,
    most_stimuli: int,
) -> Explorer | None:
    """Gather RDMs and stimuli to explore.

    Parameters
    ----------
    brain_rdms, model_rdms : rsatoolbox.rdm.RDMs
        As the catalog has them. Each model is shown by its reported layer, or by its last one where the layer
        is chosen in folds.
    clusters, stimuli : DataFrame
        As the catalog has them.
    thumbnail : callable, optional
        Gives the image of a stimulus by its id; without it there are no images.
    most_stimuli : int
        Of more stimuli that many are shown, evenly spaced in the order of the first clusters.

    Returns
    -------
    Explorer or None
        None where all subjects have fewer than three stimuli in common. Where the RDMs of all subjects would
        take more than `MOST_BYTES`, those of subjects without clusters are in the means alone.
    """
    shared = shared_stimuli(brain_rdms)
    in_models = set(stimulus_ids(model_rdms))
    ids = [stimulus_id for stimulus_id in shared if stimulus_id in in_models]
    if len(ids) < _FEWEST:
        return None
    orders = _orders(clusters, ids)
    notes = []
    if len(ids) > most_stimuli:
        notes.append(f"{most_stimuli} of {len(ids)} stimuli are shown, evenly spaced in the first order.")
        first = orders[0].stimuli
        chosen = {first[place] for place in np.linspace(0, len(ids) - 1, most_stimuli).round().astype(int)}
        ids = [stimulus_id for number, stimulus_id in enumerate(ids) if number in chosen]
        orders = _orders(clusters, ids)
    rdms, left_out = _rdms(brain_rdms, model_rdms, clusters, ids)
    if left_out:
        notes.append(
            f"RDMs of {left_out} subjects whose stimuli were not clustered are in the means over subjects "
            "alone."
        )
    captions = dict(zip(stimuli["stimulus_id"], stimuli["captions"]))
    return Explorer(
        tuple(ids),
        tuple(str(next(iter(captions[stimulus_id]), "")) for stimulus_id in ids),
        () if thumbnail is None else tuple(_as_data_uri(thumbnail(stimulus_id)) for stimulus_id in ids),
        tuple(rdms),
        tuple(orders),
        " ".join(notes),
    )


def quantise(dissimilarities: NDArray[np.float64]) -> tuple[NDArray[np.uint8], float, float]:
    """Write each dissimilarity as one of `STEPS` + 1 steps.

    Parameters
    ----------
    dissimilarities : ndarray of shape (n_pairs,)
        Finite.

    Returns
    -------
    codes : ndarray of shape (n_pairs,), uint8
    low, high : float
        The smallest and the largest dissimilarity: a code stands for low + code / STEPS · (high − low), which
        is at most half a step off.
    """
    low, high = float(dissimilarities.min()), float(dissimilarities.max())
    scale = STEPS / (high - low) if high > low else 0.0
    return np.rint((dissimilarities - low) * scale).astype(np.uint8), low, high


def _orders(clusters: pd.DataFrame, ids: Sequence[str]) -> list[Order]:
    """The order of the study and that of each clustering; the latter first."""
    numbers = {stimulus_id: number for number, stimulus_id in enumerate(ids)}
    orders = []
    for (subject, roi), rows in clusters.groupby(["subject", "roi"], sort=False):
        rows = rows[rows["stimulus_id"].isin(numbers)].sort_values("position")
        if len(rows) == len(ids):
            orders.append(
                Order(
                    f"clusters of subject {subject}, {roi}",
                    tuple(numbers[one] for one in rows["stimulus_id"]),
                    tuple(int(cluster) for cluster in rows["cluster"]),
                )
            )
    return [*orders, Order("order of the study", tuple(range(len(ids))))]


def _rdms(
    brain_rdms: RDMs, model_rdms: RDMs, clusters: pd.DataFrame, ids: Sequence[str]
) -> tuple[list[CodedRDM], int]:
    """The RDMs with their codes, and how many subjects were left out for their bytes."""
    subjects = np.asarray(brain_rdms.rdm_descriptors["subject"])
    rois = np.asarray(brain_rdms.rdm_descriptors["roi"])
    values = over(brain_rdms, ids)
    measure = distance_label(brain_rdms.dissimilarity_measure)
    rows = _layers(model_rdms)
    kept = list(dict.fromkeys(subjects.tolist()))
    n_bytes = values.shape[1] * (len(values) + len(rows) + len(set(rois)))
    if n_bytes > MOST_BYTES:
        clustered = set(clusters["subject"])
        kept = [subject for subject in kept if subject in clustered]
    coded = [
        _code(values[rois == roi].mean(axis=0), f"{roi}, mean over subjects", _MEAN, measure)
        for roi in dict.fromkeys(rois)
    ]
    for subject in kept:
        coded += [
            _code(values[row], f"{rois[row]}, subject {subject}", f"Subject {subject}", measure)
            for row in np.flatnonzero(subjects == subject)
        ]
    labels = model_rdms.rdm_descriptors["label"]
    measure = distance_label(model_rdms.dissimilarity_measure)
    coded += [
        _code(rdm, str(labels[row]), "Models", measure) for row, rdm in zip(rows, over(model_rdms, ids, rows))
    ]
    return coded, len(set(subjects.tolist())) - len(kept)


def _layers(model_rdms: RDMs) -> list[int]:
    """The row of each model's reported layer, or of its last one."""
    rows: dict[str, int] = {}
    reported: set[str] = set()
    for row, (model, is_reported) in enumerate(
        zip(model_rdms.rdm_descriptors["model"], model_rdms.rdm_descriptors["reported"])
    ):
        if is_reported or model not in reported:
            rows[model] = row
        if is_reported:
            reported.add(model)
    return list(rows.values())


def _code(rdm: NDArray[np.float64], name: str, group: str, measure: str) -> CodedRDM:
    codes, low, high = quantise(rdm)
    # A distance that noise does not bias may be below zero, and points are no nearer than at one place.
    points, stress = arrange_in_plane(squareform(np.maximum(rdm, 0), checks=False))
    points = points - points.min(axis=0)
    span = points.max() or 1.0
    return CodedRDM(
        name, group, measure, low, high, codes, np.rint(255 * points / span).astype(np.uint8), stress
    )


def _as_data_uri(image: Image.Image) -> str:
    small = ImageOps.contain(image.convert("RGB"), (_THUMBNAIL, _THUMBNAIL))
    buffer = io.BytesIO()
    small.save(buffer, format="webp", quality=70, method=6)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
