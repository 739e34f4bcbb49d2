"""A tensor as a Python object: sizes, numbers, conversion, copies, pickles, as PyTorch's."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import pellucid

torch = pytest.importorskip("torch")
ERRORS = (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError, AssertionError)


def told(value):
    if isinstance(value, (torch.Tensor, pellucid.Tensor)):
        kind = str(value.dtype).split(".")[1]
        return kind, tuple(value.shape), value.tolist(), value.requires_grad, value.is_leaf
    if isinstance(value, (tuple, list)):
        return [told(item) for item in value]
    if isinstance(value, (torch.dtype, pellucid.dtype, torch.device, pellucid.device)):
        return repr(value).replace("torch.", "pellucid.")
    return value


def same(*functions):
    for function in functions:
        results = []
        for library in (torch, pellucid):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    results.append(told(function(library)))
                except ERRORS as error:
                    results.append(error)
        theirs, ours = results
        assert isinstance(theirs, Exception) == isinstance(ours, Exception), results
        if not isinstance(theirs, Exception):
            np.testing.assert_equal(ours, theirs)


def grid(L):
    return L.arange(24.0).reshape(2, 3, 4)


def test_sizes():
    same(
        lambda L: [grid(L).shape, grid(L).size(), grid(L).size(1), grid(L).size(-1), grid(L).dim(),
                   grid(L).ndimension()],
        lambda L: [grid(L).ndim, grid(L).numel(), grid(L).nelement(), L.numel(grid(L)), len(grid(L)),
                   grid(L).shape.numel()],
        lambda L: [grid(L).element_size(), grid(L).nbytes, grid(L).itemsize, grid(L).double().nbytes,
                   L.ones(3).bool().nbytes],
        lambda L: grid(L).size(3), lambda L: grid(L).size(-4), lambda L: len(L.tensor(1.0)),
        lambda L: L.zeros(0, 3).numel(),
        lambda L: [grid(L).stride(), grid(L).stride(1), grid(L)[:, 1].stride(),
                   grid(L).permute(2, 0, 1).stride()],
        lambda L: [grid(L)[1:, 2].storage_offset(), grid(L).storage_offset(),
                   grid(L)[1, 1, 1].storage_offset()],
        lambda L: [grid(L).is_contiguous(), grid(L).transpose(0, 1).is_contiguous(),
                   grid(L)[:, :2].is_contiguous()],
        lambda L: [isinstance(grid(L).shape, tuple), grid(L).shape == (2, 3, 4),
                   hash(grid(L).shape) == hash((2, 3, 4))],
        lambda L: [grid(L).shape[1:] + (1,), (5,) + grid(L).shape, grid(L).shape * 2, list(grid(L).shape),
                   grid(L).shape[-1]],
        lambda L: [type(grid(L).shape[:2]).__name__, type((1,) + grid(L).shape).__name__],
    )
    x = grid(pellucid)
    assert x.data_ptr() == x[0].data_ptr() == x.view(-1).data_ptr() and x[1].data_ptr() == x.data_ptr() + 48


def test_numbers():
    for build in (lambda L: L.tensor(2.5), lambda L: L.tensor([3]), lambda L: L.tensor([[True]]),
                  lambda L: L.tensor(-0.0),
                  lambda L: L.ones(2), lambda L: L.zeros(0), lambda L: L.tensor(7, dtype=L.uint8),
                  lambda L: L.tensor(float("nan")), lambda L: L.tensor(2.5, requires_grad=True) * 1):
        same(
            lambda L, b=build: b(L).item(), lambda L, b=build: type(b(L).item()).__name__, lambda L,
            b=build: b(L).tolist(),
            lambda L, b=build: bool(b(L)), lambda L, b=build: int(b(L)), lambda L, b=build: float(b(L)),
            lambda L, b=build: [10, 11, 12, 13][b(L)], lambda L, b=build: range(b(L)), lambda L,
            b=build: f"{b(L)}"[:3],
            lambda L, b=build: format(b(L).item(), ".2f"), lambda L, b=build: round(b(L).item(), 1), lambda L,
            b=build: f"{b(L):.3f}",
            lambda L, b=build: b(L) if b(L) else 0, lambda L, b=build: complex(b(L).item()),
        )


def test_iteration():
    same(
        lambda L: list(grid(L)), lambda L: [row.sum() for row in grid(L)[0]], lambda L: list(L.tensor(1.0)),
        lambda L: tuple(L.arange(3)), lambda L: [*L.zeros(0, 2)],
        lambda L: dict(enumerate(L.arange(2))) and 1,
        lambda L: 5 in grid(L), lambda L: 99 in grid(L), lambda L: L.tensor(5.0) in grid(L),
        lambda L: "a" in grid(L),
        lambda L: None in grid(L), lambda L: max(L.tensor([1, 3, 2])), lambda L: sum(L.ones(3)),
        lambda L: sorted(L.tensor([3, 1, 2])), lambda L: list(zip(L.arange(2), L.ones(2), strict=True)),
        lambda L: list(reversed(L.arange(3))),
    )


def test_hashing():
    for L in (torch, pellucid):
        x, y = L.ones(2), L.ones(2)
        assert len({x, y, x}) == 2 and {x: 1}[x] == 1


@pytest.mark.parametrize("name", ["float", "double", "half", "long", "int", "short", "char", "byte", "bool"])
def test_conversions(name):
    values = [0.0, 1.7, -1.7, 200.9, 3.0]
    same(
        lambda L: getattr(L.tensor(values[:3] + values[4:]),
                          name)() if name != "byte" else getattr(L.tensor([0.0, 200.9]), name)(),
        lambda L: getattr(L.tensor([True, False]), name)(), lambda L: getattr(L.tensor([1, 2]), name)(),
        lambda L: getattr(L.ones(2, requires_grad=True), name)(),
        lambda L: [getattr(x, name)() is x for x in (L.ones(2), L.ones(2).long(), L.ones(2).bool())],
    )


def test_to():
    same(
        lambda L: L.ones(2).to(L.float64), lambda L: L.ones(2).to("cpu"),
        lambda L: L.ones(2).to(L.device("cpu"), L.int64),
        lambda L: L.ones(2).to("cpu", dtype=L.int64), lambda L: L.ones(2).to(L.ones(1).double()),
        lambda L: L.ones(2).to(dtype=L.bool),
        lambda L: L.ones(2).to(device="cpu"),
        lambda L: (lambda x: [x.to(L.float32) is x, x.to("cpu") is x])(L.ones(2)),
        lambda L: (lambda x: [x.to(L.float32, copy=True) is x, x.to(x) is x])(L.ones(2)),
        lambda L: L.ones(2).to(None),
        lambda L: L.ones(2).to(L.float64, non_blocking=True), lambda L: L.ones(2).to(L.float64, False, True),
        lambda L: L.ones(2, requires_grad=True).to(L.float64), lambda L: L.ones(2).to("nowhere"),
        lambda L: L.ones(2).type(L.int32), lambda L: L.ones(2).type_as(L.ones(1).long()),
        lambda L: L.ones(2).cpu(),
        lambda L: [L.ones(2).device, L.ones(2).is_cuda, L.ones(2).get_device(),
                   L.ones(2).is_floating_point()],
        lambda L: [L.ones(2).is_complex(), L.ones(2).real, L.is_complex(L.ones(1)), L.ones(2).is_sparse],
        lambda L: [L.ones(2, 3).T, L.ones(2, 3, 4).mT.shape, L.ones(2, 3).H, L.ones(2, 3, 4).T.shape,
                   L.tensor(1.0).T],
        lambda L: L.ones(3).mT,
    )
    for x in (pellucid.ones(2), pellucid.ones(2, requires_grad=True)):
        with pytest.raises(NotImplementedError, match="bfloat16"):
            x.bfloat16()
        with pytest.raises(RuntimeError, match="CPU"):
            x.cuda()
        with pytest.raises(RuntimeError, match="CPU"):
            x.to("cuda")


def test_more_questions():
    same(
        lambda L: [L.is_nonzero(L.tensor(2.0)), L.is_signed(L.ones(1).byte()),
                   L.ones(2).is_same_size(L.zeros(2))],
        lambda L: L.is_nonzero(L.ones(2)),
        lambda L: [L.ones(1).is_cpu, L.ones(1).is_meta, L.ones(1).is_pinned()],
        lambda L: L.ones(2).long().new([1.5, 2]), lambda L: L.ones(2).new(2, 3).shape,
        lambda L: L.ones(2).share_memory_(),
        lambda L: L.arange(4.0).reshape(2, 2).apply_(lambda v: v * v - 1),
        lambda L: L.unravel_index(L.tensor([5, 0]), (2, 3)),
    )


def test_gradients_through_conversions():
    for L in (torch, pellucid):
        x = L.tensor([1.5, 2.5], requires_grad=True)
        loss = (x.double() ** 2).sum() + x.half().float().sum()
        loss = loss + x.to(L.float64).float().clone().contiguous()[0] + x.type(L.float64).sum()
        loss = loss + (x * L.tensor([1, 2])).sum()
        loss.backward()
        found = told(x.grad)
        if L is torch:
            theirs = found
    assert found == theirs


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # PyTorch's
def test_arrays():
    for L in (torch, pellucid):
        x = L.arange(3.0)
        array = x.numpy()
        array[0] = 9
        y = L.ones(2, requires_grad=True)
        found = [x.tolist(), np.asarray(x).tolist(), np.array(x, dtype="int64").tolist(),
                 np.asarray(x).dtype.name,
                 np.shares_memory(np.asarray(x), array), np.shares_memory(np.array(x), array),
                 y.detach().numpy().tolist(), y.numpy(force=True).tolist(),
                 np.asarray([L.tensor(1.0), L.tensor(2.0)]).tolist(),
                 np.allclose(x.numpy(), [9, 1, 2])]
        for refused in (lambda y=y: y.numpy(), lambda y=y: np.asarray(y), lambda y=y: (y * 2).numpy()):
            with pytest.raises(RuntimeError):
                refused()
        if L is torch:
            theirs = found
    assert found == theirs


def test_copies():
    for L in (torch, pellucid):
        leaf = L.ones(2, requires_grad=True)
        (leaf * 3).sum().backward()
        view = L.arange(6).reshape(2, 3).t()
        deep, shallow, back = copy.deepcopy(leaf), copy.copy(leaf), pickle.loads(pickle.dumps(leaf))
        again = copy.deepcopy({"a": leaf, "b": leaf})
        with L.no_grad():
            leaf += 1
        parameter = L.nn.Parameter(L.ones(2), requires_grad=False)
        found = [told(t) for t in (deep, deep.grad, shallow, back, view.clone(), view.contiguous(),
                                   copy.deepcopy(view))]
        found += [again["a"] is again["b"], deep is leaf, view.clone().stride(), view.contiguous().stride(),
                  view.contiguous() is view, leaf.contiguous() is leaf,
                  pickle.loads(pickle.dumps(view)).tolist(),
                  type(copy.deepcopy(parameter)).__name__,
                  type(pickle.loads(pickle.dumps(parameter))).__name__,
                  copy.deepcopy(parameter).requires_grad, pickle.loads(pickle.dumps(L.float64)) is L.float64]
        with pytest.raises(RuntimeError):
            copy.deepcopy(leaf * 2)
        if L is torch:
            theirs = found
    np.testing.assert_equal(found, theirs)


def test_attributes_of_ones_own_are_copied():
    x = pellucid.ones(2)
    x.note = ["kept"]
    twin = copy.deepcopy(x)
    assert twin.note == ["kept"] and twin.note is not x.note
    assert pickle.loads(pickle.dumps(x)).note == ["kept"]


def test_dtypes():
    names = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    for a in names:
        for b in names:
            same(
                lambda L, a=a, b=b: L.promote_types(getattr(L, a), getattr(L, b)),
                lambda L, a=a, b=b: L.can_cast(getattr(L, a), getattr(L, b)),
                lambda L, a=a, b=b: L.result_type(L.ones(2).to(getattr(L, a)), L.ones(2).to(getattr(L, b))),
                lambda L, a=a, b=b: L.result_type(L.ones(2).to(getattr(L, a)), L.tensor(1).to(getattr(L, b))),
            )
        same(lambda L, a=a: L.result_type(L.ones(2).to(getattr(L, a)), 1.5), lambda L,
             a=a: L.result_type(2, L.ones(2).to(getattr(L, a))),
             lambda L, a=a: repr(L.finfo(getattr(L, a))))
    for a in names[:3]:
        keys = ("eps", "max", "min", "tiny", "bits", "resolution", "smallest_normal", "dtype")
        same(lambda L, a=a, keys=keys: [getattr(L.finfo(getattr(L, a)), key) for key in keys])
    same(lambda L: L.finfo().eps, lambda L: L.iinfo(L.int8).min,
         lambda L: [L.iinfo(L.int64).max, L.iinfo(L.uint8).bits],
         lambda L: L.result_type(1, 2.5), lambda L: L.result_type(True, 2))
