"""A text encoder of BERT's kind, for the rows that have one."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .attention import block_flops, self_attention


@dataclass(frozen=True)
class Shape:
    """Sizes of an encoder and of the texts that it reads."""

    layers: int
    n_heads: int
    width: int
    inner: int                                          # the width between the two linear layers of a block
    vocabulary: int
    texts: int
    tokens: int                                         # per text

    def flops(self) -> float:
        """Operations of its matrix products, forward."""
        return self.layers * block_flops(self.texts, self.tokens, self.width, self.inner)


def block(torch: ModuleType, shape: Shape) -> Any:
    """Attention, then two linear layers; each added to its input and normalised afterwards."""
    nn: Any = torch.nn
    C = shape.width

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv, self.out = nn.Linear(C, 3 * C), nn.Linear(C, C)
            self.inside, self.outside = nn.Linear(C, shape.inner), nn.Linear(shape.inner, C)
            self.norm1, self.norm2, self.gelu = nn.LayerNorm(C), nn.LayerNorm(C), nn.GELU()

        def forward(self, x: Any) -> Any:
            x = self.norm1(x + self.out(self_attention(torch, self.qkv(x), shape.n_heads)))
            return self.norm2(x + self.outside(self.gelu(self.inside(x))))

    return Block()


def encoder(torch: ModuleType, shape: Shape) -> Any:
    """Embeddings of words and places, blocks, the mean over the tokens, scaled to length 1."""
    nn: Any = torch.nn
    F = torch.nn.functional

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(shape.vocabulary, shape.width)
            self.places = nn.Embedding(shape.tokens, shape.width)
            self.norm = nn.LayerNorm(shape.width)
            self.blocks = nn.Sequential(*(block(torch, shape) for _ in range(shape.layers)))

        def forward(self, tokens: Any) -> Any:
            x = self.norm(self.words(tokens) + self.places.weight)           # (B, T, C)
            return F.normalize(self.blocks(x).mean(dim=1), dim=-1)           # (B, C)

    return Encoder()
