"""Is a gradient right? Compare it with differences: (f(x + eps) - f(x - eps)) / (2 eps), entry by entry.

A worked example: f(x) = x^3 at x = 2 has the slope 12. With eps = 10^-6 the quotient is
(8.000012000006 - 7.999988000006) / 0.000002 = 12.0000000; float64 keeps 15 digits of f, so 9 of them are
right. In float32, with 7 digits, not one would be: hence the warning for inputs that are not float64.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..tensor import Tensor, wrap
from . import grad

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """A gradient differs from the differences; the message names the entry and both values."""


def gradcheck(func: Callable, inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
              raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
              check_grad_dtypes: bool = False, check_batched_grad: bool = False,
              check_batched_forward_grad: bool = False, check_forward_ad: bool = False,
              check_backward_ad: bool = True, fast_mode: bool = False, masked: bool | None = None) -> bool:
    """Compare the gradients of a function with differences; True where all agree.

        |analytic - numeric| <= atol + rtol |numeric|        for each entry of each input and each output

    inputs:     tensors and whatever else func takes; those that require grad are checked, float64 is needed
    nondet_tol: by how much two backward passes may differ
    fast_mode:  check one random direction in place of every entry
    Raises:     GradcheckError naming input, entry, output and both values (False with raise_exception=False);
                ValueError where no input requires grad; NotImplementedError for forward mode and batches.
    >>> x = tensor([1.0, 2.0], dtype=float64, requires_grad=True)
    >>> gradcheck(lambda x: x.exp().sum(), x)
    True
    """
    for name, asked in (("check_batched_grad", check_batched_grad), ("check_forward_ad", check_forward_ad),
                        ("check_batched_forward_grad", check_batched_forward_grad)):
        if asked:
            raise NotImplementedError(f"gradcheck: {name}=True: derivatives go backward here, one at a time")
    if not check_backward_ad:
        raise AssertionError("gradcheck: with check_backward_ad=False there is nothing to check")
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    check = _Check(func, given, eps, atol, rtol)
    try:
        check.outputs_without_gradient()
        for k in range(len(check.outputs)):
            if fast_mode:
                check.one_direction(k)
            else:
                check.every_entry(k, nondet_tol, check_grad_dtypes)
        if check_undefined_grad:
            check.zero_gives_zero()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


class _Check:
    """One function at one place: its outputs, their gradients, and the differences."""

    def __init__(self, func: Callable, given: tuple, eps: float, atol: float, rtol: float) -> None:
        self.func, self.given, self.eps, self.atol, self.rtol = func, given, eps, atol, rtol
        self.chosen = [i for i, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]
        if not self.chosen:
            raise ValueError("gradcheck: at least one input must require grad, none does")
        for i in self.chosen:
            if given[i].dtype.itemsize < 8:
                warnings.warn(f"gradcheck: input {i} is {given[i].dtype}; differences need float64",
                              stacklevel=3)
        self.inputs = [given[i] for i in self.chosen]
        outputs = self._called(given)
        self.places = [k for k, y in enumerate(outputs) if y.requires_grad and y.dtype.kind == "f"]
        self.constant = [k for k, y in enumerate(outputs) if not y.requires_grad and y.dtype.kind == "f"]
        self.outputs = [outputs[k] for k in self.places]

    def _called(self, given: tuple) -> tuple:
        y = self.func(*given)
        ys = (y,) if isinstance(y, Tensor) else tuple(y) if isinstance(y, (tuple, list)) else (y,)
        for k, part in enumerate(ys):
            if not isinstance(part, Tensor):
                raise TypeError(f"gradcheck: output {k} of the function is {type(part).__name__}, "
                                "not a Tensor")
        return ys

    def at(self, i: int, array: np.ndarray, k: int) -> np.ndarray:
        """Output k with `array` in the place of input i."""
        moved = wrap(array).requires_grad_()
        return np.asarray(self._called((*self.given[:i], moved, *self.given[i + 1:]))[k]._data, np.float64)

    def differences(self, i: int, k: int) -> Iterator[tuple]:
        """For each entry of input i: its place, and by how much output k changes per change of it."""
        x = self.given[i]._data
        for place in np.ndindex(x.shape):
            near = []
            for step in (self.eps, -self.eps):
                moved = np.array(x)
                moved[place] += step
                near.append(self.at(i, moved, k))
            yield place, (near[0] - near[1]) / (2 * self.eps)

    def gradient(self, k: int, g: np.ndarray) -> list[np.ndarray]:
        """Each input's gradient of the sum of output k times g."""
        y = self.outputs[k]
        found = grad(y, self.inputs, wrap(g), retain_graph=True, allow_unused=True)
        return [np.zeros_like(x._data) if f is None else f._data
                for f, x in zip(found, self.inputs, strict=True)]

    def jacobian(self, k: int) -> list[np.ndarray]:
        """For each input the slopes of output k: (its shape, the input's shape)."""
        shape, dtype = self.outputs[k]._data.shape, self.outputs[k]._data.dtype
        rows = []
        for place in np.ndindex(shape):
            g = np.zeros(shape, dtype)
            g[place] = 1
            rows.append(self.gradient(k, g))
        return [np.reshape([row[j] for row in rows], (*shape, *x._data.shape))
                for j, x in enumerate(self.inputs)]

    def every_entry(self, k: int, nondet_tol: float, dtypes: bool) -> None:
        """Compare every slope of output k with its difference."""
        slopes, again = self.jacobian(k), self.jacobian(k)
        for j, (i, slope) in enumerate(zip(self.chosen, slopes, strict=True)):
            if not np.allclose(slope, again[j], 0, nondet_tol, equal_nan=True):
                raise GradcheckError(f"gradcheck: two backward passes give different gradients of input {i}, "
                                     f"by up to {np.max(np.abs(slope - again[j])):.3g} "
                                     f"(nondet_tol={nondet_tol:g})")
            if dtypes and slope.dtype != self.given[i]._data.dtype:
                raise GradcheckError(f"gradcheck: input {i} is {self.given[i].dtype}, its gradient "
                                     f"{slope.dtype}")
            for place, numeric in self.differences(i, self.places[k]):
                at_place: tuple = (..., *place)
                self._compare(slope[at_place], numeric, i, place, k)

    def _compare(self, analytic: np.ndarray, numeric: np.ndarray, i: int, place: tuple, k: int) -> None:
        wrong = ~np.isclose(analytic, numeric, self.rtol, self.atol, equal_nan=True)
        if wrong.any():
            where = tuple(int(n) for n in np.argwhere(wrong)[0])
            raise GradcheckError(
                f"gradcheck: input {i}, entry {place}: the gradient of output {self.places[k]}, entry "
                f"{where}, is {analytic[where]:.8g} by the backward pass and {numeric[where]:.8g} by "
                f"differences (atol={self.atol:g}, rtol={self.rtol:g})")

    def one_direction(self, k: int) -> None:
        """Compare the slope of (output k) . v along a direction u of each input, for random u and v."""
        rng = np.random.RandomState(0)
        v = rng.standard_normal(self.outputs[k]._data.shape).astype(self.outputs[k]._data.dtype)
        for i, slope in zip(self.chosen, self.gradient(k, v), strict=True):
            x = self.given[i]._data
            u = rng.standard_normal(x.shape).astype(x.dtype)
            u /= max(float(np.linalg.norm(u)), 1e-12)
            near = [self.at(i, x + x.dtype.type(step) * u, self.places[k]) for step in (self.eps, -self.eps)]
            numeric = np.sum((near[0] - near[1]) * v) / (2 * self.eps)
            analytic = np.sum(slope * u)
            if not np.isclose(analytic, numeric, self.rtol, self.atol):
                raise GradcheckError(f"gradcheck: input {i}, a random direction: the slope of output "
                                     f"{self.places[k]} is {analytic:.8g} by the backward pass and "
                                     f"{numeric:.8g} by differences; fast_mode=False names the entry")

    def outputs_without_gradient(self) -> None:
        """An output that no gradient comes from must not change with the inputs."""
        for k in self.constant:
            for i in self.chosen:
                for place, numeric in self.differences(i, k):
                    if not np.allclose(numeric, 0, 0, self.atol):
                        raise GradcheckError(f"gradcheck: output {k} does not require grad, but changes with "
                                             f"input {i}, entry {place}: by {np.max(np.abs(numeric)):.8g}")

    def zero_gives_zero(self) -> None:
        """A rule that adds something to g, and does not multiply it, gives more than 0 for g = 0."""
        for k, y in enumerate(self.outputs):
            for i, slope in zip(self.chosen, self.gradient(k, np.zeros_like(y._data)), strict=True):
                if np.any(slope):
                    raise GradcheckError(f"gradcheck: a gradient of 0 at output {self.places[k]} gives one "
                                         f"at input {i} that is not: the backward pass must multiply by it")


