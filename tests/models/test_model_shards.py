"""Shards: a run that is killed goes on, to the same bits, and never from what it was not."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from tyrosine.models import extract_features
from tyrosine.models.reading import LayerReader
from tyrosine.models.shards import PLAN, Features, Shards, read_through

KILLED = """
import os, signal, sys
import pandas as pd
from tyrosine.models import ModelSpec, extract_features, reading, shards

shards.SECONDS = 0
read, batches = reading.LayerReader.__call__, []

def until_the_fifth(self, batch):
    batches.append(batch)
    if len(batches) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return read(self, batch)

reading.LayerReader.__call__ = until_the_fifth
spec = ModelSpec.model_validate_json(sys.argv[1])
extract_features(spec, pd.read_parquet(sys.argv[2]), sys.argv[3], shards=sys.argv[4])
"""


@pytest.fixture
def counted(monkeypatch):
    """Number of images or captions of every forward pass."""
    sizes = []
    read = LayerReader.__call__

    def count(self, batch):
        sizes.append(len(batch.indices))
        return read(self, batch)

    monkeypatch.setattr(LayerReader, "__call__", count)
    return sizes


@pytest.fixture
def every_batch_is_a_shard(monkeypatch):
    monkeypatch.setattr("tyrosine.models.shards.SECONDS", 0)


class Stopped(BaseException):
    """What cuts an extraction short."""


def _cut_short(monkeypatch, after, *arguments, **options):
    read, batches = LayerReader.__call__, []

    def until(self, batch):
        if len(batches) == after:
            raise Stopped
        batches.append(batch)
        return read(self, batch)

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(LayerReader, "__call__", until)
        extract_features(*arguments, **options)


def test_a_killed_run_goes_on_to_the_same_bits(make_spec, stimuli, root, tmp_path, counted):
    stimuli.to_parquet(tmp_path / "stimuli.parquet")
    spec = make_spec("bert", batch_size=2)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, spec.model_dump_json(),
         tmp_path / "stimuli.parquet", root, tmp_path / "shards"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]
    kept = len(list((tmp_path / "shards").glob("*.safetensors")))
    # Of the four batches that were computed, those on their way from other cores are lost.
    assert 1 <= kept <= 4

    resumed = extract_features(spec, stimuli, root, shards=tmp_path / "shards").measurements
    # 12 captions in batches of 2.
    assert counted == [2] * (6 - kept)
    np.testing.assert_array_equal(resumed, extract_features(spec, stimuli, root).measurements)


@pytest.mark.parametrize("model", ["vit", "clip_language"])
def test_chosen_batches_stay_what_they_were(
    make_spec, stimuli, root, tmp_path, monkeypatch, counted, every_batch_is_a_shard, one_core, model
):
    spec = make_spec(model, batch_size="auto")
    monkeypatch.setattr(
        "tyrosine.models.backends.tower_reading.choose_size", lambda *_: 3 if model == "vit" else 40
    )
    whole = extract_features(spec, stimuli, root).measurements
    n_batches = len(counted) - 1
    _cut_short(monkeypatch, 3, spec, stimuli, root, shards=tmp_path)
    # Now another machine load would have another size chosen.
    monkeypatch.setattr("tyrosine.models.backends.tower_reading.choose_size", lambda *_: 1)
    counted.clear()
    resumed = extract_features(spec, stimuli, root, shards=tmp_path).measurements
    np.testing.assert_array_equal(resumed, whole)
    # One pass of the three was to choose the size.
    assert len(counted) == n_batches - 2


def test_nothing_is_computed_twice_when_all_is_there(make_spec, stimuli, root, tmp_path, counted):
    spec = make_spec("vit", layer=("layers.1", "layers.3"))
    first = extract_features(spec, stimuli, root, shards=tmp_path)
    counted.clear()
    second = extract_features(spec, stimuli, root, shards=tmp_path)
    assert counted == []
    np.testing.assert_array_equal(first.measurements, second.measurements)
    assert first.channel_descriptors["layer"] == second.channel_descriptors["layer"]


@pytest.mark.parametrize(
    "change",
    [
        {"pooling": "mean"},
        {"layer": "layers.2"},
        {"batch_size": 4},
        {"compile": True},
        {"precision": "bfloat16"},
    ],
)
def test_shards_of_another_extraction_are_never_used(
    make_spec, stimuli, root, tmp_path, counted, change, monkeypatch
):
    monkeypatch.setattr("torch.compile", lambda forward, **options: forward)
    extract_features(make_spec("vit"), stimuli, root, shards=tmp_path)
    counted.clear()
    changed = extract_features(make_spec("vit", **change), stimuli, root, shards=tmp_path).measurements
    assert sum(counted) == len(stimuli)
    counted.clear()
    np.testing.assert_array_equal(
        changed, extract_features(make_spec("vit", **change), stimuli, root).measurements
    )


def test_shards_of_other_stimuli_are_never_used(make_spec, stimuli, root, tmp_path, counted):
    extract_features(make_spec("bert"), stimuli, root, shards=tmp_path)
    counted.clear()
    changed = stimuli.assign(captions=[["another caption"], *stimuli["captions"][1:]])
    extract_features(make_spec("bert"), changed, root, shards=tmp_path)
    # The first stimulus had two captions of 12.
    assert sum(counted) == 11


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-50])


def _flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def _swap_for_another_key(path):
    Shards(path.parent.parent / "other", "other key").write(
        1, 1, Features(np.ones((3, 96), np.float32), (96,))
    )
    (path.parent.parent / "other" / path.name).replace(path)


@pytest.mark.parametrize("damage", [_truncate, _flip_a_bit, _swap_for_another_key, os.remove])
def test_a_damaged_shard_is_made_again_and_only_that(
    make_spec, stimuli, root, tmp_path, counted, every_batch_is_a_shard, damage
):
    spec = make_spec("vit")
    whole = extract_features(spec, stimuli, root, shards=tmp_path / "shards").measurements
    shards = sorted((tmp_path / "shards").glob("*.safetensors"))
    assert len(shards) == 3
    damage(shards[1])
    counted.clear()
    again = extract_features(spec, stimuli, root, shards=tmp_path / "shards").measurements
    assert counted == [3]
    np.testing.assert_array_equal(again, whole)
    assert sorted((tmp_path / "shards").glob("*.safetensors")) == shards


@pytest.mark.parametrize("plan", ["", "{}", "[1]", '{"key": 1}', json.dumps({"key": "other", "plan": {}})])
def test_without_its_plan_a_folder_is_begun_anew(make_spec, stimuli, root, tmp_path, counted, plan):
    spec = make_spec("vit", batch_size="auto")
    whole = extract_features(spec, stimuli, root, shards=tmp_path).measurements
    (tmp_path / PLAN).write_text(plan)
    counted.clear()
    np.testing.assert_array_equal(extract_features(spec, stimuli, root, shards=tmp_path).measurements, whole)
    assert sum(counted) >= len(stimuli)


def test_a_shard_holds_many_batches_until_time_or_size_says_so(tmp_path, monkeypatch):
    def read(numbers):
        for number in numbers:
            yield Features(np.full((2, 3), number, np.float32), (1, 2))

    shards = Shards(tmp_path, "key")
    monkeypatch.setattr("tyrosine.models.shards.BYTES", 4 * 2 * 3 * 4)
    given = list(read_through(shards, range(10), read))
    assert [list(numbers) for numbers, _ in given] == [[number] for number in range(10)]
    assert shards.stored() == {0: 3, 4: 7, 8: 9}
    again = list(read_through(shards, range(10), read))
    assert [list(numbers) for numbers, _ in again] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    np.testing.assert_array_equal(
        np.concatenate([one.rows for _, one in again]), np.concatenate([one.rows for _, one in given])
    )
    assert {one.widths for _, one in again} == {(1, 2)}


def test_nothing_is_pickled_and_nothing_half_written_is_left(make_spec, stimuli, root, tmp_path):
    extract_features(make_spec("vit"), stimuli, root, shards=tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["00000000-00000002.safetensors", PLAN]
