import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.explain import directions_of, gates, landscape
from pellucid.nn import functional as F
from pellucid.tensor import OpError


def test_a_landscape_of_a_square_by_hand():
    """loss = w1^2 + w2^2 at (1, 2), along the axes."""
    model = nn.Linear(2, 1, bias=False)
    model.weight.data = pellucid.tensor([[1.0, 2.0]])
    along = [np.array([[1.0, 0.0]], np.float32)], [np.array([[0.0, 1.0]], np.float32)]
    found = landscape(model, lambda: (model.weight ** 2).sum(), span=2, points=5, directions=along)
    a, b = np.meshgrid(found.a, found.b)
    np.testing.assert_allclose(found.losses, (1 + a) ** 2 + (2 + b) ** 2, rtol=1e-6)
    assert model.weight.tolist() == [[1.0, 2.0]]


def test_directions_are_as_long_as_the_filters():
    pellucid.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Linear(4, 5))
    for direction in directions_of(model):
        for d, w in zip(direction, model.parameters(), strict=True):
            flat = d.reshape(len(d), -1), w._data.reshape(len(d), -1)
            expected = np.linalg.norm(flat[1], axis=1) if w.ndim > 1 else np.zeros(len(d))
            np.testing.assert_allclose(np.linalg.norm(flat[0], axis=1), expected, rtol=1e-5)
    first, second = directions_of(model)
    assert not np.allclose(first[0], second[0])


def test_the_weights_come_back_even_after_an_error():
    model = nn.Linear(2, 1)
    before, calls = model.weight._data.copy(), []

    def loss():
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("no more")
        return model.weight.sum()
    with pytest.raises(RuntimeError, match="no more"):
        landscape(model, loss)
    np.testing.assert_array_equal(model.weight._data, before)


def test_bad_input():
    model = nn.Linear(2, 1)
    with pytest.raises(OpError, match="directions must be two lists"):
        landscape(model, lambda: 0.0, directions=[[np.zeros(2)]])
    with pytest.raises(OpError, match="points must be at least 2 and span above 0, got 1 and 1.0"):
        landscape(model, lambda: 0.0, points=1)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@pytest.mark.parametrize("bidirectional, batch_first, bias", [(False, False, True), (True, True, False)])
def test_gates_give_the_layers_own_states(kind, bidirectional, batch_first, bias):
    pellucid.manual_seed(1)
    layer = kind(3, 4, 2, bidirectional=bidirectional, batch_first=batch_first, bias=bias)
    x = pellucid.randn(5, 2, 3)
    y = layer(x.transpose(0, 1) if batch_first else x)[0]
    y = (y.transpose(0, 1) if batch_first else y).detach().numpy()
    given = x.transpose(0, 1) if batch_first else x
    for reverse in (False, True)[:1 + bidirectional]:
        found = gates(layer, given, number=1, reverse=reverse)
        own = y[..., 4:] if reverse else y[..., :4]
        np.testing.assert_allclose(found["hidden"], own, rtol=1e-4, atol=1e-6)
    assert gates(layer, x[:, 0])["hidden"].shape == (5, 4)


def test_gates_refuse_what_they_do_not_know():
    with pytest.raises(OpError, match="layer must be an LSTM or a GRU, got RNN"):
        gates(nn.RNN(2, 3), pellucid.zeros(4, 2))
    with pytest.raises(OpError, match="there is none"):
        gates(nn.LSTM(2, 3), pellucid.zeros(4, 2), number=1)
    with pytest.raises(OpError, match="projections"):
        gates(nn.LSTM(2, 3, proj_size=1), pellucid.zeros(4, 2))


def test_a_loss_that_wants_arguments_is_refused():
    with pytest.raises(TypeError, match="without arguments that runs the model.*got cross_entropy"):
        landscape(nn.Linear(2, 2), F.cross_entropy)
