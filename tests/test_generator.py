"""The random streams: PyTorch's numbers (kept in golden/random.json), states, seeds, refusals."""

from __future__ import annotations

import copy
import json
import math
import pickle
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Tensor, uint8
from pellucid import generator as random
from pellucid.generator import Generator
from pellucid.generator.choices import apply_swaps
from pellucid.generator.streams import CHUNK, box_muller, stretch

GOLDEN = json.loads((Path(__file__).parent / "golden" / "random.json").read_text())
ROUNDED = {"normal", "exponential", "log_normal", "cauchy"}      # they went through log, cos, tan, ...
CLOSE = {"float64": 1e-13, "float32": 1e-6, "float16": 2e-3}


def replayed(generator: Generator, name: str, arguments: dict[str, Any]) -> np.ndarray:
    """One call of the golden file."""
    if name == "multinomial":
        arguments = {**arguments, "probabilities": np.array(arguments["probabilities"], np.float32)}
    return getattr(generator, name)(**arguments)


@pytest.mark.parametrize("stream", GOLDEN["streams"], ids=lambda stream: f"seed {stream['seed']}")
def test_interleaved_draws_are_those_of_pytorch(stream: dict[str, Any]) -> None:
    generator = Generator().manual_seed(stream["seed"])
    for name, arguments, expected in stream["calls"]:
        got = replayed(generator, name, arguments)
        assert got.dtype == arguments.get("dtype", "int64")
        if name in ROUNDED:
            limit = CLOSE[arguments["dtype"]]
            np.testing.assert_allclose(got.ravel().astype(float), expected, rtol=limit, atol=limit)
        else:
            assert got.ravel().tolist() == expected, (name, arguments)


@pytest.mark.parametrize("seed, words, checksum", GOLDEN["states"])
def test_state_has_the_bytes_of_pytorch(seed: int, words: int, checksum: int) -> None:
    generator = Generator().manual_seed(seed)
    generator.uniform(words)
    assert zlib.crc32(generator.get_state().numpy().tobytes()) == checksum


def test_golden_comparison_notices_one_word_too_many() -> None:
    name, arguments, expected = GOLDEN["streams"][0]["calls"][1]
    generator = Generator().manual_seed(GOLDEN["streams"][0]["seed"])
    generator.words(1)
    assert replayed(generator, name, arguments).ravel().tolist() != expected


