"""From configuration to parameters, with one sentence where that does not go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from tyrosine.errors import ParameterError


def first_sentence(error: ValidationError, where: str) -> str:
    """Say in one sentence what is wrong first with the parameters under `where`."""
    detail = error.errors()[0]
    location = ".".join(str(part) for part in (where, *detail["loc"]) if str(part))
    given = detail["input"]
    if detail["type"] == "missing":
        return f"Parameter {location} is missing; give it in conf/ or with --params {location}=…"
    if detail["type"] == "extra_forbidden":
        return f"Parameter {location} is unknown; check its spelling in conf/ and in --params."
    shown = "" if isinstance(given, Mapping) else f" is {given!r}"
    message = detail["msg"].removeprefix("Value error, ")
    return f"Parameter {location}{shown}: {message[0].lower()}{message[1:]}."


def parse(model: type[BaseModel], values: Any, where: str) -> Any:
    """Build the parameters `model` from `values`, or say in one sentence why not.

    Parameters
    ----------
    model : type
        One of the classes of this module.
    values : Mapping
        As read from configuration.
    where : str
        Name of the group, for the message.

    Raises
    ------
    ParameterError
        If a value is missing, unknown or out of range.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ParameterError(first_sentence(error, where)) from None
