"""What every model of a tokenizer can do: words to tokens, tokens to numbers, and both to and from JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

# Its number, its text, and where in the word it begins and ends.
Token = tuple[int, str, int, int]
MODELS: dict[str, type[Model]] = {}


class Model:
    """A vocabulary and the way to split a word into its entries.

    A subclass names its `kind` as tokenizer.json does, and sets `vocab` (token -> id) and `tokens` (back).
    """

    kind: ClassVar[str] = ""
    unk_token: str | None = None

    def __init__(self, vocab: Mapping[str, int]) -> None:
        self.vocab = dict(vocab)
        self.tokens = {number: token for token, number in self.vocab.items()}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        MODELS.setdefault(cls.kind, cls)

    def __len__(self) -> int:
        return len(self.vocab)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} tokens)"

    def tokenize(self, word: str) -> list[Token]:
        """The tokens of a word."""
        raise NotImplementedError

    def whole(self, word: str) -> list[Token]:
        """A word as one unknown token.

        Raises:  ValueError if the model has no token for what it does not know.
        """
        if self.unk_token not in self.vocab:
            raise ValueError(f"{self.kind}: {word!r:.60} is not in the vocabulary, and there is no token for "
                             f"unknown words: unk_token is {self.unk_token!r}")
        return [(self.vocab[self.unk_token], self.unk_token, 0, len(word))]

    def to_json(self) -> dict[str, Any]:
        """The model as tokenizer.json has it."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Model:
        """The model that a dictionary of tokenizer.json describes."""
        raise NotImplementedError

    def in_order(self) -> dict[str, int]:
        """The vocabulary sorted by number."""
        return dict(sorted(self.vocab.items(), key=lambda item: item[1]))


def numbered(tokens: Iterable[str]) -> dict[str, int]:
    """A vocabulary: the tokens counted from 0, each once.

    >>> numbered(["a", "b", "a"])
    {'a': 0, 'b': 1}
    """
    return {token: number for number, token in enumerate(dict.fromkeys(tokens))}


def model_from_json(found: Any) -> Model:
    """The model of a tokenizer.json; in files from before 2020 its type is to be guessed.

    Raises:  ValueError for a type that is not known.
    """
    if not isinstance(found, dict):
        raise ValueError(f"tokenizer.json: model wants an object, got {found!r:.80}")
    kind = found.get("type") or ("BPE" if "merges" in found else "WordPiece"
                                 if "continuing_subword_prefix" in found else "Unigram"
                                 if isinstance(found.get("vocab"), list) else "WordLevel")
    if kind not in MODELS:
        raise ValueError(f"tokenizer.json: model type {kind!r} is not known; "
                         f"known are {', '.join(sorted(MODELS))}")
    try:
        return MODELS[kind].from_json(found)
    except KeyError as error:
        raise ValueError(f"tokenizer.json: model {kind} lacks {error}") from None
