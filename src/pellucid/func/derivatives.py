"""Gradients and Jacobians as functions: what is differentiated is an argument, not a leaf."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..autograd import enable_grad
from ..autograd.functional import pulled
from ..op import REGISTRY
from ..ops import stack
from ..tensor import OpError, Tensor, wrap
from .trees import leaves, rebuilt


class _Call:
    """One call of a function with some of its arguments made starts of a graph of their own.

    A start is linked to the past of the argument, if that has one: so an outer derivative sees through.
    """

    def __init__(self, name: str, func: Callable, args: tuple, argnums: Any, has_aux: bool,
                 kwargs: dict | None = None) -> None:
        self.argnums = argnums
        numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise OpError(f"{name}: argnums names argument {number}, there are {len(args)}")
        self.chosen = tuple(args[number] for number in numbers)
        self.xs = tuple(map(_start, leaves(self.chosen)))
        starts = rebuilt(self.chosen, iter(self.xs))
        replaced = dict(zip((n % len(args) for n in numbers), starts, strict=True))
        result = func(*(replaced.get(i, arg) for i, arg in enumerate(args)), **(kwargs or {}))
        if has_aux and not (isinstance(result, tuple) and len(result) == 2):
            raise OpError(f"{name}: with has_aux=True the function returns two things, (output, aux), got "
                          f"{type(result).__name__}")
        self.output: Any = result[0] if has_aux else result
        self.aux: Any = result[1] if has_aux else None
        self.ys = tuple(leaves(self.output))
        for y in self.ys:
            if not isinstance(y, Tensor):
                raise OpError(f"{name}: the function must return Tensors, got {type(y).__name__}")
        self.outside = _leads_outside(self.ys, self.xs)          # must the results be differentiable again?

    def like_arguments(self, slopes: tuple) -> Any:
        """The slopes by each leaf, nested as the chosen arguments are."""
        nested = rebuilt(self.chosen, iter(slopes))
        return nested[0] if isinstance(self.argnums, int) else nested

    def settled(self, tree: Any) -> Any:
        """A result without the graph that was needed for this call alone."""
        return tree if self.outside else rebuilt(tree, iter([
            t.detach() if isinstance(t, Tensor) else t for t in leaves(tree)]))


def _start(x: Any) -> Tensor:
    if not isinstance(x, Tensor):
        raise OpError("func: expected Tensors in the arguments that are differentiated, got "
                      f"{type(x).__name__}")
    return REGISTRY["clone"].call(x) if x.requires_grad else x.detach().requires_grad_()


def _leads_outside(ys: tuple, xs: tuple) -> bool:
    """Do the outputs depend on a leaf that requires grad and is none of the starts? Then gradients go on."""
    starts, seen = {id(x) for x in xs}, set()
    stack_of_edges = [y._node or y for y in ys if y.requires_grad]
    while stack_of_edges:
        edge = stack_of_edges.pop()
        node = getattr(edge, "node", edge)
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Tensor):
            if id(node) not in starts:
                return True
        else:
            stack_of_edges += node.edges
    return False


def grad(func: Callable, argnums: Any = 0, has_aux: bool = False) -> Callable:
    """The function that computes the gradient of func, which returns one number.

        y[j] = d func(x) / dx[j]

    argnums: which argument (a number) or arguments (a tuple) the gradient is taken by
    has_aux: func returns (output, aux); then the result is (gradient, aux)
    """
    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        slopes, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes
    return gradient


def grad_and_value(func: Callable, argnums: Any = 0, has_aux: bool = False) -> Callable:
    """The function that computes the gradient of func and its value: (gradient, value), or with has_aux
    (gradient, (value, aux)).
    """
    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            call = _Call("grad", func, args, argnums, has_aux, kwargs)
            if len(call.ys) != 1 or call.output is not call.ys[0] or call.ys[0].ndim:
                raise OpError("grad: the function must return one number, a tensor without dimensions, got "
                              f"{[tuple(y.shape) for y in call.ys]}; vjp and jacrev take more")
            slopes = pulled(call.ys, call.xs, (wrap(np.ones((), call.output._data.dtype)),), call.outside,
                             False)
        value = call.settled(call.output)
        value = (value, call.settled(call.aux)) if has_aux else value
        return call.like_arguments(slopes), value
    return both


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """The value of func, and the function that multiplies a vector by its Jacobian from the left.

        y = func(x), v -> v^T J        one backward pass for each v

    Shapes:  v nested and shaped like the output -> a tuple like the primals
    """
    with enable_grad():
        call = _Call("vjp", func, primals, tuple(range(len(primals))), has_aux)

    def pull(cotangents: Any) -> Any:
        vs = tuple(leaves(cotangents))
        if [tuple(v.shape) for v in vs] != [tuple(y.shape) for y in call.ys]:
            raise OpError(f"vjp: the vectors have the shapes {[tuple(v.shape) for v in vs]}, the outputs "
                          f"{[tuple(y.shape) for y in call.ys]}")
        again = call.outside or any(v.requires_grad for v in vs)
        return call.like_arguments(pulled(call.ys, call.xs, vs, again, False))

    result = call.settled(call.output), pull
    return (*result, call.settled(call.aux)) if has_aux else result


def jvp(func: Callable, primals: tuple, tangents: tuple, *, strict: bool = False,
        has_aux: bool = False) -> tuple:
    """The value of func, and its Jacobian times the tangents: how the outputs change along them.

        y = func(x), J v        by two backward passes: u^T J is linear in u, its derivative along v is J v
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise OpError("jvp: primals and tangents must be tuples, one entry for each argument of the function")
    with enable_grad():
        call = _Call("jvp", func, primals, tuple(range(len(primals))), has_aux)
        vs = tuple(leaves(tangents))
        if [tuple(v.shape) for v in vs] != [tuple(x.shape) for x in call.xs]:
            raise OpError(f"jvp: tangents have the shapes {[tuple(v.shape) for v in vs]}, primals "
                          f"{[tuple(x.shape) for x in call.xs]}")
        again = call.outside or any(v.requires_grad for v in vs)
        pushed = rebuilt(call.output, iter(_pushed(call, [vs], again, strict)[0]))
    result = call.settled(call.output), pushed
    return (*result, call.settled(call.aux)) if has_aux else result


