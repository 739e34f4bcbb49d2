"""Convolution against PyTorch, over random sizes: values, gradients, second derivatives, errors."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

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


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel, dilation", [((3,), 1), ((2,), 1), ((4,), 2), ((3, 2), (1, 3)),
                                              ((2, 2, 3), 1)])
def test_named_padding(padding, kernel, dilation):
    dims = len(kernel)
    agree(lambda m, x, w: getattr(functional(m), f"conv{dims}d")(x, w, padding=padding, dilation=dilation),
          (2, 3, *(8, 7, 6)[:dims]), (4, 3, *kernel))


def test_top_level_names_and_keywords():
    agree(lambda m, x, w: [m.conv1d(x, w), m.conv_transpose1d(input=x, weight=w.transpose(0, 1), stride=2)],
          (2, 3, 5), (4, 3, 2))
    agree(lambda m, x, w, b: m.conv2d(input=x, weight=w, bias=b, stride=[2, 1], padding=(1,)), (2, 3, 5, 4),
          (4, 3, 2, 2), (4,))


@pytest.mark.parametrize("shape", [(0, 3, 5, 5), (2, 3, 5, 5)])
def test_other_layouts_and_empty_batches(shape):
    """Channels last, every second place, a broadcast gradient: the memory may lie as it likes."""
    def convolve(m, x, w):
        turned = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
        return [functional(m).conv2d(turned, w), functional(m).conv2d(x[:, :, ::2, 1:], w),
                functional(m).conv2d(x, w).sum(), functional(m).conv2d(x.transpose(2, 3), w.flip(3))]
    agree(convolve, shape, (4, 3, 2, 2))


def test_blocks_of_columns():
    """More columns than are held at a time, by rows and by samples, and 1 x 1 kernels, which need none."""
    kinds = [((3, 16, 30, 30), (8, 16, 5, 5)), ((1, 40, 50, 40), (4, 40, 3, 3)), ((2, 4, 7, 6), (5, 4, 1, 1))]
    for x, weight in kinds:
        agree(lambda m, x, w: functional(m).conv2d(x, w, padding=1), x, weight, second=False, rtol=2e-5)
        agree(lambda m, x, w: functional(m).conv2d(x, w, stride=2), x, weight, second=False, rtol=2e-5)


@pytest.mark.parametrize("call, says", [
    (lambda f, x, w: f.conv2d(x[:, :, :3, :3], w), "(3 + 2*0 - 1*(5-1) - 1) // 1 + 1 = -1"),
    (lambda f, x, w: f.conv2d(x, w, dilation=(1, 3)), "(9 + 2*0 - 3*(5-1) - 1) // 1 + 1 = -3"),
    (lambda f, x, w: f.conv2d(x, w, groups=2), "weight (8, 4, 5, 5) wants 8 = 4*2 (groups)"),
    (lambda f, x, w: f.conv2d(x, w, groups=3), "groups=3 must divide the 8 output channels"),
    (lambda f, x, w: f.conv2d(x[:, :3], w), "input (2, 3, 9, 9) has 3 channels, weight (8, 4, 5, 5) wants 4"),
    (lambda f, x, w: f.conv2d(x[0, 0], w), "expects input (N, C, H, W) or (C, H, W), got shape (9, 9)"),
    (lambda f, x, w: f.conv1d(x, w[..., 0]), "expects input (N, C, L) or (C, L), got shape (2, 4, 9, 9)"),
    (lambda f, x, w: f.conv2d(x, w[0]), "weight must have 4 dimensions"),
    (lambda f, x, w: f.conv2d(x, w, w[:3, 0, 0, 0]), "bias must have shape (8,)"),
    (lambda f, x, w: f.conv2d(x, w, stride=0), "stride must be 1 or more"),
    (lambda f, x, w: f.conv2d(x, w, padding=-1), "padding must be 0 or more"),
    (lambda f, x, w: f.conv2d(x, w, stride=(1, 2, 3)), "stride must be a whole number, or 2 of them"),
    (lambda f, x, w: f.conv2d(x, w, padding="same", stride=2), "padding='same' is for stride 1"),
    (lambda f, x, w: f.conv2d(x, w, padding="full"), "padding must be numbers, 'valid' or 'same'"),
    (lambda f, x, w: f.conv2d(x.double(), w), "one dtype, got float32 and float64"),
    (lambda f, x, w: f.conv_transpose2d(x, w), "has 4 channels, weight (8, 4, 5, 5) wants 8"),
    (lambda f, x, w: f.conv_transpose2d(x, w[:4, :, :1, :1], padding=5),
     "(9-1)*1 - 2*5 + 1*(1-1) + 0 + 1 = -1"),
    (lambda f, x, w: f.conv_transpose2d(x, w[:4], output_padding=1), "output_padding must be smaller than"),
])
def test_bad_input(call, says):
    """Refused where PyTorch refuses, with the arithmetic of the size."""
    told = both_raise(lambda m, x, w: call(functional(m), x, w), (2, 4, 9, 9), (8, 4, 5, 5))
    assert says in told, told
