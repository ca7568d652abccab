"""Subjects who saw different stimuli: each number is what SciPy or rsatoolbox gives over its own stimuli."""

import numpy as np
import pandas as pd
import pytest
from rsatoolbox.inference import boot_noise_ceiling
from rsatoolbox.rdm import RDMs
from scipy import stats
from scipy.spatial.distance import pdist, squareform

from tyrosine.parameters import ComparisonParameters, InferenceParameters, QuestionParameters
from tyrosine.parameters.roster import parse_roster
from tyrosine.rsa.bootstrap import draw_stimulus_counts
from tyrosine.rsa.comparison import compare_rdms, compute_noise_ceilings
from tyrosine.rsa.inference.group_variance import partition_by_groups
from tyrosine.rsa.inference.model_contrasts import contrast_models
from tyrosine.rsa.inference.model_tests import bootstrap_models, run_model_tests
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.randomness import random_stream
from tyrosine.rsa.rdms import label_rdms, spread
from tyrosine.rsa.representations import compare_representations
from tyrosine.tables import schemas

SHARED = [f"s{k}" for k in range(8)]
PAIR = ["p0", "p1"]
# Subjects 1 and 2, who alone have PPA, share two stimuli more than all three do.
SEEN = {
    1: [*SHARED, *PAIR, "a0", "a1", "a2", "a3"],
    2: ["b3", *SHARED[::-1], "b1", *PAIR, "b0", "b2"],
    3: ["c0", "c1", *SHARED, "c2", "c3"],
}
UNION = sorted({name for names in SEEN.values() for name in names})
REGIONS = [
    (1, "bodies", "EBA"),
    (2, "bodies", "EBA"),
    (3, "bodies", "EBA"),
    (1, "places", "PPA"),
    (2, "places", "PPA"),
]
OF_REGION = {"EBA": SHARED, "PPA": [*PAIR, *SHARED]}
MODELS = {"vit": ("vision", False), "bert": ("language", False), "clip": ("vision", True)}
METHODS = ("pearson", "spearman")
INFERENCE = InferenceParameters(n_permutations=49, n_bootstraps=20, n_folds=2)
ROSTER = parse_roster({
    name: {
        "label": name.upper(), "modality": modality, "multimodal": multimodal, "task": "some task",
        "checkpoint": "x", "layer": "last", "pooling": "cls",
    }
    for name, (modality, multimodal) in MODELS.items()
})  # fmt: skip
NO_CATEGORIES = pd.DataFrame({"stimulus_id": UNION, "main_category": pd.NA, "categories": [[]] * len(UNION)})
QUESTIONS = QuestionParameters.model_validate(
    {"one": {"ask": "Which?", "groups": {"seers": {"label": "vision", "select": {"modality": "vision"}}}}}
)


def latent(name, width=5):
    """The same for all who see the stimulus."""
    return np.random.default_rng([ord(letter) for letter in name]).normal(size=width)


def patterns(place, names):
    subject = REGIONS[place][0]
    noise = [np.random.default_rng([place, subject, *map(ord, name)]).normal(size=9) for name in names]
    weights = np.random.default_rng(place).normal(size=(5, 9))
    return np.stack([latent(name) for name in names]) @ weights + np.stack(noise)


def features(model, names):
    weights = np.random.default_rng([7, model]).normal(size=(5, 6))
    noise = np.random.default_rng([8, model]).normal(size=(len(UNION), 6))
    rows = [UNION.index(name) for name in names]
    return np.stack([latent(name) for name in names]) @ weights + noise[rows]


def brain_vector(place, names):
    """The condensed RDM of a region of a subject over some stimuli, from its responses."""
    return pdist(patterns(place, names), "correlation")


def model_vector(model, names):
    return pdist(features(model, names), "correlation")


def make(seen):
    ids = sorted({name for names in seen.values() for name in names})
    rdms = [
        spread(brain_vector(place, seen[subject]), seen[subject], ids)
        for place, (subject, _, _) in enumerate(REGIONS)
    ]
    brain = label_rdms(
        np.stack(rdms), ids, dict(zip(("subject", "selectivity", "roi"), zip(*REGIONS))), "correlation"
    )
    labels = {
        "model": list(MODELS), "label": [name.upper() for name in MODELS],
        "modality": [modality for modality, _ in MODELS.values()], "task": ["some task"] * 3,
        "layer": ["last"] * 3, "reported": [True] * 3,
    }  # fmt: skip
    # Models name the stimuli in an order of their own.
    other = ids[::-1]
    models = np.stack([model_vector(model, other) for model in range(3)])
    return brain, label_rdms(models, other, labels, "correlation")


