"""The tables of inference of a run: against SciPy and rsatoolbox, and what they say of nothing."""

import numpy as np
import pandas as pd
import pytest
from kedro.runner import ThreadRunner
from rsatoolbox.inference import boot_noise_ceiling
from scipy import stats

from tyrosine.errors import ParameterError, RDMError

TABLES = ["model_tests", "bootstrap_similarities", "contrasts", "variance_partition"]


@pytest.fixture(scope="module")
def tables(finished):
    return {name: finished.load(name) for name in [*TABLES, "similarities", "noise_ceilings"]}


def by_region(tables):
    wide = tables["similarities"].pivot(index=["roi", "subject"], columns="model", values="similarity")
    return dict(iter(wide.groupby("roi")))


def test_models_are_tested_against_chance_as_scipy_does(tables):
    tests = tables["model_tests"].query("question == 'above chance'").set_index(["test", "roi", "model"])

    for roi, values in by_region(tables).items():
        for model, column in values.items():
            t = stats.ttest_1samp(column, 0, alternative="greater")
            assert tests.loc[("t-test", roi, model), "p"] == pytest.approx(t.pvalue, rel=1e-9)
            assert tests.loc[("t-test", roi, model), "n"] == len(column)
            w = stats.wilcoxon(column, alternative="greater")
            assert tests.loc[("Wilcoxon", roi, model), "p"] == pytest.approx(w.pvalue, rel=1e-9)


