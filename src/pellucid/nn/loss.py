"""Losses as modules; `pellucid.nn.functional` has the same as functions, with all the details.

reduction: "mean" (the default), "sum", or "none" for one loss per element or row. size_average and reduce are
PyTorch's old words for it. All of them return () unless reduction="none".
"""

from __future__ import annotations

from ..tensor import Tensor
from . import functional as F
from .functional.reduction import REDUCTIONS, chosen
from .module import Module


class Loss(Module):
    """What all losses share: how one loss per element becomes one number."""

    allowed: tuple[str, ...] = REDUCTIONS

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = chosen(reduction, size_average, reduce, self.allowed)


class WeightedLoss(Loss):
    """A loss that counts classes or elements by a weight, which is part of its state."""

    def __init__(self, weight: Tensor | None = None, size_average: bool | None = None,
                 reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(Loss):
    """Mean squared error.

        l = (x - y)^2
    Shapes:  x and y (...)
    Differs: unequal shapes raise; PyTorch warns and broadcasts.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """Mean absolute error.

        l = |x - y|
    Shapes:  x and y (...)
    Differs: unequal shapes raise; PyTorch warns and broadcasts.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """Absolute error, rounded off where the difference is below beta.

        l = d^2 / (2 beta) where |d| < beta, |d| - beta / 2 elsewhere            d = x - y
    Shapes:  x and y (...)
    Source:  Girshick 2015, "Fast R-CNN", arXiv:1504.08083, eq. 3, for beta = 1.
    Differs: unequal shapes raise; PyTorch warns and broadcasts.
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
                 beta: float = 1.0) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """Squared error for small differences, absolute error for large ones: outliers pull less.

        l = d^2 / 2 where |d| <= delta, delta (|d| - delta / 2) elsewhere        d = x - y
    Shapes:  x and y (...)
    Source:  Huber 1964, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35.
    Differs: unequal shapes raise; PyTorch warns and broadcasts.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class GaussianNLLLoss(Loss):
    """Surprise at y under a normal distribution with mean x and variance v.

        l = (ln v + (x - y)^2 / v) / 2           v at least eps; full adds ln(2 pi) / 2
    Shapes:  x and y (...), v the same, without the last dimension, or with 1 there
    Source:  Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class PoissonNLLLoss(Loss):
    """Surprise at the count y under a Poisson distribution with mean e^x.

        l = e^x - y x                            log_input=False: x - y ln(x + eps)
    full adds Stirling's approximation of ln(y!).
    Shapes:  x and y (...)
    """

    def __init__(self, log_input: bool = True, full: bool = False, size_average: bool | None = None,
                 eps: float = 1e-8, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return F.poisson_nll_loss(log_input, target, log_input=self.log_input, full=self.full, eps=self.eps,
                                  reduction=self.reduction)


class BCELoss(WeightedLoss):
    """Surprise at yes (1) or no (0), from the probability p of yes.

        l = -w (y ln p + (1 - y) ln(1 - p))      the logarithms at least -100
    Shapes:  p and y (...), w broadcasts to them
    Raises:  RuntimeError where p or y leaves [0, 1].
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Surprise at yes (1) or no (0), from the log-odds x of yes: BCELoss after a sigmoid, but exact.

        l = -w (c y ln p + (1 - y) ln(1 - p))    p = sigmoid(x), c = pos_weight
    Shapes:  x and y (...), w and c broadcast to them
    """

    def __init__(self, weight: Tensor | None = None, size_average: bool | None = None,
                 reduce: bool | None = None, reduction: str = "mean",
                 pos_weight: Tensor | None = None) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, reduction=self.reduction,
                                                  pos_weight=self.pos_weight)


class CrossEntropyLoss(WeightedLoss):
    """Surprise at the right class t, when the scores x are turned into probabilities by softmax.

        l = -w[t] ln p[t]                        p = softmax(x)
        l = -sum over c of w[c] q[c] ln p[c]     for class probabilities q in place of labels
    label_smoothing s: q = (1 - s) q + s / C. The mean over labels is divided by the sum of w[t], and leaves
    out labels equal to ignore_index.

    Shapes:  x (C,), (N, C) or (N, C, d1, ...); labels (), (N,) or (N, d1, ...), or q like x; w (C,)
    Source:  for s > 0, Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2015, arXiv:1512.00567, section 7.
    Differs: warns once when x seems to hold probabilities; raises for an empty batch.
    Raises:  IndexError for a label that is no class.
    """

    def __init__(self, weight: Tensor | None = None, size_average: bool | None = None,
                 ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
                 label_smoothing: float = 0.0) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(input, target, self.weight, ignore_index=self.ignore_index,
                               reduction=self.reduction, label_smoothing=self.label_smoothing)


class NLLLoss(WeightedLoss):
    """Surprise at the right class t, from the logarithms of the probabilities.

        l = -w[t] x[t]
    Shapes:  x (C,), (N, C) or (N, C, d1, ...); labels (), (N,) or (N, d1, ...); w (C,)
    Raises:  IndexError for a label that is no class.
    """

    def __init__(self, weight: Tensor | None = None, size_average: bool | None = None,
                 ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index,
                          reduction=self.reduction)


class KLDivLoss(Loss):
    """Divergence of the distribution e^x from the distribution y.

        l = y (ln y - x)                         y given as its logarithm when log_target
    reduction="batchmean" divides the sum by the number of rows: the divergence as it is defined.
    Shapes:  x and y (N, ...)
    """

    allowed = (*REDUCTIONS, "batchmean")

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
                 log_target: bool = False) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class SoftMarginLoss(Loss):
    """Surprise at the sign y, 1 or -1, when x is the log-odds of 1.

        l = ln(1 + e^(-y x))
    Shapes:  x and y (...)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Surprise at several yes (1) or no (0) at once, averaged over the classes.

        l = -1/C sum over c of w[c] (y[c] ln p[c] + (1 - y[c]) ln(1 - p[c]))     p = sigmoid(x)
    Shapes:  x and y (N, C), w (C,)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class CTCLoss(Loss):
    """Surprise at a text when each moment of a longer input guesses a letter or a blank.

        l = -ln sum over all ways to stretch the text over the input of the product of p[t, letter]
    Shapes:  logarithms of probabilities (T, N, C), texts (N, S) or in one row, lengths (N,)
    Source:  Graves, Fernandez, Gomez & Schmidhuber 2006, "Connectionist Temporal Classification", ICML.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor,
                target_lengths: Tensor) -> Tensor:
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction,
                          self.zero_infinity)
