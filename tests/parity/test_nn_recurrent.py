"""Recurrent layers against PyTorch: first weights, values, gradients, last states, packing, errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import as_array, both_raise, to_pellucid, to_torch  # noqa: E402

import pellucid  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
BOTH = ((pellucid, to_pellucid), (torch, to_torch))


def close(found, expected):
    assert list(found) == list(expected)
    for what, value in expected.items():
        ours, theirs = as_array(found[what]), as_array(value)
        assert ours.dtype == theirs.dtype, what
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-6, err_msg=what)


def flat(result):
    """The tensors in nested tuples."""
    if isinstance(result, (tuple, list)):
        return [t for part in result for t in flat(part)]
    return [] if result is None else [result]


def trained(module, convert, layer, inputs, run):
    """Outputs, gradients of the inputs and of the weights, of one pass with random weights on the outputs."""
    rng = np.random.RandomState(3)
    tensors = [convert(rng.standard_normal(shape).astype(np.float32), True) for shape in inputs]
    ys = flat(run(module, layer, *tensors))
    ys = [y for y in ys if y.dtype.is_floating_point]
    weights = [convert(rng.standard_normal(tuple(y.shape)).astype(np.float32), False) for y in ys]
    sum((y * weight).sum() for y, weight in zip(ys, weights, strict=True)).backward()
    found = {f"output {i}": y for i, y in enumerate(ys)}
    found |= {f"gradient of input {i}": t.grad for i, t in enumerate(tensors)}
    found |= {f"gradient of {name}": p.grad for name, p in layer.named_parameters()}
    return found | {f"state {name}": value for name, value in layer.state_dict().items()}


def agree(make, inputs, run):
    results = []
    for module, convert in BOTH:
        module.manual_seed(7)
        layer = make(module.nn)
        results.append((repr(layer), trained(module, convert, layer, inputs, run)))
    (ours, found), (theirs, expected) = results
    assert ours == theirs
    close(found, expected)


def settings(seed):
    """A random layer and input: how it is made, and the shapes of the input and of the first states."""
    rng = np.random.RandomState(seed)
    kind = ("RNN", "LSTM", "GRU")[seed % 3]
    size, hidden, layers, batch, length = rng.randint(1, 6, 5)
    hidden += 1
    how = {"num_layers": int(layers % 3) + 1, "bias": bool(rng.rand() < 0.7),
           "batch_first": bool(rng.rand() < 0.5), "bidirectional": bool(rng.rand() < 0.5)}
    if kind == "RNN":
        how["nonlinearity"] = ("tanh", "relu")[rng.randint(2)]
    if kind == "LSTM" and rng.rand() < 0.5:
        how["proj_size"] = int(rng.randint(1, hidden))
    rows = how["num_layers"] * (1 + how["bidirectional"])
    states = [(rows, batch, how.get("proj_size", hidden)), (rows, batch, hidden)][:2 if kind == "LSTM" else 1]
    x = (batch, length, size) if how["batch_first"] else (length, batch, size)
    return kind, (int(size), int(hidden)), how, x, states


@pytest.mark.parametrize("seed", range(18))
def test_random_layer(seed):
    kind, sizes, how, x, states = settings(seed)

    def run(m, layer, x, *first):
        return layer(x, first if kind == "LSTM" else first[0]), layer(x)
    agree(lambda nn: getattr(nn, kind)(*sizes, **how), [x, *states], run)


@pytest.mark.parametrize("seed", range(18))
def test_random_layer_packed(seed):
    kind, sizes, how, shape, states = settings(seed)
    rng = np.random.RandomState(seed)
    length, batch = shape[:2][::-1] if how["batch_first"] else shape[:2]
    lengths = rng.randint(1, length + 1, batch)
    ordered = seed % 2 == 0
    lengths = np.sort(lengths)[::-1].copy() if ordered else lengths

    def run(m, layer, x, *first):
        rnn = m.nn.utils.rnn
        packed = rnn.pack_padded_sequence(x, m.tensor(lengths.tolist()), how["batch_first"], ordered)
        y, last = layer(packed, first if kind == "LSTM" else first[0])
        padded, sizes = rnn.pad_packed_sequence(y, how["batch_first"], -1.5)
        again, _ = layer(packed)
        return padded, sizes, last, again.data, again.batch_sizes, y.unsorted_indices
    agree(lambda nn: getattr(nn, kind)(*sizes, **how), [shape, *states], run)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_one_sequence_without_batch(kind):
    def run(m, layer, x, *first):
        return layer(x), layer(x, first if kind == "LSTM" else first[0])
    states = [(4, 3)] * (2 if kind == "LSTM" else 1)
    agree(lambda nn: getattr(nn, kind)(2, 3, 2, bidirectional=True), [(5, 2), *states], run)
    agree(lambda nn: getattr(nn, kind)(2, 3, 4, batch_first=True), [(5, 2), *states], run)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_no_sequence_in_the_batch(kind):
    agree(lambda nn: getattr(nn, kind)(2, 3), [(4, 0, 2)], lambda m, layer, x: layer(x))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_long_sequence(kind):
    agree(lambda nn: getattr(nn, kind)(3, 16), [(40, 4, 3)], lambda m, layer, x: layer(x))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_dropout_between_layers(kind):
    def run(m, layer, x):
        m.manual_seed(3)
        first = layer(x)
        layer.eval()
        return first, layer(x)
    agree(lambda nn: getattr(nn, kind)(3, 8, 3, dropout=0.4), [(6, 4, 3)], run)


@pytest.mark.parametrize("kind, how", [
    ("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu"}), ("LSTMCell", {}), ("GRUCell", {}),
    ("RNNCell", {"bias": False}), ("GRUCell", {"bias": False}), ("LSTMCell", {"bias": False})])
@pytest.mark.parametrize("batch", [(), (1,), (4,)])
def test_cells(kind, how, batch):
    def run(m, layer, x, h, c):
        state = (h, c) if kind == "LSTMCell" else h + c
        for _ in range(3):
            state = layer(x, state)
        return layer(x), state
    agree(lambda nn: getattr(nn, kind)(3, 5, **how), [(*batch, 3), (*batch, 5), (*batch, 5)], run)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_second_derivatives(kind):
    """The gradient's norm as a penalty: through the bodies on Tensors."""
    results = []
    for module, convert in BOTH:
        module.manual_seed(0)
        layer = getattr(module.nn, kind)(3, 4, 2, bidirectional=True)
        x = convert(np.random.RandomState(1).standard_normal((5, 2, 3)).astype(np.float32), True)
        y, _ = layer(x)
        g, = module.autograd.grad((y * y).sum(), [x], create_graph=True)
        ((g * g).sum() + y.sum()).backward()
        results.append({"x": x.grad} | {name: p.grad for name, p in layer.named_parameters()})
    close(*results)


