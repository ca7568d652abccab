"""How sure the similarity of each model is: tests against chance and the noise ceiling, and bootstraps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import ParameterError
from tyrosine.parameters import InferenceParameters
from tyrosine.parameters.measures import METHODS, STIMULUS_PERMUTATION, resolve, tests_across_subjects
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.comparison import align_models
from tyrosine.rsa.engine import TOO_MANY_STIMULI, is_beyond_rdms, represent
from tyrosine.rsa.generalisation import NO_STIMULUS_BOOTSTRAP, generalise
from tyrosine.rsa.inference.chosen_layers import (
    NO_CHOICE,
    NO_PERMUTATION,
    NO_STIMULI_ALONE,
    OTHER_STIMULI,
    ChosenLayers,
    defined_columns,
    run_on_defined,
    spread_rows,
)
from tyrosine.rsa.inference.resampling import (
    Resamples,
    TermsOverStimuli,
    draw_subjects,
    refuse_beyond_memory,
    too_few,
)
from tyrosine.rsa.inference.tabulation import (
    NOT_DRAWN,
    Region,
    Similarities,
    join_rows,
    similarity_over,
    undefined_rows,
)
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.significance import TOO_FEW_SUBJECTS, Alternative
from tyrosine.rsa.stimulus_groups import StimulusGroups
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets, rows_by_stimuli
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns
from tyrosine.tables.columns import (
    ABOVE_CHANCE,
    BELOW_CEILING,
    BOOTSTRAP_SIMILARITIES,
    MODEL_TESTS,
    OVER,
)

# With two subjects the others are one, which says nothing of how the noise ceiling varies.
_NO_CEILING = {1: TOO_FEW_SUBJECTS, 2: "fewer than three subjects"}
NOTHING_TO_EXCHANGE = "every group has one stimulus"
"""Why there is no permutation within groups."""


def run_model_tests(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    similarities: pd.DataFrame,
    stimulus_resamples: Resamples,
    models: dict[str, ModelSpec],
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Test each model against chance, across subjects and within each, and against the noise ceiling.

    Returns
    -------
    DataFrame
        A row for each region, layer of a model, method, question and test; for the permutation test one
        for each subject too, with the interval of the bootstrap over stimuli. Tests against chance rest on
        all stimuli of each subject, those against the noise ceiling on the stimuli that subjects share.

    Raises
    ------
    ParameterError
        If the permutations would take more memory than `inference.memory_limit`.
    """
    # A permutation is a number of 4 bytes for each stimulus, and one of 8 for its place in the inverse.
    refuse_beyond_memory(inference, "n_permutations", 12 * brain_rdms.n_cond)
    found = Similarities.of(similarities)
    untrained = [name for name, spec in models.items() if spec.twin_of is not None]
    sets, aligned = StimulusSets.of(brain_rdms), align_models(model_rdms, brain_rdms)
    parts = []
    chosen = stimulus_resamples.chosen
    for method, plain in found.values.items():
        values = chosen.tested(plain, method)
        shared = similarity_over(brain_rdms, aligned, sets.by_region, sets.own, values, method)
        for region in found.regions():
            tested = [
                _above_chance(values, sets, region),
                _below_ceiling(brain_rdms, shared, sets, region, method, chosen),
            ]
            for asked in tested:
                for test, entry in tests_across_subjects().items():
                    if asked.undefined:
                        rows = undefined_rows(len(found.models), asked.undefined).assign(n=len(region.rows))
                    else:
                        run = resolve(entry.function)
                        rows = run_on_defined(
                            partial(_run_test, run, asked, inference.confidence_level),
                            defined_columns(asked.values),
                            asked.no_choice,
                        ).assign(n=len(asked.values))
                    start = f"{asked.question}, {test}, {method}: "
                    parts.append(
                        found.models.join(rows).assign(
                            selectivity=region.selectivity,
                            roi=region.roi,
                            method=method,
                            question=asked.question,
                            test=test,
                            n_stimuli=asked.n_stimuli,
                            **NOT_DRAWN,
                            family=_layer_families(start, found, untrained, "models × regions"),
                        )
                    )
        parts += _permutation_tests(
            brain_rdms,
            aligned,
            found,
            untrained,
            method,
            stimulus_resamples.own.get(method),
            stimulus_resamples.groups,
            inference,
            seed,
        )
    return join_rows(parts, MODEL_TESTS)


class _Asked(NamedTuple):
    """A question to one region, and the value of each subject and layer that answers it."""

    question: str
    values: NDArray[np.float64]
    alternative: Alternative
    n_stimuli: int
    undefined: str
    no_choice: str = NO_CHOICE


