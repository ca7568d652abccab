"""Datasets of the catalog in Net2Brain's files, so that its classes read them; every write is atomic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tyrosine.catalog.atomic import replacing
from tyrosine.catalog.datasets import LocalFile
from tyrosine.errors import StorageError
from tyrosine.rsa.rdms import STIMULUS_ID, label_rdms, stimulus_ids
from tyrosine.studies import net2brain

if TYPE_CHECKING:
    # rsatoolbox takes a second to import, and a run looks at the catalog before its first node.
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import RDMs


class Net2BrainFeatures(LocalFile):
    """Features of one model: a folder with a file a stimulus, or a file a layer.

    Loads one layer: `layer`, which may be left out where the folder has only one.
    """

    def __init__(self, *, layer: str | None = None, **where: Any) -> None:
        super().__init__(**where)
        self._layer = layer

    def load(self) -> Dataset:
        """The features, with the descriptor `layer` and the observation descriptor `stimulus_id`."""
        from rsatoolbox.data import Dataset

        layer = self._layer
        if layer is None:
            have = net2brain.layers(self._filepath)
            if len(have) > 1:
                raise StorageError(
                    f"{self._filepath} holds {len(have)} layers; name one of them in the dataset's option "
                    f"layer: {', '.join(have[:20])}."
                )
            layer = have[0]
        stimuli, values = net2brain.read_features(self._filepath, layer)
        return Dataset(values, descriptors={"layer": layer}, obs_descriptors={STIMULUS_ID: stimuli})

    def save(self, data: Dataset) -> None:
        """Write a file for each stimulus, with an array for each layer."""
        stimuli = [str(name) for name in data.obs_descriptors[STIMULUS_ID]]
        values = np.asarray(data.measurements, dtype=np.float32)
        # Without names of their own all features are of the one layer that the descriptors name.
        layers = np.asarray(
            data.channel_descriptors.get("layer", [data.descriptors["layer"]] * values.shape[1])
        )
        with replacing(self._filepath) as written:
            net2brain.write_features(
                written, stimuli, {str(layer): values[:, layers == layer] for layer in dict.fromkeys(layers)}
            )


class Net2BrainRDMs(LocalFile):
    """RDMs of one model: a folder with a file a layer."""

    def load(self) -> RDMs:
        """The RDMs, with the descriptor `layer`, over the stimuli of the first file, in its order."""
        files = sorted(self._filepath.glob("RDM_*.npz"))
        if not files:
            raise StorageError(f"{self._filepath} holds no RDMs of Net2Brain; expected RDM_<layer>.npz.")
        stimuli = net2brain.read_rdm(files[0]).stimuli
        read = [net2brain.read_rdm(file, stimuli) for file in files]
        return label_rdms(
            np.stack([one.rdm for one in read]), stimuli, {"layer": [one.layer for one in read]}, "unknown"
        )

    def save(self, data: RDMs) -> None:
        """Write a file for each layer; every other descriptor goes into `meta`."""
        distance = str(data.dissimilarity_measure)
        keys = [key for key in data.rdm_descriptors if key not in ("index", "layer")]
        with replacing(self._filepath) as written:
            for row, rdm in enumerate(data.dissimilarities):
                meta = {
                    "distance": net2brain.DISTANCES.get(distance, distance),
                    "multi_timepoint_rdms": None,
                    **{key: str(data.rdm_descriptors[key][row]) for key in keys},
                }
                layer = str(data.rdm_descriptors["layer"][row])
                net2brain.write_rdm(written, rdm, stimulus_ids(data), layer, meta)


class Net2BrainBrainRDMs(LocalFile):
    """RDMs of brain regions: a folder with a file a region, each with all subjects that have it."""

    def load(self) -> RDMs:
        """The RDMs, with descriptors `subject`, `selectivity` and `roi`."""
        files = sorted(self._filepath.glob("*.npz"))
        if not files:
            raise StorageError(f"{self._filepath} holds no brain RDMs of Net2Brain; expected <ROI>.npz.")
        stimuli = net2brain.read_brain_rdms(files[0]).stimuli
        if stimuli is None:
            raise StorageError(f"{files[0]} does not name its stimuli in an array stimuli_name.")
        read = {file.stem: net2brain.read_brain_rdms(file, stimuli) for file in files}
        return label_rdms(
            np.concatenate([region.rdms for region in read.values()]),
            stimuli,
            {
                "subject": [subject for region in read.values() for subject in region.subjects],
                "selectivity": [region.selectivity for region in read.values() for _ in region.subjects],
                "roi": [roi for roi, region in read.items() for _ in region.subjects],
            },
            "unknown",
        )

    def save(self, data: RDMs) -> None:
        """Write a file for each region, subjects in the order of `data`."""
        labels = data.rdm_descriptors
        with replacing(self._filepath) as written:
            for roi in dict.fromkeys(labels["roi"]):
                rows = [row for row, name in enumerate(labels["roi"]) if name == roi]
                net2brain.write_brain_rdms(
                    written,
                    str(roi),
                    [int(labels["subject"][row]) for row in rows],
                    data.dissimilarities[rows],
                    stimulus_ids(data),
                    str(labels["selectivity"][rows[0]]),
                )