def test_state_dict_goes_to_pytorch_and_back():
    ours, theirs = (m.nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2) for m in (pellucid, torch))
    theirs.load_state_dict({name: torch.from_numpy(as_array(p)) for name, p in ours.state_dict().items()})
    x = np.random.RandomState(0).standard_normal((5, 2, 3)).astype(np.float32)
    y, expected = ours(to_pellucid(x, False))[0], theirs(to_torch(x, False))[0]
    np.testing.assert_allclose(as_array(y), as_array(expected), rtol=1e-5, atol=1e-6)
    back = {name: to_pellucid(as_array(p), False) for name, p in theirs.state_dict().items()}
    assert str(ours.load_state_dict(back)) == "<All keys matched successfully>"


SEQUENCES = [(3, 2), (5, 2), (1, 2), (5, 2)]


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("side", ["right", "left"])
def test_padding_and_packing(batch_first, side):
    def run(m, layer, *parts):
        rnn = m.nn.utils.rnn
        packed = rnn.pack_sequence(list(parts), enforce_sorted=False)
        padded = rnn.pad_sequence(list(parts), batch_first)
        longer, sizes = rnn.pad_packed_sequence(packed, batch_first, 0.5, total_length=7)
        return (rnn.pad_sequence(list(parts), batch_first, 2.0, side), packed.data, packed.batch_sizes,
                packed.sorted_indices, packed.unsorted_indices, longer, sizes, rnn.unpack_sequence(packed),
                rnn.unpad_sequence(padded.clone(), m.tensor([3, 5, 1, 5]), batch_first),
                rnn.pack_padded_sequence(padded, [3, 5, 1, 5], batch_first, enforce_sorted=False).data)
    agree(lambda nn: nn.Identity(), SEQUENCES, run)


