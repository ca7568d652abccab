"""Made-up rows of the tables of inference."""

import numpy as np
import pandas as pd

NUMBERS = ["estimate", "lower", "upper", "statistic", "p", "q"]
DEFAULTS = {
    "contrast": "multimodal_vision", "kind": "named", "question": "multimodal",
    "models_a": "clip_vision", "models_b": "vit vit_mae",
    "label_a": "image-text vision models", "label_b": "unimodal vision models",
    "selectivity": "all", "roi": "all", "regions": "", "method": "pearson", "test": "dual bootstrap", "n": 8,
    "stimulus_groups": "", "n_groups": pd.NA,
    "n_resamples": 1000, "estimate": 0.031, "lower": 0.012, "upper": 0.05, "effect_size": np.nan,
    "statistic": 3.2, "p": 0.002, "q": 0.004, "family": "contrasts, pearson", "undefined": "",
}  # fmt: skip
GROUP = {
    "contrast": "unimodal_vision", "kind": "group", "question": "unimodal", "models_a": "vit vit_mae",
    "models_b": "", "label_a": "unimodal vision models", "label_b": "",
}  # fmt: skip
BETTER = {}
WORSE = {"estimate": -0.031, "lower": -0.05, "upper": -0.012}
NO_EVIDENCE = {"estimate": 0.004, "lower": -0.01, "upper": 0.018, "p": 0.3, "q": 0.41}
LABELS = {"clip_vision": "CLIP vision", "vit": "ViT", "vit_mae": "ViT-MAE"}


def undefined(reason):
    """What makes a row undefined."""
    return dict.fromkeys(NUMBERS, np.nan) | {"undefined": reason}


def contrast(*parts, **values):
    """A row of `contrasts`."""
    row = dict(DEFAULTS)
    for part in (*parts, values):
        row |= part
    if row["roi"] != "all" and row["selectivity"] == "all":
        row["selectivity"] = "bodies"
    return row


def contrasts(*rows):
    """The table `contrasts`."""
    return pd.DataFrame(rows, columns=list(DEFAULTS)).astype({"n_groups": "Int64", "n_resamples": "Int64"})


def model_tests(rows=()):
    """The table `model_tests`; a row is model, layer, ROI, question, test, q, and why it is undefined.

    A layer of the name `one` is not the reported one.
    """
    return pd.DataFrame(
        [
            ("bodies", roi, model, LABELS[model], layer, layer != "one", "pearson", question, test, q, reason)
            for model, layer, roi, question, test, q, reason in rows
        ],
        columns=[
            "selectivity",
            "roi",
            "model",
            "label",
            "layer",
            "reported",
            "method",
            "question",
            "test",
            "q",
            "undefined",
        ],
    )


def bootstrap_similarities(rows=(), n_stimuli=120):
    """The table `bootstrap_similarities`; a row is model, layer, ROI and q of the bootstrap over both."""
    rows = rows or [(model, "last", "EBA", 0.2) for model in LABELS]
    return pd.DataFrame(
        [
            (
                "bodies",
                roi,
                model,
                LABELS[model],
                layer,
                layer != "one",
                "pearson",
                "both",
                8,
                n_stimuli,
                q,
                "",
            )
            for model, layer, roi, q in rows
        ],
        columns=[
            "selectivity",
            "roi",
            "model",
            "label",
            "layer",
            "reported",
            "method",
            "over",
            "n_subjects",
            "n_stimuli",
            "q",
            "undefined",
        ],
    )


def ceiling_shares(shares=None, group="unimodal_vision"):
    """The table `ceiling_shares`: a share and its interval by region, NaN where the ceiling may be zero."""
    shares = {"EBA": (0.1, 0.05, 0.16), "PPA": (0.25, 0.2, 0.31)} if shares is None else shares
    uncertain = "the interval of the noise ceiling reaches down to zero"
    return pd.DataFrame(
        [
            (
                group,
                "bodies",
                roi,
                "pearson",
                *share,
                0.5,
                0.4,
                0.6,
                8,
                120,
                uncertain * (share[0] != share[0]),
            )
            for roi, share in shares.items()
        ],
        columns=[
            *("contrast", "selectivity", "roi", "method", "share", "lower", "upper", "ceiling"),
            *("ceiling_lower", "ceiling_upper", "n_subjects", "n_stimuli", "undefined"),
        ],
    )
