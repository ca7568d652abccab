"""What the column `image` of `stimuli` holds: the path of a file, or a row of a dataset of an HDF5 file."""

from __future__ import annotations

import re
from typing import NamedTuple

_ROW = re.compile(r"(?P<file>.+\.(?:hdf5|h5))#(?P<dataset>[^#]+)/(?P<row>\d+)")


class ImageRow(NamedTuple):
    """An image that is a row of a dataset (n_images, height, width, 3), as `brick.hdf5#imgBrick/12`."""

    file: str
    dataset: str
    row: int
    """Counted from 0."""

    def __str__(self) -> str:
        return f"{self.file}#{self.dataset}/{self.row}"


def image_row(image: str) -> ImageRow | None:
    """The row that an image is, or none where it is a file of its own."""
    found = _ROW.fullmatch(image)
    return ImageRow(found["file"], found["dataset"], int(found["row"])) if found else None
