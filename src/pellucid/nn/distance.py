"""How near two vectors are, as modules."""

from __future__ import annotations

from ..tensor import Tensor
from . import functional as F
from .module import Module


class CosineSimilarity(Module):
    """Cosine of the angle between vectors along dim: 1 the same direction, 0 a right angle, -1 opposite.

        y = x1 . x2 / (max(|x1|, eps) max(|x2|, eps))
    Shapes:  x1 and x2 (..., D, ...) -> (...), without dim
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """Distance between vectors along the last dimension.

        y = |x1 - x2 + eps|                      the p-norm
    Shapes:  x1 and x2 (..., D) -> (...), or (..., 1) with keepdim
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
