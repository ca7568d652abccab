"""Back ends: the example of the documentation works, and options that do not suit one are refused."""

import importlib
import sys

import numpy as np
import pytest

from tests.diffs import changed_files
from tyrosine.errors import ModelError
from tyrosine.models import ModelSpec, backends, describe_checkpoint, extract_features, parse_roster
from tyrosine.parameters.backends import BACKENDS


@pytest.fixture
def documented(tmp_path, monkeypatch):
    """The back end `arrays` of docs/extending.md, added as the diff there says."""
    changed = changed_files("docs/extending.md", "A new back end")
    module, table = changed.values()
    assert list(changed) == [
        "src/tyrosine/models/backends/arrays.py",
        "src/tyrosine/parameters/backends.py",
    ]
    (tmp_path / "arrays.py").write_text(module)
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    (tmp_path / "changed_table.py").write_text(table)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(BACKENDS, "arrays", importlib.import_module("changed_table").BACKENDS["arrays"])
    yield
    for name in ("tyrosine.models.backends.arrays", "changed_table"):
        sys.modules.pop(name, None)


@pytest.fixture
def entry(tmp_path, stimuli):
    """Entry of a file of two layers, which holds the stimuli in the reverse order, and one more."""
    random = np.random.default_rng(0)
    ids = [*reversed(stimuli["stimulus_id"]), "another"]
    layers = {"low": random.normal(size=(len(ids), 3)), "high": random.normal(size=(len(ids), 2))}
    np.savez(tmp_path / "features.npz", stimulus_id=ids, **layers)
    return {
        "label": "elsewhere", "modality": "vision", "task": "any", "backend": "arrays", "pooling": "none",
        "checkpoint": str(tmp_path / "features.npz"), "layer": "low high",
    }  # fmt: skip


@pytest.mark.usefixtures("documented")
def test_the_documented_back_end_gives_the_features_that_its_file_holds(entry, stimuli, root):
    features = extract_features(ModelSpec(**entry), stimuli, root)

    stored = np.load(entry["checkpoint"])
    expected = np.hstack([stored["low"], stored["high"]])[-2::-1]
    np.testing.assert_array_equal(features.measurements, expected.astype(np.float32))
    assert list(features.channel_descriptors["layer"]) == ["low"] * 3 + ["high"] * 2
    described = describe_checkpoint(ModelSpec(**entry))
    assert (described["layers"], described["depths"]) == (["low", "high"], [None, None])
    assert features.descriptors["revision"] == described["revision"]


@pytest.mark.usefixtures("documented")
def test_the_documented_back_end_says_what_its_file_lacks(entry, stimuli, root):
    with pytest.raises(ModelError, match="has no top; its layers are low, high"):
        describe_checkpoint(ModelSpec(**{**entry, "layer": "top"}))
    stimuli.loc[0, "stimulus_id"] = "unheard of"
    with pytest.raises(ModelError, match="has no unheard of;"):
        extract_features(ModelSpec(**entry), stimuli, root)


@pytest.mark.usefixtures("documented")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"checkpoint": "features.csv"}, r"which takes a file that ends with \.npz"),
        ({"pooling": "mean"}, "pooling 'mean' is not known to the backend arrays, which takes none"),
        ({"revision": "main"}, "the backend arrays has no revisions"),
        ({"precision": "auto"}, "the backend arrays computes in float32; take precision out"),
        ({"compile": True}, "the backend arrays compiles nothing"),
        ({"factory": "package:function"}, "factory is of the backend torch or features, not arrays"),
    ],
)
def test_the_entry_of_a_back_end_says_which_options_suit_it(entry, changes, words):
    with pytest.raises(ModelError, match=words):
        parse_roster({"elsewhere": {**entry, **changes}})


def test_a_back_end_that_is_not_registered_is_refused_with_those_that_are(entry):
    with pytest.raises(
        ModelError, match=r"models.elsewhere.backend is 'arrays'; expected transformers or torch"
    ):
        parse_roster({"elsewhere": entry})
