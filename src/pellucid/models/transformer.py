"""Transformer: reads a text in one language and writes it in another, by attention alone.

References
    Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762
    Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture", arXiv:2002.04745: the norms
    stand before attention and MLP, and one more behind the last layer of each side

    h = sqrt(C) source[x] + places                              what is read
    h = h + look(norm(h));  h = h + mlp(norm(h))                n_layers times; memory = norm(h)
    g = sqrt(C) target[y] + places                              what was written so far
    g = g + look back(norm(g));  g = g + look at(norm(g), memory);  g = g + mlp(norm(g))
    scores of the next token = norm(g) target^T
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid import nn, no_grad
from pellucid.models.beam import beam_search
from pellucid.nn import functional as F
from pellucid.tensor import OpError, Tensor, wrap

PAD, START, END = 0, 1, 2                                        # tokens of every vocabulary


@dataclass(frozen=True)
class TransformerConfig:
    n_source: int = 37000       # tokens that are read
    n_target: int = 37000       # tokens that are written, V
    n_layers: int = 6           # on each side
    n_heads: int = 8
    width: int = 512            # C: numbers that stand for a token inside
    inside: int = 2048          # numbers in the middle of the MLP
    dropout: float = 0.1        # of embeddings, and of what each part adds
    longest: int = 256          # tokens of a text


def waves(length: int, width: int) -> np.ndarray:
    """A wave for every pair of features: place t of the text is a point on each.

        y[t, 2i] = sin(t / 10000^(2i / C))          y[t, 2i + 1] = cos(t / 10000^(2i / C))

    Shapes:  -> (length, width) float64
    Source:  Vaswani et al. 2017, section 3.5.
    >>> waves(2, 4).round(2).tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.84, 0.54, 0.01, 1.0]]
    """
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, width, 2) / width)
    return np.stack([np.sin(angles), np.cos(angles)], 2).reshape(length, -1)[:, :width]


def places(length: int, width: int) -> np.ndarray:
    """The waves as the model adds them: float32."""
    return waves(length, width).astype(np.float32)


def heads(x: Tensor, n_heads: int) -> Tensor:
    """(B, T, C) -> (B, H, T, D)"""
    B, T, C = x.shape
    return x.view(B, T, n_heads, C // n_heads).transpose(1, 2)


def joined(x: Tensor) -> Tensor:
    """(B, H, T, D) -> (B, T, C)"""
    B, H, T, D = x.shape
    return x.transpose(1, 2).reshape(B, T, H * D)


class Look(nn.Module):
    """Each token of a text looks at tokens of the same text: all of them, or those written before it.

        y = [a[1] v[1], ..., a[H] v[H]] W_out^T          a[i] = softmax(q[i] k[i]^T / sqrt(D))
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor, mask: Tensor | None = None, is_causal: bool = False,
                cache: nn.KeyValueCache | None = None) -> Tensor:
        q, k, v = (heads(part, self.n_heads) for part in self.qkv(x).split(x.shape[2], 2))
        if cache is not None:
            k, v = cache.append(k, v)                            # one new token, which sees all before it
            mask, is_causal = cache.mask(x.shape[1]), False
        return self.out(joined(F.scaled_dot_product_attention(q, k, v, mask, is_causal=is_causal)))


class LookAt(nn.Module):
    """Each token of a text looks at the tokens of another, the memory: q from the one, k and v from it."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.q = nn.Linear(config.width, config.width)
        self.kv = nn.Linear(config.width, 2 * config.width)
        self.out = nn.Linear(config.width, config.width)

    def read(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """k and v of each head: (B, S, C) -> two of (B, H, S, D)."""
        k, v = (heads(part, self.n_heads) for part in self.kv(memory).split(memory.shape[2], 2))
        return k, v

    def forward(self, x: Tensor, kv: tuple[Tensor, Tensor], mask: Tensor | None = None) -> Tensor:
        y = F.scaled_dot_product_attention(heads(self.q(x), self.n_heads), *kv, mask)
        return self.out(joined(y))

    def weights(self, x: Tensor, kv: tuple[Tensor, Tensor], mask: Tensor | None = None) -> Tensor:
        """Which part of its look each token gives to which: (B, H, T, S), rows that sum to 1."""
        scores = heads(self.q(x), self.n_heads) @ kv[0].transpose(-2, -1) / math.sqrt(kv[0].shape[-1])
        return F.softmax(scores if mask is None else scores.masked_fill(~mask, -math.inf), -1)


class MLP(nn.Module):
    """What a token makes of what it has seen: y = relu(x W1^T) W2^T."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.inside = nn.Linear(config.width, config.inside)
        self.out = nn.Linear(config.inside, config.width)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(F.relu(self.inside(x)))


class Reader(nn.Module):
    """A layer of the encoder: look around, then think; each adds to what came in."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.look, self.mlp = Look(config), MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        x = x + self.dropout(self.look(self.norm1(x), mask))
        return x + self.dropout(self.mlp(self.norm2(x)))


class Writer(nn.Module):
    """A layer of the decoder: look back at what was written, look at what is read, then think."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(config.width) for _ in range(3))
        self.look, self.look_at, self.mlp = Look(config), LookAt(config), MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, kv: tuple[Tensor, Tensor], mask: Tensor | None,
                cache: nn.KeyValueCache | None = None, rows: tuple[int, int] | None = None) -> Tensor:
        x = x + self.dropout(self.look(self.norm1(x), is_causal=True, cache=cache))
        h, shape = self.norm2(x), x.shape
        if rows is not None:                                     # (B K, 1, C): K beginnings share a memory
            h = h.view(*rows, shape[2])
        x = x + self.dropout(self.look_at(h, kv, mask).view(*shape))
        return x + self.dropout(self.mlp(self.norm3(x)))


