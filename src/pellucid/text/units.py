"""How to encode a long text quickly: by units that come again and again.

Most of a text is words that were there before. If a unit's tokens do not depend on what stands around it,
they can be remembered. Units are found with one regular expression, or by splitting at spaces, so that a text
of a million letters takes a few hundred thousand look-ups in a dictionary.

- By pattern: the pre-tokenizer splits by a regular expression, and the units are its words.
- By words: white space separates whatever the normalizer and the pre-tokenizer do.
- Neither: the text is one unit.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate
from typing import Any

from . import normalizers, pre_tokenizers
from . import unicode_classes as classes
from .aligned import Aligned
from .byte_level import as_characters, places, spread
from .model import Model, Token
from .patterns import GPT2, Pattern, pattern

# Numbers, tokens, offsets from the unit's start, words from the unit's first, and the number of words.
Unit = tuple["list[int]", "list[str]", "list[tuple[int, int]]", "list[int]", int]
EMPTY: Unit = ([], [], [], [], 0)
REMEMBERED, LONGEST = 1 << 18, 128                               # units, and characters of one
IDEOGRAPH = re.compile(f"[{classes.bracketed(classes.IDEOGRAPHS)}]")
CHUNK = re.compile(f"{IDEOGRAPH.pattern}|[^ {IDEOGRAPH.pattern[1:-1]}]+")


class Units:
    """Encodes texts unit by unit, for one normalizer, pre-tokenizer and model."""

    def __init__(self, normalizer: Any, pre_tokenizer: Any, model: Model) -> None:
        self.normalizer, self.pre_tokenizer, self.model = normalizer, pre_tokenizer, model
        self.known: dict[str, Unit] = {"": EMPTY}
        self.words: dict[str, list[Token]] = {}
        self.pattern, self.has_prefix, self.on_bytes = by_pattern(pre_tokenizer)
        self.make = self._by_bytes if self.on_bytes else self._by_word
        self.is_nfc = isinstance(normalizer, normalizers.NFC)
        if normalizer is not None and not self.is_nfc:
            self.pattern = None
        # BERT's normalizer puts spaces around every ideograph.
        self.has_ideographs = getattr(normalizer, "handle_chinese_chars", False)
        self.by_words = (pre_tokenizer is not None and pre_tokenizer.by_words
                         and (normalizer is None or normalizer.by_words))

    def encode(self, text: str, start: int) -> tuple[list[Unit], list[int]]:
        """The units of a text that begins at `start`, and where each begins."""
        if not text:
            return [], []
        if self.pattern and (not self.is_nfc or text.isascii() or unicodedata.is_normalized("NFC", text)):
            return self._by_pattern(text, start, self.pattern)
        if self.by_words:
            return self._by_words(text, start)
        return [self.whole(Aligned.of(text, start), start)], [start]

    def _by_pattern(self, text: str, start: int, found: Pattern) -> tuple[list[Unit], list[int]]:
        if not self.has_prefix or text.startswith(" "):
            return self._remembered(found.cover(text), self.make, start)
        # The space that is put first stands for the first character.
        words = found.cover(" " + text)
        piece = Aligned.of(text[:max(len(words[0]) - 1, 1)], start).prepended(" ").slice(0, len(words[0]))
        unit = self.unit_of([spread(piece)], start)
        rest, starts = self._remembered(words[1:], self.make, start + len(words[0]) - 1)
        return [unit, *rest], [start, *starts]

    def _by_words(self, text: str, start: int) -> tuple[list[Unit], list[int]]:
        text = text.replace("\n", " ").replace("\t", " ").replace("\r", " ")
        if self.has_ideographs and not text.isascii() and IDEOGRAPH.search(text):
            matches = list(CHUNK.finditer(text))
            units, _ = self._remembered([match[0] for match in matches], self._by_chunk, 0)
            return units, [start + match.start() for match in matches]
        return self._remembered(text.split(" "), self._by_chunk, start, gap=1)

    def _remembered(self, words: list[str], make: Any, start: int, gap: int = 0
                    ) -> tuple[list[Unit], list[int]]:
        """The units of words that follow each other, `gap` characters apart."""
        known = self.known
        fresh = set(words).difference(known)
        if len(known) + len(fresh) > REMEMBERED:
            known.clear()
            fresh = set(words)
        for word in fresh:
            known[word] = make(word)
        units = list(map(known.__getitem__, words))
        starts = list(accumulate(map(len, words), (lambda at, size: at + size + gap) if gap else None,
                                 initial=start))
        for word in fresh:
            if len(word) > LONGEST:
                del known[word]
        return units, starts[:-1]

    def _by_word(self, word: str) -> Unit:
        """The unit of a word that goes to the model as it is."""
        return self.unit_of([Aligned.of(word)], 0)

    def _by_bytes(self, word: str) -> Unit:
        """The unit of a word of a byte-level pre-tokenizer."""
        place = places(word)
        found = self.model.tokenize(as_characters(word))
        return ([number for number, _, _, _ in found], [token for _, token, _, _ in found],
                [(place[start], place[end - 1] + 1) for _, _, start, end in found], [0] * len(found), 1)

    def _by_chunk(self, chunk: str) -> Unit:
        """The unit of what stands between two spaces."""
        return self.whole(Aligned.of(chunk), 0)

    def whole(self, piece: Aligned, start: int) -> Unit:
        """The unit of a piece, through all steps."""
        return self.unit_of(self.split(piece), start)

    def split(self, piece: Aligned) -> list[Aligned]:
        """The words of a piece, normalised."""
        if self.normalizer is not None:
            piece = self.normalizer.normalize(piece)
        if not piece.text:
            return []
        return [piece] if self.pre_tokenizer is None else self.pre_tokenizer.pieces(piece)

    def unit_of(self, pieces: list[Aligned], start: int) -> Unit:
        """The tokens of words."""
        ids, tokens, offsets, words = [], [], [], []
        for word, piece in enumerate(pieces):
            for number, token, first, last in self.tokens(piece.text):
                ids.append(number)
                tokens.append(token)
                offsets.append((piece.starts[first] - start, piece.ends[last - 1] - start))
                words.append(word)
        return ids, tokens, offsets, words, len(pieces)

    def tokens(self, word: str) -> list[Token]:
        """The tokens of a word, remembered if it is short."""
        if len(word) > LONGEST:
            return self.model.tokenize(word)
        found = self.words.get(word)
        if found is None:
            if len(self.words) > REMEMBERED:
                self.words.clear()
            found = self.words[word] = self.model.tokenize(word)
        return found

    def counted(self, text: str) -> list[str]:
        """The units of a text as texts, for counting; each is to go through `words_of`."""
        if self.pattern and not self.is_nfc:
            prefix = " " if self.has_prefix and not text.startswith(" ") else ""
            return self.pattern.cover(prefix + text)
        if self.by_words:
            return text.replace("\n", " ").replace("\t", " ").replace("\r", " ").split(" ")
        return [piece.text for piece in self.split(Aligned.of(text))]

    def words_of(self, unit: str) -> list[str]:
        """The words that a counted unit holds."""
        if self.pattern and not self.is_nfc:
            return [as_characters(unit) if self.on_bytes else unit]
        if self.by_words:
            return [piece.text for piece in self.split(Aligned.of(unit))]
        return [unit]


def by_pattern(pre_tokenizer: Any) -> tuple[Pattern | None, bool, bool]:
    """The pattern that finds a pre-tokenizer's words; whether a space goes first; whether words are bytes."""
    if isinstance(pre_tokenizer, pre_tokenizers.ByteLevel):
        return (pattern(GPT2) if pre_tokenizer.use_regex else None), pre_tokenizer.add_prefix_space, True
    parts = getattr(pre_tokenizer, "pretokenizers", [pre_tokenizer])
    first = parts[0] if parts else None
    if (not isinstance(first, pre_tokenizers.Split) or "Regex" not in first.pattern or first.invert
            or pre_tokenizers.behavior_named(first.behavior) != "isolated"):
        return None, False, False
    found = pattern(first.pattern["Regex"])
    if len(parts) == 1:
        return found, False, False
    second = parts[1]
    plain = (len(parts) == 2 and isinstance(second, pre_tokenizers.ByteLevel) and not second.use_regex
             and not second.add_prefix_space)
    return (found if plain else None), False, True
