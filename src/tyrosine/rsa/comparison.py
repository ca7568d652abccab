"""Brain RDMs and model RDMs in, tables of their similarities and of noise ceilings out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import RDMError
from tyrosine.labelled import RDMs
from tyrosine.parameters import ComparisonParameters
from tyrosine.parameters.analysis import FROM_PATTERNS, FROM_RDMS
from tyrosine.rsa.correlation import is_flat
from tyrosine.rsa.engine import represent
from tyrosine.rsa.rdms import align, check_same_stimuli, label_rdms, of_subject, stimulus_ids
from tyrosine.rsa.significance import TOO_FEW_SUBJECTS
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets, rows_by_stimuli
from tyrosine.rsa.without_rdms.labelled import LabelledPatterns, RDMsOrPatterns
from tyrosine.tables.columns import BEST_LAYER, BRAIN, MODEL, NOISE_CEILINGS, REGION, SIMILARITIES


def compare_rdms(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    comparison: ComparisonParameters,
    layer_choices: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compare every brain RDM with every model RDM by every method, over the stimuli that its subject saw.

    Parameters
    ----------
    brain_rdms, model_rdms : rsatoolbox.rdm.RDMs, or LabelledPatterns in their place
    comparison : ComparisonParameters
    layer_choices : DataFrame, optional
        What `tyrosine.rsa.layer_choice.choose_layers` gives for them.

    Returns
    -------
    DataFrame
        One row for each subject, ROI, model, layer and method; behind those of each method one with the
        layer `best` for each model whose layer was chosen, with the mean similarity over its folds. A
        subject who saw too few stimuli has rows without similarity, and the reason. `engine` says what was
        compared, RDMs or patterns, and `standard_error` is missing but where a similarity is estimated from
        random subsets of the stimuli.

    Raises
    ------
    RDMError
        If the RDM of a region or of a model has no variance.
    """
    refuse_flat(brain_rdms, model_rdms)
    models = align_models(model_rdms, brain_rdms)
    own = StimulusSets.of(brain_rdms).own
    brain_labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    brain_labels["n_stimuli"] = [len(ids) for ids in own]
    brain_labels["undefined"] = ["" if len(ids) >= LEAST_STIMULI else TOO_FEW_STIMULI for ids in own]
    model_labels = pd.DataFrame({key: model_rdms.rdm_descriptors[key] for key in MODEL})
    parts = []
    for method in comparison.methods:
        table = brain_labels.merge(model_labels, how="cross")
        table["method"] = method
        found = _compare_over(brain_rdms, models, own, method)
        table["similarity"], table["standard_error"] = (values.ravel() for values in found)
        parts.append(table)
        if layer_choices is not None and len(layer_choices):
            chosen = layer_choices[layer_choices["method"] == method]
            parts.append(_mean_over_folds(chosen, brain_labels, model_labels))
    engine = FROM_PATTERNS if isinstance(brain_rdms, LabelledPatterns) else FROM_RDMS
    return pd.concat(parts, ignore_index=True).assign(engine=engine)[list(SIMILARITIES)]


def _mean_over_folds(
    chosen: pd.DataFrame, brain_labels: pd.DataFrame, model_labels: pd.DataFrame
) -> pd.DataFrame:
    """Rows of `similarities` of the models whose layer was chosen, in the order of brain RDMs and models."""
    models = model_labels[model_labels["model"].isin(chosen["model"])].drop_duplicates("model")
    table = brain_labels.drop(columns="undefined").merge(
        models.assign(layer=BEST_LAYER, reported=True), how="cross"
    )
    folds = chosen.groupby([*BRAIN, "model"])
    # A subject without a choice in one fold has none in any.
    found = pd.DataFrame(
        {
            "method": folds["method"].first(),
            "similarity": folds["similarity"].mean(),
            "undefined": folds["undefined"].first(),
        }
    )
    return table.merge(found.reset_index(), on=[*BRAIN, "model"])


def compare_over(
    brain_rdms: RDMsOrPatterns, models: RDMsOrPatterns, sets: Sequence[tuple[str, ...]], method: str
) -> NDArray[np.float64]:
    """Similarity of each brain RDM to each model RDM, each brain RDM over stimuli of its own.

    Parameters
    ----------
    brain_rdms : rsatoolbox.rdm.RDMs or LabelledPatterns
    models : rsatoolbox.rdm.RDMs or LabelledPatterns
        Over all stimuli of the brain RDMs.
    sets : sequence of n_brain_rdms tuple of str
        The stimuli of each brain RDM, all of which its subject saw.
    method : str
        A key of `tyrosine.rsa.similarity.METHODS`.

    Returns
    -------
    ndarray of shape (n_brain_rdms, n_model_rdms), float64
        NaN where there are too few stimuli.
    """
    return _compare_over(brain_rdms, models, sets, method)[0]


