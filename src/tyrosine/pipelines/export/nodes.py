"""Nodes of the pipeline `export`: Net2Brain compares rows by position, so all get its order."""

from __future__ import annotations

from tyrosine.errors import RDMError
from tyrosine.labelled import Dataset, RDMs
from tyrosine.rsa.rdms import STIMULUS_ID, align, label_rdms, shared_stimuli, stimulus_ids
from tyrosine.studies.net2brain import natural_order


def order_features(features: Dataset) -> Dataset:
    """Put the stimuli in the order in which Net2Brain lists them."""
    stimuli = [str(name) for name in features.obs_descriptors[STIMULUS_ID]]
    order = natural_order(stimuli)
    import rsatoolbox

    return rsatoolbox.data.Dataset(
        features.measurements[order],
        descriptors=features.descriptors,
        obs_descriptors={STIMULUS_ID: [stimuli[row] for row in order]},
        channel_descriptors={"layer": list(features.channel_descriptors["layer"])},
    )


def order_rdms(rdms: RDMs) -> RDMs:
    """Put rows and columns in the order in which Net2Brain lists the stimuli.

    Raises
    ------
    RDMError
        If subjects saw different stimuli.
    """
    stimuli = stimulus_ids(rdms)
    if len(shared_stimuli(rdms)) < len(stimuli):
        raise RDMError(
            "Subjects saw different stimuli, and Net2Brain compares rows by position; export subjects who "
            "saw the same ones, listed in study.subjects."
        )
    ordered = [stimuli[row] for row in natural_order(stimuli)]
    labels = {key: values for key, values in rdms.rdm_descriptors.items() if key != "index"}
    return label_rdms(align(rdms, ordered), ordered, labels, rdms.dissimilarity_measure)
