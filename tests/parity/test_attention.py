"""Attention and transformers against PyTorch: values, gradients, weights, masks, first weights, errors."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, as_array, both_raise, to_pellucid, to_torch  # noqa: E402

import pellucid  # noqa: E402

pytestmark = [pytest.mark.filterwarnings("ignore:enable_nested_tensor"),
              pytest.mark.filterwarnings("ignore:Support for mismatched"),
              pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")]
BOTH = ((pellucid, to_pellucid), (torch, to_torch))


def functional(m):
    return m.nn.functional if m is torch else pellucid.nn.functional


def attend(**named):
    """The function with these settings; PyTorch's by its parts, which have second derivatives."""
    def call(m, q, k, v, *mask):
        if m is pellucid:
            return functional(m).scaled_dot_product_attention(q, k, v, *mask, **named)
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            return functional(m).scaled_dot_product_attention(q, k, v, *mask, **named)
    return call


SHAPES = [((5, 4), (6, 4), (6, 3)), ((2, 5, 4), (2, 6, 4), (2, 6, 3)), ((2, 3, 5, 4),) * 3,
          ((2, 3, 5, 4), (1, 3, 6, 4), (1, 3, 6, 4)), ((2, 3, 5, 4), (3, 6, 4), (6, 2)),
          ((2, 1, 4), (2, 7, 4), (2, 7, 4)), ((2, 3, 0, 4), (2, 3, 6, 4), (2, 3, 6, 4)),
          ((2, 3, 5, 4), (2, 3, 0, 4), (2, 3, 0, 4)), ((3, 2, 130, 8),) * 3]


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("named", [{}, {"is_causal": True}, {"scale": 0.3}])
def test_scaled_dot_product_attention(shapes, named):
    agree(attend(**named), *shapes, second=shapes[0][-2] < 100)


@pytest.mark.parametrize("shapes", SHAPES[:5])
def test_attention_with_masks(shapes):
    size = (shapes[0][-2], shapes[1][-2])
    allowed = np.random.RandomState(1).rand(*size) < 0.6
    allowed[:, 0] = True
    agree(attend(), *shapes, allowed)
    agree(attend(), *shapes, size)
    agree(attend(), *shapes, np.where(allowed, 0, -np.inf).astype(np.float32), second=False)
    agree(attend(), *shapes, (1, size[1]))
    if len(shapes[0]) == 4:
        agree(attend(), *shapes, (2, 1, *size))


def test_large_scores_do_not_overflow():
    rng = np.random.RandomState(0)
    q, k, v = (rng.standard_normal((2, 5, 4)).astype(np.float32) for _ in range(3))
    agree(attend(), q * 60, k, v, second=False, rtol=1e-4)
    agree(attend(), q, k, v, np.full((5, 5), -1000, np.float32), second=False)
    agree(attend(), q, k, v, np.full((5, 5), 1000, np.float32), second=False, rtol=1e-4)


def test_fewer_heads_of_keys():
    agree(attend(enable_gqa=True), (2, 6, 5, 4), (2, 3, 7, 4), (2, 3, 7, 4))
    agree(attend(enable_gqa=True, is_causal=True), (6, 5, 4), (2, 5, 4), (2, 5, 4))


def test_dropout_draws_the_same_numbers():
    def dropped(m, q, k, v):
        m.manual_seed(5)
        F = functional(m)
        return [F.scaled_dot_product_attention(q, k, v, dropout_p=0.4),
                F.scaled_dot_product_attention(q, k, v, dropout_p=0.1, is_causal=True),
                F.scaled_dot_product_attention(q, k, v, dropout_p=1.0)]
    agree(dropped, (2, 3, 5, 4), (2, 3, 5, 4), (2, 3, 5, 4))


def test_half_precision():
    q, k, v = (np.random.RandomState(0).standard_normal((3, 5, 4)).astype(np.float16) for _ in range(3))
    agree(attend(), q, k, v, second=False, rtol=3e-3)
    agree(attend(), *(x.astype(np.float64) for x in (q, k, v)))


