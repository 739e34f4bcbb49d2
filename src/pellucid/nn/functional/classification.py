"""Losses for classes: the surprise at the right answer, given the probabilities that the answers had."""

from __future__ import annotations

import numpy as np

from ...ops import loss as ops
from ...tensor import OpError, Tensor, wrap
from .labels import Lookout, Rows, as_rows, class_weights, right_classes, smoothed
from .reduction import REDUCTIONS, chosen, fits, floating, reduced, same_shape, tensors
from .warning import warn_user

GIVE_SCORES = "give it the scores before softmax, it applies softmax itself"
GIVE_LOGARITHMS = "give it their logarithms, log_softmax of the scores"
lookout = Lookout()


def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None,
                  size_average: bool | None = None, ignore_index: int = -100, reduce: bool | None = None,
                  reduction: str = "mean", label_smoothing: float = 0.0) -> Tensor:
    """Surprise at the right class when the scores are turned into probabilities by softmax.

        p = softmax(input) over the classes
        l = -w[t] ln p[t]                                        target holds labels t
        l = -sum over classes c of w[c] q[c] ln p[c]             target holds probabilities q
    With label_smoothing s, q = (1 - s) q + s / C takes the place of q (1 at the label, 0 elsewhere).
    The mean over labels is divided by the sum of w[t], and leaves out labels equal to ignore_index; that over
    probabilities is divided by the number of rows.

    Shapes:  input (C,), (N, C) or (N, C, d1, ...); target (), (N,) or (N, d1, ...) of labels, or like input;
             weight (C,) -> (), or like the labels for reduction="none"
    Source:  for s > 0, Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2015, arXiv:1512.00567, section 7.
    Differs: warns once when input seems to hold probabilities. An empty batch raises for "mean", where
             PyTorch gives nan; nan is left for a batch of which every label is ignored.
    Raises:  IndexError for a label that is no class; RuntimeError for wrong shapes and dtypes.
    >>> from pellucid import tensor
    >>> cross_entropy(tensor([[2.0, 0.0], [0.0, 2.0]]), tensor([0, 0])).item()  # doctest: +ELLIPSIS
    1.126928...
    """
    reduction = chosen(reduction, size_average, reduce)
    if not 0 <= label_smoothing <= 1:
        raise OpError(f"cross_entropy: label_smoothing must lie in [0, 1], got {label_smoothing}")
    tensors("cross_entropy", input=input, target=target)
    if target._data.dtype.kind == "f" and target._data.shape == input._data.shape:
        return _of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    rows = Rows("cross_entropy", input, target, ignore_index)
    lookout.look("cross_entropy", rows.x._data, GIVE_SCORES)
    counts = rows.weights(weight)
    if weight is not None and label_smoothing:
        return rows.reduced(smoothed(rows, weight, label_smoothing), counts, reduction, total=counts)
    losses = ops.cross_entropy_of_labels(rows.x, rows.labels, smoothing=label_smoothing)
    return rows.reduced(losses, counts, reduction)


def _of_probabilities(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str,
                      smoothing: float) -> Tensor:
    if ignore_index >= 0:
        raise OpError("cross_entropy: ignore_index names a label, but target holds probabilities")
    floating("cross_entropy", input=input)
    (x, shape), (q, _) = as_rows("cross_entropy", input), as_rows("cross_entropy", target)
    lookout.look("cross_entropy", x._data, GIVE_SCORES)
    if smoothing:
        q = q * (1 - smoothing) + smoothing / x._data.shape[1]
    if weight is not None:
        q = q * class_weights("cross_entropy", weight, x)
    losses = ops.cross_entropy_of_probabilities(x, q)
    return losses.reshape(shape) if reduction == "none" else reduced("cross_entropy", losses, reduction)


