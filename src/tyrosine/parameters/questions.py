"""What a study asks of groups of models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, RootModel, model_validator

from tyrosine.parameters.fields import Group
from tyrosine.parameters.models import Experiment, Modality


class Selection(Group):
    """Which models of the roster: those that have every attribute that is given."""

    modality: Modality | None = None
    """The modality that the models have; any but `stimulus`, whose features are no models, where none is
    given."""
    multimodal: bool | None = None
    """Whether the models were trained on images and text together."""
    task: str | None = None
    """Their training task."""
    architecture: str | None = None
    """Their architecture."""
    experiment: Experiment | None = None
    """An experiment in which the models take part."""
    trained: bool = True
    """False selects untrained twins, which are left out otherwise."""


class SelectedGroup(Group):
    """Models whose mean similarity is asked for."""

    label: str = Field(min_length=1)
    """How sentences and figures call the group."""
    select: Selection
    """Which models of the roster belong to the group: those that have every attribute that is given."""


class SelectedContrast(Group):
    """Two groups of models whose mean similarities are compared."""

    a: Selection
    """Which models of the roster are on the first side, selected as those of a group are."""
    b: Selection
    """Which models of the roster are on the second side, whose mean similarity is subtracted."""
    labels: tuple[str, str]
    """How sentences and figures call the two."""
    within: Literal["architecture", "modality", "task"] | None = None
    """Attribute that models on both sides share: each of its values has its own difference, and the
    contrast is their mean."""


class Question(Group):
    """A question, and what in the tables answers it."""

    ask: str = Field(min_length=1)
    """The question in words."""
    groups: dict[str, SelectedGroup] = {}
    """Groups of models whose mean similarity answers it, by name."""
    contrasts: dict[str, SelectedContrast] = {}
    """Pairs of groups whose difference answers it, by name."""

    @model_validator(mode="after")
    def _something_to_answer_it(self) -> Question:
        if not self.groups and not self.contrasts:
            raise ValueError("it has neither groups nor contrasts; give it at least one")
        return self


class QuestionParameters(RootModel[dict[str, Question]]):
    """The questions of the study, by name."""

    @model_validator(mode="after")
    def _each_name_once(self) -> QuestionParameters:
        names = [name for asked in self.root.values() for name in (*asked.groups, *asked.contrasts)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"groups and contrasts share the name {twice[0]}; give each a name of its own")
        return self
