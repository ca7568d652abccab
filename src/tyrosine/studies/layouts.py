"""Which layout a raw folder has, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.parameters.layouts import LAYOUTS, SIMULATED, simulated_layouts
from tyrosine.studies import presentations
from tyrosine.studies.annotations import add_annotations, find_coco_files
from tyrosine.studies.tables import DistributedRDM, Recording


class Layout(Protocol):
    """What the module of a layout has: how it is recognised, and how its files are read.

    `names` are the stimuli of a subject's rows in their order; `regions` are ROIs by selectivity. A layout
    that may hold several preparations of its responses is told in `betas` which of them to read; for others
    there are no `options`.
    """

    def missing(self, root: Path) -> list[str]:
        """Parts of the layout that the folder lacks; none where it has this layout."""
        ...

    def read_stimuli(self, root: Path, captions_elsewhere: bool) -> pd.DataFrame:
        """The `stimuli` table of the folder; `OwnStimuli` has `read_stimuli_of` in its place."""
        ...

    def choose_subjects(
        self,
        root: Path,
        subjects: Sequence[int] | str,
        regions: Mapping[str, Sequence[str]],
        hemispheres: str,
        **options: str,
    ) -> list[int]:
        """The chosen subjects; one that is not there, or a region that nobody has, is refused."""
        ...

    def read_responses(
        self,
        root: Path,
        names: Sequence[str],
        subject: int,
        regions: Mapping[str, Sequence[str]],
        hemispheres: str,
        **options: str,
    ) -> Iterator[Recording]:
        """Voxel responses of one subject, region by region; a region that the subject lacks is left out."""
        ...

    def read_distributed_rdms(
        self,
        root: Path,
        names: Sequence[str],
        subject: int,
        regions: Mapping[str, Sequence[str]],
        hemispheres: str,
        **options: str,
    ) -> Iterator[DistributedRDM]:
        """RDMs of one subject that the folder has, region by region."""
        ...


class OwnStimuli(Protocol):
    """What the module of a layout has besides, whose subjects saw stimuli of their own."""

    def read_stimuli_of(
        self, root: Path, captions_elsewhere: bool, subjects: Sequence[int] | None, **options: str
    ) -> pd.DataFrame:
        """The `stimuli` table of what some subjects saw, or all subjects."""
        ...

    def read_presentations(self, root: Path, stimuli: pd.DataFrame, subjects: Sequence[int]) -> pd.DataFrame:
        """The `presentations` table: a row for each row of a subject's responses, in their order."""
        ...


SIMULATION_MARKER = "simulation.json"
"""File that marks a raw folder as simulated, with the parameters that made it."""


class StudyFolder(NamedTuple):
    """A raw folder that has been recognised."""

    root: Path
    layout: str
    simulated: bool
    betas: str = "auto"
    """Which preparation of the responses to read; see `StudyParameters.betas`."""

    def options(self) -> dict[str, str]:
        """What functions of the layout are given besides, by name.

        Raises
        ------
        StudyError
            If a preparation is named for a layout that has one kind of responses.
        """
        if LAYOUTS[self.layout].preparations:
            return {"betas": self.betas}
        if self.betas != "auto":
            raise StudyError(
                f"study.betas is {self.betas}, and {self.root} has the layout {self.layout}, which has one "
                "kind of responses; leave study.betas out."
            )
        return {}


def layout_of(name: str) -> Layout:
    """The module that reads a layout, by the layout's name in `tyrosine.parameters.layouts.LAYOUTS`."""
    return cast(Layout, import_module(LAYOUTS[name].module))


def own_stimuli_of(name: str) -> OwnStimuli:
    """The module of a layout whose subjects saw stimuli of their own."""
    return cast(OwnStimuli, import_module(LAYOUTS[name].module))


def is_simulated(root: Path) -> bool:
    """Whether a raw folder was written by the simulation and not measured."""
    return (root / SIMULATION_MARKER).is_file()


def contents(source: str) -> str:
    """What a raw folder must hold at least, as messages say it.

    Parameters
    ----------
    source : str
        `auto`, or the name of a layout.
    """
    names = list(LAYOUTS) if source == "auto" else [source]
    nothing = Path("no such folder")
    return " or ".join(f"{', '.join(layout_of(name).missing(nothing))} (layout {name})" for name in names)