@pytest.mark.parametrize("inputs, named", [
    (((5, 4), (6, 3), (6, 4)), {}), (((5, 4), (6, 4), (5, 4)), {}), (((4,), (4,), (4,)), {}),
    (((2, 5, 4), (3, 6, 4), (3, 6, 4)), {}), (((6, 5, 4), (4, 5, 4), (4, 5, 4)), {"enable_gqa": True}),
    (((5, 4), (6, 4), (6, 4), (5, 5)), {}), (((5, 4), (6, 4), (6, 4), (5, 6)), {"is_causal": True}),
    (((5, 4), (6, 4), (6, 4), np.ones((5, 6), np.int64)), {}),
    (((5, 4), (6, 4), (6, 4), np.ones((5, 6))), {}),
    (((5, 4), (6, 4), (6, 4)), {"dropout_p": 1.5}), (((5, 4), (6, 4), np.ones((6, 4))), {}),
    ((np.ones((5, 4), int), np.ones((6, 4), int), np.ones((6, 4), int)), {}),
])
def test_attention_raises_where_pytorch_raises(inputs, named):
    both_raise(attend(**named), *inputs)


def trained(module, convert, make, shapes, run):
    """Outputs, gradients of the inputs and of the weights, and the weights, of a layer from seed 7."""
    module.manual_seed(7)
    layer = make(module)
    rng = np.random.RandomState(3)
    tensors = [convert(rng.standard_normal(s).astype(np.float32), True) for s in shapes]
    ys = run(module, layer, *tensors)
    ys = [y for y in (ys if isinstance(ys, (tuple, list)) else [ys]) if y is not None]
    weights = [convert(rng.standard_normal(tuple(y.shape)).astype(np.float32), False) for y in ys]
    sum((y * w).sum() for y, w in zip(ys, weights, strict=True)).backward()
    found = {f"output {i}": y for i, y in enumerate(ys)}
    found |= {f"gradient of input {i}": t.grad for i, t in enumerate(tensors) if t.grad is not None}
    found |= {f"gradient of {name}": p.grad for name, p in layer.named_parameters() if p.grad is not None}
    return repr(layer), found | {f"state {name}": value for name, value in layer.state_dict().items()}


def layers_agree(make, shapes, run, rtol=1e-5):
    (ours, found), (theirs, expected) = (trained(m, convert, make, shapes, run) for m, convert in BOTH)
    assert ours == theirs
    assert list(found) == list(expected)
    for what, value in expected.items():
        a, b = as_array(found[what]), as_array(value)
        assert a.dtype == b.dtype and a.shape == b.shape, what
        np.testing.assert_allclose(a, b, rtol=rtol, atol=max(3e-6, rtol * np.abs(b).max()), err_msg=what)
        if what.startswith("state"):
            np.testing.assert_array_equal(a, b, err_msg=what)


def masks(m, seed, batch, heads, length, keys):
    """A random attn_mask and key_padding_mask of some kind; every query sees a key."""
    rng = np.random.RandomState(seed)
    convert = to_torch if m is torch else to_pellucid
    hidden = rng.rand(*((length, keys) if rng.rand() < 0.5 else (batch * heads, length, keys))) < 0.3
    padding = rng.rand(batch, keys) < 0.3
    hidden[..., 0], padding[:, 0] = False, False
    kinds = [None, lambda x: x, lambda x: np.where(x, -np.inf, 0.5).astype(np.float32)]
    chosen = [(kinds[rng.randint(3)], hidden), (kinds[rng.randint(3)], padding)]
    return [None if kind is None else convert(kind(x), False) for kind, x in chosen]


@pytest.mark.parametrize("seed", range(16))
def test_random_multihead_attention(seed):
    rng = np.random.RandomState(seed)
    heads, size, batch, length, keys = rng.randint(1, 5, 5)
    width = int(heads * size)
    how = {"bias": bool(rng.rand() < 0.7), "add_bias_kv": bool(rng.rand() < 0.3),
           "add_zero_attn": bool(rng.rand() < 0.3), "batch_first": bool(rng.rand() < 0.5)}
    if rng.rand() < 0.5:
        how |= {"kdim": int(rng.randint(1, 6)), "vdim": int(rng.randint(1, 6))}
    shapes = [(length, batch, width), (keys, batch, how.get("kdim", width)),
              (keys, batch, how.get("vdim", width))]
    shapes = [(b, t, c) for t, b, c in shapes] if how["batch_first"] else shapes

    def run(m, layer, q, k, v):
        hidden, padding = masks(m, seed, batch, heads, length, keys)
        return (*layer(q, k, v, padding, True, hidden), layer(q, k, v, padding, False, hidden)[0],
                layer(q, k, v, padding, attn_mask=hidden, average_attn_weights=False)[1])
    layers_agree(lambda m: m.nn.MultiheadAttention(width, int(heads), **how), shapes, run)


