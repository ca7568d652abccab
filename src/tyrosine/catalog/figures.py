"""Datasets of figures: a figure in several formats with its caption, and a folder of such figures."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro_datasets._typing import ImagePreview

from tyrosine.catalog.atomic import replacing
from tyrosine.catalog.datasets import LocalFile
from tyrosine.catalog.readable import readable
from tyrosine.figures.illustrations import Illustration, Picture

_EMPTY_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
"""One transparent pixel, as PNG."""

_CAPTIONS = "captions.json"
_FORMATS = ("png", "pdf", "svg")


class _Rendered(LocalFile):
    """Base of the datasets of figures: how finely they are rendered."""

    def __init__(
        self, *, filepath: str | os.PathLike, dpi: int = 200, metadata: dict[str, Any] | None = None
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._dpi = dpi


class FigureFile(_Rendered):
    """A figure in all its formats, named as its PNG, with its caption in a JSON file beside them.

    The JSON file lists the formats. It is deleted before the first file of a figure is replaced and written
    after the last one: where it exists, all files are of one and the same figure.

    Parameters
    ----------
    filepath : str or path
        The PNG file. Files of other formats have the same name with another ending.
    dpi : int
        Dots per inch of a PNG, and of the images within a PDF or SVG.
    metadata : dict, optional
        For Kedro-Viz.
    """

    @property
    def _record(self) -> Path:
        return self._filepath.with_suffix(".json")

    def save(self, data: Illustration) -> None:
        """Write the figure in its formats; files of formats that it no longer has are deleted."""
        files = data.render(self._dpi)
        before = self._formats()
        with replacing(self._record) as record:
            record.write_text(
                json.dumps({"caption": data.caption, "formats": list(files)}, ensure_ascii=False) + "\n",
                encoding="utf-8",
            )
            scratch = {fmt: record.with_suffix(f".{fmt}") for fmt in files}
            for fmt, content in files.items():
                scratch[fmt].write_bytes(content)
            self._record.unlink(missing_ok=True)
            for fmt, written in scratch.items():
                written.replace(self._filepath.with_suffix(f".{fmt}"))
            for fmt in before - files.keys():
                self._filepath.with_suffix(f".{fmt}").unlink(missing_ok=True)

    def _formats(self) -> set[str]:
        """Formats of the figure that is there; none if its record is missing or broken."""
        try:
            return set(json.loads(self._record.read_text(encoding="utf-8"))["formats"])
        except (OSError, ValueError, KeyError):
            return set()

    def load(self) -> Picture:
        """The PNG file's bytes, with the caption and the files as attributes."""
        with readable(self._filepath, "a figure"), readable(self._record, "the record of a figure"):
            record = json.loads(self._record.read_text(encoding="utf-8"))
            files = [self._filepath.with_suffix(f".{fmt}") for fmt in record["formats"]]
            return Picture.captioned(self._filepath.read_bytes(), record["caption"], files)

    def _exists(self) -> bool:
        return self._filepath.exists() and self._record.exists()

    def preview(self) -> ImagePreview:
        """The figure, for Kedro-Viz."""
        return ImagePreview(base64.b64encode(self.load()).decode("ascii"))


class FigureFolder(_Rendered):
    """Figures in all their formats in a folder of their own, which may be empty, with a file of captions.

    Parameters
    ----------
    filepath : str or path
        The folder. Saving replaces it as a whole.
    dpi : int
        Dots per inch of a PNG, and of the images within a PDF or SVG.
    metadata : dict, optional
        For Kedro-Viz.
    """

    def save(self, data: Mapping[str, Illustration]) -> None:
        """Write the figures, by their file names without ending."""
        with replacing(self._filepath) as written:
            written.mkdir()
            for name, one in data.items():
                for fmt, content in one.render(self._dpi).items():
                    (written / f"{name}.{fmt}").write_bytes(content)
            captions = {name: one.caption for name, one in data.items()}
            (written / _CAPTIONS).write_text(
                json.dumps(captions, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
            )

    def load(self) -> dict[str, Picture]:
        """The PNG files' bytes by their names without ending, as drawn, with captions and files."""
        with readable(self._filepath, "a folder of figures"):
            captions = json.loads((self._filepath / _CAPTIONS).read_text(encoding="utf-8"))
            return {
                name: Picture.captioned(
                    (self._filepath / f"{name}.png").read_bytes(),
                    captions[name],
                    [path for fmt in _FORMATS if (path := self._filepath / f"{name}.{fmt}").exists()],
                )
                for name in captions
            }

    def preview(self) -> ImagePreview:
        """The first figure, for Kedro-Viz; of an empty folder an empty picture."""
        picture = next(iter(self.load().values()), _EMPTY_PICTURE)
        return ImagePreview(base64.b64encode(picture).decode("ascii"))
