"""Tokenizers of the miniatures: the published kinds, with a vocabulary learned from a few captions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

import transformers
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, ByteLevel

# In the order of the published vocabularies.
BERT_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MPNET_SPECIAL = ("<s>", "<pad>", "</s>", "[UNK]", "<mask>")
CLIP_START, CLIP_END = "<|startoftext|>", "<|endoftext|>"
GPT2_END = "<|endoftext|>"
END_OF_WORD = "</w>"
N_MERGES = 512
PRINTABLE = [chr(code) for code in range(33, 127)]


def bert_tokenizer(captions: Sequence[str], context: int) -> transformers.BertTokenizer:
    """WordPiece as BERT's: the captions' words are whole, other words are spelled in letters."""
    return transformers.BertTokenizer(vocab=_word_pieces(captions, BERT_SPECIAL), model_max_length=context)


def mpnet_tokenizer(captions: Sequence[str], context: int) -> transformers.MPNetTokenizer:
    """WordPiece as MPNet's: as BERT's, with other special tokens."""
    return transformers.MPNetTokenizer(vocab=_word_pieces(captions, MPNET_SPECIAL), model_max_length=context)


def clip_tokenizer(captions: Sequence[str], context: int) -> transformers.CLIPTokenizer:
    """Byte pairs as CLIP's: lower case, the end of a word marked."""
    split = ByteLevel(add_prefix_space=False, use_regex=False)
    words = Counter(
        symbols
        for caption in captions
        for word in caption.lower().split()
        for symbols, _ in split.pre_tokenize_str(word)
    )
    merges = learn_merges(words, N_MERGES, END_OF_WORD)
    alphabet = sorted(ByteLevel.alphabet())
    # The order of CLIP's own vocabulary: bytes, bytes that end a word, merges, the two marks.
    pieces = [*alphabet, *(byte + END_OF_WORD for byte in alphabet), *_joined(merges), CLIP_START, CLIP_END]
    return transformers.CLIPTokenizer(vocab=_numbered(pieces), merges=merges, model_max_length=context)


def gpt2_tokenizer(captions: Sequence[str], context: int) -> transformers.GPT2Tokenizer:
    """Byte pairs as GPT-2's: case kept, a space belongs to the word after it, no padding token."""
    split = ByteLevel(add_prefix_space=False)
    # A caption stands alone or after another one.
    words = Counter(
        symbols
        for caption in captions
        for text in (caption, f" {caption}")
        for symbols, _ in split.pre_tokenize_str(text)
    )
    merges = learn_merges(words, N_MERGES)
    pieces = [*sorted(ByteLevel.alphabet()), *_joined(merges), GPT2_END]
    return transformers.GPT2Tokenizer(vocab=_numbered(pieces), merges=merges, model_max_length=context)


def learn_merges(words: Counter[str], n_merges: int, end_of_word: str = "") -> list[tuple[str, str]]:
    """Byte-pair merges of a few words, ties broken alphabetically.

    The trainer of `tokenizers` breaks ties by the order of a hash map, which changes from run to run.

    Parameters
    ----------
    words : Counter of str
        How often each word occurs, in byte-level symbols.
    n_merges : int
        At most; fewer if every word has become one piece.
    end_of_word : str
        What marks the last symbol of a word.

    Returns
    -------
    list of (left, right)
        Most frequent first.

    References
    ----------
    Sennrich et al. (2016), Neural machine translation of rare words with subword units, ACL.
    """
    spelled = {word: [*word[:-1], word[-1] + end_of_word] for word in words}
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


def _word_pieces(captions: Sequence[str], special: Sequence[str]) -> dict[str, int]:
    normalize, split = BertNormalizer(lowercase=True), BertPreTokenizer()
    words = {
        word for caption in captions for word, _ in split.pre_tokenize_str(normalize.normalize_str(caption))
    }
    letters = sorted({letter.lower() for letter in PRINTABLE} | {letter for word in words for letter in word})
    pieces = [*special, *letters, *(f"##{letter}" for letter in letters), *sorted(words - set(letters))]
    return _numbered(pieces)


def _joined(merges: Iterable[tuple[str, str]]) -> list[str]:
    return [left + right for left, right in merges]


def _numbered(pieces: Iterable[str]) -> dict[str, int]:
    return {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