def test_the_lower_ceiling_is_what_models_are_held_against(tables):
    tests = tables["model_tests"].query("question == 'below ceiling' and test == 't-test'")
    lower = tables["noise_ceilings"].set_index("roi")["lower"]
    means = tables["similarities"].groupby(["roi", "model"])["similarity"].mean()

    assert set(tests["n"]) == {2, 3}
    for row in tests.itertuples():
        if row.n == 2:
            assert row.undefined == "fewer than three subjects"
            assert np.isnan(row.estimate)
        else:
            assert row.estimate == pytest.approx(means[row.roi, row.model] - lower[row.roi], abs=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_noise_ceilings_are_those_of_rsatoolbox(finished, tables):
    rdms = finished.load("brain_rdms")

    for row in tables["noise_ceilings"].itertuples():
        expected = boot_noise_ceiling(rdms.subset("roi", row.roi), "corr")
        assert (row.lower, row.upper) == pytest.approx(expected, abs=1e-9)


def test_each_subject_has_a_permutation_test_of_its_own(tables):
    tests = tables["model_tests"].query("test == 'stimulus permutation'")

    assert len(tests) == len(tables["similarities"])
    keys = ["subject", "roi", "model"]
    merged = tests.merge(tables["similarities"], on=keys)
    np.testing.assert_allclose(merged["estimate"], merged["similarity"], atol=1e-12)
    # p = (k + 1) / (n + 1) for a whole number k.
    k = tests["p"] * 10_001 - 1
    np.testing.assert_allclose(k, k.round(), atol=1e-6)
    assert set(tests["n_resamples"]) == {10_000}
    assert set(tests["n"]) == {24}


def test_every_pair_is_compared_as_scipy_does(tables):
    contrasts = tables["contrasts"].query("kind == 'pair'").set_index(["test", "roi", "contrast"])

    for roi, values in by_region(tables).items():
        difference = values["vit"] - values["clip_language"]
        t = stats.ttest_rel(values["vit"], values["clip_language"])
        row = contrasts.loc[("t-test", roi, "vit - clip_language")]
        assert (row["p"], row["statistic"]) == pytest.approx((t.pvalue, t.statistic), rel=1e-9)
        assert row["effect_size"] == pytest.approx(difference.mean() / difference.std())
    assert contrasts.index.get_level_values("contrast").nunique() == 6


def test_over_all_regions_a_subject_counts_by_its_mean(tables):
    table = tables["similarities"].query("selectivity != 'control'")
    common = table.groupby("roi")["subject"].nunique().loc[lambda n: n == table["subject"].nunique()].index
    wide = table[table["roi"].isin(common)].groupby(["subject", "model"])["similarity"].mean().unstack()

    row = tables["contrasts"].query("roi == 'all' and contrast == 'multimodal_vision' and test == 't-test'")

    t = stats.ttest_rel(wide["clip_vision"], wide["vit"])
    assert set(row["regions"].item().split()) == set(common)
    assert row["p"].item() == pytest.approx(t.pvalue, rel=1e-9)
    assert row["estimate"].item() == pytest.approx((wide["clip_vision"] - wide["vit"]).mean())
    assert row[["models_a", "models_b", "question"]].iloc[0].tolist() == ["clip_vision", "vit", "multimodal"]


def test_a_question_about_models_that_are_not_there_says_so(tables):
    rows = tables["contrasts"].query("contrast == 'segmentation'")

    assert set(rows["undefined"]) == {
        "no model of the roster has modality vision, task semantic segmentation"
    }
    assert rows[["estimate", "p", "q"]].isna().all(axis=None)
    assert set(rows["roi"]) == {*tables["similarities"]["roi"], "all"}


@pytest.mark.parametrize("name", TABLES)
def test_q_is_of_the_family_that_the_row_names(tables, name):
    for _, rows in tables[name].dropna(subset="p").groupby("family"):
        np.testing.assert_allclose(rows["q"], stats.false_discovery_control(rows["p"]), rtol=1e-12)


def test_the_bootstrap_over_subjects_is_nearly_the_t_test(tables):
    found = tables["bootstrap_similarities"].query("over == 'subjects'").set_index(["roi", "model"])

    for roi, values in by_region(tables).items():
        for model, column in values.items():
            assert found.loc[(roi, model), "standard_error"] == pytest.approx(stats.sem(column), rel=0.15)


def test_wider_populations_have_wider_intervals(tables):
    wide = tables["bootstrap_similarities"].pivot(
        index=["roi", "model"], columns="over", values="standard_error"
    )

    assert (wide["both"] >= wide[["subjects", "stimuli"]].max(axis=1) * (1 - 1e-12)).all()


def test_parts_of_variance_add_up(tables):
    table = tables["variance_partition"]

    totals = table[table["kind"] == "total"].set_index("roi")["estimate"]
    parts = table[table["kind"].isin(["unique", "shared"])].groupby("roi")["estimate"].sum()
    np.testing.assert_allclose(parts[totals.index], totals, atol=1e-12)


def test_one_subject_has_no_tests_across_subjects(copy):
    one = {"study": {"subjects": "1"}}
    copy.run("ingestion", params=one)
    copy.run("brain_rdm_construction", params=one)
    copy.run("comparison", params=one | {"comparison": {"methods": "pearson kendall_tau_a cka"}})

    tests = copy.load("model_tests")
    across = tests[tests["test"] != "stimulus permutation"]
    assert set(across["undefined"]) == {"fewer than two subjects"}
    within = tests[tests["test"] == "stimulus permutation"].groupby("method")["undefined"].unique()
    assert within["pearson"].tolist() == [""]
    assert within["kendall_tau_a"].tolist() == ["no permutation test for this method"]
    bootstrap = copy.load("bootstrap_similarities").groupby(["method", "over"])["undefined"].first()
    assert bootstrap["pearson", "stimuli"] == ""
    assert bootstrap["pearson", "both"] == "fewer than two subjects"
    assert bootstrap["kendall_tau_a", "stimuli"] == "no bootstrap over stimuli for this method"
    assert copy.load("noise_ceilings")["lower"].isna().all()
    assert set(copy.load("variance_partition")["undefined"]) == {"fewer than two subjects"}


def test_an_unimodal_roster_has_no_part_of_multimodal_models(copy):
    copy.run("rdm_construction", params={"roster": "vit bert"})
    copy.run("comparison", params={"roster": "vit bert"})

    table = copy.load("variance_partition").set_index(["kind", "component"])["undefined"]
    assert set(table["unique", "multimodal"]) == {"no multimodal model in the roster"}
    assert set(table["shared", "vision & multimodal"]) == {"no multimodal model in the roster"}
    assert set(table["unique", "vision"]) == {""}


def test_folds_with_too_few_stimuli_are_undefined(copy):
    copy.run("comparison", params={"inference": {"n_folds": 9}})

    assert set(copy.load("variance_partition")["undefined"]) == {"24 stimuli are too few for 9 folds"}


def test_an_untrained_twin_is_compared_with_its_model_alone(copy):
    untrained = {"twin_of": "vit", "training_data": None, "n_training_samples": None}
    models = {"clip_vision": untrained}
    copy.run("comparison", params={"models": models})

    contrasts = copy.load("contrasts").query("kind == 'pair' and roi == 'EBA' and test == 't-test'")
    families = contrasts.groupby("family")["contrast"].apply(list).to_dict()
    assert families == {
        "model against model, t-test, pearson: pairs × regions": [
            "vit - bert",
            "vit - clip_language",
            "bert - clip_language",
        ],
        "model against model, t-test, pearson: untrained twins × regions": ["vit - clip_vision"],
    }
    # Trained models and twins have families of their own, each of these models times four regions.
    for table, which in (
        ("model_tests", "test == 't-test' and question == 'above chance'"),
        ("bootstrap_similarities", "over == 'both'"),
    ):
        tests = copy.load(table).query(which)
        of = tests.groupby("family")["model"].agg(["count", set])
        assert sorted(of["count"]) == [4, 12]
        twins = of[of.index.str.endswith("untrained twins × regions")]
        assert twins["set"].tolist() == [{"clip_vision"}]


def test_of_several_layers_the_reported_one_counts_in_contrasts(copy):
    similarities, rdms = copy.load("similarities"), copy.load("model_rdms")
    from tyrosine.rsa.rdms import concatenate

    early = rdms.subset("model", "vit")
    early.dissimilarities = early.dissimilarities[:, ::-1] + 0.1
    early.rdm_descriptors |= {"layer": ["layers.0"], "reported": [False]}
    with copy.session() as session:
        session.load_context().catalog.save("model_rdms", concatenate([early, rdms]))

    copy.run("comparison")

    assert len(copy.load("similarities").query("model == 'vit'")) == 2 * len(
        similarities.query("model == 'vit'")
    )
    tests = copy.load("model_tests").query("model == 'vit' and test == 't-test'")
    assert set(tests["layer"]) == {"layers.0", "layers.3"}
    assert set(tests.query("layer == 'layers.0' and question == 'above chance'")["family"]) == {
        "above chance, t-test, pearson: further layers × regions"
    }
    row = copy.load("contrasts").query("contrast == 'vit - bert' and roi == 'EBA' and test == 't-test'")
    wide = similarities.query("roi == 'EBA'").pivot(index="subject", columns="model", values="similarity")
    assert row["estimate"].item() == pytest.approx((wide["vit"] - wide["bert"]).mean())


def test_threads_change_nothing(finished_few, copy, monkeypatch):
    from tyrosine.rsa import weighted_sums

    before = {name: finished_few.load(name) for name in TABLES}
    monkeypatch.setattr(weighted_sums, "_CHUNK_VALUES", 5_000)
    copy.run("comparison", runner=ThreadRunner(max_workers=2))

    for name, table in before.items():
        pd.testing.assert_frame_equal(copy.load(name), table, rtol=1e-9)


def test_another_seed_draws_other_resamples(finished_few, copy):
    copy.run("comparison", params={"seed": 7})

    for name, column in (("bootstrap_similarities", "standard_error"), ("variance_partition", "estimate")):
        assert (copy.load(name)[column] != finished_few.load(name)[column]).any()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"inference": {"n_bootstraps": 0}}, "inference.n_bootstraps is 0.*greater than or equal to 2"),
        ({"inference": {"n_permutations": 0}}, "inference.n_permutations is 0"),
        ({"inference": {"n_folds": 1}}, "inference.n_folds is 1"),
        ({"inference": {"confidence_level": 95}}, "inference.confidence_level is 95"),
        ({"inference": {"n_bootstraps": 10**9}}, "inference.n_bootstraps is 10.*memory_limit.*at most"),
        ({"inference": {"n_permutations": 10**9}}, "inference.n_permutations is 10.*memory_limit.*at most"),
        ({"seed": -1}, "seed is -1"),
        (
            {"questions": {"task": {"contrasts": {"next_token": {"b": {"task": "masked-token prediction"},
             "a": {"task": "masked-token prediction"}}}}}},
            "questions.task.contrasts.next_token selects bert on both sides",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(copy, params, words):
    with pytest.raises(ParameterError, match=words):
        copy.run("comparison", params=params)


def test_a_region_without_variance_is_named(copy):
    rdms = copy.load("brain_rdms")
    rdms.dissimilarities[1] = 0.7
    with copy.session() as session:
        session.load_context().catalog.save("brain_rdms", rdms)

    with pytest.raises(
        RDMError, match="RDM of subject 2, selectivity bodies, roi EBA has the same.*study.regions"
    ):
        copy.run("comparison")


def test_a_model_without_variance_is_named(copy):
    rdms = copy.load("model_rdms")
    rdms.dissimilarities[2] = 0.7
    with copy.session() as session:
        session.load_context().catalog.save("model_rdms", rdms)

    with pytest.raises(RDMError, match="RDM of model clip_vision, layer .* has the same.*roster"):
        copy.run("comparison")
