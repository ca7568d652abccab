"""Networks of transformers with random weights: the untrained twins of checkpoints."""

from __future__ import annotations

from typing import Any

import torch


def draw_network(network_class: Any, config: Any, seed: int) -> torch.nn.Module:
    """A network of a checkpoint's configuration whose weights are drawn as its class initialises them.

    Parameters
    ----------
    network_class : type
        A model class of transformers.
    config : transformers configuration
        Of the checkpoint.
    seed : int
        The same seed draws the same weights, with the same version of PyTorch and transformers.

    Returns
    -------
    torch.nn.Module
        float32. Random numbers of the caller are left as they were.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = network_class(config)
        if config.model_type == "vit_mae":
            # In a network that is built from its configuration, transformers leaves the fixed position
            # embeddings at zero: it takes them for initialised once the patch embedding is.
            network.embeddings.patch_embeddings.projection._is_hf_initialized = False
            with torch.no_grad():
                network.embeddings.initialize_weights()
    return network
