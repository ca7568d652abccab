"""Both kinds of evidence side by side."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.encoding.made_up import spec
from tyrosine.encoding.evidence import compare_evidence, rank_models
from tyrosine.parameters import InferenceParameters
from tyrosine.tables import schemas
from tyrosine.tables.columns import CONTRASTS

INFERENCE = InferenceParameters()
MODELS = {name: spec(name) for name in ("a", "b", "c")} | {"d": spec("d", twin_of="a")}


def contrasts_of(method, rows, test="dual bootstrap", label_b="B"):
    """Rows of `contrasts` by region: estimate and q."""
    return pd.DataFrame(
        [
            {
                "contrast": "one", "kind": "named" if label_b else "group", "question": "why",
                "models_a": "a", "models_b": "b", "label_a": "A", "label_b": label_b,
                "selectivity": "bodies", "roi": roi, "regions": roi, "method": method, "test": test, "n": 8,
                "n_stimuli": 120, "stimulus_groups": "", "n_groups": pd.NA, "n_resamples": 1000,
                "estimate": estimate, "lower": estimate - 1, "upper": estimate + 1, "effect_size": 1.0,
                "statistic": 1.0, "p": q, "q": q, "family": "all",
                "undefined": "" if np.isfinite(estimate) else "why not",
            }
            for roi, (estimate, q) in rows.items()
        ]
    )[list(CONTRASTS)]  # fmt: skip


RSA = {
    "same": (0.1, 0.01), "neither": (0.1, 0.5), "first": (-0.1, 0.01), "second": (0.1, 0.2),
    "turned": (0.1, 0.01), "nothing": (np.nan, np.nan),
}  # fmt: skip
ENCODING = {
    "same": (0.2, 0.02), "neither": (-0.1, 0.3), "first": (0.2, 0.2), "second": (-0.1, 0.03),
    "turned": (-0.1, 0.01), "nothing": (0.1, 0.01),
}  # fmt: skip
EXPECTED = {
    "same": "the same direction", "neither": "no evidence in either", "first": "RSA alone",
    "second": "encoding alone", "turned": "opposite", "nothing": "undefined",
}  # fmt: skip


def test_verdicts_are_compared_region_by_region():
    rsa = pd.concat([contrasts_of("pearson", RSA), contrasts_of("cka", ENCODING)])
    encoding = pd.concat(
        [contrasts_of("encoding", ENCODING), contrasts_of("encoding_normalised", {"same": (0.5, 0.4)})]
    )

    found = compare_evidence(rsa, encoding, INFERENCE)

    schemas.evidence_compared.validate(found)
    assert dict(zip(found["roi"], found["agreement"])) == EXPECTED
    assert set(found["method"]) == {"pearson", "encoding", "encoding_normalised"}
    rows = found.set_index(["roi", "method"])
    assert rows.loc[("first", "pearson"), "verdict"] == "lower"
    # The raw score decides, and the normalised one stands beside it.
    assert rows.loc[("same", "encoding_normalised"), ["verdict", "agreement"]].tolist() == [
        "no evidence",
        "the same direction",
    ]


def test_a_group_is_above_chance_or_not():
    below = {"same": (-0.1, 0.01)}
    found = compare_evidence(
        contrasts_of("pearson", below, label_b=""), contrasts_of("encoding", below, label_b=""), INFERENCE
    )
    assert found["verdict"].unique().tolist() == ["no evidence"]


def test_the_t_test_counts_where_one_kind_has_no_bootstrap():
    there, lacking = {"same": (0.1, 0.01)}, {"same": (np.nan, np.nan)}
    rsa = pd.concat([contrasts_of("pearson", there), contrasts_of("pearson", there, "t-test")])
    encoding = pd.concat([contrasts_of("encoding", lacking), contrasts_of("encoding", there, "t-test")])

    found = compare_evidence(rsa, encoding, INFERENCE)

    assert found["test"].unique().tolist() == ["t-test"]
    assert found["agreement"].unique().tolist() == ["the same direction"]


def test_a_region_without_scores_is_not_compared():
    found = compare_evidence(
        contrasts_of("pearson", RSA), contrasts_of("encoding", {"same": (0.1, 0.01)}), INFERENCE
    )
    assert found["roi"].unique().tolist() == ["same"]


def test_without_encoding_models_nothing_is_compared():
    nothing = contrasts_of("encoding", ENCODING).iloc[:0]
    assert schemas.evidence_compared.validate(
        compare_evidence(contrasts_of("pearson", RSA), nothing, INFERENCE)
    ).empty


def scores_of(n_subjects=3, seed=0):
    """Similarities and encoding scores of four models in two regions, and in a control region."""
    rng = np.random.default_rng(seed)
    rows = [
        (subject, selectivity, roi, model, rng.random(), rng.random())
        for model in MODELS
        for selectivity, roi in (("bodies", "EBA"), ("places", "PPA"), ("control", "CTRL"))
        for subject in range(1, n_subjects + 1)
    ]
    table = pd.DataFrame(rows, columns=["subject", "selectivity", "roi", "model", "similarity", "r"])
    table = table.assign(
        label=table["model"].str.upper(), modality="vision", task="classification", layer="x",
        reported=True, method="pearson", r_normalised=2 * table["r"],
    )  # fmt: skip
    return table.drop(columns=["r", "r_normalised"]), table


def test_models_are_ranked_by_their_means_and_twins_are_left_out():
    similarities, scores = scores_of()
    others = similarities.assign(reported=False, similarity=9.0)

    found = rank_models(pd.concat([similarities, others]), scores, MODELS)

    schemas.model_ranks.validate(found)
    assert set(found["model"]) == {"a", "b", "c"}
    trained = scores[scores["model"] != "d"]
    for roi, rows in found.groupby("roi"):
        here = trained[trained["roi"] == roi] if roi != "all" else trained[trained["roi"] != "CTRL"]
        means = here.groupby("model")[["similarity", "r", "r_normalised"]].mean().loc[rows["model"]]
        np.testing.assert_allclose(rows[means.columns], means)
        np.testing.assert_array_equal(rows["r_rank"], stats.rankdata(-means["r"]))
        tau = stats.kendalltau(means["similarity"], means["r"])
        assert rows["kendall_tau"].iloc[0] == pytest.approx(tau.statistic)
        assert rows["p"].iloc[0] == pytest.approx(tau.pvalue)


def test_two_models_have_ranks_and_no_tau():
    similarities, scores = scores_of()
    found = rank_models(similarities[similarities["model"] != "c"], scores[scores["model"] != "c"], MODELS)
    assert found["kendall_tau"].isna().all() and (found["n_models"] == 2).all()


def test_a_study_without_encoding_models_has_no_ranks():
    similarities, scores = scores_of()
    assert schemas.model_ranks.validate(rank_models(similarities, scores.iloc[:0], MODELS)).empty
