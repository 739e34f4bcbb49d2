import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.datasets import stratified_folds, stratified_split, train_test_split

labels = st.lists(st.integers(2, 15), min_size=1, max_size=5).map(
    lambda counts: np.repeat(range(len(counts)), counts))


@given(labels, st.data())
def test_each_class_gets_its_share(y, data):
    n = len(y)
    y = np.random.RandomState(0).permutation(y)
    n_test = data.draw(st.integers(1, n - 1))
    try:
        train, test = stratified_split(y, n_test, seed=data.draw(st.integers(0, 5)))
    except ValueError as error:
        assert "too few to be in both parts" in str(error)
        assert (np.bincount(y) * min(n_test, n - n_test) / n).min() < 1     # a share of less than a row
        return
    assert sorted([*train, *test]) == list(range(n)) and len(test) == n_test
    share = np.bincount(y) * n_test / n
    assert np.all(np.abs(np.bincount(y[test], minlength=y.max() + 1) - share) < 1)


@given(labels, st.data())
def test_folds(y, data):
    counts = np.bincount(y)
    k = data.draw(st.integers(2, counts.min()))
    folds = stratified_folds(np.random.RandomState(1).permutation(y), k, seed=data.draw(st.integers(0, 5)))
    y = np.random.RandomState(1).permutation(y)
    assert len(folds) == k and sorted(np.concatenate([test for _, test in folds])) == list(range(len(y)))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(len(y)))
    sizes = [len(test) for _, test in folds]
    per_class = np.array([np.bincount(y[test], minlength=len(counts)) for _, test in folds])
    assert max(sizes) - min(sizes) <= 1 and np.ptp(per_class, axis=0).max() <= 1


def test_the_seed_decides():
    y = np.arange(30) % 3
    a, b, c = (stratified_split(y, 0.3, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(a[0], b[0])
    np.testing.assert_array_equal(a[1], b[1])
    assert a[1].tolist() != c[1].tolist()
    assert y[a[0]].tolist() != sorted(y[a[0]])           # the rows come shuffled, not class by class


def test_a_seed_gives_the_same_split_for_ever():
    train, test = stratified_split([0, 0, 0, 1, 1, 1, 1, 1, 1], 3, seed=0)
    assert (train.tolist(), test.tolist()) == GOLDEN


GOLDEN = ([0, 8, 6, 2, 7, 5], [4, 3, 1])


def test_train_test_split_keeps_rows_together():
    x, y = np.arange(20).reshape(10, 2), list(range(10))
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, seed=5)
    assert x_train.shape == (7, 2) and x_test.shape == (3, 2)
    np.testing.assert_array_equal(x_train[:, 0] // 2, y_train)
    np.testing.assert_array_equal(x_test[:, 0] // 2, y_test)
    *_, z_test = train_test_split(y, test_size=2, stratify=[0] * 5 + [1] * 5)
    assert sorted(z_test // 5) == [0, 1]


def test_labels_may_be_words():
    _, test = stratified_split(["cat", "dog"] * 4, 0.25)
    assert sorted(i % 2 for i in test) == [0, 1]


@pytest.mark.parametrize("call, problem", [
    (lambda: train_test_split([1, 2], [1, 2, 3]), r"\[2, 3\] rows"),
    (lambda: train_test_split(), "one length"),
    (lambda: train_test_split([1, 2, 3], test_size=0), "test_size is 0: 0 of 3 rows"),
    (lambda: train_test_split([1, 2, 3], test_size=1.0), "test_size is 1.0: 3 of 3 rows"),
    (lambda: train_test_split([1, 2, 3], test_size=7), "7 of 3 rows"),
    (lambda: train_test_split([1, 2, 3], test_size=0.01), "0 of 3 rows"),
    (lambda: train_test_split([1, 2, 3], test_size=True), "3 of 3 rows"),
    (lambda: stratified_split([0, 0, 0, 0, 1], 0.4), "class 1 has 1 of 5 rows, too few to be in both"),
    (lambda: stratified_split([0.5, 1.5, 2.5], 1), "dtype float64, wants one label for each row"),
    (lambda: stratified_folds([0, 0, 0, 1], 2), "k is 2, .*; class 1 has 1 rows"),
    (lambda: stratified_folds([0, 0, 0], 1), "k is 1, wants 2 or more"),
    (lambda: stratified_folds(np.array([], int), 2), "y is empty"),
])
def test_impossible_splits(call, problem):
    with pytest.raises(ValueError, match=problem):
        call()