@pytest.mark.parametrize("batch_first", [False, True])
def test_attention_to_oneself(batch_first):
    def run(m, layer, x):
        size = x.shape[1 if batch_first else 0]
        causal = m.nn.Transformer.generate_square_subsequent_mask(size)
        y, weights = layer(x, x, x, attn_mask=causal, is_causal=True)
        alone = layer(x[0], x[0], x[0])
        return (y, weights, layer(x, x, x, need_weights=False, attn_mask=causal, is_causal=True)[0], *alone,
                layer(x[0], x[1], x[1], need_weights=False)[0])
    layers_agree(lambda m: m.nn.MultiheadAttention(8, 2, batch_first=batch_first), [(4, 4, 8)], run)


def test_dropout_in_multihead_attention():
    def run(m, layer, x):
        m.manual_seed(1)
        return (*layer(x, x, x), layer(x, x, x, need_weights=False)[0], layer.eval()(x, x, x)[0])
    layers_agree(lambda m: m.nn.MultiheadAttention(8, 2, dropout=0.4), [(5, 3, 8)], run)


def test_static_keys():
    def run(m, layer, x, k, v):
        return functional(m).multi_head_attention_forward(
            x, x, x, 8, 2, layer.in_proj_weight, layer.in_proj_bias, None, None, False, 0.0,
            layer.out_proj.weight, layer.out_proj.bias, static_k=k, static_v=v)
    layers_agree(lambda m: m.nn.MultiheadAttention(8, 2), [(5, 3, 8), (6, 5, 4), (6, 5, 4)], run)


SMALL = {"d_model": 8, "nhead": 2, "dim_feedforward": 16, "dropout": 0.0}
KINDS = [{}, {"batch_first": True}, {"norm_first": True}, {"activation": "gelu", "layer_norm_eps": 0.1},
         {"bias": False, "batch_first": True, "norm_first": True}]


@pytest.mark.parametrize("how", KINDS)
def test_encoder_layer(how):
    def run(m, layer, x):
        batch, length = x.shape[:2] if how.get("batch_first") else (x.shape[1], x.shape[0])
        hidden, padding = masks(m, 1, batch, 2, length, length)
        causal = m.nn.Transformer.generate_square_subsequent_mask(length)
        return layer(x), layer(x, hidden, padding), layer(x, causal, is_causal=True), layer(x[0])
    layers_agree(lambda m: m.nn.TransformerEncoderLayer(**SMALL, **how), [(4, 3, 8)], run)


@pytest.mark.parametrize("how", KINDS)
def test_decoder_layer(how):
    def run(m, layer, x, memory):
        batch, length = x.shape[:2] if how.get("batch_first") else (x.shape[1], x.shape[0])
        keys = memory.shape[1 if how.get("batch_first") else 0]
        hidden, padding = masks(m, 1, batch, 2, length, length)
        other, over = masks(m, 2, batch, 2, length, keys)
        return layer(x, memory), layer(x, memory, hidden, other, padding, over)
    memory = (4, 5, 8) if how.get("batch_first") else (5, 3, 8)
    layers_agree(lambda m: m.nn.TransformerDecoderLayer(**SMALL, **how), [(4, 3, 8), memory], run)


def test_activation_as_a_function():
    layers_agree(lambda m: m.nn.TransformerEncoderLayer(**SMALL, activation=m.tanh), [(4, 3, 8)],
                 lambda m, layer, x: layer(x))


@pytest.mark.parametrize("how", [{}, {"batch_first": True, "norm_first": True, "activation": "gelu"}])
def test_transformer(how):
    def run(m, layer, src, tgt):
        size = tgt.shape[1 if how else 0]
        causal = layer.generate_square_subsequent_mask(size)
        return layer(src, tgt), layer(src, tgt, tgt_mask=causal), layer(src[:, 0], tgt[:, 0])
    layers_agree(lambda m: m.nn.Transformer(8, 2, 2, 2, 16, 0.0, **how), [(4, 4, 8)] * 2, run, rtol=2e-5)