@pytest.mark.parametrize("n", [0, 1, 5, 624, CHUNK, CHUNK + 3])
def test_words_do_not_depend_on_how_many_are_asked_for(n: int) -> None:
    whole = Generator().words(n + 7)
    generator = Generator()
    parts = [generator.words(n // 2), generator.words(n - n // 2), generator.words(7)]
    assert np.array_equal(np.concatenate(parts), whole)
    high, low = whole[:n // 2 * 2].astype(np.uint64).reshape(-1, 2).T
    assert np.array_equal(Generator().double_words(n // 2), high << np.uint64(32) | low)


@pytest.mark.parametrize("draw", [
    lambda g: g.uniform(0), lambda g: g.normal((3, 0)), lambda g: g.normal((0,), dtype="float16"),
    lambda g: g.randint(0, 5, 0), lambda g: g.random(0), lambda g: g.bernoulli(0.5, (0, 2)),
    lambda g: g.bernoulli_each(np.zeros((0, 2))), lambda g: g.permutation(0), lambda g: g.exponential(0),
    lambda g: g.multinomial(np.ones((0, 3)), 2, True)])
def test_empty_draw_takes_nothing(draw: Any) -> None:
    generator = Generator()
    before = generator.get_state()
    assert draw(generator).size == 0
    assert np.array_equal(generator.get_state().numpy(), before.numpy())


def test_odd_normal_waits_for_the_next_call() -> None:
    together, apart = Generator().normal(6), Generator()
    assert np.array_equal(np.concatenate([apart.normal(3), apart.normal(1), apart.normal(2)]), together)
    apart.normal(1)
    apart.manual_seed(5)                                         # forgets the one that waits
    assert np.array_equal(apart.normal(3), Generator().manual_seed(5).normal(3))


@pytest.mark.parametrize("drawn", [0, 1, 7, 623, 624, 1000])
@pytest.mark.parametrize("duplicate", [
    copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g)), Generator.clone_state,
    lambda g: (lambda twin: twin.set_state(g.get_state().clone()) or twin)(Generator()),
    lambda g: (lambda twin: twin.set_state(g.get_state().numpy()) or twin)(Generator())],
    ids=["deepcopy", "pickle", "clone_state", "set_state of a tensor", "set_state of an array"])
def test_duplicate_continues_and_is_independent(duplicate: Any, drawn: int) -> None:
    original = Generator().manual_seed(3)
    original.words(drawn)
    original.normal(1)                                           # leaves a normal waiting
    twin = duplicate(original)
    assert np.array_equal(twin.normal(5), original.normal(5))
    original.words(3)
    twin.words(3)
    assert twin.initial_seed() == 3
    assert np.array_equal(twin.get_state().numpy(), original.get_state().numpy())


def test_state_is_a_tensor_of_bytes() -> None:
    state = Generator().get_state()
    assert isinstance(state, Tensor) and state.dtype == uint8 and tuple(state.shape) == (5056,)


def test_seeds() -> None:
    generator = Generator()
    assert generator.initial_seed() == 67280421310721 and str(generator.device) == "cpu"
    assert generator.manual_seed(-1) is generator and generator.initial_seed() == 2**64 - 1
    assert np.array_equal(generator.manual_seed(2**32 + 7).words(3), Generator().manual_seed(7).words(3))
    assert generator.seed() == generator.initial_seed() != Generator().seed()
    assert generator.manual_seed(np.int64(4)).initial_seed() == 4  # type: ignore[arg-type]
    assert "4" in repr(generator)


def test_shared_generator() -> None:
    assert random.manual_seed(11) is random.default_generator and random.initial_seed() == 11
    state = random.get_rng_state()
    first = random.default_generator.normal(5)
    with random.fork_rng():
        random.manual_seed(1)
    with pytest.raises(KeyError), random.fork_rng():
        random.manual_seed(2)
        raise KeyError
    assert not np.array_equal(random.default_generator.normal(5), first)
    random.set_rng_state(state)
    assert np.array_equal(random.default_generator.normal(5), first)
    with random.fork_rng(enabled=False):
        random.manual_seed(3)
    assert random.initial_seed() == 3
    assert random.seed() == random.initial_seed()
    assert random.pick(None) is random.default_generator


@pytest.mark.parametrize("call, error, words", [
    (lambda g: g.manual_seed(2**64), ValueError, "18446744073709551616"),
    (lambda g: g.manual_seed(-(2**63) - 1), ValueError, "-9223372036854775809"),
    (lambda g: g.manual_seed(1.5), TypeError, "float"),
    (lambda g: g.manual_seed(True), TypeError, "bool"),
    (lambda g: Generator("cuda"), RuntimeError, "cuda"),
    (lambda g: random.pick(5), TypeError, "int"),
    (lambda g: g.set_state(np.zeros(7, np.uint8)), RuntimeError, "5056"),
    (lambda g: g.set_state(np.zeros(5056, np.int64)), RuntimeError, "uint8"),
    (lambda g: g.set_state(np.zeros(5056, np.uint8)), RuntimeError, "not the state"),
    (lambda g: g.uniform(3, 2.0, 1.0), RuntimeError, "low=2.0, high=1.0"),
    (lambda g: g.uniform(3, math.nan, 1.0), RuntimeError, "nan"),
    (lambda g: g.uniform(3, -3e38, 3e38), RuntimeError, "float32"),
    (lambda g: g.uniform(-3), RuntimeError, "-3"),
    (lambda g: g.normal(3, 0.0, -1.0), RuntimeError, "-1.0"),
    (lambda g: g.log_normal(3, 0.0, 0.0), RuntimeError, "0.0"),
    (lambda g: g.exponential(3, 0.0), RuntimeError, "0.0"),
    (lambda g: g.geometric(3, 1.0), RuntimeError, "1.0"),
    (lambda g: g.cauchy(3, 0.0, -2.0), RuntimeError, "-2.0"),
    (lambda g: g.bernoulli(1.5, 3), RuntimeError, "1.5"),
    (lambda g: g.bernoulli_each(np.array([0.5, -0.1])), RuntimeError, r"\[0, 1\]"),
    (lambda g: g.randint(3, 3, 2), RuntimeError, "low=3, high=3"),
    (lambda g: g.randint(0, 300, 2, np.uint8), RuntimeError, "uint8 .* 255"),
    (lambda g: g.randint(-200, 3, 2, np.int8), RuntimeError, "int8 .* 127"),
    (lambda g: g.random(2, np.float16, 0, 3000), RuntimeError, "float16 .* 2048"),
    (lambda g: g.permutation(-1), RuntimeError, "-1"),
    (lambda g: g.multinomial(np.ones(3, int), 1), RuntimeError, "int64"),
    (lambda g: g.multinomial(np.ones((1, 1, 3)), 1), RuntimeError, r"\(1, 1, 3\)"),
    (lambda g: g.multinomial(np.ones(3), 0), RuntimeError, "got 0"),
    (lambda g: g.multinomial(np.ones(3), 4), RuntimeError, "3 categories .* 4 samples"),
    (lambda g: g.multinomial(np.array([1.0, np.inf]), 1), RuntimeError, "finite"),
    (lambda g: g.multinomial(np.array([1.0, -1.0]), 1), RuntimeError, "negative"),
    (lambda g: g.multinomial(np.zeros((2, 3)), 1), RuntimeError, "sum to 0"),
])
def test_bad_arguments_are_named_and_draw_nothing(call: Any, error: type, words: str) -> None:
    generator = Generator()
    before = generator.get_state()
    with pytest.raises(error, match=words):
        call(generator)
    assert np.array_equal(generator.get_state().numpy(), before.numpy())


@given(st.integers(0, 40).flatmap(lambda n: st.tuples(*[st.integers(i, n - 1) for i in range(n)])))
def test_swaps_without_the_loop(target: tuple[int, ...]) -> None:
    expected = list(range(len(target)))
    for i, j in enumerate(target):
        expected[i], expected[j] = expected[j], expected[i]
    assert apply_swaps(np.array(target, np.int64)).tolist() == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("low, high", [(-1.0, 1.0), (0.1, 0.7), (-1 / 7, 1 / 7), (5.0, 5.5), (-1e-3, 2e4)])
def test_stretch_rounds_once(low: float, high: float, dtype: Any) -> None:
    low, high = dtype(low), dtype(high)
    u = Generator().unit(500, dtype)
    exact = [Fraction(float(x)) * Fraction(float(high - low)) + Fraction(float(low)) for x in u]
    assert stretch(u, low, high).tolist() == [dtype(float(x)) for x in exact]


def test_uniform_never_reaches_its_upper_end() -> None:
    high = float(np.nextafter(np.float32(1), np.float32(2)))
    assert set(Generator().uniform(5000, 1.0, high).tolist()) == {1.0}
    assert Generator().uniform(100000, dtype=np.float16).max() < 1


def test_box_muller_by_its_formula() -> None:
    u = Generator().unit(32, np.float64)
    z = box_muller(u.copy())
    for block in (0, 16):
        r, angle = np.sqrt(-2 * np.log(1 - u[block:block + 8])), 2 * np.pi * u[block + 8:block + 16]
        np.testing.assert_allclose(z[block:block + 8], r * np.cos(angle), rtol=1e-12)
        np.testing.assert_allclose(z[block + 8:block + 16], r * np.sin(angle), rtol=1e-12)


def test_multinomial_follows_its_weights() -> None:
    weights = np.array([[1.0, 0.0, 3.0], [2.0, 2.0, 4.0]])
    drawn = Generator().multinomial(weights, 20000, replacement=True)
    for row, expected in zip(drawn, weights / weights.sum(axis=1, keepdims=True), strict=True):
        np.testing.assert_allclose(np.bincount(row, minlength=3) / 20000, expected, atol=0.015)
    order = Generator().multinomial(np.tile(weights[1], (20000, 1)), 3)
    assert np.array_equal(np.sort(order, axis=1), np.tile([0, 1, 2], (20000, 1)))
    np.testing.assert_allclose(np.bincount(order[:, 0]) / 20000, [0.25, 0.25, 0.5], atol=0.015)
