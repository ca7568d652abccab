"""Layers that were chosen in folds: their held-out similarities for tests, and their bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.parameters import ComparisonParameters
from tyrosine.rsa.engine import represent
from tyrosine.rsa.layer_choice import deal_folds
from tyrosine.rsa.rdms import stimulus_ids
from tyrosine.rsa.stimulus_groups import NO_GROUPS, StimulusGroups
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import BRAIN

NO_CHOICE = "too few subjects or stimuli for tests of a layer that is chosen in folds"
OTHER_STIMULI = "the layer was chosen over other stimuli than those that these subjects share"
NO_PERMUTATION = "no permutation test of a layer that is chosen in folds"
NO_STIMULI_ALONE = "no bootstrap over stimuli alone of a layer that is chosen in folds"

FloatArray = NDArray[np.float64]


class ChosenLayers(NamedTuple):
    """Models whose layer was chosen in folds, in the order of their columns behind those of all layers.

    Attributes
    ----------
    models : tuple of str
    jackknifed : dict of str to ndarray of shape (n_brain_rdms, n_models), float64
        By method, the held-out similarity of each brain RDM as a jackknife over subjects has it.
    shares : dict of str to ndarray of shape (n_models, n_brain_rdms, n_layers), float64
        By method, the share of the folds that chose each row of the model RDMs.
    folds : tuple of frozenset of str
        The stimuli of each fold of each draw.
    """

    models: tuple[str, ...] = ()
    jackknifed: dict[str, FloatArray] = {}
    shares: dict[str, FloatArray] = {}
    folds: tuple[frozenset[str], ...] = ()

    @classmethod
    def of(
        cls,
        layer_choices: pd.DataFrame | None,
        brain_rdms: RDMsOrPatterns,
        model_rdms: RDMsOrPatterns,
        comparison: ComparisonParameters,
        seed: int,
        groups: StimulusGroups = NO_GROUPS,
    ) -> ChosenLayers:
        """Read the table `layer_choices` of these RDMs, whose folds had these groups whole."""
        if layer_choices is None or layer_choices.empty:
            return cls()
        brain = list(zip(*(brain_rdms.rdm_descriptors[key] for key in BRAIN)))
        layers = list(zip(model_rdms.rdm_descriptors["model"], model_rdms.rdm_descriptors["layer"]))
        chosen = set(layer_choices["model"])
        models = tuple(dict.fromkeys(str(name) for name, _ in layers if name in chosen))
        jackknifed, shares = {}, {}
        for method, rows in layer_choices.groupby("method", sort=False):
            # A mean over folds of which one has no number has none either.
            means = rows.groupby([*BRAIN, "model"])["jackknifed"].agg(lambda folds: folds.mean(skipna=False))
            jackknifed[str(method)] = np.array([[means[(*one, name)] for name in models] for one in brain])
            counts = rows.groupby(["model", *BRAIN])["layer"].value_counts(normalize=True)
            shares[str(method)] = np.array(
                [
                    [
                        [
                            counts.get((name, *one, layer), 0.0) if owner == name else 0.0
                            for owner, layer in layers
                        ]
                        for one in brain
                    ]
                    for name in models
                ]
            )
        folds = deal_folds(stimulus_ids(brain_rdms), comparison, seed, groups)
        return cls(models, jackknifed, shares, tuple(fold for draw in folds for fold in draw))

    def tested(self, values: FloatArray, method: str) -> FloatArray:
        """Similarities of shape (n_brain_rdms, n_layers + n_models) with the latter as tests take them."""
        if not self.models:
            return values
        return np.hstack([values[:, : -len(self.models)], self.jackknifed[method]])

    def resampled(self, resampled: FloatArray, observed: FloatArray, method: str) -> FloatArray:
        """Similarities in each resample of the stimuli, with those of the chosen layers behind them.

        Choices are held fixed: a resample changes a held-out similarity by what it changes the similarities
        of the layers, weighted by the share of the folds that chose them.

        Parameters
        ----------
        resampled : ndarray of shape (n_resamples, n_brain_rdms, n_layers)
        observed : ndarray of shape (n_brain_rdms, n_layers)
            Similarities over all stimuli, without resampling.
        method : str

        Returns
        -------
        ndarray of shape (n_resamples, n_brain_rdms, n_layers + n_models)
        """
        if not self.models:
            return resampled
        changes = np.einsum("rbl,mbl->rbm", resampled - observed, self.shares[method])
        return np.concatenate([resampled, self.jackknifed[method] + changes], axis=2)

    def ceiling(
        self, brain_rdms: RDMsOrPatterns, method: str, ids: tuple[str, ...], rows: NDArray[np.intp]
    ) -> FloatArray:
        """The jackknifed noise ceiling of each subject over the stimuli of each fold, averaged over folds."""
        inside = [[name for name in ids if name in fold] for fold in self.folds]
        ceilings = [
            represent(brain_rdms, method, fold, rows.tolist()).jackknifed_ceiling() for fold in inside
        ]
        return np.mean(ceilings, axis=0)


def run_on_defined(
    run: Callable[[NDArray[np.bool_]], pd.DataFrame], defined: NDArray[np.bool_], reason: str
) -> pd.DataFrame:
    """Rows of a test of the columns that are defined, and the reason in the rows of the others.

    Parameters
    ----------
    run : callable
        Takes a mask of columns, and returns a row for each of them.
    defined : ndarray of shape (n_columns,), bool
    reason : str

    Returns
    -------
    DataFrame
        A row for each column.
    """
    if defined.all():
        return run(defined)
    if not defined.any():
        return pd.DataFrame({"undefined": [reason] * len(defined)})
    return spread_rows(run(defined), defined, reason)


def spread_rows(rows: pd.DataFrame, defined: NDArray[np.bool_], reason: str) -> pd.DataFrame:
    """Rows of the columns that are defined, and between them rows that have the reason alone."""
    if defined.all():
        return rows
    rows = rows.set_axis(np.flatnonzero(defined)).reindex(range(len(defined)))
    rows.loc[~defined, "undefined"] = reason
    return rows


def defined_columns(values: FloatArray) -> NDArray[np.bool_]:
    """Columns without NaN."""
    return np.asarray(np.isfinite(values).all(axis=0))
