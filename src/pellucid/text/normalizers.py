"""What happens to a text before it falls into words: case, accents, normal forms, white space.

Each class has the name and the fields that tokenizer.json gives it.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from . import unicode_classes as classes
from .aligned import Aligned, Change
from .charsmap import charsmap
from .component import Component
from .normal_forms import Form, normalized
from .patterns import Pattern, pattern
from .unicode_tables import LOWER_SINCE_13


class Normalizer(Component, family="normalizer"):
    """Changes a text and keeps where its characters came from."""

    # Whether the words of a text can be normalised one by one, white space being where they end.
    by_words: ClassVar[bool] = True

    def normalize(self, piece: Aligned) -> Aligned:
        """The piece, changed."""
        raise NotImplementedError

    def __call__(self, text: str) -> str:
        """A text, changed."""
        return self.normalize(Aligned.of(text)).text


@functools.cache
def _class(name: str, more: str = "") -> re.Pattern[str]:
    """A program that finds runs of a class."""
    return re.compile(f"[{classes.bracketed(getattr(classes, name)())}]{more}")


def dropped(piece: Aligned, found: re.Pattern[str]) -> Aligned:
    """The piece without what a program finds."""
    return piece.edited((match.start(), match.end(), (), 0) for match in found.finditer(piece.text))


@functools.cache
def _lowered() -> dict[str, str]:
    """Characters whose lower case `str.lower` does not give: newer ones, and those it changes by context."""
    found = {"\u0130": "i\u0307", "\u03a3": "\u03c3"}
    for part in LOWER_SINCE_13.split():
        span, _, distance = part.partition(":")
        found |= {chr(code): chr(code + int(distance)) for code in classes.table(span)}
    return found


@functools.cache
def _unusual() -> re.Pattern[str]:
    return re.compile(f"[{''.join(_lowered())}]")


@dataclass(frozen=True)
class Lowercase(Normalizer):
    """Every character in lower case, on its own."""

    def normalize(self, piece: Aligned) -> Aligned:
        text = piece.text
        if text.isascii() or not _unusual().search(text):
            return piece.renamed(text.lower())
        piece = piece.edited((match.start(), match.end(), additions(_lowered()[match[0]]), 0)
                             for match in _unusual().finditer(text))
        return piece.renamed("".join(map(str.lower, piece.text)))


def additions(text: str) -> list[Change]:
    """One character replaced by several."""
    return [(character, int(place > 0)) for place, character in enumerate(text)]


@dataclass(frozen=True)
class _Form(Normalizer, family="normalizer"):
    form: ClassVar[Form]

    def normalize(self, piece: Aligned) -> Aligned:
        return normalized(piece, self.form)


@dataclass(frozen=True)
class NFC(_Form):
    """Characters joined with their marks."""

    form: ClassVar[Form] = "NFC"


@dataclass(frozen=True)
class NFD(_Form):
    """Characters and marks apart."""

    form: ClassVar[Form] = "NFD"


@dataclass(frozen=True)
class NFKC(_Form):
    """NFC, with look-alikes such as ligatures made plain."""

    form: ClassVar[Form] = "NFKC"


@dataclass(frozen=True)
class NFKD(_Form):
    """NFD, with look-alikes such as ligatures made plain."""

    form: ClassVar[Form] = "NFKD"


@dataclass(frozen=True)
class StripAccents(Normalizer):
    """Without combining marks; usually after NFD."""

    def normalize(self, piece: Aligned) -> Aligned:
        return piece if piece.text.isascii() else dropped(piece, _class("marks", "+"))


@dataclass(frozen=True)
class Nmt(Normalizer):
    """Control characters dropped, unusual spaces made plain, as translation systems do."""

    def normalize(self, piece: Aligned) -> Aligned:
        piece = dropped(piece, re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]+"))
        spaces = "[\t\n\x0c\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"
        return piece.renamed(re.sub(spaces, " ", piece.text))


@dataclass(frozen=True)
class Strip(Normalizer):
    """Without white space at the ends."""

    strip_left: bool = True
    strip_right: bool = True
    by_words = False

    def normalize(self, piece: Aligned) -> Aligned:
        text = piece.text
        start = len(text) - len(text.lstrip(classes.SPACES)) if self.strip_left else 0
        end = len(text.rstrip(classes.SPACES)) if self.strip_right else len(text)
        return piece.slice(start, max(start, end))


@dataclass(frozen=True)
class Prepend(Normalizer):
    """With a text in front."""

    prepend: str = "\u2581"
    by_words = False

    def normalize(self, piece: Aligned) -> Aligned:
        return piece.prepended(self.prepend)


def sought(found: dict[str, str] | str) -> Pattern:
    """The pattern of `{"String": ...}` or `{"Regex": ...}`."""
    if isinstance(found, str):
        return pattern(re.escape(found))
    if "String" in found:
        return pattern(re.sub(r"([^\w ])", r"\\\1", found["String"]))
    return pattern(found["Regex"])


@dataclass(frozen=True)
class Replace(Normalizer):
    """One text, or what a regular expression finds, by another text."""

    pattern: dict[str, str]
    content: str
    by_words = False

    def normalize(self, piece: Aligned) -> Aligned:
        changes = [(character, 1) for character in self.content]
        return piece.edited((start, end, changes, end - start)
                            for start, end, is_match in sought(self.pattern).spans(piece.text) if is_match)


@dataclass(frozen=True)
class ByteLevel(Normalizer):
    """Every byte as a printable character."""

    by_words = False

    def normalize(self, piece: Aligned) -> Aligned:
        from .byte_level import as_characters

        return piece.edited((place, place + 1, additions(as_characters(character)), 0)
                            for place, character in enumerate(piece.text))


@dataclass(frozen=True)
class Precompiled(Normalizer):
    """SentencePiece's table of replacements."""

    precompiled_charsmap: str
    by_words = False

    def normalize(self, piece: Aligned) -> Aligned:
        changes = charsmap(self.precompiled_charsmap).changes(piece.text)
        return piece if changes is None else piece.edited([(0, len(piece.text), changes, 0)])


