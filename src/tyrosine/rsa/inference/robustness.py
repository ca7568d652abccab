"""How far the direction of each group and contrast of the questions rests on single models, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import RDMError
from tyrosine.parameters import InferenceParameters, QuestionParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.comparison import align_models, compare_over
from tyrosine.rsa.contrasts import Contrast, contrast_weights, in_common_regions, mean_over_regions
from tyrosine.rsa.inference.chosen_layers import NO_CHOICE, OTHER_STIMULI, defined_columns
from tyrosine.rsa.inference.covariates import asked_attributes, describe_differences
from tyrosine.rsa.inference.selection import NamedContrast, select_contrasts
from tyrosine.rsa.inference.tabulation import Similarities, similarity_over
from tyrosine.rsa.layer_choice import candidate_layers, choose_in_fold
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.robustness import (
    BestAgainstBest,
    best_against_best,
    fewest_models,
    leave_out_models,
    pair_differences,
)
from tyrosine.rsa.significance import t_test
from tyrosine.rsa.stimulus_groups import StimulusGroups, choose_groups, deal_groups
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import CONTRAST_ROBUSTNESS, EVERY_REGION, GROUP, REGION

ONE_MODEL_A_SIDE = "no side has two models to choose from"
NO_VARIANCE = "an RDM has no variance over the stimuli of a fold"

Arrays = NDArray[np.float64]


def assess_contrasts(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    similarities: pd.DataFrame,
    stimuli: pd.DataFrame,
    models: dict[str, ModelSpec],
    questions: QuestionParameters,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Say on which models the direction of each group and contrast of the questions depends.

    Returns
    -------
    DataFrame
        A row for each contrast, region (and the mean over each subject's regions, `EVERY_REGION`) and method:
        the range of the contrast when each model in turn is left out, the best model of one side against the
        best of the other on held-out stimuli and subjects, and how many pairs of models of the two sides
        agree with the contrast. Folds have whole groups of stimuli where `inference.stimulus_groups` says so:
        stimuli of one group are no new ones to each other. Estimates are over the stimuli that the subjects
        share, as those of the dual bootstrap are, or over each subject's own where they share too few.
    """
    found = Similarities.of(similarities)
    names = [str(name) for name in found.models.loc[found.reported, "model"]]
    known = {name: models[name] for name in names}
    depths = _reported_depths(model_rdms)
    asked = []
    for one in select_contrasts(questions, known):
        differences = ""
        if one.kind != GROUP and one.contrast is not None:
            sides = one.contrast.a, one.contrast.b
            attributes = asked_attributes(questions, one.question, one.name)
            differences = describe_differences(sides, attributes, known, depths)
        asked.append((one, differences))
    dealt = _Folds(
        choose_groups(stimuli, inference.stimulus_groups, StimulusSets.of(brain_rdms).overall[0]),
        inference.n_folds,
        seed,
    )
    rows = [
        _assess(one, place, names, method, inference.confidence_level) | {"also_differs": differences}
        for method in found.values
        for place in _places(brain_rdms, model_rdms, found, method, dealt)
        for one, differences in asked
    ]
    return pd.DataFrame(rows, columns=list(CONTRAST_ROBUSTNESS))


def _reported_depths(model_rdms: RDMsOrPatterns) -> dict[str, float]:
    labels = model_rdms.rdm_descriptors
    return {
        str(name): float(depth)
        for name, depth, reported in zip(labels["model"], labels["depth"], labels["reported"])
        if reported
    }


class _Folds(NamedTuple):
    """How stimuli are dealt to folds: the same way wherever they are the same."""

    groups: StimulusGroups
    n_folds: int
    seed: int

    def of(self, ids: tuple[str, ...]) -> tuple[NDArray[np.intp], str]:
        """The fold of each stimulus, or the reason why there are none."""
        stream = random_stream(self.seed, "folds", "best against best")
        folds = deal_groups(ids, self.groups, self.n_folds, stream)
        if np.bincount(folds, minlength=self.n_folds).min() >= LEAST_STIMULI:
            return folds, ""
        drawn = f" in {self.groups.count(ids)} groups" if self.groups.name else ""
        return folds, f"{len(ids)} stimuli{drawn} are too few for {self.n_folds} folds"


class _Place(NamedTuple):
    """Similarities of one region, or of the mean over the regions that each subject has.

    Attributes
    ----------
    selectivity, roi : str
    similarity : ndarray of shape (n_subjects, n_models)
    n_stimuli : int
    no_choice : str
        Why a model whose layer is chosen in folds may have no similarity.
    choosing, tested : ndarray of shape (n_folds, n_subjects, n_models)
        Over the stimuli outside and inside each fold; without folds where `no_folds` says why.
    no_folds : str
    """

    selectivity: str
    roi: str
    similarity: Arrays
    n_stimuli: int
    no_choice: str
    choosing: Arrays
    tested: Arrays
    no_folds: str


