"""Miniatures are ordinary checkpoints, the same bytes from the same seed, written whole or not at all."""

import concurrent.futures
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
import transformers

from tyrosine.models import extract_features
from tyrosine.simulation.miniatures import ARCHITECTURES, write_miniatures
from tyrosine.simulation.miniatures.architectures import BUILDERS

CAPTIONS = ["A red bus, two dogs.", "The dog sees a red bus and a bus sees the dog"]
WRITE = (
    "import sys; from tyrosine.simulation.miniatures import write_miniatures; "
    "write_miniatures(sys.argv[1], 5, sys.argv[2:])"
)


def _contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_gives_the_same_bytes_in_another_process(tmp_path):
    write_miniatures(tmp_path / "here", 5, CAPTIONS)
    subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path / "there"), *CAPTIONS],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "123"},
    )
    here, there = _contents(tmp_path / "here"), _contents(tmp_path / "there")
    assert list(here) == list(there)
    assert here == there


def test_another_seed_gives_other_weights_and_replaces_those_of_the_first(tmp_path):
    write_miniatures(tmp_path, 5, CAPTIONS)
    before = _contents(tmp_path)
    write_miniatures(tmp_path, 6, CAPTIONS)
    after = _contents(tmp_path)
    assert list(before) == list(after)
    for name in ARCHITECTURES:
        assert before[f"{name}/model.safetensors"] != after[f"{name}/model.safetensors"]


def test_what_is_there_is_left_alone(tmp_path):
    write_miniatures(tmp_path, 5, CAPTIONS)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    write_miniatures(tmp_path, 5, CAPTIONS)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times


def test_checkpoint_of_another_origin_is_left_alone(tmp_path):
    (tmp_path / "vit").mkdir()
    (tmp_path / "vit" / "config.json").write_text("{}")
    write_miniatures(tmp_path, 5, CAPTIONS)
    assert _contents(tmp_path / "vit") == {"config.json": b"{}"}
    assert (tmp_path / "bert" / "model.safetensors").is_file()


def test_interrupted_writing_leaves_nothing(tmp_path, monkeypatch):
    def stop(options, captions):
        raise KeyboardInterrupt

    monkeypatch.setitem(BUILDERS, "bert", stop)
    with pytest.raises(KeyboardInterrupt):
        write_miniatures(tmp_path, 5, CAPTIONS, ["vit", "bert", "clip"])
    assert [path.name for path in tmp_path.iterdir()] == ["vit"]


def test_two_writers_at_once_agree(tmp_path):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for writing in [pool.submit(write_miniatures, tmp_path / "both", 5, CAPTIONS) for _ in range(2)]:
            writing.result()
    write_miniatures(tmp_path / "one", 5, CAPTIONS)
    assert _contents(tmp_path / "both") == _contents(tmp_path / "one")


def test_random_numbers_of_the_caller_go_on_undisturbed(tmp_path):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    write_miniatures(tmp_path, 5, CAPTIONS)
    torch.testing.assert_close(torch.rand(3), expected)


def test_each_is_smaller_than_four_megabytes(miniatures):
    for name in ARCHITECTURES:
        assert sum(len(content) for content in _contents(miniatures / name).values()) < 4e6


@pytest.mark.parametrize("name", ["bert", "clip", "mpnet", "gpt2"])
def test_words_of_the_captions_are_whole_and_no_text_is_unknown(tmp_path, name):
    write_miniatures(tmp_path, 5, CAPTIONS)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / name)
    whole = {
        "bert": ["a", "red", "bus"],
        "mpnet": ["a", "red", "bus"],
        "clip": ["a</w>", "red</w>", "bus</w>"],
        "gpt2": ["A", "Ġred", "Ġbus"],
    }[name]
    assert tokenizer.tokenize("A red bus") == whole
    ids = tokenizer("Quizzical yaks (1987)! {x|~}", add_special_tokens=False)["input_ids"]
    assert tokenizer.unk_token_id not in ids


def test_without_captions_words_are_spelled(tmp_path):
    write_miniatures(tmp_path, 5)
    assert transformers.AutoTokenizer.from_pretrained(tmp_path / "bert").tokenize("bus") == [
        "b",
        "##u",
        "##s",
    ]
    assert transformers.AutoTokenizer.from_pretrained(tmp_path / "clip").tokenize("bus") == [
        "b",
        "u",
        "s</w>",
    ]


def test_clip_marks_stand_where_clip_has_them(miniatures):
    tokenizer = transformers.AutoTokenizer.from_pretrained(miniatures / "clip")
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("a bus", padding="max_length")["input_ids"])
    assert len(tokens) == 77
    assert tokens[:4] == ["<|startoftext|>", "a</w>", "bus</w>", "<|endoftext|>"]
    assert set(tokens[4:]) == {"<|endoftext|>"}
    config = transformers.AutoConfig.from_pretrained(miniatures / "clip").text_config
    assert config.eos_token_id == tokenizer.eos_token_id


@pytest.mark.parametrize("model", ["vit", "bert", "clip_vision", "clip_language"])
def test_untrained_features_tell_stimuli_apart(make_spec, stimuli, root, model):
    features = extract_features(make_spec(model), stimuli, root).measurements
    distances = 1 - np.corrcoef(features)[np.triu_indices(len(features), k=1)]
    assert distances.min() > 0.001
    assert np.median(distances) > 0.02
