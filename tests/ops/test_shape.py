"""Shapes, orders, joins and splits: what holds for every shape, what is a view, what the errors say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid

shapes = st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple)


def numbered(shape):
    return pellucid.arange(math.prod(shape)).reshape(shape)


@given(shapes, st.data())
def test_permute_and_back(shape, data):
    x = numbered(shape)
    order = data.draw(st.permutations(range(len(shape))))
    y = x.permute(*order)
    assert np.array_equal(y.numpy(), np.transpose(x.numpy(), order))
    assert pellucid.equal(y.permute([order.index(i) for i in range(len(shape))]), x)


@given(shapes, st.data())
def test_split_and_cat(shape, data):
    x, dim = numbered(shape), data.draw(st.integers(-len(shape), len(shape) - 1))
    size = data.draw(st.integers(1, 5))
    for parts in (x.split(size, dim), x.chunk(size, dim), x.tensor_split(size, dim)):
        assert pellucid.equal(pellucid.cat(parts, dim), x)
    assert all(part.shape[dim] <= size for part in x.split(size, dim))
    assert len(x.chunk(size, dim)) <= size == len(x.tensor_split(size, dim))


@given(shapes, st.data())
def test_unbind_and_stack(shape, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = numbered(shape)
    parts = x.unbind(dim)
    assert len(parts) == shape[dim]
    assert not parts or pellucid.equal(pellucid.stack(parts, dim), x)


@given(shapes, shapes)
def test_broadcasting_is_numpys(a, b):
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(RuntimeError, match="do not broadcast"):
            pellucid.broadcast_tensors(numbered(a), numbered(b))
    else:
        assert pellucid.broadcast_shapes(a, b) == expected
        assert [t.shape for t in pellucid.broadcast_tensors(numbered(a), numbered(b))] == [expected] * 2


@given(shapes, st.data())
def test_flatten_and_unflatten(shape, data):
    x = numbered(shape)
    first = data.draw(st.integers(0, len(shape) - 1))
    last = data.draw(st.integers(first, len(shape) - 1))
    flat = x.flatten(first, last)
    assert flat.shape == shape[:first] + (math.prod(shape[first:last + 1]),) + shape[last + 1:]
    assert pellucid.equal(flat.unflatten(first, shape[first:last + 1]), x)


@given(shapes, st.data())
def test_flips_and_rolls_are_undone(shape, data):
    x, dim = numbered(shape), data.draw(st.integers(-len(shape), len(shape) - 1))
    shift = data.draw(st.integers(-7, 7))
    assert pellucid.equal(x.flip(dim).flip(dim), x)
    assert pellucid.equal(x.roll(shift, dim).roll(-shift, dim), x)
    assert pellucid.equal(x.movedim(dim, 0).movedim(0, dim), x)


VIEWS = {
    "view": lambda x: x.view(12), "reshape": lambda x: x.reshape(6, 2), "flatten": lambda x: x.flatten(),
    "t": lambda x: x.t(),
    "permute": lambda x: x.permute(1, 0), "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:1].squeeze(0),
    "expand": lambda x: x[:1].expand(2, 4), "split": lambda x: x.split(2)[1],
    "chunk": lambda x: x.chunk(2, 1)[0],
    "unbind": lambda x: x.unbind(1)[2], "diagonal": lambda x: x.diagonal(1),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "unflatten": lambda x: x.unflatten(1, (2, 2)), "movedim": lambda x: x.movedim(0, 1),
    "element": lambda x: x.unbind(0)[0].unbind()[1],
}
COPIES = {
    "reshape": lambda x: x.t().reshape(12), "flip": lambda x: x.flip(0), "roll": lambda x: x.roll(1),
    "tile": lambda x: x.tile(1, 1),
    "repeat": lambda x: x.repeat(1, 1), "cat": lambda x: pellucid.cat([x]), "tril": lambda x: x.tril(9),
    "rot90": lambda x: x.rot90(4),
    "repeat_interleave": lambda x: x.repeat_interleave(1, 0), "sort": lambda x: x.sort(0).values,
    "narrow_copy": lambda x: x.narrow_copy(0, 0, 2),
    "pad": lambda x: pellucid.nn.functional.pad(x, (0, 0)),
    "reflect": lambda x: pellucid.nn.functional.pad(x, (0, 0), "reflect"),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shares_memory(name):
    x = pellucid.arange(12.0).view(3, 4)
    y = VIEWS[name](x)
    assert np.shares_memory(x.numpy(), y.numpy())
    before = y.clone()
    x.mul_(2.0)
    assert pellucid.equal(y, before * 2)


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_does_not(name):
    x = pellucid.arange(12.0).view(3, 4)
    assert not np.shares_memory(x.numpy(), COPIES[name](x).numpy())


def test_diagonal_can_be_written_into():
    x = pellucid.zeros(3, 3)
    x.diagonal().fill_(1.0)
    x.diagonal(1).copy_(pellucid.tensor([2.0, 3.0]))
    assert x.tolist() == [[1, 2, 0], [0, 1, 3], [0, 0, 1]]


def test_an_expanded_tensor_cannot():
    with pytest.raises(RuntimeError, match="clone"):
        pellucid.zeros(1, 3).expand(2, 3).fill_(1.0)


def test_unfold_follows_its_base():
    x = pellucid.arange(4.0, requires_grad=True)
    y = x * 1.0
    windows = y.unfold(0, 2, 1)
    y.mul_(pellucid.tensor([1.0, 10.0, 100.0, 1000.0]))
    (windows * pellucid.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).sum().backward()
    assert x.grad.tolist() == [1, 50, 900, 6000]


def test_only_some_of_several_outputs_are_used():
    x = pellucid.arange(6.0, requires_grad=True)
    a, _, c = x.split([1, 2, 3])
    (a.sum() * 2 + (c * c).sum()).backward()
    assert x.grad.tolist() == [2, 0, 0, 6, 8, 10]


ERRORS = {
    "view: a tensor of shape (3, 2)": lambda x: x.t().view(6),
    "reshape: cannot reshape array of size 6 into shape (4,)": lambda x: x.reshape(4),
    "flatten: dim must lie in [-2, 1] for a tensor of 2 dimensions, got 2": lambda x: x.flatten(2),
    "permute: dims must name each of the 2 dimensions of (2, 3) once, got (0,)": lambda x: x.permute(0),
    "expand: sizes (3,) must name the 2 dimensions of shape (2, 3)": lambda x: x.expand(3),
    "repeat: (2, 3) has 2 dimensions, so repeats must have as many or more, got (2,)": lambda x: x.repeat(2),
    "cat: tensors must have the same number of dimensions": lambda x: pellucid.cat([x, x[0]]),
    "stack: tensors must have one shape, got [(1, 3), (2, 3)]": lambda x: pellucid.stack([x, x[:1]]),
    "split: split_sizes (1, 3) must add up to the 2 of dim 0 of shape (2, 3)": lambda x: x.split([1, 3]),
    "unflatten: sizes (2, 2) do not multiply to the 3 of dim 1 of shape (2, 3)":
        lambda x: x.unflatten(1, (2, 2)),
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_name_what_was_expected_and_what_came(text):
    with pytest.raises((RuntimeError, IndexError)) as caught:
        ERRORS[text](pellucid.zeros(2, 3))
    assert text in str(caught.value)


def test_a_view_as_another_dtype_is_not_there():
    with pytest.raises(NotImplementedError, match="to"):
        pellucid.zeros(2).view(pellucid.int32)
