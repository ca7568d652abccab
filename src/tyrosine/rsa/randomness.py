"""Streams of random numbers: one for each random step, all from one seed."""

from __future__ import annotations

import hashlib

import numpy as np


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """A random generator that belongs to one step of the analysis alone.

    Parameters
    ----------
    seed : int
        The seed of the run, zero or larger.
    *names : str
        What is drawn, such as ``("bootstrap", "stimuli")``. Steps of other names get independent streams,
        so that what one step draws depends neither on which others run nor on their order.

    Returns
    -------
    numpy.random.Generator
    """
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    key = tuple(int(word) for word in np.frombuffer(digest, dtype="<u4"))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
