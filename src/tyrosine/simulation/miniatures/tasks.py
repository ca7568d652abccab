"""What each miniature is trained to do: a loss to learn by, and a score on scenes it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from tyrosine.simulation.miniatures.material import Material

MASKED_SHARE = 0.15
SIMILARITY_SCALE = 20.0
"""Inverse temperature of sentence similarities, as in the published model."""
SCORED_AT_ONCE = 250
IGNORED = -100
"""Label of positions that the cross-entropy leaves out."""


@dataclass(frozen=True)
class Score:
    """How well a miniature does its task on pictures that it was not trained on.

    Attributes
    ----------
    metric : str
    value : float
    baseline : float
        What is reached without a network.
    baseline_is : str
        What that is.
    higher_is_better : bool
    """

    metric: str
    value: float
    baseline: float
    baseline_is: str
    higher_is_better: bool = True


def _chunks(material: Material) -> Sequence[torch.Tensor]:
    return torch.arange(len(material)).split(SCORED_AT_ONCE)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# Classification


def classification_loss(network: Any, material: Material, rows: torch.Tensor, rng: torch.Generator):
    """Cross-entropy of the category that a picture is about."""
    images = material.augmented(rows, rng)
    return functional.cross_entropy(network(images).logits, material.categories[rows].to(material.device))


def classification_score(network: Any, held_out: Material, seen: Material) -> Score:
    """Share of pictures whose category is the most probable one."""
    found = [network(held_out.images(rows)).logits.argmax(dim=1).cpu() for rows in _chunks(held_out)]
    commonest = seen.categories.mode().values
    return Score(
        "accuracy",
        _share(torch.cat(found) == held_out.categories),
        _share(held_out.categories == commonest),
        "the commonest category",
    )


# Autoencoding


def reconstruction_loss(network: Any, material: Material, rows: torch.Tensor, rng: torch.Generator):
    """Mean squared error of the patches that are hidden from the encoder."""
    images = material.augmented(rows, rng)
    return network(images, noise=_which_patches(network, len(rows), rng)).loss


def reconstruction_score(network: Any, held_out: Material, seen: Material) -> Score:
    """Mean squared error of hidden patches, beside that of the mean training picture."""
    mean = torch.stack([seen.images(rows).mean(dim=0) for rows in _chunks(seen)]).mean(dim=0)
    flat = network.patchify(mean[None])
    rng, errors, of_mean = _generator(), [], []
    for rows in _chunks(held_out):
        images = held_out.images(rows)
        output = network(images, noise=_which_patches(network, len(rows), rng))
        hidden = output.mask.bool()
        patches = network.patchify(images)
        errors.append((output.logits - patches).square().mean(dim=2)[hidden])
        of_mean.append((flat - patches).square().mean(dim=2)[hidden])
    return Score(
        "squared error",
        float(torch.cat(errors).mean()),
        float(torch.cat(of_mean).mean()),
        "the mean picture",
        higher_is_better=False,
    )


def _which_patches(network: Any, n_images: int, rng: torch.Generator) -> torch.Tensor:
    n_patches = network.vit.embeddings.patch_embeddings.num_patches
    return torch.rand(n_images, n_patches, generator=rng).to(network.device)


# Semantic segmentation


def segmentation_loss(network: Any, material: Material, rows: torch.Tensor, rng: torch.Generator):
    """Cross-entropy of every pixel's class, at the resolution of the network's map."""
    images, masks = material.augmented_with(material.masks, rows, rng)
    logits = network(images).logits
    labels = functional.interpolate(masks[:, None].float(), size=logits.shape[2:], mode="nearest-exact")
    return functional.cross_entropy(logits, labels[:, 0].long())


def segmentation_score(network: Any, held_out: Material, seen: Material) -> Score:
    """Share of pixels whose class is the most probable one, at the pictures' resolution."""
    right = []
    for rows in _chunks(held_out):
        logits = network(held_out.images(rows)).logits
        classes = functional.interpolate(logits, size=held_out.masks.shape[1:], mode="bilinear").argmax(1)
        right.append(classes.cpu() == held_out.masks[rows])
    commonest = seen.masks.flatten().bincount().argmax()
    return Score(
        "pixel accuracy",
        _share(torch.cat(right)),
        _share(held_out.masks == commonest),
        "the commonest class",
    )


# Depth estimation


def depth_loss(network: Any, material: Material, rows: torch.Tensor, rng: torch.Generator):
    """Mean absolute error of every pixel's nearness, at the resolution of the network's map."""
    images, nearness = material.augmented_with(material.nearness, rows, rng)
    found = network(images).predicted_depth
    wanted = functional.interpolate(nearness[:, None], size=found.shape[1:], mode="area")
    return functional.l1_loss(found, wanted[:, 0])


