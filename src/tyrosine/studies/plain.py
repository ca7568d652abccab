"""The layout `plain`: a folder of images of one's own, with responses or RDMs beside it.

    images/<stimulus>.png                      or .jpg, .jpeg
    stimuli.csv                                optional: column stimulus, the order of the rows of all arrays;
                                               without it the order is that of the sorted file names
    captions.csv                               optional: columns stimulus, caption; a row for each caption
    responses/subj<NN>_<ROI>[_<lh|rh>].npy     (n_rows, n_channels)
    presentations.csv                          optional: columns subject, stimulus, repetition, and perhaps
                                               session; a row for each row of a subject's responses, in order
    rdms/subj<NN>_<ROI>[_<lh|rh>].npy          (n_stimuli, n_stimuli), or condensed

Responses, RDMs or both. Channels of a file without a hemisphere count as those of `both`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tyrosine.errors import StudyError
from tyrosine.studies.files import (
    IMAGE_SUFFIXES,
    check_captions,
    check_rdm,
    check_rows,
    check_subjects,
    image_sha256,
    inside,
    read_array,
    refuse_duplicates,
)
from tyrosine.studies.nsd_tables import read_table, whole_numbers
from tyrosine.studies.tables import (
    DistributedRDM,
    Recording,
    Stimulus,
    presentations_table,
    stimuli_table,
)
from tyrosine.tables.columns import BOTH_HEMISPHERES, FILE_NAMES, METADATA_ORDER, SIDES
from tyrosine.wording import first_three

RESPONSES, RDMS = "responses", "rdms"
_FILE = re.compile(r"subj(?P<subject>\d{2,})_(?P<roi>.+?)(?:_(?P<side>lh|rh))?\.npy")


def missing(root: Path) -> list[str]:
    """Parts of the layout that `root` lacks."""
    lacking = [] if (root / "images").is_dir() else ["images"]
    return lacking if files_of(root) else [*lacking, "responses/subj01_<ROI>.npy or rdms/subj01_<ROI>.npy"]


def files_of(root: Path, *kinds: str) -> dict[tuple[str, int, str, str], str]:
    """Files of brain data in a raw folder, by kind, subject, ROI and hemisphere.

    Parameters
    ----------
    root : Path
    *kinds : str
        `responses`, `rdms`; both if none is given.

    Raises
    ------
    StudyError
        If a `.npy` file has a name that says neither subject nor region.
    """
    found: dict[tuple[str, int, str, str], str] = {}
    for kind in kinds or (RESPONSES, RDMS):
        for path in sorted((root / kind).glob("*.npy")):
            parts = _FILE.fullmatch(path.name)
            if parts is None or int(parts["subject"]) < 1:
                raise StudyError(
                    f"{path} has a name without subject and region; expected one such as subj01_V1.npy, or "
                    "subj01_V1_lh.npy for one hemisphere."
                )
            key = (kind, int(parts["subject"]), parts["roi"], parts["side"] or BOTH_HEMISPHERES)
            if key in found:
                raise StudyError(
                    f"{path} and {found[key]} are of one subject and region; keep one of the two."
                )
            found[key] = f"{kind}/{path.name}"
    return found


def read_stimuli_of(
    root: Path, captions_elsewhere: bool = False, subjects: Sequence[int] | None = None
) -> pd.DataFrame:
    """The `stimuli` table of the folder, in the order of `stimuli.csv` or of the sorted file names.

    Raises
    ------
    StudyError
        If there is no image, `stimuli.csv` and `images/` name different stimuli, one is there twice, an
        image does not open, or `captions.csv` is broken.
    """
    images = sorted(
        path
        for path in (root / "images").iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )
    if not images:
        raise StudyError(f"{root / 'images'} holds no images; expected files such as cat.png or cat.jpg.")
    refuse_duplicates([path.stem for path in images], root / "images")
    by_name = {path.stem: path.relative_to(root).as_posix() for path in images}
    names, source = _order(root, list(by_name))
    captions = _captions(root, names)
    return stimuli_table(
        [
            Stimulus(
                stimulus_id=name,
                image=by_name[name],
                image_sha256=image_sha256(inside(root, by_name[name]), name),
                captions=captions.get(name, []),
                row_source=source,
            )
            for name in names
        ]
    )


def _order(root: Path, with_image: Sequence[str]) -> tuple[list[str], str]:
    path = inside(root, "stimuli.csv")
    if not path.is_file():
        return list(with_image), FILE_NAMES
    table = read_table(path, ("stimulus",), "a column stimulus, with a row for each row of the arrays")
    names = [name.strip() for name in table["stimulus"]]
    refuse_duplicates(names, path)
    without = [name for name in names if name not in with_image]
    if without:
        raise StudyError(
            f"{path} lists stimuli without an image in {root / 'images'} ({first_three(without)}); names are "
            "those of the files without .png or .jpg."
        )
    unlisted = sorted(set(with_image) - set(names))
    if unlisted:
        raise StudyError(
            f"{root / 'images'} has images that {path} does not list ({first_three(unlisted)}); list them "
            "at their rows, or take them away."
        )
    return names, METADATA_ORDER


def _captions(root: Path, names: Sequence[str]) -> dict[str, list[str]]:
    path = inside(root, "captions.csv")
    if not path.is_file():
        return {}
    table = read_table(path, ("stimulus", "caption"), "columns stimulus and caption, a row for each caption")
    captions: dict[str, list[str]] = {}
    for name, caption in zip(table["stimulus"].str.strip(), table["caption"]):
        captions.setdefault(name, []).append(caption)
    unknown = [name for name in captions if name not in set(names)]
    if unknown:
        raise StudyError(
            f"{path} has captions of stimuli that have no image ({first_three(unknown)}); names are those of "
            "the image files without .png or .jpg."
        )
    lacking = [name for name in names if name not in captions]
    if lacking:
        raise StudyError(
            f"{path} has no caption of {first_three(lacking)}; write one for every stimulus, or take the "
            "file away for vision models alone."
        )
    return {name: check_captions(texts, name, path) for name, texts in captions.items()}


def read_presentations(root: Path, stimuli: pd.DataFrame, subjects: Sequence[int]) -> pd.DataFrame:
    """The `presentations` table: a row for each row of a subject's responses, in their order.

    Raises
    ------
    StudyError
        If `presentations.csv` is broken, lacks a subject, names a stimulus that is not there, or one twice
        with the same repetition.
    """
    path, names = inside(root, "presentations.csv"), list(stimuli["stimulus_id"])
    if not path.is_file():
        everything = [(subject, name) for subject in subjects for name in names]
        return presentations_table(pd.DataFrame(everything, columns=["subject", "stimulus_id"]))
    table = read_table(path, ("subject", "stimulus", "repetition"), "subject, stimulus, repetition")
    shown = pd.DataFrame(
        {
            column: whole_numbers(table[column], column, path)
            for column in ("subject", "repetition", "session")
            if column in table
        }
    ).assign(stimulus_id=table["stimulus"].str.strip())
    unknown = [name for name in shown["stimulus_id"] if name not in set(names)]
    if unknown:
        raise StudyError(f"{path} names stimuli without an image ({first_three(unknown)}); add the images.")
    lacking = [subject for subject in subjects if subject not in set(shown["subject"])]
    if lacking:
        raise StudyError(
            f"{path} has no row of subject {lacking[0]}; list every subject there, or leave the subject out "
            "of study.subjects."
        )
    twice = shown[shown.duplicated(["subject", "stimulus_id", "repetition"])]
    if len(twice):
        row = twice.iloc[0]
        raise StudyError(
            f"{path} lists stimulus {row['stimulus_id']} with repetition {row['repetition']} twice for "
            f"subject {row['subject']}; number the trials of a stimulus from 1."
        )
    return presentations_table(
        pd.concat([shown[shown["subject"] == subject] for subject in subjects], ignore_index=True)
    )


def choose_subjects(
    root: Path, subjects: Sequence[int] | str, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> list[int]:
    """The chosen subjects, numbered as in the names of the files.

    Raises
    ------
    StudyError
        If a subject is not there, or nobody has a region.
    """
    files = files_of(root)
    have = sorted({roi for _, _, roi, _ in files})
    for roi in (roi for rois in regions.values() for roi in rois):
        sides = [side for _, _, of, side in files if of == roi]
        if not sides:
            raise StudyError(
                f"No subject has region {roi}: there is no subj01_{roi}.npy or the like in {root}; name in "
                f"study.regions only {', '.join(have)}."
            )
        if hemispheres != BOTH_HEMISPHERES and hemispheres not in sides:
            raise StudyError(
                f"No subject has region {roi} of {hemispheres} alone; set study.hemispheres to both."
            )
    return check_subjects(subjects, sorted({subject for _, subject, _, _ in files}), root)


def read_responses(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[Recording]:
    """Responses of one subject, region by region; a region that the subject lacks is left out.

    Raises
    ------
    StudyError
        If a file is broken, has another number of rows, or values that are not finite.
    """
    for selectivity, roi, found in _of_subject(root, RESPONSES, subject, regions, hemispheres):
        parts = []
        for side, file in found:
            what, path = f"Region {roi} of subject {subject}", inside(root, file)
            parts.append((side, check_rows(read_array(path, what), len(names), what, path), file))
        yield Recording.of_hemispheres(subject, selectivity, roi, parts)


def read_distributed_rdms(
    root: Path, names: Sequence[str], subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[DistributedRDM]:
    """RDMs of one subject, region by region; that of both hemispheres is their mean where there are two.

    Raises
    ------
    StudyError
        If a file is broken, of another size, or has values that are not finite.
    """
    for selectivity, roi, found in _of_subject(root, RDMS, subject, regions, hemispheres):
        for side, file in found:
            what, path = f"The RDM of {roi} of subject {subject}", inside(root, file)
            rdm = check_rdm(read_array(path, what), len(names), what, path)
            if not np.isfinite(rdm).all():
                raise StudyError(f"{what} in {path} is not finite; leave the region of the subject out.")
            yield DistributedRDM(subject, selectivity, roi, side, rdm, str(path))


def _of_subject(
    root: Path, kind: str, subject: int, regions: Mapping[str, Sequence[str]], hemispheres: str
) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Selectivity, ROI, and the hemispheres with their files, of each region that the subject has."""
    files = files_of(root, kind)
    wanted = (BOTH_HEMISPHERES, *SIDES) if hemispheres == BOTH_HEMISPHERES else (hemispheres,)
    for selectivity, rois in regions.items():
        for roi in rois:
            keys = [(side, (kind, subject, roi, side)) for side in wanted]
            found = [(side, files[key]) for side, key in keys if key in files]
            if len(found) > 1 and found[0][0] == BOTH_HEMISPHERES:
                raise StudyError(
                    f"{root / found[0][1]} is of both hemispheres, and {found[1][1]} of one; keep one kind."
                )
            if found:
                yield selectivity, roi, found
