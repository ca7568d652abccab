"""Features that no network makes against arithmetic on images and captions, and functions of one's own."""

import sys
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cosine
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from tyrosine.errors import ModelError
from tyrosine.models import confounds, describe_checkpoint, extract_features, parse_roster
from tyrosine.models.backends import Material

CATEGORIES = [
    ["bus"],
    ["dog", "person", "boat"],
    [],
    ["cat"],
    ["zebra", "giraffe"],
    ["person"],
    ["person", "apple"],
]


def entry(function="tyrosine.models.confounds:pixels", **changes):
    fields = {"label": "Own", "backend": "features", "factory": function, **changes}
    return parse_roster({"own": fields})["own"]


@pytest.fixture
def annotated(stimuli):
    return stimuli.assign(categories=[np.array(names, dtype=object) for names in CATEGORIES])


@pytest.fixture
def own_function(tmp_path, monkeypatch):
    """Write a module with a function `made(shown)` of this body, and name it."""

    def write(body, name="own_features"):
        (tmp_path / f"{name}.py").write_text(f"import numpy as np\n\n\ndef made(shown):\n    {body}\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return f"{name}:made"

    return write


def shown(images, tmp_path):
    paths = []
    for number, image in enumerate(images):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(image).save(paths[-1])
    return Material([str(number) for number in range(len(images))], paths, [])


def test_pixels_are_means_over_the_squares_that_a_pixel_covers(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (96, 64, 3), dtype=np.uint8)

    (found,) = confounds.pixels(shown([image], tmp_path))

    expected = image.reshape(32, 3, 32, 2, 3).mean(axis=(1, 3)) / 255
    # Pillow rounds each resized pixel to eight bits.
    np.testing.assert_allclose(found.reshape(32, 32, 3), expected, atol=1 / 255)


def test_colour_and_contrast_are_means_and_variances_of_the_image(tmp_path):
    rng = np.random.default_rng(1)
    images = [
        np.clip(rng.normal(rng.uniform(60, 190, 3), rng.uniform(5, 30), (128, 128, 3)), 0, 255).astype(
            np.uint8
        )
        for _ in range(6)
    ]

    found = confounds.colour_and_contrast(shown(images, tmp_path))

    colour = np.stack([image.mean(axis=(0, 1)) for image in images])
    luma = [image @ [0.299, 0.587, 0.114] for image in images]
    first_cell = np.array([((grey - grey.mean()) ** 2)[:32, :32].mean() for grey in luma])
    for column, values in ((found[:, 0], colour[:, 0]), (found[:, 3], first_cell)):
        assert np.corrcoef(column, values)[0, 1] == pytest.approx(1, abs=1e-9)
    # Both parts have as much variance.
    assert found[:, :3].var(axis=0).sum() == pytest.approx(found[:, 3:].var(axis=0).sum())


@pytest.mark.parametrize("orientation", range(confounds.N_ORIENTATIONS))
@pytest.mark.parametrize("scale", range(3))
def test_a_wave_has_the_energy_of_its_square_in_its_own_filter_and_less_in_others(scale, orientation):
    angle = np.pi * orientation / confounds.N_ORIENTATIONS
    down, right = np.mgrid[:128, :128]
    wave = 3.0 * np.cos(
        2 * np.pi / confounds.WAVELENGTHS[scale] * (right * np.cos(angle) + down * np.sin(angle)) + 0.7
    )

    # The image is taken for periodic, which a wave that is cut at the border is not.
    energies = confounds.gabor_energies(wave)[..., 48:80, 48:80].mean(axis=(2, 3))

    assert energies[scale, orientation] == pytest.approx(9.0, rel=0.02)
    assert np.unravel_index(energies.argmax(), energies.shape) == (scale, orientation)


def test_categories_are_one_where_the_stimulus_has_them(annotated, root):
    features = extract_features(entry("tyrosine.models.confounds:categories"), annotated, root).measurements

    names = sorted({name for one in CATEGORIES for name in one})
    np.testing.assert_array_equal(features, [[name in one for name in names] for one in CATEGORIES])


def test_words_are_counted_in_all_captions_or_in_the_first(annotated, root):
    every, first = (
        extract_features(
            entry("tyrosine.models.confounds:word_count", captions=captions), annotated, root
        ).measurements[:, 0]
        for captions in ("mean", "first")
    )

    assert every[2] == pytest.approx((1 + 5 + 12) / 3)
    assert first[2] == 1
    assert first[3] == every[3] == 2


def test_half_the_squared_distance_of_bags_of_words_is_their_cosine_distance(annotated):
    captions = [list(texts) for texts in annotated["captions"]]

    found = confounds.bag_of_words(Material([], [], [], captions))

    bags = [
        Counter(
            word
            for text in texts
            for word in "".join(c if c.isalnum() else " " for c in text.lower()).split()
            if len(word) > 1 and word not in ENGLISH_STOP_WORDS
        )
        for texts in captions
    ]
    words = sorted(set().union(*bags))
    counts = np.array([[bag[word] for word in words] for bag in bags], dtype=float)
    for a, b in [(0, 1), (1, 5), (2, 4)]:
        assert ((found[a] - found[b]) ** 2).sum() / 2 == pytest.approx(cosine(counts[a], counts[b]))


def test_a_function_of_ones_own_gets_all_that_a_study_has(own_function, annotated, root):
    body = "return [list(map(len, one)) for one in zip(shown.ids, shown.captions, shown.categories)]"
    spec = entry(own_function(body))

    features = extract_features(spec, annotated, root)

    expected = [[5, len(texts), len(names)] for texts, names in zip(annotated["captions"], CATEGORIES)]
    np.testing.assert_array_equal(features.measurements, expected)
    described = describe_checkpoint(spec)
    assert described["layers"] == ["made"]
    assert described["revision"] == features.descriptors["revision"]


def test_changed_code_or_a_changed_caption_makes_features_stale(own_function, annotated, root):
    spec = entry(own_function("return [[len(i)] + [n] for n, i in enumerate(shown.ids)]"))
    before = extract_features(spec, annotated, root).descriptors["fingerprint"]
    other = annotated.copy()
    other.at[3, "captions"] = ["another cat"]

    assert extract_features(spec, annotated, root).descriptors["fingerprint"] == before
    assert extract_features(spec, other, root).descriptors["fingerprint"] != before
    spec = entry(own_function("return [[len(i)] + [2 * n] for n, i in enumerate(shown.ids)]", "changed"))
    assert extract_features(spec, annotated, root).descriptors["fingerprint"] != before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return np.ones((3, 2))", r"returns an array of shape \(3, 2\); expected \(7, n_features\)"),
        ("return np.arange(7)", r"of shape \(7,\)"),
        ("return np.ones((7, 2))", "all stimuli the same features"),
        ("return np.where(np.arange(7) == 4, np.nan, 1.0)[:, None]", "not finite to stim4"),
        ("return 1 / 0", "own_features:made failed: ZeroDivisionError"),
    ],
)
def test_what_a_function_should_not_return_is_refused(own_function, annotated, root, body, words):
    with pytest.raises(ModelError, match=words):
        extract_features(entry(own_function(body)), annotated, root)


