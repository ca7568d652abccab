"""Training a miniature: one loop for all tasks, with a recipe of numbers for each."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
import transformers
from tqdm import tqdm

from tyrosine.models.backends.checkpoints import quiet_transformers
from tyrosine.simulation.miniatures.architectures import Miniature, build
from tyrosine.simulation.miniatures.material import Material, Pictures
from tyrosine.simulation.miniatures.tasks import TASKS, Score

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training.

    Attributes
    ----------
    epochs : float
        How often every scene is seen.
    batch_size : int
        Scenes a step.
    learning_rate : float
        At the peak: it rises linearly, then falls as a cosine.
    weight_decay : float
        Of AdamW.
    warmup : float
        Share of the steps in which the learning rate rises.
    clip : float
        Longest gradient.
    """

    epochs: float
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup: float = 0.1
    clip: float = 1.0


# As much training as a quarter of an hour on two cores has room for.
RECIPES: dict[str, Recipe] = {
    "vit": Recipe(epochs=8),
    "vit_mae": Recipe(epochs=14),
    "dpt_segmentation": Recipe(epochs=4),
    "dpt_depth": Recipe(epochs=2.5),
    "bert": Recipe(epochs=7),
    "gpt2": Recipe(epochs=1.5, batch_size=32),
    "mpnet": Recipe(epochs=3, batch_size=128),
    "clip": Recipe(epochs=7, batch_size=128),
}


def train_miniature(
    name: str,
    scenes: Pictures,
    vocabulary: Sequence[str],
    *,
    seed: int,
    recipe: Recipe | None = None,
    device: torch.device | None = None,
    max_steps: int | None = None,
) -> Miniature:
    """Train a miniature from random weights.

    Parameters
    ----------
    name : str
        A key of `RECIPES`.
    scenes : Pictures
        To learn from.
    vocabulary : sequence of str
        Captions whose words the tokenizer knows whole.
    seed : int
        Of weights, order and augmentation. The same seed gives the same weights on the same kind of
        machine with the same number of threads.
    recipe : Recipe, optional
        The one of `RECIPES` if not given.
    device : torch.device, optional
        A GPU if there is one, if not given.
    max_steps : int, optional
        Stop after so many steps; the learning rate goes as if it did not.

    Returns
    -------
    Miniature
        In evaluation mode on the CPU, its weights rounded to half precision, in which they are stored.
    """
    recipe = recipe or RECIPES[name]
    device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loss_of = TASKS[name].loss
    with _reproducible(seed), quiet_transformers():
        miniature = build(name, vocabulary)
        network = miniature.network.to(device).train()
        # For a few dozen tokens the plain attention is the fastest one on a processor.
        network.set_attn_implementation("eager")
        material = Material(scenes, miniature, device)
        per_epoch = len(scenes) // recipe.batch_size
        n_steps = round(recipe.epochs * per_epoch)
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )
        schedule = transformers.get_cosine_schedule_with_warmup(
            optimizer, round(recipe.warmup * n_steps), n_steps
        )
        rng = torch.Generator().manual_seed(seed)
        batches = _batches(len(scenes), recipe.batch_size, rng)
        # `disable=None` shows the bar on a terminal only.
        with tqdm(range(n_steps)[:max_steps], desc=name, unit="step", disable=None) as steps:
            for step in steps:
                loss = loss_of(network, material, next(batches), rng)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
                optimizer.step()
                schedule.step()
                if step % 20 == 0:
                    steps.set_postfix(loss=f"{loss.item():.3f}")
    return replace(miniature, network=network.cpu().half().float().eval())


def score_miniature(name: str, miniature: Miniature, held_out: Pictures, scenes: Pictures) -> Score:
    """How well a miniature does its task on scenes that it has not seen.

    Parameters
    ----------
    name : str
        A key of `TASKS`.
    miniature : Miniature
    held_out, scenes : Pictures
        To score on, and what it was trained on, from which the baseline is.

    Returns
    -------
    Score
    """
    cpu = torch.device("cpu")
    with torch.inference_mode():
        return TASKS[name].score(
            miniature.network, Material(held_out, miniature, cpu), Material(scenes, miniature, cpu)
        )


def _batches(n_scenes: int, size: int, rng: torch.Generator) -> Iterator[torch.Tensor]:
    """Rows of one batch after another, without end; each scene once an epoch."""
    while True:
        order = torch.randperm(n_scenes, generator=rng)
        for rows in order.split(size):
            if len(rows) == size:
                yield rows


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """Make weights and dropout follow from the seed; afterwards the caller's random state is as before."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    memory: Any = torch.utils.deterministic
    filled = memory.fill_uninitialized_memory
    devices = range(torch.cuda.device_count())
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        # On a GPU some gradients, such as that of an upsampled map, have no deterministic form.
        torch.use_deterministic_algorithms(True, warn_only=True)
        # No step reads memory before it writes it, and filling it first costs a tenth of the time.
        memory.fill_uninitialized_memory = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(deterministic)
            memory.fill_uninitialized_memory = filled
