"""WordPiece: the longest piece that fits, from the left.

BPE has to keep its merges and to run through them for every word. WordPiece keeps only the vocabulary: it
takes the longest token that the word begins with, then the longest that the rest begins with, and so on.
Tokens that go on inside a word begin with `##`. A word that cannot be spelled is unknown as a whole.

Source:  Schuster & Nakajima 2012, "Japanese and Korean Voice Search"; Wu et al. 2016, "Google's Neural
Machine
         Translation System", arXiv:1609.08144; Devlin et al. 2018, "BERT", arXiv:1810.04805.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .bpe import BPE
from .model import Model, Token
from .progress import Progress


class WordPiece(Model):
    """Splits words greedily into the longest tokens, from left to right.

    Words with more than `max_input_chars_per_word` characters are unknown.

    >>> vocab = {"[UNK]": 0, "un": 1, "##aff": 2, "##able": 3, "##a": 4}
    >>> [(token, start, end) for _, token, start, end in WordPiece(vocab).tokenize("unaffable")]
    [('un', 0, 2), ('##aff', 2, 5), ('##able', 5, 9)]
    """

    kind = "WordPiece"

    def __init__(self, vocab: Mapping[str, int], unk_token: str = "[UNK]",
                 continuing_subword_prefix: str = "##", max_input_chars_per_word: int = 100) -> None:
        super().__init__(vocab)
        self.unk_token, self.prefix = unk_token, continuing_subword_prefix
        self.limit = max_input_chars_per_word
        self.longest = max(map(len, self.vocab), default=0)

    @classmethod
    def train(cls, counts: Mapping[str, int], vocab_size: int = 30000, *, special_tokens: Sequence[str] = (),
              min_frequency: int = 0, initial_alphabet: Sequence[str] = (), limit_alphabet: int | None = 1000,
              unk_token: str = "[UNK]", continuing_subword_prefix: str = "##",
              progress: Progress | None = None) -> WordPiece:
        """Learn a vocabulary from words and how often each occurs.

        Differs: Google's trainer was never published; as in Hugging Face's, pieces are joined like BPE's, the
        most frequent pair first.
        """
        model = BPE.train(counts, vocab_size, special_tokens=[*special_tokens, unk_token],
                          min_frequency=min_frequency, initial_alphabet=initial_alphabet,
                          limit_alphabet=limit_alphabet, continuing_subword_prefix=continuing_subword_prefix,
                          progress=progress)
        return cls(model.vocab, unk_token, continuing_subword_prefix)

    def tokenize(self, word: str) -> list[Token]:
        if len(word) > self.limit:
            return self.whole(word)
        vocab, found, start = self.vocab, [], 0
        while start < len(word):
            end = min(len(word), start + self.longest)
            piece = self.prefix + word[start:end] if start else word[:end]
            while piece not in vocab:
                end -= 1
                if end <= start:
                    return self.whole(word)
                piece = piece[:-1]
            found.append((vocab[piece], piece, start, end))
            start = end
        return found

    def to_json(self) -> dict[str, Any]:
        return {"type": "WordPiece", "unk_token": self.unk_token, "continuing_subword_prefix": self.prefix,
                "max_input_chars_per_word": self.limit, "vocab": self.in_order()}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> WordPiece:
        return cls(found["vocab"], found["unk_token"], found["continuing_subword_prefix"],
                   found["max_input_chars_per_word"])
