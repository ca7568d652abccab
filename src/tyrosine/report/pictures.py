"""Pictures within a page: as few bytes as show a figure well, and links to the files beside the page."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path
from urllib.parse import quote

from PIL import Image

MOST_COLOURS = 32_768
"""A picture of more colours shows photographs or RDMs, which bear a compression that loses a little."""

_WIDEST_OF_MANY_COLOURS = 1200


def embed(picture: bytes) -> str:
    """The picture as a data URI, in the format WebP.

    Parameters
    ----------
    picture : bytes
        A file of any format that Pillow reads.

    Returns
    -------
    str
        Pixel by pixel the same where the picture has few colours, as lines and text have. A picture of many
        colours is at most 1200 pixels wide and loses what the eye hardly sees: a page of 21 RDMs takes 0.4 MB
        in place of 4.4 MB.
    """
    with Image.open(io.BytesIO(picture)) as opened:
        shown = opened.convert("RGB")
    buffer = io.BytesIO()
    if shown.getcolors(MOST_COLOURS) is None:
        # Only the width is bounded: figures are as wide as a page, and as high as they need.
        shown.thumbnail((_WIDEST_OF_MANY_COLOURS, shown.height), Image.Resampling.LANCZOS)
        shown.save(buffer, format="webp", quality=75, method=4)
    else:
        shown.save(buffer, format="webp", lossless=True, method=3)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def link(file: Path, folder: Path) -> str:
    """A link to a file from a page in that folder, as HTML has it."""
    return quote(Path(os.path.relpath(file, folder)).as_posix())
