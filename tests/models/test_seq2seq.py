"""Seq2Seq: attention is the formula's, writing alone is writing after its own symbols, and it learns."""

from __future__ import annotations

import numpy as np

from pellucid import no_grad, optim, tensor
from pellucid.models.seq2seq import Attention, Seq2Seq, Seq2SeqConfig
from pellucid.nn import functional as F

SMALL = Seq2SeqConfig(n_source=6, n_target=5, length=4, embedding=6, hidden=8)


def test_attention_is_the_formula() -> None:
    layer, rng = Attention(3, 4), np.random.RandomState(0)
    s, h, symbols = (rng.randn(*shape).astype(np.float32) for shape in ((2, 3), (2, 5, 4), (2, 5, 6)))
    with no_grad():
        c, a = (part.numpy() for part in layer(tensor(s), layer.of_place(tensor(h)), tensor(symbols)))
    w, b, u, v = (p.detach().numpy() for p in (layer.of_state.weight, layer.of_state.bias,
                                               layer.of_place.weight, layer.score.weight))
    for i in range(2):
        e = np.array([v[0] @ np.tanh(w @ s[i] + b + u @ h[i, j]) for j in range(5)])
        weights = np.exp(e) / np.exp(e).sum()
        np.testing.assert_allclose(a[i], weights, rtol=1e-5)
        np.testing.assert_allclose(c[i], weights @ symbols[i], rtol=1e-4, atol=1e-6)


def test_nothing_comes_through_but_what_is_looked_at() -> None:
    model, source = Seq2Seq(SMALL), tensor([[0, 1, 2, 3, 4, 5, 0], [1, 1, 5, 0, 2, 2, 3]])
    with no_grad():
        e, uh, s = model.read(source)
        before = tensor([5, 5])
        same = [model.step(before, s, each.expand(2, 7, 6), uh)[0].numpy()
                for each in (e[:1, :1], e[1:, :1])]
    for scores in same:                                  # one symbol everywhere: it does not matter where
        np.testing.assert_allclose(scores[0], scores[1], rtol=1e-4, atol=1e-5)
    assert not np.allclose(same[0], same[1], atol=1e-3)


def test_writing_alone_is_writing_after_its_own_symbols() -> None:
    model, source = Seq2Seq(SMALL), tensor(np.random.RandomState(1).randint(0, 6, (20, 7)))
    written, weights = model.write(source)
    with no_grad():
        scores = model(source, tensor(written)).numpy()
    np.testing.assert_array_equal(scores.argmax(-1), written)
    assert weights.shape == (20, 4, 7)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)


def test_the_answer_is_seen_one_symbol_late() -> None:
    model, rng = Seq2Seq(SMALL), np.random.RandomState(2)
    source, answer = tensor(rng.randint(0, 6, (1, 7))), rng.randint(0, 5, (1, 4))
    with no_grad():
        before = model(source, tensor(answer)).numpy()
        answer[0, 2] = (answer[0, 2] + 1) % 5
        after = model(source, tensor(answer)).numpy()
    np.testing.assert_array_equal(after[0, :3], before[0, :3])
    assert not np.array_equal(after[0, 3], before[0, 3])


def test_it_learns_to_turn_around_and_looks_there() -> None:
    rng = np.random.RandomState(3)
    source = rng.randint(0, 5, (24, 4))
    model = Seq2Seq(Seq2SeqConfig(n_source=5, n_target=5, length=4, embedding=8, hidden=16))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    x, y = tensor(source), tensor(source[:, ::-1].copy())
    for _ in range(70):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x, y).reshape(-1, 5), y.reshape(-1))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
    np.testing.assert_array_equal(model.write(x)[0], source[:, ::-1])
