"""GPT: a transformer that reads what was written so far and foresees the next token.

References
    Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762
    Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training"
    Radford et al. 2019, "Language Models are Unsupervised Multitask Learners": GPT-2, whose shape this has:
    the norms stand before attention and MLP, and one more before the last layer

    h = tokens[x] + places[0 ... T-1]
    h = h + attention(norm(h));  h = h + mlp(norm(h))          n_layers times
    y = norm(h) tokens^T                                       one matrix for both ends
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid import arange, multinomial, nn, no_grad, topk, where
from pellucid.nn import functional as F
from pellucid.tensor import OpError, Tensor, wrap


@dataclass(frozen=True)
class GPTConfig:
    n_tokens: int = 50257       # V: GPT-2's byte pairs
    context: int = 1024         # the longest text that it sees at once, T
    n_layers: int = 12
    n_heads: int = 12
    width: int = 768            # C: numbers that stand for a token inside
    dropout: float = 0.0        # little text: 0.1 to 0.2; more text than steps: none
    bias: bool = True           # of linear layers and norms, as GPT-2 has; without them it is a bit faster


class CausalSelfAttention(nn.Module):
    """Each token looks at itself and those before it, in n_heads ways at once.

        y = [a[1] v[1], ..., a[H] v[H]] W_out^T          a[i] = softmax(q[i] k[i]^T / sqrt(D)) over the past
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        C = config.width
        if C % config.n_heads:
            raise ValueError(f"CausalSelfAttention: n_heads must divide width, got {config.n_heads} and {C}")
        self.n_heads, self.p = config.n_heads, config.dropout
        self.qkv = nn.Linear(C, 3 * C, bias=config.bias)
        self.out = nn.Linear(C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def heads(self, x: Tensor) -> list[Tensor]:
        """q, k and v of each head: (B, T, C) -> three of (B, H, T, D)."""
        B, T, C = x.shape
        parts = self.qkv(x).split(C, dim=2)
        return [part.view(B, T, self.n_heads, C // self.n_heads).transpose(1, 2) for part in parts]

    def forward(self, x: Tensor, cache: nn.KeyValueCache | None = None) -> Tensor:
        B, T, C = x.shape
        q, k, v = self.heads(x)
        p = self.p if self.training else 0.0
        if cache is None:
            y = F.scaled_dot_product_attention(q, k, v, dropout_p=p, is_causal=True)      # (B, H, T, D)
        else:
            k, v = cache.append(k, v)                                                     # (B, H, S, D)
            y = F.scaled_dot_product_attention(q, k, v, cache.mask(T), p)
        return self.dropout(self.out(y.transpose(1, 2).reshape(B, T, C)))

    def weights(self, x: Tensor) -> Tensor:
        """Which part of its look each token gives to which: (B, T, C) -> (B, H, T, T), rows that sum to 1."""
        q, k, _ = self.heads(x)
        T = x.shape[1]
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        return F.softmax(scores.masked_fill(wrap(~np.tri(T, dtype=bool)), -math.inf), -1)


class MLP(nn.Module):
    """What a token makes of what it has seen: y = gelu(x W1^T) W2^T, four times as wide inside."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        C = config.width
        self.inside = nn.Linear(C, 4 * C, bias=config.bias)
        self.out = nn.Linear(4 * C, C, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.out(F.gelu(self.inside(x))))


class Block(nn.Module):
    """Look around, then think; each adds to what came in."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.width, bias=config.bias)
        self.attention = CausalSelfAttention(config)
        self.norm2 = nn.LayerNorm(config.width, bias=config.bias)
        self.mlp = MLP(config)

    def forward(self, x: Tensor, cache: nn.KeyValueCache | None = None) -> Tensor:
        x = x + self.attention(self.norm1(x), cache)
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Scores of the next token at every place of a text.

    All weights start normal with deviation 0.55 / sqrt(C), the last ones of attention and MLP smaller by
    sqrt(2 n_layers), for so many sums would make h ever larger.

    Shapes:  tokens (B, T) int64, T up to context -> (B, T, V)
    Source:  see the top of this file.
    Differs: GPT-2's deviation is 0.02 at C = 768, which is the same; nanoGPT has 0.02 at every width. At
             width 128 that starts too small, and 2,000 steps later the loss is still higher.
    Raises:  RuntimeError for a text longer than context.
    >>> from pellucid import zeros, int64
    >>> model = GPT(GPTConfig(n_tokens=65, context=8, n_layers=2, n_heads=2, width=16))
    >>> model(zeros(3, 5, dtype=int64)).shape, model.generate([1, 2], 20).shape
    (pellucid.Size([3, 5, 65]), (22,))
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.n_tokens, config.width)
        self.places = nn.Embedding(config.context, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList([Block(config) for _ in range(config.n_layers)])
        self.norm = nn.LayerNorm(config.width, bias=config.bias)
        self.head = nn.Linear(config.width, config.n_tokens, bias=False)
        self.head.weight = self.tokens.weight
        self.start()

    def start(self) -> None:
        """Draw all weights anew; biases become 0."""
        deviation = 0.02 * math.sqrt(768 / self.config.width)
        for name, parameter in self.named_parameters():
            if name.endswith("out.weight"):
                nn.init.normal_(parameter, 0.0, deviation / math.sqrt(2 * self.config.n_layers))
            elif parameter.dim() > 1:
                nn.init.normal_(parameter, 0.0, deviation)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens: Tensor, caches: Sequence[nn.KeyValueCache] | None = None) -> Tensor:
        before = len(caches[0]) if caches else 0
        T = tokens.shape[1]
        if before + T > self.config.context:
            raise OpError(f"GPT: a text of {before + T} tokens is longer than the context of "
                          f"{self.config.context}")
        h = self.dropout(self.tokens(tokens) + self.places(arange(before, before + T)))   # (B, T, C)
        for i, block in enumerate(self.blocks):
            h = block(h, caches[i] if caches else None)
        return self.head(self.norm(h))                                                    # (B, T, V)

    def parameter_groups(self, weight_decay: float) -> list[dict]:
        """The matrices, which decay, and the vectors (biases and gains), which do not; for an optimizer."""
        matrices = [p for p in self.parameters() if p.dim() > 1]
        vectors = [p for p in self.parameters() if p.dim() < 2]
        return [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]

    @no_grad()
    def generate(self, prompt: Sequence[int] | np.ndarray, n: int, temperature: float = 1.0,
                 top_k: int | None = None) -> np.ndarray:
        """Continue a text by n tokens, each drawn from softmax(scores / temperature), or the k likeliest.

        While the text fits into the context, keys and values are kept, and a token costs as much as itself.
        Then the text's last half is read anew, and so on.

        Shapes:  prompt (P,), at least one token -> (P + n,)
        """
        if len(prompt) < 1 or temperature <= 0:
            raise ValueError(f"generate: wants a prompt of at least 1 token and a temperature above 0, got "
                             f"{len(prompt)} and {temperature}")
        was_training, context = self.training, self.config.context
        self.eval()
        text = [int(token) for token in prompt]
        caches: list[nn.KeyValueCache] = []
        for _ in range(n):
            if not caches or len(caches[0]) == context:
                caches = [nn.KeyValueCache() for _ in self.blocks]
                new = text[-context:] if len(text) < context else text[-max(1, context // 2):]
            scores = self(wrap(np.array([new])), caches)[:, -1] / temperature             # (1, V)
            if top_k is not None:
                least = topk(scores, min(top_k, scores.shape[1])).values[:, -1:]
                scores = where(scores < least, -math.inf, scores)
            new = [int(multinomial(F.softmax(scores, -1), 1).item())]
            text += new
        self.train(was_training)
        return np.array(text)

    @no_grad()
    def attention_maps(self, tokens: Sequence[int] | np.ndarray) -> np.ndarray:
        """Where each token of a text looks, in each layer and head: (T,) -> (L, H, T, T), rows sum to 1."""
        maps: list[np.ndarray] = []

        def look(layer: CausalSelfAttention, inputs: tuple, _: Tensor) -> None:
            maps.append(layer.weights(inputs[0]).numpy()[0])

        handles = [block.attention.register_forward_hook(look) for block in self.blocks]
        try:
            self(wrap(np.array([tokens], np.int64)))
        finally:
            for handle in handles:
                handle.remove()
        return np.stack(maps)