def test_what_the_stimuli_lack_is_told(annotated, root):
    without = annotated.assign(categories=[[]] * 7, captions=[[]] * 7)

    with pytest.raises(ModelError, match="Own: The stimuli have no categories"):
        extract_features(entry("tyrosine.models.confounds:categories"), without, root)
    with pytest.raises(ModelError, match="The stimuli stim0, stim1, stim2.* have no caption"):
        extract_features(entry("tyrosine.models.confounds:word_count"), without, root)
    assert extract_features(entry(), without, root).measurements.shape == (7, 3072)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"function": "no.such:thing"}, "cannot be imported: ModuleNotFoundError"),
        ({"function": "tyrosine.models.confounds:SIDE"}, "is a int; expected a function"),
    ],
)
def test_a_function_that_is_none_is_refused(changes, words):
    with pytest.raises(ModelError, match=words):
        describe_checkpoint(entry(**changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"modality": "vision"}, "modality 'vision' does not suit the backend features"),
        ({"layer": "features.1"}, "has neither checkpoints nor layers"),
        ({"twin_of": "own"}, "trains nothing"),
        ({"factory": None}, "needs|missing"),
        ({"backend": "transformers", "factory": None, "modality": "stimulus", "task": "none", "layer": "x",
          "pooling": "none", "checkpoint": "a/b"}, "'stimulus' does not suit the backend transformers"),
    ],
)  # fmt: skip
def test_an_entry_that_makes_no_sense_is_refused(changes, words):
    with pytest.raises(ModelError, match=words):
        entry(**changes)
