"""Classes of characters: letters, numbers, white space, marks ..., as ranges of code points.

Python's `re` has no `\\p{L}`. Here the class is built from `unicodedata`, code point by code point, and
written out as ranges between brackets.
"""

from __future__ import annotations

import functools
import unicodedata

from . import unicode_tables as tables

Ranges = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
# Beyond these planes there are only a few variation selectors, private use and holes.
ASSIGNED = (range(0x34000), range(0xE0000, 0xE0200))
PRIVATE = ((0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))
# Unicode's White_Space; Python's \s also takes four separators of the ASCII control characters.
SPACE: Ranges = ((0x9, 0xD), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
                 (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000))
SPACES = "".join(chr(code) for first, last in SPACE for code in range(first, last + 1))
# Circled and squared letters: symbols by category, letters by the property Alphabetic.
ROUND_LETTERS: Ranges = ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
JOINERS: Ranges = ((0x200C, 0x200D),)
LATIN_FRACTIONS: Ranges = ((0xB2, 0xB3), (0xB9, 0xB9), (0xBC, 0xBE))
ASCII_SYMBOLS: Ranges = tuple((ord(sign), ord(sign)) for sign in "$+<=>^`|~")
# What BERT sets apart as Chinese: the blocks of unified ideographs known in 2018.
IDEOGRAPHS: Ranges = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF),
                      (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF), (0x2F800, 0x2FA1F))


def ranges_of(codes: list[int]) -> Ranges:
    """Sorted code points as ranges.

    >>> ranges_of([1, 2, 3, 7])
    ((1, 3), (7, 7))
    """
    found: list[list[int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return tuple((first, last) for first, last in found)


@functools.cache
def table(text: str) -> frozenset[int]:
    """The code points of a table such as `"61d 2e52-2e5d"`."""
    codes: set[int] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        codes.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(codes)


@functools.cache
def _categories(is_ascii: bool = False) -> dict[str, list[int]]:
    """General category -> its code points, whatever Unicode this Python knows."""
    found: dict[str, list[int]] = {}
    for plane in (range(0x80),) if is_ascii else ASSIGNED:
        for code, name in zip(plane, map(unicodedata.category, map(chr, plane)), strict=True):
            found.setdefault(name, []).append(code)
    for name, text in () if is_ascii else tables.SINCE_13.items():
        codes = sorted(table(text).intersection(found["Cn"]))
        found[name] = sorted([*found[name], *codes])
    return found


@functools.cache
def category(name: str, is_ascii: bool = False) -> Ranges:
    """The ranges of a general category (`Lu`) or of a group of them (`L`); perhaps those of ASCII alone.

    Raises:  ValueError for a name that is none.
    >>> category("Nd")[0]
    (48, 57)
    """
    if name in ("Cn", "C"):
        if is_ascii:
            return category("Cc", True) if name == "C" else ()
        assigned = tuple(kind for kind in _categories() if kind != "Cn" and (name == "Cn" or kind[0] != "C"))
        return without(((0, LAST),), *map(category, assigned), *((PRIVATE,) if name == "Cn" else ()))
    known = _categories(is_ascii)
    kinds = [kind for kind in known if kind != "Cn" and kind.startswith(name)]
    if not kinds:
        if is_ascii and category(name):
            return ()
        raise ValueError(f"{name!r} is no general category of Unicode")
    private = PRIVATE if name == "Co" else ()
    return ranges_of(sorted(code for kind in kinds for code in known[kind])) + private


def union(*parts: Ranges) -> Ranges:
    """All ranges together, sorted."""
    merged: list[list[int]] = []
    for first, last in sorted(span for part in parts for span in part):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return tuple((first, last) for first, last in merged)


def without(ranges: Ranges, *parts: Ranges) -> Ranges:
    """What of the ranges lies in none of the parts.

    >>> without(((0, 9),), ((2, 3),), ((9, 9),))
    ((0, 1), (4, 8))
    """
    kept: list[tuple[int, int]] = []
    holes = union(*parts)
    for first, last in ranges:
        for start, end in holes:
            if end < first:
                continue
            if start > last:
                break
            if start > first:
                kept.append((first, start - 1))
            first = end + 1
        if first <= last:
            kept.append((first, last))
    return tuple(kept)


def complement(ranges: Ranges) -> Ranges:
    """Every code point that is not in the ranges."""
    return without(((0, LAST),), ranges)


def span_of(text: str) -> Ranges:
    """The ranges of a table."""
    return ranges_of(sorted(table(text)))


@functools.cache
def word() -> Ranges:
    """`\\w`: letters, marks, decimal and letter-like numbers, connectors, joiners."""
    parts = map(category, ("L", "M", "Nd", "Nl", "Pc"))
    return union(*parts, ROUND_LETTERS, JOINERS)


@functools.cache
def numbers() -> Ranges:
    """Numbers of every kind."""
    return union(category("N"), span_of(tables.NUMBERS_SINCE_16))


@functools.cache
def bert_punctuation() -> Ranges:
    """BERT's punctuation: every ASCII sign that is no letter or digit, and category P of Unicode 8."""
    newer = span_of(tables.PUNCTUATION_SINCE_8)
    return union(without(category("P"), newer), ASCII_SYMBOLS, span_of(tables.PUNCTUATION_ONCE))


@functools.cache
def bert_control() -> Ranges:
    """What BERT drops: control and format characters, private use, the replacement character."""
    known = union(*map(category, ("Cc", "Cf", "Co")), ((0xFFFD, 0xFFFD),))
    return without(known, span_of(tables.CONTROL_SINCE_8), ((9, 10), (13, 13)))


@functools.cache
def bert_accents() -> Ranges:
    """Marks without width, as BERT knows them."""
    return union(without(category("Mn"), span_of(tables.ACCENTS_SINCE_8)), span_of(tables.ACCENTS_ONCE))


@functools.cache
def marks() -> Ranges:
    """Combining marks of every kind, as StripAccents knows them."""
    return union(without(category("M"), span_of(tables.MARKS_SINCE_9)), span_of(tables.MARKS_ONCE))


def bracketed(ranges: Ranges, limit: int = LAST) -> str:
    """Ranges as they stand between the brackets of a regular expression.

    >>> bracketed(((48, 57), (95, 95)))
    '\\\\U00000030-\\\\U00000039\\\\U0000005f'
    """
    parts = []
    for first, last in ranges:
        if first <= limit:
            last = min(last, limit)
            parts.append(f"\\U{first:08x}" + (f"-\\U{last:08x}" if last > first else ""))
    return "".join(parts)
