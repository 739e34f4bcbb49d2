"""Random tensors against PyTorch: the same seed, the same numbers, and the same state afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import generator as ours
from pellucid.ops import random
from pellucid.tensor import wrap

torch = pytest.importorskip("torch")

REAL = ["float32", "float64", "float16"]
WHOLE = ["int64", "int32", "int16", "int8", "uint8", "bool"]
CLOSE = {"float64": 1e-13, "float32": 1e-6, "float16": 2e-3}
SHAPES = [(), (0,), (1,), (7,), (15,), (16,), (17,), (3, 5), (4, 4), (5, 7, 3), (2, 0), (70000,)]
# The waiting normal went through log and cos in float64: its last bits may differ, and nothing else.
WAITING = slice(5024, 5032)


def seed(value: int) -> None:
    ours.manual_seed(value)
    torch.manual_seed(value)


def same_state() -> None:
    mine, theirs = ours.get_rng_state().numpy(), torch.get_rng_state().numpy().copy()
    np.testing.assert_allclose(mine[WAITING].view(float), theirs[WAITING].view(float), rtol=1e-12)
    mine[WAITING] = theirs[WAITING]
    assert np.array_equal(mine, theirs)


def same(mine: Any, theirs: Any, limit: float = 0.0) -> None:
    """Equal shape, dtype and numbers (to `limit`), and both generators at the same place."""
    assert tuple(mine.shape) == tuple(theirs.shape)
    assert str(mine.dtype).partition(".")[2].strip("_") == str(theirs.dtype).partition(".")[2]
    a, b = mine._data, theirs.detach().numpy()
    if limit:
        np.testing.assert_allclose(a.astype(float), b.astype(float), rtol=limit, atol=limit)
    else:
        np.testing.assert_array_equal(a, b)
    same_state()


@pytest.fixture(autouse=True, params=[0, -3, 2**40 + 1], ids="seed {}".format)
def _seeded(request: pytest.FixtureRequest) -> None:
    seed(request.param)


@pytest.mark.parametrize("dtype", REAL)
def test_real_numbers_interleaved(dtype: str) -> None:
    theirs, limit = getattr(torch, dtype), CLOSE[dtype]
    for shape in SHAPES:
        same(random.rand(shape, dtype=dtype), torch.rand(shape, dtype=theirs))
        same(random.randn(shape, dtype=dtype), torch.randn(shape, dtype=theirs), limit)
        x, t = (lambda s=shape: wrap(np.zeros(s, dtype))), (lambda s=shape: torch.zeros(s, dtype=theirs))
        same(x().uniform_(-0.3, 0.7), t().uniform_(-0.3, 0.7))
        same(x().uniform_(to=0.5), t().uniform_(to=0.5))
        same(x().normal_(2.0, 0.3), t().normal_(2.0, 0.3), limit)
        same(x().log_normal_(0.1, 0.2), t().log_normal_(0.1, 0.2), limit)
        same(x().exponential_(3.0), t().exponential_(3.0), limit)
        same(x().cauchy_(1.0, 2.0), t().cauchy_(1.0, 2.0), 10 * limit)
        same(x().geometric_(0.2), t().geometric_(0.2))
        same(x().bernoulli_(0.3), t().bernoulli_(0.3))
        same(x().random_(), t().random_())
        same(random.randint(-5, 9, shape, dtype=dtype), torch.randint(-5, 9, shape, dtype=theirs))


@pytest.mark.parametrize("dtype", WHOLE)
def test_whole_numbers_interleaved(dtype: str) -> None:
    theirs = getattr(torch, dtype)
    for shape in SHAPES:
        x, t = (lambda s=shape: wrap(np.zeros(s, dtype))), (lambda s=shape: torch.zeros(s, dtype=theirs))
        same(x().random_(), t().random_())
        same(x().bernoulli_(), t().bernoulli_())
        same(random.randint(2, shape, dtype=dtype), torch.randint(2, shape, dtype=theirs))
        same(x().random_(0, 2), t().random_(0, 2))
        if dtype != "bool":
            same(x().random_(77), t().random_(77))
            same(x().random_(5, None), t().random_(5, None))
            same(x().geometric_(0.3), t().geometric_(0.3))


@pytest.mark.parametrize("low, high", [(0, 1), (0, 2**28 - 1), (0, 2**28), (-(2**40), 2**50), (0, 2**63 - 1),
                                       (-(2**63), 2**63 - 1), (-5, 2**62)])
def test_wide_ranges(low: int, high: int) -> None:
    same(random.randint(low, high, (1001,)), torch.randint(low, high, (1001,)))
    same(random.randint(low=low, high=high, size=(3, 2)), torch.randint(low=low, high=high, size=(3, 2)))


def test_all_64_bits() -> None:
    theirs = torch.zeros(9, dtype=torch.int64).random_(-(2**63), None)
    same(wrap(np.zeros(9, int)).random_(-(2**63), None), theirs)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 17, 1000, 60000])
def test_permutations(n: int) -> None:
    same(random.randperm(n), torch.randperm(n))
    same(random.randperm(n, dtype="int32"), torch.randperm(n, dtype=torch.int32))


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("shape", [(1,), (6,), (4, 100), (50, 3)])
def test_multinomial(shape: tuple, dtype: str, rng: np.random.RandomState) -> None:
    weights = rng.uniform(size=shape).astype(dtype)
    weights[..., 1::3] = 0
    for num_samples, replacement in ((1, False), (1, True), (2, True), (200, True)):
        same(random.multinomial(wrap(weights), num_samples, replacement),
             torch.multinomial(torch.tensor(weights), num_samples, replacement))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(5,), (3, 7), (300, 11)])
def test_multinomial_without_replacement_keeps_the_order(shape: tuple, dtype: str,
                                                         rng: np.random.RandomState) -> None:
    weights = rng.uniform(0.1, 1, size=shape).astype(dtype)
    same(wrap(weights).multinomial(4), torch.tensor(weights).multinomial(4))
    turned = weights.T                                           # drawn in the order of memory
    for num_samples, replacement in ((1, False), (2, False), (3, True)):
        same(wrap(turned).multinomial(num_samples, replacement),
             torch.from_numpy(turned).multinomial(num_samples, replacement))


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("shape", [(), (0,), (9,), (40, 50)])
def test_bernoulli_of_probabilities(shape: tuple, dtype: str, rng: np.random.RandomState) -> None:
    p = np.array(rng.uniform(size=shape), dtype)
    same(random.bernoulli(wrap(p)), torch.bernoulli(torch.tensor(p)))
    same(wrap(p).bernoulli(0.2), torch.tensor(p).bernoulli(0.2))
    same(wrap(np.zeros((3, *shape), "int32")).bernoulli_(wrap(p)),
         torch.zeros((3, *shape), dtype=torch.int32).bernoulli_(torch.tensor(p)))


@pytest.mark.parametrize("shape", [(3,), (4, 6)])
def test_normal_with_tensors(shape: tuple, rng: np.random.RandomState) -> None:
    mean, std = rng.standard_normal(shape).astype("f4"), rng.uniform(size=shape[-1:]).astype("f4")
    a, b, c, d = wrap(mean), wrap(std), torch.tensor(mean), torch.tensor(std)
    same(random.normal(a, b), torch.normal(c, d), 1e-6)
    same(random.normal(a, 0.3), torch.normal(c, 0.3), 1e-6)
    same(random.normal(a), torch.normal(c), 1e-6)
    same(random.normal(-1.0, b), torch.normal(-1.0, d), 1e-6)
    same(random.normal(2.0, 3.0, shape), torch.normal(2.0, 3.0, shape), 2e-6)
    same(random.normal(wrap(mean.T), 0.5), torch.normal(torch.from_numpy(mean.T), 0.5), 1e-6)


def layouts(draw: Any, smallest: int = 1) -> tuple[np.ndarray, Any]:
    """An array and a tensor over the same numbers, permuted and sliced."""
    shape = draw(st.lists(st.integers(smallest, 4), min_size=1, max_size=4))
    array = np.zeros(shape, np.float32).transpose(draw(st.permutations(range(len(shape)))))
    axis, step = draw(st.integers(0, len(shape) - 1)), draw(st.integers(1, 2))
    array = array[(slice(None),) * axis + (slice(None, None, step),)]
    return array, torch.as_strided(torch.zeros(1000), array.shape, [s // 4 for s in array.strides])


@settings(max_examples=25)
@given(st.data())
def test_order_in_memory_decides_the_order_of_drawing(data: Any) -> None:
    array, tensor = layouts(data.draw)
    seed(5)
    x = wrap(array)
    same(random.rand_like(x), torch.rand_like(tensor))
    same(random.randn_like(x), torch.randn_like(tensor), 1e-6)
    same(random.randint_like(x, 9), torch.randint_like(tensor, 9))
    same(random.randint_like(x, 3, 9, dtype="int64"), torch.randint_like(tensor, 3, 9, dtype=torch.int64))
    for name, arguments, limit in (("uniform_", (), 0), ("normal_", (), 1e-6), ("random_", (9,), 0),
                                   ("bernoulli_", (0.5,), 0), ("exponential_", (), 1e-6)):
        same(getattr(x, name)(*arguments), getattr(tensor, name)(*arguments), limit)
    same(random.bernoulli(x.bernoulli_(0.5)), torch.bernoulli(tensor.bernoulli_(0.5)))


@settings(max_examples=25)
@given(st.data())
def test_repeated_axes(data: Any) -> None:
    array, tensor = layouts(data.draw, smallest=3)               # NumPy forgets the strides of single axes
    place, times = data.draw(st.integers(0, array.ndim)), data.draw(st.integers(1, 3))
    wide = np.expand_dims(array, place)
    shape = (*wide.shape[:place], times, *wide.shape[place + 1:])
    seed(6)
    same(random.rand_like(wrap(np.broadcast_to(wide, shape))),
         torch.rand_like(tensor.unsqueeze(place).expand(shape)))


def test_states_are_interchangeable() -> None:
    torch.randn(3)
    ours.set_rng_state(torch.get_rng_state())
    same(random.randn(5), torch.randn(5), 1e-6)
    random.rand(700)
    torch.set_rng_state(torch.tensor(ours.get_rng_state().numpy()))
    same(random.rand(5), torch.rand(5))


def test_own_generators() -> None:
    mine, theirs = ours.Generator().manual_seed(9), torch.Generator().manual_seed(9)
    same(random.randn(4, generator=mine), torch.randn(4, generator=theirs), 1e-6)
    same(random.randperm(9, generator=mine), torch.randperm(9, generator=theirs))
    same(wrap(np.zeros(3, "f4")).uniform_(generator=mine), torch.zeros(3).uniform_(generator=theirs))
    same(random.multinomial(wrap(np.ones(5)), 2, generator=mine),
         torch.multinomial(torch.ones(5, dtype=torch.float64), 2, generator=theirs))
    assert mine.initial_seed() == theirs.initial_seed()
    assert ours.Generator().initial_seed() == torch.Generator().initial_seed()


def script(torch: Any) -> list:
    """A stretch of PyTorch code, run by both libraries."""
    torch.manual_seed(1234)
    made = [torch.rand(2, 3), torch.randn(4), torch.randint(0, 10, (5,)), torch.randperm(7),
            torch.bernoulli(torch.rand(5)), torch.multinomial(torch.rand(4), 2), torch.normal(0.0, 1.0, (3,)),
            torch.rand_like(torch.ones(2, 2)), torch.zeros(3).uniform_(-1, 1),
            torch.dropout(torch.ones(9), 0.5, True)]
    state = torch.get_rng_state()
    made += [torch.randn(17), torch.rand(3, generator=torch.Generator().manual_seed(torch.initial_seed()))]
    torch.set_rng_state(state)
    with torch.random.fork_rng(devices=[]):
        torch.random.manual_seed(5)
        made.append(torch.nn.init.kaiming_uniform_(torch.empty(4, 3)))
    return [*made, torch.randn(17)]


def test_a_script_whose_import_is_replaced() -> None:
    import pellucid.nn.init

    for mine, theirs in zip(script(pellucid), script(torch), strict=True):
        same(mine, theirs, 1e-6)


def test_number_of_threads_changes_nothing() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        same(random.rand(200000), torch.rand(200000))
        same(random.randn(200000), torch.randn(200000), 1e-6)
        same(wrap(np.zeros(200000, "f4")).bernoulli_(0.1), torch.zeros(200000).bernoulli_(0.1))
    finally:
        torch.set_num_threads(before)
