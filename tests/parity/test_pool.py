"""Pooling against PyTorch, over random sizes: values, places, gradients, second derivatives, errors."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402


def functional(m):
    return m.nn.functional if m is torch else pellucid.nn.functional


def drawn(seed, dims, dilated=False):
    """Random settings of a pooling that are possible, and the shape of its input."""
    rng = np.random.RandomState(seed)
    kernel = rng.randint(1, 4, dims)
    dilation = rng.randint(1, 3, dims) if dilated else np.ones(dims, int)
    padding = rng.randint(0, kernel // 2 + 1)
    sizes = dilation * (kernel - 1) + 1 + rng.randint(0, 6, dims)
    how = {"kernel_size": tuple(kernel.tolist()), "padding": tuple(padding.tolist()),
           "ceil_mode": bool(rng.randint(2))}
    if rng.uniform() < 0.7:
        how["stride"] = tuple(rng.randint(1, 4, dims).tolist())
    if dilated:
        how["dilation"] = tuple(dilation.tolist())
    lead = (2, 3) if rng.uniform() < 0.8 else (3,)
    return how, (*lead, *sizes.tolist())


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("trial", range(16))
def test_max_pool(dims, trial):
    how, shape = drawn(100 * dims + trial, dims, dilated=True)
    name = f"max_pool{dims}d"
    agree(lambda m, x: getattr(functional(m), name)(x, **how, return_indices=True), shape, seed=trial)
    agree(lambda m, x: getattr(m, name)(x, **how), shape, seed=trial, second=False)


def test_max_pool_of_equal_numbers_nan_and_infinities():
    """The first of equal numbers gets the gradient; nan wins."""
    ties = np.round(np.random.RandomState(0).standard_normal((2, 3, 6, 6))).astype(np.float32)
    odd = ties.copy()
    odd[0, 0, 1, 2], odd[0, 1, 3], odd[1] = np.nan, np.inf, -np.inf
    for how in ({"kernel_size": 2}, {"kernel_size": 3, "stride": 1, "padding": 1}):
        agree(lambda m, x, how=how: functional(m).max_pool2d(x, **how, return_indices=True), ties)
        for m in (pellucid, torch):
            y, places = functional(m).max_pool2d(m.from_numpy(odd.copy()), **how, return_indices=True)
            if m is pellucid:
                ours = y.numpy(), places.numpy()
            else:
                np.testing.assert_array_equal(ours[0], y.numpy())
                np.testing.assert_array_equal(ours[1], places.numpy())


def test_max_pool_of_integers():
    x = np.random.RandomState(0).randint(-9, 9, (2, 3, 5, 5))
    agree(lambda m, x: functional(m).max_pool2d(x, 3, 2, 1), x)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("trial", range(16))
def test_avg_pool(dims, trial):
    how, shape = drawn(500 + 100 * dims + trial, dims)
    how["count_include_pad"] = bool(trial % 2)
    if dims > 1 and trial % 5 == 0:
        how["divisor_override"] = 3
    agree(lambda m, x: getattr(functional(m), f"avg_pool{dims}d")(x, **how), shape, seed=trial)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("p", [1, 2, 3.0])
def test_lp_pool(dims, p):
    for trial in range(4):
        how, shape = drawn(900 + 10 * dims + trial, dims)
        how.pop("padding")
        if dims == 1:                                            # PyTorch takes numbers only here
            how = {what: value[0] if isinstance(value, tuple) else value for what, value in how.items()}
        x = np.abs(np.random.RandomState(trial).standard_normal(shape)) + 0.1
        agree(lambda m, x, how=how: getattr(functional(m), f"lp_pool{dims}d")(x, p, **how),
              x.astype(np.float32), rtol=2e-5, atol=2e-5)
    zeros = np.zeros((2, 2, *(4, 4, 4)[:dims]), np.float32)
    agree(lambda m, x: getattr(functional(m), f"lp_pool{dims}d")(x, 2, 2), zeros, second=False)


@pytest.mark.parametrize("sizes, wanted", [
    ((8,), 4), ((7,), 3), ((5,), 8), ((6, 8), (3, 2)), ((7, 5), (3, 2)), ((7, 7), 1), ((5, 6), (None, 4)),
    ((14, 14), (1, 2)), ((3, 4), (7, 5)), ((4, 5, 6), (2, 3, 6)), ((4, 4, 4), 2), ((3, 4, 5), (None, 1, 2))])
def test_adaptive_pools(sizes, wanted):
    dims = len(sizes)
    mean, largest = f"adaptive_avg_pool{dims}d", f"adaptive_max_pool{dims}d"
    for lead in ((2, 3), (3,)):
        agree(lambda m, x: getattr(functional(m), mean)(x, wanted), (*lead, *sizes))
        agree(lambda m, x: getattr(functional(m), largest)(x, wanted, return_indices=True), (*lead, *sizes))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_max_unpool(dims):
    def undo(m, x):
        f = functional(m)
        y, places = getattr(f, f"max_pool{dims}d")(x, 2, return_indices=True)
        back = getattr(f, f"max_unpool{dims}d")
        return [back(y, places, 2), back(y[0], places[0], [2] * dims)]
    agree(undo, (2, 3, *(4, 6, 4)[:dims]))

    def undo_larger(m, x):
        y, places = getattr(functional(m), f"max_pool{dims}d")(x, 2, return_indices=True)
        return getattr(functional(m), f"max_unpool{dims}d")(y, places, 2, output_size=x.shape)
    agree(undo_larger, (2, 3, *(5, 6, 5)[:dims]))


@pytest.mark.parametrize("call, says", [
    (lambda f, x: f.max_pool2d(x[:, :, :2], 3), "(2 + 2*0 - 1*(3-1) - 1) // 3 + 1 = 0"),
    (lambda f, x: f.max_pool2d(x, 2, padding=2), "padding must be at most half of the window's extent"),
    (lambda f, x: f.avg_pool2d(x, 2, padding=2), "padding must be at most half of the kernel, 2 // 2 = 1"),
    (lambda f, x: f.avg_pool2d(x, 9), "(6 + 2*0 - 1*(9-1) - 1) // 9 + 1 = 0"),
    (lambda f, x: f.avg_pool2d(x, 2, divisor_override=0), "divisor_override must not be 0"),
    (lambda f, x: f.max_pool2d(x[0, 0], 2), "expects input (N, C, H, W) or (C, H, W), got shape (6, 5)"),
    (lambda f, x: f.max_pool2d(x, 0), "kernel_size must be 1 or more"),
    (lambda f, x: f.adaptive_avg_pool2d(x, (1, 2, 3)), "output_size must be"),
    (lambda f, x: f.adaptive_max_pool2d(x[:, :, :0], 2), "must not be empty"),
    (lambda f, x: f.max_unpool2d(x, x, 2), "indices must be integers"),
    (lambda f, x: f.max_unpool2d(x, x.long(), 2, output_size=(20, 20)), "output_size must be less than"),
])
def test_bad_input(call, says):
    told = both_raise(lambda m, x: call(functional(m), x), (2, 3, 6, 5))
    assert says in told, told


@pytest.mark.parametrize("shape", [(2, 3, 6, 6), (4, 16, 20, 20)])
def test_results_may_be_changed_in_place(shape):
    """As in Sequential(Conv2d, MaxPool2d, ReLU(inplace=True))."""
    x = np.random.RandomState(0).standard_normal(shape).astype(np.float32)
    slopes = []
    for library in (torch, pellucid):
        t = library.tensor(x, requires_grad=True)
        y = library.nn.functional.relu(library.nn.functional.max_pool2d(t * 1, 2), inplace=True)
        (y * y).sum().backward()
        slopes.append(t.grad.numpy())
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-6)
