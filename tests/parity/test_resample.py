"""Resizing, unfolding, shuffling and local normalisation against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402


def functional(m):
    return m.nn.functional if m is torch else pellucid.nn.functional


MODES = {1: ["nearest", "nearest-exact", "linear", "area"],
         2: ["nearest", "nearest-exact", "bilinear", "bicubic", "area"],
         3: ["nearest", "nearest-exact", "trilinear", "area"]}


@pytest.mark.parametrize("dims, mode", [(dims, mode) for dims, modes in MODES.items() for mode in modes])
def test_interpolate(dims, mode):
    shape, flags = (2, 3, *(5, 4, 3)[:dims]), [None]
    if "linear" in mode or "cubic" in mode:
        flags += [False, True]
    ways = [{"size": (10, 8, 6)[:dims]}, {"size": (3, 7, 5)[:dims]}, {"size": 1}, {"scale_factor": 2},
            {"scale_factor": (1.5, 0.6, 2.3)[:dims]}, {"scale_factor": 0.55, "recompute_scale_factor": True},
            {"size": (5, 4, 3)[:dims]}]
    for corners in flags:
        for way in ways:
            if (dims, mode) == (3, "nearest") and way is ways[4]:
                continue                            # PyTorch's gradient is not that of its values
            agree(lambda m, x, way=way, corners=corners: functional(m).interpolate(
                x, mode=mode, align_corners=corners, **way), shape, rtol=2e-5, second=way is ways[1])


@pytest.mark.parametrize("mode, shape", [("linear", (2, 3, 3)), ("bilinear", (2, 3, 2, 5)),
                                         ("bicubic", (2, 3, 3, 5))])
def test_a_factor_too_small_to_change_the_size(mode, shape):
    """Linear interpolation leaves such a dimension as it is, whatever the factor; bicubic does not."""
    agree(lambda m, x: functional(m).interpolate(x, scale_factor=1.3, mode=mode), shape,
          grad=mode != "bicubic", second=False)


def test_interpolate_float64_and_infinities():
    x = np.random.RandomState(0).standard_normal((1, 2, 5, 6))
    agree(lambda m, x: functional(m).interpolate(x, (9, 4), mode="bilinear"), x)
    y = x.astype(np.float32)
    y[0, 0, 0, 0] = np.inf
    for m in (pellucid, torch):                                  # one infinity does not spoil the others
        made = functional(m).interpolate(m.from_numpy(y.copy()), scale_factor=2, mode="bilinear").numpy()
        if m is pellucid:
            ours = made
    np.testing.assert_allclose(ours, made, rtol=1e-5)


@pytest.mark.parametrize("call", [
    lambda f, x: f.interpolate(x),
    lambda f, x: f.interpolate(x, size=3, scale_factor=2),
    lambda f, x: f.interpolate(x, size=(3, 3, 3)),
    lambda f, x: f.interpolate(x, size=3, align_corners=True),
    lambda f, x: f.interpolate(x, size=3, mode="linear"),
    lambda f, x: f.interpolate(x, size=3, mode="sharp"),
    lambda f, x: f.interpolate(x, size=0),
    lambda f, x: f.interpolate(x[0, 0], size=3),
])
def test_interpolate_raises_where_pytorch_raises(call):
    told = both_raise(lambda m, x: call(functional(m), x), (2, 3, 4, 5),
                      errors=(RuntimeError, ValueError, NotImplementedError))
    assert told.startswith("interpolate: ")


@pytest.mark.parametrize("trial", range(10))
def test_unfold_and_fold(trial):
    rng = np.random.RandomState(trial)
    kernel, stride, dilation, padding = (tuple(rng.randint(a, b, 2).tolist()) for a, b in
                                         ((1, 4), (1, 3), (1, 3), (0, 2)))
    sizes = tuple(int(d * (k - 1) + 1 + rng.randint(0, 4)) for k, d in zip(kernel, dilation, strict=True))
    how = {"dilation": dilation, "padding": padding, "stride": stride}

    def both_ways(m, x):
        columns = functional(m).unfold(x, kernel, **how)
        return [columns, functional(m).fold(columns, sizes, kernel, **how)]
    agree(both_ways, (2, 3, *sizes) if trial % 4 else (3, *sizes))


@pytest.mark.parametrize("call, says", [
    (lambda f, x: f.unfold(x, 6), "(4 + 2*0 - 1*(6-1) - 1) // 1 + 1 = -1"),
    (lambda f, x: f.unfold(x, (1, 2, 3)), "kernel_size must be a whole number, or 2 of them"),
    (lambda f, x: f.fold(x[0], (4, 4), 2), "3 * 3 = 9 windows of 2 * 2 = 4 places"),
    (lambda f, x: f.fold(x, (4, 4), 2), "got shape (2, 3, 4, 5)"),
])
def test_unfold_and_fold_raise(call, says):
    told = both_raise(lambda m, x: call(functional(m), x), (2, 3, 4, 5))
    assert says in told, told


def test_shuffles():
    agree(lambda m, x: functional(m).pixel_shuffle(x, 2), (2, 8, 3, 4))
    agree(lambda m, x: m.pixel_shuffle(x, 3), (9, 2, 1))
    agree(lambda m, x: m.pixel_unshuffle(x, 2), (2, 3, 4, 6))
    agree(lambda m, x: functional(m).channel_shuffle(x, 3), (2, 6, 3, 2))
    for name in ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle"):
        told = both_raise(lambda m, x, name=name: getattr(m, name)(x, 3), (2, 8, 4, 4))
        assert told.startswith(name)


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 5, 3, 2), (1, 4, 2, 2, 2)])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_local_response_norm(shape, size):
    agree(lambda m, x: functional(m).local_response_norm(x, size, alpha=0.3, beta=0.6, k=1.5), shape,
          rtol=2e-5)


def test_local_response_norm_raises_where_pytorch_raises():
    both_raise(lambda m, x: functional(m).local_response_norm(x, 2), (2, 5))
    both_raise(lambda m, x: functional(m).local_response_norm(x, 0), (2, 5, 3))


def test_nearest_in_three_dimensions_by_the_values():
    """Each old number gets what arrives at its copies (not so in PyTorch 2.13 for unequal factors)."""
    x = pellucid.randn(1, 1, 5, 4, 3, requires_grad=True)
    y = pellucid.nn.functional.interpolate(x, scale_factor=(1.5, 0.6, 2.3))
    arriving = pellucid.randn(y.shape)
    (y * arriving).sum().backward()
    copies = y.detach().numpy()
    expected = np.array([arriving.numpy()[copies == value].sum() for value in x.detach().numpy().flat])
    np.testing.assert_allclose(x.grad.numpy().reshape(-1), expected, rtol=1e-5, atol=1e-5)
