"""Layers for sequences, pictures and volumes in random configurations against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both_layers import TRIALS, layers_agree  # noqa: E402

LETTERS = {1: "1d", 2: "2d", 3: "3d"}


def some(rng, low, high, dims):
    """A number, or one for each dimension."""
    values = tuple(int(v) for v in rng.randint(low, high, dims))
    return values[0] if rng.rand() < 0.4 else values


def spread(value, dims):
    return (value,) * dims if isinstance(value, int) else value


def coin(rng, p=0.5):
    return bool(rng.rand() < p)


def batch(rng):
    return (int(rng.randint(1, 4)),) if coin(rng, 0.8) else ()


def made(name, *args, typed=True, **how):
    """The function that makes the layer; `typed`: it takes a dtype."""
    def make(nn, dtype):
        return getattr(nn, name)(*args, **how, **({"dtype": dtype} if typed else {}))
    return make


def a_convolution(rng, dims):
    groups = int(rng.choice([1, 1, 2, 3]))
    channels, outs = (groups * int(c) for c in rng.randint(1, 4, 2))
    if coin(rng, 0.2):                                           # depthwise
        groups, outs = channels, channels * int(rng.randint(1, 3))
    kernel = some(rng, 1, 4, dims)
    how = {"stride": some(rng, 1, 4, dims), "padding": some(rng, 0, 3, dims),
           "dilation": some(rng, 1, 3, dims), "groups": groups, "bias": coin(rng, 0.7)}
    if coin(rng, 0.25):
        how |= {"padding": str(rng.choice(["same", "valid"])), "stride": 1}
    pads = spread(0 if isinstance(how["padding"], str) else how["padding"], dims)
    each = zip(spread(kernel, dims), spread(how["dilation"], dims), pads, strict=True)
    sizes = tuple(max(far * (k - 1) + 1 - 2 * pad, pad + 1, 2 * far) + int(rng.randint(0, 5))
                  for k, far, pad in each)
    if coin(rng, 0.4) and max(sizes) > 2:
        how["padding_mode"] = str(rng.choice(["reflect", "replicate", "circular"]))
    return made(f"Conv{dims}d", channels, outs, kernel, **how), [(*batch(rng), channels, *sizes)]


def a_transposed_convolution(rng, dims):
    groups = int(rng.choice([1, 1, 2]))
    channels, outs = (groups * int(c) for c in rng.randint(1, 4, 2))
    kernel, stride, dilation = some(rng, 1, 4, dims), some(rng, 1, 4, dims), some(rng, 1, 3, dims)
    most = [max(pair) for pair in zip(spread(stride, dims), spread(dilation, dims), strict=True)]
    more = tuple(int(rng.randint(m)) for m in most)
    sizes = tuple(int(v) for v in rng.randint(3, 7, dims))
    return made(f"ConvTranspose{dims}d", channels, outs, kernel, stride, some(rng, 0, 2, dims), more, groups,
                coin(rng, 0.7), dilation), [(*batch(rng), channels, *sizes)]


def windows(rng, dims, dilated=False, padded=True):
    """Settings of a pooling that are possible, and the shape of its input."""
    kernel = some(rng, 1, 4, dims)
    far = some(rng, 1, 3, dims) if dilated else 1
    least = [d * (k - 1) + 1 for k, d in zip(spread(kernel, dims), spread(far, dims), strict=True)]
    sizes = tuple(low + int(rng.randint(0, 6)) for low in least)
    how = {"kernel_size": kernel, "stride": None if coin(rng, 0.3) else some(rng, 1, 4, dims),
           "ceil_mode": coin(rng)}
    if dilated:
        how["dilation"] = far
    if padded:
        how["padding"] = int(rng.randint(0, min(spread(kernel, dims)) // 2 + 1))
    return how, (*batch(rng), int(rng.randint(1, 4)), *sizes)


def a_max_pool(rng, dims):
    how, shape = windows(rng, dims, dilated=True)
    return made(f"MaxPool{dims}d", **how, return_indices=coin(rng), typed=False), [shape]


def an_average_pool(rng, dims):
    how, shape = windows(rng, dims)
    how["count_include_pad"] = coin(rng)
    if dims > 1 and coin(rng, 0.3):
        how["divisor_override"] = int(rng.randint(1, 5))
    return made(f"AvgPool{dims}d", **how, typed=False), [shape]


def an_lp_pool(rng, dims):
    how, shape = windows(rng, dims, padded=False)
    if dims == 1:
        how = {what: value[0] if isinstance(value, tuple) else value for what, value in how.items()}
    p = float(rng.choice([1, 2, 3]))
    return made(f"LPPool{dims}d", p, **how, typed=False), [np.abs(rng.standard_normal(shape)) + 0.1]


def an_adaptive_pool(rng, dims, kind):
    sizes = tuple(int(v) for v in rng.randint(1, 9, dims))
    wanted = some(rng, 1, 6, dims)
    if dims > 1 and isinstance(wanted, tuple) and coin(rng, 0.4):
        wanted = (None, *wanted[1:])
    return (made(f"Adaptive{kind}Pool{dims}d", wanted, typed=False),
            [(*batch(rng), int(rng.randint(1, 4)), *sizes)])


def a_batch_norm(rng, dims):
    channels = int(rng.randint(1, 5))
    momentum = None if coin(rng, 0.3) else float(rng.choice([0.1, 0.5]))
    how = {"eps": float(rng.choice([1e-5, 0.1])), "momentum": momentum, "affine": coin(rng, 0.7),
           "track_running_stats": coin(rng, 0.7), "bias": coin(rng, 0.7)}
    places = tuple(int(v) for v in rng.randint(1, 5, dims))
    shape = (int(rng.randint(4, 7)), channels, *(() if dims == 1 and coin(rng) else places))
    return made(f"BatchNorm{dims}d", channels, **how), [shape]


def an_instance_norm(rng, dims):
    channels = int(rng.randint(1, 5))
    how = {"eps": float(rng.choice([1e-5, 0.1])), "momentum": float(rng.choice([0.1, 0.5])),
           "affine": coin(rng), "track_running_stats": coin(rng), "bias": coin(rng, 0.7)}
    return (made(f"InstanceNorm{dims}d", channels, **how),
            [(*batch(rng), channels, *(int(v) for v in rng.randint(3, 7, dims)))])


def a_pad(rng, dims, kind):
    sizes = tuple(int(v) for v in rng.randint(4, 7, dims))
    low = -1 if kind in ("Zero", "Constant") else 0
    sides = int(rng.randint(0, 4)) if coin(rng, 0.3) else tuple(int(v) for v in rng.randint(low, 4, 2 * dims))
    more = (float(rng.randint(-2, 3)),) if kind == "Constant" else ()
    return (made(f"{kind}Pad{dims}d", sides, *more, typed=False),
            [(*batch(rng), int(rng.randint(1, 4)), *sizes)])


def by_dims(draw, name, *more, dims=(1, 2, 3)):
    """The drawings of a layer that exists in several dimensions."""
    return {name.format(n): (lambda rng, n=n: draw(rng, n, *more)) for n in dims}


def a_layer_norm(rng):
    shape = tuple(int(v) for v in rng.randint(2, 5, rng.randint(1, 5)))
    own = shape[-int(rng.randint(1, len(shape) + 1)):]
    how = {"eps": float(rng.choice([1e-5, 0.1])), "elementwise_affine": coin(rng, 0.7), "bias": coin(rng)}
    return made("LayerNorm", own[0] if len(own) == 1 and coin(rng) else own, **how), [shape]


def an_rms_norm(rng):
    shape = tuple(int(v) for v in rng.randint(2, 5, rng.randint(1, 5)))
    own = shape[-int(rng.randint(1, len(shape) + 1)):]
    how = {"eps": None if coin(rng) else 0.1, "elementwise_affine": coin(rng, 0.7)}
    return made("RMSNorm", own, **how), [shape]


def a_group_norm(rng):
    groups, each = (int(v) for v in rng.randint(1, 4, 2))
    how = {"eps": float(rng.choice([1e-5, 0.1])), "affine": coin(rng, 0.7), "bias": coin(rng)}
    places = tuple(int(v) for v in rng.randint(2, 5, rng.randint(0, 4)))
    return made("GroupNorm", groups, groups * each, **how), [(2, groups * each, *(places or (3,)))]


def a_local_norm(rng):
    places = tuple(int(v) for v in rng.randint(2, 5, rng.randint(1, 4)))
    return (made("LocalResponseNorm", int(rng.randint(1, 5)), 0.3, 0.6, 1.5, typed=False),
            [(2, int(rng.randint(1, 6)), *places)])


def an_upsampling(rng):
    dims = int(rng.randint(1, 4))
    mode = str(rng.choice([["nearest", "nearest-exact", "linear"], ["nearest", "bilinear", "bicubic"],
                           ["nearest", "trilinear"]][dims - 1]))
    how = {"mode": mode}
    if "linear" in mode or "cubic" in mode:
        how["align_corners"] = (None, False, True)[rng.randint(3)]
    if coin(rng):
        how["size"] = some(rng, 1, 9, dims)
    else:                                                        # PyTorch's gradients err in two such cases
        how["scale_factor"] = 2 if dims == 3 else float(rng.choice([0.5, 1.3, 2, 3]))
        how["recompute_scale_factor"] = True if coin(rng, 0.3) or mode == "bicubic" else None
    return made("Upsample", **how, typed=False), [(2, 2, *(int(v) for v in rng.randint(2, 7, dims)))]


def a_shuffle(rng, kind):
    r, channels = int(rng.randint(1, 4)), int(rng.randint(1, 4))
    height, width = (int(v) for v in rng.randint(1, 5, 2))
    shape = {"PixelShuffle": (*batch(rng), channels * r * r, height, width),
             "PixelUnshuffle": (*batch(rng), channels, height * r, width * r),
             "ChannelShuffle": (2, channels * r, height, width)}[kind]
    return made(kind, r, typed=False), [shape]


def an_unfolding(rng, fold):
    kernel, stride, far, pad = (some(rng, a, b, 2) for a, b in ((1, 4), (1, 3), (1, 3), (0, 2)))
    each = zip(*(spread(v, 2) for v in (kernel, stride, far, pad)), (0, 0), strict=True)
    sizes, counts = [], []
    for k, hop, d, p, _ in each:
        size = d * (k - 1) + 1 + int(rng.randint(0, 4))
        sizes.append(size)
        counts.append((size + 2 * p - d * (k - 1) - 1) // hop + 1)
    how = {"dilation": far, "padding": pad, "stride": stride}
    lead, channels = batch(rng), int(rng.randint(1, 4))
    if not fold:
        return made("Unfold", kernel, **how, typed=False), [(*lead, channels, *sizes)]
    k = spread(kernel, 2)
    return (made("Fold", tuple(sizes), kernel, **how, typed=False),
            [(*lead, channels * k[0] * k[1], counts[0] * counts[1])])


def a_dropout(rng, name, places):
    p = float(rng.choice([0.0, 0.3, 0.5, 1.0]))
    shape = tuple(int(v) for v in rng.randint(2, 6, 2 + places))
    return made(name, p, typed=False), [shape[1:] if name in ("Dropout1d", "Dropout3d") and coin(rng, 0.3)
                                        else shape]


LAYERS = {
    **by_dims(a_convolution, "Conv{}d"), **by_dims(a_transposed_convolution, "ConvTranspose{}d"),
    **by_dims(a_max_pool, "MaxPool{}d"), **by_dims(an_average_pool, "AvgPool{}d"),
    **by_dims(an_lp_pool, "LPPool{}d"), **by_dims(an_adaptive_pool, "AdaptiveAvgPool{}d", "Avg"),
    **by_dims(an_adaptive_pool, "AdaptiveMaxPool{}d", "Max"), **by_dims(a_batch_norm, "BatchNorm{}d"),
    **by_dims(an_instance_norm, "InstanceNorm{}d"), "LayerNorm": a_layer_norm, "RMSNorm": an_rms_norm,
    "GroupNorm": a_group_norm, "LocalResponseNorm": a_local_norm, "Upsample": an_upsampling,
    **{kind: (lambda rng, kind=kind: a_shuffle(rng, kind))
       for kind in ("PixelShuffle", "PixelUnshuffle", "ChannelShuffle")},
    "Unfold": lambda rng: an_unfolding(rng, False), "Fold": lambda rng: an_unfolding(rng, True),
    **by_dims(a_pad, "ZeroPad{}d", "Zero"), **by_dims(a_pad, "ConstantPad{}d", "Constant"),
    **by_dims(a_pad, "ReflectionPad{}d", "Reflection"), **by_dims(a_pad, "ReplicationPad{}d", "Replication"),
    **by_dims(a_pad, "CircularPad{}d", "Circular"),
    **{name: (lambda rng, name=name, places=places: a_dropout(rng, name, places))
       for name, places in (("Dropout", 1), ("AlphaDropout", 1), ("Dropout1d", 1), ("Dropout2d", 2),
                            ("Dropout3d", 3), ("FeatureAlphaDropout", 2))},
}


@TRIALS
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_max_unpool(dims, trials):
    """Windows that do not overlap, so that every place has one maximum."""
    for trial in trials:
        rng = np.random.RandomState(trial)
        kernel = some(rng, 1, 4, dims)
        apart = tuple(k + int(rng.randint(2)) for k in spread(kernel, dims))
        sizes = tuple(k + int(rng.randint(0, 6)) for k in spread(kernel, dims))

        def make(nn, dtype):
            pool, undo = getattr(nn, f"MaxPool{dims}d"), getattr(nn, f"MaxUnpool{dims}d")
            return nn.ModuleList([pool(kernel, apart, return_indices=True),  # noqa: B023
                                  undo(kernel, apart)])  # noqa: B023

        def run(L, layers, x):
            y, places = layers[0](x)
            return y, places, layers[1](y, places, output_size=x.shape[-dims:])
        layers_agree(make, [(*batch(rng), int(rng.randint(1, 4)), *sizes)], trial, run)


@TRIALS
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, trials):
    for trial in trials:
        seed = 1000 * list(LAYERS).index(name) + trial
        make, shapes = LAYERS[name](np.random.RandomState(seed))
        layers_agree(make, shapes, seed, rtol=2e-5 if "Transpose" in name or "LP" in name else 1e-5)
