"""One model's predictions of the responses of all subjects, scored by channel and by region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.encoding.design import Design, Fold
from tyrosine.encoding.predicted_rdms import MeasuredRDMs
from tyrosine.encoding.ridge import Prediction, predict_responses
from tyrosine.encoding.scores import mean_without_each, score_channels
from tyrosine.encoding.targets import Targets, load_targets, map_folds
from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters import EncodingParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.rdms import STIMULUS_ID
from tyrosine.rsa.workers import map_in_threads
from tyrosine.tables.columns import BEST_LAYER, ENCODING_CHANNELS, ENCODING_SCORES

FloatArray = NDArray[np.float64]

NO_SIGNAL = "no channel has signal"
_SCORES = ("r", "r2", "r_normalised", "r2_normalised")


class Encoded(NamedTuple):
    """How well one model predicts.

    Attributes
    ----------
    scores : DataFrame
        The rows of `encoding_scores` of the model: one for each subject and region.
    channels : DataFrame
        Its rows of `encoding_channels`.
    left_out : ndarray of shape (n_units, n_rows, 2), float64
        Mean correlation of each row of `scores`, raw and normalised, without each image that is tested, or
        without each group of them. No units where subjects were tested on different images.
    """

    scores: pd.DataFrame
    channels: pd.DataFrame
    left_out: FloatArray


def encode_model(
    features: Dataset,
    model: ModelSpec,
    responses: Mapping[str, Callable[[], Dataset]],
    design: Design,
    brain_rdms: RDMs,
    encoding: EncodingParameters,
) -> Encoded:
    """Predict responses from the features of one model, and score the predictions.

    Parameters
    ----------
    features : Dataset
        Of the model; of several layers the deepest one counts, or, with `layer: best`, the one that predicts
        best in the inner folds of each fold and region of a subject.
    model : ModelSpec
    responses : mapping of str to callable
        Loads the responses of a subject.
    design : Design
        The splits of the images of these subjects.
    brain_rdms : RDMs
        With which the RDMs of predictions are compared.
    encoding : EncodingParameters

    Returns
    -------
    Encoded
    """
    candidates = _layers(features, model)
    labels = {
        "model": str(features.descriptors["model"]),
        "label": model.label,
        "modality": model.modality,
        "task": model.task,
        "layer": BEST_LAYER if len(candidates) > 1 else next(iter(candidates)),
        "split": design.kind,
    }
    place = {str(name): row for row, name in enumerate(features.obs_descriptors[STIMULUS_ID])}
    measured_rdms = MeasuredRDMs(brain_rdms)
    parts = []
    for targets in load_targets(responses, design, encoding):
        rows = [place[name] for name in targets.split.ids]
        layers = [features.measurements[rows][:, columns] for columns in candidates.values()]
        parts.append(_score(_predict(layers, targets, encoding), targets, design, measured_rdms))
    if not parts:
        empty = pd.DataFrame(columns=list(ENCODING_SCORES)), pd.DataFrame(columns=list(ENCODING_CHANNELS))
        return Encoded(*empty, np.empty((0, 0, 2)))
    scores = pd.concat([part.scores for part in parts], ignore_index=True).assign(**labels)
    channels = pd.concat([part.channels for part in parts], ignore_index=True).assign(model=labels["model"])
    return Encoded(
        scores[list(ENCODING_SCORES)],
        channels[list(ENCODING_CHANNELS)],
        np.concatenate([part.left_out for part in parts], axis=1),
    )


def _layers(features: Dataset, model: ModelSpec) -> dict[str, NDArray[np.intp]]:
    """Columns of the layer that counts, or of all among which it is chosen."""
    labels = np.asarray(features.channel_descriptors["layer"])
    columns = {str(name): np.flatnonzero(labels == name) for name in dict.fromkeys(labels.tolist())}
    if model.chooses_layer:
        return columns
    last = list(columns)[-1]
    return {last: columns[last]}


class _Predicted(NamedTuple):
    """Predictions of the tested images (n_tested, n_channels), and penalties (n_folds, n_channels)."""

    values: NDArray[np.floating]
    penalties: NDArray[np.floating]


def _predict(
    layers: list[NDArray[np.float32]], targets: Targets, encoding: EncodingParameters
) -> _Predicted | None:
    """Predict the tested images fold by fold, each region from its layer; None without folds."""

    def predict(fold: Fold) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        y = targets.values[fold.train]
        fits = [
            predict_responses(x[fold.train], x[fold.test], y, encoding.penalties, fold.inner) for x in layers
        ]
        chosen = _choose(fits, y, targets)[targets.region]
        predicted, penalty = fits[0].predicted, fits[0].penalties
        for number, fit in enumerate(fits[1:], start=1):
            here = chosen == number
            predicted[:, here], penalty[here] = fit.predicted[:, here], fit.penalties[here]
        return predicted, penalty

    found = map_folds(predict, targets)
    if not found:
        return None
    return _Predicted(np.concatenate([one for one, _ in found]), np.stack([one for _, one in found]))


def _choose(fits: list[Prediction], y: NDArray[np.float32], targets: Targets) -> NDArray[np.intp]:
    """The layer of each region: that with the smallest mean error in the inner folds, by variance."""
    if len(fits) == 1:
        return np.zeros(len(targets.regions), dtype=np.intp)
    variance, counted = y.var(axis=0, dtype=np.float64), ~targets.channels["masked"].to_numpy()
    weights = np.divide(counted, variance, out=np.zeros_like(variance), where=variance > 0)
    means = [np.bincount(targets.region, fit.inner_scores * weights) for fit in fits]
    return np.argmax(means, axis=0)


def _score(
    predicted: _Predicted | None, targets: Targets, design: Design, measured_rdms: MeasuredRDMs
) -> Encoded:
    """Scores of regions and of channels, without what names the model."""
    split, region, channels = targets.split, targets.region, targets.channels
    masked = channels["masked"].to_numpy()
    n_channels = np.bincount(region)
    n_kept = n_channels - np.bincount(region, masked).astype(int)
    regions = targets.regions.assign(
        n_stimuli=len(split.tested),
        n_training=round(np.mean([len(fold.train) for fold in split.folds])) if split.folds else 0,
        n_channels=n_channels,
        n_masked=n_channels - n_kept,
        undefined=split.undefined or np.where(n_kept > 0, "", NO_SIGNAL),
    )
    n_units = design.groups.count(design.shared) if design.shared else 0
    left_out = np.full((n_units, len(regions), 2), np.nan)
    if predicted is None:
        nothing = dict.fromkeys((*_SCORES, "predicted_rdm_similarity", "median_penalty"), np.nan)
        return Encoded(
            regions.assign(**nothing),
            channels.assign(**dict.fromkeys((*_SCORES, "penalty"), np.nan)),
            left_out,
        )
    tested, labels = split.tested, split.fold_of_tested
    measured = targets.values[tested]
    means = np.stack([targets.values[fold.train].mean(axis=0) for fold in split.folds])
    found = score_channels(measured, predicted.values, labels, means)
    ceiling = np.where(masked, np.nan, channels["ceiling"].to_numpy())
    numbers = {
        "r": found.r,
        "r2": found.r2,
        "r_normalised": found.r / np.sqrt(ceiling),
        "r2_normalised": found.r2 / ceiling,
    }
    kept = np.flatnonzero(~masked)
    # A region without channels that count has no mean.
    with np.errstate(invalid="ignore"):
        shares = (region[kept][:, None] == np.arange(len(regions))) / np.where(n_kept > 0, n_kept, np.nan)
    regions = regions.assign(
        **{name: targets.means(values, kept) for name, values in numbers.items()},
        median_penalty=[
            np.median(predicted.penalties[:, kept[region[kept] == row]]) if n_kept[row] else np.nan
            for row in range(len(regions))
        ],
        predicted_rdm_similarity=[
            measured_rdms.similarity(
                predicted.values[:, kept[region[kept] == row]],
                labels,
                [split.ids[one] for one in tested],
                *targets.regions.loc[row, ["subject", "roi"]],
            )
            for row in range(len(regions))
        ],
    )
    if n_units:
        codes = design.groups.codes(design.shared)
        units = np.arange(n_units) if codes is None else codes
        weights = np.concatenate([shares, shares / np.sqrt(ceiling[kept])[:, None]], axis=1)
        scored = measured[:, kept], predicted.values[:, kept], labels, units, weights
        (without,) = map_in_threads(lambda given: mean_without_each(*given), [scored])
        left_out = np.stack(np.split(without, 2, axis=1), axis=2)
    of_channels = channels.assign(**numbers, penalty=np.median(predicted.penalties, axis=0))
    return Encoded(regions, of_channels, left_out)
