"""SentencePiece's table of replacements: what T5, ALBERT and XLM-R do to a text first.

The table is a trie of byte sequences in one array of numbers (a double array), and behind it the
replacements, each ended by a zero byte. Following a byte leads from a number to another; a number knows by
which byte it may be reached, how far its children are away, and whether a sequence ends there.

Source:  Aoe 1989, "An Efficient Digital Search Algorithm by Using a Double-Array Structure"; the format of
         Yata's Darts-clone.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
import struct

from . import unicode_classes as classes
from .aligned import Change

# What belongs to the character before it: marks, joiners, emoji's tones, the marks of half-width kana.
ATTACHED: classes.Ranges = ((0x200C, 0x200D), (0xFF9E, 0xFF9F), (0x1F3FB, 0x1F3FF), (0xE0020, 0xE007F))
# And what belongs to the character after it: Arabic and Indic signs of number and the like.
PREPENDED: classes.Ranges = (
    (0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2), (0xD4E, 0xD4E),
    (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x111C2, 0x111C3), (0x113D1, 0x113D1), (0x1193F, 0x1193F),
    (0x11941, 0x11941), (0x11A84, 0x11A89), (0x11D46, 0x11D46), (0x11F02, 0x11F02))
SHORT = 6                                                        # bytes; longer clusters go by characters


class CharsMap:
    """A table of replacements, from the text of tokenizer.json's `precompiled_charsmap`.

    Raises:  ValueError for a text that holds none.
    """

    def __init__(self, encoded: str) -> None:
        try:
            data = base64.b64decode(encoded, validate=True)
            size, = struct.unpack_from("<I", data)
            self.units = struct.unpack_from(f"<{size // 4}I", data, 4)
        except (binascii.Error, struct.error):
            raise ValueError("Precompiled: precompiled_charsmap is no table of replacements") from None
        self.texts = data[4 + size:]

    def find(self, text: str) -> str | None:
        """The replacement of the shortest sequence that a text begins with."""
        units, at = self.units, self.step(self.units[0])
        for byte in text.encode("utf-8"):
            at ^= byte
            if not byte or at >= len(units) or units[at] & 0x800000FF != byte:
                return None
            unit = units[at]
            at ^= self.step(unit)
            if unit >> 8 & 1:
                start = units[at] & 0x7FFFFFFF
                return self.texts[start:self.texts.index(b"\0", start)].decode("utf-8")
        return None

    @staticmethod
    def step(unit: int) -> int:
        """How far the children of a number are away."""
        return unit >> 10 << ((unit & 0x200) >> 6)

    def changes(self, text: str) -> list[Change] | None:
        """All characters of a text and what they replace; None if nothing changes."""
        found: list[Change] = []
        is_changed = False
        for cluster in clusters().findall(text):
            whole = self.find(cluster) if len(cluster.encode("utf-8")) < SHORT else None
            for part in [cluster] if whole is not None else cluster:
                new = whole if whole is not None else self.find(part)
                if new is None:
                    found.append((part, 0))
                else:
                    is_changed = True
                    put(found, part, new)
        return found if is_changed else None


def put(found: list[Change], old: str, new: str) -> None:
    """Add a replacement: surplus characters are additions, missing ones are swallowed by the last."""
    surplus = len(new) - len(old)
    found += [(character, int(place >= len(old))) for place, character in enumerate(new)]
    if surplus < 0 and found:
        found[-1] = found[-1][0], found[-1][1] + surplus


@functools.cache
def clusters() -> re.Pattern[str]:
    """Characters with what is attached to them."""
    attached = classes.union(classes.category("M"), ATTACHED)
    control = classes.union(*map(classes.category, ("Cc", "Cf", "Zl", "Zp")))
    inside = classes.bracketed(classes.without(control, ATTACHED, PREPENDED))
    before = classes.bracketed(PREPENDED)
    return re.compile(f"\r\n|[{inside}]|[{before}]*[^{inside}][{classes.bracketed(attached)}]*")


@functools.lru_cache(maxsize=8)
def charsmap(encoded: str) -> CharsMap:
    """The table of a text, read once."""
    return CharsMap(encoded)
