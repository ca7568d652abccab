"""Tables of a made-up study: eight subjects, nine ROIs, up to nine models and their twins."""

import numpy as np
import pandas as pd
from scipy.stats import ttest_1samp

from tests.figures.drawn import COLUMNS, REGIONS
from tyrosine.figures.view import ModelView, StudyView

TRAINED = {
    # name: label, modality, task, strength
    "vit": ("ViT", "vision", "classification", 0.15),
    "vit_mae": ("ViT-MAE", "vision", "autoencoding", 0.11),
    "segmentation": ("ViT segmentation", "vision", "semantic segmentation", 0.17),
    "dinov2": ("DINOv2", "vision", "self-distillation", 0.14),
    "bert": ("BERT", "language", "masked-token prediction", 0.08),
    "gpt2": ("GPT-2", "language", "next-token prediction", 0.05),
    "mpnet": ("MPNet", "language", "sentence similarity", 0.12),
    "clip_vision": ("CLIP vision", "vision", "contrastive image-text", 0.19),
    "clip_language": ("CLIP language", "language", "contrastive image-text", 0.13),
}
SUBJECTS = range(1, 9)
ROIS = [(selectivity, roi) for selectivity, rois in REGIONS.items() for roi in rois]
LAYERS = tuple(f"layers.{number}" for number in range(6))
_MODEL_LABELS = ["model", "label", "modality", "task", "layer"]
_FOUR = ("vit", "bert", "clip_vision", "clip_language")


def roster(n_models):
    """Label, modality and twin of 4, 9 or 18 models, as the figures take them."""
    names = [name for name in TRAINED if n_models > 4 or name in _FOUR]
    twins = {f"{name}_untrained": name for name in names} if n_models == 18 else {}
    labels = {name: TRAINED[name][0] for name in names}
    labels |= {twin: f"{labels[name]} (untrained)" for twin, name in twins.items()}
    modalities = {name: TRAINED[twins.get(name, name)][1] for name in labels}
    return {"models": labels, "modalities": modalities, "twins": twins}


def make_view(n_models, **changes):
    """The view of a study with 4, 9 or 18 models."""
    known = roster(n_models)
    models = {
        name: ModelView(label, known["modalities"][name], known["twins"].get(name))
        for name, label in known["models"].items()
    }
    return StudyView(**{"title": "A study", "regions": REGIONS, "models": models} | changes)


def make_similarities(n_models, layers=("last",), seed=0):
    """Similarity of each subject's regions; subject 3 lacks FFA-2, and RSC is the hardest region."""
    rng = np.random.default_rng(seed)
    known = roster(n_models)
    rows = []
    for subject in SUBJECTS:
        for place, (selectivity, roi) in enumerate(ROIS):
            if (subject, roi) == (3, "FFA-2"):
                continue
            region = (1.1, 1.0, 1.2, 1.0, 0.85, 0.8, 0.9, 1.0, 0.35)[place] * rng.normal(1, 0.12)
            for name, label in known["models"].items():
                _, modality, task, strength = TRAINED[known["twins"].get(name, name)]
                if name in known["twins"]:
                    strength *= 0.15
                for number, layer in enumerate(layers):
                    depth = (number + 1) / len(layers)
                    value = strength * region * (0.4 + 0.6 * np.sin(np.pi * 0.6 * depth) ** 2 / 0.905)
                    value += rng.normal(0, 0.012)
                    where = (subject, selectivity, roi, name, label, modality, task, layer, True)
                    rows.append((*where, "pearson", value))
    return pd.DataFrame(rows, columns=COLUMNS["similarities"])


def make_ceilings(level=0.24):
    """A ceiling for each region but FBA-1, as if one subject had it."""
    rows = [
        (selectivity, roi, "pearson", np.nan, np.nan, 1)
        if roi == "FBA-1"
        else (selectivity, roi, "pearson", level + 0.01 * place, level + 0.06 + 0.005 * place, 8)
        for place, (selectivity, roi) in enumerate(ROIS)
    ]
    return pd.DataFrame(rows, columns=COLUMNS["noise_ceilings"])


def make_model_tests(similarities):
    """One-sided t-tests against zero of each region and model; p stands in for q."""
    rows = []
    keys = ["selectivity", "roi", *_MODEL_LABELS, "method"]
    for key, group in similarities.groupby(keys, sort=False):
        result = ttest_1samp(group["similarity"], 0, alternative="greater")
        for test in ("t-test", "Wilcoxon"):
            for question in ("above chance", "below ceiling"):
                rows.append(
                    dict(zip(keys, key))
                    | {
                        "subject": pd.NA,
                        "question": question,
                        "test": test,
                        "n": len(group),
                        "n_resamples": pd.NA,
                        "estimate": group["similarity"].mean(),
                        "lower": np.nan,
                        "upper": np.nan,
                        "statistic": result.statistic,
                        "p": result.pvalue,
                        # Another q for every other test and question: drawing the wrong rows shows.
                        "q": result.pvalue if (test, question) == ("t-test", "above chance") else 1.0,
                        "family": "above chance",
                        "undefined": "",
                    }
                )
    return pd.DataFrame(rows).astype({"subject": "Int64", "n_resamples": "Int64"})