def _places(
    brain_rdms: RDMsOrPatterns, model_rdms: RDMsOrPatterns, found: Similarities, method: str, dealt: _Folds
) -> Iterator[_Place]:
    """Every region, and then the mean over regions."""
    sets, models = StimulusSets.of(brain_rdms), align_models(model_rdms, brain_rdms)
    values, reported = found.values[method], np.flatnonzero(found.reported)
    folded: dict[tuple[tuple[str, ...], ...], tuple[Arrays, Arrays, str]] = {}
    everywhere = (EVERY_REGION, EVERY_REGION, np.arange(len(values)), sets.overall)
    regions = [(one.selectivity, one.roi, one.rows, sets.by_region) for one in found.regions()]
    for selectivity, roi, all_rows, chosen in [*regions, everywhere]:
        shared = len(chosen[all_rows[0]]) >= LEAST_STIMULI
        similarity = values
        if shared:
            similarity = similarity_over(brain_rdms, models, chosen, sets.own, values, method)
        rows = np.array([row for row in all_rows if len(sets.own[row]) >= LEAST_STIMULI], dtype=np.intp)
        if roi == EVERY_REGION and len(rows):
            here = found.brain.loc[rows]
            rows = rows[in_common_regions(here["roi"], here["subject"], here["selectivity"])]
        owners = [int(subject) for subject in found.brain.loc[rows, "subject"]]
        key = tuple(chosen)
        if key not in folded:
            folded[key] = _compare_in_folds(brain_rdms, models, chosen, method, dealt)
        outside, inside, no_folds = folded[key]
        n_here = len(chosen[all_rows[0]])
        no_folds = dealt.of(chosen[all_rows[0]])[1] or no_folds
        yield _Place(
            selectivity,
            roi,
            _of_subjects(similarity[np.ix_(rows, reported)], owners),
            n_here if shared else min((len(sets.own[row]) for row in rows), default=0),
            OTHER_STIMULI if shared and list(chosen) != list(sets.own) else NO_CHOICE,
            _of_subjects(outside[:, rows][:, :, reported], owners),
            _of_subjects(inside[:, rows][:, :, reported], owners),
            no_folds,
        )


def _of_subjects(values: Arrays, owners: Sequence[int]) -> Arrays:
    return mean_over_regions(values, owners)[0] if owners else values


def _compare_in_folds(
    brain_rdms: RDMsOrPatterns,
    models: RDMsOrPatterns,
    chosen: Sequence[tuple[str, ...]],
    method: str,
    dealt: _Folds,
) -> tuple[Arrays, Arrays, str]:
    """Similarities outside and inside each fold of the stimuli, NaN where there are too few for folds.

    Brain RDMs over the same stimuli have the same folds.
    """
    folds = {}
    for ids in dict.fromkeys(chosen):
        numbers, too_few = dealt.of(ids)
        if not too_few:
            folds[ids] = numbers
    parts: tuple[list[Arrays], list[Arrays]] = ([], [])
    try:
        for fold in range(dealt.n_folds):
            for inside, part in zip((False, True), parts):
                subsets = {
                    ids: tuple(one for one, number in zip(ids, folds[ids]) if (number == fold) == inside)
                    for ids in folds
                }
                wanted = [subsets.get(ids, ()) for ids in chosen]
                part.append(compare_over(brain_rdms, models, wanted, method))
    except RDMError:
        n_columns = models.n_rdm + len(candidate_layers(models))
        empty = np.full((dealt.n_folds, brain_rdms.n_rdm, n_columns), np.nan)
        return empty, empty, NO_VARIANCE
    return *_with_chosen_layers(brain_rdms, models, np.stack(parts[0]), np.stack(parts[1])), ""


def _with_chosen_layers(
    brain_rdms: RDMsOrPatterns, models: RDMsOrPatterns, outside: Arrays, inside: Arrays
) -> tuple[Arrays, Arrays]:
    """Put behind all layers the models whose layer is chosen in folds, here in these folds.

    Parameters
    ----------
    brain_rdms, models : RDMsOrPatterns
    outside, inside : ndarray of shape (n_folds, n_brain_rdms, n_layers)
        Similarities over the stimuli outside and inside each fold.

    Returns
    -------
    outside, inside : ndarray of shape (n_folds, n_brain_rdms, n_layers + n_models)
        For each subject of a region the layer counts that is most similar to the others outside the fold.
        Inside, its similarity to the subject. Outside, such values that their mean over the other subjects is
        the mean similarity of these to that layer: the subject itself has no part in which model is chosen.
    """
    candidates = candidate_layers(models)
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in REGION})
    shape = (len(outside), brain_rdms.n_rdm, len(candidates))
    added_outside, added_inside = np.full(shape, np.nan), np.full(shape, np.nan)
    for number, columns in enumerate(candidates.values()):
        for _, members in labels.groupby(list(REGION), sort=False):
            rows = members.index.to_numpy()
            # A subject who saw too few stimuli has no similarities.
            rows = rows[np.isfinite(inside[:, rows][:, :, columns]).all(axis=(0, 2))]
            others = len(rows) - 1
            for fold in range(len(outside)) if others else ():
                choosing = outside[fold][np.ix_(rows, columns)]
                choice = choose_in_fold(choosing, inside[fold][np.ix_(rows, columns)])
                added_inside[fold, rows, number] = choice.similarity
                by_others = ((choosing.sum(axis=0) - choosing) / others).max(axis=1)
                added_outside[fold, rows, number] = by_others.sum() - others * by_others
    return np.concatenate([outside, added_outside], axis=2), np.concatenate([inside, added_inside], axis=2)


