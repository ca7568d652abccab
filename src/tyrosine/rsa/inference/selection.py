"""From questions about attributes of models to contrasts of the models that have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tyrosine.errors import ParameterError
from tyrosine.parameters import QuestionParameters, SelectedContrast, Selection
from tyrosine.parameters.models import STIMULUS, ModelSpec
from tyrosine.rsa.contrasts import Contrast
from tyrosine.tables.columns import GROUP, NAMED


@dataclass(frozen=True)
class NamedContrast:
    """A contrast or a group of the questions, with the models that it selects.

    Attributes
    ----------
    name, question : str
        Its key, and that of the question it answers.
    kind : {NAMED, GROUP}
        A group is a mean over models, against zero.
    label_a, label_b : str
        What its sides are called; `label_b` is empty for a group.
    contrast : Contrast or None
        None where the roster has no such models.
    undefined : str
        Why there is none, or else empty.
    """

    name: str
    question: str
    kind: str
    label_a: str
    label_b: str
    contrast: Contrast | None
    undefined: str = ""


def select_contrasts(questions: QuestionParameters, models: Mapping[str, ModelSpec]) -> list[NamedContrast]:
    """Find the models of every group and contrast of the questions.

    Parameters
    ----------
    questions : QuestionParameters
    models : mapping of str to ModelSpec
        The models that take part, by name.

    Returns
    -------
    list of NamedContrast
        In the order of the questions, the groups of each first. One that selects no model, on a side or
        within any value of its `within`, has no `contrast` but the reason.

    Raises
    ------
    ParameterError
        If a contrast has the same model on both sides.
    """
    found = []
    for question, asked in questions.root.items():
        for name, group in asked.groups.items():
            members = _select(group.select, models)
            found.append(
                NamedContrast(
                    name,
                    question,
                    GROUP,
                    group.label,
                    "",
                    Contrast(name, ((members, ()),)) if members else None,
                    "" if members else f"no model of the roster has {_describe(group.select)}",
                )
            )
        for name, sides in asked.contrasts.items():
            contrast, undefined = _contrast(f"questions.{question}.contrasts.{name}", name, sides, models)
            found.append(NamedContrast(name, question, NAMED, *sides.labels, contrast, undefined))
    return found


def _contrast(
    where: str, name: str, sides: SelectedContrast, models: Mapping[str, ModelSpec]
) -> tuple[Contrast | None, str]:
    a, b = _select(sides.a, models), _select(sides.b, models)
    both = [model for model in a if model in b]
    if both:
        raise ParameterError(
            f"{where} selects {', '.join(both)} on both sides; choose a and b so that no model has the "
            "attributes of both."
        )
    for side, selection in ((a, sides.a), (b, sides.b)):
        if not side:
            return None, f"no model of the roster has {_describe(selection)}"
    if sides.within is None:
        return Contrast(name, ((a, b),)), ""
    strata = []
    # A model that does not say its architecture shares it with no other.
    for value in dict.fromkeys(getattr(models[model], sides.within) for model in a):
        alike = tuple(
            tuple(model for model in side if value and getattr(models[model], sides.within) == value)
            for side in (a, b)
        )
        if all(alike):
            strata.append((alike[0], alike[1]))
    if not strata:
        return None, (
            f"no model with {_describe(sides.a)} shares its {sides.within} with one that has "
            f"{_describe(sides.b)}"
        )
    return Contrast(name, tuple(strata)), ""


def _select(selection: Selection, models: Mapping[str, ModelSpec]) -> tuple[str, ...]:
    wanted = selection.model_dump(exclude={"trained", "experiment"}, exclude_none=True)
    return tuple(
        name
        for name, spec in models.items()
        if (spec.twin_of is None) == selection.trained
        # Features of stimuli are no models: a question that wants them says so.
        and (spec.modality != STIMULUS or selection.modality == STIMULUS)
        and all(getattr(spec, attribute) == value for attribute, value in wanted.items())
        and (selection.experiment is None or selection.experiment in spec.experiment)
    )


def _describe(selection: Selection) -> str:
    wanted = selection.model_dump(exclude_none=True)
    if wanted["trained"]:
        del wanted["trained"]
    words = (
        f"{attribute} {str(value).lower() if isinstance(value, bool) else value}"
        for attribute, value in wanted.items()
    )
    return ", ".join(words) or "any attributes"
