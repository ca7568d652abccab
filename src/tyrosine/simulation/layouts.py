"""Which function writes the simulated study in which layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tyrosine.simulation.raw_folder import Content, write_algonauts_shared, write_nsd_872
from tyrosine.simulation.whole_nsd import write_algonauts_2023, write_nsd

WRITERS: dict[str, Callable[[Path, Content], None]] = {
    "algonauts_shared": write_algonauts_shared,
    "nsd_872": write_nsd_872,
    "algonauts_2023": write_algonauts_2023,
    "nsd": write_nsd,
}
"""By the name that the layout has in `tyrosine.parameters.layouts.LAYOUTS`."""


def write_in_layout(layout: str, root: Path, content: Content) -> None:
    """Write stimuli and responses into an empty folder."""
    WRITERS[layout](root, content)
