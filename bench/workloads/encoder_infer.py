"""Texts to vectors with an encoder of MiniLM's shape, forward alone."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..encoder import Shape, encoder
from ..row import Row, Work

MINILM = Shape(layers=6, n_heads=12, width=384, inner=1536, vocabulary=30522, texts=32, tokens=32)


def build(torch: ModuleType) -> Work:
    """One batch of texts of equal length."""
    model = encoder(torch, MINILM)
    model.eval()
    tokens = torch.randint(0, MINILM.vocabulary, (MINILM.texts, MINILM.tokens))

    def step() -> Any:
        with torch.inference_mode():
            return model(tokens)

    return Work(step, {**model.state_dict(), "tokens": tokens})


ROWS = {"encoder-infer": Row("MiniLM's shape (6 layers, 12 heads, width 384, inner 1536): 32 texts of 32 "
                             "tokens, forward alone", build, MINILM.flops())}
