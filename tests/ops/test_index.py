"""x[...]: the words of its errors, gradients by hand, and large sums of repeated places."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.ops.accumulate import add_rows, flat_places


@pytest.mark.parametrize("index, message", [
    (5, "index 5 is out of bounds for axis 0 with size 2"),
    ((0, 0, 0), "too many indices"),
    ([0, 7], "index 7 is out of bounds for axis 0 with size 2"),
    ((slice(None), [3]), "index 3 is out of bounds for axis 1 with size 3"),
    (1.5, "an index consists of integers, slices, .*, got float"),
    ("row", "got str"),
    ([0.5], "places must be integers or bools, got float64"),
    ([True, False, True], r"the mask of shape \(3,\) does not fit dimensions 0 \.\.\., of sizes \(2,\)"),
    (([0], [0], [0]), "the index takes 3 dimensions, the tensor has 2"),
])
def test_errors(index, message):
    x = pellucid.zeros(2, 3)
    with pytest.raises(IndexError, match=message):
        x[index]
    with pytest.raises(IndexError):
        x[index] = 1.0
    assert not x.any()


def test_slices_go_forwards():
    with pytest.raises(ValueError, match=r"must step forwards, got step -1; see flip\(\)"):
        pellucid.arange(3)[::-1]


def test_errors_of_writing_name_the_shapes():
    for requires_grad in (False, True):
        x = pellucid.zeros(2, 3, requires_grad=requires_grad) * 1
        with pytest.raises(RuntimeError, match="shape"):
            x[0] = pellucid.ones(2)


def test_places_that_do_not_exist_are_index_and_runtime_errors():
    """PyTorch raises now the one, now the other."""
    for kind in (IndexError, RuntimeError):
        with pytest.raises(kind, match="gather: index 4 is out of bounds for dimension 1 with size 3"):
            pellucid.zeros(2, 3).gather(1, pellucid.tensor([[4]]))


def test_a_list_of_lists_is_one_array_of_places():
    x = pellucid.arange(6).reshape(3, 2)
    assert x[[[0, 1], [2, 0]]].shape == (2, 2, 2)


def test_gradients_add_up_where_a_place_is_taken_twice():
    x = pellucid.zeros(3, requires_grad=True)
    (x[[0, 0, 2]] * pellucid.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [11, 0, 100]


def test_the_last_of_several_values_stays():
    x = pellucid.zeros(2)
    x[[0, 0]] = pellucid.tensor([1.0, 2.0])
    assert x.tolist() == [2, 0]
    x.index_put_((pellucid.tensor([1, 1]),), pellucid.tensor([3.0, 4.0]), accumulate=True)
    assert x.tolist() == [2, 7]


@pytest.mark.parametrize("count, rows, width",
                         [(7, 50, 1), (7, 50, 3), (500, 3000, 40), (5, 3000, 40), (3, 0, 4), (4, 5, 0)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_every_way_of_adding_rows(count, rows, width, dtype, rng):
    values = (rng.standard_normal((rows, width)) * 9).astype(dtype)
    places = np.minimum(rng.geometric(0.1, rows) - 1, count - 1)
    wanted = np.zeros((count, width))
    np.add.at(wanted, places, values.astype(np.float64))
    found = add_rows(values, places, count)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3 if dtype == "float32" else 1e-9)


@pytest.mark.parametrize("shape, dim", [((3, 4, 5), 0), ((3, 4, 5), 1), ((3, 4, 5), 2), ((6,), 0)])
def test_flat_places(shape, dim, rng):
    index = rng.randint(0, shape[dim], [max(s - 1, 1) for s in shape])
    x = rng.standard_normal(shape)
    trimmed = x[tuple(slice(None) if d == dim else slice(s) for d, s in enumerate(index.shape))]
    wanted = np.take_along_axis(trimmed, index, dim)
    np.testing.assert_array_equal(x.reshape(-1)[flat_places(index, dim, shape)], wanted)


def test_a_loop_over_rows_writes_into_the_tensor():
    x = pellucid.zeros(3, 2)
    for i, row in enumerate(x):
        row += i
    assert x.tolist() == [[0, 0], [1, 1], [2, 2]]
