"""Layers that are chosen for each region on other stimuli and other subjects than they are tested on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.rsa.comparison import align_models, compare_over
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import stimulus_ids
from tyrosine.rsa.significance import TOO_FEW_SUBJECTS
from tyrosine.rsa.stimulus_groups import NO_GROUPS, StimulusGroups, choose_groups, deal_groups
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, StimulusSets
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import BEST_LAYER, BRAIN, LAYER_CHOICES, REGION

TOO_FEW_STIMULI_OF_A_FOLD = "fewer than four stimuli of the subject in a fold"


_KINDS = {
    "subject": "int64", "draw": "int64", "fold": "int64", "n_choosing": "int64", "n_stimuli": "int64",
    "similarity": "float64", "jackknifed": "float64",
}  # fmt: skip
_NO_CHOICES = pd.DataFrame({name: pd.Series(dtype=_KINDS.get(name, "str")) for name in LAYER_CHOICES})


class Choice(NamedTuple):
    """The layers that one fold chooses for the subjects of a region, and what they are worth there.

    Attributes
    ----------
    layers : ndarray of shape (n_subjects,), int
        For each subject the layer that is most similar to the other subjects.
    similarity : ndarray of shape (n_subjects,), float64
        Similarity of each subject to its layer on the stimuli that are tested.
    jackknifed : ndarray of shape (n_subjects,), float64
        The same as a jackknife over subjects has it; NaN with two subjects.
    """

    layers: NDArray[np.intp]
    similarity: NDArray[np.float64]
    jackknifed: NDArray[np.float64]


def choose_in_fold(choosing: NDArray[np.float64], tested: NDArray[np.float64]) -> Choice:
    """Choose a layer for each subject by the others, and test it on other stimuli.

    Parameters
    ----------
    choosing : ndarray of shape (n_subjects, n_layers), float64
        Similarities over the stimuli outside the fold, of at least two subjects.
    tested : ndarray of shape (n_subjects, n_layers), float64
        Similarities over the stimuli of the fold.

    Returns
    -------
    Choice

    Notes
    -----
    Subjects who choose for each other depend on each other: of two subjects each is tested, in some fold, on
    stimuli on which it chose for the other in another fold. So held-out similarities spread too little over
    subjects. Those of the jackknife spread as their mean varies when a subject neither chooses nor is tested,
    which on average is not too little (Efron & Stein 1981, Ann Stat 9: 586-596); their mean is the same.
    """
    n_subjects = len(choosing)
    total = choosing.sum(axis=0)
    layers = (total - choosing).argmax(axis=1)
    similarity = tested[np.arange(n_subjects), layers]
    if n_subjects < 3:
        return Choice(layers, similarity, np.full(n_subjects, np.nan))
    without = np.empty(n_subjects)
    for left_out in range(n_subjects):
        kept = np.delete(np.arange(n_subjects), left_out)
        chosen = (total - choosing[left_out] - choosing[kept]).argmax(axis=1)
        without[left_out] = tested[kept, chosen].mean()
    jackknifed = similarity.mean() + (n_subjects - 1) * (without.mean() - without)
    return Choice(layers, similarity, jackknifed)


def deal_folds(
    ids: list[str], comparison: ComparisonParameters, seed: int, groups: StimulusGroups = NO_GROUPS
) -> list[list[frozenset[str]]]:
    """The stimuli of each fold, for each draw, as `tyrosine.rsa.stimulus_groups.deal_groups` deals them."""
    stream = random_stream(seed, "layer choice", "stimuli")
    draws = []
    for _ in range(comparison.choice_draws):
        folds = deal_groups(ids, groups, comparison.choice_folds, stream)
        draws.append(
            [
                frozenset(ids[place] for place in np.flatnonzero(folds == fold))
                for fold in range(comparison.choice_folds)
            ]
        )
    return draws


def candidate_layers(model_rdms: RDMsOrPatterns) -> dict[str, list[int]]:
    """Rows of the layers of each model whose layer is chosen: no single layer of it is `reported`."""
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(model_rdms.rdm_descriptors["model"]):
        rows.setdefault(str(name), []).append(row)
    reported = np.asarray(model_rdms.rdm_descriptors["reported"], dtype=bool)
    return {name: members for name, members in rows.items() if not reported[members].any()}


def choose_layers(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    stimuli: pd.DataFrame,
    comparison: ComparisonParameters,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Choose the layer of each model that asks for its best one, region by region, in folds.

    The stimuli are dealt to folds: whole groups of them where `inference.stimulus_groups` says so, because
    stimuli of one group are no new ones to each other. For each fold and subject, the layer is chosen that
    has the highest mean similarity to the other subjects who have the region, each over the stimuli that it
    saw outside the fold; the subject is compared with that layer over the stimuli that it saw inside the
    fold.

    Returns
    -------
    DataFrame
        One row for each subject, region, model, method, draw and fold; none where no model asks for its best
        layer. Rows of a region of fewer than two subjects, and of subjects who saw too few stimuli of a
        fold, have no layer, but the reason.
    """
    candidates = candidate_layers(model_rdms)
    if not candidates:
        return _NO_CHOICES.copy()
    models = align_models(model_rdms, brain_rdms)
    models = models.subset("index", [row for rows in candidates.values() for row in rows])
    names = np.asarray(models.rdm_descriptors["model"])
    layers = np.asarray(models.rdm_descriptors["layer"])
    brain = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    own = StimulusSets.of(brain_rdms).own
    groups = choose_groups(stimuli, inference.stimulus_groups, StimulusSets.of(brain_rdms).overall[0])
    draws = deal_folds(stimulus_ids(brain_rdms), comparison, seed, groups)
    sizes = np.array(
        [[[len(fold & set(ids)) for fold in folds] for folds in draws] for ids in own]
    )  # (n_brain_rdms, n_draws, n_folds)
    enough = sizes.min(axis=(1, 2)) >= LEAST_STIMULI
    parts = []
    for method in comparison.methods:
        for draw, folds in enumerate(draws):
            for fold, inside in enumerate(folds):
                tested = compare_over(brain_rdms, models, _within(own, inside), method)
                outside = frozenset().union(*folds) - inside
                choosing = compare_over(brain_rdms, models, _within(own, outside), method)
                for name in candidates:
                    columns = np.flatnonzero(names == name)
                    table = brain.assign(
                        model=name, method=method, draw=draw + 1, fold=fold + 1, layer="",
                        n_choosing=0, n_stimuli=sizes[:, draw, fold], similarity=np.nan, jackknifed=np.nan,
                        undefined=np.where(enough, "", TOO_FEW_STIMULI_OF_A_FOLD),
                    )  # fmt: skip
                    for _, members in brain.groupby(list(REGION), sort=False):
                        rows = members.index[enough[members.index]]
                        if len(rows) < 2:
                            table.loc[rows, "undefined"] = TOO_FEW_SUBJECTS
                            continue
                        choice = choose_in_fold(
                            choosing[np.ix_(rows, columns)], tested[np.ix_(rows, columns)]
                        )
                        table.loc[rows, "layer"] = layers[columns][choice.layers]
                        table.loc[rows, "n_choosing"] = len(rows) - 1
                        table.loc[rows, "similarity"] = choice.similarity
                        table.loc[rows, "jackknifed"] = choice.jackknifed
                    parts.append(table)
    return pd.concat(parts, ignore_index=True)[list(LAYER_CHOICES)]


def add_truly_best_layers(true_similarities: pd.DataFrame) -> pd.DataFrame:
    """Give each model whose layer is chosen in folds the similarities of the layer that is best in truth.

    Parameters
    ----------
    true_similarities : DataFrame
        The columns of `similarities`, without noise; no layer of such a model is `reported`.

    Returns
    -------
    DataFrame
        With a further row with the layer `best` for each subject, region, such model and method, behind the
        others: the similarity to the layer with the highest mean over the subjects who have the region.
    """
    table = true_similarities
    reported = table.groupby("model")["reported"].transform("any")
    if reported.all():
        return table
    candidates = table[~reported]
    place = [*REGION, "model", "method"]
    means = candidates.groupby([*place, "layer"], sort=False)["similarity"].mean().reset_index()
    best = means.sort_values("similarity", ascending=False, kind="stable").drop_duplicates(place)
    rows = candidates.merge(best[[*place, "layer"]], on=[*place, "layer"])
    return pd.concat([table, rows.assign(layer=BEST_LAYER, reported=True)], ignore_index=True)


def _within(sets: list[tuple[str, ...]], part: frozenset[str]) -> list[tuple[str, ...]]:
    return [tuple(name for name in ids if name in part) for ids in sets]
