"""Einstein's summation: products of tensors, named by the letters of their dimensions.

An equation is brought down to pairs of tensors, and each pair to one product of (batches of) matrices. All
steps are other ops, so the gradient needs no rule of its own.
"""

from __future__ import annotations

import functools
import math
import string

import numpy as np

from ..tensor import OpError, Tensor, wrap
from .diagonal import diagonal
from .linalg import matmul
from .numpy_protocol import stands_for

__all__ = ["einsum"]

DOTS = "αβγδεζηθικλμνξοπρστυφχψω"  # letters for the dimensions that `...` stands for


def einsum(*args):
    """Multiply tensors and sum, by an equation that names each dimension with a letter.

        y[k] = sum over the letters not in k of x1[i] x2[j] ...        "i,j,...->k"
    A letter that stands twice in one operand takes its diagonal; `...` stands for further dimensions, which
    broadcast; without `->` the result has the letters that stand once, in alphabetical order. Three operands
    and more are multiplied from the left to the right.
    Shapes:  "bij,bjk->bik": (B, I, J), (B, J, K) -> (B, I, K)
    Raises:  RuntimeError for letters that do not fit the shapes, or one another.
    >>> x = tensor([[1., 2.], [3., 4.]])
    >>> einsum("ii", x), einsum("ij,j->i", x, tensor([1., 1.]))
    (tensor(5.), tensor([3., 7.]))
    """
    equation, operands = _arguments(args)
    inputs, output = parse(equation, tuple(x.ndim for x in operands))
    named = [_diagonals(x, letters) for x, letters in zip(operands, inputs, strict=True)]
    sizes = _sizes(equation, named)
    named = [_without_ones(x, letters, sizes) for x, letters in named]
    x, letters = named[0]
    for i, (y, others) in enumerate(named[1:], 2):
        x, letters = _product(x, letters, y, others, set(output).union(*(later for _, later in named[i:])))
    x, letters = _sum_out(x, letters, set(output))
    return x if letters == output else x.permute([letters.index(letter) for letter in output])


@stands_for(np.einsum)
def _numpy_einsum(*operands, optimize=False):
    return einsum(*operands)


def _arguments(args):
    """The equation and the operands; x, [0, 1], y, [1, 2], [0, 2] says it without an equation."""
    if args and isinstance(args[0], str):
        operands = args[1] if len(args) == 2 and isinstance(args[1], (tuple, list)) else args[1:]
        equation = args[0].replace(" ", "")
    else:
        count = len(args) // 2
        operands = args[:2 * count:2]
        lists = [*args[1:2 * count:2], *args[2 * count:]]
        if not all(isinstance(places, (tuple, list)) for places in lists):
            raise TypeError("einsum: expects an equation and its operands, or operands followed by lists of "
                            "numbers")
        named = ["".join("..." if p is Ellipsis else string.ascii_letters[p] for p in places)
                 for places in lists]
        equation = ",".join(named[:count]) + "".join("->" + name for name in named[count:])
    if not operands:
        raise OpError("einsum: expects one operand or more, got none")
    return equation, [x if isinstance(x, Tensor) else wrap(x) for x in operands]


@functools.lru_cache(maxsize=1024)
def parse(equation, ndims):
    """The letters of each operand's dimensions, and of the result's; `...` gets letters of its own.

    >>> parse("...ij,jk", (3, 2))
    (('ωij', 'jk'), 'ωik')
    """
    left, arrow, output = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise OpError(f"einsum: {equation!r} names {len(terms)} operands, got {len(ndims)}")
    inputs = [_spelled_out(equation, i, term, ndim) for i,
              (term, ndim) in enumerate(zip(terms, ndims, strict=True))]
    letters = "".join(inputs)
    dots = DOTS[min((DOTS.index(letter) for letter in letters if letter in DOTS), default=len(DOTS)):]
    if arrow:
        output = output.replace("...", dots, 1)
    else:
        output = dots + "".join(sorted(x for x in set(letters) - set(DOTS) if letters.count(x) == 1))
    wrong = [x for x in output if x not in letters or output.count(x) > 1]
    if wrong:
        raise OpError(f"einsum: {wrong[0]!r} in the result of {equation!r} must stand there once, and in an "
                      "operand")
    return tuple(inputs), output


