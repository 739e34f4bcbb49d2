"""vmap: a function of one sample, applied to each of a batch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..generator import default_generator
from ..ops import stack
from ..tensor import OpError, Tensor
from .trees import leaves, rebuilt


def vmap(func: Callable, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
         chunk_size: int | None = None) -> Callable:
    """The function that applies func to each slice of its arguments, and stacks the results.

        y[i] = func(x[i])

    in_dims:    the dimension to go along for each argument (nested like them); None: the same for all slices,
                as keyword arguments always are
    out_dims:   where the new dimension is put in each result
    randomness: "error" where func draws random numbers, "different" for each slice, "same" for all
    Differs:    func really runs once for each slice, so a vmap is as slow as the loop that it stands for, and
                .item() and `if` work in func. chunk_size changes nothing. Random numbers are drawn slice by
                slice, so they are not PyTorch's.
    >>> vmap(pellucid.dot)(pellucid.ones(2, 3), pellucid.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    tensor([ 6., 15.])
    """
    if randomness not in ("error", "different", "same"):
        raise OpError(f"vmap: randomness must be 'error', 'different' or 'same', got {randomness!r}")

    @functools.wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        given, dims = leaves(args), _spread("in_dims", in_dims, args)
        count = _slices(given, dims)
        results, call = [], _Random(randomness)
        for i in range(max(count, 1)):                           # of no slice: its shapes, from zeros
            inside = (_slice(x, dim, i) for x, dim in zip(given, dims, strict=True))
            results.append(call(func, rebuilt(args, inside), kwargs))
        outputs = [leaves(result) for result in results]
        for y in outputs[0]:
            if not isinstance(y, Tensor):
                raise OpError(f"vmap: the function must return Tensors, got {type(y).__name__}")
        places = _spread("out_dims", out_dims, results[0])
        stacked = [_joined([out[k] for out in outputs[:count]], outputs[0][k], dim)
                   for k, dim in enumerate(places)]
        return rebuilt(results[0], iter(stacked))
    return mapped


def _spread(name: str, dims: Any, tree: Any) -> list:
    """One dim for each leaf of a tree; a number stands for all leaves below its place."""
    if dims is None or isinstance(dims, int):
        return [dims for _ in leaves(tree)]
    parts = list(tree.values()) if isinstance(tree, dict) else tree
    inner = [dims[key] for key in tree] if isinstance(tree, dict) and isinstance(dims, dict) else list(dims)
    if not isinstance(parts, (tuple, list)) or len(inner) != len(parts):
        raise OpError(f"vmap: {name}={dims!r} does not fit the nesting of "
                      f"{'the arguments' if name == 'in_dims' else 'the results'}")
    return [dim for part, below in zip(parts, inner, strict=True) for dim in _spread(name, below, part)]


def _slices(given: list, dims: list) -> int:
    """How many slices there are: the size that all mapped tensors share."""
    sizes = []
    for x, dim in zip(given, dims, strict=True):
        if dim is None:
            continue
        if not isinstance(x, Tensor):
            raise OpError(f"vmap: in_dims={dim} for an argument of type {type(x).__name__}, which has no "
                          "dimensions; use None")
        if not -x.ndim <= dim < x.ndim:
            raise OpError(f"vmap: in_dims={dim} for a tensor of shape {tuple(x.shape)}")
        sizes.append(x.shape[dim])
    if not sizes:
        raise OpError("vmap: no argument to go along: in_dims must name a dimension of one tensor at least")
    if len(set(sizes)) > 1:
        raise OpError(f"vmap: the tensors have different sizes along in_dims: {sizes}")
    return sizes[0]


def _slice(x: Any, dim: int | None, i: int) -> Any:
    if dim is None:
        return x
    if not x.shape[dim]:
        return x.new_zeros([size for d, size in enumerate(x.shape) if d != dim % x.ndim])
    return x.select(dim, i)


class _Random:
    """Sees to it that the random numbers of each slice are as `randomness` says."""

    def __init__(self, randomness: str) -> None:
        self.randomness, self.start = randomness, default_generator.get_state()

    def __call__(self, func: Callable, args: Any, kwargs: Any) -> Any:
        if self.randomness == "same":
            default_generator.set_state(self.start)
        result = func(*args, **kwargs)
        if self.randomness == "error" and not np.array_equal(self.start._data,
                                                             default_generator.get_state()._data):
            raise OpError("vmap: the function draws random numbers; say randomness='different' or 'same'")
        return result


def _joined(parts: list, like: Tensor, dim: int | None) -> Tensor:
    if dim is None:
        if any(part is not like and not np.array_equal(part._data, like._data) for part in parts):
            raise OpError("vmap: out_dims=None is for a result that all slices share, this one differs")
        return like
    return stack(parts, dim) if parts else like.new_zeros(
        list(like.shape)[:dim % (like.ndim + 1)] + [0] + list(like.shape)[dim % (like.ndim + 1):])
