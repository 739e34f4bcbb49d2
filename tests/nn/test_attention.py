"""Attention layers: generation with kept keys and values, masks, rows without keys, errors."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.nn import functional as F


class Reader(nn.Module):
    """Causal self-attention with its own projections, which can go on from a cache."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads, self.qkv, self.out = n_heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, cache=None):
        B, T, C = x.shape
        q, k, v = (part.view(B, T, self.n_heads, -1).transpose(1, 2) for part in self.qkv(x).split(C, 2))
        if cache is None:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            k, v = cache.append(k, v)
            y = F.scaled_dot_product_attention(q, k, v, cache.mask(T))
        return self.out(y.transpose(1, 2).reshape(B, T, C))


class Writer(nn.Module):
    """Two layers of reading above an embedding: the next token's scores."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.head = nn.Embedding(11, 8), nn.Linear(8, 11)
        self.layers = nn.ModuleList([Reader(8, 2), Reader(8, 2)])

    def forward(self, tokens, caches=None):
        x = self.embedding(tokens)
        for i, layer in enumerate(self.layers):
            x = x + layer(x, None if caches is None else caches[i])
        return self.head(x)


def test_generation_with_a_cache_equals_reading_everything_again():
    model, prompt = Writer().eval(), pellucid.randint(0, 11, (2, 4))
    caches = [nn.KeyValueCache() for _ in model.layers]
    with pellucid.no_grad():
        slow = quick = prompt
        scores = model(quick, caches)
        for _ in range(6):
            slow = pellucid.cat((slow, model(slow)[:, -1:].argmax(-1)), 1)
            new = scores[:, -1:].argmax(-1)
            quick, scores = pellucid.cat((quick, new), 1), model(new, caches)
        assert slow.tolist() == quick.tolist()
        np.testing.assert_allclose(scores[:, -1].numpy(), model(quick)[:, -1].numpy(), rtol=1e-4, atol=1e-5)
    assert len(caches[0]) == quick.shape[1]


def test_a_cache_takes_several_tokens_at_a_time():
    layer, x = Reader(8, 2), pellucid.randn(2, 9, 8)
    cache = nn.KeyValueCache()
    parts = [layer(x[:, a:b], cache) for a, b in ((0, 3), (3, 4), (4, 9))]
    np.testing.assert_allclose(pellucid.cat(parts, 1).detach().numpy(), layer(x).detach().numpy(), rtol=1e-4,
                               atol=1e-6)
    cache.clear()
    assert len(cache) == 0
    first = layer(x[:, :3], cache)
    np.testing.assert_allclose(first.detach().numpy(), parts[0].detach().numpy(), rtol=1e-5)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("cuts", [(0, 7), (0, 1, 2, 3, 4, 5, 6, 7), (0, 3, 4, 7)])
def test_several_heads_with_a_cache_equal_causal_attention(cuts, need_weights, batch_first):
    layer = nn.MultiheadAttention(8, 2, batch_first=batch_first).eval()
    dim, cache = int(batch_first), nn.KeyValueCache()
    x = pellucid.randn(*((3, 7) if batch_first else (7, 3)), 8)
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    whole, weights = layer(x, x, x, attn_mask=mask, need_weights=need_weights)
    parts = [layer(*[x.narrow(dim, a, b - a)] * 3, need_weights=need_weights, cache=cache)
             for a, b in zip(cuts, cuts[1:], strict=False)]
    np.testing.assert_allclose(pellucid.cat([y for y, _ in parts], dim).detach().numpy(),
                               whole.detach().numpy(), rtol=1e-4, atol=1e-6)
    assert len(cache) == 7 and cache.keys.shape == (3, 2, 7, 4)
    if need_weights:
        last = parts[-1][1]
        np.testing.assert_allclose(last.detach().numpy(), weights[:, -last.shape[1]:].detach().numpy(),
                                   rtol=1e-4, atol=1e-6)


class Block(nn.Module):
    """A layer of a transformer that writes, from PyTorch's parts."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.look = nn.MultiheadAttention(8, 2, batch_first=True)
        self.think = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

    def forward(self, x, cache):
        h = self.norm1(x)
        x = x + self.look(h, h, h, need_weights=False, cache=cache)[0]
        return x + self.think(self.norm2(x))


def test_generation_with_blocks_of_several_heads():
    """Greedy text with caches is the text that reading everything again for each token gives."""
    embedding, head, blocks = nn.Embedding(13, 8), nn.Linear(8, 13), nn.ModuleList([Block(), Block()])

    def logits(tokens, caches):
        x = embedding(tokens)
        for block, cache in zip(blocks, caches, strict=True):
            x = block(x, cache)
        return head(x)
    slow = quick = pellucid.randint(0, 13, (2, 3))
    caches = [nn.KeyValueCache() for _ in blocks]
    with pellucid.no_grad():
        new = logits(quick, caches)
        for _ in range(8):
            again = logits(slow, [nn.KeyValueCache() for _ in blocks])
            np.testing.assert_allclose(new[:, -1].numpy(), again[:, -1].numpy(), rtol=1e-4, atol=1e-5)
            slow = pellucid.cat((slow, again[:, -1:].argmax(-1)), 1)
            token = new[:, -1:].argmax(-1)
            quick, new = pellucid.cat((quick, token), 1), logits(token, caches)
    assert slow.tolist() == quick.tolist() and len(caches[1]) == 11


