"""Miniature checkpoints, and stimuli of noise and of captions short and long, for the tests of models."""

import hashlib
import os

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import pandas as pd
import pytest
from PIL import Image

CAPTIONS = [
    ["A red bus drives down the street.", "bus"],
    ["Two dogs play on a beach, next to a boat with a long white sail and three people in it."],
    ["kitchen", "A kitchen with an oven.", "An oven, a table and four chairs stand in a bright kitchen"],
    ["a cat"],
    [
        "Zebras graze; behind them, far away and small, one giraffe eats the leaves of a tall tree at noon",
        "it",
    ],
    ["Man on a bench", "A person sits on a wooden bench in a park and reads a newspaper."],
    ["a bowl of fruit: apples, bananas, grapes"],
]


@pytest.fixture(scope="session", autouse=True)
def _two_threads_and_no_network():
    import huggingface_hub.constants
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(min(2, threads))
    with pytest.MonkeyPatch.context() as patch:
        # The variable is read when huggingface_hub is imported, which another test may have done before.
        patch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def miniatures(tmp_path_factory):
    from tyrosine.simulation.miniatures import write_miniatures

    folder = tmp_path_factory.mktemp("miniatures")
    write_miniatures(folder, seed=7, captions=[text for texts in CAPTIONS for text in texts])
    return folder


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    """Folder with an image a stimulus, of several sizes and shapes."""
    folder = tmp_path_factory.mktemp("study")
    random = np.random.default_rng(3)
    (folder / "images").mkdir()
    for number in range(len(CAPTIONS)):
        shape = (96 + 8 * number, 130 - 6 * number, 3)
        pixels = random.integers(0, 256, shape, dtype=np.uint8)
        # A block of one colour: noise alone looks the same to every network.
        pixels[: 20 + 9 * number, :50] = random.integers(0, 256, 3)
        Image.fromarray(pixels).save(folder / "images" / f"{number:03}.png")
    return folder


@pytest.fixture
def stimuli(root):
    files = sorted((root / "images").iterdir())
    return pd.DataFrame(
        {
            "stimulus_id": [f"stim{number}" for number in range(len(files))],
            "image": [f"images/{file.name}" for file in files],
            "image_sha256": [hashlib.sha256(file.read_bytes()).hexdigest() for file in files],
            # As Parquet gives them back.
            "captions": [np.array(texts, dtype=object) for texts in CAPTIONS],
        }
    )


@pytest.fixture
def make_spec(miniatures):
    """Specification of a miniature, with any field replaced."""
    from tyrosine.models import ModelSpec

    fields = {
        "vit": {"modality": "vision", "checkpoint": "vit", "layer": "layers.3", "pooling": "cls"},
        "bert": {"modality": "language", "checkpoint": "bert", "layer": "encoder.layer.3", "pooling": "cls"},
        "clip_vision": {
            "modality": "vision",
            "checkpoint": "clip",
            "layer": "encoder.layers.3",
            "pooling": "cls",
        },
        "clip_language": {
            "modality": "language",
            "checkpoint": "clip",
            "layer": "encoder.layers.3",
            "pooling": "eos",
        },
    }

    def make(name, **changes):
        given = {"label": name, "task": "any", "batch_size": 3, "device": "cpu", **fields[name]}
        given["checkpoint"] = str(miniatures / given["checkpoint"])
        return ModelSpec(**{**given, **changes})

    return make


@pytest.fixture
def one_core():
    """One batch after the other; with several cores the first batches of all are computed together."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
