"""Characters: the simplest tokenizer that there is, where every character is a token.

A network takes numbers and a text is letters, so something must number them. Here the alphabet is the
characters of the training text. It is tiny and can spell every word that they spell; a character that
was not seen is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .model import numbered
from .words import UNKNOWN, WordLevel


class Characters(WordLevel):
    """A token for every character.

    Its vocabulary is in the order of Unicode, not of frequency. In tokenizer.json it is a WordLevel model
    behind a pre-tokenizer that splits everywhere.

    >>> model = Characters.train({"banana": 1})
    >>> [token for _, token, _, _ in model.tokenize("nab")]
    ['n', 'a', 'b']
    """

    @classmethod
    def train(cls, counts: Mapping[str, int], vocab_size: int = 30000, *, special_tokens: Sequence[str] = (),
              min_frequency: int = 0, unk_token: str = UNKNOWN) -> Characters:
        """The characters of the words; the most frequent ones if there are more than the vocabulary holds."""
        seen: dict[str, int] = {}
        for word, count in counts.items():
            for character in word:
                seen[character] = seen.get(character, 0) + count
        room = vocab_size - len(numbered([*special_tokens, unk_token]))
        often = sorted((character for character, count in seen.items() if count >= min_frequency),
                       key=lambda character: (-seen[character], character))[:max(room, 0)]
        return cls(numbered([*special_tokens, unk_token, *sorted(often)]), unk_token)

    def tokenize(self, word: str) -> list[tuple[int, str, int, int]]:
        return [(number, token, place, place + 1) for place, character in enumerate(word)
                for number, token, _, _ in super(Characters, self).tokenize(character)]
