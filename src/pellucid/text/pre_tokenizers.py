"""How a text falls into words, before a model makes tokens of them.

Each class has the name and the fields that tokenizer.json gives it.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Any

from . import unicode_classes as classes
from .aligned import Aligned, divided
from .byte_level import spread
from .component import Component
from .normalizers import sought
from .patterns import GPT2, Pattern, pattern

MARK = "\u2581"                                                  # a low line that stands for a space
# What a regular expression of Rust calls a word: letters, marks, digits, connectors, joiners.
RUST_WORD = (r"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}" "\u200c\u200d\u24b6-\u24e9"
             "\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189")
BEHAVIORS = {name.replace("_", ""): name for name in (
    "removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous")}


class PreTokenizer(Component, family="pre_tokenizer"):
    """Splits a piece into pieces."""

    # Whether words stay apart at white space, so that they can be split one by one.
    by_words = False

    def pieces(self, piece: Aligned) -> list[Aligned]:
        """The pieces, none of them empty."""
        raise NotImplementedError

    def __call__(self, text: str) -> list[str]:
        """The words of a text."""
        return [piece.text for piece in self.pieces(Aligned.of(text))]


def behavior_named(name: str) -> str:
    """A behaviour as tokenizer.json spells it (`MergedWithNext`), in words."""
    plain = name.replace("_", "").lower()
    if plain not in BEHAVIORS:
        raise ValueError(f"tokenizer.json: pre_tokenizer behavior {name!r} is not known; known are "
                         f"{', '.join(BEHAVIORS.values())}")
    return BEHAVIORS[plain]


def with_scheme(found: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Metaspace, also of those written before there was a prepend_scheme."""
    return {"prepend_scheme": "never", **found} if found.get("add_prefix_space") is False else found


@functools.cache
def _one_of(name: str) -> Pattern:
    """The pattern of a single character of a class."""
    found = {"space": lambda: classes.SPACE, "number": classes.numbers,
             "punctuation": classes.bert_punctuation}
    ranges: classes.Ranges = found[name]()                       # type: ignore[operator]
    return pattern(f"[{classes.bracketed(ranges)}]")


def cut(piece: Aligned, found: Pattern, behavior: str) -> list[Aligned]:
    """A piece split where a pattern matches."""
    return divided(piece, found.spans(piece.text), behavior)


@dataclass(frozen=True)
class WhitespaceSplit(PreTokenizer):
    """At white space."""

    by_words = True

    def pieces(self, piece: Aligned) -> list[Aligned]:
        return cut(piece, _one_of("space"), "removed")


@dataclass(frozen=True)
class Whitespace(PreTokenizer):
    """Into words and runs of other signs, without white space."""

    by_words = True

    def pieces(self, piece: Aligned) -> list[Aligned]:
        spans = pattern(f"[{RUST_WORD}]+|[^{RUST_WORD}\\s]+").spans(piece.text)
        return piece.parts((start, end) for start, end, is_match in spans if is_match)


@dataclass(frozen=True)
class BertPreTokenizer(PreTokenizer):
    """At white space, and around every punctuation sign."""

    by_words = True

    def pieces(self, piece: Aligned) -> list[Aligned]:
        return [part for word in cut(piece, _one_of("space"), "removed")
                for part in cut(word, _one_of("punctuation"), "isolated")]


@dataclass(frozen=True)
class Punctuation(PreTokenizer):
    """At punctuation signs."""

    behavior: str = "Isolated"

    def pieces(self, piece: Aligned) -> list[Aligned]:
        return cut(piece, _one_of("punctuation"), behavior_named(self.behavior))


@dataclass(frozen=True)
class Digits(PreTokenizer):
    """Around numbers, or around every digit of them."""

    individual_digits: bool = False

    def pieces(self, piece: Aligned) -> list[Aligned]:
        return cut(piece, _one_of("number"), "isolated" if self.individual_digits else "contiguous")


@dataclass(frozen=True)
class CharDelimiterSplit(PreTokenizer):
    """At one character, which goes."""

    delimiter: str

    def pieces(self, piece: Aligned) -> list[Aligned]:
        return cut(piece, sought({"String": self.delimiter}), "removed")


@dataclass(frozen=True)
class FixedLength(PreTokenizer):
    """Every so many characters."""

    length: int = 5

    def pieces(self, piece: Aligned) -> list[Aligned]:
        size = len(piece.text)
        return piece.parts((at, min(at + self.length, size)) for at in range(0, size, self.length))


@dataclass(frozen=True)
class Split(PreTokenizer):
    """Where a text or a regular expression matches, or everywhere else."""

    pattern: dict[str, str]
    behavior: str
    invert: bool = False

    def pieces(self, piece: Aligned) -> list[Aligned]:
        spans = sought(self.pattern).spans(piece.text)
        return divided(piece, [(start, end, is_match != self.invert) for start, end, is_match in spans],
                       behavior_named(self.behavior))


@dataclass(frozen=True)
class Metaspace(PreTokenizer):
    """At spaces, each kept as a low line at the front of its word."""

    replacement: str = MARK
    prepend_scheme: str = "always"                               # "always", "first" (in the text), "never"
    split: bool = True

    @classmethod
    def adapted(cls, found: dict[str, Any]) -> dict[str, Any]:
        return with_scheme(found)

    def pieces(self, piece: Aligned) -> list[Aligned]:
        piece = piece.renamed(piece.text.replace(" ", self.replacement))
        wanted = self.prepend_scheme == "always" or self.prepend_scheme == "first" and piece.starts[0] == 0
        if wanted and not piece.text.startswith(self.replacement):
            piece = piece.prepended(self.replacement)
        if not self.split:
            return [piece]
        return cut(piece, pattern(re.escape(self.replacement)), "merged_with_next")


@dataclass(frozen=True)
class ByteLevel(PreTokenizer):
    """By GPT-2's regular expression, with every byte as a printable character."""

    add_prefix_space: bool = True
    trim_offsets: bool = True
    use_regex: bool = True

    def pieces(self, piece: Aligned) -> list[Aligned]:
        if self.add_prefix_space and not piece.text.startswith(" "):
            piece = piece.prepended(" ")
        return list(map(spread, cut(piece, pattern(GPT2), "isolated") if self.use_regex else [piece]))


@dataclass(frozen=True)
class Sequence(PreTokenizer):
    """Several, one after another."""

    pretokenizers: list[Any] = field(default_factory=list)
    nested = "pretokenizers"

    def pieces(self, piece: Aligned) -> list[Aligned]:
        pieces = [piece] if piece.text else []
        for part in self.pretokenizers:
            pieces = [smaller for larger in pieces for smaller in part.pieces(larger)]
        return pieces

    @property
    def by_words(self) -> bool:                                  # type: ignore[override]
        return bool(self.pretokenizers) and self.pretokenizers[0].by_words
