"""A new distance, method or test is one entry: everything else takes what there is from the tables."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandera.errors import SchemaError
from scipy.spatial.distance import pdist

from tyrosine.config import ConfigLoader
from tyrosine.errors import ParameterError
from tyrosine.parameters import (
    ComparisonParameters,
    FigureParameters,
    InferenceParameters,
    RDMParameters,
    measures,
    parse,
    read_parameters,
    reference,
)
from tyrosine.parameters.measures import DISTANCES, METHODS, TESTS, Distance, Method, SignificanceTest
from tyrosine.rsa.bootstrap import bootstrap_stimuli, draw_stimulus_counts
from tyrosine.rsa.comparison import compare_rdms
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.rsa.inference.model_tests import run_model_tests
from tyrosine.rsa.inference.resampling import Resamples
from tyrosine.rsa.permutation import permute_stimuli
from tyrosine.rsa.rdms import label_rdms
from tyrosine.rsa.significance import t_test
from tyrosine.rsa.similarity import centred_unit, compare, noise_ceiling
from tyrosine.settings import CONFIG_LOADER_ARGS
from tyrosine.tables import schemas

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/extending.md").read_text(encoding="utf-8")


def apply_example(heading, folder):
    """Apply the diff below a heading of docs/extending.md to the files of a folder."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    diff = re.search(r"```diff\n(.*?)```", section, re.DOTALL)[1]
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=folder, check=True)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_the_documented_distance_is_one_entry(tmp_path, monkeypatch, rng):
    (tmp_path / "src/tyrosine/parameters").mkdir(parents=True)
    changed = shutil.copy(measures.__file__, tmp_path / "src/tyrosine/parameters/measures.py")
    apply_example("A new distance, method or test", tmp_path)
    spec = importlib.util.spec_from_file_location("measures_of_the_example", changed)
    example = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, spec.name, example)
    spec.loader.exec_module(example)
    with pytest.raises(ParameterError, match="expected 'auto', 'correlation', 'cosine', 'euclidean', "):
        parse(RDMParameters, {"brain_distance": "cityblock"}, "rdm")

    monkeypatch.setitem(DISTANCES, "cityblock", example.DISTANCES["cityblock"])

    features = rng.normal(size=(6, 9))
    np.testing.assert_allclose(compute_rdm(features, "cityblock"), pdist(features, "cityblock"))
    assert parse(RDMParameters, {"model_distance": "cityblock"}, "rdm").model_distance == "cityblock"
    assert measures.distance_label("cityblock") == "Dissimilarity (city block distance)"
    assert (
        "| `cityblock` | sum of the absolute differences | responses and features |  |"
        in reference.render_distances()
    )
    assert "`squared_euclidean`, `cityblock` | `correlation` |" in reference.render_reference()


def test_the_documented_study_is_a_folder_of_the_configuration(tmp_path):
    shutil.copytree(PROJECT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("local"))
    apply_example("A new study", tmp_path)

    loader = ConfigLoader(tmp_path / "conf", env="images12", **CONFIG_LOADER_ARGS)
    parameters = read_parameters(loader["parameters"], tmp_path)

    assert parameters.study.path == tmp_path / "data/01_raw/images12"
    assert parameters.comparison.methods == ("spearman", "pearson")
    assert "clip_vision" in parameters.roster
    assert "data/07_model_output/images12/" in loader["catalog"]["similarities"]["filepath"]


def test_a_method_is_one_entry(monkeypatch, rng):
    def mean_product(a, b):
        return a @ b.T / a.shape[1]

    a, b = rng.normal(size=(3, 15)), rng.normal(size=(2, 15))
    monkeypatch.setitem(METHODS, "product", Method("mean product", "mean of products", compare=mean_product))

    np.testing.assert_allclose(compare(a, b, "product"), np.clip(mean_product(a, b), -1, 1))
    lower, upper = noise_ceiling(a, "product")
    totals = [a[[1, 2]].sum(0), a[[0, 2]].sum(0), a[[0, 1]].sum(0)]
    each = [mean_product(own[None], rest[None]).clip(-1, 1) for own, rest in zip(a, totals)]
    assert lower == pytest.approx(np.mean(each))
    assert upper == pytest.approx(mean_product(a, a.sum(0)[None]).clip(-1, 1).mean())
    assert parse(ComparisonParameters, {"methods": "product cka"}, "").methods == ("product", "cka")
    assert measures.method_label("product") == "mean product"
    assert "| `product` | mean of products |  | no | no |" in reference.render_methods()
    with pytest.raises(ParameterError, match="'product' has no permutation test; choose one of pearson,"):
        permute_stimuli(a, b, 10, rng, "product")
    with pytest.raises(ParameterError, match="'product' has no stimulus bootstrap; choose one of pearson,"):
        bootstrap_stimuli(a, b, np.ones((1, 6)), "product")


