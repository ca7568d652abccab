"""How sure the similarity of each model is: tests against chance and the noise ceiling, and bootstraps."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.parameters import InferenceParameters
from tyrosine.rsa import permutation
from tyrosine.rsa.comparison import align_models, entries
from tyrosine.rsa.generalisation import PairTerms, generalise
from tyrosine.rsa.inference.resampling import Resamples, draw_subjects, pair_terms, refuse_beyond_memory
from tyrosine.rsa.inference.tabulation import Similarities, join_rows, undefined_rows
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import RDMs
from tyrosine.rsa.significance import ACROSS_SUBJECTS, TOO_FEW_SUBJECTS, Alternative
from tyrosine.rsa.similarity import jackknifed_ceiling
from tyrosine.tables.columns import (
    ABOVE_CHANCE,
    BELOW_CEILING,
    BOOTSTRAP_SIMILARITIES,
    MODEL_TESTS,
    OVER,
    STIMULUS_PERMUTATION,
)

# With two subjects the others are one, which says nothing of how the noise ceiling varies.
_NO_CEILING = {1: TOO_FEW_SUBJECTS, 2: "fewer than three subjects"}


def run_model_tests(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    similarities: pd.DataFrame,
    stimulus_resamples: Resamples,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Test each model against chance, across subjects and within each, and against the noise ceiling.

    Returns
    -------
    DataFrame
        A row for each region, layer of a model, method, question and test; for the permutation test one
        for each subject too, with the interval of the bootstrap over stimuli.

    Raises
    ------
    ParameterError
        If the permutations would take more memory than `inference.memory_limit`.
    """
    # A permutation is a number of 4 bytes for each stimulus, and one of 8 for its place in the inverse.
    refuse_beyond_memory(inference, "n_permutations", 12 * brain_rdms.n_cond)
    found = Similarities.of(similarities)
    labels = found.models
    parts = []
    for method, values in found.values.items():
        for region in found.regions():
            here = values[region.rows]
            brain = entries(brain_rdms, method)[region.rows]
            missing = _NO_CEILING.get(len(here))
            distance = here if missing else here - jackknifed_ceiling(brain, method)[:, None]
            questions: list[tuple[str, NDArray[np.float64], Alternative, str | None]] = [
                (ABOVE_CHANCE, here, "greater", None),
                (BELOW_CEILING, distance, "less", missing),
            ]
            for question, tested, alternative, reason in questions:
                for test, run in ACROSS_SUBJECTS.items():
                    if reason:
                        rows = undefined_rows(len(labels), reason).assign(n=len(here))
                    else:
                        rows = run(tested, alternative, inference.confidence_level)
                    parts.append(
                        labels.join(rows).assign(
                            selectivity=region.selectivity,
                            roi=region.roi,
                            method=method,
                            question=question,
                            test=test,
                            family=_layer_families(
                                f"{question}, {test}, {method}: ", found, "models × regions"
                            ),
                        )
                    )
        parts += _permutation_tests(
            brain_rdms, model_rdms, found, method, stimulus_resamples.get(method), inference, seed
        )
    return join_rows(parts, MODEL_TESTS)


def _layer_families(start: str, found: Similarities, end: str) -> NDArray[np.object_]:
    """Families of tests of each row of models: those of reported layers do not depend on the others."""
    return np.where(found.reported, start + end, start + end.replace("models", "further layers")).astype(
        object
    )


def _permutation_tests(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    found: Similarities,
    method: str,
    resampled: NDArray[np.float64] | None,
    inference: InferenceParameters,
    seed: int,
) -> list[pd.DataFrame]:
    test, n_stimuli = STIMULUS_PERMUTATION, brain_rdms.n_cond
    grid = found.brain.merge(found.models, how="cross").assign(
        method=method, question=ABOVE_CHANCE, test=test, n=n_stimuli
    )
    start = f"{ABOVE_CHANCE}, {test}, {method}: "
    families = _layer_families(start, found, "subjects × models × regions")
    grid["family"] = np.tile(families, len(found.brain))
    if method not in permutation.METHODS:
        return [grid.join(undefined_rows(len(grid), "no permutation test for this method"))]
    brain, aligned = entries(brain_rdms, method), entries(align_models(model_rdms, brain_rdms), method)
    observed, p = permutation.permute_stimuli(
        brain,
        aligned,
        inference.n_permutations,
        random_stream(seed, "permutation", "stimuli"),
        method,
    )
    grid["n_resamples"] = inference.n_permutations
    grid["estimate"], grid["statistic"], grid["p"] = observed.ravel(), observed.ravel(), p.ravel()
    grid["undefined"] = ""
    if resampled is not None:
        terms = PairTerms(brain, aligned, method)
        for row, own in enumerate(observed):
            table = generalise(
                own[None],
                resampled[:, [row]],
                np.ones((len(resampled), 1)),
                terms.variances([[row]]),
                n_stimuli,
                confidence_level=inference.confidence_level,
            )["stimuli"]
            first = row * len(own)
            grid.loc[first : first + len(own) - 1, ["lower", "upper"]] = table[["lower", "upper"]].to_numpy()
    return [grid]


def bootstrap_models(
    brain_rdms: RDMs,
    model_rdms: RDMs,
    similarities: pd.DataFrame,
    stimulus_resamples: Resamples,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Bootstrap each model's mean similarity over subjects, over stimuli, and over both.

    Returns
    -------
    DataFrame
        A row for each region, layer of a model, method, and what is resampled.
    """
    found = Similarities.of(similarities)
    parts = []
    for method, values in found.values.items():
        resampled = stimulus_resamples.get(method)
        terms = None if resampled is None else pair_terms(brain_rdms, model_rdms, method)
        for region in found.regions():
            tables = generalise(
                values[region.rows],
                None if resampled is None else resampled[:, region.rows],
                draw_subjects(region.subjects, inference, seed),
                None if terms is None else terms.variances(region.rows[:, None].tolist()),
                brain_rdms.n_cond,
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
                        n_stimuli=brain_rdms.n_cond,
                        family=_layer_families(
                            f"{ABOVE_CHANCE}, {test}, {method}: ", found, "models × regions"
                        ),
                    )
                )
    return join_rows(parts, BOOTSTRAP_SIMILARITIES)
