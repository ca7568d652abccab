"""What the explorer holds: dissimilarities to half a step, stimuli that all saw, images if they may be."""

import base64
import io
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.spatial.distance import squareform
from scipy.stats import spearmanr

from tyrosine.report import explorer as explorer_module
from tyrosine.report.explorer import STEPS, build_explorer, quantise
from tyrosine.report.page import as_json
from tyrosine.rsa.rdms import label_rdms

IDS = [f"s{number:02d}" for number in range(10)]
N_PAIRS = 45


def brain_rdms(values=None, subjects=(1, 2), ids=IDS):
    values = np.random.default_rng(0).random((len(subjects), N_PAIRS)) if values is None else values
    return label_rdms(values, ids, {"subject": list(subjects), "roi": ["EBA"] * len(subjects)}, "correlation")


def model_rdms(reported=(False, True), models=("vit", "vit")):
    n = len(models)
    described = {"model": list(models), "label": [name.upper() for name in models]}
    described |= {"layer": [f"layers.{number}" for number in range(n)], "reported": list(reported)}
    return label_rdms(np.random.default_rng(1).random((n, N_PAIRS)), IDS, described, "correlation")


def clusters(subject=1):
    order = np.random.default_rng(2).permutation(len(IDS))
    labels = {"subject": subject, "roi": "EBA", "stimulus_id": [IDS[number] for number in order]}
    return pd.DataFrame(labels | {"position": range(len(IDS)), "cluster": [1] * 6 + [2] * 4})


STIMULI = pd.DataFrame({"stimulus_id": IDS, "captions": [[f"Caption {name}", "b"] for name in IDS]})


def thumbnail(stimulus_id):
    return Image.new("RGB", (400, 200), (10 * int(stimulus_id[1:]), 0, 0))


def build(brain=None, models=None, *, image=thumbnail, most=200, of=None):
    return build_explorer(
        brain_rdms() if brain is None else brain,
        model_rdms() if models is None else models,
        clusters() if of is None else of,
        STIMULI,
        image,
        most,
    )


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
def test_a_code_is_at_most_half_a_step_off(scale):
    values = scale * np.random.default_rng(0).normal(size=1000)
    codes, low, high = quantise(values)
    read = low + codes / STEPS * (high - low)
    assert np.abs(read - values).max() <= (high - low) / STEPS / 2 * (1 + 1e-9)
    assert (codes.min(), codes.max()) == (0, STEPS)


def test_equal_dissimilarities_have_one_code():
    codes, low, high = quantise(np.full(6, 0.3))
    assert codes.tolist() == [0] * 6
    assert low == high == 0.3


def test_a_region_has_its_mean_over_subjects_and_each_subject_and_a_model_its_reported_layer():
    brain, models = brain_rdms(), model_rdms()
    found = build(brain, models)
    expected = {
        "EBA, mean over subjects": brain.dissimilarities.mean(axis=0),
        "EBA, subject 1": brain.dissimilarities[0],
        "EBA, subject 2": brain.dissimilarities[1],
        "VIT": models.dissimilarities[1],
    }
    assert [rdm.name for rdm in found.rdms] == list(expected)
    for rdm, values in zip(found.rdms, expected.values()):
        np.testing.assert_array_equal(rdm.codes, quantise(values)[0])


def test_a_model_whose_layer_is_chosen_in_folds_has_its_last_one():
    models = model_rdms((False, False))
    np.testing.assert_array_equal(build(models=models).rdms[-1].codes, quantise(models.dissimilarities[1])[0])


def test_the_orders_are_those_of_the_clusters_and_of_the_study():
    first, last = build().orders
    rows = clusters()
    assert [IDS[number] for number in first.stimuli] == rows["stimulus_id"].tolist()
    assert first.clusters == tuple(rows["cluster"])
    assert last.stimuli == tuple(range(10))


def test_distances_on_a_map_follow_the_dissimilarities():
    points = np.random.default_rng(3).normal(size=(10, 2))
    rdm = np.linalg.norm(points[:, None] - points[None], axis=-1)
    found = build(brain_rdms(squareform(rdm)[None], subjects=(1,))).rdms[0]
    drawn = np.linalg.norm(found.points[:, None].astype(float) - found.points[None], axis=-1)
    assert spearmanr(squareform(rdm), drawn[np.triu_indices(10, k=1)]).statistic > 0.99
    assert found.stress < 0.01


def test_of_many_stimuli_some_are_shown_evenly_spaced_in_the_first_order():
    found = build(most=4)
    assert len(found.ids) == 4
    assert {clusters()["stimulus_id"][place] for place in (0, 3, 6, 9)} == set(found.ids)
    assert "4 of 10 stimuli" in found.note
    assert all(len(rdm.codes) == 6 for rdm in found.rdms)
    assert found.captions == tuple(f"Caption {stimulus_id}" for stimulus_id in found.ids)


def test_only_stimuli_that_all_subjects_saw_are_shown():
    values = np.random.default_rng(0).random((2, N_PAIRS))
    square = squareform(values[1])
    square[[2, 5]] = square[:, [2, 5]] = np.nan
    np.fill_diagonal(square, 0)
    values[1] = square[np.triu_indices(10, k=1)]
    assert set(IDS) - set(build(brain_rdms(values)).ids) == {"s02", "s05"}


def test_without_stimuli_in_common_there_is_nothing_to_explore():
    values = np.full((2, N_PAIRS), np.nan)
    first, second = np.triu_indices(10, k=1)
    values[0, (first < 5) & (second < 5)] = 0.5
    values[1, (first >= 5) & (second >= 5)] = 0.5
    assert build(brain_rdms(values)) is None


def test_where_all_rdms_take_too_many_bytes_subjects_without_clusters_are_in_the_mean_alone(monkeypatch):
    monkeypatch.setattr(explorer_module, "MOST_BYTES", 4 * N_PAIRS)
    found = build(brain_rdms(subjects=(1, 2, 3)), of=clusters(subject=2))
    assert [rdm.name for rdm in found.rdms] == ["EBA, mean over subjects", "EBA, subject 2", "VIT"]
    assert "2 subjects" in found.note


def test_images_are_small_and_keep_their_shape_or_are_not_there():
    head, data = build().images[3].split(",")
    assert head == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.size == (96, 48)
        assert image.getpixel((40, 20))[0] == pytest.approx(30, abs=4)
    assert build(image=None).images == ()


def test_the_content_is_json_that_cannot_end_its_script():
    stimuli = {"a": "</script><script>", "b": "\u2028 & <!--"}
    text = as_json(stimuli)
    assert json.loads(text) == stimuli
    assert not set("<>&\u2028") & set(text)