@dataclass(frozen=True)
class BertNormalizer(Normalizer):
    """BERT's cleaning: no control characters, ideographs on their own, no accents, lower case.

    Source:  Devlin, Chang, Lee & Toutanova 2018, "BERT", arXiv:1810.04805, and the code published with it.
    """

    clean_text: bool = True
    handle_chinese_chars: bool = True
    strip_accents: bool | None = None                            # None: if lowercase
    lowercase: bool = True

    def normalize(self, piece: Aligned) -> Aligned:
        if self.clean_text:
            piece = dropped(piece, _class("bert_control", "+"))
            piece = piece.renamed(_spaces().sub(" ", piece.text))
        is_ascii = piece.text.isascii()
        if self.handle_chinese_chars and not is_ascii:
            piece = piece.edited((match.start(), match.end(), [(" ", 0), (match[0], 1), (" ", 1)], 0)
                                 for match in _ideographs().finditer(piece.text))
        if (self.lowercase if self.strip_accents is None else self.strip_accents) and not is_ascii:
            piece = dropped(normalized(piece, "NFD"), _class("bert_accents", "+"))
        return Lowercase().normalize(piece) if self.lowercase else piece


@functools.cache
def _spaces() -> re.Pattern[str]:
    return re.compile(f"[{classes.SPACES}]")


@functools.cache
def _ideographs() -> re.Pattern[str]:
    return re.compile(f"[{classes.bracketed(classes.IDEOGRAPHS)}]")


@dataclass(frozen=True)
class Sequence(Normalizer):
    """Several, one after another."""

    normalizers: list[Any] = field(default_factory=list)
    nested = "normalizers"

    def normalize(self, piece: Aligned) -> Aligned:
        for part in self.normalizers:
            piece = part.normalize(piece)
        return piece

    @property
    def by_words(self) -> bool:                                  # type: ignore[override]
        return all(part.by_words for part in self.normalizers)
