"""Net2Brain's files, as it writes them, are read; what is written is what it reads."""

import json
import random
import re

import numpy as np
import pytest
from scipy.spatial.distance import squareform

from tyrosine.errors import StudyError
from tyrosine.studies import net2brain

STIMULI = ["img1", "img2", "img10", "img20"]


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.fixture
def rdm_file(tmp_path):
    """An RDM as Net2Brain's `LayerRDM.save` writes it, with its pickled `meta`."""

    def write(rdm=None, name="RDM_layer_1.npz", **changes):
        arrays = {
            "rdm": np.arange(1.0, 7.0) if rdm is None else rdm,
            "stimuli_name": STIMULI,
            "layer_name": "layer.1",
            "meta": {"distance": "pearson", "multi_timepoint_rdms": None},
            **changes,
        }
        np.savez(tmp_path / name, **{key: value for key, value in arrays.items() if value is not None})
        return tmp_path / name

    return write


@pytest.fixture
def features(tmp_path):
    """Activations of two layers of four stimuli, as `FeatureExtractor` writes them in either form."""
    rng = np.random.default_rng(0)
    layers = {"layer.1": rng.normal(size=(4, 1, 3, 2, 2)), "fc": rng.normal(size=(4, 1, 5))}
    (tmp_path / "separate").mkdir()
    (tmp_path / "consolidated").mkdir()
    for row, name in enumerate(STIMULI):
        np.savez(tmp_path / "separate" / f"{name}.npz", **{key: all_[row] for key, all_ in layers.items()})
    for key, all_ in layers.items():
        np.savez_compressed(
            tmp_path / "consolidated" / f"consolidated_{key}.npz", **dict(reversed(list(zip(STIMULI, all_))))
        )
    return tmp_path, layers


@pytest.mark.parametrize("form", ["separate", "consolidated"])
@pytest.mark.parametrize("layer", ["layer.1", "fc"])
def test_features_are_read_in_both_forms(features, form, layer):
    folder, layers = features

    read = net2brain.read_features(folder / form, layer, STIMULI)

    assert read.stimuli == STIMULI
    np.testing.assert_array_equal(read.values, layers[layer].reshape(4, -1))
    assert sorted(net2brain.layers(folder / form)) == ["fc", "layer.1"]


@pytest.mark.parametrize("form", ["separate", "consolidated"])
def test_features_are_aligned_by_name(features, form):
    folder, layers = features

    read = net2brain.read_features(folder / form, "fc", ["img20", "img1"])

    assert read.stimuli == ["img20", "img1"]
    np.testing.assert_array_equal(read.values, layers["fc"][[3, 0], 0])


def test_written_features_are_batches_of_one_under_the_layer(tmp_path):
    values = np.arange(8, dtype=np.float32).reshape(4, 2)

    net2brain.write_features(tmp_path / "vit", STIMULI, {"layers.3": values})

    assert sorted(path.name for path in (tmp_path / "vit").iterdir()) == sorted(f"{s}.npz" for s in STIMULI)
    with np.load(tmp_path / "vit" / "img10.npz", allow_pickle=False) as arrays:
        assert arrays.files == ["layers.3"]
        np.testing.assert_array_equal(arrays["layers.3"], [[4, 5]])


@pytest.mark.parametrize("square", [False, True])
def test_an_rdm_is_read_and_its_pickle_is_not(rdm_file, tmp_path, square):
    values = np.arange(1.0, 7.0)
    path = rdm_file(squareform(values) if square else values, meta=Trap(tmp_path / "sprung"))

    read = net2brain.read_rdm(path)

    np.testing.assert_array_equal(read.rdm, values)
    assert (read.stimuli, read.layer) == (STIMULI, "layer.1")
    assert not (tmp_path / "sprung").exists()


def test_an_rdm_is_aligned_by_name(rdm_file):
    read = net2brain.read_rdm(rdm_file(), ["img20", "img1", "img10"])

    # Pairs (3, 0), (3, 2) and (0, 2) of 1 2 3 / 4 5 / 6.
    np.testing.assert_array_equal(read.rdm, [3, 6, 2])


def test_a_written_rdm_has_the_four_arrays_of_net2brain_and_no_pickle(tmp_path):
    path = net2brain.write_rdm(tmp_path, np.arange(6.0), STIMULI, "layers.3", {"distance": "pearson"})

    assert path.name == "RDM_layers_3.npz"
    with np.load(path, allow_pickle=False) as arrays:
        assert sorted(arrays.files) == ["layer_name", "meta", "rdm", "stimuli_name"]
        assert json.loads(str(arrays["meta"])) == {"distance": "pearson"}
        assert arrays["stimuli_name"].tolist() == STIMULI
        assert arrays["layer_name"].item() == "layers.3"
    np.testing.assert_array_equal(net2brain.read_rdm(path).rdm, np.arange(6.0))


def test_brain_rdms_come_back_as_they_were_written(tmp_path):
    rdms = np.random.default_rng(0).random((2, 6))

    path = net2brain.write_brain_rdms(tmp_path, "FFA-1", [2, 5], rdms, STIMULI, "faces")

    read = net2brain.read_brain_rdms(path)
    assert (read.subjects, read.stimuli, read.selectivity) == ([2, 5], STIMULI, "faces")
    np.testing.assert_array_equal(read.rdms, rdms)
    with np.load(path, allow_pickle=False) as arrays:
        # `RSA` takes the first array.
        assert arrays.files[0] == "rdm"
        assert arrays["rdm"].shape == (2, 4, 4)
    swapped = net2brain.read_brain_rdms(path, ["img2", "img1"])
    np.testing.assert_array_equal(swapped.rdms, rdms[:, [0]])


