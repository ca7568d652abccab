"""Sampling variances against rsatoolbox, brute force, and the variance over new stimuli and subjects."""

import numpy as np
import pytest
from rsatoolbox.util.inference_util import extract_variances
from scipy import stats
from scipy.spatial.distance import pdist
from threadpoolctl import threadpool_limits

from tyrosine.rsa.bootstrap import bootstrap_means, bootstrap_stimuli, draw_counts, draw_stimulus_counts
from tyrosine.rsa.generalisation import PairTerms, PairVariances, generalise, sampling_variances
from tyrosine.rsa.similarity import compare


def rdms(k, n=14, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([pdist(rng.normal(size=(n, 5))) for _ in range(k)])


def case(n_subjects=5, n=14, n_resamples=60, seed=0):
    models = rdms(3, n, seed)
    brain = rdms(n_subjects, n, seed + 1) + 0.4 * models[0]
    rng = np.random.default_rng(seed)
    resampled = bootstrap_stimuli(brain, models, draw_stimulus_counts(n, n_resamples, rng))
    return brain, models, resampled, draw_counts(n_subjects, n_resamples, rng)


def test_without_pair_terms_the_variances_are_those_of_rsatoolbox():
    brain, models, resampled, subject_counts = case()
    means = bootstrap_means(compare(brain, models), resampled, subject_counts)
    nothing = PairVariances(np.zeros(3), np.zeros(3))

    found = sampling_variances(means, nothing, 5, 14)

    covariances = np.stack([np.cov(means[over].T) for over in ("both", "subjects", "stimuli")])
    both = extract_variances(covariances, nc_included=False, n_rdm=5, n_pattern=14)[0]
    np.testing.assert_allclose(found["both"].variance, both, rtol=1e-9)
    for over, size in (("subjects", {"n_rdm": 5}), ("stimuli", {"n_pattern": 14})):
        one = extract_variances(np.cov(means[over].T), nc_included=False, **size)[0]
        np.testing.assert_allclose(found[over].variance, one, rtol=1e-9)


def influence(x, y):
    """What each pair adds to Pearson's r, standardised, times the number of pairs."""
    x, y = stats.zscore(x), stats.zscore(y)
    return x * y - np.mean(x * y) * (x**2 + y**2) / 2


def residuals(values, n):
    """What a regression on the two stimuli of each pair leaves."""
    design = np.zeros((len(values), n + 1))
    design[:, n] = 1
    for pair, (i, j) in enumerate(zip(*np.triu_indices(n, k=1))):
        design[pair, [i, j]] = 1
    return values - design @ np.linalg.lstsq(design, values)[0]


def test_pair_terms_are_the_residuals_of_a_regression_on_stimuli():
    brain, models = case()[:2]
    members = [[0, 1], [2], [3, 4]]
    left = np.array(
        [
            np.mean(
                [[residuals(influence(brain[row], model), 14) for model in models] for row in rows], axis=0
            )
            for rows in members
        ]
    )
    freedom = 91 - 14

    found = PairTerms(brain, models, "pearson").covariance(members)

    mean = left.mean(axis=0)
    np.testing.assert_allclose(found.of_mean, mean @ mean.T / freedom / 91, rtol=1e-9)
    around = left - mean
    of_subjects = np.einsum("smp,snp->mn", around, around) / freedom / 91 / (3 * 2)
    np.testing.assert_allclose(found.of_subjects, of_subjects, rtol=1e-9)


def test_pair_terms_of_contrasts_are_those_of_differences():
    brain, models = case()[:2]
    terms = PairTerms(brain, models, "pearson")
    members = [[row] for row in range(5)]

    found = terms.covariance(members).combine(np.array([[1.0, -1.0, 0.0]]))

    differences = [
        residuals(influence(rdm, models[0]), 14) - residuals(influence(rdm, models[1]), 14) for rdm in brain
    ]
    expected = np.sum(np.mean(differences, axis=0) ** 2) / (91 - 14) / 91
    np.testing.assert_allclose(found.of_mean, expected, rtol=1e-9)


@pytest.mark.parametrize("method", ["pearson", "spearman", "cosine"])
def test_variances_are_the_diagonal_of_the_covariance(method):
    brain, models = case()[:2]
    terms = PairTerms(brain, models, method)
    members = [[0], [1, 2]]

    whole, alone = terms.covariance(members), terms.variances(members)

    np.testing.assert_allclose(alone.of_mean, np.diag(whole.of_mean), rtol=1e-9)
    np.testing.assert_allclose(alone.of_subjects, np.diag(whole.of_subjects), rtol=1e-9, atol=1e-18)


@pytest.mark.parametrize("signal", [0.0, 1.0])
def test_variances_are_those_over_new_subjects_and_stimuli(signal):
    n, n_subjects, estimates = 30, 4, []
    variances = {over: [] for over in ("stimuli", "both", "plain bootstrap")}
    for seed in range(160):
        rng = np.random.default_rng([seed, int(signal)])
        latent, other = rng.normal(size=(2, n, 6))
        patterns = [latent + rng.normal(size=(n, 6)) for _ in range(n_subjects)]
        brain = np.stack([pdist(pattern, "correlation") for pattern in patterns])
        model = pdist(signal * latent + other, "correlation")[None]
        similarity = compare(brain, model)
        resampled = bootstrap_stimuli(brain, model, draw_stimulus_counts(n, 150, rng))
        means = bootstrap_means(similarity, resampled, draw_counts(n_subjects, 150, rng))
        pairs = PairTerms(brain, model, "pearson").variances([[row] for row in range(n_subjects)])
        found = sampling_variances(means, pairs, n_subjects, n)
        estimates.append(similarity.mean())
        variances["stimuli"].append(found["stimuli"].variance[0])
        variances["both"].append(found["both"].variance[0])
        variances["plain bootstrap"].append(means["both"].var())

    true = np.var(estimates, ddof=1)

    # The variance of 160 draws is known to about a ninth.
    assert 0.7 < np.mean(variances["both"]) / true < 1.4
    assert np.mean(variances["stimuli"]) < np.mean(variances["both"])
    if signal == 0:
        assert np.mean(variances["plain bootstrap"]) / true > 2.5


def test_the_test_over_subjects_is_nearly_the_t_test():
    brain, models, _, _ = case()
    similarity = compare(brain, models)
    counts = draw_counts(5, 4000, np.random.default_rng(0))

    found = generalise(similarity, None, counts, None, 14)["subjects"]

    np.testing.assert_allclose(found["standard_error"], stats.sem(similarity), rtol=0.05)
    assert set(found["n_resamples"]) == {4000}


def test_degrees_of_freedom_over_both_lie_between_those_of_the_parts():
    brain, models, resampled, subject_counts = case()
    means = bootstrap_means(compare(brain, models), resampled, subject_counts)
    pairs = PairTerms(brain, models, "pearson").variances([[row] for row in range(5)])

    found = sampling_variances(means, pairs, 5, 14)["both"]

    assert (found.degrees_of_freedom >= 4).all()
    assert (found.degrees_of_freedom <= 4 + 13).all()


@pytest.mark.parametrize(
    ("n_subjects", "lacks_stimuli", "reasons"),
    [
        (1, False, {"subjects": "fewer than two subjects", "stimuli": "", "both": "fewer than two subjects"}),
        (
            5,
            True,
            {
                "subjects": "",
                "stimuli": "no bootstrap over stimuli for this method",
                "both": "no bootstrap over stimuli for this method",
            },
        ),
    ],
)
def test_what_is_undefined_says_why(n_subjects, lacks_stimuli, reasons):
    brain, models, resampled, subject_counts = case(n_subjects)
    pairs = PairTerms(brain, models, "pearson").variances([[row] for row in range(n_subjects)])

    found = generalise(
        compare(brain, models),
        None if lacks_stimuli else resampled,
        subject_counts,
        None if lacks_stimuli else pairs,
        14,
    )

    for over, reason in reasons.items():
        assert set(found[over]["undefined"]) == {reason}
        assert (found[over]["p"].isna() == (reason != "")).all()


def test_three_stimuli_are_too_few():
    brain, models = np.random.default_rng(0).random((2, 2, 3))
    resampled = bootstrap_stimuli(brain, models, draw_stimulus_counts(3, 9, np.random.default_rng(0)))

    found = generalise(
        compare(brain, models),
        resampled,
        np.ones((9, 2)),
        PairTerms(brain, models, "pearson").variances([[0], [1]]),
        3,
    )

    assert set(found["both"]["undefined"]) == {"fewer than four stimuli"}


@pytest.mark.parametrize("way", ["bootstrap", "jackknife"])
def test_variance_over_groups_of_unrelated_pairs_is_that_of_a_correlation(way):
    groups, n_pairs = np.arange(60) // 5, 60 * 59 // 2
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        brain, model = rng.random((1, n_pairs)), rng.random((1, n_pairs))
        pairs = PairTerms(brain, model, "pearson", groups=groups).variances([[0]])
        surplus = pairs.surplus * pairs.of_mean.item()
        if way == "bootstrap":
            counts = draw_counts(12, 200, rng, least=3)[:, groups]
            resampled = bootstrap_stimuli(brain, model, counts, groups=groups)
            found.append(resampled.var(ddof=1) * 12 / 11 - 2 * surplus)
        else:
            found.append(11**2 / 12 * pairs.left_out.var(ddof=1) - surplus)

    # Pearson's correlation of independent values has the variance 1 / (n - 1).
    np.testing.assert_allclose(np.mean(found) * (n_pairs - 1), 1.0, atol=0.2)


def test_the_surplus_is_the_share_of_pairs_between_groups():
    groups = np.array([0, 0, 0, 1, 1, 2])
    rng = np.random.default_rng(0)

    terms = PairTerms(rng.random((1, 15)), rng.random((1, 15)), "pearson", groups=groups)

    assert terms.surplus == pytest.approx((15 - 3 - 1) / 15)


def cut(rdm, without, n=14):
    """Condensed distances of all stimuli but one."""
    rows, columns = np.triu_indices(n, k=1)
    return rdm[(rows != without) & (columns != without)]


def direct_left_out(brain, models, members, weights):
    """Mean over subjects of contrasts of models, without each stimulus."""
    return np.array(
        [
            np.mean(
                [
                    np.mean(
                        [
                            weights @ [np.corrcoef(cut(brain[row], one), cut(m, one))[0, 1] for m in models]
                            for row in rows
                        ],
                        axis=0,
                    )
                    for rows in members
                ],
                axis=0,
            )
            for one in range(14)
        ]
    )


def test_contrasts_are_left_out_as_their_models_are():
    brain, models = case()[:2]
    members, weights = [[0, 1], [2], [3, 4]], np.array([[1.0, -1.0, 0.0], [0.5, 0.5, -1.0]])

    found = PairTerms(brain, models, "pearson").covariance(members).combine(weights)

    np.testing.assert_allclose(found.left_out, direct_left_out(brain, models, members, weights), rtol=1e-9)


def test_mixtures_are_left_out_as_weighted_sums_of_models():
    brain, models = case()[:2]
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=5)

    found = PairTerms(brain, models, "pearson", mixtures=shares[None]).variances([[2]])

    expected = direct_left_out(brain, models, [[2]], np.vstack([np.eye(3), shares[2]]))
    np.testing.assert_allclose(found.left_out, expected, rtol=1e-9)


