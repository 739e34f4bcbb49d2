"""Attention where the registry's small samples do not reach: blocks, large scores, rows without keys."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.nn.functional import scaled_dot_product_attention
from pellucid.ops import attention_blocks
from pellucid.ops.attention import attention


def normal(rng, *shapes):
    return [rng.standard_normal(shape) for shape in shapes]


def gradients(q, k, v, *masks, **how):
    """The value and the gradients of q, k, v and of a mask of numbers."""
    given = [x if x is None else pellucid.from_numpy(x) for x in (q, k, v, *masks)]
    leaves = [t.requires_grad_() for t in given if t is not None and t.is_floating_point()]
    y = attention(*given, **how)
    y.backward(pellucid.from_numpy(np.cos(np.arange(y._data.size)).reshape(y._data.shape)))
    return [y.detach().numpy(), *(t.grad.numpy() for t in leaves)]


def masks_of(kind, rng, shape):
    if kind == "bool":
        return [rng.uniform(size=shape) < 0.6]
    if kind == "numbers":
        return [rng.standard_normal(shape)]
    return [None, rng.uniform(size=shape) < 0.7] if kind == "dropout" else []


@pytest.mark.parametrize("shape", [(7, 5), (3, 7, 5), (2, 3, 7, 5), (2, 2, 3, 7, 5)])
@pytest.mark.parametrize("kind", ["plain", "causal", "bool", "numbers", "dropout"])
@pytest.mark.parametrize("keep", [True, False])
def test_blocks_give_what_one_block_gives(shape, kind, keep, monkeypatch, rng):
    q, k, v = normal(rng, (*shape[:-1], 4), (*shape[:-2], 5, 4), (*shape[:-2], 5, 3))
    masks = masks_of(kind, rng, shape)
    how = {"scale": 0.5, "is_causal": kind == "causal", "p": 0.3 if kind == "dropout" else 0.0}
    expected = gradients(q, k, v, *masks, **how)
    monkeypatch.setattr(attention_blocks, "BLOCK", 12)
    monkeypatch.setattr(attention_blocks, "CAUSAL_ROWS", 2)
    if not keep:
        monkeypatch.setattr(attention_blocks, "KEEP", 0)
    assert len(list(attention_blocks.blocks((1, *shape), 2))) > 3
    for ours, whole in zip(gradients(q, k, v, *masks, **how), expected, strict=True):
        np.testing.assert_allclose(ours, whole, rtol=1e-10, atol=1e-12)


def test_blocks_cover_every_row_once(monkeypatch):
    for size in (1, 5, 12, 40, 1000):
        monkeypatch.setattr(attention_blocks, "BLOCK", size)
        for shape in ((2, 3, 7, 5), (4, 9, 3), (1, 1, 1, 1), (0, 3, 4), (2, 0, 4), (2, 3, 0)):
            seen = np.zeros(shape[:-1], int)
            for where in attention_blocks.blocks(shape, 4):
                seen[where] += 1
            assert (seen == 1).all()


@pytest.mark.parametrize("size", [1e3, 1e5, -1e5])
def test_scores_that_would_overflow(size, rng):
    q, k, v = (x.astype(np.float32) for x in normal(rng, (5, 4), (6, 4), (6, 3)))
    y, *grads = gradients(q * np.float32(size), k, v, scale=1.0)
    winners = np.argmax((q * np.sign(size)) @ k.T, axis=1)
    np.testing.assert_allclose(y, v[winners], rtol=1e-4, atol=1e-4)
    assert all(np.isfinite(grad).all() for grad in grads)


@pytest.mark.parametrize("as_numbers", [False, True])
def test_a_query_without_keys_gets_zeros_and_no_gradient(as_numbers, rng):
    q, k, v = normal(rng, (2, 4, 3), (2, 5, 3), (2, 5, 3))
    sees = np.ones((2, 4, 5), bool)
    sees[1, 2] = False
    mask = np.where(sees, 0.0, -np.inf) if as_numbers else sees
    y, dq, dk, dv, *rest = gradients(q, k, v, mask, scale=0.5)
    assert not y[1, 2].any() and not dq[1, 2].any() and y[1, 1].all()
    assert all(np.isfinite(grad).all() for grad in (dk, dv, *rest))
    fewer = gradients(q[1, [0, 1, 3]], k[1], v[1], scale=0.5)[0]
    np.testing.assert_allclose(y[1, [0, 1, 3]], fewer, rtol=1e-12)


def test_a_padded_batch_gives_what_each_sequence_gives(rng):
    q, k, v = normal(rng, (3, 6, 4), (3, 6, 4), (3, 6, 4))
    lengths = np.array([6, 2, 4])
    mask = (np.arange(6) < lengths[:, None])[:, None, :]
    y = gradients(q, k, v, mask, scale=0.5)[0]
    for i, size in enumerate(lengths):
        alone = gradients(q[i], k[i, :size], v[i, :size], scale=0.5)[0]
        np.testing.assert_allclose(y[i], alone, rtol=1e-12)


def test_scores_are_not_kept_where_they_are_many(rng):
    saved = []
    for length in (64, 2048):
        q, k, v = (x.astype(np.float32) for x in normal(rng, *[(length, 4)] * 3))
        saved.append(attention_blocks.forward(q, k, v, scale=0.5)[1])
    assert sum(e.size for e in saved[0][1]) == 64 * 64
    assert saved[1][1] == ()


def test_heads_lie_as_joining_them_wants():
    q, k, v = (pellucid.randn(2, 3, 5, 4) for _ in range(3))
    y = scaled_dot_product_attention(q, k, v)
    joined = y.transpose(1, 2).contiguous().view(2, 5, 12)
    assert np.may_share_memory(joined._data, y._data)            # nothing was copied
    assert y.is_contiguous() and y.view(6, 5, 4).shape == (6, 5, 4)


@pytest.mark.parametrize("inputs, named, told", [
    ([(5, 4), (6, 3), (6, 4)], {}, r"query \(5, 4\), key \(6, 3\)"),
    ([(5, 4), (6, 4), (7, 4)], {}, "do not fit"),
    ([(4,), (6, 4), (6, 4)], {}, "2 dimensions"), ([(2, 5, 4), (3, 6, 4), (3, 6, 4)], {}, "do not broadcast"),
    ([(6, 5, 4), (4, 5, 4), (4, 5, 4)], {"enable_gqa": True}, "4 heads .* must divide the 6"),
    ([(5, 4), (6, 4), (6, 4), (5, 5)], {}, r"attn_mask of shape \(5, 5\) .* \(5, 6\)"),
    ([(5, 4), (6, 4), (6, 4), (5, 6)], {"is_causal": True}, "not both"),
    ([(5, 4), (6, 4), (6, 4)], {"dropout_p": -0.1}, "dropout_p"),
])
def test_errors_say_what_came(inputs, named, told):
    with pytest.raises(RuntimeError, match=told):
        scaled_dot_product_attention(*(pellucid.ones(*shape) for shape in inputs), **named)


def test_keys_that_no_query_sees_get_no_slope(rng):
    """Causal, and more keys than queries: memory that nobody had written came back as their slopes."""
    q, k, v = (rng.standard_normal(shape) for shape in ((2, 3, 4), (2, 5, 4), (2, 5, 4)))
    y, saved = attention_blocks.forward(q, k, v, scale=0.5, is_causal=True)
    for d in attention_blocks.backward(np.ones_like(y), y, saved, q, k, v, scale=0.5, is_causal=True)[1:3]:
        assert (d[:, 3:] == 0).all() and (d[:, :3] != 0).any()