def test_brain_rdms_without_names_are_counted_and_not_aligned(tmp_path):
    np.savez(tmp_path / "fmri_EVC_RDMs.npz", arr_0=np.stack([squareform(np.arange(6.0))] * 3))

    read = net2brain.read_brain_rdms(tmp_path / "fmri_EVC_RDMs.npz")

    assert (read.subjects, read.stimuli) == ([1, 2, 3], None)
    with pytest.raises(StudyError, match="does not name its stimuli"):
        net2brain.read_brain_rdms(tmp_path / "fmri_EVC_RDMs.npz", STIMULI)


def test_natural_order_is_that_of_the_human_sorting_idiom():
    rng = random.Random(0)
    names = ["".join(rng.choices("ab_019", k=rng.randint(1, 6))) for _ in range(400)]
    # Letters of one look and two spellings, digits of other scripts, signs and dots that are no numbers.
    names += [
        "é1",
        "e\u03011",
        "É1",
        "ä10",
        "ä9",
        "x٣",
        "x4",
        "a-1",
        "a+5",
        "a0.25",
        "IMG3",
        "img2",
        "9x",
        "12",
    ]

    def key(name):
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]

    unambiguous = list({str(key(name)): name for name in names}.values())
    ordered = [unambiguous[row] for row in net2brain.natural_order(unambiguous)]
    assert ordered == sorted(unambiguous, key=key)


def test_names_that_net2brain_cannot_order_are_refused():
    with pytest.raises(StudyError, match="img01 and img1|img1 and img01"):
        net2brain.natural_order(["img01", "img2", "img1"])


@pytest.mark.parametrize("name", ["a/b", "", ".hidden", "a\\b", "consolidated_a"])
def test_names_that_no_file_of_net2brain_can_have_are_refused(tmp_path, name):
    with pytest.raises(StudyError, match="cannot name a file of Net2Brain's"):
        net2brain.write_features(tmp_path / "vit", [name], {"fc": np.ones((1, 2))})


@pytest.mark.parametrize("form", ["separate", "consolidated"])
def test_absent_layers_and_stimuli_are_refused_with_those_there_are(features, form):
    folder, _ = features
    with pytest.raises(StudyError, match=r"no features of layer 'fc2'; it has .*fc"):
        net2brain.read_features(folder / form, "fc2")
    with pytest.raises(StudyError, match=r"lacks img3 of the 2 stimuli; it has 4, such as img"):
        net2brain.read_features(folder / form, "fc", ["img1", "img3"])


def _pickled_activation(folder):
    np.savez(folder / "img2.npz", fc=np.array([{}], dtype=object))


def _not_finite(folder):
    np.savez(folder / "img2.npz", fc=np.full((1, 5), np.nan))


def _other_size(folder):
    np.savez(folder / "img2.npz", fc=np.ones((1, 4)))


def _truncated(folder):
    path = folder / "img2.npz"
    path.write_bytes(path.read_bytes()[:40])


def _emptied(folder):
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_pickled_activation, "cannot be read from .*img2.npz"),
        (_not_finite, "array fc in .*img2.npz is not finite"),
        (_other_size, "has 5 values for stimulus img1 but 4 for img2; it must be pooled"),
        (_truncated, "cannot be read from .*img2.npz"),
        (_emptied, "holds no features of Net2Brain"),
    ],
)
def test_broken_features_are_refused(features, damage, words):
    folder, _ = features
    damage(folder / "separate")
    with pytest.raises(StudyError, match=words) as caught:
        net2brain.read_features(folder / "separate", "fc")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rdm": np.ones(5)}, "names 4 stimuli for an RDM of 5 pairs"),
        ({"rdm": np.ones((2, 4, 4))}, r"shape \(2, 4, 4\).*RDMs over time are not read"),
        ({"rdm": np.arange(16.0).reshape(4, 4)}, "not symmetric with zero diagonal"),
        ({"rdm": np.array([{}] * 6)}, "The RDM cannot be read"),
        ({"rdm": np.full(6, np.inf)}, "is not finite"),
        ({"rdm": np.array(["x"] * 6)}, "holds <U1; expected numbers"),
        ({"stimuli_name": None}, "does not name its stimuli in an array stimuli_name"),
        ({"stimuli_name": np.array([None, None])}, "names of the stimuli cannot be read"),
        ({"stimuli_name": ["a", "b", "c", "a"]}, "names a stimulus twice"),
        ({"name": "RDM_x.pt.npz"}, None),
    ],
)
def test_broken_rdms_are_refused(rdm_file, changes, words):
    path = rdm_file(**changes)
    if words is None:
        path, words = path.rename(path.with_suffix("")), "a pickle of PyTorch.*save_format='npz'"
    with pytest.raises(StudyError, match=words) as caught:
        net2brain.read_rdm(path)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_rdms_are_refused(tmp_path):
    with pytest.raises(StudyError, match="is missing|no file"):
        net2brain.read_rdm(tmp_path / "RDM_x.npz")
    (tmp_path / "EBA.npz").write_bytes(b"nothing")
    with pytest.raises(StudyError, match="is no .npz file"):
        net2brain.read_brain_rdms(tmp_path / "EBA.npz")
