"""The twins of convolution against its body: random sizes and memory layouts, nan and infinities."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import kernels
from pellucid.ops import conv_columns, conv_loops, conv_samples, conv_winograd
from pellucid.ops.conv_core import convolution, convolution_input, convolution_weight

PLAIN = {"stride": (1, 1), "dilation": (1, 1), "groups": 1}


def laid(rng, shape, dtype, layout):
    """Normal numbers with channels innermost, in row-major order, or every second place of more."""
    if layout == "channels last":
        x = rng.standard_normal((shape[0], *shape[2:], shape[1]))
        x = x.transpose(0, len(shape) - 1, *range(1, len(shape) - 1))
    elif layout == "strided":
        x = rng.standard_normal((*shape[:-1], 2 * shape[-1]))[..., ::2]
    else:
        x = rng.standard_normal(shape)
    return x.astype(dtype, order="K")


def same(ours, body, dtype, what):
    rtol = 1e-10 if dtype == np.float64 else 1e-5
    largest = np.abs(body[np.isfinite(body)]).max(initial=1)
    np.testing.assert_allclose(ours, body, rtol=rtol, atol=rtol * largest, err_msg=what)
    assert ours.dtype == body.dtype and ours.shape == body.shape


def compare(x, weight, bias, g, how, twins):
    """The three ops by twins and by bodies."""
    sizes, kernel = x.shape[2:], weight.shape[2:]
    forward, back_to_input, back_to_weight = twins
    same(forward(x, weight, bias, **how)[0], convolution.op.body(x, weight, bias, **how)[0], x.dtype,
         "forward")
    same(back_to_input(g, weight, None, sizes=sizes, **how)[0],
         convolution_input.op.body(g, weight, None, sizes=sizes, **how)[0], x.dtype, "input")
    same(back_to_weight(x, g, kernel=kernel, **how)[0],
         convolution_weight.op.body(x, g, kernel=kernel, **how)[0], x.dtype, "weight")


COLUMNS = conv_columns.forward, conv_columns.back_to_input, conv_columns.back_to_weight
SAMPLES = conv_samples.forward, conv_samples.back_to_input, conv_samples.back_to_weight
TILES = conv_winograd.forward, conv_winograd.back_to_input, conv_winograd.back_to_weight


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["channels last", "rows", "strided"])
@pytest.mark.parametrize("twin", ["columns", "samples", "loops"])
@pytest.mark.parametrize("trial", range(6))
def test_columns(trial, twin, layout, dtype, monkeypatch, rng):
    """Few numbers per block, so that there are many blocks, by samples and by rows."""
    for module in (conv_columns, conv_samples):
        monkeypatch.setattr(module, "CACHE", int(rng.choice([50, 500, 5000])))
    monkeypatch.setattr(conv_samples, "LOOP", 0 if twin == "loops" else 1 << 30)
    monkeypatch.setattr(conv_loops, "LEAST", 1 << 30)
    dims, groups = 1 + trial % 3, int(rng.choice([1, 2])) if twin == "columns" else 1
    kernel, stride, dilation = rng.randint(1, 4, dims), rng.randint(1, 3, dims), rng.randint(1, 3, dims)
    padding = rng.randint(0, 3, dims)
    sizes = dilation * (kernel - 1) + 1 + rng.randint(0, 6, dims)
    how = {"stride": tuple(stride.tolist()), "padding": tuple(padding.tolist()),
           "dilation": tuple(dilation.tolist()), "groups": groups}
    x = laid(rng, (3, 2 * groups, *sizes.tolist()), dtype, layout)
    weight = rng.standard_normal((3 * groups, 2, *kernel.tolist())).astype(dtype)
    bias = rng.standard_normal(3 * groups).astype(dtype)
    g = laid(rng, convolution.op.body(x, weight, **how)[0].shape, dtype, layout)
    compare(x, weight, bias, g, how, COLUMNS if twin == "columns" else SAMPLES)


@pytest.mark.parametrize("layout", ["channels last", "rows", "strided"])
@pytest.mark.parametrize("groups", ["one", "each"])
@pytest.mark.parametrize("trial", range(8))
def test_compiled_columns(trial, groups, layout, monkeypatch, rng):
    """Few rows of places at a time; channels that have a kernel each, with runs of one place and of more."""
    pytest.importorskip("numba")
    if not conv_loops.found(np.zeros((1, 8, 1 << 10), np.float32), 8, 8, 1):
        pytest.skip("OpenBLAS is none that compiled loops know")
    for name, value in (("LEAST", 0), ("CACHE", int(rng.choice([1, 500, 5000]))),
                        ("RUN", int(rng.choice([1, 6, 64])))):
        monkeypatch.setattr(conv_loops, name, value)
    monkeypatch.setattr(conv_columns, "Columns", None)            # not used
    dims, channels = 1 + trial % 2, int(rng.randint(1, 6))
    kernel, stride, dilation = rng.randint(1, 4, dims), rng.randint(1, 3, dims), rng.randint(1, 3, dims)
    padding, outs = rng.randint(0, 3, dims), channels if groups == "each" else int(rng.randint(1, 6))
    sizes = dilation * (kernel - 1) + 1 + rng.randint(0, 6, dims)
    how = {"stride": tuple(stride.tolist()), "padding": tuple(padding.tolist()),
           "dilation": tuple(dilation.tolist()), "groups": channels if groups == "each" else 1}
    x = laid(rng, (3, channels, *sizes.tolist()), np.float32, layout)
    seen = 1 if groups == "each" else channels
    weight = rng.standard_normal((outs, seen, *kernel.tolist())).astype(np.float32)
    bias = rng.standard_normal(outs).astype(np.float32) if trial % 3 else None
    g = laid(rng, convolution.op.body(x, weight, **how)[0].shape, np.float32, layout)
    compare(x, weight, bias, g, how, COLUMNS)


@pytest.fixture(params=["numba", "numpy"])
def transforms(request, monkeypatch):
    """Winograd's transforms as loops, and as NumPy has them."""
    if request.param == "numba":
        pytest.importorskip("numba")
    monkeypatch.setattr(kernels, "_found", request.param == "numba")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["channels last", "rows"])