def depth_score(network: Any, held_out: Material, seen: Material) -> Score:
    """Mean absolute error of every pixel's nearness, beside that of the median training map."""
    errors = []
    for rows in _chunks(held_out):
        found = network(held_out.images(rows)).predicted_depth[:, None]
        found = functional.interpolate(found, size=held_out.nearness.shape[1:], mode="bilinear")
        errors.append((found[:, 0].cpu() - held_out.nearness[rows]).abs().mean(dim=(1, 2)))
    # The median is what has the least absolute error.
    median = seen.nearness.median(dim=0).values
    return Score(
        "absolute error",
        float(torch.cat(errors).mean()),
        float((held_out.nearness - median).abs().mean()),
        "the median map",
        higher_is_better=False,
    )


# Masked-token prediction


def masked_token_loss(network: Any, material: Material, rows: torch.Tensor, rng: torch.Generator):
    """Cross-entropy of the tokens that were chosen to be predicted, in two captions of a picture.

    BERT was trained on pairs of sentences that belong together, not on single ones. With a pair, what a
    caption does not say can be learned from the other one.
    """
    inputs, wanted = _masked(material, material.any_captions(rows, rng, 2), rng)
    logits = network(**inputs).logits
    return functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED)


def masked_token_score(network: Any, held_out: Material, seen: Material) -> Score:
    """Share of the chosen tokens that are the most probable ones, in the first two captions."""
    rng, found, wanted = _generator(), [], []
    for rows in _chunks(held_out):
        pairs = [[held_out.tokens[row][k] for row in rows.tolist()] for k in (0, 1)]
        inputs, tokens = _masked(held_out, pairs, rng)
        chosen = tokens != IGNORED
        found.append(network(**inputs).logits.argmax(dim=2)[chosen])
        wanted.append(tokens[chosen])
    return _token_score("masked-token accuracy", torch.cat(found), torch.cat(wanted), seen)


