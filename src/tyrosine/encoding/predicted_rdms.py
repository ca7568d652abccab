"""RDMs of predicted responses against measured ones (veRSA), on images that were held out together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from tyrosine.labelled import RDMs
from tyrosine.parameters.measures import DISTANCES, PUBLISHED
from tyrosine.rsa.correlation import is_flat
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.rdms import over, seen_stimuli, stimulus_ids


class MeasuredRDMs:
    """Brain RDMs, with which RDMs of predictions are compared.

    Parameters
    ----------
    brain_rdms : RDMs
        Predicted RDMs have their distance; where that needs repetitions, the distance of responses without
        noise that it estimates.
    """

    def __init__(self, brain_rdms: RDMs) -> None:
        self._rdms = brain_rdms
        labels, names = brain_rdms.rdm_descriptors, stimulus_ids(brain_rdms)
        self._row = {key: row for row, key in enumerate(zip(labels["subject"], labels["roi"]))}
        self._seen = [
            {name for name, there in zip(names, seen) if there} for seen in seen_stimuli(brain_rdms)
        ]
        measure = str(brain_rdms.dissimilarity_measure)
        distance = measure if measure in DISTANCES else PUBLISHED
        self._distance = DISTANCES[distance].without_noise or distance

    def similarity(
        self,
        predicted: NDArray[np.floating],
        folds: NDArray[np.intp],
        ids: Sequence[str],
        subject: int,
        roi: str,
    ) -> float:
        """Pearson's correlation of the RDM of predicted responses with the brain RDM of the same region.

        Parameters
        ----------
        predicted : ndarray of shape (n_images, n_channels)
            Responses of the region, predicted to held-out images.
        folds : ndarray of shape (n_images,), int
            The fold that each image was held out in.
        ids : sequence of str
            The images.
        subject : int
        roi : str

        Returns
        -------
        float
            Mean over folds of the correlation over pairs of images that were held out together, since weights
            of different folds differ. A fold in which an RDM has no variance counts as zero. NaN where there
            is no such brain RDM, or fewer than two channels.

        References
        ----------
        Conwell et al. (2024), Nat Commun 15: 9383 (voxel-encoding RSA).
        """
        row = self._row.get((subject, roi))
        if row is None or predicted.shape[1] < 2 or not set(ids) <= self._seen[row]:
            return float("nan")
        measured = squareform(over(self._rdms, ids, [row])[0], checks=False)
        found = []
        for fold in np.unique(folds):
            here = np.flatnonzero(folds == fold)
            modelled = compute_rdm(predicted[here], self._distance, [ids[int(place)] for place in here])
            both = np.stack([squareform(measured[np.ix_(here, here)], checks=False), modelled])
            flat = both.shape[1] < 3 or is_flat(both).any()
            found.append(0.0 if flat else float(np.corrcoef(both)[0, 1]))
        return float(np.mean(found))
