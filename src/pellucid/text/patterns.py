"""Regular expressions as tokenizers write them, for Python's `re`.

Tokenizers use Oniguruma's dialect: `\\p{L}` is a class of Unicode, `\\s` is Unicode's white space, `^` and
`$` stand at every line. The source is rewritten with the classes spelled out. A class with hundreds of ranges
is slow to search, so three programs are kept: for text of ASCII alone, of the basic plane, and of everything.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator

from . import unicode_classes as classes

LIMITS = (0x7F, 0xFFFF, classes.LAST)
BEYOND_BASIC = re.compile("[\U00010000-\U0010ffff]")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
         r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
         r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}"
         r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
# The longer names that Unicode gives to its groups of categories.
LONG_NAMES = {"Letter": "L", "Mark": "M", "Number": "N", "Punctuation": "P", "Symbol": "S", "Separator": "Z",
              "Other": "C", "Lowercase_Letter": "Ll", "Uppercase_Letter": "Lu", "Decimal_Number": "Nd",
              "Punct": "P", "Digit": "Nd"}


@functools.cache
def _escaped(letter: str, is_ascii: bool) -> classes.Ranges:
    """What a letter after a backslash stands for."""
    ranges = {"s": lambda: classes.SPACE, "d": lambda: classes.category("Nd", is_ascii),
              "w": lambda: classes.without(classes.union(classes.word(), classes.LATIN_FRACTIONS),
                                           classes.JOINERS),
              "h": lambda: ((48, 57), (65, 70), (97, 102))}[letter.lower()]()
    return classes.complement(ranges) if letter.isupper() else ranges


@functools.cache
def _property(letter: str, name: str, is_ascii: bool) -> classes.Ranges:
    r"""What `\p{name}` or `\P{name}` stands for."""
    is_not = (letter == "P") != name.startswith("^")
    plain = name.removeprefix("^")
    ranges = classes.SPACE if plain in ("Space", "White_Space") else classes.category(
        LONG_NAMES.get(plain, plain), is_ascii)
    return classes.complement(ranges) if is_not else ranges


class _Reader:
    """Rewrites a source from left to right."""

    def __init__(self, source: str, limit: int) -> None:
        self.source, self.limit, self.at, self.in_class = source, limit, 0, False
        self.before = ""                                         # the character read last, if no escape

    def refuse(self, what: str) -> ValueError:
        return ValueError(f"regular expression {self.source!r}: {what} at position {self.at} is not "
                          "supported")

    def read(self) -> str:
        """The whole source in Python's dialect."""
        return "".join(self.pieces())

    def pieces(self) -> Iterator[str]:
        while self.at < len(self.source):
            letter = self.source[self.at]
            if letter == "\\":
                yield self.escape()
                letter = ""
            elif self.in_class:
                yield self.inside(letter)
            else:
                yield self.outside(letter)
            self.before = letter

    def escape(self) -> str:
        r"""One escape, `\s` or `\p{L}` or `\n`."""
        letter = self.source[self.at + 1:self.at + 2]
        if letter in ("p", "P"):
            match = re.compile(r"\{(\^?\w+)\}|(\w)").match(self.source, self.at + 2)
            if not match:
                raise self.refuse(f"\\{letter} without a name in braces")
            try:
                ranges = _property(letter, match[1] or match[2], self.limit == LIMITS[0])
            except ValueError:
                raise self.refuse(f"\\{letter}{match[0]}") from None
            self.at = match.end()
            return self.written(ranges)
        if letter and letter in "sSdDwWhH":
            self.at += 2
            return self.written(_escaped(letter, self.limit == LIMITS[0]))
        if not letter or letter in "RXGKkgyYN":
            raise self.refuse(f"\\{letter}")
        self.at += 2
        return {"z": r"\Z", "Z": r"(?=\n?\Z)", "e": "\x1b"}.get(letter, "\\" + letter)

    def written(self, ranges: classes.Ranges) -> str:
        # A class with nothing below the limit holds a character that texts of the limit do not.
        text = classes.bracketed(ranges, self.limit) or "\\U0010ffff"
        return text if self.in_class else f"[{text}]"

    def inside(self, letter: str) -> str:
        """A character between brackets."""
        if letter == "[" or self.source.startswith("&&", self.at):
            raise self.refuse("a class inside a class")
        self.in_class = letter != "]"
        self.at += 1
        return letter

    def outside(self, letter: str) -> str:
        """A character outside brackets."""
        if letter == "[":
            self.in_class = True
            opening = "[^" if self.source.startswith("[^", self.at) else "["
            self.at += len(opening)
            return opening + ("" if self.source[self.at:self.at + 1] != "]" else self.bracket())
        if letter in "^$":
            self.at += 1
            return f"(?m:{letter})"
        if self.source.startswith("(?<", self.at) and self.source[self.at + 3:self.at + 4] not in ("=", "!"):
            self.at += 3
            return "(?P<"
        if self.source.startswith("(?m", self.at):               # here: the dot matches a new line, too
            self.at += 3
            return "(?s"
        modern = letter == "+" and self.before in ("*", "+", "?", "}")
        if (modern or self.source.startswith("(?>", self.at)) and sys.version_info < (3, 11):
            raise self.refuse("a possessive or atomic part, which needs Python 3.11,")
        self.at += 1
        return letter

    def bracket(self) -> str:
        """A closing bracket that stands first in its class, and so for itself."""
        self.at += 1
        return "\\]"


class Pattern:
    r"""A regular expression of a tokenizer, ready to search.

    >>> Pattern(GPT2).findall("Größe 42 m²!  ok")
    ['Größe', ' 42', ' m', '²', '!', ' ', ' ok']
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._programs: dict[int, re.Pattern[str]] = {}

    def program(self, text: str) -> re.Pattern[str]:
        """The quickest program that is right for the text."""
        limit = LIMITS[0] if text.isascii() else LIMITS[2] if BEYOND_BASIC.search(text) else LIMITS[1]
        if limit not in self._programs:
            self._programs[limit] = self._compile(limit)
        return self._programs[limit]

    def _compile(self, limit: int) -> re.Pattern[str]:
        rewritten = _Reader(self.source, limit).read()
        try:
            return re.compile(rewritten)
        except (re.error, RecursionError) as error:
            raise ValueError(f"regular expression {self.source!r}: {error}") from None

    def findall(self, text: str) -> list[str]:
        """The matches, as texts."""
        program = self.program(text)
        return [match[0] for match in program.finditer(text)] if program.groups else program.findall(text)

    def cover(self, text: str) -> list[str]:
        """The matches and what lies between them, as texts."""
        found = self.findall(text)
        if sum(map(len, found)) == len(text):
            return found
        return [text[start:end] for start, end, _ in self.spans(text)]

    def spans(self, text: str) -> list[tuple[int, int, bool]]:
        """All of the text as spans: start, end, and whether it is a match."""
        found, done = [], 0
        for match in self.program(text).finditer(text):
            start, end = match.span()
            if start > done:
                found.append((done, start, False))
            if end > start:
                found.append((start, end, True))
            done = end
        if done < len(text):
            found.append((done, len(text), False))
        return found


@functools.lru_cache(maxsize=64)
def pattern(source: str) -> Pattern:
    """The pattern of a source, made once."""
    return Pattern(source)
