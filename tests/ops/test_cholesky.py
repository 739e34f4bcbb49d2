"""Cholesky's factor and triangular equations: by hand, against NumPy, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import linalg

A = np.array([[4.0, 2.0], [2.0, 5.0]])
RNG = np.random.RandomState(0)
BATCH = RNG.randn(2, 3, 4, 4)
BATCH = BATCH @ np.swapaxes(BATCH, -1, -2) + np.eye(4)


def test_by_hand():
    assert pellucid.cholesky(pellucid.tensor(A)).tolist() == [[2, 0], [1, 2]]
    assert linalg.cholesky(pellucid.tensor(A), upper=True).tolist() == [[2, 1], [0, 2]]
    lower = pellucid.tensor([[2.0, 0.0], [1.0, 2.0]])
    assert linalg.solve_triangular(lower, pellucid.tensor([[2.0], [5.0]]), upper=False).tolist() == [[1], [2]]
    row = linalg.solve_triangular(lower, pellucid.tensor([[4.0, 2.0]]), upper=False, left=False)
    assert row.tolist() == [[1.5, 1]]
    np.testing.assert_allclose(pellucid.cholesky_inverse(lower), np.linalg.inv(A), rtol=1e-6)
    solved = pellucid.cholesky_solve(pellucid.ones(2, 1), lower)
    np.testing.assert_allclose(solved, np.linalg.solve(A, np.ones((2, 1))), rtol=1e-6)


def test_batches_and_the_triangle_that_is_read():
    x = pellucid.tensor(BATCH)
    factor = x.cholesky()
    np.testing.assert_allclose(factor, np.linalg.cholesky(BATCH), atol=1e-12)
    np.testing.assert_allclose(x.tril().cholesky(), factor, atol=1e-12)          # the upper half is not read
    y = linalg.solve_triangular(factor, pellucid.tensor(BATCH[0, 0]), upper=False)
    np.testing.assert_allclose(factor @ y, np.broadcast_to(BATCH[0, 0], BATCH.shape), atol=1e-10)
    garbage = factor + pellucid.full((4, 4), np.inf).double().triu(1)
    np.testing.assert_allclose(linalg.solve_triangular(garbage, pellucid.eye(4).double(), upper=False),
                               np.linalg.inv(np.linalg.cholesky(BATCH)), atol=1e-10)
    solution, same = pellucid.triangular_solve(pellucid.eye(4).double(), factor, upper=False)
    assert (same == factor).all() and solution.shape == BATCH.shape


def test_what_has_no_factor():
    bad = np.stack([A, np.array([[1.0, 2.0], [2.0, 1.0]]), -A])
    with pytest.raises(linalg.LinAlgError, match=r"cholesky: the matrix at \[1\] of shape \(3, 2, 2\).*-"):
        pellucid.cholesky(pellucid.tensor(bad))
    factor, info = linalg.cholesky_ex(pellucid.tensor(bad))
    assert info.tolist() == [0, 2, 1] and factor[0].isfinite().all() and factor[1:].isnan().all()
    with pytest.raises(RuntimeError, match="expects square matrices"):
        pellucid.cholesky(pellucid.ones(2, 3))
    with pytest.raises(RuntimeError, match="has a zero on its diagonal"):
        linalg.solve_triangular(pellucid.zeros(2, 2), pellucid.ones(2, 1), upper=True)
    with pytest.raises(RuntimeError, match=r"A \(2, 2\) has 2 columns, B \(3, 1\) has 3 rows"):
        linalg.solve_triangular(pellucid.eye(2), pellucid.ones(3, 1), upper=True)
    with pytest.raises(RuntimeError, match="one dtype"):
        linalg.solve_triangular(pellucid.eye(2), pellucid.ones(2, 1).double(), upper=True)


def test_the_gradient_is_symmetric():
    x = pellucid.tensor(BATCH).requires_grad_()
    (x.cholesky() * pellucid.tensor(RNG.randn(4, 4))).sum().backward()
    np.testing.assert_allclose(x.grad, x.grad.transpose(-1, -2), atol=1e-12)
