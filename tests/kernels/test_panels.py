"""Products with panels against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")
from pellucid.kernels.panels import WIDE, multiply, panels_of  # noqa: E402


@pytest.mark.parametrize("rows", [*range(1, 14), 32])
@pytest.mark.parametrize("inner, columns", [(1, 1), (3, 15), (7, 16), (20, 33)])
def test_product(rows, inner, columns, rng):
    """All ways to cut rows into tiles; rows that lie apart; room left behind the last column."""
    a = rng.standard_normal((rows, inner + 3)).astype(np.float32)[:, 1:inner + 1]
    b = rng.standard_normal((inner, columns)).astype(np.float32)
    panels = panels_of(b)
    c = np.full((rows, panels.shape[0] * WIDE), np.nan, np.float32)
    multiply(a, panels, c)
    np.testing.assert_allclose(c[:, :columns], a @ b, rtol=1e-5, atol=1e-5)
    assert np.all(c[:, columns:] == 0)


def test_a_row_does_not_depend_on_the_rows_beside_it(rng):
    """So that no result depends on how many processors share the sequences."""
    a, panels = rng.standard_normal((9, 40)).astype(np.float32), panels_of(
        rng.standard_normal((40, 20)).astype(np.float32))
    together, alone = np.empty((9, 32), np.float32), np.empty((9, 32), np.float32)
    multiply(a, panels, together)
    for r in range(9):
        multiply(a[r:r + 1], panels, alone[r:r + 1])
    np.testing.assert_array_equal(together, alone)


def test_nan_and_infinities_stay_where_they_belong():
    a, b = np.ones((3, 2), np.float32), np.ones((2, 3), np.float32)
    a[1, 0], b[1, 2] = np.nan, np.inf
    c = np.empty((3, WIDE), np.float32)
    multiply(a, panels_of(b), c)
    np.testing.assert_array_equal(c[:, :3], a @ b)
