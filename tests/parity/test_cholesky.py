"""Cholesky's factor, triangular equations and incomplete gammas against PyTorch, with gradients."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid

torch = pytest.importorskip("torch")
from tests.parity.both import agree, both_raise  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:torch.*deprecated")
RNG = np.random.RandomState(0)


def definite(*shape):
    x = RNG.randn(*shape)
    return (x @ np.swapaxes(x, -1, -2) / 2 + 2 * np.eye(shape[-1])).astype(np.float32)


def triangular(*shape):
    return (RNG.randn(*shape) * 0.5 + 2 * np.eye(shape[-1])).astype(np.float32)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4), (2, 3, 2, 2), (1, 1), (0, 0), (0, 3, 3)])
@pytest.mark.parametrize("upper", [False, True])
def test_cholesky(shape, upper):
    x = definite(*shape)
    agree(lambda m, x: m.linalg.cholesky(x, upper=upper), x, rtol=1e-4, atol=1e-5)
    agree(lambda m, x: m.cholesky(x, upper), x, second=False, rtol=1e-4, atol=1e-5)
    agree(lambda m, x: m.cholesky_inverse(m.linalg.cholesky(x, upper=upper), upper), x, second=False,
          rtol=1e-4, atol=1e-5)
    agree(lambda m, x, b: m.cholesky_solve(b, m.linalg.cholesky(x, upper=upper), upper), x,
          (*shape[:-1], 3), rtol=1e-4, atol=1e-5, second=False)
    agree(lambda m, x: m.linalg.cholesky_ex(x).info, x, grad=False)


@pytest.mark.parametrize("a, b", [((3, 3), (3, 2)), ((2, 3, 3), (3, 1)), ((3, 3), (4, 3, 3)),
                                  ((2, 1, 3, 3), (4, 3, 3))])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_solve_triangular(a, b, upper, unit):
    agree(lambda m, a, b: m.linalg.solve_triangular(a, b, upper=upper, unitriangular=unit), triangular(*a), b,
          rtol=1e-4, atol=1e-5)
    turned = (*b[:-2], b[-1], b[-2])
    agree(lambda m, a, b: m.linalg.solve_triangular(a, b, upper=upper, left=False, unitriangular=unit),
          triangular(*a), turned, rtol=1e-4, atol=1e-5, second=False)
    for transpose in (False, True):
        agree(lambda m, a, b, transpose=transpose: m.triangular_solve(b, a, upper, transpose, unit)[0],
              triangular(*a), b, rtol=1e-4, atol=1e-5, second=False)


def test_incomplete_gamma():
    a = np.abs(RNG.randn(4, 3)).astype(np.float32) * 3 + 0.1
    x = np.abs(RNG.randn(4, 3)).astype(np.float32) * 4
    agree(lambda m, a, x: m.igamma(a, x), a, x, grad=False)
    agree(lambda m, a, x: m.igammac(a, x), a, x, grad=False)
    agree(lambda m, x: m.igamma(m.full((4, 3), 2.5), x), x, rtol=1e-4)
    agree(lambda m, x: m.igammac(m.full((4, 3), 0.5), x), x, rtol=1e-4)


def test_errors():
    for module in (torch, pellucid):
        with pytest.raises(RuntimeError, match="not positive[- ]definite"):
            module.linalg.cholesky(-module.eye(2))
    both_raise(lambda m, x: m.linalg.cholesky(x), (2, 3))
    both_raise(lambda m, a, b: m.linalg.solve_triangular(a, b, upper=True), (2, 2), (3, 1))
