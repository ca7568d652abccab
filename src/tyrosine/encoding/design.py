"""Which images weights are fitted to and which they are tested on, so that no image is on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.labelled import Dataset
from tyrosine.parameters import EncodingParameters, InferenceParameters
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import STIMULUS_ID
from tyrosine.rsa.stimulus_groups import NO_GROUPS, StimulusGroups, choose_groups, deal_groups
from tyrosine.rsa.stimulus_sets import LEAST_STIMULI

FOLDS, OWN_IMAGES = "folds", "own images"
"""How images are split: folds of those that are tested, or weights fitted to each subject's own images."""
TOO_FEW_IMAGES = "fewer than four images of a fold"
TOO_FEW_GROUPS_OF_FOLDS = "fewer than two groups of images to deal to folds"
NO_SHARED_IMAGES = "the subjects share too few images"


class Fold(NamedTuple):
    """One fit: places among the images of a subject.

    Attributes
    ----------
    train, test : ndarray of int
        Images that weights are fitted to, and images that they are tested on.
    inner : ndarray of shape (n_train,), int
        The inner fold of each image of `train`, from zero.
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    inner: NDArray[np.intp]


class Split(NamedTuple):
    """The folds of the images of one subject, and of all subjects who saw the same.

    Attributes
    ----------
    ids : tuple of str
        All images that the subject saw, each once, whatever its number of repetitions.
    folds : tuple of Fold
        Without any where there are too few images.
    undefined : str
        Why there are none; empty if there are.
    """

    ids: tuple[str, ...]
    folds: tuple[Fold, ...]
    undefined: str = ""

    @property
    def tested(self) -> NDArray[np.intp]:
        """Places of the images that are tested, fold by fold."""
        return np.concatenate([fold.test for fold in self.folds]) if self.folds else np.empty(0, np.intp)

    @property
    def fold_of_tested(self) -> NDArray[np.intp]:
        """The fold of each of `tested`."""
        return np.repeat(np.arange(len(self.folds)), [len(fold.test) for fold in self.folds])


class Design(NamedTuple):
    """The splits of all subjects.

    Attributes
    ----------
    splits : dict of int to Split
        By subject.
    kind : str
        `FOLDS` or `OWN_IMAGES`.
    groups : StimulusGroups
        Those that a bootstrap draws whole.
    shared : tuple of str
        The images that are tested, fold by fold, where they are the same for all subjects; else none.
    """

    splits: dict[int, Split]
    kind: str
    groups: StimulusGroups
    shared: tuple[str, ...]

    @property
    def surplus(self) -> float:
        """How much more scores vary over studies than single images tell, because weights vary too.

        Fits to overlapping images depend on each other, and on the images that others are tested on. The
        variance of a mean over tested images is taken 1 + n_tested / n_train times.

        References
        ----------
        Nadeau & Bengio (2003), Mach Learn 52: 239-281.
        """
        ratios = [
            len(split.tested) / np.mean([len(fold.train) for fold in split.folds])
            for split in self.splits.values()
            if split.folds
        ]
        return 1.0 + float(np.max(ratios)) if ratios else 1.0


def design_encoding(
    responses: Mapping[str, Callable[[], Dataset]],
    stimuli: pd.DataFrame,
    encoding: EncodingParameters,
    inference: InferenceParameters,
    seed: int,
) -> Design:
    """Split the images of each subject.

    Parameters
    ----------
    responses : mapping of str to callable
        Loads the responses of a subject.
    stimuli : DataFrame
        The table `stimuli`.
    encoding : EncodingParameters
    inference : InferenceParameters
        Whose `stimulus_groups` says which images a bootstrap draws together.
    seed : int

    Returns
    -------
    Design
        Without splits where there are no responses.
    """
    order = [str(name) for name in stimuli[STIMULUS_ID]]
    seen: dict[int, tuple[str, ...]] = {}
    for name in sorted(responses):
        measured = responses[name]()
        here = {str(one) for one in measured.obs_descriptors[STIMULUS_ID]}
        seen[int(measured.descriptors["subject"])] = tuple(one for one in order if one in here)
    if not seen:
        return Design({}, FOLDS, NO_GROUPS, ())
    shared = set.intersection(*(set(ids) for ids in seen.values()))
    groups = choose_groups(stimuli, encoding.fold_groups, shared)
    design = split_images(seen, groups, encoding, seed)
    return design._replace(groups=choose_groups(stimuli, inference.stimulus_groups, shared))


def split_images(
    seen: Mapping[int, Sequence[str]], groups: StimulusGroups, encoding: EncodingParameters, seed: int
) -> Design:
    """Split images that subjects saw.

    Parameters
    ----------
    seen : mapping of int to sequence of str
        The images of each subject, each once.
    groups : StimulusGroups
        Those that folds have whole.
    encoding : EncodingParameters
    seed : int

    Returns
    -------
    Design
        Images that all subjects share are tested, in folds, and those of one subject alone are only fitted
        to. Where each subject has as many images of its own as are shared, there is one fold, with weights
        fitted to the own images alone. Where too few images are shared, each subject is tested on all of its
        images in folds.
    """
    common = set.intersection(*(set(ids) for ids in seen.values()))
    enough = len(common) >= LEAST_STIMULI * encoding.n_folds
    own = min(len(ids) for ids in seen.values()) - len(common)
    if len(common) >= LEAST_STIMULI and own >= len(common):
        splits = {
            subject: _own_against_shared(tuple(ids), common, groups, encoding, seed)
            for subject, ids in seen.items()
        }
        kind = OWN_IMAGES
    else:
        # Subjects who saw the same images have the same folds, and so have those who share what is tested.
        fold_of = {} if not enough else _deal(sorted(common), groups, encoding.n_folds, seed, "folds")
        splits = {
            subject: _folds(
                tuple(ids),
                fold_of or _deal(sorted(ids), groups, encoding.n_folds, seed, "folds"),
                groups,
                encoding,
                seed,
            )
            for subject, ids in seen.items()
        }
        kind = FOLDS
    first = next(iter(splits.values()))
    tested = [tuple(split.ids[place] for place in split.tested) for split in splits.values()]
    alike = all(ids == tested[0] for ids in tested) and not first.undefined
    return Design(splits, kind, groups, tested[0] if alike else ())


def _deal(ids: Sequence[str], groups: StimulusGroups, n_folds: int, seed: int, what: str) -> dict[str, int]:
    stream = random_stream(seed, "encoding", what)
    return dict(zip(ids, deal_groups(ids, groups, n_folds, stream).tolist()))


def _own_against_shared(
    ids: tuple[str, ...],
    shared: set[str],
    groups: StimulusGroups,
    encoding: EncodingParameters,
    seed: int,
) -> Split:
    is_shared = np.array([one in shared for one in ids])
    fold = _fold(ids, np.flatnonzero(~is_shared), np.flatnonzero(is_shared), groups, encoding, seed)
    return Split(ids, ()) if fold is None else Split(ids, (fold,))


def _folds(
    ids: tuple[str, ...],
    fold_of: Mapping[str, int],
    groups: StimulusGroups,
    encoding: EncodingParameters,
    seed: int,
) -> Split:
    if len(fold_of) < LEAST_STIMULI * encoding.n_folds:
        return Split(ids, (), TOO_FEW_IMAGES)
    labels = np.array([fold_of.get(one, -1) for one in ids])
    codes = groups.codes(ids)
    found = []
    for number in sorted(set(fold_of.values())):
        test = labels == number
        # An image that is only fitted to may belong to a group that is tested here.
        train = ~test if codes is None else ~np.isin(codes, codes[test])
        found.append(_fold(ids, np.flatnonzero(train), np.flatnonzero(test), groups, encoding, seed))
    if len(found) < 2 or any(fold is None for fold in found):
        return Split(ids, (), TOO_FEW_GROUPS_OF_FOLDS)
    return Split(ids, tuple(fold for fold in found if fold is not None))


def _fold(
    ids: tuple[str, ...],
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    groups: StimulusGroups,
    encoding: EncodingParameters,
    seed: int,
) -> Fold | None:
    """A fold with its inner folds, or none where these are fewer than two."""
    names = [ids[place] for place in train]
    dealt = _deal(names, groups, encoding.n_inner_folds, seed, "inner folds")
    inner = np.unique([dealt[name] for name in names], return_inverse=True)[1]
    return Fold(train, test, inner) if len(names) and inner.max() > 0 else None
