"""Net2Brain's files: features and RDMs of its `FeatureExtractor`, `RDMCreator` and `RSA`, read and written.

    features/<model>/<stimulus>.npz          an array a layer, each (1, …): a batch of one stimulus
    features/<model>/consolidated_<layer>.npz   the other form: an array a stimulus
    rdms/<model>/RDM_<layer>.npz             `rdm` (condensed), `stimuli_name`, `layer_name`, `meta`
    brain_rdms/<ROI>.npz                     first array: (n_subjects, n_stimuli, n_stimuli)

Nothing is pickled here and nothing unpickled. Net2Brain's own files hold one pickled object, the dict `meta`,
beside plain arrays; it is never read, and written as JSON text.
"""

from tyrosine.studies.net2brain.features import NamedFeatures, layers, read_features, write_features
from tyrosine.studies.net2brain.names import natural_order
from tyrosine.studies.net2brain.rdms import (
    DISTANCES,
    LayerRDM,
    RegionRDMs,
    read_brain_rdms,
    read_rdm,
    write_brain_rdms,
    write_rdm,
)

__all__ = [
    "DISTANCES",
    "LayerRDM",
    "NamedFeatures",
    "RegionRDMs",
    "layers",
    "natural_order",
    "read_brain_rdms",
    "read_features",
    "read_rdm",
    "write_brain_rdms",
    "write_features",
    "write_rdm",
]
