"""Words: one token for each of the most frequent words.

Characters lack meaning: a model has to learn anew, in every context, that c, a, t is an animal, and a page is
thousands of steps long. Here a whole word is a token. The vocabulary is the words of the training text,
most frequent first, and every other word is the one token for the unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .model import Model, Token, numbered

UNKNOWN = "<unk>"


class WordLevel(Model):
    """A token for every word that is in the vocabulary, and one for all others.

    >>> model = WordLevel.train({"the": 3, "cat": 2, "sat": 1}, vocab_size=3)
    >>> model.vocab
    {'<unk>': 0, 'the': 1, 'cat': 2}
    >>> model.tokenize("dog")
    [(0, '<unk>', 0, 3)]
    """

    kind = "WordLevel"

    def __init__(self, vocab: Mapping[str, int], unk_token: str = UNKNOWN) -> None:
        super().__init__(vocab)
        self.unk_token = unk_token

    @classmethod
    def train(cls, counts: Mapping[str, int], vocab_size: int = 30000, *, special_tokens: Sequence[str] = (),
              min_frequency: int = 0, unk_token: str = UNKNOWN) -> WordLevel:
        """The most frequent words, ties in alphabetical order, after the special tokens."""
        often = sorted((word for word, count in counts.items() if count >= min_frequency),
                       key=lambda word: (-counts[word], word))
        vocab = numbered([*special_tokens, unk_token, *often])
        return cls({word: number for word, number in vocab.items() if number < vocab_size}, unk_token)

    def tokenize(self, word: str) -> list[Token]:
        number = self.vocab.get(word)
        return self.whole(word) if number is None else [(number, word, 0, len(word))]

    def to_json(self) -> dict[str, Any]:
        return {"type": "WordLevel", "vocab": self.in_order(), "unk_token": self.unk_token}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> WordLevel:
        return cls(found["vocab"], found.get("unk_token", UNKNOWN))
