"""Derivatives of functions as wholes: Jacobian and Hessian matrices, and their products with vectors.

A worked example: f(x) = (x_1^2 x_2, 5 x_1) at x = (3, 2).

    Jacobian     J[i, j] = df_i / dx_j = [[2 x_1 x_2, x_1^2], [5, 0]] = [[12, 9], [5, 0]]
    v^T J        for v = (1, 1): (12 + 5, 9 + 0) = (17, 9)      one backward pass: `vjp`
    J v          for v = (1, 1): (12 + 9, 5 + 0) = (21, 5)      two backward passes: `jvp`

>>> from pellucid import tensor
>>> def f(x):
...     return pellucid.stack([x[0] ** 2 * x[1], 5 * x[0]])
>>> jacobian(f, tensor([3.0, 2.0]))
tensor([[12.,  9.],
        [ 5.,  0.]])
>>> vjp(f, tensor([3.0, 2.0]), tensor([1.0, 1.0]))[1], jvp(f, tensor([3.0, 2.0]), tensor([1.0, 1.0]))[1]
(tensor([17.,  9.]), tensor([21.,  5.]))

A backward pass gives v^T J, so a Jacobian takes one for each element of the output. J v comes by a trick:
v^T J is linear in v, and its derivative by v, in the direction of another vector, is J times that one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op import REGISTRY
from ..tensor import OpError, Tensor, wrap
from . import enable_grad, grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def jacobian(func: Callable, inputs: Any, create_graph: bool = False, strict: bool = False,
             vectorize: bool = False, strategy: str = "reverse-mode") -> Any:
    """The Jacobian matrix of a function: every output's derivative by every input.

        y[i, j] = d func(x)[i] / dx[j]

    create_graph: the result can be differentiated again
    strict:       an output that does not depend on an input is an error, not zeros
    Shapes:  func(x) (O...), x (I...) -> (O..., I...); a tuple for several inputs, of tuples for several
             outputs
    Differs: vectorize changes nothing: one backward pass for each element of the output.
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise OpError(f"jacobian: strategy must be 'reverse-mode' or 'forward-mode', got {strategy!r}")
    if strategy == "forward-mode" and (create_graph or not vectorize):
        raise NotImplementedError("jacobian: strategy='forward-mode' wants vectorize=True, no create_graph")
    with enable_grad():
        one_input, xs = _inputs("jacobian", inputs, create_graph)
        one_output, ys = _outputs("jacobian", func(*xs))
        rows = tuple(_rows(y, k, xs, create_graph, strict) for k, y in enumerate(ys))
    rows = tuple(row[0] for row in rows) if one_input else rows
    return rows[0] if one_output else rows


def _rows(y: Tensor, k: int, xs: tuple, create_graph: bool, strict: bool) -> tuple:
    """For each input, the slopes of output k."""
    if not y.requires_grad:
        if strict:
            raise OpError(f"strict: output {k} is not computed from the inputs in a way that has a gradient")
        return tuple(_zeros(y, x) for x in xs)
    found = [grad(part, xs, retain_graph=True, create_graph=create_graph, allow_unused=True)
             for part in y.reshape((-1,))]
    columns = []
    for j, x in enumerate(xs):
        parts = [row[j] for row in found]
        if strict and any(part is None for part in parts):
            raise OpError(f"strict: output {k} of the function is independent of input {j}")
        if strict and create_graph and not any(part.requires_grad for part in parts):
            raise OpError(f"strict: the Jacobian of the function is independent of input {j}")
        if not parts or all(part is None for part in parts):
            columns.append(_zeros(y, x))
            continue
        parts = [_zeros(wrap(np.zeros((), y._data.dtype)), x) if part is None else part for part in parts]
        columns.append(REGISTRY["stack_along"].call(*parts, dim=0).reshape((*y.shape, *x.shape)))
    return tuple(columns)


def _zeros(y: Tensor, x: Tensor) -> Tensor:
    return wrap(np.zeros((*y._data.shape, *x._data.shape), x._data.dtype))


