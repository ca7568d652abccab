"""The stimuli that numbers rest on, where subjects saw different ones, and how many they must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tyrosine.rsa.rdms import seen_stimuli, stimulus_ids
from tyrosine.rsa.without_rdms.labelled import RDMsOrPatterns

LEAST_STIMULI = 4
"""Least stimuli that a number can rest on: with fewer, debiased CKA and the bootstrap over stimuli do not
exist, and a similarity is of three pairs at most. A row of a table that rests on fewer has no number but says
why."""
TOO_FEW_STIMULI = "fewer than four stimuli"
"""The reason that such a row gives."""


class StimulusSets(NamedTuple):
    """The stimuli that numbers of each brain RDM rest on, one tuple of ids a row.

    A similarity of one subject rests on all stimuli that the subject saw. What is said of several subjects
    together, such as a noise ceiling or a bootstrap over stimuli, rests on those that they all saw: the
    subjects who have the region, or, over all regions, all subjects.
    """

    own: list[tuple[str, ...]]
    by_region: list[tuple[str, ...]]
    overall: list[tuple[str, ...]]

    @classmethod
    def of(cls, brain_rdms: RDMsOrPatterns) -> StimulusSets:
        """Sets of RDMs, or of patterns in their place, with the descriptor `roi`."""
        seen, names = seen_stimuli(brain_rdms), stimulus_ids(brain_rdms)
        rois = np.asarray(brain_rdms.rdm_descriptors["roi"])
        shared = np.stack([seen[rois == roi].all(axis=0) for roi in rois])
        found: dict[bytes, tuple[str, ...]] = {}

        def name(masks: NDArray[np.bool_]) -> list[tuple[str, ...]]:
            for mask in masks:
                if mask.tobytes() not in found:
                    found[mask.tobytes()] = tuple(names[place] for place in np.flatnonzero(mask))
            return [found[mask.tobytes()] for mask in masks]

        return cls(name(seen), name(shared), name(np.broadcast_to(seen.all(axis=0), seen.shape)))


def rows_by_stimuli(sets: Sequence[tuple[str, ...]]) -> list[tuple[tuple[str, ...], list[int]]]:
    """Each set of stimuli, with the rows that it belongs to, in the order of their first rows."""
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, ids in enumerate(sets):
        rows.setdefault(ids, []).append(row)
    return list(rows.items())
