"""Losses that want a margin: between scores, between distances. See `loss` for what all losses share."""

from __future__ import annotations

from collections.abc import Callable

from ..tensor import Tensor
from . import functional as F
from .distance import PairwiseDistance
from .loss import Loss, WeightedLoss


class MultiMarginLoss(WeightedLoss):
    """The right class's score shall beat every other by a margin.

        l = 1/C sum over c != t of w[t] max(0, margin - x[t] + x[c])^p
    Shapes:  x (N, C) or (C,), labels (N,) or (), w (C,)
    Source:  Crammer & Singer 2001, "On the Algorithmic Implementation of Multiclass Kernel-based Vector
             Machines".
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
                 size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p must be 1 or 2, got {p}")
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(Loss):
    """The score of every right class shall beat that of every wrong class by 1.

        l = 1/C sum over right t, wrong c of max(0, 1 - x[t] + x[c])
    Shapes:  x (N, C) or (C,), y the same: the right classes of each row, ended by -1
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MarginRankingLoss(Loss):
    """x1 shall be ranked higher than x2 by a margin (y = 1), or lower (y = -1).

        l = max(0, margin - y (x1 - x2))
    Shapes:  x1, x2 and y (...)
    """

    def __init__(self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    """x, a distance, shall be small (y = 1), or at least margin (y = -1).

        l = x for y = 1, max(0, margin - x) for y = -1
    Shapes:  x and y (...)
    """

    def __init__(self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """Vectors of a pair shall point the same way (y = 1), or apart (y = -1).

        l = 1 - c for y = 1, max(0, c - margin) for y = -1        c = cosine of the angle
    Shapes:  x1 and x2 (N, D), y (N,)
    """

    def __init__(self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(Loss):
    """The anchor shall be nearer to the positive than to the negative, by a margin.

        l = max(0, d(a, p) - d(a, n) + margin)            d = |x - y + eps|, the p-norm
    swap takes d(p, n) in place of d(a, n) where it is smaller.
    Shapes:  a, p and n (N, D) or (D,)
    Source:  Schroff, Kalenichenko & Philbin 2015, "FaceNet", arXiv:1503.03832.
    """

    def __init__(self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
                 size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: margin must be greater than 0, got {margin}")
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(anchor, positive, negative, margin=self.margin, p=self.p, eps=self.eps,
                                     swap=self.swap, reduction=self.reduction)


class TripletMarginWithDistanceLoss(Loss):
    """TripletMarginLoss with a distance of one's own, PairwiseDistance by default.

        l = max(0, d(a, p) - d(a, n) + margin)
    Shapes:  a, p and n (N, D)
    """

    def __init__(self, *, distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
                 margin: float = 1.0, swap: bool = False, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginWithDistanceLoss: margin must be greater than 0, got {margin}")
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_with_distance_loss(anchor, positive, negative, margin=self.margin,
                                                   swap=self.swap, distance_function=self.distance_function,
                                                   reduction=self.reduction)