def _masked(
    material: Material, pairs: list[list[list[int]]], rng: torch.Generator
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Inputs with some tokens hidden, and the tokens to predict, as Devlin et al. (2019) choose them."""
    tokenizer = material.tokenizer
    # The second caption without its class token, as the tokenizer joins two texts.
    inputs = material.padded([[*one, *other[1:]] for one, other in zip(*pairs)])
    ids = inputs["input_ids"].cpu()
    first = torch.tensor([len(one) for one in pairs[0]])[:, None]
    second = (torch.arange(ids.shape[1]) >= first) & (inputs["attention_mask"].cpu() == 1)
    special = torch.isin(ids, torch.tensor(tokenizer.all_special_ids))
    chosen = (torch.rand(ids.shape, generator=rng) < MASKED_SHARE) & ~special
    fate = torch.rand(ids.shape, generator=rng)
    other_tokens = torch.randint(len(tokenizer), ids.shape, generator=rng)
    shown = torch.where(chosen & (fate < 0.8), torch.tensor(tokenizer.mask_token_id), ids)
    shown = torch.where(chosen & (fate >= 0.9), other_tokens, shown)
    wanted = torch.where(chosen, ids, torch.tensor(IGNORED))
    hidden = {"input_ids": shown.to(material.device), "token_type_ids": second.long().to(material.device)}
    return {**inputs, **hidden}, wanted.to(material.device)


# Next-token prediction


def next_token_loss(network: Any, material: Material, rows: torch.Tensor, rng: torch.Generator):
    """Cross-entropy of each token given those before it; a document is all captions of a picture.

    GPT-2 was trained on documents, not on sentences. With single captions the last token, which is read,
    would have to tell nothing but that the text ends.
    """
    captions = material.any_captions(rows, rng, len(material.tokens[0]))
    inputs, wanted = _documents(material, [list(texts) for texts in zip(*captions)])
    logits = network(**inputs).logits
    return functional.cross_entropy(logits[:, :-1].flatten(0, 1), wanted.flatten(), ignore_index=IGNORED)


def next_token_score(network: Any, held_out: Material, seen: Material) -> Score:
    """Share of tokens that are the most probable ones given those before them in the document."""
    found, wanted = [], []
    for rows in _chunks(held_out):
        inputs, tokens = _documents(held_out, [held_out.tokens[row] for row in rows.tolist()])
        real = tokens != IGNORED
        found.append(network(**inputs).logits[:, :-1].argmax(dim=2)[real])
        wanted.append(tokens[real])
    return _token_score("next-token accuracy", torch.cat(found), torch.cat(wanted), seen)


def _documents(
    material: Material, texts: list[list[list[int]]]
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    end, break_ = material.tokenizer.eos_token_id, material.tokenizer("\n")["input_ids"]
    joined = [[token for text in captions for token in (*text, *break_)] + [end] for captions in texts]
    inputs = material.padded(joined)
    wanted = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, IGNORED)[:, 1:]
    return inputs, wanted


def _token_score(metric: str, found: torch.Tensor, wanted: torch.Tensor, seen: Material) -> Score:
    special = set(seen.tokenizer.all_special_ids)
    flat = [token for texts in seen.tokens for ids in texts for token in ids if token not in special]
    commonest = torch.tensor(flat).bincount().argmax().to(wanted.device)
    return Score(metric, _share(found == wanted), _share(wanted == commonest), "the commonest token")


# Contrasts: of images with captions, and of captions with each other


def contrastive_loss(network: Any, material: Material, rows: torch.Tensor, rng: torch.Generator):
    """Symmetric cross-entropy of which caption of the batch belongs to which picture."""
    images = material.augmented(rows, rng)
    (captions,) = material.any_captions(rows, rng)
    logits = network(pixel_values=images, **material.padded(captions)).logits_per_image
    return _symmetric(logits)


def contrastive_score(network: Any, held_out: Material, seen: Material) -> Score:
    """Share of pictures whose first caption is the most similar one among those of all pictures."""
    images, captions = [], []
    for rows in _chunks(held_out):
        inputs = held_out.padded([held_out.tokens[row][0] for row in rows.tolist()])
        output = network(pixel_values=held_out.images(rows), **inputs)
        images.append(output.image_embeds)
        captions.append(output.text_embeds)
    return _retrieval("image-to-caption retrieval", torch.cat(images), torch.cat(captions))


def similarity_loss(network: Any, material: Material, rows: torch.Tensor, rng: torch.Generator):
    """Symmetric cross-entropy of which two captions of the batch are of one picture."""
    one, other = (_sentence_embeddings(network, material, ids) for ids in material.any_captions(rows, rng, 2))
    return _symmetric(SIMILARITY_SCALE * one @ other.T)


def similarity_score(network: Any, held_out: Material, seen: Material) -> Score:
    """Share of pictures whose second caption is the most similar one to the first."""
    one, other = (
        torch.cat(
            [
                _sentence_embeddings(network, held_out, [held_out.tokens[row][k] for row in rows.tolist()])
                for rows in _chunks(held_out)
            ]
        )
        for k in (0, 1)
    )
    return _retrieval("caption-to-caption retrieval", one, other)


def _sentence_embeddings(network: Any, material: Material, ids: list[list[int]]) -> torch.Tensor:
    inputs = material.padded(ids)
    mask = inputs["attention_mask"][:, :, None]
    states = network(**inputs).last_hidden_state
    return functional.normalize((states * mask).sum(dim=1) / mask.sum(dim=1), dim=1)


def _symmetric(logits: torch.Tensor) -> torch.Tensor:
    own = torch.arange(len(logits), device=logits.device)
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2


def _retrieval(metric: str, queries: torch.Tensor, answers: torch.Tensor) -> Score:
    found = (queries @ answers.T).argmax(dim=1).cpu()
    return Score(metric, _share(found == torch.arange(len(found))), 1 / len(found), "chance")


def _share(right: torch.Tensor) -> float:
    return float(right.double().mean())


@dataclass(frozen=True)
class Task:
    """A loss of (network, material, rows, generator), and a score of (network, held out, seen)."""

    name: str
    loss: Callable[[Any, Material, torch.Tensor, torch.Generator], torch.Tensor]
    score: Callable[[Any, Material, Material], Score]


TASKS: dict[str, Task] = {
    "vit": Task("classification", classification_loss, classification_score),
    "vit_mae": Task("autoencoding", reconstruction_loss, reconstruction_score),
    "dpt_segmentation": Task("semantic segmentation", segmentation_loss, segmentation_score),
    "dpt_depth": Task("depth estimation", depth_loss, depth_score),
    "bert": Task("masked-token prediction", masked_token_loss, masked_token_score),
    "gpt2": Task("next-token prediction", next_token_loss, next_token_score),
    "mpnet": Task("sentence similarity", similarity_loss, similarity_score),
    "clip": Task("contrastive image-text", contrastive_loss, contrastive_score),
}