def _run_test(
    run: Callable[..., pd.DataFrame], asked: _Asked, level: float, columns: NDArray[np.bool_]
) -> pd.DataFrame:
    return run(asked.values[:, columns], asked.alternative, level)


def _above_chance(values: NDArray[np.float64], sets: StimulusSets, region: Region) -> _Asked:
    """Similarities of the subjects who saw enough stimuli, each over all stimuli that the subject saw."""
    kept = [row for row in region.rows if len(sets.own[row]) >= LEAST_STIMULI]
    return _Asked(
        ABOVE_CHANCE,
        values[kept],
        "greater",
        min(len(sets.own[row]) for row in kept or region.rows),
        "" if kept else TOO_FEW_STIMULI,
    )


def _below_ceiling(
    brain_rdms: RDMsOrPatterns,
    shared: NDArray[np.float64],
    sets: StimulusSets,
    region: Region,
    method: str,
    chosen: ChosenLayers,
) -> _Asked:
    """Similarities minus the noise ceiling, both over the stimuli that the subjects share.

    The ceiling of layers that were chosen in folds is that over the same folds.
    """
    ids, here = sets.by_region[region.rows[0]], shared[region.rows]
    n_layers = here.shape[1] - len(chosen.models)
    missing = _NO_CEILING.get(len(here), "")
    if not missing and len(ids) < LEAST_STIMULI:
        missing = TOO_FEW_STIMULI
    if not missing:
        ceiling = represent(brain_rdms, method, ids, region.rows.tolist()).jackknifed_ceiling()
        ceilings = np.repeat(ceiling[:, None], here.shape[1], axis=1)
        if np.isfinite(here[:, n_layers:]).any():
            ceilings[:, n_layers:] = chosen.ceiling(brain_rdms, method, ids, region.rows)[:, None]
        here = here - ceilings
    no_choice = NO_CHOICE if sets.by_region == sets.own else OTHER_STIMULI
    return _Asked(BELOW_CEILING, here, "less", len(ids), missing, no_choice)


def _layer_families(
    start: str, found: Similarities, untrained: Sequence[str], end: str
) -> NDArray[np.object_]:
    """Families of tests of each row of models.

    Those of reported layers do not depend on the others, nor those of trained models on untrained twins.
    """
    twins = found.models["model"].isin(list(untrained)).to_numpy()
    kinds = np.where(twins, "untrained twins", "models").astype(object)
    further = np.where(twins, "further layers of untrained twins", "further layers").astype(object)
    kinds = np.where(found.reported, kinds, further)
    return np.array([start + end.replace("models", kind) for kind in kinds], dtype=object)


def _permutation_tests(
    brain_rdms: RDMsOrPatterns,
    models: RDMsOrPatterns,
    found: Similarities,
    untrained: Sequence[str],
    method: str,
    resampled: NDArray[np.float64] | None,
    groups: StimulusGroups,
    inference: InferenceParameters,
    seed: int,
) -> list[pd.DataFrame]:
    """Tests within each subject, over all stimuli that it saw."""
    own = StimulusSets.of(brain_rdms).own
    is_layer = np.arange(len(found.models)) < models.n_rdm
    within = inference.permutation == "within_groups"
    if within and not groups.name:
        raise ParameterError(
            "inference.permutation is within_groups, but the stimuli have no groups; say in "
            "inference.stimulus_groups by which column of the table stimuli they are grouped."
        )
    exchanged = f" within {groups.name}" if within else ""
    start = f"{ABOVE_CHANCE}, {STIMULUS_PERMUTATION}{exchanged}, {method}: "
    families = _layer_families(start, found, untrained, "subjects × models × regions")
    grids = []
    for row, ids in enumerate(own):
        reason = _no_permutation(brain_rdms, method, ids, groups.codes(ids) if within else None)
        grids.append(
            found.models.assign(
                **found.brain.loc[row].to_dict(),
                method=method,
                question=ABOVE_CHANCE,
                test=STIMULUS_PERMUTATION,
                n=len(ids),
                n_stimuli=len(ids),
                **groups.labels(ids),
                family=families,
                undefined=reason or np.where(is_layer, "", NO_PERMUTATION),
            )
        )
    if METHODS[method].prepare is None:
        return grids
    behind = np.full(len(found.models) - models.n_rdm, np.nan)
    for ids, rows in rows_by_stimuli(own):
        codes = groups.codes(ids)
        if _no_permutation(brain_rdms, method, ids, codes if within else None):
            continue
        brain, aligned = represent(brain_rdms, method, ids, rows), represent(models, method, ids)
        stream = random_stream(seed, "permutation", "stimuli")
        observed, p = brain.permute(aligned, inference.n_permutations, stream, codes if within else None)
        variances = None
        if resampled is not None and not too_few(ids, groups):
            terms = brain.pair_terms(aligned, None, codes)
            variances = terms.variances_of_each([[[place]] for place in range(len(rows))])
        for place, row in enumerate(rows):
            numbers = {"estimate": observed[place], "statistic": observed[place], "p": p[place]}
            if resampled is not None and variances is not None:
                interval = generalise(
                    observed[[place]],
                    resampled[:, [row], : models.n_rdm],
                    np.ones((len(resampled), 1)),
                    variances[place],
                    groups.count(ids),
                    confidence_level=inference.confidence_level,
                )["stimuli"]
                numbers |= {bound: interval[bound].to_numpy() for bound in ("lower", "upper")}
            # Behind the layers are rows of those that are chosen in folds, which have no numbers.
            padded = {key: np.append(values, behind) for key, values in numbers.items()}
            grids[row] = grids[row].assign(
                n_resamples=pd.Series(inference.n_permutations, found.models.index[is_layer], "Int64"),
                **padded,
            )
    return grids


