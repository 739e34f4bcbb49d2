"""Integers bit by bit, and bools: and, or, exclusive or, not, shifts."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .numpy_protocol import stands_for
from .samples import bools, case, ints

__all__ = ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_left_shift",
           "bitwise_right_shift"]
_PAIR = case(ints(9, 2, 3), ints(9, 3)) + case(bools(2, 3), bools(2, 3))


@stands_for(np.bitwise_and)
@op(samples=_PAIR, promote="number")
def bitwise_and(x, y):
    """Set the bits that are set in both; for bools, both.

        y = x and y, bit by bit
    Shapes: x and y (integers or bools) broadcast to the result.
    """
    return np.bitwise_and(x, y), ()


@stands_for(np.bitwise_or)
@op(samples=_PAIR, promote="number")
def bitwise_or(x, y):
    """Set the bits that are set in one or both; for bools, at least one.

        y = x or y, bit by bit
    Shapes: x and y (integers or bools) broadcast to the result.
    """
    return np.bitwise_or(x, y), ()


@stands_for(np.bitwise_xor)
@op(samples=_PAIR, promote="number")
def bitwise_xor(x, y):
    """Set the bits that are set in exactly one; for bools, exactly one.

        y = either x or y, bit by bit
    Shapes: x and y (integers or bools) broadcast to the result.
    """
    return np.bitwise_xor(x, y), ()


@stands_for(np.bitwise_not)
@op(samples=case(ints(9, 2, 3)) + case(bools(2, 3)))
def bitwise_not(x):
    """Flip every bit; for bools, not.

        y = not x, bit by bit        -x - 1 for signed integers
    Shapes: x (integers or bools) (...) -> (...)
    """
    return np.bitwise_not(x), ()


@stands_for(np.left_shift)
@op(samples=case(ints(9, 2, 3), ints(3, 3)), promote="number")
def bitwise_left_shift(x, n):
    """Move the bits n places up.

        y = x 2^n
    Shapes: x and n (integers) broadcast to the result.
    """
    return np.left_shift(x, n), ()


@stands_for(np.right_shift)
@op(samples=case(ints(9, 2, 3), ints(3, 3)), promote="number")
def bitwise_right_shift(x, n):
    """Move the bits n places down; the sign stays.

        y = floor(x / 2^n)
    Shapes: x and n (integers) broadcast to the result.
    """
    return np.right_shift(x, n), ()
