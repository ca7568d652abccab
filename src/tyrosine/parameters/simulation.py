"""The simulated study, its miniature models and their training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from tyrosine.parameters.fields import Group, ProjectPath, Words
from tyrosine.parameters.layouts import simulated_layouts
from tyrosine.parameters.measures import OneOf

LEAST_POPULATION = 80
"""Scenes of the smallest population."""


class SimulationParameters(Group):
    """The simulated study: its size, its noise and its seed."""

    n_stimuli: int = Field(default=120, ge=8, le=73_000)
    """Images with captions that all subjects saw."""
    unique_stimuli: int = Field(default=0, ge=0, le=8_000)
    """Images that one subject alone saw, for each subject, besides the `n_stimuli` that all saw."""
    n_subjects: int = Field(default=8, ge=1, le=8)
    """Subjects."""
    n_voxels: int = Field(default=60, ge=2)
    """Voxels of a region in one hemisphere, on average over subjects."""
    signal_to_noise: float = Field(default=0.2, gt=0)
    """Variance of a voxel's signal over stimuli, divided by that of the noise of its mean response."""
    repetitions: int = Field(default=3, ge=1)
    """How often each subject saw an image; once leaves averages, with the same signal-to-noise ratio."""
    sessions: int = Field(default=6, ge=1)
    """Sessions; the repetitions of an image lie in different ones."""
    session_noise: float = Field(default=0.1, ge=0, lt=1)
    """Share of the variance of the noise that all trials of a session have in common."""
    population: int = Field(default=1000, ge=0, le=73_000)
    """Further scenes, which no subject sees, on which the truth for the population of scenes is computed;
    answers about new stimuli are held against it. With 0 there is none."""
    equal_models: Words = ()
    """Models of the roster that are equally good by construction: in the truth for the population they have
    the mean of their similarities."""
    seed: int = Field(default=0, ge=0)
    """Of scenes, brains and noise."""
    layout: Annotated[str, OneOf(simulated_layouts)] = "algonauts_shared"
    """The layout in which the files are written; results do not depend on it."""
    lacking: dict[int, Words] = {}
    """ROIs that a subject lacks."""

    @model_validator(mode="after")
    def _a_population_in_parts(self) -> SimulationParameters:
        if 0 < self.population < LEAST_POPULATION:
            raise ValueError(
                f"population is {self.population}, too few scenes to know how exactly they stand for all; "
                f"give it {LEAST_POPULATION} at least, or 0 for none"
            )
        return self

    @model_validator(mode="after")
    def _a_session_each(self) -> SimulationParameters:
        if self.sessions < self.repetitions:
            raise ValueError(
                f"sessions is {self.sessions}, fewer than the {self.repetitions} repetitions, which lie in "
                "different sessions; give it as many at least"
            )
        return self


class MiniatureParameters(Group):
    """The miniature models of the simulated study."""

    folder: ProjectPath = Field(default=Path("data/06_models/miniatures"), validate_default=True)
    """Where the miniatures lie, a Hugging Face folder each; they are written when missing."""
    seed: int = Field(default=0, ge=0)
    """Of the weights of the untrained twins."""
    trained: ProjectPath | None = None
    """Folder that `miniature_training` wrote to; the trained miniatures of the package if none."""


class MiniatureTrainingParameters(Group):
    """How the miniatures are trained; the recipe of each is in `tyrosine.simulation.miniatures.training`."""

    folder: ProjectPath = Field(default=Path("data/06_models/trained_miniatures"), validate_default=True)
    """Where the trained miniatures go."""
    n_scenes: int = Field(default=8000, ge=200)
    """Scenes to learn from."""
    n_held_out: int = Field(default=500, ge=100)
    """Scenes to score on."""
    scene_seed: int = Field(default=1000, ge=0)
    """Of the scenes to learn from; those to score on have the next seed. Neither may be the seed of the
    study, whose stimuli no miniature shall have seen."""
    seed: int = Field(default=0, ge=0)
    """Of the weights that training starts from, the order of the scenes and their augmentation."""
    max_steps: int | None = Field(default=None, ge=1)
    """Stop each training after so many steps; for a trial."""
