"""Training is reproducible, and each loss is the one that the published class computes itself."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from tyrosine.simulation.miniatures import (
    RECIPES,
    Pictures,
    Recipe,
    build,
    load_trained,
    save_trained,
    train_miniature,
)
from tyrosine.simulation.miniatures.material import SHIFT, Material
from tyrosine.simulation.miniatures.tasks import TASKS, Score, _documents, _masked
from tyrosine.simulation.scenes import nearness_map, object_mask, render, sample_scenes

CPU = torch.device("cpu")
SMALL = Recipe(epochs=2, batch_size=16)
SCENES = sample_scenes(128, seed=77)
WORDS = [text for scene in SCENES[:20] for text in scene.captions]


@pytest.fixture(scope="module")
def pictures():
    return Pictures(
        pixels=np.stack([np.asarray(render(scene)) for scene in SCENES]),
        categories=np.array([number % 32 for number in range(len(SCENES))]),
        masks=np.stack([object_mask(scene) for scene in SCENES]),
        nearness=np.stack([nearness_map(scene) for scene in SCENES]),
        captions=[scene.captions for scene in SCENES],
    )


def _material(name, pictures):
    torch.manual_seed(0)
    miniature = build(name, WORDS)
    return miniature.network.eval(), Material(pictures, miniature, CPU)


def _generator():
    return torch.Generator().manual_seed(3)


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_same_seed_gives_the_same_weights(pictures, name):
    one, again, other = (
        train_miniature(
            name, pictures, WORDS, seed=seed, recipe=SMALL, device=CPU, max_steps=2
        ).network.state_dict()
        for seed in (4, 4, 5)
    )
    assert all(torch.equal(one[key], again[key]) for key in one)
    assert not all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.slow
def test_training_lowers_the_loss_and_leaves_the_callers_random_numbers(pictures):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    trained = train_miniature("clip", pictures, WORDS, seed=4, recipe=SMALL, device=CPU, max_steps=8)
    torch.testing.assert_close(torch.rand(3), expected)
    network, material = _material("clip", pictures)
    rows = torch.arange(32)
    with torch.inference_mode():
        before = TASKS["clip"].loss(network, material, rows, _generator())
        after = TASKS["clip"].loss(trained.network, material, rows, _generator())
    assert after < before


@pytest.mark.slow
def test_weights_survive_saving_in_half_precision(pictures, tmp_path):
    trained = train_miniature("bert", pictures, WORDS, seed=4, recipe=SMALL, device=CPU, max_steps=2)
    score = Score("accuracy", 0.5, 0.25, "chance")
    save_trained(tmp_path, "bert", trained, score=score, recipe=RECIPES["bert"], data={})
    loaded = load_trained(tmp_path / "bert")
    state = trained.network.state_dict()
    for key, weight in loaded.network.state_dict().items():
        assert weight.dtype == torch.float32
        assert torch.equal(weight, state[key])
    assert loaded.tokenizer("A red bus")["input_ids"] == trained.tokenizer("A red bus")["input_ids"]


@pytest.mark.parametrize("name", ["vit", "dpt_depth", "clip"])
def test_pixels_are_those_of_the_checkpoints_own_processor(pictures, name):
    _, material = _material(name, pictures)
    processor = build(name, WORDS).image_processor
    direct = processor(images=list(pictures.pixels[:5]), return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(material.images(torch.arange(5)), direct, rtol=0, atol=1e-5)


def test_maps_are_moved_and_mirrored_as_their_pictures(pictures):
    _, material = _material("dpt_segmentation", pictures)
    masks = torch.from_numpy(pictures.masks)
    # Pictures that show their own masks.
    material._pixels = masks[:, None].expand(-1, 3, -1, -1)
    images, moved = material.augmented_with(masks, torch.arange(40), _generator())
    shown = (images + material._shift) / material._scale
    torch.testing.assert_close(shown[:, 0].round(), moved.float())
    inner = slice(SHIFT, -SHIFT)
    as_drawn = moved[:, inner, inner] == masks[:40, inner, inner]
    assert not bool(as_drawn.all())


def test_classification_loss_is_the_networks_own(pictures):
    network, material = _material("vit", pictures)
    rows = torch.arange(16)
    loss = TASKS["vit"].loss(network, material, rows, _generator())
    images = material.augmented(rows, _generator())
    torch.testing.assert_close(loss, network(images, labels=material.categories[rows]).loss)


def test_masked_token_loss_is_the_networks_own(pictures):
    network, material = _material("bert", pictures)
    rows, rng = torch.arange(16), _generator()
    loss = TASKS["bert"].loss(network, material, rows, _generator())
    inputs, wanted = _masked(material, material.any_captions(rows, rng, 2), rng)
    torch.testing.assert_close(loss, network(**inputs, labels=wanted).loss)


def test_tokens_are_masked_as_bert_masks_them(pictures):
    _, material = _material("bert", pictures)
    pairs = [[scene.captions[k] for scene in SCENES] for k in (0, 1)]
    direct = material.tokenizer(*pairs, padding=True, return_tensors="pt")
    original = direct["input_ids"]
    tokens = [[texts[k] for texts in material.tokens] for k in (0, 1)]
    inputs, wanted = _masked(material, tokens, _generator())
    assert torch.equal(inputs["token_type_ids"], direct["token_type_ids"])
    assert torch.equal(inputs["attention_mask"], direct["attention_mask"])
    special = torch.isin(original, torch.tensor(material.tokenizer.all_special_ids))
    chosen = wanted >= 0
    assert not bool((chosen & special).any())
    assert float(chosen[~special].float().mean()) == pytest.approx(0.15, abs=0.02)
    assert torch.equal(wanted[chosen], original[chosen])
    assert torch.equal(inputs["input_ids"][~chosen], original[~chosen])
    shown = inputs["input_ids"][chosen]
    assert float((shown == material.tokenizer.mask_token_id).float().mean()) == pytest.approx(0.8, abs=0.05)
    assert float((shown == original[chosen]).float().mean()) == pytest.approx(0.1, abs=0.04)


def test_next_token_loss_is_the_networks_own(pictures):
    network, material = _material("gpt2", pictures)
    rows = torch.arange(8)
    loss = TASKS["gpt2"].loss(network, material, rows, _generator())
    captions = material.any_captions(rows, _generator(), 5)
    inputs, _ = _documents(material, [list(texts) for texts in zip(*captions)])
    labels = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, -100)
    torch.testing.assert_close(loss, network(**inputs, labels=labels).loss)


def test_contrastive_loss_is_the_networks_own(pictures):
    network, material = _material("clip", pictures)
    rows, rng = torch.arange(16), _generator()
    loss = TASKS["clip"].loss(network, material, rows, _generator())
    images = material.augmented(rows, rng)
    (captions,) = material.any_captions(rows, rng)
    direct = network(pixel_values=images, **material.padded(captions), return_loss=True).loss
    torch.testing.assert_close(loss, direct)


def test_sentence_embeddings_leave_padding_out(pictures):
    network, material = _material("mpnet", pictures)
    captions = [material.tokens[0][0], material.tokens[1][0]]
    rows = torch.arange(2)
    one_by_one = torch.cat([network(torch.tensor([ids])).last_hidden_state.mean(dim=1) for ids in captions])
    material.tokens = [[ids] * 2 for ids in captions]
    loss = TASKS["mpnet"].loss(network, material, rows, _generator())
    similarity = functional.cosine_similarity(one_by_one[:, None], one_by_one[None], dim=2)
    torch.testing.assert_close(loss, functional.cross_entropy(20 * similarity, rows), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", RECIPES)
def test_scores_of_random_weights_are_not_those_of_trained_ones(pictures, name):
    network, material = _material(name, pictures)
    with torch.inference_mode():
        score = TASKS[name].score(network, material, material)
    margin = 0.15 if score.higher_is_better else 0
    assert (score.value < score.baseline + margin) == score.higher_is_better
