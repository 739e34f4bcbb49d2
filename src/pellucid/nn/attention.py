"""Attention layers: look at everything at once, and take what fits."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..ops import cat, empty
from ..tensor import Tensor, wrap
from . import functional as F
from . import init
from .linear import Linear
from .module import Module
from .parameter import Parameter


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear under the name that PyTorch's MultiheadAttention shows for its last projection."""


class MultiheadAttention(Module):
    """Look things up in several ways at once: each head compares projections of its own.

        h[i] = softmax(q[i] k[i]^T / sqrt(D) + mask) v[i]                q = query W_q^T + b_q, k, v likewise
        y    = [h[1], ..., h[H]] W_out^T + b_out
    add_bias_kv: learn one more key and value; add_zero_attn: zeros as another; kdim, vdim: features of key
    and value where they differ from embed_dim. The projections start by Xavier's rule, the biases at 0.

    forward(query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal,
            cache)
    key_padding_mask (N, S), attn_mask (L, S) or (N H, L, S): what is true is not seen (unlike in
    F.scaled_dot_product_attention), or numbers to add to the scores. is_causal says that attn_mask is the
    causal one, which spares reading it. Returns y and the weights: their mean over the heads, each with
    average_attn_weights=False, None (which is quicker) with need_weights=False. With a KeyValueCache as
    cache the inputs are those of new tokens, and each looks at all that came before it, and at itself.

    Shapes:  query (L, N, E), key (S, N, kdim), value (S, N, vdim), all also without N; with batch_first
             (N, L, E), ... -> y like query, weights (N, L, S) or (N, H, L, S)
    Source:  Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, section 3.2.2.
    Differs: a query that sees no key gets zeros, where PyTorch gives nan. cache is Pellucid's.
    Raises:  RuntimeError for shapes and masks that do not fit, for is_causal without attn_mask, and for a
             mask beside a cache.
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
                 add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
                 vdim: int | None = None, batch_first: bool = False, device: Any = None,
                 dtype: Any = None) -> None:
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: num_heads must divide embed_dim, both above 0, got "
                             f"{num_heads} and {embed_dim}")
        super().__init__()
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        together = self.kdim == self.vdim == embed_dim
        self._qkv_same_embed_dim = together
        shapes = {"q_proj_weight": None if together else (embed_dim, embed_dim),
                  "k_proj_weight": None if together else (embed_dim, self.kdim),
                  "v_proj_weight": None if together else (embed_dim, self.vdim),
                  "in_proj_weight": (3 * embed_dim, embed_dim) if together else None,
                  "in_proj_bias": (3 * embed_dim,) if bias else None,
                  "bias_k": (1, 1, embed_dim) if add_bias_kv else None,
                  "bias_v": (1, 1, embed_dim) if add_bias_kv else None}
        for name, shape in shapes.items():
            made = Parameter(empty(shape, device=device, dtype=dtype)) if shape else None
            self.register_parameter(name, made)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device, dtype)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
                need_weights: bool = True, attn_mask: Tensor | None = None,
                average_attn_weights: bool = True, is_causal: bool = False, *,
                cache: KeyValueCache | None = None) -> tuple[Tensor, Tensor | None]:
        return F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias,
            self.bias_k, self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight,
            self.out_proj.bias, self.training, key_padding_mask, need_weights, attn_mask,
            not self._qkv_same_embed_dim, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal, batch_first=self.batch_first,
            cache=cache)


class KeyValueCache:
    """The keys and values of everything read so far, so that a new token needs its own only.

    A model that writes text looks back at the same keys and values for every token. Kept, a step costs as
    much as one token; computed again, as much as the whole text.

        keys, values = cache.append(k, v)
        y = F.scaled_dot_product_attention(q, keys, values, cache.mask(q.shape[-2]))
    or, with nn.MultiheadAttention, y, _ = layer(x, x, x, cache=cache). Each layer has a cache of its own. The
    first call reads the prompt, each further one the tokens that are new:

        logits = model(prompt, caches)
        for _ in range(n_tokens):
            token = logits[:, -1].argmax(-1, keepdim=True)
            logits = model(token, caches)

    Shapes:  k (..., L, D), v (..., L, E) of L new tokens -> all so far: (..., S, D), (..., S, E)
    Source:  the idea is in Shazeer 2019, "Fast Transformer Decoding", arXiv:1911.02150, section 2.4.
    >>> from pellucid import ones
    >>> cache = KeyValueCache()
    >>> keys, values = cache.append(ones(1, 2, 4), ones(1, 2, 4))
    >>> keys, values = cache.append(ones(1, 1, 4), ones(1, 1, 4))
    >>> len(cache), keys.shape
    (3, pellucid.Size([1, 3, 4]))
    """

    def __init__(self) -> None:
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def __len__(self) -> int:
        return 0 if self.keys is None else self.keys._data.shape[-2]

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Add the keys and values of new tokens behind the others; all of them."""
        if self.keys is None or self.values is None:
            self.keys, self.values = k, v
        else:
            self.keys, self.values = cat((self.keys, k), -2), cat((self.values, v), -2)
        return self.keys, self.values

    def mask(self, n_queries: int) -> Tensor | None:
        """Which tokens the newest ones see: those before them, and themselves. None if that is all."""
        if n_queries == 1:
            return None
        return wrap(np.tri(n_queries, len(self), len(self) - n_queries, dtype=bool))

    def clear(self) -> None:
        """Forget everything: a new text begins."""
        self.keys = self.values = None


class SDPBackend(enum.Enum):
    """PyTorch's names for ways to compute attention. Here there is one way, and the name changes nothing."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextlib.contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[None]:
    """Ask for a way to compute attention inside: nothing changes, there is one way."""
    yield
