"""The parts around the models: classes of characters, patterns, alignment, progress."""

from __future__ import annotations

import io
import re
import sys
import unicodedata

import pytest

from pellucid.text import normalizers, pre_tokenizers
from pellucid.text import unicode_classes as classes
from pellucid.text.aligned import Aligned, divided
from pellucid.text.byte_level import BYTES, CHARACTERS, as_bytes, as_characters, joined_bytes
from pellucid.text.patterns import CL100K, GPT2, O200K, Pattern
from pellucid.text.post_processors import TemplateProcessing
from pellucid.text.progress import Progress


@pytest.mark.parametrize("name", ["L", "Lu", "N", "Nd", "P", "S", "M", "Zs", "Cf", "Co", "Cc", "C"])
def test_classes_are_unicodes(name: str) -> None:
    """Every character that this Python knows is where `unicodedata` says."""
    inside = re.compile(f"[{classes.bracketed(classes.category(name))}]")
    for code in [*range(0x3000), *range(0x3000, 0x110000, 7)]:
        kind = unicodedata.category(chr(code))
        if kind not in ("Cn", "Cs"):
            assert bool(inside.match(chr(code))) == kind.startswith(name), hex(code)


def test_complements_and_unions() -> None:
    letters, others = classes.category("L"), classes.complement(classes.category("L"))
    assert classes.union(letters, others) == ((0, classes.LAST),)
    assert classes.without(letters, others) == letters and classes.without(letters, letters) == ()
    assert classes.category("L", True) == ((65, 90), (97, 122)) and classes.category("Lo", True) == ()
    for is_ascii in (False, True):
        with pytest.raises(ValueError, match="'Xx' is no general category"):
            classes.category("Xx", is_ascii)


@pytest.mark.parametrize("source, text, words", [
    (GPT2, "I'll pay 100€  now\n\n  ok", ["I", "'ll", " pay", " 100", "€", " ", " now", "\n\n ", " ok"]),
    (CL100K, "I'LL pay 12345€\n\nok", ["I", "'LL", " pay", " ", "123", "45", "€\n\n", "ok"]),
    (O200K, "HelloWorld don't", ["Hello", "World", " don't"]),
    (r"[^\p{L}]+|\p{Lu}", "Ab1 É", ["A", "1 ", "É"]), (r"\P{L}|\p{^Lu}", "A1b", ["1", "b"]),
    (r"[\p{Han}]", "", []), (r"^\w+$", "ab\ncd", ["ab", "cd"]), (r"[]a]+", "a]b", ["a]"]),
    (r"(?<digit>\d)\d?", "123", ["12", "3"]), (r"\p{N}{1,2}", "𝟙𝟚𝟛", ["𝟙𝟚", "𝟛"])])
def test_patterns(source: str, text: str, words: list[str]) -> None:
    if "Han" in source:
        with pytest.raises(ValueError, match=re.escape(r"\p{Han} at position 1 is not supported")):
            Pattern(source).findall("x")
        return
    assert Pattern(source).findall(text) == words
    spans = Pattern(source).spans(text)
    assert "".join(text[start:end] for start, end, _ in spans) == text


@pytest.mark.parametrize("source, told", [
    (r"[a&&b]", "a class inside a class"), (r"[[:alpha:]]", "a class inside"), (r"\X", r"\X at position 0"),
    (r"(a", "missing"), ("\\p", "without a name")])
def test_patterns_that_are_refused(source: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        Pattern(source).findall("abc")


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="from 3.11 on Python has possessive quantifiers")
def test_possessive_patterns_name_the_python_they_need() -> None:
    with pytest.raises(ValueError, match="needs Python 3.11"):
        Pattern("a++b").findall("aab")


@pytest.mark.parametrize("behavior, words", [
    ("removed", ["a", "b", "c"]), ("isolated", ["a", "-", "b", "-", "-", "c"]),
    ("merged_with_previous", ["a-", "b-", "-", "c"]), ("merged_with_next", ["a", "-b", "-", "-c"]),
    ("contiguous", ["a", "-", "b", "--", "c"])])
def test_behaviors(behavior: str, words: list[str]) -> None:
    piece = Aligned.of("a-b--c", 10)
    pieces = divided(piece, Pattern("-").spans(piece.text), behavior)
    assert [each.text for each in pieces] == words
    places = [place for each in pieces for place in each.starts]
    assert all("a-b--c"[place - 10] == letter for place, letter in zip(places, "".join(words), strict=True))