def compute(brain, models):
    comparison = ComparisonParameters(methods=METHODS)
    similarities = compare_rdms(brain, models, comparison)
    resamples = resample_stimuli(brain, models, NO_CATEGORIES, comparison, INFERENCE, 0)
    tested = (brain, models, similarities, resamples)
    tables = {
        "similarities": similarities,
        "noise_ceilings": compute_noise_ceilings(brain, comparison),
        "model_tests": run_model_tests(*tested, ROSTER, INFERENCE, 0),
        "bootstrap_similarities": bootstrap_models(*tested, ROSTER, INFERENCE, 0),
        "contrasts": contrast_models(*tested, ROSTER, QUESTIONS, INFERENCE, 0),
        "variance_partition": partition_by_groups(brain, models, ROSTER, comparison, INFERENCE, 0),
        "second_order_rdm": compare_representations(brain, models, comparison),
    }
    for name, table in tables.items():
        getattr(schemas, name).validate(table)
    return tables, resamples


@pytest.fixture(scope="module")
def tables():
    return compute(*make(SEEN))[0]


def correlation(method, one, other):
    return {"pearson": stats.pearsonr, "spearman": stats.spearmanr}[method](one, other).statistic


def over(method, names):
    """Similarities of every brain RDM to every model over some stimuli, NaN where it lacks one."""
    return np.array(
        [
            [
                correlation(method, brain_vector(place, names), model_vector(model, names))
                if set(names) <= set(SEEN[subject])
                else np.nan
                for model in range(3)
            ]
            for place, (subject, _, _) in enumerate(REGIONS)
        ]
    )


def own(method):
    """Similarities of every brain RDM to every model over all stimuli of the subject."""
    return np.array([over(method, SEEN[subject])[place] for place, (subject, _, _) in enumerate(REGIONS)])


def rows_of(roi):
    return [place for place, (_, _, other) in enumerate(REGIONS) if other == roi]


def test_a_similarity_is_over_all_stimuli_of_the_subject(tables):
    table = tables["similarities"]

    for method in METHODS:
        values = table[table["method"] == method].pivot(
            index=["roi", "subject"], columns="model", values="similarity"
        )
        for place, (subject, _, roi) in enumerate(REGIONS):
            found = values.loc[(roi, subject), list(MODELS)]
            np.testing.assert_allclose(found, own(method)[place], atol=1e-12)
    assert table.groupby("subject")["n_stimuli"].unique().map(list).to_dict() == {1: [14], 2: [14], 3: [12]}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("roi", ["EBA", "PPA"])
def test_a_noise_ceiling_is_over_the_stimuli_that_subjects_of_the_region_share(tables, roi):
    row = tables["noise_ceilings"].query("roi == @roi and method == 'pearson'").iloc[0]

    rdms = RDMs(np.stack([brain_vector(place, OF_REGION[roi]) for place in rows_of(roi)]))
    assert (row["lower"], row["upper"]) == pytest.approx(boot_noise_ceiling(rdms, "corr"), abs=1e-9)
    assert row["n_stimuli"] == len(OF_REGION[roi])


def test_tests_against_chance_are_over_all_stimuli_and_name_the_smallest_number(tables):
    tests = tables["model_tests"].query("question == 'above chance' and test == 't-test'")

    for row in tests.itertuples():
        values = own(row.method)[rows_of(row.roi), list(MODELS).index(row.model)]
        expected = stats.ttest_1samp(values, 0, alternative="greater")
        assert (row.statistic, row.p) == pytest.approx((expected.statistic, expected.pvalue))
        assert row.n_stimuli == {"EBA": 12, "PPA": 14}[row.roi]


def test_tests_against_the_ceiling_are_over_shared_stimuli(tables):
    tests = tables["model_tests"].query("question == 'below ceiling' and test == 't-test' and roi == 'EBA'")
    lower = tables["noise_ceilings"].query("roi == 'EBA'").set_index("method")["lower"]

    for row in tests.itertuples():
        here = over(row.method, SHARED)[:3, list(MODELS).index(row.model)]
        assert row.estimate == pytest.approx(here.mean() - lower[row.method], abs=1e-12)
        assert row.n_stimuli == 8


