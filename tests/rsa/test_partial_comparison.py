"""The table of partial similarities against SciPy on residuals, and what it says where there are none."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import pdist

from tyrosine.errors import ParameterError
from tyrosine.parameters import ComparisonParameters, InferenceParameters, Parameters
from tyrosine.parameters.parsing import parse
from tyrosine.rsa.inference.partial_comparison import compare_partially
from tyrosine.rsa.rdms import label_rdms
from tyrosine.tables import schemas

IDS = [f"s{number}" for number in range(16)]
MODELS = ["vit", "bert", "pixels"]


def patterns(k, seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(len(IDS), 5)) for _ in range(k)]


@pytest.fixture(scope="module")
def brain():
    signal = patterns(1, 0)[0]
    rdms = np.stack([pdist(signal + noise) for noise in patterns(8, 1)])
    labels = {"subject": [1, 2, 3, 4] * 2, "selectivity": ["x"] * 8, "roi": ["EBA"] * 4 + ["PPA"] * 4}
    return label_rdms(rdms, IDS, labels, "euclidean")


@pytest.fixture(scope="module")
def models():
    signal = patterns(1, 0)[0]
    first, second = (pdist(signal + noise) for noise in patterns(2, 2))
    rdms = np.stack([first, 2 * second + 1, second])
    labels = {
        "model": MODELS, "label": MODELS, "modality": ["vision", "language", "stimulus"], "task": ["any"] * 3,
        "layer": ["a"] * 3, "reported": [True] * 3,
    }  # fmt: skip
    return label_rdms(rdms, IDS, labels, "euclidean")


def test_rows_are_t_tests_of_partial_correlations(brain, models):
    comparison = ComparisonParameters(methods="pearson spearman cosine", partial_out="pixels")

    table = compare_partially(brain, models, comparison, InferenceParameters())

    schemas.partial_similarities.validate(table)
    assert set(table["model"]) == {"vit", "bert"}
    assert set(table["partial_out"]) == {"pixels"}
    rows = table.set_index(["roi", "model", "method"])
    for place, roi in ((slice(0, 4), "EBA"), (slice(4, 8), "PPA")):
        for method, change in (("pearson", np.asarray), ("spearman", stats.rankdata)):
            x, z = (change(models.dissimilarities[row]) for row in (0, 2))
            design = np.column_stack([np.ones_like(z), z])
            found, plain = [], []
            for rdm in brain.dissimilarities[place]:
                left = [one - design @ np.linalg.lstsq(design, one)[0] for one in (change(rdm), x)]
                found.append(stats.pearsonr(*left).statistic)
                plain.append(stats.pearsonr(change(rdm), x).statistic)
            row = rows.loc[roi, "vit", method]
            assert row["estimate"] == pytest.approx(np.mean(found))
            assert row["similarity"] == pytest.approx(np.mean(plain))
            assert row["p"] == pytest.approx(stats.ttest_1samp(found, 0, alternative="greater").pvalue)
            assert (row["n"], row["n_stimuli"]) == (4, 16)
    assert set(rows["undefined"].xs("bert", level="model").drop("cosine", level="method")) == {
        "nothing is left of its RDM"
    }
    assert set(rows["undefined"].xs("cosine", level="method")) == {"no partial similarity by this method"}


def test_with_nothing_to_take_out_the_table_is_empty(brain, models):
    table = compare_partially(brain, models, ComparisonParameters(), InferenceParameters())

    assert table.empty
    schemas.partial_similarities.validate(table)
    pd.testing.assert_frame_equal(table, schemas.partial_similarities.validate(table))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            "gabor",
            "comparison.partial_out names gabor, which is not in roster; add it there, as in roster=all",
        ),
        ("pixels vit", "comparison.partial_out names all of roster, so that no model is left"),
    ],
)
def test_what_cannot_be_taken_out_is_refused(given, words):
    features = {"label": "Pixels", "backend": "features", "factory": "tyrosine.models.confounds:pixels"}
    vit = {
        "label": "ViT", "modality": "vision", "task": "any", "checkpoint": "a/b", "layer": 1.0,
        "pooling": "cls",
    }  # fmt: skip
    values = {
        "study": {
            "name": "own",
            "title": "Own",
            "path": "data",
            "regions": {"x": ["EBA"]},
            "source": "images78",
        },
        "models": {"pixels": features, "vit": vit},
        "roster": "all pixels",
        "comparison": {"partial_out": given},
    }

    with pytest.raises(ParameterError, match=words):
        parse(Parameters, values, "")
