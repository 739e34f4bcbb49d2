"""Attention with several heads: project, attend in each head, join, project again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ops import cat, zeros
from ...ops.attention import as_numbers, scaled_dot_product_attention
from ...ops.dropout import dropout
from ...ops.linalg import linear
from ...ops.memory import row_major
from ...ops.pad import pad
from ...ops.softmax import softmax
from ...tensor import OpError, Tensor, wrap

NAME = "multi_head_attention_forward"


def multi_head_attention_forward(
        query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
        in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None,
        bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor,
        out_proj_bias: Tensor | None, training: bool = True, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None, use_separate_proj_weight: bool = False,
        q_proj_weight: Tensor | None = None, k_proj_weight: Tensor | None = None,
        v_proj_weight: Tensor | None = None, static_k: Tensor | None = None, static_v: Tensor | None = None,
        average_attn_weights: bool = True, is_causal: bool = False, *,
        batch_first: bool = False, cache: Any = None) -> tuple[Tensor, Tensor | None]:
    """Look things up in several ways at once: each head compares projections of its own.

        h[i] = softmax(q[i] k[i]^T / sqrt(D) + mask) v[i]                q = query W_q^T + b_q, k, v likewise
        y    = [h[1], ..., h[H]] W_out^T + b_out
    in_proj_weight (3 E, E) and in_proj_bias (3 E,) hold those of q, k and v one below the other;
    use_separate_proj_weight takes the three matrices instead. bias_k and bias_v (1, 1, E) are one more key
    and value, add_zero_attn adds zeros as another; static_k and static_v (N H, S, D) replace k and v.
    Masks, weights and the cache: see nn.MultiheadAttention.

    Shapes:  query (L, N, E), key (S, N, K), value (S, N, V), all also without N; batch_first: (N, L, E), ...
             -> y like query; the weights (N, L, S), (N, H, L, S) with average_attn_weights=False, or None
    Source:  Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, section 3.2.2.
    Differs: batch_first and cache are Pellucid's. A query that sees no key gets zeros, where PyTorch gives
             nan.
    Raises:  RuntimeError for shapes and masks that do not fit.
    """
    alone, batch_dim = query.ndim == 2, 0 if batch_first else 1
    _check_shapes(query, key, value, embed_dim_to_check, num_heads, batch_dim)
    if alone:
        query, key, value = _alone((query, key, value), batch_dim)
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else (in_proj_weight,)
    q, k, v = _projected(query, key, value, weights, in_proj_bias)
    k, v = _appended(k, bias_k, batch_dim), _appended(v, bias_v, batch_dim)
    q, k, v = (_heads(x, num_heads, batch_first) for x in (q, k, v))
    k, v = _static("static_k", k, static_k), _static("static_v", v, static_v)
    if add_zero_attn:
        k, v = (cat((x, zeros(*x.shape[:2], 1, x.shape[3], dtype=x.dtype)), 2) for x in (k, v))
    n_added = k._data.shape[2] - key._data.shape[1 - batch_dim]
    if cache is not None:
        _check_cached(attn_mask, key_padding_mask, q, k)
        (k, v), mask, known = cache.append(k, v), cache.mask(q._data.shape[2]), False
    else:
        mask = _merged(attn_mask, key_padding_mask, q, k, n_added)
        known = _known_causal(is_causal, attn_mask) and key_padding_mask is None and not n_added
    p = dropout_p if training else 0.0
    y, found = _attended(q, k, v, mask, p, known, need_weights)
    y = linear(_joined(y, batch_first), out_proj_weight, out_proj_bias)
    if batch_first and p:                                        # dropout goes on: in PyTorch's memory order
        y = y.transpose(0, 1).contiguous().transpose(0, 1)
    if found is not None and average_attn_weights:
        found = found.mean(1)
    return (y.squeeze(batch_dim), None if found is None else found.squeeze(0)) if alone else (y, found)


def _known_causal(is_causal: bool, attn_mask: Tensor | None) -> bool:
    if is_causal and attn_mask is None:
        raise OpError(f"{NAME}: is_causal=True says that attn_mask is causal, so attn_mask must be given; "
                      "Transformer.generate_square_subsequent_mask makes it")
    return is_causal


def _check_cached(attn_mask: Tensor | None, padding: Tensor | None, q: Tensor, k: Tensor) -> None:
    if attn_mask is not None or padding is not None:
        raise OpError(f"{NAME}: with a cache every query sees what came before it, and itself; attn_mask and "
                      "key_padding_mask must be left out")
    if q._data.shape[2] != k._data.shape[2]:
        raise OpError(f"{NAME}: with a cache query, key and value are those of the new tokens, but there are "
                      f"{q._data.shape[2]} queries and {k._data.shape[2]} keys")


def _check_shapes(query: Tensor, key: Tensor, value: Tensor, width: int, n_heads: int,
                  batch_dim: int) -> None:
    told = ", ".join(f"{what} {tuple(x.shape)}"
                     for what, x in (("query", query), ("key", key), ("value", value)))
    if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
        raise OpError(f"{NAME}: query, key and value must have 3 dimensions, or 2 without a batch: {told}")
    if query._data.shape[-1] != width:
        raise OpError(f"{NAME}: query must have {width} features, got {told}")
    if key._data.shape[:-1] != value._data.shape[:-1]:
        raise OpError(f"{NAME}: every key needs a value: {told}")
    if query.ndim == 3 and query._data.shape[batch_dim] != key._data.shape[batch_dim]:
        raise OpError(f"{NAME}: query and key must be batches of one size, dim {batch_dim}: {told}")
    if n_heads < 1 or width % n_heads:
        raise OpError(f"{NAME}: {width} features cannot be split into {n_heads} heads: {width} % {n_heads} = "
                      f"{width % max(n_heads, 1)}")


def _alone(given: Sequence[Tensor], dim: int) -> list[Tensor]:
    """A batch of one of each; what was one tensor stays one."""
    made = {id(x): x.unsqueeze(dim) for x in given}
    return [made[id(x)] for x in given]


def _projected(query: Tensor, key: Tensor, value: Tensor, weights: Sequence,
               bias: Tensor | None) -> Sequence[Tensor]:
    """q, k and v; from one input by one product."""
    width = query._data.shape[-1]
    if len(weights) == 1 and query is key is value:
        return linear(query, weights[0], bias).split(width, -1)
    matrices = weights if len(weights) == 3 else weights[0].split(width, 0)
    biases = (None,) * 3 if bias is None else bias.split(width, 0)
    return [linear(x, matrix, b) for x, matrix, b in zip((query, key, value), matrices, biases, strict=True)]


def _appended(x: Tensor, bias: Tensor | None, batch_dim: int) -> Tensor:
    """x (L, N, E) or (N, L, E) with one more place, the same for each of the batch."""
    if bias is None:
        return x
    sizes = list(x.shape)
    sizes[1 - batch_dim] = 1
    return cat((x, bias.expand(*sizes)), 1 - batch_dim)


def _heads(x: Tensor, n_heads: int, batch_first: bool) -> Tensor:
    """(N, L, E) or (L, N, E) as (N, H, L, D)."""
    split = x.view(*x.shape[:2], n_heads, x.shape[2] // n_heads)
    return split.transpose(1, 2) if batch_first else split.permute(1, 2, 0, 3)


def _joined(y: Tensor, batch_first: bool) -> Tensor:
    """(N, H, L, D) as (N, L, E) or (L, N, E)."""
    y = row_major(y.transpose(1, 2) if batch_first else y.permute(2, 0, 1, 3))
    return y.reshape(*y.shape[:2], y.shape[2] * y.shape[3])


def _static(what: str, x: Tensor, given: Tensor | None) -> Tensor:
    if given is None:
        return x
    batch, heads, _, size = x.shape
    if given.ndim != 3 or (given.shape[0], given.shape[2]) != (batch * heads, size):
        raise OpError(f"{NAME}: {what} must be ({batch * heads}, S, {size}), got {tuple(given.shape)}")
    return given.view(batch, heads, given.shape[1], size)


def _merged(attn_mask: Tensor | None, padding: Tensor | None, q: Tensor, k: Tensor,
            n_added: int) -> Tensor | None:
    """Which keys a query sees, as truth values, or as numbers to add to the scores; None for all keys."""
    (batch, heads, length, _), keys = q.shape, k.shape[2] - n_added
    parts = []
    if attn_mask is not None:
        wanted = (length, keys) if attn_mask.ndim == 2 else (batch * heads, length, keys)
        _check_mask("attn_mask", attn_mask, wanted)
        parts.append(attn_mask if attn_mask.ndim == 2 else attn_mask.view(batch, heads, length, keys))
    if padding is not None:
        padding = padding.unsqueeze(0) if padding.ndim == 1 and batch == 1 else padding
        _check_mask("key_padding_mask", padding, (batch, keys))
        parts.append(padding.view(batch, 1, 1, keys))
    parts = [pad(part, (0, n_added)) for part in parts] if n_added else parts
    if all(part._data.dtype == np.bool_ for part in parts):
        return ~(parts[0] | parts[-1]) if parts else None
    numbers = [wrap(as_numbers(~part._data, q._data.dtype)) if part._data.dtype == np.bool_
               else part.to(q.dtype) for part in parts]
    return numbers[0] if len(numbers) == 1 else numbers[0] + numbers[1]


def _check_mask(what: str, mask: Tensor, wanted: tuple[int, ...]) -> None:
    if tuple(mask.shape) != wanted:
        raise OpError(f"{NAME}: {what} must have shape {wanted}, got {tuple(mask.shape)}")
    if mask._data.dtype != np.bool_ and not mask.dtype.is_floating_point:
        raise OpError(f"{NAME}: {what} must be bool or floating, got {mask.dtype}")


def _attended(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, p: float, is_causal: bool,
              need_weights: bool) -> tuple[Tensor, Tensor | None]:
    """What each head finds (N, H, L, D), and, if needed, the weights (N, H, L, S)."""
    if not need_weights:
        y = scaled_dot_product_attention(q, k, v, None if is_causal else mask, p, is_causal=is_causal)
        return y, None
    scores = (q * (1 / math.sqrt(q._data.shape[-1]))) @ k.transpose(-2, -1)
    blind = None
    if mask is not None:
        numbers = wrap(as_numbers(mask._data, q._data.dtype)) if mask._data.dtype == np.bool_ else mask
        blind = wrap(np.all(numbers._data == -np.inf, axis=-1, keepdims=True))   # queries that see no key
        scores = scores + numbers.masked_fill(blind, 0)
    weights = softmax(scores, -1)
    if blind is not None and blind._data.any():
        weights = weights.masked_fill(blind, 0)
    weights = dropout(weights, p)
    return weights @ v, weights
