"""Figures with their captions, before they are saved and after."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from tyrosine.figures import style

_WITHOUT_DATE: dict[str, dict[str, Any]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
"""Metadata for each format without which a figure that is drawn twice would be saved as different bytes."""

_LARGEST_KEPT_IMAGE = 1000
"""Pixels a side up to which an image is kept as it is in a PDF or SVG."""


class Place(NamedTuple):
    """The subject, or the region of a subject, that one figure of several shows."""

    subject: int
    roi: str = ""

    @property
    def file_name(self) -> str:
        """Name of the figure's file without its ending, such as `subj01_EBA`."""
        return f"subj{self.subject:02d}" + (f"_{self.roi}" if self.roi else "")

    def __str__(self) -> str:
        return f"subject {self.subject}" + (f", {self.roi}" if self.roi else "")


@dataclass(frozen=True)
class Illustration:
    """A figure with what is needed to save it.

    Attributes
    ----------
    caption : str
        What the figure shows, as the report says it.
    figure : Figure
    formats : tuple of str
        File formats to save the figure in; PNG is always one of them.
    """

    caption: str
    figure: Figure
    formats: tuple[str, ...] = ("png",)

    def render(self, dpi: int = 200) -> dict[str, bytes]:
        """The figure as a file in each of its formats; the same figure gives the same bytes.

        The layout is made once, for the PNG that every figure has, and all formats share it. In other formats
        small images such as RDMs are kept as they are, one pixel a value: a page of 19 RDMs of 120 stimuli
        takes 0.5 s and 0.3 MB in place of 1.1 s and 3.2 MB.

        Parameters
        ----------
        dpi : int
            Dots per inch of the PNG, and of large images in other formats.

        Returns
        -------
        dict of str to bytes
            By format; PNG is the first.
        """
        files = {"png": self._save("png", dpi)}
        self.figure.set_layout_engine("none")
        small = [
            image for image in self.figure.findobj(AxesImage) if max(image.get_size()) <= _LARGEST_KEPT_IMAGE
        ]
        before = [image.get_interpolation() for image in small]
        for image in small:
            image.set_interpolation("none")
        for file_format in self.formats:
            if file_format not in files:
                files[file_format] = self._save(file_format, dpi)
        for image, interpolation in zip(small, before):
            image.set_interpolation(interpolation)
        return files

    def _save(self, file_format: str, dpi: int) -> bytes:
        buffer = io.BytesIO()
        options: dict[str, Any] = {"metadata": _WITHOUT_DATE[file_format]}
        if file_format == "png":
            # A page of 19 RDMs takes 0.47 s in place of 0.64 s, and 7 % more bytes, than at Pillow's level 6.
            options["pil_kwargs"] = {"compress_level": 3}
        with style.paper_style():
            self.figure.savefig(buffer, format=file_format, dpi=dpi, **options)
        return buffer.getvalue()


class Picture(bytes):
    """The PNG file of a figure, as bytes that know their caption.

    Attributes
    ----------
    caption : str
    files : tuple of Path
        The files of the figure, one a format; empty where it was not read from a file.
    """

    caption: str = ""
    files: tuple[Path, ...] = ()

    @classmethod
    def captioned(cls, png: bytes, caption: str, files: Iterable[Path] = ()) -> Picture:
        """The picture with this caption, read from these files."""
        picture = cls(png)
        picture.caption = caption
        picture.files = tuple(files)
        return picture


Drawn = Figure | Mapping[Place, Figure] | Mapping[str, Figure]
"""What a plot function gives: one figure, or several by their place or file name."""


def illustrate(
    draw: Callable[..., Drawn], caption: str, *inputs: Any
) -> Illustration | dict[str, Illustration]:
    """Draw and give what is drawn its caption.

    Parameters
    ----------
    draw : callable
        A plot function. It takes results by position and the view of the study as the keyword `view`.
    caption : str
        What the figure or figures show. A figure of a place has the place in its caption too.
    *inputs
        The results, and as the last one the `StudyView`.

    Returns
    -------
    Illustration or dict of str to Illustration
        One figure, or several by file name, as the plot function gives one or several. The first one of a
        series is saved in all formats.
    """
    *results, view = inputs
    drawn = draw(*results, view=view)
    if isinstance(drawn, Figure):
        return Illustration(caption, drawn, view.formats)
    illustrations: dict[str, Illustration] = {}
    for place, figure in drawn.items():
        if isinstance(place, Place):
            # The report shows the first of a series, with its vector file.
            formats = view.series_formats if illustrations else (*view.formats, *view.series_formats)
            illustrations[place.file_name] = Illustration(f"{caption}: {place}", figure, formats)
        else:
            illustrations[place] = Illustration(caption, figure, view.formats)
    return illustrations


def illustrate_part(
    draw: Callable[..., Drawn], caption: str, *inputs: Any
) -> Illustration | dict[str, Illustration]:
    """Draw what is over a part of the stimuli, and say so in the caption.

    Parameters
    ----------
    draw : callable
    caption : str
    *inputs
        Those of `illustrate`, and behind them the stimuli that figures are over and all of the study.

    Returns
    -------
    Illustration or dict of str to Illustration
    """
    *rest, part, whole = inputs
    if len(part) < len(whole):
        caption = f"{caption}, of {len(part)} stimuli chosen from {len(whole)}"
    return illustrate(draw, caption, *rest)
