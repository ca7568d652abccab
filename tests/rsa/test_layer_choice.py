"""Layers that are chosen in folds, against a direct loop; layers of noise win nothing by the choice."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr, ttest_1samp

from tyrosine.parameters import ComparisonParameters, InferenceParameters, QuestionParameters
from tyrosine.parameters.models import ModelSpec
from tyrosine.rsa import layer_choice
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.inference.chosen_layers import NO_CHOICE
from tyrosine.rsa.inference.model_contrasts import contrast_models
from tyrosine.rsa.inference.model_tests import bootstrap_models, run_model_tests
from tyrosine.rsa.inference.resampling import resample_stimuli
from tyrosine.rsa.layer_choice import add_truly_best_layers, choose_in_fold, choose_layers, deal_folds
from tyrosine.rsa.rdms import concatenate, label_rdms, spread
from tyrosine.tables import schemas

N_STIMULI = 24
IDS = [f"image_{number:02d}" for number in range(N_STIMULI)]
COMPARISON = ComparisonParameters(choice_folds=2, choice_draws=3)
INFERENCE = InferenceParameters(n_bootstraps=50, n_permutations=20, stimulus_groups="none")
UNGROUPED = pd.DataFrame()


def patterns(n, seed):
    return np.random.default_rng(seed).standard_normal((n, N_STIMULI, 5))


def models(n_layers=4, seed=100, owner="vit", reported=False):
    rdms = np.stack([pdist(one, "sqeuclidean") for one in patterns(n_layers, seed)])
    labels = {
        "model": [owner] * n_layers, "label": [owner.upper()] * n_layers, "modality": ["vision"] * n_layers,
        "task": ["classification"] * n_layers, "layer": [f"layers.{place}" for place in range(n_layers)],
        "reported": [reported and place == n_layers - 1 for place in range(n_layers)],
    }  # fmt: skip
    return label_rdms(rdms, IDS, labels, "squared euclidean")


def brains(n_subjects=4, seed=0, regions=("EVC", "IT"), like=None):
    """Brain RDMs, which contain the patterns of the layer `like` of `models`."""
    shown = patterns(n_subjects * len(regions), seed)
    if like is not None:
        shown = np.concatenate([shown, np.broadcast_to(patterns(4, 100)[like], shown.shape)], axis=2)
    labels = {
        "subject": [subject for _ in regions for subject in range(1, n_subjects + 1)],
        "selectivity": ["visual"] * len(shown),
        "roi": [roi for roi in regions for _ in range(n_subjects)],
    }
    return label_rdms(
        np.stack([pdist(one, "sqeuclidean") for one in shown]), IDS, labels, "squared euclidean"
    )


def best(table):
    return table[table["layer"] == "best"]


def similarity_within(brain, model, names):
    """SciPy's correlation of two condensed RDMs over some of the stimuli."""
    places = [IDS.index(name) for name in IDS if name in names]
    upper = np.triu_indices(len(places), 1)
    return pearsonr(*(squareform(one)[np.ix_(places, places)][upper] for one in (brain, model))).statistic


def test_every_choice_and_similarity_is_that_of_a_direct_loop():
    brain, model = brains(), models()

    choices = choose_layers(brain, model, UNGROUPED, COMPARISON, INFERENCE, seed=3)
    similarities = best(compare_rdms(brain, model, COMPARISON, choices)).set_index(["roi", "subject"])

    expected = {}
    for draw, folds in enumerate(deal_folds(IDS, COMPARISON, 3), 1):
        assert sorted(set().union(*folds)) == IDS and not folds[0] & folds[1]
        for fold, inside in enumerate(folds, 1):
            outside = set(IDS) - inside
            for roi, rows in (("EVC", range(4)), ("IT", range(4, 8))):
                for subject, row in enumerate(rows, 1):
                    means = [
                        np.mean(
                            [
                                similarity_within(brain.dissimilarities[other], layer, outside)
                                for other in rows
                                if other != row
                            ]
                        )
                        for layer in model.dissimilarities
                    ]
                    layer = int(np.argmax(means))
                    value = similarity_within(
                        brain.dissimilarities[row], model.dissimilarities[layer], inside
                    )
                    expected[subject, roi, draw, fold] = (f"layers.{layer}", value)
    found = choices.set_index(["subject", "roi", "draw", "fold"])
    assert len(found) == len(expected)
    for key, (layer, value) in expected.items():
        assert found.loc[key, "layer"] == layer
        assert found.loc[key, "similarity"] == pytest.approx(value, abs=1e-12)
    for subject in range(1, 5):
        for roi in ("EVC", "IT"):
            mean = np.mean([value for key, (_, value) in expected.items() if key[:2] == (subject, roi)])
            assert similarities.loc[(roi, subject), "similarity"] == pytest.approx(mean, abs=1e-12)
    schemas.layer_choices.validate(choices)
    assert similarities["n_stimuli"].unique().tolist() == [N_STIMULI] and similarities["reported"].all()


