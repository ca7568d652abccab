"""What a miniature is trained on: pictures and captions of scenes, as tensors, varied at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tyrosine.simulation.miniatures.architectures import Miniature

SHIFT = 6
"""Pixels by which training pictures are moved at most."""


@dataclass(frozen=True)
class Pictures:
    """Scenes to learn from or to be scored on.

    Attributes
    ----------
    pixels : ndarray of shape (n, height, width, 3), uint8
    categories : ndarray of shape (n,), int64
        Class of what each picture is about.
    masks : ndarray of shape (n, height, width), uint8
        Class of every pixel.
    nearness : ndarray of shape (n, height, width), float32
        Inverse distance of every pixel, between 0 and 1.
    captions : sequence of n tuples of str
        As many for every picture.
    """

    pixels: NDArray[np.uint8]
    categories: NDArray[np.int64]
    masks: NDArray[np.uint8]
    nearness: NDArray[np.float32]
    captions: Sequence[tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.pixels)


class Material:
    """Pictures as tensors for one miniature, normalised or tokenized as its checkpoint wants them."""

    def __init__(self, pictures: Pictures, miniature: Miniature, device: torch.device) -> None:
        self.pictures, self.device = pictures, device
        self._pixels = torch.from_numpy(pictures.pixels).permute(0, 3, 1, 2)
        self.categories = torch.from_numpy(pictures.categories)
        self.masks = torch.from_numpy(pictures.masks)
        self.nearness = torch.from_numpy(pictures.nearness)
        processor = miniature.image_processor
        if processor is not None:
            mean, std = torch.tensor(processor.image_mean), torch.tensor(processor.image_std)
            self._scale, self._shift = (1 / (255 * std))[:, None, None], (mean / std)[:, None, None]
        self.tokenizer = miniature.tokenizer
        if self.tokenizer is not None:
            self.tokens = [self.tokenizer(list(texts))["input_ids"] for texts in pictures.captions]

    def __len__(self) -> int:
        return len(self.pictures)

    def images(self, rows: torch.Tensor) -> torch.Tensor:
        """Normalised pixels of shape (n_rows, 3, height, width)."""
        return self._normalised(self._pixels[rows])

    def augmented(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """Normalised pixels, mirrored by chance and moved a little."""
        # Moved before they are normalised: pixels are bytes until then, a quarter of the memory.
        return self._normalised(_moved(self._pixels[rows], *_draw_move(len(rows), rng)))

    def augmented_with(
        self, maps: torch.Tensor, rows: torch.Tensor, rng: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised pixels as from `augmented`, and maps of the same pictures, mirrored and moved alike."""
        move = _draw_move(len(rows), rng)
        images = self._normalised(_moved(self._pixels[rows], *move))
        return images, _moved(maps[rows], *move).to(self.device)

    def _normalised(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.float().mul_(self._scale).sub_(self._shift).to(self.device)

    def any_captions(self, rows: torch.Tensor, rng: torch.Generator, n: int = 1) -> list[list[list[int]]]:
        """`n` different captions of each picture, drawn at random: n lists of n_rows lists of token ids."""
        orders = torch.rand(len(rows), len(self.tokens[0]), generator=rng).argsort(dim=1)[:, :n].tolist()
        chosen = [[self.tokens[row][k] for k in order] for row, order in zip(rows.tolist(), orders)]
        return [list(texts) for texts in zip(*chosen)]

    def padded(self, ids: list[list[int]]) -> dict[str, torch.Tensor]:
        """Keyword arguments of a language network: ids and mask of shape (n, n_tokens)."""
        padding = self.tokenizer.pad_token_id or 0
        width = max(len(one) for one in ids)
        inputs = torch.tensor([one + [padding] * (width - len(one)) for one in ids])
        mask = torch.tensor([[1] * len(one) + [0] * (width - len(one)) for one in ids])
        return {"input_ids": inputs.to(self.device), "attention_mask": mask.to(self.device)}


def _draw_move(n_images: int, rng: torch.Generator) -> tuple[torch.Tensor, int, int]:
    mirrored = torch.rand(n_images, generator=rng) < 0.5
    down, right = torch.randint(-SHIFT, SHIFT + 1, (2,), generator=rng).tolist()
    return mirrored, down, right


def _moved(images: torch.Tensor, mirrored: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """Images with the chosen ones mirrored and all moved; the edge is repeated where one moves away."""
    height, width = images.shape[-2:]
    chosen = mirrored.reshape(-1, *[1] * (images.ndim - 1))
    images = torch.where(chosen, images.flip(-1), images)
    down_from = (torch.arange(height) + down).clamp(0, height - 1)
    right_from = (torch.arange(width) + right).clamp(0, width - 1)
    return images[..., down_from[:, None], right_from]