def test_encoder_and_decoder():
    def run(m, layers, x, memory):
        causal = m.nn.Transformer.generate_square_subsequent_mask(4)
        return [layers[0](x), layers[0](x, causal), layers[1](x, memory, causal), layers[1](x, memory)]

    def make(m):
        nn = m.nn
        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(**SMALL), 2, nn.LayerNorm(8))
        return nn.ModuleList([encoder, nn.TransformerDecoder(nn.TransformerDecoderLayer(**SMALL), 2)])
    layers_agree(make, [(4, 3, 8), (5, 3, 8)], run, rtol=2e-5)


def test_dropout_in_a_layer():
    def run(m, layer, x):
        m.manual_seed(1)
        return layer(x), layer.eval()(x)
    layers_agree(lambda m: m.nn.TransformerEncoderLayer(**{**SMALL, "dropout": 0.3}), [(4, 3, 8)], run)


def test_state_dict_goes_to_pytorch_and_back():
    ours, theirs = (m.nn.Transformer(8, 2, 1, 1, 16) for m in (pellucid, torch))
    theirs.load_state_dict({name: torch.from_numpy(as_array(p)) for name, p in ours.state_dict().items()})
    back = {name: to_pellucid(as_array(p), False) for name, p in theirs.state_dict().items()}
    assert str(ours.load_state_dict(back)) == "<All keys matched successfully>"
    x = np.random.RandomState(0).standard_normal((5, 2, 8)).astype(np.float32)
    y, expected = ours.eval()(*[to_pellucid(x, False)] * 2), theirs.eval()(*[torch.from_numpy(x)] * 2)
    np.testing.assert_allclose(as_array(y), as_array(expected), rtol=1e-5, atol=1e-5)


def test_causal_mask():
    agree(lambda m, x: [m.nn.Transformer.generate_square_subsequent_mask(3),
                        m.nn.Transformer.generate_square_subsequent_mask(2, dtype=m.float64)], (1,))


@pytest.mark.parametrize("make, run", [
    (lambda nn: nn.MultiheadAttention(8, 3), None),
    (lambda nn: nn.MultiheadAttention(8, 0), None),
    (lambda nn: nn.MultiheadAttention(8, 2), lambda m, layer, x: layer(x, x[:, :2], x)),
    (lambda nn: nn.MultiheadAttention(8, 2), lambda m, layer, x: layer(x[..., :6], x, x)),
    (lambda nn: nn.MultiheadAttention(8, 2), lambda m, layer, x: layer(x, x[0], x[0])),
    (lambda nn: nn.MultiheadAttention(8, 2), lambda m, layer, x: layer(x, x, x, is_causal=True)),
    (lambda nn: nn.MultiheadAttention(8, 2), lambda m, layer, x: layer(x, x, x, attn_mask=m.zeros(4, 5))),
    (lambda nn: nn.MultiheadAttention(8, 2), lambda m, layer, x: layer(x, x, x, attn_mask=m.zeros(3, 5, 5))),
    (lambda nn: nn.MultiheadAttention(8, 2), lambda m, layer, x: layer(x, x, x, m.zeros(5, 3))),
    (lambda nn: nn.MultiheadAttention(8, 2), lambda m, layer, x: layer(x, x, x, m.zeros(3, 5).long())),
    (lambda nn: nn.TransformerEncoderLayer(8, 2, activation="sine"), None),
    (lambda nn: nn.Transformer(8, 2, 1, 1, 8), lambda m, layer, x: layer(x, x[:, :2])),
    (lambda nn: nn.Transformer(8, 2, 1, 1, 8), lambda m, layer, x: layer(x[..., :6], x)),
])
def test_layers_raise_where_pytorch_raises(make, run):
    def whole(m):
        layer = make(m.nn)
        return run(m, layer, m.ones(5, 3, 8)) if run else None
    for module in (torch, pellucid):
        with pytest.raises((RuntimeError, ValueError, AssertionError)):
            whole(module)
