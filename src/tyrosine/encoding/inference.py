"""How sure scores of encoding models and their differences are: over subjects, over images, and over both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.encoding.design import NO_SHARED_IMAGES, Design
from tyrosine.encoding.models import Encoded
from tyrosine.parameters import InferenceParameters, QuestionParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa.bootstrap import draw_stimulus_counts
from tyrosine.rsa.contrasts import in_common_regions
from tyrosine.rsa.generalisation import PairCovariance, generalise
from tyrosine.rsa.inference.model_contrasts import (
    Place,
    list_contrasts,
    mean_of_subjects,
    run_contrasts,
)
from tyrosine.rsa.inference.resampling import draw_subjects, too_few
from tyrosine.rsa.inference.tabulation import NOT_DRAWN, join_rows, no_rows
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.workers import map_in_threads
from tyrosine.tables.columns import (
    ABOVE_CHANCE,
    BRAIN,
    CONTRASTS,
    ENCODING,
    ENCODING_NORMALISED,
    ENCODING_TESTS,
    EVERY_REGION,
    MODEL,
    OVER,
    REGION,
)

FloatArray = NDArray[np.float64]

_SCORE_OF = {ENCODING: "r", ENCODING_NORMALISED: "r_normalised"}


class LeftOut(NamedTuple):
    """Scores without each image that is tested, or without each group of them.

    Attributes
    ----------
    values : ndarray of shape (n_units, n_rows, n_models, 2), float64
        Raw and normalised; rows are the subjects and regions of `encoding_scores`, in their order.
    design : Design
    """

    values: FloatArray
    design: Design


def stack_encoded(design: Design, *encoded: Encoded) -> tuple[pd.DataFrame, pd.DataFrame, LeftOut]:
    """Put the scores of all models together, region by region.

    Parameters
    ----------
    design : Design
        That all models were fitted by.
    *encoded : Encoded
        Of each model, in the order of the roster.

    Returns
    -------
    encoding_scores, encoding_channels : DataFrame
    left_out : LeftOut
    """
    first = encoded[0].scores
    region = first.groupby(list(REGION), sort=False).ngroup().to_numpy() if len(first) else np.empty(0)
    order = np.argsort(region, kind="stable")
    scores = pd.concat([one.scores.iloc[order] for one in encoded], ignore_index=True)
    channels = pd.concat([one.channels for one in encoded], ignore_index=True)
    values = np.stack([one.left_out[:, order] for one in encoded], axis=2)
    return _typed(scores), _typed(channels), LeftOut(values, design)


_WHOLE = ("subject", "n_stimuli", "n_training", "n_channels", "n_masked", "channel")
_NUMBERS = (
    "n_repetitions", "median_penalty", "penalty", "ncsnr", "ceiling", "r", "r2", "r_normalised",
    "r2_normalised", "predicted_rdm_similarity",
)  # fmt: skip


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its types, even where it has no rows."""
    kinds = dict.fromkeys(_WHOLE, "int64") | dict.fromkeys(_NUMBERS, "float64") | {"masked": "bool"}
    typed = table.astype({column: kinds.get(column, "str") for column in table.columns})
    for column in typed.columns.difference(list(kinds)):
        # Text of several parts stays in parts, which Parquet would show: other runners hand on other parts.
        typed[column] = typed[column].astype(object).astype("str")
    return typed


