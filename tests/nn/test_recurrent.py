"""Recurrent layers and packed sequences without PyTorch: lengths, learning, errors in numbers."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.nn.utils import rnn


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("two_ways", [False, True])
def test_packed_equals_each_sequence_alone(kind, two_ways):
    layer = getattr(nn, kind)(3, 4, 2, bidirectional=two_ways)
    sequences = [pellucid.randn(length, 3) for length in (2, 5, 3)]
    y, last = layer(rnn.pack_sequence(sequences, enforce_sorted=False))
    for i, (own, sequence) in enumerate(zip(rnn.unpack_sequence(y), sequences, strict=True)):
        alone, state = layer(sequence)
        np.testing.assert_allclose(own.detach().numpy(), alone.detach().numpy(), rtol=1e-4, atol=1e-6)
        pairs = zip(last, state, strict=True) if kind == "LSTM" else [(last, state)]
        for a, b in pairs:
            np.testing.assert_allclose(a[:, i].detach().numpy(), b.detach().numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_layer_equals_its_cell_in_a_loop(kind):
    layer, cell = getattr(nn, kind)(3, 4), getattr(nn, f"{kind}Cell")(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): p for name, p in layer.state_dict().items()})
    x, state, steps = pellucid.randn(12, 2, 3), None, []
    for element in x:
        state = cell(element, state)
        steps.append(state[0] if kind == "LSTM" else state)
    y, _ = layer(x)
    walked = pellucid.stack(steps).detach().numpy()
    np.testing.assert_allclose(walked, y.detach().numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_sequence_in_two_halves(kind):
    layer, x = getattr(nn, kind)(3, 4, 2), pellucid.randn(10, 2, 3)
    whole, end = layer(x)
    first, state = layer(x[:4])
    second, last = layer(x[4:], state)
    halves = pellucid.cat((first, second))
    np.testing.assert_allclose(halves.detach().numpy(), whole.detach().numpy(), rtol=1e-4, atol=1e-6)
    assert np.allclose((last[0] if kind == "LSTM" else last).detach().numpy(),
                       (end[0] if kind == "LSTM" else end).detach().numpy(), atol=1e-5)


def test_gradients_flow_through_the_whole_sequence():
    """Only the last output counts; the first input still gets a gradient."""
    x = pellucid.randn(30, 1, 2, requires_grad=True)
    y, _ = nn.LSTM(2, 8)(x)
    y[-1].sum().backward()
    assert x.grad[0].abs().max() > 0


def test_an_lstm_learns_to_remember_the_first_bit():
    pellucid.manual_seed(0)
    layer, head = nn.LSTM(1, 16), nn.Linear(16, 1)
    optimizer = pellucid.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.05)
    x = pellucid.randint(0, 2, (6, 32, 1)).float()
    for _ in range(80):
        optimizer.zero_grad()
        y, _ = layer(x)
        loss = nn.functional.binary_cross_entropy_with_logits(head(y[-1]), x[0])
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


@pytest.mark.parametrize("lengths", [[4, 2], [5, 1], [1, 1]])
@pytest.mark.parametrize("batch_first", [False, True])
def test_pack_and_pad_undo_each_other(lengths, batch_first):
    x = pellucid.randn(2, 5, 3) if batch_first else pellucid.randn(5, 2, 3)
    packed = rnn.pack_padded_sequence(x, lengths, batch_first)
    back, sizes = rnn.pad_packed_sequence(packed, batch_first, total_length=5)
    assert sizes.tolist() == lengths and packed.data.shape == (sum(lengths), 3)
    time = pellucid.arange(5)
    inside = time < pellucid.tensor(lengths).unsqueeze(1)
    inside = (inside if batch_first else inside.T).unsqueeze(-1)
    assert (back == x * inside).all()


def test_errors_show_the_numbers():
    x = pellucid.ones(4, 2, 3)
    with pytest.raises(RuntimeError, match="between 1 and the padded length 4, got 6"):
        rnn.pack_padded_sequence(x, [6, 2])
    with pytest.raises(RuntimeError, match="between 1 and the padded length 4, got 0"):
        rnn.pack_padded_sequence(x, [4, 0])
    with pytest.raises(RuntimeError, match="enforce_sorted=False sorts them"):
        rnn.pack_padded_sequence(x, [2, 4])
    with pytest.raises(RuntimeError, match="a length for each of 2 sequences"):
        rnn.pack_padded_sequence(x, [2])
    with pytest.raises(RuntimeError, match=r"sequences are empty: input has shape \(0, 2, 3\)"):
        nn.LSTM(3, 4)(pellucid.ones(0, 2, 3))
    with pytest.raises(RuntimeError, match=r"\(4, 2, 3\) must end in input_size 5"):
        nn.GRU(5, 4)(x)
    with pytest.raises(RuntimeError, match=r"h0 must have shape \(1, 2, 4\), got \(2, 2, 4\)"):
        nn.RNN(3, 4)(x, pellucid.ones(2, 2, 4))
    with pytest.raises(ValueError, match="no sequence|received no"):
        rnn.pad_sequence([])
