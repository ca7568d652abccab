"""What is predicted: the mean response of each channel to each image, and how much of it is signal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tyrosine.encoding.design import Design, Fold, Split
from tyrosine.labelled import Dataset
from tyrosine.parameters import EncodingParameters
from tyrosine.rsa.rdms import STIMULUS_ID
from tyrosine.rsa.reliability import trial_noise_ceiling
from tyrosine.rsa.responses import CHANNEL
from tyrosine.rsa.workers import map_in_threads
from tyrosine.tables.columns import BRAIN

Result = TypeVar("Result")

# Mean responses from which on folds are fitted one after the other.
_MANY_BYTES = 200_000_000


class Targets(NamedTuple):
    """Mean responses of regions of one subject, or of several who saw the same images.

    Attributes
    ----------
    split : Split
        Of these images.
    values : ndarray of shape (n_images, n_channels), float32
        In the order of the images of the split, region by region.
    channels : DataFrame
        `BRAIN`, `hemisphere` and `channel` of each channel; `ncsnr`, which is missing where it is not known;
        `ceiling`, the share of the variance of the mean responses that is signal; and `masked`, whether the
        channel counts in no mean over a region.
    regions : DataFrame
        `BRAIN` of each region, and `n_repetitions`, the harmonic mean over the tested images of how often
        each was shown.
    region : ndarray of shape (n_channels,), int
        The row of `regions` that each channel belongs to.
    """

    split: Split
    values: NDArray[np.float32]
    channels: pd.DataFrame
    regions: pd.DataFrame
    region: NDArray[np.intp]

    def means(self, values: NDArray[np.float64], columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Mean of the values of all channels over some of them, in each region; NaN where these are none."""
        size = np.bincount(self.region[columns], minlength=len(self.regions))
        total = np.bincount(self.region[columns], values[columns], minlength=len(self.regions))
        return np.divide(total, size, out=np.full(len(size), np.nan), where=size > 0)


def map_folds(work: Callable[[Fold], Result], targets: Targets) -> list[Result]:
    """Results of `work` on each fold, in order.

    Each fold has a core of its own, so that results do not depend on the number of cores to the last bit.
    Where the responses are many, the cores share each fold, since several would need too much memory.
    """
    if targets.values.nbytes > _MANY_BYTES:
        return [work(fold) for fold in targets.split.folds]
    return map_in_threads(work, targets.split.folds)


def mean_responses(responses: Dataset, split: Split, least_ncsnr: float) -> Targets:
    """Average the repetitions of each image, so that all of them are on one side of every split.

    Parameters
    ----------
    responses : Dataset
        Of one subject.
    split : Split
        Of this subject.
    least_ncsnr : float
        A channel below it is masked, and so is one that does not vary over the tested images of a fold or
        over the images that are fitted to.

    Returns
    -------
    Targets
    """
    place = {name: number for number, name in enumerate(split.ids)}
    owner = np.array([place[str(name)] for name in responses.obs_descriptors[STIMULUS_ID]])
    shown = np.bincount(owner, minlength=len(split.ids))
    starts = np.concatenate([[0], np.cumsum(shown)[:-1]])
    sums = np.add.reduceat(responses.measurements[np.argsort(owner, kind="stable")], starts, axis=0)
    values = (sums / shown[:, None]).astype(np.float32)
    labels = responses.channel_descriptors
    subject = int(responses.descriptors["subject"])
    channels = pd.DataFrame({"subject": subject, **{key: labels[key] for key in CHANNEL}})
    given = labels.get("ncsnr")
    channels["ncsnr"] = np.nan if given is None else np.asarray(given, dtype=np.float64)
    # The formula of Allen et al. (2022) for images that were shown more and less often.
    n_repetitions = float(1.0 / np.mean(1.0 / shown[split.tested])) if split.folds else np.nan
    channels["ceiling"] = trial_noise_ceiling(channels["ncsnr"].to_numpy(), n_repetitions)
    flat = np.zeros(len(channels), dtype=bool)
    for fold in split.folds:
        flat |= (np.ptp(values[fold.train], axis=0) == 0) | (np.ptp(values[fold.test], axis=0) == 0)
    channels["masked"] = flat | (channels["ncsnr"] < least_ncsnr).to_numpy()
    codes = channels.groupby(list(BRAIN), sort=False).ngroup().to_numpy()
    order = np.argsort(codes, kind="stable")
    regions = channels[list(BRAIN)].drop_duplicates(ignore_index=True).assign(n_repetitions=n_repetitions)
    return Targets(
        split, values[:, order], channels.iloc[order].reset_index(drop=True), regions, codes[order]
    )


def load_targets(
    responses: Mapping[str, Callable[[], Dataset]], design: Design, encoding: EncodingParameters
) -> Iterator[Targets]:
    """Mean responses of all subjects, as many regions at once as memory allows.

    Parameters
    ----------
    responses : mapping of str to callable
        Loads the responses of a subject.
    design : Design
    encoding : EncodingParameters
        Whose `memory_limit` says how many bytes of mean responses come at once; a region comes whole in any
        case.

    Yields
    ------
    Targets
        Of subjects who saw the same images.
    """
    waiting: list[Targets] = []
    size = 0
    for name in sorted(responses):
        measured = responses[name]()
        split = design.splits[int(measured.descriptors["subject"])]
        whole = mean_responses(measured, split, encoding.least_ncsnr)
        for part in _parts(whole, encoding.memory_limit):
            new = bool(waiting) and waiting[0].split.ids != split.ids
            if waiting and (new or size + part.values.nbytes > encoding.memory_limit):
                yield _join(waiting)
                waiting, size = [], 0
            waiting.append(part)
            size += part.values.nbytes
    if waiting:
        yield _join(waiting)


def _parts(targets: Targets, limit: int) -> Iterator[Targets]:
    """The targets of a subject in parts of whole regions, each within the limit if a region is."""
    if targets.values.nbytes <= limit:
        yield targets
        return
    for row in range(len(targets.regions)):
        columns = np.flatnonzero(targets.region == row)
        yield Targets(
            targets.split,
            targets.values[:, columns],
            targets.channels.iloc[columns].reset_index(drop=True),
            targets.regions.iloc[[row]].reset_index(drop=True),
            np.zeros(len(columns), dtype=np.intp),
        )


def _join(parts: list[Targets]) -> Targets:
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(part.regions) for part in parts[:-1])])
    return Targets(
        parts[0].split,
        np.concatenate([part.values for part in parts], axis=1),
        pd.concat([part.channels for part in parts], ignore_index=True),
        pd.concat([part.regions for part in parts], ignore_index=True),
        np.concatenate([part.region + start for part, start in zip(parts, starts)]),
    )
