"""Make one layer with PyTorch and with Pellucid, and compare all that can be seen of it.

The same seed must give the same first weights; then come values, gradients of inputs and of
weights, states after the pass, evaluation, and states that are carried to the other side and back.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from tests.parity.both import as_array, same

import pellucid
from pellucid.tensor import hide, wrap

LIBRARIES = (pellucid, torch)
# How many configurations of a layer: a few each time, many in the slow suite.
TRIALS = pytest.mark.parametrize("trials", [range(5), pytest.param(range(5, 40), marks=pytest.mark.slow)],
                                 ids=["few", "many"])
torch.set_num_threads(1)                                         # small layers: threads would only wait


def drawn(shape, seed, dtype):
    """Normal numbers of a shape; what is not a shape comes as it is."""
    if not isinstance(shape, tuple):
        return np.array(shape) if isinstance(shape, np.ndarray) else shape
    return np.random.RandomState(seed).standard_normal(shape).astype(dtype)


def flat(result):
    """The tensors in nested tuples; none of None."""
    if isinstance(result, (tuple, list)):
        return [t for part in result for t in flat(part)]
    return [] if result is None else [result]


def turned(array, seed):
    """A tensor that may lie as convolutions leave it, hidden: with channels or samples innermost."""
    if array.ndim < 3 or seed % 3 == 0:
        return pellucid.from_numpy(array)
    order = (0, *range(2, array.ndim), 1) if seed % 3 == 1 else (*range(1, array.ndim), 0)
    return hide(wrap(np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order))))


def one_pass(L, layer, arrays, run, seed):
    """Outputs and gradients of one pass, by name."""
    make = L.from_numpy if L is torch else lambda array: turned(array, seed)
    inputs = [make(a.copy()) if isinstance(a, np.ndarray) else a for a in arrays]
    for t in inputs:
        if isinstance(t, L.Tensor) and t.dtype.is_floating_point:
            t.requires_grad_()
    layer.zero_grad()
    L.manual_seed(seed)                                          # of what is drawn in the pass: dropout
    ys = flat(run(L, layer, *inputs))
    rng = np.random.RandomState(seed)
    loss = 0
    for y in ys:
        if y.requires_grad:
            loss = loss + (y * L.from_numpy(rng.standard_normal(tuple(y.shape))).to(y.dtype)).sum()
    found = {f"output {i}": y for i, y in enumerate(ys)}
    if not isinstance(loss, int):
        loss.backward()
        found |= {f"gradient of input {i}": t.grad for i, t in enumerate(inputs) if isinstance(t, L.Tensor)}
        found |= {f"gradient of {name}": p.grad for name, p in layer.named_parameters()}
    return found | {f"state {name}": value.clone() for name, value in layer.state_dict().items()}


def compare(ours, theirs, what, rtol, exact=False):
    """Are two dictionaries of tensors the same? exact: but for the last digit of a cosine."""
    assert list(ours) == list(theirs), f"{what}: {list(ours)}, PyTorch's {list(theirs)}"
    for name, value in theirs.items():
        mine = ours[name]
        assert (mine is None) == (value is None), f"{what}, {name}: {mine}, PyTorch's {value}"
        if value is not None and exact:
            eps = 0 if as_array(value).dtype.kind != "f" else 4 * np.finfo(as_array(value).dtype).eps
            np.testing.assert_allclose(as_array(mine), as_array(value), eps, err_msg=f"{what}, {name}")
        elif value is not None:
            same(mine, value, f"{what}, {name}", rtol=rtol, atol=rtol / 2)


def plain(L, layer, *inputs):
    return layer(*inputs)


def layers_agree(make, shapes, seed, run=plain, rtol=1e-5, exact=True):
    """make(nn, dtype) gives the same layer in both libraries; `shapes` are of its inputs, or arrays.

    exact: the first state is the same bit for bit, because it was only drawn
    """
    for dtype, tolerance in (("float32", rtol), ("float64", 1e-9)):
        arrays = [drawn(shape, seed + i, dtype) for i, shape in enumerate(shapes)]
        layers = []
        for L in LIBRARIES:
            L.manual_seed(seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")                  # PyTorch's, about settings that do nothing
                layers.append(make(L.nn, getattr(L, dtype)))
        ours, theirs = layers
        assert repr(ours) == repr(theirs)
        compare(ours.state_dict(), theirs.state_dict(), "first state", tolerance, exact)
        for training in (True, False):
            results = []
            for L, layer in zip(LIBRARIES, layers, strict=True):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    results.append(one_pass(L, layer.train(training), arrays, run, seed))
            compare(*results, f"{ours!r}, {dtype}, training {training}", tolerance)
        states_travel(ours, theirs)


def states_travel(ours, theirs):
    """What one side saves, the other loads; then they hold the same."""
    before = {name: np.array(as_array(value)) for name, value in ours.state_dict().items()}
    theirs.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in before.items()})
    with torch.no_grad():
        for value in theirs.state_dict().values():
            value.mul_(2)
    back = {name: pellucid.from_numpy(as_array(value)) for name, value in theirs.state_dict().items()}
    assert str(ours.load_state_dict(back)) == "<All keys matched successfully>"
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(as_array(value), before[name] * 2, err_msg=name)