def test_variances_are_the_smaller_of_the_bootstrap_and_the_jackknife():
    brain, models, resampled, subject_counts = case(n_resamples=400)
    means = bootstrap_means(compare(brain, models), resampled, subject_counts)
    members = [[row] for row in range(5)]
    pairs = PairTerms(brain, models, "pearson").variances(members)

    found = sampling_variances(means, pairs, 5, 14)

    subjects, stimuli, both = (means[over].var(axis=0, ddof=1) for over in ("subjects", "stimuli", "both"))
    common = 5 / 4 * 14 / 13 * (both - subjects - stimuli)
    subjects, stimuli = 5 / 4 * subjects, 14 / 13 * stimuli
    values = direct_left_out(brain, models, members, np.eye(3))
    jackknifed = np.maximum(13**2 / 14 * values.var(axis=0, ddof=1) - pairs.of_mean, pairs.of_mean)
    over_stimuli = np.minimum(stimuli, jackknifed)
    np.testing.assert_allclose(found["stimuli"].variance, over_stimuli, rtol=1e-9)
    kurtosis = stats.kurtosis(values, axis=0, fisher=False)
    known = np.minimum(2 * 14 / (kurtosis - 1), 13)
    np.testing.assert_allclose(found["stimuli"].degrees_of_freedom, known, rtol=1e-9)
    ways = [subjects + stimuli - common, subjects + jackknifed - common + 2 * pairs.of_subjects, both]
    over_both = np.maximum(np.min(ways, axis=0), np.maximum(subjects, over_stimuli))
    np.testing.assert_allclose(found["both"].variance, over_both, rtol=1e-9)
    freedom = over_both**2 / (subjects**2 / 4 + (over_both - subjects) ** 2 / known)
    np.testing.assert_allclose(found["both"].degrees_of_freedom, freedom, rtol=1e-9)


