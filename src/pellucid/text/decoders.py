"""How tokens become a text again.

Each class has the name and the fields that tokenizer.json gives it. A decoder takes a list of tokens and
gives a list of texts; the last one's are joined.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .byte_level import joined_bytes
from .component import Component
from .normalizers import sought
from .pre_tokenizers import MARK, with_scheme

# English as it is written, from words with spaces between.
TIDY = ((" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"))
BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


class Decoder(Component, family="decoder"):
    """Makes texts of tokens."""

    def decode(self, tokens: list[str]) -> list[str]:
        """The texts."""
        raise NotImplementedError


def tidy(text: str) -> str:
    """A text without the spaces before its punctuation."""
    for loose, tight in TIDY:
        text = text.replace(loose, tight)
    return text


@dataclass(frozen=True)
class ByteLevel(Decoder):
    """Printable characters back to bytes, and bytes to a text; a broken character becomes U+FFFD."""

    add_prefix_space: bool = True
    trim_offsets: bool = True
    use_regex: bool = True

    def decode(self, tokens: list[str]) -> list[str]:
        return [joined_bytes(tokens).decode("utf-8", errors="replace")]


@dataclass(frozen=True)
class WordPiece(Decoder):
    """Pieces with the prefix belong to the word before."""

    prefix: str = "##"
    cleanup: bool = True

    def decode(self, tokens: list[str]) -> list[str]:
        found = [token if not place else token[len(self.prefix):] if token.startswith(self.prefix)
                 else f" {token}" for place, token in enumerate(tokens)]
        return list(map(tidy, found)) if self.cleanup else found


@dataclass(frozen=True)
class BPEDecoder(Decoder):
    """The mark at the end of a word is a space, except after the last."""

    suffix: str = "</w>"

    def decode(self, tokens: list[str]) -> list[str]:
        last = len(tokens) - 1
        return [token.replace(self.suffix, "" if place == last else " ")
                for place, token in enumerate(tokens)]


@dataclass(frozen=True)
class Metaspace(Decoder):
    """Low lines back to spaces, without the one that was put first."""

    replacement: str = MARK
    prepend_scheme: str = "always"
    split: bool = True

    @classmethod
    def adapted(cls, found: dict[str, Any]) -> dict[str, Any]:
        return with_scheme(found)

    def decode(self, tokens: list[str]) -> list[str]:
        first = "" if self.prepend_scheme != "never" else " "
        return [token.replace(self.replacement, " " if place else first)
                for place, token in enumerate(tokens)]


@dataclass(frozen=True)
class Replace(Decoder):
    """One text, or what a regular expression finds, by another text."""

    pattern: dict[str, str]
    content: str

    def decode(self, tokens: list[str]) -> list[str]:
        found = sought(self.pattern)
        return ["".join(self.content if is_match else token[start:end]
                        for start, end, is_match in found.spans(token)) for token in tokens]


@dataclass(frozen=True)
class Fuse(Decoder):
    """All tokens as one text."""

    def decode(self, tokens: list[str]) -> list[str]:
        return ["".join(tokens)]


@dataclass(frozen=True)
class Strip(Decoder):
    """Without some characters at the ends of every token."""

    content: str = " "
    start: int = 0
    stop: int = 0

    def decode(self, tokens: list[str]) -> list[str]:
        return [self._stripped(token) for token in tokens]

    def _stripped(self, token: str) -> str:
        first = min(self.start, len(token) - len(token.lstrip(self.content)))
        last = min(self.stop, len(token) - len(token.rstrip(self.content)))
        return token[first:max(first, len(token) - last)]


@dataclass(frozen=True)
class ByteFallback(Decoder):
    """Runs of tokens such as <0xE2> back to characters; each byte of a broken run becomes U+FFFD."""

    def decode(self, tokens: list[str]) -> list[str]:
        found: list[str] = []
        for is_byte, run in groupby(tokens, key=lambda token: bool(BYTE_TOKEN.fullmatch(token))):
            if not is_byte:
                found.extend(run)
                continue
            values = bytes(int(token[3:5], 16) for token in run)
            try:
                found.append(values.decode("utf-8"))
            except UnicodeDecodeError:
                found.extend("\ufffd" * len(values))
        return found


@dataclass(frozen=True)
class CTC(Decoder):
    """Repeated tokens once, without the blank between them."""

    pad_token: str = "<pad>"
    word_delimiter_token: str = "|"
    cleanup: bool = True

    def decode(self, tokens: list[str]) -> list[str]:
        found = [token.replace(self.pad_token, "") for token, _ in groupby(tokens)]
        if self.cleanup:
            found = [tidy(token).replace(self.word_delimiter_token, " ") for token in found]
        return [token for token in found if token]


@dataclass(frozen=True)
class Sequence(Decoder):
    """Several, one after another."""

    decoders: list[Any] = field(default_factory=list)
    nested = "decoders"

    def decode(self, tokens: list[str]) -> list[str]:
        for part in self.decoders:
            tokens = part.decode(tokens)
        return tokens
