"""Tables of inference from patterns against the same tables from RDMs, number by number."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import pdist

from tests.rsa import test_own_stimuli as study
from tyrosine.errors import ParameterError, RDMError
from tyrosine.parameters import ComparisonParameters
from tyrosine.parameters.measures import METHODS
from tyrosine.rsa.comparison import compare_rdms, compute_noise_ceilings
from tyrosine.rsa.engine import choose_engine
from tyrosine.rsa.generalisation import PairTerms
from tyrosine.rsa.inference.ceiling_shares import measure_ceiling_shares
from tyrosine.rsa.inference.model_contrasts import contrast_models
from tyrosine.rsa.inference.model_tests import bootstrap_models, run_model_tests
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.inference.robustness import assess_contrasts
from tyrosine.rsa.rdms import stimulus_ids
from tyrosine.rsa.representations import compare_representations
from tyrosine.rsa.without_rdms import pair_terms
from tyrosine.rsa.without_rdms.labelled import LabelledPatterns, RDMLimits
from tyrosine.rsa.without_rdms.pair_terms import PairTermsOfPatterns
from tyrosine.rsa.without_rdms.patterns import patterns_of_features

EVERYWHERE = study.SHARED
SAME = {subject: [*EVERYWHERE, *study.PAIR, "a0", "a1"] for subject in study.SEEN}
GROUPED = pd.DataFrame(
    {
        "stimulus_id": study.UNION,
        "main_category": [str(number % 7) for number in range(len(study.UNION))],
        "categories": [[]] * len(study.UNION),
    }
)


def make(seen):
    brain, models = study.make(seen)
    models.rdm_descriptors["depth"] = [1.0] * models.n_rdm
    return brain, models


def as_patterns(brain, models, seen, limits):
    """Patterns whose RDMs are those of `study.make`."""
    ids = stimulus_ids(brain)
    own = [[name for name in ids if name in seen[subject]] for subject, _, _ in study.REGIONS]
    regions = [patterns_of_features(study.patterns(place, names)) for place, names in enumerate(own)]
    brains = LabelledPatterns(
        tuple(regions), tuple(ids), np.array([np.isin(ids, names) for names in own]),
        dict(brain.rdm_descriptors), "correlation", limits,
    )  # fmt: skip
    theirs = stimulus_ids(models)
    sets = [patterns_of_features(study.features(model, theirs)) for model in range(models.n_rdm)]
    every = np.ones((len(sets), len(theirs)), dtype=bool)
    return brains, LabelledPatterns(
        tuple(sets), tuple(theirs), every, dict(models.rdm_descriptors), "correlation", limits
    )


def compute(brain, models, methods, inference=study.INFERENCE, stimuli=study.NO_CATEGORIES):
    comparison = ComparisonParameters(methods=methods)
    similarities = compare_rdms(brain, models, comparison)
    resamples = resample_stimuli(brain, models, stimuli, comparison, inference, 0)
    tested = (brain, models, similarities, resamples)
    tables = {
        "similarities": similarities,
        "noise_ceilings": compute_noise_ceilings(brain, comparison),
        "model_tests": run_model_tests(*tested, study.ROSTER, inference, 0),
        "bootstrap_similarities": bootstrap_models(*tested, study.ROSTER, inference, 0),
        "contrasts": contrast_models(*tested, study.ROSTER, study.QUESTIONS, inference, 0),
        "second_order_rdm": compare_representations(brain, models, comparison),
    }
    tables["ceiling_shares"] = measure_ceiling_shares(
        brain, models, similarities, tables["contrasts"], inference
    )
    tables["contrast_robustness"] = assess_contrasts(
        brain, models, similarities, stimuli, study.ROSTER, study.QUESTIONS, inference, 0
    )
    return tables


def equal(found, expected, but=()):
    """Hold every table against another one: labels as they are, numbers within 1e-9."""
    for name, table in found.items():
        left, right = (one.drop(columns=list(but), errors="ignore") for one in (table, expected[name]))
        pd.testing.assert_frame_equal(left, right, check_exact=False, rtol=1e-9, atol=1e-9)


WITHOUT_RDMS = [name for name, method in METHODS.items() if method.of_sums is not None]


@pytest.mark.parametrize("method", WITHOUT_RDMS)
@pytest.mark.parametrize("seen", [study.SEEN, SAME], ids=["own stimuli", "same stimuli"])
def test_every_table_is_that_of_the_rdms(seen, method):
    brain, models = make(seen)
    limits = RDMLimits(100, 0, 0)

    found = compute(*as_patterns(brain, models, seen, limits), (method,))

    assert set(found["similarities"]["engine"]) == {"patterns"}
    equal(found, compute(brain, models, (method,)), but=["engine"])


def test_groups_of_stimuli_are_drawn_whole_as_with_rdms():
    brain, models = make(SAME)
    grouped = study.INFERENCE.model_copy(
        update={"stimulus_groups": "category", "permutation": "within_groups"}
    )

    found = compute(*as_patterns(brain, models, SAME, RDMLimits(100, 0, 0)), ("pearson",), grouped, GROUPED)

    assert set(found["bootstrap_similarities"]["n_groups"].dropna()) == {7}
    equal(found, compute(brain, models, ("pearson",), grouped, GROUPED), but=["engine"])


@pytest.fixture(params=["one block", "many blocks"])
def blocks(request, monkeypatch):
    """RDMs in one block, or in blocks of seven rows and ten columns."""
    if request.param == "many blocks":
        monkeypatch.setattr(pair_terms, "_BLOCK_ROWS", 7)
        monkeypatch.setattr(pair_terms, "_BLOCK_VALUES", 7 * 10 * 5)


@pytest.mark.parametrize("method", ["pearson", "cosine"])
@pytest.mark.parametrize("groups", [None, np.arange(30) % 9], ids=["single stimuli", "groups"])
def test_pair_terms_are_those_of_the_rdms(blocks, groups, method):
    drawn = np.random.default_rng(0)
    common = drawn.normal(size=(30, 4))
    sets = [np.hstack([common, drawn.normal(size=(30, width))]) for width in (5, 6, 7, 8, 9)]
    rdms = np.stack([pdist(one, "correlation") for one in sets])
    patterns = [patterns_of_features(one) for one in sets]
    mixtures = drawn.random(size=(2, 3, 2))

    found = PairTermsOfPatterns(patterns[:3], patterns[3:], method, mixtures, groups)

    expected = PairTerms(rdms[:3], rdms[3:], method, mixtures, groups)
    assert found.surplus == pytest.approx(expected.surplus)
    for members in ([[0], [1], [2]], [[0, 1], [2]], [[1]]):
        for one, other in zip(found.covariance(members), expected.covariance(members)):
            np.testing.assert_allclose(one, other, atol=1e-12)
        for one, other in zip(found.variances(members), expected.variances(members)):
            np.testing.assert_allclose(one, other, atol=1e-12)
    np.testing.assert_allclose(
        found.covariance([[0], [2]], [3, 0]).of_mean,
        expected.covariance([[0], [2]], [3, 0]).of_mean,
        atol=1e-12,
    )


def test_a_rank_correlation_of_few_stimuli_is_exact_and_of_many_is_estimated():
    brain, models = make(study.SEEN)
    few, many = RDMLimits(14, 0, 0), RDMLimits(10, 40, 0)

    exact = compute(*as_patterns(brain, models, study.SEEN, few), ("spearman",))
    equal(exact, compute(brain, models, ("spearman",)), but=["engine"])

    table = compare_rdms(
        *as_patterns(brain, models, study.SEEN, many), ComparisonParameters(methods=("spearman",))
    )
    values = table["similarity"] - exact["similarities"]["similarity"]
    assert (table["standard_error"] > 0).all()
    # Over 10 of 12 to 14 stimuli: near the whole, by a few standard errors of the choice of stimuli.
    assert (values.abs() / table["standard_error"]).median() < 2.5
    first, second = (
        stats.spearmanr(study.brain_vector(0, names), study.model_vector(0, names)).statistic
        for names in (study.SEEN[1], study.SEEN[1][:10])
    )
    assert exact["similarities"]["similarity"][0] == pytest.approx(first) != pytest.approx(second)


def test_what_only_rdms_give_of_many_stimuli_has_a_reason():
    brain, models = make(study.SEEN)

    found = compute(*as_patterns(brain, models, study.SEEN, RDMLimits(8, 6, 0)), ("pearson", "spearman"))

    tests = found["model_tests"].query("test == 'stimulus permutation'")
    assert set(tests["undefined"]) == {"more stimuli than comparison.max_stimuli, and no RDM of them"}
    bootstrap = found["bootstrap_similarities"].query("over == 'stimuli'").groupby(["method", "roi"])
    assert bootstrap["undefined"].first().to_dict() == {
        ("pearson", "EBA"): "",
        ("pearson", "PPA"): "",
        ("spearman", "EBA"): "no bootstrap over stimuli for this method",
        ("spearman", "PPA"): "no bootstrap over stimuli for this method",
    }


def comparison(**given):
    return ComparisonParameters(**({"max_stimuli": 10} | given))


def test_the_size_of_the_study_decides():
    assert choose_engine(comparison(), 10, True) == "rdms"
    assert choose_engine(comparison(), 11, True) == "patterns"
    assert choose_engine(comparison(), 11, False) == "rdms"
    assert choose_engine(comparison(engine="rdms"), 11, True) == "rdms"
    assert choose_engine(comparison(engine="patterns"), 10, True) == "patterns"


def test_a_rank_correlation_of_many_stimuli_is_refused_or_estimated_and_never_silently():
    with pytest.raises(ParameterError, match=r"by spearman needs RDMs, .* 11 stimuli.*stimulus_samples"):
        choose_engine(comparison(methods="pearson spearman"), 11, True)
    assert choose_engine(comparison(methods="spearman", stimulus_samples=5), 11, True) == "patterns"
    assert choose_engine(comparison(methods="spearman", engine="patterns"), 10, True) == "patterns"
    with pytest.raises(ParameterError, match=r"are made of responses.*study\.brain_rdms"):
        choose_engine(comparison(engine="patterns"), 11, False)


def test_stimuli_that_a_subject_did_not_see_are_refused():
    brain, models = make(study.SEEN)
    patterns, _ = as_patterns(brain, models, study.SEEN, RDMLimits(8, 0, 0))

    with pytest.raises(RDMError, match="did not see"):
        patterns.over(["c0", "s0", "s1", "s2"], [0])
    with pytest.raises(RDMError, match="not over the stimuli z9"):
        patterns.over(["z9"])


@pytest.mark.parametrize("limit", [100, 9], ids=["RDMs", "samples"])
@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_regions_are_compared_where_no_model_has_a_reported_layer(method, limit):
    brain, models = make(SAME)
    limits = RDMLimits(limit, 3, 0)
    models.rdm_descriptors["reported"] = [False] * models.n_rdm

    asked = ComparisonParameters(methods=(method,))

    found = compare_representations(*as_patterns(brain, models, SAME, limits), asked)

    assert set(found["a"]) == {"EBA", "PPA"} and found["dissimilarity"].notna().all()
    if method == "pearson" or limit == 100:
        expected = compare_representations(brain, models, asked)
        equal({"second_order_rdm": found}, {"second_order_rdm": expected})
