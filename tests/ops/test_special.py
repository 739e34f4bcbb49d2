"""erf, its inverse and the gamma family against Python's own math, which is exact to the last bit or two."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid
from pellucid.ops.special import BLOCK, erf, erfc, erfinv

X = np.concatenate([np.linspace(-6, 6, 1001), np.logspace(-300, 0, 61), [0.0, 0.65, 26.0, -26.0]])


def relative(got, expected):
    expected = np.asarray(expected)
    return np.max(np.abs(got - expected) / np.maximum(np.abs(expected), 1e-320))


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_float64_is_exact_to_the_last_bits(name):
    ours = getattr(pellucid, name)(pellucid.tensor(X, dtype=pellucid.float64)).numpy()
    assert relative(ours, [getattr(math, name)(v) for v in X]) < 1e-15


def test_erfc_keeps_its_digits_in_the_tail():
    x = np.linspace(0, 26, 200)
    assert relative(erfc.on(x), [math.erfc(v) for v in x]) < 2e-15


def test_float32_rounds_only():
    x = X[np.abs(X) > 1e-36].astype(np.float32)
    assert relative(erf.on(x), [math.erf(v) for v in x.astype(float)]) < 3e-7
    assert erf.on(x).dtype == np.float32 and erf.on(x.astype(np.float16)).dtype == np.float16
    far = np.array([4, 9, 1e3, 1e30, np.inf], np.float32)
    assert erf.on(far).min() > 0.9999999 and np.array_equal(erf.on(-far), -erf.on(far))


def test_inverse():
    p = np.concatenate([np.linspace(-1, 1, 401), [1 - 1e-15, 1e-300, 1 - 1e-9]])
    y = erfinv.on(p)
    assert np.isinf(y[[0, 400]]).all() and y[200] == 0
    inner = np.abs(p) < 1
    back = np.array([math.erf(v) for v in y[inner]])
    np.testing.assert_allclose(back, p[inner], rtol=1e-15, atol=1e-300)
    assert np.isnan(erfinv.on(np.array([1.1, np.nan]))).all()


def test_blocks_make_no_difference():
    x = np.random.RandomState(0).standard_normal(2 * BLOCK + 17).astype(np.float32)
    whole = erf.on(x)
    assert np.array_equal(whole, np.concatenate([erf.on(part) for part in np.array_split(x, 7)]))
    assert np.array_equal(erf.on(x.reshape(-1, 1)[::2].T), whole[None, ::2])


def test_gamma():
    x = np.concatenate([np.linspace(0.01, 40, 500), [1e3, 1e8], np.linspace(-4.9, -0.1, 25)])
    ours = pellucid.lgamma(pellucid.tensor(x, dtype=pellucid.float64)).numpy()
    np.testing.assert_allclose(ours, [math.lgamma(v) for v in x], rtol=1e-13, atol=1e-13)
    digamma = pellucid.digamma(pellucid.tensor([1.0, 2.0, 0.5], dtype=pellucid.float64)).numpy()
    euler = 0.5772156649015329
    np.testing.assert_allclose(digamma, [-euler, 1 - euler, -euler - 2 * math.log(2)], rtol=1e-14)
    trigamma = pellucid.polygamma(1, pellucid.tensor([1.0, 0.5], dtype=pellucid.float64)).numpy()
    np.testing.assert_allclose(trigamma, [math.pi ** 2 / 6, math.pi ** 2 / 2], rtol=1e-14)
    assert pellucid.lgamma(pellucid.tensor([0.0, -1.0, float("inf")])).tolist() == [math.inf] * 3
