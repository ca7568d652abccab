"""The precision `auto`: bfloat16 where the hardware computes in it and the representation stays."""

from __future__ import annotations

import logging

import numpy as np
from scipy.spatial.distance import pdist

from tyrosine.models.shards import Features
from tyrosine.parameters.models import ModelSpec

logger = logging.getLogger(__name__)

# Correlation of the RDM in bfloat16 with that in float32, of the stimuli of a sample.
LEAST_CORRELATION = 0.999
SAMPLE = 64


def sample_rows(n_rows: int) -> list[int]:
    """The rows of the sample, spread evenly over all."""
    return sorted({int(row) for row in np.linspace(0, n_rows - 1, SAMPLE)})


def same_representation(spec: ModelSpec, half: Features, full: Features) -> bool:
    """Whether the RDM of the sample is the same in bfloat16 as in float32; logs which precision is taken.

    Parameters
    ----------
    spec : ModelSpec
        For the message.
    half, full : Features
        Of the sample, in bfloat16 and in float32.

    Returns
    -------
    bool
        Whether the RDMs of every layer correlate more than 0.999.
    """
    correlation = least_correlation(half, full)
    same = correlation > LEAST_CORRELATION
    logger.info(
        "%s is computed in %s: the RDM of %d stimuli in bfloat16 correlates %.5f with that in float32, "
        "and more than %s is asked for.",
        spec.label,
        "bfloat16" if same else "float32",
        len(full.rows),
        correlation,
        LEAST_CORRELATION,
    )
    return same


def least_correlation(one: Features, other: Features) -> float:
    """Correlation of the RDMs of two sets of features, of the layer where it is least.

    Parameters
    ----------
    one, other : Features
        Of the same stimuli and layers.

    Returns
    -------
    float
        Pearson's, of the upper triangles of RDMs of correlation distance; not a number if an RDM does not
        vary, as with fewer than three stimuli.
    """
    # Two stimuli have one dissimilarity, which nothing correlates with.
    if len(one.rows) < 3:
        return float("nan")
    ends = np.cumsum(one.widths)[:-1]
    layers = zip(np.split(one.rows, ends, axis=1), np.split(other.rows, ends, axis=1), strict=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return min(
            float(
                np.corrcoef(pdist(a.astype(float), "correlation"), pdist(b.astype(float), "correlation"))[
                    0, 1
                ]
            )
            for a, b in layers
        )