class Transformer(nn.Module):
    """Scores of each next token of a text in the target language, given one in the source language.

    Given the right text it writes on after right tokens: y[:, i] are the scores of the token behind
    target[:, i]. Texts of a batch are filled up with PAD (0); what is written begins with START (1) and ends
    with END (2).

    Shapes:  source (B, S) int64, target (B, T) int64 -> (B, T, V)
    Source:  see the top of this file.
    Differs: from Vaswani et al.: the norms come first (which needs less warm-up), the source has its own
             vocabulary, and attention weights are not dropped out.
    Raises:  RuntimeError for a text longer than config.longest.
    >>> from pellucid import ones, int64
    >>> model = Transformer(TransformerConfig(20, 30, n_layers=1, n_heads=2, width=8, inside=16))
    >>> model(ones(3, 5, dtype=int64), ones(3, 4, dtype=int64)).shape
    pellucid.Size([3, 4, 30])
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        C = config.width
        if C % config.n_heads:
            raise ValueError(f"Transformer: n_heads must divide width, got {config.n_heads} and {C}")
        self.config = config
        self.source, self.target = nn.Embedding(config.n_source, C), nn.Embedding(config.n_target, C)
        self.dropout = nn.Dropout(config.dropout)
        self.readers = nn.ModuleList([Reader(config) for _ in range(config.n_layers)])
        self.read_norm = nn.LayerNorm(C)
        self.writers = nn.ModuleList([Writer(config) for _ in range(config.n_layers)])
        self.written_norm = nn.LayerNorm(C)
        self.places = places(config.longest, C)
        for name, parameter in self.named_parameters():
            if name in ("source.weight", "target.weight"):
                nn.init.normal_(parameter, 0.0, C ** -0.5)       # times sqrt(C): as large as the places
            elif parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def embedded(self, table: nn.Embedding, tokens: Tensor, before: int = 0) -> Tensor:
        """Tokens and where they stand: (B, T) -> (B, T, C)."""
        stop = before + tokens.shape[1]
        if stop > self.config.longest:
            raise OpError(f"Transformer: a text of {stop} tokens is longer than {self.config.longest}")
        x = table(tokens) * math.sqrt(self.config.width) + wrap(self.places[before:stop])
        return self.dropout(x)

    def read(self, source: Tensor) -> tuple[list[tuple[Tensor, Tensor]], Tensor | None]:
        """What each writer looks at, k and v (B, H, S, D), and the mask of what is no padding."""
        seen = source.numpy() != PAD
        mask = None if seen.all() else wrap(seen[:, None, None])                          # (B, 1, 1, S)
        x = self.embedded(self.source, source)
        for reader in self.readers:
            x = reader(x, mask)
        memory = self.read_norm(x)                                                        # (B, S, C)
        return [writer.look_at.read(memory) for writer in self.writers], mask

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        memories, mask = self.read(source)
        x = self.embedded(self.target, target)
        for writer, kv in zip(self.writers, memories, strict=True):
            x = writer(x, kv, mask)
        return F.linear(self.written_norm(x), self.target.weight)                         # (B, T, V)

    @no_grad()
    def attention_maps(self, source: Tensor, target: Tensor) -> np.ndarray:
        """Where each layer and head looks in the source before each next token: (L, B, H, T, S)."""
        was_training, maps = self.training, []
        self.eval()
        memories, mask = self.read(source)
        x = self.embedded(self.target, target)
        for writer, kv in zip(self.writers, memories, strict=True):
            own = x + writer.look(writer.norm1(x), is_causal=True)
            maps.append(writer.look_at.weights(writer.norm2(own), kv, mask).numpy())
            x = writer(x, kv, mask)
        self.train(was_training)
        return np.stack(maps)

    @no_grad()
    def write(self, source: Tensor, beam: int = 5, alpha: float = 0.6, extra: int = 20) -> list[list[int]]:
        """The best text that beam search finds for each source, at most `extra` tokens longer than it.

        Shapes:  source (B, S) -> B lists of tokens, without START and END
        """
        was_training, B = self.training, len(source)
        self.eval()
        memories, mask = self.read(source)
        caches = [nn.KeyValueCache() for _ in self.writers]

        def advance(tokens: np.ndarray, parents: np.ndarray) -> np.ndarray:
            order = (parents + np.arange(B)[:, None] * beam).ravel()
            scores = self._next(tokens.reshape(-1, 1), order, caches, memories, mask, (B, beam))
            return F.log_softmax(scores, -1).numpy().reshape(B, beam, -1)

        most = min(source.shape[1] + extra, self.config.longest)
        texts = beam_search(advance, B, start=START, end=END, most=most, beam=beam, alpha=alpha)
        self.train(was_training)
        return texts

    def _next(self, tokens: np.ndarray, order: np.ndarray, caches: Sequence[nn.KeyValueCache],
              memories: list[tuple[Tensor, Tensor]], mask: Tensor | None, rows: tuple[int, int]) -> Tensor:
        """Scores (B K, V) after one more token (B K, 1) of the beginnings in a new order (B K,)."""
        before = len(caches[0])
        for cache in caches:
            if cache.keys is not None and cache.values is not None:
                cache.keys, cache.values = cache.keys[order], cache.values[order]
        x = self.embedded(self.target, wrap(tokens), before)
        for writer, kv, cache in zip(self.writers, memories, caches, strict=True):
            x = writer(x, kv, mask, cache, rows)
        return F.linear(self.written_norm(x), self.target.weight)[:, 0]
