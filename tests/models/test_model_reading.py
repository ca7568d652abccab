"""Reading layers: several in one pass, untouched by what comes after them, compiled on demand."""

import dataclasses
import logging

import numpy as np
import pytest
import torch
import transformers

from tyrosine.models import extract_features
from tyrosine.models.backends.transformers import load_tower


def _passes(monkeypatch, kind):
    """Counts the calls of a class of modules."""
    calls = []
    forward = kind.forward

    def counted(module, *arguments, **named):
        calls.append(module)
        return forward(module, *arguments, **named)

    monkeypatch.setattr(kind, "forward", counted)
    return calls


@pytest.mark.parametrize("model", ["vit", "bert"])
def test_one_pass_serves_all_layers_and_ends_after_the_highest(
    make_spec, stimuli, root, monkeypatch, one_core, model
):
    names = {"vit": "layers.{}", "bert": "encoder.layer.{}"}[model]
    kind = {
        "vit": transformers.models.vit.modeling_vit.ViTLayer,
        "bert": transformers.models.bert.modeling_bert.BertLayer,
    }[model]
    single = [
        extract_features(make_spec(model, layer=names.format(k)), stimuli, root).measurements for k in (0, 2)
    ]
    calls = _passes(monkeypatch, kind)
    features = extract_features(make_spec(model, layer=(names.format(2), names.format(0))), stimuli, root)
    # Four blocks in the first batch, to see that none is used again further up; then three of the four.
    n_batches = -(-(7 if model == "vit" else 12) // 3)
    assert len(calls) == 4 + 3 * (n_batches - 1)
    np.testing.assert_array_equal(features.measurements, np.hstack(single))
    assert features.channel_descriptors["layer"] == [names.format(0)] * 96 + [names.format(2)] * 96
    assert features.descriptors["layer"] == f"{names.format(0)} {names.format(2)}"


def test_a_layer_is_read_before_others_compute_in_its_place(make_spec, stimuli, root, monkeypatch):
    expected = extract_features(make_spec("vit", layer="layers.1"), stimuli, root).measurements
    tower = load_tower(make_spec("vit", layer="layers.1"))

    def erase(module, arguments):
        arguments[0].zero_()

    tower.network.layers[2].register_forward_pre_hook(erase)
    monkeypatch.setattr("tyrosine.models.backends.transformers.load_tower", lambda spec: tower)
    found = extract_features(make_spec("vit", layer="layers.1"), stimuli, root).measurements
    np.testing.assert_array_equal(found, expected)


def test_blocks_are_compiled_if_asked_for(make_spec, stimuli, root, monkeypatch):
    compiled = []

    def compile_(forward, **options):
        compiled.append((type(forward.__self__).__name__, options))
        return forward

    monkeypatch.setattr(torch, "compile", compile_)
    for model in ("vit", "bert"):
        expected = extract_features(make_spec(model), stimuli, root).measurements
        assert not compiled
        features = extract_features(make_spec(model, compile=True), stimuli, root).measurements
        # On all cores, not on one.
        np.testing.assert_allclose(features, expected, atol=1e-5)
        # Captions differ in length, images do not.
        expected = {"vit": ("ViTLayer", {"dynamic": None}), "bert": ("BertLayer", {"dynamic": True})}[model]
        assert compiled.count(expected) == 4
        compiled.clear()


def test_a_block_with_a_layer_inside_is_not_compiled(make_spec, stimuli, root, monkeypatch):
    compiled = []

    def compile_(forward, **options):
        compiled.append(forward.__self__)
        return forward

    monkeypatch.setattr(torch, "compile", compile_)
    tower = load_tower(make_spec("vit", layer="layers.1.attention"))
    monkeypatch.setattr("tyrosine.models.backends.transformers.load_tower", lambda spec: tower)
    extract_features(make_spec("vit", layer="layers.1.attention", compile=True), stimuli, root)
    assert [block for block in tower.network.layers if block in compiled] == [
        tower.network.layers[number] for number in (0, 2, 3)
    ]


def test_without_a_compiler_the_extraction_goes_on(make_spec, stimuli, root, monkeypatch, caplog):
    def compile_(forward, **options):
        def fail(*arguments, **named):
            raise RuntimeError("No working C++ compiler found")

        return fail

    monkeypatch.setattr(torch, "compile", compile_)
    tower = load_tower(make_spec("vit"))
    monkeypatch.setattr(
        "tyrosine.models.backends.transformers.load_tower", lambda spec: dataclasses.replace(tower)
    )
    with caplog.at_level(logging.WARNING, logger="tyrosine"):
        features = extract_features(make_spec("vit", compile=True), stimuli, root).measurements
    assert "vit is not compiled: " in caplog.text
    assert "No working C++ compiler found" in caplog.text
    assert caplog.text.count("\n") == 1
    np.testing.assert_array_equal(features, extract_features(make_spec("vit"), stimuli, root).measurements)
