import numpy as np
import pytest

from pellucid.datasets import Standardize, one_hot


def test_standardized_features_have_mean_0_and_std_1(rng):
    x = rng.randn(500, 3) * [1, 100, 1e-3] + [0, 1e3, 5]
    z = Standardize(x)(x)
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(z.std(0), 1)
    np.testing.assert_allclose(Standardize(x).inverse(z), x)


def test_only_the_training_part_is_measured(rng):
    train, test = rng.randn(50, 2), rng.randn(20, 2) + 100
    np.testing.assert_allclose(Standardize(train)(test), (test - train.mean(0)) / train.std(0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("value", [0.0, 0.1, -3e4, 1e-30])
def test_a_constant_feature_becomes_zero(dtype, value):
    x = np.full((1000, 2), value, dtype)
    x[:, 1] = np.arange(1000) % 7
    z = Standardize(x)(x)
    assert z.dtype == dtype and np.all(z[:, 0] == 0) and abs(z[:, 1].std() - 1) < 1e-2


def test_what_rounding_leaves_of_a_constant_is_not_blown_up():
    x = np.array([[0.3], [0.1 + 0.2]] * 5)
    assert x[0] != x[1] and np.abs(Standardize(x)(x)).max() < 1e-15


def test_a_small_spread_on_a_large_mean_is_kept():
    x = np.float32(1e6) + np.arange(-8, 9, dtype=np.float32)
    np.testing.assert_allclose(Standardize(x[:, None])(x[:, None]).std(), 1, rtol=1e-4)


def test_float32_in_float32_out_and_integers_become_float32():
    x = np.arange(12, dtype=np.uint8).reshape(4, 3)
    assert Standardize(x)(x).dtype == np.float32
    assert Standardize(x)(x.astype(np.float32)).dtype == np.float32


def test_features_of_any_shape():
    x = np.random.RandomState(0).randn(9, 2, 3)
    assert Standardize(x)(x[:4]).shape == (4, 2, 3)
    assert Standardize(x)(x[:0]).shape == (0, 2, 3)


@pytest.mark.parametrize("call, problem", [
    (lambda: Standardize(np.zeros((0, 3))), r"no rows to measure, its shape is \(0, 3\)"),
    (lambda: Standardize([[1.0], [np.nan]]), r"x has 1 values that are NaN.* at \(1, 0\)"),
    (lambda: Standardize(np.zeros((5, 3)))(np.zeros((2, 4))), r"x has shape \(2, 4\), wants \(N, 3\)"),
])
def test_what_cannot_be_standardized(call, problem):
    with pytest.raises(ValueError, match=problem):
        call()


def test_one_hot(rng):
    y = rng.randint(0, 5, 20)
    h = one_hot(y, 5)
    assert h.shape == (20, 5) and h.dtype == np.float32
    np.testing.assert_array_equal(h.argmax(1), y)
    np.testing.assert_array_equal(h.sum(1), 1)
    assert one_hot([1], 3, dtype=np.int64).tolist() == [[0, 1, 0]]
    assert one_hot([], 3).shape == (0, 3) and one_hot([]).shape == (0, 0)


@pytest.mark.parametrize("y, n, error, problem", [
    ([0, 3], 3, ValueError, "1 labels outside 0 to 2 .* 3, at row 1"),
    ([-1, 0], None, ValueError, "-1, at row 0"),
    ([0.0, 1.0], 2, TypeError, "dtype float64"),
    ([[0], [1]], 2, TypeError, r"shape \(2, 1\)"),
])
def test_labels_that_are_none(y, n, error, problem):
    with pytest.raises(error, match=problem):
        one_hot(y, n)