def _compare_over(
    brain_rdms: RDMsOrPatterns, models: RDMsOrPatterns, sets: Sequence[tuple[str, ...]], method: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Similarities, and the standard errors of those that are estimated from subsets of the stimuli."""
    similarity = np.full((brain_rdms.n_rdm, models.n_rdm), np.nan)
    error = similarity.copy()
    for ids, rows in rows_by_stimuli(sets):
        if len(ids) >= LEAST_STIMULI:
            brain = represent(brain_rdms, method, ids, rows)
            similarity[rows], error[rows] = brain.compare(represent(models, method, ids))
    return similarity, error


def compute_noise_ceilings(brain_rdms: RDMsOrPatterns, comparison: ComparisonParameters) -> pd.DataFrame:
    """Bound the similarity that any model can reach, for every ROI and method.

    Returns
    -------
    DataFrame
        Bounds are over the stimuli that the subjects who have the region share. A region that only one
        subject has, or whose subjects share too few stimuli, gets a row without bounds, and the reason.
    """
    labels = pd.DataFrame({key: brain_rdms.rdm_descriptors[key] for key in BRAIN})
    shared = StimulusSets.of(brain_rdms).by_region
    rows = []
    for (selectivity, roi), members in labels.groupby(list(REGION), sort=False):
        ids = shared[members.index[0]]
        undefined = TOO_FEW_STIMULI if len(ids) < LEAST_STIMULI else ""
        if len(members) < 2:
            undefined = TOO_FEW_SUBJECTS
        for method in comparison.methods:
            lower, upper = np.nan, np.nan
            if not undefined:
                lower, upper = represent(brain_rdms, method, ids, members.index.tolist()).noise_ceiling()
            rows.append(
                {
                    "selectivity": selectivity,
                    "roi": roi,
                    "method": method,
                    "lower": lower,
                    "upper": upper,
                    "n_subjects": len(members),
                    "n_stimuli": len(ids),
                    "undefined": undefined,
                }
            )
    return pd.DataFrame(rows, columns=list(NOISE_CEILINGS))


@overload
def align_models(model_rdms: RDMs, brain_rdms: RDMsOrPatterns) -> RDMs: ...
@overload
def align_models(model_rdms: LabelledPatterns, brain_rdms: RDMsOrPatterns) -> LabelledPatterns: ...
def align_models(model_rdms: RDMsOrPatterns, brain_rdms: RDMsOrPatterns) -> RDMsOrPatterns:
    """The model RDMs over the stimuli of the brain RDMs, in their order; patterns are matched when read."""
    ids = stimulus_ids(brain_rdms)
    if isinstance(model_rdms, LabelledPatterns):
        check_same_stimuli(model_rdms, ids)
        return model_rdms
    return label_rdms(
        align(model_rdms, ids),
        ids,
        {key: model_rdms.rdm_descriptors[key] for key in MODEL},
        model_rdms.dissimilarity_measure,
    )


def refuse_flat(brain_rdms: RDMsOrPatterns, model_rdms: RDMsOrPatterns) -> None:
    """Refuse RDMs that have the same dissimilarity for every pair of stimuli; patterns are looked at later.

    Raises
    ------
    RDMError
        That names the region and subject, or the model and layer.
    """
    refuse_flat_brains(brain_rdms)
    refuse_flat_models(model_rdms)


def refuse_flat_brains(brain_rdms: RDMsOrPatterns) -> None:
    """As `refuse_flat`, of brain RDMs alone."""
    _refuse_flat(brain_rdms, BRAIN, "leave the region out of study.regions")


def refuse_flat_models(model_rdms: RDMsOrPatterns) -> None:
    """As `refuse_flat`, of model RDMs alone."""
    _refuse_flat(model_rdms, ["model", "layer"], "choose another layer, or leave it out of the roster")


def _refuse_flat(rdms: RDMsOrPatterns, keys: Sequence[str], remedy: str) -> None:
    if isinstance(rdms, LabelledPatterns):
        return
    flat = is_flat(rdms.dissimilarities)
    # An RDM of a subject has NaN for the stimuli that the subject did not see.
    for row in np.flatnonzero(np.isnan(rdms.dissimilarities).any(axis=1)):
        flat[row] = is_flat(of_subject(rdms, int(row))[0][None])[0]
    if flat.any():
        first = int(np.flatnonzero(flat)[0])
        name = ", ".join(f"{key} {rdms.rdm_descriptors[key][first]}" for key in keys)
        raise RDMError(
            f"The RDM of {name} has the same dissimilarity for every pair of stimuli, so it is similar to "
            f"nothing; {remedy}."
        )