def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
             ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """Surprise at the right class, from the logarithms of the probabilities: cross_entropy after log_softmax.

        l = -w[t] input[t]
    The mean is divided by the sum of w[t], and leaves out labels equal to ignore_index.

    Shapes:  input (C,), (N, C) or (N, C, d1, ...); target (), (N,) or (N, d1, ...); weight (C,)
             -> (), or like target for reduction="none"
    Differs: as cross_entropy.
    Raises:  IndexError for a label that is no class; RuntimeError for wrong shapes and dtypes.
    """
    reduction = chosen(reduction, size_average, reduce)
    rows = Rows("nll_loss", input, target, ignore_index)
    lookout.look("nll_loss", rows.x._data, GIVE_LOGARITHMS)
    return rows.reduced(ops.nll_of_labels(rows.x, rows.labels), rows.weights(weight), reduction)


def kl_div(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
           reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Divergence of the distribution e^input from the distribution target, element by element.

        l = t (ln t - input)               t = target, or e^target when log_target
    reduction="batchmean" divides the sum by the number of rows: the divergence as it is defined.

    Shapes:  input (N, ...), target broadcasts to it -> (), or (N, ...) for reduction="none"
    Source:  Kullback & Leibler 1951, "On Information and Sufficiency", Annals of Mathematical Statistics 22.
    Differs: shapes must fit as told. Warns once when input seems to hold probabilities, not their logarithms.
    """
    reduction = chosen(reduction, size_average, reduce, (*REDUCTIONS, "batchmean"))
    fits("kl_div", input, target=target)
    floating("kl_div", input=input, target=target)
    if input._data.ndim == 2:
        lookout.look("kl_div", input._data, GIVE_LOGARITHMS)
    losses = target.exp() * (target - input) if log_target else ops.relative_entropy(input, target)
    if reduction == "batchmean":
        return losses.sum() / input._data.shape[0]
    if reduction == "mean":
        warn_user("kl_div: reduction='mean' divides by the number of elements too; reduction='batchmean' "
                  "gives the divergence per row")
    return reduced("kl_div", losses, reduction)


def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None,
                         size_average: bool | None = None, reduce: bool | None = None,
                         reduction: str = "mean") -> Tensor:
    """Surprise at yes (1) or no (0), from the probability that was given to yes.

        l = -w (t ln p + (1 - t) ln(1 - p))              p = input, t = target; the logarithms at least -100
    binary_cross_entropy_with_logits is the better choice for training: its gradient does not vanish near 0
    and 1.

    Shapes:  input (...), target the same, weight broadcasts -> (), or (...) for reduction="none"
    Raises:  RuntimeError where input or target leaves [0, 1], for unequal shapes and dtypes; for an empty
             batch with "mean", where PyTorch gives nan.
    """
    reduction = chosen(reduction, size_average, reduce)
    _same("binary_cross_entropy", input, target, weight)
    for what, value in (("input", input), ("target", target)):
        array = value._data
        if array.size and not (array.min() >= 0 and array.max() <= 1):
            hint = "; sigmoid(input) does, or binary_cross_entropy_with_logits takes it as it is"
            hint = hint if what == "input" else ""
            raise OpError(f"binary_cross_entropy: {what} must hold probabilities in [0, 1], got "
                          f"{array.min():g} to {array.max():g}{hint}")
    losses = ops.bernoulli_nll(input, target)
    return reduced("binary_cross_entropy", losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                     size_average: bool | None = None, reduce: bool | None = None,
                                     reduction: str = "mean", pos_weight: Tensor | None = None) -> Tensor:
    """Surprise at yes (1) or no (0), from the log-odds of yes.

        p = sigmoid(input)
        l = -w (pos_weight t ln p + (1 - t) ln(1 - p))   t = target
    Computed without p, so that it is exact for large scores too.

    Shapes:  input (...), target the same, weight and pos_weight broadcast -> (), or (...) for
             reduction="none"
    Raises:  RuntimeError for unequal shapes and dtypes; for an empty batch with "mean", where PyTorch gives
             nan.
    """
    name = "binary_cross_entropy_with_logits"
    reduction = chosen(reduction, size_average, reduce)
    _same(name, input, target, weight)
    if pos_weight is not None:
        fits(name, input, pos_weight=pos_weight)
    inputs = (input, target) if pos_weight is None else (input, target, pos_weight)
    losses = ops.bernoulli_nll_of_logits(*inputs)
    return reduced(name, losses if weight is None else losses * weight, reduction)


def _same(name: str, input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    same_shape(name, input, target)
    floating(name, input=input, target=target)
    if target._data.shape != input._data.shape:
        raise OpError(f"{name}: target has shape (), input {input._data.shape}; they must have the same "
                      f"shape")
    if weight is not None:
        fits(name, input, weight=weight)


def soft_margin_loss(input: Tensor, target: Tensor, size_average: bool | None = None,
                     reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """Surprise at the sign of target, 1 or -1, when input is the log-odds of 1.

        l = ln(1 + e^(-target input))
    Shapes:  input (...), target broadcasts to it -> (), or (...) for reduction="none"
    Differs: exact where e^(-target input) overflows; PyTorch gives inf there.
    """
    reduction = chosen(reduction, size_average, reduce)
    fits("soft_margin_loss", input, target=target)
    floating("soft_margin_loss", input=input)
    return reduced("soft_margin_loss", ops.bernoulli_nll_of_logits(target * input, 1.0), reduction)


def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                size_average: bool | None = None, reduce: bool | None = None,
                                reduction: str = "mean") -> Tensor:
    """Surprise at several yes (1) or no (0) at once, averaged over the classes.

        l = -1/C sum over c of w[c] (t[c] ln p[c] + (1 - t[c]) ln(1 - p[c]))     p = sigmoid(input)
    Shapes:  input (..., C), target the same, weight (C,) -> (), or (...) for reduction="none"
    """
    reduction = chosen(reduction, size_average, reduce)
    fits("multilabel_soft_margin_loss", input, target=target)
    losses = ops.bernoulli_nll_of_logits(input, target)
    losses = losses if weight is None else losses * weight
    return reduced("multilabel_soft_margin_loss", losses.mean(-1), reduction)


def multi_margin_loss(input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0,
                      weight: Tensor | None = None, size_average: bool | None = None,
                      reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The right class's score shall beat every other by a margin.

        l = 1/C sum over c != t of w[t] max(0, margin - input[t] + input[c])^p
    Shapes:  input (C,) or (N, C), target () or (N,), weight (C,) -> (), or like target for reduction="none"
    Source:  Crammer & Singer 2001, "On the Algorithmic Implementation of Multiclass Kernel-based Vector
             Machines".
    Raises:  ValueError for p other than 1 and 2; IndexError for a label that is no class.
    """
    reduction = chosen(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p must be 1 or 2, got {p}")
    rows = Rows("multi_margin_loss", input, target)
    places = rows.labels[:, None]
    others = wrap(places != np.arange(rows.x._data.shape[1]))
    short = (margin - rows.x.gather(1, wrap(places)) + rows.x).clamp(min=0) * others
    losses = (short if p == 1 else short * short).mean(1)
    counts = rows.weights(weight)
    losses = losses if counts is None else losses * counts
    return reduced("multi_margin_loss", losses.reshape(rows.shape), reduction)


def multilabel_margin_loss(input: Tensor, target: Tensor, size_average: bool | None = None,
                           reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The score of every right class shall beat that of every wrong class by 1.

        l = 1/C sum over right t, wrong c of max(0, 1 - input[t] + input[c])
    A row of target lists the right classes and ends at the first -1.

    Shapes:  input (C,) or (N, C), target the same, of integers -> (), or (N,) for reduction="none"
    Raises:  IndexError for a label that is no class.
    """
    reduction = chosen(reduction, size_average, reduce)
    same_shape("multilabel_margin_loss", input, target)
    x, shape = as_rows("multilabel_margin_loss", input)
    listed, right = right_classes("multilabel_margin_loss", target, x._data.shape)
    of_right = x.gather(1, wrap(listed.clip(0))).unsqueeze(2)
    short = (1 - of_right + x.unsqueeze(1)).clamp(min=0)
    pairs = wrap((listed >= 0)[:, :, None] & ~right[:, None, :])
    losses = (short * pairs).sum((1, 2)) / x._data.shape[1]
    return reduced("multilabel_margin_loss", losses.reshape(shape), reduction)