@pytest.mark.parametrize("kind, make, run", [
    ("empty", lambda nn: nn.LSTM(3, 4), lambda m, layer: layer(m.ones(0, 2, 3))),
    ("size", lambda nn: nn.GRU(3, 4), lambda m, layer: layer(m.ones(2, 2, 4))),
    ("dimensions", lambda nn: nn.RNN(3, 4), lambda m, layer: layer(m.ones(3))),
    ("dtype", lambda nn: nn.RNN(3, 4), lambda m, layer: layer(m.ones(2, 2, 3).double())),
    ("h0", lambda nn: nn.GRU(3, 4), lambda m, layer: layer(m.ones(2, 2, 3), m.ones(2, 2, 4))),
    ("h0 rank", lambda nn: nn.GRU(3, 4), lambda m, layer: layer(m.ones(2, 2, 3), m.ones(1, 4))),
    ("c0", lambda nn: nn.LSTM(3, 4),
     lambda m, layer: layer(m.ones(2, 2, 3), (m.ones(1, 2, 4), m.ones(1, 2, 5)))),
    ("unbatched", lambda nn: nn.LSTM(3, 4), lambda m, layer: layer(m.ones(2, 3), (m.ones(1, 1, 4),) * 2)),
    ("cell rank", lambda nn: nn.LSTMCell(3, 4), lambda m, layer: layer(m.ones(1, 2, 3))),
    ("cell size", lambda nn: nn.GRUCell(3, 4), lambda m, layer: layer(m.ones(2, 4))),
    ("cell state", lambda nn: nn.RNNCell(3, 4), lambda m, layer: layer(m.ones(2, 3), m.ones(3, 4))),
    ("cell name", lambda nn: nn.RNNCell(3, 4, nonlinearity="x"), lambda m, layer: layer(m.ones(2, 3))),
    ("nonlinearity", lambda nn: nn.RNN(3, 4, nonlinearity="x"), None),
    ("proj_size", lambda nn: nn.LSTM(3, 4, proj_size=4), None),
    ("negative proj_size", lambda nn: nn.LSTM(3, 4, proj_size=-1), None),
    ("dropout", lambda nn: nn.LSTM(3, 4, dropout=1.5), None),
    ("hidden_size", lambda nn: nn.LSTM(3, 0), None),
    ("float", lambda nn: nn.LSTM(3, 2.5), None),
    ("num_layers", lambda nn: nn.GRU(3, 4, 0), None),
    ("order", lambda nn: None, lambda m, _: m.nn.utils.rnn.pack_padded_sequence(m.ones(4, 2), [2, 4])),
    ("zero", lambda nn: None, lambda m, _: m.nn.utils.rnn.pack_padded_sequence(m.ones(4, 2), [2, 0])),
    ("count", lambda nn: None, lambda m, _: m.nn.utils.rnn.pack_padded_sequence(m.ones(4, 2), [2])),
    ("rank", lambda nn: None, lambda m, _: m.nn.utils.rnn.pack_padded_sequence(m.ones(4), [2])),
    ("sizes", lambda nn: None, lambda m, _: m.nn.utils.rnn.pad_sequence([m.ones(2, 2), m.ones(3, 3)])),
    ("nothing", lambda nn: None, lambda m, _: m.nn.utils.rnn.pad_sequence([])),
    ("side", lambda nn: None, lambda m, _: m.nn.utils.rnn.pad_sequence([m.ones(2)], padding_side="up")),
    ("total", lambda nn: None, lambda m, _: m.nn.utils.rnn.pad_packed_sequence(
        m.nn.utils.rnn.pack_sequence([m.ones(3)]), total_length=2)),
])
def test_raises_where_pytorch_raises(kind, make, run):
    both_raise(lambda m: (run or (lambda m, layer: None))(m, make(m.nn)))


def test_warns_of_dropout_without_layers_between():
    for module in (pellucid, torch):
        with pytest.warns(UserWarning, match="dropout"):
            module.nn.LSTM(3, 4, dropout=0.5)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            module.nn.LSTM(3, 4, 2, dropout=0.5)
