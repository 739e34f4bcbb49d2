"""Losses for numbers: how far an answer is from a wanted number, or how likely that number was."""

from __future__ import annotations

import math

import numpy as np

from ... import autograd
from ...ops import loss as ops
from ...tensor import OpError, Tensor, wrap
from .reduction import chosen, fits, floating, reduced, same_shape


def mse_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
             reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """Mean squared error.

        l = (input - target)^2             y = mean l, sum l, or l
        with weight w: y = sum w l / sum w for the mean
    Shapes:  input (...), target the same or () -> (), or (...) for reduction="none"
    Differs: shapes that are not equal raise; PyTorch warns and broadcasts. An empty batch raises for "mean";
             PyTorch gives nan.
    Raises:  RuntimeError as told.
    """
    reduction = chosen(reduction, size_average, reduce)
    same_shape("mse_loss", input, target)
    return reduced("mse_loss", ops.squared_error(input, target), reduction, weight)


def l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
            reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """Mean absolute error.

        l = |input - target|               y = mean l, sum l, or l
        with weight w: y = sum w l / sum w for the mean
    Shapes:  input (...), target the same or () -> (), or (...) for reduction="none"
    Differs: as mse_loss.
    """
    reduction = chosen(reduction, size_average, reduce)
    same_shape("l1_loss", input, target)
    return reduced("l1_loss", ops.absolute_error(input, target), reduction, weight)


def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
               weight: Tensor | None = None) -> Tensor:
    """Squared error for small differences, absolute error for large ones: outliers pull less.

        l = d^2 / 2                        where |d| <= delta, with d = input - target
        l = delta (|d| - delta / 2)        elsewhere
    weight multiplies each l; the mean is still divided by the number of elements, as in PyTorch.

    Shapes:  input (...), target the same or () -> (), or (...) for reduction="none"
    Source:  Huber 1964, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35.
    Differs: as mse_loss.
    """
    reduction = chosen(reduction)
    same_shape("huber_loss", input, target)
    if not delta > 0:
        raise OpError(f"huber_loss: delta must be positive, got {delta}")
    losses = ops.huber_error(input, target, delta=delta)
    return reduced("huber_loss", losses if weight is None else losses * weight, reduction)


def smooth_l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None,
                   reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Absolute error, rounded off where the difference is below beta; Huber's loss divided by beta.

        l = d^2 / (2 beta)                 where |d| < beta, with d = input - target
        l = |d| - beta / 2                 elsewhere
    Shapes:  input (...), target the same or () -> (), or (...) for reduction="none"
    Source:  Girshick 2015, "Fast R-CNN", arXiv:1504.08083, eq. 3, for beta = 1.
    Differs: as mse_loss.
    """
    reduction = chosen(reduction, size_average, reduce)
    same_shape("smooth_l1_loss", input, target)
    if beta < 0:
        raise OpError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    losses = ops.huber_error(input, target, delta=beta) / beta if beta else ops.absolute_error(input, target)
    return reduced("smooth_l1_loss", losses, reduction)


def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor | float, full: bool = False,
                      eps: float = 1e-6, reduction: str = "mean") -> Tensor:
    """Surprise at target under a normal distribution with mean input and variance var.

        v = max(var, eps)
        l = (ln v + (input - target)^2 / v) / 2 + (ln(2 pi) / 2 if full)
    The gradient of var is that at v.

    Shapes:  input (...), target broadcasts to it; var the same, without the last dimension, or with 1 there
    Source:  Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".
    Raises:  ValueError for a negative var or one of another shape.
    """
    reduction = chosen(reduction)
    fits("gaussian_nll_loss", input, target=target)
    floating("gaussian_nll_loss", input=input)
    v = _spread(var, input)
    if (v._data < 0).any():
        raise OpError(f"gaussian_nll_loss: var must not be negative, the smallest is {v._data.min():g}")
    with autograd.no_grad():
        lift = v.clamp(min=eps) - v
    v = v + lift
    losses = (v.log() + ops.squared_error(input, target) / v) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced("gaussian_nll_loss", losses, reduction)


def _spread(var: Tensor | float, input: Tensor) -> Tensor:
    """The variance as a tensor that broadcasts to input."""
    if not isinstance(var, Tensor):
        if var < 0:
            raise OpError(f"gaussian_nll_loss: var must not be negative, got {var}")
        return wrap(np.full_like(input._data, var))
    shape, ours = var._data.shape, input._data.shape
    if shape == ours[:-1] and shape != ours:
        return var.unsqueeze(-1)
    if shape != ours and not (shape[:-1] == ours[:-1] and shape[-1:] == (1,)):
        raise OpError(f"gaussian_nll_loss: var of shape {shape} does not fit input of shape {ours}: it must "
                      f"be the same, without the last dimension, or with 1 there")
    return var


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
                     size_average: bool | None = None, eps: float = 1e-8, reduce: bool | None = None,
                     reduction: str = "mean") -> Tensor:
    """Surprise at the count target under a Poisson distribution whose logarithm of the mean is input.

        l = e^input - target input                       log_input=True
        l = input - target ln(input + eps)               log_input=False: input is the mean itself
    full adds Stirling's approximation of ln(target!) where target > 1:
        t ln t - t + ln(2 pi t) / 2
    Shapes:  input (...), target broadcasts to it -> (), or (...) for reduction="none"
    """
    reduction = chosen(reduction, size_average, reduce)
    fits("poisson_nll_loss", input, target=target)
    floating("poisson_nll_loss", input=input)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        above = target > 1
        t = target.masked_fill(~above, 1)
        stirling = t * t.log() - t + 0.5 * (2 * math.pi * t).log()
        losses = losses + stirling.masked_fill(~above, 0)
    return reduced("poisson_nll_loss", losses, reduction)