def test_a_subject_and_the_stimuli_that_are_tested_have_no_part_in_the_choice():
    brain, model = brains(), models()
    before = choose_layers(brain, model, UNGROUPED, COMPARISON, INFERENCE, seed=0)
    (inside, _), *_ = deal_folds(IDS, COMPARISON, 0)
    square = squareform(brain.dissimilarities[0])
    touched = np.array([name in inside for name in IDS])
    square[np.ix_(touched, touched)] = squareform(
        np.random.default_rng(9).random(touched.sum() * (touched.sum() - 1) // 2)
    )
    everyone = brain.dissimilarities.copy()
    everyone[0] = pdist(np.random.default_rng(8).standard_normal((N_STIMULI, 3)))
    changed_subject = choose_layers(
        replaced(brain, everyone), model, UNGROUPED, COMPARISON, INFERENCE, seed=0
    )
    tested = brain.dissimilarities.copy()
    for row in range(len(tested)):
        one = squareform(tested[row])
        one[np.ix_(touched, touched)] = square[np.ix_(touched, touched)]
        tested[row] = squareform(one)
    changed_stimuli = choose_layers(replaced(brain, tested), model, UNGROUPED, COMPARISON, INFERENCE, seed=0)

    own = (before["subject"] == 1) & (before["roi"] == "EVC")
    first = (before["draw"] == 1) & (before["fold"] == 1)
    assert changed_subject.loc[own, "layer"].tolist() == before.loc[own, "layer"].tolist()
    assert changed_stimuli.loc[first, "layer"].tolist() == before.loc[first, "layer"].tolist()
    assert changed_stimuli.loc[first, "similarity"].tolist() != before.loc[first, "similarity"].tolist()


def test_no_group_of_stimuli_is_both_where_a_layer_is_chosen_and_where_it_is_tested(monkeypatch):
    scene = {name: f"scene {place // 3}" for place, name in enumerate(IDS)}
    stimuli = pd.DataFrame({"stimulus_id": IDS, "scene": [scene[name] for name in IDS]})
    compared = []
    compare_over = layer_choice.compare_over
    monkeypatch.setattr(
        layer_choice, "compare_over", lambda *given: compared.append(given[2]) or compare_over(*given)
    )
    inference = INFERENCE.model_copy(update={"stimulus_groups": "scene"})

    brain, model = brains(like=2), models()
    choices = choose_layers(brain, model, stimuli, COMPARISON, inference, 0)

    assert len(compared) == 3 * 2 * 2  # draws, folds, and inside and outside
    for inside, outside in zip(compared[::2], compared[1::2]):
        for tested, chosen in zip(inside, outside):
            assert tested and chosen
            assert not {scene[name] for name in tested} & {scene[name] for name in chosen}
    # The noise ceiling of chosen layers is over the same folds.
    resamples = resample_stimuli(brain, model, stimuli, COMPARISON, inference, 0, choices)
    assert [set(fold) for fold in resamples.chosen.folds] == [set(inside[0]) for inside in compared[::2]]


def replaced(rdms, dissimilarities):
    keys = ("subject", "selectivity", "roi")
    return label_rdms(
        dissimilarities, IDS, {key: rdms.rdm_descriptors[key] for key in keys}, rdms.dissimilarity_measure
    )


def test_of_layers_of_noise_the_chosen_one_has_no_similarity_and_the_best_on_the_same_data_has():
    held_out, naive = [], []
    for study in range(60):
        brain, model = brains(seed=study, regions=("IT",)), models(6, seed=1000 + study)
        choices = choose_layers(brain, model, UNGROUPED, COMPARISON, INFERENCE, study)
        similarities = compare_rdms(brain, model, COMPARISON, choices)
        held_out.append(best(similarities)["similarity"].mean())
        layers = similarities[similarities["layer"] != "best"]
        naive.append(layers.groupby("layer")["similarity"].mean().max())

    # Three standard errors: the interval of one such test in 370 misses a true mean of zero.
    assert abs(ttest_1samp(held_out, 0).statistic) < 3
    assert ttest_1samp(naive, 0).statistic > 10


def test_jackknifed_values_are_pseudovalues_about_the_mean():
    rng = np.random.default_rng(0)
    choosing, tested = rng.standard_normal((2, 5, 3))

    choice = choose_in_fold(choosing, tested)

    def mean(subjects):
        return np.mean(
            [
                tested[one, np.argmax(choosing[[other for other in subjects if other != one]].mean(axis=0))]
                for one in subjects
            ]
        )

    pseudo = np.array([5 * mean(range(5)) - 4 * mean([s for s in range(5) if s != out]) for out in range(5)])
    assert choice.similarity.mean() == pytest.approx(mean(range(5)))
    assert choice.jackknifed == pytest.approx(pseudo - pseudo.mean() + mean(range(5)))
    assert choice.jackknifed.mean() == pytest.approx(choice.similarity.mean())


@pytest.fixture(scope="module")
def analysed():
    """Tables of a model with a best layer, whose brains have the third of its layers, and of one without."""
    brain, model = brains(6, like=2), concatenate([models(), models(2, 7, "bert", reported=True)])
    specs = {
        name: ModelSpec(
            label=name, name=name, modality="vision", task="x", checkpoint="x", layer=layer, pooling="cls"
        )
        for name, layer in (("vit", "best"), ("bert", "all"))
    }
    comparison = ComparisonParameters(methods=["pearson", "kendall_tau_a"], choice_draws=2)
    choices = choose_layers(brain, model, UNGROUPED, comparison, INFERENCE, 0)
    similarities = compare_rdms(brain, model, comparison, choices)
    resamples = resample_stimuli(brain, model, UNGROUPED, comparison, INFERENCE, 0, choices)
    given = (brain, model, similarities, resamples)
    return {
        "brain": brain,
        "model": model,
        "choices": choices,
        "similarities": similarities,
        "resamples": resamples,
        "model_tests": run_model_tests(*given, specs, INFERENCE, 0),
        "bootstrap_similarities": bootstrap_models(*given, specs, INFERENCE, 0),
        "contrasts": contrast_models(*given, specs, QuestionParameters({}), INFERENCE, 0),
    }


def test_the_tables_of_inference_fit_their_schemas(analysed):
    for name in ("similarities", "model_tests", "bootstrap_similarities", "contrasts"):
        getattr(schemas, name).validate(analysed[name])


def test_the_related_layer_is_chosen_in_every_fold_and_tested_as_a_layer_that_was_named(analysed):
    assert set(analysed["choices"]["layer"]) == {"layers.2"}
    # With the same choice in all folds, resamples vary about their value as those of the layer do.
    resampled = analysed["resamples"].own["pearson"]
    centre = analysed["resamples"].chosen.jackknifed["pearson"][:, 0]
    similarities = analysed["similarities"].query("method == 'pearson' and layer == 'layers.2'")
    changes = resampled[:, :, 2] - similarities["similarity"].to_numpy()
    assert resampled[:, :, -1] - centre == pytest.approx(changes)
    boot = best(analysed["bootstrap_similarities"]).query("method == 'pearson'").set_index("over")
    assert (boot.loc[["subjects", "both"], "undefined"] == "").all()
    assert (boot.loc["stimuli", "undefined"].str.contains("no bootstrap over stimuli alone")).all()


def test_tests_across_subjects_take_the_jackknifed_similarities(analysed):
    rows = analysed["choices"].query("method == 'pearson' and roi == 'IT'")
    values = rows.groupby("subject")["jackknifed"].mean()
    tests = best(analysed["model_tests"]).query("method == 'pearson' and roi == 'IT' and test == 't-test'")
    tested = tests.set_index("question").loc["above chance"]
    assert tested["p"] == pytest.approx(ttest_1samp(values, 0, alternative="greater").pvalue)
    similarities = analysed["similarities"].query("method == 'pearson' and roi == 'IT'")
    assert tested["estimate"] == pytest.approx(best(similarities)["similarity"].mean())
    other = similarities[similarities["model"] == "bert"].query("reported").set_index("subject")["similarity"]
    contrast = analysed["contrasts"].query("method == 'pearson' and roi == 'IT' and test == 't-test'")
    assert contrast["contrast"].tolist() == ["vit - bert"]
    assert contrast["p"].item() == pytest.approx(ttest_1samp(values - other, 0).pvalue)


def test_a_step_that_does_not_know_chosen_layers_says_so_and_leaves_the_other_rows_as_they_are(analysed):
    permuted = analysed["model_tests"].query("test == 'stimulus permutation' and method == 'pearson'")
    assert set(best(permuted)["undefined"]) == {"no permutation test of a layer that is chosen in folds"}
    assert (permuted[permuted["layer"] != "best"]["undefined"] == "").all()
    bare = analysed["similarities"][analysed["similarities"]["layer"] != "best"]
    resamples = resample_stimuli(
        analysed["brain"], analysed["model"], UNGROUPED,
        ComparisonParameters(methods=["pearson", "kendall_tau_a"]), INFERENCE, 0,
    )  # fmt: skip
    plain = bootstrap_models(analysed["brain"], analysed["model"], bare, resamples, {}, INFERENCE, 0)
    full = analysed["bootstrap_similarities"]
    pd.testing.assert_frame_equal(
        plain.drop(columns="q"), full[full["layer"] != "best"].reset_index(drop=True).drop(columns="q")
    )


def test_regions_of_one_subject_and_stimuli_that_few_saw_give_the_reason():
    one = choose_layers(brains(1), models(), UNGROUPED, COMPARISON, INFERENCE, 0)
    assert set(one["undefined"]) == {"fewer than two subjects"} and one["similarity"].isna().all()
    brain = brains(4, regions=("IT",))
    few = brain.dissimilarities.copy()
    few[3] = spread(pdist(patterns(1, 5)[0][:5]), IDS[:5], IDS)
    choices = choose_layers(replaced(brain, few), models(), UNGROUPED, COMPARISON, INFERENCE, 0)
    schemas.layer_choices.validate(choices)
    reasons = choices.groupby("subject")["undefined"].unique()
    assert reasons[4].tolist() == ["fewer than four stimuli of the subject in a fold"]
    assert reasons[1].tolist() == [""] and set(choices.loc[choices["subject"] == 1, "n_choosing"]) == {2}


def test_two_subjects_of_a_region_have_a_choice_and_no_test_of_it():
    brain, model = brains(2, regions=("IT",)), concatenate([models(), models(2, 7, "bert", reported=True)])
    choices = choose_layers(brain, model, UNGROUPED, COMPARISON, INFERENCE, 0)
    similarities = compare_rdms(brain, model, COMPARISON, choices)
    resamples = resample_stimuli(brain, model, UNGROUPED, COMPARISON, INFERENCE, 0, choices)

    tests = run_model_tests(brain, model, similarities, resamples, {}, INFERENCE, 0)

    schemas.model_tests.validate(tests)
    across = tests[(tests["test"] == "t-test") & (tests["question"] == "above chance")]
    assert set(across["n"]) == {2} and best(similarities)["similarity"].notna().all()
    assert set(best(across)["undefined"]) == {NO_CHOICE}
    assert set(across[across["layer"] != "best"]["undefined"]) == {""}


def test_without_a_model_that_asks_for_its_best_layer_there_are_no_choices():
    choices = choose_layers(brains(), models(reported=True), UNGROUPED, COMPARISON, INFERENCE, 0)
    assert choices.empty
    schemas.layer_choices.validate(choices)


def test_the_truly_best_layer_of_a_region_is_that_with_the_highest_mean():
    brain, model = brains(like=2), models()
    truth = add_truly_best_layers(compare_rdms(brain, model, COMPARISON))
    schemas.true_similarities.validate(truth)
    rows = truth.query("subject == 3 and roi == 'IT'").set_index("layer")["similarity"]
    assert rows["best"] == rows["layers.2"]
