"""The analyses of a grid: which RDMs they have, and how much each counts in every contrast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.labelled import Dataset, RDMs
from tyrosine.parameters import SensitivityParameters
from tyrosine.parameters.sensitivity import BEST, LAST, PROFILE, REPORTED
from tyrosine.rsa.contrasts import Contrast, contrast_weights
from tyrosine.rsa.inference.selection import NamedContrast
from tyrosine.rsa.rdms import concatenate
from tyrosine.tables.columns import BEST_LAYER, NOBODY

FloatArray = NDArray[np.float64]


class GridRDMs(NamedTuple):
    """The RDMs of all analyses of a grid, and features where these are reweighted.

    Attributes
    ----------
    by_distance : mapping of str to RDMs
        Brain RDMs by distance, those of the run first.
    by_captions : mapping of str to RDMs
        Model RDMs by what language models read of several captions, those of the run first; the others hold
        the models that differ alone.
    features : mapping of str to mapping of str to Dataset
        By captions as these, and then by model; empty where no features are reweighted.
    """

    by_distance: Mapping[str, RDMs]
    by_captions: Mapping[str, RDMs]
    features: Mapping[str, Mapping[str, Dataset]] = {}

    def stacked(self) -> RDMs:
        """Model RDMs by all kinds of captions under each other."""
        return concatenate(list(self.by_captions.values()))

    def columns(self) -> pd.DataFrame:
        """What similarities there are to a model, a row each.

        Returns
        -------
        DataFrame
            Columns `model`, `layer`, `depth`, `reported` and `captions`. First the rows of `stacked`, and
            behind them, with the layer `best`, one for each model and captions of which several layers are
            there, or whose layer is chosen in folds in the run: only then it is `reported`.
        """
        keys = ("model", "layer", "depth", "reported")
        parts = [
            pd.DataFrame({key: rdms.rdm_descriptors[key] for key in keys}).assign(captions=captions)
            for captions, rdms in self.by_captions.items()
        ]
        table = pd.concat(parts, ignore_index=True)
        best = [
            {
                "model": model,
                "layer": BEST_LAYER,
                "depth": np.nan,
                "reported": not of_model["reported"].any(),
                "captions": captions,
            }
            for (captions, model), of_model in table.groupby(["captions", "model"], sort=False)
            if len(of_model) > 1 or not of_model["reported"].any()
        ]
        return pd.concat([table, pd.DataFrame(best, columns=list(table))], ignore_index=True).astype(
            {"reported": bool, "depth": "float64"}
        )


class Variant(NamedTuple):
    """One way to count each model: by which of its similarities, and in which contrast."""

    place: int
    """Which of the named contrasts it is of."""
    contrast: Contrast
    captions: str
    layer: str
    left_out: str
    differs: bool
    """Whether the choices make a difference to the contrast; if not, it is there for q alone."""


def list_variants(
    named: Sequence[NamedContrast], columns: pd.DataFrame, sensitivity: SensitivityParameters
) -> Iterator[Variant]:
    """Every contrast with each choice of captions, layers and a model that is left out, the run's first.

    Parameters
    ----------
    named : sequence of NamedContrast
        All of which have a contrast.
    columns : DataFrame
        Those of `GridRDMs.columns`.
    sensitivity : SensitivityParameters
    """
    captions = list(columns["captions"].unique())
    differing = _models_that_differ(columns[columns["captions"] == captions[0]])
    layers = [
        layer
        for layer in dict.fromkeys([REPORTED, *sensitivity.layers])
        if layer == REPORTED or differing[layer]
    ]
    reading = {read: set(columns.loc[columns["captions"] == read, "model"]) for read in captions[1:]}
    asked = list(dict.fromkeys(model for one in named for model in members(one)))
    for read in captions:
        for layer in layers:
            for left_out in [NOBODY, *(asked if sensitivity.leave_out_models else ())]:
                for place, one in enumerate(named):
                    assert one.contrast is not None
                    theirs = set(members(one))
                    contrast = _leave_out(one.contrast, left_out)
                    differs = (
                        (read == captions[0] or bool(reading[read] & theirs))
                        and (layer == REPORTED or bool(differing[layer] & theirs))
                        and (left_out == NOBODY or left_out in theirs)
                    )
                    if contrast is not None:
                        yield Variant(place, contrast, read, layer, left_out, differs)


def members(one: NamedContrast) -> tuple[str, ...]:
    """The models of both sides."""
    return () if one.contrast is None else (*one.contrast.a, *one.contrast.b)


def _models_that_differ(columns: pd.DataFrame) -> dict[str, set[str]]:
    """By layer choice, the models that count by another similarity than in the run."""
    plain, best = columns[columns["layer"] != BEST_LAYER], columns[columns["layer"] == BEST_LAYER]
    n_layers = plain.groupby("model").size()
    in_folds = set(best.loc[best["reported"], "model"])
    several = set(n_layers.index[n_layers > 1])
    return {PROFILE: several, BEST: several - in_folds, LAST: in_folds}


def _leave_out(contrast: Contrast, model: str) -> Contrast | None:
    """The contrast without a model, and without the strata in which a side then has none.

    None if it has no stratum then. A contrast that does not have the model is left as it is.
    """
    strata = []
    for a, b in contrast.strata:
        left = tuple(name for name in a if name != model), tuple(name for name in b if name != model)
        if left[0] and bool(left[1]) == bool(b):
            strata.append(left)
    return replace(contrast, strata=tuple(strata)) if strata else None


def weigh(variant: Variant, columns: pd.DataFrame) -> FloatArray:
    """How much each similarity counts, of shape (n_columns,)."""
    names = list(dict.fromkeys(columns["model"]))
    of_models = contrast_weights([variant.contrast], names)[0]
    weights = np.zeros(len(columns))
    own = columns["captions"].iloc[0]
    for name, weight in zip(names, of_models):
        if weight:
            of_model = columns["model"] == name
            chosen = of_model & (columns["captions"] == variant.captions)
            chosen = chosen if chosen.any() else of_model & (columns["captions"] == own)
            counts = _counting(columns[chosen], variant.layer)
            weights[counts] = weight / len(counts)
    return weights


def _counting(of_model: pd.DataFrame, layer: str) -> pd.Index:
    """The rows of one model and captions by which it counts."""
    best = of_model["layer"] == BEST_LAYER
    blocks = of_model.index[of_model["depth"].notna()]
    if layer == PROFILE and len(blocks):
        return blocks
    if layer == BEST and best.any():
        return of_model.index[best]
    if layer == LAST:
        # Layers are in the order of the network.
        return of_model.index[~best][-1:]
    return of_model.index[of_model["reported"]]
