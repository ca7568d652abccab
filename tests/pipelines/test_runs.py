"""Runs of the whole project: what they write, how they are cut, and that they agree."""

import numpy as np
import pandas as pd
import pytest
from kedro.framework.project import pipelines
from kedro.runner import ParallelRunner, ThreadRunner
from sklearn.metrics import silhouette_score

from tyrosine.errors import ModelError, ParameterError, StorageError
from tyrosine.pipelines.reporting.nodes import compare_with_published

SIX = ["ingestion", "feature_extraction", "rdm_construction", "rdm_clustering", "comparison", "reporting"]
MODELS = ["vit", "bert", "clip_vision", "clip_language"]


def modified(project):
    return {
        path.relative_to(project.root).as_posix(): path.stat().st_mtime_ns
        for path in (project.root / "data").rglob("*")
        if path.is_file() and "01_raw/simulated/" not in path.as_posix()
    }


def test_a_run_writes_every_layer(finished):
    layers = {
        path.relative_to(finished.root / "data").parts[0] for path in (finished.root / "data").rglob("*.*")
    }

    assert layers == {
        "01_raw", "02_intermediate", "03_primary", "04_feature", "05_model_input", "06_models",
        "07_model_output", "08_reporting",
    }  # fmt: skip


def test_similarities_have_a_row_for_each_subject_roi_and_model(finished):
    similarities = finished.load("similarities")

    # Three subjects, nine ROIs of which one subject lacks one, four models.
    assert len(similarities) == (3 * 9 - 1) * 4
    assert list(similarities["model"].unique()) == MODELS
    assert similarities["similarity"].notna().all()


def test_similarities_csv_has_the_columns_of_the_published_table(finished):
    table = pd.read_csv(finished.root / "data/08_reporting/simulated/similarities.csv")

    assert list(table.columns) == ["subject", "sensitivity", "area", "ViT", "BERT", "CLIP_vis", "CLIP_lang"]
    assert len(table) == 26
    long = finished.load("similarities").query("subject == 2 and roi == 'OFA' and model == 'clip_vision'")
    wide = table.query("subject == 2 and area == 'OFA'")["CLIP_vis"]
    assert wide.item() == pytest.approx(long["similarity"].item())


def test_published_numbers_are_put_beside_the_runs_own(finished):
    similarities = finished.load("similarities")
    published = {"vit": {"EBA": 0.178, "nowhere": 0.5}, "absent": {"EBA": 0.1}}

    table = compare_with_published(similarities, published)

    own = similarities.query("model == 'vit' and roi == 'EBA'")["similarity"].mean()
    assert table.values.tolist() == [["vit", "EBA", 0.178, own, pytest.approx(own - 0.178)]]
    assert finished.load("published_comparison").empty


def test_the_published_numbers_of_nsd_name_its_models_and_regions(project):
    with project.session("nsd") as session:
        params = session.load_context().params

    first = {name for name, model in params["models"].items() if "modality" in dict(model)["experiment"]}
    assert set(params["published"]) == first & set(params["roster"])
    rois = {roi for rois in params["study"].regions.values() for roi in rois}
    assert all(set(values) == rois for values in params["published"].values())


def test_missing_regions_are_recorded(finished):
    coverage = finished.load("region_coverage")

    assert coverage[~coverage["covered"]][["subject", "roi", "n_voxels"]].values.tolist() == [[3, "FFA-2", 0]]
    assert "Subject 3 lacks FFA-2" in finished.load("report")


def test_clusters_put_every_stimulus_in_one_place(finished):
    clusters = finished.load("clusters")

    assert set(clusters["subject"]) == {1}
    for _, rows in clusters.groupby("roi"):
        assert sorted(rows["position"]) == list(range(24))
        assert (rows.sort_values("position")["cluster"].diff().dropna() >= 0).all()


