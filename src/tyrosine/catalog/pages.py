"""Datasets of the report: the page, which knows where it lies, and the tables of its figures as CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pandas as pd

from tyrosine.catalog.atomic import replacing
from tyrosine.catalog.datasets import LocalFile
from tyrosine.catalog.readable import readable


class Page(Protocol):
    """What is saved as a page."""

    def render(self, folder: Path) -> str:
        """The text of the page, whose links start in this folder."""


class PageFile(LocalFile):
    """A page of HTML with links to files beside it; loads as its text."""

    def save(self, data: Page) -> None:
        """Write the page with links that start in its own folder."""
        with replacing(self._filepath) as written:
            written.write_text(data.render(self._filepath.parent), encoding="utf-8")

    def load(self) -> str:
        """The text of the page."""
        with readable(self._filepath, "a page"):
            return self._filepath.read_text(encoding="utf-8")


class CSVFolder(LocalFile):
    """Tables in a folder of their own, each a file of comma-separated values; loads as the paths by name."""

    def save(self, data: Mapping[str, pd.DataFrame]) -> None:
        """Write the tables, by their file names without ending; the folder is replaced as a whole."""
        with replacing(self._filepath) as written:
            written.mkdir()
            for name, table in data.items():
                table.to_csv(written / f"{name}.csv", index=False, float_format="%.6g")

    def load(self) -> dict[str, Path]:
        """The files, by name."""
        with readable(self._filepath, "a folder of tables"):
            return {path.stem: path for path in sorted(self._filepath.glob("*.csv"))}
