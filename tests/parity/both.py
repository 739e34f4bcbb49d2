"""Run one expression with PyTorch and with Pellucid, and compare values, dtypes, shapes and gradients."""

from __future__ import annotations

import numpy as np
import torch

import pellucid

RTOL, ATOL = 1e-5, 1e-6


def arrays(inputs, seed=0):
    """Shapes become normal float32 arrays, everything else stays."""
    rng = np.random.RandomState(seed)
    return [rng.standard_normal(i).astype(np.float32) if isinstance(i, tuple) else i for i in inputs]


def to_torch(array, grad):
    made = torch.from_numpy(np.array(array))
    return made.requires_grad_() if grad and made.dtype.is_floating_point else made


def to_pellucid(array, grad):
    made = pellucid.from_numpy(np.array(array))
    return made.requires_grad_() if grad and made.dtype.is_floating_point else made


def as_array(tensor):
    return tensor.detach().numpy()


def outputs(y):
    """The tensors in a result: a tensor, or a (named) tuple or list of them."""
    return list(y) if isinstance(y, (tuple, list)) else [y]


def is_float(tensor):
    return np.dtype(as_array(tensor).dtype).kind == "f"


def same(ours, theirs, what, rtol=RTOL, atol=ATOL):
    ours, theirs = as_array(ours), as_array(theirs)
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, PyTorch's {theirs.shape}"
    assert ours.dtype == theirs.dtype, f"{what}: dtype {ours.dtype}, PyTorch's {theirs.dtype}"
    largest = np.max(np.abs(theirs[np.isfinite(theirs)]), initial=0.0)   # sums of large numbers may cancel
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=max(atol, rtol * largest), err_msg=what)


def total(module, ys, convert, seed=1):
    """The sum of the floating outputs, weighted by random numbers."""
    rng = np.random.RandomState(seed)
    parts = [(y * convert(rng.standard_normal(tuple(y.shape)).astype(as_array(y).dtype), False)).sum()
             for y in ys if is_float(y)]
    return sum(parts[1:], parts[0]) if parts else None


def slopes(module, function, made, convert, second):
    """Values, gradients, and gradients of a function of the gradients."""
    ys = outputs(function(module, *made))
    loss = total(module, ys, convert)
    leaves = [t for t in made if hasattr(t, "requires_grad") and t.requires_grad]
    if loss is None or not leaves or not loss.requires_grad:
        return ys, [], []
    first = module.autograd.grad(loss, leaves, create_graph=second, allow_unused=True)
    if not second:
        return ys, first, []
    slope = total(module, [g * g for g in first if g is not None], convert, seed=2)
    if not slope.requires_grad:
        return ys, first, [None] * len(leaves)
    return ys, first, module.autograd.grad(slope, leaves, allow_unused=True)


def agree(function, *inputs, grad=True, second=True, seed=0, rtol=RTOL, atol=ATOL):
    """function(module, *tensors) gives the same with both; inputs are shapes, arrays or plain values."""
    data = arrays(inputs, seed)
    results = []
    for module, convert in ((pellucid, to_pellucid), (torch, to_torch)):
        made = [convert(a, grad) if isinstance(a, (np.ndarray, np.generic)) else a for a in data]
        results.append(slopes(module, function, made, convert, second))
    for name, ours, theirs in zip(("value", "gradient", "second derivative"), *results, strict=True):
        assert len(ours) == len(theirs), f"{name}: {len(ours)} results, PyTorch's {len(theirs)}"
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if name != "value" and (a is None or b is None):
                present = [t for t in (a, b) if t is not None]
                assert not any(np.any(as_array(t)) for t in present), f"{name} {i}: only one is None"
                continue
            same(a, b, f"{name} {i}", rtol, atol)


def both_raise(function, *inputs, errors=(RuntimeError, IndexError, ValueError, TypeError)):
    """function(module, *tensors) raises the same kind of error with both modules; returns ours."""
    data = arrays(inputs)
    raised = []
    for module, convert in ((torch, to_torch), (pellucid, to_pellucid)):
        made = [convert(a, False) if isinstance(a, np.ndarray) else a for a in data]
        try:
            function(module, *made)
        except errors as error:
            raised.append(error)
        else:
            raise AssertionError(f"{module.__name__} does not raise")
    assert isinstance(raised[1], type(raised[0])), f"{raised[1]!r}, PyTorch's {raised[0]!r}"
    return str(raised[1])
