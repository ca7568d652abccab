"""NSD's responses to single trials, session by session: files of betas on surfaces and in volumes.

    nsddata_betas/ppdata/subj0S/<space>/betas_*/
        {lh,rh}.betas_sessionNN.mgh        of fsaverage: (n_vertices, 1, 1, n_trials), per cent
        {lh,rh}.betas_sessionNN.hdf5       of nativesurface: /betas (n_vertices, n_trials), int16
        betas_sessionNN.{hdf5,nii.gz}      of func1pt8mm and func1mm: (x, y, z, n_trials), int16

Integers are 300 times the per cent of signal change. `/betas` of an HDF5 file has its axes in reverse under
h5py, trials first, and all trials of a channel lie together in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import nibabel
import numpy as np
from numpy.typing import NDArray

from tyrosine.errors import StudyError
from tyrosine.studies.files import inside
from tyrosine.tables.columns import BOTH_HEMISPHERES
from tyrosine.wording import first_line, first_three

SURFACES = ("fsaverage", "nativesurface")
VOLUMES = ("func1pt8mm", "func1mm")
AUTO = "auto"
SCALE = 300
"""What per cent of signal change was multiplied by to become integers."""
LARGEST_MEDIAN = 50.0
"""Per cent of signal change; half of the betas of a session are far smaller, about 1, without their sign."""
BLOCK_BYTES = 64 << 20
"""How much of a file is in memory at a time."""
_SESSION = re.compile(r"(?:(lh|rh)\.)?betas_session(\d\d)\.(mgh|mgz|hdf5|nii\.gz|nii)")


Place = tuple[NDArray[np.intp], ...]
"""Where channels are in a trial, an array for each axis."""


class Preparation(NamedTuple):
    """One preparation of the responses of a subject.

    Attributes
    ----------
    subject : int
    name : str
        The folder below the subject's, as `study.betas` names it.
    files : dict of (side, session) to Path
        Of both hemispheres in a volume the side is `both`.
    """

    subject: int
    name: str
    files: dict[tuple[str, int], Path]

    @property
    def space(self) -> str:
        """The space that it is in: the first part of its name."""
        return self.name.partition("/")[0]

    @property
    def on_surface(self) -> bool:
        """Whether it has a file for each hemisphere."""
        return self.space in SURFACES

    def side(self, hemisphere: str) -> str:
        """What the files of a hemisphere are called."""
        return hemisphere if self.on_surface else BOTH_HEMISPHERES

    def sessions(self) -> list[int]:
        """The sessions that are there, in their order."""
        return sorted({session for _, session in self.files})


def _folder(root: Path, subject: int) -> Path:
    return root / f"nsddata_betas/ppdata/subj{subject:02d}"


def subjects_with_betas(root: Path) -> list[int]:
    """Subjects that there are betas of."""
    files = root.glob("nsddata_betas/ppdata/subj[0-9][0-9]/*/betas_*/*betas_session*")
    return sorted({int(path.parents[2].name[4:]) for path in files if _SESSION.fullmatch(path.name)})


def find_preparation(root: Path, subject: int, betas: str) -> Preparation:
    """The preparation that `study.betas` names, or the only one that is there.

    Raises
    ------
    StudyError
        If there is none, there are several and none is named, a session has one hemisphere alone, or a file
        is a link out of the folder.
    """
    found: dict[str, dict[tuple[str, int], Path]] = {}
    for space in (*SURFACES, *VOLUMES):
        for path in sorted(_folder(root, subject).glob(f"{space}/betas_*/*betas_session*")):
            match = _SESSION.fullmatch(path.name)
            if match and bool(match.group(1)) == (space in SURFACES):
                name = path.parent.relative_to(_folder(root, subject)).as_posix()
                side = match.group(1) or BOTH_HEMISPHERES
                # Sorted names: an HDF5 file comes before the NIfTI file that holds the same.
                of_session = inside(root, path.relative_to(root).as_posix())
                found.setdefault(name, {}).setdefault((side, int(match.group(2))), of_session)
    if betas == AUTO and len(found) > 1:
        raise StudyError(
            f"Subject {subject} has betas in {', '.join(found)} of {_folder(root, subject)}; name one of "
            "them in study.betas."
        )
    name = next(iter(found), "") if betas == AUTO else betas
    if name not in found:
        there = f"; there are {', '.join(found)}" if found else ""
        wanted = "<space>/betas_fithrf_GLMdenoise_RR" if betas == AUTO else betas
        raise StudyError(
            f"Subject {subject} has no betas in {_folder(root, subject) / wanted}{there}; name those that "
            "are there in study.betas, or leave the subject out of study.subjects."
        )
    preparation = Preparation(subject, name, found[name])
    sides = {side for side, _ in preparation.files}
    alone = [s for s in preparation.sessions() if any((side, s) not in preparation.files for side in sides)]
    if alone:
        raise StudyError(
            f"Sessions {first_three(alone)} of subject {subject} have the betas of one hemisphere alone in "
            f"{_folder(root, subject) / name}; copy those of the other, too, or remove them."
        )
    return preparation


def check_sessions(preparation: Preparation, n_sessions: int, n_trials: int) -> None:
    """Refuse betas of sessions that the subject did not have, or of another number of trials.

    Parameters
    ----------
    preparation : Preparation
    n_sessions : int
        Sessions that the subject completed.
    n_trials : int
        Trials of a session.

    Raises
    ------
    StudyError
    """
    subject, beyond = preparation.subject, [s for s in preparation.sessions() if not 1 <= s <= n_sessions]
    if beyond:
        raise StudyError(
            f"Subject {subject} completed {n_sessions} sessions, and there are betas of session "
            f"{first_three(beyond)} in {next(iter(preparation.files.values())).parent}; are they of another "
            "subject?"
        )
    for path in preparation.files.values():
        with opened(path) as betas:
            if betas.n_trials != n_trials:
                raise StudyError(
                    f"{path} holds the betas of {betas.n_trials} trials; expected {n_trials}, those of one "
                    "session. Get an intact copy of the file."
                )


class Betas:
    """The file of a session, opened.

    Attributes
    ----------
    path : Path
    shape : tuple of int
        Of one trial: (n_vertices,) on a surface, (x, y, z) in a volume.
    n_trials : int
    """

    def __init__(self, path: Path, array: Any, shape: Sequence[int], reverse: bool) -> None:
        self.path = path
        self._array, self._reverse = array, reverse
        *of_trial, self.n_trials = shape
        self.shape = tuple(of_trial)
        self._integer = np.dtype(array.dtype).kind in "iu"

    def blocks(
        self, channels: NDArray[np.int64]
    ) -> Iterator[tuple[slice, slice | NDArray[np.intp], NDArray[np.float32]]]:
        """Betas of some channels, block by block.

        Parameters
        ----------
        channels : ndarray of int
            Places in a trial, laid out flat with the last axis fastest.

        Yields
        ------
        trials : slice
        chosen : slice or ndarray of int
            Which of the channels.
        betas : ndarray of shape (n_trials_of_block, n_channels_of_block), float32
            Per cent of signal change.

        Raises
        ------
        StudyError
            If the file is truncated or broken.
        """
        place = np.unravel_index(channels, self.shape)
        chunks = getattr(self._array, "chunks", None)
        # NSD's HDF5 files keep all trials of a channel together: a trial alone takes as long as all of them.
        of_channels = self._reverse and chunks is not None and chunks[0] == self.n_trials > 1
        for trials, chosen, values in (self._channel_blocks if of_channels else self._trial_blocks)(place):
            betas = values.astype(np.float32)
            yield trials, chosen, betas / np.float32(SCALE) if self._integer else betas

    def _trial_blocks(self, place: Place) -> Iterator[tuple[slice, slice, NDArray]]:
        step = max(1, BLOCK_BYTES // (4 * int(np.prod(self.shape))))
        for start in range(0, self.n_trials, step):
            trials = slice(start, min(start + step, self.n_trials))
            block = self._read(trials).T if self._reverse else self._read((..., trials))
            yield trials, slice(None), block.reshape(*self.shape, -1)[place].T

    def _channel_blocks(self, place: Place) -> Iterator[tuple[slice, NDArray[np.intp], NDArray]]:
        """All trials of the channels in one slab of the last axis after the other."""
        n_bytes = self._array.dtype.itemsize * self.n_trials * int(np.prod(self.shape[:-1]))
        slab = place[-1] // max(1, BLOCK_BYTES // n_bytes)
        for number in np.unique(slab):
            chosen = np.flatnonzero(slab == number)
            # The axes of a trial are in reverse in the file.
            axes = [axis[chosen] for axis in reversed(place)]
            box = self._read((slice(None), *(slice(axis.min(), axis.max() + 1) for axis in axes)))
            yield slice(None), chosen, box[(slice(None), *(axis - axis.min() for axis in axes))]

    def _read(self, part: Any) -> NDArray:
        try:
            return np.asarray(self._array[part])
        except Exception as error:
            raise StudyError(
                f"{self.path} cannot be read to its end ({first_line(error)}): it is truncated; get an "
                "intact copy."
            ) from error


@contextmanager
def opened(path: Path) -> Iterator[Betas]:
    """A file of betas, of which only the header has been read.

    Raises
    ------
    StudyError
        If it is no such file.
    """
    on_surface = path.name.startswith(("lh.", "rh."))
    if path.suffix == ".hdf5":
        try:
            file = h5py.File(path, "r")
        except OSError as error:
            raise _broken(path, error) from None
        with file:
            n_axes = 2 if on_surface else 4
            if "betas" not in file or file["betas"].ndim != n_axes:
                raise StudyError(f"{path} has no dataset betas of {n_axes} axes; get an intact copy.")
            yield Betas(path, file["betas"], file["betas"].shape[::-1], reverse=True)
        return
    try:
        # A compressed file that is kept open is not read again from its start for each block.
        image = nibabel.load(path, keep_file_open=True)
        header = image.header
        shape = (*image.shape, 1, 1, 1)[:4]
        slope = header.get_slope_inter() if hasattr(header, "get_slope_inter") else (None, None)
    except Exception as error:
        raise _broken(path, error) from None
    if slope not in ((None, None), (1.0, 0.0)):
        raise StudyError(
            f"The header of {path} scales its values by {slope[0]}, which no file of NSD's betas does; get "
            "an intact copy."
        )
    if on_surface and tuple(shape[1:3]) != (1, 1):
        raise StudyError(f"{path} has shape {image.shape}; expected (n_vertices, 1, 1, n_trials).")
    yield Betas(path, image.dataobj, (shape[0], shape[3]) if on_surface else shape, reverse=False)


def _broken(path: Path, error: Exception) -> StudyError:
    return StudyError(
        f"{path} is no file of betas, or a broken one ({first_line(error)}); get an intact copy."
    )


def check_betas(betas: NDArray[np.float32], path: Path) -> None:
    """Refuse betas that cannot be per cent of signal change.

    Raises
    ------
    StudyError
        If half of them are larger than anything that a brain does.
    """
    finite = np.abs(betas[np.isfinite(betas)])
    if finite.size and float(np.median(finite)) > LARGEST_MEDIAN:
        raise StudyError(
            f"Half of the betas in {path} are beyond {np.median(finite):.0f} per cent of signal change, "
            f"which no brain reaches; they look like integers that were not divided by {SCALE}. Divide them, "
            "or get NSD's own file."
        )


def read_ncsnr(root: Path, preparation: Preparation, side: str) -> NDArray[np.float64] | None:
    """The signal-to-noise ratios that NSD gives out with its betas, or none where the file is not there.

    They are of all images that were shown three times in the sessions that the subject completed, z-scored in
    each session (Allen et al. 2022).

    Parameters
    ----------
    root : Path
    preparation : Preparation
    side : str
        As in the names of its files.

    Returns
    -------
    ndarray of shape (n_channels,), float64, or None
        Of a trial that is laid out flat; zero where NSD has no value.

    Raises
    ------
    StudyError
        If the file is broken, of another space than the betas, or holds what is no ratio.
    """
    betas_file = next(path for (of_side, _), path in preparation.files.items() if of_side == side)
    path = betas_file.parent / (f"{side}.ncsnr.mgh" if preparation.on_surface else "ncsnr.nii.gz")
    if not path.exists():
        return None
    what = f"The signal-to-noise ratios of subject {preparation.subject}, {side},"
    values = read_masked(root, path, what)
    with opened(betas_file) as betas:
        if values.shape != betas.shape:
            raise StudyError(
                f"{what} {path}, have shape {values.shape}, and the betas in {betas_file} have "
                f"{betas.shape} a trial; get both of one copy of NSD."
            )
    ratios = np.nan_to_num(values.astype(np.float64), posinf=-1.0).ravel()
    if ratios.min() < 0:
        raise StudyError(
            f"{what} {path}, hold numbers that are negative or infinite; get an intact copy, or remove the "
            "file: they are computed then."
        )
    return ratios


def read_masked(root: Path, path: Path, what: str) -> NDArray:
    """A number for each channel of a surface or a volume, (n_vertices,) or (x, y, z).

    Raises
    ------
    StudyError
        If the file is missing or broken.
    """
    try:
        values = np.asarray(nibabel.load(inside(root, path.relative_to(root).as_posix())).dataobj)
    except FileNotFoundError:
        raise StudyError(f"{what} is missing: expected the file {path}.") from None
    except StudyError:
        raise
    except Exception as error:
        raise StudyError(
            f"{what} cannot be read from {path} ({first_line(error)}); get an intact copy."
        ) from None
    return values[:, 0, 0] if values.ndim == 3 and values.shape[1:] == (1, 1) else values
