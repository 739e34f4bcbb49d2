"""where, masks, gather, scatter and their relatives: PyTorch's values, first and second gradients, errors."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid

torch = pytest.importorskip("torch")


def weighted(library, y):
    weights = library.tensor(np.random.RandomState(9).standard_normal(tuple(y.shape)))
    return (y * y * weights).sum()


def derived(library, function, arrays):
    """The value of a function, its gradients and those of the gradients."""
    floats = [a for a in arrays if a.dtype.kind == "f"]
    inputs = [library.tensor(a) for a in arrays]
    leaves = [t.requires_grad_() for t in inputs if t.is_floating_point()]
    y = function(library, *inputs)
    if not y.requires_grad:
        return [y]
    first = library.autograd.grad(weighted(library, y), leaves, create_graph=True, allow_unused=True)
    total = sum(weighted(library, g) for g in first if g is not None and g.requires_grad)
    if isinstance(total, int):
        return [y, *first]
    assert len(floats) == len(leaves)
    return [y, *first, *library.autograd.grad(total, leaves, allow_unused=True)]


def same(function, *arrays):
    arrays = [np.asarray(a) for a in arrays]
    theirs, ours = derived(torch, function, arrays), derived(pellucid, function, arrays)
    assert len(theirs) == len(ours)
    for a, b in zip(theirs, ours, strict=True):
        a = np.zeros(1) if a is None else a.detach().numpy()
        b = np.zeros(1) if b is None else b.detach().numpy()
        if not a.any() and not b.any():                          # no gradient or one of zeros
            continue
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)


def both_raise(function, *arrays):
    for library in (torch, pellucid):
        with pytest.raises((RuntimeError, IndexError, TypeError, ValueError)):
            function(library, *map(library.tensor, arrays))


rng = np.random.RandomState(0)
X, Y = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
MASK = rng.uniform(size=(3, 4)) < 0.5
SHAPES = [((3, 4), 0, (2, 4)), ((3, 4), 1, (3, 6)), ((3, 4), -1, (2, 1)), ((2, 3, 4), 1, (2, 5, 3)),
          ((4,), 0, (7,)),
          ((2, 3, 4), -3, (1, 3, 2)), ((3, 4), 1, (0, 2)), ((3, 4), 0, (3, 0)),
          ((2, 2, 2, 3), 2, (2, 1, 4, 3)), ((), 0, ())]
IDS = [f"{shape}-{dim}-{size}" for shape, dim, size in SHAPES]
each_shape = pytest.mark.parametrize("shape, dim, size", SHAPES, ids=IDS)


def places(rng, shape, dim, size, distinct=False):
    high = shape[dim] if shape else 1
    index = rng.randint(0, high, size)
    if distinct and index.size and shape:
        index = np.argsort(rng.uniform(size=[high if d == dim % len(shape) else s for d,
                                             s in enumerate(size)]), dim)
        index = index[tuple(map(slice, size))]
    return index


class TestWhere:
    @pytest.mark.parametrize("x, y", [
        (X, Y), (X, Y[0]), (X[:, :1], Y), (X, Y[:1, :1]), (X, np.float64(2)),
    ])
    def test_tensors(self, x, y):
        same(lambda L, m, a, b: L.where(m, a, b), MASK, x, y)
        same(lambda L, m, a, b: L.where(m[0], a, b), MASK, x, y)
        same(lambda L, m, a, b: a.where(m, b), MASK, x, y)

    @pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8", "bool", "float16"])
    def test_dtypes(self, dtype):
        for other in (1.5, 2, True, Y, Y.astype("float32"), np.int64(3), np.float32(1.5), MASK[0]):
            results = []
            for L in (torch, pellucid):
                x = L.tensor((X * 3).astype(dtype))
                second = L.tensor(other) if isinstance(other, (np.ndarray, np.generic)) else other
                y, z = L.where(L.tensor(MASK), x, second), L.where(L.tensor(MASK), second, x)
                results.append([(str(t.dtype).split(".")[1], t.tolist()) for t in (y, z)])
            assert results[0] == results[1], other

    def test_large_arrays_take_another_way_to_the_same_bits(self):
        """From some size on, where works on bits: nan, infinities and -0 must come through."""
        special = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-310, 5.5])
        x, y = rng.choice(special, (100, 70)), rng.choice(special, (100, 70))
        mask = rng.uniform(size=(100, 70)) < 0.5
        for dtype in ("float64", "float32", "float16", "int64", "int32", "uint8", "bool"):
            a, b = (np.nan_to_num(v * 3, posinf=9,
                                  neginf=0).astype(dtype) if dtype[0] != "f" else v.astype(dtype)
                    for v in (x, y))
            for first, second in ((a, b), (a[:1], b), (a, b[:, :1]), (a, b[0, 0])):
                found = pellucid.where(*map(pellucid.tensor, (mask, first, second)))
                wanted = np.where(mask, first, second)
                assert found.numpy().tobytes() == wanted.tobytes() and found.numpy().dtype == wanted.dtype

    def test_gradients_stop_where_the_condition_fails(self):
        """An infinite gradient must not become nan, by way of 0 * inf, in the branch not taken."""
        for size in (2, 5000):
            x = pellucid.ones(size, requires_grad=True)
            taken = pellucid.where(pellucid.arange(size) == 1, x, 0.0)
            taken.backward(pellucid.full((size,), float("inf")))
            assert x.grad[:2].tolist() == [0.0, float("inf")]

    def test_condition_alone(self):
        for L in (torch, pellucid):
            found = [t.tolist() for t in L.where(L.tensor(MASK))]
            if L is torch:
                theirs = found
        assert found == theirs

    def test_errors(self):
        both_raise(lambda L, x: L.where(x, x, x), X)
        both_raise(lambda L, m, x: L.where(m, x, x[:, :3]), MASK, X)


class TestMasks:
    def test_masked_fill(self):
        same(lambda L, x, m: x.masked_fill(m, 2.5), X, MASK)
        same(lambda L, x, m: x.masked_fill(m, float("-inf")).exp(), X, MASK)
        same(lambda L, x, m: L.masked_fill(x, m[0], -1), X, MASK)
        same(lambda L, x, m: x[0].masked_fill(m, -1), X, MASK)
        same(lambda L, x, m, v: x.masked_fill(m, v), X, MASK, np.float64(3))
        same(lambda L, x, m: (x * 1).masked_fill_(m, 2.5), X, MASK)
        same(lambda L, x, m: x.masked_fill(m, 2.9), (X * 5).astype("int64"), MASK)
        both_raise(lambda L, x: x.masked_fill(x, 1), X)
        both_raise(lambda L, x, m: x.masked_fill(m, L.ones(1)), X, MASK)
        both_raise(lambda L, x, m: x[0].masked_fill_(m, 1.0), X, MASK)

    def test_masked_select(self):
        same(lambda L, x, m: x.masked_select(m), X, MASK)
        same(lambda L, x, m: L.masked_select(x, m[0]), X, MASK)
        same(lambda L, x, m: L.masked_select(x[0], m), X, MASK)
        same(lambda L, x, m: L.masked_select(x, m), np.float64(2), True)
        same(lambda L, x, m: L.masked_select(x, m), np.float64(2), False)

    def test_masked_scatter(self):
        same(lambda L, x, m, s: x.masked_scatter(m, s), X, MASK, Y)
        same(lambda L, x, m, s: x.masked_scatter(m[1], s), X, MASK, rng.standard_normal(20))
        same(lambda L, x, m, s: (x * 1).masked_scatter_(m, s), X, MASK, Y)
        both_raise(lambda L, x, m, s: x.masked_scatter(m, s[0, :1]), X, MASK, Y)


class TestGather:
    @each_shape
    def test_gather(self, shape, dim, size, rng):
        index = places(rng, shape, dim, size)
        same(lambda L, x, i: x.gather(dim, i), rng.standard_normal(shape), index)
        same(lambda L, x, i: L.gather(x, dim=dim, index=i.int()), rng.standard_normal(shape), index)

    def test_not_row_major(self, rng):
        index = rng.randint(0, 3, (4, 5))
        same(lambda L, x, i: x.t().gather(1, i), rng.standard_normal((3, 4)), index)
        same(lambda L, x, i: x.t().scatter_add(1, i, L.ones(4, 5).double()), rng.standard_normal((3, 4)),
             index)

    def test_take_along_dim(self, rng):
        x = rng.standard_normal((3, 4, 2))
        same(lambda L, x, i: L.take_along_dim(x, i, 1), x, rng.randint(-4, 4, (3, 2, 2)))
        same(lambda L, x, i: L.take_along_dim(x, i, dim=0), x, rng.randint(0, 3, (5, 1, 2)))
        same(lambda L, x, i: x[:, :1].take_along_dim(i, 2), x, rng.randint(0, 2, (1, 4, 3)))
        same(lambda L, x, i: x.take_along_dim(i), x, rng.randint(0, 24, (7,)))
        same(lambda L, x, i: x.take_along_dim(x.argsort(1), 1), x, 0)

    def test_errors(self):
        both_raise(lambda L, x: x.gather(1, L.tensor([[4]])), X)
        both_raise(lambda L, x: x.gather(1, L.tensor([[-1]])), X)
        both_raise(lambda L, x: x.gather(2, L.tensor([[0]])), X)
        both_raise(lambda L, x: x.gather(1, L.tensor([0])), X)
        both_raise(lambda L, x: x.gather(1, L.zeros(4, 1).long()), X)
        both_raise(lambda L, x: x.gather(1, L.tensor([[0.0]])), X)


class TestScatter:
    @each_shape
    def test_scatter(self, shape, dim, size, rng):
        if shape and size[dim] > shape[dim]:
            pytest.skip("more places than there are: which value stays is left open")
        x, src = rng.standard_normal(shape), rng.standard_normal(size)
        index = places(rng, shape, dim, size, distinct=True)
        same(lambda L, x, i, s: x.scatter(dim, i, s), x, index, src)
        same(lambda L, x, i: x.scatter(dim, i, 1.5), x, index)
        same(lambda L, x, i: (x * 1).scatter_(dim, i, value=2), x, index)
        same(lambda L, x, i, s: (x * 1).scatter_(dim, i, s), x, index, src)

    @each_shape
    def test_scatter_add(self, shape, dim, size, rng):
        index = places(rng, shape, dim, size)
        x, src, larger = map(rng.standard_normal, (shape, size, [s + 1 for s in size]))
        same(lambda L, x, i, s: x.scatter_add(dim, i, s), x, index, src)
        same(lambda L, x, i, s: (x * 1).scatter_add_(dim, i, s), x, index, src)
        same(lambda L, x, i, s: x.scatter_add(dim, i, s.detach()), x, index, larger)  # PyTorch: no gradient

    @pytest.mark.parametrize("include_self", [True, False])
    @pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
    @pytest.mark.parametrize("shape, dim, size", SHAPES[:6], ids=IDS[:6])
    def test_scatter_reduce(self, shape, dim, size, reduce, include_self, rng):
        index = places(rng, shape, dim, size)
        same(lambda L, x, i, s: x.scatter_reduce(dim, i, s, reduce, include_self=include_self),
             rng.standard_normal(shape), index, rng.standard_normal(size))
        if reduce != "prod" and include_self:                    # else PyTorch lets the excluded x share
            ties = np.round(rng.standard_normal(shape)), index, np.round(rng.standard_normal(size))
            same(lambda L, x, i, s: x.scatter_reduce(dim, i, s, reduce, include_self=include_self), *ties)

    @pytest.mark.parametrize("include_self", [True, False])
    def test_scatter_reduce_of_integers(self, include_self, rng):
        for reduce in ("sum", "prod", "mean", "amax", "amin"):
            same(lambda L, x, i, s, r=reduce: x.scatter_reduce(1, i, s, r, include_self=include_self),
                 rng.randint(-9, 9, (3, 4)), rng.randint(0, 4, (3, 6)), rng.randint(-9, 9, (3, 6)))

    def test_products_with_zeros(self):
        """A single zero gets the product of the others; two zeros leave no gradient."""
        for x, src in (([0.0, 2.0], [3.0, 4.0]), ([1.0, 2.0], [0.0, 4.0]), ([0.0, 2.0], [0.0, 4.0])):
            theirs, ours = [], []
            for L, found in ((torch, theirs), (pellucid, ours)):
                a, b = (L.tensor(v, dtype=L.float64, requires_grad=True) for v in (x, src))
                a.scatter_reduce(0, L.tensor([0, 0]), b, "prod").sum().backward()
                found += [a.grad.tolist(), b.grad.tolist()]
            assert theirs == ours

    @pytest.mark.filterwarnings("ignore:The reduce argument")
    def test_old_reduce(self):
        index = np.array([[0, 1], [1, 3]])
        same(lambda L, x, i: x.detach().scatter(1, i, 2.0, reduce="multiply"), X, index)
        same(lambda L, x, i: x.detach().scatter(1, i, 2.0, reduce="add"), X, index)
        same(lambda L, x, i, s: x.detach().scatter(1, i, s.detach(), reduce="add"), X, index, Y)

    def test_errors(self):
        index = np.array([[0, 1]])
        both_raise(lambda L, x, i: x.scatter(1, i + 3, 1.0), X, index)
        both_raise(lambda L, x, i: x.scatter(1, i - 1, 1.0), X, index)
        both_raise(lambda L, x, i: x.scatter(1, i, L.ones(1, 2)), X, index)
        both_raise(lambda L, x, i: x.scatter(1, i, L.ones(1, 1).double()), X, index)
        both_raise(lambda L, x, i: x.scatter_add(1, i, L.ones(2).double()), X, index)
        both_raise(lambda L, x, i: x.scatter_reduce(1, i, x, "median"), X, index)


class TestIndexAlong:
    @pytest.mark.parametrize("shape, dim",
                             [((3, 4), 0), ((3, 4), 1), ((2, 3, 4), -2), ((5,), 0), ((40, 50), 0), ((), 0)])
    def test_all(self, shape, dim, rng):
        size = shape[dim] if shape else 1
        x, index = rng.standard_normal(shape), rng.randint(0, size, 6)
        some = rng.permutation(size)[:3]
        def like(count):
            return rng.standard_normal([count if d == dim % len(shape) else s for d,
                                        s in enumerate(shape)] or [count])

        same(lambda L, x, i: x.index_select(dim, i), x, index[:1] if not shape else index)
        if not shape:
            return
        same(lambda L, x, i, s: x.index_add(dim, i, s), x, index, like(6))
        same(lambda L, x, i, s: (x * 1).index_add_(dim, i, s, alpha=-2), x, index, like(6))
        same(lambda L, x, i, s: x.index_copy(dim, i, s), x, some, like(len(some)))
        same(lambda L, x, i, s: (x * 1).index_copy_(dim, i, s), x, some, like(len(some)))
        same(lambda L, x, i: x.index_fill(dim, i - size, 2.5), x, some)
        same(lambda L, x, i: (x * 1).index_fill_(dim, i, 2.5), x, some)
        same(lambda L, x, i, v: x.index_fill(dim, i, v), x, some, np.float64(2))

    def test_many_rows_for_one_place(self, rng):
        """Long rows are added in rounds, those of frequent places alone: all ways must agree."""
        for count, width in ((3000, 40), (3000, 3), (100, 700)):
            index = np.minimum(rng.geometric(0.05, count) - 1, 199)
            same(lambda L, x, i, s: x.index_add(0, i, s), rng.standard_normal((200, width)), index,
                 rng.standard_normal((count, width)))
            same(lambda L, x, i: x[i], rng.standard_normal((200, width)), index)

    def test_take_select_narrow(self):
        same(lambda L, x, i: x.take(i), X, np.array([[0, -1, 5], [5, 5, 11]]))
        same(lambda L, x: x.select(1, -2), X)
        same(lambda L, x: L.select(x, 0, 1), X)
        same(lambda L, x: x.narrow(1, 1, 2), X)
        same(lambda L, x: L.narrow(x, -1, L.tensor(2), 2), X)
        same(lambda L, x: x.narrow(1, -3, 2), X)
        same(lambda L, x: x.narrow(0, 3, 0), X)

    def test_scatter_into_slices(self):
        same(lambda L, x, s: L.select_scatter(x, s, 1, 2), X, Y[:, 0])
        same(lambda L, x, s: L.slice_scatter(x, s, 1, 1, 3), X, Y[:, :2])
        same(lambda L, x, s: L.diagonal_scatter(x, s, 1), X, Y[:, 0])
        same(lambda L, x: (x * 1).fill_diagonal_(5), X)
        same(lambda L, x: (x.t() * 1).fill_diagonal_(5), X)
        same(lambda L, x: x.repeat(3, 1).fill_diagonal_(5, wrap=True), X)

    def test_errors(self):
        both_raise(lambda L, x: x.index_select(1, L.tensor([4])), X)
        both_raise(lambda L, x: x.index_select(1, L.tensor([[0]])), X)
        both_raise(lambda L, x: x.index_select(1, L.tensor([0.0])), X)
        both_raise(lambda L, x: x.index_add(1, L.tensor([0, 1]), x), X)
        both_raise(lambda L, x: x.index_add(1, L.tensor([7]), x[:, :1]), X)
        both_raise(lambda L, x: x.index_copy(1, L.tensor([0, 1]), x), X)
        both_raise(lambda L, x: x.index_fill(1, L.tensor([4]), 0.0), X)
        both_raise(lambda L, x: x.take(L.tensor([12])), X)
        both_raise(lambda L, x: x.select(1, 4), X)
        both_raise(lambda L, x: x.narrow(1, 2, 3), X)
        both_raise(lambda L, x: L.tensor(1.0).select(0, 0), X)


@pytest.mark.parametrize("name", ["gather", "cummax", "sort", "softmax", "log_softmax", "scatter_add"])
def test_gradients_of_nothing(name):
    ways = {"gather": lambda L, x, d: x.gather(d, x.argsort(d)), "cummax": lambda L, x, d: x.cummax(d)[0],
            "sort": lambda L, x, d: x.sort(d)[0], "softmax": lambda L, x, d: x.softmax(d),
            "log_softmax": lambda L, x, d: x.log_softmax(d),
            "scatter_add": lambda L, x, d: L.zeros_like(x).scatter_add(d, x.argsort(d), x)}
    for shape, dim in (((3, 0), 1), ((2, 0, 3), -1), ((2, 0, 3), 1)):
        for library in (torch, pellucid):
            x = library.zeros(shape, requires_grad=True)
            y = ways[name](library, x, dim)
            y.sum().backward()
            assert tuple(y.shape) == tuple(x.grad.shape) == shape
