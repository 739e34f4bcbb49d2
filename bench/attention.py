"""Attention for the rows that have it: the fused function where a side offers one, else its parts."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .row import dense


def attend(torch: ModuleType, q: Any, k: Any, v: Any, later: Any = None) -> Any:
    """softmax(q k' / sqrt D) v over (B, H, T, D); `later` (T, T) is true where a token may not look."""
    F = torch.nn.functional
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=later is not None)
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5                   # (B, H, T, T)
    if later is not None:
        scores = scores.masked_fill(later, float("-inf"))
    return F.softmax(scores, dim=-1) @ v


def self_attention(torch: ModuleType, qkv: Any, n_heads: int, later: Any = None) -> Any:
    """Split (B, T, 3 C) into heads, attend, and put the heads side by side again: (B, T, C)."""
    B, T, width = qkv.shape
    C = width // 3
    q, k, v = (part.view(B, T, n_heads, C // n_heads).transpose(1, 2) for part in qkv.split(C, dim=2))
    return attend(torch, q, k, v, later).transpose(1, 2).reshape(B, T, C)


def block_flops(batch: int, length: int, width: int, inner: int) -> float:
    """Operations of a transformer's block, forward: four square products, two of attention, two inside.

    >>> block_flops(1, 2, 4, 16)                        # 2 tokens: 256, 64 (2 products of 2 x 2 x 4), 512
    832.0
    """
    tokens = batch * length
    return (4 * dense(tokens, width, width) + 2 * batch * dense(length, width, length)
            + 2 * dense(tokens, width, inner))
