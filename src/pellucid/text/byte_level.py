"""Byte-level BPE: no text is unknown, because every text is bytes.

BPE on characters needs every character in its vocabulary, and Unicode has 150,000. Bytes are 256, and UTF-8
makes bytes of every text. GPT-2 writes each byte as a printable character (the space as Ġ), so that tokens
can be read, and cuts the text with a regular expression first, so that no merge crosses from a word into the
next.

Source:  Radford, Wu, Child, Luan, Amodei & Sutskever 2019, "Language Models are Unsupervised Multitask
Learners".
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence

from .aligned import Aligned


def _alphabet() -> list[str]:
    """The character of each byte: itself where it can be read, else one of those from U+0100 on."""
    readable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    spare = itertools.count(0x100)
    return [chr(byte if byte in readable else next(spare)) for byte in range(256)]


CHARACTERS = _alphabet()
BYTES = {character: byte for byte, character in enumerate(CHARACTERS)}
TO_CHARACTERS = dict(enumerate(CHARACTERS))                      # for texts that were decoded as Latin-1
FROM_CHARACTERS = {ord(character): byte for character, byte in BYTES.items()}
STRANGE = re.compile(f"[^{re.escape(''.join(CHARACTERS))}]")
SPACE = CHARACTERS[0x20]


def as_characters(text: str) -> str:
    """The bytes of a text, each as its printable character.

    >>> as_characters(" né")
    'ĠnÃ©'
    """
    return text.encode("utf-8").decode("latin-1").translate(TO_CHARACTERS)


def as_bytes(token: str) -> bytes:
    """The bytes that a token stands for; a token with any other character is taken as it is.

    >>> as_bytes("ĠnÃ©").decode(), as_bytes("<|π|>").decode()
    (' né', '<|π|>')
    """
    try:
        return bytes(BYTES[character] for character in token)
    except KeyError:
        return token.encode("utf-8")


def joined_bytes(tokens: Sequence[str]) -> bytes:
    """The bytes of tokens in a row."""
    text = "".join(tokens)
    if STRANGE.search(text):
        return b"".join(map(as_bytes, tokens))
    return text.translate(FROM_CHARACTERS).encode("latin-1")


def spread(piece: Aligned) -> Aligned:
    """A piece with its bytes as characters, each of which stands for the whole character it is part of."""
    text = piece.text
    if text.isascii():
        return piece.renamed(text.translate(TO_CHARACTERS))
    sizes = [byte_size(character) for character in text]
    starts = [start for start, size in zip(piece.starts, sizes, strict=True) for _ in range(size)]
    ends = [end for end, size in zip(piece.ends, sizes, strict=True) for _ in range(size)]
    return Aligned(as_characters(text), starts, ends)


def byte_size(character: str) -> int:
    """The number of bytes of a character in UTF-8."""
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


@functools.lru_cache(maxsize=65536)
def places(word: str) -> Sequence[int]:
    """For each byte of a word, the character that it belongs to."""
    if word.isascii():
        return range(len(word))
    return [place for place, character in enumerate(word) for _ in range(byte_size(character))]
