"""Two models that are equally good by construction, so that a difference between them is a false positive.

Each function is named as the ``factory`` of an entry of the roster, with ``backend: features``. Both models
know the categories in a scene, and each adds noise of its own: over all scenes that there could be they are
equally similar to any brain.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from tyrosine.models.backends.protocol import Material
from tyrosine.models.confounds import categories

NOISE = 0.4
"""Standard deviation of the noise of a feature; a category that is in the scene is 1."""
_N_FEATURES = 20


def noisy_categories_a(shown: Material) -> NDArray[np.float64]:
    """Noisy features of the categories of each scene.

    Returns
    -------
    ndarray of shape (n_stimuli, n_categories + 20), float64
        The noise of a stimulus depends on its name alone.
    """
    return _noisy(shown, "a")


def noisy_categories_b(shown: Material) -> NDArray[np.float64]:
    """As `noisy_categories_a`, with other noise."""
    return _noisy(shown, "b")


def _noisy(shown: Material, which: str) -> NDArray[np.float64]:
    known = categories(shown)
    features = np.hstack([known, np.zeros((len(known), _N_FEATURES))])
    noise = [_rng(which, name).standard_normal(features.shape[1]) for name in shown.ids]
    return features + NOISE * np.stack(noise)


def _rng(which: str, name: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{which} {name}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))