def open_study(root: Path, source: str) -> StudyFolder:
    """Recognise the layout of a raw folder.

    Parameters
    ----------
    root : Path
    source : str
        The layout that it must have; `auto` for any, `simulated` for any that the simulation writes.

    Returns
    -------
    StudyFolder
        `root` is the folder itself, or the one in it that has the name of the unpacked archive.

    Raises
    ------
    StudyError
        If there is no such folder, it has none of the layouts, or more than one; the sentence says what is
        missing.
    """
    if not root.is_dir():
        raise StudyError(
            f"The study's folder {root} does not exist; put an unpacked copy of the data there, "
            "or point study.path at one (kedro run --params study.path=…)."
        )
    candidates = {
        "auto": list(LAYOUTS),
        SIMULATED: simulated_layouts(),
    }.get(source, [source])
    lacking = {name: layout_of(name).missing(root) for name in candidates}
    # study.path may be the folder above the one that an archive unpacks to.
    unpacked = [root / entry.unpacked for entry in LAYOUTS.values() if entry.unpacked]
    for folder in (root, *(inner for inner in unpacked if inner.is_dir())):
        fitting = [name for name in candidates if not layout_of(name).missing(folder)]
        if len(fitting) > 1:
            raise StudyError(
                f"The folder {folder} has the parts of {' and of '.join(fitting)}; name one of them in "
                "study.source."
            )
        if fitting:
            return StudyFolder(folder, fitting[0], is_simulated(folder))
    told = "; ".join(f"for {name} it lacks {', '.join(parts)}" for name, parts in lacking.items())
    raise StudyError(
        f"The folder {root} has no known layout: {told}. Point study.path at the unpacked study."
    )


def read_stimuli(
    study: StudyFolder,
    coco_path: Path | None = None,
    crop_share: float = 0.5,
    subjects: Sequence[int] | None = None,
) -> pd.DataFrame:
    """The `stimuli` table of a study, with what COCO's annotations say where there are some.

    Parameters
    ----------
    study : StudyFolder
    coco_path : Path, optional
        Folder of COCO's annotation files, if it is not the study's own.
    crop_share : float
        See `annotations.add_annotations`.
    subjects : sequence of int, optional
        Whose stimuli to read, in a layout whose subjects saw stimuli of their own; those of all if not given.
    """
    files = find_coco_files(study.root, coco_path)
    captions_elsewhere = bool(files.captions)
    if LAYOUTS[study.layout].own_stimuli:
        stimuli = own_stimuli_of(study.layout).read_stimuli_of(
            study.root, captions_elsewhere, subjects, **study.options()
        )
    else:
        stimuli = layout_of(study.layout).read_stimuli(study.root, captions_elsewhere)
    return add_annotations(stimuli, study.root, files, crop_share)


def choose_subjects(
    study: StudyFolder, subjects: Sequence[int] | str, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> list[int]:
    """The chosen subjects of a study, after a look at which files there are.

    Raises
    ------
    StudyError
        If a subject is not there, or no subject has a region.
    """
    return layout_of(study.layout).choose_subjects(
        study.root, subjects, regions, hemispheres, **study.options()
    )


def read_presentations(study: StudyFolder, stimuli: pd.DataFrame, subjects: Sequence[int]) -> pd.DataFrame:
    """The `presentations` table of a study; see `presentations.read_presentations`."""
    if LAYOUTS[study.layout].own_stimuli:
        return own_stimuli_of(study.layout).read_presentations(
            study.root, stimuli, subjects, **study.options()
        )
    return presentations.read_presentations(study.root, stimuli, subjects)


def read_responses(
    study: StudyFolder,
    names: Sequence[str],
    subject: int,
    regions: Mapping[str, Sequence[str]],
    hemispheres: str,
) -> Iterator[Recording]:
    """Voxel responses of one subject, region by region; a region that the subject lacks is left out.

    Parameters
    ----------
    study : StudyFolder
    names : sequence of str
        Stimuli of the subject's rows, in their order.
    subject : int
    regions : mapping of str to sequence of str
        ROIs by selectivity.
    hemispheres : {"both", "lh", "rh"}
    """
    return layout_of(study.layout).read_responses(
        study.root, names, subject, regions, hemispheres, **study.options()
    )


def read_distributed_rdms(
    study: StudyFolder,
    names: Sequence[str],
    subject: int,
    regions: Mapping[str, Sequence[str]],
    hemispheres: str,
) -> Iterator[DistributedRDM]:
    """RDMs of one subject that a study distributes, region by region; arguments as in `read_responses`."""
    return layout_of(study.layout).read_distributed_rdms(
        study.root, names, subject, regions, hemispheres, **study.options()
    )
