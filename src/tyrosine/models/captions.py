"""Captions as batches of token ids, padded as the language tower was trained to see them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import torch

from tyrosine.errors import ModelError
from tyrosine.models.batching import Batch, Pace
from tyrosine.models.pooling import TokenPositions
from tyrosine.parameters.models import ModelSpec

logger = logging.getLogger(__name__)

# These towers were trained on a context of fixed length, so it has a last position of its own.
FIXED_CONTEXT = ("clip_text_model", "siglip_text_model")
# These were moreover trained with the padding visible: they always see the whole context, unmasked.
VISIBLE_PADDING = ("siglip_text_model",)
# Before transformers 4.31 the configuration of CLIP checkpoints named a wrong end-of-text token, 2; the
# right one is then the token with the highest id.
LEGACY_CLIP_EOS = 2
# How much shorter than the longest of its batch a caption may be.
MOST_PADDING = 1 / 8


class CaptionBatches:
    """Captions as tokens, sorted by length into batches; captions of the same tokens are one row.

    Parameters
    ----------
    spec : ModelSpec
        A language model; its pooling and what it does with long captions count.
    texts : list of str
        The captions.
    tokenizer : transformers tokenizer
        The checkpoint's.
    config : transformers configuration
        Of the language tower.

    Attributes
    ----------
    rows : list of int
        For every caption its row.

    Raises
    ------
    ModelError
        If captions are longer than the context and the specification refuses such, `eos` is asked for and the
        tokenizer ends captions with no such token, or the tokenizer does not belong to the network.
    """

    def __init__(self, spec: ModelSpec, texts: list[str], tokenizer: Any, config: Any) -> None:
        self._spec, self._tokenizer, self._config = spec, tokenizer, config
        self._context = _context_length(tokenizer, config)
        tokens = _tokenize(spec, texts, tokenizer, config, self._context)
        row_of = {one: row for row, one in enumerate(dict.fromkeys(tokens))}
        self._tokens = list(row_of)
        self.rows = [row_of[one] for one in tokens]
        self._visible = config.model_type in VISIBLE_PADDING
        fixed = config.model_type in FIXED_CONTEXT
        self._whole_context = self._visible or (fixed and "last" in spec.poolings)

    def __len__(self) -> int:
        return len(self._tokens)

    def plan(self, *, size: int | None = None, budget: int | None = None) -> list[list[int]]:
        """Rows of every batch, the longest first, so that what does not fit into memory fails at once.

        Parameters
        ----------
        size : int, optional
            How many captions a batch holds at most.
        budget : int, optional
            How many tokens a batch holds at most, padding included; a caption that is longer is one batch.
            Then at most an eighth of a batch is padding.

        Returns
        -------
        list of lists of int
        """
        batches: list[list[int]] = []
        for row in sorted(range(len(self)), key=lambda row: -len(self._tokens[row])):
            width = self._width(batches[-1]) if batches else 0
            if (
                not batches
                or (size is not None and len(batches[-1]) == size)
                or (budget is not None and width * (len(batches[-1]) + 1) > budget)
                or (budget is not None and self._width([row]) < (1 - MOST_PADDING) * width)
            ):
                batches.append([])
            batches[-1].append(row)
        return batches

    def batch(self, rows: list[int]) -> Batch:
        """Captions of some rows, the longest first.

        Returns
        -------
        Batch
            Of shape (n_captions, n_tokens), padded on the right to the longest caption, or to the whole
            context where the tower's context is fixed and `last` asks for its last position.
        """
        ids = [self._tokens[row] for row in rows]
        width = self._width(rows)
        padded = torch.full((len(rows), width), _padding_id(self._tokenizer), dtype=torch.long)
        mask = torch.zeros_like(padded)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        eos = None
        if "eos" in self._spec.poolings:
            eos = _eos_positions(self._spec, padded, mask, self._tokenizer, self._config)
        last = torch.full((len(rows),), width - 1) if self._whole_context else mask.sum(dim=1) - 1
        inputs = {"input_ids": padded} if self._visible else {"input_ids": padded, "attention_mask": mask}
        return Batch(rows, inputs, TokenPositions(mask, eos, last))

    def load(self, batches: list[list[int]], pace: Pace | None = None) -> Iterator[Batch]:
        """The captions of some batches, one batch after the other; the network's `pace` plays no role."""
        return map(self.batch, batches)

    def _width(self, rows: list[int]) -> int:
        return self._context if self._whole_context else len(self._tokens[rows[0]])


def _context_length(tokenizer: Any, config: Any) -> int:
    # A tokenizer that was saved without its limit says 10 to the 30.
    positions = getattr(config, "max_position_embeddings", None) or tokenizer.model_max_length
    return int(min(tokenizer.model_max_length, positions))


def _tokenize(
    spec: ModelSpec, texts: list[str], tokenizer: Any, config: Any, context: int
) -> list[tuple[int, ...]]:
    ids = tokenizer(texts, verbose=False)["input_ids"]
    long = [index for index, tokens in enumerate(ids) if len(tokens) > context]
    if long and spec.on_long_caption == "refuse":
        longest = max(long, key=lambda index: len(ids[index]))
        raise ModelError(
            f"{spec.label}: {len(long)} of {len(texts)} captions are longer than its context of {context} "
            f"tokens, the longest with {len(ids[longest])} ({texts[longest][:40]!r} …); shorten them, or set "
            "on_long_caption to truncate."
        )
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
    return [tuple(tokens) for tokens in ids]


def _padding_id(tokenizer: Any) -> int:
    # GPT-2 and its kin have no padding token; any token can stand in for it, as padding is masked.
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
