"""The real study of 92 photographs: no captions, four subjects, one region, and a high noise ceiling."""

import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from rsatoolbox.inference import boot_noise_ceiling
from rsatoolbox.rdm import RDMs
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr
from transformers import AutoImageProcessor, AutoModel

from tyrosine.errors import ModelError
from tyrosine.parameters.measures import METHODS
from tyrosine.simulation.miniatures import write_miniatures

ENV = "images92"


@pytest.fixture
def study(reference):
    return reference / "images92"


@pytest.fixture
def miniatures(tmp_path):
    write_miniatures(tmp_path / "miniatures", seed=3, captions=["A dog."])
    return tmp_path / "miniatures"


def brain(study):
    return np.load(study / "brain_data" / "fmri_IT_RDMs.npz")["arr_0"].astype(np.float64)


def test_a_vision_model_in_all_pipelines(project, study, miniatures):
    model = {"checkpoint": str(miniatures / "vit"), "layer": "layers.3", "pooling": "mean"}
    params = {
        "study": {"path": str(study)},
        "roster": "vit",
        "models": {"vit": model},
        "comparison": {"methods": list(METHODS)},
    }

    project.run(env=ENV, params=params)

    assert_similarities_are_scipys(project.load("similarities", env=ENV), study, features(study, model))
    assert_ceilings_are_rsatoolboxs(project.load("noise_ceilings", env=ENV), study)
    report = (project.root / "data/08_reporting/images92/report.html").read_text(encoding="utf-8")
    assert "92 photographs of objects: human IT" in report


def features(study, model):
    """Mean over patches of the last layer, one image at a time."""
    processor = AutoImageProcessor.from_pretrained(model["checkpoint"], backend="pil")
    network = AutoModel.from_pretrained(model["checkpoint"]).eval()
    states = []
    with torch.inference_mode():
        for path in sorted((study / "stimuli_data").glob("*.png")):
            pixels = processor(Image.open(path).convert("RGB"), return_tensors="pt")["pixel_values"]
            states.append(network(pixels, output_hidden_states=True).hidden_states[-1][0].mean(0).numpy())
    return np.stack(states)


def assert_similarities_are_scipys(similarities, study, features):
    """The similarity of each subject is what SciPy gives from the files."""
    similarities = similarities.query("method == 'pearson'")
    assert similarities["subject"].tolist() == [1, 2, 3, 4]
    assert set(similarities["roi"]) == {"IT"}
    assert set(similarities["n_stimuli"]) == {92}
    model_rdm = pdist(features, "correlation")
    expected = [pearsonr(squareform(rdm, checks=False), model_rdm).statistic for rdm in brain(study)]
    np.testing.assert_allclose(similarities["similarity"], expected, atol=1e-4)


def assert_ceilings_are_rsatoolboxs(ceilings, study):
    """The noise ceiling of each method is what rsatoolbox gives from the files; Pearson's is known."""
    ceilings = ceilings.set_index("method")
    subjects = RDMs(brain(study))
    for name in METHODS:
        if METHODS[name].rsatoolbox is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = boot_noise_ceiling(subjects, METHODS[name].rsatoolbox)
        np.testing.assert_allclose(ceilings.loc[name, ["lower", "upper"]].tolist(), expected, atol=1e-9)
    assert ceilings.loc["pearson", ["lower", "upper"]].astype(float).round(2).tolist() == [0.39, 0.68]


def test_rows_of_the_rdms_are_in_the_order_of_the_images(study):
    """IT tells animate from inanimate things (Kriegeskorte et al. 2008), and so do rows in that order."""
    categories = pd.read_csv(study / "stimuli.csv")["category"]
    inanimate = categories.str.contains("natural|artificial").to_numpy()
    mean = brain(study).mean(axis=0)

    off = ~np.eye(92, dtype=bool)
    same = (inanimate[:, None] == inanimate[None]) & off

    assert mean[same].mean() < mean[~same & off].mean() - 0.05


def test_a_language_model_is_refused_in_a_sentence(project, images78, miniatures):
    shutil.rmtree(images78 / "captions")
    model = {"checkpoint": str(miniatures / "bert"), "layer": "encoder.layer.3"}

    with pytest.raises(
        ModelError,
        match="^Stimulus image_01 has no caption for BERT to read; name vision models alone in roster, or "
        r"give every stimulus of the study a caption\.$",
    ):
        project.run(
            env=ENV, params={"study": {"path": str(images78)}, "roster": "bert", "models": {"bert": model}}
        )
