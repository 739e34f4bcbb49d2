"""Random tensors: PyTorch's functions, and its numbers for a seed.

`generator` has the streams. Here they become tensors: `rand(2, 3)` makes a new one, `rand_like(x)` one in the
shape, dtype and memory layout of x, `x.uniform_()` overwrites x. Each takes `generator=`; without one they
share the generator that `manual_seed` seeds. No gradient flows through a draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dtypes import as_dtype, get_default_dtype
from ..generator import Generator, pick
from ..generator.choices import whole_range
from ..generator.streams import laid_out_like
from ..inplace import assign, check_writable
from ..storage import as_seen
from ..tensor import OpError, Tensor, wrap
from .create import finish
from .fill import sizes_of

ndarray = np.ndarray
__all__ = ["bernoulli", "multinomial", "normal", "rand", "rand_like", "randint", "randint_like", "randn",
           "randn_like", "randperm"]


def floating(name: str, dtype: Any) -> np.dtype:
    """The NumPy dtype asked for, the default one for None.

    Raises:  RuntimeError unless it is a floating dtype.
    """
    found = get_default_dtype() if dtype is None else as_dtype(dtype)
    if not found.is_floating_point:
        raise OpError(f"{name}: dtype must be a floating dtype, got {found}")
    return found.dtype


def finished(array: ndarray, out: Tensor | None, device: Any, requires_grad: bool) -> Tensor:
    """A leaf around freshly drawn numbers, or `out` filled with them."""
    return finish(array, device, requires_grad) if out is None else assign(out, wrap(array), "out")


def _sizes(name: str, sizes: tuple, size: Any) -> tuple[int, ...]:
    if not sizes and size is None:
        raise TypeError(f"{name}: needs sizes, as {name}(2, 3) or {name}((2, 3))")
    return sizes_of(sizes if size is None else (size,), name)


def rand(*sizes: Any, size: Any = None, generator: Generator | None = None, out: Tensor | None = None,
         dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
         pin_memory: bool = False) -> Tensor:
    """Numbers spread evenly over [0, 1).

        y = u
    Shapes: -> size, as ints or as one sequence
    """
    array = pick(generator).uniform(_sizes("rand", sizes, size), dtype=floating("rand", dtype))
    return finished(array, out, device, requires_grad)


def randn(*sizes: Any, size: Any = None, generator: Generator | None = None, out: Tensor | None = None,
          dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
          pin_memory: bool = False) -> Tensor:
    """Standard normal numbers: mean 0, variance 1.

        y = z
    Shapes: -> size, as ints or as one sequence
    """
    array = pick(generator).normal(_sizes("randn", sizes, size), dtype=floating("randn", dtype))
    return finished(array, out, device, requires_grad)


def randint(*bounds_and_size: Any, low: int = 0, high: int | None = None, size: Any = None,
            generator: Generator | None = None, out: Tensor | None = None, dtype: Any = np.int64,
            layout: Any = None, device: Any = None, requires_grad: bool = False,
            pin_memory: bool = False) -> Tensor:
    """Integers from low to high - 1, all as likely: `randint(high, size)` or `randint(low, high, size)`.

        y = low + w mod (high - low)
    Shapes: -> size
    """
    given = list(bounds_and_size)
    if len(given) + (size is not None) + (high is not None) not in (2, 3):
        raise TypeError(f"randint: takes (low,) high, size, got {len(given)} arguments, "
                        f"size={size}, high={high}")
    shape = sizes_of((given.pop() if size is None else size,), "randint")
    high = given.pop() if high is None else high
    array = pick(generator).randint(given.pop() if given else low, high, shape, as_dtype(dtype).dtype)
    return finished(array, out, device, requires_grad)


def randperm(n: int, *, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = np.int64,
             layout: Any = None, device: Any = None, requires_grad: bool = False,
             pin_memory: bool = False) -> Tensor:
    """The numbers 0 ... n-1 in random order.

        for i = 0 ... n-2:   swap y[i] and y[i + w_i mod (n - i)]
    Shapes: -> (n,)
    Source: Durstenfeld 1964, "Algorithm 235: Random permutation", CACM 7(7).
    Raises: RuntimeError when dtype cannot hold n - 1.
    """
    wanted = as_dtype(dtype).dtype
    if n - 1 > whole_range(wanted)[1]:
        raise OpError(f"randperm: {wanted} holds integers up to {whole_range(wanted)[1]}, got n={n}")
    return finished(pick(generator).permutation(n).astype(wanted, copy=False), out, device, requires_grad)


def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None, layout: Any = None,
              device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
              memory_format: Any = None) -> Tensor:
    """Numbers spread evenly over [0, 1), in the shape of input (and its dtype, unless given).

        y = u
    Shapes: input (...) -> (...)
    """
    wanted = floating("rand_like", input.dtype if dtype is None else dtype)
    array = laid_out_like(as_seen(input), lambda shape: pick(generator).uniform(shape, dtype=wanted))
    return finished(array, None, device, requires_grad)


def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None, layout: Any = None,
               device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
               memory_format: Any = None) -> Tensor:
    """Standard normal numbers, in the shape of input (and its dtype, unless given).

        y = z
    Shapes: input (...) -> (...)
    """
    wanted = floating("randn_like", input.dtype if dtype is None else dtype)
    return finished(_normal_like(as_seen(input), 0.0, 1.0, wanted, generator), None, device, requires_grad)


def randint_like(input: Tensor, *bounds: int, low: int = 0, high: int | None = None,
                 generator: Generator | None = None, dtype: Any = None, layout: Any = None,
                 device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
                 memory_format: Any = None) -> Tensor:
    """Integers from low to high - 1: `randint_like(input, high)` or `randint_like(input, low, high)`.

        y = low + w mod (high - low)
    Shapes: input (...) -> (...)
    """
    *rest, high = (*bounds,) if high is None else (*bounds, high)
    low = rest[0] if rest else low
    wanted = as_dtype(input.dtype if dtype is None else dtype).dtype
    array = laid_out_like(as_seen(input), lambda shape: pick(generator).randint(low, high, shape, wanted))
    return finished(array, None, device, requires_grad)


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None,
           out: Tensor | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
           requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """Normal numbers of a given mean and standard deviation, each a number or a tensor.

        y = mean + std z
    Shapes: mean and std broadcast to the result; two numbers need size.
    Raises: RuntimeError for a negative std.
    """
    arrays = [value._data for value in (mean, std) if isinstance(value, Tensor)]
    if not arrays:
        if size is None:
            raise TypeError("normal: needs size, because neither mean nor std is a Tensor")
        array = pick(generator).normal(sizes_of((size,), "normal"), mean, std, floating("normal", dtype))
        return finished(array, out, device, requires_grad)
    mean, std = (value._data if isinstance(value, Tensor) else value for value in (mean, std))
    if np.any(np.less(std, 0)):
        raise OpError("normal: std must not be negative anywhere")
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    z = pick(generator).normal(shape, dtype=floating("normal", arrays[0].dtype))
    z *= std
    z += mean
    return finished(z, out, device, requires_grad)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None,
              out: Tensor | None = None) -> Tensor:
    """Ones and zeros: 1 with the probability that input holds for the element, or with p for all.

        y = (u < input)
    Shapes: input (...) -> (...), in the dtype of input
    """
    if p is None:
        array = pick(generator).bernoulli_each(as_seen(input))
    else:
        dtype = input._data.dtype
        array = laid_out_like(as_seen(input), lambda shape: pick(generator).bernoulli(p, shape, dtype))
    return finished(array, out, None, False)


def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *,
                generator: Generator | None = None, out: Tensor | None = None) -> Tensor:
    """Draw categories; each row of input holds their weights, which need not sum to 1.

    With replacement, u falls into the stretch of a category on the line of cumulative weights. Without (and
    for one sample), category c arrives after an exponential time t / input[c], and the first to come count.

        y = the first num_samples categories by t / input
    Shapes: input (C,) or (N, C) -> (num_samples,) or (N, num_samples), int64
    Raises: RuntimeError for negative or infinite weights, rows of zeros, more samples than categories.
    """
    return finished(pick(generator).multinomial(as_seen(input), num_samples, replacement), out, None, False)


def _normal_like(array: ndarray, mean: float, std: float, dtype: np.dtype,
                 generator: Generator | None) -> ndarray:
    """Normal numbers laid out like `array`; PyTorch draws blocks only into memory in row-major order."""
    row_major = laid_out_like(array, np.empty).flags.c_contiguous
    return laid_out_like(array, lambda shape: pick(generator).normal(shape, mean, std, dtype, row_major))


def _overwrite(x: Tensor, name: str, draw: Callable[[tuple[int, ...]], ndarray]) -> Tensor:
    """Fill x with what `draw` makes, in the order in which its elements lie in memory."""
    check_writable(x)
    return assign(x, wrap(laid_out_like(as_seen(x), draw)), name)


def uniform_(x: Tensor, low: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Overwrite x with numbers spread evenly over [low, to)."""
    dtype = floating("uniform_", x.dtype)
    return _overwrite(x, "uniform_", lambda shape: pick(generator).uniform(shape, low, to, dtype))


