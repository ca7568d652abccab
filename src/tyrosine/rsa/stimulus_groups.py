"""The groups of stimuli that bootstrap and folds have whole, and within which the permutation exchanges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.errors import ParameterError

LEAST_GROUPS = 8
"""Least groups with which `inference.stimulus_groups: auto` draws groups: with fewer, the variance among them
is hardly known."""
TOO_FEW_GROUPS = "fewer than four groups of stimuli"
"""The reason that a row gives whose bootstrap would draw from fewer than four groups."""

_COLUMNS = {"category": "main_category", "supercategory": "main_supercategory"}
_LISTED = {"category": "categories", "supercategory": "supercategories"}


@dataclass(frozen=True)
class StimulusGroups:
    """Which stimuli belong together.

    Attributes
    ----------
    name : str
        What they are grouped by, as `inference.stimulus_groups` calls it; empty if each stimulus stands for
        itself.
    group_of : mapping of str to str
        The group of each stimulus that has one, by stimulus id. A stimulus without one is a group of its own.
    """

    name: str = ""
    group_of: Mapping[str, str] = field(default_factory=dict)

    def codes(self, ids: Sequence[str]) -> NDArray[np.intp] | None:
        """Number of the group of each of these stimuli, from zero; None if each stands for itself."""
        if not self.name:
            return None
        keys = [("group", self.group_of[one]) if one in self.group_of else ("alone", one) for one in ids]
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        return np.array([numbers[key] for key in keys], dtype=np.intp)

    def count(self, ids: Sequence[str]) -> int:
        """How many units the bootstrap draws of these stimuli: groups, or stimuli."""
        codes = self.codes(ids)
        return len(ids) if codes is None else int(codes.max(initial=-1)) + 1

    def labels(self, ids: Sequence[str]) -> dict[str, object]:
        """The columns `DRAWN` of a row whose bootstrap draws these stimuli."""
        return {"stimulus_groups": self.name, "n_groups": self.count(ids) if self.name else pd.NA}


NO_GROUPS = StimulusGroups()
"""Each stimulus stands for itself."""


def choose_groups(stimuli: pd.DataFrame, asked: str, shared: Collection[str]) -> StimulusGroups:
    """Group the stimuli as the parameter `inference.stimulus_groups` says.

    Parameters
    ----------
    stimuli : DataFrame
        The table `stimuli`.
    asked : str
        `auto`, `none`, `category`, `supercategory`, or a column of the table. Of a column of lists the first
        entry counts.
    shared : collection of str
        The stimuli that all subjects saw. `auto` groups by category if these have `LEAST_GROUPS` categories.

    Returns
    -------
    StimulusGroups
        A stimulus with several categories goes by its main one, which has the largest visible area; in a
        study without annotated objects, by the first in its list.

    Raises
    ------
    ParameterError
        If there is no such column, or it says nothing of any stimulus.
    """
    if asked == "none":
        return NO_GROUPS
    name = "category" if asked == "auto" else asked
    column = _COLUMNS.get(name, name)
    if column not in stimuli:
        raise ParameterError(
            f"inference.stimulus_groups is {asked}, but the table stimuli has no such column; give auto, "
            f"none, category, supercategory or one of {', '.join(stimuli.columns)}."
        )
    values = stimuli[column]
    if name in _LISTED:
        values = values.where(values.notna(), stimuli[_LISTED[name]])
    firsts = [_first(value) for value in values]
    group_of = {str(one): first for one, first in zip(stimuli["stimulus_id"], firsts) if first is not None}
    if asked == "auto":
        known = {group_of[one] for one in shared if one in group_of}
        return StimulusGroups(name, group_of) if len(known) >= LEAST_GROUPS else NO_GROUPS
    if not group_of:
        raise ParameterError(
            f"inference.stimulus_groups is {asked}, but the table stimuli has no {name} of any stimulus; add "
            "annotations of the images (study.coco_path), or give auto or none."
        )
    return StimulusGroups(name, group_of)


def deal_groups(
    ids: Sequence[str], groups: StimulusGroups, n_folds: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Deal stimuli to folds, whole groups of them where there are groups.

    Parameters
    ----------
    ids : sequence of str
    groups : StimulusGroups
    n_folds : int
    rng : numpy.random.Generator

    Returns
    -------
    folds : ndarray of shape (n_stimuli,), int
        Number of the fold of each stimulus. Groups come in random order, and each is dealt to the fold that
        then has the fewest stimuli, so that the sizes of folds differ by the largest group at most; those of
        folds of single stimuli differ by one at most.
    """
    codes = groups.codes(ids)
    if codes is None:
        return np.asarray(rng.permutation(np.arange(len(ids)) % n_folds))
    sizes = np.bincount(codes)
    fold_of_group, filled = np.empty(len(sizes), dtype=np.intp), np.zeros(n_folds)
    for group in rng.permutation(len(sizes)):
        fold_of_group[group] = filled.argmin()
        filled[fold_of_group[group]] += sizes[group]
    return fold_of_group[codes]


def _first(value: object) -> str | None:
    """The value, or the first of a list, as text; None if it is missing or empty."""
    if isinstance(value, list | tuple | np.ndarray):
        return str(value[0]) if len(value) else None
    return None if pd.isna(value) else str(value)
