"""Products of few rows with one matrix, again and again: the matrix is laid out once, and never packed.

A recurrent layer multiplies the states of some sequences, say 16 rows, with the same weights at every step.
BLAS packs the weights each time it is called, which for so few rows takes as long as the product. Here they
lie as panels of 16 columns (panels, K, 16), made once for all steps; 6 rows of a panel's result are summed up
in registers:

    c[r, 16 p + j] = sum_k a[r, k] panels[p, k, j]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import jit

WIDE = 16                                                        # columns of a panel


def panels_of(b: np.ndarray) -> np.ndarray:
    """b (K, N) as panels (N / 16 rounded up, K, 16), with zeros behind the last column."""
    count = -(-b.shape[1] // WIDE)
    whole = np.zeros((b.shape[0], count * WIDE), b.dtype)
    whole[:, :b.shape[1]] = b
    return np.ascontiguousarray(whole.reshape(len(b), count, WIDE).transpose(1, 0, 2))


def _tile(rows: int) -> Callable:
    """Some rows of one panel's result: sums over k in registers."""
    @intrinsic
    def tile(_context, a, a_step, panel, count, c, c_step):
        single, word = ir.FloatType(), ir.IntType(64)
        vector = ir.VectorType(single, WIDE)

        def generate(_context, builder, _signature, values):
            a, a_step, panel, count, c, c_step = values
            fma = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{WIDE}f32")
            sums = [cgutils.alloca_once(builder, vector) for _ in range(rows)]
            for place in sums:
                builder.store(ir.Constant(vector, [0.0] * WIDE), place)
            with cgutils.for_range(builder, count, intp=word) as loop:
                b = read(builder, panel, builder.mul(loop.index, word(WIDE)), vector)
                for r, place in enumerate(sums):
                    at = builder.add(builder.mul(a_step, word(r)), loop.index)
                    one = spread(builder, read(builder, a, at, single), vector)
                    builder.store(builder.call(fma, [one, b, builder.load(place)]), place)
            for r, place in enumerate(sums):
                target = address(builder, c, builder.mul(c_step, word(r)), vector)
                builder.store(builder.load(place), target, align=4)
            return _context.get_dummy_value()
        return types.void(*[types.intp] * 6), generate
    return tile


def address(builder: Any, start: Any, offset: Any, kind: Any) -> Any:
    """Where float32 number `offset` from an address on lies, as a pointer to a kind of value."""
    place = builder.add(start, builder.mul(offset, ir.IntType(64)(4)))
    return builder.inttoptr(place, kind.as_pointer())


def read(builder: Any, start: Any, offset: Any, kind: Any) -> Any:
    return builder.load(address(builder, start, offset, kind), align=4)


def spread(builder: Any, number: Any, vector: Any) -> Any:
    """A vector of one number."""
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), number, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDE), [0] * WIDE)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


tile_6, tile_4, tile_2, tile_1 = map(_tile, (6, 4, 2, 1))


@jit()
def multiply(a, panels, c):
    """c (n, 16 panels) = a (n, K) times the matrix of the panels; a's rows lie side by side."""
    rows, count = a.shape
    a_step, c_step = a.strides[0] // 4, c.strides[0] // 4
    for p in range(panels.shape[0]):
        panel, target, source, left = panels[p].ctypes.data, c.ctypes.data + 64 * p, a.ctypes.data, rows
        while left > 0:
            if left >= 6:
                tile_6(source, a_step, panel, count, target, c_step)
                done = 6
            elif left >= 4:
                tile_4(source, a_step, panel, count, target, c_step)
                done = 4
            elif left >= 2:
                tile_2(source, a_step, panel, count, target, c_step)
                done = 2
            else:
                tile_1(source, a_step, panel, count, target, c_step)
                done = 1
            source, target, left = source + 4 * done * a_step, target + 4 * done * c_step, left - done
