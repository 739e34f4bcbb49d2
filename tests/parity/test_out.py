"""out=: the result lies in the tensor that was given, and is that tensor."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import pellucid  # noqa: E402
from pellucid.absent import Absent  # noqa: E402

A = np.array([[0.4, -1.2, 2.0], [0.3, 0.9, -0.5], [1.1, 0.2, 0.7]], np.float32)
CASES = {
    "abs": lambda m, x, out: m.abs(x, out=out), "add": lambda m, x, out: m.add(x, 2, alpha=3, out=out),
    "mul": lambda m, x, out: m.mul(x, x, out=out), "div": lambda m, x, out: m.div(x, 2, out=out),
    "exp": lambda m, x, out: m.exp(x, out=out), "tanh": lambda m, x, out: m.tanh(input=x, out=out),
    "clamp": lambda m, x, out: m.clamp(x, 0, 1, out=out), "pow": lambda m, x, out: m.pow(x, 2, out=out),
    "where": lambda m, x, out: m.where(x > 0, x, -x, out=out),
    "sum": lambda m, x, out: m.sum(x, 0, out=out[0]), "mean": lambda m, x, out: m.mean(x, 1, out=out[1]),
    "std": lambda m, x, out: m.std(x, 0, out=out[:, 0]), "prod": lambda m, x, out: m.prod(x, 0, out=out[2]),
    "cumsum": lambda m, x, out: m.cumsum(x, 0, out=out), "amax": lambda m, x, out: m.amax(x, 1, out=out[0]),
    "mm": lambda m, x, out: m.mm(x, x, out=out), "matmul": lambda m, x, out: m.matmul(x, x, out=out),
    "addmm": lambda m, x, out: m.addmm(x, x, x, beta=2, out=out),
    "dot": lambda m, x, out: m.dot(x[0], x[1], out=out[0, 0]),
    "outer": lambda m, x, out: m.outer(x[0], x[1], out=out),
    "cat": lambda m, x, out: m.cat((x[:1], x[1:]), out=out),
    "stack": lambda m, x, out: m.stack(tuple(x), 1, out=out),
    "gather": lambda m, x, out: m.gather(x, 0, (x > 0).long(), out=out),
    "index_select": lambda m, x, out: m.index_select(x, 0, m.tensor([2, 0, 0]), out=out),
    "softmax": lambda m, x, out: m.logsumexp(x, 0, out=out[0]), "tril": lambda m, x, out: m.tril(x, out=out),
    "an input": lambda m, x, out: m.mul(x, x, out=x), "none": lambda m, x, out: m.add(x, x, out=None),
}


def tensors(module):
    return module.tensor(A.copy()), module.zeros(3, 3)


@pytest.mark.parametrize("name", CASES)
def test_the_result_lies_in_out(name):
    told = []
    for module in (torch, pellucid):
        x, out = tensors(module)
        result = CASES[name](module, x, out)
        told.append((result.numpy(), x.numpy(), out.numpy()))
    for theirs, ours in zip(*told, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_result_is_out_itself():
    x, out = tensors(pellucid)
    assert pellucid.mul(x, 2, out=out) is out and pellucid.mm(x, x, out=out) is out
    assert pellucid.tanh(input=x, out=out) is out


TWO = {
    "max": lambda m, x, out: m.max(x, 0, out=out), "sort": lambda m, x, out: m.sort(x, 0, out=out),
    "topk": lambda m, x, out: m.topk(x, 2, dim=0, out=out),
    "cummax": lambda m, x, out: m.cummax(x, 0, out=out),
}


@pytest.mark.parametrize("name", TWO)
def test_two_results(name):
    pairs = []
    for module in (torch, pellucid):
        out = module.empty(0), module.empty(0, dtype=module.int64)
        values, indices = TWO[name](module, tensors(module)[0], out)
        assert values is out[0] and indices is out[1]
        pairs.append((values.numpy(), indices.numpy()))
    for theirs, ours in zip(*pairs, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_empty_out_gets_its_size_and_a_wider_dtype_stays():
    for module in (torch, pellucid):
        x = tensors(module)[0]
        out = module.empty(0)
        module.add(x, 1, out=out)
        assert tuple(out.shape) == (3, 3)
        wide = module.zeros(3, 3, dtype=module.float64)
        assert module.add(x, 1, out=wide).dtype == module.float64


def test_refusals():
    for module in (torch, pellucid):
        x, out = tensors(module)
        whole = module.zeros(3, 3, dtype=module.int64)
        with pytest.raises(RuntimeError):
            module.add(x, 1, out=whole)
        with pytest.raises(RuntimeError):
            module.add(x.clone().requires_grad_(), 1, out=out)
        with pytest.raises(RuntimeError):
            module.exp(x, out=out.requires_grad_())
        with pytest.raises(TypeError):
            module.exp(x, out=3)
        with module.no_grad():
            module.exp(x.requires_grad_(), out=module.zeros(3, 3))
    with pytest.raises(RuntimeError, match=r"exp\(out=\): the result has shape \(3, 3\)"):
        pellucid.exp(tensors(pellucid)[0], out=pellucid.zeros(2))


def test_every_function_of_pytorch_that_documents_out():
    documented = [name for name in dir(torch) if "out=None" in str(getattr(torch, name).__doc__)
                  and not name.startswith("_") and hasattr(pellucid, name)
                  and not name.endswith(("_like", "_mean"))]     # there PyTorch's documentation errs
    assert len(documented) > 150
    there = [name for name in documented if not isinstance(getattr(pellucid, name), Absent)]
    missing = [name for name in there if not hasattr(getattr(pellucid, name), "op") and "out" not in
               inspect.signature(getattr(pellucid, name), follow_wrapped=False).parameters]
    assert missing == []
