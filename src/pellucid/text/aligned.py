"""A text that remembers where each of its characters came from.

Normalising changes a text, yet the offsets of tokens must point into the text that was given. So every
character carries the span of the original that it stands for: two sequences of numbers beside the text, which
are ranges (and cost nothing) as long as nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# A new character, and what it does: 0 replaces the next old character, -n replaces it and swallows n more,
# 1 is an addition and stands for the same as the old character before it.
Change = tuple[str, int]
# A span of old characters, its new characters, and how many old ones are dropped before the first of them.
Edit = tuple[int, int, Sequence[Change], int]
Match = tuple[int, int, bool]


class Aligned:
    """A piece of text with the original span of each character.

    >>> piece = Aligned.of("Ab").edited([(0, 1, [("a", 0), ("h", 1)], 0)])
    >>> piece.text, piece.span(0, 2), piece.span(2, 3)
    ('ahb', (0, 1), (1, 2))
    """

    __slots__ = ("text", "starts", "ends")

    def __init__(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> None:
        self.text, self.starts, self.ends = text, starts, ends

    @classmethod
    def of(cls, text: str, start: int = 0) -> Aligned:
        """A text as it is, at a place in the original."""
        return cls(text, range(start, start + len(text)), range(start + 1, start + len(text) + 1))

    def slice(self, start: int, end: int) -> Aligned:
        """Some of the characters."""
        return Aligned(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original some of the characters come from."""
        return self.starts[start], self.ends[end - 1]

    def renamed(self, text: str) -> Aligned:
        """The same places with other characters, one for one."""
        return Aligned(text, self.starts, self.ends)

    def edited(self, edits: Iterable[Edit]) -> Aligned:
        """The piece with some spans changed; the spans are in order and do not overlap."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, changes, dropped in edits:
            texts.append(self.text[done:start])
            starts.extend(self.starts[done:start])
            ends.extend(self.ends[done:start])
            at = start + dropped
            for character, change in changes:
                texts.append(character)
                source = at - 1 if change > 0 else at
                starts.append(self.starts[max(source, 0)])
                ends.append(self.ends[source] if source >= 0 else self.starts[0])
                at += 0 if change > 0 else 1 - change
            done = end
        if not texts and done == 0:
            return self
        texts.append(self.text[done:])
        starts.extend(self.starts[done:])
        ends.extend(self.ends[done:])
        return Aligned("".join(texts), starts, ends)

    def prepended(self, text: str) -> Aligned:
        """The piece with a text before it, which stands for the same as the first character."""
        if not self.text or not text:
            return self
        changes = [(character, int(place > 0)) for place, character in enumerate(text)]
        return self.edited([(0, 1, [*changes, (self.text[0], 1)], 0)])

    def parts(self, spans: Iterable[tuple[int, int]]) -> list[Aligned]:
        """Some slices, without those that are empty."""
        return [self.slice(start, end) for start, end in spans if end > start]


def divided(piece: Aligned, matches: list[Match], behavior: str) -> list[Aligned]:
    """A piece split at the matches, which cover it together with what lies between.

    `behavior` says what becomes of a match: "removed"; "isolated"; "merged_with_previous" and
    "merged_with_next", in which it goes with a neighbour; "contiguous", where matches in a row stay together.
    """
    if behavior == "removed":
        return piece.parts((start, end) for start, end, is_match in matches if not is_match)
    if behavior == "isolated":
        return piece.parts((start, end) for start, end, _ in matches)
    spans: list[list[int]] = []
    before = False
    if behavior == "merged_with_next":
        for start, end, is_match in reversed(matches):
            if is_match and not before and spans:
                spans[-1][0] = start
            else:
                spans.append([start, end])
            before = is_match
        spans.reverse()
        return piece.parts((start, end) for start, end in spans)
    for start, end, is_match in matches:
        joins = is_match == before if behavior == "contiguous" else is_match and not before
        if joins and spans:
            spans[-1][1] = end
        else:
            spans.append([start, end])
        before = is_match
    return piece.parts((start, end) for start, end in spans)
