"""Random functions on tensors: arguments, dtypes, generators, autograd, refusals. Numbers: test_generator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid import dtypes
from pellucid.autograd import no_grad
from pellucid.generator import Generator, get_rng_state, manual_seed
from pellucid.ops import random
from pellucid.tensor import Tensor, wrap


def zeros(*shape: int, dtype: Any = "f4") -> Tensor:
    return wrap(np.zeros(shape, dtype))


@pytest.mark.parametrize("make", [random.rand, random.randn])
def test_sizes_and_dtypes(make: Any) -> None:
    for x in (make(2, 3), make((2, 3)), make([2, 3]), make(size=(2, 3)), make(np.int64(2), 3)):
        assert x.shape == (2, 3) and x.dtype is dtypes.float32 and not x.requires_grad
    assert make(()).shape == () and make(0, 2).shape == (0, 2)
    assert make(2, dtype=dtypes.float64, device="cpu", requires_grad=True).requires_grad
    assert make(2, dtype=dtypes.float16).dtype is dtypes.float16
    dtypes.set_default_dtype(dtypes.float64)
    try:
        assert make(2).dtype is dtypes.float64
    finally:
        dtypes.set_default_dtype(dtypes.float32)


def test_randint_forms() -> None:
    def drawn(*arguments: Any, **named: Any) -> list:
        return random.randint(*arguments, generator=Generator().manual_seed(1), **named)._data.tolist()

    expected = drawn(0, 5, (2, 3))
    assert drawn(5, (2, 3)) == drawn(5, size=(2, 3)) == drawn(high=5, size=(2, 3)) == expected
    assert drawn(low=0, high=5, size=(2, 3)) == drawn(0, high=5, size=(2, 3)) == expected
    assert [[v + 2 for v in row] for row in expected] == drawn(2, 7, [2, 3])
    assert random.randint(5, ()).shape == ()
    assert random.randint(5, (2,)).dtype is dtypes.int64
    assert random.randint(5, (2,), dtype=dtypes.float32, requires_grad=True).requires_grad


def test_randperm_and_likes() -> None:
    assert sorted(random.randperm(9)._data.tolist()) == list(range(9))
    assert random.randperm(9, dtype=dtypes.int32).dtype is dtypes.int32
    x = zeros(3, 4, dtype="f8")
    for like in (random.rand_like(x), random.randn_like(x), random.randint_like(x, 9)):
        assert like.shape == (3, 4) and like.dtype is dtypes.float64
    assert random.randint_like(x, 5, 6, dtype=dtypes.int64)._data.tolist() == [[5] * 4] * 3
    assert random.randint_like(x, low=5, high=6)._data.tolist() == [[5.0] * 4] * 3
    assert random.rand_like(zeros(2, dtype="i8"), dtype=dtypes.float32, requires_grad=True).requires_grad


def test_methods_fill_in_place_and_return_themselves() -> None:
    manual_seed(0)
    x = zeros(1000)
    for name, arguments in (("uniform_", (2.0, 3.0)), ("normal_", (2.0, 3.0)), ("log_normal_", ()),
                            ("cauchy_", ()), ("exponential_", (2.0,)), ("geometric_", (0.5,)),
                            ("random_", ()), ("bernoulli_", ())):
        before = x._data.copy()
        assert getattr(x, name)(*arguments) is x
        assert (x._data != before).mean() > 0.2, name
    assert 2 <= zeros(1000).uniform_(2, 3)._data.min() and zeros(1000).uniform_(to=0.1)._data.max() < 0.1
    assert set(zeros(1000, dtype="i8").random_(3)._data.tolist()) == {0, 1, 2}
    assert set(zeros(1000, dtype="i8").random_(2, 4)._data.tolist()) == {2, 3}
    assert set(zeros(1000, dtype="i8").random_(2, to=4)._data.tolist()) == {2, 3}
    assert set(zeros(1000, dtype="i8").random_(to=2)._data.tolist()) == {0, 1}
    assert set(zeros(1000, dtype="u1").random_(254, None)._data.tolist()) == {254, 255}


def test_writes_through_views() -> None:
    base = np.zeros((4, 3), "f4")
    wrap(base[1:3].T).uniform_(1, 2)
    assert (base[1:3] >= 1).all() and (base[[0, 3]] == 0).all()


@pytest.mark.parametrize("draw", [
    lambda g: random.rand(3, generator=g), lambda g: random.randn(3, generator=g),
    lambda g: random.randint(99, (3,), generator=g), lambda g: random.randperm(9, generator=g),
    lambda g: random.rand_like(zeros(3), generator=g), lambda g: random.randn_like(zeros(3), generator=g),
    lambda g: random.randint_like(zeros(3), 99, generator=g),
    lambda g: random.normal(0.0, zeros(3) + 1, generator=g),
    lambda g: random.bernoulli(zeros(9) + 0.5, generator=g), lambda g: zeros(9).bernoulli(0.5, generator=g),
    lambda g: (zeros(9) + 1).multinomial(3, generator=g), lambda g: zeros(3).uniform_(generator=g),
    lambda g: zeros(3).normal_(generator=g), lambda g: zeros(3).random_(generator=g),
    lambda g: zeros(9).bernoulli_(generator=g), lambda g: zeros(9).bernoulli_(zeros(9) + 0.5, generator=g),
    lambda g: zeros(3).exponential_(generator=g), lambda g: zeros(3).geometric_(0.01, generator=g),
    lambda g: zeros(3).cauchy_(generator=g), lambda g: zeros(3).log_normal_(generator=g)])
def test_generator_argument_leaves_the_shared_stream_alone(draw: Any) -> None:
    before = get_rng_state()
    first, again = draw(Generator().manual_seed(4)), draw(Generator().manual_seed(4))
    assert np.array_equal(first._data, again._data)
    assert np.array_equal(get_rng_state().numpy(), before.numpy())
    draw(None)
    assert not np.array_equal(get_rng_state().numpy(), before.numpy())


def test_out() -> None:
    out = zeros(2, 3)
    assert random.rand(2, 3, out=out) is out and out._data.min() > 0
    assert random.normal(5.0, 0.0, (2, 3), out=out) is out and (out._data == 5).all()
    with pytest.raises(RuntimeError, match=r"\(2, 4\).*\(2, 3\)"):
        random.rand(2, 4, out=out)


def test_bernoulli_and_multinomial_results() -> None:
    p = wrap(np.array([0.0, 1.0, 0.0, 1.0], "f8"))
    assert random.bernoulli(p)._data.tolist() == [0, 1, 0, 1] and random.bernoulli(p).dtype is dtypes.float64
    assert zeros(2, 4, dtype="?").bernoulli_(p)._data.tolist() == [[False, True, False, True]] * 2
    assert p.multinomial(50, replacement=True).dtype is dtypes.int64
    assert set(p.multinomial(50, replacement=True)._data.tolist()) == {1, 3}
    assert sorted(p.multinomial(2)._data.tolist()) == [1, 3]


def test_draws_end_the_gradient() -> None:
    p = wrap(np.full(4, 0.5, "f4")).requires_grad_()
    assert not random.bernoulli(p).requires_grad
    assert not random.rand_like(p).requires_grad
    assert not random.normal(p, 1.0).requires_grad
    with pytest.raises(RuntimeError, match="leaf"):
        p.uniform_()
    with no_grad():
        p.uniform_()
    assert p.requires_grad and p.is_leaf


@pytest.mark.parametrize("call, error, words", [
    (lambda: random.rand(), TypeError, "needs sizes"),
    (lambda: random.rand(2.5), TypeError, "2.5"),
    (lambda: random.rand(2, dtype=dtypes.int64), RuntimeError, "rand: .*int64"),
    (lambda: random.randn_like(zeros(2, dtype="i8")), RuntimeError, "randn_like: .*int64"),
    (lambda: zeros(2, dtype="i8").normal_(), RuntimeError, "normal_: .*int64"),
    (lambda: random.rand(-2), RuntimeError, "-2"),
    (lambda: random.rand(2, device="cuda"), RuntimeError, "cuda"),
    (lambda: random.rand(2, generator=3), TypeError, "generator"),
    (lambda: random.randint(1, 2, 3, (2,)), TypeError, "4 arguments"),
    (lambda: random.randint(3, 3, (2,)), RuntimeError, "low=3, high=3"),
    (lambda: random.randint(5, (2,), requires_grad=True), RuntimeError, "requires_grad"),
    (lambda: random.randperm(-1), RuntimeError, "-1"),
    (lambda: random.randperm(300, dtype=dtypes.uint8), RuntimeError, "uint8.*255.*300"),
    (lambda: random.normal(0.0, 1.0), TypeError, "size"),
    (lambda: random.normal(zeros(2), -1.0), RuntimeError, "std"),
    (lambda: random.normal(zeros(2), zeros(3)), ValueError, "broadcast"),
    (lambda: random.bernoulli(zeros(2) + 2.0), RuntimeError, r"\[0, 1\]"),
    (lambda: random.bernoulli(zeros(2, dtype="i8")), RuntimeError, "float"),
    (lambda: wrap(np.broadcast_to(np.zeros(3, "f4"), (2, 3))).uniform_(), RuntimeError, "clone"),
])
def test_refusals_name_the_argument(call: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()
