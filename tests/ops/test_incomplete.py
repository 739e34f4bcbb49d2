"""The incomplete gamma function against SciPy's, and its ends."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.ops import incomplete

special = pytest.importorskip("scipy.special")


def test_scipy_agrees():
    rng = np.random.RandomState(0)
    a = 10 ** rng.uniform(-2, 4, 500)
    x = a * 10 ** rng.uniform(-1, 1, 500)
    both = pellucid.tensor(a), pellucid.tensor(x)
    lower, upper = pellucid.igamma(*both).numpy(), pellucid.igammac(*both).numpy()
    np.testing.assert_allclose(lower, special.gammainc(a, x), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(upper, special.gammaincc(a, x), rtol=1e-9, atol=1e-14)


def test_ends_and_dtype():
    a = pellucid.tensor([2.0, 2.0, 0.0, -1.0, 2.0])
    x = pellucid.tensor([0.0, np.inf, 1.0, 1.0, -1.0])
    expected = [0, 1, 1, np.nan, np.nan]
    np.testing.assert_array_equal(pellucid.igamma(a, x), expected)
    np.testing.assert_array_equal(pellucid.igammac(a, x), [1, 0, 0, np.nan, np.nan])
    assert pellucid.igamma(a, x).dtype == pellucid.float32
    assert pellucid.igamma(a.unsqueeze(1), x).shape == (5, 5)


def test_no_gradient_for_the_concentration():
    a = pellucid.ones(2).requires_grad_()
    with pytest.raises(NotImplementedError, match="gradient with respect to a"):
        pellucid.igamma(a, pellucid.ones(2)).sum().backward()


def test_slopes_of_draws_agree_across_their_two_formulas():
    """The fraction and the cube of a normal number meet where one ends."""
    a = np.full(50, incomplete._SERIES_ENDS)
    x = a[0] + np.sqrt(a[0]) * np.linspace(-4, 4, 50)
    beyond = incomplete.gamma_slope(a * (1 + 1e-9), x)
    np.testing.assert_allclose(incomplete.gamma_slope(a, x), beyond, rtol=1e-6)