def _no_permutation(
    brain_rdms: RDMsOrPatterns, method: str, ids: Sequence[str], codes: NDArray[np.intp] | None
) -> str:
    """Why a subject who saw these stimuli has no permutation test; empty if there is one."""
    if METHODS[method].prepare is None:
        return "no permutation test for this method"
    if len(ids) < LEAST_STIMULI:
        return TOO_FEW_STIMULI
    if is_beyond_rdms(brain_rdms, ids):
        return TOO_MANY_STIMULI
    return NOTHING_TO_EXCHANGE if codes is not None and len(set(codes.tolist())) == len(ids) else ""


def bootstrap_models(
    brain_rdms: RDMsOrPatterns,
    model_rdms: RDMsOrPatterns,
    similarities: pd.DataFrame,
    stimulus_resamples: Resamples,
    models: dict[str, ModelSpec],
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Bootstrap each model's mean similarity over subjects, over stimuli, and over both.

    Returns
    -------
    DataFrame
        A row for each region, layer of a model, method, and what is resampled. Estimates, like intervals,
        are over the stimuli that the subjects who have the region share.
    """
    found = Similarities.of(similarities)
    untrained = [name for name, spec in models.items() if spec.twin_of is not None]
    sets, aligned = StimulusSets.of(brain_rdms), align_models(model_rdms, brain_rdms)
    parts = []
    chosen = stimulus_resamples.chosen
    no_choice = NO_CHOICE if sets.by_region == sets.own else OTHER_STIMULI
    for method, values in found.values.items():
        resampled = stimulus_resamples.by_region.get(method)
        groups = stimulus_resamples.groups
        terms = None
        if resampled is not None:
            terms = TermsOverStimuli(brain_rdms, model_rdms, method, chosen, groups)
        tested = chosen.tested(values, method)
        shared = similarity_over(brain_rdms, aligned, sets.by_region, sets.own, tested, method)
        for region in found.regions():
            ids = sets.by_region[region.rows[0]]
            reason = too_few(ids, groups)
            if len(ids) < LEAST_STIMULI:
                tables = dict.fromkeys(OVER, undefined_rows(len(found.models), reason))
            else:
                defined = defined_columns(shared[region.rows])
                drawn = terms is not None and not reason
                pairs = terms.variances(ids, region.rows[:, None].tolist()) if terms and drawn else None
                found_over = generalise(
                    shared[region.rows][:, defined],
                    resampled[:, region.rows][:, :, defined] if resampled is not None and drawn else None,
                    draw_subjects(region.subjects, inference, seed),
                    None if pairs is None else pairs.of(defined),
                    groups.count(ids),
                    "greater",
                    inference.confidence_level,
                    reason or NO_STIMULUS_BOOTSTRAP,
                )
                tables = {over: spread_rows(rows, defined, no_choice) for over, rows in found_over.items()}
                # Over subjects held fixed, choices held fixed too spread too little.
                is_layer = np.arange(len(found.models)) < aligned.n_rdm
                layers = tables["stimuli"][is_layer]
                tables["stimuli"] = spread_rows(layers, is_layer, NO_STIMULI_ALONE)
            for over in OVER:
                test = f"bootstrap over {over}"
                parts.append(
                    found.models.join(tables[over]).assign(
                        selectivity=region.selectivity,
                        roi=region.roi,
                        method=method,
                        over=over,
                        test=test,
                        n_subjects=len(region.subjects),
                        n_stimuli=len(ids),
                        **(NOT_DRAWN if over == "subjects" else groups.labels(ids)),
                        family=_layer_families(
                            f"{ABOVE_CHANCE}, {test}, {method}: ", found, untrained, "models × regions"
                        ),
                    )
                )
    return join_rows(parts, BOOTSTRAP_SIMILARITIES)
