"""Attention: every query looks at all keys, and takes the mean of their values by how well they fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine import op
from ..generator import pick
from ..tensor import OpError, Tensor, wrap
from . import attention_blocks, attention_heads
from .samples import bools, case, n, normal

SCALED, CAUSAL = {"scale": 0.5}, {"scale": 0.5, "is_causal": True}


def sees(*rows):
    """A mask of truth values from rows of 0 and 1."""
    return lambda rng: np.array(rows, bool)


def as_numbers(mask, dtype):
    """A mask of truth values as numbers to add to scores: 0 where it is true, else -inf."""
    return np.where(mask, np.zeros((), dtype), np.full((), -np.inf, dtype))


@op(samples=normal((2, 4), (3, 4), (3, 2), **SCALED) + normal((0, 2, 4), (0, 3, 4), (0, 3, 4), **SCALED)
    + normal((2, 2, 3, 4), (2, 2, 3, 4), (2, 2, 3, 4), **CAUSAL) + normal((3, 4), (2, 4), (2, 3), **CAUSAL)
    + case(n(2, 2, 4), n(2, 3, 4), n(2, 3, 2), sees((1, 0, 1), (1, 1, 1)), **SCALED)
    + case(n(2, 4), n(3, 4), n(3, 2), sees((1, 0, 1), (0, 0, 0)), **SCALED)
    + case(n(2, 2, 4), n(3, 4), n(2, 3, 2), n(2, 3), **SCALED)
    + case(n(2, 2, 2, 3), n(2, 3, 3), n(2, 3, 3), n(2, 1, 2, 3), **SCALED)
    + case(n(2, 2, 4), n(2, 3, 4), n(2, 3, 2), None, bools(2, 2, 3), p=0.4, **SCALED)
    + case(n(2, 4), n(3, 4), n(3, 2), None, bools(2, 3), p=1.0, **SCALED), hides=True)
def attention(q, k, v, mask=None, keep=None, *, scale, is_causal=False, p=0.0):
    """The mean of the values, each weighed by how well its key fits the query.

        s  = q k^T scale + mask                  or without the keys where a mask of truth values is false
        a  = e^s / sum e^s                       the sum over the keys; 0 in a row without keys
        y  = b v                                 b = a keep / (1 - p) where p > 0, else a
        dv = b^T g
        ds = a (da - sum a da)                   with da = g v^T keep / (1 - p); sum a da = sum g y
        dq = ds k scale                          dk = ds^T q scale               dmask = ds
    Shapes: q (..., L, D), k (..., S, D), v (..., S, E), mask and keep broadcast to (..., L, S)
            -> (..., L, E); leading dimensions broadcast. is_causal: query i sees keys 0 to i.
    Source: Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, eq. 1; block by block: Dao et
            al. 2022, arXiv:2205.14135.
    Differs: a query without any key gets 0, where the formula has 0 / 0.
    """
    s = np.matmul(q, np.swapaxes(k, -1, -2)) * scale
    if is_causal:
        s = s + np.triu(np.full(s.shape[-2:], -np.inf, q.dtype), 1)
    elif mask is not None:
        s = s + (as_numbers(mask, q.dtype) if mask.dtype.kind == "b" else mask)
    top = np.maximum.reduce(s, axis=-1, keepdims=True)
    e = np.exp(s - np.where(np.isfinite(top), top, 0))           # exp of a large score would overflow
    sums = np.add.reduce(e, axis=-1, keepdims=True)
    scales = 1 / (sums + (sums == 0))
    a = e * scales
    b = a if keep is None else a * keep * (0 if p == 1 else 1 / (1 - p))
    return np.matmul(b, v), (scales, (), True)


attention.kernel("blocks")(attention_blocks.forward)
attention.op.forward = attention.kernel("heads")(attention_heads.forward)
attention.op.vjp_on_arrays(attention_heads.backward)


def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
                                 dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
                                 enable_gqa: bool = False) -> Tensor:
    """The mean of the values, each weighed by how well its key fits the query; see `attention`.

        y = softmax(query key^T scale + mask) value
    attn_mask: truth values (true: this query sees this key) or numbers to add to the scores
    dropout_p: the part of the weights that is silenced, always (there is no training mode here)
    is_causal: query i sees keys 0 to i
    scale: 1 / sqrt(D) if absent
    enable_gqa: key and value have fewer heads (third dimension from the end) than query; each serves several

    Shapes:  query (..., L, D), key (..., S, D), value (..., S, E), attn_mask broadcasts to (..., L, S)
             -> (..., L, E)
    Source:  Vaswani et al. 2017, arXiv:1706.03762, eq. 1; fewer heads: Ainslie et al. 2023, arXiv:2305.13245.
    Differs: a query that sees no key gets 0 always; PyTorch gives nan or 0, depending on how it computes.
    Raises:  RuntimeError for shapes, dtypes and masks that do not fit, and for a mask with is_causal.
    >>> from pellucid import ones
    >>> scaled_dot_product_attention(ones(1, 4), ones(3, 4), ones(3, 2))
    tensor([[1., 1.]])
    """
    _check(query, key, value, dropout_p, is_causal, attn_mask)
    if enable_gqa:
        key, value = _repeated(key, query), _repeated(value, query)
    shape = _scores_shape(query, key, value)
    _check_mask(attn_mask, query, shape)
    if shape[-1] == 0:                                           # no keys: zeros
        return (query @ key.transpose(-2, -1)) @ value
    scale = 1 / math.sqrt(query._data.shape[-1]) if scale is None else scale
    keep = wrap(pick(None).bernoulli(1 - dropout_p, shape, np.bool_)) if dropout_p else None
    return attention(query, key, value, attn_mask, keep, scale=scale, is_causal=is_causal, p=dropout_p)


NAME = "scaled_dot_product_attention"


def _check(query: Tensor, key: Tensor, value: Tensor, dropout_p: float, is_causal: bool, mask: Any) -> None:
    told = ", ".join(f"{what} {tuple(x.shape)}"
                     for what, x in (("query", query), ("key", key), ("value", value)))
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise OpError(f"{NAME}: query, key and value need 2 dimensions at least, got {told}")
    if not query.dtype == key.dtype == value.dtype or not query.dtype.is_floating_point:
        raise OpError(f"{NAME}: query, key and value must have one floating dtype, got {query.dtype}, "
                      f"{key.dtype} and {value.dtype}")
    if query._data.shape[-1] != key._data.shape[-1] or key._data.shape[-2] != value._data.shape[-2]:
        raise OpError(f"{NAME}: query (..., L, D), key (..., S, D) and value (..., S, E) do not fit: {told}")
    if not 0 <= dropout_p <= 1:
        raise OpError(f"{NAME}: dropout_p must lie in [0, 1], got {dropout_p}")
    if is_causal and mask is not None:
        raise OpError(f"{NAME}: give attn_mask or is_causal=True, not both")


def _repeated(x: Tensor, query: Tensor) -> Tensor:
    """x with each of its heads as often as it serves a head of query."""
    heads, wanted = (t._data.shape[-3] if t.ndim > 2 else 1 for t in (x, query))
    if heads == 0 or wanted % heads:
        raise OpError(f"{NAME}: the {heads} heads of key and value must divide the {wanted} of query")
    return x if heads == wanted else x.repeat_interleave(wanted // heads, -3)


def _scores_shape(query: Tensor, key: Tensor, value: Tensor) -> tuple[int, ...]:
    given = [x._data.shape[:-2] for x in (query, key, value)]
    try:
        lead = np.broadcast_shapes(*given)
    except ValueError:
        raise OpError(f"{NAME}: the leading dimensions {', '.join(map(str, given))} of query, key and value "
                      "do not broadcast; enable_gqa=True lets key and value have fewer heads") from None
    return (*lead, query._data.shape[-2], key._data.shape[-2])


def _check_mask(mask: Tensor | None, query: Tensor, shape: tuple[int, ...]) -> None:
    if mask is None:
        return
    if mask._data.dtype not in (np.bool_, query._data.dtype):
        raise OpError(f"{NAME}: attn_mask must be bool or {query.dtype} as query, got {mask.dtype}")
    sizes = mask._data.shape
    fits = 2 <= len(sizes) <= len(shape) and all(
        size in (1, wanted) for size, wanted in zip(sizes[::-1], shape[::-1], strict=False))
    if not fits:
        raise OpError(f"{NAME}: attn_mask of shape {sizes} does not broadcast to the scores' {shape}")
