"""How much of the variance of responses vision, language and multimodal models predict alone and together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.encoding.banded import predict_banded, share_lattice
from tyrosine.encoding.design import Design, Fold
from tyrosine.encoding.models import NO_SIGNAL
from tyrosine.encoding.scores import score_channels
from tyrosine.encoding.targets import Targets, load_targets, map_folds
from tyrosine.labelled import Dataset
from tyrosine.parameters import EncodingParameters, InferenceParameters
from tyrosine.parameters.measures import T_TEST
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.inference.group_variance import GROUPS, group_of
from tyrosine.rsa.inference.tabulation import join_rows, no_rows, undefined_rows
from tyrosine.rsa.rdms import STIMULUS_ID
from tyrosine.rsa.significance import Alternative, t_test
from tyrosine.rsa.variance_partition import commonalities, component_names
from tyrosine.tables.columns import (
    BANDED_NORMALISED,
    BANDED_RIDGE,
    ENCODING_VARIANCE_PARTITION,
    REGION,
    SHARED,
)

FloatArray = NDArray[np.float64]
Subset = tuple[str, ...]
Spaces = dict[str, list[tuple[NDArray[np.float32], dict[str, int]]]]
"""Features of each model of each group, and the row of each image."""


def partition_responses(
    responses: Mapping[str, Callable[[], Dataset]],
    design: Design,
    models: dict[str, ModelSpec],
    encoding: EncodingParameters,
    inference: InferenceParameters,
    *features: Dataset,
) -> pd.DataFrame:
    """Partition the variance of responses among vision, language and multimodal models by banded ridge.

    Parameters
    ----------
    responses : mapping of str to callable
        Loads the responses of a subject.
    design : Design
        The splits of their images.
    models : dict of str to ModelSpec
    encoding : EncodingParameters
    inference : InferenceParameters
    *features : Dataset
        Of each trained model; the features of the reported layers of one group are one space, in which all
        features count alike.

    Returns
    -------
    DataFrame
        The columns of `variance_partition`: a row for each region, component and method, which is the share
        of the variance of responses to held-out images, as it is and divided by the noise ceiling of each
        channel, mean over the channels of a region that have signal. No rows without responses or models.
    """
    spaces, reason = _spaces(features, models)
    explained, regions = [], []
    for targets in load_targets(responses, design, encoding):
        regions.append(targets.regions.assign(n_stimuli=len(targets.split.tested)))
        explained.append(_explain(targets, spaces, encoding) if spaces and not reason else {})
    if not regions or not (spaces or reason):
        return no_rows(ENCODING_VARIANCE_PARTITION)
    labels = pd.concat(regions, ignore_index=True)
    parts = []
    for place, method in enumerate((BANDED_RIDGE, BANDED_NORMALISED)):
        found = {
            part: np.concatenate([one[part][place] for one in explained]) for part in (explained[0] or {})
        }
        if method == BANDED_NORMALISED and not any(np.isfinite(values).any() for values in found.values()):
            continue
        components = commonalities(found, list(spaces)) if found else {}
        for (selectivity, roi), members in labels.groupby(list(REGION), sort=False):
            for kind, component in component_names(GROUPS):
                lacking = [one for one in component.split(" & ") if one in GROUPS and one not in spaces]
                values = components.get((kind, component), np.full(len(labels), np.nan))[members.index]
                defined = values[np.isfinite(values)]
                if reason or lacking or not len(defined):
                    why = reason or (f"no {lacking[0]} model in the roster" if lacking else NO_SIGNAL)
                    row = undefined_rows(1, why).assign(n=len(members))
                else:
                    # A shared part may be negative, so that both directions speak against zero.
                    alternative: Alternative = "two-sided" if kind == SHARED else "greater"
                    row = t_test(defined[:, None], alternative, inference.confidence_level)
                parts.append(
                    row.assign(
                        selectivity=selectivity,
                        roi=roi,
                        component=component,
                        kind=kind,
                        method=method,
                        test=T_TEST,
                        n_stimuli=int(members["n_stimuli"].min()),
                        n_folds=max(len(split.folds) for split in design.splits.values()),
                        n_fold_draws=1,
                        partial_out="",
                        family=f"variance partition, {kind}, {T_TEST}, {method}: components × regions",
                    )
                )
    return join_rows(parts, ENCODING_VARIANCE_PARTITION)


def _spaces(features: tuple[Dataset, ...], models: Mapping[str, ModelSpec]) -> tuple[Spaces, str]:
    """Features of each group of models, image by image, and why none can be fitted."""
    found: Spaces = {}
    for one in features:
        name = str(one.descriptors["model"])
        if models[name].chooses_layer:
            return {}, f"the layer of {models[name].label} is chosen in folds"
        layers = np.asarray(one.channel_descriptors["layer"])
        values = one.measurements[:, layers == layers[-1]]
        rows = {str(image): row for row, image in enumerate(one.obs_descriptors[STIMULUS_ID])}
        found.setdefault(str(group_of(models[name])), []).append((values, rows))
    return {group: found[group] for group in GROUPS if group in found}, ""


def _explain(
    targets: Targets, spaces: Spaces, encoding: EncodingParameters
) -> dict[Subset, tuple[FloatArray, FloatArray]]:
    """Mean share of the variance of each region that each subset of groups predicts, raw and normalised."""
    split, kept = targets.split, np.flatnonzero(~targets.channels["masked"].to_numpy())
    subsets = [part for size in range(1, len(spaces) + 1) for part in combinations(spaces, size)]
    if not split.folds or not len(kept):
        nothing = np.full(len(targets.regions), np.nan)
        return dict.fromkeys(subsets, (nothing, nothing))
    values = {
        group: np.concatenate(
            [features[[rows[name] for name in split.ids]] for features, rows in members], axis=1
        )
        for group, members in spaces.items()
    }
    y = targets.values[:, kept]
    means = np.stack([y[fold.train].mean(axis=0) for fold in split.folds])
    ceiling = targets.channels["ceiling"].to_numpy()
    explained = {}
    for part in subsets:
        candidates = share_lattice(len(part), encoding.share_steps)

        def predict(fold: Fold, part: Subset = part, shares: FloatArray = candidates) -> NDArray[np.floating]:
            return predict_banded(
                [values[group][fold.train] for group in part],
                [values[group][fold.test] for group in part],
                y[fold.train],
                encoding.penalties,
                shares,
                fold.inner,
            )

        predicted = map_folds(predict, targets)
        r2 = np.full(len(targets.region), np.nan)
        r2[kept] = score_channels(y[split.tested], np.concatenate(predicted), split.fold_of_tested, means).r2
        explained[part] = targets.means(r2, kept), targets.means(r2 / ceiling, kept)
    return explained
