"""Miniature checkpoints: tiny networks of the published architectures, in the published file layout."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, ByteLevel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from tyrosine.models.loading import quiet_transformers

IMAGE_SIZE = 96
# The default of 0.02 suits a width of a thousand. At a hundred it leaves the untrained blocks idle beside the
# residual stream, so that all stimuli look alike; these are about Glorot's values for the widths below.
INITIALIZER_RANGE = 0.1
CLIP_INITIALIZER_FACTOR = 3.0
_TRANSFORMER = {"num_hidden_layers": 4, "num_attention_heads": 4, "initializer_range": INITIALIZER_RANGE}
_CLIP_TOWER = {
    **_TRANSFORMER,
    "hidden_size": 64,
    "intermediate_size": 128,
    "initializer_range": 0.02,
    "initializer_factor": CLIP_INITIALIZER_FACTOR,
}
_VISION = {"image_size": IMAGE_SIZE, "patch_size": 16}

# What is not listed is the architecture's default, as in the published checkpoints.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    # 80 labels: the object categories of COCO.
    "vit": {**_TRANSFORMER, **_VISION, "hidden_size": 96, "intermediate_size": 192, "num_labels": 80},
    "bert": {**_TRANSFORMER, "hidden_size": 96, "intermediate_size": 192, "max_position_embeddings": 128},
    "clip": {
        "projection_dim": 64,
        "vision_config": {**_CLIP_TOWER, **_VISION},
        "text_config": {**_CLIP_TOWER, "max_position_embeddings": 77},
    },
}
BERT_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CLIP_START, CLIP_END = "<|startoftext|>", "<|endoftext|>"
END_OF_WORD = "</w>"
CLIP_MERGES = 256
PRINTABLE = [chr(code) for code in range(33, 127)]
RECORD = "miniature.json"


def write_miniatures(folder: Path, seed: int, captions: Sequence[str] | None = None) -> None:
    """Write the untrained miniatures `vit`, `bert` and `clip` as Hugging Face folders.

    Parameters
    ----------
    folder : Path
        Gets one folder a miniature, with config.json, model.safetensors and tokenizer or image processor.
        A miniature that is already there from the same seed and captions is left alone, and so is a
        checkpoint of another origin.
    seed : int
        Of the weights. The same seed and captions give the same bytes.
    captions : sequence of str, optional
        Texts whose words the tokenizers know whole; other words are spelled in letters.

    Notes
    -----
    Each miniature is written beside its place and renamed, so that it is there complete or not at all.
    """
    words = list(captions or ())
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in BUILDERS.items():
        record = {
            "architecture": ARCHITECTURES[name],
            "seed": int(seed),
            "captions": hashlib.sha256("\n".join(words).encode()).hexdigest(),
        }
        if not _is_current(folder / name, record):
            _write(folder / name, record, build, words)


def _is_current(folder: Path, record: dict[str, Any]) -> bool:
    if not folder.is_dir():
        return False
    note = folder / RECORD
    return not note.is_file() or json.loads(note.read_text(encoding="utf-8")) == record


def _write(folder: Path, record: dict[str, Any], build: Callable, captions: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        new, old = Path(beside, "new"), Path(beside, "old")
        # The caller's random numbers go on as if no weight had been drawn.
        with quiet_transformers(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(record["seed"])
            for part in build(captions):
                part.save_pretrained(new)
        (new / RECORD).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        # Two models of one checkpoint may be prepared at once, by two threads or processes: either's bytes
        # are right, and the one that comes second must not take the folder from under the first.
        if _is_current(folder, record):
            return
        with contextlib.suppress(FileNotFoundError):
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if not _is_current(folder, record):
                raise


def _vit(captions: list[str]) -> Iterable[Any]:
    config = transformers.ViTConfig(**ARCHITECTURES["vit"])
    processor = ViTImageProcessorPil(size={"height": IMAGE_SIZE, "width": IMAGE_SIZE})
    return transformers.ViTForImageClassification(config), processor


def _bert(captions: list[str]) -> Iterable[Any]:
    normalize, split = BertNormalizer(lowercase=True), BertPreTokenizer()
    words = {
        word for caption in captions for word, _ in split.pre_tokenize_str(normalize.normalize_str(caption))
    }
    letters = sorted({letter.lower() for letter in PRINTABLE} | {letter for word in words for letter in word})
    pieces = [*BERT_SPECIAL, *letters, *(f"##{letter}" for letter in letters), *sorted(words - set(letters))]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    config = transformers.BertConfig(vocab_size=len(vocabulary), **ARCHITECTURES["bert"])
    tokenizer = transformers.BertTokenizer(vocab=vocabulary, model_max_length=config.max_position_embeddings)
    return transformers.BertForMaskedLM(config), tokenizer


def _clip(captions: list[str]) -> Iterable[Any]:
    text = ARCHITECTURES["clip"]["text_config"]
    words = Counter(
        symbols
        for caption in captions
        for word in caption.lower().split()
        for symbols, _ in ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)
    )
    merges = learn_merges(words, CLIP_MERGES)
    alphabet = sorted(ByteLevel.alphabet())
    # The order of CLIP's own vocabulary: bytes, bytes that end a word, merges, the two marks.
    pieces = [
        *alphabet,
        *(byte + END_OF_WORD for byte in alphabet),
        *(left + right for left, right in merges),
    ]
    vocabulary = {piece: index for index, piece in enumerate([*dict.fromkeys(pieces), CLIP_START, CLIP_END])}
    tokenizer = transformers.CLIPTokenizer(
        vocab=vocabulary, merges=merges, model_max_length=text["max_position_embeddings"]
    )
    config = transformers.CLIPConfig(
        **{
            **ARCHITECTURES["clip"],
            "text_config": {
                **text,
                "vocab_size": len(vocabulary),
                "bos_token_id": vocabulary[CLIP_START],
                "eos_token_id": vocabulary[CLIP_END],
                "pad_token_id": vocabulary[CLIP_END],
            },
        }
    )
    processor = CLIPImageProcessorPil(
        size={"shortest_edge": IMAGE_SIZE}, crop_size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}
    )
    return transformers.CLIPModel(config), tokenizer, processor


def learn_merges(words: Counter[str], n_merges: int) -> list[tuple[str, str]]:
    """Byte-pair merges of a few words, ties broken alphabetically.

    The trainer of `tokenizers` breaks ties by the order of a hash map, which changes from run to run.

    Parameters
    ----------
    words : Counter of str
        How often each word occurs, in byte-level symbols.
    n_merges : int
        At most; fewer if every word has become one piece.

    Returns
    -------
    list of (left, right)
        Most frequent first.

    References
    ----------
    Sennrich et al. (2016), Neural machine translation of rare words with subword units, ACL.
    """
    spelled = {word: [*word[:-1], word[-1] + END_OF_WORD] for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < n_merges:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, pieces in spelled.items():
            for pair in itertools.pairwise(pieces):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        spelled = {word: _merged(pieces, best) for word, pieces in spelled.items()}
    return merges


def _merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for piece in pieces:
        # A piece that was just merged is longer than the pair's left part, so it is not merged twice.
        if merged and (merged[-1], piece) == pair:
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


BUILDERS: dict[str, Callable[[list[str]], Iterable[Any]]] = {"vit": _vit, "bert": _bert, "clip": _clip}
