"""A folder in the layout `algonauts_2023`, made by hand, and what tests of all of NSD share."""

import json
import pickle

import numpy as np
import pandas as pd
from PIL import Image

from tyrosine.parameters import StudyParameters, parse
from tyrosine.pipelines.ingestion import nodes
from tyrosine.studies import layouts

REGIONS = {"bodies": ["EBA"], "faces": ["FFA-1"], "early": ["V1v"]}
NUMBERS = {"EBA": ("floc-bodies", 1), "FFA-1": ("floc-faces", 2), "V1v": ("prf-visualrois", 1)}
CLASSES = ("prf-visualrois", "floc-bodies", "floc-faces", "floc-places", "floc-words", "streams")
SEEN = {1: [0, 3, 13, 72_999, 500], 2: [3, 13, 44, 500]}
"""NSD ids of the training images of each subject, in the order of their rows."""
TEST = [9, 845]
"""Those of the test images of subject 1."""
N_VERTICES = {(1, "lh"): 14, (1, "rh"): 15, (2, "lh"): 12, (2, "rh"): 13}


class Trap:
    """What must never be loaded."""

    def __reduce__(self):
        return (print, ("a pickle was loaded",))


def picture(nsd_id):
    return Image.fromarray(np.random.default_rng(nsd_id).integers(0, 256, (9, 9, 3), dtype=np.uint8))


def coco_id(nsd_id):
    return 2 * nsd_id + 1


def write_coco(root, nsd_ids):
    annotations = [
        {"image_id": coco_id(i), "caption": f"Caption {k} of {i}."} for i in nsd_ids for k in (1, 2)
    ]
    (root / "captions_train2017.json").write_text(json.dumps({"annotations": annotations}))
    things = [{"image_id": coco_id(i), "category_id": 18, "bbox": [0, 0, 9, 9], "area": 81} for i in nsd_ids]
    images = [{"id": coco_id(i), "width": 9, "height": 9} for i in nsd_ids]
    (root / "instances_train2017.json").write_text(json.dumps({"annotations": things, "images": images}))


def write_algonauts(root):
    """A folder of two subjects who saw images of their own, and the matrices that it holds."""
    rng = np.random.default_rng(0)
    made = {}
    for subject, ids in SEEN.items():
        folder = root / f"subj{subject:02d}"
        splits = {"train": ids} | ({"test": TEST} if subject == 1 else {})
        for split, of_split in splits.items():
            name = {"train": "training", "test": "test"}[split]
            (folder / f"{name}_split/{name}_images").mkdir(parents=True)
            (folder / f"{name}_split/{name}_fmri").mkdir()
            for row, nsd_id in enumerate(of_split, start=1):
                picture(nsd_id).save(
                    folder / f"{name}_split/{name}_images/{split}-{row:04d}_nsd-{nsd_id:05d}.png"
                )
            for side in ("lh", "rh"):
                matrix = rng.normal(size=(len(of_split), N_VERTICES[subject, side])).astype(np.float32)
                np.save(folder / f"{name}_split/{name}_fmri/{side}_{name}_fmri.npy", matrix)
                made[subject, side, split] = matrix
        (folder / "roi_masks").mkdir()
        for side in ("lh", "rh"):
            n_vertices = N_VERTICES[subject, side]
            kept = np.zeros(40, dtype=int)
            kept[rng.choice(40, n_vertices, replace=False)] = 1
            np.save(folder / f"roi_masks/{side}.all-vertices_fsaverage_space.npy", kept)
            for class_name in CLASSES:
                mask = np.zeros(n_vertices, dtype=int)
                for roi, (of_class, number) in NUMBERS.items():
                    # Subject 2 has no FFA-1 in its right hemisphere.
                    if of_class == class_name and (subject, side, roi) != (2, "rh", "FFA-1"):
                        mask[rng.choice(n_vertices, 3, replace=False)] = number
                mask[np.flatnonzero(mask == 0)[:1]] = 3
                np.save(folder / f"roi_masks/{side}.{class_name}_challenge_space.npy", mask)
                whole = np.zeros(40, dtype=int)
                whole[kept == 1] = mask
                np.save(folder / f"roi_masks/{side}.{class_name}_fsaverage_space.npy", whole)
                made[subject, side, class_name] = mask
        for class_name in CLASSES:
            (folder / f"roi_masks/mapping_{class_name}.npy").write_bytes(pickle.dumps(Trap()))
    ids = sorted({*SEEN[1], *SEEN[2], *TEST})
    pd.DataFrame(
        {
            "cocoId": [coco_id(i) for i in ids],
            "cocoSplit": "train2017",
            "cropBox": "(0.0, 0.0, 0.0, 0.0)",
            "nsdId": ids,
        }
    ).to_csv(root / "nsd_stim_info_merged.csv")
    write_coco(root, ids)
    return made


def parameters(root, regions=REGIONS, **options):
    given = {"name": "x", "title": "X", "path": root, "regions": regions} | options
    return parse(StudyParameters, given, "study")


def ingest(root, source="auto", **options):
    """Stimuli, presentations, and the responses of each subject, as the nodes of `ingestion` give them."""
    found = layouts.open_study(root, source)
    raw = {"root_folder": found.root, "layout": found.layout, "simulated": found.simulated}
    study = parameters(root, **options)
    stimuli, presentations = nodes.read_stimuli(raw, study)
    _, responses = nodes.read_responses(raw, presentations, study)
    return stimuli, presentations, {int(name[4:]): promised() for name, promised in responses.items()}


def of_region(responses, roi):
    """Measurements of the channels of an ROI."""
    return responses.measurements[:, np.asarray(responses.channel_descriptors["roi"]) == roi]