@pytest.mark.parametrize("sizes, padding", [((4, 4), (1, 1)), ((3, 9), (0, 0)), ((6, 7), (2, 0)),
                                            ((13, 11), (1, 2)), ((1, 5), (1, 0)), ((30, 26), (1, 1))])
def test_winograd(sizes, padding, layout, dtype, transforms, monkeypatch, rng):
    monkeypatch.setattr(conv_winograd, "CACHE", int(rng.choice([1 << 10, 1 << 14, 1 << 18])))
    x = laid(rng, (3, 5, *sizes), dtype, layout)
    weight, bias = rng.standard_normal((4, 5, 3, 3)).astype(dtype), rng.standard_normal(4).astype(dtype)
    how = {**PLAIN, "padding": padding}
    g = laid(rng, convolution.op.body(x, weight, **how)[0].shape, dtype, layout)
    compare(x, weight, bias, g, how, TILES)


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf, 3e37])
def test_winograd_with_nan_and_infinities(strange, transforms, rng):
    x = laid(rng, (2, 5, 9, 8), np.float32, "rows")
    weight, how = rng.standard_normal((4, 5, 3, 3)).astype(np.float32), {**PLAIN, "padding": (1, 1)}
    g = laid(rng, (2, 4, 9, 8), np.float32, "rows")
    x[1, 2, 3, 4] = strange
    compare(x, weight, None, g, how, TILES)
    g[0, 1, 8, 0] = strange
    compare(x, weight, None, g, how, TILES)


def test_which_convolutions_go_by_tiles(transforms):
    """3 x 3 with many channels and places; not with a stride, groups, other kernels or dtypes."""
    x, weight = np.zeros((4, 32, 20, 20), np.float32), np.zeros((32, 32, 3, 3), np.float32)
    how = {**PLAIN, "padding": (1, 1)}
    fits = conv_winograd.fits_forward
    assert fits(x, weight, **how)
    assert not fits(x[:, :4], weight[:, :4], **how) and not fits(x[:1, :, :5], weight, **how)
    for change in ({"stride": (1, 2)}, {"dilation": (2, 1)}):
        assert not fits(x, weight, **{**how, **change})
    assert not fits(x, weight[:, :16], **{**how, "groups": 2}) and not fits(x, weight[..., :2], **how)
    assert not fits(x.astype(np.float16), weight.astype(np.float16), **how)
    assert conv_winograd.fits_input(x, weight, sizes=(20, 20), **how)
    assert not conv_winograd.fits_input(x, weight, sizes=(14, 14), **{**how, "padding": (4, 4)})
    assert conv_winograd.fits_weight(x, x, kernel=(3, 3), **how)


def test_which_convolutions_have_samples_innermost():
    """Few channels in large batches; what is returned lies like that in memory."""
    x, weight = np.zeros((20, 3, 9, 9), np.float32), np.zeros((6, 3, 5, 5), np.float32)
    how = {**PLAIN, "padding": (0, 0)}
    assert conv_samples.fits_forward(x, weight, **how)
    assert not conv_samples.fits_forward(x[:8], weight, **how)
    assert not conv_samples.fits_forward(x, np.zeros((20, 3, 5, 5), np.float32), **how)
    assert not conv_samples.fits_forward(x, weight[:, :1], **{**how, "groups": 3})
    y = convolution(pellucid.from_numpy(x), pellucid.from_numpy(weight), **how)
    assert y._data.strides[0] == 4 and y.stride(0) == 6 * 5 * 5    # row-major, as far as the user can see


def test_gradients_by_tiles(transforms, rng):
    """The ops choose the tiles themselves here; the gradients are those of the body on Tensors."""
    def gradients(convolve):
        x, weight, bias = (pellucid.from_numpy(a.copy()).requires_grad_() for a in arrays)
        y = convolve(x, weight, bias, padding=(1, 1), **PLAIN)
        y = y[0] if isinstance(y, tuple) else y
        (y * pellucid.from_numpy(g)).sum().backward()
        return x.grad.numpy(), weight.grad.numpy(), bias.grad.numpy()

    arrays = [rng.standard_normal(s).astype(np.float32) for s in ((4, 32, 17, 16), (32, 32, 3, 3), (32,))]
    g = rng.standard_normal((4, 32, 17, 16)).astype(np.float32)
    assert conv_winograd.fits_forward(*arrays, padding=(1, 1), **PLAIN)
    for ours, body in zip(gradients(convolution), gradients(convolution.op.body), strict=True):
        same(ours, body, np.float32, "gradient")
