"""How sure the similarity of each model is: tests against chance and the noise ceiling, and bootstraps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.labelled import RDMs
from tyrosine.parameters import InferenceParameters
from tyrosine.parameters.measures import METHODS, STIMULUS_PERMUTATION, resolve, tests_across_subjects
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa import permutation
from tyrosine.rsa.comparison import align_models, entries
from tyrosine.rsa.generalisation import PairTerms, generalise
from tyrosine.rsa.inference.resampling import (
    Resamples,
    TermsOverStimuli,
    draw_subjects,
    refuse_beyond_memory,
)
from tyrosine.rsa.inference.tabulation import (
    Region,
    Similarities,
    join_rows,
    similarity_over,
    undefined_rows,
)
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.significance import TOO_FEW_SUBJECTS, Alternative
from tyrosine.rsa.similarity import jackknifed_ceiling
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI, TOO_FEW_STIMULI, StimulusSets, rows_by_stimuli
from tyrosine.tables.columns import (
    ABOVE_CHANCE,
    BELOW_CEILING,
    BOOTSTRAP_SIMILARITIES,
    MODEL_TESTS,
    OVER,
)

# With two subjects the others are one, which says nothing of how the noise ceiling varies.
_NO_CEILING = {1: TOO_FEW_SUBJECTS, 2: "fewer than three subjects"}


def run_model_tests(
    brain_rdms: RDMs,
    model_rdms: RDMs,
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
    for method, values in found.values.items():
        shared = similarity_over(brain_rdms, aligned, sets.by_region, sets.own, values, method)
        for region in found.regions():
            tested = [
                _above_chance(values, sets, region),
                _below_ceiling(brain_rdms, shared, sets, region, method),
            ]
            for asked in tested:
                for test, entry in tests_across_subjects().items():
                    if asked.undefined:
                        rows = undefined_rows(len(found.models), asked.undefined).assign(n=len(region.rows))
                    else:
                        run = resolve(entry.function)
                        rows = run(asked.values, asked.alternative, inference.confidence_level)
                    start = f"{asked.question}, {test}, {method}: "
                    parts.append(
                        found.models.join(rows).assign(
                            selectivity=region.selectivity,
                            roi=region.roi,
                            method=method,
                            question=asked.question,
                            test=test,
                            n_stimuli=asked.n_stimuli,
                            family=_layer_families(start, found, untrained, "models × regions"),
                        )
                    )
        parts += _permutation_tests(
            brain_rdms, aligned, found, untrained, method, stimulus_resamples.own.get(method), inference, seed
        )
    return join_rows(parts, MODEL_TESTS)


class _Asked(NamedTuple):
    """A question to one region, and the value of each subject and layer that answers it."""

    question: str
    values: NDArray[np.float64]
    alternative: Alternative
    n_stimuli: int
    undefined: str


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
    brain_rdms: RDMs, shared: NDArray[np.float64], sets: StimulusSets, region: Region, method: str
) -> _Asked:
    """Similarities minus the noise ceiling, both over the stimuli that the subjects share."""
    ids, here = sets.by_region[region.rows[0]], shared[region.rows]
    missing = _NO_CEILING.get(len(here), "")
    if not missing and len(ids) < LEAST_STIMULI:
        missing = TOO_FEW_STIMULI
    if not missing:
        brain = entries(brain_rdms, method, ids, region.rows)
        here = here - jackknifed_ceiling(brain, method)[:, None]
    return _Asked(BELOW_CEILING, here, "less", len(ids), missing)


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
    brain_rdms: RDMs,
    models: RDMs,
    found: Similarities,
    untrained: Sequence[str],
    method: str,
    resampled: NDArray[np.float64] | None,
    inference: InferenceParameters,
    seed: int,
) -> list[pd.DataFrame]:
    """Tests within each subject, over all stimuli that it saw."""
    own = StimulusSets.of(brain_rdms).own
    start = f"{ABOVE_CHANCE}, {STIMULUS_PERMUTATION}, {method}: "
    families = _layer_families(start, found, untrained, "subjects × models × regions")
    grids = []
    for row, ids in enumerate(own):
        grids.append(
            found.models.assign(
                **found.brain.loc[row].to_dict(),
                method=method,
                question=ABOVE_CHANCE,
                test=STIMULUS_PERMUTATION,
                n=len(ids),
                n_stimuli=len(ids),
                family=families,
                undefined="no permutation test for this method"
                if METHODS[method].prepare is None
                else ""
                if len(ids) >= LEAST_STIMULI
                else TOO_FEW_STIMULI,
            )
        )
    if METHODS[method].prepare is None:
        return grids
    for ids, rows in rows_by_stimuli(own):
        if len(ids) < LEAST_STIMULI:
            continue
        brain, aligned = entries(brain_rdms, method, ids, rows), entries(models, method, ids)
        stream = random_stream(seed, "permutation", "stimuli")
        observed, p = permutation.permute_stimuli(brain, aligned, inference.n_permutations, stream, method)
        terms = None if resampled is None else PairTerms(brain, aligned, method)
        for place, row in enumerate(rows):
            numbers = {"estimate": observed[place], "statistic": observed[place], "p": p[place]}
            if resampled is not None and terms is not None:
                interval = generalise(
                    observed[[place]],
                    resampled[:, [row]],
                    np.ones((len(resampled), 1)),
                    terms.variances([[place]]),
                    len(ids),
                    confidence_level=inference.confidence_level,
                )["stimuli"]
                numbers |= {bound: interval[bound].to_numpy() for bound in ("lower", "upper")}
            grids[row] = grids[row].assign(n_resamples=inference.n_permutations, **numbers)
    return grids


def bootstrap_models(
    brain_rdms: RDMs,
    model_rdms: RDMs,
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
    for method, values in found.values.items():
        resampled = stimulus_resamples.by_region.get(method)
        terms = None if resampled is None else TermsOverStimuli(brain_rdms, model_rdms, method)
        shared = similarity_over(brain_rdms, aligned, sets.by_region, sets.own, values, method)
        for region in found.regions():
            ids = sets.by_region[region.rows[0]]
            if len(ids) < LEAST_STIMULI:
                tables = dict.fromkeys(OVER, undefined_rows(len(found.models), TOO_FEW_STIMULI))
            else:
                tables = generalise(
                    shared[region.rows],
                    None if resampled is None else resampled[:, region.rows],
                    draw_subjects(region.subjects, inference, seed),
                    None if terms is None else terms.variances(ids, region.rows[:, None].tolist()),
                    len(ids),
                    "greater",
                    inference.confidence_level,
                )
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
                        family=_layer_families(
                            f"{ABOVE_CHANCE}, {test}, {method}: ", found, untrained, "models × regions"
                        ),
                    )
                )
    return join_rows(parts, BOOTSTRAP_SIMILARITIES)