def test_cluster_categories_count_every_object(finished):
    stimuli, counts = finished.load("stimuli"), finished.load("cluster_categories")

    expected = pd.Series(np.concatenate(stimuli["category_ids"])).value_counts()
    for _, rows in counts.groupby("roi"):
        found = rows.groupby("category_id")["count"].sum()
        assert found.sort_index().to_dict() == expected.sort_index().to_dict()


@pytest.mark.parametrize("name", ["cluster_categories", "cluster_supercategories"])
def test_enrichment_agrees_with_the_other_tables(finished, name):
    table, sizes = finished.load(name), finished.load("cluster_sizes")

    assert set(table["n_stimuli"]) == {24}
    size = sizes.set_index(["subject", "roi", "cluster"])["size"]
    keys = pd.MultiIndex.from_frame(table[["subject", "roi", "cluster"]])
    assert table["n_cluster"].tolist() == size.loc[keys].tolist()
    key = "category_id" if name == "cluster_categories" else "supercategory"
    total = table.groupby(["roi", key])["count"].transform("sum")
    assert table["n_total"].tolist() == total.tolist()


def test_a_stimulus_counts_once_for_a_supercategory(finished):
    stimuli, counts = finished.load("stimuli"), finished.load("cluster_supercategories")

    expected = sum(any(16 <= category_id <= 25 for category_id in ids) for ids in stimuli["category_ids"])
    animals = counts.query("roi == 'EBA' and supercategory == 'animal'")
    assert animals["count"].sum() == expected


def test_measures_of_clusters_agree_with_the_clusters(finished):
    clusters, summary = finished.load("clusters"), finished.load("cluster_summary")
    sizes, central = finished.load("cluster_sizes"), finished.load("central_stimuli")

    expected = clusters.groupby(["subject", "roi", "cluster"]).size()
    assert sizes.set_index(["subject", "roi", "cluster"])["size"].to_dict() == expected.to_dict()
    assert summary["n_clusters"].tolist() == sizes.groupby("roi", sort=False).size().tolist()
    assert set(summary["cut"]) == {0.9}
    shown = central.groupby(["subject", "roi", "cluster"]).size()
    assert shown.to_dict() == expected.clip(upper=9).to_dict()
    placed = central.merge(clusters, on=["subject", "roi", "stimulus_id"], suffixes=("", "_placed"))
    assert (placed["cluster"] == placed["cluster_placed"]).all()
    rdms = finished.load("brain_rdms").subset("subject", 1)
    for row in summary.itertuples():
        labels = clusters.query("roi == @row.roi")["cluster"]
        square = rdms.subset("roi", row.roi).get_matrices()[0]
        assert row.silhouette == pytest.approx(silhouette_score(square, labels, metric="precomputed"))


def test_a_number_of_clusters_replaces_the_threshold(copy):
    copy.run("rdm_clustering", params={"clustering": {"n_clusters": 4, "linkage": "complete"}})

    assert set(copy.load("clusters").groupby("roi")["cluster"].nunique()) == {4}
    assert set(copy.load("cluster_summary")["linkage"]) == {"complete"}


def test_one_cluster_says_why_it_has_no_silhouette(copy):
    params = {"clustering": {"n_clusters": 1}}
    copy.run("rdm_clustering", params=params)
    copy.run("reporting", params=params)

    assert set(copy.load("cluster_summary")["silhouette_undefined"]) == {"one cluster"}
    assert copy.load("cluster_categories")["odds_ratio"].isna().all()
    assert "undefined (one cluster)" in copy.load("report")


def test_a_study_without_categories_goes_through(copy):
    stimuli = copy.load("stimuli")
    stimuli["category_ids"] = [[] for _ in range(len(stimuli))]
    with copy.session() as session:
        session.load_context().catalog.save("stimuli", stimuli)

    copy.run("rdm_clustering")
    copy.run("reporting")

    assert copy.load("cluster_categories").empty
    assert copy.load("cluster_supercategories").empty
    assert "The stimuli have no categories" in copy.load("report")
    assert "no category over-represented" not in copy.load("report")


