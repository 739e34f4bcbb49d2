"""Tokenizers: texts as numbers.

Read them as a ladder, each rung of which has what the one before lacks:

    chars       every character a token
    words       every frequent word a token
    bpe         frequent words whole, rare ones in pieces
    byte_level  the same on bytes: nothing is unknown
    wordpiece   the longest piece that fits, without merges
    unigram     the most probable split of all

`Tokenizer` stands in front of them all, and reads and writes tokenizer.json.
"""

from .added import AddedToken
from .bpe import BPE
from .chars import Characters
from .encoding import Encoding, Padding, Truncation
from .tokenizer import Tokenizer
from .unigram import Unigram
from .wordpiece import WordPiece
from .words import WordLevel

__all__ = ["AddedToken", "BPE", "Characters", "Encoding", "Padding", "Tokenizer", "Truncation", "Unigram",
           "WordLevel", "WordPiece"]
