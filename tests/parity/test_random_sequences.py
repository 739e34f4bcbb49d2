"""Recurrent layers, attention and transformers in random configurations against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both_layers import TRIALS, layers_agree, plain  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")                # PyTorch's, about dropout and projections


def coin(rng, p=0.5):
    return bool(rng.rand() < p)


def made(name, *args, **how):
    return lambda nn, dtype: getattr(nn, name)(*args, **how, dtype=dtype)


def a_recurrent_layer(rng, kind):
    """How it is made; the shapes of its input and of its first states; how many sequences, how long."""
    size, hidden, layers, n, length = (int(v) for v in rng.randint(1, 5, 5))
    hidden += 1
    how = {"num_layers": min(layers, 3), "bias": coin(rng, 0.7), "batch_first": coin(rng),
           "bidirectional": coin(rng), "dropout": float(rng.choice([0, 0.4]))}
    if kind == "RNN":
        how["nonlinearity"] = ("tanh", "relu")[rng.randint(2)]
    if kind == "LSTM" and coin(rng):
        how["proj_size"] = int(rng.randint(1, hidden))
    rows = how["num_layers"] * (1 + how["bidirectional"])
    states = [(rows, n, how.get("proj_size", hidden)), (rows, n, hidden)][:2 if kind == "LSTM" else 1]
    shape = (n, length, size) if how["batch_first"] else (length, n, size)
    return made(kind, size, hidden, **how), shape, states, n, length


@TRIALS
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("given", ["sequences", "one sequence", "packed"])
def test_recurrent_layer(kind, given, trials):
    for trial in trials:
        seed = 100 * trial + len(given)
        rng = np.random.RandomState(seed)
        make, shape, states, n, length = a_recurrent_layer(rng, kind)
        with_states = coin(rng)
        lengths = rng.randint(1, length + 1, n)
        lengths[rng.randint(n)] = length
        ordered = coin(rng)
        if given == "one sequence":
            shape, states = (length, shape[2]), [(rows, width) for rows, _, width in states]

        def run(L, layer, x, *first):
            if given == "packed":
                sizes = np.sort(lengths)[::-1] if ordered else lengths  # noqa: B023
                x = L.nn.utils.rnn.pack_padded_sequence(
                    x, sizes.tolist(), layer.batch_first, enforce_sorted=ordered)  # noqa: B023
            y, last = layer(x, *(first if len(first) < 2 else [first]))
            if given == "packed":
                y = [y, L.nn.utils.rnn.pad_packed_sequence(y, layer.batch_first)]
            return y, last
        layers_agree(make, [shape, *(states if with_states else [])], seed, run)


@TRIALS
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_cell(kind, trials):
    for trial in trials:
        rng = np.random.RandomState(trial)
        size, hidden, n = (int(v) for v in rng.randint(1, 6, 3))
        lead = (n,) if coin(rng, 0.8) else ()
        states = [(*lead, hidden)] * (2 if kind == "LSTM" else 1) if coin(rng) else []
        how = {"nonlinearity": ("tanh", "relu")[rng.randint(2)]} if kind == "RNN" else {}

        def run(L, layer, x, *state):
            return layer(x, *(state if len(state) < 2 else [state]))
        layers_agree(made(f"{kind}Cell", size, hidden, coin(rng, 0.7), **how), [(*lead, size), *states],
                     trial, run)


def a_mask(rng, shape, dtype=None):
    """Truth values (true: hidden) or numbers to add, or None; no query is left without a key."""
    if coin(rng, 0.3):
        return None
    hidden = rng.rand(*shape) < 0.3
    hidden[..., 0] = False
    return hidden if coin(rng) else np.where(hidden, -np.inf, rng.standard_normal(shape))


def given(L, mask, x):
    """A mask as a tensor; numbers in the dtype of x."""
    if mask is None:
        return None
    made = L.from_numpy(np.array(mask))
    return made if mask.dtype == bool else made.to(x.dtype)


@TRIALS
@pytest.mark.parametrize("part", range(5))
def test_multihead_attention(part, trials):
    for trial in trials:
        one_attention(100 * part + trial)


def one_attention(trial):
    rng = np.random.RandomState(trial)
    heads, n, queries, keys = (int(v) for v in rng.randint(1, 5, 4))
    width = heads * int(rng.randint(1, 4))
    how = {"bias": coin(rng, 0.7), "add_bias_kv": coin(rng, 0.3), "add_zero_attn": coin(rng, 0.3),
           "batch_first": coin(rng), "dropout": float(rng.choice([0, 0, 0.4]))}
    kdim, vdim = (int(rng.randint(1, 7)) if coin(rng, 0.3) else None for _ in range(2))
    alone = coin(rng, 0.2)
    lead = 1 if alone else n

    def shape(length, size):
        sizes = (length, lead, size) if not how["batch_first"] else (lead, length, size)
        return (length, size) if alone else sizes
    mask = a_mask(rng, (lead * heads, queries, keys) if coin(rng, 0.3) else (queries, keys))
    padding = a_mask(rng, (keys,) if alone else (lead, keys))
    if mask is not None and padding is not None and mask.dtype != padding.dtype:
        padding = None                                           # PyTorch wants one kind
    call = {"need_weights": coin(rng, 0.6), "average_attn_weights": coin(rng)}

    def run(L, layer, q, k, v):
        return layer(q, k, v, given(L, padding, q), attn_mask=given(L, mask, q), **call)
    layers_agree(made("MultiheadAttention", width, heads, kdim=kdim, vdim=vdim, **how),
                 [shape(queries, width), shape(keys, kdim or width), shape(keys, vdim or width)], trial, run)


@TRIALS
def test_causal_self_attention(trials):
    for trial in trials:
        rng = np.random.RandomState(trial)
        length, weights = int(rng.randint(1, 6)), coin(rng)

        def run(L, layer, x):
            causal = L.nn.Transformer.generate_square_subsequent_mask(length, dtype=x.dtype)  # noqa: B023
            return layer(x, x, x, attn_mask=causal, is_causal=True, need_weights=weights)  # noqa: B023
        layers_agree(made("MultiheadAttention", 6, 3), [(length, 2, 6)], trial, run)


def a_transformer(rng):
    heads = int(rng.randint(1, 4))
    width = heads * int(rng.randint(2, 5)) + 4 * (heads == 1)    # a norm of two numbers is but their order
    how = {"dim_feedforward": int(rng.randint(1, 9)), "dropout": float(rng.choice([0, 0, 0.3])),
           "layer_norm_eps": float(rng.choice([1e-5, 0.1])), "batch_first": coin(rng),
           "norm_first": coin(rng), "bias": coin(rng, 0.7)}
    activation = str(rng.choice(["relu", "gelu", "function"]))
    return width, heads, how, activation


def with_activation(name, width, heads, how, activation):
    def make(nn, dtype):
        chosen = nn.functional.silu if activation == "function" else activation
        return getattr(nn, name)(width, heads, activation=chosen, **how, dtype=dtype)
    return make


def laid(how, n, length, width):
    return (n, length, width) if how["batch_first"] else (length, n, width)


@TRIALS
@pytest.mark.parametrize("name", ["TransformerEncoderLayer", "TransformerDecoderLayer"])
def test_transformer_layer(name, trials):
    for trial in trials:
        rng = np.random.RandomState(trial)
        width, heads, how, activation = a_transformer(rng)
        n, length, seen = (int(v) for v in rng.randint(1, 5, 3))
        masks = [a_mask(rng, (length, length)), None, a_mask(rng, (length, seen)), None]
        if coin(rng):                                            # by key
            masks = [None, a_mask(rng, (n, length)), None, a_mask(rng, (n, seen))]
        x, memory = laid(how, n, length, width), laid(how, n, seen, width)

        def run(L, layer, x, *memory):
            own, padding, cross, hidden = (given(L, mask, x) for mask in masks)  # noqa: B023
            if not memory:
                return layer(x, src_mask=own, src_key_padding_mask=padding)
            return layer(x, *memory, tgt_mask=own, memory_mask=cross, tgt_key_padding_mask=padding,
                         memory_key_padding_mask=hidden)
        layers_agree(with_activation(name, width, heads, how, activation),
                     [x, memory] if "Decoder" in name else [x], trial, run, rtol=2e-5)


@TRIALS
def test_transformer(trials):
    for trial in trials:
        rng = np.random.RandomState(trial)
        width, heads, how, activation = a_transformer(rng)
        n, length, seen = (int(v) for v in rng.randint(1, 5, 3))
        how |= {"num_encoder_layers": int(rng.randint(1, 3)), "num_decoder_layers": int(rng.randint(1, 3))}
        causal, padding = coin(rng), a_mask(rng, (n, seen))

        def run(L, layer, source, target):
            mask = L.nn.Transformer.generate_square_subsequent_mask(length, dtype=source.dtype)  # noqa: B023
            hidden = given(L, padding, source)  # noqa: B023
            return layer(source, target, tgt_mask=mask if causal else None,  # noqa: B023
                         src_key_padding_mask=hidden, memory_key_padding_mask=hidden)
        layers_agree(with_activation("Transformer", width, heads, how, activation),
                     [laid(how, n, seen, width), laid(how, n, length, width)], trial, run, rtol=1e-4)


@TRIALS
@pytest.mark.parametrize("name", ["TransformerEncoder", "TransformerDecoder"])
def test_stack_of_layers(name, trials):
    for trial in trials:
        rng = np.random.RandomState(trial)
        width, heads, how, activation = a_transformer(rng)
        n, length, seen, count = (int(v) for v in rng.randint(1, 4, 4))
        norm = coin(rng)

        def make(nn, dtype):
            layer = with_activation(f"{name}Layer", width, heads, how, activation)(nn, dtype)  # noqa: B023
            last = nn.LayerNorm(width, dtype=dtype) if norm else None  # noqa: B023
            more = {"enable_nested_tensor": False} if name == "TransformerEncoder" else {}
            return getattr(nn, name)(layer, count, last, **more)  # noqa: B023
        x, memory = laid(how, n, length, width), laid(how, n, seen, width)
        layers_agree(make, [x, memory] if "Decoder" in name else [x], trial, plain, rtol=5e-5)