def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Overwrite x with normal numbers."""
    dtype, row_major = floating("normal_", x.dtype), as_seen(x).flags.c_contiguous
    return _overwrite(x, "normal_", lambda shape: pick(generator).normal(shape, mean, std, dtype, row_major))


def log_normal_(x: Tensor, mean: float = 1.0, std: float = 2.0, *,
                generator: Generator | None = None) -> Tensor:
    """Overwrite x with exp of normal numbers of the given mean and standard deviation."""
    dtype = floating("log_normal_", x.dtype)
    return _overwrite(x, "log_normal_", lambda shape: pick(generator).log_normal(shape, mean, std, dtype))


def exponential_(x: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Overwrite x with waiting times at the rate `lambd`, whose mean is 1 / lambd."""
    dtype = floating("exponential_", x.dtype)
    return _overwrite(x, "exponential_", lambda shape: pick(generator).exponential(shape, lambd, dtype))


def cauchy_(x: Tensor, median: float = 0.0, sigma: float = 1.0, *,
            generator: Generator | None = None) -> Tensor:
    """Overwrite x with numbers of the Cauchy distribution."""
    dtype = floating("cauchy_", x.dtype)
    return _overwrite(x, "cauchy_", lambda shape: pick(generator).cauchy(shape, median, sigma, dtype))


