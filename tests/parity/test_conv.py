"""Convolution against PyTorch, over random sizes: values, gradients, second derivatives, errors."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree  # noqa: E402

import pellucid  # noqa: E402


def functional(m):
    return m.nn.functional if m is torch else pellucid.nn.functional


def drawn(rng, dims):
    """Random settings of a convolution that are possible, and the shapes of its inputs."""
    groups = int(rng.choice([1, 1, 2, 3]))
    channels, outs = groups * rng.randint(1, 4), groups * rng.randint(1, 4)
    kernel = rng.randint(1, 4, dims)
    stride, dilation, padding = rng.randint(1, 4, dims), rng.randint(1, 3, dims), rng.randint(0, 3, dims)
    least = np.maximum(dilation * (kernel - 1) + 1 - 2 * padding, 1)
    sizes = least + rng.randint(0, 5, dims)
    how = {"stride": tuple(stride.tolist()), "padding": tuple(padding.tolist()),
           "dilation": tuple(dilation.tolist()), "groups": groups}
    batch = (int(rng.randint(1, 4)),) if rng.uniform() < 0.8 else ()
    return how, batch, int(channels), int(outs), tuple(kernel.tolist()), tuple(sizes.tolist())


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("trial", range(12))
def test_convolution(dims, trial):
    how, batch, channels, outs, kernel, sizes = drawn(np.random.RandomState(100 * dims + trial), dims)
    name = f"conv{dims}d"
    bias = [(outs,)] if trial % 3 else []
    agree(lambda m, x, w, *b: getattr(functional(m), name)(x, w, *b, **how),
          (*batch, channels, *sizes), (outs, channels // how["groups"], *kernel), *bias, seed=trial)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("trial", range(12))
def test_transposed_convolution(dims, trial):
    rng = np.random.RandomState(500 + 100 * dims + trial)
    how, batch, channels, outs, kernel, sizes = drawn(rng, dims)
    how["output_padding"] = tuple(int(rng.randint(max(s, d))) for s, d in
                                  zip(how["stride"], how["dilation"], strict=True))
    sizes = tuple(size + 3 for size in sizes)                    # the padding must leave something
    name = f"conv_transpose{dims}d"
    bias = [(outs,)] if trial % 3 else []
    agree(lambda m, x, w, *b: getattr(functional(m), name)(x, w, *b, **how),
          (*batch, channels, *sizes), (channels, outs // how["groups"], *kernel), *bias, seed=trial,
          rtol=2e-5)
