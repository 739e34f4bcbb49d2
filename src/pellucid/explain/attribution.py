"""Which parts of an input an answer rests on: saliency, integrated gradients, occlusion, Grad-CAM.

Each takes a model, inputs x (N, ...) and, of the model's output (N, K), the column of each sample to explain,
and returns an array. The model is looked at in evaluation mode and left as it was.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import autograd
from ..autograd import enable_grad
from ..nn import Module
from ..nn.undisturbed import hooked, undisturbed
from ..ops import as_tensor
from ..tensor import OpError, Tensor

__all__ = ["grad_cam", "integrated_gradients", "occlusion", "saliency"]


def saliency(model: Module, x: Any, target: Any = None) -> np.ndarray:
    """The slope of the chosen output by each number of the input: where a small change changes most.

        s = d y[n, target[n]] / d x[n]
    target:  the column for each sample, or one for all; None takes the largest output of each
    Shapes:  x (N, ...), y (N, K) or (N,) -> x's shape
    Source:  Simonyan, Vedaldi & Zisserman 2013, "Deep inside convolutional networks", arXiv:1312.6034.
    Raises:  OpError for a target that the output does not have, and for an input of whole numbers.
    """
    x = _floats("saliency", x)
    with undisturbed(model):
        return _slope(model, x, _columns("saliency", model, x, target))


def integrated_gradients(model: Module, x: Any, target: Any = None, *, baseline: Any = 0.0,
                         steps: int = 50) -> np.ndarray:
    """What each number of the input adds to the chosen output, on the straight way from a baseline to x.

        a = (x - x0) * integral over t from 0 to 1 of  dy/dx at x0 + t (x - x0)
    The integral is a sum over the midpoints of `steps` equal pieces; the numbers add up to y(x) - y(x0).
    baseline:  x0, a number or an array that broadcasts to x
    Shapes:  x (N, ...), y (N, K) or (N,) -> x's shape
    Source:  Sundararajan, Taly & Yan 2017, "Axiomatic attribution for deep networks", arXiv:1703.01365.
    Raises:  OpError as saliency, and for steps below 1.
    """
    if steps < 1:
        raise OpError(f"integrated_gradients: steps must be at least 1, got {steps}")
    x = _floats("integrated_gradients", x)
    start = _fitting("integrated_gradients", "baseline", baseline, x.shape).astype(x.dtype)
    with undisturbed(model):
        columns, total = _columns("integrated_gradients", model, x, target), np.zeros(x.shape, np.float64)
        for k in range(steps):
            here = (start + (k + 0.5) / steps * (x - start)).astype(x.dtype)
            total += _slope(model, here, columns)
    return ((x - start) * total / steps).astype(x.dtype)


def occlusion(model: Module, x: Any, target: Any = None, *, window: Sequence[int] | int = 4,
              stride: Sequence[int] | int | None = None, fill: float = 0.0) -> np.ndarray:
    """How far the chosen output falls when a window of the input is covered, for each place of the window.

        d[n, i, j] = y(x[n]) - y(x[n] with rows i stride ... and columns j stride ... set to fill)
    window:  its size along the last two dimensions, through all channels; stride: by default as large
    Shapes:  x (N, C, H, W), y (N, K) or (N,) -> (N, H', W'), H' = ceil((H - window) / stride) + 1
    Source:  Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks", arXiv:1311.2901.
    Raises:  OpError as saliency, for x of another rank, and for a window that is larger than x.
    """
    x = _floats("occlusion", x)
    if x.ndim != 4:
        raise OpError(f"occlusion: x must be (N, C, H, W), got shape {x.shape}")
    size = (window, window) if isinstance(window, int) else tuple(window)
    hop = size if stride is None else (stride, stride) if isinstance(stride, int) else tuple(stride)
    if min(size + hop) < 1 or size[0] > x.shape[2] or size[1] > x.shape[3]:
        raise OpError(f"occlusion: a window of {size[0]} x {size[1]} by steps of {hop} does not fit "
                      f"pictures of {x.shape[2]} x {x.shape[3]}")
    places = [range(0, -(-(full - part) // step) * step + 1, step)
              for full, part, step in zip(x.shape[2:], size, hop, strict=True)]
    with undisturbed(model):
        columns = _columns("occlusion", model, x, target)
        before, falls = _chosen(model, x, columns), []
        for top, left in itertools.product(*places):
            covered = x.copy()
            covered[:, :, top:top + size[0], left:left + size[1]] = fill
            falls.append(before - _chosen(model, covered, columns))
    return np.stack(falls, axis=1).reshape(len(x), *map(len, places))


def grad_cam(model: Module, layer: Module, x: Any, target: Any = None) -> np.ndarray:
    """Where a convolution layer saw what speaks for the chosen output.

        w[n, c] = mean over places of d y[n, target[n]] / d a[n, c]         a: the layer's output
        m[n] = max(sum_c w[n, c] a[n, c], 0)
    Shapes:  x (N, ...), a (N, C, H, W) -> (N, H, W): of the layer's size, to be drawn over the picture
    Source:  Selvaraju, Cogswell, Das et al. 2016, "Grad-CAM", arXiv:1610.02391, eqs. 1 and 2.
    Raises:  OpError as saliency, for a layer that the model does not call or whose output has no places.
    """
    if not isinstance(layer, Module):
        raise OpError(f"grad_cam: layer must be a module of the model, as in grad_cam(model, model.conv, x), "
                      f"got {type(layer).__name__}")
    x, seen = _floats("grad_cam", x), []
    if not any(layer is module for module in model.modules()):
        raise OpError(f"grad_cam: {type(layer).__name__} is not a layer of this {type(model).__name__}")

    def keep(_layer: Module, _inputs: Any, output: Tensor) -> None:
        seen.append(output)

    with undisturbed(model):
        columns = _columns("grad_cam", model, x, target)
        with enable_grad(), hooked([layer], lambda *_: None, keep):
            y = _pick(model(as_tensor(x).requires_grad_()), columns).sum()
        if not seen:
            raise OpError("grad_cam: the model did not call this layer")
        if seen[-1].ndim != 4:
            raise OpError(f"grad_cam: the layer's output must be (N, C, H, W), got {tuple(seen[-1].shape)}")
        (slope,) = autograd.grad(y, [seen[-1]])
    weights = slope._data.mean((2, 3), keepdims=True)
    return np.maximum((weights * seen[-1]._data).sum(1), 0)


def _floats(name: str, x: Any) -> np.ndarray:
    """The inputs as an array of floats."""
    array = np.array(x._data if isinstance(x, Tensor) else x)
    if array.dtype.kind != "f":
        raise OpError(f"{name}: x must hold floats, which have slopes, got {array.dtype}; for tokens explain "
                      "the output of the embedding")
    return array.astype(np.float32) if array.dtype == np.float64 and not isinstance(x, Tensor) else array


def _columns(name: str, model: Module, x: np.ndarray, target: Any) -> np.ndarray | None:
    """The column of each sample; None where the output has but one number for each."""
    y = model(as_tensor(x))._data
    if len(y) != len(x) or y.ndim > 2:
        raise OpError(f"{name}: the model must answer (N, K) or (N,) to {len(x)} samples, got {y.shape}")
    if y.ndim == 1:
        if target is not None:
            raise OpError(f"{name}: target is for outputs (N, K), this model answers {y.shape}")
        return None
    if target is None:
        return y.argmax(1)
    columns = _fitting(name, "target", target, (len(x),))
    if columns.dtype.kind not in "iu" or columns.min() < 0 or columns.max() >= y.shape[1]:
        raise OpError(f"{name}: target must be whole numbers from 0 to {y.shape[1] - 1}, got {target}")
    return columns


def _fitting(name: str, argument: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A number or an array, repeated to a shape.

    Raises:  OpError for one that does not broadcast to it.
    """
    array = np.asarray(value._data if isinstance(value, Tensor) else value)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise OpError(f"{name}: {argument} must be one number or broadcast to {shape}, "
                      f"got {array.shape}") from None


def _pick(y: Tensor, columns: np.ndarray | None) -> Tensor:
    return y if columns is None else y[np.arange(len(columns)), columns]


def _chosen(model: Module, x: np.ndarray, columns: np.ndarray | None) -> np.ndarray:
    return _pick(model(as_tensor(x)), columns)._data


def _slope(model: Module, x: np.ndarray, columns: np.ndarray | None) -> np.ndarray:
    with enable_grad():
        inputs = as_tensor(x).requires_grad_()
        (slope,) = autograd.grad(_pick(model(inputs), columns).sum(), [inputs])
    return slope._data