def geometric_(x: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Overwrite x with counts of trials up to the first success, of probability p each."""
    return _overwrite(x, "geometric_", lambda shape: pick(generator).geometric(shape, p, x._data.dtype))


def random_(x: Tensor, *bounds: int | None, to: int | None = None,
            generator: Generator | None = None) -> Tensor:
    """Overwrite x with integers: `random_(to)` from 0, `random_(low, to)`, `random_()` all that x holds."""
    low, high = (None, *bounds, to)[-2:] if to is not None else (None, None, *bounds)[-2:]
    dtype = x._data.dtype
    return _overwrite(x, "random_", lambda shape: pick(generator).random(shape, dtype, low, high))


def bernoulli_(x: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Overwrite x with ones, each with the probability p, and zeros. A tensor p broadcasts to x."""
    if not isinstance(p, Tensor):
        return _overwrite(x, "bernoulli_", lambda shape: pick(generator).bernoulli(p, shape, x._data.dtype))
    check_writable(x)
    return assign(x, wrap(pick(generator).bernoulli_each(p._data, like=as_seen(x))), "bernoulli_")


for function in (uniform_, normal_, log_normal_, exponential_, cauchy_, geometric_, random_, bernoulli_,
                 bernoulli, multinomial):
    setattr(Tensor, function.__name__, function)
