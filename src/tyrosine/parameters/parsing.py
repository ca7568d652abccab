"""From configuration to parameters, with one sentence where that does not go."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError

from tyrosine.errors import ParameterError, TyrosineError


def parse(model: type[BaseModel], values: Any, where: str, project: Path | None = None) -> Any:
    """Build the parameters `model` from `values`, or say in one sentence why not.

    Parameters
    ----------
    model : type
        The root model, or one of its groups.
    values : Mapping
        As read from configuration.
    where : str
        Name of the group, for the message; empty for the root model.
    project : Path, optional
        Where relative paths start; they are left as they are if not given.

    Raises
    ------
    TyrosineError
        If a value is missing, unknown or out of range: a `ParameterError`, or the error that says what is
        wrong with the roster.
    """
    try:
        return model.model_validate(values, context={"project": project})
    except ValidationError as error:
        found = error.errors()[0]
        own = found.get("ctx", {}).get("error")
        if isinstance(own, TyrosineError):
            raise own from None
        raise ParameterError(_sentence(found, where, model)) from None


def _sentence(found: Mapping[str, Any], where: str, model: type[BaseModel]) -> str:
    location = ".".join(str(part) for part in (where, *found["loc"]) if str(part))
    given = found["input"]
    if found["type"] == "missing":
        return f"Parameter {location} is missing; give it in conf/ or with --params {location}=…"
    if found["type"] == "extra_forbidden":
        *parents, name = found["loc"]
        known = field_names(model, parents)
        close = get_close_matches(str(name), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(known)}."
        return f"Parameter {location} is unknown; {hint}"
    shown = "" if isinstance(given, Mapping) else f" is {given!r}"
    message = found["msg"].removeprefix("Value error, ")
    if not location:
        return f"{message}."
    return f"Parameter {location}{shown}: {message[0].lower()}{message[1:]}."


def field_names(annotation: Any, path: Sequence[str | int]) -> list[str]:
    """Names of the fields of the group of parameters at a path below a type; empty if it is no group.

    Parameters
    ----------
    annotation : type
        A model, or what the annotation of a field says.
    path : sequence of str or int
        Names of fields, and keys of mappings.
    """
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if issubclass(annotation, RootModel):
            return field_names(annotation.model_fields["root"].annotation, path)
        if not path:
            return list(annotation.model_fields)
        field = annotation.model_fields.get(str(path[0]))
        return [] if field is None else field_names(field.annotation, path[1:])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return field_names(arguments[0], path)
    if origin is Union or origin is types.UnionType:
        return next(filter(None, (field_names(one, path) for one in arguments)), [])
    if origin is dict and path:
        return field_names(arguments[1], path[1:])
    return []
