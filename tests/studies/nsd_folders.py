"""What the tests of both layouts of NSD read from a raw folder, and change in it."""

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist

from tests.studies import records
from tyrosine.studies import layouts

REGIONS = {"bodies": ["EBA"], "places": ["PPA"]}


def read(root, source="auto"):
    return layouts.read_stimuli(layouts.open_study(root, source))


def record(root, regions=REGIONS, subjects="all", hemispheres="both"):
    found = layouts.open_study(root, "auto")
    names = list(layouts.read_stimuli(found)["stimulus_id"])
    return records.record(found, names, regions, subjects, hemispheres)


def add_rdms(root):
    for path in root.glob("subj*/rois/*.npy"):
        folder = path.parents[1] / "rdms"
        folder.mkdir(exist_ok=True)
        np.save(folder / path.name, pdist(np.load(path).astype(float), "correlation"))


def edit(path, change):
    change(pd.read_csv(path)).to_csv(path, index=False)
