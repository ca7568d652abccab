"""Which layout a raw folder has, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies import algonauts_shared, images78
from tyrosine.studies.simulation import is_simulated
from tyrosine.studies.tables import Recording

LAYOUTS: dict[str, ModuleType] = {"algonauts_shared": algonauts_shared, "images78": images78}


class StudyFolder(NamedTuple):
    """A raw folder that has been recognised."""

    root: Path
    layout: str
    simulated: bool


def contents(source: str) -> str:
    """What a raw folder must hold at least, as messages say it.

    Parameters
    ----------
    source : {"auto", "algonauts_shared", "images78"}
    """
    names = list(LAYOUTS) if source == "auto" else [source]
    nothing = Path("no such folder")
    return " or ".join(f"{', '.join(LAYOUTS[name].missing(nothing))} (layout {name})" for name in names)


def open_study(root: Path, source: str) -> StudyFolder:
    """Recognise the layout of a raw folder.

    Parameters
    ----------
    root : Path
    source : {"auto", "simulated", "algonauts_shared", "images78"}
        The layout it must have; `simulated` is `algonauts_shared` in files.

    Raises
    ------
    StudyError
        If there is no such folder, or it has none of the layouts; the sentence says what is missing.
    """
    if not root.is_dir():
        raise StudyError(
            f"The study's folder {root} does not exist; put an unpacked copy of the data there, "
            "or point study.path at one (kedro run --params study.path=…)."
        )
    layout = "algonauts_shared" if source == "simulated" else source
    candidates = list(LAYOUTS) if layout == "auto" else [layout]
    lacking = {name: LAYOUTS[name].missing(root) for name in candidates}
    for name, parts in lacking.items():
        if not parts:
            return StudyFolder(root, name, is_simulated(root))
    told = "; ".join(f"for {name} it lacks {', '.join(parts)}" for name, parts in lacking.items())
    raise StudyError(
        f"The folder {root} has no known layout: {told}. Point study.path at the unpacked study."
    )


def read_stimuli(study: StudyFolder) -> pd.DataFrame:
    """The `stimuli` table of a study."""
    return LAYOUTS[study.layout].read_stimuli(study.root)


def read_recordings(
    study: StudyFolder,
    n_stimuli: int,
    subjects: Sequence[int] | str,
    regions: Mapping[str, Sequence[str]],
    hemispheres: str,
) -> Iterator[Recording]:
    """Recordings of a study, region by region, subject by subject."""
    return LAYOUTS[study.layout].read_recordings(study.root, n_stimuli, subjects, regions, hemispheres)
