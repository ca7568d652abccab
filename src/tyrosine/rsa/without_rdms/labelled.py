"""Patterns of several regions or models that carry the labels that their RDMs would have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import RDMError
from tyrosine.labelled import RDMs
from tyrosine.rsa.without_rdms.patterns import Patterns
from tyrosine.wording import first_three


class RDMLimits(NamedTuple):
    """How large RDMs may be that are made for methods which need them.

    Attributes
    ----------
    max_stimuli : int
    n_samples : int
        Random subsets of so many stimuli that estimate what needs larger RDMs; 0 for none.
    seed : int
    """

    max_stimuli: int
    n_samples: int
    seed: int


@dataclass(frozen=True)
class LabelledPatterns:
    """Patterns of regions or of models, in place of `rsatoolbox.rdm.RDMs`; they never change.

    Attributes
    ----------
    sets : tuple of Patterns
        One for each RDM that there would be, each over the stimuli that its subject saw, in their order.
    stimulus_ids : tuple of str
        All stimuli.
    seen : ndarray of shape (n_rdms, n_stimuli), bool
        Which stimuli each of them is over.
    rdm_descriptors : dict of str to list
        Labels, as RDMs have them.
    dissimilarity_measure : str
        Name of the distance.
    limits : RDMLimits
    """

    sets: tuple[Patterns, ...]
    stimulus_ids: tuple[str, ...]
    seen: NDArray[np.bool_]
    rdm_descriptors: Mapping[str, Sequence[Any]]
    dissimilarity_measure: str
    limits: RDMLimits

    def __deepcopy__(self, memo: dict[int, Any]) -> LabelledPatterns:
        """Itself: what never changes may be shared, and takes its memory once."""
        return self

    @property
    def n_rdm(self) -> int:
        """Number of RDMs that there would be."""
        return len(self.sets)

    @property
    def n_cond(self) -> int:
        """Number of stimuli."""
        return len(self.stimulus_ids)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.stimulus_ids)}

    def over(self, ids: Sequence[str], rows: Sequence[int] | None = None) -> list[Patterns]:
        """Patterns of some of the rows over some of their stimuli.

        Parameters
        ----------
        ids : sequence of str
            The wanted stimuli, in the wanted order.
        rows : sequence of int, optional
            All if not given.

        Raises
        ------
        RDMError
            If a stimulus is unknown, or one of the rows is not over it.
        """
        lacking = [name for name in ids if name not in self._place]
        if lacking:
            raise RDMError(
                f"The patterns are not over the stimuli {first_three(lacking)}; run all pipelines on the "
                "same study (kedro run)."
            )
        wanted = np.array([self._place[name] for name in ids], dtype=np.intp)
        chosen = []
        for row in range(self.n_rdm) if rows is None else rows:
            seen = self.seen[row]
            if not seen[wanted].all():
                raise RDMError(
                    "Patterns were asked for stimuli that their subject did not see; ask for those that "
                    "subjects share."
                )
            every = np.flatnonzero(seen)
            if np.array_equal(every, wanted):
                chosen.append(self.sets[row])
            else:
                chosen.append(self.sets[row].of((np.cumsum(seen) - 1)[wanted]))
        return chosen

    def subset(self, by: str, value: Any) -> LabelledPatterns:
        """The rows of these numbers (`index`), or with these labels, as RDMs have it."""
        wanted = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        labels = range(self.n_rdm) if by == "index" else self.rdm_descriptors[by]
        rows = [row for row, label in enumerate(labels) if label in wanted]
        return replace(
            self,
            sets=tuple(self.sets[row] for row in rows),
            seen=self.seen[rows],
            rdm_descriptors={
                key: [values[row] for row in rows] for key, values in self.rdm_descriptors.items()
            },
        )


RDMsOrPatterns = RDMs | LabelledPatterns
"""What regions or models are compared by."""
