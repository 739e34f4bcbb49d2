"""Unicode's normal forms NFC, NFD, NFKC and NFKD, with the origin of every character.

`unicodedata.normalize` gives the text and not where its characters came from. Only runs that change are done
by hand here: decompose every character, put marks into their order, and for the C forms join again what has a
single character.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Literal

from . import unicode_classes as classes
from .aligned import Aligned, Change
from .unicode_tables import INERT_SINCE_9

HANGUL_TAILS = ((0x1161, 0x1175), (0x11A8, 0x11C2))


Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


def normalized(piece: Aligned, form: Form) -> Aligned:
    """A piece in a normal form.

    >>> piece = normalized(Aligned.of("e\\u0301a"), "NFC")
    >>> piece.text, piece.span(0, 1), piece.span(1, 2)
    ('éa', (0, 1), (2, 3))
    """
    text = piece.text
    if text.isascii() or unicodedata.is_normalized(form, text):
        return piece
    return piece.edited((match.start(), match.end(), changes(match[0], form), 0)
                        for match in affected(form).finditer(text))


@functools.cache
def affected(form: Form) -> re.Pattern[str]:
    """Runs of characters that the form can change, with the one before that they may join."""
    inert = classes.table(INERT_SINCE_9)
    codes, tails = set(), set()
    for plane in classes.ASSIGNED:
        for code in plane:
            character = chr(code)
            if 0xD800 <= code < 0xE000 or code in inert:
                continue
            if unicodedata.combining(character) or unicodedata.normalize(form, character) != character:
                codes.add(code)
            if form.endswith("C"):
                parts = unicodedata.decomposition(character).split()
                if len(parts) == 2 and not parts[0].startswith("<"):
                    tails.add(int(parts[1], 16))
    if form.endswith("C"):
        for first, last in HANGUL_TAILS:
            tails.update(range(first, last + 1))
    inside = classes.bracketed(classes.ranges_of(sorted(codes | tails - inert)))
    alone = classes.bracketed(classes.ranges_of(sorted(inert)))
    return re.compile(f"[^{inside}{alone}]?[{inside}]+" if form.endswith("C") else f"[{inside}]+")


@functools.lru_cache(maxsize=65536)
def changes(text: str, form: Form) -> tuple[Change, ...]:
    """The characters of a run in a normal form."""
    parts = decomposed(text, "NFKD" if "K" in form else "NFD")
    return tuple(composed(parts) if form.endswith("C") else parts)


def decomposed(text: str, form: Form) -> list[Change]:
    """Every character taken apart, marks in the order of their classes."""
    parts: list[Change] = []
    base = 0                                                    # where the last base stands
    for character in text:
        for place, part in enumerate(unicodedata.normalize(form, character)):
            if not unicodedata.combining(part):
                parts[base:] = sorted(parts[base:], key=mark_class)
                base = len(parts)
            parts.append((part, int(place > 0)))
    parts[base:] = sorted(parts[base:], key=mark_class)
    return parts


def mark_class(part: Change) -> int:
    """The canonical combining class of a part's character."""
    return unicodedata.combining(part[0])


@functools.lru_cache(maxsize=65536)
def joined(first: str, second: str) -> str:
    """The single character for two, or nothing."""
    text = unicodedata.normalize("NFC", first + second)
    return text if len(text) == 1 else ""


def composed(parts: list[Change]) -> list[Change]:
    """Bases joined with the marks behind them, where a character for both exists and nothing blocks."""
    found: list[Change] = []
    base, last = -1, -1                                         # where the base is; class of the last mark
    for character, change in parts:
        own = unicodedata.combining(character)
        whole = joined(found[base][0], character) if base >= 0 and last < own else ""
        if whole:
            found[base] = (whole, found[base][1] + change - 1)
            continue
        if own == 0:
            base, last = len(found), -1
        elif base >= 0:
            last = own
        found.append((character, change))
    return found
