"""Modified Bessel functions against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.ops import bessel

special = pytest.importorskip("scipy.special")


@pytest.mark.parametrize("name", ["i0", "i1", "i0e", "i1e"])
def test_scipy_agrees(name):
    x = np.concatenate([np.linspace(-700, 700, 401), np.linspace(-32, 32, 401), [0.0]])
    found = getattr(bessel, name)(pellucid.tensor(x)).numpy()
    np.testing.assert_allclose(found, getattr(special, name)(x), rtol=2e-13, atol=1e-16)


def test_dtype_and_far_out():
    assert pellucid.i0(pellucid.tensor([1.0])).dtype == pellucid.float32
    assert bessel.i0e(pellucid.tensor([1e6])).item() == pytest.approx(1 / np.sqrt(2 * np.pi * 1e6), rel=1e-6)
