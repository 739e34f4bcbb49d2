"""Unigram: the most probable split of a word.

BPE and WordPiece are greedy: an early join cannot be undone, however bad the rest becomes. Here every token
has a log probability, and of all the ways to split a text the one with the largest sum wins. Viterbi's
algorithm finds it without trying them all: the best split that ends at a place only needs the best ones that
end before.

    best(0) = 0        best(j) = max over i < j, with text[i:j] a token, of best(i) + score(text[i:j])

Models of T5, ALBERT and XLM-R are of this kind. They can be loaded; training them is not here.

Source:  Kudo 2018, "Subword Regularization", arXiv:1804.10959; Viterbi 1967.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .model import Model, Token

PENALTY = 10.0                                                   # of an unknown character, below any token


class Unigram(Model):
    """Splits a text into the tokens with the largest sum of scores.

    `vocab` is a list of tokens with their log probabilities; `unk_id` numbers the unknown. Unknown
    characters in a row become one token, or tokens such as <0xE2> for their bytes with `byte_fallback`.

    >>> vocab = [("<unk>", 0.0), ("a", -3.0), ("b", -3.0), ("ab", -4.0), ("ba", -3.5), ("c", -3.0)]
    >>> [token for _, token, _, _ in Unigram(vocab, unk_id=0).tokenize("abac")]
    ['a', 'ba', 'c']
    """

    kind = "Unigram"

    def __init__(self, vocab: Sequence[tuple[str, float]], unk_id: int | None = 0,
                 byte_fallback: bool = False) -> None:
        super().__init__({token: number for number, (token, _) in enumerate(vocab)})
        if unk_id is not None and not 0 <= unk_id < len(vocab):
            raise ValueError(f"Unigram: unk_id {unk_id} is not in the vocabulary of {len(vocab)} tokens")
        self.scored = [(token, float(score)) for token, score in vocab]
        self.unk_id, self.byte_fallback = unk_id, byte_fallback
        self.unk_token = None if unk_id is None else self.scored[unk_id][0]
        self.unknown = min((score for _, score in self.scored), default=0.0) - PENALTY
        self.scores = {token: (self.scored[number][1], number) for token, number in self.vocab.items()}
        self.sizes = sorted({len(token) for token in self.vocab if token})

    def split(self, text: str) -> list[tuple[int, int, int]]:
        """The best split: the number, the start and the end of every part."""
        size = len(text)
        best: list[float | None] = [None] * (size + 1)
        best[0] = 0.0
        path: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        for start in range(size):
            here = best[start]
            if here is None:
                continue
            for length in self.sizes:
                end = start + length
                if end > size:
                    break
                found = self.scores.get(text[start:end])
                if found is None:
                    if length > 1:
                        continue
                    found = self.unknown, self.unknown_id(text[start:end])
                value, known = here + found[0], best[end]
                if known is None or value > known:
                    best[end], path[end] = value, (start, found[1])
        parts, end = [], size
        while end > 0:
            start, number = path[end]
            parts.append((number, start, end))
            end = start
        return parts[::-1]

    def unknown_id(self, character: str) -> int:
        """The number of the unknown.

        Raises:  ValueError if there is none.
        """
        if self.unk_id is None:
            raise ValueError(f"Unigram: {character!r} is not in the vocabulary, and there is no unk_id")
        return self.unk_id

    def tokenize(self, word: str) -> list[Token]:
        found: list[Token] = []
        spans: list[tuple[int, int, int]] = []
        for number, start, end in self.split(word):
            if number == self.unk_id and spans and spans[-1][0] == number:
                spans[-1] = (number, spans[-1][1], end)
            else:
                spans.append((number, start, end))
        for number, start, end in spans:
            piece = word[start:end]
            if number == self.unk_id and self.byte_fallback and piece not in self.vocab:
                names = [f"<0x{byte:02X}>" for byte in piece.encode("utf-8")]
                if all(name in self.vocab for name in names):
                    found += [(self.vocab[name], name, start, end) for name in names]
                    continue
            found.append((number, piece, start, end))
        return found

    def to_json(self) -> dict[str, Any]:
        return {"type": "Unigram", "unk_id": self.unk_id,
                "vocab": [[token, score] for token, score in self.scored],
                "byte_fallback": self.byte_fallback}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Unigram:
        return cls([(token, score) for token, score in found["vocab"]], found.get("unk_id"),
                   found.get("byte_fallback", False))
