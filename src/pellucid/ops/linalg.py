"""Products of matrices and vectors."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op, unbroadcast
from ..tensor import OpError
from .numpy_protocol import stands_for
from .row_parts import product
from .samples import case, n, normal

__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm", "bilinear", "bmm", "dot", "ger", "linear", "matmul",
           "mm", "mv", "outer", "vdot", "vecdot"]


def same_dtype(name, x, y):
    """Refuse a product of two dtypes: NumPy would convert silently, at a copy's cost."""
    if x.dtype != y.dtype:
        raise OpError(f"{name}: x and y must have one dtype, got {x.dtype} and {y.dtype}; convert one of "
                      "them with .to()")


@stands_for(np.matmul)
@op(samples=normal((2, 3), (3, 4)) + normal((5, 2, 3), (3, 4)) + normal((3,), (3,)) + normal((3,), (2, 3, 4))
    + normal((2, 1, 2, 3), (4, 3, 2)) + normal((2, 3), (3,)) + normal((2, 4, 3), (3,))
    + normal((2, 0), (0, 3))
    + normal((0, 3), (3, 2)))
def matmul(x, y):
    """Multiply matrices; leading dimensions are batches and broadcast.

        y  = x @ y          y[i, k] = sum_j x[i, j] y[j, k]
        dx = g @ y^T
        dy = x^T @ g
    Shapes: x (..., N, K), y (..., K, M) -> (..., N, M); a vector (K,) is a row (left) or column (right)
    """
    same_dtype("matmul", x, y)
    if x.ndim == 0 or y.ndim == 0:
        raise OpError(f"matmul: expects vectors or matrices, got the shapes {tuple(x.shape)} and "
                      f"{tuple(y.shape)}")
    if x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
        raise OpError(f"matmul: the shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit: {x.shape[-1]} "
                      f"columns on the left, {y.shape[-2 if y.ndim > 1 else 0]} rows on the right")
    if y.ndim == 2 and x.ndim > 2:                               # one large product, not one per batch
        rows = np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))
        return np.reshape(np.matmul(rows, y), (*x.shape[:-1], y.shape[1])), ()
    return np.matmul(x, y), ()


@matmul.vjp
def _(g, _y, _saved, x, y, *, needs=(True, True)):
    if y.ndim == 1 and x.ndim > 1:
        g = np.expand_dims(g, -1)
    elif x.ndim == 1:
        g = np.expand_dims(g, -2) if y.ndim > 1 else np.reshape(g, (1, 1))
    rows = x if x.ndim > 1 else np.reshape(x, (1, -1))
    columns = y if y.ndim > 1 else np.reshape(y, (-1, 1))
    if columns.ndim == 2 and rows.ndim > 2:                      # one product serves all batches
        count = math.prod(rows.shape[:-1])
        rows, g = np.reshape(rows, (count, rows.shape[-1])), np.reshape(g, (count, g.shape[-1]))
    dx = dy = None
    if needs[0]:
        dx = np.reshape(unbroadcast(np.matmul(g, np.swapaxes(columns, -1, -2)), tuple(rows.shape)), x.shape)
    if needs[1]:
        dy = np.reshape(unbroadcast(np.matmul(np.swapaxes(rows, -1, -2), g), tuple(columns.shape)), y.shape)
    return dx, dy


def mm(input, mat2):
    """Multiply two matrices.

        y = input @ mat2
    Shapes: input (N, K), mat2 (K, M) -> (N, M)
    """
    a, b = input._data.shape, mat2._data.shape
    if len(a) != 2 or len(b) != 2:
        raise OpError(f"mm: expects two matrices, got the shapes {a} and {b}")
    if a[1] != b[0]:
        raise OpError(f"mm: mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})")
    return matmul(input, mat2)


def bmm(input, mat2):
    """Multiply batches of matrices; both have the same batch size, nothing broadcasts.

        y[i] = input[i] @ mat2[i]
    Shapes: input (B, N, K), mat2 (B, K, M) -> (B, N, M)
    """
    a, b = input._data.shape, mat2._data.shape
    if len(a) != 3 or len(b) != 3 or a[0] != b[0] or a[2] != b[1]:
        raise OpError(f"bmm: expects the shapes (B, N, K) and (B, K, M), got {a} and {b}")
    return matmul(input, mat2)


def mv(input, vec):
    """Multiply a matrix by a vector.

        y = input @ vec
    Shapes: input (N, K), vec (K,) -> (N,)
    """
    a, b = input._data.shape, vec._data.shape
    if len(a) != 2 or len(b) != 1 or a[1] != b[0]:
        raise OpError(f"mv: expects the shapes (N, K) and (K,), got {a} and {b}")
    return matmul(input, vec)


def dot(input, tensor):
    """Multiply two vectors element by element and add up.

        y = sum_i input[i] tensor[i]
    Shapes: input (K,), tensor (K,) -> ()
    """
    a, b = input._data.shape, tensor._data.shape
    if len(a) != 1 or a != b:
        raise OpError(f"dot: expects two vectors of one size, got the shapes {a} and {b}")
    return matmul(input, tensor)


