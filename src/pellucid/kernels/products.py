"""Matrix products inside the parts of loops: every part calls OpenBLAS for itself, for matrices in its cache.

While a crew runs such parts OpenBLAS is told to use one thread, so that the thread that asks for a product
computes it. (Else it would wait for the others, which are busy with parts.)

    @jit()
    def heads_part(first, last, gemm, q, k, s):
        for i in range(first, last):
            matmul(gemm, ONE, q[i], k[i].T, ZERO, s[i])

    @jit()
    def heads(team, q, k, s):
        share_products(team, q.shape[0], heads_part, (team[2], q, k, s))

    heads(team_for(s.size), q, k, s)
"""

from __future__ import annotations

import ctypes
import functools

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from .. import runtime
from . import jit
from .crew import crew, share, threads_of

ROW_MAJOR, PLAIN, TURNED = 101, 111, 112                         # from cblas.h


@functools.cache
def _addresses() -> tuple[int, int]:
    """Of cblas_sgemm and of OpenBLAS's number of threads; zeros where OpenBLAS is none that crew knows."""
    library, threads = runtime.openblas(), threads_of()
    if threads is None:
        return 0, 0
    for name in ("scipy_cblas_sgemm64_", "cblas_sgemm64_"):      # with 64-bit integers
        if hasattr(library, name):
            gemm = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
            return gemm or 0, ctypes.addressof(threads)
    return 0, 0


def found() -> bool:
    """Can loops call OpenBLAS?"""
    return bool(_addresses()[0])


def team_for(count: int) -> tuple[int, int, int, int]:
    """What `share_products` wants, for a loop over that many numbers."""
    return (*crew(count), *_addresses())


@njit(error_model="numpy", inline="always")
def share_products(team, count, loop, inputs):
    """`share` for a loop that multiplies."""
    execute, parts, _, place = team
    before = swap(place, 1) if parts > 1 else 1
    share((execute, parts), count, loop, inputs)
    if parts > 1:
        swap(place, before)


@jit()
def matmul(gemm, alpha, a, b, beta, c):
    """c = alpha a b + beta c, for float32 matrices each of which has numbers side by side along one axis.

    c's are along rows.
    """
    a_turned, b_turned = a.strides[1] != 4 and a.shape[1] > 1, b.strides[1] != 4 and b.shape[1] > 1
    call(gemm, TURNED if a_turned else PLAIN, TURNED if b_turned else PLAIN,
         c.shape[0], c.shape[1], a.shape[1], alpha,
         a.ctypes.data, distance(a, a_turned), b.ctypes.data, distance(b, b_turned),
         beta, c.ctypes.data, distance(c, False))


@jit()
def distance(x, turned):
    """From a row, or a column, to the next, in numbers; of a single one, any that is large enough."""
    if turned:
        return max(x.strides[1] // 4, x.shape[0]) if x.shape[1] > 1 else x.shape[0]
    return max(x.strides[0] // 4, x.shape[1]) if x.shape[0] > 1 else x.shape[1]


@intrinsic
def call(_context, gemm, a_turned, b_turned, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):
    """cblas_sgemm."""
    word, single, anything = ir.IntType(64), ir.FloatType(), ir.IntType(8).as_pointer()

    def generate(context, builder, _signature, values):
        gemm, turn_a, turn_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc = values
        turns = [builder.trunc(value, ir.IntType(32)) for value in (turn_a, turn_b)]
        a, b, c = (builder.inttoptr(value, anything) for value in (a, b, c))
        shape = ir.FunctionType(ir.VoidType(), [ir.IntType(32)] * 3 + [word] * 3
                                + [single, anything, word, anything, word, single, anything, word])
        function = builder.inttoptr(gemm, shape.as_pointer())
        builder.call(function, [ir.IntType(32)(ROW_MAJOR), *turns, m, n, k, alpha, a, lda, b, ldb, beta, c,
                                ldc])
        return context.get_dummy_value()
    whole, real = types.intp, types.float32
    return types.void(whole, whole, whole, whole, whole, whole, real, whole, whole, whole, whole, real, whole,
                      whole), generate


@intrinsic
def swap(_context, place, number):
    """Write a number of 32 bits to an address; what was there."""
    def generate(_context, builder, _signature, values):
        target = builder.inttoptr(values[0], ir.IntType(32).as_pointer())
        before = builder.sext(builder.load(target), ir.IntType(64))
        builder.store(builder.trunc(values[1], ir.IntType(32)), target)
        return before
    return types.intp(types.intp, types.intp), generate


READ, WRITTEN = types.Array(types.float32, 2, "A", readonly=True), types.Array(types.float32, 2, "C")


@jit()
def rows_part(first, last, gemm, a, b, bias, c):
    if last > first:
        matmul(gemm, np.float32(1), a[first:last], b, np.float32(0), c[first:last])
    for i in range(first, last if bias.size else first):
        for j in range(bias.size):
            c[i, j] += bias[j]


@jit(takes=(types.UniTuple(types.intp, 4), READ, READ, types.Array(types.float32, 1, "C", readonly=True),
            WRITTEN))
def by_rows(team, a, b, bias, c):
    """c = a b + bias, some rows of it by each processor; bias may be empty."""
    share_products(team, a.shape[0], rows_part, (team[2], a, b, bias, c))