def test_the_report_says_what_characterises_each_cluster(finished):
    report = finished.load("report")

    assert "Categories that characterise the clusters" in report
    assert "supercategories (odds ratio)" in report
    assert "Dendrograms: subject 1" in report
    assert "Central stimuli of clusters: subject 1, EBA" in report


def test_everything_shown_says_simulated(finished):
    assert "SIMULATED" in finished.load("report")
    assert finished.load("raw_study")["simulated"]


def test_figures_are_written(finished):
    figures = finished.root / "data/08_reporting/simulated/figures"

    assert (figures / "similarities.pdf").read_bytes().startswith(b"%PDF")
    assert len(list((figures / "clustered_rdms").glob("subj01_*.png"))) == 9
    assert len(list((figures / "brain_and_models").glob("subj01_*.png"))) == 9
    assert len(list((figures / "contact_sheets").glob("subj01_*.png"))) == 9
    assert {path.name for path in (figures / "dendrograms").iterdir()} == {
        "subj01.png",
        "subj01.pdf",
        "captions.json",
    }


@pytest.mark.parametrize("name", SIX)
def test_each_pipeline_runs_by_itself(copy, name):
    before = copy.tables()

    copy.run(name)

    assert copy.tables() == before


def test_missing_outputs_of_one_model_recompute_that_model_alone(copy):
    (copy.root / "data/04_feature/simulated/bert.h5").unlink()
    before = modified(copy)

    copy.run(only_missing_outputs=True)

    after = modified(copy)
    changed = {path for path in after if after[path] != before.get(path)}
    assert "data/04_feature/simulated/bert.h5" in changed
    assert not {path for path in changed if "/04_feature/" in path or "/06_models/" in path} - {
        "data/04_feature/simulated/bert.h5"
    }


def test_one_namespace_runs_one_model(copy):
    before = modified(copy)

    copy.run(namespaces=["clip_vision"])

    changed = {path for path, time in modified(copy).items() if time != before.get(path)}
    assert changed == {
        "data/04_feature/simulated/clip_vision.h5",
        "data/05_model_input/simulated/clip_vision.h5",
        "data/06_models/simulated/clip_vision.json",
    }


def test_two_runs_of_one_seed_write_the_same_bytes(finished_few, project):
    project.run()

    assert project.tables() == finished_few.tables()


@pytest.mark.parametrize("runner", [ThreadRunner, ParallelRunner])
def test_every_runner_writes_the_same_tables(finished_few, project, runner):
    project.run(runner=runner(max_workers=2))

    assert project.tables() == finished_few.tables()


def test_a_roster_runs_those_models_alone(project):
    project.run(params={"roster": "bert clip_language"})

    assert list(project.load("similarities")["model"].unique()) == ["bert", "clip_language"]
    assert sorted(path.name for path in (project.root / "data/04_feature/simulated").iterdir()) == [
        "bert.h5",
        "clip_language.h5",
    ]
    assert (project.root / "data/08_reporting/simulated/figures/similarities.png").exists()


def test_a_name_that_is_not_in_the_roster_is_refused_with_those_that_are(project):
    with pytest.raises(ModelError, match=r"'resnet'.*vit, bert, clip_vision, clip_language"):
        project.run(params={"roster": "bert resnet"})