def gradgradcheck(func: Callable, inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6,
                  atol: float = 1e-5, rtol: float = 1e-3, gen_non_contig_grad_outputs: bool = False,
                  raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
                  check_grad_dtypes: bool = False, check_batched_grad: bool = False,
                  check_fwd_over_rev: bool = False, check_rev_over_rev: bool = True, fast_mode: bool = False,
                  masked: bool = False) -> bool:
    """Compare the gradients of a function's gradients with differences: are its second derivatives right?

    The gradients of func, for given (else random) gradients of its outputs, are themselves a function of the
    inputs and of those; gradcheck checks that function, with the same options.

    >>> gradgradcheck(lambda x: x ** 3, tensor([1.0, 2.0], dtype=float64, requires_grad=True))
    True
    """
    if check_fwd_over_rev or not check_rev_over_rev:
        raise NotImplementedError("gradgradcheck: derivatives go backward here, twice")
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    outputs = func(*given)
    outputs = [y for y in ((outputs,) if isinstance(outputs, Tensor) else outputs) if y.requires_grad]
    if grad_outputs is None:
        rng = np.random.RandomState(0)
        made = [rng.standard_normal(y._data.shape).astype(y._data.dtype) for y in outputs]
        if gen_non_contig_grad_outputs:
            made = [np.stack((a, a), -1)[..., 0] for a in made]
        grad_outputs = tuple(wrap(a).requires_grad_() for a in made)
    gradients = (grad_outputs,) if isinstance(grad_outputs, Tensor) else tuple(grad_outputs)

    def slopes(*both: Any) -> tuple:
        xs, gs = both[:len(given)], both[len(given):]
        y = func(*xs)
        ys = [part for part in ((y,) if isinstance(y, Tensor) else y) if part.requires_grad]
        chosen = [x for x in xs if isinstance(x, Tensor) and x.requires_grad]
        return tuple(g for g in grad(ys, chosen, gs, create_graph=True, allow_unused=True) if g is not None)

    return gradcheck(slopes, (*given, *gradients), eps=eps, atol=atol, rtol=rtol,
                     raise_exception=raise_exception, nondet_tol=nondet_tol,
                     check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
                     check_batched_grad=check_batched_grad, fast_mode=fast_mode, masked=masked)
