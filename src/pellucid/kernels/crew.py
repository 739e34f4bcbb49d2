"""Loops shared out among the threads that OpenBLAS keeps for matrix products.

Threads of our own would stand in their way: OpenBLAS's wait awake for the next product, on the processor that
another thread would need, and handing half of 400,000 tanh to a Python thread gains nothing (measured: 146 us
alone, 168 with it). So a loop is handed to OpenBLAS's own threads, which take it up within a microsecond.
OpenBLAS gives out its work by `exec_blas`, which takes a list of entries, each a function and its argument,
runs the first here and the others there, and returns when all are done. It is no public interface, but it and
its entry are the same in every NumPy wheel since 1.26 (OpenBLAS 0.3.23 to 0.3.31); with any other library,
version or platform, and with one thread, `crew` says so and loops run here.

A loop runs over a range, so that parts of it can run at once, and has a driver:

    @jit()
    def gelu_part(first, last, x, y):
        for i in range(first, last):
            ...

    @jit()
    def gelu(crew, x, y):
        share(crew, x.size, gelu_part, (x, y))

    gelu(crew(x.size), x, y)

first and last are unsigned, so that the compiler need not think of x[-1] and computes many numbers at once.
Numba makes a float of the sum of one and a signed integer, so they are for ranges and indices alone. Parts
must not write to the same place. How they can multiply matrices is in products.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import re
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from .. import runtime

LEAST = 1 << 12                                                  # numbers of one part: fewer are not worth it
MOST = 64                                                        # parts
BLOCKS = 16                                                      # of rows that are summed, whatever the parts
# OpenBLAS's entry (blas_queue_t) in 8-byte words, and its mode "call the routine with the argument alone".
ROUTINE, POSITION, ARGUMENT, NEXT, MODE, ENTRY = 0, 1, 3, 8, 20, 24
PLAIN = 0x4000
FIRST, LAST, INPUTS, WORDS = ENTRY, ENTRY + 1, ENTRY + 2, ENTRY + 4   # our argument, behind each entry
SINCE, UNTIL = (0, 3, 23), (0, 3, 31)                            # releases of OpenBLAS that were tried


def crew(count: int, least: int = LEAST) -> tuple[int, int]:
    """The address of exec_blas and the number of parts for a loop over that many numbers; (0, 1) for one."""
    if count < 2 * least:
        return 0, 1
    threads = threads_of()
    return (0, 1) if threads is None else (_address(), min(threads.value, count // least, MOST))


@functools.cache
def threads_of() -> Any:
    """Where OpenBLAS keeps the number of its threads; None where it is none of those that were tried."""
    if not (sys.platform.startswith("linux") and platform.machine() == "x86_64"):
        return None
    library = runtime.openblas()
    if library is None or runtime._number(library, "get_parallel") != 1:   # 1: its own threads, not OpenMP's
        return None
    version = re.search(r"OpenBLAS (\d+)\.(\d+)\.(\d+)", runtime._text(library, "get_config"))
    if version is None or not SINCE <= tuple(map(int, version.groups())) <= UNTIL:
        return None
    if not hasattr(library, "exec_blas"):
        return None
    try:
        return ctypes.c_int.in_dll(library, "blas_cpu_number")
    except ValueError:                                           # not exported
        return None


@functools.cache
def _address() -> int:
    return ctypes.cast(runtime.openblas().exec_blas, ctypes.c_void_p).value or 0


@njit(error_model="numpy", inline="always")
def share(crew, count, loop, inputs):
    """Run loop(first, last, *inputs) over parts of range(count)."""
    address, parts = crew
    if parts < 2:
        loop(np.uintp(0), np.uintp(count), *inputs)
        return
    routine, place = part_of(loop, inputs)
    entries = np.zeros((parts, WORDS), np.int64)
    start = entries.ctypes.data
    for k in range(parts):
        entries[k, ROUTINE], entries[k, POSITION], entries[k, MODE] = routine, k, PLAIN
        entries[k, FIRST], entries[k, LAST] = count * k // parts, count * (k + 1) // parts
        entries[k, INPUTS] = place
        entries[k, ARGUMENT] = start + 8 * (WORDS * k + FIRST)
        if k + 1 < parts:
            entries[k, NEXT] = start + 8 * WORDS * (k + 1)
    run(address, parts, start)


@njit(inline="always")
def rows_of_block(rows, block):
    """A block's range of rows: sums are made block by block, so that no result depends on the parts."""
    return range(rows * block // np.uintp(BLOCKS), rows * (block + 1) // np.uintp(BLOCKS))


@intrinsic
def part_of(context, loop, inputs):
    """Addresses of a C function, which runs the loop over the range in its argument, and of the inputs."""
    signature = loop.get_call_type(context, (types.uintp, types.uintp, *inputs), {})

    def generate(context, builder, _signature, values):
        compiled = loop.dispatcher.get_compile_result(signature)
        context.add_linking_libs([compiled.library])
        word, anything = ir.IntType(64), ir.IntType(8).as_pointer()
        shape = ir.FunctionType(ir.VoidType(), [anything])
        function = ir.Function(builder.module, shape, builder.module.get_unique_name("part"))
        function.linkage = "internal"
        inside = ir.IRBuilder(function.append_basic_block())
        argument = inside.bitcast(function.args[0], word.as_pointer())
        first, last, place = (inside.load(inside.gep(argument, [word(k)])) for k in range(3))
        pack = inside.load(inside.inttoptr(place, values[1].type.as_pointer()))
        context.call_internal_no_propagate(inside, compiled.fndesc, signature,
                                           [first, last, *cgutils.unpack_tuple(inside, pack)])
        inside.ret_void()
        kept = cgutils.alloca_once_value(builder, values[1])
        addresses = [builder.ptrtoint(function, word), builder.ptrtoint(kept, word)]
        return context.make_tuple(builder, types.UniTuple(types.intp, 2), addresses)
    return types.UniTuple(types.intp, 2)(loop, inputs), generate


@intrinsic
def run(_context, address, parts, entries):
    """exec_blas(parts, entries)."""
    def generate(_context, builder, _signature, values):
        word, anything = ir.IntType(64), ir.IntType(8).as_pointer()
        shape = ir.FunctionType(ir.IntType(32), [word, anything])
        function = builder.inttoptr(values[0], shape.as_pointer())
        builder.call(function, [values[1], builder.inttoptr(values[2], anything)])
        return _context.get_dummy_value()
    return types.void(types.intp, types.intp, types.intp), generate
