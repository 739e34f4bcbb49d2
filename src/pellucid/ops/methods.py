"""Which functions are methods of Tensor too, and Python's operators on tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import Tensor
from . import (
    activation,
    arithmetic,
    bitwise,
    blend,
    bounds,
    compare,
    diagonal,
    distance,
    elementwise,
    exponential,
    extremes,
    gamma,
    gates,
    inverses,
    join,
    linalg,
    order,
    products,
    quantiles,
    reduce,
    scan,
    shape,
    softmax,
    sort,
    special,
    spectra,
    statistics,
    trigonometry,
    windows,
)
from .dims import takes_sizes


def add_methods(module: object, names: str) -> None:
    """Make the functions of a module, named in a string, methods of Tensor."""
    for name in names.split():
        setattr(Tensor, name, getattr(module, name))


add_methods(arithmetic, "add sub subtract mul multiply div divide true_divide floor_divide remainder fmod "
            "pow float_power gcd lcm heaviside nextafter ldexp")
add_methods(bitwise, "bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift")
add_methods(bounds, "maximum minimum fmax fmin clamp clip clamp_min clamp_max")
add_methods(elementwise, "neg negative abs absolute sign sgn exp exp2 expm1 log log2 log10 log1p sqrt rsqrt "
            "square reciprocal ceil floor round trunc fix frac nan_to_num")
add_methods(trigonometry, "sin cos tan asin arcsin acos arccos atan arctan sinh cosh tanh asinh arcsinh "
            "acosh arccosh atanh arctanh atan2 arctan2 hypot deg2rad rad2deg sinc")
add_methods(blend, "lerp addcmul addcdiv copysign logaddexp logaddexp2 xlogy")
add_methods(special, "erf erfc erfinv")
add_methods(activation, "relu prelu")
add_methods(gates, "sigmoid logit hardshrink")
add_methods(softmax, "softmax log_softmax logsumexp")
add_methods(compare, "eq ne not_equal lt less le less_equal gt greater ge greater_equal isclose allclose "
            "equal isnan isinf isfinite isposinf isneginf isreal signbit logical_and logical_or logical_xor "
            "logical_not")
add_methods(reduce, "sum nansum mean nanmean prod any all count_nonzero")
add_methods(scan, "cumsum cumprod cummax cummin logcumsumexp diff")
add_methods(distance, "norm dist")
add_methods(quantiles, "median nanmedian mode quantile nanquantile histc bincount")
add_methods(gamma, "lgamma digamma mvlgamma")
add_methods(statistics, "var std cov corrcoef")
add_methods(extremes, "max min amax amin aminmax argmax argmin")
add_methods(linalg, "addbmm addmm addmv addr baddbmm bmm dot ger matmul mm mv outer vdot")
add_methods(products, "cross inner kron matrix_power")
add_methods(inverses, "det inverse logdet pinverse slogdet")
add_methods(spectra, "qr svd")
add_methods(exponential, "matrix_exp")
add_methods(order, "fliplr flipud moveaxis movedim roll rot90 swapaxes swapdims t transpose")
add_methods(shape, "expand_as flatten narrow_copy ravel repeat repeat_interleave reshape_as squeeze "
            "sum_to_size unflatten unsqueeze view view_as")
add_methods(join, "chunk dsplit hsplit split split_with_sizes tensor_split unbind unsafe_chunk unsafe_split "
            "unsafe_split_with_sizes vsplit")
add_methods(diagonal, "diag diag_embed diagflat diagonal trace tril triu")
add_methods(sort, "argsort kthvalue msort sort topk")
add_methods(windows, "unfold")
for _function in (shape.broadcast_to, shape.expand, shape.reshape, shape.tile, order.flip, order.permute):
    setattr(Tensor, _function.__name__, takes_sizes(_function))

OPERANDS = (Tensor, float, int, np.ndarray, np.generic)


def _operator(function: Callable, swapped: bool = False) -> Callable:
    """The method behind an operator: what it cannot take, the other operand may (NotImplemented)."""
    def method(self: Tensor, other: Any) -> Any:
        if not isinstance(other, OPERANDS):
            return NotImplemented
        return function(other, self) if swapped else function(self, other)
    return method


_OPERATORS = {
    "add": arithmetic.add, "sub": arithmetic.sub, "mul": arithmetic.mul, "truediv": arithmetic.true_divide,
    "floordiv": arithmetic.floor_divide, "mod": arithmetic.remainder, "pow": arithmetic.pow,
    "and": bitwise.bitwise_and, "or": bitwise.bitwise_or, "xor": bitwise.bitwise_xor,
    "lshift": bitwise.bitwise_left_shift, "rshift": bitwise.bitwise_right_shift, "matmul": linalg.matmul,
}
for _name, _function in _OPERATORS.items():
    setattr(Tensor, f"__{_name}__", _operator(_function))
    setattr(Tensor, f"__r{_name}__", _operator(_function, swapped=True))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Tensor, f"__{_name}__", _operator(getattr(compare, _name)))
for _name, _function in {
    "__neg__": elementwise.neg, "__invert__": bitwise.bitwise_not, "__abs__": elementwise.abs,
    "__pos__": lambda self: self, "positive": lambda self: self,
    "polygamma": lambda self, n: gamma.polygamma(n, self),
}.items():
    setattr(Tensor, _name, _function)