def make_contrasts(rows):
    """A table of contrasts from `(contrast, models_a, models_b, roi, estimate, q)`; the rest is filled in."""
    selectivity_of = {roi: selectivity for selectivity, roi in ROIS} | {"all": "all"}
    label = {name: entry[0] for name, entry in TRAINED.items()}
    table = pd.DataFrame(rows, columns=["contrast", "models_a", "models_b", "roi", "estimate", "q"])
    table["kind"] = "named"
    table["question"] = "multimodal"
    table["label_a"] = [
        " and ".join(label.get(name, name) for name in names.split()) for names in table["models_a"]
    ]
    table["label_b"] = [
        " and ".join(label.get(name, name) for name in names.split()) for names in table["models_b"]
    ]
    table["selectivity"] = table["roi"].map(selectivity_of)
    table["method"] = "pearson"
    table["test"] = "t-test"
    table["n"] = 8
    table["p"] = table["q"] / 3
    table["undefined"] = ""
    return table


def make_bootstraps(similarities, stimulus_groups="category"):
    """Rows of `bootstrap_similarities`, whose q over both is that of t-tests; over one factor it is 1."""
    tests = make_model_tests(similarities).query("test == 't-test' and question == 'above chance'")
    parts = [
        tests.assign(over=over, stimulus_groups=stimulus_groups, q=tests["q"] if over == "both" else 1.0)
        for over in ("subjects", "stimuli", "both")
    ]
    return pd.concat(parts, ignore_index=True).drop(columns=["subject", "question", "test"])


def make_named_contrasts(q=lambda place, contrast: 0.01):
    """Three named contrasts in every region and over all."""
    vision, language = "vit vit_mae segmentation dinov2", "bert gpt2 mpnet"
    named = [
        ("multimodal_vision", "clip_vision", vision, 0.04),
        ("multimodal_language", "clip_language", language, 0.05),
        ("autoencoding", "vit_mae", "vit", -0.03),
    ]
    return make_contrasts(
        [
            (contrast, models_a, models_b, roi, estimate, q(place, contrast))
            for place, roi in enumerate([*(roi for _, roi in ROIS), "all"])
            for contrast, models_a, models_b, estimate in named
        ]
    )


def make_partition(undefined=("RSC",)):
    """Parts of the variance of each region by three groups of models; some shared parts are negative."""
    rng = np.random.default_rng(4)
    rows = []
    for selectivity, roi in ROIS:
        parts = {
            "vision": rng.uniform(0.005, 0.03),
            "language": rng.uniform(-0.002, 0.006),
            "multimodal": rng.uniform(0.002, 0.012),
            "vision & language": rng.uniform(-0.003, 0.002),
            "vision & multimodal": rng.uniform(0.002, 0.014),
            "language & multimodal": rng.uniform(-0.001, 0.005),
            "vision & language & multimodal": rng.uniform(0.004, 0.02),
        }
        parts["total"] = sum(parts.values())
        for component, value in parts.items():
            kind = "total" if component == "total" else "shared" if "&" in component else "unique"
            gone = roi in undefined
            rows.append(
                {
                    "selectivity": selectivity,
                    "roi": roi,
                    "component": component,
                    "kind": kind,
                    "method": "rank regression",
                    "test": "t-test",
                    "n": 1 if gone else 8,
                    "n_folds": 5,
                    "estimate": np.nan if gone else value,
                    "lower": np.nan if gone else value - 0.006,
                    "upper": np.nan if gone else value + 0.006,
                    "statistic": np.nan,
                    "p": np.nan if gone else 0.001,
                    "q": np.nan if gone else (0.004 if value > 0.004 else 0.4),
                    "family": "partition",
                    "undefined": "one subject has the region" if gone else "",
                }
            )
        rows.append(rows[-8] | {"kind": "alone", "estimate": 0.9})
    return pd.DataFrame(rows)


def make_second_order(n_models, seed=5):
    """Dissimilarities of the RDMs of regions and models with a structure of a few dimensions."""
    rng = np.random.default_rng(seed)
    known = roster(n_models)
    centres = {"bodies": [1, 0, 0], "faces": [0.9, 0.5, 0], "places": [0.6, -0.9, 0.2]}
    keys, features = [], []
    for selectivity, roi in ROIS:
        keys.append(("region", roi))
        features.append(np.array(centres[selectivity]) + rng.normal(0, 0.15, 3))
    for name in known["models"]:
        trained = known["twins"].get(name, name)
        towards = {"vision": [-0.3, 0.2, 1.0], "language": [-0.6, -0.5, 0.9]}[known["modalities"][name]]
        strength = 0.3 if name in known["twins"] else 1.0
        keys.append(("model", name))
        features.append(strength * np.array(towards) + TRAINED[trained][3] + rng.normal(0, 0.25, 3))
    points = np.array(features)
    square = np.linalg.norm(points[:, None] - points[None], axis=-1) / 3
    return pd.DataFrame(
        [
            (*a, *b, "pearson", square[row, column])
            for row, a in enumerate(keys)
            for column, b in enumerate(keys)
        ],
        columns=["kind_a", "a", "kind_b", "b", "method", "dissimilarity"],
    )
