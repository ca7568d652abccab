"""The table of all parameters in `docs/parameters.md`, made from their declaration.

`python -m tyrosine.parameters.reference > docs/parameters.md` writes it anew.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from tyrosine.parameters.measures import DISTANCES, METHODS, OneOf
from tyrosine.parameters.run import OF_THE_SIMULATION, Parameters

HEAD = """# Parameters

Everything that a run can be told, with the value that holds where nothing is said. This page is made from the
declaration in `src/tyrosine/parameters`, by `python -m tyrosine.parameters.reference > docs/parameters.md`.

A value is looked for in this order, and the last one counts:

1. the default below;
2. `conf/base`: what holds for every study;
3. the folders of `conf/` that the study includes (`includes` in its `globals.yml`): `conf/published` declares
   the models of the published experiments, for all studies with real data;
4. the study: `conf/simulated`, or the folder that `--env` names;
5. `conf/local`: your own values, for every study; git ignores them;
6. the command line: `kedro run --params "rdm.model_distance=cosine,clustering.subjects=1 2"`. Kedro splits
   this at commas, so that every list also takes words separated by spaces.

Nothing else is a parameter: a name that is not below is refused, with the name that was perhaps meant.
"""
WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    Path: "path",
    types.NoneType: "`null`",
}
SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
# Fields that the roster fills in, not the configuration.
FILLED_IN = {"models.<name>.name"}


def render_reference() -> str:
    """The page as Markdown."""
    sections = [HEAD]
    places: dict[type[BaseModel], list[str]] = {}
    descriptions: dict[type[BaseModel], str] = {}
    for where, model, description in _groups(Parameters, ""):
        places.setdefault(model, []).append(where)
        descriptions.setdefault(model, description)
    for model, description in descriptions.items():
        where = places[model][0]
        title = f"## {', '.join(f'`{place}`' for place in places[model])}" if where else "## At the top"
        note = " Only in the simulated study." if where in OF_THE_SIMULATION else ""
        # A group that several places have is written once.
        parent = "…" if len(places[model]) > 1 else where
        rows = [
            _row(f"{parent}.{name}" if where else name, field)
            for name, field in model.model_fields.items()
            if f"{where}.{name}" not in FILLED_IN and _model_in(field.annotation) is None
        ]
        table = rows and ["| parameter | value | default | meaning |", "| --- | --- | --- | --- |", *rows]
        sections.append("\n".join([title, "", f"{description}{note}", "", *table, ""]))
    return "\n".join(sections)


def render_distances() -> str:
    """The table of distances in `docs/methods.md`."""
    rows = [
        f"| `{name}` | {distance.description} "
        f"| {'repeated responses' if distance.needs_repetitions else 'responses and features'} "
        f"| {f'`{distance.net2brain}`' if distance.net2brain else ''} |"
        for name, distance in DISTANCES.items()
    ]
    return "\n".join(
        ["| distance | definition | of | Net2Brain's name |", "| --- | --- | --- | --- |", *rows]
    )


def render_methods() -> str:
    """The table of methods of similarity in `docs/methods.md`."""
    head = "| `comparison.methods` | definition | in rsatoolbox | permutation test | bootstrap over stimuli |"
    rows = [
        f"| `{name}` | {method.description} | {f'`{method.rsatoolbox}`' if method.rsatoolbox else ''} "
        f"| {'yes' if method.prepare else 'no'} | {'yes' if method.bootstrap else 'no'} |"
        for name, method in METHODS.items()
    ]
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *rows])


def _groups(model: type[BaseModel], where: str) -> Iterator[tuple[str, type[BaseModel], str]]:
    """Each group of parameters with its place and description, the outer before the inner."""
    if not where:
        yield where, model, "Parameters that belong to no group."
    for name, field in model.model_fields.items():
        found = _model_in(field.annotation)
        if found is not None:
            below, inner = found
            place = ".".join(part for part in (where, name, below) if part)
            yield place, inner, field.description or ""
            yield from _groups(inner, place)


def _model_in(annotation: Any) -> tuple[str, type[BaseModel]] | None:
    """The model that a field holds, and `<name>` where the field holds one for each of any names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if issubclass(annotation, RootModel):
            return _model_in(annotation.model_fields["root"].annotation)
        return "", annotation
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        found = _model_in(arguments[1])
        return None if found is None else (".".join(part for part in ("<name>", found[0]) if part), found[1])
    if get_origin(annotation) is types.UnionType:
        return next((found for one in arguments if (found := _model_in(one)) is not None), None)
    return None


def _row(name: str, field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(bound, key)}"
        for bound in field.metadata
        for key, sign in SIGNS.items()
        if getattr(bound, key, None) is not None
    ]
    value = ", ".join([_named(field.metadata) or _values(field.annotation), *bounds])
    default = "(to be given)" if field.is_required() else f"`{_yaml(field.get_default())}`"
    if name in ("roster", "experiment"):
        value, default = "`all` or list of text", "`all`"
    meaning = " ".join((field.description or "").split())
    return f"| `{name}` | {value} | {default} | {meaning} |".replace("\\|", "|")


def _values(annotation: Any) -> str:
    """What a value may be, in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _named(arguments[1:]) or _values(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is Union or origin is types.UnionType:
        return " or ".join(dict.fromkeys(_values(one) for one in arguments))
    if origin in (tuple, list):
        one = list(dict.fromkeys(_values(argument) for argument in arguments if argument is not Ellipsis))
        count = "list" if Ellipsis in arguments or origin is list else f"list of {len(arguments)}:"
        return f"{count} of {one[0]}".replace(": of", ":")
    if origin is dict:
        return f"mapping from {_values(arguments[0])} to {_values(arguments[1])}"
    return WORDS[annotation]


def _named(metadata: Iterable[Any]) -> str:
    """The names of the table that a field chooses from, if it chooses from one."""
    tables = [one for one in metadata if isinstance(one, OneOf)]
    return ", ".join(f"`{name}`" for name in tables[0].names()) if tables else ""


def _yaml(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, tuple | list):
        return f"[{', '.join(_yaml(one) for one in value)}]"
    return str(value) if value != "" else '""'


if __name__ == "__main__":
    sys.stdout.write(render_reference())
