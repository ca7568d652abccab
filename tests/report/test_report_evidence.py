"""RSA and encoding models side by side in the report."""

import numpy as np
import pandas as pd

from tests.encoding.test_evidence import ENCODING, RSA, contrasts_of, scores_of
from tyrosine.encoding.evidence import compare_evidence, rank_models
from tyrosine.figures.view import ModelView, StudyView
from tyrosine.parameters import InferenceParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.report.evidence import show_encoding
from tyrosine.report.sections import Note, Table

MODELS = {
    name: ModelSpec(
        name=name, label=name.upper(), modality="vision", task="classification", checkpoint="x", layer="a",
        pooling="cls", twin_of=twin,
    )
    for name, twin in (("a", None), ("b", None), ("c", None), ("d", "a"))
}  # fmt: skip
VIEW = StudyView(
    "A study",
    models={name: ModelView(spec.label, spec.modality, spec.twin_of) for name, spec in MODELS.items()},
)
PARTS = pd.DataFrame(
    [
        ("EBA", "total", "total", "banded ridge", 0.01, 0.001, ""),
        ("EBA", "total", "total", "banded ridge, normalised", 0.05, 0.001, ""),
        ("EBA", "alone", "vision", "banded ridge, normalised", 0.04, 0.001, ""),
        ("EBA", "unique", "vision", "banded ridge, normalised", -0.02, 0.2, ""),
        ("EBA", "unique", "language", "banded ridge, normalised", np.nan, np.nan, "no language model"),
        ("PPA", "total", "total", "banded ridge, normalised", 0.0123, 0.2, ""),
    ],
    columns=["roi", "kind", "component", "method", "estimate", "q", "undefined"],
)
OVER_ALL = {"all": (0.1234, 0.01)}


def sections(rsa=RSA, encoding=ENCODING, raw_alone=False):
    similarities, scores = scores_of()
    scores = scores.assign(n_stimuli=120, n_training=96, n_channels=50, n_masked=20, split="folds")
    if raw_alone:
        scores = scores.assign(r_normalised=np.nan)
    encodings = [contrasts_of("encoding", encoding | OVER_ALL)]
    if not raw_alone:
        encodings.append(contrasts_of("encoding_normalised", {"all": (0.5678, 0.01)}))
    compared = compare_evidence(
        contrasts_of("pearson", rsa | OVER_ALL), pd.concat(encodings), InferenceParameters()
    )
    return scores, show_encoding(scores, compared, rank_models(similarities, scores, MODELS), PARTS, VIEW)


def tables(shown):
    return [one for one in shown if isinstance(one, Table)]


def notes(shown):
    return " ".join(one.text for one in shown if isinstance(one, Note))


def test_raw_scores_have_normalised_ones_beside_them():
    scores, shown = sections()

    table = tables(shown)[0].rows

    assert table.columns.tolist() == ["ROI", "A", "B", "C"]
    here = scores[(scores["roi"] == "EBA") & (scores["model"] == "b")]
    assert table["B"][0] == f"{here['r'].mean():.3f} ({here['r_normalised'].mean():.3f})"
    assert "noise ceiling" in tables(shown)[0].title
    _, raw = sections(raw_alone=True)
    assert tables(raw)[0].rows["B"][0] == f"{here['r'].mean():.3f}"
    assert "noise ceiling" not in tables(raw)[0].title


def test_each_question_is_answered_by_both():
    _, shown = sections()

    (row,) = tables(shown)[1].rows.to_dict("records")

    assert row["comparison"] == "A against B"
    for text, value in ((row["by RSA"], "Pearson r 0.123"), (row["by encoding models"], "encoding r 0.123")):
        assert text.startswith("A aligns better with the regions than B")
        assert value in text
    assert "noise-ceiling-normalised encoding r 0.568" in row["by encoding models"]
    assert row["evidence over all regions"] == "the same direction"
    assert (
        row["regions in which they disagree"] == "opposite: turned; RSA alone: first; encoding alone: second"
    )


def test_how_often_both_agree_is_told():
    _, shown = sections()
    assert (
        "the same direction in 1, no evidence in either in 1, RSA alone in 1, encoding alone in 1, opposite "
        "in 1, undefined in 1" in notes(shown)
    )


def test_models_have_their_ranks_and_kendalls_tau():
    similarities, scores = scores_of()
    ranks = rank_models(similarities, scores, MODELS)
    overall = ranks[ranks["roi"] == "all"].sort_values("similarity_rank")
    _, shown = sections()

    table = tables(shown)[2]

    assert f"Kendall's τ {overall['kendall_tau'].iloc[0]:.3f}" in table.title
    assert table.rows["model"].tolist() == overall["label"].tolist()
    assert table.rows["rank by encoding"].tolist() == overall["r_rank"].tolist()
    eba = ranks[ranks["roi"] == "EBA"]["kendall_tau"].iloc[0]
    assert f"EBA {eba:.3f}" in notes(shown)


def test_channels_and_images_are_told():
    _, shown = sections()
    assert "120 images once, by weights fitted to 96 others" in notes(shown)
    # Three subjects, three regions, of whose 50 channels 20 are masked.
    assert "270 of 450 channels" in notes(shown)


def test_a_study_without_encoding_models_has_no_section():
    scores, _ = sections()
    assert show_encoding(scores.iloc[:0], pd.DataFrame(), pd.DataFrame(), PARTS, VIEW) == []


def test_what_groups_of_models_predict_is_tabulated():
    _, shown = sections()

    table = tables(shown)[3]

    assert "signal in responses" in table.title
    assert table.rows.to_dict("list") == {
        "ROI": ["EBA", "PPA"],
        "total": ["0.050*", "0.012"],
        "vision only": ["-0.020", "–"],
    }
