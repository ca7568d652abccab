"""Types of fields that several groups of parameters share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo


class Group(BaseModel):
    """Base of all groups of parameters: no field that is not declared, and none that changes.

    The string below a field is its description, in `docs/parameters.md` too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def split_words(value: Any) -> Any:
    """Turn `"a b c"` into `["a", "b", "c"]` and one number into a list; leave anything else alone.

    Kedro splits `--params` at commas, so a list given there has to come as words.
    """
    if isinstance(value, str):
        return value.split()
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    return value


def _all_or_words(value: Any) -> Any:
    return value if value == "all" else split_words(value)


def _none_or_words(value: Any) -> Any:
    return () if value is None else split_words(value)


def _from_the_project(value: Path, info: ValidationInfo) -> Path:
    project = (info.context or {}).get("project")
    return value if project is None else project / value


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError("it is no address of the web; one begins with https:// or http://")
    return value


def _digest(value: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise ValueError("it is no SHA-256; one has 64 hexadecimal digits, as sha256sum prints it")
    return value.lower()


ProjectPath = Annotated[Path, AfterValidator(_from_the_project)]
"""A path that starts at the project's root, where the validation context names one as `project`."""
Words = Annotated[tuple[str, ...], BeforeValidator(split_words)]
Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_web_address)], ...], BeforeValidator(_none_or_words)
]
Digests = Annotated[tuple[Annotated[str, AfterValidator(_digest)], ...], BeforeValidator(_none_or_words)]
Subjects = Annotated[Literal["all"] | tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_all_or_words)]
