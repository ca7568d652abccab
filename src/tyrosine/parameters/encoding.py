"""How responses are predicted from features by ridge, and which channels count."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from tyrosine.parameters.fields import Group, split_words


class EncodingParameters(Group):
    """How encoding models are fitted and scored."""

    n_folds: int = Field(default=5, ge=2)
    """Folds of the images that all subjects saw. The responses to each are predicted by weights that were
    fitted to the images of the other folds, and to those that one subject alone saw. Where each subject has
    at least as many images of its own as all share, weights are fitted to its own alone, and there is one
    fold."""
    fold_groups: str = "none"
    """Which images lie in one fold together, so that the responses to them are predicted from other groups:
    none; `category`, `supercategory` or a column of the table `stimuli`, as `inference.stimulus_groups` has
    them. It is another question than how well responses to images of known kinds are predicted."""
    n_inner_folds: int = Field(default=4, ge=2)
    """Folds of the images that weights are fitted to, in which the penalty of each channel is chosen, and the
    layer of each region of a model with `layer: best`."""
    penalties: Annotated[
        tuple[Annotated[float, Field(gt=0)], ...], BeforeValidator(split_words), Field(min_length=1)
    ] = (0.01, 0.1, 1, 3, 10, 30, 100, 300, 1000, 10000)
    """Penalties of ridge that are tried, as multiples of the mean eigenvalue of the kernel of standardised
    features: ridge on such features has them times the number of features."""
    share_steps: int = Field(default=3, ge=1)
    """In how many steps the weights of vision, language and multimodal models are tried where the variance of
    responses is partitioned among them: with 3, each group counts for 0, 1/3, 2/3 or all."""
    least_ncsnr: float = Field(default=0.2, ge=0)
    """Noise ceiling signal-to-noise ratio below which a channel is said to have no signal. Such channels
    count in no mean over a region (Conwell et al. 2024 leave them out below 0.2). Where the responses are
    averages, the ratio is unknown, and all channels count."""
    memory_limit: int = Field(default=2 * 10**9, ge=1)
    """Bytes of mean responses to which weights are fitted at once; subjects who saw the same images are put
    together up to it, and a subject with more is fitted in parts."""

    @field_validator("penalties")
    @classmethod
    def _in_order(cls, penalties: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(set(penalties)))
