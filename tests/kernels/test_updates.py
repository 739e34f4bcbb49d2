"""Optimisers by compiled loops and without them: the same parameters."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import optim
from pellucid.ops import updates

pytest.importorskip("numba")
OPTIMIZERS = [("SGD", {"momentum": 0.9}), ("SGD", {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}),
              ("SGD", {"momentum": 0.9, "nesterov": True}), ("Adam", {}), ("Adam", {"weight_decay": 0.1}),
              ("Adam", {"amsgrad": True}), ("Adam", {"weight_decay": 0.1, "maximize": True}), ("AdamW", {}),
              ("AdamW", {"weight_decay": 0.3, "betas": (0.5, 0.7), "eps": 1e-3})]


def trained(name, options, dtype, shape=(3, 50), transposed=False):
    rng = np.random.RandomState(0)
    start = rng.standard_normal(shape)
    p = pellucid.tensor(start.T.copy() if transposed else start, dtype=dtype).requires_grad_()
    chosen = getattr(optim, name)([p], lr=0.01, **options)
    for _ in range(4):
        g = rng.standard_normal(shape)
        p.grad = pellucid.tensor(g.T.copy(), dtype=dtype) if transposed else pellucid.tensor(g, dtype=dtype)
        if transposed:
            p.grad = p.grad.t().contiguous().t()                 # not in C's order
        chosen.step()
    made = [p, *(v for v in chosen.state[p].values() if isinstance(v, pellucid.Tensor))]
    return [part.detach().numpy() for part in made]


@pytest.mark.parametrize("dtype", [pellucid.float32, pellucid.float64], ids=str)
@pytest.mark.parametrize("name, options", OPTIMIZERS)
def test_compiled_steps_equal_those_of_numpy(name, options, dtype, monkeypatch):
    expected = trained(name, options, dtype)
    monkeypatch.setattr(updates, "LEAST", 1)
    for a, b in zip(trained(name, options, dtype), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0,
                                   atol=2e-6 if dtype == pellucid.float32 else 1e-13)
        assert a.dtype == b.dtype


def test_a_gradient_in_another_order_of_memory_goes_to_numpy(monkeypatch):
    expected = trained("Adam", {}, pellucid.float32, transposed=True)
    monkeypatch.setattr(updates, "LEAST", 1)
    for a, b in zip(trained("Adam", {}, pellucid.float32, transposed=True), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_loop_is_taken_from_a_size_on(monkeypatch):
    from pellucid.kernels import updates as compiled

    seen = []
    monkeypatch.setattr(compiled, "adam", lambda *numbers: seen.append(len(numbers)))
    trained("Adam", {}, pellucid.float32, (2, 10))
    assert not seen
    trained("Adam", {}, pellucid.float32, (2, updates.LEAST // 2))
    assert len(seen) == 4
    trained("Adam", {"amsgrad": True}, pellucid.float32, (2, updates.LEAST // 2))
    assert len(seen) == 4


def test_what_is_not_finite_spreads_as_in_numpy(monkeypatch):
    def step():
        p = pellucid.ones(6).requires_grad_()
        p.grad = pellucid.tensor([np.nan, np.inf, -np.inf, 0.0, 1e-30, 1e30])
        chosen = optim.Adam([p], lr=0.1)
        for _ in range(2):
            chosen.step()
        return p.detach().numpy()

    expected = step()
    monkeypatch.setattr(updates, "LEAST", 1)
    np.testing.assert_allclose(step(), expected, rtol=1e-6)
    assert np.isnan(expected[:3]).all() and np.isfinite(expected[3:5]).all()
