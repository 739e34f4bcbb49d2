"""Products beyond one matmul: along several dimensions, of many matrices, powers, Kronecker's."""

from __future__ import annotations

import math

import numpy as np

from ..tensor import OpError, wrap
from .inverses import inverse
from .linalg import matmul, mm
from .numpy_protocol import stands_for

__all__ = ["chain_matmul", "cross", "inner", "kron", "matrix_power", "multi_dot", "tensordot"]


@stands_for(np.dot)
def _numpy_dot(a, b):
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return matmul(a, b) if b.ndim < 3 else tensordot(a, b, ([-1], [-2]))


def inner(input, other):
    """Multiply and add up along the last dimension of both.

        y[i, j] = sum_k input[i, k] other[j, k]
    Shapes: input (..., K), other (***, K) -> (..., ***); a 0-d tensor multiplies
    """
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    return tensordot(input, other, ([-1], [-1]))


def tensordot(a, b, dims=2):
    """Multiply and add up over several dimensions: the last `dims` of a with the first of b, or those listed.

        y = sum a[free a, summed] b[summed, free b]
    Shapes: a (A, S, T), b (S, T, B), dims=2 -> (A, B); dims=([1, 2], [0, 1]) says the same
    """
    if isinstance(dims, int):
        dims = (range(a.ndim - dims, a.ndim), range(dims))
    over_a, over_b = ([d % t.ndim for d in ((ds,) if isinstance(ds, int) else ds)]
                      for ds, t in zip(dims, (a, b), strict=True))
    if [a.shape[d] for d in over_a] != [b.shape[d] for d in over_b]:
        raise OpError(f"tensordot: dims {over_a} of shape {tuple(a.shape)} and {over_b} of {tuple(b.shape)} "
                      "have different sizes")
    free_a = [d for d in range(a.ndim) if d not in over_a]
    free_b = [d for d in range(b.ndim) if d not in over_b]
    inside = math.prod([a.shape[d] for d in over_a])
    outside_a, outside_b = [a.shape[d] for d in free_a], [b.shape[d] for d in free_b]
    left = a.permute(free_a + over_a).reshape((math.prod(outside_a), inside))
    right = b.permute(over_b + free_b).reshape((inside, math.prod(outside_b)))
    return matmul(left, right).reshape((*outside_a, *outside_b))


@stands_for(np.tensordot)
def _numpy_tensordot(a, b, axes=2):
    return tensordot(a, b, axes)


@stands_for(np.kron)
def kron(input, other):
    """Put a copy of `other`, multiplied by it, in the place of each element of `input` (Kronecker product).

        y[i p + k, j q + l] = input[i, j] other[k, l]
    Shapes: input (m, n), other (p, q) -> (m p, n q); missing dimensions in front count 1
    """
    ndim = max(input.ndim, other.ndim)
    a, b = ((1,) * (ndim - t.ndim) + tuple(t.shape) for t in (input, other))
    left, right = [s for size in a for s in (size, 1)], [s for size in b for s in (1, size)]
    wide = input.reshape(left) * other.reshape(right)
    return wide.reshape([m * p for m, p in zip(a, b, strict=True)])


def cross(input, other, dim=None):
    """Multiply vectors of three numbers; the result is perpendicular to both, its length the area they span.

        y[i] = input[i + 1] other[i + 2] - input[i + 2] other[i + 1]        indices modulo 3
    Shapes: input (..., 3, ...), other broadcasts with it -> (..., 3, ...); without dim the first of size 3
    """
    if dim is None:
        dim = next((d for d, size in enumerate(input.shape) if size == 3), None)
    sizes = [t.shape[dim] if dim is not None and -t.ndim <= dim < t.ndim else 0 for t in (input, other)]
    if sizes != [3, 3]:
        raise OpError(f"cross: dim {dim} of both must have size 3, the shapes are {tuple(input.shape)} and "
                      f"{tuple(other.shape)}")
    return (input.roll(-1, dim) * other.roll(-2, dim)) - (input.roll(-2, dim) * other.roll(-1, dim))


def matrix_power(input, n):
    """Multiply a square matrix n times by itself, by repeated squaring.

        y = input @ input @ ... @ input        for a negative n of the inverse
    Shapes:  input (..., N, N) -> (..., N, N); n = 0 gives the identity
    Raises:  LinAlgError for a negative n of a singular matrix.
    """
    if input.ndim < 2 or input.shape[-1] != input.shape[-2]:
        raise OpError(f"matrix_power: expects square matrices, got shape {tuple(input.shape)}")
    if n < 0:
        return matrix_power(inverse(input), -n)
    if n == 0:
        return wrap(np.zeros_like(input._data) + np.eye(input.shape[-1], dtype=input._data.dtype))
    result, square = None, input
    while n:
        if n & 1:
            result = square if result is None else matmul(result, square)
        n >>= 1
        square = matmul(square, square) if n else square
    return result


def chain_matmul(*matrices):
    """Multiply several matrices in the order of products that needs the fewest multiplications.

        y = m_1 @ m_2 @ ... @ m_n
    Shapes: (a, b), (b, c), ..., (y, z) -> (a, z)
    Source: Cormen, Leiserson, Rivest & Stein, "Introduction to Algorithms", matrix-chain multiplication.
    """
    matrices = matrices[0] if len(matrices) == 1 and isinstance(matrices[0], (tuple, list)) else matrices
    sizes = [*(m.shape[0] for m in matrices), matrices[-1].shape[-1]]
    count = len(matrices)
    best = {(i, i): (0, i) for i in range(count)}                # (first, last) -> (cost, where to cut)
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            best[i, j] = min((best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                             for k in range(i, j))

    def product(i, j):
        cut = best[i, j][1]
        return matrices[i] if i == j else mm(product(i, cut), product(cut + 1, j))

    return product(0, count - 1)


def multi_dot(tensors):
    """Multiply several matrices in the cheapest order; the first and the last may be vectors.

        y = m_1 @ m_2 @ ... @ m_n
    Shapes: (b,), (b, c), ..., (y,) -> (); a vector is a row in front and a column behind
    """
    if len(tensors) < 2:
        raise OpError(f"multi_dot: expects at least 2 tensors, got {len(tensors)}")
    first, *_, last = tensors
    matrices = [first.unsqueeze(0) if first.ndim == 1 else first, *tensors[1:-1],
                last.unsqueeze(1) if last.ndim == 1 else last]
    y = chain_matmul(*matrices)
    y = y.squeeze(-1) if last.ndim == 1 else y
    return y.squeeze(0) if first.ndim == 1 else y
