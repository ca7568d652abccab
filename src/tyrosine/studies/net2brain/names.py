"""Names of stimuli and of arrays in Net2Brain's files: their order, and what they may be."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.wording import first_three


def natural_order(stimuli: Sequence[str]) -> list[int]:
    """Where Net2Brain's `RDMCreator` puts each stimulus: numbers in a name count as numbers.

    Its `RSA` compares rows by position, so whatever it is given must be in the order that it uses itself.

    Parameters
    ----------
    stimuli : sequence of str

    Returns
    -------
    list of n_stimuli int
        Indices into `stimuli`, first to last.

    Raises
    ------
    StudyError
        If two names differ in leading zeros only: their order there is that of the folder's listing.
    """
    keys = [natural_key(name) for name in stimuli]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    for one, other in itertools.pairwise(order):
        if keys[one] == keys[other]:
            raise StudyError(
                f"Net2Brain cannot tell the order of the stimuli {stimuli[one]} and {stimuli[other]}, which "
                "differ in leading zeros only; give one of them another name."
            )
    return order


def natural_key(name: str) -> list[tuple[str, int]]:
    """Pairs of what is not a number and the number after it: names sort by these as in Net2Brain.

    The package natsort sorts names without accents in the same order (0 of 600 random lists differ), but
    brings accented letters to one spelling first, which Net2Brain does not: 300 of 300 lists with such
    letters differ. The positions of RDMs depend on this order.
    """
    pieces = re.findall(r"(\D*)(\d*)", name)
    return [(text, int(digits) if digits else -1) for text, digits in pieces]


def keys_of(path: Path) -> list[str]:
    """Names of the arrays in an .npz file, in the file's order."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            keys = list(arrays.files)
    except FileNotFoundError:
        raise StudyError(f"There is no file {path}.") from None
    except Exception as error:
        raise StudyError(f"{path} is no .npz file ({error}); get an intact copy.") from error
    if not keys:
        raise StudyError(f"{path} holds no array; get an intact copy.")
    return keys


def finite_numbers(array: NDArray, path: Path, key: str) -> NDArray:
    """The array itself, if it holds numbers that are finite."""
    if array.dtype.kind not in "fiu":
        raise StudyError(f"The array {key} in {path} holds {array.dtype}; expected numbers.")
    if not np.isfinite(array).all():
        raise StudyError(f"The array {key} in {path} is not finite; have Net2Brain make it again.")
    return array


def wanted_names(have: list[str], stimuli: Sequence[str] | None, where: Path) -> list[str]:
    """The names that are asked for, all of which the file has; those of the file if none are."""
    if stimuli is None:
        return have
    wanted = [str(name) for name in stimuli]
    lacking = [name for name in wanted if name not in set(have)]
    if lacking:
        raise StudyError(
            f"{where} lacks {first_three(lacking)} of the {len(wanted)} stimuli; "
            f"it has {len(have)}, such as {', '.join(have[:3])}."
        )
    return wanted


def refuse_names(names: Iterable[str], what: str = "stimulus") -> None:
    """Refuse names that a file of Net2Brain's cannot have."""
    for name in names:
        if not name or "/" in name or "\\" in name or name.startswith(".") or "consolidated" in name:
            raise StudyError(
                f"The {what} {name!r} cannot name a file of Net2Brain's, which takes any name without "
                "slashes that does not begin with a dot or hold the word 'consolidated'."
            )