def test_a_permutation_is_of_all_stimuli_of_the_subject(tables):
    tests = tables["model_tests"].query("test == 'stimulus permutation'")

    both = tests.merge(tables["similarities"], on=["subject", "roi", "model", "method"])
    np.testing.assert_allclose(both["estimate"], both["similarity"], atol=1e-12)
    assert both["n_stimuli_x"].tolist() == both["n_stimuli_y"].tolist() == both["n"].tolist()
    assert ((both["lower"] < both["estimate"]) & (both["estimate"] < both["upper"])).all()


@pytest.mark.parametrize("over_what", ["subjects", "stimuli", "both"])
def test_bootstraps_have_estimate_and_interval_of_the_shared_stimuli(tables, over_what):
    for row in tables["bootstrap_similarities"].query("over == @over_what").itertuples():
        names = OF_REGION[row.roi]
        here = over(row.method, names)[rows_of(row.roi), list(MODELS).index(row.model)]
        assert row.estimate == pytest.approx(here.mean(), abs=1e-12)
        assert row.n_stimuli == len(names)


def resampled(place, model, names, counts):
    """Pearson's correlation over the pairs of different stimuli in a resample."""
    drawn = np.repeat(np.arange(len(names)), counts)
    first, second = np.triu_indices(len(drawn), k=1)
    pairs = drawn[first] != drawn[second]
    one, other = drawn[first][pairs], drawn[second][pairs]
    vectors = [
        squareform(make_vector(which, names))
        for make_vector, which in ((brain_vector, place), (model_vector, model))
    ]
    return stats.pearsonr(*(vector[one, other] for vector in vectors)).statistic


def in_order(names):
    return [name for name in UNION if name in names]


@pytest.mark.parametrize("kind", ["own", "by_region", "overall"])
def test_a_resample_is_of_the_stimuli_of_its_set(kind):
    resamples = getattr(compute(*make(SEEN))[1], kind)["pearson"]

    for place, (subject, _, roi) in enumerate(REGIONS):
        names = in_order({"own": SEEN[subject], "by_region": OF_REGION[roi], "overall": SHARED}[kind])
        counts = draw_stimulus_counts(len(names), 20, random_stream(0, "bootstrap", "stimuli"))
        for draw in (0, 11):
            expected = resampled(place, 2, names, counts[draw])
            assert resamples[draw, place, 2] == pytest.approx(expected, abs=1e-9)


def test_contrasts_across_subjects_are_over_all_stimuli_and_the_dual_bootstrap_over_shared(tables):
    table = tables["contrasts"].query("contrast == 'vit - bert'").set_index(["method", "roi", "test"])

    for method in METHODS:
        for roi, names in OF_REGION.items():
            values = own(method)[rows_of(roi)]
            row = table.loc[(method, roi, "t-test")]
            expected = stats.ttest_rel(values[:, 0], values[:, 1])
            assert (row["statistic"], row["p"]) == pytest.approx((expected.statistic, expected.pvalue))
            assert row["n_stimuli"] == {"EBA": 12, "PPA": 14}[roi]
            shared, dual = over(method, names)[rows_of(roi)], table.loc[(method, roi, "dual bootstrap")]
            assert dual["estimate"] == pytest.approx((shared[:, 0] - shared[:, 1]).mean(), abs=1e-12)
            assert dual["n_stimuli"] == len(names)


def test_over_all_regions_stimuli_are_those_that_everybody_shares(tables):
    table = tables["contrasts"].query("contrast == 'seers' and roi == 'all'").set_index(["method", "test"])
    subjects = np.array([subject for subject, _, _ in REGIONS])
    in_eba = np.array([roi == "EBA" for _, _, roi in REGIONS])

    for method in METHODS:
        for test, values, n_stimuli in (
            ("t-test", own(method), 12),
            ("dual bootstrap", over(method, SHARED), 8),
        ):
            seers = values[:, [0, 2]].mean(axis=1)
            # Only EBA is a region of all three subjects.
            expected = np.mean([seers[(subjects == subject) & in_eba].mean() for subject in (1, 2, 3)])
            row = table.loc[(method, test)]
            assert row["regions"] == "EBA"
            assert row["estimate"] == pytest.approx(expected, abs=1e-12)
            assert row["n_stimuli"] == n_stimuli


