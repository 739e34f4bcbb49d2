"""What encoding a text gives: numbers, tokens, offsets, and what a model needs beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .byte_level import SPACE
from .unicode_classes import SPACES

Offsets = tuple[int, int]
# The tokens, their offsets, and the words that they belong to.
Details = tuple[list[str], list[Offsets], "list[int | None]"]


class Part:
    """A run of tokens from one source: of a text, special ones, or padding.

    Tokens, offsets and words are made when somebody asks for them: most of the time only the ids are wanted.
    """

    __slots__ = ("ids", "type_id", "sequence", "attention", "_make", "_details")

    def __init__(self, ids: list[int], make: Callable[[], Details], type_id: int = 0,
                 sequence: int | None = None, attention: int = 1) -> None:
        self.ids, self.type_id, self.sequence, self.attention = ids, type_id, sequence, attention
        self._make = make
        self._details: Details | None = None

    @classmethod
    def special(cls, ids: list[int], tokens: list[str], type_id: int = 0, attention: int = 1) -> Part:
        """Tokens that stand for nothing in the text."""
        count = len(ids)
        return cls(ids, lambda: (tokens, [(0, 0)] * count, [None] * count), type_id, None, attention)

    def details(self) -> Details:
        """Tokens, offsets and words."""
        if self._details is None:
            self._details = self._make()
        return self._details

    def slice(self, start: int, end: int) -> Part:
        """Some of the tokens."""
        def make() -> Details:
            tokens, offsets, words = self.details()
            return tokens[start:end], offsets[start:end], words[start:end]
        return Part(self.ids[start:end], make, self.type_id, self.sequence, self.attention)

    def typed(self, type_id: int) -> Part:
        """The same with another type."""
        if type_id == self.type_id:
            return self
        return Part(self.ids, self.details, type_id, self.sequence, self.attention)

    def trimmed(self, add_prefix_space: bool) -> Part:
        """The same with the spaces at the ends of tokens left out of their offsets."""
        def make() -> Details:
            tokens, offsets, words = self.details()
            return tokens, [trim(place, token, span, add_prefix_space) for place, (token, span)
                            in enumerate(zip(tokens, offsets, strict=True))], words
        return Part(self.ids, make, self.type_id, self.sequence, self.attention)


def trim(place: int, token: str, span: Offsets, add_prefix_space: bool) -> Offsets:
    """Offsets without the spaces that a byte-level token begins and ends with."""
    start, end = span
    spaces = SPACE + SPACES
    before, after = len(token) - len(token.lstrip(spaces)), len(token) - len(token.rstrip(spaces))
    if before == 1 and add_prefix_space and (place == 0 or start == 0):
        before = 0                                               # that space is not in the text
    start = min(start + before, end)
    if after and end >= after:
        end = max(end - after, start)
    return start, end


@dataclass
class Bundle:
    """Parts in a row, with what truncation cut off."""

    parts: list[Part]
    overflow: list[list[Part]]

    def __len__(self) -> int:
        return sum(len(part.ids) for part in self.parts)

    def then(self, other: Bundle) -> Bundle:
        """Both in a row; every overflow of one goes with all of the other."""
        overflow = [mine + theirs for mine in self.overflow for theirs in (other.parts, *other.overflow)]
        overflow += [self.parts + theirs for theirs in other.overflow]
        return Bundle(self.parts + other.parts, overflow)

    def typed(self, type_id: int) -> Bundle:
        """Every part with another type."""
        return self.changed(lambda part: part.typed(type_id))

    def changed(self, change: Callable[[Part], Part]) -> Bundle:
        """Every part changed."""
        if len(self.parts) == 1 and not self.overflow:
            part = change(self.parts[0])
            return self if part is self.parts[0] else Bundle([part], [])
        return Bundle([change(part) for part in self.parts],
                      [[change(part) for part in parts] for parts in self.overflow])


class Encoding:
    """A text as tokens; each attribute is a list with an entry per token.

        ids                  numbers in the vocabulary
        tokens               texts
        offsets              where each token begins and ends in the text, in characters; (0, 0) if it is
        special type_ids             0 for the first text and 1 for the second, as the model wants it
        attention_mask       0 for padding
        special_tokens_mask  1 for special tokens and padding
        word_ids             the number of the word in its text, None for special tokens
        sequence_ids         0 and 1 for the first and the second text, None for special tokens
        overflowing          what truncation cut off, as Encodings
    """

    __slots__ = ("_parts", "_ids", "overflowing")

    def __init__(self, parts: Iterable[Part], overflowing: Iterable[Encoding] = ()) -> None:
        self._parts = list(parts)
        self._ids: list[int] | None = None
        self.overflowing = list(overflowing)

    @classmethod
    def of(cls, bundle: Bundle) -> Encoding:
        """A bundle, its overflow included."""
        return cls(bundle.parts, map(cls, bundle.overflow))

    @property
    def ids(self) -> list[int]:
        if self._ids is None:
            self._ids = (self._parts[0].ids if len(self._parts) == 1
                         else [number for part in self._parts for number in part.ids])
        return self._ids

    @property
    def tokens(self) -> list[str]:
        return [token for part in self._parts for token in part.details()[0]]

    @property
    def offsets(self) -> list[Offsets]:
        return [span for part in self._parts for span in part.details()[1]]

    @property
    def word_ids(self) -> list[int | None]:
        return [word for part in self._parts for word in part.details()[2]]

    @property
    def type_ids(self) -> list[int]:
        return self._each(lambda part: part.type_id)

    @property
    def sequence_ids(self) -> list[int | None]:
        return self._each(lambda part: part.sequence)

    @property
    def attention_mask(self) -> list[int]:
        return self._each(lambda part: part.attention)

    @property
    def special_tokens_mask(self) -> list[int]:
        return self._each(lambda part: int(part.sequence is None))

    def _each(self, of: Callable[[Part], Any]) -> list[Any]:
        return [value for part in self._parts for value in [of(part)] * len(part.ids)]

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Encoding({len(self)} tokens: {' '.join(self.tokens[:8])}{' ...' if len(self) > 8 else ''})"

    def padded(self, length: int, padding: Padding) -> Encoding:
        """The encoding with padding up to a length; longer ones stay as they are."""
        count = length - len(self)
        parts = self._parts
        if count > 0:
            ids, tokens = [padding.pad_id] * count, [padding.pad_token] * count
            extra = Part.special(ids, tokens, padding.pad_type_id, attention=0)
            parts = [extra, *parts] if padding.direction.lower() == "left" else [*parts, extra]
        return Encoding(parts, [each.padded(length, padding) for each in self.overflowing])


@dataclass(frozen=True)
class Padding:
    """How encodings are made equally long: to `length`, or to the longest of a batch."""

    direction: str = "right"
    pad_id: int = 0
    pad_type_id: int = 0
    pad_token: str = "[PAD]"
    length: int | None = None
    pad_to_multiple_of: int | None = None

    def pad(self, encodings: list[Encoding]) -> list[Encoding]:
        """Encodings of one length."""
        length = max(map(len, encodings), default=0) if self.length is None else self.length
        length += -length % (self.pad_to_multiple_of or 1)
        return [encoding.padded(length, self) for encoding in encodings]


@dataclass(frozen=True)
class Truncation:
    """How long encodings may be: `max_length` tokens with the special ones; the rest overflows.

    `stride` tokens of each piece are repeated in the next. `strategy` says which of two texts is cut:
    "longest_first", "only_first" or "only_second".
    """

    max_length: int
    stride: int = 0
    strategy: str = "longest_first"
    direction: str = "right"

    def __post_init__(self) -> None:
        if self.max_length < 0:
            raise ValueError(f"truncation: max_length must not be negative, got {self.max_length}")
        if self.strategy not in ("longest_first", "only_first", "only_second"):
            raise ValueError(f"truncation: strategy {self.strategy!r} is not known; known are longest_first, "
                             "only_first, only_second")

    def cut(self, first: Part, second: Part | None, added: int) -> tuple[Bundle, Bundle | None]:
        """One or two texts, with room left for the special tokens that will be added."""
        count = len(first.ids) + (0 if second is None else len(second.ids))
        if self.max_length >= added + count > added:
            return Bundle([first], []), None if second is None else Bundle([second], [])
        if added > self.max_length:
            raise ValueError(f"truncation: max_length {self.max_length} has no room for {added} special "
                             "tokens")
        room = self.max_length - added
        sizes = len(first.ids), 0 if second is None else len(second.ids)
        keep = self._sizes(sizes, room, second is not None) if sum(sizes) > room or not room else sizes
        return (self.limited(first, keep[0]), None if second is None else self.limited(second, keep[1]))

    def _sizes(self, sizes: tuple[int, int], room: int, is_pair: bool) -> tuple[int, int]:
        """How many tokens of each text to keep."""
        surplus = sum(sizes) - room
        if not room:
            return 0, 0
        if self.strategy == "longest_first":
            if not is_pair:
                return room, 0
            small, large = sorted(sizes)
            large = small if small > room else max(small, room - small)
            if small + large > room:
                small, large = room // 2, room // 2 + room % 2
            return (small, large) if sizes[0] <= sizes[1] else (large, small)
        which = int(self.strategy == "only_second")
        if which and not is_pair:
            raise ValueError("truncation: only_second wants two texts, got one")
        if sizes[which] <= surplus:
            raise ValueError(f"truncation: {self.strategy} would have to take {surplus} tokens from a text "
                             f"of {sizes[which]}")
        return (sizes[0], sizes[1] - surplus) if which else (sizes[0] - surplus, sizes[1])

    def limited(self, part: Part, size: int) -> Bundle:
        """A text's first (or last) tokens, the others as overflow."""
        count = len(part.ids)
        if size >= count:
            return Bundle([part], [])
        if size == 0:
            return Bundle([], [[part]])
        if self.stride >= size:
            raise ValueError(f"truncation: stride {self.stride} must be less than the {size} tokens that "
                             "are kept of a text")
        spans, step = [], size - self.stride
        if self.direction.lower() == "left":
            for end in range(count, 0, -step):
                spans.append((max(end - size, 0), end))
                if spans[-1][0] == 0:
                    break
        else:
            for start in range(0, count, step):
                spans.append((start, min(start + size, count)))
                if spans[-1][1] == count:
                    break
        pieces = [part.slice(start, end) for start, end in spans]
        return Bundle(pieces[:1], [[piece] for piece in pieces[1:]])
