"""Products by rows: equal to NumPy's for matrices in every order, taken only where they fit."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from pellucid.kernels import crew, products  # noqa: E402
from pellucid.ops import row_parts  # noqa: E402
from pellucid.ops.row_parts import in_rows, product  # noqa: E402


@pytest.fixture
def calls(openblas_thread, monkeypatch):
    """How often the loops ran; with two threads, and for matrices of any size."""
    seen = []

    def counted(team, *matrices, run=products.by_rows):
        seen.append(matrices)
        run((openblas_thread, 2, *team[2:]), *matrices)
    monkeypatch.setattr(products, "by_rows", counted)
    monkeypatch.setattr(crew, "threads_of", lambda: type("threads", (), {"value": 2}))
    monkeypatch.setattr(row_parts, "LEAST", 0)
    monkeypatch.setattr(row_parts, "ROWS", 1)
    return seen


def ways(rng, n, m):
    """A matrix in row-major order, turned, with gaps between rows, and with gaps between columns."""
    plain = rng.standard_normal((n, m)).astype(np.float32)
    yield plain
    yield np.ascontiguousarray(plain.T).T
    yield np.concatenate((plain, plain), 1)[:, :m]
    yield np.concatenate((plain.T, plain.T), 1)[:, :n].T


@pytest.mark.parametrize("n, k, m", [(4, 3, 5), (2, 1, 1), (9, 1, 3), (3, 4, 1), (33, 20, 17)])
def test_products_in_every_order(n, k, m, calls, rng):
    for a in ways(rng, n, k):
        for b in ways(rng, k, m):
            for bias in (None, rng.standard_normal(m).astype(np.float32)):
                before = len(calls)
                y = product(a, b, bias)
                np.testing.assert_allclose(y, a @ b + (0 if bias is None else bias), rtol=1e-5, atol=1e-5)
                assert len(calls) == before + (in_rows(a) and in_rows(b)) and y.flags.c_contiguous
    assert calls


def test_what_does_not_fit_goes_to_numpy(calls, rng):
    a, b = rng.standard_normal((2, 6, 6)).astype(np.float32)
    for x, y, bias in ((a.astype(float), b, None), (a, b.astype(float), None), (a[:, ::2], b[:3], None),
                       (a[:, ::-1], b, None), (a[:1], b, None), (a, b, np.ones(1, np.float32)),
                       (a, b, np.ones(6))):
        np.testing.assert_allclose(product(x, y, bias), x @ y + (0 if bias is None else bias), rtol=1e-5)
    assert not calls
    assert product(a[:, :0], b[:0]).shape == (6, 6)


def test_a_row_of_repeated_numbers_is_no_matrix_in_memory(calls, rng):
    a = np.broadcast_to(rng.standard_normal(5).astype(np.float32), (6, 5))
    np.testing.assert_allclose(product(a, np.eye(5, dtype=np.float32)), a)
    assert not calls
