"""The roster: reading the models of the parameters, and choosing which of them take part."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import ValidationError

from tyrosine.errors import ModelError
from tyrosine.parameters.models import OF_TRAINING, STIMULUS, UNTRAINED, Experiment, ModelSpec

# A model's name is a Kedro namespace and the name of its files.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
EVERY_MODEL = "all"
EVERY_EXPERIMENT = "all"
EXPERIMENTS = get_args(Experiment)


def parse_roster(models: Mapping[str, Mapping[str, Any]]) -> dict[str, ModelSpec]:
    """Validate every entry of ``models:``.

    Parameters
    ----------
    models : mapping of str to mapping
        The fields of each model, by the model's name.

    Returns
    -------
    dict of str to ModelSpec
        In the given order; behind all of them the untrained twins that they ask for, in the same order, and
        then features of stimuli. An entry of the name of such a twin changes single fields of the twin.

    Raises
    ------
    ModelError
        If a name cannot be a namespace, an entry is no mapping, a field is missing, unknown or has a value
        that makes no sense, or two models share a label or a column.
    """
    if not isinstance(models, Mapping):
        raise ModelError(f"`models` is a {type(models).__name__}; expected a mapping from names to models.")
    twins = {
        f"{name}{UNTRAINED}"
        for name, fields in models.items()
        if isinstance(fields, Mapping) and fields.get("untrained_twin")
    }
    roster = {
        str(name): _parse_model(name, fields, models) for name, fields in models.items() if name not in twins
    }
    for spec in [spec for spec in roster.values() if spec.untrained_twin]:
        twin = spec.untrained()
        changes = models.get(twin["name"], {})
        fields = {**twin, **changes} if isinstance(changes, Mapping) else changes
        roster[twin["name"]] = _parse_model(twin["name"], fields, models)
    # Colours and places in figures follow the order, which features of stimuli must not shift.
    roster = dict(sorted(roster.items(), key=lambda entry: entry[1].modality == STIMULUS))
    for field in ("label", "column"):
        owners: dict[str, str] = {}
        for name, spec in roster.items():
            value = getattr(spec, field)
            if value in owners:
                raise ModelError(
                    f"Models {owners[value]} and {name} have the same {field}, '{value}'; "
                    f"set models.{name}.{field} to a name of its own."
                )
            owners[value] = name
    return roster


def refuse_lone_twins(roster: Mapping[str, ModelSpec]) -> None:
    """Refuse a twin of itself or of a model that is not declared, and one that says what it was trained on.

    Raises
    ------
    ModelError
    """
    for name, spec in roster.items():
        if spec.twin_of is not None and (spec.twin_of == name or spec.twin_of not in roster):
            others = [other for other in roster if other != name]
            raise ModelError(
                f"models.{name}.twin_of is '{spec.twin_of}', which is no other model; "
                f"expected one of {', '.join(others)}."
            )
        learned = [field for field in OF_TRAINING if getattr(spec, field) is not None]
        if spec.twin_of is not None and learned:
            raise ModelError(
                f"models.{name}.{learned[0]} is {getattr(spec, learned[0])!r}, but {name} is the untrained "
                f"twin of {spec.twin_of}, which was trained on nothing; leave {learned[0]} out, or set it to "
                "null."
            )


def select_models(
    models: Mapping[str, Any],
    roster: str | Iterable[str],
    experiment: str | Iterable[str] = EVERY_EXPERIMENT,
) -> list[str]:
    """Names of the models that take part.

    Parameters
    ----------
    models : mapping
        Every model that is declared, by name.
    roster : str or iterable of str
        ``all``, names separated by spaces, or a list of names. ``all`` means every model, without features
        of stimuli, and may stand beside their names.
    experiment : str or iterable of str
        ``all``, or the experiments of which a model must take part in one; names likewise.

    Returns
    -------
    list of str
        In the order of `roster`, each once; in the order of `models` for ``all``.

    Raises
    ------
    ModelError
        If no model is named, or one that is not declared; if there is no such experiment, or none of the
        models takes part in it.
    """
    if not isinstance(roster, str | Iterable) or isinstance(roster, Mapping):
        raise ModelError(f"`roster` is {roster!r}; expected `all` or names among {', '.join(models)}.")
    if not models:
        raise ModelError("`models` declares no model; expected an entry for each, in conf/ or with --params.")
    names = _words(roster)
    if EVERY_MODEL in names:
        every = [name for name in models if getattr(models[name], "modality", None) != STIMULUS]
        place = names.index(EVERY_MODEL)
        names = list(dict.fromkeys([*names[:place], *every, *names[place + 1 :]]))
    if not names:
        raise ModelError(f"`roster` names no model; expected `all` or names among {', '.join(models)}.")
    for name in names:
        if name not in models:
            raise ModelError(
                f"`roster` names the model '{name}', which `models` does not declare; "
                f"it declares {', '.join(models) or 'none'}."
            )
    experiments = select_experiments(experiment)
    if experiments == list(EXPERIMENTS):
        return names
    taking_part = [name for name in names if set(models[name].experiment) & set(experiments)]
    if not taking_part:
        raise ModelError(
            f"None of the models {', '.join(names)} takes part in the experiment {' or '.join(experiments)}; "
            "choose others in `roster`, or set models.<name>.experiment."
        )
    return taking_part


def select_experiments(experiment: str | Iterable[str]) -> list[str]:
    """Names of the experiments that are run.

    Parameters
    ----------
    experiment : str or iterable of str
        ``all``, names separated by spaces, or a list of names.

    Raises
    ------
    ModelError
        If there is no such experiment, or none is named.
    """
    known = isinstance(experiment, str | Iterable) and not isinstance(experiment, Mapping)
    names = _words(experiment) if known else []
    if names == [EVERY_EXPERIMENT]:
        return list(EXPERIMENTS)
    if not names or not set(names) <= set(EXPERIMENTS):
        raise ModelError(f"`experiment` is {experiment!r}; expected `all` or {' or '.join(EXPERIMENTS)}.")
    return [name for name in EXPERIMENTS if name in names]


def _words(value: str | Iterable[str]) -> list[str]:
    # A string in a list may hold several names too: that is how `--params` hands over a quoted list.
    parts = [value] if isinstance(value, str) else value
    return list(dict.fromkeys(word for part in parts for word in str(part).split()))


def _parse_model(name: str, fields: Mapping[str, Any], models: Iterable[str]) -> ModelSpec:
    if not NAME.fullmatch(str(name)) or name == EVERY_MODEL:
        raise ModelError(
            f"'{name}' cannot name a model; expected a letter, then letters, digits and underscores, "
            f"and not the word '{EVERY_MODEL}'."
        )
    if isinstance(fields, ModelSpec):
        return fields
    if not isinstance(fields, Mapping):
        raise ModelError(
            f"models.{name} is {fields!r}; expected a mapping with the fields {_listed(_options())}."
        )
    try:
        return ModelSpec.model_validate({**fields, "name": name})
    except ValidationError as error:
        raise ModelError(_sentence(name, error, models)) from None


def _sentence(name: str, error: ValidationError, models: Iterable[str]) -> str:
    # Only the first problem: one sentence that can be acted on, and the next run tells the next.
    problem = error.errors()[0]
    field = str(problem["loc"][0]) if problem["loc"] else ""
    where, given, context = f"models.{name}.{field}", problem["input"], problem.get("ctx", {})
    kind = problem["type"]
    if kind == "missing":
        others = [str(other) for other in models if other != name]
        close = difflib.get_close_matches(name, others, n=1)
        hint = f"; or did you mean models.{close[0]}?" if close else "."
        return f"{where} is missing; every model needs {_listed(_required_fields())}{hint}"
    if kind == "extra_forbidden":
        known = _options()
        close = difflib.get_close_matches(field, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else f"; the options are {_listed(known)}."
        return f"{where} is not an option of a model{hint}"
    if kind == "literal_error":
        return f"{where} is {given!r}; expected {context['expected']}."
    if kind == "value_error" and field:
        return f"{where} is {given!r}; {context['error']}."
    if kind == "value_error":
        return f"models.{name}: {context['error']}."
    expected = problem["msg"].removeprefix("Input should be ")
    return f"{where} is {given!r}; expected {expected[:1].lower()}{expected[1:]}."


def _options() -> list[str]:
    # The name is the entry's key, not a field of the entry.
    return [name for name in ModelSpec.model_fields if name != "name"]


def _required_fields() -> list[str]:
    return [name for name, field in ModelSpec.model_fields.items() if field.is_required()]


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
