"""Datasets that have a file a subject: responses, and RDMs as a study distributes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from kedro_datasets._typing import JSONPreview
from kedro_datasets.partitions import PartitionedDataset

from tyrosine.catalog.atomic import replacing
from tyrosine.catalog.datasets import LocalFile, MeasurementsFile, RDMsFile, json_preview
from tyrosine.catalog.records import Recorded, write_folder_record
from tyrosine.catalog.validators import ValidRDMs, ValidResponses
from tyrosine.errors import StorageError
from tyrosine.labelled import Dataset, RDMs
from tyrosine.rsa.rdms import STIMULUS_ID
from tyrosine.rsa.responses import regions_of


class SubjectFolder(Recorded, PartitionedDataset):
    """A folder with a file a subject, of which one at a time is in memory.

    It loads as a dict of functions by subject, each of which loads one subject. What is saved is a dict of
    the same form (a subject's data, or a function that makes them when their turn comes); a function that
    returns None has no file. A write replaces the whole folder, so that it holds the subjects of one run,
    all of them or, if one fails, those that were there before, and the record of what they were made with.
    """

    def load(self) -> dict[str, Callable[[], Any]]:
        """A function for each subject that loads its data; none in an empty folder."""
        folder = Path(self._path)
        if not folder.is_dir():
            raise StorageError(f"{folder} does not exist; run the pipeline that makes it first (kedro run).")
        return {file.stem: self._dataset(file).load for file in self._files(folder)}

    def save(self, data: dict[str, Any]) -> None:
        """Write one subject after the other beside the folder, and then put them in its place."""
        with replacing(Path(self._path)) as written:
            written.mkdir()
            for name, partition in sorted(data.items()):
                made = partition() if callable(partition) else partition
                if made is not None:
                    self._dataset(written / f"{name}{self._filename_suffix}").save(made)
            write_folder_record(written, self.recipe)

    def preview(self) -> JSONPreview:
        """The subjects, and what the file of the first one holds, for Kedro-Viz."""
        files = self._files(Path(self._path))
        content: dict[str, Any] = {"subjects": [file.stem for file in files]}
        if files:
            content["first"] = json.loads(self._dataset(files[0]).preview())  # type: ignore[attr-defined]
        return json_preview(**content)

    def _exists(self) -> bool:
        return Path(self._path).is_dir()

    def _files(self, folder: Path) -> list[Path]:
        return sorted(folder.glob(f"*{self._filename_suffix}"))

    def _dataset(self, file: Path) -> LocalFile:
        return self._dataset_type(**deepcopy(self._dataset_config), filepath=file.as_posix())


class ResponsesFile(MeasurementsFile):
    """Responses of one subject, checked on every load and save."""

    kind = "responses"

    def load(self) -> Dataset:
        """The responses with all their descriptors."""
        return ValidResponses().validate(super().load())

    def save(self, data: Dataset) -> None:
        """Write the responses."""
        super().save(ValidResponses().validate(data))

    def preview(self) -> JSONPreview:
        """Numbers of observations and channels, and those of each region, for Kedro-Viz."""
        responses = self.load()
        rois = list(responses.channel_descriptors["roi"])
        return json_preview(
            subject=int(responses.descriptors["subject"]),
            n_observations=int(responses.n_obs),
            n_channels=int(responses.n_channel),
            channels={roi: rois.count(roi) for _, roi in regions_of(responses)},
            first_stimuli=[str(name) for name in responses.obs_descriptors[STIMULUS_ID][:5]],
        )


class DistributedRDMsFile(RDMsFile):
    """RDMs of one subject as its study distributes them, checked on every load and save."""

    _valid = ValidRDMs(requires=("subject", "selectivity", "roi", "hemisphere"))

    def load(self) -> RDMs:
        """The RDMs with all their descriptors."""
        return self._valid.validate(super().load())

    def save(self, data: RDMs) -> None:
        """Write the RDMs."""
        super().save(self._valid.validate(data))