def _pushed(call: _Call, many: list, again: bool, strict: bool = False) -> list:
    """J v for each v of many, each a tuple of vectors, one for each start."""
    us = tuple(wrap(np.zeros_like(y._data)).requires_grad_() for y in call.ys)
    linear = pulled(call.ys, call.xs, us, True, strict)
    return [pulled(linear, us, vs, again, False) for vs in many]


def linearize(func: Callable, *primals: Any) -> tuple:
    """The value of func, and the linear function that is nearest to its change: v -> J v.

        func(x + v) = y + J v + what is small against v
    """
    with enable_grad():
        call = _Call("linearize", func, primals, tuple(range(len(primals))), False)

    def push(*tangents: Any) -> Any:
        with enable_grad():
            return rebuilt(call.output, iter(_pushed(call, [tuple(leaves(tangents))], call.outside)[0]))
    return call.settled(call.output), push


def jacrev(func: Callable, argnums: Any = 0, *, has_aux: bool = False,
           chunk_size: int | None = None) -> Callable:
    """The function that computes the Jacobian of func, row by row: one backward pass for each output element.

        y[i, j] = d func(x)[i] / dx[j]

    Shapes:  output (O...), argument (I...) -> (O..., I...), nested like the output, then like the arguments
    Differs: chunk_size changes nothing: the passes run one after the other.
    """
    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            call = _Call("jacrev", func, args, argnums, has_aux, kwargs)
            parts = []
            for y in call.ys:
                rows = [pulled((y,), call.xs, (unit,), call.outside, False) for unit in _units(y)]
                columns = tuple(_stacked([row[j] for row in rows], y.shape, x.shape, x)
                                for j, x in enumerate(call.xs))
                parts.append(call.like_arguments(columns))
        result = rebuilt(call.output, iter(parts))
        return (result, call.settled(call.aux)) if has_aux else result
    return jacobian


def jacfwd(func: Callable, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error") -> Callable:
    """The function that computes the Jacobian of func, column by column: one J v for each input element.

        y[i, j] = d func(x)[i] / dx[j]

    Cheaper than `jacrev` where there are more outputs than inputs.
    """
    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            call = _Call("jacfwd", func, args, argnums, has_aux, kwargs)
            zeros = tuple(wrap(np.zeros_like(x._data)) for x in call.xs)
            found: list[list] = [[] for _ in call.ys]            # for each output, one part for each start
            for j, x in enumerate(call.xs):
                many = [(*zeros[:j], unit, *zeros[j + 1:]) for unit in _units(x)]
                pushed = _pushed(call, many, call.outside)
                for k, y in enumerate(call.ys):
                    columns = [out[k].reshape((-1,)) for out in pushed]
                    flat = stack(columns, -1) if columns else y.new_zeros((y.numel(), 0))
                    found[k].append(flat.reshape((*y.shape, *x.shape)))
        result = rebuilt(call.output, iter([call.like_arguments(tuple(parts)) for parts in found]))
        return (result, call.settled(call.aux)) if has_aux else result
    return jacobian


def _units(x: Tensor) -> Iterator[Tensor]:
    """For each element of x the tensor that is 1 there and 0 elsewhere."""
    for place in np.ndindex(x._data.shape):
        unit = np.zeros_like(x._data)
        unit[place] = 1
        yield wrap(unit)


def _stacked(rows: list, first: tuple, last: tuple, like: Tensor) -> Tensor:
    return stack(rows).reshape((*first, *last)) if rows else like.new_zeros((*first, *last))


def hessian(func: Callable, argnums: Any = 0) -> Callable:
    """The function that computes all second derivatives of func: jacfwd(jacrev(func)).

        y[i, j] = d^2 func(x) / dx[i] dx[j]
    """
    return jacfwd(jacrev(func, argnums), argnums)