def _assess(
    one: NamedContrast, place: _Place, models: Sequence[str], method: str, confidence_level: float
) -> dict[str, Any]:
    """The row of one contrast in one place."""
    contrast = one.contrast
    row: dict[str, Any] = {
        "contrast": one.name,
        "kind": one.kind,
        "question": one.question,
        "models_a": " ".join(contrast.a) if contrast else "",
        "models_b": " ".join(contrast.b) if contrast else "",
        "label_a": one.label_a,
        "label_b": one.label_b,
        "selectivity": place.selectivity,
        "roi": place.roi,
        "method": method,
        "n": len(place.similarity),
        "n_stimuli": place.n_stimuli,
        **dict.fromkeys(("estimate", "lowest", "highest", "best", "best_lower", "best_upper"), np.nan),
        **dict.fromkeys(("lowest_without", "highest_without", "best_a", "best_b", "best_undefined"), ""),
        **dict.fromkeys(("pairs_otherwise", "depends_on"), ""),
        "n_pairs": 0,
        "n_pairs_agree": 0,
        "holds": False,
        "undefined": one.undefined,
    }
    if contrast is None:
        return row
    if not len(place.similarity):
        return row | {"undefined": TOO_FEW_STIMULI}
    finite = defined_columns(place.similarity)
    known = {model for model, there in zip(models, finite) if there}
    if not known.issuperset((*contrast.a, *contrast.b)):
        return row | {"undefined": place.no_choice}
    # Models of other contrasts may have none, and weights of zero.
    similarity = np.where(finite, place.similarity.mean(axis=0), 0.0)
    estimate = float(contrast_weights([contrast], models)[0] @ similarity)
    left_out = leave_out_models(contrast, models, similarity)
    pairs = pair_differences(contrast, models, similarity)
    otherwise = [pair for pair, value in pairs.items() if not _agree(value, estimate)]
    best = _best(contrast, place, models, confidence_level)
    depends_on = [model for model, value in left_out.items() if not _agree(value, estimate)]
    # Without the only model of a side there is no contrast, so that it is not what the direction depends on.
    spared = [side[0] for side in (contrast.a, contrast.b) if len(side) == 1]
    if not best["best_undefined"] and not _agree(best["best"], estimate):
        chosen = [*best["best_a"].split()[:1], *best["best_b"].split()[:1]]
        depends_on += [model for model in chosen if model not in spared]
    depends_on += fewest_models(otherwise, spared)
    if left_out:
        lowest, highest = min(left_out, key=left_out.__getitem__), max(left_out, key=left_out.__getitem__)
        row |= {
            "lowest": left_out[lowest],
            "lowest_without": lowest,
            "highest": left_out[highest],
            "highest_without": highest,
        }
    return row | {
        "estimate": estimate,
        **best,
        "n_pairs": len(pairs),
        "n_pairs_agree": len(pairs) - len(otherwise),
        "pairs_otherwise": ", ".join(" - ".join(name for name in pair if name) for pair in otherwise),
        "depends_on": " ".join(dict.fromkeys(depends_on)),
        "holds": not depends_on,
    }


def _best(
    contrast: Contrast, place: _Place, models: Sequence[str], confidence_level: float
) -> dict[str, Any]:
    """Columns on the best models of both sides."""
    reason = place.no_folds
    if all(len(side) < 2 for sides in contrast.strata for side in sides):
        reason = ONE_MODEL_A_SIDE
    if reason:
        return {"best_undefined": reason}
    found: BestAgainstBest = best_against_best(contrast, models, place.choosing, place.tested)
    interval = t_test(found.values[:, None], "two-sided", confidence_level).iloc[0]
    return {
        "best": float(found.values.mean()),
        "best_lower": float(interval["lower"]),
        "best_upper": float(interval["upper"]),
        "best_a": " ".join(found.a),
        "best_b": " ".join(found.b),
        "best_undefined": "",
    }


def _agree(value: float, estimate: float) -> bool:
    """Whether two differences have the same sign."""
    return bool(np.sign(value) == np.sign(estimate) != 0)
