"""CharRNN: it goes on where it stopped, it learns, its gradient through time is the formula's."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import manual_seed, no_grad, optim, tensor
from pellucid.models.char_rnn import CharRNN, CharRNNConfig
from pellucid.nn import functional as F

KINDS = ("rnn", "lstm", "gru")


def small(kind: str, **options: int) -> CharRNN:
    return CharRNN(CharRNNConfig(kind, n_letters=7, embedding=5, hidden=6, **options))


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_two_stretches_are_read_as_one(kind: str, n_layers: int) -> None:
    model = small(kind, n_layers=n_layers)
    x = tensor(np.random.RandomState(0).randint(0, 7, (3, 9)))
    with no_grad():
        whole = model(x).numpy()
        first, state = model.read(x[:, :4])
        second, _ = model.read(x[:, 4:], state)
    assert whole.shape == (3, 9, 7)
    np.testing.assert_allclose(np.concatenate([first.numpy(), second.numpy()], 1), whole, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_a_text_by_heart_and_writes_it(kind: str) -> None:
    model, text = small(kind), np.array([1, 4, 2, 6, 5, 0, 3])
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(80):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(tensor(text[None, :-1]))[0], tensor(text[1:]))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    assert model.generate(text[:2], 5, temperature=0.05).tolist() == text.tolist()
    texts = []
    for _ in range(2):
        manual_seed(3)
        texts.append(model.generate([2], 20, temperature=5.0).tolist())
    assert texts[0] == texts[1]


def test_gradient_through_time_of_a_plain_layer_is_the_product_of_its_slopes() -> None:
    model, rng = small("rnn"), np.random.RandomState(1)
    x, y = rng.randint(0, 7, (4, 6)), rng.randint(0, 7, 4)
    norms = model.gradient_through_time(tensor(x), tensor(y))
    weights = {name: p.detach().numpy().astype(np.float64) for name, p in model.named_parameters()}
    h, states = np.zeros((4, 6)), []
    for t in range(6):
        h = np.tanh(weights["letters.weight"][x[:, t]] @ weights["layer.weight_ih_l0"].T
                    + weights["layer.bias_ih_l0"] + weights["layer.bias_hh_l0"]
                    + h @ weights["layer.weight_hh_l0"].T)
        states.append(h)
    scores = h @ weights["head.weight"].T + weights["head.bias"]
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    g = (p - np.eye(7)[y]) @ weights["head.weight"]
    expected = [np.linalg.norm(g, axis=1).mean()]
    for h in states[:0:-1]:
        g = (g * (1 - h ** 2)) @ weights["layer.weight_hh_l0"]
        expected.append(np.linalg.norm(g, axis=1).mean())
    np.testing.assert_allclose(norms, expected[::-1], rtol=1e-4)
    assert all(p.grad is None or not p.grad.numpy().any() for p in model.parameters())


@pytest.mark.parametrize("bias, least", [(-3.0, 0.0), (6.0, 0.1)])
def test_open_forget_gates_hand_the_gradient_on(bias: float, least: float) -> None:
    model = small("lstm")
    with no_grad():
        model.layer.bias_hh_l0[6:12] = bias              # the forget gates: almost shut, almost open
    x = tensor(np.random.RandomState(2).randint(0, 7, (8, 30)))
    norms = model.gradient_through_time(x, x[:, 0])
    kept = norms[0] / norms[-1]
    assert kept > least if least else kept < 1e-6


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="kind is 'elman', wants one of rnn, lstm, gru"):
        CharRNN(CharRNNConfig("elman"))
    with pytest.raises(ValueError, match="a prompt of at least 1 letter and a temperature above 0"):
        small("gru").generate([], 3)
