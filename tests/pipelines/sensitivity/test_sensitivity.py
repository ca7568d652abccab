"""The pipeline `sensitivity` on a finished small run."""

import shutil

import numpy as np
import pytest

from tests.projects import MODELS, Project, merged


@pytest.fixture(scope="module")
def survived(finished_few, tmp_path_factory):
    root = shutil.copytree(finished_few.root, tmp_path_factory.mktemp("survived") / "project")
    project = Project(root, finished_few.params)
    project.run("sensitivity")
    return project


def test_the_run_has_its_place_in_the_grid(survived):
    table, contrasts = survived.load("answer_survival"), survived.load("contrasts")
    main = table[table["main"]].set_index("contrast")
    own = contrasts[
        (contrasts["roi"] == "all")
        & (contrasts["test"] == "dual bootstrap")
        & (contrasts["undefined"] == "")
        & (contrasts["kind"] != "pair")
    ].set_index("contrast")
    assert set(main.index) == set(own.index)
    numbers = ["estimate", "lower", "upper", "q"]
    np.testing.assert_allclose(main[numbers].astype(float), own.loc[main.index, numbers], rtol=1e-9)


def test_language_models_that_read_other_captions_have_other_similarities(survived):
    table = survived.load("answer_survival")
    language = table[(table["contrast"] == "unimodal_language") & (table["left_out"] == "none")]
    wide = language.pivot(
        index=["brain_distance", "method", "stimulus_groups"], columns="captions", values="estimate"
    )
    assert set(wide.columns) == {"as in the run", "first"}
    assert (wide["as in the run"] != wide["first"]).all()


def test_the_page_and_the_figures_are_written(survived):
    folder = survived.root / "data/08_reporting/simulated"
    assert "stands in" in (folder / "answer_survival.md").read_text(encoding="utf-8")
    assert (folder / "figures/specification_curves/vision_language.png").exists()


@pytest.fixture(scope="module")
def with_layers(finished_few, tmp_path_factory):
    """The same study with all layers of each model, whose features are weighted."""
    root = shutil.copytree(finished_few.root, tmp_path_factory.mktemp("layers") / "project")
    changed = {
        "models": {name: {"layer": "all"} for name in MODELS},
        "comparison": {"reweighting": "features"},
        "inference": {"n_fold_draws": 1, "n_bootstraps": 50},
        "sensitivity": {"brain_distances": "correlation", "methods": "pearson reweighted"},
    }
    project = Project(root, merged(finished_few.params, changed))
    for pipeline in ("feature_extraction", "rdm_construction", "comparison", "sensitivity"):
        project.run(pipeline)
    return project


def test_the_best_layers_and_weights_of_features_are_analyses_of_the_grid(with_layers):
    table = with_layers.load("answer_survival")
    assert set(table["layer"]) == {"reported", "best", "profile"}
    own = with_layers.load("reweighted_similarities")
    weighted = table[(table["method"] == "reweighted") & (table["left_out"] == "none")]
    vision = weighted[(weighted["contrast"] == "unimodal_vision") & (weighted["captions"] == "as in the run")]
    # There is one of these models; the mean over regions that all subjects have is that of the run's table.
    contrasts = with_layers.load("contrasts")
    common = contrasts.loc[contrasts["roi"] == "all", "regions"].iloc[0].split()
    expected = own[(own["model"] == "vit") & own["roi"].isin(common)]["estimate"].mean()
    estimate = vision.set_index("brain_distance").loc["crossnobis", "estimate"]
    assert estimate == pytest.approx(expected)
    page = (with_layers.root / "data/08_reporting/simulated/answer_survival.md").read_text(encoding="utf-8")
    assert "- Layers: reported, best, profile" in page and "Left out" not in page
