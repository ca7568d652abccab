"""The literature that the methods of a run rest on, from `references.bib` of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ENTRY = re.compile(r"^@\w+\{(?P<key>\w+),\n(?P<fields>.*?)^\}\n", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (?P<name>\w+) = \{(?P<value>.*)\},?$", re.MULTILINE)
_ACCENTS = {r"{\"o}": "ö", r"{\"u}": "ü", r"{\"a}": "ä", r"{\'a}": "á", r"{\'e}": "é"}
CITATION = re.compile(r"\[@(\w+(?:; @\w+)*)\]")
"""A citation within a text, as Pandoc writes it: `[@Nili2014]`, `[@Nili2014; @Walther2016]`."""


@dataclass(frozen=True)
class Reference:
    """An entry of the literature.

    Attributes
    ----------
    key : str
        What texts cite it by.
    short : str
        Such as `Nili et al., 2014`.
    text : str
        Authors, year, title and where it was published, in one line.
    link : str
        Address of the paper, if it has a DOI or stands in arXiv; else empty.
    bibtex : str
        The entry as BibTeX has it.
    """

    key: str
    short: str
    text: str
    link: str
    bibtex: str


@cache
def literature() -> dict[str, Reference]:
    """All references, by key."""
    source = files("tyrosine.report").joinpath("references.bib").read_text(encoding="utf-8")
    return {entry["key"]: _read(entry) for entry in _ENTRY.finditer(source)}


def cited(texts: Iterable[str]) -> list[Reference]:
    """The references that texts cite, by author and year."""
    keys = {key for text in texts for found in CITATION.findall(text) for key in found.split("; @")}
    return sorted((literature()[key] for key in keys), key=lambda one: one.text)


def _read(entry: re.Match[str]) -> Reference:
    fields = {field["name"]: _plain(field["value"]) for field in _FIELD.finditer(entry["fields"])}
    authors = [author.partition(", ") for author in fields["author"].split(" and ")]
    families = [family for family, _, _ in authors if family != "others"]
    short = f"{families[0]} et al." if len(authors) > 2 else " & ".join(families)
    names = ", ".join(
        f"{family} {''.join(part[0] for part in given.replace('-', ' ').split())}" if given else "et al."
        for family, _, given in authors
    )
    where = fields.get("journal") or fields.get("booktitle") or fields.get("institution", "")
    volume = f" {fields['volume']}" if "volume" in fields else ""
    number = f"({fields['number']})" if "number" in fields else ""
    pages = f": {fields['pages'].replace('--', '–')}" if "pages" in fields else ""
    eprint = f" {fields['eprint']}" if "eprint" in fields else ""
    link = f"https://doi.org/{fields['doi']}" if "doi" in fields else ""
    if eprint:
        link = f"https://arxiv.org/abs/{fields['eprint']}"
    text = f"{names} ({fields['year']}). {fields['title']}. {where}{volume}{number}{pages}{eprint}."
    # A letter after the year tells two papers of the same authors and year apart.
    year = re.sub(r"^\D+", "", entry["key"])
    return Reference(entry["key"], f"{short}, {year}", text, link, entry.group())


def _plain(value: str) -> str:
    for latex, letter in _ACCENTS.items():
        value = value.replace(latex, letter)
    return value.replace("{", "").replace("}", "").replace(" -- ", " – ")
