"""The report: one HTML page with the answers, figures, tables, methods, parameters and versions of a run."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from tyrosine.figures.illustrations import Picture
from tyrosine.report.charts import bokeh_script
from tyrosine.report.explorer import STEPS
from tyrosine.report.pictures import embed, link
from tyrosine.report.references import CITATION, literature
from tyrosine.report.sections import PARTS, Gallery, Note, Section, Table

_SHORT = 32
_FACTS = {
    "name": "Study",
    "n_stimuli": "Stimuli",
    "n_subjects": "Subjects",
    "n_rois": "Regions",
    "layout": "Layout of the data",
    "date": "Date",
}
_ABSENT = "–"
_NUMBER = r"[-−<]?\d[\d.]*(?:e-?\d+)?"
_NUMERIC = re.compile(rf"{_NUMBER}(?:\s*(?:±|to)\s*{_NUMBER})?|{_ABSENT}|undefined")


@dataclass(frozen=True)
class Report:
    """What the page shows.

    Attributes
    ----------
    study : mapping
        `title` (str) and `simulated` (bool), and facts to list, for instance `n_stimuli` or `date`.
    parameters : mapping
        All parameters of the run, nested.
    versions : mapping of str to str
        Version of each package.
    sections : sequence of Section
        Notes, tables and galleries. Each stands in its part of the page, in the order in which they come.
    short_answers : sequence of first_screen.ShortAnswer
        One a question.
    answers : str
        HTML of the whole answers to the study's questions, as `questions.render_html` gives it.
    methods : methods.Methods, optional
    explorer : charts.Plots, optional
        What people look at with the mouse or the keyboard.
    tables : mapping of str to Path
        Files of the tables that figures were drawn from, by name.
    images : bool
        Whether figures in which images of stimuli can be made out are shown.
    """

    study: Mapping[str, Any]
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    sections: Sequence[Section] = ()
    short_answers: Sequence[Any] = ()
    answers: str = ""
    methods: Any = None
    explorer: Any = None
    tables: Mapping[str, Path] = field(default_factory=dict)
    images: bool = True

    def render(self, folder: Path | None = None) -> str:
        """Write one self-contained HTML page.

        Parameters
        ----------
        folder : Path, optional
            Where the page will lie; links to files beside it start there. Without it there are no such links.

        Returns
        -------
        str
            Equal input gives equal text. Nothing in it is loaded from elsewhere; links lead to files beside
            the page and to papers.
        """
        listed = {name: self.study[key] for key, name in _FACTS.items() if self.study.get(key) is not None}
        further = {
            key.replace("_", " "): value
            for key, value in self.study.items()
            if key not in ("title", "simulated", *_FACTS) and value is not None
        }
        parts = [self._lay_out_part(part, folder) for part in _sort(self._shown())]
        figures: list[Any] = next((part["sections"] for part in parts if part["name"] == "figures"), [])
        return template("report.html.j2").render(
            title=self.study["title"],
            simulated=bool(self.study["simulated"]),
            facts=listed | further,
            short_answers=self.short_answers,
            # The answers have been escaped where they were made.
            answers=Markup(self.answers),
            main_figure=figures[0] if figures and self.short_answers else None,
            parts=parts,
            methods=self._lay_out_methods(),
            parameters="\n".join(_outline(self.parameters)),
            versions=dict(self.versions),
            style=_asset("report.css"),
            explorer=None if self.explorer is None else _lay_out_explorer(self.explorer),
            scripts=[_asset("tables.js"), *self._interactive()],
            has_files=folder is not None,
        )

    def _shown(self) -> list[Section]:
        if self.images or not any(isinstance(one, Gallery) and one.shows_images for one in self.sections):
            return list(self.sections)
        kept = [one for one in self.sections if not (isinstance(one, Gallery) and one.shows_images)]
        return [
            *kept,
            Note("Images of the stimuli are left out of this page, as report.images says."),
        ]

    def _lay_out_part(self, part: dict[str, Any], folder: Path | None) -> dict[str, Any]:
        shown = [
            self._lay_out_gallery(one, folder) if isinstance(one, Gallery) else _lay_out_section(one)
            for one in part["sections"]
        ]
        return {**part, "sections": shown}

    def _lay_out_gallery(self, gallery: Gallery, folder: Path | None) -> dict[str, Any]:
        first, *others = gallery.pictures
        data = [] if folder is None else [
            {"name": name, "link": link(self.tables[name], folder)}
            for name in gallery.tables
            if name in self.tables
        ]  # fmt: skip
        return {
            "caption": first.caption,
            "source": embed(first),
            "files": _files(first, folder),
            "tables": data,
            "others": [{"caption": one.caption, "files": _files(one, folder)} for one in others],
        }

    def _interactive(self) -> list[Markup]:
        """Scripts of what people explore, if there is anything to explore."""
        return [] if self.explorer is None else [Markup(bokeh_script()), _asset("explorer.js")]

    def _lay_out_methods(self) -> dict[str, Any] | None:
        if self.methods is None:
            return None
        return {
            "paragraphs": [(heading, _cite(text)) for heading, text in self.methods.paragraphs],
            "references": self.methods.references,
            "bibtex": self.methods.bibtex,
        }


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


@cache
def _asset(name: str) -> Markup:
    """A script or style of this folder, which stands in the page as it is."""
    return Markup(files("tyrosine.report").joinpath(name).read_text(encoding="utf-8"))


def _sort(sections: Iterable[Section]) -> list[dict[str, Any]]:
    """The parts of the page that have sections, with their headings."""
    members: dict[str, list[Section]] = {part: [] for part in PARTS}
    for section in sections:
        members[section.part].append(section)
    return [
        {"name": part, "heading": PARTS[part], "sections": shown} for part, shown in members.items() if shown
    ]


def _lay_out_section(section: Note | Table) -> dict[str, Any]:
    if isinstance(section, Note):
        return {"note": section.text}
    return {"title": section.title, "table": lay_out(section.rows)}


def _files(picture: Picture, folder: Path | None) -> list[dict[str, str]]:
    """Links to the files of a figure, one a format."""
    if folder is None:
        return []
    return [{"name": path.suffix[1:].upper(), "link": link(path, folder)} for path in picture.files]


def _cite(text: str) -> Markup:
    """The text as HTML, with each citation as a link to its reference."""

    def linked(found: re.Match[str]) -> str:
        entries = [literature()[key] for key in found[1].split("; @")]
        return "(" + "; ".join(f'<a href="#{one.key}">{escape(one.short)}</a>' for one in entries) + ")"

    return Markup(CITATION.sub(linked, str(escape(text))))


def _lay_out_explorer(plots: Any) -> dict[str, Any]:
    return {
        "steps": STEPS,
        "note": plots.explorer.note,
        "images": bool(plots.explorer.images),
        "models": plots.models,
        "content": as_json(plots.explorer.content()),
        "plots": as_json(plots.items),
    }


def as_json(content: Any) -> Markup:
    """JSON that may stand within a script of a page, whatever texts are in it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


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
