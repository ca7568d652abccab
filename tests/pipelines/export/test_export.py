"""What `kedro run --pipelines export` writes is read by Net2Brain, and gives the same numbers there."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from tests.projects import MODELS, Project
from tyrosine.errors import StudyError
from tyrosine.rsa.dissimilarity import compute_rdm
from tyrosine.studies import net2brain as files

ROIS = ["FBA-1", "FBA-2", "EBA", "FFA-1", "FFA-2", "OFA", "OPA", "PPA", "RSC", "CTRL"]


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    root = shutil.copytree(finished.root, tmp_path_factory.mktemp("exported") / "project")
    project = Project(root, finished.params)
    project.run("export")
    project.folder = root / "data/08_reporting/simulated/net2brain"
    return project


def test_everything_is_in_its_place(exported):
    folder = exported.folder
    assert sorted(path.name for path in (folder / "features").iterdir()) == sorted(MODELS)
    assert len(list((folder / "features/bert").glob("*.npz"))) == 24
    assert [path.name for path in (folder / "rdms/bert").iterdir()] == ["RDM_encoder_layer_3.npz"]
    assert sorted(path.stem for path in (folder / "brain_rdms").iterdir()) == sorted(ROIS)


def test_the_files_hold_what_the_catalog_holds(exported):
    features, rdm = exported.load("bert.features"), exported.load("bert.rdm")
    ids = features.obs_descriptors["stimulus_id"]

    written = files.read_features(exported.folder / "features/bert", "encoder.layer.3", ids)
    np.testing.assert_array_equal(written.values, features.measurements)
    written = files.read_rdm(exported.folder / "rdms/bert/RDM_encoder_layer_3.npz", ids)
    np.testing.assert_array_equal(written.rdm, rdm.dissimilarities[0])


def test_the_catalog_reads_its_export(exported):
    brain, back = exported.load("brain_rdms"), exported.load("net2brain_brain_rdms")
    assert back.n_rdm == brain.n_rdm
    where = {
        (subject, roi): row
        for row, (subject, roi) in enumerate(
            zip(back.rdm_descriptors["subject"], back.rdm_descriptors["roi"])
        )
    }
    rows = [where[pair] for pair in zip(brain.rdm_descriptors["subject"], brain.rdm_descriptors["roi"])]
    np.testing.assert_allclose(back.dissimilarities[rows], brain.dissimilarities, atol=1e-12)
    assert exported.load("vit.net2brain_rdm").rdm_descriptors["layer"] == ["layers.3"]
    assert exported.load("vit.net2brain_features").obs_descriptors["stimulus_id"][0] == "00001"


def test_a_second_export_leaves_nothing_of_the_first(copy):
    copy.run("export")
    folder = copy.root / "data/08_reporting/simulated/net2brain"
    (folder / "brain_rdms/noise_ceiling_log.json").write_text("{}")

    copy.run("export")

    assert not (folder / "brain_rdms/noise_ceiling_log.json").exists()
    assert not list(folder.rglob(".*"))


def test_a_model_without_features_is_refused(copy):
    (copy.root / "data/04_feature/simulated/bert.h5").unlink()

    copy.run("export", params={"roster": "vit"})
    with pytest.raises(DatasetError, match="bert.h5 does not exist; run the pipeline that makes it"):
        copy.run("export", params={"roster": "bert"})


def test_stimuli_that_net2brain_would_order_by_chance_are_refused():
    from tyrosine.pipelines.export.nodes import order_rdms
    from tyrosine.rsa.rdms import label_rdms

    with pytest.raises(StudyError, match="leading zeros"):
        order_rdms(label_rdms(np.ones((1, 1)), ["1", "01"], {"layer": ["fc"]}, "correlation"))


def test_rows_get_the_order_of_net2brain():
    from tyrosine.pipelines.export.nodes import order_rdms
    from tyrosine.rsa.rdms import label_rdms, stimulus_ids

    ordered = order_rdms(label_rdms(np.array([[1.0, 2, 3]]), ["a10", "b", "a9"], {"layer": ["fc"]}, "cosine"))

    assert stimulus_ids(ordered) == ["a9", "a10", "b"]
    assert ordered.dissimilarities.tolist() == [[2, 3, 1]]
    assert ordered.dissimilarity_measure == "cosine"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("ours", "theirs"), files.DISTANCES.items())
def test_net2brain_computes_the_same_rdms_from_the_features(
    net2brain, exported, tmp_path, model, ours, theirs
):
    from net2brain.rdm_creation import RDMCreator

    features = exported.load(f"{model}.features")
    RDMCreator().create_rdms(exported.folder / "features" / model, tmp_path, distance=theirs)
    [path] = tmp_path.glob("RDM_*.npz")

    read = files.read_rdm(path, features.obs_descriptors["stimulus_id"])

    np.testing.assert_allclose(read.rdm, compute_rdm(features.measurements, ours), rtol=1e-5, atol=1e-5)
    assert read.layer == features.descriptors["layer"]
    # In the order of rows that RSA takes for granted.
    assert (
        files.read_rdm(path).stimuli == files.read_brain_rdms(exported.folder / "brain_rdms/EBA.npz").stimuli
    )


def test_net2brain_loads_the_rdm(net2brain, exported):
    from net2brain.rdm.rdm import LayerRDM

    path = exported.folder / "rdms/vit/RDM_layers_3.npz"

    rdm = LayerRDM.from_file(path)

    assert rdm.layer_name == "layers.3"
    assert list(rdm.stimuli_name) == files.read_rdm(path).stimuli
    assert json.loads(rdm.meta)["distance"] == "pearson"
    np.testing.assert_array_equal(rdm.rdm.numpy(), files.read_rdm(path).rdm)


def test_net2brain_plots_and_saves_the_rdm_once_meta_is_a_dict(net2brain, exported, tmp_path):
    from net2brain.rdm.rdm import LayerRDM

    path = exported.folder / "rdms/vit/RDM_layers_3.npz"
    rdm = LayerRDM.from_file(path)
    with pytest.raises(AttributeError, match="keys"):
        rdm.save(tmp_path, file_format="npz")

    rdm.meta = json.loads(rdm.meta)

    rdm.save(tmp_path, file_format="npz")
    assert rdm.plot().get_title() == "Layer=layers.3"
    again = files.read_rdm(tmp_path / "RDM_layers_3.npz")
    np.testing.assert_array_equal(
        again.rdm, files.read_rdm(exported.folder / "rdms/vit/RDM_layers_3.npz").rdm
    )


@pytest.mark.parametrize("method", ["pearson", "spearman", "cosine"])
def test_net2brain_finds_the_same_similarities(net2brain, exported, tmp_path, method):
    from net2brain.evaluations.rsa import RSA

    from tyrosine.parameters import ComparisonParameters
    from tyrosine.rsa.comparison import compare_rdms

    # Net2Brain writes a log into the folder of brain RDMs.
    brain = shutil.copytree(exported.folder / "brain_rdms", tmp_path / "brain_rdms")
    ours = compare_rdms(
        exported.load("brain_rdms"), exported.load("model_rdms"), ComparisonParameters(methods=[method])
    )
    for model in MODELS:
        rsa = RSA(str(exported.folder / "rdms" / model), str(brain), model, squared=False)
        table = rsa.evaluate(distance_metric=method)
        theirs = {row.ROI.split(") ")[1]: list(row.R_array) for row in table.itertuples()}

        assert sorted(theirs) == sorted(ROIS)
        expected = ours[ours["model"] == model].sort_values("subject").groupby("roi")["similarity"].agg(list)
        for roi in ROIS:
            np.testing.assert_allclose(theirs[roi], expected[roi], atol=1e-5)


def test_rdms_of_net2brain_take_part_in_the_comparison(net2brain, exported, copy, tmp_path):
    from net2brain.rdm_creation import RDMCreator

    from tyrosine.rsa.rdms import concatenate, label_rdms

    RDMCreator().create_rdms(exported.folder / "features/vit", tmp_path, distance="pearson")
    model_rdms = copy.load("model_rdms")
    stimuli, rdm, layer = files.read_rdm(tmp_path / "RDM_layers_3.npz", copy.load("stimuli")["stimulus_id"])
    labels = {"model": ["theirs"], "label": ["Theirs"], "modality": ["vision"], "task": ["any"]}
    theirs = label_rdms(rdm[None], stimuli, {**labels, "layer": [layer]}, "correlation")
    with copy.session() as session:
        session.load_context().catalog.save("model_rdms", concatenate([model_rdms, theirs]))

    copy.run("comparison")

    found = copy.load("similarities").pivot(index=["subject", "roi"], columns="model", values="similarity")
    pd.testing.assert_series_equal(found["theirs"], found["vit"], check_names=False, rtol=1e-5)


def test_several_layers_are_arrays_of_one_file_a_stimulus(tmp_path):
    from rsatoolbox.data import Dataset

    from tyrosine.catalog.net2brain import Net2BrainFeatures
    from tyrosine.pipelines.export.nodes import order_features

    values = np.arange(15, dtype=np.float32).reshape(3, 5)
    features = Dataset(
        values,
        descriptors={"layer": "low high"},
        obs_descriptors={"stimulus_id": ["b", "c", "a"]},
        channel_descriptors={"layer": ["low", "low", "high", "high", "high"]},
    )
    Net2BrainFeatures(filepath=tmp_path / "model").save(order_features(features))

    with np.load(tmp_path / "model/c.npz") as arrays:
        assert {name: arrays[name].ravel().tolist() for name in arrays} == {"low": [5, 6], "high": [7, 8, 9]}
    high = Net2BrainFeatures(filepath=tmp_path / "model", layer="high").load()
    assert list(high.obs_descriptors["stimulus_id"]) == ["a", "b", "c"]
    np.testing.assert_array_equal(high.measurements, values[[2, 0, 1], 2:])
