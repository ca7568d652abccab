"""Models as a sample: variances against closed forms, and how often intervals cover the truth."""

import numpy as np
import pytest
from scipy import stats

from tests.rsa.test_own_stimuli import NO_CATEGORIES, ROSTER, UNION, make
from tyrosine.parameters import ComparisonParameters, InferenceParameters, QuestionParameters
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.contrasts import Contrast
from tyrosine.rsa.generalisation import SamplingVariance
from tyrosine.rsa.inference.model_contrasts import contrast_models
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.model_sampling import add_model_variance
from tyrosine.tables import schemas

NOISE, AMONG = 0.02, 0.05
"""Standard deviations of the measurement of a similarity, and of similarities among models of a kind."""


def sides(n_a, n_b):
    a, b = tuple(f"a{k}" for k in range(n_a)), tuple(f"b{k}" for k in range(n_b))
    return Contrast("kinds", ((a, b),)), [*a, *b]


def independent_noise(weights):
    """The variance of weighted sums of similarities that are measured independently."""
    return NOISE**2 * (np.asarray(weights) ** 2).sum(axis=1)


def test_the_variance_is_unbiased_for_new_models_and_new_measurements():
    """Over simulated samples its mean is the closed form: that of a model, and of its measurement."""
    contrast, models = sides(4, 3)
    rng = np.random.default_rng(0)
    fixed = SamplingVariance(np.array(NOISE**2 * (1 / 4 + 1 / 3)), np.array(20.0))
    found = []
    for _ in range(4000):
        measured = rng.normal(scale=AMONG, size=7) + rng.normal(scale=NOISE, size=7)
        found.append(float(add_model_variance(contrast, models, measured, fixed, independent_noise).variance))

    expected = (AMONG**2 + NOISE**2) * (1 / 4 + 1 / 3)
    assert np.mean(found) == pytest.approx(expected, rel=0.03)


def test_without_measurement_noise_it_is_welchs_test():
    contrast, models = sides(5, 3)
    similarity = np.random.default_rng(1).normal(size=8)

    found = add_model_variance(
        contrast, models, similarity, SamplingVariance(np.array(1e-18), np.array(50.0)),
        lambda weights: np.full(len(weights), 1e-18),
    )  # fmt: skip

    welch = stats.ttest_ind(similarity[:5], similarity[5:], equal_var=False)
    difference = similarity[:5].mean() - similarity[5:].mean()
    assert difference / np.sqrt(found.variance) == pytest.approx(welch.statistic)
    assert found.degrees_of_freedom == pytest.approx(welch.df)


@pytest.mark.parametrize(("n_a", "n_b", "among"), [(4, 3, AMONG), (6, 6, AMONG), (5, 1, AMONG), (4, 4, 0.0)])
def test_intervals_cover_the_difference_of_the_kinds(n_a, n_b, among):
    """In 2000 simulated studies; a single model is fixed, so that the truth is against this model."""
    contrast, models = sides(n_a, n_b)
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(2000):
        true = rng.normal(scale=among, size=n_a + n_b)
        measured = true + rng.normal(scale=NOISE, size=n_a + n_b)
        # The variance with these models is itself an estimate, with 20 degrees of freedom.
        own = NOISE**2 * (1 / n_a + 1 / n_b) * rng.chisquare(20) / 20
        fixed = SamplingVariance(np.array(own), np.array(20.0))
        found = add_model_variance(contrast, models, measured, fixed, independent_noise)
        margin = stats.t.ppf(0.975, found.degrees_of_freedom) * np.sqrt(found.variance)
        truth = -true[n_a] if n_b == 1 else 0.0
        covered += abs(measured[:n_a].mean() - measured[n_a:].mean() - truth) < margin

    # Without differences among models, S² is taken for zero at least, and the interval is wider.
    assert 0.93 < covered / 2000 < (0.98 if among else 1.0)


def test_models_as_given_are_far_too_sure_of_their_kinds():
    rng = np.random.default_rng(3)
    measured = rng.normal(scale=AMONG, size=(2000, 7)) + rng.normal(scale=NOISE, size=(2000, 7))
    differences = measured[:, :4].mean(axis=1) - measured[:, 4:].mean(axis=1)
    margin = 1.96 * NOISE * np.sqrt(1 / 4 + 1 / 3)

    assert (abs(differences) < margin).mean() < 0.6


def test_of_several_strata_the_strata_are_drawn_and_one_pair_is_no_sample():
    contrast = Contrast("task", ((("a0",), ("b0",)), (("a1", "a2"), ("b1",)), (("a3",), ("b2",))))
    models = ["a0", "a1", "a2", "a3", "b0", "b1", "b2"]
    s = np.random.default_rng(4).normal(size=7)
    none = SamplingVariance(np.array(1e-18), np.array(50.0))

    found = add_model_variance(contrast, models, s, none, lambda weights: np.zeros(len(weights)))

    strata = [s[0] - s[4], (s[1] + s[2]) / 2 - s[5], s[3] - s[6]]
    assert found.variance == pytest.approx(np.var(strata, ddof=1) / 3)
    assert found.degrees_of_freedom == pytest.approx(2)
    assert add_model_variance(*sides(1, 1), s[:2], none, independent_noise) is None


def test_random_models_add_a_test_of_their_own_and_change_no_other():
    questions = QuestionParameters.model_validate(
        {
            "one": {
                "ask": "Which?",
                "contrasts": {
                    "kinds": {
                        "labels": ["v", "l"],
                        "a": {"modality": "vision"},
                        "b": {"modality": "language"},
                    },
                    "two": {"labels": ["m", "l"], "a": {"multimodal": True}, "b": {"modality": "language"}},
                    "none": {
                        "labels": ["x", "y"],
                        "a": {"task": "unheard of"},
                        "b": {"modality": "language"},
                    },
                },
            }
        }
    )
    brain, models = make(dict.fromkeys((1, 2, 3), UNION))
    comparison = ComparisonParameters(methods=("pearson", "kendall_tau_a"))
    similarities = compare_rdms(brain, models, comparison)
    tables = {}
    for kind in ("fixed", "random"):
        inference = InferenceParameters(n_bootstraps=50, models=kind)
        resamples = resample_stimuli(brain, models, NO_CATEGORIES, comparison, inference, 0)
        table = contrast_models(brain, models, similarities, resamples, ROSTER, questions, inference, 0)
        tables[kind] = schemas.contrasts.validate(table)

    added = tables["random"].query("test == 'triple bootstrap'")
    rest = tables["random"].drop(added.index).reset_index(drop=True)
    assert rest.equals(tables["fixed"])
    assert set(added["contrast"]) == {"kinds", "two", "none"}
    reasons = added.groupby(["contrast", "method"])["undefined"].unique().map(list).to_dict()
    nobody = "no model of the roster has task unheard of"
    assert reasons == {
        ("none", "pearson"): [nobody],
        ("none", "kendall_tau_a"): [nobody],
        ("kinds", "pearson"): [""],
        ("two", "pearson"): ["no side has two models that could be drawn again"],
        ("kinds", "kendall_tau_a"): ["no bootstrap over stimuli for this method"],
        ("two", "kendall_tau_a"): ["no bootstrap over stimuli for this method"],
    }
    wide, narrow = (
        tables["random"]
        .query("contrast == 'kinds' and method == 'pearson' and test == @test")
        .set_index("roi")
        for test in ("triple bootstrap", "dual bootstrap")
    )
    np.testing.assert_allclose(wide["estimate"], narrow["estimate"], atol=1e-12)
    assert (wide["upper"] - wide["lower"] > narrow["upper"] - narrow["lower"] - 1e-12).all()
