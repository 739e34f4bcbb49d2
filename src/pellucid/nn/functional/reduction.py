"""From one loss per element to one number, and what every loss asks of its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tensor import OpError, Tensor
from .warning import warn_user

REDUCTIONS = ("none", "mean", "sum")


def chosen(reduction: str, size_average: bool | None = None, reduce: bool | None = None,
           allowed: tuple[str, ...] = REDUCTIONS) -> str:
    """The reduction that was asked for, also in PyTorch's old words size_average and reduce."""
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        warn_user(f"size_average and reduce are PyTorch's old words: write reduction='{reduction}'")
    if reduction not in allowed:
        raise ValueError(f"{reduction} is not a valid value for reduction: it must be one of "
                         + ", ".join(allowed))
    return reduction


def reduced(name: str, losses: Tensor, reduction: str, weight: Tensor | None = None) -> Tensor:
    """The losses themselves ("none"), their sum, or their mean (with weights, divided by their sum).

    Raises:  RuntimeError for the mean of no losses, where PyTorch returns nan.
    """
    if weight is not None:
        losses = losses * weight
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    not_empty(name, losses)
    return losses.mean() if weight is None else losses.sum() / np.broadcast_to(weight, losses.shape).sum()


def not_empty(name: str, losses: Tensor) -> None:
    if losses._data.size == 0:
        raise OpError(f"{name}: the batch is empty, and the mean over no elements is not defined; "
                      "reduction='sum' gives 0")


def tensors(name: str, **inputs: Any) -> None:
    """Complain about the first input that is no tensor."""
    for what, value in inputs.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: {what} must be a Tensor, got {type(value).__name__}")


def floating(name: str, **inputs: Tensor) -> None:
    """Complain about the first input that does not hold floats."""
    for what, value in inputs.items():
        if value._data.dtype.kind != "f":
            raise OpError(f"{name}: {what} must be floating, got {value.dtype}; {what}.float() converts it")


def same_shape(name: str, input: Tensor, target: Tensor) -> None:
    """Complain unless input and target have the same shape; a target of one number () fits any.

    Broadcasting (N, 1) against (N,) would compare every answer with every target.
    """
    tensors(name, input=input, target=target)
    ours, theirs = input._data.shape, target._data.shape
    if ours != theirs and theirs != ():
        raise OpError(f"{name}: input has shape {ours} and target {theirs}; they must have the same shape"
                      + _hint(ours, theirs))
    if input._data.dtype.kind != "f" and target._data.dtype.kind != "f":
        raise OpError(f"{name}: input or target must be floating, got {input.dtype} and {target.dtype}")


def fits(name: str, input: Tensor, **others: Tensor) -> None:
    """Complain about the first tensor whose shape does not broadcast to that of input."""
    tensors(name, input=input, **others)
    ours = input._data.shape
    for what, value in others.items():
        theirs = value._data.shape
        pairs = zip(theirs[::-1], ours[::-1], strict=False)
        if len(theirs) > len(ours) or any(size not in (1, wanted) for size, wanted in pairs):
            raise OpError(f"{name}: {what} of shape {theirs} does not fit input of shape {ours}"
                          + _hint(ours, theirs))


def _hint(ours: tuple, theirs: tuple) -> str:
    if ours[:-1] == theirs and ours[-1:] == (1,):
        return ": input.squeeze(-1) or target.unsqueeze(-1) makes them fit"
    if theirs[:-1] == ours and theirs[-1:] == (1,):
        return ": target.squeeze(-1) or input.unsqueeze(-1) makes them fit"
    return ""