def bootstrap_scores(
    encoding_scores: pd.DataFrame,
    left_out: LeftOut,
    models: dict[str, ModelSpec],
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Test the mean score of each model in each region against zero, over subjects, over images, and both.

    Returns
    -------
    DataFrame
        A row for each region, model, method (raw and normalised) and what is resampled.
    """
    names = list(encoding_scores["model"].unique())
    labels = encoding_scores.drop_duplicates("model").set_index("model").loc[names].reset_index()
    labels = labels.assign(reported=True)[list(MODEL)]
    twins = np.array([models[name].twin_of is not None for name in names], dtype=bool)
    kinds = np.where(twins, "untrained twins", "models").astype(object)
    parts = []
    for method in _methods(encoding_scores):
        for place in _places(encoding_scores, left_out, method, inference, seed):
            if place.roi == EVERY_REGION:
                continue
            tables = generalise(
                place.shared,
                place.resampled,
                draw_subjects(place.subjects, inference, seed),
                None if place.pairs is None else place.pairs.combine(np.eye(len(names))),
                place.n_drawn,
                "greater",
                inference.confidence_level,
                place.too_few,
            )
            for over in OVER:
                test = f"bootstrap over {over}"
                parts.append(
                    labels.join(tables[over]).assign(
                        selectivity=place.selectivity,
                        roi=place.roi,
                        method=method,
                        over=over,
                        test=test,
                        n_subjects=len(place.subjects),
                        n_stimuli=place.n_own if over == "subjects" else place.n_shared,
                        **(NOT_DRAWN if over == "subjects" else place.drawn),
                        family=[f"{ABOVE_CHANCE}, {test}, {method}: {kind} × regions" for kind in kinds],
                    )
                )
    return join_rows(parts, ENCODING_TESTS) if parts else no_rows(ENCODING_TESTS)


def contrast_encoding(
    encoding_scores: pd.DataFrame,
    left_out: LeftOut,
    models: dict[str, ModelSpec],
    questions: QuestionParameters,
    inference: InferenceParameters,
    seed: int,
) -> pd.DataFrame:
    """Compare encoding models as `tyrosine.rsa.inference.model_contrasts` compares similarities.

    Returns
    -------
    DataFrame
        The columns of `contrasts`: a row for each contrast, region (and the mean over the regions that all
        subjects have), method (raw and normalised) and test.
    """
    names = list(encoding_scores["model"].unique())
    listed = list_contrasts(questions, {name: models[name] for name in names})
    parts = []
    for method in _methods(encoding_scores):
        for place in _places(encoding_scores, left_out, method, inference, seed):
            counts = draw_subjects(place.subjects, inference, seed)
            for contrasts in listed:
                parts += run_contrasts(contrasts, place, counts, method, names, inference)
    return join_rows(parts, CONTRASTS) if parts else no_rows(CONTRASTS)


def _methods(scores: pd.DataFrame) -> list[str]:
    """Raw scores and normalised ones, where any row has them."""
    return [method for method, column in _SCORE_OF.items() if scores[column].notna().any()]


def _places(
    scores: pd.DataFrame, left_out: LeftOut, method: str, inference: InferenceParameters, seed: int
) -> Iterator[Place]:
    """Every region that a subject has a score in, and then the mean over those that all subjects have."""
    names = scores["model"].unique()
    rows = scores.loc[scores["model"] == names[0], [*BRAIN, "n_stimuli"]].reset_index(drop=True)
    values = scores[_SCORE_OF[method]].to_numpy().reshape(len(names), len(rows)).T
    without = left_out.values[..., list(_SCORE_OF).index(method)]
    defined = np.isfinite(values).all(axis=1)
    regions = [
        (str(selectivity), str(roi), members.index.to_numpy())
        for (selectivity, roi), members in rows.groupby(list(REGION), sort=False)
    ]
    everywhere = (EVERY_REGION, EVERY_REGION, np.arange(len(rows)))
    for selectivity, roi, of_region in [*regions, everywhere]:
        kept = of_region[defined[of_region]]
        if roi == EVERY_REGION:
            here = rows.loc[kept]
            kept = kept[in_common_regions(here["roi"], here["subject"], here["selectivity"])]
        owners = rows.loc[kept, "subject"].tolist()
        if not owners:
            continue
        own = mean_of_subjects(values[kept], owners)
        design = left_out.design
        reason = too_few(design.shared, design.groups) if design.shared else NO_SHARED_IMAGES
        resampled, pairs = None, None
        if not reason:
            influence = mean_of_subjects(without[:, kept], owners) - own
            resampled, pairs = _resample(own, influence, design, inference, seed)
        yield Place(
            selectivity=selectivity,
            roi=roi,
            regions=" ".join(rows.loc[kept, "roi"].unique()),
            subjects=list(dict.fromkeys(owners)),
            own=own,
            n_own=int(rows.loc[kept, "n_stimuli"].min()),
            shared=own,
            n_shared=len(design.shared),
            resampled=resampled,
            pairs=pairs,
            no_choice="",
            drawn=design.groups.labels(design.shared) if design.shared else NOT_DRAWN,
            n_drawn=design.groups.count(design.shared),
            too_few=reason,
        )


def _resample(
    own: FloatArray, change: FloatArray, design: Design, inference: InferenceParameters, seed: int
) -> tuple[FloatArray, PairCovariance]:
    """Scores in resamples of the images, and without each image, as far from the scores as studies differ.

    Parameters
    ----------
    own : ndarray of shape (n_subjects, n_models)
    change : ndarray of shape (n_units, n_subjects, n_models)
        Of a score when a unit is left out.
    design : Design
    inference : InferenceParameters
    seed : int

    Returns
    -------
    resampled : ndarray of shape (n_resamples, n_subjects, n_models)
        A score changes with the number of times that each unit is drawn as its jackknife says.
    pairs : PairCovariance
        Without terms of pairs, which scores do not have.
    """
    n_units, n_subjects, n_models = change.shape
    wider = change * np.sqrt(design.surplus)
    influence = -(wider - wider.mean(axis=0)) * (n_units - 1) / n_units
    counts = draw_stimulus_counts(
        n_units, inference.n_bootstraps, random_stream(seed, "bootstrap", "stimuli")
    )
    flat = influence.reshape(n_units, -1)
    (changes,) = map_in_threads(lambda times: (times - 1.0) @ flat, [counts])
    resampled = changes.reshape(-1, n_subjects, n_models) + own
    none = np.zeros((n_models, n_models))
    codes = design.groups.codes(design.shared)
    between = 1.0
    if codes is not None:
        sizes = np.bincount(codes)
        between = 1.0 - float((sizes * (sizes - 1)).sum() / (len(codes) * (len(codes) - 1)))
    return resampled, PairCovariance(none, none, own.mean(axis=0) + wider.mean(axis=1), between)
