"""From word vectors to an encoder of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..text import Tokenizer
from ..text.normalizers import Lowercase
from ..text.pre_tokenizers import BertPreTokenizer
from ..text.words import UNKNOWN, WordLevel
from .static import StaticEncoder

if TYPE_CHECKING:
    from .words import WordVectors


def encoder(words: WordVectors, smooth: float) -> StaticEncoder:
    """See `WordVectors.encoder`; the unknown token's row is zero."""
    if not smooth > 0:
        raise ValueError(f"encoder: smooth must be above 0, got {smooth}")
    weights = np.ones(len(words), np.float32)
    if words.counts is not None:
        weights = (smooth / (smooth + words.counts / words.counts.sum())).astype(np.float32)
    rows = (words.directions - words.directions.mean(0)) * weights[:, None]
    vocabulary = {UNKNOWN: 0, **{word: place + 1 for place, word in enumerate(words.words)}}
    tokenizer = Tokenizer(WordLevel(vocabulary), normalizer=Lowercase(), pre_tokenizer=BertPreTokenizer())
    return StaticEncoder(np.vstack([np.zeros_like(rows[:1]), rows]), tokenizer)