def test_a_cache_says_itself_what_is_seen():
    layer, x, cache = nn.MultiheadAttention(8, 2), pellucid.ones(5, 3, 8), nn.KeyValueCache()
    with pytest.raises(RuntimeError, match="attn_mask and key_padding_mask must be left out"):
        layer(x, x, x, attn_mask=pellucid.zeros(5, 5), cache=cache)
    with pytest.raises(RuntimeError, match="there are 1 queries and 5 keys"):
        layer(x[:1], x, x, cache=cache)
    assert len(cache) == 0


@pytest.mark.parametrize("need_weights", [False, True])
def test_a_sequence_of_padding_alone_gives_zeros(need_weights):
    layer, x = nn.MultiheadAttention(8, 2), pellucid.randn(5, 3, 8, requires_grad=True)
    padding = pellucid.zeros(3, 5, dtype=pellucid.bool)
    padding[1] = True
    y, weights = layer(x, x, x, key_padding_mask=padding, need_weights=need_weights)
    expected = layer.out_proj.bias.detach().numpy()
    np.testing.assert_array_equal(y[:, 1].detach().numpy(), np.broadcast_to(expected, (5, 8)))
    y.sum().backward()
    assert x.grad.isfinite().all() and layer.in_proj_weight.grad.isfinite().all()
    if need_weights:
        assert not weights[1].any() and np.allclose(weights[0].sum(-1).detach().numpy(), 1)


@pytest.mark.parametrize("need_weights", [False, True])
def test_later_tokens_do_not_change_earlier_ones(need_weights):
    layer, x = nn.MultiheadAttention(8, 2, batch_first=True), pellucid.randn(2, 6, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(6)
    y, _ = layer(x, x, x, attn_mask=mask, need_weights=need_weights)
    changed = x.clone()
    changed[:, 4:] = 0
    again, _ = layer(changed, changed, changed, attn_mask=mask, need_weights=need_weights)
    np.testing.assert_allclose(y[:, :4].detach().numpy(), again[:, :4].detach().numpy(), rtol=1e-5, atol=1e-6)
    assert not np.allclose(y[:, 4:].detach().numpy(), again[:, 4:].detach().numpy())


def test_a_recognised_causal_mask_changes_nothing():
    layer = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, 0.0), 2)
    x, mask = pellucid.randn(5, 3, 8), nn.Transformer.generate_square_subsequent_mask(5)
    read, told, seen = layer(x, mask, is_causal=False), layer(x, mask, is_causal=True), layer(x, mask)
    np.testing.assert_allclose(read.detach().numpy(), told.detach().numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(told.detach().numpy(), seen.detach().numpy())
    assert not np.allclose(read.detach().numpy(), layer(x).detach().numpy())


def test_layers_of_an_encoder_are_copies():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2)
    first, second = (layer.linear1.weight for layer in encoder.layers)
    assert first is not second and (first == second).all()


def test_a_small_transformer_learns_to_reverse():
    """One batch of short sequences, by heart."""
    pellucid.manual_seed(0)
    model = nn.Transformer(16, 2, 1, 1, 32, 0.0, batch_first=True)
    embedding, head = nn.Embedding(6, 16), nn.Linear(16, 6)
    places = nn.Parameter(pellucid.randn(5, 16))
    source = pellucid.randint(1, 6, (8, 4))
    target = pellucid.cat((pellucid.zeros(8, 1, dtype=pellucid.int64), source.flip(1)), 1)
    parameters = [*model.parameters(), *embedding.parameters(), *head.parameters(), places]
    optimizer = pellucid.optim.Adam(parameters, lr=0.01)
    mask = model.generate_square_subsequent_mask(4)
    for _ in range(60):
        optimizer.zero_grad()
        y = model(embedding(source) + places[:4], embedding(target[:, :-1]) + places[:4], tgt_mask=mask)
        loss = F.cross_entropy(head(y).flatten(0, 1), target[:, 1:].flatten())
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_masks_of_the_wrong_shape_are_named():
    layer, x = nn.MultiheadAttention(8, 2), pellucid.ones(5, 3, 8)
    with pytest.raises(RuntimeError, match=r"attn_mask must have shape \(5, 5\), got \(4, 5\)"):
        layer(x, x, x, attn_mask=pellucid.zeros(4, 5))
    with pytest.raises(RuntimeError, match=r"key_padding_mask must have shape \(3, 5\), got \(5, 3\)"):
        layer(x, x, x, key_padding_mask=pellucid.zeros(5, 3))
    with pytest.raises(RuntimeError, match="bool or floating"):
        layer(x, x, x, attn_mask=pellucid.zeros(5, 5, dtype=pellucid.int64))
    with pytest.raises(ValueError, match="num_heads must divide embed_dim"):
        nn.MultiheadAttention(8, 3)
