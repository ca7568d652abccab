"""Captions as batches of token ids, padded as the language tower was trained to see them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from tyrosine.errors import ModelError
from tyrosine.models.pooling import TokenPositions
from tyrosine.models.spec import ModelSpec

logger = logging.getLogger(__name__)

# These towers were trained on a context of fixed length, so it has a last position of its own.
FIXED_CONTEXT = ("clip_text_model", "siglip_text_model")
# These were moreover trained with the padding visible: they always see the whole context, unmasked.
VISIBLE_PADDING = ("siglip_text_model",)
# Before transformers 4.31 the configuration of CLIP checkpoints named a wrong end-of-text token, 2; the
# right one is then the token with the highest id.
LEGACY_CLIP_EOS = 2


@dataclass(frozen=True)
class CaptionBatch:
    """Captions of similar length, ready for a forward pass.

    Attributes
    ----------
    indices : list of int
        Which captions these are.
    inputs : dict of str to LongTensor of shape (n_captions, n_tokens)
        Keyword arguments of the network.
    tokens : TokenPositions
        What pooling needs to know.
    """

    indices: list[int]
    inputs: dict[str, torch.Tensor]
    tokens: TokenPositions


def caption_batches(
    spec: ModelSpec, texts: list[str], tokenizer: Any, config: Any, device: torch.device
) -> Iterator[CaptionBatch]:
    """Tokenize captions and yield them longest first, so that little is spent on padding.

    Parameters
    ----------
    spec : ModelSpec
        A language model; its batch size and pooling count.
    texts : list of str
        The captions; one longer than the context is cut, and how many were is logged.
    tokenizer : transformers tokenizer
        The checkpoint's.
    config : transformers configuration
        Of the language tower.
    device : torch.device
        Where the tensors go.

    Yields
    ------
    CaptionBatch
        Padded on the right to the longest caption of the batch, or to the whole context where the tower's
        context is fixed and `last` asks for its last position.

    Raises
    ------
    ModelError
        If `eos` is asked for and the tokenizer ends captions with no such token, or the tokenizer does not
        belong to the network.
    """
    context = _context_length(tokenizer, config)
    ids = _tokenize(spec, texts, tokenizer, config, context)
    fixed = config.model_type in FIXED_CONTEXT
    visible = config.model_type in VISIBLE_PADDING
    whole_context = visible or (fixed and spec.pooling == "last")
    # Longest first: a batch that does not fit into memory fails at once, not at the end.
    order = sorted(range(len(ids)), key=lambda index: -len(ids[index]))
    size = 32 if spec.batch_size == "auto" else spec.batch_size
    for start in range(0, len(order), size):
        indices = order[start : start + size]
        width = context if whole_context else len(ids[indices[0]])
        padded = torch.full((len(indices), width), _padding_id(tokenizer), dtype=torch.long)
        mask = torch.zeros_like(padded)
        for row, index in enumerate(indices):
            padded[row, : len(ids[index])] = torch.tensor(ids[index])
            mask[row, : len(ids[index])] = 1
        eos = _eos_positions(spec, padded, mask, tokenizer, config) if spec.pooling == "eos" else None
        last = torch.full((len(indices),), width - 1) if whole_context else mask.sum(dim=1) - 1
        inputs = {"input_ids": padded} if visible else {"input_ids": padded, "attention_mask": mask}
        yield CaptionBatch(
            indices,
            {name: tensor.to(device) for name, tensor in inputs.items()},
            TokenPositions(mask.to(device), eos if eos is None else eos.to(device), last.to(device)),
        )


def _context_length(tokenizer: Any, config: Any) -> int:
    # A tokenizer that was saved without its limit says 10 to the 30.
    positions = getattr(config, "max_position_embeddings", None) or tokenizer.model_max_length
    return int(min(tokenizer.model_max_length, positions))


def _tokenize(
    spec: ModelSpec, texts: list[str], tokenizer: Any, config: Any, context: int
) -> list[list[int]]:
    ids = tokenizer(texts, verbose=False)["input_ids"]
    long = [index for index, tokens in enumerate(ids) if len(tokens) > context]
    if long:
        logger.warning(
            "%s: %d of %d captions are longer than its context and were cut to %d tokens.",
            spec.label,
            len(long),
            len(texts),
            context,
        )
        cut = tokenizer([texts[index] for index in long], truncation=True, max_length=context)["input_ids"]
        for index, tokens in zip(long, cut):
            ids[index] = tokens
    highest = max(max(tokens, default=0) for tokens in ids)
    if highest >= config.vocab_size:
        raise ModelError(
            f"{spec.label}: the tokenizer of {spec.checkpoint} gives token {highest}, but its network knows "
            f"{config.vocab_size}; they do not belong together."
        )
    nothing = [texts[index] for index, tokens in enumerate(ids) if not tokens]
    if nothing:
        raise ModelError(f"{spec.label}: the tokenizer finds no token in the caption {nothing[0]!r}.")
    return ids


def _padding_id(tokenizer: Any) -> int:
    # GPT-2 and its kin have no padding token; which one stands in is of no account, as it is masked.
    return 0 if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id)


def _eos_positions(
    spec: ModelSpec, ids: torch.Tensor, mask: torch.Tensor, tokenizer: Any, config: Any
) -> torch.Tensor:
    if config.model_type == "clip_text_model":
        # As CLIPTextModel finds it: the first, since CLIP pads with the same token.
        if config.eos_token_id == LEGACY_CLIP_EOS:
            return ids.argmax(dim=1)
        found = ids == config.eos_token_id
        positions = found.int().argmax(dim=1)
    else:
        ends = [end for end in (tokenizer.sep_token_id, tokenizer.eos_token_id) if end is not None]
        found = torch.isin(ids, torch.tensor(ends, dtype=ids.dtype)) & (mask == 1)
        # The last: a caption may hold the token as text.
        positions = ids.shape[1] - 1 - found.flip(dims=(1,)).int().argmax(dim=1)
    if not bool(found.any(dim=1).all()):
        raise ModelError(
            f"{spec.label}: pooling 'eos' needs captions that end with an end-of-text token, and the "
            f"tokenizer of {spec.checkpoint} adds none; pooling last takes each caption's last token."
        )
    return positions