def test_second_order_similarity_is_over_what_everybody_shares(tables):
    table = tables["second_order_rdm"].set_index(["a", "b"])

    def mean(roi):
        vectors = [brain_vector(place, SHARED) for place in rows_of(roi)]
        return np.mean([stats.zscore(vector) for vector in vectors], axis=0)

    for roi in OF_REGION:
        for model, name in enumerate(MODELS):
            expected = 1 - stats.pearsonr(mean(roi), model_vector(model, SHARED)).statistic
            assert table.loc[(roi, name), "dissimilarity"] == pytest.approx(expected, abs=1e-12)
    assert table.loc[("EBA", "PPA"), "dissimilarity"] == pytest.approx(
        1 - stats.pearsonr(mean("EBA"), mean("PPA")).statistic, abs=1e-12
    )
    assert set(table["n_stimuli"]) == {8}


def test_variance_is_partitioned_over_shared_stimuli(tables):
    table = tables["variance_partition"].set_index(["roi", "kind", "component"])["estimate"]

    for roi, names in OF_REGION.items():
        kept = in_order(names)
        labels = {"subject": [1, 2, 3], "selectivity": ["x"] * 3, "roi": [roi] * 3}
        chosen = rows_of(roi)
        brain = label_rdms(
            np.stack([brain_vector(place, kept) for place in chosen]),
            kept,
            {key: values[: len(chosen)] for key, values in labels.items()},
            "correlation",
        )
        models = make({1: kept, 2: kept, 3: kept})[1]
        alone = partition_by_groups(brain, models, ROSTER, ComparisonParameters(), INFERENCE, 0)
        alone = alone.set_index(["roi", "kind", "component"])["estimate"]
        np.testing.assert_allclose(table[roi], alone[roi], atol=1e-12)
    counts = tables["variance_partition"].groupby("roi")["n_stimuli"].unique()
    assert {roi: list(numbers) for roi, numbers in counts.items()} == {"EBA": [8], "PPA": [10]}


def test_subjects_who_share_too_little_have_reasons_in_place_of_numbers():
    seen = {
        subject: SHARED[:3] + [name for name in names if name[0] in "abc"] for subject, names in SEEN.items()
    }

    tables, resamples = compute(*make(seen))

    few = "fewer than four stimuli"
    assert set(tables["noise_ceilings"]["undefined"]) == {few}
    assert set(tables["noise_ceilings"]["n_stimuli"]) == {3}
    assert set(tables["second_order_rdm"]["undefined"]) == {few}
    assert set(tables["bootstrap_similarities"]["undefined"]) == {few}
    assert set(tables["variance_partition"]["undefined"]) == {"3 stimuli are too few for 2 folds"}
    contrasts = tables["contrasts"].groupby("test")["undefined"].unique()
    assert contrasts["dual bootstrap"].tolist() == [few]
    assert contrasts["t-test"].tolist() == [""]
    ceiling = tables["model_tests"].query("question == 'below ceiling' and roi == 'EBA'")
    assert set(ceiling["undefined"]) == {few}
    # What needs no common stimuli has its numbers.
    assert set(tables["similarities"]["n_stimuli"]) == {7}
    assert tables["similarities"]["similarity"].notna().all()
    assert np.isfinite(resamples.own["pearson"]).all()
    assert np.isnan(resamples.by_region["pearson"]).all()


def test_a_subject_who_saw_too_little_is_left_out_of_tests_across_subjects():
    seen = {1: SEEN[1], 2: SEEN[2], 3: ["c0", "c1", "c2"]}

    tables, _ = compute(*make(seen))

    assert set(tables["similarities"].query("subject == 3")["undefined"]) == {"fewer than four stimuli"}
    across = tables["model_tests"].query("question == 'above chance' and roi == 'EBA' and test == 't-test'")
    assert set(across["n"]) == {2}
    within = tables["model_tests"].query("subject == 3")
    assert set(within["undefined"]) == {"fewer than four stimuli"}
    assert set(within["n_stimuli"]) == {3}


def test_everybody_seeing_everything_has_one_set_of_resamples():
    _, resamples = compute(*make(dict.fromkeys(SEEN, SHARED)))

    assert resamples.own is resamples.by_region is resamples.overall
