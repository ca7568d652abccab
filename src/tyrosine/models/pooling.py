"""Poolings: how a layer's activation becomes one vector for each image or caption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from tyrosine.errors import ModelError


@dataclass(frozen=True)
class TokenPositions:
    """Where the tokens of a batch of captions stand.

    Attributes
    ----------
    mask : LongTensor of shape (n_captions, n_tokens)
        1 for a token of the caption, special tokens included; 0 for padding.
    eos : LongTensor of shape (n_captions,), optional
        Position of each caption's end-of-text token, if it was asked for.
    last : LongTensor of shape (n_captions,)
        Last position: of the padded context where the tower has a fixed one, else of the caption itself.
    """

    mask: torch.Tensor
    eos: torch.Tensor | None
    last: torch.Tensor


def pool(activation: torch.Tensor, pooling: str, tokens: TokenPositions | None, layer: str) -> torch.Tensor:
    """Pool the activation of one batch.

    Parameters
    ----------
    activation : Tensor
        What the layer put out: (n, n_tokens, n_features), (n, n_channels, height, width) or (n, n_features).
    pooling : str
        ``cls`` takes the first token, ``eos`` the end-of-text token, ``last`` the last position; ``mean``
        averages over a caption's own tokens, all tokens of an image (the class token included) or all
        positions of a feature map; ``flatten`` lays an image's activation out as one vector; ``none`` takes
        an activation that is a vector already.
    tokens : TokenPositions, optional
        For captions; none for images.
    layer : str
        The layer's name, for the message.

    Returns
    -------
    Tensor of shape (n, n_pooled), float32
        On the CPU.

    Raises
    ------
    ModelError
        If the pooling does not fit the activation's shape.
    """
    fitting = _fitting_poolings(activation, tokens)
    if pooling not in fitting:
        shape = tuple(activation.shape)
        would_fit = f"{', '.join(fitting)} would fit" if fitting else "no pooling fits that shape"
        raise ModelError(
            f"Pooling '{pooling}' does not fit the activation of {layer}, "
            f"whose shape is {shape} for a batch of {shape[0] if shape else 0}; {would_fit}."
        )
    pooled = POOLINGS[pooling](activation, tokens)
    return pooled.to(dtype=torch.float32, device="cpu")


def _fitting_poolings(activation: torch.Tensor, tokens: TokenPositions | None) -> list[str]:
    if activation.ndim == 2:
        return ["none"] if tokens else ["none", "flatten"]
    if activation.ndim == 3 and tokens is None:
        return ["cls", "mean", "flatten"]
    if activation.ndim == 3 and tokens is not None and activation.shape[:2] == tokens.mask.shape:
        return ["cls", "eos", "last", "mean"]
    if activation.ndim > 3 and tokens is None:
        return ["mean", "flatten"] if activation.ndim == 4 else ["flatten"]
    return []


def _cls(activation: torch.Tensor, tokens: TokenPositions | None) -> torch.Tensor:
    return activation[:, 0]


def _eos(activation: torch.Tensor, tokens: TokenPositions | None) -> torch.Tensor:
    if tokens is None or tokens.eos is None:
        raise ModelError("Pooling 'eos' needs captions that end with an end-of-text token.")
    return activation[torch.arange(len(activation), device=activation.device), tokens.eos]


def _last(activation: torch.Tensor, tokens: TokenPositions | None) -> torch.Tensor:
    if tokens is None:
        raise ModelError("Pooling 'last' needs captions.")
    return activation[torch.arange(len(activation), device=activation.device), tokens.last]


def _mean(activation: torch.Tensor, tokens: TokenPositions | None) -> torch.Tensor:
    # Half precision would lose digits in the sum that single precision keeps.
    activation = activation.float()
    if activation.ndim == 4:
        return activation.mean(dim=(2, 3))
    if tokens is None:
        return activation.mean(dim=1)
    mask = tokens.mask.to(activation.dtype)
    # Not a matrix product: a padding position may hold NaN, and NaN times zero is NaN.
    kept = activation.masked_fill(mask[:, :, None] == 0, 0.0)
    return kept.sum(dim=1) / mask.sum(dim=1, keepdim=True)


def _flatten(activation: torch.Tensor, tokens: TokenPositions | None) -> torch.Tensor:
    return activation.flatten(start_dim=1)


def _none(activation: torch.Tensor, tokens: TokenPositions | None) -> torch.Tensor:
    return activation


POOLINGS: dict[str, Callable[[torch.Tensor, TokenPositions | None], torch.Tensor]] = {
    "cls": _cls,
    "eos": _eos,
    "last": _last,
    "mean": _mean,
    "flatten": _flatten,
    "none": _none,
}
