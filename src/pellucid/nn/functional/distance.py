"""How near two vectors are, and losses that pull and push them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...tensor import OpError, Tensor
from .reduction import chosen, fits, floating, reduced, tensors


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: None = None) -> Tensor:
    """Divide each vector along dim by its length.

        y = x / max(|x|, eps)              |x| the p-norm along dim
    Shapes: input (...) -> (...)
    """
    tensors("normalize", input=input)
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Cosine of the angle between vectors along dim: 1 the same direction, 0 a right angle, -1 opposite.

        y = x1 . x2 / (max(|x1|, eps) max(|x2|, eps))
    Shapes: x1 and x2 broadcast to (..., D, ...) -> (...), without dim
    """
    tensors("cosine_similarity", x1=x1, x2=x2)
    lengths = x1.norm(2, dim, keepdim=True).clamp(min=eps), x2.norm(2, dim, keepdim=True).clamp(min=eps)
    return (x1 / lengths[0] * (x2 / lengths[1])).sum(dim)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6,
                      keepdim: bool = False) -> Tensor:
    """Distance between vectors along the last dimension.

        y = |x1 - x2 + eps|                the p-norm; eps keeps the gradient finite where x1 = x2
    Shapes: x1 and x2 broadcast to (..., D) -> (...), or (..., 1) with keepdim
    """
    tensors("pairwise_distance", x1=x1, x2=x2)
    return (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)


def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                          size_average: bool | None = None, reduce: bool | None = None,
                          reduction: str = "mean") -> Tensor:
    """Vectors of a pair shall point the same way (target 1), or apart (target -1).

        c = cosine of the angle            the squared lengths plus 1e-12
        l = 1 - c                          target 1
        l = max(0, c - margin)             target -1; other targets give 0
    Shapes: input1 and input2 (N, D) or (D,), target (N,) or () -> (), or like target for reduction="none"
    """
    reduction = chosen(reduction, size_average, reduce)
    tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    shape = input1._data.shape
    if input2._data.shape != shape or target._data.shape != shape[:-1] or not 1 <= len(shape) <= 2:
        raise OpError(f"cosine_embedding_loss: wants input1 and input2 (N, D) with target (N,), or (D,) with "
                      f"(); got {shape}, {input2._data.shape} and {target._data.shape}")
    squares = ((input1 * input1).sum(-1) + 1e-12) * ((input2 * input2).sum(-1) + 1e-12)
    cosine = (input1 * input2).sum(-1) / squares.sqrt()
    return reduced("cosine_embedding_loss",
                   _by_sign(target, 1 - cosine, (cosine - margin).clamp(min=0)), reduction)


def _by_sign(target: Tensor, alike: Tensor, apart: Tensor) -> Tensor:
    """One loss where target is 1, the other where it is -1."""
    return alike.masked_fill(target != 1, 0) + apart.masked_fill(target != -1, 0)


def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                        size_average: bool | None = None, reduce: bool | None = None,
                        reduction: str = "mean") -> Tensor:
    """input1 shall be ranked higher than input2 by a margin (target 1), or lower (target -1).

        l = max(0, margin - target (input1 - input2))
    Shapes: input1, input2 and target (...) -> (), or (...) for reduction="none"
    """
    reduction = chosen(reduction, size_average, reduce)
    fits("margin_ranking_loss", input1, input2=input2, target=target)
    dims = {t._data.ndim for t in (input1, input2, target)}
    if len(dims) > 1:
        raise OpError("margin_ranking_loss: input1, input2 and target must have the same number of "
                      f"dimensions, got shapes {input1._data.shape}, {input2._data.shape} and "
                      f"{target._data.shape}")
    return reduced("margin_ranking_loss", (margin - target * (input1 - input2)).clamp(min=0), reduction)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """input, a distance, shall be small (target 1), or at least margin (target -1).

        l = input                          target 1
        l = max(0, margin - input)         target -1; other targets give the sum of both
    Shapes: input (...), target broadcasts to it -> (), or (...) for reduction="none"
    """
    reduction = chosen(reduction, size_average, reduce)
    fits("hinge_embedding_loss", input, target=target)
    near = input.masked_fill(np.broadcast_to(target == -1, input.shape), 0)
    far = (margin - input).clamp(min=0).masked_fill(np.broadcast_to(target == 1, input.shape), 0)
    return reduced("hinge_embedding_loss", near + far, reduction)


def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
                        eps: float = 1e-6, swap: bool = False, size_average: bool | None = None,
                        reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The anchor shall be nearer to the positive than to the negative, by a margin.

        l = max(0, d(anchor, positive) - d(anchor, negative) + margin)           d = |x - y + eps|, the p-norm
    swap takes d(positive, negative) in place of d(anchor, negative) where it is smaller.

    Shapes:  anchor, positive and negative (N, D) or (D,) -> (), or (N,) for reduction="none"
    Source:  Balntas, Riba, Ponsa & Mikolajczyk 2016, "Learning local feature descriptors with triplets and
             shallow convolutional neural networks", for swap.
    """
    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return _triplet("triplet_margin_loss", (anchor, positive, negative), distance, margin, swap,
                    chosen(reduction, size_average, reduce))


def triplet_margin_with_distance_loss(anchor: Tensor, positive: Tensor, negative: Tensor, *,
                                      distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
                                      margin: float = 1.0, swap: bool = False,
                                      reduction: str = "mean") -> Tensor:
    """triplet_margin_loss with a distance of one's own (pairwise_distance by default).

        l = max(0, d(anchor, positive) - d(anchor, negative) + margin)
    Shapes: anchor, positive and negative (N, D) -> (), or like what distance_function returns for
            reduction="none"
    """
    return _triplet("triplet_margin_with_distance_loss", (anchor, positive, negative),
                    distance_function or pairwise_distance, margin, swap, chosen(reduction))


def _triplet(name: str, inputs: tuple[Tensor, Tensor, Tensor], distance: Callable, margin: float, swap: bool,
             reduction: str) -> Tensor:
    anchor, positive, negative = inputs
    tensors(name, anchor=anchor, positive=positive, negative=negative)
    if margin <= 0:
        raise ValueError(f"{name}: margin must be greater than 0, got {margin}")
    if len({t._data.ndim for t in inputs}) > 1:
        raise OpError(f"{name}: anchor, positive and negative must have the same number of dimensions, got "
                      f"shapes "
                      + ", ".join(str(t._data.shape) for t in inputs))
    floating(name, anchor=anchor, positive=positive, negative=negative)
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = np.minimum(far, distance(positive, negative))
    return reduced(name, (near - far + margin).clamp(min=0), reduction)
