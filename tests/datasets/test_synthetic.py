import numpy as np
import pytest

from pellucid import datasets
from pellucid.datasets import blobs, circles, line, moons, spirals, truth_table, xor

CLOUDS = [circles, moons, spirals, blobs, xor]


@pytest.mark.parametrize("make", CLOUDS)
@pytest.mark.parametrize("n", [6, 101])
def test_shapes_dtypes_and_balance(make, n):
    data = make(n)
    assert data.x.shape == (n, 2) and data.x.dtype == np.float32 and data.y.dtype == np.int64
    counts = np.bincount(data.y, minlength=data.n_classes)
    assert np.ptp(counts) <= 1 and data.name == make.__name__ and len(data.feature_names) == 2


@pytest.mark.parametrize("make", [*CLOUDS, line])
def test_the_seed_decides(make):
    noise = {} if make in (blobs, line) else {"noise": 0.3}
    a, b, c = (make(50, seed=seed, **noise) for seed in (3, 3, 4))
    np.testing.assert_array_equal(a.x, b.x)
    np.testing.assert_array_equal(a.y, b.y)
    assert not np.array_equal(a.x, c.x)


def test_a_seed_gives_the_same_points_for_ever():
    np.testing.assert_allclose(circles(4, seed=0).x[0], GOLDEN, rtol=1e-6)


GOLDEN = [0.5489369, 0.11204466]


def test_circles_lie_on_circles():
    data = circles(200, noise=0, factor=0.3)
    np.testing.assert_allclose(np.hypot(*data.x.T), np.where(data.y == 0, 1, 0.3), rtol=1e-5)


def test_moons_lie_on_half_circles():
    data = moons(200, noise=0)
    upper, lower = data.x[data.y == 0], data.x[data.y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, rtol=1e-5)
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1, rtol=1e-5)
    assert upper[:, 1].min() > -1e-6 and lower[:, 1].max() < 0.5 + 1e-6


def test_spirals_are_turned_copies_of_each_other():
    data = spirals(300, noise=0, n_classes=3, turns=1)
    z = data.x[:, 0] + 1j * data.x[:, 1]
    arms = [sorted(z[data.y == i] * np.exp(-2j * np.pi * i / 3), key=abs) for i in range(3)]
    np.testing.assert_allclose(arms[1], arms[0], atol=1e-5)
    np.testing.assert_allclose(arms[2], arms[0], atol=1e-5)
    np.testing.assert_allclose(np.abs(arms[0]), np.linspace(0.1, 1, 100), rtol=1e-5)


def test_noise_has_the_stated_size():
    clean, noisy = (moons(4000, noise=noise, seed=1) for noise in (0, 0.2))
    np.testing.assert_array_equal(clean.y, noisy.y)
    np.testing.assert_allclose((noisy.x - clean.x).std(0), 0.2, rtol=0.05)


def test_blobs_have_the_stated_spread():
    data = blobs(3000, n_classes=2, spread=0.5, n_features=4)
    for label in range(2):
        np.testing.assert_allclose(data.x[data.y == label].std(0), 0.5, rtol=0.1)
    assert data.feature_names == ("x1", "x2", "x3", "x4")


@pytest.mark.parametrize("gate, rule", [("and", lambda a, b: a and b), ("or", lambda a, b: a or b),
                                        ("xor", lambda a, b: a != b), ("nand", lambda a, b: not (a and b)),
                                        ("nor", lambda a, b: not (a or b))])
def test_truth_tables(gate, rule):
    data = truth_table(gate)
    assert data.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.y.tolist() == [int(rule(a, b)) for a, b in data.x]


def test_the_first_corners_are_the_truth_table():
    np.testing.assert_array_equal(xor().x, truth_table("xor").x)
    np.testing.assert_array_equal(xor(9).y[:4], truth_table("xor").y)


def test_a_truth_table_is_a_fresh_copy():
    truth_table("and").x[:] = 7
    assert truth_table("and").x.max() == 1


def test_line_is_found_by_least_squares():
    data = line(500, slope=-3, intercept=4, noise=0.01)
    assert data.x.shape == data.y.shape == (500, 1) and data.n_classes == 0
    slope, intercept = np.polyfit(data.x[:, 0], data.y[:, 0], 1)
    assert abs(slope + 3) < 0.01 and abs(intercept - 4) < 0.01


@pytest.mark.parametrize("call, problem", [
    (lambda: circles(1), "n is 1, wants 2"), (lambda: moons(noise=-1), "is -1, wants 0 or more"),
    (lambda: circles(noise=float("nan")), "is nan"), (lambda: circles(factor=1.0), "factor is 1.0"),
    (lambda: spirals(2, n_classes=3), "n is 2, wants 3"), (lambda: xor(3), "n is 3, wants 4"),
    (lambda: truth_table("xnor"), "gate is 'xnor', wants one of and, or, xor, nand, nor"),
])
def test_bad_arguments(call, problem):
    with pytest.raises(ValueError, match=problem):
        call()


def test_what_a_line_cannot_separate():
    """Least squares on the circles is no better than a coin, on the moons it is."""
    def linear_accuracy(data):
        x = np.c_[data.x, np.ones(len(data))]
        w = np.linalg.lstsq(x, 2.0 * data.y - 1, rcond=None)[0]
        return np.mean((x @ w > 0) == data.y)
    assert linear_accuracy(circles()) < 0.6 < 0.8 < linear_accuracy(moons())


def test_everything_exported_exists():
    assert all(hasattr(datasets, name) for name in datasets.__all__)