def test_a_method_offers_what_its_entry_has(monkeypatch, rng):
    def resampled(a, b, counts, device):
        return np.broadcast_to(compare(a, b, "pearson"), (len(counts), len(a), len(b)))

    own = Method("mine", "as Pearson's", prepare=centred_unit, bootstrap=resampled)
    monkeypatch.setitem(METHODS, "mine", own)
    a, b = rng.normal(size=(3, 15)), rng.normal(size=(2, 15))

    np.testing.assert_allclose(compare(a, b, "mine"), compare(a, b, "pearson"), atol=1e-12)
    streams = np.random.default_rng(1), np.random.default_rng(1)
    found, expected = (permute_stimuli(a, b, 50, s, m) for s, m in zip(streams, ("mine", "pearson")))
    np.testing.assert_allclose(found, expected)
    counts = draw_stimulus_counts(6, 4, rng)
    assert bootstrap_stimuli(a, b, counts, "mine").shape == (4, 3, 2)


def test_a_method_that_cannot_be_computed_is_refused():
    with pytest.raises(ValueError, match="The method empty needs prepare: it has no compare either"):
        Method("empty", "nothing")
    with pytest.raises(ValueError, match="The method half needs prepare: its bootstrap uses"):
        Method("half", "half", compare=len, bootstrap=len)


def test_a_test_across_subjects_is_one_entry(monkeypatch, rng):
    column = schemas.contrasts.columns["test"].set_name("test")
    table = pd.DataFrame({"test": ["t-test", "mine"]})
    with pytest.raises(SchemaError, match="is in the table of measures"):
        column.validate(table)
    with pytest.raises(
        ParameterError, match="figures.test is 'mine': expected 't-test', 'Wilcoxon' or 'dual"
    ):
        parse(FigureParameters, {"test": "mine"}, "figures")

    monkeypatch.setitem(TESTS, "mine", SignificanceTest(t_test, "subjects", "my test across subjects"))

    column.validate(table)
    assert parse(FigureParameters, {"test": "mine"}, "figures").test == "mine"
    found = model_tests(rng).set_index("test")[["estimate", "p"]]
    assert set(found.index) == {"t-test", "Wilcoxon", "mine", "stimulus permutation"}
    np.testing.assert_array_equal(found.loc["mine"], found.loc["t-test"])


def model_tests(rng):
    """The table `model_tests` of one region of four subjects and one model."""
    ids = [f"s{k}" for k in range(6)]
    region = {"subject": [1, 2, 3, 4], "selectivity": ["faces"] * 4, "roi": ["FFA"] * 4}
    model = {name: ["vit"] for name in ("model", "label", "modality", "task", "layer")} | {"reported": [True]}
    brain = label_rdms(rng.random((4, 15)), ids, region, "correlation")
    models = label_rdms(rng.random((1, 15)), ids, model, "correlation")
    similarities = compare_rdms(brain, models, ComparisonParameters())
    inference = InferenceParameters(n_permutations=9, n_bootstraps=9)
    return run_model_tests(brain, models, similarities, Resamples({}, {}, {}), {}, inference, 0)


def test_a_test_within_one_subject_is_none_that_figures_show():
    with pytest.raises(ParameterError, match="figures.test is 'stimulus permutation': expected"):
        parse(FigureParameters, {"test": "stimulus permutation"}, "figures")


def test_figures_show_the_dual_bootstrap_unless_told():
    assert FigureParameters().test == "dual bootstrap"


def test_every_entry_names_a_function_that_there_is():
    implementations = [entry.function for table in (DISTANCES, TESTS) for entry in table.values()]
    for method in METHODS.values():
        implementations += [method.compare, method.prepare, method.pool, method.bootstrap]

    assert all(callable(measures.resolve(one)) for one in implementations if one is not None)


def test_the_tables_of_the_page_on_methods_are_those_of_the_code():
    page = (PROJECT / "docs/methods.md").read_text(encoding="utf-8")

    assert reference.render_distances() in page
    assert reference.render_methods() in page


def test_a_distance_may_be_a_function():
    def twice(features, names):
        return 2 * pdist(features)

    features = np.eye(4)
    entry = Distance(twice, "twice", "twice the length")

    np.testing.assert_allclose(measures.resolve(entry.function)(features, list("abcd")), 2 * np.sqrt(2))
