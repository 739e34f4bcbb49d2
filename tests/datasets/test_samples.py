import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from pellucid.datasets import Samples


def toy(n=12, **changes):
    given = {"x": np.arange(2.0 * n).reshape(n, 2), "y": np.arange(n) % 3, "class_names": ("a", "b", "c"),
             "name": "toy", **changes}
    return Samples(**given)


def test_it_says_what_it_is():
    assert repr(toy()) == "<toy: 12 samples of shape (2,), 3 classes>"
    assert repr(toy(class_names=())) == "<toy: 12 samples of shape (2,), regression>"
    assert len(toy()) == 12 and toy().n_classes == 3 and toy(class_names=()).n_classes == 0


def test_it_cannot_be_reassigned():
    with pytest.raises(dataclasses.FrozenInstanceError):
        toy().x = None


def test_take_keeps_pairs_and_names():
    data = toy().take([4, 2])
    np.testing.assert_array_equal(data.x, [[8, 9], [4, 5]])
    assert data.y.tolist() == [1, 2] and data.class_names == ("a", "b", "c") and data.name == "toy"


def test_split_keeps_pairs_apart():
    train, test = toy().split(test_size=0.25, seed=3)
    assert (len(train), len(test)) == (9, 3)
    assert sorted(test.y) == [0, 1, 2]
    for part in (train, test):
        np.testing.assert_array_equal(part.x[:, 0] // 2 % 3, part.y)
    assert sorted([*train.x[:, 0], *test.x[:, 0]]) == list(range(0, 24, 2))


def test_a_regression_is_split_too():
    train, test = toy(class_names=(), y=np.linspace(0, 1, 12)[:, None]).split(4)
    assert train.y.shape == (8, 1) and test.y.shape == (4, 1)


def test_folds_test_every_sample_once():
    tested = [test.x[:, 0] for train, test in toy().folds(4, seed=1)]
    assert sorted(np.concatenate(tested)) == list(range(0, 24, 2))


def test_images():
    assert toy(x=np.zeros((12, 6)), image_shape=(2, 3)).images.shape == (12, 2, 3)
    with pytest.raises(ValueError, match="toy: these samples are not images"):
        _ = toy().images


@pytest.mark.parametrize("changes, error, problem", [
    ({"y": np.zeros(11, int)}, ValueError, "toy: x has 12 rows, y has 11"),
    ({"y": np.full(12, 3)}, ValueError, r"toy: y has 12 labels outside 0 to 2 \(3 classes\), .* 3, at row 0"),
    ({"y": np.array([0] * 7 + [-1] + [0] * 4)}, ValueError, "1 labels outside .* -1, at row 7"),
    ({"y": np.zeros(12)}, TypeError, r"toy: y has shape \(12,\) and dtype float64, wants \(N,\) whole"),
    ({"y": np.zeros((12, 1), int)}, TypeError, r"shape \(12, 1\)"),
    ({"y": np.full(12, np.nan), "class_names": ()}, ValueError, "toy: y has 12 values that are NaN"),
])
def test_bad_samples(changes, error, problem):
    with pytest.raises(error, match=problem):
        toy(**changes)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_bad_numbers_are_found(value):
    x = np.zeros((12, 2))
    x[5, 1] = x[7, 0] = value
    with pytest.raises(ValueError, match=rf"toy: x has 2 values that are NaN.* {value}, at \(5, 1\)"):
        toy(x=x)


def test_no_samples_are_samples():
    assert len(toy().take([])) == 0


def test_the_import_is_cheap():
    """Nothing that is slow to import, or optional, comes in with the data sets."""
    script = "import sys, pellucid.datasets; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": ":".join(sys.path)},
                            capture_output=True, text=True, check=True).stdout.split()
    slow = {"sklearn", "scipy", "urllib.request", "http.client", "ssl", "gzip", "matplotlib", "asyncio"}
    assert "pellucid.datasets.mnist" in loaded and not slow & set(loaded)
