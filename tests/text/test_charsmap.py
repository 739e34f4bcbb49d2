"""SentencePiece's table of replacements, with tables that are built here."""

from __future__ import annotations

import base64
import struct

import pytest

from pellucid.text.aligned import Aligned
from pellucid.text.charsmap import CharsMap
from pellucid.text.normalizers import Precompiled

PAIRS = {"ﬁ": "fi", "e\u0301": "é", "½": "1/2", "\x01": "", "㍍": "メートル", "Ａ": "A", "½\u0301": "never"}


def table(pairs: dict[str, str]) -> str:
    """A double array as SentencePiece writes it, found by trying places one after another."""
    texts = b"".join(text.encode() + b"\0" for text in pairs.values())
    starts = {}
    for key, text in pairs.items():
        starts[key.encode()] = sum(len(each.encode()) + 1 for each in list(pairs.values())[:len(starts)])
        assert text is not None
    units = {0: 0}
    waiting = [(0, b"")]
    while waiting:
        at, prefix = waiting.pop()
        following = sorted({key[len(prefix)] for key in starts if key.startswith(prefix) and key != prefix})
        wanted = following + ([0] if prefix in starts else [])
        base = next(step for step in range(1, 1 << 20)
                    if all(at ^ step ^ byte not in units for byte in wanted))
        units[at] |= base << 10 | (0x100 if prefix in starts else 0)
        if prefix in starts:
            units[at ^ base] = starts[prefix] | 1 << 31
        for byte in following:
            units[at ^ base ^ byte] = byte
            waiting.append((at ^ base ^ byte, prefix + bytes([byte])))
    array = [units.get(place, 0) for place in range(max(units) + 256)]
    data = struct.pack(f"<I{len(array)}I", 4 * len(array), *array) + texts
    return base64.b64encode(data).decode()


TABLE = table(PAIRS)


def test_what_is_in_the_table_is_found() -> None:
    found = CharsMap(TABLE)
    for key, text in PAIRS.items():
        assert found.find(key) == ("1/2" if key.startswith("½") else text)   # the shortest that fits
    assert found.find("f") is None and found.find("") is None and found.find("e") is None
    assert found.find("ﬁx") == "fi" and found.find("\x00") is None


@pytest.mark.parametrize("text, expected, spans", [
    ("aﬁb", "afib", [(0, 1), (1, 2), (1, 2), (2, 3)]), ("e\u0301x", "éx", [(0, 1), (2, 3)]),
    ("½\u0301", "1/2", [(0, 1), (1, 2), (1, 2)]),                # a whole cluster gives way to a part's text
    ("a\x01b", "ab", [(0, 1), (2, 3)]), ("", "", []),
    ("plain", "plain", [(place, place + 1) for place in range(5)])])
def test_replacements_keep_the_origin(text: str, expected: str, spans: list[tuple[int, int]]) -> None:
    piece = Precompiled(TABLE).normalize(Aligned.of(text))
    assert piece.text == expected
    assert [piece.span(place, place + 1) for place in range(len(expected))] == spans


def test_the_same_as_hugging_face() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    theirs = tokenizers.normalizers.Precompiled(base64.b64decode(TABLE))
    for text in ("aﬁb ½ Ａ㍍", "e\u0301e\u0301\u0302", "\x01½\u0301\x01", "\u0605½\u0301",
                 "\r\n\u0301e\u0301 👍🏽"):
        assert Precompiled(TABLE)(text) == theirs.normalize_str(text)


@pytest.mark.parametrize("encoded", ["", "!!", "AAAA", base64.b64encode(struct.pack("<I", 400)).decode()])
def test_what_is_no_table(encoded: str) -> None:
    with pytest.raises(ValueError, match="precompiled_charsmap is no table of replacements"):
        CharsMap(encoded)