def test_lists_may_be_words(project):
    project.run(
        params={
            "roster": "vit",
            "clustering": {"subjects": "1 3"},
            "comparison": {"methods": "spearman cosine"},
            "study": {"regions": {"bodies": "EBA", "faces": "OFA", "places": "PPA RSC"}},
        },
        to_outputs=["similarities", "clusters"],
    )

    assert set(project.load("clusters")["subject"]) == {1, 3}
    assert set(project.load("similarities")["method"]) == {"spearman", "cosine"}
    assert list(project.load("similarities")["roi"].unique()) == ["EBA", "OFA", "PPA", "RSC"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"rdm": {"distance": "manhattan"}},
            "rdm.distance is 'manhattan'.*'correlation', 'cosine' or 'euclidean'",
        ),
        ({"comparison": {"methods": "kendall"}}, "comparison.methods.0 is 'kendall'.*'pearson'"),
        (
            {"clustering": {"subjects": "9"}},
            "Subject 9 in clustering.subjects has no brain RDM; choose from 1, 2, 3",
        ),
        (
            {"clustering": {"n_clusters": 25}},
            "clustering.n_clusters is 25, but there are 24 stimuli",
        ),
        ({"clustering": {"n_clusters": 0}}, "clustering.n_clusters is 0"),
        ({"clustering": {"false_discovery_rate": 5}}, "clustering.false_discovery_rate is 5"),
        ({"clustering": {"linkage": "ward"}}, "clustering.linkage is 'ward'"),
        ({"figures": {"cmap": "inferno", "colour": "red"}}, "figures.colour is unknown"),
        ({"study": {"regions": {"faces": "EBA"}}}, "regions names EBA more than once"),
        ({"figures": {"cmap": "infernal"}}, "figures.cmap is 'infernal'"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(copy, params, words):
    with pytest.raises(ParameterError, match=words):
        copy.run("rdm_clustering", params=params)


def test_a_pooling_that_makes_no_sense_is_refused(project):
    with pytest.raises(ModelError, match="models.vit.*'eos'"):
        project.run(params={"models": {"vit": {"pooling": "eos"}}})


@pytest.mark.parametrize(
    "params",
    [{"models": {"bert": {"pooling": "mean"}}}, {"models": {"bert": {"layer": "encoder.layer.1"}}}],
)
def test_features_of_another_specification_are_refused(copy, params):
    with pytest.raises(StorageError, match="stored features of bert were made with another"):
        copy.run("rdm_construction", params=params)


def test_features_of_other_stimuli_are_refused(copy):
    stimuli = copy.load("stimuli")
    stimuli.at[3, "captions"] = ["Something else."]
    with copy.session() as session:
        session.load_context().catalog.save("stimuli", stimuli)

    with pytest.raises(StorageError, match="stored features of bert were made with another.*other stimuli"):
        copy.run("rdm_construction", params={"roster": "bert"})


def test_features_of_other_weights_are_refused(copy):
    # An untrained twin has its weights from the seed.
    copy.run("feature_extraction", params={"roster": "bert_untrained"})
    other = {"roster": "bert_untrained", "miniatures": {"seed": 5}}
    copy.run("feature_extraction", params=other, to_nodes=["bert_untrained.prepare_checkpoint"])

    with pytest.raises(StorageError, match="stored features of bert_untrained were made with.*other weights"):
        copy.run("rdm_construction", params=other)


def test_commands_without_a_context_know_the_roster(finished, monkeypatch):
    from tyrosine import pipeline_registry

    monkeypatch.setattr(pipeline_registry, "_composition", None)
    monkeypatch.chdir(finished.root)
    monkeypatch.setenv("KEDRO_ENV", "nsd")

    registered = pipeline_registry.register_pipelines()

    taken = {node.namespace for node in registered["feature_extraction"].nodes}
    assert taken == {*MODELS, "vit_mae", "dpt_segmentation", "dpt_depth", "dinov2", "gpt2", "mpnet"}
    assert list(registered)[:8] == ["__default__", *SIX, "export"]


@pytest.mark.parametrize("env", ["nsd", "images78"])
def test_every_environment_has_the_same_graph_but_for_what_the_simulation_makes(project, env):
    with project.session(env, roster=MODELS) as session:
        session.load_context()
        nodes = {node.name for node in pipelines["__default__"].nodes}
    with project.session(roster=MODELS) as session:
        session.load_context()

        simulated = {node.name for node in pipelines["__default__"].nodes}
    assert simulated - nodes == {"simulate_study", "compare_with_ground_truth"}
    assert nodes - simulated == {"prepare_study"}
