"""The report: one HTML page with the answers, tables, figures, parameters and versions of a run."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup
from PIL import Image

from tyrosine.report.sections import PARTS, Note, Section, Table

_MOST_COLOURS = 32_768
_SHORT = 32
_FACTS = {
    "n_stimuli": "Stimuli",
    "n_subjects": "Subjects",
    "n_rois": "Regions",
    "name": "Study",
    "layout": "Layout of the data",
    "date": "Date",
}
_ABSENT = "–"
_NUMBER = r"[-−<]?\d[\d.]*(?:e-?\d+)?"
_NUMERIC = re.compile(rf"{_NUMBER}(?:\s*(?:±|to)\s*{_NUMBER})?|{_ABSENT}|undefined")


def render_report(
    *,
    study: Mapping[str, Any],
    parameters: Mapping[str, Any],
    versions: Mapping[str, str],
    sections: Iterable[Section],
    answers: str = "",
) -> str:
    """Write one self-contained HTML page.

    Parameters
    ----------
    study : mapping
        `title` (str) and `simulated` (bool), and facts to list, for instance `n_stimuli` or `date`.
    parameters : mapping
        All parameters of the run, nested.
    versions : mapping of str to str
        Version of each package.
    sections : iterable of Section
        Notes, tables and pictures. Each stands in its part of the page, in the order in which they come.
    answers : str
        HTML of the answers to the study's questions, as `questions.render_html` gives it.

    Returns
    -------
    str
        Equal input gives equal text; nothing in it is loaded from elsewhere.
    """
    facts = {
        key: value for key, value in study.items() if key not in ("title", "simulated") and value is not None
    }
    return template("report.html.j2").render(
        title=study["title"],
        simulated=bool(study["simulated"]),
        facts={_FACTS.get(key, key.replace("_", " ")): value for key, value in facts.items()},
        # The answers have been escaped where they were made.
        answers=Markup(answers),
        parts=_sort(sections),
        parameters="\n".join(_outline(parameters)),
        versions=dict(versions),
    )


@cache
def template(name: str) -> jinja2.Template:
    """A template of this folder; what it shows is escaped if it is HTML."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tyrosine.report", "."),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)


def _sort(sections: Iterable[Section]) -> list[dict[str, Any]]:
    """The parts of the page that have sections, with their headings, as the template takes them."""
    members: dict[str, list[dict[str, Any]]] = {part: [] for part in PARTS}
    for section in sections:
        members[section.part].append(_lay_out_section(section))
    return [
        {"name": part, "heading": PARTS[part], "sections": shown} for part, shown in members.items() if shown
    ]


def _lay_out_section(section: Section) -> dict[str, Any]:
    if isinstance(section, Note):
        return {"note": section.text}
    if isinstance(section, Table):
        return {"title": section.title, "table": lay_out(section.rows)}
    return {"caption": section.caption, "source": _embed(section)}


def _embed(png: bytes) -> str:
    """The picture as a data URI."""
    kind, smaller = _smaller(png)
    return f"data:image/{kind};base64," + base64.b64encode(smaller).decode("ascii")


def _smaller(png: bytes) -> tuple[str, bytes]:
    """The picture in fewer bytes, and its format. A report holds dozens of pictures and would be large."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    buffer = io.BytesIO()
    # A picture with a palette is small and sharp, but a palette would change the colours of photographs.
    if picture.getcolors(_MOST_COLOURS) is None:
        picture.save(buffer, format="jpeg", quality=88, subsampling=0)
        return "jpeg", buffer.getvalue()
    picture.quantize(256, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return "png", buffer.getvalue()


def lay_out(table: pd.DataFrame) -> dict[str, Any]:
    """The table as text, as `show` of `table.html.j2` takes it.

    Returns
    -------
    dict
        `columns`, each with `name`, `numeric` and `short`, and `rows` of cells.
    """
    if not isinstance(table.index, pd.RangeIndex):
        table = table.reset_index()
    cells = [[_text(value) for value in table.iloc[:, place]] for place in range(table.shape[1])]
    columns = [
        {
            "name": str(name),
            "numeric": bool(column) and all(map(_NUMERIC.fullmatch, column)),
            "short": max(map(len, column), default=0) <= _SHORT,
        }
        for name, column in zip(table.columns, cells)
    ]
    return {"columns": columns, "rows": list(zip(*cells))}


def _text(value: Any) -> str:
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(_text(entry) for entry in value)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return _ABSENT
    if isinstance(value, float):
        return f"{value:.1e}" if 0 < abs(value) < 0.0005 else f"{value:.3f}"
    return str(value)


def _outline(value: Any, depth: int = 0) -> list[str]:
    """Lines of a nested mapping, indented as YAML is."""
    lines = []
    for key, entry in value.items():
        start = f"{'  ' * depth}{key}:"
        if isinstance(entry, Mapping) and entry:
            lines += [start, *_outline(entry, depth + 1)]
        else:
            lines.append(f"{start} {_plain(entry)}")
    return lines


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_plain(entry) for entry in value) + "]"
    return str(value)