def vdot(input, other):
    """Multiply two vectors and add up: as `dot`, which differs for complex numbers only.

        y = sum_i input[i] other[i]
    Shapes: input (K,), other (K,) -> ()
    """
    return dot(input, other)


@stands_for(np.outer)
def outer(input, vec2):
    """Multiply each element of one vector by each of another.

        y[i, j] = input[i] vec2[j]
    Shapes: input (N,), vec2 (M,) -> (N, M)
    """
    if input.ndim != 1 or vec2.ndim != 1:
        raise OpError(f"outer: expects two vectors, got the shapes {tuple(input.shape)} and "
                      f"{tuple(vec2.shape)}")
    return input.unsqueeze(1) * vec2.unsqueeze(0)


ger = outer


def vecdot(x, y, *, dim=-1):
    """Multiply and add up along one dimension; the others broadcast.

        y = sum x y    along dim
    Shapes: x (..., K), y (..., K) -> (...)
    """
    return (x * y).sum(dim)


def _plus(name, input, product, beta, alpha):
    """beta input + alpha product; with beta = 0 the input is not read (it may hold nan)."""
    if alpha != 1:
        product = product * alpha
    if beta == 0:
        return product
    try:
        np.broadcast_to(input._data, product._data.shape)
    except ValueError:
        raise OpError(f"{name}: input of shape {input._data.shape} does not broadcast to the product's "
                      f"{product._data.shape}") from None
    same_dtype(name, input, product)
    return (input if beta == 1 else input * beta) + product


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """Multiply two matrices and add a third.

        y = beta input + alpha mat1 @ mat2
    Shapes: mat1 (N, K), mat2 (K, M), input broadcasts to (N, M) -> (N, M)
    """
    return _plus("addmm", input, mm(mat1, mat2), beta, alpha)


def addmv(input, mat, vec, *, beta=1, alpha=1):
    """Multiply a matrix by a vector and add another vector.

        y = beta input + alpha mat @ vec
    Shapes: mat (N, K), vec (K,), input broadcasts to (N,) -> (N,)
    """
    return _plus("addmv", input, mv(mat, vec), beta, alpha)


def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """Add the outer product of two vectors to a matrix.

        y = beta input + alpha vec1 vec2^T
    Shapes: vec1 (N,), vec2 (M,), input broadcasts to (N, M) -> (N, M)
    """
    return _plus("addr", input, outer(vec1, vec2), beta, alpha)


def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """Multiply batches of matrices and add a third.

        y[i] = beta input[i] + alpha batch1[i] @ batch2[i]
    Shapes: batch1 (B, N, K), batch2 (B, K, M), input broadcasts to (B, N, M) -> (B, N, M)
    """
    return _plus("baddbmm", input, bmm(batch1, batch2), beta, alpha)


def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """Multiply batches of matrices, add the products up, and add a matrix.

        y = beta input + alpha sum_i batch1[i] @ batch2[i]
    Shapes: batch1 (B, N, K), batch2 (B, K, M), input broadcasts to (N, M) -> (N, M)
    """
    return _plus("addbmm", input, bmm(batch1, batch2).sum(0), beta, alpha)


@op(samples=normal((2, 3), (4, 3), (4,)) + normal((2, 5, 3), (4, 3), (4,)) + normal((3,), (4, 3), (4,))
    + case(n(2, 3), n(4, 3), None) + normal((0, 3), (4, 3), (4,)) + normal((2, 3), (3,)))
def linear(x, weight, bias=None):
    """Map the last axis: each output feature is a weighted sum of the input features, plus a bias.

        y  = x W^T + b
        dx = g W
        dweight = g^T x        dbias = sum g        over all leading axes
    Shapes: x (..., K), weight (D, K) or (K,), bias (D,) or () -> (..., D) or (...)
    """
    if weight.ndim not in (1, 2) or x.ndim == 0 or x.shape[-1] != weight.shape[-1]:
        raise OpError(f"linear: x has {x.shape[-1] if x.ndim else 'no'} features in its last axis, weight "
                      f"{tuple(weight.shape)} wants {weight.shape[-1] if weight.ndim else 'one or two axes'}")
    if bias is not None and bias.ndim > weight.ndim - 1:
        raise OpError(f"linear: bias has shape {tuple(bias.shape)}, weight {tuple(weight.shape)} wants "
                      f"{tuple(weight.shape[:-1])}")
    same_dtype("linear", x, weight)
    y = np.matmul(np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1])), np.transpose(weight))
    if bias is not None:
        y = y + bias
    return np.reshape(y, (*x.shape[:-1], *weight.shape[:-1])), ()


