"""Pairs of texts drawn together, all others apart: InfoNCE on an encoder of two layers."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..encoder import Shape, encoder
from ..row import Row, Work, dense

PAIRS, TEMPERATURE = 64, 0.05
SMALL = Shape(layers=2, n_heads=4, width=128, inner=512, vocabulary=2000, texts=2 * PAIRS, tokens=16)


def build(torch: ModuleType) -> Work:
    """Both texts of all pairs through the encoder, all their products, cross-entropy both ways; Adam."""
    F = torch.nn.functional
    model = encoder(torch, SMALL)
    tokens = torch.randint(0, SMALL.vocabulary, (SMALL.texts, SMALL.tokens))
    partner = torch.arange(PAIRS)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step() -> Any:
        optimizer.zero_grad()
        a, b = model(tokens).split(PAIRS)                                    # (B, C) each
        scores = a @ b.T / TEMPERATURE                                       # (B, B)
        loss = (F.cross_entropy(scores, partner) + F.cross_entropy(scores.T, partner)) / 2
        loss.backward()
        optimizer.step()
        return loss

    return Work(step, {**model.state_dict(), "tokens": tokens})


ROWS = {"contrastive": Row("2-layer encoder, width 128, 64 pairs of 16 tokens, InfoNCE, Adam", build,
                           3 * (SMALL.flops() + dense(PAIRS, SMALL.width, PAIRS)))}
