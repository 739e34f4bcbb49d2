"""Recurrent layers against single steps, sequence by sequence; the fast loops against the bodies."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.ops import recurrent_loops as loops
from pellucid.ops.recurrent import gru_layer, lstm_layer, rnn_layer

LAYERS = {"rnn": (rnn_layer.op, 1, 1, {}), "relu": (rnn_layer.op, 1, 1, {"nonlinearity": "relu"}),
          "lstm": (lstm_layer.op, 4, 2, {}), "gru": (gru_layer.op, 3, 1, {})}
SIZES = [(3, 3, 3, 3), (4, 3, 3, 1), (1,), (2, 1), (3,) * 20, (5, 4, 4) + (2,) * 12]


def made(rng, name, sizes, width=3, hidden=4):
    """The inputs of a layer: rows, first states, weights."""
    _, gates, states, _ = LAYERS[name]
    shapes = [(sum(sizes), width), *[(sizes[0], hidden)] * states, (gates * hidden, width),
              (gates * hidden, hidden), (gates * hidden,), (gates * hidden,)]
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("reverse", [False, True])
def test_loops_give_what_the_body_gives(name, sizes, reverse, rng):
    op, how = LAYERS[name][0], LAYERS[name][3]
    inputs = made(rng, name, sizes)
    slow, fast = (f(*inputs, batch_sizes=sizes, reverse=reverse, **how) for f in (op.body, op.forward))
    for a, b in zip((*slow[0], *slow[1]), (*fast[0], *fast[1]), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("reverse", [False, True])
def test_packed_sequences_give_what_each_gives_alone(name, reverse, rng):
    op, _, states, how = LAYERS[name]
    sizes = (4, 3, 3, 1)
    x, *rest = made(rng, name, sizes)
    first, weights = rest[:states], rest[states:]
    starts = np.cumsum((0, *sizes))[:-1]
    (y, *last), _ = op.forward(x, *rest, batch_sizes=sizes, reverse=reverse, **how)
    for i in range(4):
        rows = [start + i for start, size in zip(starts, sizes, strict=True) if i < size]
        own = [state[i:i + 1] for state in first]
        alone = {"batch_sizes": (1,) * len(rows), "reverse": reverse, **how}
        (one, *ends), _ = op.forward(x[rows], *own, *weights, **alone)
        np.testing.assert_allclose(y[rows], one, rtol=1e-10)
        for state, end in zip(last, ends, strict=True):
            np.testing.assert_allclose(state[i:i + 1], end, rtol=1e-10)


@pytest.mark.parametrize("name", LAYERS)
def test_backward_in_many_runs_equals_one(name, monkeypatch, rng):
    op, _, _, how = LAYERS[name]
    inputs, settings = made(rng, name, SIZES[-1]), {"batch_sizes": SIZES[-1], "reverse": False, **how}
    y, saved = op.forward(*inputs, **settings)
    g = tuple(rng.standard_normal(part.shape) for part in y)
    whole = op.rule(g, y, saved, *inputs, **settings)
    monkeypatch.setattr(loops, "CHUNK", 1)
    for a, b in zip(op.rule(g, y, saved, *inputs, **settings), whole, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_an_lstm_step_by_hand():
    """One unit, one input, weights 1: gates from z = x + h, worked out with a calculator."""
    x, zero, one = np.array([[0.5]]), np.zeros((1, 1)), np.ones((4, 1))
    (y, h, c), _ = lstm_layer.op.forward(x, zero, zero, one, one, batch_sizes=(1,), reverse=False)
    gate, candidate = 1 / (1 + np.exp(-0.5)), np.tanh(0.5)
    np.testing.assert_allclose(c, gate * candidate)
    np.testing.assert_allclose(y, gate * np.tanh(gate * candidate))
    np.testing.assert_allclose(h, y)


def test_a_gru_keeps_its_state_when_its_gate_is_open(rng):
    x, h0, w_ih, w_hh, b_ih, b_hh = made(rng, "gru", (2, 2, 2))
    b_ih[4:8] = 100                                              # z = 1: keep
    (y, last), _ = gru_layer.op.forward(x, h0, w_ih, w_hh, b_ih, b_hh, batch_sizes=(2, 2, 2), reverse=False)
    np.testing.assert_allclose(last, h0, atol=1e-12)


def test_steps_cover_the_rows():
    for sizes in SIZES:
        steps = loops.steps_of(sizes, False)
        rows = [row for step in steps for row in range(step.start, step.stop)]
        assert rows == list(range(sum(sizes))) and steps[::-1] == loops.steps_of(sizes, True)
        for run, span in loops.chunks_backward(steps, 4):
            assert (steps[run[0]].start, steps[run[-1]].stop) == (span.start, span.stop)


def test_second_derivatives_where_one_tensor_comes_twice(rng):
    """As input and first state, as both weights, as both biases: the rule's graph against the body's own."""
    results = []
    for function in (rnn_layer, lambda *inputs, **how: rnn_layer.op.body(*inputs, **how)[0]):
        x, w, b = (pellucid.from_numpy(np.random.RandomState(i).standard_normal(shape)).requires_grad_()
                   for i, shape in enumerate([(2, 3), (3, 3), (3,)]))
        y, last = function(x * 2, x, w, w, b, b, batch_sizes=(2,), reverse=False)
        first = pellucid.autograd.grad((y * y).sum() + last.sum(), [x, w, b], create_graph=True)
        second = pellucid.autograd.grad(sum((g * g).sum() for g in first), [x, w, b])
        results.append([*first, *second])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), expected.detach().numpy(), rtol=1e-10)
