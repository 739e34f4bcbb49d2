"""Tokens found in a text before anything else happens to it: special tokens, and tokens added later."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from . import unicode_classes as classes
from .aligned import Aligned
from .normalizers import Normalizer

Found = tuple[int, int, "int | None"]                            # start, end, the token's number or None


@dataclass(frozen=True)
class AddedToken:
    """A text that is a token wherever it stands.

    A `special` token is text in a text, unless it is allowed, and decoding leaves it out. With `single_word`
    it must not touch other letters; `lstrip` and `rstrip` take the white space beside it along; a
    `normalized` one is looked for after normalising.
    """

    content: str
    single_word: bool = False
    lstrip: bool = False
    rstrip: bool = False
    normalized: bool = True
    special: bool = False

    def to_json(self, number: int) -> dict[str, Any]:
        """The token as tokenizer.json has it."""
        return {"id": number, "content": self.content, "single_word": self.single_word, "lstrip": self.lstrip,
                "rstrip": self.rstrip, "normalized": self.normalized, "special": self.special}


class AddedTokens:
    """The added tokens of a tokenizer, and the programs that find them."""

    def __init__(self) -> None:
        self.tokens: dict[int, AddedToken] = {}
        self.numbers: dict[str, int] = {}
        self.written: dict[int, str] = {}                        # as decoders get them
        self.raw: dict[str, int] = {}                            # what to look for in the text as it is
        self.later: dict[str, int] = {}                          # what to look for after normalising
        self._programs: dict[bool, re.Pattern[str] | None] = {}

    @property
    def special(self) -> dict[str, int]:
        """The special tokens and their numbers."""
        return {token.content: number for number, token in self.tokens.items() if token.special}

    def add(self, number: int, token: AddedToken, normalizer: Normalizer | None) -> None:
        """One more token."""
        self.tokens[number] = token
        self.numbers[token.content] = number
        self.written[number] = normalizer(token.content) if token.normalized and normalizer else token.content
        (self.later if token.normalized else self.raw)[self.written[number]] = number
        self._programs.clear()

    def wanted(self, allowed: Collection[str]) -> bool:
        """Whether there is anything to look for."""
        return any(not token.special or token.content in allowed for token in self.tokens.values())

    def find(self, text: str, is_raw: bool, allowed: Collection[str]) -> list[Found]:
        """The whole text as spans; those that are a token have its number."""
        numbers = self.raw if is_raw else self.later
        if not numbers or not text:
            return [(0, len(text), None)]
        program = self._programs.get(is_raw)
        if program is None:
            # The longest first: of two that begin at the same place the longer one is meant.
            longest = sorted(filter(None, numbers), key=len, reverse=True)
            program = self._programs[is_raw] = re.compile("|".join(map(re.escape, longest)))
        found: list[Found] = []
        done = 0
        for match in program.finditer(text):
            number = numbers[match[0]]
            token = self.tokens[number]
            start, end = match.span()
            if token.special and token.content not in allowed:
                continue
            if token.single_word and touches(text, start, end):
                continue
            if token.lstrip:
                start = max(len(text[:start].rstrip(classes.SPACES)), done)
            if token.rstrip:
                end = len(text) - len(text[end:].lstrip(classes.SPACES))
            if start > done:
                found.append((done, start, None))
            found.append((start, end, number))
            done = end
        if done < len(text):
            found.append((done, len(text), None))
        return found

    def split(self, piece: Aligned, is_raw: bool, allowed: Collection[str]
              ) -> Iterable[tuple[Aligned, int | None]]:
        """A piece at its added tokens, each part with the token's number or None."""
        for start, end, number in self.find(piece.text, is_raw, allowed):
            if end > start:
                yield piece.slice(start, end), number


def touches(text: str, start: int, end: int) -> bool:
    """Whether a letter stands right before or after a span."""
    return bool(start and _letter().match(text[start - 1]) or end < len(text) and _letter().match(text[end]))


@functools.cache
def _letter() -> re.Pattern[str]:
    return re.compile(f"[{classes.bracketed(classes.word())}]")
