"""Sentences of words and tags as numbers, for recipes that tag."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import no_grad
from ..datasets import Tagged
from ..embed import Encoder
from ..models.tagger import PAD, Tagger
from ..tensor import Tensor, wrap
from .ragged import Ragged, filled

SHAPES: dict[str, Callable[[str], Any]] = {
    "small": lambda word: word.isalpha() and word.islower(),
    "Capital": lambda word: word.isalpha() and word[0].isupper() and not word[1:].upper() == word[1:],
    "ALL CAPITALS": lambda word: word.isalpha() and word.isupper(),
    "letters": str.isalpha,
    "number": re.compile(r"[\d.,]*\d[\d.,]*").fullmatch,
    "1st": re.compile(r"\w*\d\w*").fullmatch,
    "@name": re.compile(r"@.+").fullmatch,
    "#word": re.compile(r"#.+").fullmatch,
    "address": re.compile(r"(https?:|www\.).*").fullmatch,
    "A.B.": re.compile(r"(\w\.)+").fullmatch,
    "signs": re.compile(r"[\W_]+").fullmatch,
    "other": lambda word: True}
NUMBERS = {name: number for number, name in enumerate(SHAPES)}
LAYERS = (1, 3, 5)                                               # of the language model, counted from 0


def shape(word: str) -> str:
    """The first of SHAPES that a word has.

    >>> [shape(word) for word in ("one", "Two", "NATO", "世界", "3.5", "2nd", "@me", "U.S.", "?!", "e-mail")]
    ['small', 'Capital', 'ALL CAPITALS', 'letters', 'number', '1st', '@name', 'A.B.', 'signs', 'other']
    """
    return next(name for name, has in SHAPES.items() if has(word))


def plain(word: str) -> str:
    """A word without capitals, every digit 0: so more of them are known.

    >>> plain("Boeing747")
    'boeing000'
    """
    return re.sub(r"\d", "0", word.lower())


class Codes:
    """Numbers for the words, letters and tags of the training part; 0 fills up, 1 is what is not known.

    A word is known if it occurs `least` times, a letter if it occurs five times. Of long words the first and
    the last letters are read.

    >>> codes = Codes([Tagged(["Ada", "met", "Ada"], ["B-P", "O", "B-P"])], least=2)
    >>> codes.words, codes.tags
    ({'ada': 2}, ['O', 'B-P'])
    """

    def __init__(self, sentences: Sequence[Tagged], least: int = 2, longest: int = 16) -> None:
        words = Counter(plain(word) for each in sentences for word in each.words)
        letters = Counter(letter for each in sentences for word in each.words for letter in word)
        self.words = {word: i for i, word in enumerate((w for w, n in words.items() if n >= least), 2)}
        self.letters = {letter: i for i, letter in enumerate((c for c, n in letters.items() if n >= 5), 2)}
        self.tags = ["O", *sorted({tag for each in sentences for tag in each.tags} - {"O"})]
        self.longest = longest

    def read(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The numbers of words (T,), of their letters (T, longest) and of their shapes (T,)."""
        letters, half = np.zeros((len(words), self.longest), np.int64), self.longest // 2
        for row, word in zip(letters, words, strict=True):
            seen = word if len(word) <= self.longest else word[:half] + word[-half:]
            row[:len(seen)] = [self.letters.get(letter, 1) for letter in seen]
        known = np.array([self.words.get(plain(word), 1) for word in words])
        return known, letters, np.array([NUMBERS[shape(word)] for word in words])

    def numbers(self, tags: Sequence[str]) -> np.ndarray:
        """The numbers of tags; one that the training part has not is O, as it cannot be learned."""
        return np.array([self.tags.index(tag) if tag in self.tags else 0 for tag in tags])


class Sentences(Ragged):
    """Batches ((words, letters, shapes, given), tags) of sentences of like lengths, in a new order each pass.

    Shapes:  words, shapes (B, T), letters (B, T, L), given (B, T, G) if there is any, tags (B, T)
    """

    def __init__(self, sentences: Sequence[Tagged], codes: Codes, size: int, shuffle: bool,
                 given: Sequence[np.ndarray] | None = None) -> None:
        self.codes = codes
        self.x: list[tuple[np.ndarray, ...]] = [codes.read(each.words) for each in sentences]
        if given is not None:
            self.x = [(*own, more) for own, more in zip(self.x, given, strict=True)]
        self.y = [codes.numbers(each.tags) for each in sentences]
        order = np.argsort([len(tags) for tags in self.y], kind="stable").tolist()
        super().__init__([order[i:i + size] for i in range(0, len(order), size)], shuffle)

    def batch(self, rows: list[int]) -> Any:
        return self.read(rows), wrap(filled([self.y[row] for row in rows], PAD))

    def read(self, rows: Sequence[int]) -> tuple[Tensor, ...]:
        """Words, letters, shapes and what is given of some sentences."""
        return tuple(wrap(filled(part)) for part in zip(*(self.x[row] for row in rows), strict=True))


@no_grad()
def predicted(model: Tagger, sentences: Sentences) -> list[list[str]]:
    """The tags that a model gives, in the sentences' order."""
    was_training, found = model.training, [[""]] * len(sentences.y)
    model.eval()
    for rows in sentences.batches:
        for row, tags in zip(rows, model.tags(*sentences.read(rows)), strict=True):
            found[row] = [sentences.codes.tags[tag] for tag in tags]
    model.train(was_training)
    return found


@no_grad()
def features(encoder: Encoder, sentences: Sequence[Tagged], size: int = 32) -> list[np.ndarray]:
    """What layers 2, 4 and 6 of a language model make of the first token of each word: (T, 3 C) for each.

    Words behind the model's last place get what that place has.
    """
    bert, ids = encoder.model.eval(), encoder.tokenizer
    first, last = ids.encode("").ids[0], ids.encode("").ids[-1]
    pieces = {word: ids.encode(word, add_special_tokens=False).ids or [ids.vocab["[UNK]"]]
              for word in sorted({word for each in sentences for word in each.words})}
    longest = bert.config.max_position_embeddings
    tokens, starts = [], []
    for each in sentences:
        before = np.cumsum([1, *(len(pieces[word]) for word in each.words[:-1])])
        starts.append(np.minimum(before, longest - 2))
        whole = [first, *(piece for word in each.words for piece in pieces[word])]
        tokens.append(np.array([*whole[:longest - 1], last]))
    found = [np.zeros((0, 0), np.float32)] * len(tokens)
    order = np.argsort([len(row) for row in tokens], kind="stable").tolist()
    for i in range(0, len(order), size):
        rows = order[i:i + size]
        x = filled([tokens[row] for row in rows], bert.config.pad_token_id)
        lengths = np.array([len(tokens[row]) for row in rows])
        seen = wrap((np.arange(x.shape[1]) < lengths[:, None])[:, None, None])
        h, kept = bert.embeddings(wrap(x)), []
        for number, layer in enumerate(bert.encoder.layer):
            h = layer(h, seen)
            if number in LAYERS:
                kept.append(h.numpy())
        for row, vectors in zip(rows, np.concatenate(kept, -1), strict=True):
            found[row] = vectors[starts[row]]
    return found