def test_over_groups_the_degrees_of_freedom_are_one_less_than_groups():
    brain, models, resampled, subject_counts = case()
    means = bootstrap_means(compare(brain, models), resampled, subject_counts)
    groups = np.array([0] * 7 + [1, 2, 3, 4, 5, 6, 6])
    pairs = PairTerms(brain, models, "pearson", groups=groups).variances([[row] for row in range(5)])

    found = sampling_variances(means, pairs, 5, 7)

    assert pairs.left_out.shape == (7, 3)
    np.testing.assert_array_equal(found["stimuli"].degrees_of_freedom, 6)


def test_an_estimate_that_is_undefined_without_a_stimulus_keeps_the_bootstrap():
    brain, models, resampled, subject_counts = case()
    means = bootstrap_means(compare(brain, models), resampled, subject_counts)
    pairs = PairTerms(brain, models, "pearson").variances([[row] for row in range(5)])
    pairs.left_out[3, 1] = np.nan

    found = sampling_variances(means, pairs, 5, 14)

    alone = sampling_variances(means, PairVariances(np.zeros(3), np.zeros(3)), 5, 14)
    for over in ("stimuli", "both"):
        np.testing.assert_allclose(found[over].variance[1], alone[over].variance[1], rtol=1e-9)
        np.testing.assert_allclose(found[over].degrees_of_freedom[1], alone[over].degrees_of_freedom[1])


