"""Worlds whose true similarities are known: normal, heavy-tailed, and with categories drawn anew.

A model has features A; a brain has √r A + √c C + √(1 - r - c) E, with features C that all subjects share
and features E of each subject's own (noise among them). All features have variance one. RDMs are squared
Euclidean distances.

    gaussian       features are normal, independent from stimulus to stimulus
    heavy-tailed   the same, but of the Laplace distribution, whose kurtosis is 6 where that of normal is 3
    categorical    features of a stimulus are √0.8 of its category's centre + √0.2 of its own, both normal;
                   the categories are drawn anew for each study, 10 of them or, with more than 120 stimuli, 80
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

FloatArray = NDArray[np.float64]

N_FEATURES = 20
OF_CATEGORY = 0.8
# Share of the variance of brains that all subjects have in common, and how far shares of models differ.
SHARED, JITTER = 0.3, 0.05


class Design(NamedTuple):
    """A world, and how many stimuli and subjects a study of it has."""

    world: str
    n_stimuli: int
    n_subjects: int

    @property
    def label(self) -> str:
        """As tables have it."""
        return f"{self.world}, {self.n_stimuli} × {self.n_subjects}"


WORLDS = ("gaussian", "heavy-tailed", "categorical")
SIZES = ((78, 15), (120, 8), (872, 8))
DESIGNS = [Design(world, *size) for size in SIZES for world in WORLDS]


class Stimuli:
    """The stimuli of one study.

    Attributes
    ----------
    groups : ndarray of shape (n_stimuli,) or None
        The category of each stimulus in the categorical world.
    """

    def __init__(self, design: Design) -> None:
        self.n_stimuli, self._world = design.n_stimuli, design.world
        self.groups = None
        if design.world == "categorical":
            self.groups = np.arange(design.n_stimuli) % (10 if design.n_stimuli <= 120 else 80)

    def features(self, rng: np.random.Generator, *, of_categories: bool = True) -> FloatArray:
        """Features of shape (n_stimuli, N_FEATURES); without categories if they are not asked for."""
        size = (self.n_stimuli, N_FEATURES)
        if self._world == "heavy-tailed":
            return rng.laplace(scale=np.sqrt(0.5), size=size)
        own = rng.standard_normal(size)
        if self.groups is None or not of_categories:
            return own
        centres = rng.standard_normal((self.groups.max() + 1, N_FEATURES))
        return np.sqrt(OF_CATEGORY) * centres[self.groups] + np.sqrt(1.0 - OF_CATEGORY) * own

    def brains(
        self,
        rng: np.random.Generator,
        models: list[FloatArray],
        shares: FloatArray,
        shared: FloatArray | None,
    ) -> FloatArray:
        """RDMs of subjects; `shares` of shape (n_subjects, n_models) are their shares of the models."""
        common = 0.0 if shared is None else SHARED
        rdms = []
        for own in shares:
            x = sum(np.sqrt(share) * model for share, model in zip(own, models))
            if shared is not None:
                x = x + np.sqrt(common) * shared
            noise = self.features(rng, of_categories=False)
            rdms.append(pdist(x + np.sqrt(1.0 - common - own.sum()) * noise, "sqeuclidean"))
        return np.stack(rdms)

    def truth(self, shares: FloatArray) -> FloatArray:
        """Similarity of a brain to each of its models over all stimuli of the world.

        Parameters
        ----------
        shares : ndarray of shape (n_models,)

        Returns
        -------
        ndarray of shape (n_models,)
            Pearson's correlation of squared distances in closed form: of pairs within a category and of
            pairs between categories in the shares that the study has of them. For normal features without
            categories it is the share itself.
        """
        within = 0.0
        if self.groups is not None:
            sizes = np.bincount(self.groups)
            within = float((sizes * (sizes - 1)).sum()) / (self.n_stimuli * (self.n_stimuli - 1))
        # Kurtosis of the difference of two features: half of what one has beyond 3 is left.
        kurtosis = 4.5 if self._world == "heavy-tailed" else 3.0
        parts = np.array([*shares, SHARED, 1.0 - SHARED - shares.sum()])
        means, squares, products = [], [], []
        for scale in (1.0 - OF_CATEGORY, 1.0):
            size = parts * np.r_[np.full(len(parts) - 1, scale), 1.0]
            cross = size.sum() ** 2 - (size**2).sum()
            variance = N_FEATURES * ((kurtosis - 1.0) * (size**2).sum() + 2.0 * cross)
            covariance = N_FEATURES * (kurtosis - 1.0) * size[: len(shares)] * scale
            mean, of_model = N_FEATURES * size.sum(), N_FEATURES * scale
            variance_of_model = N_FEATURES * (kurtosis - 1.0) * scale**2
            means.append((mean, of_model))
            squares.append((variance + mean**2, variance_of_model + of_model**2))
            products.append(covariance + mean * of_model)
        weights = np.array([within, 1.0 - within])
        brain, model = weights @ np.array(means)
        of_brain, of_model = weights @ np.array(squares) - np.array([brain, model]) ** 2
        return (weights @ np.array(products) - brain * model) / np.sqrt(of_brain * of_model)


def jittered(
    rng: np.random.Generator, mean: list[float], n_subjects: int, jitter: float = JITTER
) -> FloatArray:
    """Shares that subjects have of models, which differ from subject to subject."""
    return np.clip(mean + rng.uniform(-jitter, jitter, (n_subjects, len(mean))), 0.0, None)