def _plain(x, weight, bias=None):
    return (weight.ndim == 2 and weight.dtype is x.dtype and x.shape[-1] == weight.shape[1]
            and (bias is None or bias.dtype is x.dtype and bias.shape == weight.shape[:1]))


@linear.kernel("in parts", fits=_plain, least=1 << 12)
def _(x, weight, bias=None):
    """The same by rows, with the bias added where the product lies."""
    y = product(x.reshape(math.prod(x.shape[:-1]), x.shape[-1]), weight.T, bias)
    return y.reshape(*x.shape[:-1], len(weight)), ()


@linear.vjp
def _(g, _y, _saved, x, weight, bias=None, *, needs=(True, True, True)):
    return _linear_slopes(np.matmul, g, x, weight, bias, needs)


@linear.vjp_kernel("in parts", fits=lambda g, _y, _saved, x, weight, bias=None, needs=(): (
    x.dtype is g.dtype is weight.dtype), least=1 << 12)
def _(g, _y, _saved, x, weight, bias=None, *, needs=(True, True, True)):
    return _linear_slopes(product, g, x, weight, bias, needs)


def _as(shape, x):
    """x in a shape; itself where it has that already, since a gradient that is a view would be copied."""
    return x if x.shape == shape else np.reshape(x, shape)


def _linear_slopes(matmul, g, x, weight, bias, needs):
    outputs = weight.shape[0] if weight.ndim == 2 else 1
    count = math.prod(x.shape[:-1])
    g = np.reshape(g, (count, outputs))
    dx = dweight = dbias = None
    if needs[0]:
        dx = _as(x.shape, matmul(g, np.reshape(weight, (outputs, -1))))
    if needs[1]:
        rows = np.reshape(x, (count, x.shape[-1]))
        dweight = _as(weight.shape, matmul(np.transpose(g), rows))
    if len(needs) > 2 and needs[2]:
        dbias = unbroadcast(g, tuple(bias.shape))
    return dx, dweight, dbias


@op(samples=normal((2, 3), (2, 4), (5, 3, 4), (5,)) + normal((2, 6, 3), (2, 6, 4), (5, 3, 4), (5,))
    + case(n(2, 3), n(2, 4), n(1, 3, 4), None) + normal((0, 3), (0, 4), (5, 3, 4), (5,)))
def bilinear(input1, input2, weight, bias=None):
    """Map pairs of vectors: each output is a weighted sum of all products of their features, plus a bias.

        y[d] = u^T W[d] v + b[d]       u = input1, v = input2
        dinput1 = sum_d g[d] W[d] v
        dinput2 = sum_d g[d] W[d]^T u
        dweight[d] = g[d] u v^T        dbias = sum g        over all leading axes
    Shapes: input1 (..., I), input2 (..., J), weight (D, I, J), bias (D,) -> (..., D)
    """
    leading = tuple(input1.shape[:-1])
    if weight.ndim != 3 or leading != input2.shape[:-1] or (input1.shape[-1],
                                                            input2.shape[-1]) != weight.shape[1:]:
        raise OpError(f"bilinear: input1 {tuple(input1.shape)} and input2 {tuple(input2.shape)} must have "
                      "the same leading axes and as many features as the last two axes of weight "
                      f"{tuple(weight.shape)}")
    count = math.prod(leading)
    mixed = _mixed(input1, weight, count)
    y = np.reshape(np.matmul(mixed, np.reshape(input2, (count, input2.shape[-1], 1))),
                   (count, weight.shape[0]))
    y = y if bias is None else y + bias
    return np.reshape(y, (*leading, weight.shape[0])), ()


def _mixed(x, weight, count):
    """x^T W[d] for every d: (count, D, J), by one product."""
    outputs, left, right = weight.shape
    flat = np.reshape(np.transpose(weight, (1, 0, 2)), (left, outputs * right))
    return np.reshape(np.matmul(np.reshape(x, (count, left)), flat), (count, outputs, right))


@bilinear.vjp
def _(g, _y, _saved, input1, input2, weight, bias=None, *, needs=(True,) * 4):
    count, (outputs, left, right) = math.prod(input1.shape[:-1]), weight.shape
    g, rows = np.reshape(g, (count, outputs)), np.reshape(input2, (count, right))
    pairs = np.reshape(np.expand_dims(g, 2) * np.expand_dims(rows, 1), (count, outputs * right))
    flat = np.reshape(np.transpose(weight, (1, 0, 2)), (left, outputs * right))
    dx = np.reshape(np.matmul(pairs, np.transpose(flat)), input1.shape) if needs[0] else None
    dy = np.reshape(np.matmul(np.expand_dims(g, 1), _mixed(input1, weight, count)),
                    input2.shape) if needs[1] else None
    dweight = np.matmul(np.transpose(np.reshape(input1, (count, left))), pairs)
    dweight = np.transpose(np.reshape(dweight, (left, outputs, right)), (1, 0, 2))
    return dx, dy, dweight, None if bias is None else np.sum(g, axis=0)
