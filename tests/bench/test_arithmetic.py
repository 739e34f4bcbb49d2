"""What is counted and compared: operations, agreement, ratios, floors, by numbers worked out by hand."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil

import numpy as np
import pytest
from bench.agreement import disagreement, same, summary
from bench.pairs import compared
from bench.process import ROOT
from bench.row import recurrence
from bench.session import add_floors, geometric_means
from bench.workloads import every_row, families, workload_of

MODULES = [found.name for found in pkgutil.walk_packages([str(ROOT / "bench")], "bench.")
           if not found.name.startswith("bench.peers.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name, flops", [
    ("xor", 4 * (4 * (16 + 32 + 4) + 2 * (32 + 4))),
    ("digits", 32 * (4 * (4096 + 640) + 2 * 640)),
    ("mnist-mlp", 128 * (4 * (200704 + 32768 + 1280) + 2 * (32768 + 1280))),
    ("lenet", 64 * (4 * 6 * 25 * 784 + 6 * 96 * 25 * 100 + 6 * (48000 + 10080 + 840))),
    ("conv-block-forward", 16 * 2 * 64 * 64 * 9 * 1024),
    ("conv-block", 3 * 16 * 2 * 64 * 64 * 9 * 1024),
    ("encoder-infer", 6 * (1024 * 2 * (4 * 384**2 + 2 * 384 * 1536) + 32 * 4 * 32 * 32 * 384)),
])
def test_operations_by_hand(name: str, flops: int) -> None:
    assert every_row()[name].flops == flops


def test_rows_without_products_of_matrices_have_no_floor() -> None:
    without = {name for name, row in every_row().items() if row.flops is None}
    assert without == {*families()["optimizers"], "small-ops", "import"}


def test_each_step_of_a_recurrence_costs_the_same_but_for_the_first_states_gradient() -> None:
    one, two, three = (recurrence(2, steps, 3, 5, 4) for steps in (1, 2, 3))
    assert three - two == two - one == one + 2 * 2 * 5 * 20


def test_names_of_rows_are_their_own() -> None:
    assert sum(map(len, families().values())) == len(every_row())
    for workload, rows in families().items():
        assert all(name == workload or name.startswith(f"{workload}-") for name in rows)
        assert {workload_of(name) for name in rows} == {workload}


def test_median_of_paired_ratios_is_not_the_ratio_of_medians() -> None:
    found = compared([[1.0, 4.0], [2.0, 2.0], [4.0, 2.0], [1.0, 3.0], [4.0, 8.0]])
    assert found["ratios"] == [4.0, 1.0, 0.5, 3.0, 2.0]
    assert found["ratio"] == 2.0 and found["spread"] == [0.5, 4.0]
    assert found["ours_ms"] == 2000.0 and found["theirs_ms"] == 3000.0       # whose ratio is 1.5


def test_one_side_alone_has_no_ratio() -> None:
    assert compared([[0.25], [0.5], [0.125]]) == {"ours_ms": 250.0}


def test_floor_is_arithmetic_over_rate() -> None:
    rows = [{"flops": 3e9, "ours_ms": 20.0}, {"flops": None, "ours_ms": 1.0}, {"flops": 3e9, "ours_ms": None}]
    add_floors(rows, 300.0)
    assert rows[0]["floor_ms"] == pytest.approx(10.0) and rows[0]["floor_fraction"] == pytest.approx(0.5)
    assert "floor_ms" not in rows[1] and "floor_fraction" not in rows[2]


def test_without_a_matrix_rate_there_is_no_floor() -> None:
    rows = [{"flops": 3e9, "ours_ms": 20.0}]
    add_floors(rows, 0.0)
    assert "floor_ms" not in rows[0]


def test_geometric_mean_counts_each_workload_once() -> None:
    ratios = [("torch", "a", 8.0), ("torch", "b", 1.0), ("torch", "b", 4.0), ("jax", "a", 0.5),
              ("jax", "b", None)]
    rows = [{"vs": vs, "workload": workload, "ratio": ratio} for vs, workload, ratio in ratios]
    assert geometric_means(rows) == {"torch": pytest.approx(4.0), "jax": pytest.approx(0.5)}


def test_summary_tells_places_apart(rng: np.random.RandomState) -> None:
    array = rng.randn(3, 4).astype("f")
    (plain,), (swapped,) = summary(array), summary(array[:, ::-1])
    assert plain[1] == pytest.approx(swapped[1])                             # the size is the same
    assert not same(plain, swapped)


def test_summary_takes_what_a_step_gives() -> None:
    import pellucid

    assert summary(None) == []
    assert summary(2.5) == [(2.5, 2.5)]
    assert summary(pellucid.tensor(2.5, requires_grad=True)) == [(2.5, 2.5)]
    assert len(summary((pellucid.ones(3), np.zeros(2)))) == 2


@pytest.mark.parametrize("mine, other, words", [
    ([[(1.0, 1.0)]], [[(1.0009, 1.0009)]], None),
    ([[(1.0, 1.0)]], [[(1.002, 1.002)]], "step 1: 1 against 1.002"),
    ([[(1.0, 1.0)], [(2.0, 2.0)]], [[(1.0, 1.0)], [(2.1, 2.1)]], "step 2: 2 against 2.1"),
    ([[(1e-9, 1.0)]], [[(-1e-9, 1.0)]], None),                               # zero but for rounding
    ([[(0.0, 0.0)]], [[(0.0, 0.0)]], None),
    ([[(0.0, 1.0)]], [[(0.0, 1.1)]], "step 1: 0 (size 1) against 0 (size 1.1)"),
    ([[(math.nan, math.nan)]], [[(math.nan, math.nan)]], "step 1: nan (size nan) against nan (size nan)"),
    ([[(math.inf, math.inf)]], [[(math.inf, math.inf)]], "step 1: inf against inf"),
    ([[(1.0, 1.0)]], [[(1.0, 1.0), (1.0, 1.0)]], "[1] tensors from the steps against [2]"),
])
def test_disagreement(mine: list, other: list, words: str | None) -> None:
    assert disagreement(mine, other) == words
