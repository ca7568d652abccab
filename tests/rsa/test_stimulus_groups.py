"""Groups of stimuli: who belongs to which, and what inference makes of them."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from tyrosine.errors import ParameterError
from tyrosine.parameters import ComparisonParameters, InferenceParameters
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.inference.model_tests import NOTHING_TO_EXCHANGE, bootstrap_models, run_model_tests
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.rdms import label_rdms
from tyrosine.rsa.stimulus_groups import NO_GROUPS, TOO_FEW_GROUPS, StimulusGroups, choose_groups, deal_groups

IDS = [f"image{number:02d}" for number in range(40)]
COMPARISON = ComparisonParameters(methods=("pearson",))


def stimuli_of(main, listed=None):
    table = pd.DataFrame({"stimulus_id": IDS[: len(main)]})
    table["main_category"] = pd.array(main, dtype="string")
    table["categories"] = pd.Series(listed or [[] for _ in main], dtype=object)
    return table.assign(run=np.arange(len(main)) // 10)


def study(seed=0):
    rng = np.random.default_rng(seed)
    brain, models = ([pdist(rng.normal(size=(40, 5))) for _ in range(n)] for n in (3, 2))
    labels = {"subject": [1, 2, 3], "selectivity": ["bodies"] * 3, "roi": ["EBA"] * 3}
    names = {
        "model": ["vit", "clip"], "label": ["ViT", "CLIP"], "modality": ["vision"] * 2, "task": ["any"] * 2,
        "layer": ["last"] * 2, "reported": [True] * 2,
    }  # fmt: skip
    return (
        label_rdms(np.stack(brain), IDS, labels, "euclidean"),
        label_rdms(np.stack(models), IDS, names, "euclidean"),
    )


def resample(stimuli, **options):
    brain, models = study()
    inference = InferenceParameters(n_permutations=49, n_bootstraps=30, **options)
    return (
        brain,
        models,
        inference,
        resample_stimuli(brain, models, stimuli, COMPARISON, inference, 0),
    )


def tables(stimuli, **options):
    brain, models, inference, resamples = resample(stimuli, **options)
    given = (brain, models, compare_rdms(brain, models, COMPARISON), resamples, {}, inference, 0)
    return run_model_tests(*given), bootstrap_models(*given)


EIGHT = [f"kind{number % 8}" for number in range(40)]
SEVEN = [f"kind{number % 7}" for number in range(40)]


@pytest.mark.parametrize(("main", "name"), [(EIGHT, "category"), (SEVEN, ""), ([None] * 40, "")])
def test_auto_groups_by_category_from_eight_categories_on(main, name):
    assert choose_groups(stimuli_of(main), "auto", IDS).name == name


def test_auto_counts_the_categories_of_the_stimuli_that_all_subjects_saw():
    assert choose_groups(stimuli_of(EIGHT), "auto", IDS[:7]).name == ""


def test_stimuli_of_no_category_are_groups_of_their_own():
    groups = choose_groups(stimuli_of(["dog", None, "dog", None, "cat"]), "category", [])

    assert groups.codes(IDS[:5]).tolist() == [0, 1, 0, 2, 3]
    assert groups.count(IDS[1:4]) == 3


def test_without_a_main_category_the_first_listed_counts():
    listed = [["cat", "dog"], ["dog"], []]

    groups = choose_groups(stimuli_of([None, None, None], listed), "category", [])

    assert groups.group_of == {IDS[0]: "cat", IDS[1]: "dog"}


def test_a_column_of_the_stimuli_groups_them():
    assert choose_groups(stimuli_of(EIGHT), "run", []).codes(IDS).tolist() == (np.arange(40) // 10).tolist()


@pytest.mark.parametrize(
    ("asked", "main", "told"), [("colour", EIGHT, "no such column"), ("category", [None] * 40, "no category")]
)
def test_what_cannot_be_grouped_is_refused(asked, main, told):
    with pytest.raises(ParameterError, match=told):
        choose_groups(stimuli_of(main), asked, IDS)


def test_a_resample_has_whole_groups():
    """Each similarity is that of one of the ways to draw four groups, by weighted covariances of NumPy."""
    main = np.repeat(["dog", "cat", "car", "cup"], [20, 10, 5, 5])
    brain, models, _, resamples = resample(stimuli_of(main), stimulus_groups="category")
    x, y = brain.get_matrices()[0], models.get_matrices()[0]
    rows, columns = np.triu_indices(40, k=1)
    group = np.repeat(np.arange(4), [20, 10, 5, 5])
    expected = []
    for counts in np.ndindex(5, 5, 5, 5):
        if sum(counts) == 4 and np.count_nonzero(counts) >= 3:
            drawn = np.array(counts)[group]
            weights = np.where(group[rows] == group[columns], drawn[rows], drawn[rows] * drawn[columns])
            covariance = np.cov(x[rows, columns], y[rows, columns], aweights=weights)
            expected.append(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))

    found = resamples.own["pearson"][:, 0, 0]

    assert np.abs(found[:, None] - expected).min(axis=1).max() < 1e-9
    assert len(np.unique(found)) > 5
    assert resamples.groups.name == "category"


def test_tables_say_what_was_drawn():
    tests, bootstraps = tables(stimuli_of(EIGHT))

    drawn = bootstraps.groupby("over")[["stimulus_groups", "n_groups"]].first()
    assert drawn.loc["both"].tolist() == drawn.loc["stimuli"].tolist() == ["category", 8]
    assert bootstraps.query("over == 'subjects'")["stimulus_groups"].eq("").all()
    assert bootstraps.query("over == 'subjects'")["n_groups"].isna().all()
    across = tests["test"] == "t-test"
    assert tests.loc[across, "stimulus_groups"].eq("").all()


def test_degrees_of_freedom_are_those_of_groups():
    """An interval over stimuli is that of t with one degree of freedom less than groups."""
    _, bootstraps = tables(stimuli_of(EIGHT))
    row = bootstraps.query("over == 'stimuli' and model == 'vit'").iloc[0]

    from scipy.stats import t

    assert row["upper"] - row["estimate"] == pytest.approx(t.ppf(0.975, 7) * row["standard_error"])


def test_fewer_than_four_groups_have_no_bootstrap_but_the_reason():
    tests, bootstraps = tables(stimuli_of(["dog"] * 20 + ["cat"] * 20), stimulus_groups="category")

    reasons = bootstraps.groupby("over")["undefined"].first()
    assert reasons["both"] == reasons["stimuli"] == TOO_FEW_GROUPS
    assert reasons["subjects"] == ""
    permuted = tests[tests["test"] == "stimulus permutation"]
    assert permuted["p"].notna().all()
    assert permuted["lower"].isna().all()


def test_permutation_within_groups_says_so_and_needs_two_of_a_group():
    tests, _ = tables(stimuli_of(EIGHT), permutation="within_groups")
    alone, _ = tables(stimuli_of(IDS), permutation="within_groups", stimulus_groups="category")

    families = tests.loc[tests["test"] == "stimulus permutation", "family"].unique().tolist()
    assert families == [
        "above chance, stimulus permutation within category, pearson: subjects × models × regions"
    ]
    assert alone.loc[alone["test"] == "stimulus permutation", "undefined"].unique() == [NOTHING_TO_EXCHANGE]


def test_permutation_within_groups_needs_groups():
    with pytest.raises(ParameterError, match=r"inference\.stimulus_groups"):
        tables(stimuli_of(EIGHT), permutation="within_groups", stimulus_groups="none")


def test_each_stimulus_stands_for_itself_without_groups():
    assert StimulusGroups().codes(IDS) is None
    assert StimulusGroups().count(IDS) == 40


def test_folds_have_whole_groups_and_sizes_that_differ_by_the_largest_group_at_most():
    main = np.repeat(["dog", "cat", "car", "cup", "sky", None], [11, 9, 7, 5, 4, 4]).tolist()
    groups = choose_groups(stimuli_of(main), "category", [])
    drawn = []

    for seed in range(30):
        folds = deal_groups(IDS, groups, 3, np.random.default_rng(seed))

        of_kind = pd.Series(folds).groupby(main, dropna=True).nunique()
        assert (of_kind == 1).all() and len(of_kind) == 5
        assert np.ptp(np.bincount(folds, minlength=3)) <= 11
        drawn.append(tuple(folds))
    assert len(set(drawn)) > 20


def test_without_groups_folds_are_a_permutation_of_single_stimuli():
    folds = deal_groups(IDS[:11], NO_GROUPS, 3, np.random.default_rng(4))

    assert folds.tolist() == np.random.default_rng(4).permutation(np.arange(11) % 3).tolist()
