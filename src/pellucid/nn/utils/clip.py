"""Gradient clipping: no step longer than wanted, whatever one bad batch says."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...tensor import OpError, Tensor, wrap


def _listed(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]


def get_total_norm(tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0,
                   error_if_nonfinite: bool = False, foreach: bool | None = None) -> Tensor:
    """The norm of all tensors, taken as one long vector.

        y = (sum |x|^p)^(1 / p)                  p = norm_type; the largest |x| for infinity
    Differs: foreach is accepted and means nothing here.
    Raises:  RuntimeError for nan or infinity with error_if_nonfinite=True.
    """
    p = float(norm_type)
    norms = [_norm(t._data, p) for t in _listed(tensors)]
    total = np.float32(0) if not norms else _norm(np.array(norms, np.result_type(*norms)), p)
    if error_if_nonfinite and not np.isfinite(total):
        raise OpError(f"get_total_norm: the norm of order {p} of the gradients is {total}, so they cannot be "
                      f"clipped; error_if_nonfinite=False scales them nevertheless")
    return wrap(np.asarray(total))


def _norm(x: np.ndarray, p: float) -> Any:
    if x.size == 0:
        return x.dtype.type(0)
    if p == 2 and x.size < 1 << 24:
        flat = x.ravel()
        square = flat @ flat
        if 1e-30 < square < 1e30:                                # else squares may have under- or overflowed
            return np.sqrt(square)
    return x.dtype.type(np.linalg.norm(x.astype(np.float64).ravel(), p))


def clip_grads_with_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor,
                          foreach: bool | None = None) -> None:
    """Scale all gradients by max_norm / (total_norm + 1e-6) if that is below 1."""
    scale = float(max_norm) / (total_norm.item() + 1e-6)
    if scale >= 1:
        return
    for grad in _gradients(parameters):
        grad.detach().mul_(scale)


def clip_grad_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
                    error_if_nonfinite: bool = False, foreach: bool | None = None) -> Tensor:
    """Scale all gradients together so that their norm is at most max_norm; returns the norm that they had.

        g <- g min(1, max_norm / (norm + 1e-6))
    Source:  Pascanu, Mikolov & Bengio 2012, "On the difficulty of training Recurrent Neural Networks",
             arXiv:1211.5063, section 3.2.
    Raises:  RuntimeError for nan or infinity with error_if_nonfinite=True.
    """
    parameters = _listed(parameters)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float,
                     foreach: bool | None = None) -> None:
    """Cut every element of every gradient off at -clip_value and clip_value."""
    for grad in _gradients(parameters):
        grad.detach().clamp_(-float(clip_value), float(clip_value))


def clip_grad_norm(parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
                   error_if_nonfinite: bool = False, foreach: bool | None = None) -> Tensor:
    """`clip_grad_norm_` under its name of old; it warns, as in PyTorch."""
    warnings.warn("clip_grad_norm is a name of old: use clip_grad_norm_", FutureWarning, stacklevel=2)
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)