def hessian(func: Callable, inputs: Any, create_graph: bool = False, strict: bool = False,
            vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode") -> Any:
    """The Hessian matrix of a function with one number as its result: all second derivatives.

        y[i, j] = d^2 func(x) / dx[i] dx[j]        the Jacobian of the gradient

    Shapes:  x (I...) -> (I..., I...); a tuple of tuples for several inputs
    >>> hessian(lambda x: x[0] ** 2 * x[1], pellucid.tensor([3.0, 2.0]))
    tensor([[4., 6.],
            [6., 0.]])
    """
    one_input = isinstance(inputs, Tensor)

    def gradient(*xs: Tensor) -> Any:
        _, ys = _outputs("hessian", func(*xs))
        _one_number("hessian", ys)
        slopes = _slopes(ys[0], xs, strict)
        return slopes[0] if one_input else slopes

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def _slopes(y: Tensor, xs: tuple, strict: bool) -> tuple:
    """The gradient of a number by each input, to be differentiated again; zeros where there is none."""
    found = grad(y, xs, create_graph=True, allow_unused=True) if y.requires_grad else [None] * len(xs)
    for j, slope in enumerate(found):
        if strict and (slope is None or not slope.requires_grad):
            raise OpError(f"strict: the gradient of the function by input {j} is "
                          f"{'not there' if slope is None else 'independent of the inputs'}")
    return tuple(wrap(np.zeros_like(x._data)) if slope is None else slope
                 for slope, x in zip(found, xs, strict=True))


def vjp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """The function's value, and a vector times its Jacobian: what one backward pass computes.

        y = func(x), v^T J        (v^T J)[j] = sum_i v[i] d func(x)[i] / dx[j]

    v:  one for each output, of its shape; 1 if left away where the function has one number as its result
    """
    with enable_grad():
        one_input, xs = _inputs("vjp", inputs, create_graph)
        one_output, ys = _outputs("vjp", func(*xs))
        vs = _vectors("vjp", v, ys, "output")
        slopes = pulled(ys, xs, vs, create_graph, strict)
    return _told(ys, one_output, create_graph), slopes[0] if one_input else slopes


def pulled(ys: tuple, xs: tuple, vs: tuple, create_graph: bool, strict: bool) -> tuple:
    """v^T J for each input; zeros (an error if strict) where there is no way from it to the outputs."""
    ways = [(y, v) for y, v in zip(ys, vs, strict=True) if y.requires_grad]
    if strict and len(ways) < len(ys):
        raise OpError("strict: an output is not computed from the inputs in a way that has a gradient")
    found: Any = [None] * len(xs)
    if ways:
        found = grad([y for y, _ in ways], xs, [v for _, v in ways], retain_graph=True,
                     create_graph=create_graph, allow_unused=True)
    for j, slope in enumerate(found):
        if strict and slope is None:
            raise OpError(f"strict: the output of the function is independent of input {j}")
    return tuple(wrap(np.zeros_like(x._data)) if slope is None else slope
                 for slope, x in zip(found, xs, strict=True))


def jvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """The function's value, and its Jacobian times a vector: how the outputs change along v.

        y = func(x), J v        (J v)[i] = sum_j d func(x)[i] / dx[j] v[j]

    By the trick above: u^T J for u = 0 is linear in u; its derivative by u along v is J v.

    v:  one for each input, of its shape; 1 if left away where there is one input of one number
    """
    with enable_grad():
        _, xs = _inputs("jvp", inputs, create_graph)
        one_output, ys = _outputs("jvp", func(*xs))
        vs = _vectors("jvp", v, xs, "input")
        us = tuple(wrap(np.zeros_like(y._data)).requires_grad_() for y in ys)
        linear = pulled(ys, xs, us, True, strict)
        pushed = pulled(linear, us, vs, create_graph, False)
    return _told(ys, one_output, create_graph), pushed[0] if one_output else pushed


def vhp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """The value of a function, one number, and a vector times its Hessian, which is never built.

        y = func(x), v^T H        the gradient of (v . the gradient of func): two backward passes
    """
    with enable_grad():
        one_input, xs = _inputs("vhp", inputs, create_graph)
        one_output, ys = _outputs("vhp", func(*xs))
        _one_number("vhp", ys)
        vs = _vectors("vhp", v, xs, "input")
        products = pulled(_slopes(ys[0], xs, strict), xs, vs, create_graph, strict)
    return _told(ys, one_output, create_graph), products[0] if one_input else products


def hvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """The value of a function, one number, and its Hessian times a vector.

        y = func(x), H v        equal to v^T H, because second derivatives do not depend on their order
    """
    return vhp(func, inputs, v, create_graph, strict)


def _inputs(name: str, inputs: Any, create_graph: bool) -> tuple[bool, tuple]:
    """Is there one input alone, and the inputs as starts of a graph, linked to their past if create_graph."""
    one = isinstance(inputs, Tensor)
    given = (inputs,) if one else tuple(inputs) if isinstance(inputs, (tuple, list)) else None
    if given is None or not all(isinstance(x, Tensor) for x in given):
        raise TypeError(f"{name}: inputs must be a Tensor or a tuple of Tensors, got {type(inputs).__name__}")
    return one, tuple(REGISTRY["clone"].call(x) if create_graph and x.requires_grad else
                      x.detach().requires_grad_() for x in given)


def _outputs(name: str, outputs: Any) -> tuple[bool, tuple]:
    one = isinstance(outputs, Tensor)
    found = (outputs,) if one else tuple(outputs) if isinstance(outputs, (tuple, list)) else None
    if found is None or not all(isinstance(y, Tensor) for y in found):
        raise TypeError(f"{name}: the function must return a Tensor or a tuple of Tensors, got "
                        f"{type(outputs).__name__}")
    return one, found


def _one_number(name: str, ys: tuple) -> None:
    if len(ys) != 1 or ys[0]._data.size != 1:
        raise OpError(f"{name}: the function must return one number, got "
                      f"{[tuple(y._data.shape) for y in ys]}")


def _vectors(name: str, v: Any, like: tuple, what: str) -> tuple:
    """The vectors v, checked: one for each of the tensors that they go with."""
    if v is None:
        if len(like) != 1 or like[0]._data.size != 1:
            raise OpError(f"{name}: v can be left away only where there is one {what} of one number")
        return (wrap(np.ones_like(like[0]._data)),)
    vs = (v,) if isinstance(v, Tensor) else tuple(v)
    if [tuple(u.shape) for u in vs] != [tuple(t.shape) for t in like]:
        raise OpError(f"{name}: v has the shapes {[tuple(u.shape) for u in vs]}, the {what}s "
                      f"{[tuple(t.shape) for t in like]}")
    return vs


def _told(ys: tuple, one: bool, create_graph: bool) -> Any:
    """The outputs as they came, outside the graph unless it was asked for."""
    ys = ys if create_graph else tuple(y.detach() for y in ys)
    return ys[0] if one else ys