def _spelled_out(equation, i, term, ndim):
    """The letters of one operand: `...` becomes the last letters of DOTS, one for each unnamed dimension."""
    named = term.replace("...", "", 1)
    if not all(letter in string.ascii_letters for letter in named):
        raise OpError(f"einsum: {term!r} in {equation!r} must consist of letters and at most one `...`")
    free = ndim - len(named)
    if free < 0 or (free and named == term):
        raise OpError(f"einsum: {term!r} in {equation!r} names {len(named)} dimensions, operand {i} has "
                      f"{ndim}")
    return term.replace("...", DOTS[len(DOTS) - free:])


def _diagonals(x, letters):
    """Take the diagonal of dimensions with the same letter."""
    for letter in letters:
        while letters.count(letter) > 1:
            first, second = letters.index(letter), letters.rindex(letter)
            if x.shape[first] != x.shape[second]:
                raise OpError(f"einsum: {letter!r} stands twice in an operand of shape {tuple(x.shape)}, for "
                              "dimensions of two sizes")
            x = diagonal(x, 0, first, second)
            letters = letters[:first] + letters[first + 1:second] + letters[second + 1:] + letter
    return x, letters


def _sizes(equation, named):
    """The size that belongs to each letter; 1 gives way to any other."""
    sizes = {}
    for x, letters in named:
        for letter, size in zip(letters, x.shape, strict=True):
            known = sizes.setdefault(letter, size)
            if known == 1:
                sizes[letter] = size
            elif size not in (1, known):
                raise OpError(f"einsum: {letter!r} in {equation!r} has the sizes {known} and {size}")
    return sizes


def _without_ones(x, letters, sizes):
    """Leave out dimensions of size 1 that broadcast against a larger one."""
    if all(size == sizes[letter] for letter, size in zip(letters, x.shape, strict=True)):
        return x, letters
    kept = [i for i, letter in enumerate(letters) if x.shape[i] == sizes[letter]]
    return x.reshape([x.shape[i] for i in kept]), "".join(letters[i] for i in kept)


def _sum_out(x, letters, wanted):
    """Sum over the dimensions whose letters nobody wants any more."""
    dims = tuple(i for i, letter in enumerate(letters) if letter not in wanted)
    return (x.sum(dims), "".join(x for x in letters if x in wanted)) if dims else (x, letters)


def _product(x, xs, y, ys, wanted):
    """Multiply two tensors with letters xs and ys, and sum over what is in both and not wanted later."""
    x, xs = _sum_out(x, xs, wanted | set(ys))
    y, ys = _sum_out(y, ys, wanted | set(xs))
    batch = [c for c in xs if c in ys and c in wanted]
    summed = [c for c in xs if c in ys and c not in wanted]
    left, right = [c for c in xs if c not in ys], [c for c in ys if c not in xs]
    sizes = {**dict(zip(xs, x.shape, strict=True)), **dict(zip(ys, y.shape, strict=True))}
    shape = [sizes[c] for c in (*batch, *left, *right)]

    def size_of(names):
        return math.prod(sizes[c] for c in names)

    def arranged(z, zs, *groups):
        order = [zs.index(c) for group in groups for c in group]
        z = z if order == sorted(order) else z.permute(order)
        merged = (*(sizes[c] for c in batch), *(size_of(group) for group in groups[1:]))
        return z if tuple(z.shape) == merged else z.reshape(merged)

    if not summed:                                               # nothing to add up: an outer product
        y = arranged(y, ys, batch, right)
        product = arranged(x, xs, batch, left).unsqueeze(-1) * y.unsqueeze(-2)
    elif not right:                                              # a matrix and a vector, so to speak
        product = matmul(arranged(x, xs, batch, left, summed), arranged(y, ys, batch, summed).unsqueeze(-1))
    else:
        product = matmul(arranged(x, xs, batch, left, summed), arranged(y, ys, batch, summed, right))
    return product.reshape(shape), "".join((*batch, *left, *right))