@pytest.mark.parametrize("world", ["heavy-tailed", "groups"])
def test_a_variance_over_few_stimuli_is_not_too_small(world):
    """The bootstrap variance less the pair terms that it has too often is 20 to 30 % too small here."""
    n, estimates, found, reduced = 40, [], [], []
    groups = np.arange(n) % 10 if world == "groups" else None
    for seed in range(300):
        rng = np.random.default_rng([seed, n])
        features = rng.laplace(size=(2, n, 5))
        if groups is not None:
            # The brain knows the categories, and the model does not.
            features = rng.normal(size=(2, n, 5))
            features[0] += 2 * rng.normal(size=(10, 5))[groups]
        brain, model = (pdist(one, "sqeuclidean")[None] for one in features)
        n_drawn = n if groups is None else 10
        counts = draw_stimulus_counts(n_drawn, 200, rng)
        resampled = bootstrap_stimuli(
            brain, model, counts if groups is None else counts[:, groups], groups=groups
        )
        similarity = compare(brain, model)
        pairs = PairTerms(brain, model, "pearson", groups=groups).variances([[0]])
        means = bootstrap_means(similarity, resampled, np.ones((200, 1)))
        estimates.append(similarity.item())
        found.append(sampling_variances(means, pairs, 1, n_drawn)["stimuli"].variance.item())
        plain = means["stimuli"].var(ddof=1) * n_drawn / (n_drawn - 1)
        reduced.append(plain - 2 * pairs.surplus * pairs.of_mean.item())

    true = np.var(estimates, ddof=1)

    # The variance of 300 draws is known to about a twelfth.
    assert 0.8 < np.mean(found) / true < 1.3
    assert np.mean(reduced) / true < 0.85


def test_the_last_bit_does_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(0)
    brain, models = rng.random((6, 7140)), rng.random((20, 7140))
    groups = np.arange(120) % 27
    counts = draw_stimulus_counts(27, 200, rng)[:, groups]
    found = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            terms = PairTerms(brain, models, "pearson", groups=groups)
            variances, covariance = terms.variances([[0, 1], [2, 3]]), terms.covariance([[0, 1], [2, 3]])
            drawn = bootstrap_stimuli(brain, models, counts, groups=groups)
            found.append([terms.similarity, *variances[:3], *covariance[:3], drawn])

    for alone, together in zip(*found):
        np.testing.assert_array_equal(alone, together)
