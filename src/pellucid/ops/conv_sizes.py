"""Sizes of windows: what was asked for, spelled out for every dimension, and refused where it cannot be."""

from __future__ import annotations

from typing import Any

from ..tensor import OpError, Tensor


def spelled_out(name: str, what: str, value: Any, dims: int, low: int = 0) -> tuple[int, ...]:
    """A number, or a sequence of one number per dimension, as a tuple of ints that are `low` or more."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(given) == 1:
        given *= dims
    if len(given) != dims or not all(hasattr(v, "__index__") and not isinstance(v, bool) for v in given):
        raise OpError(f"{name}: {what} must be a whole number, or {dims} of them, got {value!r}")
    numbers = tuple(v.__index__() for v in given)
    if min(numbers) < low:
        raise OpError(f"{name}: {what} must be {low} or more, got {value!r}")
    return numbers


def window_size(name: str, dim: int, size: int, kernel: int, stride: int, padding: int, dilation: int,
                ceil: bool = False) -> int:
    """The number of places of a window along dimension `dim`; refused, with the sum shown, unless 1 or more.

        (size + 2 padding - dilation (kernel - 1) - 1) // stride + 1

    ceil: round the division up; a window that would start beyond the padded input does not count.
    """
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    places = (-(-room // stride) if ceil else room // stride) + 1
    if ceil and (places - 1) * stride >= size + padding:
        places -= 1
    if places < 1 or (room < 0 and not ceil):
        raise OpError(f"{name}: a kernel of size {kernel} does not fit into dim {dim} of size {size}: "
                      f"({size} + 2*{padding} - {dilation}*({kernel}-1) - 1) // {stride} + 1 = "
                      f"{room // stride + 1}")
    return places


def batched(name: str, x: Tensor, dims: int, channels: str = "C") -> tuple[Tensor, bool]:
    """x as (N, C, ...) with `dims` further dimensions, and whether it came without N."""
    if x.ndim not in (dims + 1, dims + 2):
        places = ", ".join("DHW"[3 - dims:]) if dims > 1 else "L"
        raise OpError(f"{name}: expects input (N, {channels}, {places}) or ({channels}, {places}), got shape "
                      f"{tuple(x.shape)}")
    return (x, False) if x.ndim == dims + 2 else (x.unsqueeze(0), True)


def check_weight(name: str, x: Tensor, weight: Tensor, bias: Tensor | None, groups: int, dims: int,
                 transposed: bool = False) -> None:
    """Refuse weights that do not fit x (N, C, ...), and groups that do not divide the channels."""
    shape = tuple(weight.shape)
    if len(shape) != dims + 2 or min(shape[2:]) < 1:
        raise OpError(f"{name}: weight must have {dims + 2} dimensions, {dims} of them of the kernel, got "
                      f"shape {shape}")
    if groups < 1 or shape[0] % groups:
        raise OpError(f"{name}: groups={groups} must divide the {shape[0]} {'in' if transposed else 'out'}"
                      f"put channels, dim 0 of weight {shape}")
    wanted = shape[0] if transposed else shape[1] * groups
    if x.shape[1] != wanted:
        sum_ = "" if transposed or groups == 1 else f" = {shape[1]}*{groups} (groups)"
        raise OpError(f"{name}: input {tuple(x.shape)} has {x.shape[1]} channels, weight {shape} wants "
                      f"{wanted}{sum_}")
    outs = shape[1] * groups if transposed else shape[0]
    if bias is not None and tuple(bias.shape) != (outs,):
        raise OpError(f"{name}: bias must have shape ({outs},), one per output channel of weight {shape}, "
                      f"got {tuple(bias.shape)}")
    dtypes = {t._data.dtype.name for t in (x, weight, bias) if t is not None}
    if len(dtypes) > 1:
        raise OpError(f"{name}: input, weight and bias must have one dtype, got "
                      f"{' and '.join(sorted(dtypes))}; convert with .to()")