@pytest.mark.parametrize("normalizer, text, expected, spans", [
    (normalizers.NFD(), "é", "e\u0301", [(0, 1), (0, 1)]),
    (normalizers.NFC(), "xe\u0323\u0302y", "xệy", [(0, 1), (1, 2), (3, 4), (4, 5)][:1] + [(1, 2), (4, 5)]),
    (normalizers.NFKC(), "ﬁx", "fix", [(0, 1), (0, 1), (1, 2)]),
    (normalizers.Lowercase(), "İSΣ", "i\u0307sσ", [(0, 1), (0, 1), (1, 2), (2, 3)]),
    (normalizers.BertNormalizer(), "\x00É 世", "e  世 ", [(1, 2), (2, 3), (3, 4), (3, 4), (3, 4)]),
    (normalizers.Strip(), "  a ", "a", [(2, 3)]), (normalizers.Prepend("ab"), "c", "abc", [(0, 1)] * 3),
    (normalizers.Replace({"String": "--"}, "—"), "a--b", "a—b", [(0, 1), (2, 3), (3, 4)]),
    (normalizers.ByteLevel(), "é ", "Ã©Ġ", [(0, 1), (0, 1), (1, 2)]),
    (normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]), "né", "ne", [(0, 1), (1, 2)])])
def test_normalizers_keep_the_origin(normalizer: normalizers.Normalizer, text: str, expected: str,
                                     spans: list[tuple[int, int]]) -> None:
    piece = normalizer.normalize(Aligned.of(text))
    assert piece.text == expected == normalizer(text)
    assert [piece.span(place, place + 1) for place in range(len(expected))] == spans


@pytest.mark.parametrize("pre_tokenizer, words", [
    (pre_tokenizers.BertPreTokenizer(), ["Hi", ",", "it", "'", "s", "42"]),
    (pre_tokenizers.Whitespace(), ["Hi", ",", "it", "'", "s", "42"]),
    (pre_tokenizers.WhitespaceSplit(), ["Hi,", "it's", "42"]),
    (pre_tokenizers.FixedLength(6), ["Hi, it", "'s 42"]),
    (pre_tokenizers.Digits(True), ["Hi, it's ", "4", "2"]),
    (pre_tokenizers.Metaspace(), ["▁Hi,", "▁it's", "▁42"]),
    (pre_tokenizers.CharDelimiterSplit("i"), ["H", ", ", "t's 42"]),
    (pre_tokenizers.ByteLevel(), ["ĠHi", ",", "Ġit", "'s", "Ġ42"])])
def test_pre_tokenizers(pre_tokenizer: pre_tokenizers.PreTokenizer, words: list[str]) -> None:
    assert pre_tokenizer("Hi, it's 42") == words


def test_bytes_and_characters() -> None:
    assert len(set(CHARACTERS)) == 256 and all(BYTES[CHARACTERS[byte]] == byte for byte in range(256))
    everything = "".join(map(chr, range(0x800)))
    assert as_bytes(as_characters(everything)) == everything.encode()
    assert joined_bytes(["Ġa", "<|π|>", "b"]) == " a<|π|>b".encode()
    assert joined_bytes(["Ġ", "Ã", "©"]) == " é".encode()
    assert joined_bytes(["a b", "Ġ"]) == b"a b "                 # a raw space is no byte's character


def test_templates() -> None:
    template = TemplateProcessing.of("$0", "$A:1 [S]:2 $B:3", {"[S]": 7})
    assert (template.added(False), template.added(True)) == (0, 1)
    assert template.pair[1] == {"SpecialToken": {"id": "[S]", "type_id": 2}}
    with pytest.raises(ValueError, match=r"TemplateProcessing: \[X\] has no number"):
        TemplateProcessing.of("[X] $A", "$A $B", {"[S]": 7})


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_tells_when_it_will_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("pellucid.text.progress.time.monotonic", lambda: now[0])
    stream = Terminal()
    progress = Progress("learning", 100, " tokens", stream=stream)
    for done in range(0, 101, 10):
        now[0] += 0.05
        progress.to(done)
    progress.end()
    drawn = [line for line in stream.getvalue().split("\r") if line]
    assert drawn[0].startswith("learning: 10 of 100 tokens, 1 s left") and len(drawn) == 5
    assert drawn[-1].endswith("learning: 100 tokens in 0.5 s\n")
    silent = io.StringIO()
    for shown in (True, False):
        quiet = Progress("reading", 0, shown=shown, stream=silent)
        quiet.to(5)
        quiet.end("5 lines")
    assert silent.getvalue() == "reading: 5 lines in 0.0 s\n"
